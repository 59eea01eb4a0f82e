# SPDX-License-Identifier: Apache-2.0
"""The extensions of a certificate, each on its own: one that nobody asks about cannot spoil the rest.

All are found, with their criticality and their DER value; three can be decoded, because the rules
judge them. Any other may hold whatever its issuer liked. Judges nothing: `requirements` does.

Spec: RFC 5280 sections 4.2, 4.2.1.3, 4.2.1.9, 4.2.1.12. Requirements: CERT-011, CERT-012, CERT-020, CERT-021,
CERT-030 to CERT-034, R-04.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from .. import der
from ..errors import MalformedError

KEY_USAGE = b"\x55\x1d\x0f"
BASIC_CONSTRAINTS = b"\x55\x1d\x13"
EXTENDED_KEY_USAGE = b"\x55\x1d\x25"

MAX_EXTENSIONS = 64
"""More than four times what certificates in practice have."""

_CERTIFICATE_EXTENSION = b"\x06\x03\x55\x1d"
"""How the identifiers under id-ce start, which have one octet more."""

_BOOLEANS = {b"\x00": False, b"\xff": True}
_BITS = (
    (0x8000, "DigitalSignature"),
    (0x4000, "ContentCommitment"),
    (0x2000, "KeyEncipherment"),
    (0x1000, "DataEncipherment"),
    (0x0800, "KeyAgreement"),
    (0x0400, "CertSign"),
    (0x0200, "CRLSign"),
    (0x0100, "EncipherOnly"),
    (0x0080, "DecipherOnly"),
)


class Extension(NamedTuple):
    """Whether it is marked critical, and the DER inside its octet string."""

    critical: bool
    value: bytes


class BasicConstraints(NamedTuple):
    """Whether the subject is a certification authority, and how many may stand below it; None: any number."""

    ca: bool
    path_length: int | None


_extension = tuple.__new__  # what the constructor of a named tuple calls, without its detour

Extensions = Mapping[bytes, Extension]
"""By the content octets of the object identifier, in the order of the certificate."""


def read_extensions(field: bytes) -> Extensions:
    """Return the extensions inside the content octets *field* of the explicit `[3]` of a TBSCertificate.

    Raises:
        MalformedError: not DER, one twice, or too many.
    """
    entries = der.contents(der.only(field, der.SEQUENCE))
    if len(entries) > MAX_EXTENSIONS:
        raise MalformedError(f"more than {MAX_EXTENSIONS} extensions")
    found = dict([_read_one(tag, entry) for tag, entry in entries])
    if len(found) != len(entries):
        raise MalformedError("an extension occurs twice")
    return found


def _read_one(tag: int, entry: bytes) -> tuple[bytes, Extension]:
    size = len(entry)
    # Nearly always: an identifier of RFC 5280, and nothing longer than 127 octets.
    if tag == der.SEQUENCE and 7 <= size < 0x80 and entry[:4] == _CERTIFICATE_EXTENSION:
        if entry[5:7] == b"\x04%c" % (size - 7):
            return entry[2:5], _extension(Extension, (False, entry[7:]))
        if size >= 10 and entry[5:10] == b"\x01\x01\xff\x04%c" % (size - 10):
            return entry[2:5], _extension(Extension, (True, entry[10:]))
    match der.contents(entry):
        case [(der.OBJECT_IDENTIFIER, oid), (der.OCTET_STRING, value)] if tag == der.SEQUENCE:
            return oid, Extension(critical=False, value=value)
        case [(der.OBJECT_IDENTIFIER, oid), (der.BOOLEAN, marked), (der.OCTET_STRING, value)] if (
            tag == der.SEQUENCE
        ):
            return oid, Extension(_boolean(marked), value)
        case _:
            raise MalformedError("an extension is not an object identifier and an octet string")


def basic_constraints(extensions: Extensions) -> BasicConstraints | None:
    """Return what basicConstraints says, or None without it; raises MalformedError."""
    if (extension := extensions.get(BASIC_CONSTRAINTS)) is None:
        return None
    known = _USUAL_CONSTRAINTS.get(extension.value)
    if known is not None:
        return known
    parts = der.contents(der.only(extension.value, der.SEQUENCE))
    ca = _boolean(parts.pop(0)[1]) if parts and parts[0][0] == der.BOOLEAN else False
    limit = der.integer(*parts.pop(0)) if parts else None
    if parts or (limit is not None and limit < 0):
        raise MalformedError("basic constraints extension is malformed")
    return BasicConstraints(ca, limit)


_USUAL_CONSTRAINTS = {
    b"\x30\x00": BasicConstraints(ca=False, path_length=None),
    b"\x30\x03\x01\x01\xff": BasicConstraints(ca=True, path_length=None),
} | {
    b"\x30\x06\x01\x01\xff\x02\x01%c" % limit: BasicConstraints(ca=True, path_length=limit)
    for limit in range(8)
}
"""What nearly every certificate has, read beforehand."""


def key_usage(extensions: Extensions) -> frozenset[str] | None:
    """Return the names of the keyUsage bits that are set, or None without it; raises MalformedError."""
    if (extension := extensions.get(KEY_USAGE)) is None:
        return None
    content = der.only(extension.value, der.BIT_STRING)
    unused, octets = content[:1], content[1:]
    if not unused or unused[0] > (7 if octets else 0) or (octets and octets[-1] & ((1 << unused[0]) - 1)):
        raise MalformedError("key usage extension is malformed")
    bits = int.from_bytes(octets[:2], "big") << (8 if len(octets) == 1 else 0)
    return _names_of(bits & _ALL_BITS)


_ALL_BITS = sum(bit for bit, _ in _BITS)


@cache
def _names_of(bits: int) -> frozenset[str]:
    return frozenset([name for bit, name in _BITS if bits & bit])


def extended_key_usage(extensions: Extensions) -> tuple[bytes, ...] | None:
    """Return the content octets of the extKeyUsage identifiers, or None without it; raises MalformedError."""
    if (extension := extensions.get(EXTENDED_KEY_USAGE)) is None:
        return None
    usages = der.contents(der.only(extension.value, der.SEQUENCE))
    if {tag for tag, _ in usages} != {der.OBJECT_IDENTIFIER}:
        raise MalformedError("extended key usage extension is malformed")
    return tuple([usage for _, usage in usages])


def _boolean(content: bytes) -> bool:
    value = _BOOLEANS.get(content)
    if value is None:
        raise MalformedError("DER boolean is neither 00 nor FF")
    return value
