# SPDX-License-Identifier: Apache-2.0
"""One run of a plugin program: a request in, two bounded outputs and an exit code out, nothing left behind.

No shell, no inherited descriptors, a session of its own, one deadline for everything. However the run ends,
its process group is killed before this returns; processes that left the group are found by a mark in their
environment, where the system tells. Knows neither plugins' names nor what they say.

Spec: plugin-extensibility, Plugin contract; security contract R-30; reference behaviours 11.1.
Requirements: PLG-020, PLG-022, PLG-032.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from errno import ETXTBSY
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PluginError
from ..plugin.contract import MAX_OUTPUT_BYTES, ProgramResult
from .plugin_marks import MARK, end_marked, inherited_mark

if TYPE_CHECKING:
    from selectors import BaseSelector
    from subprocess import Popen

LINGER_SECONDS = 1.0
"""How long outputs may stay open after the program has ended."""

_PIECE = 1 << 16
_GLANCE_SECONDS = 0.05
_BUSY_ATTEMPTS = 10


class ProgramError(PluginError):
    """A program could not be started, took too long, said too much, or left something running."""


class LateProgramError(ProgramError):
    """The program did not answer in time."""


class Bounds(NamedTuple):
    """Seconds for the whole run, bytes of each output, and what may go on behind it.

    Attributes:
        may_leave_agents: whether a process that left the group and holds no output may go on after a
            proper answer. mark: what the mark of the run begins with, by which such processes are found.
    """

    seconds: float
    output: int = MAX_OUTPUT_BYTES
    may_leave_agents: bool = True
    mark: str = ""


def run_program(
    program: Path, argument: str, request: bytes, environment: Mapping[str, str], bounds: Bounds
) -> ProgramResult:
    """Return what *program* made of *request* on its standard input, when it and its group are gone.

    Args:
        program: an absolute path. environment: all that the program sees.

    Raises:
        ProgramError: it cannot be started, exceeds *bounds*, or leaves a process that holds its outputs.
    """
    if sys.platform == "win32":
        raise ProgramError(f"{program}: plugin programs cannot be run on this system")
    mark = bounds.mark + os.urandom(16).hex()
    run: _Run | None = None
    finished = False
    try:
        marked = {**environment, MARK: inherited_mark(mark)}
        run = _Run(_started([str(program), argument], marked), program, argument, bounds)
        result = run.result(request)
        finished = True
        return result
    finally:
        if run is not None:
            run.end()
        if (
            not finished or not bounds.may_leave_agents
        ):  # an interrupt may even come between the start and its return
            end_marked(mark)


def _started(words: list[str], environment: Mapping[str, str]) -> Popen[bytes]:
    """Return the program in a session of its own; raises ProgramError."""
    from subprocess import PIPE, Popen

    for attempt in range(_BUSY_ATTEMPTS):
        try:
            return Popen(  # noqa: S603 - an absolute path that was checked, no shell
                words,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            number = error.errno if isinstance(error, OSError) else None
            if number == ETXTBSY and attempt + 1 < _BUSY_ATTEMPTS:
                time.sleep(_GLANCE_SECONDS)  # just written, and held by another thread's child for a moment
                continue
            reason = os.strerror(number).lower() if number else "invalid argument"
            raise ProgramError(
                f"fork/exec {words[0]}: {reason}",
                hint="check that the file is a program for this system, and complete",
            ) from error
    raise ProgramError(f"fork/exec {words[0]}: text file busy")


class _Run:
    """A started program, talked to with one selector so that no pipe can block another."""

    def __init__(self, process: Popen[bytes], program: Path, argument: str, bounds: Bounds) -> None:
        self._process = process
        self._what = f"{program.name} {argument}"
        self._bounds = bounds
        self._deadline = time.monotonic() + bounds.seconds
        self._outputs: dict[int, bytearray] = {}
        self._code: int | None = None

    def result(self, request: bytes) -> ProgramResult:
        from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ProgramError(f"{self._what}: no pipes")
        out, err = process.stdout.fileno(), process.stderr.fileno()
        self._outputs = {out: bytearray(), err: bytearray()}
        with DefaultSelector() as selector:
            for stream, event in (
                (process.stdin, EVENT_WRITE),
                (process.stdout, EVENT_READ),
                (process.stderr, EVENT_READ),
            ):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, event)
            self._converse(selector, memoryview(request))
        return ProgramResult(self._exit_code(), bytes(self._outputs[out]), bytes(self._outputs[err]))

    def _converse(self, selector: BaseSelector, rest: memoryview) -> None:
        """Return when both outputs have ended; *rest* is written as far as the program takes it."""
        ended_at: float | None = None
        while any(key.fd in self._outputs for key in selector.get_map().values()):
            now = time.monotonic()
            if now >= self._deadline:
                raise self._late("did not answer")
            if ended_at is None and self._ended() is not None:
                ended_at = now
            if ended_at is not None and now - ended_at > LINGER_SECONDS:
                raise ProgramError(
                    f"{self._what} ended, but a process that it started keeps its output open",
                    hint="the plugin is defective: it must not leave processes behind",
                )
            for key, _ in selector.select(min(_GLANCE_SECONDS, self._deadline - now)):
                rest = self._exchange(selector, key.fd, rest)

    def _exchange(self, selector: BaseSelector, descriptor: int, rest: memoryview) -> memoryview:
        """Read or write where *descriptor* can; return what of *rest* is still to be written."""
        is_output = descriptor in self._outputs
        done = self._read(descriptor) if is_output else self._write(descriptor, rest)
        if done is not None:
            return rest[done:]
        selector.unregister(descriptor)
        if not is_output:
            self._close_input()
        return rest

    def _read(self, descriptor: int) -> int | None:
        """Return 0 after having read some of an output, or None at its end."""
        try:
            piece = os.read(descriptor, _PIECE)
        except BlockingIOError:
            return 0
        output = self._outputs[descriptor]
        output += piece
        if len(output) > self._bounds.output:
            raise ProgramError(
                f"{self._what} wrote more than {self._bounds.output} bytes to one output",
                hint="the plugin is defective; report this to its publisher",
            )
        return 0 if piece else None

    @staticmethod
    def _write(descriptor: int, rest: memoryview) -> int | None:
        """Return how much was written, or None when there is no more to write or nobody who reads."""
        if not rest:
            return None
        try:
            return os.write(descriptor, rest[:_PIECE])
        except BlockingIOError:
            return 0
        except OSError:  # a program may answer without having read everything
            return None

    def _close_input(self) -> None:
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def _exit_code(self) -> int:
        self._close_input()
        while (code := self._ended()) is None:
            if time.monotonic() >= self._deadline:
                raise self._late("answered but did not end")
            time.sleep(0.002)
        _kill_group(self._process.pid)  # before the leader is reaped, so that the number is still its group's
        self._process.wait()
        return code

    def _ended(self) -> int | None:
        """Return the exit code if the program itself has ended, without reaping it if that can be helped."""
        from .exit_codes import exit_code

        if self._code is None:
            try:
                self._code = exit_code(self._process)
            except ChildProcessError as error:
                raise ProgramError(
                    f"{self._what} ended, and its exit code is lost",
                    hint="something in this process ignores SIGCHLD, or waits for children of others",
                ) from error
        return self._code

    def _late(self, what: str) -> LateProgramError:
        return LateProgramError(
            f"{self._what} {what} within {self._bounds.seconds:g} seconds",
            hint="try again, or set NOTATION_PY_PLUGIN_TIMEOUT to more seconds",
        )

    def end(self) -> None:
        """Kill what is left of the process group, and close our ends of the pipes."""
        process = self._process
        if process.returncode is None:
            _kill_group(process.pid)
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _kill_group(leader: int) -> None:
    from signal import SIGKILL

    with suppress(OSError):
        os.killpg(leader, SIGKILL)
