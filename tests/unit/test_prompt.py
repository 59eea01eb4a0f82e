# SPDX-License-Identifier: Apache-2.0
"""Secrets typed at a terminal are not shown."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="no pseudo terminals on this system")

START = "import sys; sys.argv[0] = 'notation-py'; from notation_py.cli.front import main; sys.exit(main())"


def read_until(terminal: int, mark: str) -> str:
    """Return what the terminal shows up to *mark*."""
    shown = ""
    end = time.monotonic() + 30
    while mark not in shown and time.monotonic() < end:
        try:
            shown += os.read(terminal, 1024).decode()
        except OSError:
            break
    return shown


def test_password_is_not_echoed() -> None:
    """A typed password is taken and never shown (contract/cli.md 7.5, R-37)."""
    terminal, ours = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", START, "login", "a/b"],
        stdin=ours,
        stdout=ours,
        stderr=ours,
        start_new_session=True,
    ) as process:
        os.close(ours)
        shown = read_until(terminal, "Username: ")
        os.write(terminal, b"somebody\n")
        shown += read_until(terminal, "Password: ")
        os.write(terminal, b"hunter2\n")
        shown += read_until(terminal, "invalid registry")
        assert process.wait(timeout=30) == 1
    os.close(terminal)
    assert "somebody" in shown
    assert 'invalid registry "a/b"' in shown
    assert "hunter2" not in shown
