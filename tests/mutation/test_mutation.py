# SPDX-License-Identifier: Apache-2.0
"""The tool that removes checks finds what nobody tests; and a sample of important checks is tested."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.mutation import __main__ as command
from tests.mutation.accepted import Accepted, faults_of, read_accepted
from tests.mutation.coverage_map import CoverageMap, coverage_map
from tests.mutation.mutants import ROOT, Mutant, mutants_of
from tests.mutation.run import modules, mutants_in, run

HERE = Path(__file__).parent
TINY = HERE / "tiny.py"
SAMPLE = tomllib.loads((HERE / "sample.toml").read_text())["check"]
EVERY_LINE = (1 << 2000) - 1


@pytest.fixture(scope="module")
def tiny_map(tmp_path_factory: pytest.TempPathFactory) -> tuple[CoverageMap, Path]:
    """What the cases of `tiny.py` run."""
    build = tmp_path_factory.mktemp("mutation")
    (build / "source").mkdir()
    return coverage_map(build, ["tests/mutation/tiny_cases.py"], TINY.parent), build


def test_exactly_what_is_not_tested_goes_unnoticed(tiny_map: tuple[CoverageMap, Path]) -> None:
    """Security contract 4.13: the module has three gaps, and the tool names these three."""
    known, build = tiny_map
    report = run(mutants_of(TINY), [], known=known, build=build)
    assert {(one.function, one.kind, one.detail) for one in report.survivors} == {
        ("check_kind", "removed", ""),
        ("", "open", ""),
        ("check_word", "dropped", "without `not text`"),
    }
    assert report.troubles == []
    assert len(report.noticed) == len(report.tried) - 3 > 5
    assert json.loads(report.as_json())["unnoticed"] == [one.text() for one in report.survivors]


def test_acceptance_is_checked(tiny_map: tuple[CoverageMap, Path]) -> None:
    """An entry excuses its mutant; one whose mutant is noticed, or is not there, is a fault."""
    known, build = tiny_map
    tried = mutants_of(TINY)
    kind = next(one for one in tried if one.function == "check_kind")
    size = next(one for one in tried if one.function == "check_size" and one.kind == "removed")
    module, reason = "tests/mutation/tiny.py", "for a test of this tool"
    entries = [
        Accepted(module, "check_kind", kind.check, reason),
        Accepted(module, "check_size", size.check, reason),
        Accepted(module, "check_size", "if nothing: raise", reason),
    ]
    report = run(tried, entries, known=known, build=build)
    assert report.accepted == [kind]
    assert kind not in report.survivors
    assert len(report.troubles) == 2
    assert "accepted, but a test notices it" in report.troubles[1] + report.troubles[0]
    assert "there is no such check any more" in report.troubles[1] + report.troubles[0]
    assert command.show(report) == 1


def test_tests_of_edited_lines_are_recorded_again(tmp_path: Path) -> None:
    """Lines that moved keep their tests; a test of an edited line is run again."""
    known = CoverageMap({"t": (0.1, True, {"m": 0b1110})}, {"m": "a\nb\nc\n"})
    from tests.mutation.coverage_map import _moved

    assert _moved(known, "m", "a\nb\nc\nd\n", "new\na\nb\nc\nd\n") == {"t"}  # beside its first line
    assert known.tests["t"][2] == {"m": 0b11100}
    assert _moved(known, "m", "new\na\nb\nc\nd\nx\ny\n", "new\na\nb\nc\nd\nx\nz\n") == set()
    assert not list(tmp_path.iterdir())


def test_entries_have_reasons_and_name_checks_that_exist() -> None:
    """`accepted.toml`: every entry has a reason, and is about a check of today."""
    entries = read_accepted()
    tried = [one for path in modules() for one in mutants_of(path)]
    assert faults_of(entries, tried, set()) == []
    assert len({str(entry) + entry.kind + str(entry.nth) for entry in entries}) == len(entries)


def test_names_of_mutants_are_unique() -> None:
    """What is known of a mutant is kept under its name."""
    names = [one.name for path in modules() for one in mutants_of(path)]
    assert len(names) == len(set(names)) > 1500


def test_command_lists_mutants_and_tries_none() -> None:
    """`--list`, with a part of a path and a sample."""
    words = [
        sys.executable,
        "-m",
        "tests.mutation",
        "--list",
        "--only",
        "trust/level",
        "--sample",
        "3",
        "--seed",
        "1",
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "3 mutants"
    assert all("notation_py/trust/level.py:" in line for line in done.stdout.splitlines()[:-1])


def _sampled(entry: dict[str, str]) -> Mutant:
    found = [
        one
        for one in mutants_of(ROOT / entry["module"])
        if one.kind == "removed"
        and one.function == entry["function"]
        and one.check.startswith(entry["check"])
    ]
    assert len(found) == 1, f"sample.toml: {entry} is {len(found)} checks"
    return found[0]


def test_important_checks_are_tested(tmp_path: Path) -> None:
    """Security contract 4.13: with each check of the sample gone, the test that is named for it fails."""
    mutants = [_sampled(entry) for entry in SAMPLE]
    tests: dict[str, tuple[float, bool, dict[str, int]]] = {}
    for entry in SAMPLE:
        touched = tests.get(entry["test"], (1.0, True, {}))[2]
        tests[entry["test"]] = (1.0, True, touched | {entry["module"]: EVERY_LINE})
    report = run(mutants, [], known=CoverageMap(tests), build=tmp_path, is_whole=False)
    assert [one.text() for one in report.survivors] == []
    assert report.troubles == []
    assert len(report.noticed) == len(SAMPLE) >= 25


def test_sample_of_a_seed_is_the_same() -> None:
    """`--sample N --seed S` can be repeated."""
    first, again = (mutants_in(["trust/"], 5, 7) for _ in range(2))
    assert [one.name for one in first] == [one.name for one in again]
    assert len(first) == 5
