# SPDX-License-Identifier: Apache-2.0
"""One HTTP exchange over a kept-alive connection, bounded in time and bytes: all that we use urllib3 for.

Every read from the socket gets what is left of the deadline, so that a server which sends one
byte per second ends where a silent one does. Content is taken as sent: an encoded body is
refused, never decoded. Follows nothing, repeats nothing, knows no credentials.

Spec: RFC 9110, RFC 9112. Requirements: SEC-001, SEC-002, R-10, R-24.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ..errors import LimitError, Outcome, RegistryError, UnavailableError
from .proxies import Proxy, ProxyRules
from .registry_settings import SYSTEM_TLS, Timeouts, TlsFiles
from .responses import Response, TransientError, TruncatedError
from .tls import registry_context, system_context
from .urls import Origin, Scheme, Url, visible

MAX_SHOWN_BYTES = 64 << 10
"""Of a body that is only shown in an error or not used at all; the rest is left unread."""

_current = threading.local()


class _DeadlineStream(io.RawIOBase):
    """The bytes of a socket; no read waits longer than the read timeout or the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = _current.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        self._socket.settimeout(min(left, _current.read_timeout))
        return self._stream.readinto(buffer) or 0

    def close(self) -> None:
        self._stream.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_DeadlineStream(sock))


class _PlainConnection(HTTPConnection):
    response_class = _DeadlineResponse


