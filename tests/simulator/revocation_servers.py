# SPDX-License-Identifier: Apache-2.0
"""Servers for CRLs, OCSP and time stamps on loopback, well behaved or not.

`WebServer` answers each path with a `Reply`, counts requests and keeps them. `stubborn` takes a connection
and writes raw bytes, for what an HTTP library would not send. `OpensslResponder` lets the real `openssl
ocsp` judge: openssl's own listener binds every interface of the machine, so each request that comes to our
loopback server is given to one run of it.
"""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.simulator.pki import PrivateKey, private_pem

CRL_TYPE = "application/pkix-crl"
OCSP_TYPE = "application/ocsp-response"
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        delay: seconds before the first byte. pieces: sent chunked, in place of *body*, with *pause* seconds
            between them; may be endless.
        length: the Content-Length to claim; None claims the true one, -1 none.
    """

    body: bytes = b""
    status: int = 200
    kind: str = CRL_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    pieces: Iterable[bytes] | None = None
    pause: float = 0.0
    length: int | None = None


Answer = Reply | Callable[[Asked], Reply]


@dataclass
class WebServer:
    """Paths, what each is answered with, and what was asked. A path may end in `*`."""

    port: int = 0
    scheme: str = "http"
    host: str = "127.0.0.1"
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/") -> str:
        """Return the URL of *path*, which begins with a slash."""
        return f"{self.scheme}://{self.host}:{self.port}{path}"

    @property
    def place(self) -> str:
        """What NOTATION_PY_FETCH_ALLOW calls this server."""
        return f"{self.host}:{self.port}"

    def publish(self, path: str, answer: Answer | bytes) -> str:
        """Answer *path* with *answer* from now on; return its URL."""
        self.answers[path] = Reply(answer) if isinstance(answer, bytes) else answer
        return self.url(path)

    def reply(self, asked: Asked) -> Reply:
        answer = self.answers.get(asked.path)
        if answer is None:
            matches = (
                a for p, a in self.answers.items() if p.endswith("*") and asked.path.startswith(p[:-1])
            )
            answer = next(matches, Reply(b"not here", 404, "text/plain"))
        return answer(asked) if callable(answer) else answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the library's
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.server.web.asked.append(asked)
        with suppress(OSError):  # who asked has gone
            self._send(self.server.web.reply(asked))

    do_GET = do_POST = _answer  # noqa: N815 - named by their protocol

    def _send(self, reply: Reply) -> None:
        self.server.wait(reply.delay)
        self.send_response(reply.status)
        if reply.kind:
            self.send_header("Content-Type", reply.kind)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.pieces is not None:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.length != -1 and reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
        else:
            self.close_connection = True
        self.end_headers()
        for piece in reply.pieces or ():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.server.wait(reply.pause)
            if self.server.is_over.is_set():
                return
        self.wfile.write(reply.body if reply.pieces is None else b"0\r\n\r\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, web: WebServer, context: ssl.SSLContext | None) -> None:
        super().__init__((web.host, 0), _Handler)
        self.web = web
        self.is_over = threading.Event()
        self._context = context
        web.port = self.server_address[1]

    def wait(self, seconds: float) -> None:
        if seconds:
            self.is_over.wait(seconds)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.web.connections += 1
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self._context is None:
            super().finish_request(request, client_address)
            return
        with self._context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def web_server(context: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """Yield a server on loopback that answers until the block ends, with TLS if there is a *context*."""
    web = WebServer(scheme="https" if context else "http")
    server = _Server(web, context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def stubborn(pieces: Iterable[bytes], pause: float = 0.0) -> Iterator[int]:
    """Yield the port of a server that reads one request and writes *pieces*, *pause* seconds apart."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(5)
                    connection.recv(65536)
                    for piece in pieces:
                        connection.sendall(piece)
                        if over.wait(pause):
                            return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            with suppress(OSError):  # a server that nobody asked still waits
                socket.create_connection(listener.getsockname(), 1).close()
            thread.join(5)


def drip(data: bytes) -> Iterator[bytes]:
    """Yield *data* byte by byte."""
    return (data[at : at + 1] for at in range(len(data)))


def endless(piece: bytes = b"\x00" * 65536) -> Iterator[bytes]:
    """Yield *piece* for ever."""
    return (piece for _ in count())


