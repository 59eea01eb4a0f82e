# SPDX-License-Identifier: Apache-2.0
"""Timestamp tokens, right by default and wrong on request, and the answers that carry them.

stamp(b"notation")                                        # a token that is accepted
stamp(b"notation", info_version=2)                        # one fault, signed over
stamp(b"notation", attributes=without("message digest"))  # an attribute lacks, and the signature is right
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID

from conformance.generate.pki import NOW, Edit, KeyType, PrivateKey, TestChain, make_chain
from conformance.generate.resigned import element
from notation_py.certificates.certificate import Certificate

NULL = b"\x05\x00"
POLICY = "1.3.6.1.4.1.99999.3161"
BASELINE_POLICY = "0.4.0.2023.1.1"
HASH_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "md5": "1.2.840.113549.2.5",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
SIGNATURE_OIDS = {
    "rsaEncryption": "1.2.840.113549.1.1.1",
    "sha1WithRSA": "1.2.840.113549.1.1.5",
    "RSASSA-PSS": "1.2.840.113549.1.1.10",
    "sha256WithRSA": "1.2.840.113549.1.1.11",
    "sha384WithRSA": "1.2.840.113549.1.1.12",
    "sha512WithRSA": "1.2.840.113549.1.1.13",
    "ecdsa-with-SHA1": "1.2.840.10045.4.1",
    "ecdsa-with-SHA256": "1.2.840.10045.4.3.2",
    "ecdsa-with-SHA384": "1.2.840.10045.4.3.3",
    "ecdsa-with-SHA512": "1.2.840.10045.4.3.4",
}
ATTRIBUTE_OIDS = {
    "content type": "1.2.840.113549.1.9.3",
    "message digest": "1.2.840.113549.1.9.4",
    "signing time": "1.2.840.113549.1.9.5",
    "signing certificate": "1.2.840.113549.1.9.16.2.12",
    "signing certificate v2": "1.2.840.113549.1.9.16.2.47",
}
SIGNED_DATA = "1.2.840.113549.1.7.2"
ID_DATA = "1.2.840.113549.1.7.1"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def oid(dotted: str) -> bytes:
    """Return the DER of an object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(octets))
    return element(0x06, bytes(content))


def integer(value: int) -> bytes:
    """Return the DER of an INTEGER."""
    return element(0x02, value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True))


def algorithm(dotted: str, parameters: bytes = NULL) -> bytes:
    """Return the DER of an AlgorithmIdentifier."""
    return element(0x30, oid(dotted), parameters)


def attribute(name: str, *values: bytes) -> bytes:
    """Return the DER of an Attribute with *values*, each one DER element."""
    return element(0x30, oid(ATTRIBUTE_OIDS[name]), element(0x31, *values))


def issuer_and_serial(certificate: bytes) -> bytes:
    """Return the DER of the IssuerAndSerialNumber that points at *certificate*."""
    parsed = Certificate.parse(certificate)
    return element(0x30, parsed.raw_issuer, integer(parsed.x509.serial_number))


def ess_certificate_id(
    certificate: bytes, hash_name: str = "sha256", *, issuer_serial: bytes | None = None
) -> bytes:
    """Return the DER of an ESSCertIDv2 for *certificate*, with *issuer_serial* in place of the right one."""
    if issuer_serial is None:
        parsed = Certificate.parse(certificate)
        names = element(0x30, element(0xA4, parsed.raw_issuer))
        issuer_serial = element(0x30, names, integer(parsed.x509.serial_number))
    named = b"" if hash_name == "sha256" else algorithm(HASH_OIDS[hash_name], b"")
    digest = hashlib.new(hash_name, certificate).digest()
    return element(0x30, named, element(0x04, digest), issuer_serial)


def signing_certificate_v2(*certificate_ids: bytes) -> bytes:
    """Return the attribute that names the signer."""
    return attribute("signing certificate v2", element(0x30, element(0x30, *certificate_ids)))


@cache
def authority(
    key_type: KeyType = "EC-256", length: int = 3, subject: str = "tsa", **arguments: Any
) -> TestChain:
    """Return a timestamping authority's chain; see `make_chain`."""
    return make_chain(key_type, length, subject=subject, usage=ExtendedKeyUsageOID.TIME_STAMPING, **arguments)


def faulty_authority(edits: Mapping[int, Edit], length: int = 3) -> TestChain:
    """Return a timestamping authority's chain with *edits*."""
    return make_chain(
        "EC-256", length, subject="tsa", usage=ExtendedKeyUsageOID.TIME_STAMPING, edits=dict(edits)
    )


def roots_of(chain: TestChain) -> tuple[Certificate, ...]:
    """Return what goes into a trust store of type `tsa`."""
    return (Certificate.parse(chain.ders[-1]),)


def general_time(at: datetime) -> bytes:
    """Return *at* as the content of a GeneralizedTime, with a fraction if it has one."""
    fraction = f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
    return (at.astimezone(UTC).strftime("%Y%m%d%H%M%S") + fraction + "Z").encode()


def accuracy(seconds: int | None = None, millis: int | None = None, micros: int | None = None) -> bytes:
    """Return the DER of an Accuracy with those of its members that are given."""
    members = zip((0x02, 0x80, 0x81), (seconds, millis, micros), strict=True)
    return element(0x30, *(bytes([tag]) + integer(one)[1:] for tag, one in members if one is not None))


Attributes = dict[str, bytes]


def without(*names: str) -> Callable[[Attributes], Attributes]:
    """Return an edit that drops signed attributes."""
    return lambda found: {name: one for name, one in found.items() if name not in names}


