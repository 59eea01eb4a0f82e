# SPDX-License-Identifier: Apache-2.0
"""The question to a verification plugin and its answer, as values.

Which attributes a plugin has to process, and what its answer is worth, is decided in `verification`.

Spec: plugin-extensibility, Plugin contract for verification.
Requirements: PLG-024, PLG-100 to PLG-102, PLG-106.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from ..document import member, of_type, strings
from ..encoding import encode_base64
from ..errors import MalformedError
from .contract import CONTRACT_VERSION
from .members import (
    Config,
    chain_of_ders,
    config_of,
    moment,
    optional_text,
    required_text,
    rfc3339,
    with_config,
)


@dataclass(frozen=True, slots=True)
class VerifySignatureRequest:
    """`verify-signature`: what the signature says, what nobody has looked at yet, and what is wanted.

    Attributes:
        content_type, signing_scheme: as signed. expiry, authentic_signing_time: aware, or None.
        verification_plugin, verification_plugin_min_version: as signed, or None.
        extended_attributes: name to value, as JSON can hold it.
        unprocessed_attributes: names of critical attributes that the plugin has to process.
        certificate_chain: DER, leaf first.
        trusted_identities: of the policy, word for word. capabilities: what is to be checked now.
    """

    content_type: str
    signing_scheme: str
    certificate_chain: tuple[bytes, ...]
    trusted_identities: tuple[str, ...]
    capabilities: tuple[str, ...]
    expiry: datetime | None = None
    authentic_signing_time: datetime | None = None
    verification_plugin: str | None = None
    verification_plugin_min_version: str | None = None
    extended_attributes: Mapping[str, Any] = field(default_factory=dict)
    unprocessed_attributes: tuple[str, ...] = ()
    plugin_config: Config = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        critical: dict[str, Any] = {"contentType": self.content_type, "signingScheme": self.signing_scheme}
        if self.expiry is not None:
            critical["expiry"] = rfc3339(self.expiry)
        if self.authentic_signing_time is not None:
            critical["authenticSigningTime"] = rfc3339(self.authentic_signing_time)
        if self.verification_plugin is not None:
            critical["verificationPlugin"] = self.verification_plugin
        if self.verification_plugin_min_version is not None:
            critical["verificationPluginMinVersion"] = self.verification_plugin_min_version
        if self.extended_attributes:
            critical["extendedAttributes"] = dict(self.extended_attributes)
        request = {
            "contractVersion": CONTRACT_VERSION,
            "signature": {
                "criticalAttributes": critical,
                "unprocessedAttributes": list(self.unprocessed_attributes),
                "certificateChain": [encode_base64(certificate) for certificate in self.certificate_chain],
            },
            "trustPolicy": {
                "trustedIdentities": list(self.trusted_identities),
                "signatureVerification": list(self.capabilities),
            },
        }
        return with_config(request, self.plugin_config)

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        signature: dict[str, Any] = member(source, "signature", dict)
        critical: dict[str, Any] = member(signature, "criticalAttributes", dict, at="signature")
        policy: dict[str, Any] = member(source, "trustPolicy", dict)
        if "unprocessedAttributes" not in signature:  # null in it is the reference's word for none
            raise MalformedError("is missing", at="signature.unprocessedAttributes")
        wanted = strings(policy.get("signatureVerification"), at="trustPolicy.signatureVerification")
        if not wanted:
            raise MalformedError("is empty", at="trustPolicy.signatureVerification")
        chain = chain_of_ders(signature)
        if not chain or not all(chain):
            raise MalformedError("is empty", at="signature.certificateChain")
        return cls(
            required_text(critical, "contentType"),
            required_text(critical, "signingScheme"),
            chain,
            strings(policy.get("trustedIdentities"), at="trustPolicy.trustedIdentities"),
            wanted,
            moment(critical, "expiry"),
            moment(critical, "authenticSigningTime"),
            optional_text(critical, "verificationPlugin"),
            optional_text(critical, "verificationPluginMinVersion"),
            _extended(critical.get("extendedAttributes")),
            strings(
                _or_none(signature.get("unprocessedAttributes"), []), at="signature.unprocessedAttributes"
            ),
            config_of(source),
        )


@dataclass(frozen=True, slots=True)
class CapabilityResult:
    """Whether one check was passed, and if not why."""

    success: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VerifySignatureAnswer:
    """The answer to `verify-signature`: one result for each capability asked for."""

    results: Mapping[str, CapabilityResult]
    processed_attributes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        results: dict[str, Any] = {}
        for capability, result in self.results.items():
            results[capability] = {"success": result.success}
            if result.reason:
                results[capability]["reason"] = result.reason
        return {"verificationResults": results, "processedAttributes": list(self.processed_attributes)}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        results: dict[str, Any] = member(source, "verificationResults", dict)
        return cls(
            {name: _result(entry, at=f"verificationResults.{name[:64]}") for name, entry in results.items()},
            strings(source.get("processedAttributes"), at="processedAttributes"),
        )


def _result(value: Any, *, at: str) -> CapabilityResult:
    entry: dict[str, Any] = of_type(value, dict, at=at)
    success = member(entry, "success", bool, at=at)
    reason = of_type(_or_none(entry.get("reason"), ""), str, at=f"{at}.reason")
    return CapabilityResult(success, reason)


def _or_none(value: Any, default: Any) -> Any:
    """Return *value*, or *default* for null and for what is not there; the reference writes null for none."""
    return default if value is None else value


def _extended(value: Any) -> Mapping[str, Any]:
    """Return the signer's own attributes; raises MalformedError if one is not a single value."""
    attributes: dict[str, Any] = of_type(_or_none(value, {}), dict, at="extendedAttributes")
    for name, one in attributes.items():
        if isinstance(one, dict | list):
            raise MalformedError("is not a single value", at=f"extendedAttributes.{name[:64]}")
    return attributes
