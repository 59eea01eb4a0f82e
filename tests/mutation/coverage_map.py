# SPDX-License-Identifier: Apache-2.0
"""Which tests run which lines of the package: recorded once, and again only for what has changed.

Kept under `build/`, with the text of each module and test file. A test is run again if its file changed, or a
line of the package that it ran; lines that only moved are found again.
"""

from __future__ import annotations

import difflib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.mutants import ROOT

TESTS = (
    "tests/unit",
    "tests/attacks",
    "tests/properties",
    "tests/conformance",
    "tests/contract",
    "tests/differential",
)
"""Tests that run in one process and need, most of them, no program."""

LEFT_OUT = (
    "test_client_runs.py",
    "test_repository_contract.py",
    "test_servers.py",
    "test_suite.py",
    "test_benchmarks.py",
)
"""Files that start programs, or run all vectors at once: slow, or failing in a process that was forked."""

BUILD = ROOT / "build" / "mutation"
_OPTIONS = (
    "-q",
    "--continue-on-collection-errors",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:cov",
    "--assert=plain",
    "--tb=line",
)


@dataclass
class CoverageMap:
    """What is known of each test: seconds, whether it passes, and by module its lines, as a bit set."""

    tests: dict[str, tuple[float, bool, dict[str, int]]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def failing(self) -> list[str]:
        """Return the tests that pass not even without a mutant, or are skipped."""
        return sorted(name for name, (_, passed, _) in self.tests.items() if not passed)

    def tests_for(self, module: str, lines: Iterable[int]) -> list[str]:
        """Return the tests that run one of *lines*: those first whose file imports *module*, or its room."""
        wanted = sum({1 << line for line in lines})
        found = []
        for name, (seconds, passed, touched) in self.tests.items():
            if passed and touched.get(module, 0) & wanted:
                distance = self._distance(name.partition("::")[0], module)
                found.append((distance, (seconds + 0.003) * len(touched), name))
        return [name for _, _, name in sorted(found)]

    def _distance(self, file: str, module: str) -> int:
        package, _, last = module.removesuffix(".py").replace("/", ".").rpartition(".")
        text = self.sources.get(file, "")
        if f"from {package}.{last} import" in text or f"from {package} import {last}\n" in text:
            return 0
        return 1 if f"from {package}" in text else 2


def coverage_map(
    build: Path = BUILD, tests: Iterable[str] = TESTS, source: Path = ROOT / "notation_py"
) -> CoverageMap:
    """Return the map for the files as they are, having run what was changed since it was last made."""
    build.mkdir(parents=True, exist_ok=True)
    kept = build / "map.pickle"
    known: CoverageMap = pickle.loads(kept.read_bytes()) if kept.exists() else CoverageMap()
    sources = {_name(path): path.read_text() for path in sorted(source.rglob("*.py"))}
    files = {_name(path): path.read_text() for one in tests for path in _test_files(ROOT / one)}
    again = set()
    for module in {name for _, _, touched in known.tests.values() for name in touched}:
        if known.sources.get(module) != sources.get(module):
            again |= _moved(known, module, known.sources.get(module, ""), sources.get(module, ""))
    changed_files = sorted(name for name, text in files.items() if known.sources.get(name) != text)
    gone = {name for name in known.sources if name not in files and name not in sources}
    again |= {name for name in known.tests if name.partition("::")[0] in {*changed_files, *gone}}
    if again or changed_files:
        paths = sorted({*changed_files, *(name.partition("::")[0] for name in again)} - gone)
        recorded = _record(build, source, paths, again, set(changed_files))
        for name in again:
            known.tests.pop(name, None)
        known.tests.update(recorded)
    known.sources = sources | files
    kept.write_bytes(pickle.dumps(known))
    return known


def _moved(known: CoverageMap, module: str, before: str, after: str) -> set[str]:
    """Give the lines of *module* their new numbers; return the tests that ran lines which were edited."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    edited, blocks = 0, []
    for tag, start, end, new, _ in matcher.get_opcodes():
        if tag == "equal":
            blocks.append((((1 << end) - (1 << start)) << 1, new - start))
        else:  # the lines themselves, and the two between which they are
            edited |= (1 << (end + 2)) - (1 << start)
    again = set()
    for name, (seconds, passed, touched) in known.tests.items():
        lines = touched.get(module, 0)
        if lines & edited:
            again.add(name)
        moved = 0
        for mask, shift in blocks:
            kept = lines & mask
            moved |= kept << shift if shift >= 0 else kept >> -shift
        if lines:
            known.tests[name] = (seconds, passed, touched | {module: moved})
    return again


def _record(
    build: Path, source: Path, paths: list[str], again: set[str], whole: set[str]
) -> dict[str, tuple[float, bool, dict[str, int]]]:
    names = [*again, *(f"{path}::" for path in whole)]
    (build / "wanted.txt").write_text("\n".join(sorted(names)))
    (build / "recorded.pickle").unlink(missing_ok=True)
    environment = os.environ | {
        "NOTATION_PY_MUTATION": str(build),
        "NOTATION_PY_MUTATION_SOURCE": str(source),
    }
    command = [sys.executable, "-m", "pytest", *_OPTIONS, "-p", "tests.mutation.recording", *paths]
    with (build / "recording.log").open("wb") as log:
        subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False)
    if not (build / "recorded.pickle").exists():
        raise SystemExit(f"error: the tests could not be run: see {build / 'recording.log'}")
    recorded: dict[str, tuple[float, bool, dict[str, int]]] = pickle.loads(
        (build / "recorded.pickle").read_bytes()
    )
    return recorded


def _test_files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    return sorted(path for path in place.rglob("test_*.py") if path.name not in LEFT_OUT)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
