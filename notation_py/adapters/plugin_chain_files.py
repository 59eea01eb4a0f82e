# SPDX-License-Identifier: Apache-2.0
"""For authors of plugins that sign: the certificates of a key, from a file beside the service that has it.

Whoever can change the file decides whom signatures are from, so it is looked at as strictly as a key file.

Spec: docs/writing-a-plugin.md; specs/decisions/0008-author-kit.md. Requirements: CERT-001, PLG-051, R-35.
"""

from __future__ import annotations

from typing import Any

from ..certificates.certificate import Certificate
from ..plugin.refusals import refuse, refusing
from .files import Strictness
from .key_files import load_certificates


def load_chain(path: str) -> tuple[Certificate, ...]:
    """Return the certificates of the file *path*, PEM or DER, in file order.

    Raises:
        RequestError: it cannot be read, holds none, or somebody else could have changed it.
    """
    with refusing():
        return load_certificates(path, strictness=Strictness.HARDENED, warn=refuse)


def load_chain_of_key(path: str, public_key: Any, key_id: str) -> tuple[bytes, ...]:
    """Return the certificates of the file *path*, DER, of which the first is for *public_key*.

    Raises:
        RequestError: as `load_chain`, or the first certificate is not for that key.
    """
    chain = load_chain(path)
    if chain[0].x509.public_key() != public_key:
        refuse(
            f"the first certificate of {path} is not for the key {key_id}; the file starts with the signing "
            "certificate, then its issuers up to the root"
        )
    return tuple(certificate.der for certificate in chain)
