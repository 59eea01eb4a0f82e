# SPDX-License-Identifier: Apache-2.0
"""HTTP messages: what is read, what is refused, and that work and memory are bounded."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py.adapters.http_messages import (
    MAX_FIELDS,
    MAX_HEAD_BYTES,
    Body,
    EndOfStreamError,
    Framing,
    Head,
    Incoming,
    body_of,
    parse_head,
    read_body,
    read_head,
    request_bytes,
)
from notation_py.adapters.urls import Url
from notation_py.errors import MalformedError, UsageError

URL = Url.parse("http://localhost:5000/v2/app/manifests/v1?a=b")


def incoming(*pieces: bytes) -> Incoming:
    """Return a stream that brings *pieces* one by one and ends."""
    left = iter(pieces)
    return Incoming(lambda: next(left, b""))


def one_by_one(data: bytes) -> Iterable[bytes]:
    return (data[place : place + 1] for place in range(len(data)))


def head(*lines: str) -> Head:
    return parse_head("\r\n".join(("HTTP/1.1 200 OK", *lines)).encode("latin-1"))


@pytest.mark.parametrize("pieces", ["whole", "bytes"])
def test_answer_is_read_however_it_is_cut(pieces: str) -> None:
    """Two answers on one connection, in one piece or byte by byte. RFC 9112 section 6."""
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX:  a b \t\r\n\r\nabc"
    data += (
        b"HTTP/1.1 404 \r\nTransfer-Encoding: Chunked\r\n\r\n2;x=y\r\nde\r\n1 \r\nf\r\n000\r\nT: 1\r\n\r\n"
    )
    stream = incoming(data) if pieces == "whole" else incoming(*one_by_one(data))
    first = read_head(stream)
    assert (first.status, first.reason, first.headers["x"]) == (200, "OK", ("a b",))
    assert read_body(stream, body_of(first, "GET"), 10) == (b"abc", True)
    second = read_head(stream)
    assert (second.status, second.reason) == (404, "")
    assert read_body(stream, body_of(second, "GET"), 10) == (b"def", True)
    assert stream.is_empty


def test_fields_of_one_name_are_kept_in_order_and_told_apart() -> None:
    """SEC-003: nothing is joined, so that a header given twice can be refused by whoever needs one."""
    assert head("A: 1", "b:", "a: 2").headers == {"a": ("1", "2"), "b": ("",)}


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 099 OK",
        b"HTTP/1.1 \xb2\xb2\xb2 OK",
        b"HTTP/1.1 200 O\x1bK",
        b"HTTP/1.1 200 OK\nX: y",
        b"ICY 200 OK",
        b"<html>",
        b"",
        b"HTTP/1.1 200 OK\r\nX: a\r\n folded",
        b"HTTP/1.1 200 OK\r\n X: a",
        b"HTTP/1.1 200 OK\r\nX : a",
        b"HTTP/1.1 200 OK\r\nX",
        b"HTTP/1.1 200 OK\r\n: a",
        b"HTTP/1.1 200 OK\r\nX: a\nContent-Length: 1",
        b"HTTP/1.1 200 OK\r\nX: a\rContent-Length: 1",
        b"HTTP/1.1 200 OK\r\nX: a\x00b",
        b"HTTP/1.1 200 OK\r\nX\xe9: a",
        b"HTTP/1.1 200 OK\r\n" + b"\r\n".join([b"X: y"] * (MAX_FIELDS + 1)),
    ],
)
def test_attack_113_head_outside_the_grammar_is_refused(data: bytes) -> None:
    """Attack 113; SEC-003: folded lines, bare line ends, spaces before colons: two readers would differ."""
    with pytest.raises(MalformedError):
        parse_head(data)


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 3", "Content-Length: 4"),
        ("Content-Length: 3, 3",),
        ("Content-Length: +3",),
        ("Content-Length: -3",),
        ("Content-Length: 0x3",),
        ("Content-Length: \xb3",),
        ("Content-Length:",),
        ("Content-Length: 1" + "0" * 15,),
        ("Content-Length: 3", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding:",),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_attack_113_ambiguous_framing_is_refused(lines: tuple[str, ...], method: str) -> None:
    """Attack 113; RFC 9112 section 6.3: a length that can be read in two ways, or one beside chunks."""
    with pytest.raises(MalformedError):
        body_of(head(*lines), method)


def test_attack_113_chunks_in_an_old_answer_are_refused() -> None:
    """RFC 9112 section 6.1: HTTP/1.0 has no transfer encoding."""
    with pytest.raises(MalformedError):
        body_of(parse_head(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked"), "GET")


def test_framing_is_what_the_head_says() -> None:
    """RFC 9112 section 6.3, in its order; equal lengths given twice are one length."""
    assert body_of(head("Content-Length: 3", "content-length: 3"), "GET") == Body(Framing.LENGTH, 3)
    assert body_of(head("Content-Length: 3"), "HEAD") == Body(Framing.LENGTH, 0)
    assert body_of(head("Transfer-Encoding: chunked"), "GET").framing is Framing.CHUNKED
    assert body_of(head(), "GET").ends_connection
    assert body_of(parse_head(b"HTTP/1.1 304 -\r\nContent-Length: 9"), "GET") == Body(Framing.LENGTH, 0)


@pytest.mark.parametrize(
    ("line", "lines", "alive"),
    [
        ("HTTP/1.1 200 OK", (), True),
        ("HTTP/1.1 200 OK", ("Connection: x, Close",), False),
        ("HTTP/1.1 200 OK", ("Connection: keep-alive",), True),
        ("HTTP/1.0 200 OK", ("Connection: keep-alive",), False),
    ],
)
def test_connection_is_kept_unless_something_speaks_against_it(
    line: str, lines: tuple[str, ...], alive: bool
) -> None:
    """RFC 9112 section 9.3."""
    assert parse_head("\r\n".join((line, *lines)).encode()).keeps_alive == alive


@pytest.mark.parametrize(
    "data",
    [
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"g\r\n",
        b"-1\r\na\r\n",
        b"0x1\r\na\r\n",
        b"1_0\r\n",
        b"\r\n",
        b"f" * 13 + b"\r\n",
        b"1;\x01\r\na\r\n",
        b"1\na\r\n0\r\n\r\n",
        b"1;" + b"x" * 5000 + b"\r\na\r\n",
        b"0\r\nbad trailer\r\n\r\n",
        b"0\r\n" + b"T: 1\r\n" * 200 + b"\r\n",
    ],
)
def test_attack_113_malformed_chunks_are_refused(data: bytes) -> None:
    """Attack 113; RFC 9112 section 7.1."""
    with pytest.raises(MalformedError):
        read_body(incoming(data), Body(Framing.CHUNKED), 100)


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (Body(Framing.LENGTH, 5), b"abcd"),
        (Body(Framing.CHUNKED), b"5\r\nabcd"),
        (Body(Framing.CHUNKED), b"4\r\nabcd\r\n"),
        (Body(Framing.CHUNKED), b"4\r\nabcd\r\n0\r\n"),
    ],
)
def test_attack_113_body_that_ends_early_is_not_whole(body: Body, data: bytes) -> None:
    """Attack 113: the end of the connection is not the end of what was announced."""
    with pytest.raises(EndOfStreamError):
        read_body(incoming(data), body, 100)


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (Body(Framing.LENGTH, 10**14), b"x" * 1000),
        (Body(Framing.CHUNKED), b"2\r\nxx\r\nfffffffff\r\n" + b"x" * 1000),
        (Body(Framing.CLOSE), b"x" * 1000),
    ],
    ids=["length", "chunked", "close"],
)
def test_body_is_cut_at_the_limit(body: Body, data: bytes) -> None:
    """R-10, SEC-001: no more than the limit is kept, and it is said that there is more."""
    assert read_body(incoming(data), body, 10) == (b"x" * 10, False)


def test_body_of_exactly_the_limit_is_whole() -> None:
    """R-10: the limit itself is allowed."""
    assert read_body(incoming(b"x" * 10), Body(Framing.CLOSE), 10) == (b"x" * 10, True)
    assert read_body(incoming(b"x" * 10), Body(Framing.LENGTH, 10), 10) == (b"x" * 10, True)
    assert read_body(incoming(b"a\r\n" + b"x" * 10 + b"\r\n0\r\n\r\n"), Body(Framing.CHUNKED), 10)[1]


def test_attack_114_endless_head_ends_at_the_limit() -> None:
    """Attack 114; R-10: headers without end are given up, after bounded bytes and work."""
    sent = 0

    def receive() -> bytes:
        nonlocal sent
        sent += 100
        return b"X: " + b" \t" * 48 + b"y"

    with pytest.raises(MalformedError, match="longer than"):
        read_head(Incoming(receive))
    assert sent < MAX_HEAD_BYTES + 1000


def test_work_on_a_large_field_is_linear() -> None:
    """SEC-001: a field of blanks is read at once."""
    started = time.process_time()
    assert head("X:" + " " * 60_000 + "y" + " " * 60_000).headers["x"] == ("y",)
    assert time.process_time() - started < 0.5


def test_interim_answers_are_passed_over_a_few_times() -> None:
    """RFC 9110 section 15.2: 100 and 103 are no answers; 101 and a flood of them are refused."""
    hints, last = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    assert read_head(incoming(hints * 3 + last)).status == 200
    with pytest.raises(MalformedError):
        read_head(incoming(hints * 20 + last))
    with pytest.raises(MalformedError):
        read_head(incoming(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + last))


def test_request_is_what_was_asked_for() -> None:
    """RFC 9112 section 3: origin form, one Host, and a length whenever there is a body."""
    assert request_bytes("GET", URL, {"Accept": "a/b"}, None) == (
        b"GET /v2/app/manifests/v1?a=b HTTP/1.1\r\nHost: localhost:5000\r\nAccept: a/b\r\n\r\n"
    )
    assert request_bytes("POST", URL, {}, b"").endswith(b"Content-Length: 0\r\n\r\n")
    address = Url.parse("http://[::1]/x")
    assert b"\r\nHost: [::1]\r\n" in request_bytes("PUT", address, {}, b"body")


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\x00", "\x7f", "\u00e9", "\u2028"])
def test_value_that_could_break_out_of_its_header_is_not_sent(value: str) -> None:
    """SEC-003, SEC-006: whatever is put into a header cannot end it; the value is not shown."""
    with pytest.raises(UsageError, match="Authorization") as caught:
        request_bytes("GET", URL, {"Authorization": value}, None)
    assert value not in caught.value.message


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/\u00e9"])
def test_target_that_could_break_out_of_its_line_is_not_sent(path: str) -> None:
    """SEC-003: nor can a path."""
    with pytest.raises(UsageError):
        request_bytes("GET", Url(URL.origin, path), {}, None)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """SEC-004: whatever comes, the answer is a head with a body or one of two refusals."""
    stream = incoming(b"HTTP/1.1 200 OK\r\n" + data)
    try:
        found = read_head(stream)
        body, _ = read_body(stream, body_of(found, "GET"), 100)
    except (MalformedError, EndOfStreamError):
        return
    assert len(body) <= 100
    assert all(name == name.lower() and "\r" not in name and "\n" not in name for name in found.headers)


_NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12)
_VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=20))
def test_fields_that_were_written_are_read(fields: list[tuple[str, str]]) -> None:
    """RFC 9112 section 5: every field comes back under its name, in order."""
    found = head(*(f"{name}: {value}" for name, value in fields)).headers
    for name in {name for name, _ in fields}:
        assert found[name] == tuple(value for other, value in fields if other == name)
