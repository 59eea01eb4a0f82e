# SPDX-License-Identifier: Apache-2.0
"""The manual pages: one for each command, up to date, readable without complaint, and part of the wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from notation_py.cli import _table
from notation_py.cli.manual import escaped, main, pages
from tests.simulator.commands import ROOT

MANUALS = ROOT / "man" / "man1"


def test_committed_pages_are_those_of_the_commands(tmp_path: Path) -> None:
    """CLI-001: run `python -m notation_py.cli.generate` after a change of the commands."""
    main([str(tmp_path / "man1")])
    made = {path.name: path.read_text() for path in (tmp_path / "man1").iterdir()}
    assert made == {path.name: path.read_text() for path in MANUALS.iterdir()}
    assert len(made) == len(_table.COMMANDS)


def rendered(name: str) -> str:
    """Return the page as groff shows it in plain text."""
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=200n", str(MANUALS / name)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


needs_groff = pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")


@needs_groff
def test_page_shows_every_flag_and_example() -> None:
    """CLI-001: the page of a command has its usage, flags with their types and defaults, and examples."""
    text = rendered("notation-py-sign.1")
    assert "notation-py sign [flags] <reference>" in text
    for flag in _table.COMMANDS["sign"][3]:
        assert (f"--{flag[0]}" in text) == (not flag[5])
    assert "-e, --expiry duration" in text
    assert 'signature envelope format, options: "jws", "cose" (default "jws")' in text
    assert '    notation-py sign --oci-layout "<path>@<digest>"' in text


@needs_groff
def test_page_of_a_group_leads_to_its_commands() -> None:
    """CLI-001: the page of the program and of a group list what is below."""
    assert "notation-py-key-add(1)" in rendered("notation-py-key.1")
    assert "notation-py-key(1)" in rendered("notation-py.1")
    assert "NOTATION_CONFIG" in rendered("notation-py.1")


@needs_groff
def test_no_page_makes_groff_complain() -> None:
    """CLI-001: every warning of groff is on, and there is none."""
    assert [name for name in pages() if not rendered(name)] == []


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_no_page_makes_mandoc_complain() -> None:
    """CLI-001: mandoc is stricter about macros."""
    files = sorted(map(str, MANUALS.iterdir()))
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *files], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


@needs_groff
@pytest.mark.parametrize("text", [".start", "'start", "a\\b", "-x --y", "~^`'\"", "a\\fBb", '.\\"', "\u2026"])
def test_text_is_shown_as_it_stands(text: str) -> None:
    """R-36: no text of ours is a request or an escape to roff."""
    source = f".TH X 1\n.SH Y\n{escaped(text)}\n"
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-P-cbou"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert text in done.stdout


def test_wheel_has_the_pages(tmp_path: Path) -> None:
    """CLI-001: whoever installs the wheel has `man notation-py-sign`."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    [wheel] = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        shared = [Path(name).name for name in archive.namelist() if "/data/share/man/man1/" in name]
        modules = [name for name in archive.namelist() if name.startswith("notation_py/cli/_help/")]
    assert sorted(shared) == sorted(pages())
    assert modules
