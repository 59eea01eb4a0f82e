# SPDX-License-Identifier: Apache-2.0
"""The timestamp countersignature of a signature, checked against the policy's `tsa` stores.

Joins what knows tokens with what knows revocation: the token is genuine, is about this signature, its
whole window of time lies within the validity of every signing certificate, and nobody has revoked the
authority. Whether a token has to be there at all is decided in `checks`.

Spec: trust-store-trust-policy, Validate Authentic Timestamp; RFC 3161.
Requirements: TSA-016, TSA-020 to TSA-035.
"""

from __future__ import annotations

from datetime import datetime

from ..certificates.chain import CertificateChain
from ..certificates.requirements import Purpose
from ..envelope.integrity import IntactEnvelope
from ..errors import MalformedError, Outcome, UntrustedError
from ..revocation.chain import check_chain, check_not_revoked, refusal
from ..revocation.sources import RevocationSources
from ..timestamp.countersignature import VerifiedTimestamp, verify_countersignature
from ..timestamp.token import TimestampToken
from ..trust.statement import TrustPolicy
from ..trust.store import TrustStore, TrustStoreType
from .checks import trust_anchors

_HINT = "the timestamp was damaged, or is about another signature, or its authority is not in the trust store"


def check_countersignature(
    data: bytes,
    intact: IntactEnvelope,
    policy: TrustPolicy,
    store: TrustStore,
    revocation: RevocationSources | None,
    *,
    at: datetime,
) -> VerifiedTimestamp:
    """Return what the token *data* says, once it is trusted under *policy* and covers the chain of *intact*.

    Args:
        at: now; the authority's certificates are judged at the token's time, their revocation now.

    Raises:
        UntrustedError: with outcome TIMESTAMP: it is damaged, about something else, or not to be trusted.
        ConfigurationError: a trust store cannot be read.
    """
    try:
        token = TimestampToken.parse(data)
    except MalformedError as error:
        raise _refused("failed to parse timestamp countersignature", error) from error
    anchors = trust_anchors(policy, store, TrustStoreType.TSA)
    try:
        stamp = verify_countersignature(token, intact.envelope.signature, anchors, at=at)
    except (MalformedError, UntrustedError) as error:
        raise _refused("failed to verify the timestamp countersignature", error) from error
    stamp.check_covers(intact.chain)
    try:
        check_authority_not_revoked(stamp.chain, revocation, at=at)
    except UntrustedError as error:
        raise UntrustedError(error.message, hint=error.hint, outcome=Outcome.TIMESTAMP) from error
    return stamp


def check_authority_not_revoked(
    chain: CertificateChain, revocation: RevocationSources | None, *, at: datetime
) -> None:
    """Return if no certificate of an authority's *chain* is revoked or of unknown status (TSA-032).

    Raises:
        UntrustedError: one is; names the leaf-most.
    """
    if revocation is None:
        check_not_revoked(chain)
        return
    error = refusal(check_chain(chain, revocation, at=at), revocation, Purpose.TIMESTAMPING)
    if error is not None:
        raise error


def _refused(what: str, error: MalformedError | UntrustedError) -> UntrustedError:
    return UntrustedError(
        f"{what} with error: {error.message}", hint=error.hint or _HINT, outcome=Outcome.TIMESTAMP
    )
