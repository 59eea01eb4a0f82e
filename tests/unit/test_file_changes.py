# SPDX-License-Identifier: Apache-2.0
"""Changing local files: in one step, with the right modes, one writer at a time."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from notation_py.adapters import file_changes
from notation_py.adapters.file_changes import (
    LOCK_NAME,
    create_file,
    exclusive_lock,
    private_directory,
    write_file,
)
from notation_py.adapters.files import FileError, FileProblem
from notation_py.errors import ConfigurationError


@pytest.fixture
def umask_0() -> Iterator[None]:
    """No permission is taken away by the environment."""
    old = os.umask(0)
    yield
    os.umask(old)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_write_file_makes_a_private_file(tmp_path: Path, umask_0: None) -> None:
    """SEC-005, CFG-007; attack 172: 0600 under any umask, nothing else in the directory."""
    write_file(tmp_path / "f", b"data")
    assert (tmp_path / "f").read_bytes() == b"data"
    assert mode(tmp_path / "f") == 0o600
    assert names(tmp_path) == ["f"]


def test_write_file_keeps_the_mode_of_an_existing_file(tmp_path: Path) -> None:
    """As the Go program, which writes in place."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_file(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o640)


def test_write_file_gives_the_name_to_a_complete_file_only(tmp_path: Path) -> None:
    """SEC-005, R-34: whoever opened the old file still reads it whole."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write_file(path, b"new content")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new content"


@pytest.mark.parametrize("kind", ["link", "directory"])
def test_write_file_replaces_regular_files_only(kind: str, tmp_path: Path) -> None:
    """R-33; attack 102: a link is not followed and not replaced; its target stays."""
    target, path = tmp_path / "target", tmp_path / "f"
    target.write_bytes(b"precious")
    path.symlink_to(target) if kind == "link" else path.mkdir()
    with pytest.raises(FileError, match="not a regular file"):
        write_file(path, b"new")
    assert target.read_bytes() == b"precious"
    assert names(tmp_path) == ["f", "target"]


def test_write_file_leaves_the_old_file_when_the_disk_is_full(tmp_path: Path, monkeypatch) -> None:
    """Attack 176: an error, the old content, no temporary file."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "f"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="no space left on device"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["f"]


@pytest.mark.parametrize("kind", ["new", "replaced", "in place"])
def test_interrupt_while_the_disk_is_slow_leaves_nothing(tmp_path: Path, monkeypatch, kind: str) -> None:
    """SEC-005: nobody sweeps the directory in which the signature of a blob is put."""
    path = tmp_path / "f"
    if kind == "replaced":
        path.write_bytes(b"old")
    if kind == "in place":
        monkeypatch.setattr(file_changes.os, "link", lambda *_: (_ for _ in ()).throw(OSError(1, "no links")))
    before = names(tmp_path)
    real, calls = os.fsync, iter([False] * (kind == "in place"))

    def interrupted(descriptor: int) -> None:
        if next(calls, True):
            raise KeyboardInterrupt
        real(descriptor)

    monkeypatch.setattr(file_changes.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, b"data") if kind == "replaced" else create_file(
            path, b"data", mode=0o600, staging=tmp_path
        )
    assert names(tmp_path) == before


def test_temporary_files_are_created_exclusively(tmp_path: Path, monkeypatch) -> None:
    """Attack 175: a pre-created link with the name of our temporary file is not written through."""
    monkeypatch.setattr(os, "urandom", bytes)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / f".notation-py-{'00' * 8}.tmp").symlink_to(victim)
    with pytest.raises(FileError, match="file exists"):
        write_file(tmp_path / "f", b"new")
    assert victim.read_bytes() == b"precious"


def test_create_file_never_touches_an_existing_name(tmp_path: Path) -> None:
    """Attack 172: exclusive, whole from its first moment on, and nothing left in the staging place."""
    staging = tmp_path / "staging"
    staging.mkdir()
    path = tmp_path / "f"
    create_file(path, b"first", mode=0o600, staging=staging)
    with pytest.raises(FileError, match="file exists") as caught:
        create_file(path, b"second", mode=0o600, staging=staging)
    assert caught.value.problem is FileProblem.EXISTS
    assert (path.read_bytes(), mode(path), path.stat().st_nlink) == (b"first", 0o600, 1)
    assert names(staging) == []


def test_create_file_works_without_hard_links(tmp_path: Path, monkeypatch) -> None:
    """R-34: on such a file system still exclusive, though not in one step."""

    def unsupported(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", unsupported)
    create_file(tmp_path / "f", b"data", mode=0o600, staging=tmp_path)
    assert (tmp_path / "f").read_bytes() == b"data"
    with pytest.raises(FileError, match="file exists"):
        create_file(tmp_path / "f", b"other", mode=0o600, staging=tmp_path)
    assert names(tmp_path) == ["f"]


def test_private_directory_and_its_new_parents_are_0700(tmp_path: Path, umask_0: None) -> None:
    """CFG-007, CFG-009: every directory made on the way is private; existing ones keep their mode."""
    (tmp_path / "old").mkdir(mode=0o755)
    private_directory(tmp_path / "old" / "a" / "b")
    assert [mode(tmp_path / p) for p in ("old", "old/a", "old/a/b")] == [0o755, 0o700, 0o700]
    private_directory(tmp_path / "old" / "a" / "b")


def test_private_directory_says_when_a_file_is_in_the_way(tmp_path: Path) -> None:
    """Attack 174: a variable that points to a file."""
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(FileError, match="not a directory"):
        private_directory(tmp_path / "f" / "sub")


def test_lock_lets_one_thread_in_at_a_time(tmp_path: Path) -> None:
    """R-34: an unlocked read-modify-write would lose most of these."""
    counter = tmp_path / "counter"
    counter.write_bytes(b"0")

    def count() -> None:
        for _ in range(10):
            with exclusive_lock(tmp_path):
                write_file(counter, str(int(counter.read_bytes()) + 1).encode())

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_bytes() == b"40"


def test_lock_that_another_holds_is_one_clear_error(tmp_path: Path, monkeypatch) -> None:
    """Attack 173: no endless waiting."""
    monkeypatch.setattr(file_changes, "LOCK_SECONDS", 0.1)
    with (
        exclusive_lock(tmp_path),
        pytest.raises(ConfigurationError, match="held by another process"),
        exclusive_lock(tmp_path),
    ):
        pytest.fail("two in")


def test_lock_file_is_as_private_as_its_directory(tmp_path: Path, umask_0: None) -> None:
    """SEC-005: nobody who cannot write in the directory can hold its lock."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with exclusive_lock(private):
        assert mode(private / LOCK_NAME) == 0o600


def test_lock_sweeps_what_killed_writers_left(tmp_path: Path) -> None:
    """Attack 177: our temporary files go; those of others stay."""
    (tmp_path / ".notation-py-0123.tmp").write_bytes(b"half")
    (tmp_path / ".notation-py-4567.tmp").mkdir()
    (tmp_path / ".notation-py-4567.tmp" / "f").write_bytes(b"half")
    (tmp_path / "notation-123").write_bytes(b"theirs")
    with exclusive_lock(tmp_path):
        assert names(tmp_path) == [LOCK_NAME, "notation-123"]


def test_lock_is_free_after_an_error_inside(tmp_path: Path) -> None:
    """R-34."""
    with pytest.raises(KeyError), exclusive_lock(tmp_path):
        raise KeyError
    with exclusive_lock(tmp_path):
        assert (tmp_path / LOCK_NAME).exists()
