# SPDX-License-Identifier: Apache-2.0
"""All vectors with one client: several at a time, each in its own world, results in the order of names.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .answer import Answer
from .known import KnownDifferences
from .results import Result, Run, result_of
from .vector import Vector
from .visible import visible


class AnyClient(Protocol):
    """A program or the library."""

    def answer(self, vector: Vector) -> Answer:
        """Return what the client answers to *vector*; raises ConfigurationError if it cannot be started."""


@dataclass(frozen=True, slots=True)
class Named:
    """How a client is called in reports."""

    client: str
    version: str
    mode: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, how many at a time, and what is known.

    Attributes:
        is_whole: whether the vectors are the whole suite, so that rows about other vectors are wrong.
    """

    vectors: Sequence[Vector]
    known: KnownDifferences
    jobs: int = 2
    strict_checks: bool = False
    is_whole: bool = True


def run(
    plan: Plan, client: AnyClient, named: Named, started: datetime, progress: Callable[[Result], None]
) -> Run:
    """Return the results of all vectors in *plan* with *client*.

    Args:
        progress: gets each result as it comes.

    Raises:
        ConfigurationError: the client cannot be started.
    """
    began = time.monotonic()
    before = _watched()
    results: list[Result] = []
    with ThreadPoolExecutor(plan.jobs) as pool:
        futures = {pool.submit(client.answer, vector): vector for vector in plan.vectors}
        try:
            for future in as_completed(futures):
                vector = futures[future]
                result = result_of(vector, future.result(), plan.known, strict_checks=plan.strict_checks)
                results.append(result)
                progress(result)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    problems = [
        f"the client changed {place}" for place, state in _watched().items() if before[place] != state
    ]
    if plan.is_whole:
        problems += [
            f"the list of known differences has {pattern!r}, which is no vector"
            for pattern in plan.known.unused(vector.name for vector in plan.vectors)
        ]
    return Run(
        visible(named.client),
        visible(named.version),
        named.mode,
        started,
        round(time.monotonic() - began, 3),
        tuple(sorted(results, key=lambda one: one.name)),
        tuple(problems),
    )


def _watched() -> dict[str, object]:
    """Return the state of the caller's own directories of notation, which no client has to touch."""
    home = Path(os.environ.get("HOME", "/nonexistent"))
    config = Path(os.environ.get("XDG_CONFIG_HOME", home / ".config")) / "notation"
    cache = Path(os.environ.get("XDG_CACHE_HOME", home / ".cache")) / "notation"
    named = {"the caller's configuration": config, "the caller's cache": cache}
    return {name: _state(path) for name, path in named.items()}


def _state(path: Path) -> object:
    try:
        return tuple(sorted((str(one), one.lstat().st_mtime_ns) for one in (path, *path.rglob("*"))))
    except OSError:
        return None
