# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that notes which lines of the package each test runs, and how long it takes.

`NOTATION_PY_MUTATION` names a directory: `wanted.txt` there, if it is there, has the tests to run;
`recorded.pickle` is written.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

from tests.mutation.mutants import ROOT
from tests.mutation.quiet import leave_out, quiet_settings

WORK = Path(os.environ["NOTATION_PY_MUTATION"])
_seconds: dict[str, float] = {}
_failed: dict[str, bool] = {}
_coverage = coverage.Coverage(
    data_file=None, source=[os.environ["NOTATION_PY_MUTATION_SOURCE"]], config_file=False
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    quiet_settings()
    items[:] = leave_out(items)
    wanted = WORK / "wanted.txt"
    if wanted.exists():
        names = set(wanted.read_text().splitlines())
        items[:] = [
            item for item in items if item.nodeid in names or f"{item.nodeid.partition('::')[0]}::" in names
        ]


def pytest_runtestloop() -> None:
    _coverage.start()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _coverage.switch_context(item.nodeid)
    started = time.perf_counter()
    try:
        return (yield)
    finally:
        _seconds[item.nodeid] = time.perf_counter() - started


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _failed[report.nodeid] = _failed.get(report.nodeid, False) or report.failed or report.skipped


def pytest_sessionfinish() -> None:
    _coverage.stop()
    data = _coverage.get_data()
    touched: dict[str, dict[str, int]] = {name: {} for name in _seconds}
    for file in data.measured_files():
        module = Path(file).relative_to(ROOT).as_posix() if file.startswith(str(ROOT)) else file
        for line, contexts in data.contexts_by_lineno(file).items():
            for name in contexts:
                if name in touched:
                    touched[name][module] = touched[name].get(module, 0) | 1 << line
    recorded = {name: (_seconds[name], not _failed.get(name, True), touched[name]) for name in _seconds}
    (WORK / "recorded.pickle").write_bytes(pickle.dumps(recorded))
