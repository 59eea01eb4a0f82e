# SPDX-License-Identifier: Apache-2.0
"""Text of a client made fit for a report: no control characters, no end of line, not endless.

Spec: security contract R-36.
"""

from __future__ import annotations

MAX_CHARACTERS = 2000


def visible(text: str) -> str:
    """Return *text* on one line, what is not printable as an escape, cut after `MAX_CHARACTERS`."""
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )
    return shown if len(shown) <= MAX_CHARACTERS else f"{shown[:MAX_CHARACTERS]}…"
