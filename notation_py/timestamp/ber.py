# SPDX-License-Identifier: Apache-2.0
"""BER to DER, for tokens of authorities that spell lengths longer than needed, and the taking apart after.

Only the lengths are rewritten: indefinite lengths, constructed strings and high tag numbers stay what
they are, and are refused. Sizes, depth and the number of elements are bounded before anything is built.
What an element means is decided by `signed_data`, `token` and `exchange`.

Spec: ITU-T X.690 sections 8.1, 10.1. Requirements: TSA-020, SEC-003, R-04.
"""

from __future__ import annotations

from .. import der
from ..errors import MalformedError

MAX_TOKEN_BYTES = 1 << 20
"""The limit of an authority's whole answer (TSA-003), which no token can exceed then."""

MAX_DEPTH = 32
"""Real tokens reach 15; one that carries a second token in an unsigned attribute reaches 23."""

MAX_ELEMENTS = 1 << 14
"""Real tokens have a few hundred."""

NULL = 0x05
UTF8_STRING = 0x0C
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
CONTEXT_0 = 0xA0
"""The identifier octet of a constructed element tagged `[0]`; `[1]` is the next, and so on."""

_CONSTRUCTED = 0x20


def encoded(tag: int, *contents: bytes) -> bytes:
    """Return the DER element with *tag* whose content octets are *contents*, joined."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 + len(length))) + length + content


def to_der(data: bytes) -> bytes:
    """Return *data*, one BER element, with every length in its shortest form.

    Raises:
        MalformedError: cut short, more than one element, an indefinite length, or beyond a limit.
    """
    if len(data) > MAX_TOKEN_BYTES:
        raise MalformedError(f"more than {MAX_TOKEN_BYTES} bytes")
    converted, end = _Converter(data).element(0, len(data), 1)
    if end != len(data):
        raise MalformedError(f"decoding BER: {len(data) - end} bytes after the end of the element")
    return converted


class _Converter:
    """Rewrites the elements of *data*, and counts them."""

    __slots__ = ("_data", "_left")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ELEMENTS

    def element(self, start: int, limit: int, depth: int) -> tuple[bytes, int]:
        """Return the element at *start* in DER, and where it ended."""
        self._left -= 1
        if self._left < 0:
            raise MalformedError(f"decoding BER: more than {MAX_ELEMENTS} elements")
        data = self._data
        content, end = _extent(data, start, limit)
        tag = data[start]
        if not tag & _CONSTRUCTED:
            return encoded(tag, data[content:end]), end
        if depth == MAX_DEPTH:
            raise MalformedError(f"decoding BER: nested more than {MAX_DEPTH} deep")
        members = []
        offset = content
        while offset < end:
            member, offset = self.element(offset, end, depth + 1)
            members.append(member)
        return encoded(tag, *members), end


def _extent(data: bytes, start: int, limit: int) -> tuple[int, int]:
    """Return where the content octets of the element at *start* begin and end."""
    content = start + 2
    if content > limit:
        raise MalformedError("decoding BER: element is cut short")
    if data[start] & 0x1F == 0x1F:
        raise MalformedError("decoding BER identifier octets: tag number above 30")
    length = data[start + 1]
    form = "short"
    if length == 0x80:
        raise MalformedError("decoding BER length octets: indefinite length not supported")
    if length > 0x80:
        form, octets = "long", length - 0x80
        if octets > 4:
            raise MalformedError(
                f"decoding BER length octets: length of encoded data ({octets} bytes) cannot exceed 4 bytes"
            )
        length = int.from_bytes(data[content : content + octets], "big")
        content += octets
    if length > limit - content:
        raise MalformedError(
            f"decoding BER length octets: {form} form length octets value should be less or equal to the "
            "subsequent octets length"
        )
    return content, content + length


class Fields:
    """The members of a SEQUENCE, taken one after the other; *what* names it in errors."""

    __slots__ = ("_left", "_what")

    def __init__(self, content: bytes, what: str) -> None:
        """Raises MalformedError: *content* is not made of DER elements."""
        self._what = what
        self._left = der.contents(content)
        self._left.reverse()

    @classmethod
    def of(cls, data: bytes, what: str) -> Fields:
        """Return the members of *data*, which is one SEQUENCE and nothing else; raises MalformedError."""
        return cls(der.only(data, der.SEQUENCE), what)

    def take(self, tag: int) -> bytes:
        """Return the content octets of the next member, which has *tag*; raises MalformedError."""
        content = self.optional(tag)
        if content is None:
            raise MalformedError(f"{self._what} has another structure")
        return content

    def optional(self, tag: int) -> bytes | None:
        """Return the content octets of the next member if it has *tag*, else None and leave it there."""
        if self._left and self._left[-1][0] == tag:
            return self._left.pop()[1]
        return None

    def integer(self) -> int:
        """Return the next member, an INTEGER of any size; raises MalformedError."""
        return der.integer(der.INTEGER, self.take(der.INTEGER))

    def small(self, tag: int = der.INTEGER, default: int | None = None) -> int:
        """Return the next member, an INTEGER with *tag* of at most 32 bits, or *default* if it is not there.

        Raises:
            MalformedError: too large, or neither there nor with a default.
        """
        content = self.take(tag) if default is None else self.optional(tag)
        if content is None:
            return default or 0
        if len(content) > 4:
            raise MalformedError(f"{self._what} has a number beyond 32 bits")
        return der.integer(der.INTEGER, content)

    def end(self) -> None:
        """Return if every member was taken; raises MalformedError."""
        if self._left:
            raise MalformedError(f"{self._what} has more members than it may")
