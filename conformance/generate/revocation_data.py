# SPDX-License-Identifier: Apache-2.0
"""CRLs and OCSP responses, right by default and wrong on request, and certificates that say where they are.

Everything is written as DER here, so that it can be wrong in any place, and is signed after it was spoiled.

    chain = revocable_chain(ocsp=True, crl=True)
    crl(chain, 0, entries=[entry(chain, 0, reason=1)])            # by the issuer of the leaf; lists the leaf
    ocsp(chain, 0, status="revoked", next_update=None)            # about the leaf, by its issuer
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from .pki import (
    NOW,
    Draft,
    Edit,
    KeyType,
    PrivateKey,
    TestChain,
    all_of,
    fixed_keys,
    key_usage,
    make_chain,
    name,
    with_extension,
)
from .resigned import element, extension, object_identifier

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
CRITICAL = b"\x01\x01\xff"

_ALGORITHMS = {
    ("EC", "SHA256"): bytes.fromhex("300a06082a8648ce3d040302"),
    ("EC", "SHA1"): bytes.fromhex("300906072a8648ce3d0401"),
    ("RSA", "SHA256"): bytes.fromhex("300d06092a864886f70d01010b0500"),
    ("RSA", "SHA1"): bytes.fromhex("300d06092a864886f70d0101050500"),
}


def ocsp_url(position: int) -> str:
    """Return where the responder for the certificate at *position* is."""
    return f"http://ocsp.test/{position}"


def crl_url(position: int, kind: str = "base") -> str:
    """Return where the CRL about the certificate at *position* is."""
    return f"http://crl.test/{position}/{kind}.crl"


def point(*urls: str) -> x509.DistributionPoint:
    """Return a distribution point whose *urls* are alternatives."""
    return x509.DistributionPoint([x509.UniformResourceIdentifier(url) for url in urls], None, None, None)


def naming_ocsp(*urls: str) -> Edit:
    """Return an edit that names OCSP responders."""
    places = [
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
        for url in urls
    ]
    return with_extension(x509.AuthorityInformationAccess(places), critical=False)


def naming_crl(*points: x509.DistributionPoint) -> Edit:
    """Return an edit that names CRLs."""
    return with_extension(x509.CRLDistributionPoints(points), critical=False)


def revocable_chain(
    length: int = 3,
    *,
    ocsp: bool = False,
    crl: bool = False,
    key_type: KeyType = "EC-256",
    edits: Mapping[int, Edit] | None = None,
    **options: Any,
) -> TestChain:
    """Return a chain whose certificates below the root name `ocsp_url` and `crl_url` of their position."""
    made: dict[int, Edit] = {}
    for position in range(length - 1):
        named = [naming_ocsp(ocsp_url(position))] * ocsp + [naming_crl(point(crl_url(position)))] * crl
        made[position] = all_of(*named, (edits or {}).get(position, lambda draft: draft))
    return make_chain(key_type, length, edits={**(edits or {}), **made}, **options)


def time(at: datetime, tag: int = 0x18) -> bytes:
    """Return GeneralizedTime, or with tag 0x17 UTCTime."""
    return element(tag, at.strftime("%Y%m%d%H%M%SZ" if tag == 0x18 else "%y%m%d%H%M%SZ").encode())


def integer(number: int) -> bytes:
    """Return the DER of an INTEGER."""
    return element(2, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def sealed(content: bytes, key: PrivateKey, hashed: str = "SHA256", *after: bytes) -> bytes:
    """Return *content*, a signature algorithm, the signature, and what comes after it."""
    algorithm = signature_algorithm(key, hashed)
    return element(0x30, content, algorithm, element(3, b"\0", _signature(content, key, hashed)), *after)


def signature_algorithm(key: PrivateKey, hashed: str = "SHA256") -> bytes:
    """Return the DER of the AlgorithmIdentifier for signatures of *key*."""
    return _ALGORITHMS["EC" if isinstance(key, ec.EllipticCurvePrivateKey) else "RSA", hashed]


def _signature(content: bytes, key: PrivateKey, hashed: str) -> bytes:
    how = hashes.SHA1() if hashed == "SHA1" else hashes.SHA256()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(content, ec.ECDSA(how, deterministic_signing=hashed != "SHA1"))
    return key.sign(content, padding.PKCS1v15(), how)


def urls_of(*points: Sequence[str]) -> bytes:
    """Return the value of a CRLDistributionPoints or FreshestCRL extension."""
    return element(0x30, *(element(0x30, point_name(*urls)) for urls in points))


def point_name(*urls: str) -> bytes:
    """Return a `[0] DistributionPointName` with these URLs."""
    return element(0xA0, element(0xA0, *(element(0x86, url.encode()) for url in urls)))


# --- CRLs -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlDraft:
    """A CRL before it is signed.

    Attributes:
        issuer: DER of the name. version, base_number, number: left out when None.
        scope: the value of an issuing distribution point. freshest: URLs of delta CRLs.
        extensions: further ones, encoded. hashed: SHA256 or SHA1.
    """

    issuer: bytes
    key: PrivateKey
    number: int | None = 1
    base_number: int | None = None
    this_update: datetime = NOW - HOUR
    next_update: datetime | None = NOW + WEEK
    entries: Sequence[bytes] = ()
    scope: bytes | None = None
    freshest: Sequence[str] = ()
    extensions: Sequence[bytes] = ()
    version: int | None = 1
    hashed: str = "SHA256"

    def sign(self) -> bytes:
        """Return the CRL."""
        found = list(self.extensions)
        if self.number is not None:
            found.append(extension("2.5.29.20", integer(self.number)))
        if self.base_number is not None:
            found.append(extension("2.5.29.27", integer(self.base_number), CRITICAL))
        if self.scope is not None:
            found.append(extension("2.5.29.28", self.scope, CRITICAL))
        if self.freshest:
            found.append(extension("2.5.29.46", urls_of(self.freshest)))
        fields = [
            b"" if self.version is None else integer(self.version),
            signature_algorithm(self.key, self.hashed),
            self.issuer,
            _short_time(self.this_update),
            b"" if self.next_update is None else _short_time(self.next_update),
            element(0x30, *self.entries) if self.entries else b"",
            element(0xA0, element(0x30, *found)) if found else b"",
        ]
        return sealed(element(0x30, *fields), self.key, self.hashed)


def _short_time(at: datetime) -> bytes:
    return time(at, 0x17 if at.year < 2050 else 0x18)


def crl(chain: TestChain, position: int, **changes: Any) -> bytes:
    """Return a CRL by the issuer of the certificate at *position*, with *changes* to the `CrlDraft`."""
    issuer = chain.certificates[position + 1]
    draft = CrlDraft(issuer=issuer.subject.public_bytes(), key=chain.keys[position + 1])
    return replace(draft, **changes).sign()


def entry(
    serial: TestChain | int,
    position: int = 0,
    *,
    at: datetime = NOW - HOUR,
    reason: int | None = None,
    invalid_from: datetime | None = None,
    extensions: Sequence[bytes] = (),
) -> bytes:
    """Return an entry for a serial number, or for the certificate at *position* of a chain."""
    number = serial if isinstance(serial, int) else serial.certificates[position].serial_number
    found = list(extensions)
    if reason is not None:
        found.append(extension("2.5.29.21", element(0x0A, bytes([reason]))))
    if invalid_from is not None:
        found.append(extension("2.5.29.24", time(invalid_from)))
    return element(0x30, integer(number), _short_time(at), element(0x30, *found) if found else b"")


# --- OCSP -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspDraft:
    """An OCSP response before it is signed.

    Attributes:
        name, public_key: DER of the issuer's name and bits of its key, as hashed into the CertID.
        responder: the encoded `responderID`. certificates: encoded, beside the signature.
        extensions: of the answer. response_extensions: of the response. version: encoded, or empty.
        hashed_with: the AlgorithmIdentifier of the CertID. answers: how often the answer is given.
        more, more_in_answer: encoded, after the last field of the data and of the answer.
    """

    key: PrivateKey
    name: bytes
    public_key: bytes
    serial: int
    responder: bytes
    status: str = "good"
    reason: int | None = None
    revoked_at: datetime = NOW - HOUR
    this_update: datetime = NOW - HOUR
    next_update: datetime | None = NOW + WEEK
    certificates: Sequence[bytes] = ()
    extensions: Sequence[bytes] = ()
    response_extensions: Sequence[bytes] = ()
    version: bytes = b""
    hashed_with: bytes = bytes.fromhex("300906052b0e03021a0500")
    answers: int = 1
    hashed: str = "SHA256"
    more: bytes = b""
    more_in_answer: bytes = b""

    def sign(self) -> bytes:
        """Return the response."""
        data = element(
            0x30,
            self.version,
            self.responder,
            time(self.this_update),
            element(0x30, self._answer() * self.answers),
            _wrapped(self.response_extensions),
            self.more,
        )
        after = element(0xA0, element(0x30, *self.certificates)) if self.certificates else b""
        basic = sealed(data, self.key, self.hashed, after)
        body = element(0x30, object_identifier("1.3.6.1.5.5.7.48.1.1"), element(4, basic))
        return element(0x30, b"\x0a\x01\x00", element(0xA0, body))

    def _answer(self) -> bytes:
        named = element(
            0x30,
            self.hashed_with,
            element(4, hashlib.sha1(self.name).digest()),
            element(4, hashlib.sha1(self.public_key).digest()),
            integer(self.serial),
        )
        reason = b"" if self.reason is None else element(0xA0, element(0x0A, bytes([self.reason])))
        status = {
            "good": b"\x80\x00",
            "unknown": b"\x82\x00",
            "revoked": element(0xA1, time(self.revoked_at), reason),
        }[self.status]
        until = b"" if self.next_update is None else element(0xA0, time(self.next_update))
        return element(
            0x30, named, status, time(self.this_update), until, _wrapped(self.extensions), self.more_in_answer
        )


def _wrapped(extensions: Sequence[bytes]) -> bytes:
    return element(0xA1, element(0x30, *extensions)) if extensions else b""


def ocsp(chain: TestChain, position: int, *, by: Responder | None = None, **changes: Any) -> bytes:
    """Return a response about the certificate at *position*, by its issuer or *by* a delegate."""
    issuer, key = chain.certificates[position + 1], chain.keys[position + 1]
    name_of_issuer = issuer.subject.public_bytes()
    draft = OcspDraft(
        key=key,
        name=name_of_issuer,
        public_key=key_bits(issuer),
        serial=chain.certificates[position].serial_number,
        responder=element(0xA1, name_of_issuer),
    )
    if by is not None:
        named = element(0xA1, by.certificate.subject.public_bytes())
        draft = replace(draft, key=by.key, responder=named, certificates=(by.der,))
    return replace(draft, **changes).sign()


def key_bits(certificate: x509.Certificate) -> bytes:
    """Return the bits of the public key, whose SHA-1 names it."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)


@dataclass(frozen=True, slots=True)
class Responder:
    """A delegated OCSP responder."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def der(self) -> bytes:
        """The DER of the certificate."""
        return self.certificate.public_bytes(Encoding.DER)


def responder(chain: TestChain, position: int, *edits: Edit, nocheck: bool = True) -> Responder:
    """Return a responder that the issuer of the certificate at *position* appointed, changed by *edits*."""
    key = fixed_keys("EC-384")[0]
    values: list[x509.ExtensionType] = [
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]),
        key_usage("digital_signature"),
        *([x509.OCSPNoCheck()] * nocheck),
    ]
    draft = Draft(
        position=0,
        subject=name("responder"),
        issuer=chain.certificates[position + 1].subject,
        public_key=key.public_key(),
        signing_key=chain.keys[position + 1],
        not_before=NOW - WEEK,
        not_after=NOW + WEEK,
        serial=77,
        extensions=tuple(x509.Extension(value.oid, critical=False, value=value) for value in values),
        hash=hashes.SHA256(),
    )
    return Responder(all_of(*edits)(draft).sign(), key)
