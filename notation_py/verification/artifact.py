# SPDX-License-Identifier: Apache-2.0
"""The verification of an artifact: its policy, its signatures one by one, the first good one.

Every signature is judged by itself: a broken, foreign or oversize one is a verdict about
that one and never hides or blocks another. A repository that cannot answer is no verdict.

Spec: trust-store-trust-policy, Signature Evaluation; signing-and-verification-workflow.
Requirements: VER-002 to VER-010, SIG-041, SIG-050, SIG-052, R-09, R-10, R-11, R-27.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from ..descriptor import Descriptor
from ..document import parse_json
from ..errors import LimitError, MalformedError, NotationError, Outcome, RegistryError, UsageError
from ..registry.repository import Repository, resolve_target
from ..registry.signatures import (
    MAX_LISTED,
    THUMBPRINTS,
    fetch_envelope,
    listed_signatures,
    read_manifest,
)
from ..trust.level import Action, Validation
from ..trust.statement import TrustPolicy
from .outcome import ValidationResult, VerificationFailedError, VerificationOutcome
from .signature import Expectation, Sources, verify_signature

MAX_SIGNATURES = 100
"""The reference's default for signatures examined per artifact (VER-007)."""


@dataclass(frozen=True, slots=True)
class VerifiedArtifact:
    """An artifact that verified, or for which the policy asks no verification.

    Attributes:
        target: what was verified, by digest.
        outcome: the verdict about the signature that decided.
        failures: the verdicts about the signatures examined before it.
    """

    target: Descriptor
    outcome: VerificationOutcome
    failures: tuple[VerificationOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What else to demand: user metadata, and how many signatures to look at (at least 1).

    Attributes:
        plugin_config: handed to the verification plugins that signatures name (PLG-106).
    """

    user_metadata: Mapping[str, str] = field(default_factory=dict)
    max_signatures: int = MAX_SIGNATURES
    plugin_config: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Return if the options can be meant; raises UsageError (VER-007)."""
        if self.max_signatures <= 0:
            raise UsageError(f"max-signatures value {self.max_signatures} must be a positive number")


def verify_artifact(
    repository: Repository,
    target: str | Descriptor,
    policy: TrustPolicy,
    sources: Sources,
    options: VerifyOptions,
    *,
    at: datetime,
) -> VerifiedArtifact:
    """Return the artifact, verified: one of its signatures satisfies *policy*.

    Args:
        target: a tag or digest, resolved once; or a descriptor that was resolved before.
        policy: the statement for the artifact's scope, see `OciTrustPolicyDocument.policy_for`.
        at: now, aware; the same for every signature and check.

    Raises:
        VerificationFailedError: none did; carries the verdict about each signature examined.
        NotFoundError, RegistryError, UnavailableError: there is no verdict.
        UsageError: options that cannot be meant.
    """
    options.check()
    resolved = resolve_target(repository, target)
    if policy.level.skips_everything:
        return VerifiedArtifact(resolved, VerificationOutcome(policy.name, policy.level, None, (), None))
    expectation = Expectation(lambda _: resolved, options.user_metadata, options.plugin_config)
    outcomes: list[VerificationOutcome] = []
    candidates, trouble = _candidates(repository, resolved, policy, sources)
    for listed in candidates[: options.max_signatures]:
        outcome = _judge(repository, listed, resolved, expectation, policy, sources, at)
        if outcome.accepted:
            return VerifiedArtifact(resolved, outcome, tuple(outcomes))
        outcomes.append(outcome)
    raise trouble or _failure(tuple(outcomes), options.max_signatures)


def _judge(
    repository: Repository,
    listed: Descriptor,
    target: Descriptor,
    expectation: Expectation,
    policy: TrustPolicy,
    sources: Sources,
    at: datetime,
) -> VerificationOutcome:
    """Return the verdict about one listed signature; only a repository that is unavailable raises."""
    try:
        signature = read_manifest(repository, listed, target)
        data = fetch_envelope(repository, signature)
        outcome = verify_signature(data, signature.envelope.media_type, expectation, policy, sources, at=at)
    except (MalformedError, RegistryError, LimitError) as error:
        outcome = _refused(policy, error)
    except NotationError:
        raise
    except Exception as error:  # noqa: BLE001  a bug must fail this signature, not pass it or hide another (SEC-004)
        outcome = _refused(policy, NotationError(f"internal error: {type(error).__name__}"))
    return replace(outcome, manifest=listed)


def _refused(policy: TrustPolicy, error: NotationError) -> VerificationOutcome:
    failed = ValidationResult(Validation.INTEGRITY, Action.ENFORCE, error)
    return VerificationOutcome(policy.name, policy.level, None, (failed,), error)


def _failure(outcomes: tuple[VerificationOutcome, ...], limit: int) -> VerificationFailedError:
    if not outcomes:
        return VerificationFailedError(
            "no signature is associated with the artifact",
            (),
            hint="make sure the artifact was signed successfully",
            outcome=Outcome.NO_SIGNATURE,
        )
    if len(outcomes) >= limit:
        return VerificationFailedError(
            f"signature evaluation stopped. The configured limit of {limit} signatures to verify per "
            "artifact exceeded",
            outcomes,
            hint="raise --max-signatures if the artifact really has so many signatures",
            outcome=Outcome.LIMIT,
        )
    words = {outcome.word for outcome in outcomes}
    return VerificationFailedError(
        "signature verification failed for all the signatures associated with the artifact",
        outcomes,
        hint=None,
        outcome=words.pop() if len(words) == 1 else Outcome.AUTHENTICITY,
    )


def _candidates(
    repository: Repository, target: Descriptor, policy: TrustPolicy, sources: Sources
) -> tuple[list[Descriptor], NotationError | None]:
    """Return listed signatures, hinted ones first, and what ended the list early.

    The hint only orders (R-11): no signature is left out for lacking it (SIG-041), none is accepted for
    having it. What was listed before a page failed is still judged; the failure stands if none verifies.
    """
    listed: list[Descriptor] = []
    trouble: NotationError | None = None
    try:
        listed.extend(islice(listed_signatures(repository, target), MAX_LISTED))
    except (RegistryError, LimitError) as error:
        trouble = error
    if len(listed) > 1:
        hinted = _trusted_thumbprints(policy, sources)
        listed.sort(key=lambda descriptor: hinted.isdisjoint(_hints(descriptor)))
    return listed, trouble


def _trusted_thumbprints(policy: TrustPolicy, sources: Sources) -> frozenset[str]:
    found: set[str] = set()
    for kind, name in policy.trust_stores:
        try:
            found.update(anchor.thumbprint for anchor in sources.trust_store.certificates(kind, name))
        except NotationError:
            continue  # reported when authenticity needs the store
    return frozenset(found)


def _hints(descriptor: Descriptor) -> tuple[str, ...]:
    text = descriptor.annotations.get(THUMBPRINTS, "")
    try:
        value = parse_json(text.encode("utf-8"), what="thumbprints", max_bytes=4096) if text else ()
    except (MalformedError, UnicodeEncodeError):
        return ()
    return tuple(str(entry).casefold() for entry in value) if isinstance(value, list) else ()
