# SPDX-License-Identifier: Apache-2.0
"""The whole suite with the library in this process: every vector, at its own time and at others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from notation_py.conformance.judging import difference
from notation_py.conformance.known import KnownDifferences
from notation_py.conformance.library import Library
from notation_py.conformance.loading import FILE, load
from notation_py.conformance.places import requirements, suite_directory
from notation_py.conformance.vector import Clock, Vector
from tests.simulator.commands import ROOT

SUITE = suite_directory()
PLACES = sorted(path.parent for path in SUITE.glob(f"*/*/{FILE}"))
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 12, 30, tzinfo=UTC)


def name_of(place: Path) -> str:
    return f"{place.parent.name}/{place.name}"


@pytest.fixture(scope="module")
def every_vector() -> tuple[Vector, ...]:
    return tuple(load(place) for place in PLACES)


@pytest.mark.parametrize("place", PLACES, ids=name_of)
def test_library_answers_as_the_vector_expects(place: Path) -> None:
    """VER-080: the verdict and the check that refuses are those of the vector."""
    vector = load(place)
    answer = Library().answer(vector)
    if not answer.kind.is_run:
        pytest.fail(answer.said) if vector.command in {"verify", "blob verify"} else None
    found = difference(vector, answer, strict_checks=True) if answer.kind.is_run else None
    assert found is None


def test_verdicts_for_any_clock_hold_at_both_ends(every_vector: tuple[Vector, ...]) -> None:
    """A vector that says `any` has the same verdict on the first day of 2026 and at the end of 2099."""
    differ = []
    for vector in every_vector:
        for at in (FIRST, LAST) if vector.clock is Clock.ANY else ():
            answer = Library(at).answer(vector)
            if answer.kind.is_run and (found := difference(vector, answer)):
                differ.append((vector.name, at.year, found.reasons))
    assert differ == []


def test_suite_has_at_least_400_vectors_of_both_kinds_and_formats(every_vector: tuple[Vector, ...]) -> None:
    """Accept and refuse, JWS and COSE, and no area with one kind of verdict alone is the whole suite."""
    assert len(every_vector) >= 400
    assert {vector.expect.value for vector in every_vector} == {"accept", "refuse"}
    assert {vector.format for vector in every_vector} >= {"jws", "cose"}


def test_every_cited_requirement_exists(every_vector: tuple[Vector, ...]) -> None:
    """A vector cites rows of specs/requirements, and the report has their words."""
    known = requirements()
    cited = {identifier for vector in every_vector for identifier in vector.requirements}
    assert cited - known.keys() == set()
    assert all(known[identifier].words for identifier in cited)


def test_lists_of_known_differences_name_vectors_that_exist(every_vector: tuple[Vector, ...]) -> None:
    """Every row of every list fits at least one vector; ours is empty."""
    names = [vector.name for vector in every_vector]
    lists = {path.stem: KnownDifferences.load(path) for path in (ROOT / "conformance/clients").glob("*.toml")}
    assert set(lists) == {"notation-py", "notation-1.3", "notation-2"}
    assert lists["notation-py"].differences == ()
    assert {stem: one.unused(names) for stem, one in lists.items()} == dict.fromkeys(lists, ())


def test_known_differences_cite_deviations_that_exist() -> None:
    """A row that cites a deviation cites a row of specs/deviations.md."""
    text = (ROOT / "specs/deviations.md").read_text()
    lists = [KnownDifferences.load(path) for path in (ROOT / "conformance/clients").glob("*.toml")]
    cited = {row.deviation for one in lists for row in one.differences if row.deviation}
    assert {deviation for deviation in cited if f"| {deviation} |" not in text} == set()
