# SPDX-License-Identifier: Apache-2.0
"""Revocation data over plain HTTP, from servers that a certificate names.

Each address that a name resolves to is checked before any is asked, and the connection goes to one of
them, so that no second answer of the resolver can lead elsewhere. A proxy resolves names itself; then only
names, ports and written addresses are checked here. Keeps nothing and judges no content.

Spec: security contract 2.4 R-19; reference behaviours 10.5. Requirements: REV-007 to REV-009, REV-042.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import MalformedError, Outcome, RegistryError, UnavailableError
from ..fetch import FetchLimit
from . import addresses
from .addresses import AddressRules, Resolve, literal_address
from .http_exchange import Allowance, Exchanges, Request, Route, proxy_of
from .http_messages import Head
from .proxies import ProxyRules
from .traces import Trace
from .urls import Scheme, Url, visible

PUBLIC_ONLY = AddressRules()


class HttpFetcher:
    """Implements `Fetcher`.

    Args:
        rules: where data may come from. proxies: those of the environment if None.
        resolve: finds the addresses of a name. trace: gets every request and answer.
    """

    def __init__(
        self,
        rules: AddressRules = PUBLIC_ONLY,
        *,
        proxies: ProxyRules | None = None,
        resolve: Resolve = addresses.resolve,
        trace: Trace | None = None,
    ) -> None:
        self._rules = rules
        self._proxies = proxies or ProxyRules.from_environment()
        self._resolve = resolve
        self._exchanges = Exchanges(trace)

    def get(self, url: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer, status 200, to a GET of *url*; raises as its port says."""
        return self._fetch("GET", url, {}, None, limit)

    def post(self, url: str, body: bytes, content_type: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer, status 200, to a POST of *body*; raises as its port says."""
        return self._fetch("POST", url, {"Content-Type": content_type}, body, limit)

    def _fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: FetchLimit
    ) -> bytes:
        allowance = Allowance.starting_now(limit.max_bytes, limit.seconds)
        request = Request(method, _fetchable(url), headers, body)
        route = self._route(request, allowance)
        request, answer = self._exchanges.final_answer(request, route, allowance)
        if answer.head.status != 200:
            raise UnavailableError(f"{request}: status {answer.status}")
        if limit.media_type and _media_types(answer.head) != {limit.media_type}:
            raise UnavailableError(f"{request}: the answer is not {limit.media_type}")
        return answer.body

    def _route(self, request: Request, allowance: Allowance) -> Route:
        """Return how to reach the server of *request*, if it may be asked."""
        origin = request.url.origin
        try:
            literal = literal_address(origin.host)
            proxy = proxy_of(origin, self._proxies.proxy_for)
            if literal is None and proxy is not None:
                self._rules.check_name(origin)
                return Route(proxy=proxy)
            found = (literal,) if literal else self._resolve(origin.host, allowance.left)
            for address in found:
                self._rules.check(origin, address)
        except MalformedError as error:
            raise MalformedError(
                f"{request} is not fetched: {error.message}", hint=error.hint, outcome=error.outcome
            ) from error
        except UnavailableError as error:
            raise UnavailableError(f"{request}: {error.message}", hint=error.hint) from error
        return Route(tuple(map(str, found)), proxy)


def _media_types(head: Head) -> set[str]:
    """Return what *head* says the content is, without parameters."""
    return {field.partition(";")[0].strip(" \t").lower() for field in head.headers.get("content-type", ())}


def _fetchable(text: str) -> Url:
    """Return the URL *text*, with spaces escaped as the Go program does."""
    try:
        url = Url.parse(text.replace(" ", "%20"))
    except RegistryError as error:
        raise MalformedError(f"not fetched: {error.message}", outcome=Outcome.REVOCATION_UNKNOWN) from error
    if url.origin.scheme is not Scheme.HTTP:
        raise MalformedError(
            f'"{visible(url.without_query)}" is not fetched: revocation data comes over plain http only',
            outcome=Outcome.REVOCATION_UNKNOWN,
        )
    return url
