# SPDX-License-Identifier: Apache-2.0
"""How a program that we started has ended, and never a guess.

`subprocess` gives 0 for a child that somebody else has reaped, as happens where SIGCHLD is ignored, which
programs inherit; so the code is asked of the system before anything is reaped. Knows no program.

Spec: security contract R-30. Requirements: PLG-025, SIG-057.
"""

from __future__ import annotations

import os
import time
from subprocess import Popen

_GLANCE_SECONDS = 0.002


def exit_code(process: Popen[bytes]) -> int | None:
    """Return the exit code of *process*, negative for a signal, or None while it runs; it is not reaped.

    Raises:
        ChildProcessError: it has ended, and somebody else has its exit code.
    """
    if not hasattr(os, "waitid"):
        return process.poll()
    seen = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if seen is None:
        return None
    return seen.si_status if seen.si_code == os.CLD_EXITED else -seen.si_status


def awaited_exit_code(process: Popen[bytes], seconds: float) -> int | None:
    """Return the exit code, or None if *process* has not ended within *seconds*; raises as `exit_code`."""
    deadline = time.monotonic() + seconds
    while (code := exit_code(process)) is None:
        if time.monotonic() >= deadline:
            return None
        time.sleep(_GLANCE_SECONDS)
    return code
