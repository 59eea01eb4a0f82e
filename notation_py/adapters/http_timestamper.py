# SPDX-License-Identifier: Apache-2.0
"""Time-stamping authorities over HTTP: a request in, the bytes of an answer out.

The URL is the user's own choice, so any address may be asked; what comes back is bounded and not
believed. Knows no token: whether the answer stamps anything is decided elsewhere.

Spec: RFC 3161 section 3.4; reference behaviours 9.1. Requirements: TSA-003, R-19.
"""

from __future__ import annotations

from ..errors import LimitError, MalformedError, RegistryError, UnavailableError, UsageError
from ..reference import go_quote
from .addresses import literal_address, resolve
from .http_exchange import Allowance, Exchanges, Request, Route, proxy_of
from .proxies import ProxyRules
from .traces import Trace
from .urls import Url, visible

SECONDS = 15.0
MAX_ANSWER_BYTES = (1 << 20) - 1
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


class HttpTimestamper:
    """Implements `Timestamper` for the authority at *url*.

    Args:
        seconds: from the first packet of an exchange to the last.
        proxies: those of the environment if None. trace: gets every request and answer.

    Raises:
        UsageError: *url* is no http or https URL with a host, or has user information.
    """

    def __init__(
        self,
        url: str,
        *,
        seconds: float = SECONDS,
        proxies: ProxyRules | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._url = _endpoint(url)
        self._seconds = seconds
        self._proxies = proxies or ProxyRules.from_environment()
        self._exchanges = Exchanges(trace)

    def timestamp(self, request: bytes) -> bytes:
        """Return the body of the answer to *request*, a DER TimeStampReq.

        Raises:
            UnavailableError: no answer in time, too large, or not one of a time-stamping authority.
        """
        allowance = Allowance.starting_now(MAX_ANSWER_BYTES, self._seconds)
        asked = Request("POST", self._url, {"Content-Type": _QUERY, "Accept": _REPLY}, request)
        route = self._route(asked, allowance)
        try:
            asked, answer = self._exchanges.final_answer(asked, route, allowance)
        except LimitError as error:
            raise UnavailableError(error.message) from error
        if answer.head.status != 200:
            raise UnavailableError(
                f'POST "{visible(asked.url.without_query)}": https response bad status: {answer.status}'
            )
        kinds = answer.head.headers.get("content-type", ())
        if kinds != (_REPLY,):
            kind = visible(", ".join(kinds), 64)
            raise UnavailableError(
                f"{asked}: the answer has content type {go_quote(kind)}, not {_REPLY}",
                hint="check that the URL is that of a time-stamping authority",
            )
        return answer.body

    def _route(self, asked: Request, allowance: Allowance) -> Route:
        origin = asked.url.origin
        try:
            proxy = proxy_of(origin, self._proxies.proxy_for)
            if proxy is not None:
                return Route(proxy=proxy)
            literal = literal_address(origin.host)
            found = (literal,) if literal else resolve(origin.host, allowance.left)
        except UnavailableError as error:
            raise UnavailableError(f"{asked}: {error.message}", hint=error.hint) from error
        return Route(tuple(map(str, found)))


def _endpoint(text: str) -> Url:
    """Return the URL of an authority, or say in the Go program's words what is wrong with it."""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in {"http", "https"}:
        written = scheme.lower() if separator else ""
        shown = visible(written, 64)
        raise UsageError(
            f"endpoint {go_quote(visible(text))}: scheme must be http or https, but got {go_quote(shown)}"
        )
    if not rest or rest[0] in "/?#":
        raise UsageError(f"endpoint {go_quote(visible(text))}: host cannot be empty")
    try:
        url = Url.parse(text)
        literal_address(url.origin.host)
    except (RegistryError, MalformedError) as error:
        raise UsageError(f"endpoint: {error.message}") from error
    return url
