# SPDX-License-Identifier: Apache-2.0
"""The verification plugin that a signature names: found, asked once, and held to its answer.

It takes over the checks that it can do, after the chain of the signature has reached a trust anchor and
never before. Whatever goes wrong with it refuses the signature at every level; only its own "no" to one
check counts as that check does. Which check comes when is decided in `signature`.

Spec: plugin-extensibility, Verification; trust-store-trust-policy, Extended Validation.
Requirements: ATTR-006, ATTR-015, ATTR-017, PLG-037, PLG-090 to PLG-096, PLG-100 to PLG-106, R-06.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from ..envelope.integrity import IntactEnvelope
from ..envelope.model import SigningScheme
from ..errors import MalformedError, NotationError, Outcome, PluginError, UntrustedError
from ..plugin.answers import MAX_ERROR_CHARACTERS, plugin_metadata, verify_signature
from ..plugin.contract import Capability, PluginRunner, Plugins
from ..plugin.members import Config
from ..plugin.messages import PluginMetadata
from ..plugin.verification_messages import CapabilityResult, VerifySignatureRequest
from ..plugin.version import Version
from ..reference import go_quote
from ..trust.level import Action, Validation
from ..trust.statement import TrustPolicy
from .demand import PluginDemand

Result = TypeVar("Result")

IDENTITY = Capability.SIGNATURE_VERIFIER_TRUSTED_IDENTITY
REVOCATION = Capability.SIGNATURE_VERIFIER_REVOCATION_CHECK
_REFUSALS = {
    IDENTITY: ("trusted identify verification by plugin", Outcome.AUTHENTICITY),
    REVOCATION: ("revocation check by verification plugin", Outcome.REVOKED),
}
"""The reference's words, slip and all. A plugin cannot say that it does not know, so "no" is the worst."""


class PluginVerdict(NamedTuple):
    """Which plugin vouched for what, or did not.

    Attributes:
        origin: where it was found, for people.
        results: one per check it was asked for; empty if it was not asked.
        processed_attributes: names of critical attributes that it vouched for.
        unasked: names of results that nobody asked for, which are ignored (PLG-101).
    """

    name: str
    version: str
    origin: str
    results: Mapping[Capability, CapabilityResult]
    processed_attributes: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()


