# SPDX-License-Identifier: Apache-2.0
"""A client as a process: started once, given a time limit, and ended with everything it left behind.

Processes are ended by their id: the client's process group, and on Linux those that carry the mark of
this run in their environment. Reads no more output than a verdict needs.

Spec: conformance/PROTOCOL.md, The client's answer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..adapters.exit_codes import awaited_exit_code
from ..errors import ConfigurationError
from .world import MARK

MAX_OUTPUT = 4 << 20
"""Bytes of each output that are kept; the rest is read and dropped."""

_GRACE = 2.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a client did.

    Attributes:
        code: the exit code, negative for a signal; None if it had to be ended.
        left_behind: how many of its processes were still there afterwards.
    """

    code: int | None
    out: str
    err: str
    seconds: float
    left_behind: int = 0


@dataclass(frozen=True, slots=True)
class Client:
    """A program with notation's command line.

    Attributes:
        words: how it is started. seconds: its time limit. kept: variables of this process that it gets.
    """

    words: tuple[str, ...]
    seconds: float = 30.0
    kept: tuple[str, ...] = ()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], directory: Path) -> Ran:
        """Return what the client did with *arguments*.

        Raises:
            ConfigurationError: it cannot be started.
        """
        started = time.monotonic()
        try:
            process = subprocess.Popen(  # noqa: S603 - the program that the user named
                [*self.words, *arguments],
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise ConfigurationError(
                f"the client {self.words[0]!r} cannot be started: {error.strerror}",
                hint="give the command of a program, such as --client notation",
            ) from error
        outputs = [_Output(stream) for stream in (process.stdout, process.stderr) if stream is not None]
        try:
            code = _exit_code(process, self.seconds)
        finally:
            left = _end_rest(process.pid, environment.get(MARK, ""))
            texts = [output.text() for output in outputs]
        return Ran(code, texts[0], texts[1], time.monotonic() - started, left)


class _Output(threading.Thread):
    """Reads a pipe to its end, and keeps the beginning."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._kept = bytearray()
        self.start()

    def run(self) -> None:
        with suppress(OSError, ValueError):
            while piece := os.read(self._stream.fileno(), 65536):
                self._kept += piece[: max(0, MAX_OUTPUT - len(self._kept))]

    def text(self) -> str:
        self.join(_GRACE)
        with suppress(OSError):
            self._stream.close()
        return bytes(self._kept).decode("utf-8", "replace")


def _exit_code(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        code = awaited_exit_code(process, seconds)
    except ChildProcessError as error:
        process.wait()
        raise ConfigurationError(
            f"{process.args!r} ended, and its exit code is lost",
            hint="start the run from a program that does not ignore SIGCHLD",
        ) from error
    if code is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
    return code


def _end_rest(group: int, mark: str) -> int:
    """End what is left of the process *group*, and whoever carries *mark*; return how many there were."""
    found = _members(group, mark)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
        found = found or {group}
    for pid in found - {group}:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def _members(group: int, mark: str) -> set[int]:
    """Return the ids of processes in *group* or with *mark* in their environment, where /proc says so."""
    found = set()
    wanted = f"{MARK}={mark}".encode()
    for entry in _processes():
        with suppress(OSError, ValueError, IndexError):
            state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if state == "Z":
                continue
            if int(its_group) == group or (mark and wanted in (entry / "environ").read_bytes()):
                found.add(int(entry.name))
    return found - {os.getpid()}


def _processes() -> list[Path]:
    try:
        return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    except OSError:
        return []
