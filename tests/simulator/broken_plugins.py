# SPDX-License-Identifier: Apache-2.0
"""A plugin without fault, and plugins with one fault each, made from it.

    BROKEN["signs the hash"].requirement     # what the conformance check has to name
    BROKEN["signs the hash"].runner()        # the plugin, in memory

A fault is either another method of the object, or another result of what is run.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.envelope.model import PAYLOAD_TYPE, EnvelopeFormat
from notation_py.errors import PluginError
from notation_py.plugin.contract import Command, ErrorCode, ProgramResult, RequestError
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
from tests.simulator.fake_plugins import KEY_ID, FakePlugin, HonestPlugin, Misbehaviour, changed, honest, said
from tests.simulator.pki import TestChain, make_chain

_EC, _RSA = "EC-256", "RSA-2048"
_TURNS = itertools.count()


@dataclass
class GoodPlugin(HonestPlugin):
    """Every capability, and every refusal that the contract asks for."""

    processed: tuple[str, ...] | None = ()

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        self.describe_key(DescribeKeyRequest(request.key_id))
        return super().generate_signature(request)

    def generate_envelope(self, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
        self.describe_key(DescribeKeyRequest(request.key_id))
        if request.payload_type != PAYLOAD_TYPE or request.envelope_type not in set(EnvelopeFormat):
            raise RequestError(
                ErrorCode.VALIDATION_ERROR, "only payloads and envelopes of the Notary Project"
            )
        return super().generate_envelope(request)


class CheckedPlugin(FakePlugin):
    """A plugin in memory that may be asked what is no document."""

    def run(self, command: Command, request: bytes) -> ProgramResult:
        result = dispatch(self.plugin, command, request)
        try:
            document = json.loads(request[: 4 << 20])
        except ValueError:
            document = {}
        return self.misbehave(command, document if isinstance(document, dict) else {}, result)


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin with one fault.

    Attributes:
        requirement: that the fault breaks. plugin: makes the object. misbehave: what comes of a run.
    """

    requirement: str
    plugin: Callable[[TestChain], HonestPlugin] = GoodPlugin
    misbehave: Misbehaviour | None = None
    key_type: Any = _EC

    def runner(self) -> CheckedPlugin:
        plugin = self.plugin(make_chain(self.key_type, 2))
        return CheckedPlugin(plugin, misbehave=self.misbehave or honest)


def _with(**methods: Callable[..., Any]) -> Callable[[TestChain], HonestPlugin]:
    """Return a maker of good plugins with other methods."""
    return type("BrokenPlugin", (GoodPlugin,), methods)


def _fields(**fields: Any) -> Callable[[TestChain], HonestPlugin]:
    return lambda chain: replace(GoodPlugin(chain), **fields)


