# SPDX-License-Identifier: Apache-2.0
"""Which certificate signed a token, and whether its key did.

The certificate is the one that the signed attribute signing-certificate-v2 names by its hash, and the
signer info has to point at the same one. Whether it may stamp, and whom it leads to, is not judged here.

Spec: RFC 5652 sections 5.4, 5.6, 11; RFC 5035 section 4; RFC 5816. Requirements: ALG-006, ALG-008,
TSA-023 to TSA-026, R-21.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from .. import der
from ..certificates.certificate import Certificate
from ..digest import HashAlgorithm
from ..errors import MalformedError
from . import ber
from .ber import CONTEXT_0, Fields
from .signed_data import TST_INFO, AlgorithmIdentifier, CertificateName, SignerInfo
from .token import TimestampToken, instant_of

_PKCS1 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01"
_PKCS9 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09"
_ECDSA_WITH_SHA2 = b"\x2a\x86\x48\xce\x3d\x04\x03"
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = _PKCS9 + b"\x03", _PKCS9 + b"\x04", _PKCS9 + b"\x05"
_SIGNING_CERTIFICATE_V2 = _PKCS9 + b"\x10\x02\x2f"
_DIRECTORY_NAME = CONTEXT_0 + 4

_HASHES: Mapping[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


class _Scheme(NamedTuple):
    """How a signature algorithm signs; without a hash of its own it uses that of the digest algorithm."""

    name: str
    hash: HashAlgorithm | None


_SCHEMES: Mapping[bytes, _Scheme] = {
    _PKCS1 + b"\x01": _Scheme("PKCS1v15", None),  # rsaEncryption
    _PKCS1 + b"\x0a": _Scheme("PSS", None),
    _PKCS1 + b"\x0b": _Scheme("PKCS1v15", HashAlgorithm.SHA256),
    _PKCS1 + b"\x0c": _Scheme("PKCS1v15", HashAlgorithm.SHA384),
    _PKCS1 + b"\x0d": _Scheme("PKCS1v15", HashAlgorithm.SHA512),
    _ECDSA_WITH_SHA2 + b"\x02": _Scheme("ECDSA", HashAlgorithm.SHA256),
    _ECDSA_WITH_SHA2 + b"\x03": _Scheme("ECDSA", HashAlgorithm.SHA384),
    _ECDSA_WITH_SHA2 + b"\x04": _Scheme("ECDSA", HashAlgorithm.SHA512),
}
"""ALG-008: exactly these."""


def only_signer(token: TimestampToken) -> SignerInfo:
    """Return the one signer info of *token* (R-21).

    Raises:
        MalformedError: none, several, or one that points at its certificate by a key identifier.
    """
    if not token.signers:
        raise MalformedError("signerInfo not found")
    if len(token.signers) != 1:
        raise MalformedError(f"{len(token.signers)} signer infos, of which nobody says which one counts")
    (signer,) = token.signers
    if signer.version != 1:
        raise MalformedError(
            "cms verification failure: invalid signer info version: only version 1 is supported; got "
            f"{signer.version}"
        )
    return signer


def signing_certificate(token: TimestampToken, signer: SignerInfo) -> Certificate:
    """Return the certificate of *token* that *signer* vouches for having signed with (TSA-024).

    Raises:
        MalformedError: no usable signing-certificate-v2, or no such certificate, or another one than
            *signer* points at.
    """
    attribute = _value(
        signer,
        _SIGNING_CERTIFICATE_V2,
        der.SEQUENCE,
        "failed to get SigningCertificateV2 from signed attributes",
    )
    named = _certificate_id(Fields(attribute, "SigningCertificateV2"))
    wanted = named.name or signer.sid
    candidates = [certificate for certificate in token.certificates if wanted.matches(certificate)]
    if not candidates:
        raise MalformedError("signing certificate not found in the timestamp token")
    for certificate in candidates:
        if hashlib.new(named.hash.value, certificate.der).digest() == named.digest:
            if not signer.sid.matches(certificate):
                raise MalformedError("signer info points at another certificate than its signed attribute")
            return certificate
    raise MalformedError("signing certificate hash does not match CertHash in signed attribute")


class _CertificateId(NamedTuple):
    hash: HashAlgorithm
    digest: bytes
    name: CertificateName | None


def _certificate_id(values: Fields) -> _CertificateId:
    """Return the first ESSCertIDv2, which names the signer."""
    entries = der.contents(values.take(der.SEQUENCE))
    values.optional(der.SEQUENCE)  # policies that the signer suggests
    values.end()
    if not entries:
        raise MalformedError("signingCertificateV2 does not contain any certificate")
    tag, first = entries[0]
    if tag != der.SEQUENCE:
        raise MalformedError("ESSCertIDv2 has another structure")
    fields = Fields(first, "ESSCertIDv2")
    algorithm = fields.optional(der.SEQUENCE)
    found = HashAlgorithm.SHA256 if algorithm is None else AlgorithmIdentifier.read(algorithm).hash()
    if found is None:
        raise MalformedError("unsupported certificate hash algorithm in SigningCertificateV2 attribute")
    digest = fields.take(der.OCTET_STRING)
    issuer_serial = fields.optional(der.SEQUENCE)
    fields.end()
    return _CertificateId(found, digest, None if issuer_serial is None else _issuer_serial(issuer_serial))


def _issuer_serial(content: bytes) -> CertificateName:
    fields = Fields(content, "IssuerSerial")
    names = der.contents(fields.take(der.SEQUENCE))
    serial = fields.integer()
    fields.end()
    if len(names) != 1 or names[0][0] != _DIRECTORY_NAME:
        raise MalformedError("issuer name is missing in IssuerSerial")
    return CertificateName(names[0][1], serial)


def _value(signer: SignerInfo, kind: bytes, expected: int, problem: str) -> bytes:
    """Return the content octets of the one value of an attribute, which has the tag *expected*.

    Raises:
        MalformedError: starts with *problem*.
    """
    values = signer.attributes.get(kind)
    if values is None:
        raise MalformedError(f"{problem}: attribute not found")
    match der.contents(values):
        case [(tag, content)] if tag == expected:
            return content
        case _:
            raise MalformedError(f"{problem}: not one value of the right type")


def check_signature(token: TimestampToken, signer: SignerInfo, certificate: Certificate) -> None:
    """Return if the key of *certificate* signed the content of *token* as *signer* says (TSA-026).

    Raises:
        MalformedError: no signed attributes, an algorithm that does not count, or a signature that is none.
    """
    if signer.signed_attributes is None:
        raise MalformedError("missing signed attributes")
    digest = signer.digest_algorithm.hash()
    scheme = _SCHEMES.get(signer.signature_algorithm.oid)
    if digest is None:
        raise MalformedError("unsupported digest algorithm")
    if scheme is None:
        raise MalformedError("unknown signature algorithm")
    try:
        _check_with(certificate, scheme, digest, signer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        kind = "ecdsa" if scheme.name == "ECDSA" else "rsa"
        raise MalformedError(f"crypto/{kind}: verification error") from error
    if _value(signer, _CONTENT_TYPE, der.OBJECT_IDENTIFIER, "invalid content type") != TST_INFO:
        raise MalformedError("mismatch content type")
    expected = _value(signer, _MESSAGE_DIGEST, der.OCTET_STRING, "invalid message digest")
    if hashlib.new(digest.value, token.content).digest() != expected:
        raise MalformedError("mismatch message digest")


def _check_with(certificate: Certificate, scheme: _Scheme, digest: HashAlgorithm, signer: SignerInfo) -> None:
    hash_algorithm = _HASHES[scheme.hash or digest]
    signed = signer.signed_attributes or b""
    match certificate.x509.public_key(), scheme.name:
        case rsa.RSAPublicKey() as key, "PKCS1v15":
            key.verify(signer.signature, signed, padding.PKCS1v15(), hash_algorithm)
        case rsa.RSAPublicKey() as key, "PSS":
            pss = padding.PSS(padding.MGF1(hash_algorithm), padding.PSS.DIGEST_LENGTH)
            key.verify(signer.signature, signed, pss, hash_algorithm)
        case ec.EllipticCurvePublicKey() as key, "ECDSA":
            key.verify(signer.signature, signed, ec.ECDSA(hash_algorithm))
        case _:
            raise InvalidSignature


def signing_time(signer: SignerInfo) -> datetime | None:
    """Return the signed attribute signing-time, UTC, or None without.

    Raises:
        MalformedError: not one time in UTC, to the second.
    """
    values = signer.attributes.get(_SIGNING_TIME)
    if values is None:
        return None
    try:
        match der.contents(values):
            case [(ber.UTC_TIME, content)] if len(content) == 13:
                century = b"20" if content < b"50" else b"19"
                return instant_of(century + content)[0]
            case [(ber.GENERALIZED_TIME, content)]:
                return instant_of(content)[0]
            case _:
                raise MalformedError("not one value of the right type")
    except MalformedError as error:
        raise MalformedError(f"invalid signing time: {error.message}") from error
