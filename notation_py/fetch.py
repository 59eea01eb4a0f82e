# SPDX-License-Identifier: Apache-2.0
"""The port through which revocation data is fetched: a URL in, bytes out, within limits.

Everything behind it comes from servers that a certificate names, so an answer is bounded,
never trusted, and never cached here. Which addresses may be asked is the adapter's rule.

Spec: security contract 2.4 R-19. Requirements: REV-007, REV-008, REV-009.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class FetchLimit(NamedTuple):
    """What one exchange may cost, and what it has to bring.

    Attributes:
        max_bytes: of the answer's body. seconds: from the first packet to the last.
        media_type: of the answer, lower case; empty for any.
    """

    max_bytes: int
    seconds: float
    media_type: str = ""


class Fetcher(Protocol):
    """Fetches without credentials and without a memory. Safe to call from several threads at once."""

    def get(self, url: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer, status 200, to a GET of *url*.

        Raises:
            UnavailableError: no such answer in time; says why. LimitError: too many bytes.
            MalformedError: a URL that must not be fetched.
        """

    def post(self, url: str, body: bytes, content_type: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer, status 200, to a POST of *body*; raises as `get`."""
