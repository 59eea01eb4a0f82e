# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 messages: a request as bytes, and an answer read strictly from a stream of them.

Only what the grammar allows is read. Whatever could be read in two ways is refused in place of being
guessed at: folded lines, bare line ends, two lengths, a length beside chunks. Every part has a limit,
work is linear in what was received. Opens nothing, and knows neither time nor what an answer means.

Spec: RFC 9110 sections 5, 6.6, 8.6; RFC 9112 sections 2 to 7. Requirements: SEC-001, SEC-003, R-10, R-24.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from ..errors import MalformedError, UsageError
from .urls import Url, visible

MAX_HEAD_BYTES = 64 << 10
MAX_FIELDS = 100
MAX_INTERIM = 8
"""Answers with a status of 1xx before the real one."""
_MAX_CHUNK_LINE = 4096

_STATUS_LINE = re.compile(
    r"HTTP/1\.(?P<minor>[01]) (?P<status>[1-5][0-9]{2})(?: (?P<reason>[\t -~\x80-\xff]*))?"
)
_FIELD = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):(?P<value>[\t -~\x80-\xff]*)")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t -~\x80-\xff]*)?")
_SENDABLE = re.compile(r"[\t -~]*")
_TARGET = re.compile(r"[!-~]+")


class Framing(StrEnum):
    """How the end of a body is told."""

    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"
    """The body ends with the connection."""


