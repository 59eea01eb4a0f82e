# SPDX-License-Identifier: Apache-2.0
"""What a document shows, as things to do: files to write, commands, outputs to expect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "writing-a-plugin.md"

_BLOCK = re.compile(r"(?:^`([\w.-]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A file with its text, or a command with the output that is shown below it."""

    file: str
    text: str
    output: str = ""

    @property
    def pattern(self) -> str:
        """An expression for the output: `…` stands for anything in a line, and alone for any lines."""
        lines = [line.rstrip() for line in self.output.strip().splitlines()]
        parts = [r"(?:.*\n)*?.*" if line == "…" else _line_pattern(line) for line in lines]
        return "\n".join(parts)


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("…"))


def steps() -> Iterator[Step]:
    """Yield what the guide has one do, in order."""
    for file, language, text in _BLOCK.findall(GUIDE.read_text()):
        if file:
            yield Step(file, text)
        elif language == "console":
            yield from _commands(text.replace("\\\n", ""))


def console_steps(text: str) -> list[Step]:
    """Return the commands that the document *text* shows, each with what it shows below it."""
    blocks = [found for _, language, found in _BLOCK.findall(text) if language == "console"]
    return [step for block in blocks for step in _commands(block.replace("\\\n", ""))]


def _commands(text: str) -> Iterator[Step]:
    command, output = "", ""
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            if command:
                yield Step("", command, output)
            command, output = line[2:].rstrip("\n"), ""
        else:
            output += line
    yield Step("", command, output)


def shown_file(name: str) -> str:
    """Return the text of the file *name* as the guide shows it."""
    [text] = [step.text for step in steps() if step.file == name]
    return text
