# SPDX-License-Identifier: Apache-2.0
"""`conformance run`, `list`, `show` and `report`: the suite for people and for CI.

Reads the line, starts a run, shows how it goes and writes the reports. What a vector is and whether an answer
is right is decided in `notation_py/conformance`.

Spec: conformance/PROTOCOL.md. Requirements: CLI-001, CLI-002.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .._version import __version__
from ..conformance.contents import Contents
from ..conformance.documents import read_run, text_of
from ..conformance.junit import junit
from ..conformance.known import KnownDifferences
from ..conformance.library import Library
from ..conformance.loading import ABOUT_ARTIFACTS, vectors
from ..conformance.page import page
from ..conformance.picture import picture
from ..conformance.places import clients_directory, requirements, suite_directory
from ..conformance.processes import Client
from ..conformance.program import Program, version_of
from ..conformance.results import Result, Run, Status
from ..conformance.running import AnyClient, Named, Plan, run
from ..conformance.tables import markdown_table, text_table
from ..conformance.vector import REGISTRY, Vector
from ..conformance.visible import visible
from ..conformance.words import words_for
from ..errors import UntrustedError, UsageError
from .columns import columns
from .printable import printable
from .session import Session, complain

_NANOSECONDS = 1_000_000_000
_EVERY = 100
"""Vectors between two lines about how far a run is, where there is no terminal."""

_OURSELVES: tuple[str, ...] = (
    sys.executable,
    "-P",
    "-c",
    "import sys; from notation_py.cli.front import main; sys.exit(main())",
)
_OUR_NAME = "notation-py"
_KEPT_BY_US = ("PYTHONPATH",)


def run_run(values: Mapping[str, Any], session: Session) -> None:
    """Run the vectors with a client.

    Raises:
        UntrustedError: something unexpected happened. NotationError: the run could not be made.
    """
    found = vectors(_suite(values), values["only"])
    client, named = _client(values, session)
    known = _known(values, named)
    plan = Plan(
        found,
        known,
        _jobs(values),
        strict_checks=values["strict_checks"],
        is_whole=values["only"] == "*",
    )
    progress = _Progress(len(found))
    done = run(plan, client, named, session.at, progress.tell)
    progress.end()
    _show_run(done, session)
    _write(values["json"], text_of(done))
    _write(values["junit"], junit(done))
    _write(values["html"], page([done], requirements()) if values["html"] else "")
    if not done.has_passed:
        failed = done.counts()[Status.FAILED] + len(done.problems)
        what = "nothing was run" if not failed else f"{failed} unexpected, of {len(done.results)} vectors"
        raise UntrustedError(
            f"conformance of {named.client}: {what}",
            hint="`notation-py conformance show` explains a vector; --known takes a list of what is known",
        )


def run_list(values: Mapping[str, Any], session: Session) -> None:
    """List the vectors."""
    found = vectors(_suite(values), values["only"])
    rows = [(vector.name, _expected(vector), vector.title) for vector in found]
    for line in columns([("VECTOR", "EXPECTED", "TITLE"), *rows]):
        session.say(line)


def run_show(values: Mapping[str, Any], session: Session) -> None:
    """Show the vector that the argument names."""
    (vector,) = vectors(_suite(values), _literal(values["arguments"][0]))
    for line in _described(vector):
        session.say(line)


def run_report(values: Mapping[str, Any], session: Session) -> None:
    """Compare the runs in the files that the arguments name."""
    runs = [read_run(Path(name)) for name in values["arguments"]]
    for line in markdown_table(runs):
        session.say(line)
    _write(values["html"], page(runs, requirements()) if values["html"] else "")
    _write(values["svg"], picture(runs) if values["svg"] else "")


# --- the line -----------------------------------------------------------------------------------------


def _suite(values: Mapping[str, Any]) -> Path:
    return Path(values["suite"]) if values["suite"] else suite_directory()


def _jobs(values: Mapping[str, Any]) -> int:
    if values["jobs"] < 0:
        raise UsageError(f"jobs value {values['jobs']} must not be negative")
    return values["jobs"] or os.cpu_count() or 1


def _client(values: Mapping[str, Any], session: Session) -> tuple[AnyClient, Named]:
    if values["timeout"] <= 0:
        raise UsageError("timeout must be a positive duration", hint="for example --timeout 30s")
    if values["in_process"]:
        if values["client"]:
            raise UsageError("--in-process and --client cannot be used together")
        return Library(), Named(values["name"] or _OUR_NAME, __version__, "library")
    words, kept = _OURSELVES, (*values["keep"], *_KEPT_BY_US)
    name = _OUR_NAME
    if values["client"]:
        words, kept = _words(values["client"]), tuple(values["keep"])
        name = Path(words[0]).name
    client = Client(words, values["timeout"] / _NANOSECONDS, kept)
    version = __version__ if not values["client"] else version_of(client)
    session.tell(f"The client {name} is version {version or 'unknown'}")
    return Program(client, lambda: datetime.now(UTC)), Named(values["name"] or name, version, "program")


def _words(text: str) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--client is not a command: {error}") from error
    if not words:
        raise UsageError("--client cannot be empty")
    if "/" in words[0]:  # the client starts in a directory of its own
        words[0] = str(Path(words[0]).absolute())
    return tuple(words)


def _known(values: Mapping[str, Any], named: Named) -> KnownDifferences:
    name = values["known"] or (_OUR_NAME if not values["client"] else "")
    if not name:
        return KnownDifferences(named.client)
    if "/" not in name and not name.endswith(".toml"):
        path = clients_directory() / f"{name}.toml"
        if not path.is_file():
            there = ", ".join(sorted(one.stem for one in clients_directory().glob("*.toml")))
            raise UsageError(f"no list of known differences is called {name!r}", hint=f"there are {there}")
        return KnownDifferences.load(path)
    return KnownDifferences.load(Path(name))


# --- what is shown --------------------------------------------------------------------------------------


class _Progress:
    """Says on standard error how far a run is: one line that changes, or plain lines where nobody watches."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._failed = 0
        self._is_watched = sys.stderr is not None and sys.stderr.isatty()

    def tell(self, result: Result) -> None:
        """Say that *result* has come."""
        self._done += 1
        self._failed += result.status is Status.FAILED
        if self._is_watched:
            self._rewrite(f"{self._state()}  {result.name}"[:100])
        elif self._done % _EVERY == 0:
            complain(self._state())

    def end(self) -> None:
        """Leave the line clean for what follows."""
        if self._is_watched:
            self._rewrite("")

    def _state(self) -> str:
        return f"{self._done} of {self._total} vectors, {self._failed} unexpected"

    @staticmethod
    def _rewrite(text: str) -> None:
        try:
            sys.stderr.write(f"\r\x1b[K{printable(text)}")
            sys.stderr.flush()
        except (OSError, ValueError):
            return


