# SPDX-License-Identifier: Apache-2.0
"""Whether the certificates of a chain have been revoked, as far as this version can say.

A certificate that names neither an OCSP responder nor a CRL cannot be revoked and counts as
good. For every other certificate the status is unknown, which is never good: this version
asks no responder. Fetches nothing.

Spec: trust-store-trust-policy, Certificate Revocation Evaluation.
Requirements: REV-001, REV-003, REV-005, VER-060, VER-062, R-18.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from ..certificates.certificate import Certificate
from ..certificates.chain import CertificateChain
from ..errors import Outcome, UntrustedError
from ..reference import go_quote


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
    extensions = certificate.x509.extensions
    for extension in extensions:
        match extension.value:
            case x509.CRLDistributionPoints():
                return True
            case x509.AuthorityInformationAccess() as access:
                if any(entry.access_method == AuthorityInformationAccessOID.OCSP for entry in access):
                    return True
            case _:
                pass
    return False
