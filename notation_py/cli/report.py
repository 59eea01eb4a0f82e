# SPDX-License-Identifier: Apache-2.0
"""Errors as people see them: `Error:` and `Hint:` lines on standard error, and exit code 1.

No traceback ever reaches the user unless the variable `NOTATION_PY_DEBUG_TRACEBACK` is `1`, and no failure
to write a result is taken for success. Messages from outside keep to one line; only those of the
command line itself may have several.

Spec: contract/cli.md 2.5, 15; security contract R-36, R-38. Requirements: CLI-002, VER-080.
"""

from __future__ import annotations

import os
import sys

from ..errors import NotationError, UsageError
from .advice import advice
from .output import OutputError
from .printable import printable, printable_lines
from .session import complain

FAILURE = 1
_ADVICE = (
    "this is a defect of notation-py, and the result counts as a failure; "
    "run it again with NOTATION_PY_DEBUG_TRACEBACK=1 and report what it shows"
)


def report(error: BaseException) -> int:
    """Write *error* to standard error and return the exit code."""
    if os.environ.get("NOTATION_PY_DEBUG_TRACEBACK") == "1":
        import traceback

        complain("".join(traceback.format_exception(error)).rstrip())
    match error:
        case OutputError() if error.is_silent:
            _discard_output()
        case OutputError():
            _show(error.message, error.hint)
            _discard_output()
        case UsageError():
            _show(error.message, error.hint)
        case NotationError():
            _show(printable(str(error)), error.hint or advice(error.message))
        case KeyboardInterrupt():
            _show("interrupted", None)
        case BrokenPipeError():
            _discard_output()
        case OSError() if error.errno and error.filename is not None:
            _show(printable(f"{os.fsdecode(error.filename)}: {os.strerror(error.errno).lower()}"), None)
        case _:
            _show(f"internal error: {type(error).__name__}", _ADVICE)
    return FAILURE


def _show(message: str, hint: str | None) -> None:
    complain(f"Error: {printable_lines(message)}")
    if hint:
        complain(f"Hint: {printable(hint)}")


def _discard_output() -> None:
    """Let the interpreter's own flush at exit go nowhere, as standard output is of no use."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        return
