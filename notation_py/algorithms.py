# SPDX-License-Identifier: Apache-2.0
"""The six signature algorithms, in one table, and the one place where a key meets a signature.

The public key alone determines the algorithm; what a header says is only compared.
No other algorithm exists in the code, so none can be negotiated.

Spec: signature-specification, Algorithm Selection. Requirements: ALG-001 to ALG-005, JWS-031, JWS-032,
COSE-032, COSE-033, R-05.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from .digest import HashAlgorithm
from .errors import MalformedError, Outcome, UntrustedError

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class KeySpec(StrEnum):
    """The six key types; the value is the name in the plugin protocol."""

    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"
    EC_256 = "EC-256"
    EC_384 = "EC-384"
    EC_521 = "EC-521"


@dataclass(frozen=True, slots=True, eq=False)
class SignatureAlgorithm:
    """One row of the algorithm table; there is one object a row, so identity is equality.

    Attributes:
        name: the name in the plugin protocol and in `inspect`, such as `RSASSA-PSS-SHA-256`.
        jws: the JWS `alg` value. cose: the COSE `alg` label value.
        hash: the hash that is signed and that a blob is digested with.
        coordinate_size: bytes of r and of s for ECDSA, 0 for RSA.
    """

    key_spec: KeySpec
    name: str
    jws: str
    cose: int
    hash: HashAlgorithm
    coordinate_size: int


class PssSalt(Enum):
    """Which RSASSA-PSS salt lengths a verifier accepts; signers always use the hash length."""

    ANY = padding.PSS.AUTO
    HASH_LENGTH = padding.PSS.DIGEST_LENGTH


_S256, _S384, _S512 = HashAlgorithm.SHA256, HashAlgorithm.SHA384, HashAlgorithm.SHA512

ALGORITHMS: tuple[SignatureAlgorithm, ...] = (
    SignatureAlgorithm(KeySpec.RSA_2048, "RSASSA-PSS-SHA-256", "PS256", -37, _S256, 0),
    SignatureAlgorithm(KeySpec.RSA_3072, "RSASSA-PSS-SHA-384", "PS384", -38, _S384, 0),
    SignatureAlgorithm(KeySpec.RSA_4096, "RSASSA-PSS-SHA-512", "PS512", -39, _S512, 0),
    SignatureAlgorithm(KeySpec.EC_256, "ECDSA-SHA-256", "ES256", -7, _S256, 32),
    SignatureAlgorithm(KeySpec.EC_384, "ECDSA-SHA-384", "ES384", -35, _S384, 48),
    SignatureAlgorithm(KeySpec.EC_521, "ECDSA-SHA-512", "ES512", -36, _S512, 66),
)

BY_JWS = {row.jws: row for row in ALGORITHMS}
BY_COSE = {row.cose: row for row in ALGORITHMS}
BY_KEY_SPEC = {row.key_spec: row for row in ALGORITHMS}

_RSA_SIZES = {2048: KeySpec.RSA_2048, 3072: KeySpec.RSA_3072, 4096: KeySpec.RSA_4096}
_CURVES = {"secp256r1": KeySpec.EC_256, "secp384r1": KeySpec.EC_384, "secp521r1": KeySpec.EC_521}
_HASHES: dict[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


def hash_of(algorithm: SignatureAlgorithm) -> hashes.HashAlgorithm:
    """Return the hash of *algorithm* as `cryptography` wants it."""
    return _HASHES[algorithm.hash]


def _paddings(salt: PssSalt) -> dict[SignatureAlgorithm, padding.PSS]:
    return {row: padding.PSS(padding.MGF1(hash_of(row)), salt.value) for row in ALGORITHMS}


_ANY_SALT, _HASH_LENGTH_SALT = _paddings(PssSalt.ANY), _paddings(PssSalt.HASH_LENGTH)


def pss_padding(algorithm: SignatureAlgorithm, salt: PssSalt) -> padding.PSS:
    """Return RSASSA-PSS padding with MGF1 over the same hash (JWS-031)."""
    return (_ANY_SALT if salt is PssSalt.ANY else _HASH_LENGTH_SALT)[algorithm]


@cache
def ecdsa(algorithm: SignatureAlgorithm) -> ec.ECDSA:
    """Return ECDSA over the hash of *algorithm*; the first costs milliseconds, as it loads a backend."""
    return ec.ECDSA(hash_of(algorithm))


def algorithm_for(public_key: Any) -> SignatureAlgorithm:
    """Return the algorithm that *public_key* determines.

    Raises:
        MalformedError: not RSA of exactly 2048, 3072 or 4096 bits, nor P-256, P-384 or P-521 (ALG-002).
    """
    match public_key:
        case rsa.RSAPublicKey():
            spec = _RSA_SIZES.get(public_key.key_size)
            problem = f"rsa key size {public_key.key_size} bits is not supported"
        case ec.EllipticCurvePublicKey():
            spec = _CURVES.get(public_key.curve.name)
            problem = f"ecdsa key size {public_key.curve.key_size} bits is not supported"
        case _:
            spec, problem = None, "unsupported public key type"
    if spec is None:
        raise MalformedError(
            problem, hint="use RSA with 2048, 3072 or 4096 bits, or the curve P-256, P-384 or P-521"
        )
    return BY_KEY_SPEC[spec]


def verify_primitive(
    public_key: PublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes, salt: PssSalt
) -> None:
    """Return if *signature* is *public_key*'s over *message* under *algorithm*.

    The caller has compared *algorithm* with `algorithm_for(public_key)`.

    Args:
        signature: RSASSA-PSS bytes, or ECDSA as r || s, each of the curve's field size.

    Raises:
        UntrustedError: with outcome INTEGRITY: it is not, or has the wrong length.
    """
    try:
        # The row says which kind of key this is; asking the key costs as much as a check of the rules.
        if algorithm.coordinate_size:
            elliptic = cast("ec.EllipticCurvePublicKey", public_key)
            elliptic.verify(_der_signature(signature, algorithm), message, ecdsa(algorithm))
        else:
            paddings = _ANY_SALT if salt is PssSalt.ANY else _HASH_LENGTH_SALT
            modular = cast("rsa.RSAPublicKey", public_key)
            modular.verify(signature, message, paddings[algorithm], _HASHES[algorithm.hash])
    except InvalidSignature as error:
        raise UntrustedError(
            "signature is invalid. Error: verification error",
            hint="the envelope or the signature was changed, or was made by another key",
            outcome=Outcome.INTEGRITY,
        ) from error


def _der_signature(signature: bytes, algorithm: SignatureAlgorithm) -> bytes:
    size = algorithm.coordinate_size
    if len(signature) != 2 * size:
        raise InvalidSignature
    return utils.encode_dss_signature(
        int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    )


def raw_ecdsa(der_signature: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """Return an ASN.1 ECDSA signature as r || s of fixed width, the form envelopes hold (JWS-032)."""
    r, s = utils.decode_dss_signature(der_signature)
    size = algorithm.coordinate_size
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
