# SPDX-License-Identifier: Apache-2.0
"""The program round a plugin: `notation-NAME COMMAND`, a request in, one JSON document out, an exit code.

What the author's code, its libraries or its children write goes nowhere near the answer: while they run,
descriptors 0, 1 and 2 are not those of the caller. Knows nothing about what plugins do: that is `dispatch`.

Spec: plugin-extensibility, Plugin contract; specs/decisions/0008-author-kit.md.
Requirements: PLG-020 to PLG-022, PLG-025, PLG-026, PLG-110.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from ..document import write_json
from ..plugin.contract import Command, ErrorCode, ProgramResult
from ..plugin.dispatch import MAX_REQUEST_BYTES, dispatch
from ..plugin.protocols import Plugin

_PIECE = 1 << 20


def serve(plugin: Plugin | Callable[[], Plugin]) -> NoReturn:
    """Answer the one command on this program's command line with *plugin*, and end the program.

    The exit code is 0 after an answer on standard output, and 1 after an error document on standard error,
    which says nothing about the author's code but the type of an exception that was not meant.
    What is printed meanwhile is dropped, or shown on standard error if that is a terminal.

    Args:
        plugin: an object, or a class or function that makes one; called only for a known command.
    """
    try:
        for descriptor in (0, 1, 2):  # a duplicate must not take the place of one that is closed
            os.fstat(descriptor)
        out, err = os.dup(1), os.dup(2)  # not inherited by children
    except OSError:
        sys.exit(1)  # nothing to answer on
    result = _result(plugin, sys.argv[1:], err)
    complete = _write(out, result.stdout) and _write(err, result.stderr)
    sys.exit(result.exit_code if complete else 1)


def _result(plugin: Plugin | Callable[[], Plugin], words: list[str], err: int) -> ProgramResult:
    commands = ", ".join(Command)
    if len(words) != 1:
        return _refused(f"expected one argument, a command ({commands}), and got {len(words)}")
    if words[0] not in set(Command):
        return _refused(f"unknown command {words[0][:64]!r}, use one of {commands}")
    try:
        request = _read(0)
        _keep_off(err)
        made = plugin if hasattr(plugin, "metadata") and not isinstance(plugin, type) else _made(plugin)
        return dispatch(made, Command(words[0]), request)
    except OSError as error:
        return _refused(f"the request cannot be read: {type(error).__name__}", ErrorCode.ERROR)
    except _NotMadeError as error:
        return _refused(str(error), ErrorCode.ERROR)
    except BaseException as error:  # noqa: BLE001 - an interrupt is answered as well, without a traceback
        return _refused(f"the plugin was ended by {type(error).__name__}", ErrorCode.ERROR)


class _NotMadeError(Exception):
    """The author's class or function made no plugin."""


def _made(make: object) -> Plugin:
    if not callable(make):
        raise _NotMadeError("what is served is no plugin: it has no method 'metadata'")
    try:
        made: Plugin = make()
    except (Exception, SystemExit) as error:
        raise _NotMadeError(f"the plugin cannot be started: {type(error).__name__}") from error
    if not callable(getattr(made, "metadata", None)):
        raise _NotMadeError("what is served is no plugin: it has no method 'metadata'")
    return made


def _read(source: int) -> bytes:
    """Return the request, or one byte more than may be read: `dispatch` refuses that."""
    request = bytearray()
    while len(request) <= MAX_REQUEST_BYTES and (piece := os.read(source, _PIECE)):
        request += piece
    return bytes(request[: MAX_REQUEST_BYTES + 1])


def _keep_off(err: int) -> None:
    """Let nothing that runs from now on read the request or write to the caller."""
    nothing = os.open(os.devnull, os.O_RDWR)
    shown = err if os.isatty(err) else nothing
    for descriptor, instead in ((0, nothing), (1, shown), (2, shown)):
        os.dup2(instead, descriptor)
    os.close(nothing)


def _write(descriptor: int, data: bytes) -> bool:
    """Return whether all of *data* was taken; a caller that went away is no reason for a traceback."""
    rest = memoryview(data)
    with suppress(OSError):
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    return not rest


def _refused(message: str, code: ErrorCode = ErrorCode.VALIDATION_ERROR) -> ProgramResult:
    document = {"errorCode": code.value, "errorMessage": message}
    return ProgramResult(1, b"", write_json(document).encode("utf-8"))
