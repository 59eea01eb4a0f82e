# SPDX-License-Identifier: Apache-2.0
"""The timestamp countersignature of a signature, checked against the policy's `tsa` stores.

Joins what knows tokens with what knows revocation: the token is genuine, is about this signature, its
whole window of time lies within the validity of every signing certificate, and nobody has revoked the
authority. Whether a token has to be there at all is decided in `checks`.

Spec: trust-store-trust-policy, Validate Authentic Timestamp; RFC 3161.
Requirements: SCH-006, TSA-016, TSA-020 to TSA-035.
"""

from __future__ import annotations

from datetime import datetime

from ..certificates.requirements import Purpose
from ..envelope.integrity import IntactEnvelope
from ..errors import MalformedError, Outcome, UntrustedError
from ..revocation.chain import check_chain, check_not_revoked, refusal
from ..revocation.sources import RevocationSources
from ..revocation.status import ChainRevocation
from ..timestamp.countersignature import VerifiedTimestamp, verify_countersignature
from ..timestamp.token import TimestampToken
from ..trust.statement import TrustPolicy
from ..trust.store import TrustStore, TrustStoreType
from .checks import trust_anchors

_HINT = "the timestamp was damaged, or is about another signature, or its authority is not in the trust store"


def check_countersignature(
    data: bytes, intact: IntactEnvelope, policy: TrustPolicy, store: TrustStore, *, at: datetime
) -> VerifiedTimestamp:
    """Return what the token *data* says, once it is trusted under *policy* and covers the chain of *intact*.

    Nobody has been asked then whether the authority is revoked.

    Args:
        at: now; the authority's certificates are judged at the token's time.

    Raises:
        UntrustedError: with outcome TIMESTAMP: it is damaged, about something else, or not to be trusted.
        ConfigurationError: a trust store cannot be read.
    """
    try:
        token = TimestampToken.parse(data)
    except MalformedError as error:
        raise _refused("failed to parse timestamp countersignature", error) from error
    try:
        anchors = trust_anchors(policy, store, TrustStoreType.TSA)
        stamp = verify_countersignature(token, intact.envelope.signature, anchors, at=at)
    except (MalformedError, UntrustedError) as error:
        raise _refused("failed to verify the timestamp countersignature", error) from error
    stamp.check_covers(intact.chain)
    return stamp


def ask_about_authority(
    stamp: VerifiedTimestamp, sources: RevocationSources | None, *, at: datetime
) -> ChainRevocation | None:
    """Return what *sources* say about the authority of *stamp*, now; None without sources (TSA-032)."""
    return check_chain(stamp.chain, sources, at=at) if sources is not None else None


def check_authority(
    stamp: VerifiedTimestamp, found: ChainRevocation | None, sources: RevocationSources | None
) -> None:
    """Return if *found* says that no certificate of the authority of *stamp* is revoked or of unknown status.

    Raises:
        UntrustedError: with outcome TIMESTAMP: one is; names the leaf-most.
    """
    try:
        if found is None or sources is None:
            check_not_revoked(stamp.chain, Purpose.TIMESTAMPING)
        elif (problem := refusal(found, sources, Purpose.TIMESTAMPING)) is not None:
            raise problem
    except UntrustedError as error:
        raise UntrustedError(error.message, hint=error.hint, outcome=Outcome.TIMESTAMP) from error


def _refused(what: str, error: MalformedError | UntrustedError) -> UntrustedError:
    return UntrustedError(
        f"{what} with error: {error.message}", hint=error.hint or _HINT, outcome=Outcome.TIMESTAMP
    )
