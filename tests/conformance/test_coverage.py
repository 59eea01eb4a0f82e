# SPDX-License-Identifier: Apache-2.0
"""The copies of upstream test data are unchanged, and every upstream file is accounted for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from conformance.coverage import DOCUMENT, LATER, coverage, document
from tests.conformance.upstream import VECTORS

UPSTREAM = {fact["file"]: fact for fact in json.loads((VECTORS / "upstream.json").read_bytes())}
FOLDERS = sorted(index.parent for index in VECTORS.glob("*/index.json"))
LICENCES = {"Apache-2.0", "BSD-3-Clause", "MPL-2.0", "Unlicense"}


def copies(folder: Path) -> list[str]:
    """Return the upstream files that *folder* holds; our own documents lie directly in it."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.parent != folder)
    return sorted(path.relative_to(folder).as_posix() for path in found)


def index_of(folder: Path) -> list[dict[str, str]]:
    return json.loads((folder / "index.json").read_bytes())


def test_every_upstream_file_is_classified() -> None:
    """Each of them is exercised, waits for named work, or has no verdict."""
    files = coverage()
    assert len(files) == len(UPSTREAM) == 387
    assert [one.file for one in files if one.state == "unclassified"] == []
    assert {work for one in files for work in one.later} == set(LATER)


def test_document_is_up_to_date() -> None:
    """COVERAGE.md is what `python conformance/coverage.py` writes."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_every_deviation_has_its_row() -> None:
    """An id that an index cites is a row of specs/deviations.md."""
    rows = (VECTORS.parents[1] / "specs/deviations.md").read_text(encoding="utf-8").splitlines()
    known = {row.split("|")[1].strip() for row in rows if row.startswith("| ")}
    cited = {identifier for one in coverage() for identifier in one.deviations}
    assert cited
    assert cited - known == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_copies_are_those_of_upstream(folder) -> None:
    """Every byte of a copy is upstream's, and every copy has a verdict in the index beside it."""
    changed = [
        name
        for name in copies(folder)
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != UPSTREAM[name]["sha256"]
    ]
    assert changed == []
    assert set(copies(folder)) <= {entry["file"] for entry in index_of(folder)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_entries_say_where_a_file_comes_from(folder) -> None:
    """Repository and licence are the known ones, and a copy lies in some folder."""
    entries = index_of(folder)
    assert entries
    for entry in entries:
        fact = UPSTREAM[entry["file"]]
        licence = entry["license"].partition(" ")[0]
        assert (entry["repository"], licence) == (fact["repository"], fact["license"])
        assert licence in LICENCES
        assert any((other / entry["file"]).is_file() for other in FOLDERS)
