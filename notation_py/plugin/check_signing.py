# SPDX-License-Identifier: Apache-2.0
"""Checks of what a plugin signs: the key, the signature over exactly the payload, the chain.

Every answer is judged as a client would, but to the one rule it breaks: where a signature does not verify,
the usual mistakes are tried, so that the report says which one it is.

Spec: plugin-extensibility, Signing interfaces.
Requirements: PLG-024, PLG-029, PLG-045, PLG-050 to PLG-052, SGN-004.
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
from ..certificates.chain import CertificateChain, chain_of
from ..encoding import encode_base64
from ..errors import MalformedError, NotationError, UntrustedError
from .check_report import PARALLEL, BrokenRuleError, Check, Subject, at_once
from .check_requests import UNKNOWN_MEMBER, Known, request_in_order
from .contract import Command
from .messages import DescribeKeyRequest, GeneratedSignature, GenerateSignatureRequest, KeyDescription

_PAYLOADS = {
    "one byte": b"\x00",
    "every byte": bytes(range(256)),
    "a JWS signing input": b"eyJhbGciOiJFUzI1NiJ9.eyJ0YXJnZXRBcnRpZmFjdCI6e319",
    "a mebibyte": b"notation" * (1 << 17),
}


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
    if len(specs) > 1:
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
        partial(_unknown_members, key_id, spec),
    )


def _unknown_members(key_id: str, spec: KeySpec, subject: Subject) -> None:
    request = request_in_order(subject, Command.GENERATE_SIGNATURE, Known(key_id, spec))
    subject.answer(Command.GENERATE_SIGNATURE, {**request, **UNKNOWN_MEMBER}, "PLG-024")


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
    payloads = [b"payload %d" % number for number in range(PARALLEL)]
    at_once(lambda payload: _sign(key_id, spec, payload, subject), payloads)


def _validity(key_id: str, spec: KeySpec, subject: Subject) -> None:
    chain = _sign(key_id, spec, b"valid", subject)
    try:
        chain.check_valid_at(subject.at)
    except UntrustedError as error:
        raise BrokenRuleError("SGN-004", error.message) from error
