# SPDX-License-Identifier: Apache-2.0
"""`verify`: a verdict for each artifact named on the line.

Loads the policy once, opens every target with the same connections and the same memory of chains, and
judges them one by one at one moment. Text keeps the Go program's words; `--output json` says everything.

Spec: contract/cli.md 7.2, 8.3, 9. Requirements: VER-001 to VER-010, VER-081, CLI-004, CLI-007, CLI-008, R-39.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ConfigurationError, NotationError, Outcome, UntrustedError, UsageError
from ..trust.policy import OciTrustPolicyDocument
from ..trust.statement import TrustPolicy
from ..verification.artifact import VerifyOptions, verify_artifact
from ..verification.outcome import VerificationFailedError, VerificationOutcome
from ..verification.signature import Sources
from .pairs import parse_pairs
from .plugins import VerificationPlugins
from .printable import printable
from .revocation import forgiven, revocation_sources
from .session import QUIET, Session, complain
from .targets import Opener, Target
from .verdict import Verdict


def run(values: Mapping[str, Any], session: Session) -> None:
    """Verify every artifact that the arguments name.

    Raises:
        NotationError: at least one did not verify.
    """
    if values["output"] not in {"text", "json"}:
        raise UsageError(f'invalid format: "{values["output"]}"', hint="use --output text or --output json")
    if "scope" in session.given and not values["scope"]:
        raise UsageError(
            "--scope cannot be empty", hint="name the scope of the trust policy, such as local/app"
        )
    options = VerifyOptions(max_signatures=values["max_signatures"])
    options.check()
    policies = _policies(session)
    plugin_config = parse_pairs(values["plugin_config"], "plugin-config")
    user_metadata = parse_pairs(values["user_metadata"], "user-metadata")
    options = VerifyOptions(user_metadata, values["max_signatures"], plugin_config)
    opener, sources = Opener(values, session), _sources(session)
    verdicts = []
    for reference in values["arguments"]:
        verdict = _judge(reference, values["scope"], opener, policies, sources, options, session)
        verdicts.append(verdict)
        if values["output"] == "text" and (verdict.error is None or len(values["arguments"]) > 1):
            _show(verdict, session)
    if values["output"] == "json":
        from .evidence import verification_document

        session.write(verification_document(verdicts))
    _finish(verdicts)


def _finish(verdicts: list[Verdict]) -> None:
    failed = [verdict.error for verdict in verdicts if verdict.error is not None]
    if failed and len(verdicts) == 1:
        raise failed[0]
    if failed:
        raise UntrustedError(
            f"{len(failed)} of {len(verdicts)} artifacts were not verified", outcome=failed[0].outcome
        )


def _policies(session: Session) -> OciTrustPolicyDocument:
    from ..adapters.policy_files import PolicyKind, read_policy

    file = read_policy(session.directories, PolicyKind.OCI, session.strictness, session.warn)
    policies = OciTrustPolicyDocument.parse(file.data)
    for warning in policies.warnings:
        session.warn_or_refuse(f"trust policy {file.path}: {warning}", "mend the trust policy")
    return policies


def _sources(session: Session) -> Sources:
    from ..adapters.trust_store import CachedTrustStore, DirectoryTrustStore

    store = CachedTrustStore(DirectoryTrustStore(session.directories, session.strictness, session.warn))
    revocation, plugins = revocation_sources(session), VerificationPlugins(session)
    if session.strictness.value != "hardened":
        return Sources(store, revocation=revocation, plugins=plugins)
    from ..envelope.second_opinion import second_opinion
    from ..verification.hardened import check_rfc5280

    opinions = (second_opinion, check_rfc5280)
    return Sources(store, second_opinions=opinions, revocation=revocation, plugins=plugins)


def _judge(
    reference: str,
    scope: str,
    opener: Opener,
    policies: OciTrustPolicyDocument,
    sources: Sources,
    options: VerifyOptions,
    session: Session,
) -> Verdict:
    target = policy = None
    try:
        target = opener.open(reference, scope=scope)
        target.warn_of_tag("verify", session)
        session.trace(f"Check verification level against artifact {target.resolved}")
        policy = policies.policy_for(target.scope, artifact=target.scoped)
        session.tell(f"Trust policy {policy.name} at level {policy.level.name} applies to {target.resolved}")
        verified = verify_artifact(
            target.repository, target.descriptor, policy, sources, options, at=session.at
        )
        _explain((*verified.failures, verified.outcome), policy, session)
        return Verdict(reference, target, policy, verified, None)
    except VerificationFailedError as error:
        _explain(error.outcomes, policy, session)
        return Verdict(reference, target, policy, None, _worded(error, target))
    except NotationError as error:
        if target is not None and error.outcome is Outcome.POLICY:
            error.message = f"signature verification failed: {error.message}"
            error.args = (error.message,)
        return Verdict(reference, target, policy, None, error)


def _explain(outcomes: tuple[VerificationOutcome, ...], policy: TrustPolicy | None, session: Session) -> None:
    """Tell how each verdict came about, if somebody wants to know."""
    if session.verbosity == QUIET or policy is None:
        return
    from .explanation import explain_outcome

    for outcome in outcomes:
        explain_outcome(outcome, policy, session)


def _worded(error: VerificationFailedError, target: Target | None) -> NotationError:
    """Return *error* in the Go program's words, with the reasons as a hint."""
    resolved = target.resolved if target is not None else ""
    if not error.outcomes:
        scoped = target.scoped if target is not None else ""
        message = (
            f'signature verification failed: no signature is associated with "{scoped}", '
            "make sure the artifact was signed successfully"
        )
        return VerificationFailedError(message, (), hint=None, outcome=error.outcome)
    refusals = [outcome.refusal for outcome in error.outcomes if outcome.refusal is not None]
    for refusal in refusals:
        if isinstance(refusal, ConfigurationError):  # a broken trust store is its administrator's to mend
            return refusal
    hint = _reason(error.outcomes[0])
    if error.outcome is Outcome.LIMIT:
        hint = f"{error.message}; {hint}"
    elif len(error.outcomes) > 1:
        hint += f"; {len(error.outcomes) - 1} more with -v"
    return VerificationFailedError(
        f"signature verification failed for all the signatures associated with {resolved}",
        error.outcomes,
        hint=hint,
        outcome=error.outcome,
    )


