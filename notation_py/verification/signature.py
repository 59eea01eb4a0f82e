# SPDX-License-Identifier: Apache-2.0
"""The verification of one signature: a list to lay beside the specification.

The steps stand in one place, in the reference's order and with the specification's names.
A step is computed only when the loop reaches it, so nothing is asked of a trust store, and
later of a network, for a signature that has already failed.

Spec: trust-store-trust-policy, Signature Verification. Requirements: VER-020 to VER-035, VER-043, VER-044,
VER-070, VER-071, R-06, SEC-004, SEC-007.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..certificates.chain import ChainMemo
from ..descriptor import Descriptor
from ..digest import HashAlgorithm
from ..envelope import formats
from ..envelope.integrity import IntactEnvelope, verify_integrity
from ..errors import NotationError, UntrustedError
from ..revocation.chain import check_not_revoked
from ..trust.level import Action, Validation
from ..trust.statement import TrustPolicy
from ..trust.store import TrustStore
from . import checks
from .outcome import Step, ValidationResult, VerificationOutcome, run_steps

SecondOpinion = Callable[[bytes, IntactEnvelope], None]
"""A further check of the raw envelope, which may only refuse; see `envelope.second_opinion`."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a verification gets what is not in the signature; share one between verifications.

    Attributes:
        trust_store: the named trust stores.
        memo: chains already found good, by their bytes.
        second_opinions: further checks that may only refuse, run after integrity.
    """

    trust_store: TrustStore
    memo: ChainMemo = field(default_factory=ChainMemo)
    second_opinions: tuple[SecondOpinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the signature has to be about.

    Attributes:
        describe_target: gives the target's descriptor for a hash algorithm; an OCI artifact ignores it,
            a blob is hashed with the algorithm of the signing key.
        user_metadata: pairs that must be in the payload's annotations.
    """

    describe_target: Callable[[HashAlgorithm], Descriptor]
    user_metadata: Mapping[str, str] = field(default_factory=dict)


def verify_signature(
    data: bytes,
    media_type: str,
    expectation: Expectation,
    policy: TrustPolicy,
    sources: Sources,
    *,
    at: datetime,
) -> VerificationOutcome:
    """Return the verdict about the envelope *data*, judged by itself.

    Args:
        media_type: of the envelope; selects the parser.
        at: now, aware; used for every time check.

    Raises:
        Nothing for a signature that is merely bad: look at `VerificationOutcome.accepted`.
    """
    try:
        intact = _intact(data, media_type, sources)
    except NotationError as error:
        failed = ValidationResult(Validation.INTEGRITY, Action.ENFORCE, error)
        return VerificationOutcome(policy.name, policy.level, None, (failed,), error)
    results = [ValidationResult(Validation.INTEGRITY, policy.level.actions[Validation.INTEGRITY], None)]
    results.extend(run_steps(_steps(intact, policy, sources, at), policy.level))
    refusal = next((result.error for result in results if result.is_decisive), None)
    if refusal is None:
        refusal = _mismatch(intact, expectation) or _missing(results)
    return VerificationOutcome(policy.name, policy.level, intact, tuple(results), refusal)


def _intact(data: bytes, media_type: str, sources: Sources) -> IntactEnvelope:
    intact = verify_integrity(
        formats.parse(data, formats.format_named(media_type), sources.memo), sources.memo
    )
    checks.check_critical_attributes(intact.signed)
    for opinion in sources.second_opinions:
        opinion(data, intact)
    return intact


def _steps(intact: IntactEnvelope, policy: TrustPolicy, sources: Sources, at: datetime) -> Iterator[Step]:
    yield Validation.AUTHENTICITY, lambda: _check_authenticity(intact, policy, sources)
    yield Validation.EXPIRY, lambda: checks.check_expiry(intact.signed, at)
    yield Validation.AUTHENTIC_TIMESTAMP, lambda: checks.check_authentic_timestamp(intact, policy, at)
    yield Validation.REVOCATION, lambda: check_not_revoked(intact.chain)


def _check_authenticity(intact: IntactEnvelope, policy: TrustPolicy, sources: Sources) -> None:
    """Trust store first, then identity: one validation, and the identity's error wins (VER-043, VER-044)."""
    try:
        checks.check_trust_anchor(intact.chain, checks.anchors_for(intact, policy, sources.trust_store))
    except NotationError:
        if policy.level.actions[Validation.AUTHENTICITY] is Action.LOG:
            checks.check_identity(intact.chain, policy)
        raise
    checks.check_identity(intact.chain, policy)


def _mismatch(intact: IntactEnvelope, expectation: Expectation) -> NotationError | None:
    """Return why the payload is not about the expected target; no level forgives it (VER-070, VER-071)."""
    refusal: NotationError | None = None
    try:
        checks.check_target(intact, expectation.describe_target(intact.chain.algorithm.hash))
    except UntrustedError as error:
        refusal = error
    try:
        intact.payload.check_metadata(expectation.user_metadata)
    except UntrustedError as error:
        refusal = error
    return refusal


def _missing(results: list[ValidationResult]) -> NotationError | None:
    """Return an error unless every validation has exactly one result: no result is no success."""
    if sorted(result.validation for result in results) == sorted(Validation):
        return None
    return NotationError("internal error: a validation was not performed")
