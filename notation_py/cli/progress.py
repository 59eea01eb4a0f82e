# SPDX-License-Identifier: Apache-2.0
"""One line on a terminal that says what is being done, for work that takes longer than a second.

Shown on standard error and rewritten in place; whatever else is written takes its place first, and nothing
of it is left at the end. There is none without a terminal, on a dumb one, and with `--verbose` or `--debug`,
which say more.

Spec: security contract R-36. Requirements: CLI-002.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from . import session as sessions
from .printable import printable
from .session import QUIET, Session

PATIENCE = 1.0
"""Seconds after which somebody may want to know."""
_PERIOD = 0.25
_ERASE = "\r\x1b[K"


class Progress:
    """What is being done now; `say` changes it."""

    def __init__(self, *, columns: int) -> None:
        self._columns = columns
        self._text = ""
        self._since = time.monotonic()
        self._is_shown = False
        self._is_over = threading.Event()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Let the line say *text* from now on."""
        self._text = printable(text)

    def run(self) -> None:
        """Show the line, once it has taken long enough, until `end`."""
        if self._is_over.wait(PATIENCE):
            return
        while True:
            self._draw()
            if self._is_over.wait(_PERIOD):
                return

    def _draw(self) -> None:
        with self._lock:
            if self._text and not self._is_over.is_set():
                line = f"{self._text} ({time.monotonic() - self._since:.0f} s)"
                self._write(f"{_ERASE}{line[: self._columns - 1]}")
                self._is_shown = True

    def erase(self) -> None:
        """Take the line away, as something else is about to be written; it comes back by itself."""
        with self._lock:
            if self._is_shown:
                self._write(_ERASE)
                self._is_shown = False

    def end(self) -> None:
        """Take the line away for good."""
        self._is_over.set()
        self.erase()

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):
            return


class Silence(Progress):
    """Progress that nobody sees."""

    def say(self, text: str) -> None:
        """Do nothing with *text*."""


@contextmanager
def progress(session: Session) -> Iterator[Progress]:
    """Yield what shows progress to whoever sits before a terminal; it is gone when the block ends."""
    if session.verbosity != QUIET or not sessions.is_terminal(sys.stderr):
        yield Silence(columns=0)
        return
    shown = Progress(columns=_columns())
    sessions.before_writing(shown.erase)
    thread = threading.Thread(target=shown.run, daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        shown.end()
        thread.join()
        sessions.before_writing(None)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
