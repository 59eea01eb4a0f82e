# SPDX-License-Identifier: Apache-2.0
"""A walk over CBOR heads that counts items before a decoder builds them.

Ten megabytes of empty arrays become hundreds in memory. Small input cannot do harm and is
not walked; in larger input the heads are followed and counted, and nothing is built.

Spec: RFC 8949 section 3. Requirements: COSE-002, SEC-001, R-03, R-10.
"""

from __future__ import annotations

from ..errors import MalformedError

SMALL = 1 << 16
"""Bytes below which the worst case, one item a byte, stays within a few megabytes."""

MAX_ITEMS = 4096
"""Items of every kind; a real envelope has about thirty."""


def check_budget(data: bytes, *, what: str) -> None:
    """Return if *data* is small, or is CBOR heads of definite length with at most `MAX_ITEMS` items.

    Raises:
        MalformedError: too many items, or a length that exceeds the remaining bytes.
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
        elif major in (4, 5, 6):
            pending += value if major == 4 else 2 * value if major == 5 else 1
        if offset > len(data) or pending > len(data):
            raise MalformedError(f"{what} claims more than it has")


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
