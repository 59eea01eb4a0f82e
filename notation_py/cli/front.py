# SPDX-License-Identifier: Apache-2.0
"""The program's entrance: reads the line with the static table, and starts what it asks for.

Takes credentials out of the environment before anything else, imports typer for shell completion only,
and turns whatever happens into an exit code of 0 or 1. Imports almost nothing, as `--help` and `version`
may cost at most half as much again as starting Python.

Spec: contract/cli.md 2.1, 2.5; specs/decisions/0002-static-front.md. Requirements: CLI-001, CLI-002.
"""

from __future__ import annotations

import os
import sys

from .parser import Command, find, parse
from .printable import printable, printable_lines
from .session import Secrets, Session, complain

COMPLETE_VARIABLE = "_NOTATION_PY_COMPLETE"


def main() -> int:
    """Do what the command line asks for and return the exit code: 0 done, 1 everything else."""
    secrets = Secrets.taken_from(os.environ)
    try:
        _prepare_streams()
        if os.environ.get(COMPLETE_VARIABLE) and not sys.argv[1:]:  # shells ask without any words
            from .completion import answer

            return answer()
        return run(sys.argv[1:], secrets)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last resort: no traceback, never success
        from .report import report

        return report(error)


def _prepare_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr] # a TextIOWrapper


def run(words: list[str], secrets: Secrets) -> int:
    """Do what *words* ask for, and return 0.

    Raises:
        NotationError: it failed, or its result could not be written.
    """
    request = parse(words)
    session = Session.of(request, secrets)
    command = request.command
    if command.path == "help" and not request.wants_help:
        return _help_about(request.arguments, session)
    if request.wants_help:
        _show_help(command, session)
        return 0
    if command.path != "version":  # which has nothing to leave behind, and no time for imports
        from .endings import end_as_interrupted

        end_as_interrupted()
    from .dispatch import dispatch

    dispatch(command.path, {**request.values, "arguments": request.arguments}, session)
    return 0


def _show_help(command: Command, session: Session) -> None:
    from .help import help_screen

    session.write(help_screen(command, _defaults(command, session)))


def _defaults(command: Command, session: Session) -> dict[str, str]:
    """Return the default signature format of `config.json`, where it matters and can be read."""
    if all(flag.name != "signature-format" for flag in command.flags):
        return {}
    from ..errors import NotationError

    try:
        return {"signature-format": printable(session.configuration.signature_format)}
    except NotationError:
        return {}


def _help_about(words: tuple[str, ...], session: Session) -> int:
    from .help import usage_screen

    try:
        command, rest = find(list(words))
    except Exception:  # noqa: BLE001 - only an unknown first word is raised here
        command, rest = Command(""), list(words)
    if rest:
        topics = " ".join(f"`{word}`" for word in words)
        complain(printable_lines(f"Unknown help topic [{topics}]"))
        complain(usage_screen(command, {}).rstrip("\n"))
        return 1
    _show_help(command, session)
    return 0
