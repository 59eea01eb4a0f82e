# SPDX-License-Identifier: Apache-2.0
"""The certificates of a key: from a file, from the certificate of the same name, or from its secret.

Only one certificate can be the first: of a bundle, the one that issued no other. A signature that does not
verify with it is not released. Whether the chain meets the rules is for the caller to say.

Requirements: CERT-001, PLG-051, PLG-052, R-35.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from notation_py import (
    Certificate,
    ConfigurationError,
    HashAlgorithm,
    MalformedError,
    SignatureAlgorithm,
    Strictness,
    algorithm_for,
    load_certificates,
)
from notation_py.plugin import ErrorCode, RequestError

from .settings import CA_CERTS, CERTIFICATES, SELF_SIGNED, Settings, Source, refuse

if TYPE_CHECKING:
    from .service import KeyVault

MAX_LENGTH = 8
_HASHES: dict[HashAlgorithm, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


def chain_for(settings: Settings, vault: Callable[[], KeyVault]) -> tuple[Certificate, ...]:
    """Return the signing certificate, for a key that may sign, and its issuers up to the root.

    Args:
        vault: called only if the service has to be asked.

    Raises:
        RequestError: there is none, or an issuer is missing, or the key is of a type that is not allowed.
    """
    chain = _chain(settings, vault)
    try:
        algorithm_for(chain[0].x509.public_key())
    except MalformedError as error:
        raise RequestError(ErrorCode.VALIDATION_ERROR, f"{error.message}; {error.hint}") from error
    return chain


def _chain(settings: Settings, vault: Callable[[], KeyVault]) -> tuple[Certificate, ...]:
    match settings.source:
        case Source.FILE:
            return _loaded(settings.file)
        case Source.SECRET:
            bundle = vault().bundle(settings.key)
            return _with_issuers(_leaf(bundle), bundle, f"merge it into the vault, or use {CA_CERTS}")
        case Source.CERTIFICATE:
            leaf = vault().certificate(settings.key)
            if not leaf.is_self_signed:
                refuse(f"the certificate is not self-signed; use {CA_CERTS} in the place of {SELF_SIGNED}")
            return (leaf,)
        case Source.CERTIFICATE_AND_FILE:
            pool = _loaded(settings.file)
            return _with_issuers(vault().certificate(settings.key), pool, f"add it to {CA_CERTS}")


def _loaded(path: str) -> tuple[Certificate, ...]:
    try:
        return load_certificates(path, strictness=Strictness.HARDENED, warn=refuse)
    except ConfigurationError as error:
        hint = f"; {error.hint}" if error.hint else ""
        raise RequestError(ErrorCode.VALIDATION_ERROR, f"{error.message}{hint}") from error


def _leaf(bundle: Sequence[Certificate]) -> Certificate:
    """Return the one certificate of *bundle* that issued none of the others."""
    distinct = tuple(dict.fromkeys(bundle))
    leaves = [one for one in distinct if not any(_issued(one, other) for other in distinct if other != one)]
    if len(leaves) != 1:
        refuse(
            f"of {len(distinct)} certificates in the vault {len(leaves)} issued no other, so the signing "
            f"certificate is not known; use {CERTIFICATES}"
        )
    return leaves[0]


def _with_issuers(leaf: Certificate, pool: Sequence[Certificate], advice: str) -> tuple[Certificate, ...]:
    chain = [leaf]
    while not chain[-1].is_self_signed:
        found = [one for one in pool if one not in chain and _issued(one, chain[-1])]
        if not found or len(chain) == MAX_LENGTH:
            refuse(f"the certificate of the issuer {chain[-1].issuer[:256]!r} is missing; {advice}")
        chain.append(found[0])
    return tuple(chain)


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    try:
        certificate.x509.verify_directly_issued_by(issuer.x509)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def check_signature(
    leaf: Certificate, algorithm: SignatureAlgorithm, payload: bytes, signature: bytes
) -> None:
    """Return if *signature* is of the key of *leaf*, in the form that envelopes hold; raises RequestError."""
    key, kind, size = leaf.x509.public_key(), _HASHES[algorithm.hash], algorithm.coordinate_size
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, payload, padding.PSS(padding.MGF1(kind), kind.digest_size), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            if len(signature) != 2 * size:
                raise InvalidSignature
            r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
            key.verify(utils.encode_dss_signature(r, s), payload, ec.ECDSA(kind))
    except InvalidSignature as error:
        raise RequestError(
            ErrorCode.ERROR,
            f"the signature does not verify with the certificate {leaf.subject[:256]!r}: it is not the "
            "key's, or the service did not sign as it was asked to",
        ) from error
