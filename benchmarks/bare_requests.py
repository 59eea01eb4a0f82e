# SPDX-License-Identifier: Apache-2.0
"""The floor under many images: the requests of a verification over a bare socket, with nothing checked.

Each image costs four requests, as in the program, sent one by one and read as far as their length says. What
is left is the registry, the kernel and a dozen lines of Python.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from urllib.parse import quote

from notation_py.descriptor import IMAGE_INDEX
from notation_py.registry.signatures import SIGNATURE_TYPE

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: ([0-9]+)")
_threads = threading.local()


def ask_for(host: str, repository: str, digest: str) -> None:
    """Send the requests of a verification of *digest*, on this thread's connection."""
    path, kind = f"/v2/{repository}", quote(SIGNATURE_TYPE, safe="")
    _ask(host, "HEAD", f"{path}/manifests/{digest}", "*/*")
    listed = json.loads(_ask(host, "GET", f"{path}/referrers/{digest}?artifactType={kind}", IMAGE_INDEX))
    [entry] = listed["manifests"]
    manifest = json.loads(_ask(host, "GET", f"{path}/manifests/{entry['digest']}", entry["mediaType"]))
    [envelope] = manifest["layers"]
    _ask(host, "GET", f"{path}/blobs/{envelope['digest']}", "*/*")


def _ask(host: str, method: str, target: str, accept: str) -> bytes:
    connection: socket.socket | None = getattr(_threads, host, None)
    if connection is None:
        connection = socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        setattr(_threads, host, connection)
    connection.sendall(
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n\r\n".encode("ascii")
    )
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    if found is None:
        raise RuntimeError(f"{method} {target}: no length")
    while method == "GET" and len(body) < int(found[1]):
        body += connection.recv(65536)
    return body
