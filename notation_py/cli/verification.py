# SPDX-License-Identifier: Apache-2.0
"""What every verifying command needs: the installed policy, the sources, and the words for a success.

What `verify` and `blob verify` have in common. Knows no target and judges nothing.

Spec: contract/cli.md 7.2, 7.14, 8.3, 9. Requirements: VER-060, VER-080, VER-081, PLG-101, R-14, R-39, R-40.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from ..errors import Outcome, UsageError
from ..reference import go_quote
from ..trust.level import LEVELS, VerificationLevel
from ..trust.statement import TrustPolicy
from ..verification.outcome import VerificationOutcome
from ..verification.signature import Sources
from .plugins import VerificationPlugins
from .revocation import forgiven, revocation_sources
from .session import QUIET, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..adapters.policy_files import PolicyKind


class _Document(Protocol):
    """A trust policy document of either kind."""

    @property
    def warnings(self) -> tuple[str, ...]: ...


Document = TypeVar("Document", bound=_Document)


def check_output(values: Mapping[str, Any]) -> None:
    """Return if `--output` is one of `text` and `json`; raises UsageError."""
    if values["output"] not in {"text", "json"}:
        raise UsageError(
            f"invalid format: {go_quote(values['output'])}", hint="use --output text or --output json"
        )


def minimum_level(values: Mapping[str, Any], session: Session) -> VerificationLevel | None:
    """Return the level that `--min-level` asks for, if it is given (R-40).

    Raises:
        UsageError: it is not the name of a level.
    """
    if "min_level" not in session.given:
        return None
    known = [level.name for level in LEVELS.values() if not level.skips_everything]
    if values["min_level"] not in known:
        raise UsageError(
            f"invalid minimum level {go_quote(values['min_level'])}",
            hint=f"use --min-level with one of {', '.join(known)}",
        )
    return LEVELS[values["min_level"]]


def installed_policies(kind: PolicyKind, parse: Callable[[bytes], Document], session: Session) -> Document:
    """Return the trust policy document of *kind* that is installed here, as *parse* reads it.

    Raises:
        ConfigurationError: there is none that can be used.
    """
    from ..adapters.policy_files import read_policy

    file = read_policy(session.directories, kind, session.strictness, session.warn)
    policies = parse(file.data)
    for warning in policies.warnings:
        session.warn_or_refuse(f"trust policy {file.path}: {warning}", "mend the trust policy")
    return policies


def verification_sources(session: Session) -> Sources:
    """Return trust store, revocation data and plugins as this machine has them."""
    from ..adapters.trust_store import CachedTrustStore, DirectoryTrustStore

    store = CachedTrustStore(DirectoryTrustStore(session.directories, session.strictness, session.warn))
    revocation, plugins = revocation_sources(session), VerificationPlugins(session)
    if session.strictness.value != "hardened":
        return Sources(store, revocation=revocation, plugins=plugins)
    from ..envelope.second_opinion import second_opinion
    from ..verification.hardened import check_rfc5280

    opinions = (second_opinion, check_rfc5280)
    return Sources(store, second_opinions=opinions, revocation=revocation, plugins=plugins)


def explain(
    outcomes: Iterable[VerificationOutcome], policy: TrustPolicy | None, session: Session, named: str = ""
) -> None:
    """Tell how each verdict about what is *named* so came about, if somebody wants to know."""
    if session.verbosity == QUIET or policy is None:
        return
    from .explanation import explain_outcome

    for outcome in outcomes:
        explain_outcome(outcome, policy, session, named)


def explain_policy(policy: TrustPolicy, session: Session) -> None:
    """Tell what *policy* asks for, if somebody wants to know."""
    if session.is_debugging:
        from .explanation import spelt

        session.trace(f"Trust policy configuration: {spelt(policy)}")


def warn_of_what_was_forgiven(outcome: VerificationOutcome, session: Session) -> None:
    """Warn of everything about an accepted signature that another policy would have refused."""
    for result in outcome.logged_failures:
        session.warn(
            f'{result.validation} was set to "{result.action}" and failed with error: {result.error}'
        )
    for remark in (*forgiven(outcome.revocation), *_ignored(outcome)):
        session.warn(remark)
    if outcome.envelope is not None and session.strictness.value != "hardened":
        from ..certificates.hardened import rfc5280_problems

        for problem in rfc5280_problems(outcome.envelope.chain):
            session.warn(problem)


def _ignored(outcome: VerificationOutcome) -> list[str]:
    """Return a remark for each result of a plugin that nobody asked for (PLG-101)."""
    if outcome.plugin is None:
        return []
    return [
        f"plugin {outcome.plugin.name} answered for {name!r}, which nobody asked for; that does not count"
        for name in outcome.plugin.unasked
    ]


def say_verified(outcome: VerificationOutcome, named: str, session: Session) -> None:
    """Say that *named* was verified, or skipped, and which metadata was signed with it."""
    if outcome.word is Outcome.SKIPPED:
        session.say(f"Trust policy is configured to skip signature verification for {named}")
        return
    session.say(f"Successfully verified signature for {named}")
    if outcome.plugin is not None:
        from .plugins import vouched

        session.say(vouched(outcome.plugin))
    metadata = outcome.envelope.payload.target.annotations if outcome.envelope is not None else {}
    if metadata:
        from .columns import columns

        session.say("\nThe artifact was signed with the following user metadata.\n")
        for line in columns([("KEY", "VALUE"), *sorted(metadata.items())]):
            session.say(line)
