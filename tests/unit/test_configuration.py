# SPDX-License-Identifier: Apache-2.0
"""The user's settings: read strictly, changed without losing a member."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notation_py.adapters.configuration import (
    Configuration,
    read_configuration,
    remove_login,
    strictness_from,
)
from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness
from notation_py.errors import ConfigurationError

WARN, HARDENED = Strictness.WARN, Strictness.HARDENED


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    return Directories(tmp_path, tmp_path, tmp_path)


def content(directories: Directories, data: bytes, mode: int = 0o600) -> None:
    directories.configuration_file.write_bytes(data)
    directories.configuration_file.chmod(mode)


def test_missing_file_gives_the_defaults(directories: Directories) -> None:
    """CFG-007."""
    assert read_configuration(directories, WARN, print) == Configuration(WARN)
    assert Configuration(WARN).signature_format == "jws"


def test_every_member_is_read(directories: Directories) -> None:
    """CFG-005; unknown members are left to others."""
    document = {
        "insecureRegistries": ["Registry.Example:5000"],
        "signatureFormat": "COSE",
        "credsStore": "pass",
        "credHelpers": {"a.io": "x"},
        "auths": {"b.io": {"auth": "c2VjcmV0"}},
        "tokenRealms": {"a.io": ["auth.a.io"]},
        "HttpHeaders": {"a": 1},
    }
    content(directories, json.dumps(document).encode())
    found = read_configuration(directories, WARN, print)
    assert found == Configuration(
        WARN,
        ("registry.example:5000",),
        "cose",
        "pass",
        {"a.io": "x"},
        {"b.io": {"auth": "c2VjcmV0"}},
        {"a.io": ("auth.a.io",)},
    )
    assert "c2VjcmV0" not in repr(found)


FAULTS = {
    "truncated": (b'{"credsStore":', "not strict JSON"),
    "empty": (b"", "not strict JSON"),
    "slip": (b'{"credStore":"pass"}', "unknown member 'credStore'"),
    "case": (b'{"insecureregistries":[]}', "unknown member 'insecureregistries'"),
    "type": (b'{"insecureRegistries":"a"}', "insecureRegistries: must be an array"),
    "word for hardened": (b'{"hardened":"yes"}', "hardened: must be true or false"),
    "login": (b'{"auths":{"a":"b"}}', "must be an object"),
    "array": (b"[]", "must be an object"),
}


@pytest.mark.parametrize(("data", "message"), FAULTS.values(), ids=FAULTS)
def test_file_is_read_strictly(data: bytes, message: str, directories: Directories) -> None:
    """R-33: a misspelt setting is not silently without effect."""
    content(directories, data)
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(directories, WARN, print)
    prefix = f"failed to decode config file at {directories.configuration_file}: invalid config format: "
    assert caught.value.message.startswith(prefix)
    assert message in caught.value.message


def test_link_is_refused(directories: Directories, tmp_path: Path) -> None:
    """CFG-007."""
    (tmp_path / "real").write_bytes(b"{}")
    directories.configuration_file.symlink_to("real")
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        read_configuration(directories, WARN, print)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, WARN), ({"NOTATION_PY_HARDENED": "1"}, HARDENED), ({"NOTATION_PY_HARDENED": "0"}, WARN)],
    ids=["unset", "1", "0"],
)
def test_environment_can_ask_for_hardening(environ, expected) -> None:
    """The same rule as NOTATION_EXPERIMENTAL: exactly 1."""
    assert strictness_from(environ) is expected


@pytest.mark.parametrize(
    ("data", "asked", "expected"),
    [
        (b'{"hardened":true}', WARN, HARDENED),
        (b'{"hardened":false}', HARDENED, HARDENED),
        (b"{}", WARN, WARN),
    ],
    ids=["file asks", "file cannot take back", "nobody asks"],
)
def test_file_can_ask_for_hardening(data, asked, expected, directories: Directories) -> None:
    """R-33: either is enough."""
    content(directories, data)
    assert read_configuration(directories, asked, print).strictness is expected


@pytest.mark.parametrize(
    ("data", "mode", "warned"),
    [
        (b"{}", 0o644, False),
        (b"{}", 0o664, True),
        (b'{"auths":{"a":{"auth":"x"}}}', 0o644, True),
        (b'{"auths":{"a":{"auth":"x"}}}', 0o600, False),
    ],
    ids=["readable", "writable", "readable with passwords", "private with passwords"],
)
def test_file_that_others_can_use(data, mode, warned, directories: Directories) -> None:
    """R-33, R-35: a file with passwords may not even be read by others."""
    content(directories, data, mode)
    warnings: list[str] = []
    read_configuration(directories, WARN, warnings.append)
    assert bool(warnings) is warned
    content(directories, data.replace(b"{", b'{"hardened":true,', 1).replace(b",}", b"}"), mode)
    if warned:
        with pytest.raises(ConfigurationError, match="by other users"):
            read_configuration(directories, WARN, print)


def test_remove_login_keeps_everything_else(directories: Directories) -> None:
    """CFG-005: tab-indented, no final newline, other members in place."""
    content(directories, b'{"x":[1],"auths":{"a":{"auth":"1"},"b":{"auth":"2"}},"credsStore":"<p>"}', 0o640)
    assert remove_login(directories, "a") is True
    assert directories.configuration_file.read_bytes() == (
        b'{\n\t"x": [\n\t\t1\n\t],\n\t"auths": {\n\t\t"b": {\n\t\t\t"auth": "2"\n\t\t}\n\t},\n'
        b'\t"credsStore": "\\u003cp\\u003e"\n}'
    )
    assert directories.configuration_file.stat().st_mode & 0o777 == 0o640


def test_remove_login_that_is_not_there_writes_nothing(directories: Directories) -> None:
    """A file that need not change does not."""
    assert remove_login(directories, "a") is False
    content(directories, b'{"auths": {"b": {}}}')
    assert remove_login(directories, "a") is False
    assert directories.configuration_file.read_bytes() == b'{"auths": {"b": {}}}'
