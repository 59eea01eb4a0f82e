# SPDX-License-Identifier: Apache-2.0
"""OCI content descriptors: what a piece of content is, by media type, digest and size.

Parsing keeps the members this project uses and ignores the others, as registries add
their own. Two descriptors name the same content when the three identifying members
are equal; annotations take no part.

Spec: OCI image-spec descriptor.md. Requirements: SIG-008, SIG-015, PAY-003, PAY-015, R-08.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .digest import Digest
from .document import member, of_type, string_map
from .errors import MalformedError

IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
IMAGE_INDEX = "application/vnd.oci.image.index.v1+json"
ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A piece of content: media type, digest, size in bytes, and what is said about it."""

    media_type: str
    digest: Digest
    size: int
    artifact_type: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Any, *, at: str) -> Descriptor:
        """Return the descriptor that the JSON object *value* describes; unknown members are ignored.

        Raises:
            MalformedError: a required member is missing or of the wrong type, or the size is negative.
        """
        source: dict[str, Any] = of_type(value, dict, at=at)
        size = member(source, "size", int, at=at)
        if size < 0:
            raise MalformedError("must not be negative", at=f"{at}.size")
        artifact_type = source.get("artifactType")
        if artifact_type is not None:
            artifact_type = of_type(artifact_type, str, at=f"{at}.artifactType")
        annotations = source.get("annotations")
        if annotations is not None:
            annotations = string_map(annotations, at=f"{at}.annotations")
        return cls(
            member(source, "mediaType", str, at=at),
            Digest.parse(member(source, "digest", str, at=at), at=at),
            size,
            artifact_type,
            annotations or {},
        )

    @classmethod
    def of(cls, media_type: str, data: bytes) -> Descriptor:
        """Return the descriptor of the bytes *data*, with a SHA-256 digest."""
        return cls(media_type, Digest.of(data), len(data))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object form, members in the order of the Go reference, empty ones left out."""
        result: dict[str, Any] = {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size}
        if self.annotations:
            result["annotations"] = dict(sorted(self.annotations.items()))
        if self.artifact_type:
            result["artifactType"] = self.artifact_type
        return result

    def plain(self) -> Descriptor:
        """Return the descriptor reduced to media type, digest and size (SIG-015)."""
        return Descriptor(self.media_type, self.digest, self.size)

    def same_content(self, other: Descriptor) -> bool:
        """Return whether media type, digest and size are all equal (PAY-015)."""
        return self.media_type == other.media_type and self.digest == other.digest and self.size == other.size
