# SPDX-License-Identifier: Apache-2.0
"""One X.509 certificate: its exact bytes, and the facts the rules ask about.

Identity is the DER encoding: two certificates are the same when their bytes are. Facts
are extracted here and judged in `requirements` and `chain`. Names are kept as raw DER
and only decoded when somebody wants to read them.

Spec: RFC 5280 section 4; signature-specification, Certificate Requirements.
Requirements: CERT-003, CERT-012, TS-009, TS-010, SIG-010, VER-042.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from .. import der
from ..errors import MalformedError
from .extensions import (
    BasicConstraints,
    Extensions,
    basic_constraints,
    extended_key_usage,
    key_usage,
    read_extensions,
)
from .name import name_text

_WEAK_HASHES = (hashes.SHA1, hashes.MD5)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed certificate. Equality is equality of the DER bytes.

    Attributes:
        der: the exact encoding. x509: the same, parsed by `cryptography`.
        raw_issuer, raw_subject: the DER of the two names, as they stand in the certificate.
        signed_part: the DER of the TBSCertificate, as its issuer signed it.
        extensions: all of them, undecoded.
        basic_constraints, key_usage, extended_key_usage: the three that the rules judge; None without.
    """

    der: bytes
    x509: x509.Certificate
    raw_issuer: bytes
    raw_subject: bytes
    signed_part: bytes
    extensions: Extensions
    basic_constraints: BasicConstraints | None
    key_usage: frozenset[str] | None
    extended_key_usage: tuple[bytes, ...] | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    @classmethod
    def parse(cls, data: bytes, *, at: str = "") -> Certificate:
        """Return the certificate whose DER encoding is exactly *data*.

        Raises:
            MalformedError: not one DER certificate, trailing bytes, duplicate or broken extensions,
                a negative serial number, or a date that does not exist.
        """
        try:
            parts = _parts(data)
            parsed = _loaded(data, parts)
            _ = parsed.not_valid_before_utc, parsed.not_valid_after_utc
            return cls(
                data,
                parsed,
                parts.issuer,
                parts.subject,
                parts.signed_part,
                parts.extensions,
                basic_constraints(parts.extensions),
                key_usage(parts.extensions),
                extended_key_usage(parts.extensions),
            )
        except (ValueError, TypeError, MalformedError, x509.InvalidVersion, Warning) as error:
            raise MalformedError("x509: malformed certificate", at=at) from error

    @property
    def subject(self) -> str:
        """The subject in the Go program's text form, such as `CN=a,O=b,ST=WA,C=US`."""
        return name_text(self.raw_subject)

    @property
    def issuer(self) -> str:
        """The issuer in the Go program's text form."""
        return name_text(self.raw_issuer)

    @property
    def thumbprint(self) -> str:
        """Lower-case hex SHA-256 of the DER encoding (SIG-010)."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def not_before(self) -> datetime:
        """First instant of validity, UTC."""
        return self.x509.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """Last instant of validity, UTC, inclusive."""
        return self.x509.not_valid_after_utc

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints says that this is a certification authority."""
        return self.basic_constraints is not None and self.basic_constraints.ca

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same bytes."""
        return self.raw_subject == self.raw_issuer

    @property
    def is_self_signed(self) -> bool:
        """Whether the signature verifies under the certificate's own key.

        The names are compared first: no key operation is spent on a certificate that names another issuer.
        """
        if not self.is_self_issued:
            return False
        try:
            check_signed_by(self, self)
        except MalformedError:
            return False
        return True

    @property
    def has_weak_signature(self) -> bool:
        """Whether the issuer signed with SHA-1 or MD5, or in a way that nobody can tell (CERT-007)."""
        try:
            return isinstance(self.x509.signature_hash_algorithm, _WEAK_HASHES)
        except (UnsupportedAlgorithm, ValueError):  # ValueError: RSASSA-PSS without parameters
            return True


def check_signed_by(certificate: Certificate, issuer: Certificate) -> None:
    """Return if *issuer*'s key made the signature of *certificate*, and the names agree.

    Says nothing about whether *issuer* may issue certificates.

    Raises:
        MalformedError: another name, another key, an unknown or a disagreeing algorithm.
    """
    try:
        if certificate.raw_issuer != issuer.raw_subject:
            raise InvalidSignature
        _check_signature(certificate, issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise MalformedError("verification error") from error


def _check_signature(certificate: Certificate, issuer: Certificate) -> None:
    # The library's own check encodes what was signed once more, which takes longer than checking it.
    signed, key = certificate.x509, issuer.x509.public_key()
    how = signed.signature_algorithm_parameters
    match key, how:
        case rsa.RSAPublicKey(), padding.PKCS1v15() | padding.PSS():
            hash_algorithm = signed.signature_hash_algorithm
            if hash_algorithm is None:
                raise InvalidSignature
            key.verify(signed.signature, certificate.signed_part, how, hash_algorithm)
        case ec.EllipticCurvePublicKey(), ec.ECDSA():
            key.verify(signed.signature, certificate.signed_part, how)
        case _:
            signed.verify_directly_issued_by(issuer.x509)


_VERSION_3 = b"\x02\x01\x02"  # counted from 0


class _Parts(NamedTuple):
    serial: int
    issuer: bytes
    subject: bytes
    signed_part: bytes
    extensions: Extensions


def _parts(data: bytes) -> _Parts:
    """Return what is read here of version?, serial, algorithm, issuer, validity, subject, …, extensions?."""
    elements = der.children(data, der.read(data))
    if len(elements) != 3:
        raise MalformedError("certificate has not three parts")
    signed, algorithm, signature = elements
    # The library looks past the count of unused bits, which no signature covers: one certificate, many bytes.
    if signature.tag != der.BIT_STRING or data[signature.content : signature.content + 1] != b"\0":
        raise MalformedError("signature of a certificate is not whole octets")
    fields = der.children(data, signed)
    version = 0
    if fields[:1] and fields[0].tag == 0xA0:
        spelled = data[fields[0].content : fields[0].end]
        version = 2 if spelled == _VERSION_3 else _version(spelled)
        fields = fields[1:]
    if len(fields) < 6:
        raise MalformedError("certificate is cut short")
    serial, inner, issuer, _, subject, *_ = fields
    if data[inner.start : inner.end] != data[algorithm.start : algorithm.end]:
        raise MalformedError("inner and outer signature algorithm are not the same")
    number = der.integer(serial.tag, data[serial.content : serial.end])
    if number < 0:
        raise MalformedError("negative serial number")
    extensions: Extensions = {}
    if fields[-1].tag == 0xA3:
        extensions = read_extensions(data[fields[-1].content : fields[-1].end])
    if extensions and version != 2:
        raise MalformedError("extensions in a certificate before version 3")
    return _Parts(
        number,
        data[issuer.start : issuer.end],
        data[subject.start : subject.end],
        data[signed.start : signed.end],
        extensions,
    )


def _version(field: bytes) -> int:
    match der.contents(field):
        case [(tag, content)]:
            return der.integer(tag, content)
        case _:
            raise MalformedError("version of a certificate is not one integer")


def _loaded(data: bytes, parts: _Parts) -> x509.Certificate:
    if parts.serial:
        return x509.load_der_x509_certificate(data)
    with warnings.catch_warnings():  # the library complains about zero, which the reference accepts
        warnings.simplefilter("ignore")
        return x509.load_der_x509_certificate(data)
