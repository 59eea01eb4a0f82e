# SPDX-License-Identifier: Apache-2.0
"""Whether a plugin program leaves processes running: looked at last, when every command was given many times.

A plugin has ended when it has answered. What it left in its own group ends with it, and what holds its
outputs makes the answer an error; here it is about processes that went further. To say what a plugin is no
process has to stay, so one that does breaks the contract. For the other commands one may be meant: agents of
tokens and key services are started by the first command that needs them and found by those that follow. The
check cannot look into a process, but it can count: an agent stays once, so a command that left something in
several runs breaks the contract, and a process that one run alone left is reported as not checked, for the
author to judge. Who leaves what, and how it is ended, is not known here.

Spec: plugin-extensibility, Plugin contract; security contract R-30. Requirements: PLG-020.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from .check_report import BrokenRuleError, Check, NotCheckedError, Subject
from .contract import Command


def process_checks(commands: Iterable[Command]) -> Iterator[Check]:
    """Yield the checks of what the runs of *commands* left running; only for programs."""
    for command in commands:
        yield Check(f"{command} leaves no process running", ("PLG-020",), partial(_leaves_none, command))


def _leaves_none(command: Command, subject: Subject) -> None:
    runs = None if subject.runs_left is None else subject.runs_left(command)
    if runs is None:
        raise NotCheckedError("this system does not tell which processes a plugin started")
    if runs and command is Command.GET_PLUGIN_METADATA:
        raise BrokenRuleError(
            "PLG-020",
            f"{command}: {runs} of its runs left a process, and none is needed to say what a plugin is",
        )
    if runs > 1:
        raise BrokenRuleError(
            "PLG-020",
            f"{command}: {runs} of its runs left a process each; an agent is started once, and found",
        )
    if runs:
        raise NotCheckedError(f"a process that one run of {command} started goes on, as an agent would")
