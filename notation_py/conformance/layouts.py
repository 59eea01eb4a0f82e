# SPDX-License-Identifier: Apache-2.0
"""The contents of a vector as an OCI image layout, for vectors whose artifact lies in one.

Spec: OCI image-spec image-layout.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..descriptor import IMAGE_INDEX
from ..document import write_json
from .contents import Contents

_REF_NAME = "org.opencontainers.image.ref.name"


def write_layout(directory: Path, contents: Contents) -> None:
    """Write *contents* into the new layout *directory*: the artifact under its tag, signatures as listed."""
    directory.mkdir(parents=True)
    for digest, data in {
        **contents.blobs,
        **{d: data for d, (_, data) in contents.manifests.items()},
    }.items():
        algorithm, _, value = digest.partition(":")
        path = directory / "blobs" / algorithm / value
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    tag = next(tag for tag, digest in contents.tags.items() if digest == str(contents.artifact.digest))
    entries: list[dict[str, Any]] = [contents.artifact.to_json() | {"annotations": {_REF_NAME: tag}}]
    entries += contents.referrers()
    index = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": entries}
    (directory / "index.json").write_text(write_json(index), encoding="utf-8")
    (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="utf-8")
