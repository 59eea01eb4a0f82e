# SPDX-License-Identifier: Apache-2.0
"""DER names as nobody's certification authority would write them, built byte by byte."""

from __future__ import annotations

from collections.abc import Sequence

UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP = 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1C, 0x1E
OIDS = {
    "CN": "550403",
    "SERIALNUMBER": "550405",
    "C": "550406",
    "L": "550407",
    "ST": "550408",
    "STREET": "550409",
    "O": "55040a",
    "OU": "55040b",
    "POSTALCODE": "550411",
    "GN": "55042a",
    "EMAIL": "2a864886f70d010901",
    "DC": "0992268993f22c640119",
}
_CODECS = {UTF8: "utf-8", TELETEX: "latin-1", UNIVERSAL: "utf-32-be", BMP: "utf-16-be"}

Attribute = tuple[str, str | bytes] | tuple[str, str | bytes, int]


def tlv(tag: int, content: bytes) -> bytes:
    """Return the DER element with *tag* and *content*."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def attribute(kind: str, value: str | bytes, tag: int = UTF8) -> bytes:
    """Return the attribute of type *kind*; text is encoded as strings with *tag* are."""
    content = value if isinstance(value, bytes) else value.encode(_CODECS.get(tag, "ascii"))
    return tlv(0x30, tlv(0x06, bytes.fromhex(OIDS[kind])) + tlv(tag, content))


def der_name(*parts: Attribute | Sequence[Attribute]) -> bytes:
    """Return the Name with one attribute for each tuple, and one set of several for each list."""
    sets = ([part] if isinstance(part, tuple) else part for part in parts)
    return tlv(0x30, b"".join(tlv(0x31, b"".join(attribute(*one) for one in members)) for members in sets))


US: tuple[Attribute, ...] = (("C", "US"), ("ST", "WA"), ("O", "Example"))
"""The three attributes without which no name is compared."""
