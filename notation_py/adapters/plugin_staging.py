# SPDX-License-Identifier: Apache-2.0
"""A fresh directory into which the files of a plugin are put, before anything of them counts.

Every name and every byte goes through here, whether it comes from an archive, a directory or a file: one
level, unique names that mean the same on every system, counted while written, hashed as written. Knows no
archive format.

Spec: security contract R-31. Requirements: PLG-007, PLG-009, PLG-013, SEC-001.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from ..errors import LimitError, PluginError
from ..reference import go_quote
from .files import file_error

SIZE_LIMIT = 256 << 20
"""Bytes of a package, and of what is in it, that are too many."""

MAX_ENTRIES = 1000
MAX_RATIO = 200
"""Bytes that may come out of one byte of an archive, beyond the first `FREE_BYTES`."""
FREE_BYTES = 4 << 20

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_OURS = ".notation-py"
_CREATE: int = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


class StagedFile(NamedTuple):
    """A file as it was written: its permission bits and its SHA-256 in hex."""

    mode: int
    sha256: str


class Staging:
    """Files being put into *directory*, which is fresh and ours alone.

    Attributes:
        files: what was put there, by name.

    Args:
        source: what the files come from, for errors, such as `zip`.
    """

    def __init__(self, directory: Path, source: str) -> None:
        self.directory = directory
        self.source = source
        self.files: dict[str, StagedFile] = {}
        self._keys: dict[str, str] = {}
        self._entries = 0
        self._written = 0

    def count_entry(self) -> None:
        """Count one entry of an archive, of whatever kind; raises LimitError."""
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise LimitError(f"{self.source} has more than {MAX_ENTRIES} entries")

    def parts(self, name: str) -> list[str]:
        """Return the parts of *name*, the path of an entry, without `.`; none for the root.

        Raises:
            PluginError: on some system it would mean another place, or nothing.
        """
        if ".." in name:
            raise PluginError(
                f"file name in {self.source} cannot contain '..', but found {go_quote(name[:256])}"
            )
        parts = [part for part in name.removesuffix("/").split("/") if part != "."]
        if name.startswith("/") or not name or not all(map(_is_plain, parts)):
            raise PluginError(
                f"{self.source} has an entry that cannot be used as a file: {go_quote(name[:256])}"
            )
        return parts

    def add(self, name: str, mode: int, pieces: Iterable[bytes]) -> None:
        """Write *pieces* to the new file *name*; *mode* is kept as far as it may be (PLG-013).

        Raises:
            PluginError: there is such a file already. LimitError: all files together are too large.
        """
        key = normalize("NFC", normalize("NFC", name).casefold())
        if key in self._keys:
            twins = f"{go_quote(self._keys[key])} and {go_quote(name)}"
            raise PluginError(f"{self.source} has two files of the same name: {twins}")
        self._keys[key] = name
        digest = sha256()
        path = self.directory / name
        try:
            with os.fdopen(os.open(path, _CREATE, 0o600), "wb") as stream:
                for piece in pieces:
                    self._count(len(piece))
                    digest.update(piece)
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            path.chmod(_kept(mode))
        except OSError as error:
            raise file_error("write", path, error) from error
        self.files[name] = StagedFile(_kept(mode), digest.hexdigest())

    def make_executable(self, name: str) -> None:
        """Set the owner-execute bit of the file *name*."""
        staged = self.files[name]
        self.files[name] = staged._replace(mode=staged.mode | 0o100)
        (self.directory / name).chmod(staged.mode | 0o100)

    def check_room(self, size: int) -> None:
        """Return if *size* more bytes, as an archive announces them, would fit; raises LimitError."""
        if self._written + size >= SIZE_LIMIT:
            raise too_large("total file size")

    def _count(self, size: int) -> None:
        self.check_room(size)
        self._written += size


def too_large(what: str) -> LimitError:
    """Return the error for *what* having reached the limit, in the Go program's words."""
    return LimitError(f"{what} reached the {SIZE_LIMIT >> 20} MiB size limit")


def check_ratio(packed: int, unpacked: int, source: str) -> None:
    """Return if *packed* bytes may become *unpacked*; raises LimitError."""
    if unpacked > FREE_BYTES + packed * MAX_RATIO:
        raise LimitError(f"{source} unpacks to more than {MAX_RATIO} times its size")


def _kept(mode: int) -> int:
    return (mode & 0o755) | 0o400


def _is_plain(part: str) -> bool:
    """Return whether *part* is a file name, and the same one, on every system."""
    return (
        0 < len(part.encode("utf-8", "surrogatepass")) <= 255
        and part.isprintable()
        and not _FORBIDDEN.search(part)
        and not part.endswith((".", " "))
        and not part.casefold().startswith((" ", _OURS))
        and not _DEVICE.fullmatch(part)
    )
