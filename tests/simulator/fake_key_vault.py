# SPDX-License-Identifier: Apache-2.0
"""A few requests of Azure Key Vault on loopback, over TLS; for tests of the plugin `azure-kv`.

    with running_vault(directory) as vault:
        key_id = vault.put("release", chain)
        environment = vault.environment     # a managed identity, and whom to trust TLS by

It does: the challenge for a token of this vault (401, then a bearer token from the same server's identity
endpoint), the version of the interface that each request has to name, certificates/get, secrets/get (PKCS#12
or PEM, with or without the private key), keys/sign over a digest of the right length, the latest version for
a certificate version that is not there, permissions by name. It does not: any other request, real tokens,
other credentials than a managed identity, key attributes (expiry, disabled) but as an error that a test asks
for, members of an answer that the plugin does not read.

lowkey-vault does more, and is not published where its libraries are; the README of the plugin says what was
tried with it by hand. Where the two differ this one is like Azure: 403 with an inner error for a key that may
not sign (there 500), and the latest certificate for a version that is not there, as the older plugin of the
same name found (there 404).
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from tests.simulator.pki import PrivateKey, TestChain

TOKEN, IDENTITY_SECRET = "token-that-nobody-may-see", "header-that-nobody-may-see"
VERSION = "0123456789abcdef0123456789abcdef"
_INTERFACE = re.compile(r"[?&]api-version=(7\.[0-9]|20[0-9]{2}-[0-9]{2}-[0-9]{2})(&|$)", re.ASCII)
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class _Stored:
    key: PrivateKey
    chain: TestChain
    secret: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FakeKeyVault:
    """The running server.

    Attributes:
        url: of the vault. authority: file with the certificate that the server's TLS is to be trusted by.
        failures: status, error code and headers of each answer to come, first first. The code may have an
            inner one after a slash; it is the whole body if the headers have a type for it.
        denied: permissions that are missing. calls: the permissions that were used.
        answers: an edit of the answers to a permission.
        moved: status and address of the redirect that answers a permission.
        challenge: what the vault says tokens have to be for; by default, itself.
    """

    url: str
    authority: Path
    stored: dict[str, _Stored] = field(default_factory=dict)
    failures: list[tuple[int, str, Mapping[str, str]]] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    answers: dict[str, Callable[[dict[str, Any]], None]] = field(default_factory=dict)
    moved: dict[str, tuple[int, str]] = field(default_factory=dict)
    challenge: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs so that Azure's library gets a token here."""
        return {
            "IDENTITY_ENDPOINT": f"{self.url}/identity/token",
            "IDENTITY_HEADER": IDENTITY_SECRET,
            "REQUESTS_CA_BUNDLE": str(self.authority),
        }

    def put(self, name: str, chain: TestChain, *, form: str = "pkcs12", key: PrivateKey | None = None) -> str:
        """Return the id of a new key with a certificate of the same name.

        Args:
            form: of the secret: `pkcs12`, `pem`, `pem with key`, `pkcs12 with key`, or `text`.
            key: what really signs, if not the key of the leaf.
        """
        self.stored[name] = _Stored(key or chain.key, chain, _secret(form, chain))
        return f"{self.url}/keys/{name}/{VERSION}"

    def reset(self) -> None:
        """Forget what a test wanted to go wrong."""
        for wish in (self.failures, self.denied, self.calls, self.answers, self.moved, self.challenge):
            wish.clear()


def _secret(form: str, chain: TestChain) -> dict[str, str]:
    if form.startswith("pem"):
        value = chain.pem() + (chain.key_pem() if form.endswith("key") else b"")
        return {"contentType": "application/x-pem-file", "value": value.decode()}
    if form.startswith("pkcs12"):
        whole = form.endswith("key")
        data = pkcs12.serialize_key_and_certificates(
            None,
            chain.key if whole else None,
            chain.leaf if whole else None,
            chain.certificates[1:] if whole else chain.certificates[::-1],
            NoEncryption(),
        )
        return {"contentType": "application/x-pkcs12", "value": base64.b64encode(data).decode()}
    return {"contentType": "text/plain", "value": "hello"}


