# SPDX-License-Identifier: Apache-2.0
"""Google Cloud KMS: the two questions, and the checks by which an answer counts.

A key version has one algorithm for ever. Those that the Notary Project does not have are refused when the
key is described. The service signs a digest and answers ECDSA in ASN.1, which becomes r || s. What went
wrong between here and there shows in checksums, and is asked again.

Spec: Cloud KMS REST API, getPublicKey and asymmetricSign. Requirements: ALG-001, ALG-002, PLG-050, PLG-051.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from notation_py import KeySpec, MalformedError, SignatureAlgorithm, algorithm_for, raw_ecdsa
from notation_py.plugin import ErrorCode, RequestError, refuse

from .checksum import crc32c
from .exchange import Exchange

CHECKSUM_ATTEMPTS = 3

_USABLE = {
    "RSA_SIGN_PSS_2048_SHA256": KeySpec.RSA_2048,
    "RSA_SIGN_PSS_4096_SHA512": KeySpec.RSA_4096,
    "EC_SIGN_P256_SHA256": KeySpec.EC_256,
    "EC_SIGN_P384_SHA384": KeySpec.EC_384,
}
_REASONS = {  # by the start of the name, the longest first
    "RSA_SIGN_PSS_3072_SHA256": "RSA with 3072 bits has to sign with SHA-384, which Cloud KMS does not offer",
    "RSA_SIGN_PSS_4096_SHA256": "RSA with 4096 bits has to sign with SHA-512",
    "RSA_SIGN_PKCS1": "RSA has to sign with PSS",
    "RSA_SIGN_RAW_PKCS1": "RSA has to sign with PSS",
    "RSA_DECRYPT": "the key is for encryption",
    "EC_SIGN": "ECDSA has to be over P-256 or P-384",
}

Answer = TypeVar("Answer")


class KmsKey(NamedTuple):
    """A key version that can sign under the rules."""

    name: str
    public_key: Any
    algorithm: SignatureAlgorithm


class _ChecksumError(Exception):
    """What was received is not what was sent."""


class KeyService:
    """Cloud KMS at *endpoint*; asks nothing yet. Safe to use from several threads."""

    def __init__(self, endpoint: str) -> None:
        self._exchange = Exchange(endpoint)

    def key(self, name: str) -> KmsKey:
        """Return the key version *name*.

        Raises:
            RequestError: there is none, it must not be asked for, or it cannot sign under the rules.
        """
        answer = self._exact("getPublicKey", lambda: self._public_key(name))
        algorithm_name = str(answer["algorithm"])
        if algorithm_name not in _USABLE:
            refuse(
                f"the algorithm of the key is {algorithm_name[:64]}: {_reason(algorithm_name)}; use a key "
                f"with one of {', '.join(_USABLE)}"
            )
        try:
            public_key = load_pem_public_key(str(answer["pem"]).encode())
            algorithm = algorithm_for(public_key)
        except (ValueError, UnsupportedAlgorithm, MalformedError) as error:
            raise _odd("getPublicKey") from error
        if algorithm.key_spec is not _USABLE[algorithm_name]:
            raise _odd("getPublicKey")
        return KmsKey(name, public_key, algorithm)

    def sign(self, key: KmsKey, payload: bytes) -> bytes:
        """Return the signature of *key* over *payload*: RSASSA-PSS with salt = hash, or r || s.

        Raises:
            RequestError: the service would not, could not, or did something else.
        """
        digest = hashlib.new(key.algorithm.hash.value, payload).digest()
        signature = self._exact("asymmetricSign", lambda: self._signature(key, digest))
        try:
            return raw_ecdsa(signature, key.algorithm) if key.algorithm.coordinate_size else signature
        except (ValueError, OverflowError) as error:
            raise _odd("asymmetricSign") from error

    def _exact(self, method: str, ask: Callable[[], Answer]) -> Answer:
        """Return what *ask* returns, asked again if it was garbled on the way."""
        for _ in range(CHECKSUM_ATTEMPTS):
            try:
                return ask()
            except _ChecksumError:
                continue
            except (KeyError, TypeError, ValueError) as error:
                raise _odd(method) from error
        raise RequestError(
            ErrorCode.ERROR, f"Cloud KMS {method}: the checksum was wrong {CHECKSUM_ATTEMPTS} times"
        )

    def _public_key(self, name: str) -> dict[str, Any]:
        answer = self._exchange.get("getPublicKey", f"{name}/publicKey")
        if answer["name"] != name:
            raise ValueError
        _check(str(answer["pem"]).encode(), answer["pemCrc32c"])
        return answer

    def _signature(self, key: KmsKey, digest: bytes) -> bytes:
        body = {
            "digest": {key.algorithm.hash.value: base64.b64encode(digest).decode()},
            "digestCrc32c": str(crc32c(digest)),
        }
        answer = self._exchange.post("asymmetricSign", f"{key.name}:asymmetricSign", body)
        if answer["name"] != key.name:
            raise ValueError
        if answer.get("verifiedDigestCrc32c") is not True:  # the service did not see our checksum
            raise _ChecksumError
        signature = base64.b64decode(answer["signature"], validate=True)
        _check(signature, answer["signatureCrc32c"])
        return signature


def _check(data: bytes, said: object) -> None:
    """Return if *said*, a number as Google writes 64 bits in JSON, is the checksum of *data*."""
    if not isinstance(said, str) or said != str(crc32c(data)):
        raise _ChecksumError


def _reason(algorithm: str) -> str:
    for start in sorted(_REASONS, key=len, reverse=True):
        if algorithm.startswith(start):
            return _REASONS[start]
    return "the Notary Project does not have it"


def _odd(method: str) -> RequestError:
    return RequestError(ErrorCode.ERROR, f"Cloud KMS {method}: the answer cannot be understood")
