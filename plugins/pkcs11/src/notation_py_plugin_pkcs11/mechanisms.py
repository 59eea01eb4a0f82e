# SPDX-License-Identifier: Apache-2.0
"""The two ways in which a token can make each of the six signatures, and which keys it makes them with.

Preferred is a mechanism that signs a digest, as most tokens have it; some only have the one that hashes as
well. No other exists here: a token that has neither cannot sign, and is told so before it is asked to.

Spec: PKCS#11 2.40 current mechanisms. Requirements: ALG-001, ALG-002, ALG-004, PLG-051.
"""

from __future__ import annotations

from hashlib import new
from typing import Any, NamedTuple

from pkcs11 import MGF, Mechanism

from notation_py import HashAlgorithm, KeySpec, SignatureAlgorithm

_HASHES: dict[HashAlgorithm, tuple[Mechanism, MGF, Mechanism, Mechanism]] = {
    HashAlgorithm.SHA256: (
        Mechanism.SHA256, MGF.SHA256, Mechanism.SHA256_RSA_PKCS_PSS, Mechanism.ECDSA_SHA256,
    ),
    HashAlgorithm.SHA384: (
        Mechanism.SHA384, MGF.SHA384, Mechanism.SHA384_RSA_PKCS_PSS, Mechanism.ECDSA_SHA384,
    ),
    HashAlgorithm.SHA512: (
        Mechanism.SHA512, MGF.SHA512, Mechanism.SHA512_RSA_PKCS_PSS, Mechanism.ECDSA_SHA512,
    ),
}  # fmt: skip
_RSA_SIZES = {2048: KeySpec.RSA_2048, 3072: KeySpec.RSA_3072, 4096: KeySpec.RSA_4096}
_CURVES = {  # CKA_EC_PARAMS: the object identifier of the curve, DER
    bytes.fromhex("06082a8648ce3d030107"): KeySpec.EC_256,
    bytes.fromhex("06052b81040022"): KeySpec.EC_384,
    bytes.fromhex("06052b81040023"): KeySpec.EC_521,
}


class Signing(NamedTuple):
    """A mechanism with its parameter; *digest* names the hash to apply before, or is empty."""

    mechanism: Mechanism
    parameter: Any
    digest: str

    def input(self, payload: bytes) -> bytes:
        """Return what the mechanism signs of *payload*."""
        return new(self.digest, payload).digest() if self.digest else payload


def signings(algorithm: SignatureAlgorithm) -> tuple[Signing, Signing]:
    """Return the ways to make signatures of *algorithm*, the preferred one first."""
    digest, mask, combined_pss, combined_ecdsa = _HASHES[algorithm.hash]
    if algorithm.coordinate_size:
        return (
            Signing(Mechanism.ECDSA, None, algorithm.hash.value),
            Signing(combined_ecdsa, None, ""),
        )
    parameter = (digest, mask, new(algorithm.hash.value).digest_size)  # salt as long as the hash
    return (
        Signing(Mechanism.RSA_PKCS_PSS, parameter, algorithm.hash.value),
        Signing(combined_pss, parameter, ""),
    )


def spec_of_modulus(modulus: bytes) -> KeySpec | None:
    """Return the type of an RSA key, or None if it is none of ours (ALG-002)."""
    return _RSA_SIZES.get(int.from_bytes(modulus, "big").bit_length())


def spec_of_curve(parameters: bytes) -> KeySpec | None:
    """Return the type of an elliptic key by its CKA_EC_PARAMS, or None if it is none of ours (ALG-002)."""
    return _CURVES.get(parameters)
