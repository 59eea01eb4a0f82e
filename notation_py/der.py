# SPDX-License-Identifier: Apache-2.0
"""A small strict DER reader: where the elements are, and nothing about what they mean.

Certificates are parsed by `cryptography`; this reader only finds the exact bytes of
parts of them, such as the two names, which a parser would decode and re-encode.
Definite, shortest-form lengths and low tag numbers only.

Spec: ITU-T X.690 sections 8.1, 10.1. Requirements: CERT-003, CERT-012, SEC-003, R-04.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import MalformedError

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31


class Element(NamedTuple):
    """One tag-length-value: offsets into the data it was read from.

    Attributes:
        tag: the identifier octet, class and constructed bits included.
        start: offset of the identifier octet. content: offset of the first content octet.
        end: offset after the last content octet.
    """

    tag: int
    start: int
    content: int
    end: int


_element = tuple.__new__  # what the constructor of a named tuple calls, without its detour


def read(data: bytes, offset: int = 0, limit: int | None = None) -> Element:
    """Return the element that starts at *offset*, which has to end by *limit*.

    Raises:
        MalformedError: not DER: cut short, indefinite or longer than needed length, high tag number.
    """
    end = len(data) if limit is None else limit
    content = offset + 2
    if content > end:
        raise MalformedError("DER element is cut short")
    tag, length = data[offset], data[offset + 1]
    if tag & 0x1F == 0x1F:
        raise MalformedError("DER tag number above 30")
    if length >= 0x80:
        start, content = content, content + length - 0x80
        if not start < content <= start + 4 or content > end:
            raise MalformedError("DER length is indefinite, too long or cut short")
        length = int.from_bytes(data[start:content], "big")
        if length < 0x80 or not data[start]:
            raise MalformedError("DER length is not in its shortest form")
    stop = content + length
    if stop > end:
        raise MalformedError("DER element is longer than its surroundings")
    return _element(Element, (tag, offset, content, stop))


def children(data: bytes, parent: Element) -> tuple[Element, ...]:
    """Return the elements inside *parent*, which they fill exactly.

    Raises:
        MalformedError: as `read`.
    """
    found = []
    offset, limit = parent.content, parent.end
    while offset < limit:
        content = offset + 2
        # Most elements have a length of one octet, and need no more than this.
        if content <= limit and (tag := data[offset]) & 0x1F != 0x1F and (length := data[offset + 1]) < 0x80:
            end = content + length
            if end > limit:
                raise MalformedError("DER element is longer than its surroundings")
            element = _element(Element, (tag, offset, content, end))
        else:
            element = read(data, offset, limit)
            end = element.end
        found.append(element)
        offset = end
    return tuple(found)


def contents(data: bytes) -> list[tuple[int, bytes]]:
    """Return tag and content octets of the elements that *data* is made of, without their places.

    Raises:
        MalformedError: as `read`.
    """
    found = []
    offset, end = 0, len(data)
    while offset < end:
        start = offset + 2
        if start <= end and data[offset] & 0x1F != 0x1F and (length := data[offset + 1]) < 0x80:
            stop = start + length
            if stop > end:
                raise MalformedError("DER element is longer than its surroundings")
        else:
            _, _, start, stop = read(data, offset)
        found.append((data[offset], data[start:stop]))
        offset = stop
    return found


def only(data: bytes, tag: int) -> bytes:
    """Return the content octets of the one element *data* consists of, which has *tag*.

    Raises:
        MalformedError: as `read`, or there is more, or another type.
    """
    element = read(data)
    if element.tag != tag or element.end != len(data):
        raise MalformedError("not one DER element of the expected type")
    return data[element.content :]


def integer(tag: int, content: bytes) -> int:
    """Return the value of an INTEGER.

    Raises:
        MalformedError: another type, empty, or with an octet more than needed.
    """
    if tag != INTEGER or not content:
        raise MalformedError("DER integer expected")
    if len(content) > 1 and content[0] in (0, 0xFF) and content[0] >> 7 == content[1] >> 7:
        raise MalformedError("DER integer is not in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def split(data: bytes) -> tuple[bytes, ...]:
    """Return the concatenated top-level elements of *data*, each with its header."""
    parts = []
    offset = 0
    while offset < len(data):
        element = read(data, offset)
        parts.append(data[offset : element.end])
        offset = element.end
    return tuple(parts)
