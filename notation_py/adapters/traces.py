# SPDX-License-Identifier: Apache-2.0
"""What adapters tell about their work to whoever listens: every request and answer, safe to print.

Spec: contract/cli.md 9. Requirements: R-36.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class TraceEvent(NamedTuple):
    """A request as it is sent (status None), or the answer to it, safe to print (R-36).

    Attributes:
        number: counts requests of one transport; the answer has the number of its request.
        url: without query.
        headers: only those on an allow-list, escaped; secrets are `*****`.
    """

    number: int
    method: str
    url: str
    status: int | None
    headers: tuple[tuple[str, str], ...]


Trace = Callable[[TraceEvent], None]


def unheard(_: str) -> None:
    """Ignore a warning: what a library does until its caller listens."""
