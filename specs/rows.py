# SPDX-License-Identifier: Apache-2.0
"""Reads the rows of this folder: requirements, rules, attack cases, open points and deviations.

The members are explained in README.md. A row that cannot be read is an error: nothing is passed over.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPECS = Path(__file__).parent
ROOT = SPECS.parent

STATES = ("implemented", "partly", "not applicable", "later")

_RANGE = re.compile(r"\b(?:([RA]-)(\d\d)|([A-Z]{2,4}-)(\d{3}))(?!\d)(?: to (?:\1|\3)?(\d{2,3})(?!\d))?")
_ATTACKS = re.compile(r"\b[Aa]ttacks?(?: cases?)? ((?:\d+(?:, | and | to |-)?)+)")
_DEVIATION = re.compile(r"^\| ([A-Z]+-(?:[A-Z]|\d+)) \| (.*) \|$")


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement, a rule or an attack case.

    Attributes:
        id: such as `SIG-001`, `R-01`, `attack 1`.
        group: the area of a requirement, the topic of a rule, the section of an attack case.
        text: what is required, or what is tried.
        more: the other members, as they stand in the file.
        where: the document that shows it, for what is no matter of code.
    """

    id: str
    group: str
    text: str
    state: str
    reason: str
    deviations: tuple[str, ...]
    where: str
    more: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Area:
    """One file of `requirements/`: its id, what it is about, tables that belong to no row, the rows."""

    id: str
    subject: str
    note: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A row of deviations.md, with the texts of its other columns: the Go program, here, why."""

    id: str
    texts: tuple[str, ...]


def _row(table: dict[str, Any], identifier: str, group: str, text: str) -> Row:
    known = {"id", "number", "state", "reason", "deviation", "where", "text", "attack", "section"}
    more = {name: value for name, value in table.items() if name not in known or name == "section"}
    if table["state"] not in STATES:
        raise ValueError(f"{identifier}: no such state: {table['state']}")
    if (table["state"] == "implemented") == bool(table.get("reason", "").strip()):
        raise ValueError(f"{identifier}: a reason stands where something is not implemented, and only there")
    return Row(
        identifier,
        group,
        table[text].strip(),
        table["state"],
        table.get("reason", "").strip(),
        tuple(table.get("deviation", ())),
        table.get("where", ""),
        more,
    )


def areas() -> list[Area]:
    """Return the areas of requirements, by the name of their file."""
    found = []
    for path in sorted((SPECS / "requirements").glob("*.toml")):
        document = tomllib.loads(path.read_text("utf-8"))
        head = document["area"]
        rows = tuple(_row(table, table["id"], head["id"], "text") for table in document["requirement"])
        found.append(Area(head["id"], head["subject"], head.get("note", "").strip(), rows))
    return found


def requirements() -> dict[str, Row]:
    """Return every requirement by its id."""
    rows = [row for area in areas() for row in area.rows]
    return _unique([(row.id, row) for row in rows])


def rules() -> dict[str, Row]:
    """Return the security rules by their id."""
    tables = tomllib.loads((SPECS / "rules.toml").read_text("utf-8"))["rule"]
    return _unique([(table["id"], _row(table, table["id"], table["topic"], "text")) for table in tables])


def attacks() -> dict[int, Row]:
    """Return the attack cases by their number."""
    tables = tomllib.loads((SPECS / "attacks.toml").read_text("utf-8"))["attack"]
    rows = [
        (table["number"], _row(table, f"attack {table['number']}", table["section"], "attack"))
        for table in tables
    ]
    return _unique(rows)


def open_points() -> dict[str, dict[str, Any]]:
    """Return the open points of the specifications by their id."""
    tables = tomllib.loads((SPECS / "open-points.toml").read_text("utf-8"))["point"]
    return _unique([(table["id"], table) for table in tables])


def deviations() -> dict[str, Deviation]:
    """Return the rows of deviations.md by their id."""
    lines = (SPECS / "deviations.md").read_text("utf-8").splitlines()
    matches = [match for match in map(_DEVIATION.match, lines) if match]
    found = [Deviation(match[1], tuple(_cells(match[2]))) for match in matches]
    return _unique([(one.id, one) for one in found])


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"stands twice: {sorted({key for key in keys if keys.count(key) > 1})}")
    return found


def cited_ids(text: str) -> dict[str, int]:
    """Return the ids of requirements, rules and open points in *text*, each with its narrowest citation.

    The number is that of ids cited together: 1 for `SIG-001`, 4 for `SIG-001 to SIG-004`.
    """
    found: dict[str, int] = {}
    for rule, short, area, long, last in _RANGE.findall(text):
        first = short or long
        width = int(last or first) - int(first) + 1
        for number in range(int(first), int(first) + width):
            identifier = f"{rule or area}{number:0{len(first)}d}"
            found[identifier] = min(width, found.get(identifier, width))
    return found


def cited_attacks(text: str) -> dict[int, int]:
    """Return the numbers of attack cases in *text*, each with the width of its narrowest citation."""
    found: dict[int, int] = {}
    for listed in _ATTACKS.findall(text):
        for first, last in re.findall(r"(\d+)(?:(?: to |-)(\d+))?", listed):
            width = int(last or first) - int(first) + 1
            for number in range(int(first), int(first) + width):
                found[number] = min(width, found.get(number, width))
    return found
