# SPDX-License-Identifier: Apache-2.0
"""Timestamping authorities for tests: the tokens of the conformance suite's builders, and those of OpenSSL.

FakeTimestamper()                                         # answers requests with tokens of ours
with OpenSslAuthority.start(directory) as authority: ...  # `openssl ts`, over HTTP on loopback
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from conformance.generate.pki import TestChain
from conformance.generate.resigned import parts
from conformance.generate.stamps import *  # noqa: F403
from conformance.generate.stamps import Stamp, accuracy, authority, granted
from notation_py import der


@dataclass(slots=True)
class FakeTimestamper:
    """Answers requests with right tokens, changed by *changes*; remembers the requests.

    Attributes:
        answer: from the answer that would be sent to the one that is.
        blind: stamp nothing of what the request says, but `changes` alone.
    """

    chain: TestChain = field(default_factory=authority)
    changes: Mapping[str, Any] = field(default_factory=dict)
    answer: Callable[[bytes], bytes] = field(default=lambda response: response)
    requests: list[bytes] = field(default_factory=list)

    def timestamp(self, request: bytes) -> bytes:
        self.requests.append(request)
        _, imprint, nonce, *_ = parts(request)
        asked = {
            "message": b"",
            "imprint": imprint,
            "nonce": der.integer(0x02, der.only(nonce, 0x02)),
            "accuracy": accuracy(seconds=1),
        }
        made = replace(Stamp(message=b"", chain=self.chain), **(asked | dict(self.changes)))
        return self.answer(granted(made.encoded()))


_CONFIGURATION = """\
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {directory}/serial
crypto_device = builtin
signer_cert = {directory}/leaf.pem
certs = {directory}/chain.pem
signer_key = {directory}/key.pem
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = {precision}
ordering = {ordering}
tsa_name = yes
ess_cert_id_chain = {whole_chain}
ess_cert_id_alg = {ess_hash}
"""


@dataclass(frozen=True, slots=True)
class OpenSslAuthority:
    """`openssl ts` with the key and the certificates of *chain*; a `Timestamper`.

    It stamps with the time of the machine, so its certificates have to be valid now.
    """

    directory: Path
    chain: TestChain
    url: str = ""

    @classmethod
    def create(
        cls,
        directory: Path,
        chain: TestChain | None = None,
        *,
        digest: str = "sha256",
        ess_hash: str = "sha256",
        whole_chain: str = "no",
        precision: int = 3,
        ordering: str = "yes",
    ) -> OpenSslAuthority:
        """Write keys, certificates and configuration of an authority to *directory*."""
        chain = chain or authority()
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "serial").write_text("01\n")
        (directory / "leaf.pem").write_bytes(chain.leaf.public_bytes(Encoding.PEM))
        (directory / "chain.pem").write_bytes(
            b"".join(one.public_bytes(Encoding.PEM) for one in chain.certificates[1:])
        )
        (directory / "root.pem").write_bytes(chain.root_pem())
        (directory / "key.pem").write_bytes(chain.key_pem())
        (directory / "tsa.cnf").write_text(
            _CONFIGURATION.format(
                directory=directory,
                digest=digest,
                ess_hash=ess_hash,
                whole_chain=whole_chain,
                precision=precision,
                ordering=ordering,
            )
        )
        return cls(directory, chain)

    @classmethod
    @contextmanager
    def start(
        cls, directory: Path, chain: TestChain | None = None, **settings: Any
    ) -> Iterator[OpenSslAuthority]:
        """Yield an authority that answers at `url` on loopback; gone afterwards."""
        made = cls.create(directory, chain, **settings)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                is_query = self.headers["Content-Type"] == "application/timestamp-query"
                answer = made.timestamp(asked) if is_query else b""
                self.send_response(200 if is_query else 415)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  the library's name
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield replace(made, url=f"http://127.0.0.1:{server.server_address[1]}/")
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def timestamp(self, request: bytes) -> bytes:
        """Return the answer of `openssl ts -reply`."""
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "/dev/stdin"]
        done = subprocess.run(
            command, cwd=self.directory, input=request, capture_output=True, check=True, timeout=20
        )
        return done.stdout


def openssl_accepts(token: bytes, message: bytes, chain: TestChain, directory: Path, at: datetime) -> bool:
    """Return whether `openssl ts -verify` takes *token* for a timestamp over *message* by *chain*."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "token").write_bytes(token)
    (directory / "message").write_bytes(message)
    (directory / "root.pem").write_bytes(chain.root_pem())
    command = ["openssl", "ts", "-verify", "-token_in", "-in", "token", "-data", "message"]
    command += ["-CAfile", "root.pem", "-attime", str(int(at.timestamp()))]
    done = subprocess.run(command, cwd=directory, capture_output=True, check=False, timeout=20)
    return done.returncode == 0
