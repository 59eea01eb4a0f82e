# SPDX-License-Identifier: Apache-2.0
"""Addresses, tokens, challenges and downloads at their edges; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from notation_py.adapters import plugin_download
from notation_py.adapters.addresses import AddressRules
from notation_py.adapters.authentication import MAX_SCOPE_LENGTH, MAX_SCOPES, AuthenticatedTransport
from notation_py.adapters.challenges import MAX_CHALLENGES, MAX_FIELD_LENGTH, Challenge, parse_challenges
from notation_py.adapters.connections import Connections
from notation_py.adapters.credential_programs import CredentialHelper
from notation_py.adapters.credentials import Credential
from notation_py.adapters.http_exchange import Allowance, Answer, Request, _redirected, _within
from notation_py.adapters.http_fetcher import HttpFetcher
from notation_py.adapters.http_headers import media_type
from notation_py.adapters.http_messages import Head
from notation_py.adapters.http_timestamper import HttpTimestamper
from notation_py.adapters.links import MAX_FIELD_LENGTH as LONGEST_LINK
from notation_py.adapters.links import next_link
from notation_py.adapters.plugin_download import MAX_REDIRECTS, PluginDownload, plugin_url
from notation_py.adapters.proxies import ProxyRules
from notation_py.adapters.registry_settings import SYSTEM_TLS, RegistrySettings
from notation_py.adapters.responses import Response
from notation_py.adapters.sockets import ProxyRefusedError, _ask_for_tunnel
from notation_py.adapters.tokens import MAX_TOKEN_LENGTH, basic_value, may_see_credential, request_token
from notation_py.adapters.transport import MAX_REDIRECTS as MOST
from notation_py.adapters.transport import Transport
from notation_py.adapters.urls import MAX_URL_LENGTH, Origin, Scheme, Url
from notation_py.errors import (
    LimitError,
    NotationError,
    Outcome,
    PluginError,
    RegistryError,
    UnavailableError,
    UsageError,
)
from notation_py.fetch import FetchLimit

REALM = Url.parse("https://auth.test/token")


@pytest.mark.parametrize("character", ["!", "~"])
def test_first_and_last_printable_characters_stand_in_a_url(character: str) -> None:
    """R-24: a space and a delete are outside, in a whole URL and in a relative one."""
    assert str(Url.parse(f"https://a.test/{character}")).endswith(character)
    assert str(REALM.join(f"/{character}")).endswith(character)
    for odd in " \x7f\t\n":  # the last two are what the standard library would leave out
        with pytest.raises(RegistryError, match="invalid URL"):
            Url.parse(f"https://a.test/{odd}")
        with pytest.raises(RegistryError, match="invalid URL"):
            REALM.join(f"/a{odd}b")


def test_longest_url_is_read() -> None:
    """R-10: 8192 characters, and not one more."""
    start = "https://a.test/"
    longest = start + "a" * (MAX_URL_LENGTH - len(start))
    assert str(Url.parse(longest)) == longest
    with pytest.raises(RegistryError, match="invalid URL"):
        Url.parse(longest + "a")


@pytest.mark.parametrize(
    "text", ["https://a.test/b\\c", "https:///path", "https://u@a.test/", "https://[::1/x"]
)
def test_url_that_two_readers_read_differently_is_refused(text: str) -> None:
    """Attack 123; R-24: a backslash, no host, user information, half a bracket."""
    with pytest.raises(RegistryError, match="invalid URL"):
        Url.parse(text)
    if "[" in text:
        with pytest.raises(RegistryError, match="invalid URL"):
            REALM.join(text)


def origin(text: str) -> Origin:
    return Url.parse(text).origin


@pytest.mark.parametrize(
    ("realm", "registry", "allowed", "may"),
    [
        ("https://a.test:1/", "https://a.test:2/", (), True),
        ("https://auth.example.com:444/", "https://r.other.net/", ("auth.example.com:443",), False),
        ("https://auth.example.com/", "https://r.other.net/", ("auth.example.com:443",), True),
        ("https://x.abc.de/", "https://r.abc.de/", (), False),
        ("https://x.abcd.de/", "https://r.abcd.de/", (), True),
        ("https://x.co.uk/", "https://r.co.uk/", (), False),
        ("https://x.ab.com/", "https://r.ab.com/", (), True),
        ("https://x.a.b.de/", "https://r.a.b.de/", (), True),
    ],
)
def test_credential_stays_with_one_owner(
    realm: str, registry: str, allowed: tuple[str, ...], may: bool
) -> None:
    """Attack 124; R-24: another port of one host, a port in the list, and domains that look like suffixes."""
    assert may_see_credential(origin(realm), origin(registry), allowed) is may


class TokenServer:
    """Answers every request with *status* and *body*."""

    def __init__(self, body: object, status: int = 200) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = Response("GET", REALM, status, "x", {}, data)

    def request(self, *_: object, **__: object) -> Response:
        return self.answer


def token(body: object, status: int = 200) -> str:
    return request_token(TokenServer(body, status), REALM, "", frozenset(), None)[0]


def test_longest_token_is_used() -> None:
    """Attack 125: of the first and the last printable character, as long as may be."""
    longest = "!" + "~" * (MAX_TOKEN_LENGTH - 1)
    assert token({"token": longest}) == longest
    for odd in (longest + "a", "a b", "a\x7f", "ä"):
        with pytest.raises(UnavailableError, match="characters that a token must not have") as caught:
            token({"token": odd})
        assert caught.value.outcome is Outcome.AUTH


@pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": 5}, {"token": ["a"]}, {"access_token": None}])
def test_reply_without_a_token_is_auth(body: object) -> None:
    """Attack 125: nothing, an empty text, a number and a list are no token."""
    with pytest.raises(UnavailableError, match="the reply has no token"):
        token(body)


def test_reply_is_an_object() -> None:
    """Attack 125: an array has no token, whatever is in it."""
    with pytest.raises(UnavailableError, match="the reply is not an object"):
        token(["token"])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (199, Outcome.AUTH),
        (201, Outcome.AUTH),
        (401, Outcome.AUTH),
        (404, Outcome.AUTH),
        (500, Outcome.UNAVAILABLE),
        (429, Outcome.UNAVAILABLE),
    ],
)
def test_only_status_200_brings_a_token(status: int, outcome: Outcome) -> None:
    """Attack 125; R-38: a busy server is no refusal, everything else is."""
    with pytest.raises(NotationError) as caught:
        token({"token": "t"}, status)
    assert caught.value.outcome is outcome
    assert ("no token" in caught.value.message) is (outcome is Outcome.AUTH)


def scopes(text: str) -> list[str]:
    transport = AuthenticatedTransport("r.test", RegistrySettings())
    try:
        return transport._challenge_scopes(Challenge("bearer", {"scope": text}))
    finally:
        transport.close()


def test_challenge_asks_for_few_scopes() -> None:
    """Attack 124; R-10: as many and as long as may be; beyond ASCII none."""
    assert len(scopes(" ".join("a" * MAX_SCOPES))) == MAX_SCOPES
    assert scopes("a" * MAX_SCOPE_LENGTH) == ["a" * MAX_SCOPE_LENGTH]
    for odd in (" ".join("a" * (MAX_SCOPES + 1)), "a" * (MAX_SCOPE_LENGTH + 1), "ä"):
        with pytest.raises(UnavailableError, match="asks for an unusable scope") as caught:
            scopes(odd)
        assert caught.value.outcome is Outcome.AUTH


def test_foreign_realm_gives_tokens_to_whoever_shows_nothing() -> None:
    """Attack 124: without a credential there is nothing to protect; with one, it stays here."""
    challenge = Challenge("bearer", {"realm": str(REALM)})
    for credential in (None, Credential("u", "p")):
        transport = AuthenticatedTransport("r.other.net", RegistrySettings())
        transport._known.append(credential)
        transport._transport.close()
        transport._transport = TokenServer({"token": "t"})
        if credential is None:
            assert transport._bearer(challenge, frozenset()) == "Bearer t"
        else:
            with pytest.raises(UnavailableError, match="wants its credential shown to the token server"):
                transport._bearer(challenge, frozenset())


def test_challenge_that_nobody_can_answer_is_said() -> None:
    """Attack 124: a scheme that is unknown here."""
    transport = AuthenticatedTransport("r.test", RegistrySettings())
    response = Response("GET", REALM, 401, "Unauthorized", {"www-authenticate": ("Negotiate",)}, b"")
    try:
        with pytest.raises(UnavailableError, match="no challenge can be answered"):
            transport._answer_challenge(response, frozenset(), None)
    finally:
        transport.close()


def test_header_given_twice_is_one_if_it_says_the_same() -> None:
    """R-24: two places to go to are none."""
    headers = {"location": ("/a", "/a"), "link": ("/a", "/b")}
    response = Response("GET", REALM, 200, "OK", headers, b"")
    assert response.header("location") == "/a"
    with pytest.raises(RegistryError, match="header link is given twice"):
        response.header("link")


class Exchanges:
    """Answers requests of a download in turn, the last answer for ever."""

    def __init__(self, *answers: Answer | NotationError) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def answer(self, request: Request, *_: object) -> Answer:
        self.asked.append(str(request.url))
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, NotationError):
            raise found
        return found


def answer(status: int, *locations: str, body: bytes = b"") -> Answer:
    return Answer(Head(1, status, "x", {"location": locations} if locations else {}), body)


def download(exchanges: Exchanges, directory: Path) -> Path:
    client = PluginDownload(proxies=ProxyRules.from_environment({}))
    client._exchanges = exchanges
    return client.into(directory, Url.parse("https://127.0.0.1/notation-demo.zip"))


HERE = "https://127.0.0.1/other"
DOWNLOADS = {
    "status 199": ([answer(199)], "bad status: 199"),
    "status 201": ([answer(201, body=b"x")], "bad status: 201"),
    "status 304": ([answer(304, HERE)], "bad status: 304"),
    "status 404": ([answer(404)], "bad status: 404"),
    "no place": ([answer(302)], "redirected without a location"),
    "two places": ([answer(302, HERE, HERE + "2")], "redirected without a location"),
    "unusable": ([answer(302, "https://u@127.0.0.1/")], "redirected to an unusable place"),
    "plain": ([answer(302, "http://127.0.0.1/")], "redirected to plain http, at http://127.0.0.1"),
    "for ever": ([answer(302, HERE)], "redirected more than"),
    "too large": ([LimitError("x")], "https response reached the 256 MiB size limit"),
    "unavailable": ([UnavailableError("nobody there")], "with error: nobody there"),
}


@pytest.mark.parametrize(("answers", "message"), DOWNLOADS.values(), ids=list(DOWNLOADS))
def test_download_that_is_none(answers: list[Answer | NotationError], message: str, tmp_path: Path) -> None:
    """Attack 168; R-31: anything but 200 over https is an error, and leaves no file."""
    exchanges = Exchanges(*answers)
    with pytest.raises(PluginError, match=message):
        download(exchanges, tmp_path)
    assert len(exchanges.asked) <= MAX_REDIRECTS + 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_download_follows_redirects_over_https(status: int, tmp_path: Path) -> None:
    """Attack 168: what the refused ones differ from; the same place twice in the header is one."""
    exchanges = Exchanges(answer(status, HERE, HERE), answer(200, body=b"package"))
    assert download(exchanges, tmp_path).read_bytes() == b"package"
    assert exchanges.asked[1] == HERE


def test_download_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-31: the limit itself is too large, as for archives; with a small one in its place."""
    monkeypatch.setattr(plugin_download, "SIZE_LIMIT", 8)
    assert download(Exchanges(answer(200, body=b"1234567")), tmp_path).read_bytes() == b"1234567"
    with pytest.raises(LimitError):
        download(Exchanges(answer(200, body=b"12345678")), tmp_path / "other")


