# SPDX-License-Identifier: Apache-2.0
"""Local files, read: bounded, regular, and safe from other users, or not at all.

A read never follows a final link unless told to, never blocks on a FIFO and never opens a
device. Knows nothing about what the files mean; error texts are those of the Go program.
Changes are in `file_changes`.

Spec: security contract R-33; trust-store-trust-policy, Trust Store. Requirements: SEC-001, CFG-007, TS-005.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from errno import EACCES, EEXIST, ELOOP, ENOENT, ENOTDIR, EPERM
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import ConfigurationError, Outcome

Warn = Callable[[str], None]
"""Takes one line for the user: what is unsafe, and the command that mends it."""

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
