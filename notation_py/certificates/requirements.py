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

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import PublicKeyAlgorithmOID

from ..algorithms import PublicKey, SignatureAlgorithm, algorithm_for
from ..errors import MalformedError, Outcome
from ..reference import go_quote
from .certificate import Certificate
from .extensions import BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE


class Purpose(StrEnum):
    """What a chain is used for."""

    CODE_SIGNING = "code signing"
    TIMESTAMPING = "timestamping"


_PURPOSES = b"\x2b\x06\x01\x05\x05\x07\x03"  # id-kp
_TIME_STAMPING = _PURPOSES + b"\x08"
_FORBIDDEN_USAGES = {
    b"\x55\x1d\x25\x00": "Any",
    _PURPOSES + b"\x01": "ServerAuth",
    _PURPOSES + b"\x02": "ClientAuth",
    _PURPOSES + b"\x04": "EmailProtection",
    _TIME_STAMPING: "Timestamping",
    _PURPOSES + b"\x09": "OCSPSigning",
}
"""The union of the specification's list and the reference's (A-16)."""

_FORBIDDEN_BITS = (
    "KeyEncipherment",
    "DataEncipherment",
    "KeyAgreement",
    "CertSign",
    "CRLSign",
    "EncipherOnly",
    "DecipherOnly",
)


def refused(certificate: Certificate, problem: str) -> MalformedError:
    """Return the error that says *certificate* breaks a rule."""
    return MalformedError(
        f"certificate-chain is invalid, certificate with subject {go_quote(certificate.subject)}: {problem}",
        hint="ask the issuer for a certificate that meets the Notary Project certificate requirements",
        outcome=Outcome.AUTHENTICITY,
    )


def check_ca(certificate: Certificate, purpose: Purpose, *, below: int) -> None:
    """Return if *certificate* may stand above a leaf with *below* CA certificates between them.

    Raises:
        MalformedError: with outcome AUTHENTICITY: CERT-020 to CERT-023.
    """
    constraints = certificate.basic_constraints
    if constraints is None or not constraints.ca or not certificate.extensions[BASIC_CONSTRAINTS].critical:
        raise refused(certificate, "ca field in basic constraints must be present, critical, and set to true")
    limit = constraints.path_length
    if limit is not None and limit < below:
        raise refused(
            certificate, f"expected path length of {below} but certificate has path length {limit} instead"
        )
    if "CertSign" not in _key_usage(certificate, purpose):
        raise refused(certificate, "key usage must have the bit positions for key cert sign set")


def check_leaf(certificate: Certificate, purpose: Purpose) -> tuple[PublicKey, SignatureAlgorithm]:
    """Return the leaf's key and the algorithm it determines, if the leaf may sign for *purpose*.

    Raises:
        MalformedError: with outcome AUTHENTICITY: CERT-030 to CERT-035 or CERT-040 to CERT-043.
    """
    if certificate.is_ca:
        raise refused(
            certificate, "if the basic constraints extension is present, the ca field must be set to false"
        )
    usage = _key_usage(certificate, purpose)
    if "DigitalSignature" not in usage:
        raise refused(certificate, 'key usage must have the bit positions for "Digital Signature" set')
    found = [name for name in _FORBIDDEN_BITS if name in usage]
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
        if certificate.x509.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
            raise MalformedError("unsupported public key type")
        return key, algorithm_for(key)  # type: ignore[return-value]  # algorithm_for admits only PublicKey
    except MalformedError as error:
        raise refused(certificate, error.message) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise refused(certificate, "unsupported public key type") from error


def _key_usage(certificate: Certificate, purpose: Purpose) -> frozenset[str]:
    usage = certificate.key_usage
    if usage is None:
        raise refused(certificate, "key usage extension must be present")
    if purpose is Purpose.CODE_SIGNING and not certificate.extensions[KEY_USAGE].critical:
        raise refused(certificate, "key usage extension must be marked critical")
    return usage


def _check_code_signing_usage(certificate: Certificate) -> None:
    for usage in certificate.extended_key_usage or ():
        if usage in _FORBIDDEN_USAGES:
            raise refused(certificate, f"extended key usage must not contain {_FORBIDDEN_USAGES[usage]} eku")


def _check_timestamping_usage(certificate: Certificate) -> None:
    if certificate.extended_key_usage != (_TIME_STAMPING,):
        raise refused(certificate, "must have and only have Timestamping as extended key usage")
    if not certificate.extensions[EXTENDED_KEY_USAGE].critical:
        raise refused(certificate, "must have extended key usage extension marked as critical")
