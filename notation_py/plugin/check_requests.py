# SPDX-License-Identifier: Apache-2.0
"""Checks with requests that a plugin has to refuse, and with those it must not refuse although they look odd.

What a good answer to a request in order is, is checked elsewhere: here a request has one fault, and the
plugin has to say so with the right code.

Spec: plugin-extensibility, Plugin contract. Requirements: PLG-022 to PLG-024, PLG-027, PLG-029, PLG-110.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from ..algorithms import BY_KEY_SPEC, KeySpec
from ..document import write_json
from ..envelope.model import PAYLOAD_TYPE, EnvelopeFormat
from ..errors import PluginError
from .check_report import BrokenRuleError, Check, Subject, refused
from .contract import CONTRACT_VERSION, MAX_OUTPUT_BYTES, Command, ErrorCode
from .messages import (
    DescribeKeyRequest,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    MetadataRequest,
)
from .verification_messages import VerifySignatureRequest

NO_SUCH_KEY = "notation-py-check/no-such-key"
UNKNOWN_MEMBER: Mapping[str, Any] = {"notationPyCheck": {"later": [1, None]}}
ARTIFACT = (
    b'{"targetArtifact":{"mediaType":"application/vnd.oci.image.manifest.v1+json",'
    b'"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":16724}}'
)

_TOO_LARGE = MAX_OUTPUT_BYTES + (1 << 20)
_LONG_KEY = 1 << 20
_UNKNOWN_KEY_CODES = frozenset({ErrorCode.VALIDATION_ERROR, ErrorCode.ACCESS_DENIED})
_VERSION_CODES = frozenset({ErrorCode.VALIDATION_ERROR, ErrorCode.UNSUPPORTED_CONTRACT_VERSION})
_NO_REQUESTS = {"nothing": b"", "half a document": b'{"contractVersion":', "a list": b"[]", "text": b"hello"}
_MEMBERS: Mapping[Command, tuple[str, ...]] = {
    Command.DESCRIBE_KEY: ("contractVersion", "keyId"),
    Command.GENERATE_SIGNATURE: ("contractVersion", "keyId", "keySpec", "hashAlgorithm", "payload"),
    Command.GENERATE_ENVELOPE: (
        "contractVersion",
        "keyId",
        "payloadType",
        "signatureEnvelopeType",
        "payload",
    ),
    Command.VERIFY_SIGNATURE: ("contractVersion", "signature", "trustPolicy"),
}
_NO_VALUES = {
    "keySpec": "RSA-1024",
    "hashAlgorithm": "SHA-1",
    "payloadType": "text/plain",
    "signatureEnvelopeType": "application/zip",
}


class Known(NamedTuple):
    """What is known of a plugin before requests with a fault are made: what a request in order has in it.

    Attributes:
        key_id: names a key, if there is one. spec: of that key. capabilities: to verify.
        envelope_type: one that the plugin makes, if it makes any.
    """

    key_id: str = NO_SUCH_KEY
    spec: KeySpec = KeySpec.EC_256
    capabilities: tuple[str, ...] = ()
    envelope_type: str = EnvelopeFormat.JWS.value


def request_in_order(subject: Subject, command: Command, known: Known) -> dict[str, Any]:
    """Return a request for *command* to which nothing can be objected but its key, if that is unknown."""
    config, key_id = subject.config, known.key_id
    match command:
        case Command.GET_PLUGIN_METADATA:
            return MetadataRequest(config).to_json()
        case Command.DESCRIBE_KEY:
            return DescribeKeyRequest(key_id, config).to_json()
        case Command.GENERATE_SIGNATURE:
            digest = BY_KEY_SPEC[known.spec].hash
            return GenerateSignatureRequest(key_id, known.spec, digest, b"notation-py", config).to_json()
        case Command.GENERATE_ENVELOPE:
            kind = known.envelope_type
            return GenerateEnvelopeRequest(key_id, PAYLOAD_TYPE, kind, ARTIFACT, None, config).to_json()
        case Command.VERIFY_SIGNATURE:
            return VerifySignatureRequest(
                PAYLOAD_TYPE, "notary.x509", subject.chain, ("*",), known.capabilities, plugin_config=config
            ).to_json()


def request_checks(command: Command, known: Known) -> Iterator[Check]:
    """Yield the checks of *command* with requests that are not in order."""

    def in_order(subject: Subject) -> dict[str, Any]:
        return request_in_order(subject, command, known)

    yield Check(f"{command} refuses what is no JSON object", ("PLG-110",), partial(_no_json, command))
    if command is Command.GET_PLUGIN_METADATA:
        return
    for name in _MEMBERS[command]:
        yield Check(
            f"{command} refuses a request without {name}",
            ("PLG-110",),
            lambda subject, name=name: _spoiled(subject, command, in_order(subject), name, None),  # type: ignore[misc]
        )
        yield Check(
            f"{command} refuses a number as {name}",
            ("PLG-110",),
            lambda subject, name=name: _spoiled(subject, command, in_order(subject), name, 7),  # type: ignore[misc]
        )
        if name in _NO_VALUES:
            yield Check(
                f"{command} refuses an unknown {name}",
                ("PLG-110", "PLG-027"),
                lambda subject, name=name: _spoiled(  # type: ignore[misc]
                    subject, command, in_order(subject), name, _NO_VALUES[name]
                ),
            )
    if "payload" in _MEMBERS[command]:
        yield Check(
            f"{command} refuses a payload that is not standard base64",
            ("PLG-029", "PLG-110"),
            lambda subject: _no_base64(subject, command, in_order(subject)),
        )
    yield Check(
        f"{command} refuses another contract version",
        ("PLG-110", "PLG-027"),
        lambda subject: _other_version(subject, command, in_order(subject)),
    )
    if command is not Command.VERIFY_SIGNATURE:
        yield from _key_checks(command, known)


def _key_checks(command: Command, known: Known) -> Iterator[Check]:
    def with_key(subject: Subject, key_id: str) -> bytes:
        return _bytes(request_in_order(subject, command, known._replace(key_id=key_id)))

    def unknown(subject: Subject) -> None:
        refusal = subject.refusal(command, with_key(subject, NO_SUCH_KEY))
        if refusal.code not in _UNKNOWN_KEY_CODES:
            raise BrokenRuleError("PLG-027", f"{command}: an unknown key was refused with {refusal.code}")

    def long(subject: Subject) -> None:
        subject.refusal(command, with_key(subject, "k" * _LONG_KEY))

    yield Check(f"{command} refuses an unknown key", ("PLG-027",), unknown)
    yield Check(f"{command} refuses a key id of {_LONG_KEY} characters", ("PLG-110",), long)


def _bytes(document: Mapping[str, Any]) -> bytes:
    return write_json(document).encode("utf-8")


def _expect(
    subject: Subject, command: Command, request: bytes, codes: frozenset[ErrorCode], why: str
) -> None:
    refusal = subject.refusal(command, request)
    if refusal.code not in codes:
        wanted = " or ".join(sorted(codes))
        raise BrokenRuleError(
            "PLG-110", f"{command}: {why} was refused with {refusal.code}, which has to be {wanted}"
        )


def _no_json(command: Command, subject: Subject) -> None:
    for what, request in _NO_REQUESTS.items():
        _expect(subject, command, request, frozenset({ErrorCode.VALIDATION_ERROR}), what)


def _spoiled(
    subject: Subject, command: Command, request: dict[str, Any], name: str, value: int | str | None
) -> None:
    rest = {key: member for key, member in request.items() if key != name}
    spoiled = rest if value is None else {**rest, name: value}
    codes = _VERSION_CODES if name == "contractVersion" else frozenset({ErrorCode.VALIDATION_ERROR})
    why = f"a request without {name}" if value is None else f"{value!r} as {name}"
    _expect(subject, command, _bytes(spoiled), codes, why)


def _no_base64(subject: Subject, command: Command, request: dict[str, Any]) -> None:
    octets = base64.b64decode(request["payload"]) + b"\xff\xfe\xfb"
    for payload in (base64.urlsafe_b64encode(octets + b"\xff" * 3).decode(), "a", "????"):
        spoiled = {**request, "payload": payload}
        expect_malformed(subject, command, spoiled, "a payload that is not standard base64", "PLG-029")


def expect_malformed(
    subject: Subject, command: Command, request: Mapping[str, Any], what: str, requirement: str = "PLG-110"
) -> None:
    """Return if *request* is refused as malformed.

    Raises:
        BrokenRuleError: it is not; *requirement* is broken if it was accepted, or refused for another reason.
    """
    try:
        _expect(subject, command, _bytes(request), frozenset({ErrorCode.VALIDATION_ERROR}), what)
    except BrokenRuleError as error:
        broken = requirement if error.requirement == "PLG-110" else error.requirement
        raise BrokenRuleError(broken, error.detail) from error


def _other_version(subject: Subject, command: Command, request: dict[str, Any]) -> None:
    other = _bytes({**request, "contractVersion": "2.0"})
    wanted = frozenset({ErrorCode.UNSUPPORTED_CONTRACT_VERSION})
    _expect(subject, command, other, wanted, f"contract version 2.0 in place of {CONTRACT_VERSION}")


def check_large_request(subject: Subject) -> None:
    """Return if a request larger than any is answered or refused, in a proper way (PLG-022, PLG-110)."""
    result = subject.said(Command.GET_PLUGIN_METADATA, b"{}".ljust(_TOO_LARGE))
    if result.exit_code != 0:
        refused(Command.GET_PLUGIN_METADATA, result)


def check_unknown_word(subject: Subject) -> None:
    """Return if a word that is no command is refused with exit code 1 and a message (PLG-110)."""
    if subject.run_word is None:
        return
    try:
        result = subject.run_word("notation-py-check")
    except PluginError as error:
        raise BrokenRuleError("PLG-110", error.message) from error
    if result.exit_code != 1 or not result.stderr.strip():
        raise BrokenRuleError(
            "PLG-110",
            f"an unknown command ended with {result.exit_code}, which has to be 1 and a message",
        )
