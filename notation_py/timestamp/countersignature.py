# SPDX-License-Identifier: Apache-2.0
"""A timestamp token over a signature: genuine, about that signature, and from a trusted authority.

`VerifiedTimestamp` is made here and nowhere else. It says when the signature existed at the latest,
and nothing about when it was made (ATTR-018). Revocation is asked about by the caller.

Spec: RFC 3161 section 2.4; trust-store-trust-policy, Validate Authentic Timestamp.
Requirements: TSA-021, TSA-023 to TSA-031, TSA-035, ATTR-018, R-21.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..certificates.certificate import Certificate
from ..certificates.chain import CertificateChain, rfc1123
from ..certificates.path import path_to_anchor
from ..certificates.requirements import Purpose
from ..errors import MalformedError, Outcome, UntrustedError
from ..reference import go_quote
from .signer import check_signature, only_signer, signing_certificate, signing_time
from .token import TimestampToken, TSTInfo

CLOCK_TOLERANCE = timedelta(minutes=5)
"""By which an authority's clock may be ahead of ours; a time beyond is in the future (attack 92)."""


class VerifiedTimestamp(NamedTuple):
    """A token that is genuine and about the signature it was checked with.

    Attributes:
        gen_time: UTC. earliest, latest: UTC: the window that the authority's accuracy leaves.
        chain: the authority's certificates, leaf first, root last, all valid at *gen_time*; nobody
            has asked yet whether they are revoked.
    """

    gen_time: datetime
    earliest: datetime
    latest: datetime
    chain: CertificateChain
    token: TimestampToken

    def check_covers(self, chain: CertificateChain) -> None:
        """Return if the window lies within the validity of *chain* (TSA-031); raises as `check_window`."""
        check_window(self.token.info, chain)


def check_window(info: TSTInfo, chain: CertificateChain) -> None:
    """Return if the whole window of *info* lies within the validity of every certificate of *chain*.

    Raises:
        UntrustedError: with outcome TIMESTAMP: names the first certificate of which it may not be so.
    """
    for certificate in chain.certificates:
        if info.earliest < certificate.not_before:
            raise UntrustedError(
                f"timestamp can be before certificate {go_quote(certificate.subject)} validity period, "
                f"it will be valid from {go_quote(rfc1123(certificate.not_before))}",
                outcome=Outcome.TIMESTAMP,
            )
        if info.latest > certificate.not_after:
            raise UntrustedError(
                f"timestamp can be after certificate {go_quote(certificate.subject)} validity period, "
                f"it was expired at {go_quote(rfc1123(certificate.not_after))}",
                hint="the signature was stamped too late; sign again with a current certificate",
                outcome=Outcome.TIMESTAMP,
            )


def verify_countersignature(
    token: TimestampToken, signature: bytes, anchors: Sequence[Certificate], *, at: datetime
) -> VerifiedTimestamp:
    """Return what *token* proves about *signature*, if one of *anchors* vouches for its authority.

    Args:
        signature: the primitive signature as the envelope holds it: RSASSA-PSS bytes, or ECDSA r || s.
        anchors: roots of timestamping authorities, of trust stores of type `tsa` alone.
        at: now; only a token from the future is judged by it, certificates are by the token's time.

    Raises:
        UntrustedError: with outcome TIMESTAMP.
    """
    try:
        token.check_imprint(signature)
        chain = _verified_chain(token, anchors)
    except (MalformedError, UntrustedError) as error:
        raise UntrustedError(error.message, hint=error.hint, outcome=Outcome.TIMESTAMP) from error
    info = token.info
    if info.earliest - at > CLOCK_TOLERANCE:
        raise UntrustedError(
            f"timestamp {go_quote(rfc1123(info.gen_time))} is in the future",
            hint="check the clock of this machine",
            outcome=Outcome.TIMESTAMP,
        )
    return VerifiedTimestamp(info.gen_time, info.earliest, info.latest, chain, token)


def _verified_chain(token: TimestampToken, anchors: Sequence[Certificate]) -> CertificateChain:
    """Return the chain of the certificate that signed, in the reference's order of checks."""
    try:
        signer = only_signer(token)
        leaf = signing_certificate(token, signer)
    except MalformedError as error:
        raise MalformedError(f"failed to verify signed token: {error.message}") from error
    try:
        chain = path_to_anchor(
            leaf, token.certificates, anchors, at=token.info.gen_time, purpose=Purpose.TIMESTAMPING
        )
        check_signature(token, signer, leaf)
        stated = signing_time(signer)
        if stated is not None:
            _check_stated_time(chain, stated)
    except (MalformedError, UntrustedError) as error:
        raise UntrustedError(
            f"failed to verify signed token: cms verification failure: {error.message}", hint=error.hint
        ) from error
    return chain


def _check_stated_time(chain: CertificateChain, stated: datetime) -> None:
    if not chain.not_before <= stated <= chain.not_after:
        raise UntrustedError(f"signing time, {stated}, is outside certificate's validity period")
