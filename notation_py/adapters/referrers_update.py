# SPDX-License-Identifier: Apache-2.0
"""Making a pushed manifest findable, and seeing to it that it stays so among other writers.

Where the registry keeps the list itself, the list is read back and a manifest that fell out of it
is put again. Where it does not, the index under the tag is read, merged and written, entries of
others as they were, and outdated indexes are deleted at the end, when nobody reads them any more.
Threads of this process take turns; other processes are met by `settling`.

Spec: OCI distribution-spec, Pushing Manifests with Subject. Requirements: SIG-024 to SIG-028, R-10.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from weakref import WeakValueDictionary

from ..descriptor import IMAGE_INDEX, Descriptor
from ..digest import Digest
from ..errors import LimitError, NotationError, RegistryError
from .files import Warn
from .index_entries import MAX_INDEX_BYTES, IndexEntry, ReferrersIndex, referrers_tags, write_index
from .referrers import ReferrersReader
from .remote_content import RemoteContent
from .settling import settle

DELETION_FAILED = (
    "Removal of outdated referrers index from remote registry failed. Garbage collection may be required."
)
LEAST_SECONDS = 15.0
"""A writer among others stays for up to four; less time for everything would make it fail needlessly."""
_ABSENT_TWICE_SECONDS = 0.01

_turns: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
_turns_lock = threading.Lock()


def turn_for(name: str) -> threading.Lock:
    """Return the lock that serialises this process's changes of the list *name*."""
    with _turns_lock:
        lock = _turns.get(name)
        if lock is None:
            lock = _turns[name] = threading.Lock()
        return lock


class TagIndex:
    """The index under the tag of one subject, as a shared list of `IndexEntry`."""

    def __init__(
        self, content: RemoteContent, reader: ReferrersReader, subject: Descriptor, own: Descriptor
    ) -> None:
        self._content = content
        self._reader = reader
        self._tag = referrers_tags(subject.digest)[0]
        self._own = own.digest
        self._entity_tag: str | None = None
        self._current: Descriptor | None = None
        self._refused_for: Descriptor | None = None
        self._outdated: dict[str, Descriptor] = {}

    def read(self) -> Mapping[str, IndexEntry]:
        """Return the entries; a tag that is gone for an instant, while others move it, counts as there."""
        response = self._reader.tag_response(self._tag)
        if response is None:
            time.sleep(_ABSENT_TWICE_SECONDS)
            response = self._reader.tag_response(self._tag)
        if response is None:
            self._current = self._entity_tag = None
            return {}
        self._current = Descriptor(IMAGE_INDEX, Digest.of(response.body), len(response.body))
        self._entity_tag = _strong_entity_tag(response.header("etag"))
        index = ReferrersIndex.parse(response.body, what=f"referrers index {self._tag}")
        return {entry.key: entry for entry in index.entries if not entry.is_empty}

    def add(self, found: Mapping[str, IndexEntry], missing: Mapping[str, IndexEntry]) -> Collection[str]:
        """Write the index anew, *missing* at its end; return those of others that exist no more."""
        gone = [key for key, entry in missing.items() if not self._is_there(entry)]
        wanted = [entry for key, entry in missing.items() if key not in gone]
        if wanted:
            self._write(write_index([*found.values(), *wanted]))
        return gone

    def _write(self, data: bytes) -> None:
        if len(data) > MAX_INDEX_BYTES:
            raise LimitError(f"the referrers index {self._tag} would be larger than {MAX_INDEX_BYTES} bytes")
        index = Descriptor.of(IMAGE_INDEX, data)
        condition = None if self._current == self._refused_for else self._entity_tag
        response = self._content.client().put_manifest(index, data, tag=self._tag, if_match=condition)
        if response.status == 412:
            # Another writer was faster, as the next look will show. If it shows the same index, the
            # registry only seems to know conditions, and is not given one again.
            self._refused_for = self._current
            return
        if response.status != 201:
            raise response.failure()
        if self._current is not None and self._current.digest != index.digest:
            self._outdated[str(self._current.digest)] = self._current
        self._outdated.pop(str(index.digest), None)

    def _is_there(self, entry: IndexEntry) -> bool:
        descriptor = entry.descriptor
        if descriptor is None or descriptor.digest == self._own:
            return True
        return self._content.holds_manifest(descriptor)

    def delete_outdated(self, warn: Warn) -> bool:
        """Delete the indexes that this writer replaced; return whether anything was deleted (SIG-027)."""
        outdated, self._outdated = self._outdated, {}
        if self._current is not None:
            outdated.pop(str(self._current.digest), None)
        failed = False
        for index in outdated.values():
            try:
                self._content.delete_manifest(index)
            except NotationError:
                failed = True
        if failed:
            warn(DELETION_FAILED)
        return bool(outdated)


