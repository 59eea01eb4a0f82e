# SPDX-License-Identifier: Apache-2.0
"""What is known about the revocation of a certificate, and how it came to be known.

"Unknown", "unavailable" and "no information" are three answers, and none of them is "good".
Every question that was asked is kept, so that a verdict can be explained. Judges no signature.

Spec: trust-store-trust-policy, Certificate Revocation Evaluation.
Requirements: REV-001, REV-005, REV-074, VER-060 to VER-062, R-18.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from ..certificates.certificate import Certificate
from ..errors import NotationError


class Status(StrEnum):
    """The answer for one certificate; the value is the word shown to people and in JSON."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    """Something answered, and what it said is no usable answer, or is that it does not know."""
    UNAVAILABLE = "unavailable"
    """Nobody answered."""
    NO_INFORMATION = "no information"
    """The certificate names neither an OCSP responder nor a CRL, so nobody can revoke it (REV-003)."""
    NOT_REVOCABLE = "not revocable"
    """The root, which is trusted or not, but never asked about (REV-001)."""


class Method(StrEnum):
    """How a status was found, in the Go program's words."""

    NONE = ""
    OCSP = "OCSP"
    CRL = "CRL"
    OCSP_FALLBACK_CRL = "OCSPFallbackCRL"


class Reason(IntEnum):
    """CRLReason of RFC 5280 section 5.3.1."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


def reason_word(reason: Reason | None) -> str:
    """Return *reason* as people read it, such as `key compromise`."""
    return "no reason given" if reason is None else reason.name.lower().replace("_", " ")


class Revocation(NamedTuple):
    """That and when a certificate was revoked.

    Attributes:
        revoked_at: UTC. reason: None if the issuer gave none.
        invalid_from: the invalidity date, UTC, or None.
    """

    revoked_at: datetime
    reason: Reason | None = None
    invalid_from: datetime | None = None


class Attempt(NamedTuple):
    """One question and what came of it.

    Attributes:
        method: OCSP or CRL. url: what was asked.
        status: what this attempt alone says. error: why it says nothing usable, or None.
        revocation: given when the status is REVOKED, or when a revocation was found and forgiven.
        source: `network` or `cache`.
        valid_until: nextUpdate of the answer, UTC, if there was an answer.
        note: a remark for people, such as that the entry was forgiven and why; empty for none.
        cache_note: what was wrong with the list in the cache, so that the network was asked; or empty.
    """

    method: Method
    url: str
    status: Status
    error: NotationError | None = None
    revocation: Revocation | None = None
    source: str = "network"
    valid_until: datetime | None = None
    note: str = ""
    cache_note: str = ""


class CertificateRevocation(NamedTuple):
    """The status of one certificate, with the attempts that led to it, in order."""

    certificate: Certificate
    status: Status
    method: Method = Method.NONE
    attempts: tuple[Attempt, ...] = ()


class ChainRevocation(NamedTuple):
    """The status of each certificate of a chain, leaf first, root last."""

    certificates: tuple[CertificateRevocation, ...]

    @property
    def is_good(self) -> bool:
        """Whether no certificate is revoked, unknown or unavailable."""
        bad = {Status.REVOKED, Status.UNKNOWN, Status.UNAVAILABLE}
        return all(entry.status not in bad for entry in self.certificates)

    @property
    def lacking_information(self) -> tuple[Certificate, ...]:
        """The certificates below the root that nobody can revoke."""
        return tuple(
            entry.certificate for entry in self.certificates if entry.status is Status.NO_INFORMATION
        )
