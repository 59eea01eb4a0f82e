# SPDX-License-Identifier: Apache-2.0
"""Checks of the envelopes that a plugin makes: the type, the signature, the payload, the expiry, the key.

Every answer is judged as a client would. A plugin need not make every type of envelope, but one.

Spec: plugin-extensibility, Signing interfaces.
Requirements: PLG-020, PLG-024, PLG-060 to PLG-063, PLG-072, SGN-002, SGN-004.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ..algorithms import KeySpec
from ..certificates.chain import ChainMemo
from ..document import parse_json, write_json
from ..envelope import formats
from ..envelope.integrity import IntactEnvelope, verify_integrity
from ..envelope.model import PAYLOAD_TYPE, EnvelopeFormat
from ..envelope.payload import MAX_PAYLOAD_BYTES
from ..errors import MalformedError, NotationError, UntrustedError
from .check_report import (
    PARALLEL,
    BrokenRuleError,
    Check,
    NotCheckedError,
    Subject,
    at_once,
    document_of,
    refused,
)
from .check_requests import ARTIFACT, UNKNOWN_MEMBER
from .contract import Capability, Command, ErrorCode
from .messages import GeneratedEnvelope, GenerateEnvelopeRequest

_EXPIRES_IN = 3600
_BLOB = ARTIFACT.replace(b"application/vnd.oci.image.manifest.v1+json", b"application/octet-stream")
_FORMATS = (EnvelopeFormat.JWS, EnvelopeFormat.COSE)


def envelope_checks(key_id: str, capability: Capability, spec: KeySpec | None) -> Iterator[Check]:
    """Yield the checks of `generate-envelope` with the key *key_id*, for what *capability* is about.

    Args:
        spec: of the key as it was described, or None if nobody has to describe it.
    """
    is_blob = capability is Capability.SIGNATURE_GENERATOR_ENVELOPE_FOR_BLOB
    payload, what = (_BLOB, "a blob") if is_blob else (ARTIFACT, "an artifact")
    about = ("PLG-060", "PLG-061", "PLG-062", "PLG-063", *(("PLG-072",) if spec else ()))
    for kind in _FORMATS:
        yield Check(
            f"{kind} envelope over {what}", about, partial(_envelope, key_id, spec, kind, payload, None)
        )
        yield Check(
            f"{kind} envelope over {what} that expires",
            ("SGN-002",),
            partial(_envelope, key_id, spec, kind, payload, _EXPIRES_IN),
        )
    yield Check(
        f"at least one type of envelope over {what} is made",
        ("PLG-061",),
        partial(type_made, key_id=key_id, payload=payload),
    )
    yield Check(
        f"{PARALLEL} envelopes over {what} at once",
        ("PLG-020", "PLG-062"),
        partial(_parallel, key_id, spec, payload),
    )
    yield Check(
        f"generate-envelope over {what} ignores unknown members",
        ("PLG-024",),
        partial(_unknown_members, key_id, payload),
    )


def _request(
    subject: Subject, key_id: str, kind: EnvelopeFormat, payload: bytes, expires_in: int | None
) -> dict[str, Any]:
    request = GenerateEnvelopeRequest(key_id, PAYLOAD_TYPE, kind.value, payload, expires_in, subject.config)
    return request.to_json()


def type_made(subject: Subject, key_id: str, payload: bytes = ARTIFACT) -> EnvelopeFormat:
    """Return a type of envelope that the plugin makes; raises BrokenRuleError if it makes none."""
    refusals = []
    for kind in _FORMATS:
        try:
            request = _request(subject, key_id, kind, payload, None)
            subject.answer(Command.GENERATE_ENVELOPE, request, "PLG-061")
        except BrokenRuleError as error:
            refusals.append(error)
        else:
            return kind
    raise refusals[0]


def _type_if_any(subject: Subject, key_id: str, payload: bytes) -> EnvelopeFormat:
    try:
        return type_made(subject, key_id, payload)
    except BrokenRuleError as error:
        raise NotCheckedError(f"the plugin makes no envelope: {error.detail}") from error


def _unknown_members(key_id: str, payload: bytes, subject: Subject) -> None:
    kind = _type_if_any(subject, key_id, payload)
    request = _request(subject, key_id, kind, payload, None)
    subject.answer(Command.GENERATE_ENVELOPE, {**request, **UNKNOWN_MEMBER}, "PLG-024")


def _parallel(key_id: str, spec: KeySpec | None, payload: bytes, subject: Subject) -> None:
    kind = _type_if_any(subject, key_id, payload)
    payloads = [payload.replace(b"16724", b"%d" % (16725 + number)) for number in range(PARALLEL)]
    at_once(lambda one: _envelope(key_id, spec, kind, one, None, subject), payloads)


def _envelope(
    key_id: str,
    spec: KeySpec | None,
    kind: EnvelopeFormat,
    payload: bytes,
    expires_in: int | None,
    subject: Subject,
) -> None:
    request = _request(subject, key_id, kind, payload, expires_in)
    result = subject.said(Command.GENERATE_ENVELOPE, write_json(request).encode("utf-8"))
    if result.exit_code != 0:
        refusal = refused(Command.GENERATE_ENVELOPE, result)
        if refusal.code == ErrorCode.VALIDATION_ERROR:
            raise NotCheckedError(f"the plugin does not make it: {refusal.message}")
        raise BrokenRuleError(
            "PLG-061", f"generate-envelope in order was refused: {refusal.code}: {refusal.message}"
        )
    try:
        answer = GeneratedEnvelope.from_json(document_of(Command.GENERATE_ENVELOPE, result))
    except MalformedError as error:
        raise BrokenRuleError("PLG-028", f"generate-envelope: {error}") from error
    if answer.envelope_type != kind:
        raise BrokenRuleError("PLG-060", f"asked for {kind}, and got {answer.envelope_type[:64]!r}")
    try:
        intact = verify_integrity(formats.parse(answer.envelope, kind), ChainMemo(1))
    except NotationError as error:
        raise BrokenRuleError("PLG-061", f"generate-envelope: {error.message}") from error
    _check_content(intact, payload, expires_in, subject)
    if spec is not None and intact.chain.algorithm.key_spec is not spec:
        raise BrokenRuleError(
            "PLG-072", f"described as {spec}, signed with {intact.chain.algorithm.key_spec}"
        )


def _check_content(intact: IntactEnvelope, payload: bytes, expires_in: int | None, subject: Subject) -> None:
    signed: Any = parse_json(intact.envelope.payload, what="payload", max_bytes=MAX_PAYLOAD_BYTES)
    asked: Any = parse_json(payload, what="payload", max_bytes=MAX_PAYLOAD_BYTES)
    if signed.get("targetArtifact") != asked["targetArtifact"]:
        raise BrokenRuleError("PLG-062", "generate-envelope: what was signed is not what was asked for")
    if signed != asked:
        raise BrokenRuleError("PLG-063", "generate-envelope: the payload has members that were not asked for")
    expiry, start = intact.signed.expiry, intact.signed.signing_time
    if expires_in is not None and (expiry is None or (expiry - start).total_seconds() > expires_in):
        raise BrokenRuleError("SGN-002", f"the signature does not expire within {expires_in} seconds")
    if expires_in is None and expiry is not None:
        raise BrokenRuleError("SGN-002", "the signature expires, and no expiry was asked for")
    try:
        intact.chain.check_valid_at(subject.at)
    except UntrustedError as error:
        raise BrokenRuleError("SGN-004", error.message) from error
