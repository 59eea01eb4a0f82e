# SPDX-License-Identifier: Apache-2.0
"""Tables: one row per figure, with its target and whether it is met, written between two markers."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

BEGIN, END = "<!-- begin: written by make bench -->", "<!-- end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        what: the operation. figures: the measured values, as text, one per column of its table.
        value: what is compared with *target*; both None where there is nothing to reach.
        target: largest value that counts as met, or smallest if *at_least* says so.
    """

    what: str
    figures: tuple[str, ...]
    value: float | None = None
    target: float | None = None
    unit: str = ""
    at_least: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached, or None without one."""
        if self.value is None or self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def verdict(self) -> str:
        if self.is_met is None:
            return ""
        return "met" if self.is_met else "**not met**"

    @property
    def goal(self) -> str:
        if self.target is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {self.target:g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under one heading, with a sentence about how they were measured."""

    title: str
    remark: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def markdown(self) -> str:
        """Return the table as Markdown, with the verdicts in the last columns."""
        head = ("", *self.columns, "target", "")
        lines = [f"### {self.title}", "", self.remark, "", _line(head), _line(_alignments(len(head)))]
        lines += [_line((row.what, *row.figures, row.goal, row.verdict)) for row in self.rows]
        return "\n".join(lines) + "\n"


def _alignments(count: int) -> list[str]:
    return [":--", *["--:"] * (count - 2), ":--"]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """Return what kind of machine and interpreter this is; nothing that names it."""
    model, cores = "unknown processor", 0
    try:
        facts = Path("/proc/cpuinfo").read_text()
    except OSError:
        facts = ""
    if found := re.search(r"^model name\s*:\s*(.+)$", facts, re.MULTILINE):
        model = found[1]
    cores = len(re.findall(r"^processor\s*:", facts, re.MULTILINE))
    import cryptography

    return (
        f"{cores or '?'} cores ({model}), {platform.system()}, CPython {platform.python_version()}, "
        f"cryptography {cryptography.__version__}"
    )


def summary(tables: Sequence[Table]) -> str:
    """Return one line: how many targets are met."""
    decided = [row.is_met for table in tables for row in table.rows if row.is_met is not None]
    return f"{sum(decided)} of {len(decided)} targets met."


def document(tables: Sequence[Table], command: str) -> str:
    """Return what goes between the markers."""
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    head = f"`{command}` on {when}: {machine()}. {summary(tables)}\n"
    return "\n".join([head, *(table.markdown() for table in tables)])


def write_between_markers(file: Path, text: str) -> None:
    """Put *text* between the markers in *file*; what is around them stays."""
    before, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest:
        sys.exit(f"{file.name} has no line {BEGIN}")
    file.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.0f}"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}"


def mebibytes(size: float) -> str:
    return f"{size / (1 << 20):.1f}"
