# SPDX-License-Identifier: Apache-2.0
"""Stopwatches: CPU time of interleaved batches, and of whole processes with their peak memory.

Other work on the machine only ever adds time, so the least disturbed batch is the best estimate of
what an operation costs; the median of the ratios round by round stands beside it. Cases that are
compared take turns within one run, and only their ratios are compared with targets.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")

BATCH_SECONDS = 0.002
"""CPU time of one batch: long enough to be at speed, short enough to meet quiet moments."""


@dataclass(frozen=True, slots=True)
class Samples:
    """CPU seconds of one operation, one entry per round."""

    seconds: tuple[float, ...]

    @property
    def least(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def ratio_to(self, other: Samples) -> float:
        """Return the ratio of the least disturbed batches."""
        return self.least / other.least

    def median_ratio_to(self, other: Samples) -> float:
        """Return the median of the ratios of batches taken one after the other."""
        return statistics.median(a / b for a, b in zip(self.seconds, other.seconds, strict=True))


def interleaved(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Samples]:
    """Return the CPU time of each case, measured in turn for *rounds* rounds."""
    loops = {name: _loops_for(case) for name, case in cases.items()}
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            found[name].append(_batch(case, loops[name]))
    return {name: Samples(tuple(seconds)) for name, seconds in found.items()}


def _batch(case: Callable[[], object], loops: int) -> float:
    repeat = range(loops)
    start = time.process_time_ns()
    for _ in repeat:
        case()
    return (time.process_time_ns() - start) / loops / 1e9


def _loops_for(case: Callable[[], object]) -> int:
    case()
    return max(1, int(BATCH_SECONDS / min(_batch(case, 3) for _ in range(3))))


@dataclass(frozen=True, slots=True)
class Process:
    """One run of a command to its end: CPU and wall seconds, peak resident bytes."""

    cpu: float
    wall: float
    peak: int


def run_process(command: Sequence[str], environment: Mapping[str, str], *, refusal: bool = False) -> Process:
    """Return what *command* cost.

    Args:
        refusal: whether the command has to end with an error that it explains, in place of success.

    Raises:
        RuntimeError: it did not; a benchmark of failures measures nothing.
    """
    launched = [sys.executable, "-I", "-S", str(_LAUNCHER), *command]
    done = subprocess.run(
        launched, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    cpu, wall, peak, code = done.stdout.split()
    explained = "Error: " in done.stderr and "internal error" not in done.stderr
    if (code, explained) != (("1", True) if refusal else ("0", False)):
        raise RuntimeError(f"{command[0]} failed with {code}: {done.stderr[-500:]}")
    return Process(float(cpu), float(wall), int(peak) * 1024)


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of one command."""

    runs: tuple[Process, ...]

    @property
    def cpu(self) -> Samples:
        return Samples(tuple(run.cpu for run in self.runs))

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def peak(self) -> int:
        return max(run.peak for run in self.runs)


def processes_in_turn(
    commands: Mapping[str, tuple[Sequence[str], Mapping[str, str]]], rounds: int
) -> dict[str, Runs]:
    """Return *rounds* runs of each command, taken in turn after one that fills the caches."""
    found: dict[str, list[Process]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, (command, environment) in commands.items():
            run = run_process(command, environment)
            if turn:
                found[name].append(run)
    return {name: Runs(tuple(runs)) for name, runs in found.items()}