@pytest.mark.parametrize("text", ["https", "http://a.test/x", "https:a", "", "ftp://a.test/x", "a.test/x"])
def test_download_is_asked_for_over_https_alone(text: str) -> None:
    """Attack 168."""
    with pytest.raises(UsageError, match="only the HTTPS scheme is supported"):
        plugin_url(text)
    assert plugin_url("HTTPS://a.test/x").origin.scheme is Scheme.HTTPS
    with pytest.raises(UsageError, match="failed to parse plugin download URL"):
        plugin_url("https://u@a.test/x")


def exchanged(*locations: str) -> Url:
    return _redirected(Request("GET", REALM, {}), answer(302, *locations).head)


def test_revocation_data_moves_within_its_host() -> None:
    """Attacks 77, 95; R-19: one place, of the same origin; none, two and another are errors."""
    assert str(exchanged("/b", "/b")) == "https://auth.test/b"
    for locations in ((), ("/b", "/c")):
        with pytest.raises(UnavailableError, match="redirected without a location"):
            exchanged(*locations)
    with pytest.raises(UnavailableError, match="redirected to another origin"):
        exchanged("https://other.test/b")
    with pytest.raises(UnavailableError, match="redirected to an unusable place"):
        exchanged("https://u@auth.test/b")


class Final(Exchanges):
    """Gives the answer that is the last."""

    def final_answer(self, request: Request, *_: object) -> tuple[Request, Answer]:
        return request, self.answer(request)


