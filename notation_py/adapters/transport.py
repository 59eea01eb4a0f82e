# SPDX-License-Identifier: Apache-2.0
"""HTTP for registries: redirects, repetition and what may be told about it, over kept-alive connections.

We follow redirects ourselves: few, never from https to http, never with credentials to another
origin. What failed for a moment is tried again where that is harmless, no longer than the
operation's deadline. Knows no registry and no token; the network library is imported with the
first request.

Spec: RFC 9110 sections 9.2.2, 10.2.3, 15.4.
Requirements: CLI-015, SEC-001, SEC-002, SEC-006, R-10, R-24, R-36.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._version import __version__
from ..errors import LimitError, NotationError, RegistryError, UnavailableError
from .http_headers import retry_after_seconds
from .proxies import ProxyRules
from .registry_settings import RegistrySettings
from .responses import Ahead, Response, TransientError, TruncatedError
from .traces import TraceEvent
from .urls import Origin, Scheme, Url, visible

if TYPE_CHECKING:
    from .connections import Connections

USER_AGENT = f"notation-py/{__version__}"
MAX_REDIRECTS = 5
MAX_ATTEMPTS = 5
MAX_TRANSIENT = 2
"""Repetitions after a lost connection; fewer than for a server that says it is busy."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 3.0
"""Seconds; the pause doubles. They are those of the Go program."""
LONGEST_RETRY_AFTER = 30.0

_BUSY = frozenset({408, 429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})

_SHOWN_HEADERS = frozenset(
    {
        "accept", "content-type", "content-length", "user-agent", "if-match", "if-none-match", "date",
        "docker-content-digest", "docker-distribution-api-version", "etag", "oci-filters-applied",
        "oci-subject", "retry-after", "server", "warning", "www-authenticate",
    }
)  # fmt: skip
_HIDDEN_HEADERS = frozenset({"authorization", "proxy-authorization", "set-cookie", "cookie"})


class Transport:
    """Requests to one registry, and to where it redirects; thread-safe, one pool of connections.

    Args:
        registry: the origin that the settings' TLS files are for.
    """

    def __init__(self, registry: Origin, settings: RegistrySettings) -> None:
        self._registry = registry
        self._settings = settings
        self._proxies = ProxyRules.from_environment()
        self._connections: Connections | None = None
        self._numbers = itertools.count(1)

    def close(self) -> None:
        """Close the connections; the transport can still be used and opens new ones."""
        if self._connections is not None:
            self._connections.close()

    def request(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        max_bytes: int = 1 << 20,
        ahead: Ahead | None = None,
    ) -> Response:
        """Return the final answer to a request, whatever its status, after redirects and repetitions.

        Args:
            headers: `Authorization` goes to the origin of *url* and nowhere else.
            max_bytes: limit of the body of a successful GET.
            ahead: a GET of the same origin that may be sent right behind the first attempt.

        Raises:
            UnavailableError: no answer in time. LimitError: too large, or too many redirects.
            RegistryError: a redirect that must not be followed, or a broken answer.
        """
        deadline = time.monotonic() + self._settings.timeouts.total
        sent = {**headers, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        visited = {url}
        if ahead is not None:
            ahead.answer = None
        while True:
            response = self._attempts(method, url, sent, body, max_bytes, deadline, ahead)
            ahead = None
            if response.status not in _REDIRECTS:
                return response
            target = _redirect_target(response)
            if target in visited or len(visited) > MAX_REDIRECTS:
                raise LimitError(
                    f"{response.where}: redirected in a circle or more than {MAX_REDIRECTS} times"
                )
            visited.add(target)
            if target.origin != url.origin:
                sent.pop("Authorization", None)
            url = target

    def _attempts(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        body: bytes | None,
        max_bytes: int,
        deadline: float,
        ahead: Ahead | None,
    ) -> Response:
        lost = 0
        for attempt in range(MAX_ATTEMPTS):
            last = attempt == MAX_ATTEMPTS - 1 or method not in _IDEMPOTENT
            try:
                response = self._once(method, url, headers, body, max_bytes, deadline, ahead)
            except (TransientError, TruncatedError):
                lost += 1
                pause = _pause(attempt)
                if last or lost > MAX_TRANSIENT or time.monotonic() + pause >= deadline:
                    raise
            else:
                if response.status not in _BUSY or last:
                    return response
                asked = retry_after_seconds(response.header("retry-after"))
                pause = max(_pause(attempt), asked or 0.0)
                if pause > LONGEST_RETRY_AFTER or time.monotonic() + pause >= deadline:
                    return response
            if ahead is not None:  # a server in trouble is asked for one thing at a time, and not believed
                ahead.answer = None
                ahead = None
            time.sleep(pause)
        raise UnavailableError(
            f'{method} "{url.without_query}": no answer'
        )  # pragma: no cover - the loop returns

    def _once(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        body: bytes | None,
        max_bytes: int,
        deadline: float,
        ahead: Ahead | None,
    ) -> Response:
        if self._connections is None:
            from .connections import Connections

            self._connections = Connections(self._registry, self._settings.tls, self._proxies)
        number = next(self._numbers)
        self._tell(number, method, url, None, headers)
        behind = 0
        if ahead is not None and not self._connections.takes_ahead(url.origin):
            ahead = None
        if ahead is not None:
            behind = next(self._numbers)
            self._tell(behind, "GET", ahead.url, None, {**headers, "Accept": ahead.accept})
        response = self._connections.exchange(
            method,
            url,
            headers,
            body,
            max_bytes=max_bytes,
            timeouts=self._settings.timeouts,
            deadline=deadline,
            ahead=ahead,
        )
        self._tell(number, method, url, response.status, response.headers)
        if ahead is not None and ahead.answer is not None:
            self._tell(behind, "GET", ahead.url, ahead.answer.status, ahead.answer.headers)
        return response

    def _tell(
        self,
        number: int,
        method: str,
        url: Url,
        status: int | None,
        headers: Mapping[str, str] | Mapping[str, tuple[str, ...]],
    ) -> None:
        if self._settings.trace is not None:
            shown = tuple(
                (name.title(), "*****" if name.lower() in _HIDDEN_HEADERS else visible(value))
                for name, values in headers.items()
                for value in ((values,) if isinstance(values, str) else values)
                if name.lower() in _SHOWN_HEADERS or name.lower() in _HIDDEN_HEADERS
            )
            self._settings.trace(TraceEvent(number, method, url.without_query, status, shown))


def _pause(attempt: int) -> float:
    return min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.9, 1.1)  # noqa: S311


def _redirect_target(response: Response) -> Url:
    """Return where *response* redirects to, if one may go there."""
    location = response.header("location")
    if response.method not in {"GET", "HEAD"}:
        raise RegistryError(f"{response.where}: redirected, which is allowed for reading only")
    if not location:
        raise RegistryError(f"{response.where}: redirected without a location")
    try:
        target = response.url.join(location)
    except NotationError as error:
        raise RegistryError(f"{response.where}: redirected to an unusable place: {error.message}") from error
    if response.url.origin.scheme is Scheme.HTTPS and target.origin.scheme is Scheme.HTTP:
        raise RegistryError(f"{response.where}: redirected from https to http")
    return target
