# SPDX-License-Identifier: Apache-2.0
"""What typer cannot say about a command: its usage line, its arguments, which flags belong together.

`command` registers a declaration with typer and keeps its `Shape` for the generator of the static
table. A declaration is a function without a body: its parameters are the flags, its docstring is the
long help. Called through typer it goes to the same handler as the static front.

Spec: contract/cli.md 2.1, 2.4, 2.6; specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

import typer

Parameters = ParamSpec("Parameters")


@dataclass(frozen=True, slots=True)
class Arguments:
    """How many positional arguments a command takes, and what it says otherwise.

    Attributes:
        least: fewer are refused with *too_few*.
        most: more are refused with *too_many*, or, if that is empty, ignored with a warning; None: no limit.
        unless: key of a boolean flag with which no argument is needed.
    """

    least: int
    most: int | None
    too_few: str = ""
    too_many: str = ""
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A command as the generator needs it beside what typer knows.

    Attributes:
        filled: names of flags that may not be given empty, or none for the first argument, each with the
            text that says so; looked at before flags are required or belong together.
    """

    path: str
    usage: str
    arguments: Arguments
    aliases: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()
    filled: tuple[tuple[str, str], ...] = ()


SHAPES: dict[Callable[..., Any], Shape] = {}
"""Every declared command, by the callback that typer knows."""


def command(
    app: typer.Typer, shape: Shape, summary: str
) -> Callable[[Callable[Parameters, None]], Callable[Parameters, None]]:
    """Return a decorator that declares a command of *app* with *shape*, listed with *summary*."""

    def declare(declaration: Callable[Parameters, None]) -> Callable[Parameters, None]:
        @functools.wraps(declaration)
        def callback(*_: Parameters.args, **values: Parameters.kwargs) -> None:
            from ..embedding import perform

            perform(shape.path, values)

        SHAPES[callback] = shape
        name = shape.path.rpartition(" ")[2]
        app.command(name, short_help=summary)(callback)
        for alias in shape.aliases:
            app.command(alias, short_help=summary, hidden=True)(callback)
        return callback

    return declare
