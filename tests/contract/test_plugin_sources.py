# SPDX-License-Identifier: Apache-2.0
"""What a plugin is installed from: checksums, and places that are not what they should be."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from notation_py.adapters.plugin_install import ROOM_NAME, Replacing, install_plugin
from notation_py.adapters.plugin_package import Package, checked_sha256
from notation_py.errors import NotationError, PluginError, UsageError
from tests.simulator.plugin_programs import places, program, surroundings, write_program

GOOD = sha256(program()).hexdigest()


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "g" + "0" * 63, " " + "0" * 63, "0x" + "0" * 62])
def test_text_that_is_no_checksum_is_refused(text: str) -> None:
    """PLG-008: 64 hexadecimal digits and nothing else."""
    with pytest.raises(UsageError, match="invalid SHA256 checksum"):
        checked_sha256(text)


@pytest.mark.parametrize("text", [GOOD, GOOD.upper()])
def test_file_with_its_checksum_is_installed(tmp_path: Path, text: str) -> None:
    """PLG-008: in either letter case."""
    source = write_program(tmp_path / "notation-demo", program())
    package = Package(source, checked_sha256(text))
    assert install_plugin(package, places(tmp_path), surroundings()).name == "demo"


def test_file_with_another_checksum_is_not_installed(tmp_path: Path) -> None:
    """PLG-008, attack 168: both checksums are shown, and nothing is there."""
    source = write_program(tmp_path / "notation-demo", program())
    with pytest.raises(PluginError, match=f"Expecting {'0' * 64}") as caught:
        install_plugin(Package(source, "0" * 64), places(tmp_path), surroundings())
    assert caught.value.hint == f"the file has {GOOD}"
    assert list(places(tmp_path).plugins.iterdir()) == []


@pytest.mark.parametrize("replacing", Replacing)
def test_file_in_the_place_of_a_plugin_stays(tmp_path: Path, replacing: Replacing) -> None:
    """PLG-012: what is no directory is no plugin, and nobody's to replace."""
    source = write_program(tmp_path / "notation-demo", program())
    target = write_program(places(tmp_path).plugins / "demo", b"not ours")
    with pytest.raises(PluginError, match="is not a directory"):
        install_plugin(Package(source), places(tmp_path), surroundings(), replacing=replacing)
    assert target.read_bytes() == b"not ours"


def test_file_in_the_place_of_the_workshop_is_not_used(tmp_path: Path) -> None:
    """Attack 175; R-31: a file is no place to unpack anything in."""
    source = write_program(tmp_path / "notation-demo", program())
    write_program(places(tmp_path).libexec / ROOM_NAME, b"", 0o600)
    with pytest.raises(NotationError, match=r"not a directory|cannot be looked at"):
        install_plugin(Package(source), places(tmp_path), surroundings())
    assert not list(places(tmp_path).plugins.glob("*"))
