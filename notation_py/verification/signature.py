# SPDX-License-Identifier: Apache-2.0
"""The verification of one signature: a list to lay beside the specification.

The steps stand in one place, in the reference's order and with the specification's names.
A step is computed only when the loop reaches it, so nothing is asked of a trust store, and
later of a network, for a signature that has already failed.

Spec: trust-store-trust-policy, Signature Verification. Requirements: VER-020 to VER-035, VER-043, VER-044,
VER-070, VER-071, PLG-090, PLG-093, PLG-104, PLG-105, R-06, SEC-004, SEC-007.
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
from ..envelope.model import SigningScheme
from ..errors import NotationError, PluginError, UntrustedError
from ..revocation.presence import check_not_revoked
from ..trust.level import Action, Validation
from ..trust.statement import TrustPolicy
from ..trust.store import TrustStore
from . import checks
from .demand import PluginDemand, check_critical_attributes, plugin_demand
from .outcome import Step, ValidationResult, VerificationOutcome, run_steps

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when there is a timestamp, a plugin, or somebody to ask about revocation
    from ..plugin.contract import Plugins
    from ..revocation.sources import RevocationSources
    from ..revocation.status import ChainRevocation
    from ..timestamp.countersignature import VerifiedTimestamp
    from .extended import ExtendedVerification, PluginVerdict

SecondOpinion = Callable[[bytes, IntactEnvelope], None]
"""A further check of the raw envelope, which may only refuse; see `envelope.second_opinion`."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a verification gets what is not in the signature; share one between verifications.

    Attributes:
        trust_store: the named trust stores.
        revocation: whom to ask about revoked certificates; without it the status of a certificate that
            names an OCSP responder or a CRL is unknown, which is not good.
        memo: chains already found good, by their bytes.
        second_opinions: further checks that may only refuse, run after integrity.
        plugins: those that signatures may name; without them a signature that names one is refused.
    """

    trust_store: TrustStore
    memo: ChainMemo = field(default_factory=ChainMemo)
    second_opinions: tuple[SecondOpinion, ...] = ()
    revocation: RevocationSources | None = None
    plugins: Plugins | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the signature has to be about.

    Attributes:
        describe_target: gives the target's descriptor for a hash algorithm; an OCI artifact ignores it,
            a blob is hashed with the algorithm of the signing key.
        user_metadata: pairs that must be in the payload's annotations.
        plugin_config: handed to the verification plugin, if the signature names one (PLG-106).
        check_target: raises `UntrustedError` unless the signed payload is about that target.
    """

    describe_target: Callable[[HashAlgorithm], Descriptor]
    user_metadata: Mapping[str, str] = field(default_factory=dict)
    plugin_config: Mapping[str, str] = field(default_factory=dict)
    check_target: Callable[[IntactEnvelope, Descriptor], None] = checks.check_target


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
        intact, demand = _intact(data, media_type, sources)
    except NotationError as error:
        failed = ValidationResult(Validation.INTEGRITY, Action.ENFORCE, error)
        return VerificationOutcome(policy.name, policy.level, None, (failed,), error)
    extended = _extended(demand, intact, expectation, policy, sources)
    examination = _Examination(intact, policy, sources, extended, at)
    results = [ValidationResult(Validation.INTEGRITY, policy.level.actions[Validation.INTEGRITY], None)]
    results.extend(run_steps(examination.steps(), policy.level))
    refusal = next((result.error for result in results if result.is_decisive), None)
    if refusal is None:
        refusal = _mismatch(intact, expectation) or _missing(results) or examination.unsettled()
    return VerificationOutcome(
        policy.name,
        policy.level,
        intact,
        tuple(results),
        refusal,
        timestamp=examination.timestamp,
        revocation=examination.revocation,
        authority_revocation=examination.authority_revocation,
        plugin=examination.plugin,
    )


def _intact(data: bytes, media_type: str, sources: Sources) -> tuple[IntactEnvelope, PluginDemand | None]:
    intact = verify_integrity(
        formats.parse(data, formats.format_named(media_type), sources.memo), sources.memo
    )
    demand = None
    if sources.plugins is None:
        check_critical_attributes(intact.signed)
    else:
        demand = plugin_demand(intact.signed)
    for opinion in sources.second_opinions:
        opinion(data, intact)
    return intact, demand


def _extended(
    demand: PluginDemand | None,
    intact: IntactEnvelope,
    expectation: Expectation,
    policy: TrustPolicy,
    sources: Sources,
) -> ExtendedVerification | None:
    if demand is None or sources.plugins is None:
        return None
    from .extended import ExtendedVerification

    return ExtendedVerification(demand, intact, policy, sources.plugins, expectation.plugin_config)


