# SPDX-License-Identifier: Apache-2.0
"""Which certificates belong to a signature that a token made: the leaf that verifies it, and its issuers.

A signature that no certificate verifies is not released, whatever the reason: a token that pads in another
way, the wrong certificate, a defective module. Whether the chain meets the rules of the Notary Project
is for the caller to say. Asks no token anything.

Requirements: ALG-009, CERT-001, PLG-051, PLG-052.
"""

from __future__ import annotations

from collections.abc import Sequence

from notation_py import Certificate, SignatureAlgorithm
from notation_py.plugin import ErrorCode, RequestError, refuse, verifies, with_issuers

from .settings import CERTIFICATES


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
            if verifies(certificate.x509.public_key(), algorithm, payload, signature)
        ]
        if len(leaves) > 1:
            refuse(
                f"{len(leaves)} certificates have the key, the first two with the serial numbers "
                f"{leaves[0].x509.serial_number:x} and {leaves[1].x509.serial_number:x}; put the one to use, "
                f"with its issuers, into {CERTIFICATES}"
            )
        if leaves:
            chain = with_issuers(leaves[0], [*given, *stored], f"add it to {CERTIFICATES}")
            return tuple(one.der for one in chain)
    raise RequestError(
        ErrorCode.ERROR if given else ErrorCode.VALIDATION_ERROR,
        f"none of {len(given)} certificates of {CERTIFICATES} and {len(stored)} of the token verifies the "
        "signature; the signing certificate is missing, or the token did not sign as it was asked to",
    )
