# SPDX-License-Identifier: Apache-2.0
"""A loopback port in front of a plain-HTTP registry that passes everything on and keeps what was asked."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_REQUEST = re.compile(rb"(?:^|\r\n\r\n)((?:GET|HEAD|POST|PUT|PATCH|DELETE) [^\r\n]+) HTTP/1\.1\r\n")


@dataclass
class Recorder:
    """What clients sent to *host*, `localhost:PORT`, one entry for each connection.

    Attributes:
        turns: how often a client said something after it had heard something, or first: its round trips.
    """

    host: str
    connections: list[bytearray] = field(default_factory=list)
    turns: int = 0

    @property
    def requests(self) -> list[str]:
        """Method and path of every request, of those without a body, in the order of their connections."""
        return [
            line.decode("ascii", "backslashreplace")
            for sent in self.connections
            for line in _REQUEST.findall(bytes(sent))
        ]

    def forget(self) -> None:
        """Start counting anew."""
        self.connections.clear()
        self.turns = 0


@contextmanager
def recorder(registry: str) -> Iterator[Recorder]:
    """Yield a recorder before the registry at *registry*, `localhost:PORT`."""
    target = ("127.0.0.1", int(registry.rpartition(":")[2]))
    with socket.create_server(("127.0.0.1", 0)) as server:
        recorded = Recorder(f"localhost:{server.getsockname()[1]}")
        thread = threading.Thread(target=_accept, args=(server, target, recorded), daemon=True)
        thread.start()
        try:
            yield recorded
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _accept(server: socket.socket, target: tuple[str, int], recorded: Recorder) -> None:
    handlers = []
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            sent = bytearray()
            recorded.connections.append(sent)
            handler = threading.Thread(target=_serve, args=(client, target, sent, recorded), daemon=True)
            handler.start()
            handlers.append(handler)
    for handler in handlers:
        handler.join(10)


def _serve(client: socket.socket, target: tuple[str, int], sent: bytearray, recorded: Recorder) -> None:
    heard = threading.Event()
    heard.set()

    def asked(data: bytes) -> None:
        sent.extend(data)
        if heard.is_set():
            recorded.turns += 1
            heard.clear()

    with client, socket.create_connection(target, timeout=60) as upstream:
        back = threading.Thread(target=_pipe, args=(upstream, client, lambda _: heard.set()), daemon=True)
        back.start()
        _pipe(client, upstream, asked)
        back.join(60)


def _pipe(source: socket.socket, sink: socket.socket, note: Callable[[bytes], None]) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            note(data)
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
