# SPDX-License-Identifier: Apache-2.0
"""The documents of the plugin contract as values: what is asked, and what is answered.

Each reads itself from JSON and writes itself in the reference's order of members. Reading checks types
and presence; whether an answer fits its request is decided in `answers`. Binary members are base64.

Spec: plugin-extensibility. Requirements: PLG-023, PLG-024, PLG-029, PLG-040, PLG-045, PLG-050, PLG-060,
PLG-073.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ..algorithms import ALGORITHMS, KeySpec, SignatureAlgorithm
from ..digest import HashAlgorithm
from ..document import member, of_type, string_map, strings
from ..encoding import encode_base64
from ..errors import MalformedError
from .contract import CONTRACT_VERSION
from .members import Config, binary, chain_of_ders, config_of, known, required_text, with_config

_HASH_NAMES = {
    "SHA-256": HashAlgorithm.SHA256,
    "SHA-384": HashAlgorithm.SHA384,
    "SHA-512": HashAlgorithm.SHA512,
}
_NAMES_OF_HASHES = {algorithm: name for name, algorithm in _HASH_NAMES.items()}
_KEY_SPECS = {spec.value: spec for spec in KeySpec}
_ALGORITHMS = {algorithm.name: algorithm for algorithm in ALGORITHMS}


@dataclass(frozen=True, slots=True)
class MetadataRequest:
    """`get-plugin-metadata`: the one request without a contract version (PLG-023)."""

    plugin_config: Config = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        return with_config({}, self.plugin_config)

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        return cls(config_of(source))


@dataclass(frozen=True, slots=True)
class PluginMetadata:
    """What a plugin says about itself; unknown capabilities are kept as they stand (PLG-040, PLG-041)."""

    name: str
    description: str
    version: str
    url: str
    supported_contract_versions: tuple[str, ...]
    capabilities: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        return {
            "name": self.name,
            "description": self.description,
            "version": self.version,
            "url": self.url,
            "supportedContractVersions": list(self.supported_contract_versions),
            "capabilities": list(self.capabilities),
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what *source* says; an absent member counts as empty, for which the reference has words."""
        texts = [
            of_type(source.get(name) or "", str, at=name)
            for name in ("name", "description", "version", "url")
        ]
        lists = [
            strings(source.get(name) or [], at=name) for name in ("supportedContractVersions", "capabilities")
        ]
        return cls(texts[0], texts[1], texts[2], texts[3], lists[0], lists[1])


@dataclass(frozen=True, slots=True)
class DescribeKeyRequest:
    """`describe-key`."""

    key_id: str
    plugin_config: Config = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        return with_config({"contractVersion": CONTRACT_VERSION, "keyId": self.key_id}, self.plugin_config)

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        return cls(required_text(source, "keyId"), config_of(source))


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """The answer to `describe-key`."""

    key_id: str
    key_spec: KeySpec

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        return {"keyId": self.key_id, "keySpec": self.key_spec.value}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        return cls(member(source, "keyId", str), known(source, "keySpec", _KEY_SPECS))


@dataclass(frozen=True, slots=True)
class GenerateSignatureRequest:
    """`generate-signature`; *payload* is what has to be hashed and signed (PLG-050)."""

    key_id: str
    key_spec: KeySpec
    hash_algorithm: HashAlgorithm
    payload: bytes
    plugin_config: Config = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        request = {
            "contractVersion": CONTRACT_VERSION,
            "keyId": self.key_id,
            "keySpec": self.key_spec.value,
            "hashAlgorithm": _NAMES_OF_HASHES[self.hash_algorithm],
            "payload": encode_base64(self.payload),
        }
        return with_config(request, self.plugin_config)

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        return cls(
            required_text(source, "keyId"),
            known(source, "keySpec", _KEY_SPECS),
            known(source, "hashAlgorithm", _HASH_NAMES),
            binary(source, "payload"),
            config_of(source),
        )


@dataclass(frozen=True, slots=True)
class GeneratedSignature:
    """The answer to `generate-signature`: RSASSA-PSS bytes or r || s, and the chain, leaf first (PLG-051)."""

    key_id: str
    signature: bytes
    signing_algorithm: SignatureAlgorithm
    certificate_chain: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        return {
            "keyId": self.key_id,
            "signature": encode_base64(self.signature),
            "signingAlgorithm": self.signing_algorithm.name,
            "certificateChain": [encode_base64(certificate) for certificate in self.certificate_chain],
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        return cls(
            member(source, "keyId", str),
            binary(source, "signature"),
            known(source, "signingAlgorithm", _ALGORITHMS),
            chain_of_ders(source),
        )


@dataclass(frozen=True, slots=True)
class GenerateEnvelopeRequest:
    """`generate-envelope`; *expires_in* in whole seconds, or None for no expiry."""

    key_id: str
    payload_type: str
    envelope_type: str
    payload: bytes
    expires_in: int | None = None
    plugin_config: Config = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        request: dict[str, Any] = {
            "contractVersion": CONTRACT_VERSION,
            "keyId": self.key_id,
            "payloadType": self.payload_type,
            "signatureEnvelopeType": self.envelope_type,
            "payload": encode_base64(self.payload),
        }
        if self.expires_in:
            request["expiryDurationInSeconds"] = self.expires_in
        return with_config(request, self.plugin_config)

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        seconds = source.get("expiryDurationInSeconds")
        if seconds is not None and of_type(seconds, int, at="expiryDurationInSeconds") < 0:
            raise MalformedError("must not be negative", at="expiryDurationInSeconds")
        return cls(
            required_text(source, "keyId"),
            required_text(source, "payloadType"),
            required_text(source, "signatureEnvelopeType"),
            binary(source, "payload"),
            seconds or None,
            config_of(source),
        )


@dataclass(frozen=True, slots=True)
class GeneratedEnvelope:
    """The answer to `generate-envelope`; *annotations* are for the signature manifest."""

    envelope: bytes
    envelope_type: str
    annotations: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, members in the reference's order."""
        answer: dict[str, Any] = {
            "signatureEnvelope": encode_base64(self.envelope),
            "signatureEnvelopeType": self.envelope_type,
        }
        if self.annotations:
            answer["annotations"] = dict(self.annotations)
        return answer

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Return what the JSON object *source* says; raises MalformedError."""
        annotations = source.get("annotations")
        return cls(
            binary(source, "signatureEnvelope"),
            member(source, "signatureEnvelopeType", str),
            {} if annotations is None else string_map(annotations, at="annotations"),
        )
