# SPDX-License-Identifier: Apache-2.0
"""Having a new signature stamped: asked for, checked as a verifier will, and only then attached.

Whatever goes wrong, no signature is made: one without the timestamp that was asked for would be
taken for good until the day its certificate expires.

Spec: signing-and-verification-workflow; RFC 3161 section 2.4.
Requirements: ALG-007, TSA-001, TSA-007 to TSA-010, SGN-009, R-21.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..certificates.certificate import Certificate
from ..certificates.chain import CertificateChain
from ..certificates.requirements import Purpose
from ..digest import HashAlgorithm
from ..envelope.integrity import IntactEnvelope
from ..errors import NotationError, SigningError, UsageError
from ..revocation.chain import Naming, check_chain, refusal
from ..revocation.sources import RevocationSources
from ..timestamp.countersignature import VerifiedTimestamp, check_window, verify_countersignature
from ..timestamp.exchange import Timestamper, TimestampRequest, token_from_response
from ..timestamp.token import TimestampToken


@dataclass(frozen=True, slots=True)
class Timestamping:
    """Whom to ask for timestamps, and how to tell that the answer is theirs.

    Attributes:
        roots: that the authority's certificates have to lead to; at least one.
        check_revocation: returns if no certificate of the authority's chain is revoked or of unknown
            status at the given time, else raises an error of ours; `revocation_check` makes one. Has no
            default, so that nobody forgets to ask.
        nonce: returns a fresh random number below `exchange.NONCE_LIMIT` at every call.
    """

    timestamper: Timestamper
    roots: tuple[Certificate, ...]
    check_revocation: Callable[[CertificateChain, datetime], None]
    nonce: Callable[[], int]

    def __post_init__(self) -> None:
        """Raises UsageError: no roots (TSA-007)."""
        if not self.roots:
            raise UsageError("timestamping: tsa root certificate is missing")


def revocation_check(sources: RevocationSources) -> Callable[[CertificateChain, datetime], None]:
    """Return what asks *sources* about an authority's chain; it raises UntrustedError unless all is good."""

    def check(chain: CertificateChain, at: datetime) -> None:
        error = refusal(check_chain(chain, sources, at=at), sources, Purpose.TIMESTAMPING, Naming.ROOT_MOST)
        if error is not None:
            raise error

    return check


def timestamped(
    signature: bytes,
    hash: HashAlgorithm,  # noqa: A002  as in the request
    timestamping: Timestamping,
    *,
    at: datetime,
) -> VerifiedTimestamp:
    """Return a timestamp over *signature*, whose `token.der` is what the authority sent, verified.

    Args:
        signature: the primitive signature. hash: that of its algorithm.
        at: now, aware: when the authority's certificates have to be valid, beside the token's time.

    Raises:
        SigningError: there is no timestamp, or none to be trusted; with the outcome of the cause.
    """
    try:
        request = TimestampRequest.of(signature, hash, timestamping.nonce())
        token = token_from_response(timestamping.timestamper.timestamp(request.to_der()), request)
        stamp = verify_countersignature(TimestampToken.parse(token), signature, timestamping.roots, at=at)
        stamp.chain.check_valid_at(at)
        timestamping.check_revocation(stamp.chain, at)
    except NotationError as error:
        raise _failed(error) from error
    return stamp


def check_attached(intact: IntactEnvelope) -> None:
    """Return if the new envelope *intact* has a token whose time suits its certificates (TSA-031).

    A verifier would refuse it otherwise, so it is not released: an authority's clock may be behind, or
    the signing certificate just issued.

    Raises:
        SigningError: with outcome TIMESTAMP: no token, or one that does not suit them.
    """
    try:
        token = TimestampToken.parse(intact.envelope.unsigned.timestamp_signature or b"")
        check_window(token.info, intact.chain)
    except NotationError as error:
        raise _failed(error) from error


def _failed(error: NotationError) -> SigningError:
    return SigningError(f"timestamp: {error.message}", hint=error.hint, outcome=error.outcome)