@contextmanager
def running_vault(directory: Path) -> Iterator[FakeKeyVault]:
    """Yield the service on an ephemeral port; it is gone at the end."""

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority = directory / "authority.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_own_certificate(directory, authority))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    vault = Handler.vault = FakeKeyVault(f"https://127.0.0.1:{server.server_address[1]}", authority)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _own_certificate(directory: Path, authority: Path) -> Path:
    """Return a file with key and certificate for 127.0.0.1, and write the certificate to *authority*."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake key vault")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    authority.write_bytes(certificate.public_bytes(Encoding.PEM))
    both = directory / "server.pem"
    both.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + authority.read_bytes()
    )
    return both


class _Handler(BaseHTTPRequestHandler):
    vault: ClassVar[FakeKeyVault]
    disable_nagle_algorithm = True  # or each answer waits for the other side
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        if self.path.startswith("/identity/token"):
            right = self.headers.get("X-IDENTITY-HEADER") == IDENTITY_SECRET
            expires = str(int(datetime.now(UTC).timestamp()) + 3600)
            token = {"access_token": TOKEN, "expires_on": expires, "resource": "r", "token_type": "Bearer"}
            self._answer(200 if right else 401, token if right else {})
            return
        self._respond(b"")

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _respond(self, body: bytes) -> None:
        vault = self.vault
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            # A token has to be for a parent of the vault's name, and this vault's name is an address.
            resource = vault.challenge[0] if vault.challenge else f"https://{vault.url[12:]}"
            challenge = f'Bearer authorization="https://login.example/tenant", resource="{resource}"'
            self._error(401, "Unauthorized", {"WWW-Authenticate": challenge})
            return
        kind, name, version, *rest = [*self.path.partition("?")[0].strip("/").split("/"), "", "", ""][:4]
        permission = f"{kind}/{'sign' if rest == ['sign'] else 'get'}"
        vault.calls.append(permission)
        if vault.failures:
            self._error(*vault.failures.pop(0))
        elif permission in vault.moved:
            status, address = vault.moved[permission]
            self._answer(status, {}, {"Location": address})
        elif permission in vault.denied:
            self._error(403, "Forbidden/AccessDenied")
        elif _INTERFACE.search(self.path) is None:
            self._error(400, "BadParameter")
        elif name not in vault.stored or (version != VERSION and kind != "certificates"):
            self._error(404, f"{kind.removesuffix('s').capitalize()}NotFound")
        else:
            self._found(permission, name, vault.stored[name], json.loads(body or b"{}"))

    def _found(self, permission: str, name: str, stored: _Stored, body: dict[str, str]) -> None:
        url = self.vault.url
        document: dict[str, Any]
        if permission == "certificates/get":
            document = {
                "id": f"{url}/certificates/{name}/{VERSION}",
                "cer": base64.b64encode(stored.chain.leaf.public_bytes(Encoding.DER)).decode(),
            }
        elif permission == "secrets/get":
            document = {"id": f"{url}/secrets/{name}/{VERSION}", **stored.secret}
        elif permission == "keys/sign":
            digest = base64.urlsafe_b64decode(body["value"] + "==")
            if body["alg"] not in _algorithms(stored.key) or len(digest) * 8 != int(body["alg"][2:]):
                self._error(400, "BadParameter")
                return
            signature = _signature(stored.key, digest, _HASHES[body["alg"][2:]])
            signed = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
            document = {"kid": f"{url}/keys/{name}/{VERSION}", "value": signed}
        else:
            self._error(404, "NotFound")
            return
        self.vault.answers.get(permission, lambda _: None)(document)
        self._answer(200, document)

    def _error(self, status: int, code: str, headers: Mapping[str, str] | None = None) -> None:
        if headers and "Content-Type" in headers:
            self._send(status, code.encode(), headers)
            return
        code, _, inner = code.partition("/")
        error: dict[str, Any] = {
            "code": code,
            "message": "Caller: appid=11111111-2222-3333-4444-555555555555",
        }
        if inner:
            error["innererror"] = {"code": inner}
        self._answer(status, {"error": error}, headers)

    def _answer(
        self, status: int, document: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        self._send(
            status, json.dumps(document).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def _send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _algorithms(key: PrivateKey) -> set[str]:
    """Return what the service signs with the key: of a curve only its own, of RSA each."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {{256: "ES256", 384: "ES384", 521: "ES512"}[key.curve.key_size]}
    return {"PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}


def _signature(key: PrivateKey, digest: bytes, used: hashes.HashAlgorithm) -> bytes:
    hashed: Any = utils.Prehashed(used)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        r, s = utils.decode_dss_signature(key.sign(digest, ec.ECDSA(hashed)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return key.sign(digest, padding.PSS(padding.MGF1(used), used.digest_size), hashed)