def faults(crl: bytes, elsewhere: str) -> dict[str, Reply]:
    """Return answers that give nobody a usable list, by name (attack 77).

    Args:
        elsewhere: a URL at another host.
    """
    import gzip

    bomb = gzip.compress(b"\x00" * (32 << 20))
    return {
        "gigabyte": Reply(length=1 << 30, body=crl),
        "33 MiB without a length": Reply(length=-1, body=bytes(33 << 20)),
        "endless chunks": Reply(pieces=endless()),
        "endless small chunks": Reply(pieces=endless(b"0")),
        "one byte per second": Reply(pieces=drip(crl), pause=1.0),
        "silence": Reply(crl, delay=60.0),
        "gzip bomb": Reply(bomb, headers=(("Content-Encoding", "gzip"),)),
        "partial content": Reply(crl, 206, headers=(("Content-Range", f"bytes 0-1/{len(crl)}"),)),
        "no content": Reply(status=204),
        "not modified": Reply(status=304),
        "redirect elsewhere": Reply(status=301, headers=(("Location", elsewhere),)),
        "forbidden": Reply(b"no", 403, "text/plain"),
        "server error": Reply(b"oops", 500, "text/plain"),
        "cut short": Reply(crl, length=len(crl) + 10),
    }


class OpensslResponder:
    """An OCSP responder whose answers `openssl ocsp` makes; put `answer` behind a path of a server.

    Args:
        issuer: who issued what is asked about. signer: who signs, with its key; *issuer* if None.
        minutes: until nextUpdate.
    """

    def __init__(
        self,
        openssl: Path,
        directory: Path,
        issuer: tuple[x509.Certificate, PrivateKey],
        signer: tuple[x509.Certificate, PrivateKey] | None = None,
        minutes: int = 60,
    ) -> None:
        self._openssl = openssl
        self._directory = directory
        self._minutes = minutes
        self._lock = threading.Lock()
        self._runs = count()
        self._known: dict[int, tuple[x509.Certificate, str]] = {}
        certificate, key = signer or issuer
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "ca.pem").write_bytes(issuer[0].public_bytes(Encoding.PEM))
        (directory / "signer.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (directory / "signer.key").write_bytes(private_pem(key))

    def good(self, *certificates: x509.Certificate) -> None:
        """Call *certificates* good from now on; others are unknown."""
        with self._lock:
            self._known |= {one.serial_number: (one, "") for one in certificates}

    def revoke(self, certificate: x509.Certificate, at: datetime, reason: str = "keyCompromise") -> None:
        """Call *certificate* revoked since *at*; *reason* as openssl spells it, empty for none."""
        text = f"{at.astimezone(UTC):%y%m%d%H%M%SZ}" + (f",{reason}" if reason else "")
        with self._lock:
            self._known[certificate.serial_number] = certificate, text

    def answer(self, asked: Asked) -> Reply:
        """Return what openssl answers to the request, which is a body or the last part of the path."""
        request = asked.body or base64.b64decode(unquote(asked.path.rpartition("/")[2]))
        with self._lock:
            number = next(self._runs)
            index = self._directory / f"index{number}.txt"
            index.write_text("".join(_index_line(*entry) for entry in self._known.values()))
        files = {name: self._directory / f"{name}{number}.der" for name in ("request", "response")}
        files["request"].write_bytes(request)
        place = self._directory
        command = ["ocsp", "-index", index, "-CA", place / "ca.pem", "-nmin", self._minutes]
        command += ["-rsigner", place / "signer.pem", "-rkey", place / "signer.key"]
        command += ["-reqin", files["request"], "-respout", files["response"]]
        subprocess.run(
            [str(self._openssl), *map(str, command)],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
        return Reply(files["response"].read_bytes(), kind=OCSP_TYPE)


def _index_line(certificate: x509.Certificate, revoked: str) -> str:
    """Return the line of openssl's database that says whether *certificate* is revoked."""
    serial = f"{certificate.serial_number:X}"
    serial = serial if len(serial) % 2 == 0 else f"0{serial}"
    until = f"{certificate.not_valid_after_utc:%y%m%d%H%M%SZ}"
    subject = "/" + "/".join(part.rfc4514_string() for part in certificate.subject.rdns)
    return "\t".join(("R" if revoked else "V", until, revoked, serial, "unknown", subject)) + "\n"


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Return whether *holds* became true in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def requests_to(server: WebServer, method: str = "") -> Sequence[str]:
    """Return the paths that were asked for, in order."""
    return [asked.path for asked in server.asked if asked.method.startswith(method)]
