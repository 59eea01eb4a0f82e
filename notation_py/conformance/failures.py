# SPDX-License-Identifier: Apache-2.0
"""From an error of the library to the checks that refused, in the words of the protocol.

Spec: conformance/PROTOCOL.md, Checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import ConfigurationError, NotationError, Outcome, PluginError
from ..verification.outcome import VerificationFailedError, VerificationOutcome
from .reading import checks_of

_BY_OUTCOME: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.INTEGRITY: "integrity",
        Outcome.AUTHENTICITY: "authenticity",
        Outcome.EXPIRED: "expiry",
        Outcome.TIMESTAMP: "authenticTimestamp",
        Outcome.REVOKED: "revocation",
        Outcome.REVOCATION_UNKNOWN: "revocation",
        Outcome.POLICY: "policy",
        Outcome.NO_SIGNATURE: "no-signature",
        Outcome.LIMIT: "limit",
        Outcome.REGISTRY: "registry",
        Outcome.AUTH: "registry",
        Outcome.UNAVAILABLE: "registry",
        Outcome.PLUGIN: "plugin",
        Outcome.USAGE: "usage",
    }
)


def refusal_of(error: NotationError) -> tuple[frozenset[str], str]:
    """Return the checks that refused according to *error*, and the sentence that says why."""
    if isinstance(error, VerificationFailedError) and error.outcomes:
        found = frozenset(check for outcome in error.outcomes for check in _of_outcome(outcome))
        first = error.outcomes[0].refusal
        beyond = {"limit"} if error.outcome is Outcome.LIMIT else set()
        return found | beyond, str(first or error)
    return _named(error), str(error)


def _of_outcome(outcome: VerificationOutcome) -> frozenset[str]:
    refusal = outcome.refusal
    decisive = [result.validation.value for result in outcome.results if result.is_decisive]
    if refusal is None:
        return frozenset()
    if not decisive:
        return _named(refusal)
    found = set(decisive)
    if isinstance(refusal, ConfigurationError):
        found.add("trust-store")
    if isinstance(refusal, PluginError):
        found.add("plugin")
    if decisive == ["integrity"]:  # what could not be fetched or read as a manifest is reported so
        found |= {_BY_OUTCOME[refusal.outcome]} & {"registry", "limit"}
    return frozenset(found)


def _named(error: NotationError) -> frozenset[str]:
    named = checks_of(str(error))
    return named or frozenset({_BY_OUTCOME[error.outcome]} if error.outcome in _BY_OUTCOME else ())