class ExtendedVerification:
    """The plugin's part in the verification of one signature; each question is asked at most once."""

    __slots__ = (
        "_capabilities",
        "_config",
        "_demand",
        "_intact",
        "_plugins",
        "_policy",
        "_runner",
        "verdict",
    )

    def __init__(
        self,
        demand: PluginDemand,
        intact: IntactEnvelope,
        policy: TrustPolicy,
        plugins: Plugins,
        config: Config,
    ) -> None:
        self._demand = demand
        self._intact = intact
        self._policy = policy
        self._plugins = plugins
        self._config = config
        self._runner: PluginRunner | None = None
        self._capabilities: tuple[Capability, ...] = ()
        self.verdict: PluginVerdict | None = None

    def start(self) -> None:
        """Find the plugin and learn what it can do; the chain must have reached a trust anchor (R-06).

        Raises:
            PluginError: there is none of that name, it is too old or cannot verify, or there are critical
                attributes and no check for which it would be asked (PLG-090 to PLG-092, PLG-096).
        """
        name = self._demand.name
        try:
            runner = self._plugins.find(name)
        except NotationError as error:
            raise PluginError(
                f"error while locating the verification plugin {go_quote(name)}, make sure the plugin is "
                f"installed successfully before verifying the signature. error: {error.message}",
                hint=error.hint,
            ) from error
        if runner.name != name:
            raise PluginError(
                f"the signature demands plugin {go_quote(name)}, and {runner.origin} is another"
            )
        metadata = _faithfully(name, lambda: plugin_metadata(runner, self._config))
        self._check_version(metadata)
        offered = [capability for capability in (IDENTITY, REVOCATION) if capability in metadata.capabilities]
        if not offered:
            raise PluginError(
                f"digital signature requires plugin {go_quote(name)} with signature verification "
                f"capabilities ({go_quote(IDENTITY)} and/or {go_quote(REVOCATION)}) installed"
            )
        if self._policy.level.actions[Validation.REVOCATION] is Action.SKIP and REVOCATION in offered:
            offered.remove(REVOCATION)
        if not offered and self._demand.attributes:
            raise PluginError(
                f"extended critical attribute {go_quote(self._demand.attributes[0][:128])} was not processed "
                f"by the verification plugin {go_quote(name)}: the trust policy leaves nothing to ask it for"
            )
        self._runner, self._capabilities = runner, tuple(offered)
        self.verdict = PluginVerdict(metadata.name, metadata.version, runner.origin, {})

    def _check_version(self, metadata: PluginMetadata) -> None:
        name, least = self._demand.name, self._demand.least_version
        try:
            version = Version.parse(metadata.version)
        except MalformedError as error:
            raise PluginError(
                f"plugin {name} has pluginVersion {metadata.version[:64]} which is not in valid semver format"
            ) from error
        if least is not None and version < Version.parse(least):
            raise PluginError(
                f"found plugin {name} with version {metadata.version} but signature verification needs "
                f"plugin version greater than or equal to {least}",
                hint="install a newer version of the plugin",
            )

    def takes_over(self, capability: Capability) -> bool:
        """Return whether the plugin does this check in place of ours (PLG-093)."""
        return capability in self._capabilities

    def check(self, capability: Capability) -> None:
        """Return if the plugin passes the signature in the check *capability*, which it took over.

        Raises:
            UntrustedError: it does not (PLG-103). PluginError: there is no proper answer (PLG-105).
        """
        result = self._answered().results[capability]
        if not result.success:
            words, outcome = _REFUSALS[capability]
            raise UntrustedError(
                f"{words} {go_quote(self._demand.name)} failed with reason {go_quote(result.reason[:1024])}",
                outcome=outcome,
            )

    def unsettled(self) -> PluginError | None:
        """Return an error if the plugin should have been asked by now and was not."""
        verdict = self.verdict
        if verdict is not None and verdict.results.keys() == set(self._capabilities):
            return None
        return PluginError(
            f"the signature has to be verified by plugin {go_quote(self._demand.name)}, which was not asked"
        )

    def _answered(self) -> PluginVerdict:
        """Return the plugin's answer; it is asked for all its checks the first time one is needed."""
        runner, verdict = self._runner, self.verdict
        if runner is None or verdict is None:
            raise PluginError(f"verification plugin {go_quote(self._demand.name)} was not started")
        if not verdict.results:
            answer, unasked = _faithfully(
                self._demand.name, lambda: verify_signature(runner, self._request())
            )
            verdict = verdict._replace(
                results={capability: _shown(answer.results[capability]) for capability in self._capabilities},
                processed_attributes=self._demand.attributes,
                unasked=unasked,
            )
            self.verdict = verdict
        return verdict

    def _request(self) -> VerifySignatureRequest:
        signed, demand = self._intact.signed, self._demand
        is_authority = self._intact.scheme is SigningScheme.X509_SIGNING_AUTHORITY
        return VerifySignatureRequest(
            signed.content_type,
            signed.signing_scheme.value,
            tuple(certificate.der for certificate in self._intact.chain.certificates),
            tuple(identity.text for identity in self._policy.trusted_identities),
            tuple(capability.value for capability in self._capabilities),
            signed.expiry,
            signed.signing_time if is_authority else None,
            demand.name,
            demand.least_version,
            demand.values,
            demand.attributes,
            self._config,
        )


def _shown(result: CapabilityResult) -> CapabilityResult:
    """Return *result* with no more of its reason than people read."""
    return CapabilityResult(result.success, result.reason[:MAX_ERROR_CHARACTERS])


def _faithfully(name: str, ask: Callable[[], Result]) -> Result:
    """Return what *ask* returns; no failure of a plugin is one that a level could forgive (PLG-105).

    Raises:
        PluginError: it failed.
    """
    try:
        return ask()
    except NotationError as error:
        raise PluginError(
            f"failed to verify with plugin {name}: {error.message}",
            hint=error.hint,
            code=error.code if isinstance(error, PluginError) else "",
        ) from error
