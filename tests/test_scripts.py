# SPDX-License-Identifier: Apache-2.0
"""Runs the transcripts in tests/scripts against the real program; the format is in its README.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.transcript import Transcript, record

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


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
        "$ notation-py version\n~ Version:     ...\n~ Notation-py - a tool to sign and verify artifacts.\n",
        "! notation-py nonsense\n2~ Error: unknown command\n",
        "nonsense\n",
    ],
    ids=["missing output", "exit code", "no failure", "other text", "other order", "part of a line", "line"],
)
def test_runner_fails_on_a_wrong_transcript(text: str, tmp_path: Path) -> None:
    """The runner itself: wrong code, wrong text and unexpected output are seen."""
    path = tmp_path / "wrong.txt"
    path.write_text(text)
    with pytest.raises(AssertionError):
        Transcript(path, tmp_path).play()


def test_recorded_transcript_is_played(tmp_path: Path) -> None:
    """What was recorded holds when it is played: outputs, exit codes, what was read and what is made up."""
    path = tmp_path / "recorded.txt"
    path.write_text(
        "registry R\nimage I $R/app:v1\n$ notation-py list $R/app:v1\n$ notation-py key ls x\n"
        "$ notation-py login localhost:1\n< user\n> old\nwrite a\n| b\n"
    )
    record(path)
    text = path.read_text()
    assert "> $R/app@$I has no associated signatures" in text
    asked = "! notation-py login localhost:1\n< user\n> Username: Password: ¶\n2> Error: password required\n"
    assert f"{asked}write a" in text
    (tmp_path / "again").mkdir()
    assert Transcript(path, tmp_path / "again").play() == 3
