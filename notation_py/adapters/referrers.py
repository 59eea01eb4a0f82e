# SPDX-License-Identifier: Apache-2.0
"""What refers to an artifact, asked of a registry: its referrers API first, else the index under a tag.

Only "there is no such thing here" leads from the API to the tag; any other failure is a failure, so
that a broken registry is never taken for one without signatures. Pages, entries and bytes are
counted, and entries found before a limit are still handed out. Nothing listed is believed.

Spec: OCI distribution-spec, Listing Referrers, Referrers Tag Schema. Requirements: SIG-030 to
SIG-036, R-10, R-25.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from ..descriptor import IMAGE_INDEX, Descriptor
from ..digest import Digest
from ..errors import LimitError, NotFoundError, RegistryError, UnavailableError
from .authentication import AuthenticatedTransport
from .files import Warn
from .http_headers import comma_tokens, media_type
from .index_entries import MAX_INDEX_BYTES, ReferrersIndex, referrers_tags
from .responses import Ahead, Response
from .urls import Url, visible

MAX_PAGES = 256
MAX_REFERRERS = 10_000
MAX_LISTING_BYTES = 32 << 20
"""Of all pages together."""
MAX_AHEAD_BYTES = 256 << 10
MAX_AHEAD = 16
AHEAD_SECONDS = 5.0
"""Lists asked for before somebody wanted them: their size, their number, and how long they hold."""

_NO_REPOSITORY = "NAME_UNKNOWN"


class Support(StrEnum):
    """What is known about the referrers API of a repository; settled by its first answer (SIG-035)."""

    UNKNOWN = "unknown"
    API = "api"
    TAG = "tag"


class ReferrersReader:
    """The referrers in one repository; thread-safe.

    Args:
        seconds: spent at most on waiting for the pages of one listing.
        expected: artifact type whose list is asked for ahead; empty for none.
    """

    def __init__(
        self,
        http: AuthenticatedTransport,
        repository: str,
        scopes: frozenset[str],
        warn: Warn,
        seconds: float,
        expected: str,
    ) -> None:
        self._http = http
        self._repository = repository
        self._scopes = scopes
        self._warn = warn
        self._seconds = seconds
        self._expected = expected
        self._early: dict[Url, tuple[Response, float]] = {}
        self.support = Support.UNKNOWN

    def ahead(self, subject: Digest) -> Ahead | None:
        """Return the request that `listed` is going to begin with, if lists are expected."""
        if not self._expected:
            return None
        if self.support is Support.TAG:
            url = self._tag_url(referrers_tags(subject)[0])
        else:
            url = self._api_url(subject, self._expected)
        return Ahead(url, IMAGE_INDEX, MAX_AHEAD_BYTES)

    def remember(self, ahead: Ahead) -> None:
        """Let the next `listed` begin with the answer to *ahead*, once, if it is one to begin with."""
        if ahead.answer is None or ahead.answer.status not in {200, 404}:
            return
        if len(self._early) >= MAX_AHEAD:
            self._early.clear()
        self._early[ahead.url] = ahead.answer, time.monotonic() + AHEAD_SECONDS

    def listed(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        """Yield what refers to *subject* with *artifact_type*, once each, in the registry's order.

        Raises:
            LimitError: more pages, entries or bytes than allowed. NotFoundError: no such repository.
            RegistryError, UnavailableError: the registry cannot say.
        """
        seen: set[tuple[str, str, int]] = set()  # an entry that lies about its size must not hide another
        for descriptor in self._entries(subject, artifact_type):
            key = descriptor.media_type, str(descriptor.digest), descriptor.size
            if key not in seen:
                seen.add(key)
                yield descriptor

    def _entries(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        refusal: Response | None = None
        if self.support is not Support.TAG:
            response = self._page(self._api_url(subject.digest, artifact_type))
            if self._is_api(response):
                self.support = Support.API
                yield from self._pages(response, artifact_type)
                return
            refusal = response
        index = self.tag_index(subject)
        if index is not None:
            yield from _matching(index, artifact_type, self._warn)
        elif refusal is not None and refusal.status != 404:
            raise UnavailableError(
                f"{refusal.where}: the answer is not a list of referrers, and there is no index under a tag",
                hint="a proxy or a login page may answer in place of the registry",
            )
        if refusal is not None and refusal.status == 404:
            self.support = Support.TAG

    def api_entries(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        """Yield what the referrers API lists; never looks under a tag.

        Raises:
            RegistryError: the registry has no referrers API. As for `listed` otherwise.
        """
        response = self._page(self._api_url(subject.digest, artifact_type))
        if not self._is_api(response):
            raise RegistryError(f"{response.where}: the registry does not list referrers")
        yield from self._pages(response, artifact_type)

    def tag_index(self, subject: Descriptor) -> ReferrersIndex | None:
        """Return the index under the first tag of *subject* that exists, or None."""
        for tag in referrers_tags(subject.digest):
            response = self.tag_response(tag)
            if response is not None:
                return ReferrersIndex.parse(response.body, what=f"referrers index {tag}")
        return None

    def tag_response(self, tag: str) -> Response | None:
        """Return the answer that holds the index under *tag*, or None if there is no such tag.

        Raises:
            NotFoundError: no such repository. RegistryError: something else has the tag.
        """
        response = self._page(self._tag_url(tag))
        too_long = response.status == 400 and len(tag) > 128
        if response.status == 404 or too_long:
            self._check_repository(response)
            return None
        if response.status != 200:
            raise response.failure()
        found = media_type(response.header("content-type"))
        if found != IMAGE_INDEX:
            raise RegistryError(f"{response.where}: expected an image index, got {visible(found)!r}")
        return response

    def _tag_url(self, tag: str) -> Url:
        return Url(self._http.origin, f"/v2/{self._repository}/manifests/{tag}")

    def _api_url(self, subject: Digest, artifact_type: str) -> Url:
        path = f"/v2/{self._repository}/referrers/{subject}"
        return Url(self._http.origin, path, _query(artifact_type))

    def _page(self, url: Url) -> Response:
        early, until = self._early.pop(url, (None, 0.0))
        if early is not None and time.monotonic() < until:
            return early
        headers = {"Accept": IMAGE_INDEX}
        return self._http.request("GET", url, headers, scopes=self._scopes, max_bytes=MAX_INDEX_BYTES)

    def _is_api(self, response: Response) -> bool:
        """Return whether *response* is a list; False only if it says that there is no API (SIG-031)."""
        if response.status == 200 and _content_type(response) == IMAGE_INDEX:
            return True
        if response.status == 404:
            self._check_repository(response)
        elif response.status != 200:
            raise response.failure()
        if self.support is Support.API:
            raise UnavailableError(f"{response.where}: the registry listed referrers before and does not now")
        return False

    @staticmethod
    def _check_repository(response: Response) -> None:
        if _NO_REPOSITORY in response.error_codes():
            raise NotFoundError(f"{response.where}: the registry does not know the repository")

    def _pages(self, response: Response, artifact_type: str) -> Iterator[Descriptor]:
        visited = {str(response.url)}
        entries, size, spent = 0, 0, 0.0
        while True:
            index = ReferrersIndex.parse(response.body, what="list of referrers")
            applied = index.filtered or "artifactType" in comma_tokens(response.fields("oci-filters-applied"))
            entries, size = entries + len(index.described), size + len(response.body)
            room = MAX_REFERRERS - (entries - len(index.described))
            yield from _matching(index, artifact_type, self._warn, applied=applied, room=room)
            if entries > MAX_REFERRERS or size > MAX_LISTING_BYTES or len(visited) >= MAX_PAGES:
                raise LimitError(f"{response.where}: more referrers than can be looked at")
            url = _next_page(response)
            if url is None:
                return
            if str(url) in visited:
                raise RegistryError(f"{response.where}: the pages of referrers go in a circle")
            visited.add(str(url))
            started = time.monotonic()
            response = self._page(url)
            spent += time.monotonic() - started
            if spent > self._seconds:
                raise LimitError(f"{response.where}: the registry takes too long to list referrers")
            if response.status != 200 or _content_type(response) != IMAGE_INDEX:
                raise response.failure()


@lru_cache(maxsize=8)
def _query(artifact_type: str) -> str:
    return f"artifactType={quote(artifact_type, safe='')}"


def _next_page(response: Response) -> Url | None:
    fields = response.fields("link")
    if not fields:
        return None
    from .links import next_link

    target = next_link(fields)
    return None if target is None else response.url.join(target)


def _content_type(response: Response) -> str:
    try:
        return media_type(response.header("content-type"))
    except RegistryError:
        return ""


def _matching(
    index: ReferrersIndex, artifact_type: str, warn: Warn, *, applied: bool = False, room: int = MAX_REFERRERS
) -> Iterator[Descriptor]:
    """Yield the descriptors of *artifact_type*; an entry without a type counts if the registry filtered."""
    malformed = index.described[:room].count(None)
    if malformed:
        warn(f"passing over {malformed} listed referrers that are not descriptors")
    for descriptor in index.described[:room]:
        if descriptor is None:
            continue
        if descriptor.artifact_type == artifact_type or (applied and not descriptor.artifact_type):
            yield descriptor
    if len(index.described) > room:
        raise LimitError(f"more than {MAX_REFERRERS} referrers are listed")
