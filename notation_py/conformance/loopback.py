# SPDX-License-Identifier: Apache-2.0
"""An HTTP server on loopback for the time of one vector: requests in, replies out, everything remembered.

Takes what a client sends, absolute request targets of a proxy included, and gives it to one function.
Knows nothing about registries and responders.

Spec: RFC 9110, RFC 9112; conformance/PROTOCOL.md.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAX_BODY = 64 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived; header names in lower case.

    Attributes:
        target: path and query, or with a proxy the absolute URL.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Without *status* there is none: the connection ends."""

    status: int | None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str:
        """Return the value of the header *name*, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


Answer = Callable[[Request], Reply]

CLOSED = Reply(None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the library's
        """Say nothing."""

    def _handle_any(self) -> None:
        try:
            self._send(self.server.answer(self._request()))
        except (OSError, ValueError):  # the client has gone, or does not speak HTTP
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_CONNECT = _handle_any  # noqa: N815 - so named there

    def _request(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = self._chunks()
        else:
            body = self.rfile.read(min(int(headers.get("content-length") or 0), MAX_BODY))
        return Request(self.command, self.path, headers, body)

    def _chunks(self) -> bytes:
        data = b""
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if len(data) + size > MAX_BODY:
                raise ValueError("too large")
            data += self.rfile.read(size)
            self.rfile.readline(8)
        self.rfile.readline(8)
        return data

    def _send(self, reply: Reply) -> None:
        if reply.status is None:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if not reply.header("Content-Length"):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        if reply.header("Content-Length") not in {"", str(len(reply.body))}:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.is_over = False

    def accept_until_over(self) -> None:
        """Serve connections until one comes after the end: nothing is polled, so nothing waits for a poll."""
        while True:
            try:
                connection, address = self.get_request()
            except OSError:
                return
            if self.is_over:
                connection.close()
                return
            self.process_request(connection, address)

    def end(self) -> None:
        """Wake `accept_until_over` for the last time."""
        self.is_over = True
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.server_port), 5).close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that give up are part of this."""


@contextmanager
def serving(answer: Answer) -> Iterator[int]:
    """Yield the port of a server on loopback whose requests *answer* answers, until the block ends."""
    server = _Server(answer)
    thread = threading.Thread(target=server.accept_until_over, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.end()
        thread.join(5)
        server.server_close()
