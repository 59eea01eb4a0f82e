# SPDX-License-Identifier: Apache-2.0
"""Blobs and manifests of one repository by digest: fetched, stored, asked about, deleted.

What a header says about content is compared with what was asked for, never adopted. Reading goes
through our own transport alone; storing adds oras, which is imported with the first push. Knows
nothing about tags, except that a manifest can be stored under one.

Spec: OCI distribution-spec, Pulling, Pushing. Requirements: SIG-022, SIG-023, SIG-038, SIG-040, R-23, R-24.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..descriptor import (
    ARTIFACT_MANIFEST,
    DOCKER_MANIFEST,
    DOCKER_MANIFEST_LIST,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    Descriptor,
)
from ..errors import LimitError, NotFoundError, RegistryError
from .authentication import AuthenticatedTransport
from .http_headers import media_type
from .urls import Url, visible

if TYPE_CHECKING:
    from .oras_registry import OrasRegistry

MANIFEST_TYPES = (DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, IMAGE_MANIFEST, IMAGE_INDEX, ARTIFACT_MANIFEST)
"""Media types that live under `/manifests/`, in the order of the Go program's Accept header (SIG-051)."""
MAX_MANIFEST_BYTES = 4 << 20


class RemoteContent:
    """The content of the repository *repository* behind *http*; thread-safe."""

    def __init__(self, http: AuthenticatedTransport, repository: str) -> None:
        self.http = http
        self.pull = frozenset({f"repository:{repository}:pull"})
        self._push = frozenset({f"repository:{repository}:pull,push"})
        self._delete = frozenset({f"repository:{repository}:delete,pull,push"})
        self._repository = repository
        self._client: OrasRegistry | None = None

    def manifest_url(self, target: str) -> Url:
        """Return the URL of the manifest with the tag or digest *target*."""
        return Url(self.http.origin, f"/v2/{self._repository}/manifests/{target}")

    def _blob_url(self, content: Descriptor) -> Url:
        return Url(self.http.origin, f"/v2/{self._repository}/blobs/{content.digest}")

    def fetch(self, content: Descriptor, *, max_bytes: int) -> bytes:
        """Return the bytes of *content*, at most *max_bytes*; callers use `fetch_all`.

        Raises:
            NotFoundError: the registry does not have it. RegistryError: it sent something else.
        """
        manifest = content.media_type in MANIFEST_TYPES
        url = self.manifest_url(str(content.digest)) if manifest else self._blob_url(content)
        headers = {"Accept": content.media_type} if manifest else {}
        try:
            response = self.http.request("GET", url, headers, scopes=self.pull, max_bytes=max_bytes)
        except LimitError as error:
            raise RegistryError(f"{content.digest}: the registry sent more than {max_bytes} bytes") from error
        if response.status != 200:
            raise response.failure()
        claimed = (
            response.header("docker-content-digest") if response.url.origin == self.http.origin else None
        )
        if claimed is not None and claimed != str(content.digest):
            raise RegistryError(f"{response.where}: the registry sent {visible(claimed)!r} instead")
        if manifest and media_type(response.header("content-type")) != content.media_type:
            raise RegistryError(
                f"{response.where}: expected {content.media_type}, "
                f"got {visible(response.header('content-type') or '')!r}"
            )
        return response.body

    def client(self) -> OrasRegistry:
        """Return the client that pushes, made with the first push."""
        if self._client is None:
            from .oras_registry import OrasRegistry

            self._client = OrasRegistry(self.http, self._repository, self._push)
        return self._client

    def holds_manifest(self, manifest: Descriptor) -> bool:
        """Return whether the registry still has *manifest*."""
        url = self.manifest_url(str(manifest.digest))
        headers = {"Accept": manifest.media_type}
        return self.http.request("HEAD", url, headers, scopes=self._push).status != 404

    def delete_manifest(self, manifest: Descriptor) -> None:
        """Delete *manifest* by digest; one that is gone already is fine.

        Raises:
            RegistryError, UnavailableError: the registry refused.
        """
        url = self.manifest_url(str(manifest.digest))
        response = self.http.request("DELETE", url, {}, scopes=self._delete)
        if response.status not in {200, 202, 204, 404}:
            raise response.failure()

    def put_again(self, manifest: Descriptor) -> bool:
        """Put the bytes that the registry has for *manifest* once more; return whether it still has them."""
        try:
            data = self.fetch(manifest, max_bytes=min(manifest.size, MAX_MANIFEST_BYTES))
        except NotFoundError:
            return False
        manifest.digest.check(data, what="manifest")
        response = self.client().put_manifest(manifest, data)
        if response.status != 201:
            raise response.failure()
        return True
