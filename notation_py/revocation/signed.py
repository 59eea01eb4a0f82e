# SPDX-License-Identifier: Apache-2.0
"""The signature that CRLs and OCSP responses have in common: exact bytes, an algorithm, a bit string.

The algorithm is looked up by its exact encoding, parameters included, so there is nothing to negotiate
and SHA-1 does not exist. Whether a key may sign such a thing is its caller's question.

Spec: RFC 5280 section 5.1.1, RFC 6960 section 4.2.1, RFC 4055, RFC 5758.
Requirements: ALG-006, REV-024, REV-050.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from .. import der
from ..certificates.certificate import Certificate
from ..errors import MalformedError

_HASHES: tuple[tuple[int, hashes.HashAlgorithm], ...] = (
    (1, hashes.SHA256()),
    (2, hashes.SHA384()),
    (3, hashes.SHA512()),
)
_PKCS_1 = bytes.fromhex("06092a864886f70d0101")
_SHA_2 = bytes.fromhex("06096086480165030402")
_ECDSA_WITH_SHA_2 = bytes.fromhex("06082a8648ce3d0403")
_ED25519 = bytes.fromhex("300506032b6570")
_NULL = b"\x05\x00"

_Rsa = tuple[padding.PKCS1v15 | padding.PSS, hashes.HashAlgorithm]


class Signed(NamedTuple):
    """What is signed, how, and the signature.

    Attributes:
        content: DER of what the signature is over. algorithm: DER of the AlgorithmIdentifier beside it.
        signature: octets. rest: DER of each element after the signature.
    """

    content: bytes
    algorithm: bytes
    signature: bytes
    rest: tuple[bytes, ...]


def open_signed(data: bytes) -> Signed:
    """Return the parts of the `SEQUENCE { content, algorithm, signature, rest… }` that *data* is.

    Raises:
        MalformedError: something else, or a signature that is not whole octets.
    """
    outer = der.read(data)
    parts = der.children(data, outer)
    if outer.tag != der.SEQUENCE or outer.end != len(data) or len(parts) < 3:
        raise MalformedError("not a signed DER sequence")
    content, algorithm, signature, *rest = parts
    bits = data[signature.content : signature.end]
    if signature.tag != der.BIT_STRING or bits[:1] != b"\0":
        raise MalformedError("signature is not whole octets")
    return Signed(
        data[content.start : content.end],
        data[algorithm.start : algorithm.end],
        bits[1:],
        tuple(data[part.start : part.end] for part in rest),
    )


def check_signature(signed: Signed, signer: Certificate) -> None:
    """Return if the key of *signer* made the signature.

    Raises:
        MalformedError: it did not, or the algorithm is none of RSA (PKCS#1 v1.5 or PSS) or ECDSA with SHA-2,
            or Ed25519.
    """
    try:
        _verify(signed, signer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        raise MalformedError("the signature is not by the key of its issuer") from error


def _verify(signed: Signed, signer: Certificate) -> None:
    modular, elliptic = _algorithms()
    key = signer.x509.public_key()
    match key:
        case rsa.RSAPublicKey() if signed.algorithm in modular:
            key.verify(signed.signature, signed.content, *modular[signed.algorithm])
        case ec.EllipticCurvePublicKey() if signed.algorithm in elliptic:
            key.verify(signed.signature, signed.content, elliptic[signed.algorithm])
        case ed25519.Ed25519PublicKey() if signed.algorithm == _ED25519:
            key.verify(signed.signature, signed.content)
        case _:
            raise MalformedError("signed with an algorithm that is not allowed, such as SHA-1")


@cache
def _algorithms() -> tuple[dict[bytes, _Rsa], dict[bytes, ec.ECDSA]]:
    """Return what each allowed AlgorithmIdentifier stands for, for RSA and for elliptic curves."""
    modular: dict[bytes, _Rsa] = {}
    elliptic: dict[bytes, ec.ECDSA] = {}
    for number, hashed in _HASHES:
        for parameters in (_NULL, b""):
            pkcs1 = _sequence(_PKCS_1 + bytes([10 + number]) + parameters)
            modular[pkcs1] = padding.PKCS1v15(), hashed
            salt = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
            modular[_pss(number, hashed.digest_size, parameters)] = salt, hashed
        elliptic[_sequence(_ECDSA_WITH_SHA_2 + bytes([1 + number]))] = ec.ECDSA(hashed)
    return modular, elliptic


def _pss(number: int, salt: int, parameters: bytes) -> bytes:
    hashed = _sequence(_SHA_2 + bytes([number]) + parameters)
    masked = _sequence(_PKCS_1 + b"\x08" + hashed)
    fields = _tagged(0xA0, hashed) + _tagged(0xA1, masked) + _tagged(0xA2, b"\x02\x01%c" % salt)
    return _sequence(_PKCS_1 + b"\x0a" + _sequence(fields))


def _sequence(content: bytes) -> bytes:
    return _tagged(der.SEQUENCE, content)


def _tagged(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content
