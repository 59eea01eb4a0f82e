# SPDX-License-Identifier: Apache-2.0
"""What the registry of a vector holds: the artifact, its signatures in their order, and further blobs.

Made from the vector's files and changed by what a client pushes. Serves nothing; `registry` does, and
`layouts` writes the same into an OCI image layout.

Spec: OCI image-spec manifest.md, image-layout.md.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from ..descriptor import EMPTY_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from ..digest import Digest
from ..document import write_json
from ..registry.signatures import EMPTY_JSON, SIGNATURE_TYPE
from .vector import AttachedSignature, Vector


@dataclass
class Contents:
    """One repository.

    Attributes:
        manifests: media type and bytes by digest, in the order in which they came.
        listed: digests of the signatures that the vector has, in its order.
    """

    artifact: Descriptor
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, vector: Vector) -> Contents:
        """Return what the registry of *vector* holds at first."""
        wanted = vector.artifact
        data = vector.read(wanted.manifest)
        made = cls(Descriptor.of(wanted.media_type, data))
        made.tags[wanted.tag] = made.put_manifest(wanted.media_type, data)
        made.put_blob(EMPTY_JSON)
        for file in vector.registry.blobs:
            made.put_blob(vector.read(file))
        for signature in vector.signatures:
            made._attach(vector, signature)
        if vector.registry.kind == "tag-schema" and vector.signatures:
            index = made.index([made.entry(digest) for digest in made.listed])
            made.tags[made.index_tag] = made.put_manifest(IMAGE_INDEX, index)
        return made

    @property
    def index_tag(self) -> str:
        """The tag of the tag schema for the artifact."""
        return str(self.artifact.digest).replace(":", "-")

    def put_blob(self, data: bytes) -> str:
        """Store *data* and return its digest."""
        digest = str(Digest.of(data))
        self.blobs[digest] = data
        return digest

    def put_manifest(self, media_type: str, data: bytes) -> str:
        """Store a manifest and return its digest."""
        digest = str(Digest.of(data))
        self.manifests[digest] = media_type, data
        return digest

    def _attach(self, vector: Vector, signature: AttachedSignature) -> None:
        envelope = None
        if signature.envelope is not None:
            envelope = vector.read(signature.envelope)
            self.put_blob(envelope)
        if signature.manifest is not None:
            data = vector.read(signature.manifest)
        else:
            layer = Descriptor.of(signature.media_type, envelope or b"")
            data = _manifest(signature, layer, self.artifact)
        self.listed.append(self.put_manifest(signature.manifest_media_type, data))

    def entry(self, digest: str) -> dict[str, Any]:
        """Return the descriptor with which the manifest *digest* is listed among referrers."""
        media_type, data = self.manifests[digest]
        document = _object(data)
        entry: dict[str, Any] = {"mediaType": media_type, "digest": digest, "size": len(data)}
        declared = document.get("artifactType") or _member(document, "config").get("mediaType")
        entry["artifactType"] = SIGNATURE_TYPE if digest in self.listed else declared
        if document.get("annotations"):
            entry["annotations"] = document["annotations"]
        return entry

    def referrers(self) -> list[dict[str, Any]]:
        """Return the descriptors of all referrers of the artifact: those of the vector, then pushed ones."""
        wanted = str(self.artifact.digest)
        pushed = [
            digest
            for digest, (_, data) in self.manifests.items()
            if digest not in self.listed and _member(_object(data), "subject").get("digest") == wanted
        ]
        return [self.entry(digest) for digest in (*self.listed, *pushed)]

    def signatures(self) -> tuple[str, ...]:
        """Return the digests of the signatures of the artifact, whichever way they are listed."""
        found = [entry["digest"] for entry in self.referrers() if entry["artifactType"] == SIGNATURE_TYPE]
        index = self.manifests.get(self.tags.get(self.index_tag, ""))
        if index is not None:
            entries = _object(index[1]).get("manifests", [])
            found += [entry["digest"] for entry in entries if entry.get("artifactType") == SIGNATURE_TYPE]
        return tuple(dict.fromkeys(found))

    def envelope_of(self, digest: str) -> tuple[str, bytes]:
        """Return media type and bytes of the envelope of the signature *digest*; KeyError if it has none."""
        layer = _object(self.manifests[digest][1])["layers"][0]
        return layer["mediaType"], self.blobs[layer["digest"]]

    @staticmethod
    def index(entries: list[dict[str, Any]]) -> bytes:
        """Return an image index of *entries*."""
        document = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": entries}
        return write_json(document).encode()


def _manifest(signature: AttachedSignature, layer: Descriptor, subject: Descriptor) -> bytes:
    plain = signature.form == "artifact-type"
    config = Descriptor.of(EMPTY_CONFIG if plain else SIGNATURE_TYPE, EMPTY_JSON)
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": IMAGE_MANIFEST}
    if plain:
        document["artifactType"] = SIGNATURE_TYPE
    document |= {"config": config.to_json(), "layers": [layer.to_json()], "subject": subject.to_json()}
    if signature.annotations:
        document["annotations"] = dict(signature.annotations)
    return write_json(document).encode()


def _object(data: bytes) -> dict[str, Any]:
    """Return the JSON object *data*, or an empty one: a vector may hold anything."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _member(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
