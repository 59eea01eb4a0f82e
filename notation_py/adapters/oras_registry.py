# SPDX-License-Identifier: Apache-2.0
"""Login and pushing through oras, with our rules underneath: every call into oras is in this room.

`oras.provider.Registry` builds the URLs and asks what is there; its one request method is replaced
by ours, so that origins, deadlines, limits, tokens and repetition are those of `AuthenticatedTransport`.
What it would weaken is not used: see specs/decisions/0003-oras.md. Importing this room
costs the import of oras and requests, so it is imported by those who log in or push.

Spec: OCI distribution-spec, Pushing. Requirements: SIG-021, SIG-022, SIG-023, SIG-056, R-24.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import oras.container
import oras.provider
import requests

from ..descriptor import Descriptor
from ..errors import RegistryError
from .authentication import AuthenticatedTransport
from .registry_hosts import api_host
from .registry_settings import RegistrySettings
from .responses import Response
from .urls import Scheme, Url

OCTETS = "application/octet-stream"
_MAX_REPLY = 64 << 10


class OrasRegistry(oras.provider.Registry):  # type: ignore[misc]  # oras ships no type information
    """One registry, and for pushing one repository of it.

    Args:
        http: sends everything.
        repository: may be empty for `ping`.
        scopes: what pushing needs, for the token server.
    """

    def __init__(
        self, http: AuthenticatedTransport, repository: str = "", scopes: frozenset[str] = frozenset()
    ) -> None:
        host = api_host(http.registry)
        super().__init__(hostname=host, insecure=http.scheme is Scheme.HTTP)
        self.session.close()  # oras's own connections: never used
        self._http = http
        self._scopes = scopes
        self._container = _container(host, repository)

    @classmethod
    def connect(cls, registry: str, settings: RegistrySettings) -> OrasRegistry:
        """Return a client for *registry*, `host[:port]`, with connections of its own; `close` it."""
        return cls(AuthenticatedTransport(registry, settings))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ping(self) -> None:
        """Return if the registry answers to its root, after authentication where it asks for that.

        Raises:
            UnavailableError: not reached; with outcome AUTH if the credential is refused.
        """
        response = self._send("GET", f"{self.prefix}://{self.hostname}/v2/")
        if response.status != 200:
            raise response.failure()

    def has_blob(self, content: Descriptor) -> bool:
        """Return whether the repository holds the blob *content* already."""
        found: bool = self.blob_exists({"digest": str(content.digest)}, self._container)
        return found

    def push_blob(self, content: Descriptor, data: bytes) -> None:
        """Store the blob *data* in one piece: POST, then PUT to the place that the registry names.

        Raises:
            RegistryError: refused, or the place is of another origin; nothing is sent there.
        """
        started = self._send("POST", f"{self.prefix}://{self._container.upload_blob_url()}")
        if started.status != 202:
            raise started.failure()
        location = started.header("location")
        if not location:
            raise RegistryError(f"{started.where}: the registry named no place to upload to")
        place = started.url.join(location).with_parameter("digest", quote(str(content.digest), safe=""))
        done = self._send("PUT", str(place), data, {"Content-Type": OCTETS})
        if done.status != 201:
            raise done.failure()
        _check_digest(done, content)

    def put_manifest(
        self, content: Descriptor, data: bytes, *, tag: str = "", if_match: str | None = None
    ) -> Response:
        """Return the answer to storing the manifest *data*, under *tag* or else under its digest.

        Args:
            if_match: entity tag that the present content has to have, or `*` spelled as None.

        Raises:
            RegistryError: the registry says that it stored something else.
        """
        url = f"{self.prefix}://{self._container.manifest_url(tag or str(content.digest))}"
        headers = {"Content-Type": content.media_type}
        if if_match is not None:
            headers["If-Match"] = if_match
        response = self._send("PUT", url, data, headers)
        if response.status == 201:
            _check_digest(response, content)
        return response

    def do_request(
        self,
        url: str,
        method: str = "GET",
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - the signature is that of oras
    ) -> requests.Response:
        """Return the answer to a request of oras, sent by our transport under our rules."""
        if json is not None:
            raise RegistryError("a document is never serialised again to be pushed")
        response = self._send(method, url, data, headers or {})
        answer = requests.Response()
        answer.status_code = response.status
        answer.reason = response.reason
        answer.url = str(response.url)
        answer.headers.update({name: ", ".join(values) for name, values in response.headers.items()})
        answer._content = response.body  # noqa: SLF001 - how requests' own adapters fill it
        return answer

    def _send(
        self, method: str, url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        if data is None and method in {"POST", "PUT"}:
            data = b""
        return self._http.request(
            method, Url.parse(url), headers or {}, data, scopes=self._scopes, max_bytes=_MAX_REPLY
        )


def _container(host: str, repository: str) -> oras.container.Container:
    """Return the place in oras's terms; its own parser would guess at hosts and tags."""
    container = oras.container.Container("unused/unused")
    container.registry, container.namespace, container.repository = host, None, repository
    container.tag = container.digest = None
    return container


def _check_digest(response: Response, content: Descriptor) -> None:
    stored = response.header("docker-content-digest")
    if stored is not None and stored != str(content.digest):
        raise RegistryError(
            f"{response.where}: the registry stored something else: its digest is {stored[:200]!r}, "
            f"not {content.digest}"
        )
