# SPDX-License-Identifier: Apache-2.0
"""A repository in an OCI image layout: a directory of blobs and one index.

Referrers are found in both ways that clients write them: manifests listed in `index.json`,
as oras and the Go program do, and the index under the referrers tag, as regctl does; both
are written. Blobs are named by digest only, links are refused, and a writer that is killed
leaves at most an unreferenced blob. Knows nothing about signatures.

Spec: OCI image-spec image-layout.md; distribution-spec, Referrers Tag Schema.
Requirements: SIG-020, SIG-034, SIG-043, SIG-054, SEC-001, SEC-005, R-23, R-34.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..descriptor import (
    ARTIFACT_MANIFEST,
    DOCKER_MANIFEST,
    DOCKER_MANIFEST_LIST,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    Descriptor,
)
from ..digest import Digest
from ..document import member, of_type, parse_json, string_map
from ..errors import (
    ConfigurationError,
    LimitError,
    MalformedError,
    NotationError,
    NotFoundError,
    RegistryError,
)
from ..registry.repository import fetch_all
from .file_changes import exclusive_lock, stage_file, sweep, sync_directory, write_file
from .files import FileError, FileProblem, Warn, file_error, open_file, read_file
from .layout_index import LayoutIndex, referrers_tag

MAX_INDEX_BYTES = 8 << 20
"""Of `index.json`: some 12,000 signatures; the contract has no number for it."""
MAX_MANIFEST_BYTES = 4 << 20
MAX_NESTING = 4
MAX_LISTINGS = 8
"""Indexes under one referrers tag, each of up to 4 MiB; there is one, unless writers crossed."""
MAX_CANDIDATES = 20_000
"""Manifests and indexes that one search for referrers reads."""

_UNTYPED = "application/octet-stream"
_MANIFESTS = frozenset({IMAGE_MANIFEST, ARTIFACT_MANIFEST})
_BOUNDED = _MANIFESTS | {IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_MANIFEST_LIST}
_ATTEMPTS = 5
_CHUNK = 1 << 20


class LayoutRepository:
    """The OCI image layout in the directory *path*, as a `Repository`.

    Args:
        path: the directory, not a tarball.
        warn: takes one line about content that was passed over.

    Raises:
        RegistryError: not a directory, or not an image layout of version 1.0.0.
    """

    def __init__(self, path: Path, warn: Warn = lambda _: None) -> None:
        try:
            status = path.stat()
        except (OSError, ValueError) as error:
            reason = file_error("stat", path, error).message
            raise RegistryError(f"failed to create OCI store: {reason}") from error
        if not stat.S_ISDIR(status.st_mode):
            raise RegistryError("failed to create OCI store: the input path is not a directory")
        self._path = path
        self._ingest = path / "ingest"
        self._warn = warn
        self._check_version()

    def _check_version(self) -> None:
        try:
            data, _ = read_file(self._path / "oci-layout", max_bytes=4096)
            header = of_type(parse_json(data, what="oci-layout", max_bytes=4096), dict, at="oci-layout")
            version = member(header, "imageLayoutVersion", str, at="oci-layout")
        except NotationError as error:
            raise RegistryError(f"{self._path} is not an OCI image layout: {error.message}") from error
        if version != "1.0.0":
            raise RegistryError(f"OCI image layout {self._path}: version must be 1.0.0")

    def resolve(self, target: str) -> Descriptor:
        """Return the descriptor of the content that the tag or digest *target* names; its blob is checked.

        A digest that `index.json` does not list gives a descriptor of the blob with the media type
        `application/octet-stream`, as in the Go program.

        Raises:
            NotFoundError: no such tag or blob. RegistryError: the tag names two different contents,
                or the blob is not what its descriptor says.
        """
        index = self._index()
        if ":" in target:
            return self._resolve_digest(index, target)
        try:
            found = index.tagged(target)
        except MalformedError as error:
            raise RegistryError(f"OCI image layout {self._path}: index.json: {error.message}") from error
        if not found:
            raise NotFoundError(f"tag {target!r}: not found")
        if any(not other.same_content(found[0]) for other in found):
            raise RegistryError(
                f"OCI image layout {self._path}: index.json has tag {target!r} on different contents",
                hint="use the digest instead of the tag",
            )
        self._check_blob(found[0])
        return found[0]

    def _resolve_digest(self, index: LayoutIndex, target: str) -> Descriptor:
        try:
            digest = Digest.parse(target)
        except MalformedError as error:
            raise NotFoundError(f"{target!r}: not found", hint=error.message) from error
        found = index.listed(digest)
        if found is None:
            path = self._blob_path(digest)
            try:
                size = path.lstat().st_size
            except OSError as error:
                raise NotFoundError(f"{digest}: not found") from error
            found = Descriptor(_UNTYPED, digest, size)
        self._check_blob(found)
        return found

    def referrers(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        """Yield the manifests of *artifact_type* whose `subject` has the digest of *subject*.

        First those under the referrers tag, then those in `index.json` and in nested indexes, each
        once. A manifest that cannot be read is passed over with a warning.

        Raises:
            RegistryError: `index.json` or the index under the referrers tag cannot be read.
            LimitError: too many manifests to search.
        """
        seen: set[tuple[str, Digest, int]] = set()  # an entry that lies about its size must not hide another
        for entry in self._candidates(subject.digest):
            key = entry.media_type, entry.digest, entry.size
            if entry.digest == subject.digest or key in seen:
                continue
            if entry.artifact_type not in {None, "", artifact_type}:
                continue
            seen.add(key)
            if (found := self._referrer(entry, subject.digest)) and found.artifact_type == artifact_type:
                yield found

    def _candidates(self, subject: Digest) -> Iterator[Descriptor]:
        """Yield the manifests of the referrers tag, then of `index.json` and the indexes in it, bounded."""
        index = self._index()
        listings = self._listings(index, subject)
        queue = deque((entry, 1) for listing in listings for entry in listing.descriptors())
        queue.extend((entry, 1) for entry in index.descriptors())
        opened: set[tuple[Digest, int]] = set()
        for _ in range(MAX_CANDIDATES):
            if not queue:
                return
            entry, depth = queue.popleft()
            key = entry.digest, entry.size
            if entry.media_type in _MANIFESTS:
                yield entry
            elif entry.media_type == IMAGE_INDEX and key not in opened and depth <= MAX_NESTING:
                opened.add(key)
                queue.extendleft((nested, depth + 1) for nested in reversed(self._nested(entry)))
        if queue:
            raise LimitError(f"OCI image layout {self._path}: more than {MAX_CANDIDATES} manifests to search")

    def _listings(self, index: LayoutIndex, subject: Digest) -> list[LayoutIndex]:
        """Return the indexes that the referrers tag of *subject* names: none, one, or several by accident."""
        tag = referrers_tag(subject)
        try:
            entries = {entry.digest: entry for entry in index.tagged(tag) if entry.media_type == IMAGE_INDEX}
            if len(entries) > MAX_LISTINGS:
                raise LimitError(f"OCI image layout {self._path}: tag {tag} names {len(entries)} indexes")
            return [self._open_index(entry) for entry in entries.values()]
        except MalformedError as error:
            raise RegistryError(f"OCI image layout {self._path}: tag {tag}: {error.message}") from error

    def _open_index(self, entry: Descriptor) -> LayoutIndex:
        data = fetch_all(self, entry, max_bytes=MAX_MANIFEST_BYTES, what="image index")
        return LayoutIndex.parse(data, what="image index", max_bytes=MAX_MANIFEST_BYTES)

    def _nested(self, entry: Descriptor) -> tuple[Descriptor, ...]:
        try:
            return tuple(self._open_index(entry).descriptors())
        except NotFoundError:
            return ()  # a sparse copy: some platforms of an image were left behind
        except NotationError as error:
            self._warn(f"image index {entry.digest} was passed over: {error.message}")
            return ()

    def _referrer(self, entry: Descriptor, subject: Digest) -> Descriptor | None:
        """Return *entry* with the manifest's own type and annotations, or None if it has another subject."""
        try:
            data = fetch_all(self, entry, max_bytes=MAX_MANIFEST_BYTES, what="manifest")
            manifest = _parse_manifest(data)
            if "subject" not in manifest:
                return None
            if Descriptor.from_json(manifest["subject"], at="subject").digest != subject:
                return None
            return _described(entry, manifest)
        except NotFoundError:
            return None
        except NotationError as error:
            self._warn(f"manifest {entry.digest} was passed over: {error.message}")
            return None

    def fetch(self, content: Descriptor, *, max_bytes: int) -> bytes:
        """Return the bytes of the blob that *content* names.

        Raises:
            NotFoundError: there is none. LimitError: it has more than *max_bytes*. RegistryError: it is
                a link or not a regular file, or cannot be read.
        """
        try:
            return read_file(self._blob_path(content.digest), max_bytes=max_bytes)[0]
        except FileError as error:
            raise _refused(content.digest, error) from error

    def push(self, content: Descriptor, data: bytes) -> None:
        """Store the blob *data*, read-only and whole, unless it is there already.

        Raises:
            RegistryError: *data* is not what *content* says, or it cannot be stored.
        """
        with self._writing():
            self._store(content, data)

    def push_manifest(self, content: Descriptor, data: bytes, subject: Descriptor) -> None:
        """Store the manifest *data* and list it in `index.json` and under the referrers tag.

        The index is read again until it lists the manifest in both ways: a writer that does not
        take our lock may have replaced it.

        Raises:
            RegistryError: stored, but not listed; the message names the manifest's digest.
        """
        entry = _described(content, _parse_manifest(data))
        with self._writing():
            self._store(content, data)
            try:
                self._list(entry, subject.digest)
            except NotationError as error:
                raise RegistryError(
                    f"manifest {content.digest} is stored in {self._path}, but not listed: {error.message}"
                ) from error

    def _list(self, entry: Descriptor, subject: Digest) -> None:
        for _ in range(_ATTEMPTS):
            index = self._index()
            updated = self._linked(index, entry, subject)
            if updated is index:
                return
            write_file(self._path / "index.json", updated.to_bytes(), mode=0o666)
        raise RegistryError("another program keeps replacing index.json")

    def _linked(self, index: LayoutIndex, entry: Descriptor, subject: Digest) -> LayoutIndex:
        """Return *index* with *entry* listed in both ways; the same object if it already is."""
        listings = self._listings(index, subject)
        if index.listed(entry.digest) is None:
            index = index.with_entry(entry)
        if len(listings) == 1 and listings[0].listed(entry.digest) is not None:
            return index
        merged = listings[0] if listings else LayoutIndex.empty()
        others = (found for listing in listings[1:] for found in listing.descriptors())
        data = merged.with_missing((*others, entry)).to_bytes()
        target = Descriptor.of(IMAGE_INDEX, data)
        self._store(target, data)
        return index.with_tag(referrers_tag(subject), target)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the layout's lock; failures of the file system become `RegistryError`."""
        try:
            with exclusive_lock(self._path):
                if self._ingest.is_symlink():
                    raise RegistryError(f"{self._ingest} is a link", hint="copy the layout without links")
                sweep(self._ingest)
                yield
        except ConfigurationError as error:
            raise RegistryError(error.message, hint=error.hint) from error

    def _store(self, content: Descriptor, data: bytes) -> None:
        content.digest.check(data, what="content to store")
        if len(data) != content.size:
            raise RegistryError(f"content to store: expected {content.size} bytes, got {len(data)}")
        with suppress(NotFoundError, LimitError):
            if self.fetch(content, max_bytes=content.size) == data:
                return
        path = self._blob_path(content.digest)
        for directory in (self._ingest, path.parent):
            _make_directory(directory)
        temporary = stage_file(self._ingest, data, mode=0o600, path=path)
        try:
            temporary.chmod(0o444)
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise file_error("open", path, error) from error
        sync_directory(path.parent)

    def _index(self) -> LayoutIndex:
        try:
            data, _ = read_file(self._path / "index.json", max_bytes=MAX_INDEX_BYTES)
            return LayoutIndex.parse(data, what="index.json", max_bytes=MAX_INDEX_BYTES)
        except (FileError, MalformedError) as error:
            raise RegistryError(f"OCI image layout {self._path}: {error.message}") from error

    def _blob_path(self, digest: Digest) -> Path:
        """Return the blob's path, whose directories are no links: a `Digest` has no separators."""
        directory = self._path / "blobs" / digest.algorithm.value
        for place in (directory.parent, directory):
            if place.is_symlink():
                raise RegistryError(f"{place} is a link", hint="copy the layout without links")
        return directory / digest.hex

    def _check_blob(self, content: Descriptor) -> None:
        """Return if the blob is a regular file with the size and digest of *content*, read in pieces."""
        path = self._blob_path(content.digest)
        try:
            with open_file(path) as stream:
                self._check_size(content, os.fstat(stream.fileno()).st_size)
                found, size = Digest.of_chunks(
                    iter(lambda: stream.read(_CHUNK), b""), content.digest.algorithm
                )
        except FileError as error:
            raise _refused(content.digest, error) from error
        if (found, size) != (content.digest, content.size):
            raise _changed(content, f"{found} with {size} bytes")

    @staticmethod
    def _check_size(content: Descriptor, size: int) -> None:
        """Return if hashing so many bytes can be of use: a file with holes is large at no cost."""
        if size != content.size:
            raise _changed(content, f"{size} bytes instead of {content.size}")
        if content.media_type in _BOUNDED and size > MAX_MANIFEST_BYTES:
            raise LimitError(f"manifest {content.digest} is larger than {MAX_MANIFEST_BYTES} bytes")


