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
        if pending is not None and pending():
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

        within = SSLTransport(self._socket, context, origin.host)
        self._socket = within  # type: ignore[assignment]  # it has every method that is called here


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
