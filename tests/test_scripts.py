# SPDX-License-Identifier: Apache-2.0
"""Runs the transcripts in tests/scripts against the real program; the format is in its README.md."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))
START = "import sys; sys.argv[0] = 'notation-py'; from notation_py.cli.front import main; sys.exit(main())"


@dataclass
class Step:
    """One command of a transcript, with what it reads and what it must write."""

    line: int
    words: list[str]
    code: int
    stdin: str = ""
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)


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
        }

    def play(self) -> int:
        """Play every step in order and return how many there were."""
        step: Step | None = None
        written: Path | None = None
        steps = 0
        for number, line in enumerate([*self.path.read_text().splitlines(), "# end"], 1):
            if step is not None and self._belongs(step, line):
                continue
            if written is not None and line.startswith("|"):
                with written.open("a") as stream:
                    stream.write(line[2:].replace("$WORK", str(self.work)) + "\n")
                continue
            if step is not None:
                self._run(step)
                steps += 1
            step, written = self._begin(number, line)
        return steps

    @staticmethod
    def _belongs(step: Step, line: str) -> bool:
        for mark, lines in (("2>", step.stderr), (">", step.stdout)):
            if line == mark or line.startswith(f"{mark} "):
                lines.append(line[len(mark) + 1 :])
                return True
        if line == "<" or line.startswith("< "):
            step.stdin += line[2:] + "\n"
            return True
        return False

    def _begin(self, number: int, line: str) -> tuple[Step | None, Path | None]:
        kind, _, rest = line.partition(" ")
        match kind:
            case "$" | "!":
                words = shlex.split(rest.replace("$WORK", str(self.work)))
                return Step(number, words, 0 if kind == "$" else 1), None
            case "write" | "program":
                written = self.work / rest
                written.parent.mkdir(parents=True, exist_ok=True)
                written.write_text("")
                written.chmod(0o755 if kind == "program" else 0o644)
                return None, written
            case "set":
                name, _, value = rest.replace("$WORK", str(self.work)).partition("=")
                self.environment[name] = value
                if not value:
                    del self.environment[name]
                return None, None
            case "#" | "":
                return None, None
        pytest.fail(f"{self.path.name}:{number}: cannot read {line!r}")

    def _run(self, step: Step) -> None:
        code, output, errors = self._result(step)
        place = f"{self.path.name}:{step.line}: {shlex.join(step.words)}"
        said = f"{place}\n--- exit {code}\n--- stdout\n{output}\n--- stderr\n{errors}"
        assert code == step.code, said
        assert self._pattern(step.stdout).fullmatch(output), f"standard output of {said}"
        assert self._pattern(step.stderr).fullmatch(errors), f"standard error of {said}"

    def _result(self, step: Step) -> tuple[int, str, str]:
        program, *words = step.words
        paths = [self.work / word for word in words]
        if program == "cat":
            return 0, "".join(path.read_text() for path in paths), ""
        if program == "mode":
            return 0, "".join(f"{stat.S_IMODE(path.stat().st_mode):03o}\n" for path in paths), ""
        if program == "exists":
            return int(not all(path.exists() for path in paths)), "", ""
        assert program == "notation-py", f"{self.path.name}:{step.line}: unknown program {program}"
        done = subprocess.run(
            [sys.executable, "-c", START, *words],
            cwd=self.work,
            env=self.environment,
            input=step.stdin.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def _pattern(self, lines: list[str]) -> re.Pattern[str]:
        text = "".join(f"{line.removesuffix('¶')}\n" for line in lines).replace("$WORK", str(self.work))
        text = text.removesuffix("\\\n")
        return re.compile(".*".join(map(re.escape, text.split("..."))))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_transcript_is_what_the_program_does(path: Path, tmp_path: Path) -> None:
    """Every line of the transcript comes, and no other (CLI-001, CLI-002)."""
    assert Transcript(path, tmp_path).play() > 0


@pytest.mark.parametrize(
    "text",
    [
        "$ notation-py version\n",
        "$ notation-py nonsense\n",
        "! notation-py version\n> ...\n> ...\n> ...\n> ...\n> ...\n",
        "! notation-py nonsense\n2> Error: other\n",
    ],
    ids=["missing output", "exit code", "no failure", "other text"],
)
def test_runner_fails_on_a_wrong_transcript(text: str, tmp_path: Path) -> None:
    """The runner itself: wrong code, wrong text and unexpected output are seen."""
    path = tmp_path / "wrong.txt"
    path.write_text(text)
    with pytest.raises(AssertionError):
        Transcript(path, tmp_path).play()