def _changed(content: Descriptor, found: str) -> RegistryError:
    return RegistryError(
        f"blob {content.digest} has been changed: found {found}",
        hint="copy the layout again from its source; do not use it",
    )


def _refused(digest: Digest, error: FileError) -> NotationError:
    match error.problem:
        case FileProblem.MISSING:
            return NotFoundError(f"{digest}: not found")
        case FileProblem.TOO_LARGE:
            return LimitError(f"blob {digest}: {error.message}")
        case _:
            return RegistryError(f"blob {digest}: {error.message}", hint=error.hint)


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(exist_ok=True, parents=True)
    except OSError as error:
        raise file_error("mkdir", path, error) from error


def _parse_manifest(data: bytes) -> dict[str, Any]:
    value = parse_json(data, what="manifest", max_bytes=MAX_MANIFEST_BYTES)
    return of_type(value, dict, at="manifest")


def _described(entry: Descriptor, manifest: dict[str, Any]) -> Descriptor:
    """Return *entry* with the type and annotations that *manifest* itself has (SIG-026)."""
    artifact_type = manifest.get("artifactType")
    if not artifact_type and "config" in manifest:
        config: dict[str, Any] = member(manifest, "config", dict)
        artifact_type = member(config, "mediaType", str, at="config")
    annotations = manifest.get("annotations")
    return Descriptor(
        entry.media_type,
        entry.digest,
        entry.size,
        of_type(artifact_type or "", str, at="artifactType"),
        {} if annotations is None else string_map(annotations, at="annotations"),
    )
