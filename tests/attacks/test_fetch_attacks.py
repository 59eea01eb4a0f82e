# SPDX-License-Identifier: Apache-2.0
"""Attacks through the servers that a certificate names, and through a time-stamping authority.

Nothing is believed here, so each case asks two things: is nothing returned, within the deadline; and is
nothing asked that must not be.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import repeat

import pytest

from notation_py.adapters.addresses import Address, AddressRules
from notation_py.adapters.http_fetcher import HttpFetcher
from notation_py.adapters.http_timestamper import HttpTimestamper
from notation_py.adapters.proxies import ProxyRules
from notation_py.errors import LimitError, MalformedError, NotationError, Outcome, UnavailableError
from notation_py.fetch import FetchLimit
from tests.simulator.revocation_servers import (
    OCSP_TYPE,
    Reply,
    WebServer,
    drip,
    endless,
    faults,
    requests_to,
    stubborn,
    web_server,
)

CRL = b"\x30\x82" + bytes(range(256)) * 4
LIMIT = FetchLimit(1 << 20, 0.6)
SOON = 2.0
"""Seconds in which everything has ended, on a busy machine."""
NO_PROXIES = ProxyRules("", "", ())
HERE = AddressRules.parse("127.0.0.0/8:*")
REPLY_TYPE = "application/timestamp-reply"
FAULTS = tuple(faults(CRL, ""))


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def fetcher(rules: AddressRules = HERE) -> HttpFetcher:
    return HttpFetcher(rules, proxies=NO_PROXIES)


def refusal(url: str, rules: AddressRules = HERE, limit: FetchLimit = LIMIT) -> NotationError:
    """Return why *url* gives nothing; that takes no longer than it may."""
    started = time.monotonic()
    with pytest.raises(NotationError) as refused:
        fetcher(rules).get(url, limit)
    assert time.monotonic() - started < SOON
    return refused.value


@pytest.mark.parametrize("fault", FAULTS)
def test_answer_that_is_no_list_ends_in_time(server: WebServer, fault: str) -> None:
    """Attack 77; REV-008, REV-042: whatever the server does, there is one error and no data."""
    with web_server() as elsewhere:
        server.publish("/crl", faults(CRL, elsewhere.publish("/crl", CRL))[fault])
        error = refusal(server.url("/crl"))
        assert isinstance(error, (UnavailableError, LimitError))
        assert server.url("/crl") in error.message
        assert elsewhere.connections == 0


def test_login_page_is_no_ocsp_response(server: WebServer) -> None:
    """Attack 77; R-17: a page of a captive portal comes with status 200 and is recognised by its type."""
    limit = FetchLimit(20_480, 0.6, OCSP_TYPE)
    server.publish("/ocsp", Reply(b"<html>log in</html>", kind="text/html"))
    with pytest.raises(UnavailableError, match="is not application/ocsp-response"):
        fetcher().post(server.url("/ocsp"), b"request", "application/ocsp-request", limit)
    server.publish("/ocsp", Reply(b"answer", kind="Application/OCSP-Response; charset=x"))
    assert fetcher().post(server.url("/ocsp"), b"request", "application/ocsp-request", limit) == b"answer"


def test_huge_answer_costs_no_memory(server: WebServer) -> None:
    """Attack 77: of a gigabyte nothing is kept beyond the limit, and of a bomb nothing is unpacked."""
    server.publish("/endless", Reply(pieces=endless(b"\x00" * 65536)))
    for name in ("gigabyte", "gzip bomb"):
        server.publish(f"/{name.replace(' ', '-')}", faults(CRL, "")[name])
    tracemalloc.start()
    try:
        for path in ("/endless", "/gigabyte", "/gzip-bomb"):
            refusal(server.url(path))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), id="everything by drops"),
        pytest.param(repeat(b"X-Padding: " + b"a" * 900 + b"\r\n"), id="endless header"),
        pytest.param(repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), id="endless interim answers"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"], id="two lengths"
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
            id="length and chunks",
        ),
        pytest.param([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"], id="coded"),
        pytest.param([b"\x30\x03\x0a\x01\x06"], id="no HTTP"),
        pytest.param([], id="nothing"),
    ],
)
def test_answer_outside_http_ends_in_time(pieces: Iterator[bytes]) -> None:
    """Attack 77: the deadline covers the head as well as the body."""
    with stubborn(pieces, pause=0.05) as port:
        assert isinstance(refusal(f"http://127.0.0.1:{port}/crl"), UnavailableError)


def test_server_that_accepts_and_never_reads_ends_in_time() -> None:
    """Attack 77; REV-008: a request too large for the buffers of both sides is given up."""
    import socket

    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/ocsp"
        started = time.monotonic()
        with pytest.raises(UnavailableError, match=r"no complete answer within 0\.6 seconds"):
            fetcher().post(url, b"\x00" * (32 << 20), "application/ocsp-request", LIMIT)
        assert time.monotonic() - started < SOON


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/a.crl",
        "file:///etc/passwd",
        "ldap://127.0.0.1/cn=ca?certificateRevocationList",
        "https://127.0.0.1/a.crl",
        "https://example.com/a.crl",
        "HTTPS://example.com/a.crl",
        "gopher://127.0.0.1/a",
        "//127.0.0.1/a.crl",
        "a.crl",
        "",
        "http:///a.crl",
        "http://",
        "http://127.0.0.1:0x50/a",
        "http://127.0.0.1:99999/a",
        "http://127.0.0.1/a#b",
        "http://127.0.0.1\\@example.com/a",
        "http://127.0.0.1/\r\nHost: x",
        "http://127.0.0.1/\x00",
        "http://exämple.com/a",
        "http://127.0.0.1/" + "a" * 9000,
    ],
)
def test_url_of_another_kind_is_not_fetched(url: str) -> None:
    """Attack 78; REV-007: plain http and nothing else, written in one way."""
    error = refusal(url)
    assert isinstance(error, MalformedError)
    assert error.outcome is Outcome.REVOCATION_UNKNOWN
    assert "not fetched" in error.message
    assert error.message.isprintable()


def test_https_is_refused_before_the_certificate_matters(server: WebServer) -> None:
    """Attack 78: https with a bad certificate is not fetched, as https is not."""
    assert "plain http only" in refusal(server.url("/crl").replace("http:", "https:")).message
    assert server.connections == 0


def test_user_information_is_neither_sent_nor_shown(server: WebServer) -> None:
    """Attack 78; R-19, R-36."""
    error = refusal(f"http://someone:hunter2@127.0.0.1:{server.port}/crl")
    assert isinstance(error, MalformedError)
    assert "hunter2" not in error.message
    assert server.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "[::1]", "127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::]", "0.0.0.0",
        "127.1", "2130706433", "0x7f000001", "017700000001", "10.0.0.1", "192.168.0.1",
        "[fe80::1]", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("port", ["", "server"])
def test_address_of_this_machine_or_site_is_not_asked(server: WebServer, host: str, port: str) -> None:
    """Attack 78: not even for a packet; the hint, if there is one, names the setting."""
    where = f":{server.port}" if port else ""
    error = refusal(f"http://{host}{where}/crl", AddressRules())
    assert isinstance(error, MalformedError)
    assert error.outcome is Outcome.REVOCATION_UNKNOWN
    assert error.hint is None or "NOTATION_PY_FETCH_ALLOW" in error.hint
    assert server.connections == 0


class FakeResolver:
    """Answers each question with the next of *answers*."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, seconds: float) -> tuple[Address, ...]:
        assert seconds <= LIMIT.seconds
        self.asked.append(host)
        return tuple(map(ip_address, self.answers.pop(0)))


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.1",),
        ("127.0.0.1",),
        ("::1",),
        ("8.8.8.8", "127.0.0.1"),
        ("169.254.169.254",),
        ("::ffff:10.0.0.1",),
    ],
)
def test_name_that_resolves_to_this_site_is_not_asked(addresses: tuple[str, ...]) -> None:
    """Attack 78: every address of the name is looked at, before any is asked."""
    resolver = FakeResolver(addresses)
    with pytest.raises(MalformedError, match="is not fetched") as refused:
        HttpFetcher(proxies=NO_PROXIES, resolve=resolver).get("http://crl.example/a.crl", LIMIT)
    assert refused.value.outcome is Outcome.REVOCATION_UNKNOWN


