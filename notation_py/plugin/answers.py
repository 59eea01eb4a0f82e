# SPDX-License-Identifier: Apache-2.0
"""Asking a plugin, and believing nothing it says that was not checked.

Each command has one function: it sends a request, and returns the answer only if that is well formed
and fits what was asked. How a plugin is run is the runner's business; whether a signature is trusted
is decided elsewhere.

Spec: plugin-extensibility. Requirements: PLG-020 to PLG-028, PLG-031, PLG-035, PLG-036, PLG-040, PLG-045,
PLG-052, PLG-060 to PLG-063, PLG-101, PLG-102, PLG-104, R-30.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ..algorithms import BY_KEY_SPEC
from ..certificates.chain import ChainMemo, VerifiedSignature
from ..document import of_type, parse_json, string_map, write_json
from ..envelope import formats
from ..envelope.integrity import IntactEnvelope, verify_integrity
from ..envelope.payload import MAX_PAYLOAD_BYTES
from ..errors import MalformedError, NotationError, PluginError, UsageError
from ..reference import go_quote
from .contract import CONTRACT_VERSION, MAX_OUTPUT_BYTES, Command, ErrorCode, PluginRunner, ProgramResult
from .members import Config
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

if TYPE_CHECKING:  # who signs does not need them
    from .verification_messages import VerifySignatureAnswer, VerifySignatureRequest

Answer = TypeVar("Answer")

MAX_ERROR_CHARACTERS = 2048
"""Of a plugin's error message that are shown."""

MAX_METADATA_BYTES = 1 << 16
"""What a plugin says of itself is shown in lists and errors."""

_MAX_UNASKED, _MAX_UNASKED_CHARACTERS = 16, 128

_CHAINS = ChainMemo(8)
"""Whoever signs often gets the same chain each time; what holds for it depends on no time and no trust."""

_HINTS: dict[str, str] = {
    ErrorCode.TIMEOUT: "the plugin's service did not answer in time; try again",
    ErrorCode.THROTTLED: "the plugin's service has too much to do; try again later",
    ErrorCode.UNSUPPORTED_CONTRACT_VERSION: f"install a version of the plugin that speaks {CONTRACT_VERSION}",
}


def ask(
    runner: PluginRunner,
    command: Command,
    request: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], Answer],
    max_bytes: int = MAX_OUTPUT_BYTES,
) -> Answer:
    """Return what *read* makes of the JSON object with which the plugin answered *request*.

    Args:
        max_bytes: of the answer.

    Raises:
        PluginError: it refused (`code` says why), failed, or answered with anything else (PLG-025, PLG-028).
        UsageError: *request* holds what is no text; nothing was asked.
    """
    try:
        document = write_json(request).encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("the key id or the plugin configuration is not UTF-8 text") from error
    result = runner.run(command, document)
    if result.exit_code != 0:
        raise _refusal(runner, command, result)
    try:
        value = parse_json(result.stdout, what="standard output", max_bytes=max_bytes)
        return read(of_type(value, dict, at="standard output"))
    except MalformedError as error:
        raise PluginError(
            f"failed to unmarshal the response of {command} command for plugin {runner.name}: "
            f"{error.message}",
            hint=f"the plugin is defective; report this to its publisher ({runner.origin})",
        ) from error


def _refusal(runner: PluginRunner, command: Command, result: ProgramResult) -> PluginError:
    """Return the error that a plugin which exited with another code than 0 meant (PLG-025, PLG-026)."""
    if not result.stderr.strip():
        ended = f"exit status {result.exit_code}" if result.exit_code > 0 else f"signal {-result.exit_code}"
        return PluginError(
            f"plugin {runner.name} ended the {command} command with {ended} and without a reason",
            hint=f"look at {runner.origin}",
        )
    try:
        value = parse_json(result.stderr, what="standard error", max_bytes=MAX_OUTPUT_BYTES)
        source: dict[str, Any] = of_type(value, dict, at="standard error")
        code, message = (
            of_type(source.get(name) or "", str, at=name) for name in ("errorCode", "errorMessage")
        )
        string_map(source.get("errorMetadata") or {}, at="errorMetadata")
        if not (code or message or source.get("errorMetadata")):
            raise MalformedError("incomplete json: no errorCode, errorMessage or errorMetadata")
    except MalformedError as error:
        return PluginError(
            f"plugin {runner.name} failed to execute the {command} command and said why in no proper way: "
            f"{error.message}",
            hint=f"the plugin is defective; report this to its publisher ({runner.origin})",
        )
    shown = (message or code or "the plugin refused without a reason")[:MAX_ERROR_CHARACTERS]
    return PluginError(shown, hint=_HINTS.get(code), code=code[:64])


def plugin_metadata(runner: PluginRunner, config: Config) -> PluginMetadata:
    """Return what the plugin says it is; asked anew in every workflow (PLG-031).

    Raises:
        PluginError: it has another name, lacks a member, or does not speak our contract (PLG-036, PLG-040).
    """
    request = MetadataRequest(config)
    asked = request.to_json()
    metadata = ask(runner, Command.GET_PLUGIN_METADATA, asked, PluginMetadata.from_json, MAX_METADATA_BYTES)
    problem = next(_problems(metadata), None)
    if problem is not None:
        raise PluginError(
            f"metadata validation failed for plugin {runner.name}: {problem}",
            hint=f"the plugin is defective; report this to its publisher ({runner.origin})",
        )
    if metadata.name != runner.name:
        raise PluginError(
            f"plugin executable file name must be {go_quote('notation-' + metadata.name[:128])} instead of "
            f"{go_quote('notation-' + runner.name)}",
            hint=f"look at {runner.origin}",
        )
    return metadata