def _changed(command: str, *dropped: str, **members: Any) -> Misbehaviour:
    """Return a misbehaviour that replaces or drops members of the answers to *command*."""
    change = changed(command, *dropped, **members)

    def misbehave(asked: Command, request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        return result if result.exit_code else change(asked, request, result)

    return misbehave


def _refusing(code: str, exit_code: int = 1, wrong: str | None = None) -> Misbehaviour:
    """Return a misbehaviour in which every refusal has another code, or another document."""

    def misbehave(_asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        if result.exit_code == 0:
            return result
        document = json.dumps({**json.loads(result.stderr), "errorCode": code})
        return ProgramResult(exit_code, b"", (wrong or document).encode())

    return misbehave


def _resigned(sign: Callable[[Any, bytes], bytes]) -> Callable[..., GeneratedSignature]:
    """Return a method that signs with *sign*, given the private key and the payload."""

    def generate_signature(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
        answer = GoodPlugin.generate_signature(self, request)
        return replace(answer, signature=sign(self.chain.key, request.payload))

    return generate_signature


def _pss(salt: int) -> padding.PSS:
    return padding.PSS(padding.MGF1(SHA256()), salt)


def _signs_the_hash(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
    hashed = replace(request, payload=sha256(request.payload).digest())
    return GoodPlugin.generate_signature(self, hashed)


def _says_another_algorithm(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
    answer = GoodPlugin.generate_signature(self, request)
    return replace(answer, signing_algorithm=BY_KEY_SPEC[KeySpec.EC_384])


def _turns_the_chain(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
    answer = GoodPlugin.generate_signature(self, request)
    return replace(answer, certificate_chain=answer.certificate_chain[::-1])


def _brings_another_chain(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
    answer = GoodPlugin.generate_signature(self, request)
    return replace(answer, certificate_chain=make_chain(_EC, 3).ders[1:])


def _mixes_threads_up() -> Callable[[TestChain], HonestPlugin]:
    """Return a maker of plugins that keep the payload where the next request overwrites it."""
    import threading

    meeting = threading.Barrier(2)

    def generate_signature(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
        self.payload = request.payload  # type: ignore[attr-defined]
        try:
            meeting.wait(0.05)
        except threading.BrokenBarrierError:
            meeting.reset()
        return GoodPlugin.generate_signature(self, replace(request, payload=self.payload))  # type: ignore[attr-defined]

    return _with(generate_signature=generate_signature)


def _knows_every_key(_self: GoodPlugin, request: DescribeKeyRequest) -> KeyDescription:
    return KeyDescription(request.key_id, KeySpec.EC_256)


def _changes_its_mind(_self: GoodPlugin, request: DescribeKeyRequest) -> Any:
    if request.key_id != KEY_ID:
        raise RequestError(ErrorCode.VALIDATION_ERROR)
    return KeyDescription(KEY_ID, (KeySpec.EC_256, KeySpec.EC_384)[next(_TURNS) % 2])


def _counts(self: GoodPlugin, config: Config) -> PluginMetadata:
    return replace(GoodPlugin.metadata(self, config), description=f"asked {next(_TURNS)} times")


def _forgets_the_expiry(self: GoodPlugin, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
    return GoodPlugin.generate_envelope(self, replace(request, expires_in=None))


def _changes_the_digest(self: GoodPlugin, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
    other = request.payload.replace(b"sha256:e3", b"sha256:00")
    return GoodPlugin.generate_envelope(self, replace(request, payload=other))


def _adds_a_member(self: GoodPlugin, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
    other = request.payload[:-1] + b',"promoted":true}'
    return GoodPlugin.generate_envelope(self, replace(request, payload=other))


def _damages_the_envelope(self: GoodPlugin, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
    answer = GoodPlugin.generate_envelope(self, request)
    middle = len(answer.envelope) // 2
    data = bytearray(answer.envelope)
    data[middle] ^= 1
    return replace(answer, envelope=bytes(data))


def _answers_another_type(self: GoodPlugin, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
    return replace(GoodPlugin.generate_envelope(self, request), envelope_type="application/zip")


def _takes_anything(asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
    """Answer where a payload that is no base64 had to be refused."""
    if asked is Command.GENERATE_SIGNATURE and b"base64" in result.stderr:
        return ProgramResult(0, b'{"keyId":"key-1"}', b"")
    return result


def _refuses_what_it_does_not_know(
    _asked: Command, request: dict[str, Any], result: ProgramResult
) -> ProgramResult:
    if "notationPyCheck" in request:
        return ProgramResult(1, b"", b'{"errorCode":"VALIDATION_ERROR","errorMessage":"unknown member"}')
    return result


def _noisy(_asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
    return result._replace(stdout=b"loading...\n" + result.stdout) if result.exit_code == 0 else result


def _url_base64(asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
    if asked is not Command.GENERATE_SIGNATURE or result.exit_code:
        return result
    answer = json.loads(result.stdout)
    octets = base64.b64decode(answer["signature"])
    answer["signature"] = base64.urlsafe_b64encode(octets).decode().rstrip("=")
    return result._replace(stdout=json.dumps(answer).encode())


def _hangs_up_on_long(_asked: Command, request: dict[str, Any], result: ProgramResult) -> ProgramResult:
    if len(str(request.get("keyId"))) > 65536:
        raise PluginError("the plugin did not answer within 120 seconds")
    return result


def _answers_more(_self: GoodPlugin, request: VerifySignatureRequest) -> VerifySignatureAnswer:
    good = CapabilityResult(success=True)
    asked = {*request.capabilities, "SIGNATURE_VERIFIER.REVOCATION_CHECK", "SIGNATURE_VERIFIER.EXTRA"}
    return VerifySignatureAnswer(dict.fromkeys(sorted(asked), good))


def _is_silent_about_why(_self: GoodPlugin, request: VerifySignatureRequest) -> VerifySignatureAnswer:
    return VerifySignatureAnswer(dict.fromkeys(request.capabilities, CapabilityResult(success=False)))


BROKEN = {
    "says nothing": Broken("PLG-028", misbehave=said("get-plugin-metadata", stdout=b"")),
    "crashes": Broken("PLG-020", misbehave=said("describe-key", stdout=b"", exit_code=-11)),
    "prints beside the answer": Broken("PLG-110", misbehave=_noisy),
    "answers in two documents": Broken(
        "PLG-028", misbehave=said("describe-key", stdout=b"{}{}", exit_code=0)
    ),
    "leaves out its URL": Broken("PLG-040", misbehave=_changed("get-plugin-metadata", "url")),
    "has another name": Broken("PLG-040", misbehave=_changed("get-plugin-metadata", name="other")),
    "says something new each time": Broken("PLG-040", _with(metadata=_counts)),
    "speaks another contract": Broken("PLG-036", _fields(contract_versions=("2.0",))),
    "speaks two of one major version": Broken("PLG-035", _fields(contract_versions=("1.0", "1.1"))),
    "has no semantic version": Broken("PLG-037", _fields(version="v1")),
    "can nothing that is known": Broken("PLG-041", _fields(capabilities=("SIGNATURE_GENERATOR.MAGIC",))),
    "refuses unknown members": Broken("PLG-024", misbehave=_refuses_what_it_does_not_know),
    "refuses with exit code 2": Broken("PLG-020", misbehave=_refusing("VALIDATION_ERROR", 2)),
    "refuses in plain text": Broken("PLG-026", misbehave=_refusing("", wrong="error: no")),
    "refuses with a code of its own": Broken("PLG-027", misbehave=_refusing("NOT_FOUND")),
    "refuses everything with ERROR": Broken("PLG-110", misbehave=_refusing("ERROR")),
    "does not end": Broken("PLG-020", misbehave=_hangs_up_on_long),
    "knows every key": Broken("PLG-110", _with(describe_key=_knows_every_key)),
    "describes another key": Broken("PLG-045", misbehave=_changed("describe-key", keyId="other")),
    "describes no known type": Broken("PLG-045", misbehave=_changed("describe-key", keySpec="RSA-1024")),
    "changes its mind about the key": Broken("PLG-045", _with(describe_key=_changes_its_mind)),
    "signs the hash": Broken("PLG-050", _with(generate_signature=_signs_the_hash)),
    "signs in ASN.1": Broken(
        "PLG-051",
        _with(generate_signature=_resigned(lambda key, data: key.sign(data, ec.ECDSA(SHA256())))),
    ),
    "signs with PKCS#1 v1.5": Broken(
        "PLG-051",
        _with(generate_signature=_resigned(lambda key, data: key.sign(data, padding.PKCS1v15(), SHA256()))),
        key_type=_RSA,
    ),
    "signs with a short salt": Broken(
        "PLG-051",
        _with(generate_signature=_resigned(lambda key, data: key.sign(data, _pss(20), SHA256()))),
        key_type=_RSA,
    ),
    "signs with another key": Broken("PLG-052", _with(generate_signature=_brings_another_chain)),
    "says another algorithm": Broken("PLG-052", _with(generate_signature=_says_another_algorithm)),
    "turns the chain round": Broken("PLG-052", _with(generate_signature=_turns_the_chain)),
    "answers about another key": Broken("PLG-052", misbehave=_changed("generate-signature", keyId="other")),
    "mixes requests up": Broken("PLG-052", _mixes_threads_up()),
    "writes base64 for URLs": Broken("PLG-029", misbehave=_url_base64),
    "reads what is no base64": Broken("PLG-029", misbehave=_takes_anything),
    "makes another type of envelope": Broken("PLG-060", _with(generate_envelope=_answers_another_type)),
    "damages the envelope": Broken("PLG-061", _with(generate_envelope=_damages_the_envelope)),
    "changes what is signed": Broken("PLG-062", _with(generate_envelope=_changes_the_digest)),
    "adds to what is signed": Broken("PLG-063", _with(generate_envelope=_adds_a_member)),
    "forgets the expiry": Broken("SGN-002", _with(generate_envelope=_forgets_the_expiry)),
    "answers what was not asked": Broken("PLG-101", _with(verify_signature=_answers_more)),
    "refuses without a reason": Broken("PLG-102", _with(verify_signature=_is_silent_about_why)),
    "claims every attribute": Broken("PLG-104", _fields(processed=None)),
    "leaves out the attributes": Broken(
        "PLG-104", misbehave=_changed("verify-signature", "processedAttributes")
    ),
}
