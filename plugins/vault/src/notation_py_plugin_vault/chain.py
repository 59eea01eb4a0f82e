# SPDX-License-Identifier: Apache-2.0
"""The certificates that go with a signature.

The signing certificate says which key is meant, and so which version of it: a key that was rotated in between
is noticed. Asks no server anything.

Requirements: ALG-001, PLG-051.
"""

from __future__ import annotations

from typing import NamedTuple

from notation_py import Certificate, MalformedError, SignatureAlgorithm, algorithm_for
from notation_py.plugin import refuse


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
