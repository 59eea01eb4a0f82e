# SPDX-License-Identifier: Apache-2.0
"""The index documents of an OCI image layout: read strictly, changed without losing a member.

Serves `index.json` and the fallback index that the referrers tag names. Entries that this
project cannot read stay in the document as they are. Knows nothing about files.

Spec: OCI image-spec image-layout.md, image-index.md; distribution-spec, Referrers Tag Schema.
Requirements: SIG-026, SIG-034, SIG-043, SEC-003.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..descriptor import IMAGE_INDEX, Descriptor
from ..digest import Digest
from ..document import member, of_type, parse_json, write_json
from ..errors import MalformedError

REF_NAME = "org.opencontainers.image.ref.name"
MAX_ITEMS = 262_144
"""Members and elements of one index: some 25,000 entries with two annotations."""


def referrers_tag(subject: Digest) -> str:
    """Return the tag that lists the referrers of *subject*, such as `sha256-ab…` (SIG-034)."""
    return f"{subject.algorithm.value}-{subject.hex[:64]}"


@dataclass(frozen=True, slots=True)
class LayoutIndex:
    """An image index: the document as it was read, and its entries, readable or not."""

    document: Mapping[str, Any]
    entries: tuple[Any, ...]

    @classmethod
    def empty(cls) -> LayoutIndex:
        """Return an index without entries."""
        return cls({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": []}, ())

    @classmethod
    def parse(cls, data: bytes, *, what: str, max_bytes: int) -> LayoutIndex:
        """Return the index that *data* spells; entries are not looked into.

        Raises:
            MalformedError: not strict JSON, or not an image index.
        """
        value = parse_json(data, what=what, max_bytes=max_bytes, max_items=MAX_ITEMS)
        document: dict[str, Any] = of_type(value, dict, at=what)
        if member(document, "schemaVersion", int, at=what) != 2:
            raise MalformedError("must be 2", at=f"{what}.schemaVersion")
        if document.get("mediaType", IMAGE_INDEX) != IMAGE_INDEX:
            raise MalformedError(f"must be {IMAGE_INDEX}", at=f"{what}.mediaType")
        manifests = document.get("manifests")
        entries: list[Any] = [] if manifests is None else of_type(manifests, list, at=f"{what}.manifests")
        return cls(document, tuple(entries))

    def descriptors(self) -> Iterator[Descriptor]:
        """Yield the entries that are descriptors, in order; others are passed over."""
        for entry in self.entries:
            try:
                yield Descriptor.from_json(entry, at="manifests")
            except MalformedError:
                continue

    def tagged(self, tag: str) -> tuple[Descriptor, ...]:
        """Return the descriptors that are annotated with the reference name *tag*.

        Raises:
            MalformedError: such an entry is not a descriptor.
        """
        return tuple(
            Descriptor.from_json(entry, at=f"manifests[{position}]")
            for position, entry in enumerate(self.entries)
            if _ref_name(entry) == tag
        )

    def listed(self, digest: Digest) -> Descriptor | None:
        """Return the first descriptor with *digest*, or None."""
        return next((entry for entry in self.descriptors() if entry.digest == digest), None)

    def with_entry(self, entry: Descriptor) -> LayoutIndex:
        """Return the index with *entry* at its end."""
        return self._with_entries((*self.entries, entry.to_json()))

    def with_missing(self, entries: Iterable[Descriptor]) -> LayoutIndex:
        """Return the index with those of *entries* at its end whose digest it does not list, once each."""
        listed = {entry.digest for entry in self.descriptors()}
        new = {entry.digest: entry for entry in entries if entry.digest not in listed}
        return self._with_entries((*self.entries, *(entry.to_json() for entry in new.values())))

    def with_tag(self, tag: str, target: Descriptor) -> LayoutIndex:
        """Return the index in which exactly one entry, the last, has the reference name *tag*."""
        kept = (entry for entry in self.entries if _ref_name(entry) != tag)
        tagged = Descriptor(target.media_type, target.digest, target.size, annotations={REF_NAME: tag})
        return self._with_entries((*kept, tagged.to_json()))

    def to_bytes(self) -> bytes:
        """Return the document as compact JSON, unknown members and entries included."""
        return write_json(dict(self.document)).encode("utf-8")

    def _with_entries(self, entries: tuple[Any, ...]) -> LayoutIndex:
        return LayoutIndex({**self.document, "manifests": list(entries)}, entries)


def _ref_name(entry: Any) -> str | None:
    match entry:
        case {"annotations": {"org.opencontainers.image.ref.name": str(name)}}:
            return name
        case _:
            return None
