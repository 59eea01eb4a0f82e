# SPDX-License-Identifier: Apache-2.0
"""Which modules are looked at, and one run over their mutants."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.mutation.accepted import Accepted, faults_of
from tests.mutation.coverage_map import BUILD, CoverageMap, coverage_map
from tests.mutation.mutants import ROOT, Mutant, mutants_of
from tests.mutation.trials import Trial

PACKAGE = ROOT / "notation_py"
LEFT_OUT = ("cli/", "conformance/", "_version")
"""Rooms that show what others decided, or tell other programs how they do."""
ROUNDS = 4
"""How often mutants are tried again without the tests that turned out to fail by themselves."""

BUDGET = 60.0
"""Seconds of tests, as they take without a mutant, after which one counts as unnoticed."""


@dataclass
class Report:
    """What came of a run."""

    tried: list[Mutant]
    noticed: dict[str, dict[str, object]]
    accepted: list[Mutant]
    survivors: list[Mutant]
    troubles: list[str]
    seconds: float
    tests: int = 0
    cut: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Return the figures in one line."""
        ways = [str(one.get("how")) for one in self.noticed.values()]
        return (
            f"{len(self.tried)} mutants: {len(self.noticed)} noticed ({ways.count('too long')} of them by "
            f"taking too long, {ways.count('ended')} by ending the process), {len(self.accepted)} accepted, "
            f"{len(self.survivors)} unnoticed; {self.tests} tests known; {self.seconds:.0f} seconds"
        )

    def as_json(self) -> str:
        """Return everything, for a program."""
        return json.dumps(
            {
                "mutants": len(self.tried),
                "noticed": list(self.noticed.values()),
                "accepted": [one.name for one in self.accepted],
                "unnoticed": [one.text() for one in self.survivors],
                "troubles": self.troubles,
                "seconds": round(self.seconds, 1),
            },
            indent=1,
        )


def modules() -> list[Path]:
    """Return the modules that decide."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.relative_to(PACKAGE).as_posix().startswith(LEFT_OUT) and path.name != "__init__.py"
    ]


def mutants_in(
    only: Iterable[str], sample: int | None = None, seed: int = 0, *, only_survivors: bool = False
) -> list[Mutant]:
    """Return the mutants of the modules with one of *only* in their path, or a random *sample* of them."""
    parts = list(only)
    paths = [path for path in modules() if not parts or any(part in path.as_posix() for part in parts)]
    found = [mutant for path in paths for mutant in mutants_of(path)]
    if only_survivors:
        last = _history(BUILD)
        found = [mutant for mutant in found if not last.get(mutant.name)]
    if sample is not None and sample < len(found):
        found = random.Random(seed).sample(found, sample)
    return found


def run(
    mutants: list[Mutant],
    accepted: list[Accepted],
    *,
    jobs: int = 1,
    budget: float = BUDGET,
    is_whole: bool = True,
    known: CoverageMap | None = None,
    build: Path = BUILD,
) -> Report:
    """Try *mutants* and return what came of it; entries of *accepted* are judged if all mutants are there."""
    started = time.monotonic()
    known = known or coverage_map()
    history = _history(build)
    trials = [_trial(mutant, known, history.get(mutant.name), budget) for mutant in mutants]
    results = _reliable_results(trials, jobs, build)
    noticed: dict[str, dict[str, object]] = {}
    troubles: list[str] = []
    for mutant in mutants:
        result = results.get(mutant.name)
        if result is None:
            troubles.append(f"was not tried: {mutant.text()}")
        elif "error" in result:
            troubles.append(f"{result['error']}: {mutant.text()}")
        elif result["noticed"]:
            noticed[mutant.name] = result
        history[mutant.name] = str(result["noticed"] or "") if result else ""
    (build / "history.json").write_text(json.dumps(history))
    allowed = [one for one in mutants if any(entry.covers(one) for entry in accepted)]
    unnoticed = [
        one for one in mutants if one.name not in noticed and "error" not in results.get(one.name, {})
    ]
    if is_whole:
        troubles += faults_of(accepted, mutants, set(noticed))
    return Report(
        tried=mutants,
        noticed=noticed,
        accepted=[one for one in unnoticed if one in allowed],
        survivors=[one for one in unnoticed if one not in allowed],
        troubles=troubles,
        seconds=time.monotonic() - started,
        tests=len(known.tests),
    )


def _trial(mutant: Mutant, known: CoverageMap, before: str | None, budget: float) -> Trial:
    names = known.tests_for(mutant.module, mutant.lines)
    if before in names:
        names.remove(str(before))
        names.insert(0, str(before))
    chosen, total = [], 0.0
    for name in names:
        seconds = known.tests[name][0]
        total += seconds
        if chosen and total > budget:
            break
        chosen.append((name, seconds))
    return Trial(mutant.name, mutant.module, mutant.change, tuple(chosen))


def _reliable_results(trials: list[Trial], jobs: int, build: Path) -> dict[str, dict[str, object]]:
    """Return the results by mutant; a test that fails in such a process without a mutant notices nothing."""
    results = _results(trials, jobs, build)
    unreliable: set[str] = set()
    for _ in range(ROUNDS):
        killers = sorted({str(one["noticed"]) for one in results.values() if one["noticed"]} - unreliable)
        controls = [Trial(f"control {name}", trials[0].module, None, ((name, 1.0),)) for name in killers]
        unreliable |= {
            str(one["noticed"]) for one in _results(controls, jobs, build).values() if one["noticed"]
        }
        again = [
            replace(one, tests=tuple(test for test in one.tests if test[0] not in unreliable))
            for one in trials
            if results.get(one.name, {}).get("noticed") in unreliable
        ]
        if not again:
            break
        results |= _results(again, jobs, build)
    return results


def _results(trials: list[Trial], jobs: int, build: Path) -> dict[str, dict[str, object]]:
    untested = {one.name: {"name": one.name, "noticed": None, "tests": 0} for one in trials if not one.tests}
    waiting = [one for one in trials if one.tests]
    if not waiting:
        return untested
    (build / "trials.pickle").write_bytes(pickle.dumps(waiting))
    results = build / "results.jsonl"
    results.write_text("")
    files = sorted({name.partition("::")[0] for one in waiting for name, _ in one.tests})
    environment = os.environ | {"NOTATION_PY_MUTATION": str(build), "NOTATION_PY_MUTATION_JOBS": str(jobs)}
    options = (
        "-q",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:cov",
        "--assert=plain",
        "--tb=no",
    )
    command = [sys.executable, "-m", "pytest", *options, "-p", "tests.mutation.trials", *files]
    with (build / "trials.log").open("wb") as log:
        subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False)
    found = [json.loads(line) for line in results.read_text().splitlines()]
    return untested | {one["name"]: one for one in found}


def _history(build: Path) -> dict[str, str]:
    path = build / "history.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}