def _show_run(done: Run, session: Session) -> None:
    for one in done.results:
        if one.status is Status.FAILED:
            session.say(visible(f"FAILED  {one.name}: {'; '.join(one.reasons)}"))
        elif one.status is Status.KNOWN:
            session.tell(visible(f"known difference  {one.name}: {'; '.join(one.reasons)}"))
    for problem in done.problems:
        session.say(visible(f"FAILED  {problem}"))
    for line in text_table(done):
        session.say(line)


def _described(vector: Vector) -> Iterator[str]:
    contents = Contents.of(vector) if vector.command in ABOUT_ARTIFACTS else None
    yield vector.name
    yield f"  {vector.title}"
    yield f"  expected:      {_expected(vector)}"
    yield f"  requirements:  {', '.join(vector.requirements)}"
    if vector.attacks:
        yield f"  attack cases:  {', '.join(map(str, vector.attacks))}"
    yield f"  time:          {vector.at:%Y-%m-%dT%H:%M:%SZ}" + (", or any" if vector.clock == "any" else "")
    yield f"  command:       {shlex.join(words_for(vector, contents, REGISTRY))}"
    if vector.note:
        yield f"  note:          {vector.note}"
    for path in sorted(path for path in vector.directory.rglob("*") if path.is_file()):
        yield f"  file:          {path}"


def _expected(vector: Vector) -> str:
    words = vector.expect.value + (f" ({vector.failed})" if vector.failed else "")
    return words + (f", {', '.join(vector.logged)} logged" if vector.logged else "")


def _literal(name: str) -> str:
    """Return the glob that *name* alone fits."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)


def _write(name: str, text: str) -> None:
    if not name:
        return
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
