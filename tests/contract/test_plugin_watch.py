# SPDX-License-Identifier: Apache-2.0
"""What programs leave running, as the conformance check counts it: real processes that left their group."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from notation_py.adapters.files import Strictness
from notation_py.adapters.plugin_marks import MARK
from notation_py.adapters.plugin_programs import Surroundings, find_program
from notation_py.adapters.plugin_settings import PluginSettings
from notation_py.adapters.plugin_watch import WatchedProgram
from notation_py.errors import PluginError
from notation_py.plugin.contract import Command
from tests.simulator.plugin_programs import (
    is_running,
    places,
    program,
    put_plugin,
    refuse,
    surroundings,
    waited,
)

LEAVES = """before=$(wc -l <{pids})
(setsid sh -c 'echo $$ >>{pids}; exec sleep {seconds}' </dev/null >/dev/null 2>&1 &)
while [ "$(wc -l <{pids})" -eq "$before" ]; do sleep 0.01; done"""


class Left:
    """A plugin that leaves a process for *seconds* after each run, and the numbers of these."""

    def __init__(self, root: Path, seconds: float) -> None:
        self.pids = root / "pids"
        put_plugin(root, data=program(before=LEAVES.format(pids=self.pids, seconds=seconds)))
        self.watched = WatchedProgram(find_program(places(root).plugins, "demo", surroundings()))

    def run(self, command: Command, times: int) -> list[int]:
        """Return the processes that are left after *command* was given so many *times*."""
        self.pids.write_text("")
        for _ in range(times):
            assert self.watched.run(command, b"{}").exit_code == 0
        return [int(pid) for pid in self.pids.read_text().split()]


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Left]:
    plugin = Left(tmp_path, 300)
    with plugin.watched:
        yield plugin


@pytest.mark.parametrize("command", [Command.GET_PLUGIN_METADATA, Command.DESCRIBE_KEY])
def test_runs_that_leave_a_process_are_counted_by_command(left: Left, command: Command) -> None:
    """PLG-020, R-30: what is left goes on while the check lasts, whatever the command, and is counted."""
    others = left.run(Command.GENERATE_SIGNATURE, 1)
    processes = left.run(command, 3)
    assert left.watched.runs_left(command) == 3
    assert left.watched.runs_left(Command.GENERATE_SIGNATURE) == 1
    assert left.watched.runs_left(Command.VERIFY_SIGNATURE) == 0
    assert all(is_running(process) for process in processes + others)


def test_run_that_leaves_two_processes_counts_once(left: Left) -> None:
    """PLG-020: an agent may be several processes, and is still started once."""
    [process] = left.run(Command.DESCRIBE_KEY, 1)
    environment = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    [mark] = [
        entry.partition(b"=")[2].decode() for entry in environment if entry.startswith(f"{MARK}=".encode())
    ]
    with subprocess.Popen(["sleep", "300"], env={**os.environ, MARK: mark}) as second:
        try:
            assert left.watched.runs_left(Command.DESCRIBE_KEY) == 1
        finally:
            second.kill()


def test_everything_ends_with_the_watch(tmp_path: Path) -> None:
    """R-30: after the check nothing that it started is running; another watch is not touched."""
    first, second = Left(tmp_path / "first", 300), Left(tmp_path / "second", 300)
    with second.watched:
        with first.watched:
            gone = first.run(Command.DESCRIBE_KEY, 2) + first.run(Command.GET_PLUGIN_METADATA, 1)
            stays = second.run(Command.DESCRIBE_KEY, 1)
        assert waited(lambda: not any(is_running(process) for process in gone))
        assert all(is_running(process) for process in stays)
    assert waited(lambda: not any(is_running(process) for process in stays))


def test_program_that_is_late_each_time_is_not_asked_for_ever(tmp_path: Path) -> None:
    """R-30: a check of some hundred requests takes no hundred times as long as is allowed for one."""
    put_plugin(tmp_path, data=f"#!/bin/sh\necho >>{tmp_path}/asked; sleep 300\n".encode())
    settings = PluginSettings.from_environment({"NOTATION_PY_PLUGIN_TIMEOUT": "1"}, Strictness.WARN)
    found = find_program(places(tmp_path).plugins, "demo", Surroundings(settings, Strictness.WARN, refuse))
    said = []
    with WatchedProgram(found) as watched:
        for _ in range(6):
            with pytest.raises(PluginError) as caught:
                watched.run(Command.DESCRIBE_KEY, b"{}")
            said.append(caught.value.message)
    assert ["within 1 seconds" in text for text in said] == [True] * 3 + [False] * 3
    assert said[-1] == "not asked, as demo did not answer in time 3 times before"
    assert (tmp_path / "asked").read_text().count("\n") == 3


def test_process_that_ends_soon_is_none(tmp_path: Path) -> None:
    """PLG-020: what was about to end when it was looked at has not been left behind."""
    plugin = Left(tmp_path, 0.3)
    with plugin.watched:
        plugin.run(Command.DESCRIBE_KEY, 1)
        assert plugin.watched.runs_left(Command.DESCRIBE_KEY) == 0
