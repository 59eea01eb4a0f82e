# SPDX-License-Identifier: Apache-2.0
"""Both programs over one directory of plugins: each lists, replaces and removes what the other installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator.archives import GOOD, Member, named, tar_gz, zip_archive
from tests.simulator.commands import Command, Settings, go_program, our_program
from tests.simulator.plugin_programs import program, write_program

pytestmark = pytest.mark.interop

COLUMNS = 5
"""Those that both programs print; ours has the origin behind them."""


@pytest.fixture
def go(tmp_path: Path, go_notation: Path) -> Command:
    """The Go program."""
    return go_program(go_notation, Settings(tmp_path))


@pytest.fixture
def ours(tmp_path: Path) -> Command:
    """Our program over the same directories."""
    return our_program(Settings(tmp_path))


def rows(program_: Command) -> list[list[str]]:
    """Return the table of plugins, without the origin."""
    lines = program_.done("plugin", "ls").out.splitlines()
    return [[cell for cell in line.split("   ") if cell.strip()][:COLUMNS] for line in lines]


PACKAGES = {
    "executable": ("notation-demo", program()),
    "zip": ("demo.zip", zip_archive(GOOD, named("LICENSE"))),
    "tar.gz": ("demo.tar.gz", tar_gz(GOOD, named("LICENSE"))),
}


@pytest.mark.parametrize(("name", "data"), PACKAGES.values(), ids=list(PACKAGES))
def test_each_lists_what_the_other_installed(
    name: str, data: bytes, go: Command, ours: Command, tmp_path: Path
) -> None:
    """PLG-002, PLG-003, PLG-006, PLG-011: same place, same names, same table."""
    path = str(write_program(tmp_path / name, data))
    for installer, other in ((ours, go), (go, ours)):
        ran = installer.done("plugin", "install", "--file", path)
        assert ran.out == "Successfully installed plugin demo, version 1.0.0\n"
        assert rows(other) == rows(installer)
        assert [cell.strip() for cell in rows(other)[1]][:3] == ["demo", "the demo plugin", "1.0.0"]
        modes = {
            file.name: oct(file.stat().st_mode)
            for file in (tmp_path / "libexec/plugins/demo").iterdir()
            if file.name[0] != "."
        }
        assert modes["notation-demo"] == oct(0o100755)
        assert modes.get("LICENSE", oct(0o100644)) == oct(0o100644)
        key = other.done("key", "add", "--plugin", "demo", "--id", "x", f"key-{installer is go}")
        assert "key-" in key.out
        assert other.done("plugin", "uninstall", "-y", "demo").out == "Successfully uninstalled plugin demo\n"
        assert list((tmp_path / "libexec/plugins").iterdir()) == []


def test_each_replaces_what_the_other_installed(go: Command, ours: Command, tmp_path: Path) -> None:
    """PLG-012: older versions only; a record of ours goes when the Go program replaces the plugin."""
    place = tmp_path / "libexec/plugins/demo"
    for number, installer in enumerate((ours, go, ours, go, go, ours), 1):
        path = str(write_program(tmp_path / "notation-demo", program(version=f"{number}.0.0")))
        installer.done("plugin", "install", "--file", path)
        assert (place / ".notation-py.json").exists() == (installer is ours)
        for program_ in (go, ours):
            assert [cell.strip() for cell in rows(program_)[1]][2] == f"{number}.0.0"
            assert program_("plugin", "install", "--file", path).code == 1


@pytest.mark.parametrize(
    "data",
    [
        zip_archive(named("../notation-demo", mode=0o100755, data=program())),
        tar_gz(Member(b"a/../notation-demo")),
        zip_archive(GOOD, Member(b"notation-other", program("other"))),
        tar_gz(named("README")),
    ],
    ids=["zip slip", "tar slip", "two executables", "none"],
)
def test_both_refuse_the_same_packages_in_the_same_words(
    data: bytes, go: Command, ours: Command, tmp_path: Path
) -> None:
    """Attacks 163, 167; PLG-009, PLG-010: up to what we add."""
    path = str(write_program(tmp_path / "package", data))
    theirs, mine = (one("plugin", "install", "--file", path) for one in (go, ours))
    assert theirs.code == mine.code == 1
    assert theirs.err.startswith("Error: plugin installation failed: ")
    assert mine.err.splitlines()[0].startswith(theirs.err.splitlines()[0])
    for program_ in (go, ours):
        assert len(rows(program_)) == 1


def test_broken_plugins_are_listed_by_both(go: Command, ours: Command, tmp_path: Path) -> None:
    """PLG-003, PLG-004: a row with an error for the same names, and no row for what is no directory."""
    plugins = tmp_path / "libexec/plugins"
    write_program(plugins / "bad" / "notation-bad", b"#!/bin/sh\nexit 1\n")
    write_program(plugins / "empty" / "README", b"")
    write_program(plugins / "good" / "notation-good", program("good"))
    (plugins / "file").write_text("")
    (plugins / "link").symlink_to("good")
    names = [row[0].strip() for row in rows(go)]
    assert names == [row[0].strip() for row in rows(ours)]
    assert names == ["NAME", "bad", "empty", "good"]


def test_both_give_a_plugin_the_same_request(go: Command, ours: Command, tmp_path: Path) -> None:
    """PLG-020, PLG-023: one argument, `{}` on standard input; of the environment, ours passes on less."""
    spy = f"""cat >'{tmp_path}/request'; echo "$# $1" >'{tmp_path}/words'; env >'{tmp_path}/environment'"""
    write_program(tmp_path / "libexec/plugins/demo/notation-demo", program(before=spy))
    seen = []
    for program_ in (go, ours):
        program_.with_environment(NOTATION_PASSWORD="hunter2", CI_JOB_TOKEN="hunter3").done("plugin", "ls")
        environment = (tmp_path / "environment").read_text()
        seen.append(((tmp_path / "request").read_bytes(), (tmp_path / "words").read_text()))
        assert "hunter2" not in environment
        assert ("hunter3" in environment) == (program_ is go)
    assert seen[0] == seen[1] == (b"{}", "1 get-plugin-metadata\n")
    assert json.loads(seen[0][0]) == {}
