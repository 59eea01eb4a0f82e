# SPDX-License-Identifier: Apache-2.0
"""Whether a chain says anything about its revocation at all: what can be told without asking anybody.

Most chains of tests and of private authorities say nothing, and then a verification needs no more of
this package than this room.

Spec: trust-store-trust-policy, Certificate Revocation Evaluation.
Requirements: REV-001, REV-003, REV-005, VER-060, VER-062, R-18.
"""

from __future__ import annotations

from ..certificates.certificate import Certificate
from ..certificates.chain import CertificateChain
from ..certificates.requirements import Purpose
from ..errors import LimitError, MalformedError, Outcome, UntrustedError
from ..reference import go_quote

_WHERE = (b"\x55\x1d\x1f", b"\x2b\x06\x01\x05\x05\x07\x01\x01")
"""CRL distribution points and authority information access, as in `locations`, which is imported late."""


def check_not_revoked(chain: CertificateChain, purpose: Purpose = Purpose.CODE_SIGNING) -> None:
    """Return if no certificate of *chain* but the root says where its revocation would be published.

    For where nobody is asked: no sources, or a chain that is not trusted.

    Raises:
        UntrustedError: with outcome REVOCATION_UNKNOWN: the leaf-most certificate that does.
    """
    hint = "no OCSP responder and no CRL server was asked"
    if purpose is Purpose.CODE_SIGNING:
        hint += '; the trust policy may override "revocation" with "log" or "skip"'
    for certificate in chain.certificates[:-1]:
        if has_revocation_information(certificate):
            raise status_unknown(certificate, purpose, hint)


def has_revocation_information(certificate: Certificate) -> bool:
    """Return whether *certificate* names an OCSP responder or a CRL, or may do so unreadably (REV-003)."""
    if not any(name in certificate.extensions for name in _WHERE):
        return False
    from .locations import crl_distribution_points, ocsp_servers

    try:
        return bool(ocsp_servers(certificate) or crl_distribution_points(certificate))
    except (MalformedError, LimitError):
        return True


def status_unknown(certificate: Certificate, purpose: Purpose, hint: str) -> UntrustedError:
    """Return the reference's error for a certificate of unknown status."""
    problem = f"{described(certificate, purpose)} revocation status is unknown"
    return UntrustedError(problem, hint=hint, outcome=Outcome.REVOCATION_UNKNOWN)


def described(certificate: Certificate, purpose: Purpose) -> str:
    """Return the reference's words for a certificate of a chain for *purpose*."""
    kind = "signing" if purpose is Purpose.CODE_SIGNING else "timestamping"
    return f"{kind} certificate with subject {go_quote(certificate.subject)}"
