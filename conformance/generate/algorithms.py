# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `algorithms`: the six kinds of keys, and an algorithm that is not the key's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from .envelopes import COSE_NAMES, JWS_NAMES, pss, signature_of
from .pki import KEY_TYPES, Edit, KeyType, PrivateKey, changed, odd_keys
from .scene import chain, cose, edited, header, jws, labels, scene
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "algorithms"
FORMS = ("jws", "cose")


@family(AREA, "ALG-001", "ALG-002", "ALG-003", "CERT-035")
def key_types() -> Iterator[Built]:
    """Keys of six kinds sign, each with its algorithm."""
    for key_type in KEY_TYPES:
        signer = chain(key_type)
        for form, envelope in (("jws", jws(key_type)), ("cose", cose(key_type))):
            yield accept(f"{key_type.lower()}-{form}", f"{key_type} with {JWS_NAMES[key_type]}", **scene(envelope, form, signer=signer))


@family(AREA, "ALG-001", "ALG-005", "JWS-010", "COSE-010")
def mismatches() -> Iterator[Built]:
    """The header names the algorithm of the key, and no other."""
    pairs: tuple[tuple[KeyType, str], ...] = (
        ("RSA-2048", "PS384"), ("RSA-2048", "PS512"), ("RSA-3072", "PS256"), ("RSA-4096", "PS256"),
        ("EC-384", "ES256"), ("EC-521", "ES384"), ("EC-256", "ES512"),
    )  # fmt: skip
    for key_type, name in pairs:
        for form in FORMS:
            envelope = _signed_as(form, key_type, name)
            made = scene(envelope, form, signer=chain(key_type))
            yield refuse(f"{name.lower()}-by-{key_type.lower()}-{form}", f"{name} by a key of {key_type}", "integrity", attacks=(15 if form == "jws" else 45,), sound=f"{key_type.lower()}-{form}", **made)
    for form in FORMS:
        made = scene(_signed_as(form, "RSA-2048", "ES256", "PS256"), form, signer=chain("RSA-2048"))
        yield refuse(f"es256-by-rsa-2048-{form}", "ES256 in the header, by a key of RSA-2048", "integrity", attacks=(15 if form == "jws" else 45,), sound=f"rsa-2048-{form}", **made)
        made = scene(_signed_as(form, "EC-256", "PS256", "ES256"), form, signer=chain("EC-256"))
        yield refuse(f"ps256-by-ec-256-{form}", "PS256 in the header, by a key of EC-256", "integrity", attacks=(15 if form == "jws" else 45,), sound=f"ec-256-{form}", **made)


def _signed_as(form: str, key_type: KeyType, named: str, used: str = "") -> bytes:
    """Return an envelope whose header names the algorithm *named*, and that is signed with it, or with *used*."""

    def sign(key: PrivateKey, data: bytes) -> bytes:
        return signature_of(key, data, used or named)

    if form == "jws":
        return jws(key_type, protected=header(key_type, alg=named), sign=sign)
    return cose(key_type, protected=labels({1: COSE_NAMES[named]}, key_type), sign=sign)


@family(AREA, "ALG-004", "JWS-010", "COSE-010")
def old_rsa() -> Iterator[Built]:
    """RSA signatures of PKCS #1 v1.5 do not count."""
    signer = chain("RSA-2048")

    def sign(key: PrivateKey, data: bytes) -> bytes:
        return signature_of(key, data, "RS256")

    made = scene(jws("RSA-2048", protected=header("RSA-2048", alg="RS256"), sign=sign), "jws", signer=signer)
    yield refuse("rs256-jws", "RS256", "integrity", attacks=(14,), sound="rsa-2048-jws", **made)
    made = scene(cose("RSA-2048", protected=labels({1: -257}, "RSA-2048"), sign=sign), "cose", signer=signer)
    yield refuse("rs256-cose", "-257", "integrity", attacks=(45,), sound="rsa-2048-cose", **made)


def _with_key(key: Any) -> dict[int, Edit]:
    return {0: changed(public_key=key.public_key())}


@family(AREA, "ALG-002", "CERT-035")
def other_keys() -> Iterator[Built]:
    """A signing certificate has a key of one of the six kinds."""
    for name, title, key, how in _unusual_keys():
        for form in FORMS:
            signer = edited(_with_key(key), length=2)
            maker = jws if form == "jws" else cose
            envelope = maker("EC-256", chain=signer, sign=lambda _key, data, key=key, how=how: how(key, data))
            made = scene(envelope, form, signer=signer)
            yield refuse(f"{name}-{form}", title, "integrity", attacks=(58,), sound=f"ec-256-{form}", **made)


def _unusual_keys() -> Iterator[tuple[str, str, Any, Any]]:
    def es256(key: Any, data: bytes) -> bytes:
        from .envelopes import fixed_width

        return fixed_width(key, key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))

    curve_k1 = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256K1())
    curve_224 = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP224R1())
    yield "secp256k1", "secp256k1", curve_k1, es256
    yield "p-224", "P-224", curve_224, es256
    yield "ed25519", "Ed25519", ed25519.Ed25519PrivateKey.from_private_bytes(b"TEST" * 8), lambda key, data: key.sign(data)
    small, odd = odd_keys()
    yield "rsa-1024", "RSA with 1024 bits", small, lambda key, data: pss(key, data, "sha256")
    yield "rsa-2047", "RSA with 2047 bits", odd, lambda key, data: pss(key, data, "sha256")
