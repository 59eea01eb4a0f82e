# SPDX-License-Identifier: Apache-2.0
"""What hardened mode adds to a verification: the chain also has to satisfy RFC 5280.

A further check that may only refuse, for `Sources.second_opinions`. In the default mode the
same findings are warnings, and the caller shows them.

Spec: RFC 5280 section 6.1; security contract R-14. Requirements: CERT-011, R-14.
"""

from __future__ import annotations

from ..certificates.hardened import rfc5280_problems
from ..envelope.integrity import IntactEnvelope
from ..errors import Outcome, UntrustedError


def check_rfc5280(data: bytes, intact: IntactEnvelope) -> None:  # noqa: ARG001  the form of a second opinion
    """Return if RFC 5280 has nothing against the chain of *intact*.

    Raises:
        UntrustedError: with outcome AUTHENTICITY: names the first certificate and what it breaks.
    """
    problems = rfc5280_problems(intact.chain)
    if problems:
        raise UntrustedError(
            problems[0],
            hint="refused because of hardened mode; without it this is a warning",
            outcome=Outcome.AUTHENTICITY,
        )
