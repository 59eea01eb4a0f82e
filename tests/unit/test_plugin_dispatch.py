# SPDX-License-Identifier: Apache-2.0
"""The plugin's side of the contract: whatever is asked and whatever the author's code does, one answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.errors import ConfigurationError
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

REQUESTS: dict[Command, dict[str, Any]] = {
    Command.GET_PLUGIN_METADATA: {},
    Command.DESCRIBE_KEY: {"contractVersion": "1.0", "keyId": "k"},
    Command.GENERATE_SIGNATURE: {
        "contractVersion": "1.0",
        "keyId": "k",
        "keySpec": "EC-256",
        "hashAlgorithm": "SHA-256",
        "payload": "cGF5bG9hZA==",
    },
    Command.GENERATE_ENVELOPE: {
        "contractVersion": "1.0",
        "keyId": "k",
        "payloadType": "application/vnd.cncf.notary.payload.v1+json",
        "signatureEnvelopeType": "application/jose+json",
        "payload": "e30=",
        "expiryDurationInSeconds": 60,
    },
    Command.VERIFY_SIGNATURE: {
        "contractVersion": "1.0",
        "signature": {
            "criticalAttributes": {"contentType": "t", "signingScheme": "notary.x509"},
            "unprocessedAttributes": None,
            "certificateChain": ["AAAA"],
        },
        "trustPolicy": {"trustedIdentities": ["*"], "signatureVerification": ["C"]},
    },
}


class Complete:
    """A plugin that can do everything, and remembers what it was asked."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.asked: list[object] = []
        self._failure = failure

    def _seen(self, request: object) -> None:
        self.asked.append(request)
        if self._failure is not None:
            raise self._failure

    def metadata(self, config: Config) -> PluginMetadata:
        self._seen(config)
        return PluginMetadata("demo", "a demo", "1.0.0", "https://plugins.example", ("1.0",), ("C",))

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        self._seen(request)
        return KeyDescription(request.key_id, KeySpec.EC_256)

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        self._seen(request)
        return GeneratedSignature(request.key_id, b"s", BY_KEY_SPEC[request.key_spec], (b"c",))

    def generate_envelope(self, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
        self._seen(request)
        return GeneratedEnvelope(b"e", request.envelope_type)

    def verify_signature(self, request: VerifySignatureRequest) -> VerifySignatureAnswer:
        self._seen(request)
        return VerifySignatureAnswer({name: CapabilityResult(True) for name in request.capabilities})


class Bare:
    """A plugin without any command but the one that all have."""

    def metadata(self, config: Config) -> PluginMetadata:
        return Complete().metadata(config)


def ask(plugin: Any, command: Command, *without: str, **changes: Any) -> ProgramResult:
    request = {**REQUESTS[command], **changes}
    for name in without:
        del request[name]
    return dispatch(plugin, command, json.dumps(request).encode())


def error(result: ProgramResult) -> tuple[str, str]:
    """Return code and message of the error document in *result*, which is nothing else."""
    assert result.exit_code == 1
    assert result.stdout == b""
    document = json.loads(result.stderr)
    assert set(document) <= {"errorCode", "errorMessage", "errorMetadata"}
    return document["errorCode"], document.get("errorMessage", "")


@pytest.mark.parametrize("command", Command)
def test_every_command_is_answered(command: Command) -> None:
    """PLG-020, PLG-021, PLG-110: the method named like the command gets the request; one document."""
    plugin = Complete()
    result = ask(plugin, command, pluginConfig={"a": "b"}, unknown={"ignored": [1]})
    assert (result.exit_code, result.stderr) == (0, b"")
    assert isinstance(json.loads(result.stdout), dict)
    (asked,) = plugin.asked
    assert asked == {"a": "b"} or getattr(asked, "plugin_config", None) == {"a": "b"}


@pytest.mark.parametrize(
    "request_",
    [b"", b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff", b"{} {}", b"{}" + b" " * (64 << 20)],
    ids=["empty", "cut off", "array", "null", "twins", "no text", "two", "too large"],
)
@pytest.mark.parametrize("command", Command)
def test_request_that_is_no_document_is_refused(command: Command, request_: bytes) -> None:
    """PLG-027, PLG-110: VALIDATION_ERROR, and the author's code never sees it."""
    plugin = Complete()
    assert error(dispatch(plugin, command, request_))[0] == "VALIDATION_ERROR"
    assert plugin.asked == []


@pytest.mark.parametrize(
    ("command", "member"),
    [
        (command, member)
        for command, request in REQUESTS.items()
        for member in request
        if member != "expiryDurationInSeconds"
    ],
)
def test_missing_or_malformed_member_is_refused(command: Command, member: str) -> None:
    """PLG-027, PLG-110: required members are there, of the right type, and not empty."""
    plugin = Complete()
    assert error(ask(plugin, command, member))[0] == "VALIDATION_ERROR"
    for value in (None, 7, True, [], {}):
        assert error(ask(plugin, command, **{member: value}))[0] == "VALIDATION_ERROR"
    if member != "contractVersion":
        assert error(ask(plugin, command, **{member: ""}))[0] == "VALIDATION_ERROR"
    assert plugin.asked == []


@pytest.mark.parametrize("version", ["", "1", "1.1", "2.0", "1.0 ", "v1.0", "9" * 4000])
def test_other_contract_version_is_refused(version: str) -> None:
    """PLG-023, PLG-027, PLG-035, PLG-110: UNSUPPORTED_CONTRACT_VERSION; metadata has no version."""
    plugin = Complete()
    code, message = error(ask(plugin, Command.DESCRIBE_KEY, contractVersion=version))
    assert code == "UNSUPPORTED_CONTRACT_VERSION"
    assert len(message) < 200
    assert plugin.asked == []
    assert ask(plugin, Command.GET_PLUGIN_METADATA, contractVersion=version).exit_code == 0


@pytest.mark.parametrize("command", [one for one in Command if one is not Command.GET_PLUGIN_METADATA])
def test_command_that_the_plugin_does_not_have(command: Command) -> None:
    """PLG-041, PLG-110: a plugin has the methods of its capabilities, and says so of the others."""
    assert error(ask(Bare(), command)) == (
        "VALIDATION_ERROR",
        f"this plugin does not have the command {command}",
    )


def test_refusal_of_the_author_is_passed_on() -> None:
    """PLG-026: code, message and metadata as the author raised them; what is empty is left out."""
    refusal = RequestError(ErrorCode.THROTTLED, "too\nmuch <>", {"retry": "5"})
    result = ask(Complete(refusal), Command.DESCRIBE_KEY)
    assert json.loads(result.stderr) == {
        "errorCode": "THROTTLED",
        "errorMessage": "too\nmuch <>",
        "errorMetadata": {"retry": "5"},
    }
    result = ask(Complete(RequestError(ErrorCode.TIMEOUT)), Command.DESCRIBE_KEY)
    assert json.loads(result.stderr) == {"errorCode": "TIMEOUT"}


@pytest.mark.parametrize(
    "failure",
    [
        ValueError("token=hunter2"),
        SystemExit("hunter2"),
        RecursionError("hunter2"),
        AssertionError("hunter2"),
        GeneratorExit("hunter2"),
        type("OfItsOwn", (BaseException,), {})("hunter2"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_defect_of_the_author_is_an_error_without_its_text(failure: BaseException) -> None:
    """PLG-110, R-36: ERROR and the kind of exception; no traceback, and nothing of what it says."""
    result = ask(Complete(failure), Command.GENERATE_SIGNATURE)
    assert error(result) == ("ERROR", f"the plugin failed with {type(failure).__name__}")
    assert b"hunter2" not in result.stderr


@pytest.mark.parametrize(
    "refusal",
    [
        RequestError("no code of the contract", "hunter2"),  # type: ignore[arg-type]
        RequestError(ErrorCode.ERROR, 5),  # type: ignore[arg-type]
        RequestError(ErrorCode.ERROR, "\ud800"),
        RequestError(ErrorCode.ERROR, "", {"a": 1}),  # type: ignore[dict-item]
        RequestError(ErrorCode.ERROR, "", {1: "a"}),  # type: ignore[dict-item]
    ],
    ids=["code", "message", "no unicode", "metadata", "name in metadata"],
)
def test_refusal_of_the_author_that_cannot_be_written_is_an_error(refusal: RequestError) -> None:
    """PLG-026, PLG-110: what is wrong in a refusal neither gets into the document nor out of the call."""
    assert error(ask(Complete(refusal), Command.DESCRIBE_KEY)) == (
        "ERROR",
        "the plugin refused in no proper way",
    )


def test_code_of_the_author_may_be_its_text() -> None:
    """PLG-027: a code is what it is called in the contract."""
    refusal = RequestError("THROTTLED", "later")  # type: ignore[arg-type]
    assert error(ask(Complete(refusal), Command.DESCRIBE_KEY)) == ("THROTTLED", "later")


def test_error_of_ours_in_the_authors_code_keeps_its_words() -> None:
    """PLG-110: who builds on this library passes on messages that are made to be shown."""
    failure = ConfigurationError("key file is missing", hint="run: touch it")
    assert error(ask(Complete(failure), Command.DESCRIBE_KEY)) == (
        "ERROR",
        "key file is missing; run: touch it",
    )


def test_interrupt_is_not_an_answer() -> None:
    """PLG-110: whoever presses Ctrl-C ends the caller."""
    with pytest.raises(KeyboardInterrupt):
        ask(Complete(KeyboardInterrupt()), Command.DESCRIBE_KEY)


@pytest.mark.parametrize("answer", [None, "text", {"keyId": "k"}, Complete().metadata({})], ids=type)
def test_answer_of_another_kind_is_an_error(answer: object) -> None:
    """PLG-110: the author returned something that is no answer to this command."""
    plugin = Complete()
    plugin.describe_key = lambda _: answer  # type: ignore[assignment, method-assign, return-value]
    code, message = error(ask(plugin, Command.DESCRIBE_KEY))
    assert (code, "in place of KeyDescription" in message) == ("ERROR", True)


def test_answer_that_cannot_be_written_is_an_error() -> None:
    """PLG-110: values of wrong types inside an answer do not become a traceback."""
    plugin = Complete()
    plugin.describe_key = lambda _: KeyDescription(b"k", KeySpec.EC_256)  # type: ignore[arg-type, assignment, method-assign]
    assert error(ask(plugin, Command.DESCRIBE_KEY))[0] == "ERROR"
