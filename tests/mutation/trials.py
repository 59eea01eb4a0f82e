# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that runs tests once for each mutant, each time in a process forked from this one.

Everything is imported and collected once. `NOTATION_PY_MUTATION` names a directory: `trials.pickle` there
says what to try, one line of JSON for each mutant is added to `results.jsonl`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pickle
import resource
import select
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.mutation import live
from tests.mutation.mutants import ROOT, Change
from tests.mutation.quiet import leave_out, quiet_settings

WORK = Path(os.environ.get("NOTATION_PY_MUTATION", "."))
MEMORY = 6 << 30
"""Bytes of address space for one mutant: without a limit being checked, a test may ask for all there is."""

LEAST_SECONDS = 30
"""A test may take this long, or twenty times as long as without a mutant, before it counts as noticing."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant to be tried with *tests*, in this order: name and seconds; without a change, a control."""

    name: str
    module: str
    change: Change | None
    tests: tuple[tuple[str, float], ...]


@dataclass(slots=True)
class _Running:
    trial: Trial
    pid: int
    started: float
    place: Path
    said: bytes = field(default=b"")
    status: int | None = None

    def has_ended(self) -> bool:
        """Return whether the child has said its last word, or is gone while its own children are not."""
        if (
            self.said.rpartition(b"\n")[0]
            .rpartition(b"\n")[2]
            .startswith((b'{"noticed"', b'{"survived"', b'{"error"'))
        ):
            return True
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.status = status
        return bool(pid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    quiet_settings()
    items[:] = leave_out(items)


class _Failures:
    """Remembers whether a test failed."""

    def __init__(self) -> None:
        self.seen = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen = self.seen or report.failed


def pytest_runtestloop(session: pytest.Session) -> bool:
    trials: list[Trial] = pickle.loads((WORK / "trials.pickle").read_bytes())
    items = {item.nodeid: item for item in session.items}
    for module in sorted({trial.module for trial in trials}):
        importlib.import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    functions = live.functions_by_place()
    gc.collect()
    gc.freeze()
    jobs = int(os.environ.get("NOTATION_PY_MUTATION_JOBS", "1"))
    running: dict[int, _Running] = {}
    waiting = list(reversed(trials))
    with (WORK / "results.jsonl").open("a") as results:
        while waiting or running:
            while waiting and len(running) < jobs:
                trial = waiting.pop()
                reader, one = _start(trial, items, functions)
                running[reader] = one
            readable = select.select(list(running), [], [], 1.0)[0]
            for reader in list(running):
                one = running[reader]
                data = os.read(reader, 65536) if reader in readable else None
                one.said += data or b""
                if data == b"" or one.has_ended():
                    _drain(reader, one)
                    results.write(json.dumps(_ended(running.pop(reader))) + "\n")
                    results.flush()
    return True


def _start(
    trial: Trial, items: dict[str, pytest.Item], functions: dict[live.Place, list[live.types.FunctionType]]
) -> tuple[int, _Running]:
    reader, writer = os.pipe()
    place = Path(tempfile.mkdtemp(prefix="mutant-"))
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.setsid()
        try:
            tempfile.tempdir = os.environ["TMPDIR"] = str(place)
            _try(trial, items, functions, writer)
        except BaseException as error:  # noqa: BLE001  a child never goes on as its parent
            os.write(writer, json.dumps({"error": repr(error)}).encode() + b"\n")
        finally:
            os._exit(0)
    os.close(writer)
    return reader, _Running(trial, pid, time.monotonic(), place)


def _try(
    trial: Trial,
    items: dict[str, pytest.Item],
    functions: dict[live.Place, list[live.types.FunctionType]],
    writer: int,
) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if trial.change is not None and not live.install(ROOT / trial.module, trial.change, functions):
        os.write(writer, b'{"error": "nothing was exchanged"}\n')
        return
    tests = [
        (item, seconds)
        for name, seconds in trial.tests
        for item in ([items[name]] if name in items else _cases_of(name, items))
    ]
    if not tests:
        return
    failures = _Failures()
    config = tests[0][0].config
    config.pluginmanager.register(failures)
    config._tmp_path_factory._given_basetemp = Path(tempfile.gettempdir()) / "t"
    for index, (item, seconds) in enumerate(tests):
        os.write(writer, json.dumps({"test": item.nodeid}).encode() + b"\n")
        signal.alarm(int(max(LEAST_SECONDS, 20 * seconds)))
        following = tests[index + 1][0] if index + 1 < len(tests) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if failures.seen:
            os.write(writer, json.dumps({"noticed": item.nodeid}).encode() + b"\n")
            return
    os.write(writer, b'{"survived": true}\n')


def _cases_of(name: str, items: dict[str, pytest.Item]) -> list[pytest.Item]:
    """Return the cases of the test function *name*."""
    return [item for nodeid, item in items.items() if nodeid.startswith(f"{name}[")]


def _drain(reader: int, one: _Running) -> None:
    """Read what a child that has ended had still said, and close its pipe."""
    os.set_blocking(reader, False)
    with contextlib.suppress(BlockingIOError):
        while data := os.read(reader, 65536):
            one.said += data
    os.close(reader)


def _ended(one: _Running) -> dict[str, object]:
    """Return the result of a child that has closed its pipe; what it left running is ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(one.pid, signal.SIGKILL)
    status = one.status if one.status is not None else os.waitpid(one.pid, 0)[1]
    shutil.rmtree(one.place, ignore_errors=True)
    said = [json.loads(line) for line in one.said.splitlines() if line.endswith(b"}")]
    last = said[-1] if said else {}
    result: dict[str, object] = {
        "name": one.trial.name,
        "seconds": round(time.monotonic() - one.started, 3),
        "tests": sum("test" in line for line in said),
        "noticed": None,
    }
    if "error" in last:
        result["error"] = last["error"]
    elif "noticed" in last:
        result |= {"noticed": last["noticed"], "how": "failed"}
    elif "test" in last:  # the process ended in this test
        in_time = not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM)
        result |= {"noticed": last["test"], "how": "ended" if in_time else "too long"}
    return result
