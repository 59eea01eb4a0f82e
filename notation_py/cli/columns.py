# SPDX-License-Identifier: Apache-2.0
"""Tables as Go's tabwriter lays them out: every cell padded, the last one too.

Knows nothing about what the cells say.

Spec: contract/cli.md 2.5. Requirements: CLI-008.
"""

from __future__ import annotations

from collections.abc import Sequence

from .printable import printable

_PADDING = 3


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one line for each of *rows*: cells escaped, a column 3 wider than its longest cell."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) + _PADDING for column in zip(*shown, strict=True)]
    return ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in shown]