def _strong_entity_tag(text: str | None) -> str | None:
    """Return *text* if it is an entity tag that a condition can compare and a header can carry."""
    good = text and len(text) <= 256 and text.isascii() and text.isprintable() and text[0] == text[-1] == '"'
    return text if good else None


class RegistryList:
    """The list that a registry with the API keeps for one subject, as a shared list of descriptors."""

    def __init__(
        self,
        content: RemoteContent,
        reader: ReferrersReader,
        subject: Descriptor,
        artifact_type: str,
    ) -> None:
        self._content = content
        self._reader = reader
        self._subject = subject
        self._artifact_type = artifact_type

    def read(self) -> Mapping[str, Descriptor]:
        """Return the descriptors by digest."""
        listed = self._reader.api_entries(self._subject, self._artifact_type)
        return {str(descriptor.digest): descriptor for descriptor in listed}

    def add(
        self,
        found: Mapping[str, Descriptor],  # noqa: ARG002 - the registry keeps the list itself
        missing: Mapping[str, Descriptor],
    ) -> Collection[str]:
        """Put the missing manifests again, as they are, so that the registry takes note of them."""
        return [key for key, descriptor in missing.items() if not self._content.put_again(descriptor)]


def keep_listed(
    shared: TagIndex | RegistryList,
    manifest: Descriptor,
    *,
    name: str,
    seconds: float,
    total: float,
    warn: Warn,
) -> None:
    """Return when *manifest* is listed in *shared* and stays so.

    Args:
        name: of the list, for taking turns within this process.
        seconds: to stay listed at least. total: seconds for everything, or `LEAST_SECONDS` if more.

    Raises:
        RegistryError: it could not be confirmed; names the manifest's digest.
    """
    deadline = time.monotonic() + max(total, LEAST_SECONDS)
    try:
        match shared:
            case TagIndex():
                entry = IndexEntry.of(manifest)
                own, seen = {entry.key: entry}, dict[str, IndexEntry]()
                taking_turns = _TakingTurns(shared, turn_for(name))
                settle(taking_turns, own, seconds=seconds, deadline=deadline, seen=seen)
                if shared.delete_outdated(warn):
                    settle(taking_turns, own, seconds=0, deadline=deadline, seen=seen)
            case RegistryList():
                mine = {str(manifest.digest): manifest}
                settle(shared, mine, seconds=seconds, deadline=deadline, seen={})
    except RegistryError as error:
        raise RegistryError(
            f"signature manifest {manifest.digest}: {error.message}",
            hint="it is stored; sign again, or add it to the list of referrers when the registry is quiet",
        ) from error


class _TakingTurns:
    """A tag's index of which a thread of this process reads and writes only in its turn."""

    def __init__(self, index: TagIndex, turn: threading.Lock) -> None:
        self._index = index
        self._turn = turn

    def read(self) -> Mapping[str, IndexEntry]:
        return self._index.read()

    def add(self, found: Mapping[str, IndexEntry], missing: Mapping[str, IndexEntry]) -> Collection[str]:
        with self._turn:
            present = self._index.read()
            wanted = {**found, **missing}
            still_missing = {key: entry for key, entry in wanted.items() if key not in present}
            return self._index.add(present, still_missing) if still_missing else ()
