# SPDX-License-Identifier: Apache-2.0
"""In CI a test that does not run is a failure, unless somebody wrote down why it may not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_SKIPPED_TEST = """
import pytest

def test_needs_a_program():
    pytest.skip("no such program")

@pytest.mark.xfail(reason="known", strict=True)
def test_fails_as_expected():
    assert False
"""

_SKIPPED_MODULE = """
import pytest

pytest.importorskip("no_such_module_anywhere")
"""


def run_pytest(directory: Path, source: str, allowed: str, **environment: str) -> tuple[int, str]:
    """Return the exit code and output of a pytest over *source* under a copy of our conftest."""
    tests = Path(__file__).parents[1]
    (directory / "tests").mkdir()
    (directory / "tests" / "__init__.py").write_text("")
    (directory / "tests" / "conftest.py").write_text((tests / "conftest.py").read_text())
    (directory / "tests" / "programs.py").symlink_to(tests / "programs.py")
    (directory / "tests" / "simulator").symlink_to(tests / "simulator")
    (directory / "tests" / "allowed_skips.txt").write_text(allowed)
    (directory / "tests" / "test_it.py").write_text(source)
    (directory / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CI"))}
    done = subprocess.run(
        command, cwd=directory, env=clean | environment, text=True, capture_output=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("source", [_SKIPPED_TEST, _SKIPPED_MODULE], ids=["test", "module"])
def test_unlisted_skip_fails_in_ci(tmp_path: Path, source: str) -> None:
    """A skip that no line names fails the session, and says which test and why."""
    code, output = run_pytest(tmp_path, source, "", CI="true")
    assert code != 0
    assert "allowed_skips.txt does not list it" in output
    assert "no such program" in output or "no_such_module_anywhere" in output


@pytest.mark.parametrize(
    ("allowed", "environment"),
    [("tests/test_it.py::test_needs*  # no mirror has it\n", {"CI": "true"}), ("", {})],
    ids=["listed", "not in CI"],
)
def test_skip_passes_when_listed_or_at_home(
    tmp_path: Path, allowed: str, environment: dict[str, str]
) -> None:
    """A listed skip, and any skip outside CI, leaves the session green and visible."""
    code, output = run_pytest(tmp_path, _SKIPPED_TEST, allowed, **environment)
    assert code == 0, output
    assert "1 skipped, 1 xfailed" in output