def test_name_is_resolved_once_and_the_connection_goes_where_it_was_checked(server: WebServer) -> None:
    """Attack 78: DNS rebinding; the resolver is asked once, redirects included."""
    server.publish("/b.crl", CRL)
    server.publish("/a.crl", Reply(status=302, headers=(("Location", "/b.crl"),)))
    resolver = FakeResolver(("127.0.0.1",), ("169.254.169.254",))
    rules = AddressRules.parse(f"127.0.0.1:{server.port}")
    fetch = HttpFetcher(rules, proxies=NO_PROXIES, resolve=resolver)
    name = f"http://crl.invalid:{server.port}"  # which the system's resolver does not know
    assert fetch.get(f"{name}/a.crl", LIMIT) == CRL
    assert resolver.asked == ["crl.invalid"]
    assert [asked.headers["host"] for asked in server.asked] == [f"crl.invalid:{server.port}"] * 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_leads_nowhere_else(server: WebServer, status: int) -> None:
    """Attacks 77, 78; R-19: another host, port, scheme or user is not followed, and neither is a circle."""
    with web_server() as other:
        for location in (
            other.publish("/crl", CRL),
            f"http://localhost:{server.port}/crl",
            f"https://127.0.0.1:{server.port}/crl",
            f"http://user@127.0.0.1:{server.port}/crl",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "//evil.example/crl",
            "/circle",
        ):
            server.publish("/circle", Reply(status=status, headers=(("Location", location),)))
            server.asked.clear()
            assert "redirected" in refusal(server.url("/circle")).message
            assert len(server.asked) == (4 if location == "/circle" else 1)
        assert other.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303])
