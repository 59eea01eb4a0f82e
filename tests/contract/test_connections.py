# SPDX-License-Identifier: Apache-2.0
"""Connections: when one is used again, when it must not be, and how proxies are asked."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from notation_py.adapters.connections import Connections
from notation_py.adapters.credentials import Credential, GivenCredential
from notation_py.adapters.proxies import ProxyRules
from notation_py.adapters.registry_settings import SYSTEM_TLS, RegistrySettings, Timeouts, TlsFiles
from notation_py.adapters.remote import RemoteRepository
from notation_py.adapters.responses import Ahead, Response, TransientError, TruncatedError
from notation_py.adapters.urls import Origin, Scheme, Url
from notation_py.errors import LimitError, NotationError, NotFoundError, RegistryError, UnavailableError
from tests.contract.test_remote_tls import Authority, authority, serving
from tests.simulator.registry import Quirks, Reply, SimulatedRegistry, running

__all__ = ["authority"]

NO_PROXY = ProxyRules("", "", ())
QUICK = Timeouts(connect=2, read=0.5, total=2)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Serve = Callable[[socket.socket], None]


class Server:
    """A listener whose connections are each served by the next function, the last one over and over."""

    def __init__(self, *serves: Serve) -> None:
        self.accepted = 0
        self._serves = serves
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = Url.parse(f"http://127.0.0.1:{self._listener.getsockname()[1]}/x")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                serve = self._serves[min(self.accepted, len(self._serves) - 1)]
                self.accepted += 1
                threading.Thread(target=self._served, args=(connection, serve), daemon=True).start()

    @staticmethod
    def _served(connection: socket.socket, serve: Serve) -> None:
        with connection, suppress(OSError):
            serve(connection)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def head_of(connection: socket.socket) -> bytes:
    """Return one request without a body; nothing at the end of the connection."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        received = connection.recv(1)
        if not received:
            return b""
        data += received
    return data


def answering(*answers: bytes) -> Serve:
    """Serve each request with the next answer, the last one over and over."""

    def serve(connection: socket.socket) -> None:
        number = 0
        while head_of(connection):
            connection.sendall(answers[min(number, len(answers) - 1)])
            number += 1

    return serve


def once(answer: bytes) -> Serve:
    """Serve one request with *answer* and close."""

    def serve(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(answer)

    return serve


@contextmanager
def server(*serves: Serve) -> Iterator[tuple[Server, Connections]]:
    running = Server(*serves)
    connections = Connections(running.url.origin, SYSTEM_TLS, NO_PROXY)
    try:
        yield running, connections
    finally:
        connections.close()
        running.close()


def ask(
    connections: Connections,
    url: Url,
    method: str = "GET",
    body: bytes | None = None,
    ahead: Ahead | None = None,
) -> Response:
    deadline = time.monotonic() + QUICK.total
    return connections.exchange(
        method, url, {}, body, max_bytes=100, timeouts=QUICK, deadline=deadline, ahead=ahead
    )


def test_one_connection_serves_one_answer_after_another() -> None:
    """RFC 9112 section 9.3: chunked or with a length, to HEAD or GET, refused or not."""
    chunked = b"HTTP/1.1 404 Not\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"
    with server(answering(OK, chunked, b"HTTP/1.1 204 None\r\n\r\n", OK)) as (there, connections):
        assert [ask(connections, there.url).body for _ in range(4)] == [b"ok", b"no", b"", b"ok"]
        assert there.accepted == 1


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", b"ok"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (OK + b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nplanted", b"ok"),
        (OK + b"\r\n", b"ok"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 70000\r\n\r\n" + b"x" * 65536, b"x" * 65536),
    ],
    ids=["close", "old", "planted-answer", "stray-line", "cut"],
)
def test_attack_113_connection_with_anything_left_is_not_used_again(answer: bytes, body: bytes) -> None:
    """Attack 113: what stands behind an answer is never taken for the answer to the next request."""
    with server(answering(answer, b""), answering(OK)) as (there, connections):
        assert ask(connections, there.url).body == body
        assert ask(connections, there.url).body == b"ok"
        assert there.accepted == 2


