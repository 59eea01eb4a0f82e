# SPDX-License-Identifier: Apache-2.0
"""Plugins in memory, at the port through which plugins are run: honest by default, and wrong on request.

    plugins = FakePlugins(FakePlugin(ChainKey(make_chain("EC-256", 2))))
    plugin = FakePlugin(key, misbehave=changed("generate-signature", keyId="other"))
    plugin = FakePlugin(key, misbehave=said("verify-signature", stdout=b"{}{}"))
    plugin.requests        # what it was asked, parsed, as (command, document)

The honest answers come from an object that implements the protocols for authors; a misbehaviour gets the
request and the honest result, and returns another result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.certificates.certificate import Certificate
from notation_py.envelope import formats
from notation_py.envelope.model import (
    EnvelopeFormat,
    ExtendedAttribute,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.errors import PluginError
from notation_py.plugin.contract import (
    Capability,
    Command,
    ErrorCode,
    PluginRunner,
    ProgramResult,
    RequestError,
)
from notation_py.plugin.dispatch import dispatch
from notation_py.plugin.members import Config
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    KeyDescription,
    PluginMetadata,
)
from notation_py.plugin.verification_messages import (
    CapabilityResult,
    VerifySignatureAnswer,
    VerifySignatureRequest,
)
from notation_py.signing.signer import LocalSigner
from tests.simulator.pki import NOW, TestChain, make_chain

NAME, KEY_ID = "test-plugin", "key-1"
ALL = tuple(capability.value for capability in Capability)
RAW, ENVELOPE = Capability.SIGNATURE_GENERATOR_RAW, Capability.SIGNATURE_GENERATOR_ENVELOPE
BLOB_ENVELOPE = Capability.SIGNATURE_GENERATOR_ENVELOPE_FOR_BLOB
IDENTITY = Capability.SIGNATURE_VERIFIER_TRUSTED_IDENTITY
REVOCATION = Capability.SIGNATURE_VERIFIER_REVOCATION_CHECK

Misbehaviour = Callable[[Command, dict[str, Any], ProgramResult], ProgramResult]


@dataclass
class HonestPlugin:
    """Every capability there is, with one key; what it says of signatures can be set."""

    chain: TestChain = field(default_factory=lambda: make_chain("EC-256", 2))
    name: str = NAME
    version: str = "1.2.3"
    capabilities: tuple[str, ...] = ALL
    contract_versions: tuple[str, ...] = ("1.0",)
    results: Mapping[str, CapabilityResult] = field(default_factory=dict)
    processed: tuple[str, ...] | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    at: datetime = NOW
    scheme: SigningScheme = SigningScheme.X509
    token: bytes | None = None
    extended: tuple[ExtendedAttribute, ...] = ()

    @property
    def signer(self) -> LocalSigner:
        return LocalSigner.of(self.chain.key, tuple(map(Certificate.parse, self.chain.ders)))

    def metadata(self, _config: Config) -> PluginMetadata:
        return PluginMetadata(
            self.name,
            "for tests",
            self.version,
            "https://plugin.test",
            self.contract_versions,
            self.capabilities,
        )

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        if request.key_id != KEY_ID:
            raise RequestError(ErrorCode.VALIDATION_ERROR, f"no key {request.key_id}")
        return KeyDescription(request.key_id, self.signer.spec)

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        made = self.signer.sign(request.payload)
        return GeneratedSignature(
            request.key_id, made.signature, BY_KEY_SPEC[self.signer.spec], made.certificate_chain
        )

    def generate_envelope(self, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
        return GeneratedEnvelope(self.envelope(request), request.envelope_type, self.annotations)

    def envelope(self, request: GenerateEnvelopeRequest) -> bytes:
        signed_at = self.at.astimezone(UTC).replace(microsecond=0)
        expiry = signed_at + timedelta(seconds=request.expires_in) if request.expires_in else None
        signed = SignedAttributes(self.scheme, signed_at, expiry, extended=self.extended)
        signing = formats.signing_input(
            EnvelopeFormat(request.envelope_type), request.payload, signed, BY_KEY_SPEC[self.signer.spec]
        )
        unsigned = UnsignedAttributes(self.token, "test-plugin/1")
        return formats.assemble(signing, self.signer.sign(signing.message), unsigned)

    def verify_signature(self, request: VerifySignatureRequest) -> VerifySignatureAnswer:
        good = CapabilityResult(success=True)
        return VerifySignatureAnswer(
            {capability: self.results.get(capability, good) for capability in request.capabilities},
            request.unprocessed_attributes if self.processed is None else self.processed,
        )


def honest(_command: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
    """Leave the honest result as it is."""
    return result


class FakePlugin:
    """Implements `PluginRunner` in memory, and remembers what it was asked."""

    def __init__(
        self,
        plugin: HonestPlugin | None = None,
        *,
        misbehave: Misbehaviour = honest,
        **fields: Any,
    ) -> None:
        self.plugin = replace(plugin or HonestPlugin(), **fields)
        self.misbehave = misbehave
        self.requests: list[tuple[str, dict[str, Any]]] = []

    @property
    def name(self) -> str:
        return self.plugin.name

    @property
    def origin(self) -> str:
        return f"memory of {self.name}"

    @property
    def commands(self) -> list[str]:
        """The commands it was asked, in order."""
        return [command for command, _ in self.requests]

    def asked(self, command: str) -> dict[str, Any]:
        """Return the one request for *command*."""
        [found] = [request for asked, request in self.requests if asked == command]
        return found

    def run(self, command: Command, request: bytes) -> ProgramResult:
        document = json.loads(request)
        self.requests.append((command.value, document))
        return self.misbehave(command, document, dispatch(self.plugin, command, request))


class FakePlugins:
    """Implements `Plugins`: those given, by name; remembers what was looked for."""

    def __init__(self, *plugins: PluginRunner) -> None:
        self._plugins = {plugin.name: plugin for plugin in plugins}
        self.sought: list[str] = []

    def find(self, name: str) -> PluginRunner:
        self.sought.append(name)
        if name not in self._plugins:
            raise PluginError(f"no plugin {name} is installed")
        return self._plugins[name]


def said(
    command: str, *, stdout: bytes | None = None, stderr: bytes | None = None, exit_code: int | None = None
) -> Misbehaviour:
    """Return a misbehaviour that replaces parts of what is left after *command*."""

    def misbehave(asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        if asked != command:
            return result
        return ProgramResult(
            result.exit_code if exit_code is None else exit_code,
            result.stdout if stdout is None else stdout,
            result.stderr if stderr is None else stderr,
        )

    return misbehave


def changed(command: str, *dropped: str, **members: Any) -> Misbehaviour:
    """Return a misbehaviour that replaces or drops members of the answer to *command*."""

    def misbehave(asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        if asked != command:
            return result
        answer = {**json.loads(result.stdout), **members}
        left = {name: value for name, value in answer.items() if name not in dropped}
        return result._replace(stdout=json.dumps(left).encode())

    return misbehave


def raised(command: str, error: Exception) -> Misbehaviour:
    """Return a misbehaviour in which *command* cannot be run at all."""

    def misbehave(asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        if asked == command:
            raise error
        return result

    return misbehave


def other_specs(spec: KeySpec) -> Iterable[KeySpec]:
    """Return the five key types that are not *spec*."""
    return [other for other in KeySpec if other is not spec]
