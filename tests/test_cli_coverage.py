# SPDX-License-Identifier: Apache-2.0
"""Every command, every flag and every message of the command line is in a transcript, or in deviations.md.

Commands and flags come from the table the program runs on, messages from specs/cli-inventory.txt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from notation_py.cli import _table
from notation_py.cli.parser import parse
from notation_py.errors import UsageError
from tests.simulator.transcript import Step, steps

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "tests" / "scripts").glob("*.txt"))
INVENTORY = ROOT / "specs" / "cli-inventory.txt"
COMMANDS = [path for path, row in _table.COMMANDS.items() if path and not row[2]]


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the inventory."""

    command: str
    text: str
    deviation: str

    @property
    def pattern(self) -> re.Pattern[str]:
        pieces = map(re.escape, self.text.replace("⏎", "\n").split("..."))
        return re.compile(".*?".join(pieces))


@cache
def messages() -> tuple[Message, ...]:
    found = []
    for line in INVENTORY.read_text().splitlines():
        if line and not line.startswith("#"):
            command, text, *deviation = re.split(r" \| ", line)
            found.append(Message(command, text, *deviation or [""]))
    return tuple(found)


@cache
def commands_run() -> tuple[Step, ...]:
    found = (step for path in SCRIPTS for step in steps(path) if step.is_command)
    return tuple(step for step in found if step.words()[0] == "notation-py")


def deviations() -> set[str]:
    text = (ROOT / "specs" / "deviations.md").read_text()
    return set(re.findall(r"^\| ([A-Z]+-\w+) \|", text, re.MULTILINE))


@cache
def flags_used() -> frozenset[tuple[str, str]]:
    """Return the command and the flag of every line that parses; `--help` where it is asked for."""
    used = set()
    for step in commands_run():
        try:
            request = parse(step.words()[1:])
        except UsageError:
            continue
        used |= {(request.command.path, key.replace("_", "-")) for key in request.given}
        used.add((request.command.path, "--help" if request.wants_help else ""))
    return frozenset(used)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_flag_is_in_a_transcript(path: str) -> None:
    """Each command is run, by a line that reaches it, with each of its flags (CLI-001, CLI-003)."""
    flags = ["", "--help", *(flag[0] for flag in _table.COMMANDS[path][3])]
    assert [flag for flag in flags if (path, flag) not in flags_used()] == []


def test_every_message_is_in_a_transcript_or_a_deviation() -> None:
    """No message is forgotten: a transcript shows it, or a deviation says why not (CLI-002)."""
    said = [step.said() for step in commands_run()]
    missing = [
        f"{message.command}: {message.text}"
        for message in messages()
        if not message.deviation and not any(message.pattern.search(text) for text in said)
    ]
    assert missing == []


def test_every_deviation_of_the_inventory_exists() -> None:
    """An id in the inventory is a row of deviations.md."""
    assert {message.deviation for message in messages()} - {""} <= deviations()


def test_every_deviation_of_the_inventory_is_one() -> None:
    """A message that a transcript shows names no deviation: reasons do not outlive their differences."""
    said = [step.said() for step in commands_run()]
    shown = [
        message.text
        for message in messages()
        if message.deviation and any(message.pattern.search(text) for text in said)
    ]
    assert shown == []


def test_every_command_of_the_inventory_exists() -> None:
    """The first column of the inventory names commands of this program."""
    assert {message.command for message in messages()} - {"*"} <= set(COMMANDS)


def test_inventory_is_of_use() -> None:
    """A pattern that matches everything would show nothing: each row has words of its own."""
    assert [message.text for message in messages() if len(message.text.replace("...", "")) < 2] == []
    assert len(messages()) > 250
