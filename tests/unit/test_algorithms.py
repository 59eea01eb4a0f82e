# SPDX-License-Identifier: Apache-2.0
"""The table of six algorithms, and the one place where a key meets a signature."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from notation_py.algorithms import (
    ALGORITHMS,
    BY_COSE,
    BY_JWS,
    BY_KEY_SPEC,
    KeySpec,
    PssSalt,
    algorithm_for,
    ecdsa,
    hash_of,
    pss_padding,
    raw_ecdsa,
    verify_primitive,
)
from notation_py.errors import MalformedError, Outcome, UntrustedError
from tests.simulator.pki import KEY_TYPES, fixed_keys

TABLE = [  # ALG-001, ALG-003
    ("RSA-2048", "RSASSA-PSS-SHA-256", "PS256", -37, "sha256", 0),
    ("RSA-3072", "RSASSA-PSS-SHA-384", "PS384", -38, "sha384", 0),
    ("RSA-4096", "RSASSA-PSS-SHA-512", "PS512", -39, "sha512", 0),
    ("EC-256", "ECDSA-SHA-256", "ES256", -7, "sha256", 32),
    ("EC-384", "ECDSA-SHA-384", "ES384", -35, "sha384", 48),
    ("EC-521", "ECDSA-SHA-512", "ES512", -36, "sha512", 66),
]


def signed(key: Any, message: bytes) -> bytes:
    """Return *key*'s signature as the signer of this package makes it."""
    algorithm = algorithm_for(key.public_key())
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, pss_padding(algorithm, PssSalt.HASH_LENGTH), hash_of(algorithm))
    return raw_ecdsa(key.sign(message, ecdsa(algorithm)), algorithm)


def test_table_is_that_of_the_specification() -> None:
    """ALG-001, ALG-003: six rows, and every index finds exactly them."""
    rows = [(a.key_spec.value, a.name, a.jws, a.cose, a.hash.value, a.coordinate_size) for a in ALGORITHMS]
    assert rows == TABLE
    assert len(BY_JWS) == len(BY_COSE) == len(BY_KEY_SPEC) == len(KeySpec) == 6


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_key_determines_the_algorithm(key_type: Any) -> None:
    """ALG-001: type and size of the key alone."""
    assert algorithm_for(fixed_keys(key_type)[0].public_key()) is BY_KEY_SPEC[KeySpec(key_type)]


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_signature_holds_for_its_message_and_key_alone(key_type: Any) -> None:
    """JWS-031, JWS-032, COSE-032, COSE-033: any other byte, key or width is refused as INTEGRITY."""
    key, other = fixed_keys(key_type)[:2]
    algorithm = algorithm_for(key.public_key())
    signature = signed(key, b"message")
    for salt in PssSalt:
        verify_primitive(key.public_key(), algorithm, b"message", signature, salt)
    for public, message, bad in (
        (key.public_key(), b"massage", signature),
        (other.public_key(), b"message", signature),
        (key.public_key(), b"message", signature[:-1]),
        (key.public_key(), b"message", signature + b"\0"),
        (key.public_key(), b"message", b""),
        (key.public_key(), b"message", bytes(len(signature))),
        (key.public_key(), b"message", b"\xff" * len(signature)),
        (key.public_key(), b"message", bytes([signature[0] ^ 1]) + signature[1:]),
    ):
        with pytest.raises(UntrustedError) as caught:
            verify_primitive(public, algorithm, message, bad, PssSalt.ANY)
        assert caught.value.outcome is Outcome.INTEGRITY


@pytest.mark.parametrize("salt", [0, 20, 31, 33, 222])
def test_other_salt_lengths_are_accepted_where_asked(salt: int) -> None:
    """A-29, JWS-031, COSE-032: any salt in a JWS, the hash length in COSE."""
    key: Any = fixed_keys("RSA-2048")[0]
    algorithm = BY_JWS["PS256"]
    signature = key.sign(b"m", padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
    verify_primitive(key.public_key(), algorithm, b"m", signature, PssSalt.ANY)
    with pytest.raises(UntrustedError):
        verify_primitive(key.public_key(), algorithm, b"m", signature, PssSalt.HASH_LENGTH)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (rsa.RSAPublicNumbers(65537, (1 << 2047) - 1).public_key(), "rsa key size 2047 bits"),
        (rsa.RSAPublicNumbers(65537, (1 << 1024) - 1).public_key(), "rsa key size 1024 bits"),
        (ec.generate_private_key(ec.SECP224R1()).public_key(), "ecdsa key size 224 bits"),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), "ecdsa key size 256 bits"),
        (ed25519.Ed25519PrivateKey.generate().public_key(), "unsupported public key type"),
        (None, "unsupported public key type"),
    ],
)
def test_other_keys_determine_nothing(key: Any, reason: str) -> None:
    """ALG-002, ALG-004, attack 58: everything outside the table is an error."""
    with pytest.raises(MalformedError, match=reason) as caught:
        algorithm_for(key)
    assert "2048" in (caught.value.hint or "")
