# SPDX-License-Identifier: Apache-2.0
"""Verification levels: which validation is enforced, logged or skipped.

The levels and what may be overridden are tables. How a policy document spells them is in
`policy`, what a validation does is in `verification`; here they are only names.

Spec: trust-store-trust-policy, Signature Verification Details. Requirements: TP-030 to TP-034, VER-020, R-40.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from ..errors import MalformedError, Outcome
from ..reference import go_quote


class Validation(StrEnum):
    """What is validated, in the order in which it is done."""

    INTEGRITY = "integrity"
    AUTHENTICITY = "authenticity"
    AUTHENTIC_TIMESTAMP = "authenticTimestamp"
    EXPIRY = "expiry"
    REVOCATION = "revocation"


class Action(StrEnum):
    """What a failed validation means: refuse, say so and go on, or do not look."""

    ENFORCE = "enforce"
    LOG = "log"
    SKIP = "skip"


_STRENGTH = {Action.SKIP: 0, Action.LOG: 1, Action.ENFORCE: 2}


class VerificationLevel(NamedTuple):
    """An action for every validation.

    Attributes:
        name: `strict`, `permissive`, `audit`, `skip`, or `custom` for one that was changed by overrides.
    """

    name: str
    actions: Mapping[Validation, Action]

    @property
    def skips_everything(self) -> bool:
        """Whether nothing is verified at this level, not even integrity."""
        return self.actions[Validation.INTEGRITY] is Action.SKIP

    def weaker_than(self, minimum: VerificationLevel) -> tuple[Validation, ...]:
        """Return the validations that are treated more weakly than at *minimum* (R-40)."""
        return tuple(
            validation
            for validation, action in minimum.actions.items()
            if _STRENGTH[self.actions[validation]] < _STRENGTH[action]
        )

    def is_at_least(self, minimum: VerificationLevel) -> bool:
        """Return whether no validation is treated more weakly than at *minimum* (R-40)."""
        return not self.weaker_than(minimum)

    def overridden(self, override: Mapping[str, str]) -> VerificationLevel:
        """Return the level named `custom` with the actions of *override* in place of this one's (TP-034).

        Args:
            override: validation to action, as a policy spells them; empty means no change.

        Raises:
            MalformedError: with outcome CONFIG: this level or that validation cannot be changed, or a
                word is unknown.
        """
        if not override:
            return self
        if self.skips_everything:
            raise _refused(
                f"signature verification level {go_quote(self.name)} can't be used to customize "
                "signature verification"
            )
        actions = dict(self.actions)
        for kind, wanted in override.items():
            validation, action = _validation(kind), _action(wanted)
            if validation not in OVERRIDES:
                raise _refused(
                    f"{go_quote(kind)} verification can not be overridden in custom signature verification"
                )
            if action not in OVERRIDES[validation]:
                raise _refused(
                    f"{go_quote(kind)} verification can not be skipped in custom signature verification"
                )
            actions[validation] = action
        return VerificationLevel("custom", MappingProxyType(actions))


def _level(name: str, *actions: Action) -> VerificationLevel:
    return VerificationLevel(name, MappingProxyType(dict(zip(Validation, actions, strict=True))))


_E, _L, _S = Action.ENFORCE, Action.LOG, Action.SKIP
STRICT = _level("strict", _E, _E, _E, _E, _E)
PERMISSIVE = _level("permissive", _E, _E, _L, _L, _L)
AUDIT = _level("audit", _E, _L, _L, _L, _L)
SKIP = _level("skip", _S, _S, _S, _S, _S)

LEVELS: Mapping[str, VerificationLevel] = MappingProxyType(
    {level.name: level for level in (STRICT, PERMISSIVE, AUDIT, SKIP)}
)

OVERRIDES: Mapping[Validation, frozenset[Action]] = MappingProxyType(
    {
        Validation.AUTHENTICITY: frozenset({_E, _L}),
        Validation.AUTHENTIC_TIMESTAMP: frozenset({_E, _L}),
        Validation.EXPIRY: frozenset({_E, _L}),
        Validation.REVOCATION: frozenset({_E, _L, _S}),
    }
)
"""The actions that `override` may ask for; what is absent cannot be overridden (TP-034)."""


def level_named(name: str) -> VerificationLevel:
    """Return the level that a policy calls *name* (TP-030).

    Raises:
        MalformedError: with outcome CONFIG: empty or unknown; case counts.
    """
    if not name:
        raise _refused("signature verification level is empty or missing in the trust policy statement")
    if name not in LEVELS:
        raise _refused(
            f"invalid signature verification level {go_quote(name)}", hint=f"write one of {', '.join(LEVELS)}"
        )
    return LEVELS[name]


def _validation(text: str) -> Validation:
    try:
        return Validation(text)
    except ValueError as error:
        raise _unsupported("type", text, [member.value for member in Validation]) from error


def _action(text: str) -> Action:
    try:
        return Action(text)
    except ValueError as error:
        raise _unsupported("action", text, [member.value for member in Action]) from error


def _unsupported(what: str, text: str, supported: list[str]) -> MalformedError:
    values = " ".join(go_quote(value) for value in supported)
    return _refused(
        f"verification {what} {go_quote(text)} in custom signature verification is not supported, "
        f"supported values are [{values}]"
    )


def _refused(message: str, hint: str | None = None) -> MalformedError:
    return MalformedError(message, hint=hint, outcome=Outcome.CONFIG)
