# SPDX-License-Identifier: Apache-2.0
"""The way from a typer callback to a handler, for programs that embed the typer tree.

Gives a handler exactly what the static front would give it, after the same checks. Not imported by the
installed program.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import typer

from ..errors import NotationError
from .dispatch import dispatch
from .parser import Command, Request, check
from .report import report
from .session import Secrets, Session


def perform(path: str, parameters: Mapping[str, Any]) -> None:
    """Do the command *path* with the parameters that typer read.

    Raises:
        typer.Exit: with code 1, after the error was shown.
    """
    try:
        request = request_from(path, parameters)
        if path == "help":
            typer.echo(parameters["context"].find_root().get_help())
            return
        values = {**request.values, "arguments": request.arguments}
        dispatch(path, values, Session.of(request, Secrets.taken_from(os.environ)))
    except NotationError as error:
        raise typer.Exit(report(error)) from error


def request_from(path: str, parameters: Mapping[str, Any]) -> Request:
    """Return what typer's *parameters* ask for, as the static front would have read it.

    Raises:
        UsageError: arguments, required flags or groups are not as the command wants them.
    """
    context = parameters["context"]
    request = Request(Command(path))
    positional: list[str] = []
    for declared in context.command.params:
        value = parameters.get(declared.name)
        if declared.param_type_name == "argument":
            words = value if isinstance(value, list | tuple) else [value]
            positional += [word for word in words if word is not None]
            continue
        key = max(declared.opts, key=len).removeprefix("--").replace("-", "_")
        if key not in request.values:
            continue
        request.values[key] = tuple(value) if isinstance(value, list) else value
        if context.get_parameter_source(declared.name).name == "COMMANDLINE":
            request.given.add(key)
    check(request, positional)
    return request
