# SPDX-License-Identifier: Apache-2.0
"""Where configuration, plugins and caches are, for each system and environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from notation_py.adapters.directories import Directories, check_directories
from notation_py.adapters.files import Strictness
from notation_py.errors import ConfigurationError

CASES = {
    "linux, home": ("linux", {"HOME": "/h"}, "/h/.config/notation", None, "/h/.cache/notation"),
    "linux, xdg": (
        "linux",
        {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/k"},
        "/c/notation",
        None,
        "/k/notation",
    ),
    "linux, relative xdg": (
        "linux",
        {"HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_CACHE_HOME": "k"},
        ".notation",
        None,
        ".notation/cache",
    ),
    "linux, nothing": ("linux", {}, ".notation", None, ".notation/cache"),
    "freebsd, home": ("freebsd14", {"HOME": "/h"}, "/h/.config/notation", None, "/h/.cache/notation"),
    "macos": (
        "darwin",
        {"HOME": "/h", "XDG_CONFIG_HOME": "/c"},
        "/h/Library/Application Support/notation",
        None,
        "/h/Library/Caches/notation",
    ),
    "windows": (
        "win32",
        {"APPDATA": "C:/Roaming", "LOCALAPPDATA": "C:/Local", "HOME": "/h"},
        "C:/Roaming/notation",
        None,
        "C:/Local/notation",
    ),
    "windows, nothing": ("win32", {"HOME": "/h"}, ".notation", None, ".notation/cache"),
    "config moves plugins": (
        "linux",
        {"HOME": "/h", "NOTATION_CONFIG": "/x"},
        "/x",
        None,
        "/h/.cache/notation",
    ),
    "all three": (
        "linux",
        {"NOTATION_CONFIG": "/x", "NOTATION_LIBEXEC": "/y", "NOTATION_CACHE": "/z"},
        "/x",
        "/y",
        "/z",
    ),
    "empty counts as unset": (
        "linux",
        {"HOME": "/h", "NOTATION_CONFIG": "", "XDG_CONFIG_HOME": ""},
        "/h/.config/notation",
        None,
        "/h/.cache/notation",
    ),
}


@pytest.mark.parametrize(("platform", "environ", "config", "libexec", "cache"), CASES.values(), ids=CASES)
def test_directories_follow_the_go_program(platform, environ, config, libexec, cache) -> None:
    """CFG-001 to CFG-003; attack 174."""
    found = Directories.from_environment(environ, platform)
    assert found == Directories(Path(config), Path(libexec or config), Path(cache))


def test_directories_name_every_file() -> None:
    """CFG-004, TS-001."""
    found = Directories(Path("/c"), Path("/l"), Path("/k"))
    assert found.configuration_file == Path("/c/config.json")
    assert found.signing_keys_file == Path("/c/signingkeys.json")
    assert found.trust_store == Path("/c/truststore/x509")
    assert found.local_keys == Path("/c/localkeys")
    assert found.plugins == Path("/l/plugins")
    assert found.revocation_lists == Path("/k/crl")


@pytest.mark.parametrize("name", ["HOME", "NOTATION_CONFIG", "XDG_CACHE_HOME", "APPDATA"])
@pytest.mark.parametrize("value", ["/a\nb", "/a\x1b[2J", "/a\x7f"], ids=["newline", "escape", "delete"])
def test_directories_refuse_control_characters(name: str, value: str) -> None:
    """Attack 174: a newline in a path could forge a line of output."""
    with pytest.raises(ConfigurationError, match=f"{name} contains a control character"):
        Directories.from_environment({name: value}, "linux")


def below(config: Path) -> Directories:
    return Directories(config, config, config)


def test_check_accepts_an_absent_and_a_private_directory(tmp_path: Path) -> None:
    """CFG-007: missing means defaults."""
    warnings: list[str] = []
    check_directories(below(tmp_path / "absent"), Strictness.HARDENED, warnings.append)
    tmp_path.chmod(0o700)
    check_directories(below(tmp_path), Strictness.HARDENED, warnings.append)
    assert warnings == []


def test_check_refuses_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    """Attack 174: CONFIG, whatever the strictness."""
    path = tmp_path / "f"
    path.write_bytes(b"")
    for place, text in ((path, "is not a directory"), (path / "sub", "not a directory")):
        with pytest.raises(ConfigurationError, match=text):
            check_directories(below(place), Strictness.WARN, lambda _: None)


def test_check_warns_about_a_directory_that_others_can_change(tmp_path: Path) -> None:
    """Attack 174; R-33."""
    tmp_path.chmod(0o777)
    warnings: list[str] = []
    check_directories(below(tmp_path), Strictness.WARN, warnings.append)
    assert [f"chmod go-w {tmp_path}" in line for line in warnings] == [True]
    with pytest.raises(ConfigurationError, match="can be changed by other users"):
        check_directories(below(tmp_path), Strictness.HARDENED, warnings.append)


def test_check_warns_about_the_working_directory() -> None:
    """Attack 174: without a home the policy of whatever directory one stands in would count."""
    warnings: list[str] = []
    check_directories(below(Path("no-such-directory")), Strictness.WARN, warnings.append)
    assert "depends on the working directory" in warnings[0]
    with pytest.raises(ConfigurationError, match="depends on the working directory"):
        check_directories(below(Path("no-such-directory")), Strictness.HARDENED, warnings.append)
