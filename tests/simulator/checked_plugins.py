# SPDX-License-Identifier: Apache-2.0
"""A plugin without fault, in memory, and what it takes to give it one: for the conformance check of plugins.

    Broken("PLG-045", misbehave=changed_answer("describe-key", keyId="other"))
    Broken("PLG-050", with_methods(generate_signature=signs_the_hash))
    Broken("PLG-110", octets=takes("describe-key", lambda request: "keyId" not in request))

A fault is another method of the object, another field, or another result of what is run. The plugins
themselves are in `broken_plugins`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from notation_py.envelope.model import PAYLOAD_TYPE, EnvelopeFormat
from notation_py.plugin.check_report import Subject
from notation_py.plugin.contract import Command, ErrorCode, ProgramResult, RequestError
from notation_py.plugin.dispatch import dispatch
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
)
from tests.simulator.fake_plugins import ALL, KEY_ID, FakePlugin, HonestPlugin, Misbehaviour, changed, honest
from tests.simulator.pki import NOW, TestChain, make_chain

LARGE = 4 << 20
"""Bytes of a request that are looked into, to see what is asked."""

Octets = Callable[[Command, bytes, ProgramResult], ProgramResult]
Predicate = Callable[[dict[str, Any]], bool]


@dataclass
class GoodPlugin(HonestPlugin):
    """Every capability, and every refusal that the contract asks for."""

    processed: tuple[str, ...] | None = ()

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        self.describe_key(DescribeKeyRequest(request.key_id))
        return super().generate_signature(request)

    def generate_envelope(self, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
        HonestPlugin.describe_key(self, DescribeKeyRequest(request.key_id))
        if request.payload_type != PAYLOAD_TYPE or request.envelope_type not in set(EnvelopeFormat):
            raise RequestError(
                ErrorCode.VALIDATION_ERROR, "only payloads and envelopes of the Notary Project"
            )
        return super().generate_envelope(request)


def untouched(_command: Command, _request: bytes, result: ProgramResult) -> ProgramResult:
    """Leave the result as it is."""
    return result


class CheckedPlugin(FakePlugin):
    """A plugin in memory that may be asked what is no document."""

    def __init__(
        self, plugin: HonestPlugin, *, misbehave: Misbehaviour = honest, octets: Octets = untouched
    ) -> None:
        super().__init__(plugin, misbehave=misbehave)
        self._octets = octets

    def run(self, command: Command, request: bytes) -> ProgramResult:
        result = self._octets(command, request, dispatch(self.plugin, command, request))
        return self.misbehave(command, document(request) or {}, result)


REFUSED = ProgramResult(1, b"", b"unknown command")


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin with one fault.

    Attributes:
        requirement: that the fault breaks. plugin: makes the object.
        misbehave: what comes of a run with a document. octets: of one with any request.
        capabilities: that it claims. alone: the title of the only check that finds the fault, or nothing.
        at: when it is checked. word: what comes of an unknown command. left: runs that left a process.
    """

    requirement: str
    plugin: Callable[[TestChain], HonestPlugin] = GoodPlugin
    misbehave: Misbehaviour = honest
    octets: Octets = untouched
    key_type: Any = "EC-256"
    capabilities: tuple[str, ...] = ALL
    alone: str = ""
    at: datetime = NOW
    word: ProgramResult | Exception = REFUSED
    left: Mapping[str, int] = field(default_factory=dict)

    def subject(self) -> Subject:
        """Return the plugin as something to be checked."""
        plugin = self.plugin(make_chain(self.key_type, 2))
        if plugin.capabilities == ALL:
            plugin = replace(plugin, capabilities=self.capabilities)
        runner = CheckedPlugin(plugin, misbehave=self.misbehave, octets=self.octets)
        chain = make_chain("EC-256", 1).ders
        return Subject(
            runner, (KEY_ID,), {}, chain, self.at, self._run_word, lambda command: self.left.get(command, 0)
        )

    def _run_word(self, _word: str) -> ProgramResult:
        if isinstance(self.word, Exception):
            raise self.word
        return self.word


def document(request: bytes) -> dict[str, Any] | None:
    """Return the JSON object that *request* is, or None."""
    try:
        value = json.loads(request[:LARGE])
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def with_methods(**methods: Callable[..., Any]) -> Callable[[TestChain], HonestPlugin]:
    """Return a maker of good plugins with other methods."""
    return type("BrokenPlugin", (GoodPlugin,), methods)


def with_fields(**fields: Any) -> Callable[[TestChain], HonestPlugin]:
    """Return a maker of good plugins with other fields."""
    return lambda chain: replace(GoodPlugin(chain), **fields)


def changed_answer(command: str, *dropped: str, **members: Any) -> Misbehaviour:
    """Return a misbehaviour that replaces or drops members of the answers to *command*."""
    change = changed(command, *dropped, **members)

    def misbehave(asked: Command, request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        return result if result.exit_code else change(asked, request, result)

    return misbehave


def refusing(code: str, exit_code: int = 1, wrong: str | None = None) -> Misbehaviour:
    """Return a misbehaviour in which every refusal has another code, or another document."""

    def misbehave(_asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        if result.exit_code == 0:
            return result
        changed = json.dumps({**json.loads(result.stderr), "errorCode": code})
        return ProgramResult(exit_code, b"", (wrong or changed).encode())

    return misbehave


def refusal(code: str, message: str = "no") -> ProgramResult:
    """Return a proper no."""
    return ProgramResult(1, b"", json.dumps({"errorCode": code, "errorMessage": message}).encode())


def answers(command: str, when: Predicate, other: ProgramResult) -> Misbehaviour:
    """Return a misbehaviour in which *other* comes of *command* with a document of which *when* is true."""

    def misbehave(asked: Command, request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        return other if asked == command and when(request) else result

    return misbehave


def instead(command: str, other: ProgramResult) -> Misbehaviour:
    """Return a misbehaviour in which *other* comes of each *command* that would have succeeded."""

    def misbehave(asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        return other if asked == command and result.exit_code == 0 else result

    return misbehave


def takes(command: str, when: Predicate) -> Octets:
    """Return a misbehaviour in which *command* accepts documents of which *when* is true."""
    return takes_octets(command, lambda request: (found := document(request)) is not None and when(found))


def takes_octets(command: str, when: Callable[[bytes], bool]) -> Octets:
    """Return a misbehaviour in which *command* accepts requests of which *when* is true."""

    def misbehave(asked: Command, request: bytes, result: ProgramResult) -> ProgramResult:
        return ProgramResult(0, b"{}", b"") if asked == command and when(request) else result

    return misbehave


def mixed_up(method: str, member: str) -> Callable[[TestChain], HonestPlugin]:
    """Return a maker of plugins whose *method* keeps *member* where the next request overwrites it."""
    meeting = threading.Barrier(2)
    kept: dict[str, Any] = {}

    def mixing(self: GoodPlugin, request: Any) -> Any:
        kept[member] = getattr(request, member)
        try:
            meeting.wait(0.05)
        except threading.BrokenBarrierError:
            meeting.reset()
        return getattr(GoodPlugin, method)(self, replace(request, **{member: kept[member]}))

    return with_methods(**{method: mixing})
