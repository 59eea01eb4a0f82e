# SPDX-License-Identifier: Apache-2.0
"""Which certificates belong to a signature that a token made: the leaf that verifies it, and its issuers.

A signature that no certificate verifies is not released, whatever the reason: a token that pads in another
way, the wrong certificate, a defective module. Whether the chain meets the rules of the Notary Project
is for the caller to say. Asks no token anything.

Requirements: ALG-009, CERT-001, PLG-051, PLG-052.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from notation_py import Certificate, HashAlgorithm, MalformedError, SignatureAlgorithm, algorithm_for
from notation_py.plugin import ErrorCode, RequestError

from .settings import CERTIFICATES, refuse

MAX_LENGTH = 8
_HASHES: dict[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


def chain_of_signature(
    given: Sequence[Certificate],
    stored: Sequence[Certificate],
    algorithm: SignatureAlgorithm,
    payload: bytes,
    signature: bytes,
) -> tuple[bytes, ...]:
    """Return the chain, DER, from the certificate that verifies *signature* up to its self-signed root.

    Args:
        given: of the chain file, in any order; the signing certificate is taken from here if it is here.
        stored: of the token.

    Raises:
        RequestError: no certificate verifies the signature, several do, or an issuer is missing.
    """
    for certificates in (given, stored):
        leaves = [
            certificate
            for certificate in dict.fromkeys(certificates)
            if _verifies(certificate, algorithm, payload, signature)
        ]
        if len(leaves) > 1:
            refuse(
                f"{len(leaves)} certificates have the key, the first two with the serial numbers "
                f"{leaves[0].x509.serial_number:x} and {leaves[1].x509.serial_number:x}; put the one to use, "
                f"with its issuers, into {CERTIFICATES}"
            )
        if leaves:
            return tuple(one.der for one in _with_issuers(leaves[0], [*given, *stored]))
    raise RequestError(
        ErrorCode.ERROR if given else ErrorCode.VALIDATION_ERROR,
        f"none of {len(given)} certificates of {CERTIFICATES} and {len(stored)} of the token verifies the "
        "signature; the signing certificate is missing, or the token did not sign as it was asked to",
    )


def _with_issuers(leaf: Certificate, pool: Iterable[Certificate]) -> list[Certificate]:
    chain = [leaf]
    candidates = list(dict.fromkeys(pool))
    while not chain[-1].is_self_signed:
        found = [one for one in candidates if one not in chain and _issued(one, chain[-1])]
        if not found:
            refuse(f"the certificate of the issuer {chain[-1].issuer!r} is missing; add it to {CERTIFICATES}")
        if len(chain) == MAX_LENGTH:
            refuse(f"the certificate chain is longer than {MAX_LENGTH} certificates")
        chain.append(found[0])
    return chain


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    try:
        certificate.x509.verify_directly_issued_by(issuer.x509)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _verifies(
    certificate: Certificate, algorithm: SignatureAlgorithm, payload: bytes, signature: bytes
) -> bool:
    key = certificate.x509.public_key()
    kind = _HASHES[algorithm.hash]
    try:
        if algorithm_for(key) is not algorithm:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, payload, padding.PSS(padding.MGF1(kind), kind.digest_size), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(signature, algorithm.coordinate_size), payload, ec.ECDSA(kind))
    except (InvalidSignature, MalformedError):
        return False
    return True


def _der(signature: bytes, size: int) -> bytes:
    if len(signature) != 2 * size:
        raise InvalidSignature
    r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    return utils.encode_dss_signature(r, s)