class Head(NamedTuple):
    """Status line and header fields; names in lower case, the values of one name in order."""

    minor: int
    status: int
    reason: str
    headers: Mapping[str, tuple[str, ...]]

    def tokens(self, name: str) -> list[str]:
        """Return the elements of the comma-separated field *name*, lower case."""
        return [
            part.strip(" \t").lower() for value in self.headers.get(name, ()) for part in value.split(",")
        ]

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can carry another exchange after this one."""
        return self.minor == 1 and "close" not in self.tokens("connection")


class Body(NamedTuple):
    """What follows a head: how it ends, and for `Framing.LENGTH` after how many bytes."""

    framing: Framing
    length: int = 0

    @property
    def ends_connection(self) -> bool:
        """Whether nothing can follow on the same connection."""
        return self.framing is Framing.CLOSE


class EndOfStreamError(Exception):
    """The connection ended where more had to come."""


class Incoming:
    """The bytes that a connection brings, in order, each handed out once.

    Args:
        receive: returns some bytes, none at the end of the stream.
    """

    __slots__ = ("_buffer", "_receive")

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()

    @property
    def is_empty(self) -> bool:
        """Whether everything received was handed out."""
        return not self._buffer

    def before(self, mark: bytes, limit: int) -> bytes:
        """Return at most *limit* bytes up to *mark*, which is passed over.

        Raises:
            MalformedError: *mark* does not come in time. EndOfStreamError: nor anything else.
        """
        searched = 0
        while (place := self._buffer.find(mark, searched)) < 0 and len(self._buffer) <= limit:
            searched = max(0, len(self._buffer) - len(mark) + 1)
            self._more()
        if not 0 <= place <= limit:
            raise MalformedError(f"a line or a header is longer than {limit} bytes")
        found = bytes(self._buffer[:place])
        del self._buffer[: place + len(mark)]
        return found

    def exactly(self, count: int) -> bytes:
        """Return the next *count* bytes.

        Raises:
            EndOfStreamError: there are fewer.
        """
        if len(self._buffer) >= count:
            found = bytes(self._buffer[:count])
            del self._buffer[:count]
            return found
        whole = io.BytesIO()  # hands out what was written without a copy, which counts for large bodies
        whole.write(self._buffer)
        self._buffer.clear()
        while (left := count - whole.tell()) > 0:
            received = self._receive()
            if not received:
                raise EndOfStreamError
            whole.write(received[:left])
            self._buffer += received[left:]
        return whole.getvalue()

    def rest(self, limit: int) -> tuple[bytes, bool]:
        """Return at most *limit* bytes up to the end of the stream, and whether that was all."""
        try:
            while len(self._buffer) <= limit:
                self._more()
        except EndOfStreamError:
            return bytes(self._buffer), True
        return bytes(self._buffer[:limit]), False

    def _more(self) -> None:
        received = self._receive()
        if not received:
            raise EndOfStreamError
        self._buffer += received


def request_bytes(
    method: str, url: Url, headers: Mapping[str, str], body: bytes | None, *, target: str = ""
) -> bytes:
    """Return the request as it is sent, *body* included.

    Args:
        target: in place of path and query; proxies want another one.

    Raises:
        UsageError: something in it cannot be sent, such as a line end.
    """
    target = target or (f"{url.path}?{url.query}" if url.query else url.path)
    if not _TARGET.fullmatch(target):
        raise UsageError(f"a request for {visible(url.without_query)!r} cannot be sent")
    host = target if method == "CONNECT" else url.origin.authority
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    for name, value in headers.items():
        if not _SENDABLE.fullmatch(value):
            raise UsageError(f"the value of the header {name} has a character that cannot be sent")
        lines.append(f"{name}: {value}")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("ascii") + (body or b"")


def read_head(incoming: Incoming) -> Head:
    """Return the head of the next answer; interim answers before it are passed over.

    Raises:
        MalformedError: not HTTP/1, or too large. EndOfStreamError: none comes.
    """
    for _ in range(MAX_INTERIM + 1):
        head = parse_head(incoming.before(b"\r\n\r\n", MAX_HEAD_BYTES))
        if head.status >= 200:
            return head
        if head.status == 101:
            raise MalformedError("switches to another protocol, which was not asked for")
    raise MalformedError(f"more than {MAX_INTERIM} interim answers")


def parse_head(data: bytes) -> Head:
    """Return the head that *data* spells, without the empty line at its end.

    Raises:
        MalformedError: it does not.
    """
    first, *lines = data.decode("latin-1").split("\r\n")
    found = _STATUS_LINE.fullmatch(first)
    if found is None:
        raise MalformedError(f"no status line: {visible(first, 64)!r}")
    if len(lines) > MAX_FIELDS:
        raise MalformedError(f"more than {MAX_FIELDS} header fields")
    headers: dict[str, tuple[str, ...]] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise MalformedError(f"malformed header field {visible(line, 64)!r}")
        name, value = field[1].lower(), field[2].strip(" \t")
        headers[name] = (*headers[name], value) if name in headers else (value,)
    return Head(int(found["minor"]), int(found["status"]), found["reason"] or "", headers)


def body_of(head: Head, method: str) -> Body:
    """Return how the body of *head*, the answer to *method*, ends.

    Raises:
        MalformedError: it is said in two ways, or in one that we do not know.
    """
    lengths, coded = set(head.headers.get("content-length", ())), "transfer-encoding" in head.headers
    if coded and (lengths or head.minor == 0 or head.tokens("transfer-encoding") != ["chunked"]):
        raise MalformedError("unknown or ambiguous transfer encoding")
    text = lengths.pop() if lengths else "0"
    if lengths or not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise MalformedError("malformed or ambiguous content length")
    if method == "HEAD" or head.status in {204, 304}:
        return Body(Framing.LENGTH)
    if coded:
        return Body(Framing.CHUNKED)
    return Body(Framing.LENGTH, int(text)) if "content-length" in head.headers else Body(Framing.CLOSE)


def read_body(incoming: Incoming, body: Body, limit: int) -> tuple[bytes, bool]:
    """Return at most *limit* bytes of the body, and whether that was all; if not, the rest is left unread.

    Raises:
        MalformedError: not in chunks as announced. EndOfStreamError: it ended early.
    """
    match body.framing:
        case Framing.LENGTH:
            return incoming.exactly(min(body.length, limit)), body.length <= limit
        case Framing.CHUNKED:
            return _chunks(incoming, limit)
        case Framing.CLOSE:
            return incoming.rest(limit)


def _chunks(incoming: Incoming, limit: int) -> tuple[bytes, bool]:
    data = io.BytesIO()
    while True:
        line = _CHUNK_LINE.fullmatch(incoming.before(b"\r\n", _MAX_CHUNK_LINE))
        if line is None:
            raise MalformedError("malformed chunk")
        size, room = int(line[1], 16), limit - data.tell()
        if size == 0:
            _pass_trailers(incoming)
            return data.getvalue(), True
        data.write(incoming.exactly(min(size, room)))
        if size > room:
            return data.getvalue(), False
        if incoming.exactly(2) != b"\r\n":
            raise MalformedError("a chunk is longer than it says")


def _pass_trailers(incoming: Incoming) -> None:
    """Return behind the fields that may follow the last chunk; they are looked at and not used."""
    for _ in range(MAX_FIELDS + 1):
        line = incoming.before(b"\r\n", _MAX_CHUNK_LINE)
        if not line:
            return
        if not _FIELD.fullmatch(line.decode("latin-1")):
            raise MalformedError("malformed field after the last chunk")
    raise MalformedError(f"more than {MAX_FIELDS} fields after the last chunk")
