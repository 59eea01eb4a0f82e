# SPDX-License-Identifier: Apache-2.0
"""A repository of a registry, behind the port: resolve, list, fetch, push.

Headers of a registry are claims: a digest in one is compared, never adopted, except that a tag means
what the registry says it means. Reading goes through our own transport alone; pushing adds oras,
imported when something is pushed. Knows nothing about signatures.

Spec: OCI distribution-spec 1.1. Requirements: SIG-020 to SIG-040, SIG-050 to SIG-056, R-08, R-23 to R-27.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any, Self

from ..descriptor import Descriptor
from ..digest import Digest
from ..document import member, parse_json
from ..errors import MalformedError, NotFoundError, RegistryError, UsageError
from ..reference import Reference, go_quote, is_registry, is_repository, is_tag
from .authentication import AuthenticatedTransport
from .http_headers import media_type
from .referrers import ReferrersReader, Support
from .registry_hosts import SchemeReason
from .registry_settings import ReferrersMode, RegistrySettings
from .remote_content import MANIFEST_TYPES, MAX_MANIFEST_BYTES, RemoteContent
from .responses import Response
from .urls import visible

_EMPTY_JSON = b"{}"
_MISSING_BLOB = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})


class RemoteRepository:
    """The repository *repository* of *registry*, as the port `Repository`; thread-safe; `close` it.

    Args:
        registry: `host[:port]` as the user wrote it. repository: its path.
        shared: connections to use in place of own ones, as `RemoteRegistry.repository` does.

    Raises:
        UsageError: either is not of the grammar.
    """

    def __init__(
        self,
        registry: str,
        repository: str,
        settings: RegistrySettings,
        *,
        shared: AuthenticatedTransport | None = None,
    ) -> None:
        if not is_repository(repository):
            raise UsageError(f"{go_quote(f'{registry}/{repository}')}: invalid reference")
        self.name = f"{registry}/{repository}"
        self._repository = repository
        self._settings = settings
        self._http = shared or _connect(registry, settings)
        self._content = RemoteContent(self._http, repository)
        self._reader = ReferrersReader(
            self._http,
            repository,
            self._content.pull,
            settings.warn,
            settings.timeouts.total,
            settings.expected_referrers,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def resolve(self, target: str) -> Descriptor:
        """Return the descriptor of the manifest that the tag or digest *target* names.

        Raises:
            NotFoundError: there is none. RegistryError, UnavailableError: no usable answer.
        """
        asked = self._digest_of(target)
        url = self._content.manifest_url(target)
        headers = {"Accept": ", ".join(MANIFEST_TYPES)}
        ahead = None if asked is None else self._reader.ahead(asked)
        response = self._http.request("HEAD", url, headers, scopes=self._content.pull, ahead=ahead)
        if asked is not None and response.status == 200 and _is_incomplete(response):
            response = self._http.request(
                "GET", url, headers, scopes=self._content.pull, max_bytes=MAX_MANIFEST_BYTES
            )
        if response.status == 404:
            raise NotFoundError(f"{self.name}{'@' if asked else ':'}{target}: not found")
        if response.status != 200:
            raise response.failure()
        if ahead is not None:
            self._reader.remember(ahead)
        return _described(response, asked)

    def referrers(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        """Yield descriptors of manifests that refer to *subject*, in the registry's order, page by page.

        Raises:
            LimitError: the list is longer than can be looked at; what came before was yielded.
            RegistryError, UnavailableError: the registry cannot say.
        """
        return self._reader.listed(subject, artifact_type)

    def fetch(self, content: Descriptor, *, max_bytes: int) -> bytes:
        """Return the bytes of *content*, at most *max_bytes*; callers use `fetch_all`.

        Raises:
            NotFoundError: the registry does not have it. RegistryError: it sent something else.
        """
        return self._content.fetch(content, max_bytes=max_bytes)

    def push(self, content: Descriptor, data: bytes) -> None:
        """Store the blob *data*, unless it is there already.

        Raises:
            RegistryError, UnavailableError: it was not stored.
        """
        client = self._content.client()
        # An envelope is new each time; only the empty object is worth asking for (SIG-021).
        if data == _EMPTY_JSON and client.has_blob(content):
            return
        client.push_blob(content, data)

    def push_manifest(self, content: Descriptor, data: bytes, subject: Descriptor) -> None:
        """Store the manifest *data*; on return `referrers` lists it, for this and every other reader.

        Raises:
            RegistryError: stored, but not listed; the message names the manifest's digest.
            RegistryError, UnavailableError: not stored.
        """
        from .referrers_update import RegistryList, TagIndex, keep_listed  # readers do without

        entry = _entry_for(content, data)
        response = self._put_signature(content, data)
        kept_by = response.header("oci-subject")
        if kept_by is not None and kept_by != str(subject.digest):
            raise RegistryError(
                f"signature manifest {content.digest}: stored, but listed under another subject"
            )
        timeouts, name = self._settings.timeouts, f"{self._http.origin}/{self._repository}@{subject.digest}"
        shared: TagIndex | RegistryList
        if kept_by is not None and self._settings.referrers_mode is ReferrersMode.AUTO:
            shared = RegistryList(self._content, self._reader, subject, entry.artifact_type or "")
        else:
            shared = TagIndex(self._content, self._reader, subject, entry)
        keep_listed(
            shared,
            entry,
            name=name,
            seconds=self._settings.settle_seconds,
            total=timeouts.total,
            warn=self._settings.warn,
        )
        if isinstance(shared, TagIndex):
            self._confirm(entry, subject)

    def _put_signature(self, content: Descriptor, data: bytes) -> Response:
        """Return the answer to storing the manifest *data*.

        The blobs it names were pushed just now. A registry on a file system can miss one for an instant,
        while another writer stores the same blob; then it is asked again.
        """
        pause = 0.05
        while True:
            response = self._content.client().put_manifest(content, data)
            if response.status == 201:
                return response
            if pause > 2 or not _MISSING_BLOB & response.error_codes():
                raise response.failure()
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads writers, keeps no secret
            pause *= 2

    def _confirm(self, entry: Descriptor, subject: Descriptor) -> None:
        """Return if readers, who ask the referrers API first, find *entry* as well."""
        for pause in (0.0, 0.2, 0.8):
            time.sleep(pause)
            listed = self._reader.listed(subject, entry.artifact_type or "")
            if any(descriptor.digest == entry.digest for descriptor in listed):
                return
        api = self._reader.support is Support.API
        raise RegistryError(
            f"signature manifest {entry.digest}: stored, "
            f"but not listed among the referrers of {subject.digest}",
            hint="the registry's own list leaves it out; do not force the tag index here" if api else None,
        )

    @staticmethod
    def _digest_of(target: str) -> Digest | None:
        if ":" in target:
            return Digest.parse(target)
        if not is_tag(target):
            raise UsageError(f"{go_quote(target)}: invalid reference: invalid tag")
        return None


class RemoteRegistry:
    """One registry whose repositories share connections, tokens and the credential; thread-safe; `close` it.

    For programs that look at many images: a repository opened here costs no connection of its own.

    Raises:
        UsageError: *registry* is not `host[:port]`.
    """

    def __init__(self, registry: str, settings: RegistrySettings) -> None:
        self._settings = settings
        self._http = _connect(registry, settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of every repository opened here."""
        self._http.close()

    def repository(self, name: str) -> RemoteRepository:
        """Return the repository *name*; it need not be closed."""
        return RemoteRepository(self._http.registry, name, self._settings, shared=self._http)


