# SPDX-License-Identifier: Apache-2.0
"""`verify`: a verdict for each artifact named on the line, and with `--recursive` for what an index lists.

Loads the policy once, opens every target with the same connections and the same memory of chains, and
judges them one by one at one moment. Text keeps the Go program's words; `--output json` says everything.

Spec: contract/cli.md 7.2, 8.3, 9. Requirements: VER-001 to VER-010, VER-081, CLI-004, CLI-007, CLI-008,
SIG-019, R-39.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..adapters.policy_files import PolicyKind
from ..errors import ConfigurationError, NotationError, Outcome, UntrustedError, UsageError
from ..registry.signatures import is_of_a_blob
from ..trust.level import VerificationLevel
from ..trust.policy import OciTrustPolicyDocument
from ..verification.artifact import VerifyOptions, verify_artifact
from ..verification.outcome import VerificationFailedError, VerificationOutcome
from ..verification.signature import Sources
from .pairs import parse_pairs
from .parser import PROGRAM
from .printable import printable
from .progress import progress
from .session import Session, complain
from .targets import Opener, Target
from .verdict import Verdict
from .verification import (
    check_output,
    explain,
    explain_policy,
    installed_policies,
    minimum_level,
    say_verified,
    verification_sources,
    warn_of_what_was_forgiven,
)


def run(values: Mapping[str, Any], session: Session) -> None:
    """Verify every artifact that the arguments name, and with `--recursive` all that they list.

    Raises:
        NotationError: at least one did not verify.
    """
    check_output(values)
    minimum = minimum_level(values, session)
    if "scope" in session.given and not values["scope"]:
        raise UsageError(
            "--scope cannot be empty", hint="name the scope of the trust policy, such as local/app"
        )
    options = VerifyOptions(max_signatures=values["max_signatures"])
    options.check()
    policies = installed_policies(PolicyKind.OCI, OciTrustPolicyDocument.parse, session)
    plugin_config = parse_pairs(values["plugin_config"], "plugin-config")
    user_metadata = parse_pairs(values["user_metadata"], "user-metadata")
    options = VerifyOptions(user_metadata, values["max_signatures"], plugin_config)
    judge = _Judge(policies, verification_sources(session), options, minimum, session)
    verdicts: list[Verdict] = []
    with progress(session) as shown:
        for reference, target, is_only in _targets(values, session):
            if isinstance(target, NotationError):
                verdict = Verdict(reference, None, None, None, target)
            else:
                shown.say(f"Verifying {target.resolved}, {len(verdicts)} done")
                verdict = judge.verdict(reference, target)
            verdicts.append(verdict)
            if values["output"] == "text" and not (is_only and verdict.error is not None):
                _show(verdict, session)
    if values["output"] == "json":
        from .evidence import verification_document

        session.write(verification_document(verdicts))
    _finish(verdicts)


def _targets(
    values: Mapping[str, Any], session: Session
) -> Iterator[tuple[str, Target | NotationError, bool]]:
    """Yield what each argument names and, if asked for, what that lists, or why it is not to be had.

    The last member of each says whether it is the only one.
    """
    opener, is_only = Opener(values, session), len(values["arguments"]) == 1
    for reference in values["arguments"]:
        try:
            target = opener.open(reference, scope=values["scope"])
            target.warn_of_tag("verify", session)
            parts = target.parts() if values["recursive"] else (target,)
        except NotationError as error:
            yield reference, error, is_only
            continue
        yield reference, parts[0], is_only and len(parts) == 1
        yield from ((part.resolved, part, False) for part in parts[1:])


def _finish(verdicts: list[Verdict]) -> None:
    failed = [verdict.error for verdict in verdicts if verdict.error is not None]
    if failed and len(verdicts) == 1:
        raise failed[0]
    if failed:
        raise UntrustedError(
            f"{len(failed)} of {len(verdicts)} artifacts were not verified", outcome=failed[0].outcome
        )


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges one target after the other, by the same policies and with the same sources."""

    policies: OciTrustPolicyDocument
    sources: Sources
    options: VerifyOptions
    minimum: VerificationLevel | None
    session: Session

    def verdict(self, reference: str, target: Target) -> Verdict:
        """Return what is to be thought of *target*, which the line, or an index, calls *reference*."""
        session, policy = self.session, None
        try:
            session.trace(f"Check verification level against artifact {target.resolved}")
            policy = self.policies.policy_for(target.scope, artifact=target.scoped)
            if self.minimum is not None:
                policy.check_level(self.minimum)
            session.tell(
                f"Trust policy {policy.name} at level {policy.level.name} applies to {target.resolved}"
            )
            explain_policy(policy, session)
            verified = verify_artifact(
                target.repository, target.descriptor, policy, self.sources, self.options, at=session.at
            )
            explain((*verified.failures, verified.outcome), policy, session, target.resolved)
            return Verdict(reference, target, policy, verified, None)
        except VerificationFailedError as error:
            explain(error.outcomes, policy, session, target.resolved)
            return Verdict(reference, target, policy, None, _worded(error, target))
        except NotationError as error:
            if error.outcome is Outcome.POLICY:
                error.message = f"signature verification failed: {error.message}"
                error.args = (error.message,)
            return Verdict(reference, target, policy, None, error)


def _worded(error: VerificationFailedError, target: Target) -> NotationError:
    """Return *error* in the Go program's words, with the reasons as a hint."""
    if not error.outcomes:
        message = (
            f'signature verification failed: no signature is associated with "{target.scoped}", '
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
    if any(outcome.manifest is not None and is_of_a_blob(outcome.manifest) for outcome in error.outcomes):
        hint += f"; a signature of a blob is for `{PROGRAM} blob verify`"
    return VerificationFailedError(
        f"signature verification failed for all the signatures associated with {target.resolved}",
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


def _show(verdict: Verdict, session: Session) -> None:
    if verdict.error is not None:
        complain(f"Error: {printable(verdict.reference)}: {printable(str(verdict.error))}")
        if verdict.error.hint:
            complain(f"Hint: {printable(verdict.error.hint)}")
        return
    if verdict.verified is None or verdict.target is None:
        return
    outcome = verdict.verified.outcome
    warn_of_what_was_forgiven(outcome, session)
    if outcome.logged_failures or verdict.target.is_by_tag:
        session.say()
    say_verified(outcome, verdict.target.resolved, session)
