# SPDX-License-Identifier: Apache-2.0
"""The committed conformance suite is what its builders write, and what has no fault is accepted."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from conformance.generate.areas import README, built, differences, readme, write
from conformance.generate.suite import SUITE, Built
from notation_py.conformance.answer import Kind
from notation_py.conformance.library import Library
from notation_py.conformance.loading import load
from notation_py.conformance.places import requirements

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def sound_places() -> list[str]:
    """Return the vectors that others are without their fault."""
    found = {one.sound if "/" in one.sound else f"{one.area}/{one.sound}" for one in built().values()}
    return sorted(found & set(built()))


def test_suite_is_what_the_builders_write() -> None:
    """VER-080: no vector was edited by hand, and none was forgotten; the README counts them."""
    assert [line for one in built().values() for line in differences(one)] == []
    assert README.read_text(encoding="utf-8") == readme()


def test_suite_is_large_and_says_yes_and_no_everywhere() -> None:
    """VER-080: at least 400 vectors; every area that refuses something accepts something."""
    assert len(built()) >= 400
    verdicts = Counter((one.area, one.expect) for one in built().values())
    areas = {one.area for one in built().values()}
    assert [
        area for area in sorted(areas) if not (verdicts[area, "accept"] and verdicts[area, "refuse"])
    ] == []


def test_names_titles_and_citations_are_in_order() -> None:
    """VER-080: names are lower case with hyphens, titles are different, every cited requirement exists."""
    assert [one.place for one in built().values() if not all(map(NAME.fullmatch, one.place.split("/")))] == []
    titles = Counter((one.area, one.format, one.title) for one in built().values())
    assert [title for title, number in titles.items() if number > 1] == []
    known = requirements()
    assert {identifier for one in built().values() for identifier in one.requirements} - set(known) == set()


def test_every_refusal_has_a_sibling_without_the_fault() -> None:
    """VER-080: a vector that is refused for two reasons would show neither."""
    for one in built().values():
        if one.expect == "refuse":
            sibling = built()[one.sound if "/" in one.sound else f"{one.area}/{one.sound}"]
            assert (sibling.expect, sibling.command == one.command) == ("accept", True) or crossed(one)


def crossed(one: Built) -> bool:
    """Return whether the fault of *one* is the command itself: a file's signature used for an image."""
    return one.place.startswith("blobs/file-as-image")


@pytest.mark.parametrize("place", sound_places())
def test_vector_without_a_fault_is_accepted(place: str) -> None:
    """VER-080: what the vectors with a fault are compared with, by the library in this process."""
    answer = Library().answer(load(SUITE / place))
    assert answer.kind in {Kind.ACCEPT, Kind.NOT_RUN}, answer.said


def test_change_of_a_committed_file_is_noticed(tmp_path: Path) -> None:
    """The comparison itself: another byte, a missing file and a file too many are each a difference."""
    one = built()["jws/sound"]
    write(one, tmp_path)
    assert list(differences(one, tmp_path)) == []
    directory = tmp_path / one.place
    (directory / "signature.jws").write_bytes(b"{}")
    (directory / "more").touch()
    (directory / "vector.toml").unlink()
    assert len(list(differences(one, tmp_path))) == 3
    shutil.rmtree(directory)
    write(one, tmp_path)
    assert list(differences(one, tmp_path)) == []
