# SPDX-License-Identifier: Apache-2.0
"""How a verdict came about, step by step, for `--verbose` and `--debug`.

The core does not log: what is told here is read off its verdict afterwards, in the order of the checks and
in the Go program's words, which scripts look for. Decides nothing.

Spec: contract/cli.md 9. Requirements: VER-080, TSA-015, TSA-016.
"""

from __future__ import annotations

from ..certificates.requirements import Purpose
from ..envelope.model import SigningScheme
from ..trust.level import LEVELS, Action, Validation
from ..trust.statement import TrustPolicy, VerifyTimestamp
from ..trust.store import TrustStoreType
from ..verification.checks import needs_timestamp
from ..verification.outcome import ValidationResult, VerificationOutcome
from .plugins import explain_plugin
from .printable import printable
from .revocation import explain
from .session import Session

_STEPS = {
    Validation.AUTHENTICITY: ("Validating cert chain", "Validating trust identity"),
    Validation.EXPIRY: ("Validating expiry",),
    Validation.AUTHENTIC_TIMESTAMP: ("Validating authentic timestamp",),
    Validation.REVOCATION: ("Validating revocation",),
}


def explain_outcome(
    outcome: VerificationOutcome, policy: TrustPolicy, session: Session, named: str = ""
) -> None:
    """Tell what was done with one signature under *policy*, and what came of it.

    Args:
        named: what the signature was found beside, or nothing for a file.
    """
    _explain_target(outcome, session, named)
    for result in outcome.results:
        if result.action is Action.SKIP:
            continue
        for step in _STEPS.get(result.validation, ()):
            session.trace(step)
        match result.validation:
            case Validation.AUTHENTIC_TIMESTAMP:
                _explain_timestamp(outcome, policy, session)
            case Validation.REVOCATION if outcome.revocation is not None:
                explain(outcome.revocation, session)
        if result.error is not None:
            _explain_failure(result, session)
    explain_plugin(outcome, session)
    if outcome.refusal is not None and outcome.manifest is not None:
        session.tell(f"Signature {outcome.manifest.digest} failed verification with error: {outcome.refusal}")


def spelt(policy: TrustPolicy) -> str:
    """Return *policy* as the Go program's debug log spells it, a changed level with all its actions."""
    level = policy.level
    changed = level.actions.items() if level.name not in LEVELS else ()
    override = " ".join(f"{validation}:{action}" for validation, action in changed)
    when = policy.verify_timestamp if policy.verify_timestamp is not VerifyTimestamp.ALWAYS else ""
    stores = " ".join(f"{kind}:{name}" for kind, name in policy.trust_stores)
    identities = " ".join(identity.text for identity in policy.trusted_identities)
    return (
        f"&{{Name:{policy.name} SignatureVerification:{{VerificationLevel:{level.name} "
        f"Override:map[{override}] VerifyTimestamp:{when}}} TrustStores:[{stores}] "
        f"TrustedIdentities:[{identities}] RegistryScopes:[{' '.join(policy.scopes)}]}}"
    )


def _explain_target(outcome: VerificationOutcome, session: Session, named: str) -> None:
    """Tell what was signed, if the envelope is what its signer made."""
    intact = outcome.envelope
    if intact is None:
        return
    media_type = intact.envelope.format.value
    if not named:
        session.trace(f"Verify signature of media type {media_type}")
        return
    session.trace(
        f"Verify signature against artifact {intact.payload.target.digest} referenced as {named} "
        f"in signature media type {media_type}"
    )


def _explain_failure(result: ValidationResult, session: Session) -> None:
    how = ' with validation action set to "logged"' if not result.is_decisive else ""
    reason = printable(str(result.error))
    level = "error" if result.is_decisive else "warning"
    session.trace(f"{result.validation} validation failed{how}. Failure reason: {reason}", level=level)


def _explain_timestamp(outcome: VerificationOutcome, policy: TrustPolicy, session: Session) -> None:
    """Tell whether the timestamp countersignature was looked at, and what it proved."""
    intact = outcome.envelope
    if intact is None or intact.scheme is not SigningScheme.X509:
        return
    if not policy.stores_of(TrustStoreType.TSA):
        session.trace("Timestamp verification disabled: no tsa trust store is configured in trust policy")
        return
    if not needs_timestamp(intact, policy, session.at):
        setting = f'verifyTimestamp is set to "{VerifyTimestamp.AFTER_CERT_EXPIRY}"'
        session.trace(f"Timestamp verification disabled: {setting} and signing cert chain unexpired")
        return
    session.trace("Performing timestamp verification...")
    if outcome.authority_revocation is not None:
        explain(outcome.authority_revocation, session, Purpose.TIMESTAMPING)
    if outcome.timestamp is not None:
        window = f"[{outcome.timestamp.earliest.isoformat()}, {outcome.timestamp.latest.isoformat()}]"
        session.tell(f"A trusted timestamp says that the signature existed at {window}")
        session.trace("Timestamp verification: Success")