@pytest.mark.parametrize("status", [199, 201, 204, 206, 404])
def test_only_status_200_brings_data(status: int) -> None:
    """Attacks 77, 95; R-16, R-17: for lists and for timestamps."""
    fetcher = HttpFetcher(AddressRules.parse("127.0.0.1"), proxies=ProxyRules.from_environment({}))
    stamper = HttpTimestamper("http://127.0.0.1/", proxies=ProxyRules.from_environment({}))
    reply = Answer(Head(1, status, "x", {"content-type": ("application/timestamp-reply",)}), b"data")
    fetcher._exchanges = stamper._exchanges = Final(reply)
    with pytest.raises(UnavailableError, match=f"{status}"):
        fetcher.get("http://127.0.0.1/crl", FetchLimit(10, 1.0))
    with pytest.raises(UnavailableError, match=f"bad status: {status}"):
        stamper.timestamp(b"request")
    good = reply._replace(head=reply.head._replace(status=200))
    fetcher._exchanges = stamper._exchanges = Final(good)
    assert fetcher.get("http://127.0.0.1/crl", FetchLimit(10, 1.0)) == b"data"
    assert stamper.timestamp(b"request") == b"data"


@pytest.mark.parametrize("text", ["http", "https", "ftp://a.test", "a.test", ""])
def test_authority_is_named_with_its_scheme(text: str) -> None:
    """TSA-007: a word is no address."""
    with pytest.raises(UsageError, match="scheme must be http or https"):
        HttpTimestamper(text)


