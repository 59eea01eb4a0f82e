# SPDX-License-Identifier: Apache-2.0
"""The certificates that go with a signature, and the proof that they do.

The signing certificate says which key is meant, and so which version of it: a key that was rotated in between
is noticed, and a signature that the certificate does not verify is not released. Asks no server anything.

Requirements: ALG-001, ALG-009, PLG-051, PLG-052.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from notation_py import Certificate, HashAlgorithm, MalformedError, SignatureAlgorithm, algorithm_for
from notation_py.plugin import ErrorCode, RequestError

from .settings import refuse

_HASHES: dict[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


class SigningChain(NamedTuple):
    """Certificates, leaf first, and the one algorithm that the leaf's key determines."""

    certificates: tuple[Certificate, ...]
    algorithm: SignatureAlgorithm

    @property
    def leaf(self) -> Certificate:
        """The signing certificate."""
        return self.certificates[0]


def parsed_chain(certificates: tuple[Certificate, ...]) -> SigningChain:
    """Return *certificates* with their algorithm; raises RequestError if the first key is none of the six."""
    try:
        return SigningChain(certificates, algorithm_for(certificates[0].x509.public_key()))
    except MalformedError as error:
        refuse(f"the key of the signing certificate cannot be used: {error.message}")


def check_signature(chain: SigningChain, payload: bytes, signature: bytes) -> None:
    """Return if the leaf of *chain* verifies *signature*, with salt = hash length; raises RequestError."""
    key = chain.leaf.x509.public_key()
    kind = _HASHES[chain.algorithm.hash]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, payload, padding.PSS(padding.MGF1(kind), kind.digest_size), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(signature, chain.algorithm.coordinate_size), payload, ec.ECDSA(kind))
    except InvalidSignature as error:
        raise RequestError(
            ErrorCode.ERROR,
            "the signing certificate does not verify what the server signed: the certificate is for another "
            "key or another version of it, or the server is too old to set the length of the salt",
        ) from error


def _der(signature: bytes, size: int) -> bytes:
    if len(signature) != 2 * size:
        raise InvalidSignature
    r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    return utils.encode_dss_signature(r, s)
