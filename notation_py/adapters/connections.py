# SPDX-License-Identifier: Apache-2.0
"""One HTTP exchange over a kept-alive connection, bounded in time and bytes.

Content is taken as sent: an encoded body is refused, never decoded. A connection is used again only
after an answer that was read to its end with nothing behind it. Follows nothing, repeats nothing,
knows no credentials; why this is not urllib3 says specs/decisions/0005-http.md.

Spec: RFC 9110, RFC 9112 section 9. Requirements: SEC-001, SEC-002, R-10, R-24.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import (
    LimitError,
    MalformedError,
    NotationError,
    Outcome,
    RegistryError,
    UnavailableError,
)
from .http_messages import EndOfStreamError, Incoming, body_of, read_body, read_head, request_bytes
from .proxies import Proxy, ProxyRules
from .registry_settings import SYSTEM_TLS, Timeouts, TlsFiles
from .responses import Ahead, Response, TransientError, TruncatedError
from .sockets import ProxyRefusedError, Wire, open_wire
from .urls import Origin, Scheme, Url, visible

if TYPE_CHECKING:
    import ssl

MAX_SHOWN_BYTES = 64 << 10
"""Of a body that is only shown in an error or not used at all; the rest is left unread."""
MAX_ROUTES = 16
MAX_IDLE = 64
"""Connections kept for one origin."""
FORM = "application/x-www-form-urlencoded"
"""What only token servers are sent; a refresh token is in it."""
AHEAD_SECONDS = 5.0
"""How long the answer to a request sent ahead is waited for, after the one before it."""


class _Connection:
    __slots__ = ("incoming", "wire")

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.incoming = Incoming(wire.receive)


class _Route:
    """How one origin is reached, and the connections to it that nobody uses now.

    Attributes:
        answers_ahead: not seen yet to leave a request unanswered that came behind another.
    """

    __slots__ = ("answers_ahead", "contexts", "idle", "origin", "proxy")

    def __init__(self, origin: Origin, proxy: Proxy | None, context: ssl.SSLContext | None) -> None:
        self.origin = origin
        self.proxy = proxy
        self.contexts = context, _proxy_context(proxy)
        self.idle: list[_Connection] = []
        self.answers_ahead = True

    @property
    def is_asking_proxy(self) -> bool:
        """Whether the proxy reads our requests, in place of passing on what goes through a tunnel."""
        return self.proxy is not None and self.contexts[0] is None


class Connections:
    """Kept-alive connections to origins, each with the TLS identity that it may see; thread-safe."""

    def __init__(self, registry: Origin, tls: TlsFiles, proxies: ProxyRules) -> None:
        self._registry = registry
        self._tls = tls
        self._proxies = proxies
        self._routes: dict[Origin, _Route] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection; a later exchange opens new ones."""
        with self._lock:
            routes, self._routes = self._routes, {}
            for route in routes.values():
                _close_idle(route)

    __del__ = close

    def takes_ahead(self, origin: Origin) -> bool:
        """Return whether a request to *origin* may be followed by another before its answer is there.

        RFC 9112 section 9.3.2 obliges servers to answer both, in order. One that did not is not tried again.
        """
        route = self._route(origin)
        return route.answers_ahead and not route.is_asking_proxy

    def exchange(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_bytes: int,
        timeouts: Timeouts,
        deadline: float,
        ahead: Ahead | None = None,
    ) -> Response:
        """Return the answer to one request.

        Args:
            ahead: sent right behind the request; its answer is there on return, or is not to be had.
            max_bytes: of the body of a success to GET; other bodies are cut after 64 KiB.
            deadline: on the monotonic clock, in seconds.

        Raises:
            TransientError: no answer; another attempt may get one. TruncatedError: half an answer.
            UnavailableError: TLS or the proxy refused. LimitError: the body is larger than *max_bytes*.
            RegistryError: an answer outside HTTP, or an encoded body.
        """
        route = self._route(url.origin)
        if route.is_asking_proxy and ("Authorization" in headers or headers.get("Content-Type") == FORM):
            raise UnavailableError(
                f"refusing to send credentials for {url.origin} in clear through proxy {_name(route)}",
                hint="use HTTPS, or name the registry in NO_PROXY",
                outcome=Outcome.AUTH,
            )
        if deadline <= time.monotonic():
            raise UnavailableError(f"{_where(method, url)}: no answer within {timeouts.total:g} seconds")
        request = _request(route, method, url, headers, body)
        if ahead is not None:
            request += _request(route, "GET", ahead.url, {**headers, "Accept": ahead.accept}, None)
        connection = self._idle(route) or _opened(route, _where(method, url), timeouts, deadline)
        connection.wire.limit(deadline, timeouts.read)
        again = False
        try:
            with suppress(BrokenPipeError):  # who does not want to read it may have said why
                connection.wire.send(request)
            response, again = _read(connection.incoming, method, url, max_bytes)
            if ahead is not None:
                again = again and _read_ahead(connection, ahead, deadline)
            again = again and connection.incoming.is_empty
        except (EndOfStreamError, OSError) as error:
            raise _interrupted(_where(method, url), route, error, deadline) from error
        except MalformedError as error:
            where = _where(method, url)
            raise RegistryError(f"{where}: the answer is outside HTTP: {error.message}") from error
        finally:
            if again:
                self._keep(route, connection)
            else:
                route.answers_ahead = route.answers_ahead and ahead is None
                connection.wire.close()
        return response

    def _route(self, origin: Origin) -> _Route:
        with self._lock:
            route = self._routes.get(origin)
            if route is None:
                if len(self._routes) >= MAX_ROUTES:
                    _close_idle(self._routes.pop(next(iter(self._routes))))
                route = _Route(origin, self._proxies.proxy_for(origin), self._context(origin))
                self._routes[origin] = route
            return route

    def _context(self, origin: Origin) -> ssl.SSLContext | None:
        if origin.scheme is Scheme.HTTP:
            return None
        from .tls import registry_context

        files = self._tls if origin.host == self._registry.host else SYSTEM_TLS
        if origin != self._registry:
            files = TlsFiles(files.authorities)
        return registry_context(files.authorities, files.certificate, files.key)

    def _idle(self, route: _Route) -> _Connection | None:
        """Return a connection on which nothing has happened since its last answer, if there is one."""
        while True:
            with self._lock:
                if not route.idle:
                    return None
                connection = route.idle.pop()
            if connection.wire.is_quiet():
                return connection
            connection.wire.close()

    def _keep(self, route: _Route, connection: _Connection) -> None:
        with self._lock:
            if self._routes.get(route.origin) is route and len(route.idle) < MAX_IDLE:
                route.idle.append(connection)
                return
        connection.wire.close()


