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
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from .. import der
from ..errors import MalformedError
from .name import name_text

_WEAK_HASHES = (hashes.SHA1, hashes.MD5)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed certificate. Equality is equality of the DER bytes.

    Attributes:
        der: the exact encoding. x509: the same, parsed by `cryptography`.
        raw_issuer, raw_subject: the DER of the two names, as they stand in the certificate.
    """

    der: bytes
    x509: x509.Certificate
    raw_issuer: bytes
    raw_subject: bytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    @classmethod
    def parse(cls, data: bytes, *, at: str = "") -> Certificate:
        """Return the certificate whose DER encoding is exactly *data*.

        Raises:
            MalformedError: not one DER certificate, trailing bytes, duplicate or broken extensions,
                or a key that cannot be read.
        """
        try:
            parsed = x509.load_der_x509_certificate(data)
            names = _raw_names(data)
            _ = parsed.extensions
        except (ValueError, TypeError, MalformedError, x509.DuplicateExtension) as error:
            raise MalformedError("x509: malformed certificate", at=at) from error
        return cls(data, parsed, *names)

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
        try:
            return self.x509.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            return False

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
        """Whether the issuer signed with SHA-1 or MD5 (CERT-007)."""
        try:
            return isinstance(self.x509.signature_hash_algorithm, _WEAK_HASHES)
        except UnsupportedAlgorithm:
            return True


def check_signed_by(certificate: Certificate, issuer: Certificate) -> None:
    """Return if *issuer*'s key made the signature of *certificate*, and the names agree.

    Says nothing about whether *issuer* may issue certificates.

    Raises:
        MalformedError: another name, another key, an unknown or a disagreeing algorithm.
    """
    try:
        certificate.x509.verify_directly_issued_by(issuer.x509)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise MalformedError("verification error") from error


def _raw_names(data: bytes) -> tuple[bytes, bytes]:
    """Return the DER of issuer and subject.

    TBSCertificate is [0] version?, serial number, algorithm, issuer, validity, subject, and more.
    """
    tbs = der.read(data, der.read(data).content)
    field = der.read(data, tbs.content)
    if field.tag == 0xA0:
        field = der.read(data, field.end)
    algorithm = der.read(data, field.end)
    issuer = der.read(data, algorithm.end)
    validity = der.read(data, issuer.end)
    subject = der.read(data, validity.end)
    return data[issuer.start : issuer.end], data[subject.start : subject.end]
