# SPDX-License-Identifier: Apache-2.0
"""Each check of a signature as a function of values: it returns, or raises why not.

Nothing here knows about levels, order or early stops; that is `signature` and `outcome`.
Time is the argument *at*, read once by the caller.

Spec: trust-store-trust-policy, Signature Verification Details.
Requirements: VER-040 to VER-055, VER-070, PAY-016, TSA-015 to TSA-018, TP-067, SCH-002 to SCH-004.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ..certificates.certificate import Certificate
from ..certificates.chain import CertificateChain, rfc1123
from ..descriptor import Descriptor
from ..envelope.integrity import IntactEnvelope
from ..envelope.model import SignedAttributes, SigningScheme
from ..errors import Outcome, UntrustedError
from ..trust.identity import check_identities
from ..trust.statement import TrustPolicy, VerifyTimestamp
from ..trust.store import TrustStore, TrustStoreType

TYPE_CHECKING = False
if TYPE_CHECKING:  # timestamps are imported when there is one
    from ..timestamp.countersignature import VerifiedTimestamp

ANY_MEDIA_TYPE = ""
"""In the descriptor of a blob: its verifier does not say what it is. No signature has an empty one."""

_STORE_TYPES = {
    SigningScheme.X509: TrustStoreType.CA,
    SigningScheme.X509_SIGNING_AUTHORITY: TrustStoreType.SIGNING_AUTHORITY,
}


def trust_anchors(
    policy: TrustPolicy, store: TrustStore, store_type: TrustStoreType
) -> tuple[Certificate, ...]:
    """Return the certificates of every store of *store_type* that *policy* names (TS-014).

    Raises:
        ConfigurationError: a store cannot be read. UntrustedError: there is no such certificate.
    """
    anchors = tuple(
        certificate
        for name in policy.stores_of(store_type)
        for certificate in store.certificates(store_type, name)
    )
    if not anchors:
        raise UntrustedError(
            "no trusted certificates are found to verify authenticity",
            hint=f'the trust policy has to name a trust store of type "{store_type.value}"',
        )
    return anchors


def check_trust_anchor(chain: CertificateChain, anchors: Sequence[Certificate]) -> None:
    """Return if some certificate of *chain* is, byte for byte, one of *anchors* (VER-042).

    Raises:
        UntrustedError: none is, or there are no anchors.
    """
    trusted = {anchor.der for anchor in anchors}
    if not any(certificate.der in trusted for certificate in chain.certificates):
        raise UntrustedError(
            "the signature's certificate chain does not contain any trusted certificate",
            hint="add the signer's root certificate to the trust store if you trust it: notation-py cert add",
        )


def anchors_for(intact: IntactEnvelope, policy: TrustPolicy, store: TrustStore) -> tuple[Certificate, ...]:
    """Return the anchors the scheme of *intact* may use: `ca` or `signingAuthority`, never both (SCH-004)."""
    return trust_anchors(policy, store, _STORE_TYPES[intact.scheme])


def check_identity(chain: CertificateChain, policy: TrustPolicy) -> None:
    """Return if the leaf's subject matches one of the policy's trusted identities (TP-067).

    Raises:
        UntrustedError: none matches, or the subject is one that cannot be compared (TP-068).
    """
    check_identities(policy.trusted_identities, chain.leaf.raw_subject, policy_name=policy.name)


def check_expiry(signed: SignedAttributes, at: datetime) -> None:
    """Return if the signature has no expiry or *at* is before it (VER-046).

    Raises:
        UntrustedError: with outcome EXPIRED.
    """
    if signed.expiry is not None and at >= signed.expiry:
        raise UntrustedError(
            f'digital signature has expired on "{rfc1123(signed.expiry)}"',
            hint="ask the publisher for a newer signature",
            outcome=Outcome.EXPIRED,
        )


def check_authentic_timestamp(
    intact: IntactEnvelope,
    policy: TrustPolicy,
    countersignature: Callable[[bytes], VerifiedTimestamp],
    *,
    at: datetime,
) -> VerifiedTimestamp | None:
    """Return if the chain was valid at the time that counts: authentic, stamped, or now (VER-050, VER-055).

    Args:
        countersignature: returns the timestamp in a token, found genuine and covering the chain of
            *intact*, or raises why not.

    Returns:
        The timestamp, if it was the time that counted.

    Raises:
        UntrustedError: with outcome TIMESTAMP: it was not, or a needed timestamp is missing or not genuine.
    """
    if intact.scheme is SigningScheme.X509_SIGNING_AUTHORITY:
        intact.chain.check_valid_at(intact.signed.signing_time)
    elif needs_timestamp(intact, policy, at):
        token = intact.envelope.unsigned.timestamp_signature
        if token is None:
            raise UntrustedError(
                "no timestamp countersignature was found in the signature envelope",
                hint='sign with a timestamp, or set "verifyTimestamp" to "afterCertExpiry"',
                outcome=Outcome.TIMESTAMP,
            )
        return countersignature(token)
    else:
        intact.chain.check_valid_at(at)
    return None


def needs_timestamp(intact: IntactEnvelope, policy: TrustPolicy, at: datetime) -> bool:
    """Return whether the timestamp token has to be evaluated (TSA-015)."""
    if not policy.stores_of(TrustStoreType.TSA):
        return False
    return policy.verify_timestamp is VerifyTimestamp.ALWAYS or intact.chain.not_after < at


def check_target(intact: IntactEnvelope, target: Descriptor) -> None:
    """Return if the signed payload is about *target*: media type, digest and size (PAY-015).

    Raises:
        UntrustedError: with outcome INTEGRITY: it is about something else.
    """
    if not intact.payload.target.same_content(target):
        raise UntrustedError(
            "content descriptor mismatch",
            hint="the signature is genuine but belongs to another artifact",
            outcome=Outcome.INTEGRITY,
        )


def check_blob(intact: IntactEnvelope, target: Descriptor) -> None:
    """Return if the signed payload is about the blob *target*: digest, size, media type if given (PAY-016).

    Raises:
        UntrustedError: with outcome INTEGRITY: it is about something else.
    """
    signed = intact.payload.target
    is_that_type = target.media_type in {ANY_MEDIA_TYPE, signed.media_type}
    if signed.digest != target.digest or signed.size != target.size or not is_that_type:
        wanted = f"a blob of {signed.size} bytes with the media type {signed.media_type[:128]!r}"
        raise UntrustedError(
            "integrity check failed. signature does not match the given blob",
            hint=f"the signature is genuine, and about {wanted} and the digest {signed.digest}",
            outcome=Outcome.INTEGRITY,
        )