def _problems(metadata: PluginMetadata) -> Iterator[str]:
    for name in ("name", "description", "version", "url", "capabilities"):
        if not getattr(metadata, name):
            yield f"empty {name}"
    versions = metadata.supported_contract_versions
    if not versions:
        yield "supported contract versions not specified"
    if CONTRACT_VERSION not in versions:
        listed = " ".join(versions)[:128]
        yield (
            f"contract version {go_quote(CONTRACT_VERSION)} is not in the list of the plugin supported "
            f"versions [{listed}]"
        )


def describe_key(runner: PluginRunner, request: DescribeKeyRequest) -> KeyDescription:
    """Return the type of the key of *request*; raises PluginError (PLG-045)."""
    answer = ask(runner, Command.DESCRIBE_KEY, request.to_json(), KeyDescription.from_json)
    _check_key_id("describeKey", answer.key_id, request.key_id)
    return answer


def generate_signature(
    runner: PluginRunner, request: GenerateSignatureRequest
) -> tuple[GeneratedSignature, VerifiedSignature]:
    """Return a signature over exactly the payload of *request*, and that it is the leaf's (PLG-052).

    Raises:
        PluginError: another key, another algorithm, a chain that breaks a rule, or no such signature.
    """
    answer = ask(runner, Command.GENERATE_SIGNATURE, request.to_json(), GeneratedSignature.from_json)
    _check_key_id("generateSignature", answer.key_id, request.key_id)
    algorithm = BY_KEY_SPEC[request.key_spec]
    if answer.signing_algorithm is not algorithm:
        raise PluginError(
            f"signingAlgorithm in generateSignature response {go_quote(answer.signing_algorithm.name)} does "
            f"not match the key, which determines {go_quote(algorithm.name)}"
        )
    try:
        chain = _CHAINS.chain_of(answer.certificate_chain)
        if chain.algorithm is not algorithm:
            raise MalformedError(
                f"the key of the signing certificate determines {chain.algorithm.name}, "
                f"and the key spec {request.key_spec} determines {algorithm.name}"
            )
        return answer, chain.verified(request.payload, answer.signature)
    except NotationError as error:
        _reject(error)


def generate_envelope(
    runner: PluginRunner, request: GenerateEnvelopeRequest
) -> tuple[GeneratedEnvelope, IntactEnvelope]:
    """Return an envelope over exactly the payload of *request*, and what a verifier makes of it.

    Raises:
        PluginError: of another type, not intact, about something else, or with another expiry than asked for
            (PLG-060 to PLG-063).
    """
    answer = ask(runner, Command.GENERATE_ENVELOPE, request.to_json(), GeneratedEnvelope.from_json)
    if answer.envelope_type != request.envelope_type:
        raise PluginError(
            f"signatureEnvelopeType in generateEnvelope response {go_quote(answer.envelope_type[:128])} "
            f"does not match request {go_quote(request.envelope_type)}"
        )
    try:
        format = formats.format_named(request.envelope_type)  # noqa: A001  the specification's word
        intact = verify_integrity(formats.parse(answer.envelope, format), ChainMemo(1))
    except NotationError as error:
        _reject(error)
    if _json(intact.envelope.payload) != _json(request.payload):
        raise PluginError(
            "during signing descriptor subject has changed: the plugin signed another payload",
            hint="a plugin may neither change nor add to what is signed",
        )
    _check_expiry(intact, request)
    return answer, intact


def _json(payload: bytes) -> Any:
    return parse_json(payload, what="payload", max_bytes=MAX_PAYLOAD_BYTES)


def _check_expiry(intact: IntactEnvelope, request: GenerateEnvelopeRequest) -> None:
    if request.expires_in is None:
        return
    signed = intact.signed
    if signed.expiry is None or (signed.expiry - signed.signing_time).total_seconds() > request.expires_in:
        raise PluginError(
            f"the plugin made a signature that does not expire within {request.expires_in} seconds"
        )


def verify_signature(
    runner: PluginRunner, request: VerifySignatureRequest
) -> tuple[VerifySignatureAnswer, tuple[str, ...]]:
    """Return an answer with a result for each capability asked for, and names of results nobody asked for.

    Of the latter a few are enough, and of each its beginning.

    Raises:
        PluginError: a result is missing or fails without a reason, or a critical attribute was not
            processed (PLG-101, PLG-102, PLG-104).
    """
    from .verification_messages import VerifySignatureAnswer

    answer = ask(runner, Command.VERIFY_SIGNATURE, request.to_json(), VerifySignatureAnswer.from_json)
    name = go_quote(runner.name)
    for attribute in request.unprocessed_attributes:
        if attribute not in answer.processed_attributes:
            raise PluginError(
                f"extended critical attribute {go_quote(attribute[:128])} was not processed by the "
                f"verification plugin {name} (all extended critical attributes must be processed by the "
                "verification plugin)"
            )
    for capability in request.capabilities:
        result = answer.results.get(capability)
        if result is None:
            raise PluginError(f"verification plugin {name} failed to verify {go_quote(capability)}")
        if not result.success and not result.reason:
            raise PluginError(f"verification plugin {name} refuses {go_quote(capability)} without a reason")
    unasked = sorted(answer.results.keys() - set(request.capabilities))[:_MAX_UNASKED]
    return answer, tuple(name[:_MAX_UNASKED_CHARACTERS] for name in unasked)


def _check_key_id(command: str, answered: str, asked: str) -> None:
    if answered != asked:
        raise PluginError(
            f"keyID in {command} response {go_quote(answered[:256])} does not match request {go_quote(asked)}"
        )


def _reject(error: NotationError) -> NoReturn:
    raise PluginError(
        f"generated signature failed verification: {error.message}",
        hint="the plugin is defective, or its key and its certificates do not belong together",
    ) from error