class _TlsConnection(HTTPSConnection):
    response_class = _DeadlineResponse


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Connections:
    """Pools of kept-alive connections, one per origin, and the TLS identity each may see; thread-safe."""

    def __init__(self, registry: Origin, tls: TlsFiles, proxies: ProxyRules) -> None:
        self._registry = registry
        self._tls = tls
        self._proxies = proxies
        self._managers: dict[tuple[str, TlsFiles | None], urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection; a later exchange opens new ones."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()
            self._managers.clear()

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
    ) -> Response:
        """Return the answer to one request.

        Args:
            max_bytes: of the body of a success to GET; other bodies are cut after 64 KiB.
            deadline: on the monotonic clock, in seconds.

        Raises:
            TransientError: no answer; another attempt may get one. TruncatedError: half an answer.
            UnavailableError: TLS or the proxy refused. LimitError: the body is larger than *max_bytes*.
            RegistryError: an answer outside HTTP, or an encoded body.
        """
        proxy = self._proxies.proxy_for(url.origin)
        if proxy and url.origin.scheme is Scheme.HTTP and "Authorization" in headers:
            raise UnavailableError(
                f"refusing to send credentials for {url.origin} in clear through proxy {proxy.url.origin}",
                hint="use HTTPS, or name the registry in NO_PROXY",
                outcome=Outcome.AUTH,
            )
        left = deadline - time.monotonic()
        if left <= 0:
            raise UnavailableError(f"{method} {_quoted(url)}: no answer within {timeouts.total:g} seconds")
        _current.deadline, _current.read_timeout = deadline, timeouts.read
        timeout = urllib3.Timeout(connect=min(timeouts.connect, left), read=min(timeouts.read, left))
        answer: urllib3.BaseHTTPResponse | None = None
        try:
            answer = self._manager(url.origin, proxy).urlopen(
                method,
                str(url),
                body=body,
                headers=dict(headers),
                redirect=False,
                retries=False,
                timeout=timeout,
                preload_content=False,
                decode_content=False,
            )
            return _complete(method, url, answer, max_bytes)
        except (exceptions.HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            raise _translated(method, url, error, deadline) from error
        finally:
            if answer is not None:
                answer.close()  # of an answer read to its end, the connection is back in the pool already

    def _manager(self, origin: Origin, proxy: Proxy | None) -> urllib3.PoolManager:
        same_host = origin.host == self._registry.host
        files: TlsFiles | None = self._tls if same_host else SYSTEM_TLS
        if same_host and origin != self._registry:
            files = TlsFiles(self._tls.authorities)
        if origin.scheme is Scheme.HTTP:
            files = None
        key = (str(proxy.url) if proxy else "", files)
        with self._lock:
            manager = self._managers.get(key)
            if manager is None:
                context = registry_context(files.authorities, files.certificate, files.key) if files else None
                manager = self._managers[key] = _new_manager(proxy, context)
            return manager


def _new_manager(proxy: Proxy | None, context: Any) -> urllib3.PoolManager:
    keywords: dict[str, Any] = {"num_pools": 16, "maxsize": 64, "ssl_context": context}
    manager: urllib3.PoolManager
    if proxy is None:
        manager = urllib3.PoolManager(**keywords)
    else:
        shown = urllib3.make_headers(proxy_basic_auth=proxy.credentials) if proxy.credentials else None
        keywords["proxy_ssl_context"] = system_context() if proxy.url.origin.scheme is Scheme.HTTPS else None
        manager = urllib3.ProxyManager(str(proxy.url), proxy_headers=shown, **keywords)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    return manager


def _complete(method: str, url: Url, answer: urllib3.BaseHTTPResponse, max_bytes: int) -> Response:
    """Return *answer* with its body; on return a connection that can be used again is back in its pool."""
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in answer.headers.items():
        headers[name.lower()] = (*headers.get(name.lower(), ()), value)
    used = method == "GET" and answer.status < 300
    encoding = ", ".join(headers.get("content-encoding", ())).strip().lower()
    if used and encoding not in {"", "identity"}:
        raise RegistryError(f"GET {_quoted(url)}: content encoding {visible(encoding)!r} was not asked for")
    limit = max_bytes if used else MAX_SHOWN_BYTES
    body = answer.read(limit + 1, decode_content=False)
    if len(body) <= limit:  # a look past the end finds out whether that was all, and frees the connection
        body += answer.read(1, decode_content=False)
    if len(body) > limit and used:
        raise LimitError(f"GET {_quoted(url)}: the answer is larger than {max_bytes} bytes")
    return Response(method, url, answer.status, visible(answer.reason or "", 64), headers, body[:limit])


def _quoted(url: Url) -> str:
    return f'"{url.without_query}"'


def _translated(method: str, url: Url, error: Exception, deadline: float) -> UnavailableError | RegistryError:
    where = f"{method} {_quoted(url)}"
    reason = _root_cause(error)
    if time.monotonic() >= deadline:
        return UnavailableError(f"{where}: no complete answer within the time allowed")
    match error:
        case exceptions.IncompleteRead() | http.client.IncompleteRead():
            return TruncatedError(f"{where}: the answer ended before its announced length")
        case exceptions.ProtocolError() if isinstance(reason, http.client.IncompleteRead):
            return TruncatedError(f"{where}: the answer ended before its announced length")
        case exceptions.SSLError():
            return UnavailableError(
                f"{where}: TLS: {visible(_tls_reason(reason))}",
                hint="check the registry's name and certificate; name a CA file for an authority of your own",
            )
        case exceptions.ProxyError():
            return UnavailableError(f"{where}: the proxy refused: {visible(_os_reason(reason))}")
        case exceptions.NameResolutionError() | exceptions.LocationValueError() | UnicodeError():
            return UnavailableError(f"{where}: no such host {url.origin.host!r}")
        case exceptions.NewConnectionError():
            return UnavailableError(f"{where}: {visible(_os_reason(reason))}")
        case exceptions.ConnectTimeoutError():
            return TransientError(f"{where}: connecting took too long")
        case exceptions.ReadTimeoutError() | TimeoutError():
            return UnavailableError(f"{where}: no answer for too long")
        case _:
            return TransientError(f"{where}: connection lost: {visible(_os_reason(reason))}")


def _root_cause(error: BaseException) -> BaseException:
    """Return the innermost error that *error* wraps; urllib3 keeps it as an argument or as the cause."""
    seen = 0
    while seen < 8:
        seen += 1
        inner = next((part for part in reversed(error.args) if isinstance(part, BaseException)), None)
        inner = inner or error.__cause__ or (error.__context__ if not isinstance(error, OSError) else None)
        if inner is None or inner is error:
            break
        error = inner
    return error


def _os_reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).lower() or type(error).__name__


def _tls_reason(error: BaseException) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or error).lower()
