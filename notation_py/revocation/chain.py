# SPDX-License-Identifier: Apache-2.0
"""Whether the certificates of a chain have been revoked, as far as this version can say.

A certificate that names neither an OCSP responder nor a CRL cannot be revoked and counts as
good. For every other certificate the status is unknown, which is never good: this version
asks no responder. Fetches nothing.

Spec: trust-store-trust-policy, Certificate Revocation Evaluation.
Requirements: REV-001, REV-003, REV-005, VER-060, VER-062, R-18.
"""

from __future__ import annotations

from .. import der
from ..certificates.certificate import Certificate
from ..certificates.chain import CertificateChain
from ..errors import MalformedError, Outcome, UntrustedError
from ..reference import go_quote

_CRL_DISTRIBUTION_POINTS = b"\x55\x1d\x1f"
_AUTHORITY_INFORMATION_ACCESS = b"\x2b\x06\x01\x05\x05\x07\x01\x01"
_OCSP = b"\x2b\x06\x01\x05\x05\x07\x30\x01"


def check_not_revoked(chain: CertificateChain) -> None:
    """Return if no certificate of *chain* but the root says where its revocation would be published.

    Raises:
        UntrustedError: with outcome REVOCATION_UNKNOWN: the leaf-most certificate that does.
    """
    for certificate in chain.certificates[:-1]:
        if has_revocation_information(certificate):
            raise UntrustedError(
                f"signing certificate with subject {go_quote(certificate.subject)} revocation status is "
                "unknown",
                hint="this version does not ask OCSP responders or fetch CRLs yet; the trust policy may "
                'override "revocation" with "log" or "skip"',
                outcome=Outcome.REVOCATION_UNKNOWN,
            )


def has_revocation_information(certificate: Certificate) -> bool:
    """Return whether *certificate* names an OCSP responder or a CRL distribution point (REV-003)."""
    if _CRL_DISTRIBUTION_POINTS in certificate.extensions:
        return True
    access = certificate.extensions.get(_AUTHORITY_INFORMATION_ACCESS)
    if access is None:
        return False
    try:
        described = der.children(access.value, der.read(access.value))
        methods = [der.read(access.value, entry.content) for entry in described]
    except MalformedError:
        return True  # what cannot be read may name a responder
    return any(access.value[method.content : method.end] == _OCSP for method in methods)
