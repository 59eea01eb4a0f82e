# SPDX-License-Identifier: Apache-2.0
"""Reading local files: bounded, regular, not through links; owners and modes."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from notation_py.adapters.files import (
    FileError,
    FileProblem,
    Links,
    Strictness,
    check_owner_and_mode,
    read_file,
)
from notation_py.errors import ConfigurationError, Outcome


def make_socket(path: Path) -> None:
    """Bind below the directory: the name of a socket is short."""
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(path.parent)
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


NOT_REGULAR = {
    "fifo": os.mkfifo,
    "directory": Path.mkdir,
    "socket": make_socket,
    "link": lambda path: path.symlink_to("/etc/hostname"),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "loop": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("make", NOT_REGULAR.values(), ids=NOT_REGULAR)
def test_read_file_refuses_what_is_not_a_regular_file(make, tmp_path: Path) -> None:
    """Attack 102; R-33: refused at once, without waiting for a writer of a FIFO."""
    path = tmp_path / "file"
    make(path)
    with pytest.raises(FileError, match="is not a regular file") as caught:
        read_file(path, max_bytes=100)
    assert caught.value.problem is FileProblem.NOT_REGULAR
    assert caught.value.outcome is Outcome.CONFIG


class Swapped(type(Path())):  # type: ignore[misc]  # the class of paths of this system
    """The path of a regular file, in whose place another thing stands as soon as it was looked at."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        status = super().stat(follow_symlinks=follow_symlinks)
        Path(self).unlink()
        Path(self).with_suffix(".other").rename(self)
        return status


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("/etc/hostname")], ids=["fifo", "link"]
)
def test_read_file_refuses_what_takes_the_place_of_a_regular_file(make, tmp_path: Path) -> None:
    """R-33: what was opened is judged, not only what stood there a moment before."""
    path = Swapped(tmp_path / "file")
    Path(path).write_bytes(b"good")
    make(Path(path).with_suffix(".other"))
    with pytest.raises(FileError, match="is not a regular file"):
        read_file(path, max_bytes=100)


def test_read_file_refuses_a_device_even_through_a_followed_link(tmp_path: Path) -> None:
    """Attack 173: a device that never ends is not opened."""
    path = tmp_path / "file"
    path.symlink_to("/dev/zero")
    with pytest.raises(FileError, match="is not a regular file"):
        read_file(path, max_bytes=100, links=Links.FOLLOWED)


def test_read_file_follows_a_link_when_told(tmp_path: Path) -> None:
    """R-35: a user's key may be a link."""
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    assert read_file(tmp_path / "link", max_bytes=1, links=Links.FOLLOWED)[0] == b"x"


@pytest.mark.parametrize(
    ("size", "accepted"), [(0, True), (9, True), (10, True), (11, False), (1 << 30, False)]
)
def test_read_file_stops_at_its_limit(size: int, accepted: bool, tmp_path: Path) -> None:
    """SEC-001; attack 103: the size is looked at before anything is read."""
    path = tmp_path / "file"
    with path.open("wb") as stream:
        stream.truncate(size)
    if accepted:
        assert read_file(path, max_bytes=10)[0] == bytes(size)
    else:
        with pytest.raises(FileError, match="larger than 10 bytes") as caught:
            read_file(path, max_bytes=10)
        assert caught.value.outcome is Outcome.LIMIT


def test_read_file_does_not_believe_the_size_of_a_growing_file() -> None:
    """SEC-001: files whose status says 0 bytes are counted while they are read."""
    with pytest.raises(FileError, match="larger than 10 bytes"):
        read_file(Path("/proc/self/status"), max_bytes=10)


def test_read_file_speaks_like_the_go_program(tmp_path: Path) -> None:
    """Operation, path, lower-case reason."""
    path = tmp_path / "absent"
    with pytest.raises(FileError) as caught:
        read_file(path, max_bytes=1)
    assert caught.value.message == f"open {path}: no such file or directory"
    assert caught.value.problem is FileProblem.MISSING


def test_read_file_refuses_a_name_with_a_nul() -> None:
    """One clear error, no ValueError."""
    with pytest.raises(FileError, match="invalid argument"):
        read_file(Path("a\0b"), max_bytes=1)


def status(mode: int, uid: int | None = None) -> os.stat_result:
    owner = os.geteuid() if uid is None else uid
    return os.stat_result((stat.S_IFREG | mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))


FOREIGN = os.geteuid() + 1234
UNSAFE = {
    "group-writable": (status(0o620), 0o022, "changed by other users (mode 0620)", "chmod go-w 'a file'"),
    "world-writable": (status(0o602), 0o022, "changed by other users (mode 0602)", "chmod go-w 'a file'"),
    "foreign": (
        status(0o600, FOREIGN),
        0o022,
        f"another user (uid {FOREIGN})",
        f"chown {os.geteuid()} 'a file'",
    ),
    "readable secret": (status(0o640), 0o077, "used by other users (mode 0640)", "chmod 600 'a file'"),
}


@pytest.mark.parametrize(("found", "forbidden", "problem", "command"), UNSAFE.values(), ids=UNSAFE)
def test_unsafe_owner_or_mode_is_warned_about_and_refused_if_hardened(
    found: os.stat_result, forbidden: int, problem: str, command: str
) -> None:
    """Attacks 102 and 171; R-33, R-35: a warning with the command that mends it, or a refusal with it."""
    warnings: list[str] = []
    arguments = {"what": "thing", "warn": warnings.append, "forbidden": forbidden}
    check_owner_and_mode(Path("a file"), found, strictness=Strictness.WARN, **arguments)
    assert len(warnings) == 1
    assert problem in warnings[0]
    assert warnings[0].endswith(f"run: {command}")
    with pytest.raises(ConfigurationError) as caught:
        check_owner_and_mode(Path("a file"), found, strictness=Strictness.HARDENED, **arguments)
    assert problem in caught.value.message
    assert caught.value.hint == f"run: {command}"


@pytest.mark.parametrize(
    "found",
    [status(0o600), status(0o644), status(0o755), status(0o644, 0)],
    ids=["600", "644", "755", "root"],
)
def test_safe_owner_and_mode_pass_without_a_word(found: os.stat_result) -> None:
    """R-33: readable by all is fine, and so is a file of root."""
    warnings: list[str] = []
    check_owner_and_mode(Path("f"), found, what="x", strictness=Strictness.HARDENED, warn=warnings.append)
    assert warnings == []
