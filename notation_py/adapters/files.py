# SPDX-License-Identifier: Apache-2.0
"""Local files: bounded reads of regular files, writes that are whole or absent, one writer at a time.

A read never follows a final link unless told to, never blocks on a FIFO and never opens a
device. A write goes to a temporary file next to its place, reaches the disk, and then takes
the name in one step, so that a process killed at any instant leaves the old file or the new
one. Knows nothing about what the files mean; error texts are those of the Go program.

Spec: security contract R-33, R-34; trust-store-trust-policy, Trust Store. Requirements: SEC-001, SEC-005,
CFG-007, TS-005.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from errno import EACCES, EEXIST, ELOOP, ENOENT, ENOTDIR, EPERM
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import ConfigurationError, Outcome

Warn = Callable[[str], None]
"""Takes one line for the user: what is unsafe, and the command that mends it."""

TEMPORARY_PREFIX = ".notation-py-"
LOCK_NAME = ".notation-py.lock"
LOCK_SECONDS = 30

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_OPEN: int = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
_CHUNK = 1 << 20


class Strictness(StrEnum):
    """What an unsafe mode or owner of a local file leads to."""

    WARN = "warn"
    HARDENED = "hardened"


class Links(StrEnum):
    """Whether a path may end in a symbolic link."""

    REFUSED = "refused"
    FOLLOWED = "followed"


class FileProblem(StrEnum):
    """Why a file could not be used, for callers with a wording of their own."""

    MISSING = "missing"
    NOT_REGULAR = "not regular"
    DENIED = "denied"
    TOO_LARGE = "too large"
    EXISTS = "exists"
    OTHER = "other"


class FileError(ConfigurationError):
    """A local file is missing, of the wrong kind, too large, or the system refused the operation."""

    def __init__(self, message: str, problem: FileProblem, *, hint: str | None = None) -> None:
        outcome = Outcome.LIMIT if problem is FileProblem.TOO_LARGE else None
        super().__init__(message, hint=hint, outcome=outcome)
        self.problem = problem


_PROBLEMS = {
    ENOENT: FileProblem.MISSING,
    ENOTDIR: FileProblem.MISSING,
    EACCES: FileProblem.DENIED,
    EPERM: FileProblem.DENIED,
    EEXIST: FileProblem.EXISTS,
}


def file_error(operation: str, path: Path, error: OSError | ValueError) -> FileError:
    """Return *error* in the words of the Go program, such as `open a.json: no such file or directory`."""
    if isinstance(error, OSError) and error.errno is not None:
        problem = _PROBLEMS.get(error.errno, FileProblem.OTHER)
        return FileError(f"{operation} {path}: {os.strerror(error.errno).lower()}", problem)
    return FileError(f"{operation} {path}: invalid argument", FileProblem.OTHER)


@contextmanager
def open_file(path: Path, links: Links = Links.REFUSED) -> Iterator[BinaryIO]:
    """Yield the regular file *path* open for reading; it is closed afterwards.

    Raises:
        FileError: missing, not a regular file, or unreadable.
    """
    follow = links is Links.FOLLOWED
    flags = os.O_RDONLY | _OPEN | getattr(os, "O_NONBLOCK", 0) | (0 if follow else _NO_FOLLOW)
    try:
        _check_regular(path, path.stat(follow_symlinks=follow))  # before: opening a device can do things
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == ELOOP and not follow:
            raise _not_regular(path) from error
        raise file_error("open", path, error) from error
    try:
        with os.fdopen(descriptor, "rb", buffering=0) as stream:
            _check_regular(path, os.fstat(descriptor))
            yield cast("BinaryIO", stream)
    except OSError as error:
        raise file_error("read", path, error) from error


def read_file(path: Path, *, max_bytes: int, links: Links = Links.REFUSED) -> tuple[bytes, os.stat_result]:
    """Return the whole content of the regular file *path*, and its status at that moment.

    Content and status come from one descriptor, so that nothing changes between check and use.

    Raises:
        FileError: missing, not a regular file, unreadable, or larger than *max_bytes*.
    """
    with open_file(path, links) as stream:
        status = os.fstat(stream.fileno())
        if status.st_size <= max_bytes:
            chunks = []
            room = max_bytes + 1
            while room and (chunk := stream.read(min(room, _CHUNK))):
                chunks.append(chunk)
                room -= len(chunk)
            if room:
                return b"".join(chunks), status
    raise FileError(f"{path} is larger than {max_bytes} bytes", FileProblem.TOO_LARGE)


def _not_regular(path: Path) -> FileError:
    return FileError(f'"{path}" is not a regular file (symlinks are not supported)', FileProblem.NOT_REGULAR)


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _not_regular(path)


def check_owner_and_mode(
    path: Path,
    status: os.stat_result,
    *,
    what: str,
    strictness: Strictness,
    warn: Warn,
    forbidden: int = 0o022,
) -> None:
    """Return if only the user and the administrator can change *path*, or after a warning.

    Args:
        what: names the file in the message, such as `trust policy`.
        forbidden: permission bits that must be off; 0o077 for secrets, which must not be read either.

    Raises:
        ConfigurationError: *strictness* is HARDENED and another user owns or can use the file.
    """
    if os.name == "nt":
        return
    if status.st_uid not in {os.geteuid(), 0}:
        problem = f"{what} {path} belongs to another user (uid {status.st_uid})"
        _report(problem, f"chown {os.geteuid()} {_quoted(path)}", strictness, warn)
    if status.st_mode & forbidden:
        mode = stat.S_IMODE(status.st_mode)
        verb, change = ("used", "600") if forbidden & 0o044 else ("changed", "go-w")
        problem = f"{what} {path} can be {verb} by other users (mode {mode:04o})"
        _report(problem, f"chmod {change} {_quoted(path)}", strictness, warn)


def _quoted(path: Path) -> str:
    from shlex import quote

    return quote(str(path))


def _report(problem: str, command: str, strictness: Strictness, warn: Warn) -> None:
    match strictness:
        case Strictness.HARDENED:
            raise ConfigurationError(problem, hint=f"run: {command}")
        case Strictness.WARN:
            warn(f"{problem}; to mend it, run: {command}")


def private_directory(path: Path) -> None:
    """Make *path* a directory; it and every parent created on the way get mode 0700.

    Raises:
        FileError: something else has the name, or the system refused.
    """
    missing = []
    place = path
    while not place.is_dir():
        missing.append(place)
        if place == place.parent:
            break
        place = place.parent
    for place in reversed(missing):
        try:
            place.mkdir(mode=0o700)
        except FileExistsError as error:
            if not place.is_dir():
                raise FileError(f"mkdir {place}: not a directory", FileProblem.NOT_REGULAR) from error
        except (OSError, ValueError) as error:
            raise file_error("mkdir", place, error) from error


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
        _check_regular(path, existing)
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


def _take_over(temporary: Path, existing: os.stat_result) -> None:
    if os.name == "nt":
        return
    if (existing.st_uid, existing.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.chown(temporary, existing.st_uid, existing.st_gid)
    temporary.chmod(stat.S_IMODE(existing.st_mode))


def stage_file(directory: Path, data: bytes, *, mode: int, path: Path) -> Path:
    """Return a new temporary file in *directory* that holds *data*, flushed to the disk.

    Args:
        path: the name the file is meant for; used in errors only.

    Raises:
        FileError: the system refused; nothing is left behind.
    """
    temporary = directory / f"{TEMPORARY_PREFIX}{os.urandom(8).hex()}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN | _NO_FOLLOW, mode)
    except (OSError, ValueError) as error:
        raise file_error("open", path, error) from error
    try:
        _write_synced(descriptor, data)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
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
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN | _NO_FOLLOW, mode)
    except OSError as error:
        raise file_error("open", path, error) from error
    try:
        _write_synced(descriptor, data)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise file_error("write", path, error) from error


def sync_directory(path: Path) -> None:
    """Make earlier renames in the directory *path* survive a power failure, where the system can."""
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | _OPEN)
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
