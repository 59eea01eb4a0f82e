# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands about the program itself: version, completion, help.

Flags and help only. The static front answers `help` by itself.

Spec: contract/cli.md 1, 2.2, 7.7. Requirements: CLI-001.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ..parser import PROGRAM
from .shape import Arguments, Shape, command

app = typer.Typer()
completion = typer.Typer(
    name="completion",
    short_help="Generate the autocompletion script for the specified shell",
    help=f"""Generate the autocompletion script for {PROGRAM} for the specified shell.
Besides commands and flags it completes the names of keys, trust stores and certificates.""",
)

Plain = Annotated[bool, typer.Option("--no-descriptions", help="disable completion descriptions")]


def _nothing(path: str) -> Arguments:
    return Arguments(least=0, most=0, too_many=f'unknown command {{first}} for "{PROGRAM} {path}"')


@command(app, Shape("version", "[flags]", _nothing("version")), "Show the notation version information")
def version(context: typer.Context) -> None:
    """Show the notation version information."""


@command(
    app,
    Shape("help", "[command] [flags]", Arguments(least=0, most=None)),
    "Help about any command",
)
def show_help(
    context: typer.Context, words: Annotated[list[str] | None, typer.Argument(metavar="[command]")] = None
) -> None:
    """Help about any command.

    Example - Show what "key add" takes:
      notation-py help key add
    """


@command(
    completion,
    Shape("completion bash", "[flags]", _nothing("completion bash")),
    "Generate the autocompletion script for bash",
)
def bash(context: typer.Context, no_descriptions: Plain = False) -> None:
    """Generate the autocompletion script for the bash shell, version 4.4 or newer.

    Example - Load completions in this shell:
      source <(notation-py completion bash)

    Example - Load completions in every new shell:
      notation-py completion bash > ~/.local/share/bash-completion/completions/notation-py
    """


@command(
    completion,
    Shape("completion zsh", "[flags]", _nothing("completion zsh")),
    "Generate the autocompletion script for zsh",
)
def zsh(context: typer.Context, no_descriptions: Plain = False) -> None:
    """Generate the autocompletion script for the zsh shell.

    Example - Load completions in this shell:
      source <(notation-py completion zsh)

    Example - Load completions in every new shell:
      notation-py completion zsh > "${fpath[1]}/_notation-py"
    """


@command(
    completion,
    Shape("completion fish", "[flags]", _nothing("completion fish")),
    "Generate the autocompletion script for fish",
)
def fish(context: typer.Context, no_descriptions: Plain = False) -> None:
    """Generate the autocompletion script for the fish shell.

    Example - Load completions in this shell:
      notation-py completion fish | source

    Example - Load completions in every new shell:
      notation-py completion fish > ~/.config/fish/completions/notation-py.fish
    """


@command(
    completion,
    Shape("completion powershell", "[flags]", _nothing("completion powershell")),
    "Generate the autocompletion script for powershell",
)
def powershell(context: typer.Context, no_descriptions: Plain = False) -> None:
    """Generate the autocompletion script for powershell.

    Example - Load completions in this shell:
      notation-py completion powershell | Out-String | Invoke-Expression
    """
