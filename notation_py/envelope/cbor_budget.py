# SPDX-License-Identifier: Apache-2.0
"""Walks over CBOR heads: counted before a decoder builds anything, and measured where it forgives.

Ten megabytes of empty arrays become hundreds in memory. Small input cannot do harm and is
not counted; in larger input the heads are followed and counted, and nothing is built.

Spec: RFC 8949 section 3. Requirements: COSE-002, SEC-001, R-03, R-10.
"""

from __future__ import annotations

from ..errors import MalformedError

SMALL = 1 << 16
"""Bytes below which the worst case, one item a byte, stays within a few megabytes."""

MAX_ITEMS = 4096
"""Items of every kind; a real envelope has about thirty."""

MAX_TEXT_BYTES = 1 << 20
"""Bytes of one text string: one emoji in it makes the decoded text four times as large."""

MAX_BINARY_BYTES = 4 << 20
"""Bytes of one byte string, as every one is copied; certificates, payloads and tokens have thousands."""


def check_budget(data: bytes, *, what: str) -> None:
    """Return if *data* is small, or is CBOR heads of definite length with at most `MAX_ITEMS` items.

    Raises:
        MalformedError: too many items, a text too long, or a length that exceeds the remaining bytes.
    """
    if len(data) <= SMALL:
        return
    offset, pending, items = 0, 1, 0
    while pending:
        items += 1
        if items > MAX_ITEMS:
            raise MalformedError(f"{what} has more than {MAX_ITEMS} items")
        major, value, offset = _head(data, offset, what)
        pending -= 1
        if major in (2, 3):
            offset += value
        else:
            pending += _items_inside(major, value)
        if offset > len(data) or pending > len(data):
            raise MalformedError(f"{what} claims more than it has")
        if major == 3 and value > MAX_TEXT_BYTES:
            raise MalformedError(f"{what} has a text of more than {MAX_TEXT_BYTES} bytes")
        if major == 2 and value > MAX_BINARY_BYTES:
            raise MalformedError(f"{what} has a byte string of more than {MAX_BINARY_BYTES} bytes")


def check_shortest(data: bytes, *, what: str) -> None:
    """Return if *data* is one item, and every integer, length and tag in it has its shortest head.

    Floating-point numbers may have any width: it changes no value, and writers differ.

    Args:
        data: starts with one well-formed item of definite length.

    Raises:
        MalformedError: a head is longer than needed, or something follows the item.
    """
    offset, pending = 0, 1
    while pending:
        info = data[offset] & 0x1F
        major, value, offset = _head(data, offset, what)
        pending -= 1
        if major == 7:
            continue
        if info >= 24 and (value < 24 or (info > 24 and value >> (4 << (info - 24)) == 0)):
            raise MalformedError(f"{what} is not in its shortest CBOR form")
        if major in (2, 3):
            offset += value
        else:
            pending += _items_inside(major, value)
    if offset != len(data):
        raise MalformedError(f"{what} is followed by trailing bytes")


def _items_inside(major: int, value: int) -> int:
    """Return how many items an array, a map or a tag announces; 0 for anything else."""
    return {4: value, 5: 2 * value, 6: 1}.get(major, 0)


def _head(data: bytes, offset: int, what: str) -> tuple[int, int, int]:
    """Return major type, argument and the offset after the head at *offset*."""
    if offset >= len(data):
        raise MalformedError(f"{what} is cut short")
    major, info = data[offset] >> 5, data[offset] & 0x1F
    if info < 24:
        return major, info, offset + 1
    if info > 27:
        raise MalformedError(f"{what} has an indefinite length or a reserved value")
    end = offset + 1 + (1 << (info - 24))
    return major, int.from_bytes(data[offset + 1 : end], "big"), end
