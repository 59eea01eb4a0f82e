# SPDX-License-Identifier: Apache-2.0
"""What a plugin in this process writes to standard output, put where a program's would be: beside its answer.

For the conformance check only: while it lasts, the standard output of the whole process is listened to.

Spec: plugin-extensibility, Plugin contract. Requirements: PLG-028, PLG-110.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Lock
from types import TracebackType
from typing import Self

from ..plugin.contract import Command, PluginRunner, ProgramResult

MAX_NOISE_BYTES = 4096
"""Of what was written meanwhile; that something was is all that counts."""


class OverheardPlugin:
    """Implements `PluginRunner` by another, with what came to standard output meanwhile before its answer."""

    def __init__(self, runner: PluginRunner) -> None:
        self._runner = runner
        self._lock = Lock()
        self._file = TemporaryFile()  # noqa: SIM115 - closed at the end of the context
        self._heard = 0
        self._stdout = -1

    @property
    def name(self) -> str:
        """The name of the plugin."""
        return self._runner.name

    @property
    def origin(self) -> str:
        """Where the plugin was found."""
        return self._runner.origin

    def __enter__(self) -> Self:
        _flush()
        self._stdout = os.dup(1)
        os.dup2(self._file.fileno(), 1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _flush()
        os.dup2(self._stdout, 1)
        os.close(self._stdout)
        self._file.close()

    def run(self, command: Command, request: bytes) -> ProgramResult:
        """Return what the plugin made of *request*; raises as its port says."""
        result = self._runner.run(command, request)
        noise = self._new_noise()
        return result._replace(stdout=noise + result.stdout) if noise else result

    def _new_noise(self) -> bytes:
        _flush()
        with self._lock:
            start, self._heard = self._heard, os.fstat(self._file.fileno()).st_size
            return os.pread(self._file.fileno(), min(self._heard - start, MAX_NOISE_BYTES), start)


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
