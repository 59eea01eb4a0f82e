# SPDX-License-Identifier: Apache-2.0
"""What is read of installed packages is what the standard library reads, where that is to be believed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from importlib.metadata import EntryPoints, distributions
from pathlib import Path

import pytest

from notation_py.adapters.installed_packages import normal_name, packages_with_entries

GROUP = "a.group"


def put(site: Path, directory: str, entries: str, metadata: str = "Name: p\nVersion: 1\n") -> None:
    """Write what an installer would have written to *directory* of *site*."""
    place = site / directory
    place.mkdir(parents=True)
    (place / "entry_points.txt").write_text(entries)
    (place / ("METADATA" if directory.endswith("dist-info") else "PKG-INFO")).write_text(metadata)


def ours(group: str) -> set[tuple[str, str, str, str]]:
    return {
        (package.name, package.version, entry.name, entry.value)
        for package, entries in packages_with_entries(group)
        for entry in entries
    }


def theirs(group: str) -> set[tuple[str, str, str, str]]:
    return {
        (found.metadata["Name"], found.version, entry.name, "".join(entry.value.partition(" [")[0].split()))
        for found in distributions()
        for entry in EntryPoints(found.entry_points).select(group=group)
    }


@pytest.mark.parametrize("group", ["console_scripts", "pytest11", "no.such.group"])
def test_packages_of_this_environment_are_read_alike(group: str) -> None:
    """docs/plugins.md: for every package that is really installed here, as `importlib.metadata` finds it."""
    assert ours(group) == theirs(group)
    assert bool(ours(group)) == (group != "no.such.group")


@pytest.mark.parametrize(
    "entries",
    [
        "[a.group]\nx = m:o\ny=m.n:o.p\n",
        "\n# x = a:b\n[other]\nx = m:o\n[a.group]\n\n# z = m:o\n  y  =  m : o  \n[third]\nz = m:o",
        "[a.group]\nwhole = m\nextra = m:o [tls]\n",
        "[A.Group]\nx = m:o\n",
        "a.group\nx = m:o\n",
    ],
    ids=["plain", "comments and others", "module and extra", "letter case", "no section"],
)
@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
def test_entry_points_are_read_alike(
    entries: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/plugins.md: sections, comments and spaces mean what they mean to `importlib.metadata`."""
    put(tmp_path, f"p-1.{kind}", entries)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path), str(tmp_path / "absent"), os.devnull])
    assert ours(GROUP) == theirs(GROUP)


def test_value_that_names_no_object_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-38: a line that cannot be meant is no plugin, and no traceback."""
    put(tmp_path, "p-1.dist-info", "[a.group]\na = m:o; import os\nb = \nc\nd = m:o\ne = m/n:o\n= m:o\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert {name for _, _, name, _ in ours(GROUP)} == {"d", ""}


def test_package_is_described_by_its_first_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/plugins.md: what is in the text behind the fields, or said a second time, does not count."""
    metadata = "Metadata-Version: 2.1\nName: p\nVersion: 1\nName: q\nSummary: ok\n\nSummary: no\nVersion: 2\n"
    put(tmp_path, "p-1.dist-info", "[a.group]\nx = m:o\n", metadata)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    [(package, _)] = packages_with_entries(GROUP)
    assert package == ("p", "1", "ok")


@pytest.mark.parametrize("name", ["", "a b", "-a", "notation-\u212ams", "a/b", "\u0430"], ids=ascii)
def test_package_without_a_proper_name_does_not_count(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-28: a letter that becomes `k` in lower case is no way into the list of packages that count."""
    put(tmp_path, "p-1.dist-info", "[a.group]\nx = m:o\n", f"Name: {name}\nVersion: 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert ours(GROUP) == set()
    assert normal_name("notation-\u212ams") == "notation-kms"


def test_two_packages_of_one_name_in_one_place_are_both_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-28: one that calls itself like another does not take its place by the order of a directory."""
    put(tmp_path / "one", "p-1.dist-info", "[a.group]\nx = m:o\n")
    put(tmp_path / "one", "evil-1.dist-info", "[a.group]\nx = evil:o\n", "Name: P\nVersion: 2\n")
    put(tmp_path / "two", "p-3.dist-info", "[a.group]\nx = hidden:o\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "one"), str(tmp_path / "two")])
    assert {value for *_, value in ours(GROUP)} == {"m:o", "evil:o"}


def test_library_that_finds_packages_is_not_imported() -> None:
    """docs/plugins.md: finding costs what reading some names costs."""
    code = (
        "import sys; from notation_py.adapters.entry_points import entry_point_plugins; "
        "entry_point_plugins(None); sys.exit('importlib.metadata' in sys.modules or 'email' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
@pytest.mark.parametrize("name", ["entry_points.txt", "METADATA"])
def test_nobody_waits_for_what_a_package_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """SEC-001: a FIFO in the place of a file says nothing, and the plugins of others are found."""
    put(tmp_path, "bad-1.dist-info", "[a.group]\nx = m:o\n")
    (tmp_path / "bad-1.dist-info" / name).unlink()
    os.mkfifo(tmp_path / "bad-1.dist-info" / name)
    put(tmp_path, "good-1.dist-info", "[a.group]\ny = m:o\n", "Name: good\nVersion: 1\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    found: list[set[tuple[str, str, str, str]]] = []
    asked = threading.Thread(target=lambda: found.append(ours(GROUP)), daemon=True)
    asked.start()
    asked.join(5)
    assert found == [{("good", "1", "y", "m:o")}]
