# SPDX-License-Identifier: Apache-2.0
"""The extensions of a certificate, each on its own: one that nobody asks about cannot spoil the rest.

All are found, with their criticality and their DER value; three are decoded, because the rules
judge them. Any other may hold whatever its issuer liked. Judges nothing: `requirements` does.

Spec: RFC 5280 sections 4.2, 4.2.1.3, 4.2.1.9, 4.2.1.12. Requirements: CERT-011, CERT-012, CERT-020, CERT-021,
CERT-030 to CERT-034, R-04.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .. import der
from ..errors import MalformedError

KEY_USAGE = b"\x55\x1d\x0f"
BASIC_CONSTRAINTS = b"\x55\x1d\x13"
EXTENDED_KEY_USAGE = b"\x55\x1d\x25"

MAX_EXTENSIONS = 64
"""More than four times what certificates in practice have."""

_BOOLEANS = {b"\x00": False, b"\xff": True}
_BITS = (
    "DigitalSignature",
    "ContentCommitment",
    "KeyEncipherment",
    "DataEncipherment",
    "KeyAgreement",
    "CertSign",
    "CRLSign",
    "EncipherOnly",
    "DecipherOnly",
)


class Extension(NamedTuple):
    """Whether it is marked critical, and the DER inside its octet string."""

    critical: bool
    value: bytes


class BasicConstraints(NamedTuple):
    """Whether the subject is a certification authority, and how many may stand below it; None: any number."""

    ca: bool
    path_length: int | None


Extensions = Mapping[bytes, Extension]
"""By the content octets of the object identifier, in the order of the certificate."""


def read_extensions(data: bytes, field: der.Element) -> Extensions:
    """Return the extensions inside the explicit *field* `[3]` of a TBSCertificate.

    Raises:
        MalformedError: not DER, one twice, too many, or one of the three known ones is malformed.
    """
    sequence = der.read(data, field.content, field.end)
    if sequence.tag != der.SEQUENCE or sequence.end != field.end:
        raise MalformedError("extensions are not one DER sequence")
    found: dict[bytes, Extension] = {}
    for element in der.children(data, sequence):
        oid, extension = _read_one(data, element)
        if oid in found:
            raise MalformedError("an extension occurs twice")
        found[oid] = extension
        if len(found) > MAX_EXTENSIONS:
            raise MalformedError(f"more than {MAX_EXTENSIONS} extensions")
    basic_constraints(found)
    key_usage(found)
    extended_key_usage(found)
    return found


def _read_one(data: bytes, element: der.Element) -> tuple[bytes, Extension]:
    parts = der.children(data, element)
    tags = [part.tag for part in parts]
    critical = False
    if tags == [der.OBJECT_IDENTIFIER, der.BOOLEAN, der.OCTET_STRING]:
        critical = _boolean(data, parts[1])
    elif tags != [der.OBJECT_IDENTIFIER, der.OCTET_STRING]:
        raise MalformedError("an extension is not an object identifier and an octet string")
    return _content(data, parts[0]), Extension(critical, _content(data, parts[-1]))


def basic_constraints(extensions: Extensions) -> BasicConstraints | None:
    """Return what basicConstraints says, or None without it; raises MalformedError."""
    if (extension := extensions.get(BASIC_CONSTRAINTS)) is None:
        return None
    value = extension.value
    parts = list(der.children(value, _whole(value, der.SEQUENCE)))
    ca = _boolean(value, parts.pop(0)) if parts and parts[0].tag == der.BOOLEAN else False
    limit = der.integer(value, parts.pop(0)) if parts else None
    if parts or (limit is not None and limit < 0):
        raise MalformedError("basic constraints extension is malformed")
    return BasicConstraints(ca, limit)


def key_usage(extensions: Extensions) -> frozenset[str] | None:
    """Return the names of the keyUsage bits that are set, or None without it; raises MalformedError."""
    if (extension := extensions.get(KEY_USAGE)) is None:
        return None
    content = _content(extension.value, _whole(extension.value, der.BIT_STRING))
    unused, octets = content[:1], content[1:]
    if not unused or unused[0] > (7 if octets else 0) or (octets and octets[-1] & ((1 << unused[0]) - 1)):
        raise MalformedError("key usage extension is malformed")
    bits = int.from_bytes(octets[:2].ljust(2, b"\0"), "big")
    return frozenset(name for place, name in enumerate(_BITS) if bits & (0x8000 >> place))


def extended_key_usage(extensions: Extensions) -> tuple[bytes, ...] | None:
    """Return the content octets of the extKeyUsage identifiers, or None without it; raises MalformedError."""
    if (extension := extensions.get(EXTENDED_KEY_USAGE)) is None:
        return None
    usages = der.children(extension.value, _whole(extension.value, der.SEQUENCE))
    if not usages or any(usage.tag != der.OBJECT_IDENTIFIER for usage in usages):
        raise MalformedError("extended key usage extension is malformed")
    return tuple(_content(extension.value, usage) for usage in usages)


def _whole(value: bytes, tag: int) -> der.Element:
    element = der.read(value)
    if element.tag != tag or element.end != len(value):
        raise MalformedError("extension is not one element of its type")
    return element


def _content(data: bytes, element: der.Element) -> bytes:
    return data[element.content : element.end]


def _boolean(data: bytes, element: der.Element) -> bool:
    value = _BOOLEANS.get(_content(data, element))
    if value is None:
        raise MalformedError("DER boolean is neither 00 nor FF")
    return value
