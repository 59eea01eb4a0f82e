# SPDX-License-Identifier: Apache-2.0
"""CMS SignedData as timestamp tokens use it: content, certificates, and who signed how.

Reads and checks the shape, and believes nothing: signatures are checked in `signer`. The signed
attributes are kept in the one encoding that is signed, and each kind may stand there once.

Spec: RFC 5652 sections 3, 5.1, 5.3, 11; RFC 3161 section 2.4.2.
Requirements: TSA-020, TSA-025, TSA-026, SEC-003.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .. import der
from ..certificates.certificate import Certificate
from ..certificates.name_der import dotted
from ..digest import HashAlgorithm
from ..errors import MalformedError
from .ber import CONTEXT_0, NULL, Fields, encoded, to_der

MAX_CERTIFICATES = 16
"""Tokens carry one to five; each more costs a parse."""

_PKCS9 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09"
_SIGNED_DATA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
TST_INFO = _PKCS9 + b"\x10\x01\x04"
"""id-ct-TSTInfo, the one type of content that a token has."""

HASHES: Mapping[bytes, HashAlgorithm] = {
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x01": HashAlgorithm.SHA256,
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x02": HashAlgorithm.SHA384,
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x03": HashAlgorithm.SHA512,
}
"""The only three that count, by the content octets of their identifiers (ALG-008)."""


class AlgorithmIdentifier(NamedTuple):
    """Content octets of an object identifier, and the DER of the parameters; empty without."""

    oid: bytes
    parameters: bytes

    @classmethod
    def read(cls, content: bytes) -> AlgorithmIdentifier:
        """Return the algorithm in the content octets of a SEQUENCE; raises MalformedError."""
        oid, *parameters = der.split(content) or (b"",)
        if len(parameters) > 1:
            raise MalformedError("algorithm identifier has another structure")
        return cls(der.only(oid, der.OBJECT_IDENTIFIER), b"".join(parameters))

    def hash(self) -> HashAlgorithm | None:
        """Return the hash that this names, or None if it is no SHA-2 hash without parameters (or NULL)."""
        return HASHES.get(self.oid) if self.parameters in {b"", bytes((NULL, 0))} else None


class CertificateName(NamedTuple):
    """How a certificate is pointed at: the DER of its issuer's name, and its serial number."""

    raw_issuer: bytes
    serial: int

    @classmethod
    def read(cls, content: bytes) -> CertificateName:
        """Return what the content octets of an IssuerAndSerialNumber say; raises MalformedError."""
        match der.split(content):
            case (issuer, serial) if issuer[0] == der.SEQUENCE:
                return cls(issuer, der.integer(der.INTEGER, der.only(serial, der.INTEGER)))
            case _:
                raise MalformedError("issuer and serial number have another structure")

    def matches(self, certificate: Certificate) -> bool:
        """Return whether this points at *certificate*."""
        named = certificate.raw_issuer, certificate.x509.serial_number
        return named == (self.raw_issuer, self.serial)


class SignerInfo(NamedTuple):
    """One signature over the content.

    Attributes:
        sid: which certificate is said to have signed; protected by nothing.
        signed_attributes: DER of the SET OF that was signed, or None without.
        attributes: the values of the signed attributes, each set undecoded, by object identifier.
    """

    version: int
    sid: CertificateName
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: bytes | None
    attributes: Mapping[bytes, bytes]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes

    @classmethod
    def read(cls, content: bytes) -> SignerInfo:
        """Return the SignerInfo with these content octets; raises MalformedError."""
        fields = Fields(content, "signer info")
        version = fields.small()
        sid = CertificateName.read(fields.take(der.SEQUENCE))
        digest_algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE))
        signed = fields.optional(CONTEXT_0)
        signature_algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE))
        signature = fields.take(der.OCTET_STRING)
        fields.optional(CONTEXT_0 + 1)  # unsigned attributes, which decide nothing
        fields.end()
        members = der.split(signed) if signed is not None else ()
        return cls(
            version,
            sid,
            digest_algorithm,
            # What is signed has the order of DER, in whichever order it was sent (RFC 5652 section 5.4).
            encoded(der.SET, *sorted(members)) if signed is not None else None,
            _attributes(members),
            signature_algorithm,
            signature,
        )


def _attributes(members: tuple[bytes, ...]) -> Mapping[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for member in members:
        fields = Fields.of(member, "signed attribute")
        kind, values = fields.take(der.OBJECT_IDENTIFIER), fields.take(der.SET)
        fields.end()
        if kind in found:
            raise MalformedError(f"signed attribute {dotted(kind)} occurs twice")
        found[kind] = values
    return found


class SignedData(NamedTuple):
    """A parsed SignedData whose content is a TSTInfo; nothing in it may be believed yet.

    Attributes:
        content: the octets that were signed over, the DER of a TSTInfo.
        certificates: as many as there are, in the order of the token.
        signers: as many as there are, none included.
    """

    content: bytes
    certificates: tuple[Certificate, ...]
    signers: tuple[SignerInfo, ...]

    @classmethod
    def parse(cls, data: bytes) -> SignedData:
        """Return what the ContentInfo *data* holds, in BER of definite lengths.

        Raises:
            MalformedError: another structure, type of content or version, or beyond a limit.
        """
        try:
            fields = Fields.of(to_der(data), "content info")
        except MalformedError as error:
            raise MalformedError(
                "cms: syntax error: invalid signed data: failed to convert from BER to DER: asn1: syntax "
                f"error: {error.message}"
            ) from error
        if fields.take(der.OBJECT_IDENTIFIER) != _SIGNED_DATA:
            raise MalformedError("cms: content type is not signed-data")
        content = fields.take(CONTEXT_0)
        fields.end()
        return cls._of(Fields.of(content, "signed data"))

    @classmethod
    def _of(cls, fields: Fields) -> SignedData:
        version = fields.small()
        if version != 3:
            raise MalformedError(f"cms: syntax error: unsupported signed data version: got {version}, want 3")
        for tag, algorithm in der.contents(fields.take(der.SET)):
            if tag != der.SEQUENCE:
                raise MalformedError("digest algorithms of signed data have another structure")
            AlgorithmIdentifier.read(algorithm)
        content = _content(Fields(fields.take(der.SEQUENCE), "encapsulated content"))
        certificates = _certificates(fields.optional(CONTEXT_0) or b"")
        fields.optional(CONTEXT_0 + 1)  # CRLs, which are fetched from where the certificates say
        signers = der.contents(fields.take(der.SET))
        fields.end()
        if any(tag != der.SEQUENCE for tag, _ in signers):
            raise MalformedError("signer infos have another structure")
        return cls(content, certificates, tuple(SignerInfo.read(signer) for _, signer in signers))


def _content(fields: Fields) -> bytes:
    kind = fields.take(der.OBJECT_IDENTIFIER)
    if kind != TST_INFO:
        raise MalformedError(
            f"unexpected content type: {dotted(kind)}. Expected to be id-ct-TSTInfo ({dotted(TST_INFO)})"
        )
    content = der.only(fields.take(CONTEXT_0), der.OCTET_STRING)
    fields.end()
    return content


def _certificates(content: bytes) -> tuple[Certificate, ...]:
    ders = der.split(content)
    if len(ders) > MAX_CERTIFICATES:
        raise MalformedError(f"more than {MAX_CERTIFICATES} certificates")
    try:
        return tuple(Certificate.parse(data) for data in ders)
    except MalformedError as error:
        raise MalformedError(
            "cms: syntax error: failed to parse X.509 certificates from signed data. Only X.509 "
            f"certificates are supported: {error.message}"
        ) from error
