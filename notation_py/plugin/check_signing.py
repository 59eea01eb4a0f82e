# SPDX-License-Identifier: Apache-2.0
"""Checks of what a plugin signs: the key, the signature over exactly the payload, the chain, the envelope.

Every answer is judged as a client would, but to the one rule it breaks: where a signature does not verify,
the usual mistakes are tried, so that the report says which one it is.

Spec: plugin-extensibility, Signing interfaces.
Requirements: PLG-029, PLG-041, PLG-045, PLG-050 to PLG-052, PLG-060 to PLG-063, PLG-072, SGN-002, SGN-004.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ..algorithms import (
    BY_KEY_SPEC,
    KeySpec,
    PssSalt,
    SignatureAlgorithm,
    ecdsa,
    hash_of,
    verify_primitive,
)
from ..certificates.chain import CertificateChain, ChainMemo, chain_of
from ..document import parse_json
from ..encoding import encode_base64
from ..envelope import formats
from ..envelope.integrity import IntactEnvelope, verify_integrity
from ..envelope.model import PAYLOAD_TYPE, EnvelopeFormat
from ..envelope.payload import MAX_PAYLOAD_BYTES
from ..errors import MalformedError, NotationError, UntrustedError
from .check_report import BrokenRuleError, Check, NotCheckedError, Subject
from .check_requests import ARTIFACT, request_in_order
from .contract import Capability, Command
from .messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    KeyDescription,
)

PARALLEL = 8
"""How many signatures are asked for at once."""

_EXPIRES_IN = 3600
_PAYLOADS = {
    "one byte": b"\x00",
    "every byte": bytes(range(256)),
    "a JWS signing input": b"eyJhbGciOiJFUzI1NiJ9.eyJ0YXJnZXRBcnRpZmFjdCI6e319",
    "a mebibyte": b"notation" * (1 << 17),
}
_BLOB = ARTIFACT.replace(b"application/vnd.oci.image.manifest.v1+json", b"application/octet-stream")
_FORMATS = (EnvelopeFormat.JWS, EnvelopeFormat.COSE)


def key_spec_of(subject: Subject, key_id: str) -> KeySpec:
    """Return what the plugin says the key is, the same twice; raises BrokenRuleError."""
    request = DescribeKeyRequest(key_id, subject.config).to_json()
    specs = set()
    for _ in range(2):
        document = subject.answer(Command.DESCRIBE_KEY, request, "PLG-045")
        try:
            described = KeyDescription.from_json(document)
        except MalformedError as error:
            raise BrokenRuleError("PLG-045", f"describe-key: {error}") from error
        if described.key_id != key_id:
            raise BrokenRuleError("PLG-045", f"describe-key answered about the key {described.key_id[:64]!r}")
        specs.add(described.key_spec)
    if len(specs) != 1:
        raise BrokenRuleError("PLG-045", f"describe-key says {' and then '.join(sorted(specs))} of one key")
    return specs.pop()


def signature_checks(key_id: str, spec: KeySpec) -> Iterator[Check]:
    """Yield the checks of `generate-signature` with the key *key_id*."""
    about = ("PLG-050", "PLG-051", "PLG-052")
    for what, payload in _PAYLOADS.items():
        yield Check(f"{spec} signs {what}", about, partial(_sign, key_id, spec, payload))
    yield Check(
        f"{spec} signs {PARALLEL} payloads at once", ("PLG-020", "PLG-052"), partial(_parallel, key_id, spec)
    )
    yield Check(f"{spec}: the certificates are valid now", ("SGN-004",), partial(_validity, key_id, spec))
    yield Check(
        "generate-signature ignores unknown members",
        ("PLG-024",),
        partial(_unknown_members, Command.GENERATE_SIGNATURE, key_id, spec),
    )


def _unknown_members(command: Command, key_id: str, spec: KeySpec | None, subject: Subject) -> None:
    request = request_in_order(subject, command, key_id, (), spec)
    subject.answer(command, {**request, "notationPyCheck": {"later": [1, None]}}, "PLG-024")


def _sign(key_id: str, spec: KeySpec, payload: bytes, subject: Subject) -> CertificateChain:
    """Return the chain of a signature over *payload* in which nothing is wrong; raises BrokenRuleError."""
    algorithm = BY_KEY_SPEC[spec]
    request = GenerateSignatureRequest(key_id, spec, algorithm.hash, payload, subject.config).to_json()
    answer = _signature(subject.answer(Command.GENERATE_SIGNATURE, request, "PLG-050"))
    if answer.key_id != key_id:
        raise _broken("PLG-052", f"answered about the key {answer.key_id[:64]!r}")
    if answer.signing_algorithm is not algorithm:
        raise _broken("PLG-052", f"signed with {answer.signing_algorithm.name}, and the key is {spec}")
    try:
        chain = chain_of(answer.certificate_chain)
    except NotationError as error:
        raise _broken("PLG-052", f"certificate chain: {error.message}") from error
    if chain.algorithm is not algorithm:
        raise _broken("PLG-052", f"the leaf's key is {chain.algorithm.key_spec}, and was described as {spec}")
    try:
        verify_primitive(chain.public_key, algorithm, payload, answer.signature, PssSalt.HASH_LENGTH)
    except UntrustedError as error:
        raise _diagnosis(chain, payload, answer.signature) from error
    return chain


def _broken(requirement: str, detail: str) -> BrokenRuleError:
    return BrokenRuleError(requirement, f"generate-signature: {detail}")


def _signature(document: dict[str, Any]) -> GeneratedSignature:
    try:
        return GeneratedSignature.from_json(document)
    except MalformedError as error:
        requirement = "PLG-052" if error.at == "signingAlgorithm" else "PLG-028"
        is_text = isinstance(document.get("signature"), str)
        if is_text and (error.at == "signature" or error.at.startswith("certificateChain[")):
            requirement = "PLG-029"
        raise _broken(requirement, str(error)) from error


def _diagnosis(chain: CertificateChain, payload: bytes, signature: bytes) -> BrokenRuleError:
    """Return which of the usual mistakes makes *signature* not verify."""
    algorithm = chain.algorithm
    from cryptography.hazmat.primitives.hashes import Hash

    digest = Hash(hash_of(algorithm))
    digest.update(payload)
    others = {"its hash": digest.finalize(), "its base64 text": encode_base64(payload).encode()}
    for what, message in others.items():
        with suppress(UntrustedError):
            verify_primitive(chain.public_key, algorithm, message, signature, PssSalt.HASH_LENGTH)
            return _broken("PLG-050", f"signed {what} in place of the payload")
    if _verifies_in_another_form(chain, payload, signature, algorithm):
        form = (
            "r || s, not ASN.1" if algorithm.coordinate_size else "RSASSA-PSS with a salt as long as the hash"
        )
        return _broken("PLG-051", f"the signature is right, but not {form}")
    return _broken("PLG-052", "the signature does not verify with the leaf's key")


def _verifies_in_another_form(
    chain: CertificateChain, payload: bytes, signature: bytes, algorithm: SignatureAlgorithm
) -> bool:
    if algorithm.coordinate_size:
        with suppress(InvalidSignature):
            cast("ec.EllipticCurvePublicKey", chain.public_key).verify(signature, payload, ecdsa(algorithm))
            return True
        return False
    with suppress(UntrustedError):
        verify_primitive(chain.public_key, algorithm, payload, signature, PssSalt.ANY)
        return True
    with suppress(InvalidSignature):
        key = cast("rsa.RSAPublicKey", chain.public_key)
        key.verify(signature, payload, padding.PKCS1v15(), hash_of(algorithm))
        return True
    return False


def _parallel(key_id: str, spec: KeySpec, subject: Subject) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(PARALLEL) as threads:
        payloads = [b"payload %d" % number for number in range(PARALLEL)]
        list(threads.map(lambda payload: _sign(key_id, spec, payload, subject), payloads))


def _validity(key_id: str, spec: KeySpec, subject: Subject) -> None:
    chain = _sign(key_id, spec, b"valid", subject)
    try:
        chain.check_valid_at(subject.at)
    except UntrustedError as error:
        raise BrokenRuleError("SGN-004", error.message) from error


def envelope_checks(key_id: str, capability: Capability, spec: KeySpec | None) -> Iterator[Check]:
    """Yield the checks of `generate-envelope` with the key *key_id*, for what *capability* is about."""
    payload = _BLOB if capability is Capability.SIGNATURE_GENERATOR_ENVELOPE_FOR_BLOB else ARTIFACT
    what = "blob" if payload is _BLOB else "artifact"
    about = ("PLG-060", "PLG-061", "PLG-062", "PLG-063")
    for kind in _FORMATS:
        yield Check(
            f"{kind} envelope over a {what}".replace("a artifact", "an artifact"),
            about,
            partial(_envelope, key_id, spec, kind, payload, None),
        )
        yield Check(
            f"{kind} envelope that expires",
            ("SGN-002",),
            partial(_envelope, key_id, spec, kind, payload, _EXPIRES_IN),
        )
    yield Check("at least one type of envelope is made", ("PLG-061",), partial(_some_format, key_id, payload))
    yield Check(
        "generate-envelope ignores unknown members",
        ("PLG-024",),
        partial(_unknown_members, Command.GENERATE_ENVELOPE, key_id, None),
    )


def _request(
    subject: Subject, key_id: str, kind: EnvelopeFormat, payload: bytes, expires_in: int | None
) -> dict[str, Any]:
    request = GenerateEnvelopeRequest(key_id, PAYLOAD_TYPE, kind.value, payload, expires_in, subject.config)
    return request.to_json()


def _some_format(key_id: str, payload: bytes, subject: Subject) -> None:
    refusals = []
    for kind in _FORMATS:
        try:
            subject.answer(
                Command.GENERATE_ENVELOPE, _request(subject, key_id, kind, payload, None), "PLG-061"
            )
        except BrokenRuleError as error:
            refusals.append(error)
    if len(refusals) == len(_FORMATS):
        raise refusals[0]


def _envelope(
    key_id: str,
    spec: KeySpec | None,
    kind: EnvelopeFormat,
    payload: bytes,
    expires_in: int | None,
    subject: Subject,
) -> None:
    try:
        document = subject.answer(
            Command.GENERATE_ENVELOPE, _request(subject, key_id, kind, payload, expires_in), "PLG-061"
        )
    except BrokenRuleError as error:
        if error.requirement == "PLG-061" and "VALIDATION_ERROR" in error.detail:
            raise NotCheckedError(f"the plugin does not make it: {error.detail}") from error
        raise
    try:
        answer = GeneratedEnvelope.from_json(document)
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
