# SPDX-License-Identifier: Apache-2.0
"""Certificates whose signed part was changed byte by byte and signed again: what no builder would build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from conformance.generate.pki import PrivateKey
from notation_py import der

VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)


def element(tag: int, *contents: bytes) -> bytes:
    """Return one DER element."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(length)]) + length + content


def parts(data: bytes) -> list[bytes]:
    """Return the elements inside the DER element *data*, each with its header."""
    return [data[part.start : part.end] for part in der.children(data, der.read(data))]


def resigned(
    certificate: bytes,
    key: PrivateKey,
    edits: Mapping[int, bytes | Callable[[bytes], bytes]],
    outer: bytes = b"",
) -> bytes:
    """Return *certificate* with fields of its signed part replaced, signed by *key* with SHA-256.

    Args:
        edits: by field, such as `SERIAL`: the new element, or a function from the old one; `b""` drops it.
        outer: the outer signature algorithm instead of the original one.
    """
    body, algorithm, _ = parts(certificate)
    fields = parts(body)
    for place, edit in edits.items():
        fields[place] = edit if isinstance(edit, bytes) else edit(fields[place])
    return signed(element(0x30, *fields), key, outer or algorithm)


def signed(body: bytes, key: PrivateKey, algorithm: bytes) -> bytes:
    """Return the TBSCertificate *body* as a certificate signed by *key* with SHA-256."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(body, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    else:
        signature = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return element(0x30, body, algorithm, element(0x03, b"\0", signature))


def with_extensions(edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """Return an edit of the `EXTENSIONS` field that changes the list of encoded extensions."""

    def change(field: bytes) -> bytes:
        (sequence,) = parts(field)
        return element(0xA3, element(0x30, *edit(parts(sequence))))

    return change


def extension(oid: str, value: bytes, *critical: bytes) -> bytes:
    """Return an encoded extension; *critical* is the encoded BOOLEAN, if any."""
    return element(0x30, object_identifier(oid), *critical, element(0x04, value))


def object_identifier(dotted: str) -> bytes:
    """Return the DER of an object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    octets: list[int] = []
    for number in (40 * first + second, *rest):
        group = [number & 0x7F]
        while number := number >> 7:
            group.append(0x80 | number & 0x7F)
        octets.extend(reversed(group))
    return element(0x06, bytes(octets))


def directory_name(**attributes: str) -> bytes:
    """Return a DER Name with one UTF8String attribute for each of C, ST, L, O, OU, CN, in the order given."""
    oids = {"C": 6, "ST": 8, "L": 7, "O": 10, "OU": 11, "CN": 3}
    sets: list[Any] = [
        element(0x31, element(0x30, object_identifier(f"2.5.4.{oids[kind]}"), element(0x0C, value.encode())))
        for kind, value in attributes.items()
    ]
    return element(0x30, *sets)
