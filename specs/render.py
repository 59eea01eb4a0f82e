# SPDX-License-Identifier: Apache-2.0
"""Writes docs/requirements.md from the rows of this folder and from what cites them.

Run as `python -m specs.render`; a test fails while the document is out of date.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from specs.citations import Citation, Citations, collect
from specs.rows import ROOT, STATES, Area, Row, areas, attacks, open_points, rules

DOCUMENT = ROOT / "docs" / "requirements.md"

SHOWN_TESTS = 2
"""Tests named in a row; the others are counted."""

VECTORS = "conformance/suite/"

_LENGTH = 110

_INTRODUCTION = """\
# Requirements, and what shows that they are met

Written by `python -m specs.render`; not to be edited. The full text of each requirement, with its source
and with what the Go program does, stands in [specs/requirements](../specs/requirements), its meaning in
[specs/README.md](../specs/README.md). *Tests* counts the tests and transcripts that are about the row,
names the first ones, and says in which folders of the conformance suite there are vectors about it; a test
that only surveys a whole area is not counted. *Modules* are those whose docstring cites the row.
"""


def document(citations: Citations) -> str:
    """Return the whole document."""
    return "\n".join(_lines(citations)) + "\n"


def _lines(citations: Citations) -> Iterator[str]:
    everything = areas()
    yield _INTRODUCTION
    yield from _totals(everything)
    for area in everything:
        yield from _area(area, citations)
    yield from _others(citations)
    yield from _open_points()


def _totals(everything: list[Area]) -> Iterator[str]:
    groups = [(f"[{area.id}](#{_anchor(area)})", area.subject, area.rows) for area in everything]
    groups += [
        ("[R](#security-rules)", "Security rules", tuple(rules().values())),
        ("[attacks](#attack-cases)", "Attack cases", tuple(attacks().values())),
    ]
    yield f"| Area | Subject | Rows | {' | '.join(STATES)} |"
    yield "|---|---|" + "--:|" * (1 + len(STATES))
    required: Counter[str] = Counter()
    for name, subject, rows in groups:
        states = Counter(row.state for row in rows)
        if name.startswith(("[R]", "[attacks]")):
            yield _row(name, subject, len(rows), *_counts(states))
            continue
        required += states
        yield _row(name, subject, len(rows), *_counts(states))
        if name.startswith(f"[{everything[-1].id}]"):
            yield _row("", "**All requirements**", sum(required.values()), *_counts(required))
    yield ""


def _counts(states: Counter[str]) -> list[str]:
    return [str(states[state] or "") for state in STATES]


def _area(area: Area, citations: Citations) -> Iterator[str]:
    yield f"## {area.id}: {area.subject}\n"
    yield from _table("Level", [(row, row.more["level"]) for row in area.rows], citations)


def _others(citations: Citations) -> Iterator[str]:
    yield "## Security rules\n"
    yield from _table("Topic", [(row, row.group) for row in rules().values()], citations)
    yield "## Attack cases\n"
    sections: dict[str, list[Row]] = {}
    for row in attacks().values():
        sections.setdefault(row.group, []).append(row)
    for section, rows in sections.items():
        yield f"### {section.split(' ', 1)[1]}\n"
        yield from _table("Expected", [(row, _first(row.more["expected"])) for row in rows], citations)


def _table(second: str, rows: Iterable[tuple[Row, str]], citations: Citations) -> Iterator[str]:
    """Yield a table of *rows*; modules do not cite attack cases, so these have no such column."""
    rows = list(rows)
    has_modules = not rows[0][0].id.startswith("attack ")
    yield _row("Id", second, "What", "State", "Tests", *["Modules"] * has_modules)
    yield "|---" * (5 + has_modules) + "|"
    for row, beside in rows:
        cells = [row.id.removeprefix("attack "), beside, _first(row.text), _state(row)]
        cells.append(_tests(citations.shown(row.id)))
        if has_modules:
            cells.append(_modules(citations.modules.get(row.id, ())))
        yield _row(*cells)
    yield ""


def _open_points() -> Iterator[str]:
    yield "## Open points of the specifications\n"
    yield "| Id | Question | Go program | Here | Requirements | Deviation |"
    yield "|---|---|---|---|---|---|"
    for identifier, point in open_points().items():
        texts = [" ".join(point[name].split()) for name in ("question", "reference", "ours")]
        cells = (*texts, ", ".join(point["requirements"]), _deviations(point.get("deviation", ())))
        yield _row(identifier, *cells)


def _state(row: Row) -> str:
    parts = [row.state if not row.reason else f"{row.state}: {' '.join(row.reason.split())}"]
    if row.where:
        parts.append(f"see [{row.where}](../{row.where})")
    if row.deviations:
        parts.append(f"{'differs' if 'level' in row.more else 'see'}: {_deviations(row.deviations)}")
    return "; ".join(parts)


def _deviations(identifiers: Iterable[str]) -> str:
    return ", ".join(f"[{identifier}](../specs/deviations.md)" for identifier in identifiers)


def _tests(found: list[Citation]) -> str:
    vectors = [one for one in found if one.path.startswith(VECTORS)]
    tests = [one for one in found if not one.path.startswith(VECTORS)]
    named = [f"[{one.test.removeprefix('test_')}](../{one.path})" for one in tests[:SHOWN_TESTS]]
    areas_of_vectors = sorted({"/".join(one.path.split("/")[:3]) for one in vectors})
    parts = [f"{len(tests)}: {', '.join(named)}"] if tests else []
    if vectors:
        parts.append(
            "vectors " + ", ".join(f"[{path.split('/')[2]}](../{path})" for path in areas_of_vectors)
        )
    return "; ".join(parts)


def _modules(paths: Iterable[str]) -> str:
    """Return the modules of the package by name, and of the plugins only which of them."""
    ours = sorted({path for path in paths if path.startswith("notation_py/")})
    others = sorted({"/".join(path.split("/")[:2]) for path in paths if not path.startswith("notation_py/")})
    named = [f"[{path.removeprefix('notation_py/').removesuffix('.py')}](../{path})" for path in ours]
    return ", ".join([*named, *(f"[{path}](../{path})" for path in others)])


def _first(text: str) -> str:
    """Return the beginning of *text* up to the end of its first sentence, or a part of that."""
    paragraph = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    sentence = re.split(r"(?<=[a-z0-9)`\"*])[.;] (?=[A-Z`])", paragraph)[0].rstrip(".:")
    if len(sentence) <= _LENGTH:
        return sentence
    cut = sentence[:_LENGTH].rsplit(" ", 1)[0]
    return cut + ("`" if cut.count("`") % 2 else "") + " …"


def _row(*cells: object) -> str:
    return "| " + " | ".join(_escaped(str(cell)) for cell in cells) + " |"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _anchor(area: Area) -> str:
    title = f"{area.id}: {area.subject}".lower()
    return re.sub(r"[^\w\- ]", "", title).replace(" ", "-")


if __name__ == "__main__":
    DOCUMENT.write_text(document(collect()), encoding="utf-8")
