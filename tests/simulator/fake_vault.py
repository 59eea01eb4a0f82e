# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the Vault server: the few paths of transit, KV version 2 and tokens that signing needs.

    with fake_vault() as server:
        server.address, server.root_token
        server.misbehave = lambda method, path: (429, {}, b"{}")      # None for the honest answer

It is told apart from the real server by its limits: one namespace, every mount is there from the start,
policies are the paths they name and nothing else, tokens never expire, answers are never wrapped, and a
managed key is one whose versions it does not show, which is what the plugin expects and nobody here has seen.
What matters is as in the real one: RSASSA-PSS takes the longest salt unless told otherwise, ECDSA is ASN.1
unless told otherwise, the latest version of a key signs unless told otherwise, and other keys exist.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KINDS: dict[str, Callable[[], Any]] = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa-4096": lambda: rsa.generate_private_key(65537, 4096),
    "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ecdsa-p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
_HASHES = {"sha2-256": hashes.SHA256(), "sha2-384": hashes.SHA384(), "sha2-512": hashes.SHA512()}
_ENGINE_PATH = re.compile(r"(.+?)/(data|keys|sign)/(.+)")
_POLICY_PATH = re.compile(r'path\s+"([^"]+)"')

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Key:
    """A key of the transit engine; its versions are numbered from 1."""

    kind: str
    versions: list[Any]

    def describe(self) -> dict[str, Any]:
        if self.kind == "managed_key":
            return {"type": self.kind, "latest_version": len(self.versions)}
        keys = {str(number): {"public_key": _public(key)} for number, key in enumerate(self.versions, 1)}
        return {"type": self.kind, "keys": keys, "latest_version": len(self.versions)}

    def sign(self, request: Mapping[str, Any]) -> str:
        version = request.get("key_version") or len(self.versions)
        key, data = self.versions[version - 1], base64.b64decode(request["input"])
        kind = _HASHES[request.get("hash_algorithm", "sha2-256")]
        jws = request.get("marshaling_algorithm") == "jws"
        if not request.get("prehashed"):
            context = hashes.Hash(kind)
            context.update(data)
            data = context.finalize()
        prehashed = utils.Prehashed(kind)
        if isinstance(key, rsa.RSAPrivateKey):
            salt: Any = padding.PSS.MAX_LENGTH
            if request.get("salt_length") == "hash":
                salt = kind.digest_size
            pss = request.get("signature_algorithm", "pss") == "pss"
            chosen: Any = padding.PSS(padding.MGF1(kind), salt) if pss else padding.PKCS1v15()
            signature = key.sign(data, chosen, prehashed)
        else:
            signature = key.sign(data, ec.ECDSA(prehashed))
            if jws:
                size = (key.key_size + 7) // 8
                signature = b"".join(
                    part.to_bytes(size, "big") for part in utils.decode_dss_signature(signature)
                )
        text = base64.urlsafe_b64encode(signature).rstrip(b"=") if jws else base64.b64encode(signature)
        return f"vault:v{version}:{text.decode()}"


@dataclass
class FakeVault:
    """What the server holds; tests may change it."""

    address: str = ""
    root_token: str = field(default_factory=lambda: f"hvs.{secrets.token_urlsafe(18)}")
    keys: dict[str, Key] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    policies: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    misbehave: Callable[[str, str], Answer | None] = lambda _method, _path: None

    def permits(self, token: str, path: str) -> bool:
        if token == self.root_token:
            return True
        allowed = [rule for policy in self.tokens.get(token, ()) for rule in self.policies.get(policy, ())]
        return any(path == rule or (rule.endswith("*") and path.startswith(rule[:-1])) for rule in allowed)

    def answer(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Return status and document for an honest request that is permitted."""
        match path.split("/"):
            case ["sys", "mounts", *_]:
                return 204, None
            case ["sys", "policies" | "policy", *_, name]:
                self.policies[name] = _POLICY_PATH.findall(body["policy"])
                return 204, None
            case ["auth", "token", "create"]:
                token = f"hvs.{secrets.token_urlsafe(18)}"
                self.tokens[token] = list(body["policies"])
                return 200, {"auth": {"client_token": token}}
        found = _ENGINE_PATH.fullmatch(path)
        match found and found.groups():
            case [mount, "data", place]:
                return self._secret(method, f"{mount}/{place}", body)
            case [mount, "keys", name]:
                return self._key(method, f"{mount}/{name}", body)
            case [mount, "sign", name]:
                name, _, algorithm = name.partition("/")
                named = {"hash_algorithm": algorithm} if algorithm else {}
                return self._signed(f"{mount}/{name}", {**body, **named})
        return 404, {"errors": []}

    def _key(self, method: str, place: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        name, _, verb = place.rpartition("/")
        if verb == "rotate":
            key = self.keys[name]
            key.versions.append(KINDS[key.kind]())
            return 204, None
        if method != "GET":
            self.keys[place] = Key(body["type"], [KINDS[body["type"]]()])
            return 204, None
        return (200, {"data": self.keys[place].describe()}) if place in self.keys else (404, {"errors": []})

    def _secret(self, method: str, place: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        if method != "GET":
            self.secrets[place] = body["data"]
            return 200, {"data": {"version": 1}}
        if place not in self.secrets:
            return 404, {"errors": []}
        return 200, {"data": {"data": self.secrets[place], "metadata": {"version": 1}}}

    def _signed(self, place: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        if place not in self.keys:
            return 400, {"errors": ["signing key not found"]}
        try:
            return 200, {"data": {"signature": self.keys[place].sign(body)}}
        except (IndexError, KeyError, ValueError) as error:
            return 400, {"errors": [f"invalid request: {error}"]}


class _Handler(BaseHTTPRequestHandler):
    """One request to `server.state`."""

    disable_nagle_algorithm = True  # or each answer waits for the other side

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        state: FakeVault = self.server.state  # type: ignore[attr-defined]
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        path = self.path.partition("?")[0].removeprefix("/v1/")
        state.requests.append((self.command, path))
        odd = state.misbehave(self.command, path)
        if odd is not None:
            self._send(*odd)
        elif not state.permits(self.headers.get("X-Vault-Token", ""), path):
            self._send(403, {}, json.dumps({"errors": ["permission denied"]}).encode())
        else:
            status, document = state.answer(self.command, path, body)
            self._send(status, {}, b"" if document is None else json.dumps(document).encode())

    do_POST = do_GET  # noqa: N815 - names of the protocol
    do_PUT = do_GET  # noqa: N815

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parent's
        """Say nothing."""


@contextmanager
def fake_vault(tls: ssl.SSLContext | None = None) -> Iterator[FakeVault]:
    """Yield a server on loopback that answers until the block ends; it speaks TLS if *tls* says how."""
    state = FakeVault()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.state = state  # type: ignore[attr-defined]
        server.daemon_threads = True
        state.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def _public(key: Any) -> str:
    data: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return data.decode()
