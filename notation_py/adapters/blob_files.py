# SPDX-License-Identifier: Apache-2.0
"""Blobs read once in little memory, and the signature files beside them.

A blob is opened before anything else is done and hashed later from that same descriptor, so that no other
file can take its name in between; one that changes while it is hashed is refused. A FIFO or a device has no
end that one could wait for, so a named one is refused; standard input is there for streams. Knows nothing
about what is signed.

Spec: contract/cli.md 7.13, 7.14; security contract R-33, R-34, attack 178.
Requirements: BLOB-003 to BLOB-005, PAY-008, PAY-009, SEC-001, SEC-005.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

from ..digest import Digest, HashAlgorithm
from ..errors import ConfigurationError, Outcome
from .file_changes import create_file, private_directory, write_file
from .files import FileError, FileProblem, Links, file_error, open_file, read_file

CHUNK_BYTES = 1 << 20
MAX_SIGNATURE_BYTES = 32 << 20
"""As for a signature in a registry."""

STANDARD_INPUT = "-"


class OpenBlob:
    """A blob that is open for reading."""

    __slots__ = ("_name", "_stream")

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self._name = name
        self._stream = stream

    def digest(self, algorithm: HashAlgorithm) -> tuple[Digest, int]:
        """Return digest and size of what the descriptor gives, from one reading.

        Raises:
            FileError: the system refused; or, with outcome INTEGRITY, the file is not the same at the end.
        """
        state, size = hashlib.new(algorithm.value), 0
        buffer = memoryview(bytearray(CHUNK_BYTES))
        try:
            before = os.fstat(self._stream.fileno())
            while count := self._stream.readinto(buffer):  # type: ignore[attr-defined] # a raw stream
                state.update(buffer[:count])
                size += count
            after = os.fstat(self._stream.fileno())
        except OSError as error:
            raise file_error("read", Path(self._name), error) from error
        if stat.S_ISREG(after.st_mode):
            self._check_unchanged(before, after)
        return Digest(algorithm, state.hexdigest()), size

    def _check_unchanged(self, before: os.stat_result, after: os.stat_result) -> None:
        moved = self._stream.tell() - after.st_size
        if moved or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            error = FileError(
                f"{self._name} changed while it was read",
                FileProblem.OTHER,
                hint="wait until nobody writes it any more, or take a copy",
            )
            error.outcome = Outcome.INTEGRITY
            raise error


@contextmanager
def open_blob(name: str) -> Iterator[OpenBlob]:
    """Yield the blob in the file *name*, a final link followed, or standard input for `-`.

    Raises:
        FileError: missing, unreadable, or not a regular file; standard input that is a terminal or device.
    """
    if name == STANDARD_INPUT:
        yield OpenBlob("standard input", _standard_input())
        return
    try:
        with open_file(Path(name), Links.FOLLOWED) as stream:
            yield OpenBlob(name, stream)
    except FileError as error:
        if error.problem is FileProblem.NOT_REGULAR:
            raise FileError(
                f"{name} is not a regular file",
                error.problem,
                hint=f"to read a stream, give it on standard input, with {STANDARD_INPUT} as the path",
            ) from error
        raise


def is_standard_input(name: str) -> bool:
    """Return whether the blob *name* is what standard input gives, also under a name such as `/dev/stdin`."""
    if name == STANDARD_INPUT:
        return True
    with suppress(OSError, ValueError):
        return os.path.samestat(os.stat(name), os.fstat(0))  # noqa: PTH116 - a link is followed
    return False


def is_same_file(name: str, place: Path) -> bool:
    """Return whether *name* and *place* are one file that is there, links followed."""
    with suppress(OSError, ValueError):
        return place.samefile(name)
    return False


def _standard_input() -> BinaryIO:
    place = Path("standard input")
    try:
        mode = os.fstat(0).st_mode
        if stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            return cast("BinaryIO", io.FileIO(0, "rb", closefd=False))
    except OSError as error:
        raise file_error("read", place, error) from error
    raise FileError(
        "standard input is no file and no pipe",
        FileProblem.NOT_REGULAR,
        hint="redirect it, as in `… < app.tar`; a terminal or another device is not read",
    )


def read_signature(path: Path) -> bytes:
    """Return the content of the signature file *path*, a final link followed.

    Raises:
        FileError: missing, unreadable, not a regular file, or with outcome LIMIT larger than any signature.
    """
    return read_file(path, max_bytes=MAX_SIGNATURE_BYTES, links=Links.FOLLOWED)[0]


class Existing(StrEnum):
    """What happens to a signature file that is there already."""

    REPLACED = "replaced"
    KEPT = "kept"


def write_signature(path: Path, data: bytes, existing: Existing) -> None:
    """Write the signature *data* to *path*, whole or not at all; what is made on the way is the user's own.

    Args:
        existing: KEPT, if nobody has agreed to replace a file: one that appeared meanwhile is an error.

    Raises:
        ConfigurationError: it could not be written; a file that was there is untouched.
    """
    try:
        private_directory(path.parent)
        if existing is Existing.REPLACED:
            write_file(path, data)
        else:
            create_file(path, data, mode=0o600, staging=path.parent)
    except FileError as error:
        raise ConfigurationError(
            f"failed to write signature to file: {error.message}", hint=error.hint, outcome=error.outcome
        ) from error