def _close_idle(route: _Route) -> None:
    while route.idle:
        route.idle.pop().wire.close()


def _proxy_context(proxy: Proxy | None) -> ssl.SSLContext | None:
    if proxy is None or proxy.url.origin.scheme is Scheme.HTTP:
        return None
    from .tls import system_context

    return system_context()


def _name(route: _Route) -> str:
    return str(route.proxy.url.origin if route.proxy else route.origin)


def _request(route: _Route, method: str, url: Url, headers: Mapping[str, str], body: bytes | None) -> bytes:
    if route.proxy is None or not route.is_asking_proxy:
        return request_bytes(method, url, headers, body)
    return request_bytes(method, url, {**headers, **route.proxy.headers}, body, target=str(url))


def _opened(route: _Route, where: str, timeouts: Timeouts, deadline: float) -> _Connection:
    try:
        wire = open_wire(route.origin, route.proxy, route.contexts, timeouts.connect, deadline)
    except ProxyRefusedError as error:
        raise UnavailableError(f"{where}: the proxy refused: {error}") from error
    except (socket.gaierror, UnicodeError) as error:
        host = route.proxy.url.origin.host if route.proxy else route.origin.host
        raise UnavailableError(f"{where}: no such host {host!r}") from error
    except TimeoutError as error:
        raise TransientError(f"{where}: connecting took too long") from error
    except ConnectionResetError as error:
        raise TransientError(f"{where}: connection lost: {_reason(error)}") from error
    except OSError as error:
        raise _tls_failure(where, route, error) or UnavailableError(f"{where}: {_reason(error)}") from error
    return _Connection(wire)


def _where(method: str, url: Url) -> str:
    return f'{method} "{url.without_query}"'


def _read(incoming: Incoming, method: str, url: Url, max_bytes: int) -> tuple[Response, bool]:
    """Return the answer, and whether another can follow it."""
    head = read_head(incoming)
    body = body_of(head, method)
    used = method == "GET" and head.status < 300
    encoding = ", ".join(head.headers.get("content-encoding", ())).lower()
    if used and encoding not in {"", "identity"}:
        shown = visible(encoding)
        raise RegistryError(f"{_where(method, url)}: content encoding {shown!r} was not asked for")
    limit = max_bytes if used else MAX_SHOWN_BYTES
    try:
        # Of what is announced as too large to be used, nothing is read.
        data, complete = read_body(incoming, body, 0 if used and body.length > limit else limit)
    except EndOfStreamError as error:
        text = f"{_where(method, url)}: the answer ended before its announced length"
        raise TruncatedError(text) from error
    if used and not complete:
        raise LimitError(f"{_where(method, url)}: the answer is larger than {max_bytes} bytes")
    response = Response(method, url, head.status, visible(head.reason, 64), head.headers, data)
    return response, complete and head.keeps_alive and not body.ends_connection


def _read_ahead(connection: _Connection, ahead: Ahead, deadline: float) -> bool:
    """Return whether the connection can be used after the answer to *ahead*, which is kept if it is one."""
    ahead.answer = None
    connection.wire.limit(min(deadline, time.monotonic() + AHEAD_SECONDS), AHEAD_SECONDS)
    try:
        ahead.answer, again = _read(connection.incoming, "GET", ahead.url, ahead.max_bytes)
    except (EndOfStreamError, OSError, NotationError):
        return False
    return again


def _interrupted(
    where: str, route: _Route, error: Exception, deadline: float
) -> UnavailableError | TransientError:
    if time.monotonic() >= deadline:
        return UnavailableError(f"{where}: no complete answer within the time allowed")
    if isinstance(error, TimeoutError):
        return UnavailableError(f"{where}: no answer for too long")
    if isinstance(error, EndOfStreamError):
        return TransientError(f"{where}: connection lost: closed without an answer")
    return _tls_failure(where, route, error) or TransientError(f"{where}: connection lost: {_reason(error)}")


def _tls_failure(where: str, route: _Route, error: Exception) -> UnavailableError | None:
    if route.contexts == (None, None):
        return None
    from .tls import failure_reason

    reason = failure_reason(error)
    if reason is None:
        return None
    return UnavailableError(
        f"{where}: TLS: {visible(reason)}",
        hint="check the registry's name and certificate; name a CA file for an authority of your own",
    )


def _reason(error: Exception) -> str:
    """Return what the system calls *error*."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return visible(str(error).lower()) or type(error).__name__
