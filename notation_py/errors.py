# SPDX-License-Identifier: Apache-2.0
"""One error root, with families by who must act.

Every failure that a caller can meet derives from `NotationError`. The family says
who has to act; `outcome` says, in one word of a closed set, what the failure means
for a pipeline; `hint` says what to do next. Knows nothing about printing.

Spec: security contract 2.8 R-38, 4.0. Requirements: VER-080, SEC-004.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The closed set of words a verification or an operation can end with (R-38)."""

    VERIFIED = "VERIFIED"
    SKIPPED = "SKIPPED"
    INTEGRITY = "INTEGRITY"
    AUTHENTICITY = "AUTHENTICITY"
    EXPIRED = "EXPIRED"
    TIMESTAMP = "TIMESTAMP"
    REVOKED = "REVOKED"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    POLICY = "POLICY"
    NO_SIGNATURE = "NO_SIGNATURE"
    LIMIT = "LIMIT"
    REGISTRY = "REGISTRY"
    AUTH = "AUTH"
    PLUGIN = "PLUGIN"
    CONFIG = "CONFIG"
    USAGE = "USAGE"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class NotationError(Exception):
    """Root of every error this package raises on purpose.

    Attributes:
        message: what happened, where and why, in one line without a full stop.
        hint: what to do next, or None.
        outcome: the word of the closed set that this failure counts as.
    """

    default_outcome = Outcome.INTERNAL

    def __init__(self, message: str, *, hint: str | None = None, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.outcome = outcome or self.default_outcome


class UsageError(NotationError):
    """The caller passed something that cannot be meant."""

    default_outcome = Outcome.USAGE


class ConfigurationError(NotationError):
    """A local file or directory has to be mended by its administrator."""

    default_outcome = Outcome.CONFIG


class MalformedError(NotationError):
    """Whoever produced these bytes produced something the specification does not allow.

    Attributes:
        at: dotted path of the faulty place inside the document, such as
            `trustPolicies[2].registryScopes[0]`; empty for the whole document.
    """

    default_outcome = Outcome.INTEGRITY

    def __init__(
        self, message: str, *, at: str = "", hint: str | None = None, outcome: Outcome | None = None
    ) -> None:
        # A place is made of names that whoever wrote the document chose; a line end in one forges a line.
        place = at if at.isprintable() else repr(at)[1:-1]
        super().__init__(f"{place}: {message}" if place else message, hint=hint, outcome=outcome)
        self.at = at


class UnavailableError(NotationError):
    """The network or a server did not answer usefully; trying again may help."""

    default_outcome = Outcome.UNAVAILABLE


class RegistryError(NotationError):
    """A registry or layout answered with something that must not be used."""

    default_outcome = Outcome.REGISTRY


class NotFoundError(RegistryError):
    """The registry or layout says that the thing asked for is not there."""


class LimitError(NotationError):
    """A budget of count, bytes, depth or time was reached (R-10)."""

    default_outcome = Outcome.LIMIT


class PluginError(NotationError):
    """A plugin is missing or misbehaved, or refused.

    Attributes:
        code: why the plugin refused, in the words of the plugin contract; empty if it did not say.
    """

    default_outcome = Outcome.PLUGIN

    def __init__(
        self, message: str, *, hint: str | None = None, outcome: Outcome | None = None, code: str = ""
    ) -> None:
        super().__init__(message, hint=hint, outcome=outcome)
        self.code = code


class SigningError(NotationError):
    """A signature could not be made."""


class UntrustedError(NotationError):
    """The answer is no."""

    default_outcome = Outcome.AUTHENTICITY
