# SPDX-License-Identifier: Apache-2.0
"""The entries of an image index that lists referrers, each with the text it was written in.

Whoever adds an entry to an index of others passes theirs on byte for byte, members we do not know
included. Entries that are no descriptors are kept and never yielded as signatures. Knows nothing
about where an index is stored.

Spec: OCI image-spec image-index.md; distribution-spec, Referrers Tag Schema. Requirements: SIG-026, SIG-031,
SIG-032, SEC-003, R-01.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..descriptor import IMAGE_INDEX, Descriptor
from ..digest import Digest
from ..document import of_type, parse_json, write_json
from ..errors import MalformedError, RegistryError

MAX_INDEX_BYTES = 4 << 20
"""Of one page of referrers and of a tag's index; the reference's limit."""
MAX_ITEMS = 262_144

_SPACE = re.compile(r"[ \t\r\n]*")
_FILTERS_APPLIED = "org.opencontainers.referrers.filtersApplied"


class IndexEntry(NamedTuple):
    """One entry: what it describes, or None if it is no descriptor, and its JSON text."""

    descriptor: Descriptor | None
    text: str

    @property
    def key(self) -> str:
        """Equal for entries that describe the same content (SIG-026)."""
        found = self.descriptor
        return f"{found.media_type} {found.digest} {found.size}" if found else self.text

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said: such entries are dropped when an index is written (SIG-026)."""
        return self.descriptor is None and "".join(self.text.split()) in {"{}", "null"}

    @classmethod
    def of(cls, descriptor: Descriptor) -> IndexEntry:
        """Return a new entry for *descriptor*, with its annotations and artifact type."""
        return cls(descriptor, write_json(descriptor.to_json()))


class ReferrersIndex(NamedTuple):
    """An index of referrers: what its entries describe, in order, None for one that is no descriptor.

    Attributes:
        filtered: whether a filter was applied. text: the whole document, from which writers copy.
    """

    described: tuple[Descriptor | None, ...]
    filtered: bool
    text: str

    @property
    def entries(self) -> tuple[IndexEntry, ...]:
        """The entries with their texts, for those who write them again; readers do without."""
        if not self.described:
            return ()
        texts = _element_texts(self.text, "manifests")
        return tuple(map(IndexEntry, self.described, texts))

    @classmethod
    def parse(cls, data: bytes, *, what: str) -> ReferrersIndex:
        """Return the index that *data* spells.

        Raises:
            RegistryError: not strict JSON or not an image index; *what* names it.
        """
        try:
            document = of_type(
                parse_json(data, what=what, max_bytes=MAX_INDEX_BYTES, max_items=MAX_ITEMS), dict, at=what
            )
            if document.get("mediaType", IMAGE_INDEX) != IMAGE_INDEX:
                raise MalformedError(f"{what} is not an image index")
            manifests = document.get("manifests")
            values: list[Any] = [] if manifests is None else of_type(manifests, list, at=f"{what}.manifests")
        except MalformedError as error:
            raise RegistryError(error.message, hint="the registry is broken or hostile") from error
        annotations = document.get("annotations")
        applied = annotations.get(_FILTERS_APPLIED, "") if isinstance(annotations, Mapping) else ""
        return cls(
            tuple(map(_descriptor, values)),
            isinstance(applied, str) and "artifactType" in applied.split(","),
            data.decode("utf-8"),
        )


def _descriptor(value: Any) -> Descriptor | None:
    try:
        return Descriptor.from_json(value, at="manifests")
    except MalformedError:
        return None


def write_index(entries: Iterable[IndexEntry]) -> bytes:
    """Return the bytes of an index of *entries*: empty and repeated ones dropped, texts as they are."""
    texts: dict[str, str] = {}
    for entry in entries:
        if not entry.is_empty:
            texts.setdefault(entry.key, entry.text)
    head = f'{{"schemaVersion":2,"mediaType":"{IMAGE_INDEX}","manifests":['
    return (head + ",".join(texts.values()) + "]}").encode("utf-8")


def _element_texts(text: str, name: str) -> tuple[str, ...]:
    """Return the texts of the elements of the array *name* in the object *text*, which is sound JSON."""
    decoder = json.JSONDecoder()
    place = _after_space(text, _after_space(text, 0) + 1)
    while text[place] != "}":
        member, place = decoder.raw_decode(text, place)
        place = _after_space(text, _after_space(text, place) + 1)  # the colon
        if member == name:
            return _array_texts(text, place, decoder)
        _, place = decoder.raw_decode(text, place)
        place = _after_comma(text, place)
    return ()


def _array_texts(text: str, place: int, decoder: json.JSONDecoder) -> tuple[str, ...]:
    texts = []
    place = _after_space(text, place + 1)
    while text[place] != "]":
        _, end = decoder.raw_decode(text, place)
        texts.append(text[place:end])
        place = _after_comma(text, end)
    return tuple(texts)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _after_comma(text: str, place: int) -> int:
    place = _after_space(text, place)
    return _after_space(text, place + 1) if text[place] == "," else place


def referrers_tags(subject: Digest) -> tuple[str, ...]:
    """Return the tags under which an index of the referrers of *subject* can stand, the first for writing.

    The whole hex, as the Go program has it, and its first 64 characters, as the specification
    has it (A-45). With SHA-512 the whole does not fit into a tag, so the short one is written.
    """
    algorithm = subject.algorithm.value
    whole, short = f"{algorithm}-{subject.hex}", f"{algorithm}-{subject.hex[:64]}"
    if whole == short:
        return (whole,)
    return (whole, short) if len(whole) <= 128 else (short, whole)
