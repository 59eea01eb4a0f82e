# SPDX-License-Identifier: Apache-2.0
"""One CRL as bytes: who says it, for when, for which certificates, and the entries of one serial number.

`cryptography` reads the whole of it first, entries included, and refuses what is no DER CRL. The exact
bytes are found here, because it hands out neither those nor a second entry of the same certificate,
and takes long over what was signed. Judges nothing.

Spec: RFC 5280 sections 5.1 to 5.3. Requirements: REV-042, REV-050 to REV-053, REV-061, SEC-003, R-04, R-16.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from cryptography import x509

from .. import der
from ..certificates.certificate import Certificate
from ..certificates.extensions import Extensions, read_extensions
from ..errors import MalformedError
from .locations import DistributionPoint, point_names
from .signed import Signed, open_signed
from .times import GENERALIZED_TIME, UTC_TIME, time_of

CRL_NUMBER = b"\x55\x1d\x14"
DELTA_CRL_INDICATOR = b"\x55\x1d\x1b"
ISSUING_DISTRIBUTION_POINT = b"\x55\x1d\x1c"

_NUMBER_LIMIT = 1 << 160
"""RFC 5280 section 5.2.3: CRL numbers have twenty octets at most."""

_TIMES = (UTC_TIME, GENERALIZED_TIME)


class Entry(NamedTuple):
    """That one certificate was revoked at *revoked_at*, UTC; and what else is said about it, undecoded."""

    revoked_at: datetime
    extensions: Extensions


class CertificateList(NamedTuple):
    """A CRL that can be read, unverified.

    Attributes:
        signed: the signed bytes and the signature. issuer: DER of the name.
        this_update, next_update: UTC; the latter None without.
        entries: the DER elements of all entries, one after the other.
        extensions: of the list. number, base_number: of cRLNumber and deltaCRLIndicator, or None.
    """

    signed: Signed
    issuer: bytes
    this_update: datetime
    next_update: datetime | None
    entries: bytes
    extensions: Extensions
    number: int | None
    base_number: int | None

    @classmethod
    def parse(cls, data: bytes) -> CertificateList:
        """Return the CRL whose DER encoding is exactly *data*.

        Raises:
            MalformedError: not one version 2 CRL in DER, or an extension of it cannot be read.
        """
        try:
            x509.load_der_x509_crl(data)
            return _read(open_signed(data))
        except (ValueError, x509.InvalidVersion, MalformedError) as error:
            raise MalformedError("malformed CRL") from error

    def entries_of(self, serial: bytes) -> tuple[Entry, ...]:
        """Return the entries whose serial number has the content octets *serial*, in their order.

        Raises:
            MalformedError: one of them has extensions that cannot be read.
        """
        number = bytes([der.INTEGER, len(serial)]) + serial
        if number not in self.entries:  # nearly always, and a hundred times faster than to walk them
            return ()
        return tuple(map(_entry, _bodies_starting(self.entries, number)))

    def gap_in_scope(self, certificate: Certificate, point: DistributionPoint) -> str:
        """Return why the list does not speak for *certificate* at *point*, or an empty text if it does.

        Raises:
            MalformedError: the issuing distribution point cannot be read.
        """
        extension = self.extensions.get(ISSUING_DISTRIBUTION_POINT)
        if extension is None:
            return ""
        parts = der.contents(der.only(extension.value, der.SEQUENCE))
        places = [tag & 0x1F for tag, _ in parts]
        if places != sorted(set(places)) or {tag for tag, _ in parts} - _SCOPE_TAGS:
            raise MalformedError("issuing distribution point of a CRL is malformed")
        scope = dict(parts)
        if 0xA0 in scope and not set(point_names(scope[0xA0])) & set(point.names):
            return "is for another distribution point"
        if 0x83 in scope:
            return "is for some reasons of revocation only"
        for tag, gap in _GAPS.items():
            if _is_set(scope.get(tag)):
                return gap
        if _is_set(scope.get(0x81)) and certificate.is_ca:
            return "is for certificates of users only"
        if _is_set(scope.get(0x82)) and not certificate.is_ca:
            return "is for certificates of authorities only"
        return ""


_SCOPE_TAGS = {0xA0, 0x81, 0x82, 0x83, 0x84, 0x85}
_GAPS = {0x84: "is an indirect CRL", 0x85: "is for attribute certificates only"}


def _is_set(content: bytes | None) -> bool:
    if content not in {None, b"\0", b"\xff"}:
        raise MalformedError("DER boolean is neither 00 nor FF")
    return content == b"\xff"


def _read(signed: Signed) -> CertificateList:
    """Read version, algorithm, issuer, thisUpdate, nextUpdate?, revokedCertificates?, [0] extensions?."""
    version, algorithm, issuer, this_update, *rest = der.children(signed.content, der.read(signed.content))

    def content(element: der.Element) -> bytes:
        return signed.content[element.content : element.end]

    def whole(element: der.Element) -> bytes:
        return signed.content[element.start : element.end]

    if whole(version) != b"\x02\x01\x01" or whole(algorithm) != signed.algorithm or signed.rest:
        raise MalformedError("CRL is not of version 2, or names two signature algorithms")
    next_update = time_of(rest[0].tag, content(rest.pop(0))) if rest and rest[0].tag in _TIMES else None
    entries = content(rest.pop(0)) if rest and rest[0].tag == der.SEQUENCE else b""
    extensions = read_extensions(content(rest.pop(0))) if rest and rest[0].tag == 0xA0 else {}
    if rest:
        raise MalformedError("CRL has a field too many")
    return CertificateList(
        signed,
        whole(issuer),
        time_of(this_update.tag, content(this_update)),
        next_update,
        entries,
        extensions,
        _number(extensions, CRL_NUMBER),
        _number(extensions, DELTA_CRL_INDICATOR),
    )


def _number(extensions: Extensions, identifier: bytes) -> int | None:
    extension = extensions.get(identifier)
    if extension is None:
        return None
    number = der.integer(der.INTEGER, der.only(extension.value, der.INTEGER))
    if not 0 <= number < _NUMBER_LIMIT:
        raise MalformedError("number of a CRL is negative or too large")
    return number


def _bodies_starting(entries: bytes, first: bytes) -> Iterator[bytes]:
    """Yield the content octets of those *entries* that begin with the element *first*."""
    offset, end = 0, len(entries)
    while offset < end:
        length = entries[offset + 1] if offset + 1 < end else 0x80
        if length < 0x80:
            start = offset + 2
            offset = start + length
        else:
            _, _, start, offset = der.read(entries, offset)
        if entries.startswith(first, start):
            yield entries[start:offset]


def _entry(body: bytes) -> Entry:
    parts = der.read(body)
    rest = body[parts.end :]
    when = der.read(rest)
    extensions = rest[when.end :]
    return Entry(
        time_of(when.tag, rest[when.content : when.end]), read_extensions(extensions) if extensions else {}
    )
