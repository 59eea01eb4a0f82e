# SPDX-License-Identifier: Apache-2.0
"""New plugins that do something to their directory while they are asked what they are."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE

import pytest

from notation_py.adapters.plugin_install import ROOM_NAME, install_plugin
from notation_py.adapters.plugin_package import Package
from notation_py.errors import PluginError
from tests.simulator.archives import Member, tar_gz
from tests.simulator.plugin_programs import places, program, surroundings

CHANGES = {
    "a link in its place": 'mv "$0" away; ln -s /bin/true "$0"',
    "other content": 'echo "# more" >>"$0"',
    "other content of another file": "echo more >part",
    "another file is gone": "rm part",
    "another file is a directory": "rm part; mkdir part",
}


def package(root: Path, before: str) -> Package:
    """Return a package of two files whose program does *before* where it lies, whatever it is asked."""
    data = program(before=f'cd "${{0%/*}}" || exit 1; {before}')
    root.mkdir()
    path = root / "demo.tar.gz"
    path.write_bytes(tar_gz(Member(b"notation-demo", data, mode=0o100755), Member(b"part", b"of it")))
    return Package(path)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_plugin_that_changes_itself_is_not_installed(tmp_path: Path, change: str) -> None:
    """What would be installed is not what was in the package. R-31, R-32, PLG-011; attack 155."""
    with pytest.raises(PluginError, match="the new plugin changed its own file"):
        install_plugin(package(tmp_path / "packages", change), places(tmp_path), surroundings())
    assert list(places(tmp_path).plugins.iterdir()) == []
    assert [path.name for path in (places(tmp_path).libexec / ROOM_NAME).iterdir()] == [".notation-py.lock"]


def test_what_a_new_plugin_leaves_beside_itself_is_not_installed(tmp_path: Path) -> None:
    """As an interpreter leaves compiled modules: the files of the package are all there is. R-31, R-32."""
    change = "mkdir -p __pycache__/deep; touch __pycache__/deep/x notation-evil; ln -s /etc/passwd link"
    change += "; chmod 4777 part"
    done = install_plugin(package(tmp_path / "packages", change), places(tmp_path), surroundings())
    assert done.name == "demo"
    home = places(tmp_path).plugins / "demo"
    assert sorted(path.name for path in home.iterdir()) == [".notation-py.json", "notation-demo", "part"]
    assert S_IMODE((home / "part").stat().st_mode) & 0o7022 == 0