def _connect(registry: str, settings: RegistrySettings) -> AuthenticatedTransport:
    if not is_registry(registry):
        raise UsageError(f"{go_quote(registry)}: invalid reference: invalid registry")
    http = AuthenticatedTransport(registry, settings)
    if http.scheme_reason is SchemeReason.LOOPBACK_ADDRESS:
        settings.warn(f"using plain HTTP for {registry}, because it is a loopback address")
    return http


def open_repository(reference: Reference, settings: RegistrySettings) -> RemoteRepository:
    """Return the repository that *reference* is in; nothing is connected yet."""
    return RemoteRepository(reference.registry, reference.repository, settings)


def _is_incomplete(response: Response) -> bool:
    return not response.header("docker-content-digest") or not response.header("content-length")


def _described(response: Response, asked: Digest | None) -> Descriptor:
    """Return what *response*, to HEAD or GET of a manifest, says it is.

    Raises:
        RegistryError: a header is missing or malformed, or contradicts *asked* or the body.
    """
    kind = media_type(response.header("content-type"))
    claimed = response.header("docker-content-digest")
    length = response.header("content-length") or ""
    if response.method == "GET":
        found = Digest.of(response.body, asked.algorithm) if asked else Digest.of(response.body)
        length = str(len(response.body))
        claimed = claimed or str(found)
        if str(found) != claimed:
            raise RegistryError(
                f"{response.where}: the content does not have the digest {visible(claimed)!r}"
            )
    if claimed is None:
        raise RegistryError(f"{response.where}: the answer has no Docker-Content-Digest header")
    if not (length.isascii() and length.isdigit() and len(length) <= 15):
        raise RegistryError(f"{response.where}: the answer has no usable Content-Length header")
    try:
        digest = Digest.parse(claimed)
    except MalformedError as error:
        raise RegistryError(
            f"{response.where}: Docker-Content-Digest {visible(claimed)!r}: {error.message}"
        ) from error
    if asked is not None and digest != asked:
        raise RegistryError(f"{response.where}: asked for {asked}, but the registry has {digest} there")
    return Descriptor(kind, digest, int(length))


def _entry_for(content: Descriptor, data: bytes) -> Descriptor:
    """Return *content* with the annotations and the artifact type that its manifest *data* has (SIG-026)."""
    document: dict[str, Any] = parse_json(data, what="manifest", max_bytes=MAX_MANIFEST_BYTES)
    artifact_type = document.get("artifactType") or member(
        member(document, "config", dict, at=""), "mediaType", str, at="config"
    )
    return Descriptor(
        content.media_type, content.digest, content.size, artifact_type, document.get("annotations") or {}
    )
