# SPDX-License-Identifier: Apache-2.0
"""What was installed: the SHA-256 of every file of a plugin, written next to them and compared at use.

The record lies in the plugin's own directory, so that it comes and goes with it in one step, and
disappears when another program puts its own version there. Detects changes, not their author.

Spec: security contract R-28. Requirements: SEC-001, SEC-003, PLG-004.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ..document import member, parse_json, string_map, write_json
from ..errors import MalformedError, PluginError
from .files import FileError, FileProblem, open_file, read_file

RECORD_NAME = ".notation-py.json"
MAX_RECORD_BYTES = 1 << 20
_PIECE = 1 << 20


class Fingerprint(NamedTuple):
    """What tells that a file may have changed; the change time cannot be set by those who change it."""

    device: int
    node: int
    size: int
    modified: int
    changed: int


def digest_of_file(path: Path) -> tuple[str, Fingerprint]:
    """Return the SHA-256 of *path* as lower-case hex, and the fingerprint it had; raises FileError."""
    with open_file(path) as stream:
        digest = sha256()
        before = _fingerprint(os.fstat(stream.fileno()))  # of what is read, whatever its name means by now
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest(), before


def fingerprint(path: Path) -> Fingerprint:
    """Return the fingerprint of *path*, which is not followed if it is a link; raises OSError."""
    return _fingerprint(path.lstat())


def _fingerprint(status: os.stat_result) -> Fingerprint:
    return Fingerprint(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def record_bytes(digests: Mapping[str, str]) -> bytes:
    """Return the record of files with the given SHA-256 by name."""
    return write_json({"version": "1", "sha256": dict(sorted(digests.items()))}).encode() + b"\n"


def read_record(directory: Path) -> dict[str, str] | None:
    """Return the SHA-256 of what was installed in *directory* by file name, or None without a record.

    Raises:
        PluginError: there is one and it cannot be read.
    """
    path = directory / RECORD_NAME
    try:
        data, _ = read_file(path, max_bytes=MAX_RECORD_BYTES)
        document = parse_json(data, what="record", max_bytes=MAX_RECORD_BYTES)
        version = member(document, "version", str) if isinstance(document, dict) else ""
        if version != "1":
            raise MalformedError("is of an unknown version")
        return string_map(document.get("sha256"), at="sha256")
    except FileError as error:
        if error.problem is FileProblem.MISSING:
            return None
        raise _unreadable(path, error.message) from error
    except MalformedError as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> PluginError:
    return PluginError(
        f"the record of the installed plugin {path} cannot be used: {reason}",
        hint="install the plugin again with `notation-py plugin install --force`",
    )
