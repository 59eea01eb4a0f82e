# SPDX-License-Identifier: Apache-2.0
"""Plugins that sign, with one fault each: the key, the signature, its form, the chain, several at once."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.plugin.contract import Command, ErrorCode, ProgramResult, RequestError
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GeneratedSignature,
    GenerateSignatureRequest,
    KeyDescription,
)
from tests.simulator.checked_plugins import (
    Broken,
    GoodPlugin,
    answers,
    changed_answer,
    instead,
    mixed_up,
    refusal,
    with_methods,
)
from tests.simulator.fake_plugins import KEY_ID, RAW, said
from tests.simulator.pki import NOT_AFTER, make_chain

_COMMAND = "generate-signature"
_DESCRIBED = "the key 'key-1' is described"
_TURNS = itertools.count()


def _payload(change: Callable[[bytes], bytes]) -> Callable[..., GeneratedSignature]:
    """Return a method that signs what *change* makes of the payload."""
    return lambda self, request: GoodPlugin.generate_signature(
        self, replace(request, payload=change(request.payload))
    )


def _resigned(sign: Callable[[Any, bytes], bytes]) -> Callable[..., GeneratedSignature]:
    """Return a method that signs with *sign*, given the private key and the payload."""

    def generate_signature(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
        answer = GoodPlugin.generate_signature(self, request)
        return replace(answer, signature=sign(self.chain.key, request.payload))

    return generate_signature


def _answer(**changes: Callable[[GeneratedSignature], Any]) -> Callable[..., GeneratedSignature]:
    """Return a method in whose answers members are changed."""

    def generate_signature(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
        answer = GoodPlugin.generate_signature(self, request)
        return replace(answer, **{name: change(answer) for name, change in changes.items()})

    return generate_signature


def _pss(salt: int) -> padding.PSS:
    return padding.PSS(padding.MGF1(SHA256()), salt)


def _decoded(payload: bytes) -> bytes:
    """Return the header that a JWS signing input begins with, and anything else as it is."""
    return base64.urlsafe_b64decode(payload.partition(b".")[0]) if payload.startswith(b"eyJ") else payload


def _reads_the_payload_again(payload: bytes) -> bytes:
    return base64.b64encode(payload)


def _signs_with_a_larger_key(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
    larger = GoodPlugin(make_chain("EC-384", 2))
    answer = GoodPlugin.generate_signature(larger, request)
    return replace(answer, signing_algorithm=BY_KEY_SPEC[KeySpec.EC_256])


def _signs_as_with_a_smaller_key(self: GoodPlugin, request: GenerateSignatureRequest) -> GeneratedSignature:
    answer = GoodPlugin.generate_signature(self, request)
    signature = self.chain.key.sign(request.payload, _pss(32), SHA256())
    return replace(answer, signature=signature, signing_algorithm=BY_KEY_SPEC[KeySpec.RSA_2048])


def _describes_a_smaller_key(self: GoodPlugin, request: DescribeKeyRequest) -> KeyDescription:
    return replace(GoodPlugin.describe_key(self, request), key_spec=KeySpec.RSA_2048)


def _knows_every_key(_self: GoodPlugin, request: DescribeKeyRequest) -> KeyDescription:
    return KeyDescription(request.key_id, KeySpec.EC_256)


def _changes_its_mind(_self: GoodPlugin, request: DescribeKeyRequest) -> Any:
    if request.key_id != KEY_ID:
        raise RequestError(ErrorCode.VALIDATION_ERROR)
    return KeyDescription(KEY_ID, (KeySpec.EC_256, KeySpec.EC_384)[next(_TURNS) % 2])


def _url_base64(member: str) -> Callable[..., ProgramResult]:
    """Return a misbehaviour in which *member* of a signature is in base64 for URLs."""

    def text(value: str) -> str:
        return base64.urlsafe_b64encode(base64.b64decode(value)).decode().rstrip("=")

    def misbehave(asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        if asked is not Command.GENERATE_SIGNATURE or result.exit_code:
            return result
        answer = json.loads(result.stdout)
        value = answer[member]
        answer[member] = [text(one) for one in value] if isinstance(value, list) else text(value)
        return result._replace(stdout=json.dumps(answer).encode())

    return misbehave


def _signer(requirement: str, method: Callable[..., Any] | None = None, **more: Any) -> Broken:
    if method is not None:
        more["plugin"] = with_methods(generate_signature=method)
    return Broken(requirement, capabilities=(RAW,), **more)


BROKEN_SIGNERS: Mapping[str, Broken] = {
    "crashes": _signer("PLG-020", misbehave=said("describe-key", stdout=b"", exit_code=-11)),
    "answers in two documents": _signer(
        "PLG-028", misbehave=said("describe-key", stdout=b"{}{}", exit_code=0)
    ),
    "answers with a list": _signer(
        "PLG-028", misbehave=instead("describe-key", ProgramResult(0, b"[]", b"")), alone=_DESCRIBED
    ),
    "knows every key": _signer("PLG-110", plugin=with_methods(describe_key=_knows_every_key)),
    "describes another key": _signer(
        "PLG-045",
        misbehave=changed_answer("describe-key", keyId="other"),
        alone=_DESCRIBED,
    ),
    "describes no known type": _signer(
        "PLG-045", misbehave=changed_answer("describe-key", keySpec="RSA-1024"), alone=_DESCRIBED
    ),
    "changes its mind about the key": _signer(
        "PLG-045", plugin=with_methods(describe_key=_changes_its_mind), alone=_DESCRIBED
    ),
    "does not describe its key": _signer(
        "PLG-045",
        misbehave=instead("describe-key", refusal("ACCESS_DENIED")),
        alone=_DESCRIBED,
    ),
    "does not sign": _signer(
        "PLG-050",
        misbehave=instead(_COMMAND, refusal("ERROR")),
    ),
    "pads a single byte": _signer(
        "PLG-052", _payload(lambda data: data.ljust(2, b"\0")), alone="EC-256 signs one byte"
    ),
    "signs text": _signer(
        "PLG-052", _payload(lambda data: data.replace(b"\r", b"")), alone="EC-256 signs every byte"
    ),
    "decodes a JWS": _signer("PLG-052", _payload(_decoded), alone="EC-256 signs a JWS signing input"),
    "signs the first 64 KiB": _signer(
        "PLG-052", _payload(lambda data: data[: 1 << 16]), alone="EC-256 signs a mebibyte"
    ),
    "signs the hash": _signer("PLG-050", _payload(lambda data: sha256(data).digest())),
    "signs the base64": _signer("PLG-050", _payload(_reads_the_payload_again)),
    "signs something else": _signer("PLG-052", _payload(lambda data: data + b"\n")),
    "signs in ASN.1": _signer("PLG-051", _resigned(lambda key, data: key.sign(data, ec.ECDSA(SHA256())))),
    "signs with PKCS#1 v1.5": _signer(
        "PLG-051",
        _resigned(lambda key, data: key.sign(data, padding.PKCS1v15(), SHA256())),
        key_type="RSA-2048",
    ),
    "signs with a short salt": _signer(
        "PLG-051", _resigned(lambda key, data: key.sign(data, _pss(20), SHA256())), key_type="RSA-2048"
    ),
    "signs nothing with RSA": _signer(
        "PLG-052", _resigned(lambda _key, _data: b"\1" * 256), key_type="RSA-2048"
    ),
    "signs with another key": _signer(
        "PLG-052", _answer(certificate_chain=lambda _answer: make_chain("EC-256", 3).ders[1:])
    ),
    "signs with another type of key": _signer("PLG-052", _signs_with_a_larger_key),
    "uses a larger key with the hash of a smaller one": _signer(
        "PLG-052",
        plugin=with_methods(
            describe_key=_describes_a_smaller_key, generate_signature=_signs_as_with_a_smaller_key
        ),
        key_type="RSA-3072",
    ),
    "says another algorithm": _signer(
        "PLG-052", _answer(signing_algorithm=lambda _answer: BY_KEY_SPEC[KeySpec.EC_384])
    ),
    "says no known algorithm": _signer(
        "PLG-052", misbehave=changed_answer(_COMMAND, signingAlgorithm="ECDSA-SHA-1")
    ),
    "turns the chain round": _signer(
        "PLG-052", _answer(certificate_chain=lambda answer: answer.certificate_chain[::-1])
    ),
    "brings no chain": _signer("PLG-052", _answer(certificate_chain=lambda _answer: ())),
    "leaves out the chain": _signer("PLG-028", misbehave=changed_answer(_COMMAND, "certificateChain")),
    "leaves out the signature": _signer("PLG-028", misbehave=changed_answer(_COMMAND, "signature")),
    "answers about another key": _signer("PLG-052", misbehave=changed_answer(_COMMAND, keyId="other")),
    "certificates are over": _signer(
        "SGN-004", at=NOT_AFTER.replace(year=2060), alone="EC-256: the certificates are valid now"
    ),
    "mixes requests up": _signer(
        "PLG-052", plugin=mixed_up("generate_signature", "payload"), alone="EC-256 signs 8 payloads at once"
    ),
    "refuses unknown members of a request to sign": _signer(
        "PLG-024",
        misbehave=answers(
            _COMMAND, lambda request: "notationPyCheck" in request, refusal("VALIDATION_ERROR")
        ),
        alone="generate-signature ignores unknown members",
    ),
    "writes the signature in base64 for URLs": _signer("PLG-029", misbehave=_url_base64("signature")),
    "writes certificates in base64 for URLs": _signer("PLG-029", misbehave=_url_base64("certificateChain")),
}
