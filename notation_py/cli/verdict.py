# SPDX-License-Identifier: Apache-2.0
"""What became of one reference on the command line of `verify`.

A value for those who show it, as text or as JSON. Decides nothing.

Spec: contract/cli.md 7.2; security contract R-38. Requirements: VER-009, VER-080.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import NotationError, Outcome
from ..trust.statement import TrustPolicy
from ..verification.artifact import VerifiedArtifact
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
