# SPDX-License-Identifier: Apache-2.0
"""Packages of plugins from the web: over https through every redirect, bounded in bytes and time.

Whoever asks knows the SHA-256, so servers and redirects need no trust beyond TLS; still none of them may
lead to plain HTTP. Sends no credentials. What comes is checked where it is installed.

Spec: plugin-extensibility, Plugin lifecycle; security contract R-31. Requirements: PLG-008, SEC-002.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import LimitError, MalformedError, NotationError, PluginError, UnavailableError, UsageError
from .addresses import literal_address, resolve
from .file_changes import stage_file
from .http_exchange import Allowance, Answer, Exchanges, Request, Route, proxy_of
from .plugin_staging import SIZE_LIMIT, too_large
from .proxies import ProxyRules
from .traces import Trace
from .urls import Scheme, Url, visible

SECONDS = 600.0
MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def plugin_url(text: str) -> Url:
    """Return the https URL *text*.

    Raises:
        UsageError: it is none.
    """
    scheme, separator, _ = text.partition("://")
    if not separator or scheme.lower() != "https":
        got = visible(scheme.lower(), 64) if separator else "none"
        raise UsageError(
            f"failed to download plugin from URL: only the HTTPS scheme is supported, but got {got}"
        )
    try:
        return Url.parse(text)
    except NotationError as error:
        raise UsageError(f"failed to parse plugin download URL with error: {error.message}") from error


def file_name_of(url: Url) -> str:
    """Return the last part of the path of *url*."""
    return url.path.rpartition("/")[2]


class PluginDownload:
    """Fetches packages.

    Args:
        proxies: those of the environment if None. trace: gets every request and answer.
        seconds: from the first packet to the last, redirects included.
    """

    def __init__(
        self, *, proxies: ProxyRules | None = None, trace: Trace | None = None, seconds: float = SECONDS
    ) -> None:
        self._proxies = proxies or ProxyRules.from_environment()
        self._exchanges = Exchanges(trace)
        self._seconds = seconds

    def into(self, directory: Path, url: Url) -> Path:
        """Return a new file in *directory* with what *url* holds.

        Raises:
            PluginError: it could not be had. LimitError: it is too large. FileError: it could not be written.
        """
        try:
            body = self._fetched(url).body
        except LimitError as error:
            raise _failed(url, "https response reached the 256 MiB size limit", error) from error
        except (UnavailableError, MalformedError) as error:
            raise _failed(url, error.message, error) from error
        if len(body) >= SIZE_LIMIT:
            raise too_large("file size")
        return stage_file(directory, body, mode=0o600, path=directory / "package")

    def _fetched(self, url: Url) -> Answer:
        allowance = Allowance.starting_now(SIZE_LIMIT - 1, self._seconds)
        for _ in range(MAX_REDIRECTS + 1):
            request = Request("GET", url, {"Accept": "*/*"})
            answer = self._exchanges.answer(request, self._route(url, allowance), allowance)
            if answer.head.status not in _REDIRECTS:
                if answer.head.status != 200:
                    raise UnavailableError(
                        f'GET "{url.without_query}": https response bad status: {answer.status}'
                    )
                return answer
            url = _redirected(request, answer)
        raise UnavailableError(f'GET "{url.without_query}": redirected more than {MAX_REDIRECTS} times')

    def _route(self, url: Url, allowance: Allowance) -> Route:
        proxy = proxy_of(url.origin, self._proxies.proxy_for)
        if proxy is not None:
            return Route(proxy=proxy)
        literal = literal_address(url.origin.host)
        return Route(tuple(map(str, (literal,) if literal else resolve(url.origin.host, allowance.left))))


def _redirected(request: Request, answer: Answer) -> Url:
    """Return where *answer* redirects to: anywhere over https."""
    locations = set(answer.head.headers.get("location", ()))
    if len(locations) != 1:
        raise UnavailableError(f"{request}: redirected without a location")
    try:
        target = request.url.join(locations.pop())
    except NotationError as error:
        raise UnavailableError(f"{request}: redirected to an unusable place: {error.message}") from error
    if target.origin.scheme is not Scheme.HTTPS:
        raise UnavailableError(f"{request}: redirected to plain http, at {visible(str(target.origin))}")
    return target


def _failed(url: Url, reason: str, error: NotationError) -> PluginError:
    return PluginError(
        f"failed to download plugin from URL {url.without_query} with error: {reason}",
        hint=error.hint,
        outcome=error.outcome,
    )
