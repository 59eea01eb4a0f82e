# SPDX-License-Identifier: Apache-2.0
"""A plugin program whose runs are remembered, so that what they left running can be counted, and ends.

For the conformance check only. While it lasts, what a run leaves behind goes on, whatever the command was: an
agent has to be there for the next command, as it is in real use. When it is over, all of it is ended.

Spec: plugin-extensibility, Plugin contract; security contract R-30. Requirements: PLG-020.
"""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Self

from ..errors import PluginError
from ..plugin.contract import Command, ProgramResult
from .plugin_marks import end_marked, marked, marks_are_seen
from .plugin_process import LateProgramError
from .plugin_programs import ProgramPlugin

MOST_LATE = 3
GRACE_SECONDS = 1.0
"""How long what a run left may take to end by itself."""

_GLANCE_SECONDS = 0.05


class WatchedProgram:
    """Implements `PluginRunner` by *program*; what it started ends with the context."""

    def __init__(self, program: ProgramPlugin) -> None:
        self._program = program
        self._mark = f"{os.urandom(8).hex()}-"
        self._late = 0

    @property
    def name(self) -> str:
        """The name of the plugin."""
        return self._program.name

    @property
    def origin(self) -> str:
        """The path of the program."""
        return self._program.origin

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end_marked(self._mark)

    def run(self, command: Command, request: bytes) -> ProgramResult:
        """Return what the program made of *request*; raises as its port says.

        A program that was late `MOST_LATE` times is not asked again: every check would wait for it.
        """
        if self._late >= MOST_LATE:
            raise PluginError(f"not asked, as {self.name} did not answer in time {self._late} times before")
        try:
            return self._program.run_marked(command, request, self._mark_of(command))
        except LateProgramError:
            self._late += 1
            raise

    def runs_left(self, command: Command) -> int | None:
        """Return of how many runs of *command* something goes on, or None if the system does not tell."""
        if not marks_are_seen():
            return None
        deadline = time.monotonic() + GRACE_SECONDS
        while (left := len(set(marked(self._mark_of(command)).values()))) and time.monotonic() < deadline:
            time.sleep(_GLANCE_SECONDS)
        return left

    def _mark_of(self, command: Command) -> str:
        return f"{self._mark}{command}-"
