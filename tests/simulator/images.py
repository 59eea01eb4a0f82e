# SPDX-License-Identifier: Apache-2.0
"""Tiny container images: built in memory, written as an OCI image layout, pushed to a registry.

The writer knows nothing of the package's own adapters, so that it cannot share their mistakes.
Also a program, which the quickstart calls:

    python -m tests.simulator.images layout DIRECTORY TAG [TEXT]
    python -m tests.simulator.images push HOST:PORT REPOSITORY TAG [TEXT]
    python -m tests.simulator.images tamper DIRECTORY TAG
"""

from __future__ import annotations

import gzip
import http.client
import io
import json
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notation_py.descriptor import IMAGE_MANIFEST, Descriptor

_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_TAG = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest, and the blobs it names by digest."""

    manifest: bytes
    media_type: str
    blobs: Mapping[str, bytes]

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor.of(self.media_type, self.manifest)


def build_image(text: str = "hello", *, annotations: Mapping[str, str] | None = None) -> Image:
    """Return an image of one layer with one file that holds *text*; the same text gives the same digest."""
    layer = _layer(text.encode())
    uncompressed = Descriptor.of(_LAYER, gzip.decompress(layer)).digest
    config = compact(
        {
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [str(uncompressed)]},
        }
    )
    described = [(Descriptor.of(_CONFIG, config), config), (Descriptor.of(_LAYER, layer), layer)]
    manifest = compact(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE_MANIFEST,
            "config": described[0][0].to_json(),
            "layers": [described[1][0].to_json()],
        }
        | ({"annotations": dict(annotations)} if annotations else {})
    )
    return Image(manifest, IMAGE_MANIFEST, {str(one.digest): data for one, data in described})


def _layer(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("greeting.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def compact(value: Any) -> bytes:
    """Return *value* as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def write_layout(directory: Path, image: Image, tag: str | None = None) -> Descriptor:
    """Return the descriptor of *image*, which the OCI layout *directory* now holds, under *tag* if given."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "oci-layout").write_bytes(compact({"imageLayoutVersion": "1.0.0"}))
    for data in (*image.blobs.values(), image.manifest):
        path = blob_path(directory, str(Descriptor.of("", data).digest))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    index_file = directory / "index.json"
    index: Any = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
    if index_file.exists():
        index = json.loads(index_file.read_bytes())
    entry = image.descriptor.to_json() | ({"annotations": {_TAG: tag}} if tag else {})
    kept = [one for one in index["manifests"] if not tag or one.get("annotations", {}).get(_TAG) != tag]
    index["manifests"] = [*kept, entry]
    index_file.write_bytes(compact(index))
    return image.descriptor


def blob_path(directory: Path, digest: str) -> Path:
    """Return where the layout *directory* keeps the content with *digest*."""
    algorithm, _, value = digest.partition(":")
    return directory / "blobs" / algorithm / value


def tamper_layout(directory: Path, tag: str) -> None:
    """Change one byte of the manifest tagged *tag*; its size and its name stay."""
    index = json.loads((directory / "index.json").read_bytes())
    entry = next(one for one in index["manifests"] if one.get("annotations", {}).get(_TAG) == tag)
    path = blob_path(directory, entry["digest"])
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data.replace(b"tar+gzip", b"tar+zstd", 1))


def push_image(host: str, repository: str, tag: str | None = None, image: Image | None = None) -> Descriptor:
    """Return the descriptor of *image*, which the plain-HTTP registry *host* now holds in *repository*.

    Args:
        host: `localhost:PORT`.
        tag: the tag to set, or None to push by digest alone.
        image: what to push; a small fixed image if None.
    """
    image = image or build_image()
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        for digest, data in image.blobs.items():
            _push_blob(connection, repository, digest, data)
        target = tag or str(image.descriptor.digest)
        headers = {"Content-Type": image.media_type}
        path = f"/v2/{repository}/manifests/{target}"
        request(connection, "PUT", path, image.manifest, headers, expected=201)
    finally:
        connection.close()
    return image.descriptor


def _push_blob(connection: http.client.HTTPConnection, repository: str, digest: str, data: bytes) -> None:
    headers, _ = request(connection, "POST", f"/v2/{repository}/blobs/uploads/", b"", {}, expected=202)
    location = headers["Location"].removeprefix(f"http://{connection.host}:{connection.port}")
    separator = "&" if "?" in location else "?"
    content = {"Content-Type": "application/octet-stream"}
    request(connection, "PUT", f"{location}{separator}digest={digest}", data, content, expected=201)


def request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    expected: int,
) -> tuple[http.client.HTTPMessage, bytes]:
    """Return the headers and the body of the answer, whose status is *expected*.

    Raises:
        RuntimeError: another status; says which, and the body.
    """
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    answer = response.read()
    if response.status != expected:
        raise RuntimeError(f"{method} {path}: expected {expected}, got {response.status}: {answer[:300]!r}")
    return response.headers, answer


def main(arguments: list[str]) -> int:
    """Do what the command line says; print the digest of the image."""
    match arguments:
        case ["layout", directory, tag, *text]:
            print(write_layout(Path(directory), build_image(*text), tag).digest)
        case ["push", host, repository, tag, *text]:
            print(push_image(host, repository, tag, build_image(*text)).digest)
        case ["tamper", directory, tag]:
            tamper_layout(Path(directory), tag)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