def test_attack_113_answer_that_nobody_asked_for_ends_the_connection() -> None:
    """Attack 113: bytes that come while a connection is idle are not the next answer."""

    def serve(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(OK)
        assert sent.wait(5)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nplanted")
        arrived.set()
        head_of(connection)

    sent, arrived = threading.Event(), threading.Event()
    with server(serve, answering(OK)) as (there, connections):
        assert ask(connections, there.url).body == b"ok"
        sent.set()
        assert arrived.wait(5)
        time.sleep(0.05)
        assert ask(connections, there.url).body == b"ok"
        assert there.accepted == 2


def test_connection_closed_while_idle_is_replaced_unseen() -> None:
    """SEC-002: registries close idle connections; that is no failure."""
    with server(once(OK)) as (there, connections):
        for _ in range(3):
            assert ask(connections, there.url).body == b"ok"
            time.sleep(0.05)
        assert there.accepted == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", TransientError),
        (b"HTTP/1.1 200 OK\r\nContent-", TransientError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", TruncatedError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", TruncatedError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", RegistryError),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok", RegistryError),
        (b"SSH-2.0-OpenSSH\r\n\r\n", RegistryError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", LimitError),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101, LimitError),
    ],
    ids=["nothing", "half-a-head", "short", "chunks", "two-lengths", "folded", "ssh", "huge", "endless"],
)
def test_answer_that_is_none_is_one_clear_error(answer: bytes, kind: type[NotationError]) -> None:
    """Attacks 113, 114; R-38: half an answer, two in one or none is said, each in its own way."""
    with server(once(answer)) as (there, connections), pytest.raises(kind) as caught:
        ask(connections, there.url)
    assert caught.type is kind
    assert caught.value.message.startswith(f'GET "{there.url}": ')


def test_attack_114_silence_ends_after_the_read_timeout() -> None:
    """Attack 114; SEC-002: a server that says nothing does not hold us."""
    with server(lambda _: time.sleep(1.5)) as (there, connections):
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="no answer for too long"):
            ask(connections, there.url)
        assert time.monotonic() - started < 1.2


def test_attack_114_reader_that_does_not_read_ends_as_well() -> None:
    """Attack 114; SEC-002: sending has the same limits as receiving."""
    with server(lambda _: time.sleep(3)) as (there, connections):
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="no answer for too long"):
            ask(connections, there.url, "PUT", b"x" * (16 << 20))
        assert time.monotonic() - started < 2.5


def test_refusal_of_a_large_body_is_heard() -> None:
    """RFC 9110 section 15.5.14: who answers and hangs up before everything is sent may have said why."""
    with server(once(b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n")) as (there, connections):
        assert ask(connections, there.url, "PUT", b"x" * 1000).status == 413


def test_threads_do_not_share_a_connection() -> None:
    """Issue 2, part 9: exchanges at the same time have connections of their own, each the right answer."""

    def serve(connection: socket.socket) -> None:
        while request := head_of(connection):
            path = request.split()[1]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))

    def work(number: int) -> None:
        for turn in range(50):
            path = f"/{number}/{turn}"
            found.append(ask(connections, Url(there.url.origin, path)).body == path.encode())

    found: list[bool] = []
    with server(serve) as (there, connections):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert found == [True] * 200
        assert there.accepted <= 4


# -- requests sent ahead


def test_request_sent_ahead_is_answered_on_the_same_connection() -> None:
    """RFC 9112 section 9.3.2: two requests in one go, two answers in order, and the connection goes on."""
    not_found = b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"
    with server(answering(OK, not_found, OK)) as (there, connections):
        ahead = Ahead(there.url, "a/b", 100)
        assert ask(connections, there.url, ahead=ahead).body == b"ok"
        assert ahead.answer is not None
        assert (ahead.answer.status, ahead.answer.body) == (404, b"no")
        assert ask(connections, there.url).body == b"ok"
        assert there.accepted == 1
        assert connections.takes_ahead(there.url.origin)


