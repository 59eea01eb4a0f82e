# SPDX-License-Identifier: Apache-2.0
"""What a check of a plugin is, what it found, and the conversation it is about.

A check asks, and raises the requirement that the plugin breaks. That a plugin says no in the proper way, or
answers at all, is looked at here for every check alike. Knows no check, and shows nothing.

Spec: plugin-extensibility, Plugin contract. Requirements: PLG-020, PLG-025 to PLG-028, PLG-110.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from ..document import of_type, parse_json, string_map, write_json
from ..errors import MalformedError, PluginError
from .contract import MAX_OUTPUT_BYTES, Command, ErrorCode, PluginRunner, ProgramResult
from .members import Config

PARALLEL = 8
"""How many requests are made at once."""

_CODES = frozenset(ErrorCode)
_SHOWN = 200

_Asked = TypeVar("_Asked")


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Finding(NamedTuple):
    """One check and how it ended: the requirements it is about, or the one that is broken, and why."""

    verdict: Verdict
    requirements: tuple[str, ...]
    title: str
    detail: str = ""


class BrokenRuleError(Exception):
    """The plugin does not do what *requirement* says."""

    def __init__(self, requirement: str, detail: str) -> None:
        super().__init__(detail)
        self.requirement = requirement
        self.detail = detail


class NotCheckedError(Exception):
    """Something that the check needs is not there; the text says what."""


class Refusal(NamedTuple):
    """A proper no: exit code 1 and an error document."""

    code: str
    message: str


class Subject(NamedTuple):
    """A plugin to be checked, and what for.

    Attributes:
        key_ids: keys to sign with. config: goes into every request.
        chain: DER, leaf first, for questions to a verification plugin. at: what counts as now.
        run_word: runs the plugin, if it is a program, with a word that is no command.
        runs_left: of how many runs of a command of a program something still goes on, if that can be told.
    """

    runner: PluginRunner
    key_ids: tuple[str, ...]
    config: Config
    chain: tuple[bytes, ...]
    at: datetime
    run_word: Callable[[str], ProgramResult] | None = None
    runs_left: Callable[[Command], int | None] | None = None

    def said(self, command: Command, request: bytes) -> ProgramResult:
        """Return what the plugin left after *request*; raises BrokenRuleError if it could not be run."""
        try:
            return self.runner.run(command, request)
        except PluginError as error:
            raise BrokenRuleError("PLG-020", f"{command}: {error.message}") from error

    def answer(self, command: Command, request: Mapping[str, Any], requirement: str) -> dict[str, Any]:
        """Return the JSON object that answers *request*.

        Raises:
            BrokenRuleError: none does; if it was refused, *requirement* is broken.
        """
        result = self.said(command, write_json(request).encode("utf-8"))
        if result.exit_code != 0:
            refusal = refused(command, result)
            raise BrokenRuleError(
                requirement, f"{command} in order was refused: {refusal.code}: {refusal.message}"
            )
        return document_of(command, result)

    def refusal(self, command: Command, request: bytes) -> Refusal:
        """Return how *request* was refused; raises BrokenRuleError if it was not, or not properly."""
        return refused(command, self.said(command, request))


def document_of(command: Command, result: ProgramResult) -> dict[str, Any]:
    """Return the JSON object that is all of standard output; raises BrokenRuleError."""
    try:
        value = parse_json(result.stdout, what="standard output", max_bytes=MAX_OUTPUT_BYTES)
        found: dict[str, Any] = of_type(value, dict, at="standard output")
    except MalformedError as error:
        raise _no_answer(command, result.stdout, error) from error
    return found


def _no_answer(command: Command, output: bytes, error: MalformedError) -> BrokenRuleError:
    start, end = output.find(b"{"), output.rfind(b"}") + 1
    try:
        parse_json(output[start:end], what="standard output", max_bytes=MAX_OUTPUT_BYTES)
    except MalformedError:
        return BrokenRuleError("PLG-028", f"{command}: {error.message}")
    return BrokenRuleError(
        "PLG-110", f"{command}: standard output holds more than the answer: {_excerpt(output)}"
    )


def refused(command: str, result: ProgramResult) -> Refusal:
    """Return the proper no that *result* is; raises BrokenRuleError if it is none."""
    if result.exit_code == 0:
        raise BrokenRuleError("PLG-110", f"{command}: the request was accepted")
    if result.exit_code != 1:
        ended = f"exit code {result.exit_code}" if result.exit_code > 0 else f"the signal {-result.exit_code}"
        raise BrokenRuleError("PLG-020", f"{command}: refused with {ended}, which has to be exit code 1")
    try:
        value = parse_json(result.stderr, what="standard error", max_bytes=MAX_OUTPUT_BYTES)
        source: dict[str, Any] = of_type(value, dict, at="standard error")
        code = of_type(source.get("errorCode") or "", str, at="errorCode")
        message = of_type(source.get("errorMessage") or "", str, at="errorMessage")
        string_map(source.get("errorMetadata") or {}, at="errorMetadata")
    except MalformedError as error:
        raise BrokenRuleError("PLG-026", f"{command}: {error}: {_excerpt(result.stderr)}") from error
    if code not in _CODES:
        raise BrokenRuleError("PLG-027", f"{command}: refused with the code {code[:64]!r}, which is none")
    return Refusal(code, message[:_SHOWN])


def _excerpt(output: bytes) -> str:
    return repr(output[:60].decode("utf-8", "replace"))


class Check(NamedTuple):
    """A check: *run* returns if the plugin does what *requirements* say, or raises."""

    title: str
    requirements: tuple[str, ...]
    run: Callable[[Subject], object]


def perform(check: Check, subject: Subject) -> Finding:
    """Return what *check* found out about *subject*; a plugin cannot make it raise."""
    try:
        check.run(subject)
    except BrokenRuleError as error:
        return Finding(Verdict.FAILED, (error.requirement,), check.title, error.detail)
    except NotCheckedError as error:
        return Finding(Verdict.SKIPPED, check.requirements, check.title, str(error))
    return Finding(Verdict.PASSED, check.requirements, check.title)


def at_once(ask: Callable[[_Asked], object], questions: Iterable[_Asked]) -> None:
    """Call *ask* with each of *questions*, PARALLEL of them at a time; raises what the first one raises."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(PARALLEL) as threads:
        list(threads.map(ask, questions))
