# SPDX-License-Identifier: Apache-2.0
"""CRLs kept on disk, in the Go program's format and place, so that each program uses what the other fetched.

One file for each URL, replaced in one step, so that readers and writers need no lock. What is read is a
stranger's: bounded, strict, and judged by the caller like an answer from the network. A failure
costs time and one warning, never a verdict.

Spec: security contract 2.4 R-20; reference behaviours 10.4. Requirements: REV-080, REV-082, REV-084, CFG-003.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ..document import member, parse_json
from ..encoding import decode_base64, encode_base64
from ..errors import MalformedError, NotationError
from ..reference import go_quote
from ..revocation.cache import CrlBundle
from .file_changes import private_directory, stage_file, sync_directory
from .files import FileError, FileProblem, Warn, file_error, read_file
from .traces import unheard

MAX_CRL_BYTES = 32 << 20
TEMPORARY_PREFIX = "notation-"
ABANDONED_SECONDS = 3600
"""After which a temporary file belongs to a writer that was killed."""

_MAX_CHARACTERS = (MAX_CRL_BYTES + 2) // 3 * 4
_MAX_FILE_BYTES = 2 * _MAX_CHARACTERS + 256
_BASE, _DELTA = "baseCRL", "deltaCRL"
_DISCARDED = "CRL cache error discarded. Enable debug log through '-d' for error details."


class DirectoryCrlCache:
    """Implements `CrlCache`; make one for a process, as each warns once.

    Args:
        directory: made with the first list that is kept.
        warn: gets at most one line. note: gets a line for each thing that is done or fails.
    """

    def __init__(self, directory: Path, warn: Warn = unheard, note: Warn = unheard) -> None:
        self._directory = directory
        self._warn = warn
        self._note = note
        self._lock = threading.Lock()
        self._has_warned = False

    def load(self, url: str) -> CrlBundle | None:
        """Return what is kept for *url*, or None if that is nothing or cannot be used."""
        key = go_quote(url)
        self._note(f"Retrieving crl bundle from file cache with key {key} ...")
        try:
            data, _ = read_file(self._path(url), max_bytes=_MAX_FILE_BYTES)
            return _parse(data)
        except FileError as error:
            if error.problem is FileProblem.MISSING:
                self._note(f"CRL file cache miss. Key {key} does not exist")
                return None
            failure: NotationError = error
        except MalformedError as error:
            failure = error
        self._discard(f"failed to get crl bundle from file cache with key {key}: {failure.message}")
        return None

    def store(self, url: str, bundle: CrlBundle) -> None:
        """Keep *bundle* for *url*, if possible; at any time the file is the old one or the new one."""
        self._note(f"Storing crl bundle to file cache with key {go_quote(url)} ...")
        try:
            private_directory(self._directory)
        except FileError as error:
            failure = f"failed to create crl file cache: {error.message}"
            self._discard(failure, failure)
            return
        try:
            self._replace(self._path(url), _spelt(bundle))
        except NotationError as error:
            self._discard(f"failed to store crl bundle in file cache: {error.message}")

    def _path(self, url: str) -> Path:
        return self._directory / sha256(url.encode("utf-8", "surrogatepass")).hexdigest()

    def _replace(self, path: Path, data: bytes) -> None:
        """Give *path* the content *data*; unlike elsewhere a link or pipe of that name just goes."""
        temporary = stage_file(self._directory, data, mode=0o600, path=path, prefix=TEMPORARY_PREFIX)
        try:
            self._sweep(temporary.stat().st_mtime - ABANDONED_SECONDS)
            temporary.replace(path)
        except OSError as error:
            raise file_error("rename", path, error) from error
        finally:
            with suppress(OSError):
                temporary.unlink()
        sync_directory(self._directory)

    def _sweep(self, before: float) -> None:
        """Remove temporary files of either program last written *before*, by the clock of the file system."""
        for path in self._directory.glob(f"{TEMPORARY_PREFIX}*"):
            with suppress(OSError):
                if path.lstat().st_mtime < before:
                    path.unlink()

    def _discard(self, failure: str, warning: str = _DISCARDED) -> None:
        self._note(failure)
        with self._lock:
            is_first, self._has_warned = not self._has_warned, True
        if is_first:
            self._warn(warning)


def _parse(data: bytes) -> CrlBundle:
    document = parse_json(data, what="CRL cache file", max_bytes=_MAX_FILE_BYTES, max_items=8)
    if not isinstance(document, dict) or not document.keys() <= {_BASE, _DELTA}:
        raise MalformedError(f"CRL cache file is not an object of {_BASE} and {_DELTA} alone")
    lists = {name: _decoded(member(document, name, str), name) for name in {_BASE} | document.keys()}
    return CrlBundle(lists[_BASE], lists.get(_DELTA))


def _decoded(text: str, name: str) -> bytes:
    data = decode_base64(text, at=name, max_characters=_MAX_CHARACTERS)
    if not data:
        raise MalformedError("is empty", at=name)
    return data


def _spelt(bundle: CrlBundle) -> bytes:
    """Return *bundle* as the Go program spells it."""
    for data in bundle:
        if data is not None and not 0 < len(data) < MAX_CRL_BYTES:
            raise MalformedError(f"a list of {len(data)} bytes is not kept")
    delta = "" if bundle.delta is None else f',"{_DELTA}":"{encode_base64(bundle.delta)}"'
    return f'{{"{_BASE}":"{encode_base64(bundle.base)}"{delta}}}'.encode("ascii")
