# SPDX-License-Identifier: Apache-2.0
"""Sockets to origins, with TLS where the scheme asks for it, and with an end to every wait.

Each wait gets what is left of a deadline, so that a peer which sends one byte per second ends where a silent
one does. Names, addresses and TLS are those of the standard library. A proxy is asked for a tunnel to an
https origin, and sees no more of it than the name.

Spec: RFC 9110 section 9.3.6. Requirements: SEC-001, SEC-002, R-24.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import MalformedError
from .http_messages import EndOfStreamError, Incoming, read_head, request_bytes
from .proxies import Proxy
from .urls import Origin, Url, visible

if TYPE_CHECKING:
    import ssl

RECEIVED_AT_ONCE = 64 << 10


class ProxyRefusedError(Exception):
    """The proxy was reached and opened no tunnel."""


class Wire:
    """A socket of which no wait lasts longer than a deadline allows; `limit` it before it is used."""

    __slots__ = ("_deadline", "_seconds", "_socket")

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._deadline = self._seconds = 0.0

    def limit(self, deadline: float, seconds: float) -> None:
        """Let waits end at *deadline*, on the monotonic clock, and each after *seconds* at the latest."""
        self._deadline, self._seconds = deadline, seconds

    def receive(self) -> bytes:
        """Return some bytes, none at the end. Raises TimeoutError or another OSError."""
        self._allow()
        return self._socket.recv(RECEIVED_AT_ONCE)

    def send(self, data: bytes) -> None:
        """Return when *data* is sent. Raises TimeoutError or another OSError."""
        rest = memoryview(data)
        while rest:
            self._allow()
            rest = rest[self._socket.send(rest) :]

    def _allow(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline passed")
        self._socket.settimeout(min(left, self._seconds))

    def is_quiet(self) -> bool:
        """Return whether nothing has come since: no end, no error, and nothing that nobody asked for."""
        pending = getattr(self._socket, "pending", None)
        within = getattr(self._socket, "incoming", None)  # TLS within TLS: what was received, not yet read
        if (pending is not None and pending()) or (within is not None and within.pending):
            return False
        if not hasattr(select, "poll"):
            return not select.select([self._socket], [], [], 0)[0]
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def secure(self, origin: Origin, context: ssl.SSLContext) -> None:
        """Return when TLS to *origin* stands. Raises OSError, which TLS errors are."""
        import ssl

        self._allow()
        if not isinstance(self._socket, ssl.SSLSocket):
            self._socket = context.wrap_socket(self._socket, server_hostname=origin.host)
            return
        from urllib3.util.ssltransport import SSLTransport  # TLS within TLS, which sockets cannot do

        paced = _Paced(self._socket, self._allow)
        within = SSLTransport(paced, context, origin.host)  # type: ignore[arg-type]  # what it needs of one
        self._socket = within  # type: ignore[assignment]  # it has every method that is called here


class _Paced:
    """The outer of two sockets: each wait within a handshake or a record ends as the wire's waits do.

    The transport on top waits many times for one record, and gives each wait all of the time.
    """

    __slots__ = ("_allow", "_outer")

    def __init__(self, outer: socket.socket, allow: Callable[[], None]) -> None:
        self._outer = outer
        self._allow = allow

    def recv(self, size: int) -> bytes:
        self._allow()
        return self._outer.recv(size)

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._allow()
            rest = rest[self._outer.send(rest) :]

    def settimeout(self, seconds: float) -> None:
        self._outer.settimeout(seconds)

    def fileno(self) -> int:
        return self._outer.fileno()

    def close(self) -> None:
        self._outer.close()


def open_wire(
    origin: Origin,
    proxy: Proxy | None,
    contexts: tuple[ssl.SSLContext | None, ssl.SSLContext | None],
    seconds: float,
    deadline: float,
) -> Wire:
    """Return a wire to *origin*, or for plain HTTP to its proxy.

    Args:
        contexts: for TLS to the origin and to the proxy; None without TLS.
        seconds: that each step may take.

    Raises:
        OSError: not reached, or TLS failed. UnicodeError: no host has such a name.
        ProxyRefusedError: no tunnel.
    """
    first = proxy.url.origin if proxy else origin
    context, proxy_context = contexts
    left = max(0.001, deadline - time.monotonic())
    sock = socket.create_connection((first.host, first.port), min(seconds, left))
    wire = Wire(sock)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.limit(deadline, seconds)
        if proxy and proxy_context:
            wire.secure(first, proxy_context)
        if proxy and context:
            _ask_for_tunnel(wire, origin, proxy)
        if context:
            wire.secure(origin, context)
    except BaseException:
        wire.close()
        raise
    return wire


def _ask_for_tunnel(wire: Wire, origin: Origin, proxy: Proxy) -> None:
    target = f"{origin.host_text}:{origin.port}"
    incoming = Incoming(wire.receive)
    try:
        wire.send(request_bytes("CONNECT", Url(origin, ""), proxy.headers, None, target=target))
        head = read_head(incoming)
    except (MalformedError, EndOfStreamError) as error:
        raise ProxyRefusedError(f"no HTTP answer: {error}") from error
    if not 200 <= head.status < 300 or not incoming.is_empty:
        raise ProxyRefusedError(f"status {head.status} {visible(head.reason, 64)}".rstrip())
