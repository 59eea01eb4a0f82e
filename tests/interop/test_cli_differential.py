# SPDX-License-Identifier: Apache-2.0
"""The same command lines to this program and to the Go program: exit code, output and errors, word for word.

Each line is run in a fresh copy of the same directory. Compared are the exit code, standard output, and
standard error without our hints; the name of the program and of the directory do not count. A line that is
answered differently on purpose names the row of deviations.md; one that has become the same is an error, too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import programs
from tests.simulator.commands import Command, Ran, go_program, our_program
from tests.simulator.differential_lines import LINES, Line, prepared, setting

pytestmark = pytest.mark.interop

GO = {"1.3": programs.notation, "main-line": programs.main_line}
_HINT = re.compile(r"^Hint: .*\n", re.MULTILINE)
_EXPERIMENTAL = re.compile(r"^Warning: This feature is experimental .*\n", re.MULTILINE)
_DEVIATIONS = (Path(__file__).parents[2] / "specs" / "deviations.md").read_text()


@dataclass(frozen=True, slots=True)
class Sides:
    """The two programs, each with a directory of its own, and what stands for both in their outputs."""

    line: str
    ours: Command
    go: Command
    names: dict[str, str]


@pytest.fixture(scope="module", params=list(GO))
def sides(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """Our program and one line of the Go program."""
    try:
        binary = GO[request.param]()
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("differential").resolve()
    with ExitStack() as stack:
        original, names = prepared(root / "model", stack)
        both = []
        for side in ("aaaa", "bbbb"):
            shutil.copytree(original.directory, root / side, symlinks=True)
            both.append(setting(root / side, original))
        ours, go = (
            our_program(both[0]).within(root / "aaaa"),
            go_program(binary, both[1]).within(root / "bbbb"),
        )
        yield Sides(request.param, ours, go, names)


def said(ran: Ran, side: Path, names: dict[str, str]) -> tuple[int, str, str]:
    """Return what *ran* said, without what may differ."""
    out, err = (
        text.replace(str(side), "DIRECTORY").replace("notation-py", "notation") for text in (ran.out, ran.err)
    )
    for name, value in names.items():
        out, err = out.replace(value, name), err.replace(value, name)
    return ran.code, out, _EXPERIMENTAL.sub("", _HINT.sub("", err))


@pytest.mark.parametrize("line", LINES, ids=str)
def test_both_programs_say_the_same(sides: Sides, line: Line) -> None:
    """CLI-001, CLI-002: the same words, exit code and stream, or a deviation that says why not."""
    words = list(line.resolved(sides.names))
    results = []
    for program in (sides.ours, sides.go):
        assert program.directory is not None
        results.append(said(program(*words, stdin=line.stdin or None), program.directory, sides.names))
    ours, go = results
    if line.deviation(sides.line):
        assert f"| {line.deviation(sides.line)} |" in _DEVIATIONS
        assert ours != go
    else:
        assert ours == go
