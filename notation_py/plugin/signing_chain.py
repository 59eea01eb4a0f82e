# SPDX-License-Identifier: Apache-2.0
"""For authors of plugins that sign: which certificates belong to a key, and the proof that it signed.

Whether a chain meets the rules, and whether to trust it, is for the caller of the plugin to say.

Spec: plugin-extensibility; signature-specification, Certificate requirements.
Requirements: ALG-001, ALG-009, CERT-001, PLG-051, PLG-052.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature

from ..algorithms import PssSalt, SignatureAlgorithm, algorithm_for, verify_primitive
from ..certificates.certificate import Certificate
from ..errors import NotationError
from .contract import ErrorCode, RequestError
from .refusals import refuse

MAX_LENGTH = 8
"""Certificates of a chain."""


def verifies(public_key: Any, algorithm: SignatureAlgorithm, payload: bytes, signature: bytes) -> bool:
    """Return whether *signature* is that of *public_key* over *payload*, in the form that envelopes hold.

    That is RSASSA-PSS with a salt as long as the hash, or ECDSA as r || s; of another key it is not.
    """
    try:
        if algorithm_for(public_key) is not algorithm:
            return False
        verify_primitive(public_key, algorithm, payload, signature, PssSalt.HASH_LENGTH)
    except NotationError:
        return False
    return True


def check_signature(
    leaf: Certificate, algorithm: SignatureAlgorithm, payload: bytes, signature: bytes
) -> None:
    """Return if *signature* verifies with *leaf*; a plugin need not let its caller find out (PLG-052).

    Raises:
        RequestError: it does not, whatever the reason: certificate, version of the key, padding.
    """
    if not verifies(leaf.x509.public_key(), algorithm, payload, signature):
        raise RequestError(
            ErrorCode.ERROR,
            f"the signature does not verify with the certificate {leaf.subject[:256]!r}: that is for another "
            "key or another version of it, or the service did not sign as it was asked to",
        )


def with_issuers(leaf: Certificate, pool: Iterable[Certificate], advice: str) -> tuple[Certificate, ...]:
    """Return *leaf* and its issuers out of *pool*, in order, up to a self-signed one.

    Args:
        advice: what to do if one is missing, such as `add it to certificate_chain_file`.

    Raises:
        RequestError: one is missing, or there are too many.
    """
    chain = [leaf]
    candidates = list(dict.fromkeys(pool))
    while not chain[-1].is_self_signed:
        found = [one for one in candidates if one not in chain and issued(one, chain[-1])]
        if not found:
            refuse(f"the certificate of the issuer {chain[-1].issuer[:256]!r} is missing; {advice}")
        if len(chain) == MAX_LENGTH:
            refuse(f"the certificate chain is longer than {MAX_LENGTH} certificates")
        chain.append(found[0])
    return tuple(chain)


def issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Return whether *issuer* has the name and the key by which *certificate* was signed."""
    try:
        certificate.x509.verify_directly_issued_by(issuer.x509)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
