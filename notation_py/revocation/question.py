# SPDX-License-Identifier: Apache-2.0
"""One certificate, one issuer and the moments that matter: what is asked, and what an answer then means.

OCSP responses and CRLs come here with what they say, once they are known to be genuine and current.
Only a date that the issuer gave is ever compared with a time that somebody trusted vouches for.

Spec: RFC 5280 section 5.3; trust-store-trust-policy, Certificate Revocation Evaluation.
Requirements: REV-025, REV-027, REV-051, REV-071, REV-072, REV-075, TSA-035, R-16, R-18, R-22.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..certificates.certificate import Certificate
from ..errors import Outcome, UntrustedError
from .sources import RevocationLimits
from .status import Reason, Revocation, Status, reason_word

_HARMLESS = (
    Reason.AFFILIATION_CHANGED,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
    Reason.PRIVILEGE_WITHDRAWN,
)
"""Stated reasons that say nothing against the key. No reason and "unspecified" may hide a compromise."""


class Answer(NamedTuple):
    """What one genuine and current source says: GOOD, REVOKED or, for OCSP, UNKNOWN.

    Attributes:
        revocation: also given when it was forgiven. valid_until: UTC. note: a remark for people.
    """

    status: Status
    valid_until: datetime
    revocation: Revocation | None = None
    note: str = ""


class Question(NamedTuple):
    """Whether *certificate*, which *issuer* issued, is revoked.

    Attributes:
        at: now, UTC. signed_at: an authentic signing time, or None (REV-027).
        stamped_at: the latest moment a trusted timestamp allows for the signature, if a revocation after
            it may be forgiven, else None (R-22).
    """

    certificate: Certificate
    issuer: Certificate
    at: datetime
    limits: RevocationLimits
    signed_at: datetime | None = None
    stamped_at: datetime | None = None

    def pardon(self, revocation: Revocation) -> str:
        """Return why *revocation* does not concern what was signed, or an empty text if it does."""
        since = revocation.invalid_from
        if self.signed_at is not None and since is not None and self.signed_at < since:
            return "signed before the date from which the certificate is invalid"
        if self.stamped_at is None or revocation.reason not in _HARMLESS:
            return ""
        if self.stamped_at < min(revocation.revoked_at, since or revocation.revoked_at):
            return f"revoked after the trusted timestamp, as {reason_word(revocation.reason)}"
        return ""

    def check_window(self, what: str, this_update: datetime, next_update: datetime | None) -> datetime:
        """Return the end of the window from *this_update* to *next_update*, if the question falls in it.

        Raises:
            UntrustedError: too late, too early, without an end, or older than the limits allow.
        """
        if next_update is None:
            raise unusable(f"expired {what}: it does not say until when it holds")
        if self.at > next_update:
            raise unusable(f"expired {what}: it held until {next_update:%Y-%m-%dT%H:%M:%SZ}")
        if this_update > self.at + self.limits.clock_skew:
            raise unusable(f"{what} is from the future: {this_update:%Y-%m-%dT%H:%M:%SZ}")
        if this_update > next_update:
            raise unusable(f"{what} ends before it begins")
        if self.at - this_update > self.limits.max_age:
            raise unusable(
                f"{what} is older than {self.limits.max_age.days} days, though it claims to hold until "
                f"{next_update:%Y-%m-%dT%H:%M:%SZ}"
            )
        return next_update


def unusable(message: str) -> UntrustedError:
    """Return the error that says why an answer about revocation decides nothing."""
    return UntrustedError(message, outcome=Outcome.REVOCATION_UNKNOWN)