def redirected(times: int) -> Response:
    """Return the answer behind so many redirects, each to another place."""
    transport = Transport(REALM.origin, RegistrySettings())
    answers = [Response("GET", REALM, 302, "x", {"location": (f"/{n}",)}, b"") for n in range(times)]
    answers.append(Response("GET", REALM, 200, "x", {}, b"data"))
    transport._attempts = lambda *_: answers.pop(0)
    return transport.request("GET", REALM, {})


def test_as_many_redirects_as_allowed_are_followed() -> None:
    """Attack 122; R-24: five, and no more."""
    assert redirected(MOST).body == b"data"
    with pytest.raises(LimitError, match=f"more than {MOST} times"):
        redirected(MOST + 1)


class Tunnel:
    """A proxy that says one thing."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def send(self, _: bytes) -> None:
        pass

    def receive(self, *_: object) -> bytes:
        said, self._said = self._said, b""
        return said


@pytest.mark.parametrize(
    ("said", "is_open"),
    [
        (b"200 OK", True),
        (b"204 x", True),
        (b"299 x", True),
        (b"300 x", False),
        (b"403 x", False),
        (b"502 x", False),
    ],
)
def test_tunnel_is_open_after_a_success(said: bytes, is_open: bool) -> None:
    """Attack 134: and what the proxy says behind its answer is not taken for the registry's."""
    proxy = ProxyRules.from_environment({"HTTPS_PROXY": "http://proxy.test:3128"}).proxy_for(REALM.origin)
    assert proxy is not None
    answered = b"HTTP/1.1 " + said + b"\r\n\r\n"
    if is_open:
        _ask_for_tunnel(Tunnel(answered), REALM.origin, proxy)
    else:
        with pytest.raises(ProxyRefusedError, match="status"):
            _ask_for_tunnel(Tunnel(answered), REALM.origin, proxy)
    with pytest.raises(ProxyRefusedError):
        _ask_for_tunnel(Tunnel(answered + b"more"), REALM.origin, proxy)


