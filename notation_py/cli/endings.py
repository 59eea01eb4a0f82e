# SPDX-License-Identifier: Apache-2.0
"""Being told to end: SIGTERM and SIGHUP end a command as an interrupt does, so that nothing of it goes on.

Without this the system ends the program at once. A plugin is in a session of its own and would outlive it,
with nobody to hold it to its deadline, and a package that was being downloaded would stay in the directory
for temporary files. Knows no command.

Spec: security contract R-30; specs/decisions/0007-plugin-environment.md. Requirements: PLG-032, CLI-002.
"""

from __future__ import annotations

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")


def end_as_interrupted() -> None:
    """Let each of the two raise KeyboardInterrupt, once, unless whoever started us had other plans."""
    for name in _NAMES:
        number = getattr(signal, name, None)  # there is no SIGHUP on Windows
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)  # the second one ends whatever still cleans up
    raise KeyboardInterrupt
