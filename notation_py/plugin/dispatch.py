# SPDX-License-Identifier: Apache-2.0
"""The plugin's side of the contract: a command and the bytes of a request in, what a program would leave out.

Whatever the author's object does, the result is an answer or an error document: a request that is
malformed never reaches it, and an exception that it did not mean becomes `ERROR` without a traceback.
Writes nothing and ends nothing; a program round it is `serve`.

Spec: plugin-extensibility, Plugin contract. Requirements: PLG-020 to PLG-028, PLG-041, PLG-110.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from ..document import member, of_type, parse_json, string_map, write_json
from ..errors import MalformedError, NotationError
from .contract import CONTRACT_VERSION, MAX_OUTPUT_BYTES, Command, ErrorCode, ProgramResult, RequestError
from .messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    KeyDescription,
    MetadataRequest,
    PluginMetadata,
)
from .protocols import Plugin

MAX_REQUEST_BYTES = MAX_OUTPUT_BYTES

Request = TypeVar("Request")


class _Answer(Protocol):
    def to_json(self) -> dict[str, Any]: ...


def dispatch(plugin: Plugin, command: Command, request: bytes) -> ProgramResult:
    """Return what *plugin* makes of *request*: exit code 0 and an answer, or 1 and an error document.

    Args:
        request: one JSON object, read strictly; unknown members are ignored (PLG-024).
    """
    try:
        source = _parsed(request, command)
        answer = _answer(plugin, command, source)
        output = write_json(answer.to_json()).encode("utf-8")
    except RequestError as error:
        return _refused(error)
    except NotationError as error:
        hint = f"; {error.hint}" if error.hint else ""
        return _refused(RequestError(ErrorCode.ERROR, f"{error.message}{hint}"))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the author's code may raise anything; its text may be secret
        return _refused(RequestError(ErrorCode.ERROR, f"the plugin failed with {type(error).__name__}"))
    if len(output) > MAX_OUTPUT_BYTES:
        return _refused(RequestError(ErrorCode.ERROR, f"the answer is larger than {MAX_OUTPUT_BYTES} bytes"))
    return ProgramResult(0, output, b"")


def _parsed(request: bytes, command: Command) -> dict[str, Any]:
    """Return the JSON object *request*; raises RequestError."""
    try:
        value = parse_json(request, what="request", max_bytes=MAX_REQUEST_BYTES)
        source: dict[str, Any] = of_type(value, dict, at="request")
        if command is Command.GET_PLUGIN_METADATA:  # has no contract version (PLG-023)
            return source
        version = member(source, "contractVersion", str)
    except MalformedError as error:
        raise RequestError(ErrorCode.VALIDATION_ERROR, str(error)) from error
    if version != CONTRACT_VERSION:
        raise RequestError(
            ErrorCode.UNSUPPORTED_CONTRACT_VERSION,
            f"contract version {version[:32]!r} is not supported, only {CONTRACT_VERSION!r} is",
        )
    return source


def _answer(plugin: Plugin, command: Command, source: Mapping[str, Any]) -> _Answer:
    match command:
        case Command.GET_PLUGIN_METADATA:
            config = _read(MetadataRequest.from_json, source).plugin_config
            return _of_kind(plugin.metadata(config), PluginMetadata)
        case Command.DESCRIBE_KEY:
            asked = _read(DescribeKeyRequest.from_json, source)
            return _of_kind(_method(plugin, command)(asked), KeyDescription)
        case Command.GENERATE_SIGNATURE:
            wanted = _read(GenerateSignatureRequest.from_json, source)
            return _of_kind(_method(plugin, command)(wanted), GeneratedSignature)
        case Command.GENERATE_ENVELOPE:
            ordered = _read(GenerateEnvelopeRequest.from_json, source)
            return _of_kind(_method(plugin, command)(ordered), GeneratedEnvelope)
        case Command.VERIFY_SIGNATURE:
            from .verification_messages import VerifySignatureAnswer, VerifySignatureRequest

            question = _read(VerifySignatureRequest.from_json, source)
            return _of_kind(_method(plugin, command)(question), VerifySignatureAnswer)


def _method(plugin: Plugin, command: Command) -> Callable[[Any], Any]:
    """Return the method for *command*, named like it; raises RequestError if *plugin* has none."""
    method = getattr(plugin, command.replace("-", "_"), None)
    if not callable(method):
        raise RequestError(ErrorCode.VALIDATION_ERROR, f"this plugin does not have the command {command}")
    found: Callable[[Any], Any] = method
    return found


def _read(from_json: Callable[[Mapping[str, Any]], Request], source: Mapping[str, Any]) -> Request:
    try:
        return from_json(source)
    except MalformedError as error:
        raise RequestError(ErrorCode.VALIDATION_ERROR, str(error)) from error


def _of_kind(answer: object, kind: type[_Answer]) -> _Answer:
    if not isinstance(answer, kind):
        raise RequestError(
            ErrorCode.ERROR, f"the plugin returned {type(answer).__name__} in place of {kind.__name__}"
        )
    return answer


def _refused(error: RequestError) -> ProgramResult:
    """Return how a program says *error*, the author's or ours, whatever is in it (PLG-026)."""
    try:
        document: dict[str, Any] = {"errorCode": ErrorCode(error.code).value}
        if error.message:
            document["errorMessage"] = of_type(error.message, str, at="errorMessage")
        if error.metadata:
            document["errorMetadata"] = string_map(error.metadata, at="errorMetadata")
        output = write_json(document).encode("utf-8")
    except (ValueError, TypeError, AttributeError, MalformedError):
        output = b'{"errorCode":"ERROR","errorMessage":"the plugin refused in no proper way"}'
    return ProgramResult(1, b"", output)
