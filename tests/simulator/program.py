# SPDX-License-Identifier: Apache-2.0
"""Runs our own program in a process of its own, with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START = "import sys; sys.argv[0] = 'notation-py'; from notation_py.cli.front import main; sys.exit(main())"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finished:
    """What one run left behind."""

    code: int
    stdout: str
    stderr: str


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a clean environment with all settings below *home*."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NOTATION", "XDG", "DOCKER"))
    }
    return {
        **kept,
        "HOME": str(home),
        "NOTATION_CONFIG": str(home / "config"),
        "NOTATION_CACHE": str(home / "cache"),
        "DOCKER_CONFIG": str(home / "docker"),
        "PYTHONPATH": str(ROOT),
        **(extra or {}),
    }


def command(words: Sequence[str], options: Sequence[str] = ()) -> list[str]:
    """Return the command line that runs `notation-py` with *words*; *options* go to the interpreter."""
    return [sys.executable, *options, "-c", START, *words]


def notation_py(
    *words: str,
    home: Path,
    extra: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    stdin: str = "",
    cwd: Path | None = None,
) -> Finished:
    """Run `notation-py` with *words* and return what it wrote; never hangs longer than two minutes."""
    found = subprocess.run(
        command(words, options),
        env=environment(home, extra),
        input=stdin.encode(),
        capture_output=True,
        cwd=cwd or home,
        timeout=120,
        check=False,
    )
    return Finished(found.returncode, found.stdout.decode("utf-8"), found.stderr.decode("utf-8"))
