# SPDX-License-Identifier: Apache-2.0
"""Two requests of Google Cloud KMS, and its token endpoint, on loopback; for tests of the plugin `gcp-kms`.

    with running_kms(directory) as kms:
        key_id = kms.put("release", chain.key, "EC_SIGN_P256_SHA256")
        environment = kms.environment       # a service account, whose tokens come from this server

It does: tokens for a signed assertion, getPublicKey and asymmetricSign in the names and form of the REST
interface, checksums both ways, the digest that goes with the algorithm of the version. It does not: any
other request, permissions, states of versions but as an error that a test asks for, gRPC, protection levels.
Google has no emulator of this service.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import google_crc32c
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.simulator.pki import PrivateKey, fixed_keys, private_pem

TOKEN = "token-that-nobody-may-see"
RING = "projects/example.com:team-1/locations/europe-west3/keyRings/notation"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def checksum(data: bytes) -> str:
    """Return the checksum by Google's own library, as JSON has it."""
    return str(google_crc32c.value(data))


@dataclass(frozen=True, slots=True)
class FakeCloudKms:
    """The running server.

    Attributes:
        url: of the endpoint, http on loopback. account: file of the service account.
        failures: status, error word and headers of each answer to come, first first.
        calls: methods that were asked for. answers: an edit of the answers of a method.
    """

    url: str
    account: Path
    stored: dict[str, tuple[PrivateKey, str]] = field(default_factory=dict)
    failures: list[tuple[int, str, Mapping[str, str]]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], None]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs so that Google's library gets a token here, and looks nowhere else."""
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(self.account)}

    def put(self, name: str, key: PrivateKey, algorithm: str) -> str:
        """Return the resource name of the first version of a new key."""
        version = f"{RING}/cryptoKeys/{name}/cryptoKeyVersions/1"
        self.stored[version] = (key, algorithm)
        return version

    def reset(self) -> None:
        """Forget what a test wanted to go wrong."""
        for wish in (self.failures, self.calls, self.answers):
            wish.clear()


@contextmanager
def running_kms(directory: Path) -> Iterator[FakeCloudKms]:
    """Yield the service on an ephemeral port; it is gone at the end."""

    class Handler(_Handler):
        pass

    server = _Server(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    account = directory / "account.json"
    document = {
        "type": "service_account",
        "project_id": "team-1",
        "private_key_id": "1",
        "private_key": private_pem(fixed_keys("RSA-2048")[0]).decode(),
        "client_email": "signer@team-1.iam.example",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    account.write_text(json.dumps(document))
    account.chmod(0o600)
    kms = Handler.kms = FakeCloudKms(url, account)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kms
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *where: Any) -> None:
        """Say nothing of a client that has read enough and went."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*where)


class _Handler(BaseHTTPRequestHandler):
    kms: ClassVar[FakeCloudKms]
    disable_nagle_algorithm = True  # or each answer waits for the other side
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        if self._may_go_on("getPublicKey"):
            self._public_key(self.path.removeprefix("/v1/").removesuffix("/publicKey"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/token":
            asserted = "assertion" in parse_qs(body.decode())
            token = {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
            self._answer(200 if asserted else 400, token if asserted else {"error": "invalid_grant"})
        elif self._may_go_on("asymmetricSign"):
            self._sign(self.path.removeprefix("/v1/").removesuffix(":asymmetricSign"), json.loads(body))

    def _may_go_on(self, method: str) -> bool:
        self.kms.calls.append(method)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._error(401, "UNAUTHENTICATED")
        elif self.kms.failures:
            self._error(*self.kms.failures.pop(0))
        else:
            return True
        return False

    def _public_key(self, name: str) -> None:
        if name not in self.kms.stored:
            self._error(404, "NOT_FOUND")
            return
        key, algorithm = self.kms.stored[name]
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        document: dict[str, Any] = {
            "pem": pem.decode(),
            "algorithm": algorithm,
            "pemCrc32c": checksum(pem),
            "name": name,
            "protectionLevel": "HSM",
        }
        self._edited("getPublicKey", document)

    def _sign(self, name: str, body: dict[str, Any]) -> None:
        key, algorithm = self.kms.stored[name]
        size = algorithm[-3:]
        digest = base64.b64decode(body["digest"].get(f"sha{size}", ""))
        if len(digest) * 8 != int(size) or body.get("digestCrc32c", checksum(digest)) != checksum(digest):
            self._error(400, "INVALID_ARGUMENT")
            return
        signature = _signature(key, digest, _HASHES[size])
        document: dict[str, Any] = {
            "signature": base64.b64encode(signature).decode(),
            "signatureCrc32c": checksum(signature),
            "verifiedDigestCrc32c": "digestCrc32c" in body,
            "name": name,
            "protectionLevel": "HSM",
        }
        self._edited("asymmetricSign", document)

    def _edited(self, method: str, document: dict[str, Any]) -> None:
        self.kms.answers.get(method, lambda _: None)(document)
        self._answer(200, document)

    def _error(self, status: int, word: str, headers: Mapping[str, str] | None = None) -> None:
        message = "Permission denied for signer@team-1.iam.example"
        self._answer(status, {"error": {"code": status, "message": message, "status": word}}, headers)

    def _answer(
        self, status: int, document: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        data, packed = json.dumps(document).encode(), {}
        if "gzip" in self.headers.get("Accept-Encoding", ""):  # as Google does
            data, packed = gzip.compress(data), {"Content-Encoding": "gzip"}
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **packed, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _signature(key: PrivateKey, digest: bytes, used: hashes.HashAlgorithm) -> bytes:
    hashed: Any = utils.Prehashed(used)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PSS(padding.MGF1(used), used.digest_size), hashed)
    return key.sign(digest, ec.ECDSA(hashed))
