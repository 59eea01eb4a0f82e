# SPDX-License-Identifier: Apache-2.0
"""What became of one reference on the command line of `verify`, or of the blob of `blob verify`.

Values for those who show them, as text or as JSON. Decides nothing.

Spec: contract/cli.md 7.2, 7.14; security contract R-38. Requirements: VER-009, VER-080.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..descriptor import Descriptor
from ..errors import NotationError, Outcome
from ..trust.statement import TrustPolicy
from ..verification.outcome import VerificationFailedError, VerificationOutcome

TYPE_CHECKING = False
if TYPE_CHECKING:  # of an artifact or of a blob, never both
    from ..verification.artifact import VerifiedArtifact
    from ..verification.blob import VerifiedBlob
    from .targets import Target


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one reference: the artifact verified, or why there is no such answer."""

    reference: str
    target: Target | None
    policy: TrustPolicy | None
    verified: VerifiedArtifact | None
    error: NotationError | None

    @property
    def word(self) -> Outcome:
        """The verdict as a word of the closed set."""
        if self.error is not None:
            return self.error.outcome
        return self.verified.outcome.word if self.verified is not None else Outcome.INTERNAL

    @property
    def artifact(self) -> str:
        """The artifact by digest, or an empty text if it was not resolved."""
        return self.target.resolved if self.target is not None else ""

    @property
    def content(self) -> Descriptor | None:
        """What the artifact is, if it was resolved."""
        return self.target.descriptor if self.target is not None else None

    @property
    def outcomes(self) -> tuple[VerificationOutcome, ...]:
        """The verdict about each signature examined, the deciding one last."""
        if self.verified is not None:
            decided = self.verified.outcome
            return (*self.verified.failures, *((decided,) if decided.results else ()))
        return _outcomes_of(self.error)


@dataclass(frozen=True, slots=True)
class BlobVerdict:
    """What became of one blob: verified, or why there is no such answer."""

    reference: str
    policy: TrustPolicy | None
    verified: VerifiedBlob | None
    error: NotationError | None

    @property
    def word(self) -> Outcome:
        """The verdict as a word of the closed set."""
        if self.error is not None:
            return self.error.outcome
        return self.verified.outcome.word if self.verified is not None else Outcome.INTERNAL

    @property
    def artifact(self) -> str:
        """Nothing: a path does not resolve to anything that would stay what it is."""
        return ""

    @property
    def content(self) -> Descriptor | None:
        """What the signature says the blob is, and it is."""
        return self.verified.target if self.verified is not None else None

    @property
    def outcomes(self) -> tuple[VerificationOutcome, ...]:
        """The verdict about the signature, if it was examined."""
        if self.verified is not None:
            return (self.verified.outcome,) if self.verified.outcome.results else ()
        return _outcomes_of(self.error)


def _outcomes_of(error: NotationError | None) -> tuple[VerificationOutcome, ...]:
    return error.outcomes if isinstance(error, VerificationFailedError) else ()


Judged = Verdict | BlobVerdict
"""A verdict as it is written down, whatever it is about."""
