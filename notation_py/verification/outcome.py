# SPDX-License-Identifier: Apache-2.0
"""What a verification found: every check's result as data, and the loop that enforces a level.

A result is never true or false by itself: `accepted` has to be asked for, and `bool()` of
an outcome is an error, so that a forgotten comparison cannot read as a yes.

Spec: trust-store-trust-policy, Signature Verification. Requirements: VER-020, VER-022, VER-080, VER-081,
PLG-105, SEC-004, R-38, R-39.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from ..descriptor import Descriptor
from ..envelope.integrity import IntactEnvelope
from ..errors import (
    ConfigurationError,
    LimitError,
    MalformedError,
    NotationError,
    Outcome,
    PluginError,
    UnavailableError,
    UntrustedError,
)
from ..trust.level import Action, Validation, VerificationLevel

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when there is a timestamp, or somebody to ask about revocation
    from ..revocation.status import ChainRevocation
    from ..timestamp.countersignature import VerifiedTimestamp
    from .extended import PluginVerdict

Step = tuple[Validation, Callable[[], None]]
"""A named check that returns or raises."""

FORGIVABLE = (UntrustedError, MalformedError, UnavailableError, ConfigurationError, LimitError)
"""What a check may raise to say no, and the action `log` forgives."""

VERDICTS = (*FORGIVABLE, PluginError)
"""What a check may raise to say no."""


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """One validation: what the level wanted, and why it failed, if it did."""

    validation: Validation
    action: Action
    error: NotationError | None

    @property
    def is_decisive(self) -> bool:
        """Whether this failure ends the verification; of a plugin or a defect it does (PLG-105, SEC-004)."""
        return self.error is not None and (
            self.action is Action.ENFORCE or not isinstance(self.error, FORGIVABLE)
        )


@dataclass(frozen=True, slots=True)
class VerificationOutcome:
    """The verdict about one signature, with every reason.

    Attributes:
        policy_name: the statement that applied. level: the level it set.
        envelope: the verified content, or None when integrity failed or nothing was examined.
        results: one per validation performed, in order.
        refusal: why the signature is not accepted, or None.
        manifest: the signature manifest, where the signature came from a repository.
        timestamp: the verified timestamp, where one decided which time counts.
        revocation: what was found out about each signing certificate; None if nobody was asked.
        authority_revocation: the same about the certificates of the authority of a genuine timestamp.
        plugin: what the verification plugin that the signature names vouched for; None if none was started.
    """

    policy_name: str
    level: VerificationLevel
    envelope: IntactEnvelope | None
    results: tuple[ValidationResult, ...]
    refusal: NotationError | None
    manifest: Descriptor | None = None
    timestamp: VerifiedTimestamp | None = None
    revocation: ChainRevocation | None = None
    authority_revocation: ChainRevocation | None = None
    plugin: PluginVerdict | None = None

    @property
    def accepted(self) -> bool:
        """Whether the signature verified, or the policy says not to look at signatures."""
        return self.refusal is None

    @property
    def word(self) -> Outcome:
        """The verdict as a word of the closed set (R-38)."""
        if self.refusal is not None:
            return self.refusal.outcome
        return Outcome.SKIPPED if self.level.skips_everything else Outcome.VERIFIED

    @property
    def logged_failures(self) -> tuple[ValidationResult, ...]:
        """The validations that failed and were only logged (VER-081)."""
        return tuple(result for result in self.results if result.error is not None and not result.is_decisive)

    def __bool__(self) -> NoReturn:
        raise TypeError("a verification outcome is neither true nor false: ask for .accepted")


class VerificationFailedError(UntrustedError):
    """No signature of the artifact verified; `outcomes` holds the verdict about each one examined."""

    def __init__(
        self, message: str, outcomes: tuple[VerificationOutcome, ...], *, hint: str | None, outcome: Outcome
    ) -> None:
        super().__init__(message, hint=hint, outcome=outcome)
        self.outcomes = outcomes


def run_steps(steps: Iterable[Step], level: VerificationLevel) -> Iterator[ValidationResult]:
    """Yield the result of each step, as *level* demands, until one failure is decisive (VER-020).

    An exception that no check means is a failure of this signature, at every level (SEC-004).
    """
    for validation, check in steps:
        action = level.actions[validation]
        error: NotationError | None = None
        if action is not Action.SKIP:
            try:
                check()
            except VERDICTS as verdict:
                error = verdict
            except NotationError:
                raise
            except Exception as defect:  # noqa: BLE001  ours, a port's or a plugin's: never a success
                error = NotationError(f"internal error: {type(defect).__name__}")
        result = ValidationResult(validation, action, error)
        yield result
        if result.is_decisive:
            return
