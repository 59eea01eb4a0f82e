# SPDX-License-Identifier: Apache-2.0
"""The help screens, in the layout of the Go program's parser.

Reads the generated tables; imports nothing else, because `--help` has to cost little more than
starting Python. Knows no command.

Spec: contract/cli.md 2.6. Requirements: CLI-001.
"""

from __future__ import annotations

from . import _texts
from .parser import PROGRAM, Command, Flag

_TYPED = {
    "bool": "",
    "string": " string",
    "int": " int",
    "duration": " duration",
    "stringArray": " stringArray",
}
_NAME_WIDTH = 11


def help_screen(command: Command, defaults: dict[str, str]) -> str:
    """Return the help of *command*: long text and usage.

    Args:
        defaults: defaults that differ on this machine, by flag name.
    """
    long = long_help(command.path) or _texts.SUMMARIES[command.path]
    return f"{long}\n\n{usage_screen(command, defaults)}"


def long_help(path: str) -> str:
    """Return what the help of the command *path* says at length, or nothing."""
    word = path.partition(" ")[0] or "program"
    texts: dict[str, str] = __import__(f"{__package__}._help.{word}", fromlist=("LONG",)).LONG
    return texts[path]


def usage_screen(command: Command, defaults: dict[str, str]) -> str:
    """Return the part of the help of *command* from `Usage:` on."""
    first = f"{command.title} [command]" if command.children else f"{PROGRAM} {command.usage}"
    sections = [f"Usage:\n  {first}"]
    if command.aliases:
        name = command.path.rpartition(" ")[2]
        sections.append(f"Aliases:\n  {', '.join((name, *command.aliases))}")
    if command.children:
        width = max(_NAME_WIDTH, *map(len, command.children))
        lines = [
            f"  {name.ljust(width)} {_texts.SUMMARIES[f'{command.path} {name}'.lstrip()]}"
            for name in sorted(command.children)
        ]
        sections.append("\n".join(("Available Commands:", *lines)))
    sections.append("\n".join(("Flags:", *_flag_lines(command, defaults))))
    if command.children:
        sections.append(f'Use "{command.title} [command] --help" for more information about a command.')
    return "\n\n".join(sections) + "\n"


def _flag_lines(command: Command, defaults: dict[str, str]) -> list[str]:
    flags = sorted((flag for flag in command.flags if not flag.hidden), key=lambda flag: flag.name)
    heads = [
        (f"  -{flag.short}, --" if flag.short else "      --") + flag.name + _TYPED[flag.kind]
        for flag in flags
    ]
    width = max(map(len, heads))
    return [
        f"{head.ljust(width)}   {flag_text(command, flag)}{default_text(flag, defaults)}"
        for head, flag in zip(heads, flags, strict=True)
    ]


def flag_text(command: Command, flag: Flag) -> str:
    """Return what help says about *flag* of *command*."""
    if flag.name == "help":
        return f"help for {command.path.rpartition(' ')[2] or PROGRAM}"
    return _texts.FLAGS.get(f"{command.path} {flag.name}") or _texts.FLAGS[flag.name]


def default_text(flag: Flag, defaults: dict[str, str]) -> str:
    """Return the remark about the default of *flag*, or nothing."""
    value = defaults.get(flag.name, flag.default)
    if not value:
        return ""
    if flag.kind == "duration":
        return f" (default {flag.default // 1_000_000_000}s)"  # type: ignore[operator] # an int of nanoseconds
    if isinstance(value, str):
        return f' (default "{value}")'
    return f" (default {str(value).lower()})"