def test_question_is_not_turned_into_another_by_a_redirect(server: WebServer, status: int) -> None:
    """R-19: a POST stays a POST, or is not followed."""
    server.publish("/ocsp", Reply(status=status, headers=(("Location", "/other"),)))
    with pytest.raises(UnavailableError, match=f"status {status}"):
        fetcher().post(server.url("/ocsp"), b"request", "application/ocsp-request", LIMIT)
    assert requests_to(server) == ["/ocsp"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(b"token", kind="text/html"), id="HTML"),
        pytest.param(Reply(b"token", kind="application/timestamp-reply; charset=x"), id="parameter"),
        pytest.param(Reply(b"token", kind="Application/Timestamp-Reply"), id="letter case"),
        pytest.param(Reply(b"token", kind=""), id="no type"),
        pytest.param(
            Reply(b"token", kind=REPLY_TYPE, headers=(("Content-Type", REPLY_TYPE),)), id="two types"
        ),
        pytest.param(Reply(b"\x00" * (2 << 20), kind=REPLY_TYPE), id="2 MiB"),
        pytest.param(Reply(b"\x00" * (1 << 20), kind=REPLY_TYPE), id="1 MiB"),
        pytest.param(Reply(pieces=endless(), kind=REPLY_TYPE), id="endless"),
        pytest.param(Reply(pieces=drip(b"\x00" * 999), pause=0.1, kind=REPLY_TYPE), id="by drops"),
        pytest.param(Reply(b"token", 404, REPLY_TYPE), id="404"),
        pytest.param(Reply(b"token", 201, REPLY_TYPE), id="201"),
        pytest.param(Reply(b"token", kind=REPLY_TYPE, headers=(("Content-Encoding", "gzip"),)), id="gzip"),
    ],
)
def test_answer_of_no_time_stamping_authority_is_refused(server: WebServer, reply: Reply) -> None:
    """Attack 95; TSA-003."""
    started = time.monotonic()
    with pytest.raises(UnavailableError) as refused:
        HttpTimestamper(server.publish("/", reply), seconds=0.6, proxies=NO_PROXIES).timestamp(b"request")
    assert refused.value.outcome is Outcome.UNAVAILABLE
    assert time.monotonic() - started < SOON


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_request_for_a_time_stamp_goes_to_nobody_else(server: WebServer, status: int) -> None:
    """Attack 95; R-19."""
    with web_server() as other:
        location = other.publish("/", Reply(b"token", kind=REPLY_TYPE))
        url = server.publish("/", Reply(status=status, headers=(("Location", location),)))
        with pytest.raises(UnavailableError) as refused:
            HttpTimestamper(url, seconds=2, proxies=NO_PROXIES).timestamp(b"request")
        assert refused.value.outcome is Outcome.UNAVAILABLE
        assert other.connections == 0


def test_authority_whose_certificate_is_not_believed_is_refused(server: WebServer) -> None:
    """Attack 95; SEC-002: plain text where TLS was wanted."""
    url = server.url("/").replace("http:", "https:")
    with pytest.raises(UnavailableError, match="TLS"):
        HttpTimestamper(url, seconds=2, proxies=NO_PROXIES).timestamp(b"request")
    assert server.asked == []
