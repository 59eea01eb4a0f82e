# SPDX-License-Identifier: Apache-2.0
"""Local files, changed: whole or not at all, and one writer at a time.

New content goes to a temporary file, reaches the disk, and then takes its name in one step, so
that a process killed at any instant leaves the old file or the new one. What it leaves besides
has a hidden name, and goes when the next writer takes the lock. Knows nothing about what the
files mean.

Spec: security contract R-34. Requirements: SEC-005, CFG-007, CFG-009.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOENT
from pathlib import Path

from ..errors import ConfigurationError
from .files import FileError, FileProblem, file_error

TEMPORARY_PREFIX = ".notation-py-"
LOCK_NAME = ".notation-py.lock"
LOCK_SECONDS = 30

_CREATE: int = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)


def private_directory(path: Path) -> None:
    """Make *path* a directory; it and every parent created on the way get mode 0700.

    Raises:
        FileError: something else has the name, or the system refused.
    """
    for place in reversed(_missing(path)):
        try:
            place.mkdir(mode=0o700)
        except FileExistsError as error:
            if not place.is_dir():
                raise FileError(f"mkdir {place}: not a directory", FileProblem.NOT_REGULAR) from error
        except (OSError, ValueError) as error:
            raise file_error("mkdir", place, error) from error


def _missing(path: Path) -> list[Path]:
    """Return what has to be made so that *path* is a directory, that first."""
    missing = []
    try:
        while not path.is_dir():
            missing.append(path)
            if path == path.parent:
                break
            path = path.parent
    except OSError as error:
        raise file_error("stat", path, error) from error
    return missing


def write_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace the content of *path* by *data* in one step; an existing file keeps its mode and owner.

    The directory must exist. *mode* is subject to the umask and used for a new file.

    Raises:
        FileError: *path* is not a regular file, or the system refused; the old file is untouched.
    """
    try:
        existing = path.lstat()
    except OSError as error:
        if error.errno != ENOENT:
            raise file_error("open", path, error) from error
        existing = None
    if existing is not None:
        _check_replaceable(path, existing)
    temporary = stage_file(path.parent, data, mode=mode, path=path)
    try:
        if existing is not None:
            _take_over(temporary, existing)
        temporary.replace(path)
    except OSError as error:
        raise file_error("open", path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    sync_directory(path.parent)


def _check_replaceable(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise FileError(
            f'"{path}" is not a regular file (symlinks are not supported)', FileProblem.NOT_REGULAR
        )


def _take_over(temporary: Path, existing: os.stat_result) -> None:
    if os.name == "nt":
        return
    if (existing.st_uid, existing.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.chown(temporary, existing.st_uid, existing.st_gid)
    temporary.chmod(stat.S_IMODE(existing.st_mode))


def stage_file(
    directory: Path, data: bytes, *, mode: int, path: Path, prefix: str = TEMPORARY_PREFIX
) -> Path:
    """Return a new temporary file in *directory* that holds *data*, flushed to the disk.

    Args:
        path: the name the file is meant for; used in errors only.
        prefix: of the temporary name, where another program expects one.

    Raises:
        FileError: the system refused; nothing is left behind.
    """
    temporary = directory / f"{prefix}{os.urandom(8).hex()}.tmp"
    try:
        descriptor = os.open(temporary, _CREATE, mode)
    except (OSError, ValueError) as error:
        raise file_error("open", path, error) from error
    try:
        _write_synced(descriptor, data)
    except BaseException as error:  # an interrupt as well
        with suppress(OSError):
            temporary.unlink()
        if not isinstance(error, OSError):
            raise
        raise file_error("write", path, error) from error
    return temporary


def _write_synced(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def create_file(path: Path, data: bytes, *, mode: int, staging: Path) -> None:
    """Create *path* with *data*, whole from its first moment on; an existing name is never touched.

    Args:
        staging: a directory of the same file system for the temporary file, where no other
            program looks; on a file system without hard links the file is written in place.

    Raises:
        FileError: the name is taken (problem EXISTS), or the system refused.
    """
    temporary = stage_file(staging, data, mode=mode, path=path)
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise file_error("open", path, error) from error
    except OSError:
        _create_in_place(path, data, mode)
    finally:
        with suppress(OSError):
            temporary.unlink()
    sync_directory(path.parent)


def _create_in_place(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, _CREATE, mode)
    except OSError as error:
        raise file_error("open", path, error) from error
    try:
        _write_synced(descriptor, data)
    except BaseException as error:  # an interrupt as well
        with suppress(OSError):
            path.unlink()
        if not isinstance(error, OSError):
            raise
        raise file_error("write", path, error) from error


def sync_directory(path: Path) -> None:
    """Make earlier renames in the directory *path* survive a power failure, where the system can."""
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def exclusive_lock(directory: Path) -> Iterator[None]:
    """Hold the one lock for writing below *directory*, against threads and processes.

    Temporary files that a killed writer left directly in *directory* are removed. The system
    frees the lock when its holder dies; the lock file stays, as removing it would let two in.

    Raises:
        ConfigurationError: another process held it for 30 seconds, or it cannot be created.
    """
    from filelock import FileLock, Timeout

    try:
        mode = stat.S_IMODE(directory.stat().st_mode) & 0o666
        lock = FileLock(directory / LOCK_NAME, timeout=LOCK_SECONDS, mode=mode)
        lock.acquire()
    except Timeout as error:
        raise ConfigurationError(
            f"{directory / LOCK_NAME} is held by another process",
            hint="wait for the other command to end, then try again",
        ) from error
    except OSError as error:
        raise file_error("lock", directory / LOCK_NAME, error) from error
    try:
        sweep(directory)
        yield
    finally:
        lock.release()


def sweep(directory: Path) -> None:
    """Remove the temporary files of killed writers from *directory*; the caller holds its lock."""
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY_PREFIX) and entry.name.endswith(".tmp"):
                remove_tree(Path(entry.path))


def remove_tree(path: Path) -> None:
    """Remove what has the name *path*, with all below it if it is a directory; failures are passed over."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            for entry in path.iterdir():
                remove_tree(entry)
            path.rmdir()
        else:
            path.unlink()
