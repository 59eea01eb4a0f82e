# SPDX-License-Identifier: Apache-2.0
"""The certificates of a key: from a file, from the certificate of the same name, or from its secret.

Only one certificate can be the first: of a bundle, the one that issued no other. A signature that does not
verify with it is not released. Whether the chain meets the rules is for the caller to say.

Requirements: CERT-001, PLG-051, PLG-052, R-35.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from notation_py import Certificate, algorithm_for
from notation_py.plugin import issued, load_chain, refuse, refusing, with_issuers

from .settings import CA_CERTS, CERTIFICATES, SELF_SIGNED, Settings, Source

if TYPE_CHECKING:
    from .service import KeyVault


def chain_for(settings: Settings, vault: Callable[[], KeyVault]) -> tuple[Certificate, ...]:
    """Return the signing certificate, for a key that may sign, and its issuers up to the root.

    Args:
        vault: called only if the service has to be asked.

    Raises:
        RequestError: there is none, or an issuer is missing, or the key is of a type that is not allowed.
    """
    chain = _chain(settings, vault)
    with refusing():
        algorithm_for(chain[0].x509.public_key())
    return chain


def _chain(settings: Settings, vault: Callable[[], KeyVault]) -> tuple[Certificate, ...]:
    match settings.source:
        case Source.FILE:
            return load_chain(settings.file)
        case Source.SECRET:
            bundle = vault().bundle(settings.key)
            return with_issuers(_leaf(bundle), bundle, f"merge it into the vault, or use {CA_CERTS}")
        case Source.CERTIFICATE:
            leaf = vault().certificate(settings.key)
            if not leaf.is_self_signed:
                refuse(f"the certificate is not self-signed; use {CA_CERTS} in the place of {SELF_SIGNED}")
            return (leaf,)
        case Source.CERTIFICATE_AND_FILE:
            pool = load_chain(settings.file)
            return with_issuers(vault().certificate(settings.key), pool, f"add it to {CA_CERTS}")


def _leaf(bundle: Sequence[Certificate]) -> Certificate:
    """Return the one certificate of *bundle* that issued none of the others."""
    distinct = tuple(dict.fromkeys(bundle))
    leaves = [one for one in distinct if not any(issued(one, other) for other in distinct if other != one)]
    if len(leaves) != 1:
        refuse(
            f"of {len(distinct)} certificates in the vault {len(leaves)} issued no other, so the signing "
            f"certificate is not known; use {CERTIFICATES}"
        )
    return leaves[0]
