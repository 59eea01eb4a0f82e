# SPDX-License-Identifier: Apache-2.0
"""A repository in memory: the port's behaviour without transport, and with scripted faults.

Limits: one repository, no concurrency, no tag-schema; listing order is insertion order. The real
adapters are held to the same contract suite in tests/contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from notation_py.descriptor import Descriptor
from notation_py.digest import Digest
from notation_py.errors import NotFoundError


class FakeRepository:
    """Manifests and blobs by digest, tags by name, referrers by subject digest."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.tags: dict[str, Descriptor] = {}
        self.listed: dict[str, list[Descriptor]] = {}
        self.calls: list[str] = []
        self.on_fetch: Callable[[Descriptor], bytes | None] = lambda _: None
        self.on_list: Callable[[Descriptor], Iterator[Descriptor]] | None = None

    def add(self, tag: str, descriptor: Descriptor, data: bytes) -> None:
        """Store an artifact's manifest under *tag*."""
        self.content[str(descriptor.digest)] = data
        self.tags[tag] = descriptor

    def resolve(self, target: str) -> Descriptor:
        self.calls.append(f"resolve {target}")
        for tag, descriptor in self.tags.items():
            if target in {tag, str(descriptor.digest)}:
                return descriptor
        raise NotFoundError(f"{target}: not found")

    def referrers(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        self.calls.append("referrers")
        if self.on_list is not None:
            yield from self.on_list(subject)
            return
        for descriptor in self.listed.get(str(subject.digest), []):
            if descriptor.artifact_type == artifact_type:
                yield descriptor

    def fetch(self, content: Descriptor, *, max_bytes: int) -> bytes:
        self.calls.append(f"fetch {content.digest}")
        scripted = self.on_fetch(content)
        if scripted is not None:
            return scripted
        data = self.content.get(str(content.digest))
        if data is None:
            raise NotFoundError(f"{content.digest}: not found")
        return data[: max_bytes + 1]

    def push(self, content: Descriptor, data: bytes) -> None:
        assert Digest.of(data) == content.digest
        self.calls.append(f"push {content.media_type}")
        self.content[str(content.digest)] = data

    def push_manifest(self, content: Descriptor, data: bytes, subject: Descriptor) -> None:
        self.push(content, data)
        self.listed.setdefault(str(subject.digest), []).append(content)