def _reason(outcome: VerificationOutcome) -> str:
    digest = f"signature {outcome.manifest.digest}: " if outcome.manifest is not None else ""
    refusal = outcome.refusal
    if refusal is None:
        return digest
    return f"{digest}{refusal}" + (f" ({refusal.hint})" if refusal.hint else "")


def _ignored(outcome: VerificationOutcome) -> list[str]:
    """Return a remark for each result of a plugin that nobody asked for (PLG-101)."""
    if outcome.plugin is None:
        return []
    return [
        f"plugin {outcome.plugin.name} answered for {name!r}, which nobody asked for; that does not count"
        for name in outcome.plugin.unasked
    ]


def _show(verdict: Verdict, session: Session) -> None:
    if verdict.error is not None:
        complain(f"Error: {printable(verdict.reference)}: {printable(str(verdict.error))}")
        return
    if verdict.verified is None or verdict.target is None:
        return
    outcome = verdict.verified.outcome
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
    if outcome.logged_failures or verdict.target.is_by_tag:
        session.say()
    resolved = verdict.target.resolved
    if outcome.word is Outcome.SKIPPED:
        session.say(f"Trust policy is configured to skip signature verification for {resolved}")
        return
    session.say(f"Successfully verified signature for {resolved}")
    metadata = outcome.envelope.payload.target.annotations if outcome.envelope is not None else {}
    if metadata:
        from .columns import columns

        session.say("\nThe artifact was signed with the following user metadata.\n")
        for line in columns([("KEY", "VALUE"), *sorted(metadata.items())]):
            session.say(line)
