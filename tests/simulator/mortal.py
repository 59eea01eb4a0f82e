# SPDX-License-Identifier: Apache-2.0
"""Our program in a child of a warmed interpreter, to be killed while it works instead of while it imports."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from notation_py.adapters import key_files, layout, policy_files, signing_keys, trust_store
from notation_py.cli import certificate, front, key, policy, sign

MODULES = (certificate, front, key, key_files, layout, policy, policy_files, sign, signing_keys, trust_store)
"""Imported here, so that every child has them from the start."""


def run(arguments: tuple[str, ...], environment: Mapping[str, str], output: Path) -> None:
    """Be the program with *arguments*, and end; both outputs go to *output*."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["notation-py", *arguments]
    sys.exit(front.main())


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: its exit code, negative for a signal, what it wrote, and how many seconds it took."""

    code: int
    output: str
    seconds: float


class Mortal:
    """Runs the program to its end, or not.

    Args:
        output: a file for what the program writes.
    """

    def __init__(self, environment: Mapping[str, str], output: Path) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.simulator.mortal"])
        self._environment = dict(environment)
        self._output = output

    def complete(self, *arguments: str) -> End:
        """Run the program to its end."""
        return self._run(arguments, None)

    def killed(self, *arguments: str, within: float) -> End:
        """Run the program, and kill it at a random moment of its first *within* seconds."""
        return self._run(arguments, random.uniform(0, within))

    def _run(self, arguments: tuple[str, ...], seconds: float | None) -> End:
        self._output.unlink(missing_ok=True)
        process = self._context.Process(target=run, args=(arguments, self._environment, self._output))
        process.start()
        started = time.monotonic()
        process.join(seconds if seconds is not None else 60)
        process.kill()
        process.join()
        output = self._output.read_text() if self._output.exists() else ""
        code = process.exitcode if process.exitcode is not None else -signal.SIGKILL
        process.close()
        return End(code, output, time.monotonic() - started)
