# SPDX-License-Identifier: Apache-2.0
"""Shell completion: the scripts that `completion` prints, and the answers the shells then ask for.

The one place where the running program imports typer. A question that cannot be answered gets no
suggestion and no text in the user's prompt.

Spec: contract/cli.md 1. Requirements: CLI-001.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .parser import PROGRAM
from .session import Session

_COMPLETE = "_NOTATION_PY_COMPLETE"
_PLAIN = "_NOTATION_PY_PLAIN"


def answer() -> int:
    """Write the suggestions a shell asks for in the environment, and return the exit code."""
    from typer._completion_classes import completion_init
    from typer.main import get_command

    from .app import app

    completion_init()
    tree = get_command(app)
    if os.environ.get(_PLAIN):
        _forget_descriptions(tree)
    try:
        tree(prog_name=PROGRAM)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except Exception:  # noqa: BLE001 - a traceback in the middle of a prompt helps nobody
        return 1
    return 0


def _forget_descriptions(command: Any) -> None:
    command.help = command.short_help = ""
    for parameter in command.params:
        parameter.help = ""
    for child in getattr(command, "commands", {}).values():
        _forget_descriptions(child)


def _script(shell: str, values: Mapping[str, Any], session: Session) -> None:
    from typer._completion_shared import get_completion_script

    text = get_completion_script(prog_name=PROGRAM, complete_var=_COMPLETE, shell=shell)
    if values["no_descriptions"]:
        call = f"{_COMPLETE}=complete_{shell}"
        text = text.replace(call, f"{_PLAIN}=1 {call}")
        text = text.replace(
            f'$Env:{_COMPLETE} = "complete', f'$Env:{_PLAIN} = "1"\n    $Env:{_COMPLETE} = "complete'
        )
    session.say(text)


def run_bash(values: Mapping[str, Any], session: Session) -> None:
    """Write the completion script for bash."""
    _script("bash", values, session)


def run_zsh(values: Mapping[str, Any], session: Session) -> None:
    """Write the completion script for zsh."""
    _script("zsh", values, session)


def run_fish(values: Mapping[str, Any], session: Session) -> None:
    """Write the completion script for fish."""
    _script("fish", values, session)


def run_powershell(values: Mapping[str, Any], session: Session) -> None:
    """Write the completion script for PowerShell."""
    _script("powershell", values, session)