@pytest.mark.parametrize(
    "serve",
    [
        once(OK),
        once(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + OK),
        answering(OK, b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"),
        answering(OK, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
        answering(OK + b"planted", OK),
        answering(OK, b""),
    ],
    ids=["closed", "said-to-close", "too-large", "cut", "planted", "ignored"],
)
def test_server_that_does_not_answer_ahead_is_asked_one_by_one(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-002, R-10: the first answer counts, the second is not there, and nothing is sent ahead again."""
    monkeypatch.setattr("notation_py.adapters.connections.AHEAD_SECONDS", 0.2)
    with server(serve, answering(OK)) as (there, connections):
        ahead = Ahead(there.url, "a/b", 100)
        started = time.monotonic()
        assert ask(connections, there.url, ahead=ahead).body == b"ok"
        assert time.monotonic() - started < 1
        assert ahead.answer is None
        assert not connections.takes_ahead(there.url.origin)
        assert ask(connections, there.url).body == b"ok"
        assert there.accepted == 2


SIGNATURE = "application/vnd.cncf.notary.signature"
IMAGE = b'{"schemaVersion":2}'


@contextmanager
def expecting(quirks: Quirks) -> Iterator[tuple[SimulatedRegistry, RemoteRepository, str]]:
    """Yield a registry, a repository there that expects to list signatures, and the digest of its image."""
    settings = RegistrySettings(
        expected_referrers=SIGNATURE,
        timeouts=QUICK,
        credentials=GivenCredential(Credential("someone", "hunter2-secret")),
    )
    with running(quirks) as registry, RemoteRepository(registry.host, "app", settings) as repository:
        yield registry, repository, str(registry.put(IMAGE, tag="v1").digest)


def kinds(registry: SimulatedRegistry) -> list[str]:
    return [f"{method} {path.split('/')[-2]}" for method, path in map(str.split, registry.lines())]


def test_list_asked_for_ahead_is_used_once_and_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIG-028, R-27: a list is as fresh as its reader expects; a tag has to be resolved before."""
    with expecting(Quirks()) as (registry, repository, digest):
        target = repository.resolve(digest)
        assert list(repository.referrers(target, SIGNATURE)) == []
        assert kinds(registry) == ["HEAD manifests", "GET referrers"]
        assert list(repository.referrers(target, SIGNATURE)) == []
        assert kinds(registry)[2:] == ["GET referrers"]
        repository.resolve("v1")
        assert kinds(registry)[3:] == ["HEAD manifests"]
        monkeypatch.setattr("notation_py.adapters.referrers.AHEAD_SECONDS", -1.0)
        list(repository.referrers(repository.resolve(digest), SIGNATURE))
        assert kinds(registry)[4:] == ["HEAD manifests", "GET referrers", "GET referrers"]
        assert registry.connections == 1


@pytest.mark.parametrize("access", ["basic", "token"])
def test_both_requests_are_authenticated_after_one_challenge(access: str) -> None:
    """SIG-056: the pair is sent once without and once with what the registry asks for."""
    user = ("someone", "hunter2-secret")
    with expecting(Quirks(**{access: user})) as (registry, repository, digest):  # type: ignore[arg-type]
        assert list(repository.referrers(repository.resolve(digest), SIGNATURE)) == []
        pair = ["HEAD manifests", "GET referrers"]
        assert [kind for kind in kinds(registry) if kind != "GET "] == pair * 2
        assert registry.connections == 1


@pytest.mark.parametrize("status", [301, 401, 429, 500, 503])
def test_attack_117_failure_ahead_is_asked_again(status: int) -> None:
    """Attack 117; R-25: only a list, or that there is none, is taken from ahead; trouble is looked into."""
    state = {"answers": 0}

    def change(request: object, reply: Reply) -> Reply:
        if "/referrers/" not in getattr(request, "path", ""):
            return reply
        state["answers"] += 1
        return Reply(status) if state["answers"] == 1 else reply

    with expecting(Quirks(alter=change)) as (registry, repository, digest):
        assert list(repository.referrers(repository.resolve(digest), SIGNATURE)) == []
        assert kinds(registry) == ["HEAD manifests", "GET referrers", "GET referrers"]


@pytest.mark.parametrize("status", [401, 503])
def test_attack_117_answer_ahead_of_a_refused_request_does_not_count(status: int) -> None:
    """Attack 117; R-25: whether there is an API is not told by what came behind a refusal or in trouble."""
    state = {"heads": 0, "lists": 0}
    challenge = (("WWW-Authenticate", "Basic realm=x"),) if status == 401 else ()

    def change(request: object, reply: Reply) -> Reply:
        is_list = "/referrers/" in getattr(request, "path", "")
        state["lists" if is_list else "heads"] += 1
        if is_list and state["lists"] == 1:
            return Reply(404, headers=(("Connection", "close"),))
        return Reply(status, headers=challenge) if state["heads"] == 1 else reply

    with expecting(Quirks(alter=change)) as (registry, repository, digest):
        target = repository.resolve(digest)
        assert list(repository.referrers(target, SIGNATURE)) == []
        pair = ["HEAD manifests", "GET referrers"]
        assert kinds(registry) == pair * 2


def test_registry_without_the_api_is_asked_for_its_index_ahead() -> None:
    """SIG-034, SIG-035: once it is known that there is no API, the tag index comes ahead."""
    with expecting(Quirks(referrers_api=False)) as (registry, repository, digest):
        for _ in range(2):
            assert list(repository.referrers(repository.resolve(digest), SIGNATURE)) == []
        assert kinds(registry) == [
            "HEAD manifests", "GET referrers", "GET manifests", "HEAD manifests", "GET manifests",
        ]  # fmt: skip


def test_missing_artifact_is_said_before_its_list_is_looked_at() -> None:
    """SIG-050: what is not there is not found, whatever came ahead."""
    with expecting(Quirks()) as (_, repository, digest), pytest.raises(NotFoundError, match="not found"):
        repository.resolve(digest[:-1] + ("0" if digest[-1] != "0" else "1"))


# -- proxies


@contextmanager
def tunnelling(
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n", context: ssl.SSLContext | None = None
) -> Iterator[tuple[Server, list[bytes]]]:
    """Yield a proxy that connects to the port asked for on this machine, and the requests it saw."""

    def serve(connection: socket.socket) -> None:
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        seen.append(head_of(connection))
        connection.sendall(answer)
        if b" 200 " not in answer:
            return
        port = int(seen[-1].split()[1].rpartition(b":")[2])
        with connection, socket.create_connection(("127.0.0.1", port)) as upstream:
            back = threading.Thread(target=pipe, args=(upstream, connection), daemon=True)
            back.start()
            pipe(connection, upstream)
            back.join(5)

    seen: list[bytes] = []
    there = Server(serve)
    try:
        yield there, seen
    finally:
        there.close()


def pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError, ValueError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def through(proxy: str, registry: Origin, authorities: Path | None = None) -> Connections:
    return Connections(registry, TlsFiles(authorities), ProxyRules(proxy, proxy, ()))


@pytest.mark.parametrize("tls_to_proxy", [False, True], ids=["plain-proxy", "tls-proxy"])
def test_attack_134_proxy_sees_the_name_and_no_more(
    authority: Authority, tls_to_proxy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 134; R-24: https goes through a tunnel, within TLS of its own even to an https proxy."""
    context = serving(authority.issue("localhost")) if tls_to_proxy else None
    monkeypatch.setattr("notation_py.adapters.tls.system_context", lambda: _believing(authority))
    with ExitStack() as stack:
        registry = stack.enter_context(running(Quirks(), context=serving(authority.issue("registry.test"))))
        proxy, seen = stack.enter_context(tunnelling(context=context))
        origin = Origin(Scheme.HTTPS, "registry.test", int(registry.host.rpartition(":")[2]))
        address = f"localhost:{proxy.url.origin.port}"
        connections = through(
            f"{'https' if tls_to_proxy else 'http'}://user:pw@{address}", origin, authority.file
        )
        for _ in range(2):
            response = connections.exchange(
                "GET", Url(origin, "/v2/"), {"Authorization": "Basic c2VjcmV0"}, None,
                max_bytes=100, timeouts=QUICK, deadline=time.monotonic() + 5,
            )  # fmt: skip
            assert response.status == 200
        connections.close()
        assert [request.authorization for request in registry.requests] == ["Basic c2VjcmV0"] * 2
        assert registry.connections == 1
    target = origin.authority.encode()
    credential = b64encode(b"user:pw")
    assert seen == [
        b"CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Basic %s\r\n\r\n"
        % (target, target, credential)
    ]


def _believing(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.file)
    return context


@contextmanager
def within_tls(
    serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Server, Connections, Url]]:
    """Yield an origin behind a proxy that is reached by TLS, and how it is asked."""
    monkeypatch.setattr("notation_py.adapters.tls.system_context", lambda: _believing(authority))
    there = Server(serve)
    try:
        with tunnelling(context=serving(authority.issue("localhost"))) as (proxy, _):
            origin = Origin(Scheme.HTTPS, "registry.test", there.url.origin.port)
            connections = through(f"https://localhost:{proxy.url.origin.port}", origin, authority.file)
            yield there, connections, Url(origin, "/x")
            connections.close()
    finally:
        there.close()


def test_attack_114_drip_within_two_layers_of_tls_ends(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 114; R-10: one record sent octet by octet gets no more time than the whole exchange."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")  # of a handshake record of 16 KiB
        for _ in range(60):
            connection.sendall(b"\0")
            time.sleep(0.1)

    with within_tls(drip, authority, monkeypatch) as (_, connections, url):
        started = time.monotonic()
        with pytest.raises(NotationError):
            ask(connections, url)
        assert time.monotonic() - started < QUICK.total + 1


def test_attack_113_record_left_within_two_layers_of_tls_ends_the_connection(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 113: an answer that nobody asked for, in the packet of the right one, answers nothing."""
    context = serving(authority.issue("registry.test"))

    def serve(connection: socket.socket) -> None:
        received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        inner, seen, shaken = context.wrap_bio(received, sent, server_side=True), b"", False
        while not seen.endswith(b"\r\n\r\n"):
            try:
                if not shaken:
                    inner.do_handshake()
                    shaken = True
                seen += inner.read(1)
            except ssl.SSLWantReadError:
                connection.sendall(sent.read())
                received.write(connection.recv(65536))
        inner.write(OK)
        inner.write(OK.replace(b"ok", b"no"))
        connection.sendall(sent.read())
        connection.recv(1)

    with within_tls(serve, authority, monkeypatch) as (there, connections, url):
        assert [ask(connections, url).body for _ in range(2)] == [b"ok", b"ok"]
        assert there.accepted == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nbytes before TLS",
        b"nonsense\r\n\r\n",
        b"",
    ],
    ids=["407", "redirect", "early-bytes", "nonsense", "nothing"],
)
def test_attack_134_proxy_that_opens_no_tunnel_is_refused(answer: bytes) -> None:
    """Attack 134; SEC-002: no tunnel, no request, and nothing in its place."""
    origin = Origin(Scheme.HTTPS, "registry.test", 443)
    with tunnelling(answer) as (proxy, seen):
        connections = through(f"http://{proxy.url.origin.authority}", origin)
        with pytest.raises(UnavailableError, match="the proxy refused"):
            ask(connections, Url(origin, "/v2/"))
    assert len(seen) == 1
    assert seen[0].startswith(b"CONNECT registry.test:443 HTTP/1.1\r\nHost: registry.test:443\r\n")


def test_plain_http_goes_through_the_proxy_with_the_whole_url() -> None:
    """RFC 9112 section 3.2.2: a proxy is asked with an absolute URL, and its password stays with it."""
    requests: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        requests.append(head_of(connection))
        connection.sendall(OK)

    origin = Origin(Scheme.HTTP, "registry.test", 80)
    there = Server(serve)
    try:
        connections = through(f"http://user:pw@{there.url.origin.authority}", origin)
        assert ask(connections, Url(origin, "/v2/", "a=b")).body == b"ok"
        connections.close()
    finally:
        there.close()
    assert requests == [
        b"GET http://registry.test/v2/?a=b HTTP/1.1\r\nHost: registry.test\r\n"
        b"Proxy-Authorization: Basic %s\r\n\r\n" % b64encode(b"user:pw")
    ]


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Basic c2VjcmV0"}, {"Content-Type": "application/x-www-form-urlencoded"}],
    ids=["header", "refresh-token"],
)
def test_secret_does_not_reach_a_proxy_in_clear(headers: dict[str, str]) -> None:
    """R-24: neither a credential nor a form for a token server is shown to a proxy that reads requests."""
    origin = Origin(Scheme.HTTP, "registry.test", 80)
    with server(once(OK)) as (there, _):
        connections = through(f"http://{there.url.origin.authority}", origin)
        with pytest.raises(UnavailableError, match="refusing to send credentials"):
            connections.exchange(
                "POST", Url(origin, "/token"), headers, b"refresh_token=secret",
                max_bytes=100, timeouts=QUICK, deadline=time.monotonic() + 2,
            )  # fmt: skip
        connections.close()
        assert there.accepted == 0