def failing(error: Exception, seconds: float = 60.0) -> str:
    def ask() -> Answer:
        raise error

    with pytest.raises(UnavailableError) as caught:
        _within(Request("GET", REALM, {}), Allowance.starting_now(1, seconds), ask)
    return caught.value.message


def test_exchange_says_why_there_is_no_answer() -> None:
    """Attack 77; R-10, R-19: too late in two ways, refused by a proxy, or cut off."""
    assert "no complete answer within 60 seconds" in failing(TimeoutError())
    assert "no complete answer within 0 seconds" in failing(ConnectionResetError(104, "x"), 0.0)
    assert "connection reset by peer" in failing(ConnectionResetError(104, "x"))
    assert "the proxy refused: status 403" in failing(ProxyRefusedError("status 403"))


def test_authority_that_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 95; R-18: with the request that could not be made."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    stamper = HttpTimestamper("http://tsa.test/", proxies=ProxyRules.from_environment({}))
    with pytest.raises(UnavailableError, match=r'^Post "http://tsa.test/": no such host'):
        stamper.timestamp(b"request")


def test_nothing_is_sent_ahead_through_a_proxy_that_reads_along() -> None:
    """Attack 134: a proxy that is asked for each request answers one at a time."""
    plain = Url.parse("http://r.test/").origin
    for environ, takes in (({}, True), ({"HTTP_PROXY": "http://proxy.test:3128"}, False)):
        connections = Connections(plain, SYSTEM_TLS, ProxyRules.from_environment(environ))
        assert connections.takes_ahead(plain) is takes
        connections.close()


def test_longest_headers_are_read() -> None:
    """Attack 124; R-10: challenges, fields, media types and names of helpers."""
    many = ", ".join(f"scheme{number}" for number in range(MAX_CHALLENGES))
    assert len(parse_challenges([many])) == MAX_CHALLENGES
    longest = 'Basic realm="' + "a" * (MAX_FIELD_LENGTH - len('Basic realm=""')) + '"'
    assert parse_challenges([longest])[0].scheme == "basic"
    for odd in ([many, "more"], [longest + " "]):
        with pytest.raises(RegistryError):
            parse_challenges(odd)
    kind = "a/" + "b" * 253
    assert media_type(kind) == kind
    with pytest.raises(RegistryError):
        media_type(kind + "b")
    assert CredentialHelper("a" * 128)
    with pytest.raises(UnavailableError, match="invalid credential helper name"):
        CredentialHelper("a" * 129)


def test_longest_link_is_read() -> None:
    """Attack 115; R-10: 8192 characters, and not one more."""
    longest = "<" + "a" * (LONGEST_LINK - len('<>; rel="next"')) + '>; rel="next"'
    assert next_link([longest]) == longest[1 : longest.index(">")]
    with pytest.raises(RegistryError, match="longer than"):
        next_link([longest + " "])


def test_name_and_password_may_have_spaces() -> None:
    """Attack 125; SIG-057: and no control character, the first and the last of them."""
    assert basic_value(Credential("a b", "c d")) == "Basic YSBiOmMgZA=="
    for odd in ("\x00", "\x1f", "\x7f"):
        for credential in (Credential(f"a{odd}", "p"), Credential("a", f"p{odd}")):
            with pytest.raises(UnavailableError, match="has a character that cannot be sent"):
                basic_value(credential)
