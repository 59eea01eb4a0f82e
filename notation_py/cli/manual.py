# SPDX-License-Identifier: Apache-2.0
"""Writes the manual pages, one for the program and one for each command, from the tables that help reads.

Run it as `python -m notation_py.cli.manual DIRECTORY`. The pages are committed in `man/man1`, where the wheel
takes them from; a test fails when they differ. Not imported by the program.

Spec: man(7). Requirements: CLI-001.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from . import _table, _texts
from .help import default_text, flag_text, long_help
from .parser import PROGRAM, Command

DATE = "2026-11-29"
"""When the commands last changed; a page has to have a date."""

_STATUS = "0 if everything that was asked for was done, 1 otherwise."
_ENVIRONMENT = {
    "NOTATION_CONFIG": "the directory of the configuration, instead of ~/.config/notation",
    "NOTATION_LIBEXEC": "the directory whose subdirectory plugins holds the plugins",
    "NOTATION_CACHE": "the directory of the cache, instead of ~/.cache/notation",
    "NOTATION_USERNAME, NOTATION_PASSWORD": "the credential of the registry, kept from other programs",
    "NOTATION_PY_HARDENED": "1 refuses what is only warned about otherwise",
    "NOTATION_PY_MANIFEST_FORM": "config-type writes signature manifests that notation 1.3 finds in layouts",
    "DOCKER_CONFIG": "the directory of the config.json of docker, for credentials",
    "NO_COLOR": "if it has a value, nothing is coloured on a terminal",
}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {f"{_name(path)}.1": "\n".join(_page(Command(path))) + "\n" for path in _table.COMMANDS}


def _name(path: str) -> str:
    return "-".join((PROGRAM, *path.split()))


def _page(command: Command) -> Iterator[str]:
    name, summary = _name(command.path), _texts.SUMMARIES[command.path] or "sign and verify artifacts"
    yield f'.TH "{escaped(name.upper())}" "1" "{DATE}" "{PROGRAM}" "User Commands"'
    yield ".SH NAME"
    yield f"{escaped(name)} \\- {escaped(summary.rstrip('.'))}"
    yield ".SH SYNOPSIS"
    usage = f"{command.path} [command]".lstrip() if command.children else command.usage
    yield f"\\fB{escaped(PROGRAM)}\\fR {escaped(usage)}"
    yield from _description(long_help(command.path) or summary)
    if command.children:
        yield ".SH COMMANDS"
        for child in sorted(command.children):
            path = f"{command.path} {child}".lstrip()
            yield f".TP\n\\fB{escaped(_name(path))}\\fR(1)\n{escaped(_texts.SUMMARIES[path])}"
    yield ".SH OPTIONS"
    for flag in sorted(command.flags, key=lambda flag: flag.name):
        if not flag.hidden:
            short = f"\\fB\\-{flag.short}\\fR, " if flag.short else ""
            kind = f" \\fI{flag.kind}\\fR" if flag.kind != "bool" else ""
            yield f".TP\n{short}\\fB\\-\\-{escaped(flag.name)}\\fR{kind}"
            yield escaped(flag_text(command, flag) + default_text(flag, {}))
    yield f".SH EXIT STATUS\n{escaped(_STATUS)}"
    if not command.path:
        yield ".SH ENVIRONMENT"
        for variables, meaning in _ENVIRONMENT.items():
            yield f".TP\n\\fB{escaped(variables)}\\fR\n{escaped(meaning)}"
    above = command.path.rpartition(" ")[0]
    if command.path:
        yield f".SH SEE ALSO\n\\fB{escaped(_name(above))}\\fR(1)"


def _description(text: str) -> Iterator[str]:
    """Yield the long help, its examples as a section of their own."""
    first, *paragraphs = text.split("\n\n")
    yield f".SH DESCRIPTION\n{_filled(first)}"
    has_examples = False
    for paragraph in paragraphs:
        title, _, lines = paragraph.partition("\n")
        if not title.startswith("Example"):
            yield f".PP\n{_filled(paragraph)}"
            continue
        yield ".PP" if has_examples else ".SH EXAMPLES"
        has_examples = True
        shown = "\n".join(escaped(line.removeprefix("  ")) for line in lines.split("\n"))
        yield f"{escaped(title.removeprefix('Example - '))}\n.PP\n.RS 4\n.nf\n{shown}\n.fi\n.RE"


def _filled(paragraph: str) -> str:
    """Return *paragraph* as text that is filled, unless it is set in lines by indenting them."""
    lines = [escaped(line) for line in paragraph.split("\n")]
    if any(line.startswith("  ") for line in paragraph.split("\n")):
        return "\n".join((".nf", *lines, ".fi"))
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Return *text* so that roff shows it as it stands."""
    shown = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    shown = shown.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    shown = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in shown)
    return f"\\&{shown}" if shown.startswith(".") else shown


def main(arguments: list[str]) -> None:
    """Write the pages to the directory that *arguments* name."""
    (directory,) = map(Path, arguments)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (directory / name).write_text(text, encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1:])
