# SPDX-License-Identifier: Apache-2.0
"""Revocation data and time stamps over HTTP: what is sent, what is accepted, and by which way."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from notation_py.adapters import tls
from notation_py.adapters.addresses import AddressRules
from notation_py.adapters.http_fetcher import HttpFetcher
from notation_py.adapters.http_timestamper import HttpTimestamper
from notation_py.adapters.proxies import ProxyRules
from notation_py.adapters.traces import TraceEvent
from notation_py.errors import LimitError, MalformedError, UnavailableError, UsageError
from notation_py.fetch import FetchLimit
from tests.simulator import pki
from tests.simulator.revocation_servers import Asked, Reply, WebServer, web_server

LIMIT = FetchLimit(1000, 5.0)
HERE = AddressRules.parse("127.0.0.0/8:*")
NO_PROXIES = ProxyRules("", "", ())
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def fetcher() -> HttpFetcher:
    return HttpFetcher(HERE, proxies=NO_PROXIES)


def proxy_at(server: WebServer) -> ProxyRules:
    return ProxyRules.from_environment({"HTTP_PROXY": f"http://someone:hunter2@{server.place}"})


def test_get_returns_the_body(server: WebServer, fetcher: HttpFetcher) -> None:
    """REV-042; R-19: and sends nothing that tells who asks."""
    assert fetcher.get(server.publish("/ca.crl?shard=1", b"list"), LIMIT) == b"list"
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.body) == ("GET", "/ca.crl?shard=1", b"")
    assert asked.headers.keys() == {"host", "user-agent", "accept-encoding", "connection"}
    assert asked.headers["accept-encoding"] == "identity"


def test_post_sends_body_and_type(server: WebServer, fetcher: HttpFetcher) -> None:
    """REV-021."""
    url = server.publish("/ocsp", lambda asked: Reply(asked.body[::-1]))
    assert fetcher.post(url, b"abc", "application/ocsp-request", LIMIT) == b"cba"
    assert server.asked[0].headers["content-type"] == "application/ocsp-request"
    assert server.asked[0].headers["content-length"] == "3"


def test_request_in_a_path_arrives_as_it_was_written(server: WebServer, fetcher: HttpFetcher) -> None:
    """REV-021: escapes of the base64 text stay escapes; a space becomes one, as in the Go program."""
    server.publish("/*", b"answer")
    for path, sent in (("/ocsp/MEI%2Bab%2Fc%3D", "/ocsp/MEI%2Bab%2Fc%3D"), ("/my ca.crl", "/my%20ca.crl")):
        assert fetcher.get(server.url(path), LIMIT) == b"answer"
        assert server.asked[-1].path == sent


def test_body_may_be_as_large_as_the_limit(server: WebServer, fetcher: HttpFetcher) -> None:
    """REV-042; R-10: with a length, in chunks, or up to the end; and not a byte larger."""
    for size in (1000, 1001):
        body = b"x" * size
        for path, reply in {
            "/length": Reply(body),
            "/chunks": Reply(pieces=[body[:600], body[600:]]),
            "/end": Reply(body, length=-1),
        }.items():
            url = server.publish(path, reply)
            if size == 1000:
                assert fetcher.get(url, LIMIT) == body
            else:
                with pytest.raises(LimitError, match="larger than 1000 bytes"):
                    fetcher.get(url, LIMIT)


def test_redirect_within_the_origin_is_followed_three_times(server: WebServer, fetcher: HttpFetcher) -> None:
    """R-19."""
    server.publish("/4", b"list")
    for at in range(4):
        location = server.url(f"/{at + 1}") if at % 2 else f"/{at + 1}"
        server.publish(f"/{at}", Reply(status=302, headers=(("Location", location),)))
    assert fetcher.get(server.url("/1"), LIMIT) == b"list"
    with pytest.raises(UnavailableError, match="redirected more than 3 times"):
        fetcher.get(server.url("/0"), LIMIT)
    server.publish("/0", Reply(status=302))
    with pytest.raises(UnavailableError, match="redirected without a location"):
        fetcher.get(server.url("/0"), LIMIT)


def test_post_is_repeated_where_a_redirect_says_so(server: WebServer, fetcher: HttpFetcher) -> None:
    """R-19: 307 and 308 keep method and body."""
    server.publish("/new", lambda asked: Reply(asked.method.encode() + asked.body))
    server.publish("/ocsp", Reply(status=307, headers=(("Location", "/new"),)))
    assert fetcher.post(server.url("/ocsp"), b"abc", "application/ocsp-request", LIMIT) == b"POSTabc"


def test_failure_says_where_and_why(server: WebServer, fetcher: HttpFetcher) -> None:
    """REV-008; R-38: without the query, which may be secret, and without what the server says in clear."""
    server.publish("/crl?key=hunter2", Reply(b"secret", 503, "text/plain"))
    with pytest.raises(UnavailableError) as refused:
        fetcher.get(server.url("/crl?key=hunter2"), LIMIT)
    assert refused.value.message == f'Get "{server.url("/crl")}": status 503 Service Unavailable'
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/crl"
    with pytest.raises(UnavailableError, match="connection refused"):
        fetcher.get(nobody, LIMIT)
    with pytest.raises(UnavailableError, match=r"no such host 'crl\.invalid'"):
        fetcher.get("http://crl.invalid/crl", LIMIT)
    server.publish("/slow", Reply(b"list", delay=3))
    with pytest.raises(UnavailableError, match=r"no complete answer within 0\.2 seconds"):
        fetcher.get(server.url("/slow"), FetchLimit(1000, 0.2))


def test_next_address_is_asked_if_one_refuses(server: WebServer) -> None:
    """REV-008: a name of which only one address answers is still answered."""
    addresses = (ip_address("127.0.0.77"), ip_address("127.0.0.1"))  # the server is at the second
    fetch = HttpFetcher(HERE, proxies=NO_PROXIES, resolve=lambda *_: addresses)
    server.publish("/crl", b"list")
    assert fetch.get(f"http://crl.example:{server.port}/crl", LIMIT) == b"list"


def test_fetches_run_beside_each_other(server: WebServer, fetcher: HttpFetcher) -> None:
    """REV-009: ten answers that take 200 ms each take 200 ms, not two seconds."""
    url = server.publish("/crl", Reply(b"list", delay=0.2))
    started = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(lambda _: fetcher.get(url, LIMIT), range(10))) == [b"list"] * 10
    assert time.monotonic() - started < 1.2


def test_proxy_of_the_environment_is_asked_in_place_of_the_server(server: WebServer) -> None:
    """R-19: with the whole URL, and its own credential, which only it sees."""
    server.publish("http://crl.example/ca.crl?a=b", b"list")
    assert HttpFetcher(proxies=proxy_at(server)).get("http://crl.example/ca.crl?a=b", LIMIT) == b"list"
    asked = server.asked[0]
    assert asked.headers["host"] == "crl.example"
    assert asked.headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/crl",
        "http://169.254.169.254/crl",
        "http://crl.example:8080/crl",
        "http://2130706433/crl",
    ],
)
def test_proxy_is_not_asked_for_what_must_not_be_fetched(server: WebServer, url: str) -> None:
    """Attack 78; R-19: a proxy stands where more can be reached than from outside."""
    with pytest.raises(MalformedError, match="is not fetched"):
        HttpFetcher(proxies=proxy_at(server)).get(url, LIMIT)
    assert server.connections == 0


def test_proxy_is_asked_for_what_the_setting_allows(server: WebServer) -> None:
    """R-19."""
    server.publish("*", b"list")
    rules = AddressRules.parse("crl.example:8080,10.0.0.0/8")
    for url in ("http://crl.example:8080/crl", "http://10.0.0.1/crl"):
        assert HttpFetcher(rules, proxies=proxy_at(server)).get(url, LIMIT) == b"list"


def test_loopback_never_goes_through_a_proxy(server: WebServer) -> None:
    """R-19: no proxy surprise."""
    with web_server() as proxy:
        server.publish("/crl", b"list")
        assert HttpFetcher(HERE, proxies=proxy_at(proxy)).get(server.url("/crl"), LIMIT) == b"list"
        assert proxy.connections == 0


def test_proxy_that_makes_no_sense_is_an_error_without_its_password() -> None:
    """R-19, R-36."""
    rules = ProxyRules.from_environment({"HTTP_PROXY": "socks5://someone:hunter2@proxy"})
    with pytest.raises(UnavailableError, match="HTTP_PROXY") as refused:
        HttpFetcher(proxies=rules).get("http://crl.example/crl", LIMIT)
    assert "hunter2" not in refused.value.message


def test_trace_gets_requests_and_answers(server: WebServer) -> None:
    """R-36; CLI: numbered, with headers that are safe to show."""
    events: list[TraceEvent] = []
    secret = ("Set-Cookie", "hunter2")
    url = server.publish("/crl?key=hunter2", Reply(b"list", headers=(secret,)))
    fetch = HttpFetcher(HERE, proxies=NO_PROXIES, trace=events.append)
    fetch.get(url, LIMIT)
    fetch.get(url, LIMIT)
    assert [(e.number, e.method, e.status) for e in events] == [
        (1, "GET", None), (1, "GET", 200), (2, "GET", None), (2, "GET", 200)
    ]  # fmt: skip
    assert ("Content-Type", "application/pkix-crl") in events[1].headers
    assert "hunter2" not in repr(events)


def stamping(asked: Asked) -> Reply:
    """Answer as an authority does, or not at all."""
    good = asked.method == "POST" and asked.headers.get("content-type") == QUERY
    return Reply(b"token for " + asked.body, 200 if good else 400, REPLY)


def test_authority_gets_the_request_and_gives_the_answer(server: WebServer) -> None:
    """TSA-003."""
    url = server.publish("/tsa?key=hunter2", stamping)
    assert HttpTimestamper(url, proxies=NO_PROXIES).timestamp(b"request") == b"token for request"
    assert server.asked[0].path == "/tsa?key=hunter2"


def test_answer_of_an_authority_is_smaller_than_a_megabyte(server: WebServer) -> None:
    """TSA-003: by a byte is enough."""
    url = server.publish("/", Reply(bytes((1 << 20) - 1), kind=REPLY))
    assert len(HttpTimestamper(url, proxies=NO_PROXIES).timestamp(b"request")) == (1 << 20) - 1


def test_authority_that_moved_within_its_origin_is_found(server: WebServer) -> None:
    """TSA-003; R-19."""
    server.publish("/new", stamping)
    url = server.publish("/", Reply(status=308, headers=(("Location", "/new"),)))
    assert HttpTimestamper(url, proxies=NO_PROXIES).timestamp(b"request") == b"token for request"


def test_authority_is_reached_by_tls_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TSA-003; SEC-002: the certificate has to be that of the host, and the deadline holds here as well."""
    key = pki.fixed_keys("EC-256")[0]
    name = pki.name("tsa")
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, pki.NOT_BEFORE, pki.NOT_AFTER)
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = tmp_path / "tsa.pem"
    file.write_bytes(pki.private_pem(key) + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    tls.system_context.cache_clear()
    try:
        with web_server(context) as server:
            url = server.publish("/", stamping)
            assert HttpTimestamper(url, proxies=NO_PROXIES).timestamp(b"request") == b"token for request"
            with pytest.raises(UnavailableError, match="TLS"):
                HttpTimestamper(url.replace("127.0.0.1", "localhost")).timestamp(b"request")
    finally:
        tls.system_context.cache_clear()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://tsa.example/", 'endpoint "ftp://tsa.example/": scheme must be http or https, but got "ftp"'),
        ("tsa.example", 'endpoint "tsa.example": scheme must be http or https, but got ""'),
        ("", 'endpoint "": scheme must be http or https, but got ""'),
        ("http://", 'endpoint "http://": host cannot be empty'),
        ("https:///tsa", 'endpoint "https:///tsa": host cannot be empty'),
    ],
)
def test_url_of_no_authority_is_refused_in_the_go_programs_words(url: str, text: str) -> None:
    """TSA-003; CLI 5.2."""
    with pytest.raises(UsageError) as refused:
        HttpTimestamper(url)
    assert refused.value.message == text


@pytest.mark.parametrize(
    "url",
    ["http://someone:hunter2@tsa.example/", "http://127.1/", "http://tsa.example:99999/", "http://tsa/#a"],
)
def test_url_with_more_than_a_place_is_refused(url: str) -> None:
    """R-19, R-36: user information is neither used nor shown."""
    with pytest.raises(UsageError) as refused:
        HttpTimestamper(url)
    assert "hunter2" not in refused.value.message


def test_status_of_an_authority_is_told_in_the_go_programs_words(server: WebServer) -> None:
    """TSA-003; CLI 5.2."""
    with pytest.raises(UnavailableError) as refused:
        HttpTimestamper(server.url("/none"), proxies=NO_PROXIES).timestamp(b"request")
    assert refused.value.message == f'POST "{server.url("/none")}": https response bad status: 404 Not Found'


def test_failure_to_reach_an_authority_is_told_in_the_go_programs_words() -> None:
    """TSA-003; CLI 5.2: the cause is the system's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/tsa"
    with pytest.raises(UnavailableError) as refused:
        HttpTimestamper(url, proxies=NO_PROXIES).timestamp(b"request")
    assert refused.value.message == f'Post "{url}": connection refused'