class _Examination:
    """One signature while it is examined: the steps, and what the earlier find out for the later."""

    __slots__ = (
        "_at",
        "_extended",
        "_intact",
        "_is_authentic",
        "_policy",
        "_sources",
        "authority_revocation",
        "revocation",
        "timestamp",
    )

    def __init__(
        self,
        intact: IntactEnvelope,
        policy: TrustPolicy,
        sources: Sources,
        extended: ExtendedVerification | None,
        at: datetime,
    ) -> None:
        self._intact = intact
        self._policy = policy
        self._sources = sources
        self._extended = extended
        self._at = at
        self._is_authentic = False
        self.timestamp: VerifiedTimestamp | None = None
        self.revocation: ChainRevocation | None = None
        self.authority_revocation: ChainRevocation | None = None

    def steps(self) -> Iterator[Step]:
        yield Validation.AUTHENTICITY, self._check_authenticity
        yield Validation.EXPIRY, lambda: checks.check_expiry(self._intact.signed, self._at)
        yield Validation.AUTHENTIC_TIMESTAMP, self._check_authentic_timestamp
        yield Validation.REVOCATION, self._check_revocation

    def _check_authenticity(self) -> None:
        """Trust store, then identity: one validation, and the identity's error wins (VER-043, VER-044)."""
        chain, policy = self._intact.chain, self._policy
        try:
            anchors = checks.anchors_for(self._intact, policy, self._sources.trust_store)
            checks.check_trust_anchor(chain, anchors)
        except NotationError as error:
            if policy.level.actions[Validation.AUTHENTICITY] is Action.LOG:
                self._check_unanchored(error)
            raise
        self._check_identity()
        self._is_authentic = True

    def _check_unanchored(self, error: NotationError) -> None:
        """Judge the identity all the same; but start no plugin for a chain that anybody could have made."""
        if self._extended is not None:
            raise PluginError(
                f"the signature has to be verified by a plugin, which was not started: {error.message}",
                hint=error.hint,
            ) from error
        checks.check_identity(self._intact.chain, self._policy)

    def _check_identity(self) -> None:
        extended = self._extended
        if extended is not None:
            from .extended import IDENTITY

            extended.start()
            if extended.takes_over(IDENTITY):
                extended.check(IDENTITY)
                return
        checks.check_identity(self._intact.chain, self._policy)

    @property
    def plugin(self) -> PluginVerdict | None:
        return self._extended.verdict if self._extended is not None else None

    def unsettled(self) -> NotationError | None:
        return self._extended.unsettled() if self._extended is not None else None

    def _check_authentic_timestamp(self) -> None:
        self.timestamp = checks.check_authentic_timestamp(
            self._intact, self._policy, self._countersignature, at=self._at
        )

    def _countersignature(self, token: bytes) -> VerifiedTimestamp:
        from .countersignature import ask_about_authority, check_authority, check_countersignature

        sources = self._sources
        stamp = check_countersignature(token, self._intact, self._policy, sources.trust_store, at=self._at)
        self.authority_revocation = ask_about_authority(stamp, sources.revocation, at=self._at)
        check_authority(stamp, self.authority_revocation, sources.revocation)
        return stamp

    def _check_revocation(self) -> None:
        """Ask nobody whom a chain names that is not trusted: whoever made it could choose any address."""
        if self._is_the_plugins_revocation():
            return
        chain, sources = self._intact.chain, self._sources.revocation
        if sources is None or not self._is_authentic:
            check_not_revoked(chain)
            return
        from ..revocation.chain import check_chain, refusal

        is_authority = self._intact.scheme is SigningScheme.X509_SIGNING_AUTHORITY
        self.revocation = check_chain(
            chain,
            sources,
            at=self._at,
            signed_at=self._intact.signed.signing_time if is_authority else None,
            stamped_at=self.timestamp.latest if self.timestamp is not None else None,
        )
        error = refusal(self.revocation, sources)
        if error is not None:
            raise error

    def _is_the_plugins_revocation(self) -> bool:
        """Return whether a plugin checks revocation, and did; for a signature that is authentic (R-06)."""
        extended = self._extended
        if extended is None:
            return False
        from .extended import IDENTITY, REVOCATION

        if not extended.takes_over(REVOCATION):
            return False
        if not self._is_authentic and not extended.takes_over(IDENTITY):
            raise PluginError(
                "the signature has to be verified by a plugin, which is not asked about a signature that is "
                "not authentic"
            )
        extended.check(REVOCATION)
        return True


def _mismatch(intact: IntactEnvelope, expectation: Expectation) -> NotationError | None:
    """Return why the payload is not about the expected target; no level forgives it (VER-070, VER-071)."""
    refusal: NotationError | None = None
    try:
        expectation.check_target(intact, expectation.describe_target(intact.chain.algorithm.hash))
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
