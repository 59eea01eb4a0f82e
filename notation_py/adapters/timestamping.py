# SPDX-License-Identifier: Apache-2.0
"""A time-stamping authority over HTTP as `sign` wants it: whom to ask, how to trust it, fresh numbers.

For programs that sign; the command line builds the same with its own messages. Asks nobody by itself.

Spec: RFC 3161 section 2.4. Requirements: TSA-002, TSA-007, TSA-008.
"""

from __future__ import annotations

import secrets

from ..certificates.certificate import Certificate
from ..revocation.sources import RevocationSources
from ..signing.timestamping import Timestamping, revocation_check
from ..timestamp.exchange import NONCE_LIMIT
from .http_timestamper import HttpTimestamper


def http_timestamping(
    url: str, roots: tuple[Certificate, ...], revocation: RevocationSources
) -> Timestamping:
    """Return the authority at *url*, to put into `SignOptions` as often as you like.

    Args:
        roots: that its certificates have to lead to.
        revocation: asked about those certificates for every timestamp.

    Raises:
        UsageError: *url* names no authority, or there are no roots.
    """
    return Timestamping(
        HttpTimestamper(url), roots, revocation_check(revocation), lambda: secrets.randbelow(NONCE_LIMIT)
    )
