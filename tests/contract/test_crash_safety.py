# SPDX-License-Identifier: Apache-2.0
"""Kill -9 at random moments, 200 times: nothing by half, nothing reported is lost, no lock stays."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from pathlib import Path

import pytest

from notation_py.adapters.file_changes import TEMPORARY_PREFIX
from tests.simulator import interrupted

RUNS = 40
"""Of each of the five changes."""

LONGEST_SECONDS = 0.06
"""Several times what one change takes, so that the moment of death is anywhere in it."""


@pytest.mark.parametrize("change", interrupted.CHANGES)
def test_killed_writer_leaves_nothing_by_half(change: str, tmp_path: Path) -> None:
    """Attacks 172, 173, 177; SEC-005, R-34: after each death all reported changes are there, and whole."""
    interrupted.prepare(tmp_path)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["filelock", "tests.simulator.interrupted"])
    journal = tmp_path / "journal"
    journal.touch()
    for run in range(RUNS):
        writer = context.Process(target=interrupted.repeat, args=(change, tmp_path, run))
        size = journal.stat().st_size
        writer.start()
        while journal.stat().st_size == size and run % 4 and writer.is_alive():
            time.sleep(0.001)  # three of four die after their first change, the others while starting
        time.sleep(random.uniform(0, LONGEST_SECONDS))
        writer.kill()
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        interrupted.CHANGES[change].check(tmp_path, journal.read_text().splitlines())
    assert journal.read_text().count("\n") >= RUNS // 2

    done = interrupted.CHANGES[change].make(tmp_path, f"{RUNS}-0")
    interrupted.CHANGES[change].check(tmp_path, [*journal.read_text().splitlines(), done])
    assert [path for path in tmp_path.rglob(f"{TEMPORARY_PREFIX}*") if path.suffix == ".tmp"] == []
