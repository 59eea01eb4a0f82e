# SPDX-License-Identifier: Apache-2.0
"""The specification's rules for one certificate, by purpose and place in the chain.

Only basicConstraints, keyUsage, extKeyUsage and the leaf's key are judged; every other
extension is ignored, critical or not, as the specification says. Links between
certificates are the business of `chain`.

Spec: signature-specification, Certificate Requirements. Requirements: CERT-011, CERT-020 to CERT-024,
CERT-030 to CERT-035, CERT-040 to CERT-043.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from ..algorithms import PublicKey, SignatureAlgorithm, algorithm_for
from ..errors import MalformedError, Outcome
from ..reference import go_quote
from .certificate import Certificate

E = TypeVar("E", bound=x509.ExtensionType)


class Purpose(StrEnum):
    """What a chain is used for."""

    CODE_SIGNING = "code signing"
    TIMESTAMPING = "timestamping"


_FORBIDDEN_USAGES = {
    Usage.ANY_EXTENDED_KEY_USAGE: "Any",
    Usage.SERVER_AUTH: "ServerAuth",
    Usage.CLIENT_AUTH: "ClientAuth",
    Usage.EMAIL_PROTECTION: "EmailProtection",
    Usage.TIME_STAMPING: "Timestamping",
    Usage.OCSP_SIGNING: "OCSPSigning",
}
"""The union of the specification's list and the reference's (A-16)."""

_FORBIDDEN_BITS = {
    "key_encipherment": "KeyEncipherment",
    "data_encipherment": "DataEncipherment",
    "key_agreement": "KeyAgreement",
    "key_cert_sign": "CertSign",
    "crl_sign": "CRLSign",
}
"""encipherOnly and decipherOnly are defined only beside keyAgreement, which is refused."""


def refused(certificate: Certificate, problem: str) -> MalformedError:
    """Return the error that says *certificate* breaks a rule."""
    return MalformedError(
        f"certificate-chain is invalid, certificate with subject {go_quote(certificate.subject)}: {problem}",
        hint="ask the issuer for a certificate that meets the Notary Project certificate requirements",
        outcome=Outcome.AUTHENTICITY,
    )


def _extension(certificate: Certificate, kind: type[E]) -> x509.Extension[E] | None:
    try:
        return certificate.x509.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def check_ca(certificate: Certificate, purpose: Purpose, *, below: int) -> None:
    """Return if *certificate* may stand above a leaf with *below* CA certificates between them.

    Raises:
        MalformedError: with outcome AUTHENTICITY: CERT-020 to CERT-023.
    """
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.critical or not constraints.value.ca:
        raise refused(certificate, "ca field in basic constraints must be present, critical, and set to true")
    limit = constraints.value.path_length
    if limit is not None and limit < below:
        raise refused(
            certificate, f"expected path length of {below} but certificate has path length {limit} instead"
        )
    usage = _key_usage(certificate, purpose)
    if not usage.key_cert_sign:
        raise refused(certificate, "key usage must have the bit positions for key cert sign set")


def check_leaf(certificate: Certificate, purpose: Purpose) -> tuple[PublicKey, SignatureAlgorithm]:
    """Return the leaf's key and the algorithm it determines, if the leaf may sign for *purpose*.

    Raises:
        MalformedError: with outcome AUTHENTICITY: CERT-030 to CERT-035 or CERT-040 to CERT-043.
    """
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.value.ca:
        raise refused(
            certificate, "if the basic constraints extension is present, the ca field must be set to false"
        )
    usage = _key_usage(certificate, purpose)
    if not usage.digital_signature:
        raise refused(certificate, 'key usage must have the bit positions for "Digital Signature" set')
    found = [name for bit, name in _FORBIDDEN_BITS.items() if getattr(usage, bit)]
    if found:
        listed = ", ".join(f'"{name}"' for name in found)
        raise refused(certificate, f'key usage must be "Digital Signature" only, but found {listed}')
    if purpose is Purpose.CODE_SIGNING:
        _check_code_signing_usage(certificate)
    else:
        _check_timestamping_usage(certificate)
    return _leaf_key(certificate)


def _leaf_key(certificate: Certificate) -> tuple[PublicKey, SignatureAlgorithm]:
    try:
        key = certificate.x509.public_key()
        # A key restricted to RSASSA-PSS by its own OID is not one of the six (ALG-002).
        if certificate.x509.public_key_algorithm_oid == x509.oid.PublicKeyAlgorithmOID.RSASSA_PSS:
            raise MalformedError("unsupported public key type")
        return key, algorithm_for(key)  # type: ignore[return-value]  # algorithm_for admits only PublicKey
    except MalformedError as error:
        raise refused(certificate, error.message) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise refused(certificate, "unsupported public key type") from error


def _key_usage(certificate: Certificate, purpose: Purpose) -> x509.KeyUsage:
    extension = _extension(certificate, x509.KeyUsage)
    if extension is None:
        raise refused(certificate, "key usage extension must be present")
    if not extension.critical and purpose is Purpose.CODE_SIGNING:
        raise refused(certificate, "key usage extension must be marked critical")
    return extension.value


def _check_code_signing_usage(certificate: Certificate) -> None:
    extension = _extension(certificate, x509.ExtendedKeyUsage)
    for usage in extension.value if extension is not None else ():
        if usage in _FORBIDDEN_USAGES:
            raise refused(certificate, f"extended key usage must not contain {_FORBIDDEN_USAGES[usage]} eku")


def _check_timestamping_usage(certificate: Certificate) -> None:
    extension = _extension(certificate, x509.ExtendedKeyUsage)
    if extension is None or list(extension.value) != [Usage.TIME_STAMPING]:
        raise refused(certificate, "must have and only have Timestamping as extended key usage")
    if not extension.critical:
        raise refused(certificate, "must have extended key usage extension marked as critical")