def instead(**values: bytes) -> Callable[[Attributes], Attributes]:
    """Return an edit that replaces or adds signed attributes, underscores in names for spaces."""
    return lambda found: found | {name.replace("_", " "): one for name, one in values.items()}


def doubled(name: str) -> Callable[[Attributes], Attributes]:
    """Return an edit by which an attribute occurs twice."""
    return lambda found: found | {f"{name} again": found[name]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A token before it is signed; every member can be replaced, and what follows from it follows.

    Attributes:
        imprint: DER of the MessageImprint, or None for the right one.
        info: DER of the whole TSTInfo, or None for the right one.
        attributes: an edit of the signed attributes, by name, before they are signed.
        sign: the primitive for the encoded attributes, or None for the right one.
        signers: from the one SignerInfo to what the set of them holds.
        sid: DER of an IssuerAndSerialNumber, or None for the right one.
        certificates: in the token; None for all but the root.
        no_attributes: sign the content alone, without signed attributes.
    """

    message: bytes
    chain: TestChain
    hash: str = "sha256"
    imprint: bytes | None = None
    info: bytes | None = None
    info_version: int = 1
    policy: str = POLICY
    gen_time: bytes = general_time(NOW)
    accuracy: bytes = b""
    nonce: int | None = None
    info_tail: bytes = b""
    content_type: str = TST_INFO
    version: int = 3
    certificates: tuple[bytes, ...] | None = None
    crls: bytes = b""
    signer_version: int = 1
    sid: bytes | None = None
    digest: str = "sha256"
    scheme: str = ""
    key: PrivateKey | None = None
    attributes: Callable[[Attributes], Attributes] = field(default=lambda found: found)
    no_attributes: bool = False
    attribute_order: Callable[[list[bytes]], list[bytes]] = sorted
    unsigned: bytes = b""
    signers: Callable[[bytes], bytes] = field(default=lambda signer: signer)

    def encoded_info(self) -> bytes:
        """Return the DER of the TSTInfo."""
        if self.info is not None:
            return self.info
        hashed = element(0x04, hashlib.new(self.hash, self.message).digest())
        return element(
            0x30,
            integer(self.info_version),
            oid(self.policy),
            self.imprint or element(0x30, algorithm(HASH_OIDS[self.hash]), hashed),
            integer(4711),
            element(0x18, self.gen_time),
            self.accuracy,
            b"" if self.nonce is None else integer(self.nonce),
            self.info_tail,
        )

    def encoded(self) -> bytes:
        """Return the token."""
        info = self.encoded_info()
        ders = self.chain.ders[:-1] if self.certificates is None else self.certificates
        signed = element(
            0x30,
            integer(self.version),
            element(0x31, algorithm(HASH_OIDS[self.digest])),
            element(0x30, oid(self.content_type), element(0xA0, element(0x04, info))),
            element(0xA0, *ders) if ders else b"",
            self.crls,
            element(0x31, self.signers(self._signer(info))),
        )
        return element(0x30, oid(SIGNED_DATA), element(0xA0, signed))

    def _signer(self, info: bytes) -> bytes:
        right = {
            "content type": attribute("content type", oid(self.content_type)),
            "message digest": attribute(
                "message digest", element(0x04, hashlib.new(self.digest, info).digest())
            ),
            "signing certificate v2": signing_certificate_v2(ess_certificate_id(self.chain.ders[0])),
        }
        attributes = list(self.attributes(right).values())
        message = info if self.no_attributes else element(0x31, *sorted(attributes))
        scheme, signature = self._signature(message)
        return element(
            0x30,
            integer(self.signer_version),
            self.sid or issuer_and_serial(self.chain.ders[0]),
            algorithm(HASH_OIDS[self.digest]),
            b"" if self.no_attributes else element(0xA0, *self.attribute_order(attributes)),
            algorithm(SIGNATURE_OIDS[scheme], b"" if scheme.startswith("ecdsa") else NULL),
            element(0x04, signature),
            self.unsigned,
        )

    def _signature(self, message: bytes) -> tuple[str, bytes]:
        key = self.key or self.chain.key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            scheme = self.scheme or f"ecdsa-with-{self.digest.upper()}"
            made = _HASHES[scheme.rpartition("-")[2].lower()]()
            return scheme, key.sign(message, ec.ECDSA(made, deterministic_signing=True))
        scheme = self.scheme or "rsaEncryption"
        named = scheme.partition("With")[0]
        hash_algorithm = _HASHES[named if named in _HASHES else self.digest]()
        padded: padding.AsymmetricPadding = padding.PKCS1v15()
        if scheme == "RSASSA-PSS":
            padded = padding.PSS(padding.MGF1(hash_algorithm), padding.PSS.DIGEST_LENGTH)
        return scheme, key.sign(message, padded, hash_algorithm)


def stamp(message: bytes, chain: TestChain | None = None, **changes: Any) -> bytes:
    """Return a token over *message* by *chain*, with *changes* to the `Stamp`."""
    return Stamp(message=message, chain=chain or authority(), **changes).encoded()


def granted(token: bytes, status: int = 0) -> bytes:
    """Return the TimeStampResp that grants *token*."""
    return element(0x30, element(0x30, integer(status)), token)


def rejected(status: int, *failures: int, text: str = "", token: bytes = b"") -> bytes:
    """Return a TimeStampResp with *status*, the *failures* bits and a *text*."""
    words = element(0x30, element(0x0C, text.encode())) if text else b""
    size = max(failures, default=-1) // 8 + 1
    bits = sum(1 << size * 8 - 1 - bit for bit in failures)
    info = element(0x03, b"\0", bits.to_bytes(size, "big")) if failures else b""
    return element(0x30, element(0x30, integer(status), words, info), token)
