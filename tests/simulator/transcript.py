# SPDX-License-Identifier: Apache-2.0
"""Transcripts of sessions with the program: read, played, recorded. tests/scripts/README.md has the format.

python -m tests.simulator.transcript FILE...    writes what the programs say in place of what was expected
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulator.stage import PROPS, Stage

START = "import sys; sys.argv[0] = 'notation-py'; from notation_py.cli.front import main; sys.exit(main())"
_NAME = re.compile(r"\$([A-Za-z][A-Za-z0-9_]*)")


class TranscriptError(AssertionError):
    """A transcript cannot be read, or its programs did something else."""


@dataclass
class Step:
    """One line that does something, with what it reads and what it must write.

    Attributes:
        expected: the expected lines of standard output and standard error.
        within: the same, where further lines may come between, before and after.
    """

    line: int
    kind: str
    rest: str
    stdin: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    stdout_within: list[str] = field(default_factory=list)
    stderr_within: list[str] = field(default_factory=list)

    @property
    def is_command(self) -> bool:
        return self.kind in {"$", "!"}

    def words(self) -> list[str]:
        """Return the words of the line as they stand, names included."""
        return shlex.split(self.rest)

    def said(self) -> str:
        """Return everything it must write, as text."""
        lines = (*self.stdout, *self.stdout_within, "", *self.stderr, *self.stderr_within)
        return "\n".join(line.removesuffix("¶") for line in lines)


_BELONGS = (
    ("2~", "stderr_within"),
    ("2>", "stderr"),
    ("~", "stdout_within"),
    (">", "stdout"),
    ("<", "stdin"),
    ("|", "body"),
)
_KINDS = {"$", "!", "write", "program", "set", *PROPS}


def steps(path: Path) -> Iterator[Step]:
    """Yield the steps of the transcript *path*.

    Raises:
        TranscriptError: a line is none of the format.
    """
    step: Step | None = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        mark = next((mark for mark in _BELONGS if line == mark[0] or line.startswith(f"{mark[0]} ")), None)
        if mark is not None and step is not None:
            getattr(step, mark[1]).append(line[len(mark[0]) + 1 :])
            continue
        if step is not None:
            yield step
            step = None
        kind, _, rest = line.partition(" ")
        if kind in {"", "#"}:
            continue
        if kind not in _KINDS:
            raise TranscriptError(f"{path.name}:{number}: cannot read {line!r}")
        step = Step(number, kind, rest)
    if step is not None:
        yield step


def _make_private(paths: list[Path]) -> None:
    for path in paths:
        path.chmod(0o600)


def _spoil(directories: list[Path]) -> None:
    for path in (entry for directory in directories for entry in directory.iterdir()):
        path.write_text("spoilt")


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _make_directories(paths: list[Path]) -> None:
    for path in paths:
        path.mkdir(parents=True)


def _link(paths: list[Path]) -> None:
    target, path = paths
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def _copy(paths: list[Path]) -> None:
    source, path = paths
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, path)


_CHANGES = {
    "private": _make_private,
    "spoil": _spoil,
    "remove": _remove,
    "directory": _make_directories,
    "link": _link,
    "copy": _copy,
}
"""Programs that change files, besides ours."""


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    stdout: str
    stderr: str


class Transcript:
    """A transcript being played in *work*."""

    def __init__(self, path: Path, work: Path) -> None:
        self.path = path
        self.work = work
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("NOTATION_", "XDG_"))
        }
        self.environment |= {
            "HOME": str(work),
            "NOTATION_CONFIG": str(work / "config"),
            "DOCKER_CONFIG": str(work / "docker"),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "TZ": "UTC",
        }
        self.stage = Stage(work, self.environment, ExitStack(), {"WORK": str(work)})

    def play(self) -> int:
        """Play every step in order and return how many commands there were.

        Raises:
            TranscriptError: a command did something else.
        """
        commands = 0
        for step, outcome in self.outcomes():
            commands += 1
            self._compare(step, outcome)
        return commands

    def outcomes(self) -> Iterator[tuple[Step, Outcome]]:
        """Yield every command with what it did."""
        with self.stage.stack:
            for step in steps(self.path):
                if step.is_command:
                    yield step, self._done(step)
                else:
                    self._prepare(step)

    def named(self, text: str) -> str:
        """Return *text* with every `$NAME` that a line has set replaced by what it stands for."""
        return _NAME.sub(lambda found: self.stage.names.get(found[1], found[0]), text)

    def _prepare(self, step: Step) -> None:
        words = [self.named(word) for word in step.words()]
        match step.kind:
            case "write" | "program":
                written = self.work / words[0]
                written.parent.mkdir(parents=True, exist_ok=True)
                written.write_text("".join(f"{self.named(line)}\n" for line in step.body))
                written.chmod(0o755 if step.kind == "program" else 0o644)
            case "set":
                name, _, value = self.named(step.rest).partition("=")
                self.environment[name] = value
                if not value:
                    del self.environment[name]
            case kind:
                self.stage.set_up(kind, words)

    def _done(self, step: Step) -> Outcome:
        program, *words = [self.named(word) for word in step.words()]
        paths = [self.work / word for word in words]
        match program:
            case "notation-py":
                return self._run(words, step)
            case "cat":
                return Outcome(0, "".join(path.read_text() for path in paths), "")
            case "mode":
                return Outcome(0, "".join(f"{stat.S_IMODE(path.stat().st_mode):03o}\n" for path in paths), "")
            case "exists":
                return Outcome(int(not all(path.exists() for path in paths)), "", "")
            case _ if program in _CHANGES:
                _CHANGES[program](paths)
                return Outcome(0, "", "")
        raise TranscriptError(f"{self.path.name}:{step.line}: unknown program {program}")

    def _run(self, words: list[str], step: Step) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-c", START, *words],
            cwd=self.work,
            env=self.environment,
            input="".join(f"{self.named(line)}\n" for line in step.stdin).encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    def _compare(self, step: Step, done: Outcome) -> None:
        place = f"{self.path.name}:{step.line}: {step.kind} {self.named(step.rest)}"
        said = f"{place}\n--- exit {done.code}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"
        self._require(done.code == (0 if step.kind == "$" else 1), said)
        for name, text, lines, within in (
            ("output", done.stdout, step.stdout, step.stdout_within),
            ("error", done.stderr, step.stderr, step.stderr_within),
        ):
            if within:
                pattern = f"(?s:.*)^{'$(?s:.*)^'.join(map(self._line, within))}$(?s:.*)"
                self._require(
                    re.fullmatch(pattern, text, re.MULTILINE) is not None, f"standard {name} of {said}"
                )
            else:
                self._require(self._text(lines).fullmatch(text) is not None, f"standard {name} of {said}")

    @staticmethod
    def _require(holds: bool, said: str) -> None:
        if not holds:
            raise TranscriptError(said)

    def _line(self, line: str) -> str:
        return ".*".join(map(re.escape, self.named(line.removesuffix("¶")).split("...")))

    def _text(self, lines: list[str]) -> re.Pattern[str]:
        text = self.named("".join(f"{line.removesuffix('¶')}\n" for line in lines)).removesuffix("\\\n")
        return re.compile(".*".join(map(re.escape, text.split("..."))))


_FIXED = r"(?!12:00:0|00:00:00)"
_VARYING = (
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:..."),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"), "..."),
    (re.compile(r"(/ocsp/\w+/\d/)[A-Za-z0-9%]+"), r"\1..."),
    (re.compile(r"time=\S+ \S+ level"), "time=... level"),
    (re.compile(rf"\d{{4}}-\d\d-\d\d[T ]{_FIXED}\d\d:\d\d:\d\d(\.\d+)?( \+0000|Z|\+00:00)"), "..."),
    (re.compile(rf"\w{{3}}, \d\d \w{{3}} \d{{4}} {_FIXED}\d\d:\d\d:\d\d \+0000"), "..."),
    (re.compile(rf"\w{{3}} \w{{3}} [ \d]\d {_FIXED}\d\d:\d\d:\d\d \d{{4}}"), "..."),
)
"""What differs from run to run; times at noon and midnight are those of the builders, and stay."""


def record(path: Path) -> None:
    """Write into the transcript *path* what the programs say now, in place of what it expects.

    Lines of the kinds `~` and `2~` are kept as they are. What is written is
    what happens: read it.
    """
    lines = path.read_text().splitlines()
    with tempfile.TemporaryDirectory() as directory:
        played = Transcript(path, Path(directory).resolve())
        outcomes = {step.line: (step, done, dict(played.stage.names)) for step, done in played.outcomes()}
    written: list[str] = []
    is_expected = False
    for number, line in enumerate(lines, 1):
        if is_expected and (line in {">", "2>", "<"} or line.startswith(("> ", "2> ", "< "))):
            continue
        found = outcomes.get(number)
        is_expected = found is not None or (is_expected and line.startswith(("~ ", "2~ ")))
        if found is None:
            written.append(line)
            continue
        step, done, names = found
        written.append(f"{'!' if done.code else '$'} {step.rest}")
        written += [f"< {text}".rstrip() for text in step.stdin]
        if not step.stdout_within:
            written += _recorded(">", done.stdout, names)
        if not step.stderr_within:
            written += _recorded("2>", done.stderr, names)
    path.write_text("\n".join(written) + "\n")


def _recorded(mark: str, text: str, names: dict[str, str]) -> Iterator[str]:
    for name, value in sorted(names.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, f"${name}")
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    if not text:
        return
    if not text.endswith("\n"):
        text += "\\\n"
    for line in text.removesuffix("\n").split("\n"):
        yield f"{mark} {line}¶" if line.endswith(" ") else f"{mark} {line}".rstrip()


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        record(Path(argument))
