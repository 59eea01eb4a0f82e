# SPDX-License-Identifier: Apache-2.0
"""Counts of runs as tables: of one run for a terminal, of several for a document.

Spec: conformance/PROTOCOL.md, Reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .results import Counted, Status
from .visible import visible

_HEADS = {
    Status.PASSED: "PASSED",
    Status.KNOWN: "KNOWN",
    Status.FAILED: "FAILED",
    Status.NOT_SUPPORTED: "NOT SUPPORTED",
    Status.NOT_RUN: "NOT RUN",
}


_MARKUP = frozenset("\\|`*[]!")
"""What Markdown gives a meaning within a cell, besides tags."""


def text_table(run: Counted) -> Iterator[str]:
    """Yield the lines of a table by area, with a line of sums at the end."""
    rows = [("AREA", "VECTORS", *_HEADS.values())]
    rows += [_row(run, area) for area in run.areas()]
    rows.append(_row(run, None))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        pairs = zip(row[1:], widths[1:], strict=True)
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in pairs)]
        yield "   ".join(cells).rstrip()


def _row(run: Counted, area: str | None) -> tuple[str, ...]:
    counts = run.counts(area)
    return (area or "all", str(counts.total()), *(str(counts[status]) for status in _HEADS))


def markdown_table(runs: Sequence[Counted]) -> Iterator[str]:
    """Yield the lines of a table with an area on each row, and for each run how many vectors passed."""
    areas = sorted({area for run in runs for area in run.areas()})
    yield "| area | vectors | " + " | ".join(_named(run) for run in runs) + " |"
    yield "|---|--:|" + "---|" * len(runs)
    for area in (*areas, None):
        total = max(run.counts(area).total() for run in runs)
        cells = [_cell(run, area) for run in runs]
        yield f"| {area or '**all**'} | {total} | {' | '.join(cells)} |"


def _named(run: Counted) -> str:
    named = f"{run.client} {run.version}" + (", library in process" if run.mode == "library" else "")
    return "".join(f"\\{one}" if one in _MARKUP else one for one in visible(named)).replace("<", "&lt;")


def _cell(run: Counted, area: str | None) -> str:
    counts = run.counts(area)
    words = {
        Status.KNOWN: "known differences" if counts[Status.KNOWN] != 1 else "known difference",
        Status.FAILED: "**failed**",
        Status.NOT_SUPPORTED: "not supported",
        Status.NOT_RUN: "not run",
    }
    parts = [f"{counts[Status.PASSED]} passed"] if counts[Status.PASSED] else []
    parts += [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    return ", ".join(parts) or "–"
