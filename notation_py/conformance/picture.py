# SPDX-License-Identifier: Apache-2.0
"""The results of several clients as one SVG picture: a bar for each area and client.

Drawn with nothing but text and rectangles, so that it looks the same inside a page and by itself.

Spec: SVG 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from .results import Counted, Status
from .visible import visible

COLOURS = {
    Status.PASSED: "#2f9e63",
    Status.KNOWN: "#e0a526",
    Status.FAILED: "#d1383d",
    Status.NOT_SUPPORTED: "#9aa4b2",
    Status.NOT_RUN: "#d5dae1",
}
_WIDTH, _LEFT, _RIGHT = 920, 170, 96
_BAR, _GAP, _SPACE = 13, 3, 14
_INK, _FAINT = "#3d4654", "#6b7585"
_FONT = "font-family=\"system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif\""


def picture(runs: Sequence[Counted]) -> str:
    """Return the picture of *runs*, which are of one suite."""
    areas = sorted({area for run in runs for area in run.areas()})
    block = len(runs) * (_BAR + _GAP) + _SPACE
    top = 62 + 18 * len(runs)
    height = top + (len(areas) + 1) * block + 16
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" {_FONT} '
            f'aria-label="{_safe(_summary(runs))}">'
        ),
        f'<rect width="{_WIDTH}" height="{height}" rx="10" fill="#ffffff"/>',
        *_legend(runs),
    ]
    largest = max((run.counts(area).total() for run in runs for area in areas), default=1) or 1
    for number, area in enumerate([None, *areas]):
        lines += _area(runs, area, top + number * block, None if area is None else largest)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _summary(runs: Sequence[Counted]) -> str:
    parts = []
    for run in runs:
        counts = run.counts()
        parts.append(f"{run.client} {run.version}: {counts[Status.PASSED]} of {counts.total()} passed")
    return "; ".join(parts)


def _legend(runs: Sequence[Counted]) -> Iterator[str]:
    at = 24
    for status, colour in COLOURS.items():
        yield f'<rect x="{at}" y="20" width="12" height="12" rx="3" fill="{colour}"/>'
        yield _text(at + 18, 30, status.value, _INK, 12.5)
        at += 34 + 7 * len(status.value)
    for number, run in enumerate(runs):
        mark = f"{number + 1}"
        yield _text(24, 58 + 18 * number, mark, _FAINT, 12, "bold")
        named = f"{run.client} {run.version}" + (" (library, in process)" if run.mode == "library" else "")
        yield _text(40, 58 + 18 * number, named, _INK, 12.5)


def _area(runs: Sequence[Counted], area: str | None, top: int, largest: int | None) -> Iterator[str]:
    """Yield the bars of one area; those of different areas are as long as they have vectors."""
    weight = "bold" if area is None else "normal"
    middle = top + len(runs) * (_BAR + _GAP) / 2 + 3
    yield _text(_LEFT - 26, middle, area or "all areas", _INK, 12.5, weight, "end")
    for number, run in enumerate(runs):
        y = top + number * (_BAR + _GAP)
        counts = run.counts(area)
        total = counts.total()
        yield _text(_LEFT - 8, y + _BAR - 3, str(number + 1), _FAINT, 9.5, "normal", "end")
        at, room = float(_LEFT), _WIDTH - _LEFT - _RIGHT
        whole = room * ((total / largest) ** 0.5 if largest else 1.0)
        for status, colour in COLOURS.items():
            if not counts[status]:
                continue
            width = whole * counts[status] / total
            said = f"{run.client}, {area or 'all areas'}: {counts[status]} {status}"
            yield (
                f'<rect x="{at:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{colour}">'
                f"<title>{_safe(said)}</title></rect>"
            )
            at += width
        run_of = counts[Status.PASSED], total
        yield _text(at + 8, y + _BAR - 3, f"{run_of[0]} / {run_of[1]}", _FAINT, 10.5)


def _text(
    x: float, y: float, text: str, colour: str, size: float, weight: str = "normal", anchor: str = "start"
) -> str:
    bold = f' font-weight="{weight}"' if weight != "normal" else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}"{bold}{place}>{_safe(text)}</text>'


def _safe(text: str) -> str:
    return escape(visible(text))
