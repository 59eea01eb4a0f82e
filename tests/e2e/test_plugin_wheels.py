# SPDX-License-Identifier: Apache-2.0
"""The wheel of each distribution below `plugins/`, built as whoever publishes it does."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.simulator.plugin_packages import DISTRIBUTIONS, PLUGINS, installed


def wheel_of(distribution: str, directory: Path) -> Path:
    """Return the wheel of *distribution*, built in *directory* from a copy, to leave nothing behind."""
    packed = directory / "packed.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(PLUGINS / distribution, "source")
    with tarfile.open(packed) as archive:
        archive.extractall(directory, filter="data")
    words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation")
    command = [sys.executable, *words, "--wheel-dir", str(directory), str(directory / "source")]
    subprocess.run(command, check=True, timeout=120)
    [wheel] = directory.glob("*.whl")
    return wheel


def entries(text: str) -> dict[str, dict[str, str]]:
    """Return the groups of an `entry_points.txt`, each with what its names point to."""
    parser = ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign] - names keep their case
    parser.read_string(text)
    return {group: dict(parser[group]) for group in parser.sections()}


def test_every_plugin_is_built() -> None:
    """PLG-110: no distribution is left out of these tests."""
    assert DISTRIBUTIONS == ["aws-kms", "azure-kv", "file", "gcp-kms", "pkcs11", "vault"]


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_wheel_has_what_is_declared_and_nothing_else(name: str, tmp_path: Path) -> None:
    """PLG-110, R-28: its module, typed, the entry points that tests work with, the program; and no tests."""
    package = f"notation_py_plugin_{name.replace('-', '_')}"
    with zipfile.ZipFile(wheel_of(name, tmp_path)) as built:
        files = [file for file in built.namelist() if not file.endswith("/")]
        [place] = [file for file in files if file.endswith(".dist-info/entry_points.txt")]
        [metadata] = [file for file in files if file.endswith(".dist-info/METADATA")]
        declared = entries(built.read(place).decode())
        described = built.read(metadata).decode()
    source = PLUGINS / name / "src"
    modules = {str(file.relative_to(source)) for file in (source / package).glob("*") if file.is_file()}
    assert {f"{package}/__init__.py", f"{package}/py.typed"} <= modules
    assert {file for file in files if ".dist-info/" not in file} == modules
    installed(tmp_path / "site", name)
    [ours] = (tmp_path / "site").rglob("entry_points.txt")
    assert entries(ours.read_text()) == declared
    assert declared["notation_py.plugins"][name].startswith(f"{package}:")
    assert declared["console_scripts"][f"notation-{name}"] == f"{package}:main"
    assert f"Name: notation-py-plugin-{name}\n" in described
    assert "Requires-Dist: notation-py\n" in described
    assert (PLUGINS / name / "README.md").read_text() in described
