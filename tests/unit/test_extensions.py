# SPDX-License-Identifier: Apache-2.0
"""Extensions of certificates read octet by octet: how many there may be, and bits that nobody may set."""

from __future__ import annotations

import pytest

from notation_py.certificates.extensions import (
    KEY_USAGE,
    MAX_EXTENSIONS,
    Extension,
    key_usage,
    read_extensions,
)
from notation_py.errors import MalformedError


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 0xFF])
    return bytes([tag]) + length + content


def field(number: int) -> bytes:
    """Return *number* extensions, none like another, each an OCTET STRING of NULL."""
    entries = [
        element(0x30, element(0x06, bytes([0x2A, 3, one])) + element(0x04, b"\x05\x00"))
        for one in range(1, number + 1)
    ]
    return element(0x30, b"".join(entries))


def test_as_many_extensions_as_there_may_be_are_read() -> None:
    """R-12, CERT-011: 64, and not one more."""
    assert len(read_extensions(field(MAX_EXTENSIONS))) == MAX_EXTENSIONS == 64
    with pytest.raises(MalformedError, match="more than 64 extensions"):
        read_extensions(field(MAX_EXTENSIONS + 1))


@pytest.mark.parametrize(
    "bits", [b"", b"\x01", b"\x08\x00", b"\xff\x80", b"\x01\x81", b"\x07\xc0"],
    ids=["nothing", "unused of none", "8 unused", "255 unused", "unused bit is set", "two of one"],
)  # fmt: skip
def test_key_usage_is_a_proper_bit_string(bits: bytes) -> None:
    """CERT-021: what is not DER is refused, whatever a reader might make of it."""
    with pytest.raises(MalformedError, match="key usage extension is malformed"):
        key_usage({KEY_USAGE: Extension(critical=True, value=element(0x03, bits))})


def test_key_usage_names_its_bits() -> None:
    """CERT-021: the first bit of the first octet is digitalSignature."""
    found = key_usage({KEY_USAGE: Extension(critical=True, value=element(0x03, b"\x07\x80"))})
    assert found == frozenset({"DigitalSignature"})
