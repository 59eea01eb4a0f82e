# SPDX-License-Identifier: Apache-2.0
"""Processes that plugins started, known by a mark in their environment: found and ended, wherever they went.

A process inherits the mark, whatever session or group it moves to, until it clears its environment. Systems
without `/proc` do not tell. Knows neither plugins nor why anything should end.

Spec: security contract R-30. Requirements: PLG-020.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

MARK = "NOTATION_PY_PLUGIN_RUN"
"""The variable by which what a plugin started can be recognised: a mark, behind those of outer runs."""

_BETWEEN = ","
_MARKS = re.compile(r"[0-9a-z,-]{1,4096}")


def inherited_mark(mark: str) -> str:
    """Return *mark* behind that of this process, if a plugin started it: what ends the one ends the other."""
    outer = os.environ.get(MARK, "")
    return f"{outer}{_BETWEEN}{mark}" if _MARKS.fullmatch(outer) else mark


def marks_are_seen() -> bool:
    """Return whether this system tells the environment of a process."""
    return Path("/proc/self/environ").exists()


def marked(start: str) -> dict[int, str]:
    """Return the mark that begins with *start* of each process that has one, by its number."""
    return {
        process: mark for process in _processes() for mark in _marks_of(process) if mark.startswith(start)
    }


def end_marked(start: str) -> None:
    """Kill every process whose mark begins with *start*."""
    from signal import SIGKILL

    for _ in range(3):  # one that is being looked at may start another
        found = marked(start)
        for process in found:
            with suppress(OSError):
                os.kill(process, SIGKILL)
        if not found:
            return


def _processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - names suffice
    except OSError:
        return []


def _marks_of(process: int) -> list[str]:
    try:
        entries = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
    name = f"{MARK}=".encode()
    found = [
        entry.removeprefix(name).decode("ascii", "replace") for entry in entries if entry.startswith(name)
    ]
    return [mark for marks in found for mark in marks.split(_BETWEEN)]
