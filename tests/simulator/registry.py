# SPDX-License-Identifier: Apache-2.0
"""A registry of distribution-spec 1.1 in this process, on loopback, with a switch for each known quirk.

Without quirks it conforms: blobs, manifests, tags, the referrers API with filter and pages, deletion.
`Quirks` makes it one of the registries of the field, and its `alter` hook a hostile one. Every request
is recorded, so that a test can say what was sent to whom. The store can be filled directly.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from notation_py.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from notation_py.digest import Digest

_PATH = re.compile(r"/v2/(?P<name>[a-z0-9._/-]+?)/(?P<kind>manifests|blobs|referrers)/(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; *chunks* are sent one by one in place of *body*, with *pause* seconds between them.

    Attributes:
        length: the Content-Length to claim; None claims the true one, -1 claims none and closes.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    chunks: Iterable[bytes] | None = None
    pause: float = 0.0
    length: int | None = None

    def with_header(self, name: str, value: str) -> Reply:
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))

    def without(self, name: str) -> Reply:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))


Alter = Callable[[Request, Reply], Reply]


@dataclass
class Quirks:
    """What a simulated registry does otherwise than the specification would have it.

    Attributes:
        referrers_api: whether there is one; without it, answers are 404 in *missing_api* style.
        oci_subject: answer to a manifest with a subject with the OCI-Subject header.
        filters: apply the artifactType filter and say so. config_as_type: take the artifact type
            from the config's media type even if the manifest has one of its own.
        page_size: of the referrers API; 0 is one page.
        failures: answers given, one each, before anything else is looked at.
        basic: user name and password wanted. token: likewise, by a token of its own token server.
        realm: what the challenge says in place of the own token server. scope_actions: granted.
        entity_tags: send ETag with manifests and honour If-Match and If-None-Match.
        delay: seconds to wait before a request takes effect, by request.
        alter: has the last word about each answer.
    """

    referrers_api: bool = True
    missing_api: str = "text"
    oci_subject: bool = True
    filters: bool = True
    config_as_type: bool = False
    page_size: int = 0
    failures: deque[Reply] = field(default_factory=deque)
    basic: tuple[str, str] | None = None
    token: tuple[str, str] | None = None
    identity_token: str | None = None
    token_seconds: int = 300
    realm: str | None = None
    challenge: tuple[str, ...] | None = None
    token_reply: Reply | None = None
    anonymous: bool = False
    entity_tags: bool = False
    deletion: bool = True
    delay: Callable[[Request], float] | None = None
    alter: Alter | None = None


def error_document(code: str, message: str = "") -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


class SimulatedRegistry:
    """The store and the rules; `running` serves one."""

    def __init__(self, quirks: Quirks | None = None) -> None:
        self.quirks = quirks or Quirks()
        self.requests: list[Request] = []
        self.connections = 0
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.tags: dict[str, str] = {}
        self.tokens: dict[str, tuple[float, frozenset[str]]] = {}
        self.lock = threading.RLock()
        self.host = ""
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"

    def lines(self, method: str = "") -> list[str]:
        """Return the request lines that arrived, in order."""
        return [request.line for request in self.requests if request.line.startswith(method)]

    def put(self, data: bytes, media_type: str = IMAGE_MANIFEST, tag: str | None = None) -> Descriptor:
        """Store a manifest, as a client would by digest or by *tag*."""
        descriptor = Descriptor.of(media_type, data)
        self.manifests[str(descriptor.digest)] = media_type, data
        if tag:
            self.tags[tag] = str(descriptor.digest)
        return descriptor

    def put_blob(self, data: bytes, media_type: str = "application/octet-stream") -> Descriptor:
        descriptor = Descriptor.of(media_type, data)
        self.blobs[str(descriptor.digest)] = data
        return descriptor

    def answer(self, request: Request) -> Reply:
        if self.quirks.delay:
            time.sleep(self.quirks.delay(request))
        with self.lock:
            self.requests.append(request)
            reply = self.quirks.failures.popleft() if self.quirks.failures else self._authenticated(request)
        return self.quirks.alter(request, reply) if self.quirks.alter else reply

    # -- authentication

    def _authenticated(self, request: Request) -> Reply:
        if request.path == "/token":
            return self.quirks.token_reply or self._token(request)
        quirks = self.quirks
        if quirks.basic and request.authorization != _basic(quirks.basic):
            return self._challenge(request, 'Basic realm="simulator"')
        wants_token = quirks.token or quirks.identity_token or quirks.anonymous
        if wants_token and not self._token_is_good(request):
            scope = _scope(request)
            realm = quirks.realm or f"{self.url}/token"
            return self._challenge(request, f'Bearer realm="{realm}",service="simulator",scope="{scope}"')
        return self._routed(request)

    def _challenge(self, _: Request, usual: str) -> Reply:
        fields = self.quirks.challenge or (usual,)
        headers = tuple(("WWW-Authenticate", value) for value in fields)
        return Reply(401, error_document("UNAUTHORIZED", "authentication required"), headers)

    def _token_is_good(self, request: Request) -> bool:
        expires, scopes = self.tokens.get(request.authorization.removeprefix("Bearer "), (0.0, frozenset()))
        scope = _scope(request)
        granted = not scope or any(_covers(one, scope) for one in scopes)
        return expires > time.monotonic() and granted

    def _token(self, request: Request) -> Reply:
        quirks = self.quirks
        if request.method == "POST":
            form = dict(parse_qsl(request.body.decode()))
            good = form.get("refresh_token") == quirks.identity_token and form.get("client_id") == "notation"
            scopes = form.get("scope", "").split()
        else:
            good = quirks.anonymous or bool(quirks.token and request.authorization == _basic(quirks.token))
            scopes = parse_qs(request.query).get("scope", [])
        if not good:
            return Reply(401, error_document("UNAUTHORIZED", "wrong credentials"))
        token = f"token-{len(self.tokens)}-secret"
        self.tokens[token] = time.monotonic() + quirks.token_seconds, frozenset(scopes)
        body = json.dumps({"token": token, "expires_in": max(1, quirks.token_seconds)}).encode()
        return Reply(200, body, (("Content-Type", "application/json"),))

    # -- the distribution API

    def _routed(self, request: Request) -> Reply:
        if request.path == "/v2/":
            return Reply(200, b"{}", (("Content-Type", "application/json"),))
        found = _PATH.fullmatch(request.path)
        if found is None:
            return Reply(404, error_document("NAME_UNKNOWN"))
        match found["kind"]:
            case "manifests":
                return self._manifest(request, found["rest"])
            case "referrers":
                return self._referrers(request, found["rest"])
            case _:
                return self._blob(request, found["name"], found["rest"])

    def _blob(self, request: Request, name: str, rest: str) -> Reply:
        if rest == "uploads/" and request.method == "POST":
            place = f"/v2/{name}/blobs/uploads/session-1?state=opaque-secret"
            return Reply(202, b"", (("Location", place),))
        if rest.startswith("uploads/") and request.method == "PUT":
            digest = dict(parse_qsl(request.query)).get("digest", "")
            if str(Digest.of(request.body)) != digest:
                return Reply(400, error_document("DIGEST_INVALID"))
            self.blobs[digest] = request.body
            return Reply(201, b"", (("Location", f"/v2/{name}/blobs/{digest}"),))
        data = self.blobs.get(rest)
        if data is None:
            return Reply(404, error_document("BLOB_UNKNOWN"))
        headers = (("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", rest))
        return Reply(200, data, headers)

    def _manifest(self, request: Request, target: str) -> Reply:
        digest = self.tags.get(target, target)
        if request.method == "PUT":
            return self._put_manifest(request, target)
        if request.method == "DELETE":
            if not self.quirks.deletion:
                return Reply(405, error_document("UNSUPPORTED"))
            self.tags = {tag: there for tag, there in self.tags.items() if there != digest}
            return Reply(202 if self.manifests.pop(digest, None) else 404)
        if digest not in self.manifests:
            return Reply(404, error_document("MANIFEST_UNKNOWN"))
        media_type, data = self.manifests[digest]
        reply = Reply(200, data, (("Content-Type", media_type), ("Docker-Content-Digest", digest)))
        return reply.with_header("ETag", f'"{digest}"') if self.quirks.entity_tags else reply

    def _put_manifest(self, request: Request, target: str) -> Reply:
        digest = str(Digest.of(request.body))
        is_digest = ":" in target
        if is_digest and target != digest:
            return Reply(400, error_document("DIGEST_INVALID"))
        if self.quirks.entity_tags and "if-match" in request.headers:
            present = self.tags.get(target)
            if request.headers["if-match"] != f'"{present}"':
                return Reply(412, error_document("UNSUPPORTED", "precondition failed"))
        self.manifests[digest] = request.headers.get("content-type", ""), request.body
        if not is_digest:
            self.tags[target] = digest
        headers = (("Docker-Content-Digest", digest), ("Location", f"{request.path}"))
        subject = json.loads(request.body).get("subject")
        reply = Reply(201, b"", headers)
        if subject and self.quirks.referrers_api and self.quirks.oci_subject:
            reply = reply.with_header("OCI-Subject", subject["digest"])
        return reply

    def _referrers(self, request: Request, subject: str) -> Reply:
        quirks = self.quirks
        if not quirks.referrers_api:
            json_body = error_document("UNSUPPORTED", "no such endpoint")
            return Reply(404, json_body if quirks.missing_api == "json" else b"404 page not found\n")
        query = dict(parse_qsl(request.query))
        entries = [
            entry
            for digest, (kind, data) in self.manifests.items()
            if (entry := self._entry(digest, kind, data, subject)) is not None
        ]
        wanted = query.get("artifactType")
        if quirks.filters and wanted:
            entries = [entry for entry in entries if entry.get("artifactType") == wanted]
        start = int(query.get("start", "0"))
        page = entries[start : start + quirks.page_size] if quirks.page_size else entries
        body = json.dumps({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": page}).encode()
        reply = Reply(200, body, (("Content-Type", IMAGE_INDEX),))
        if quirks.filters and wanted:
            reply = reply.with_header("OCI-Filters-Applied", "artifactType")
        if quirks.page_size and start + quirks.page_size < len(entries):
            following = f"{request.path}?artifactType={wanted or ''}&start={start + quirks.page_size}"
            reply = reply.with_header("Link", f'<{following}>; rel="next"')
        return reply

    def _entry(self, digest: str, kind: str, data: bytes, subject: str) -> dict[str, Any] | None:
        try:
            document = json.loads(data)
        except ValueError:
            return None
        if (document.get("subject") or {}).get("digest") != subject:
            return None
        config_type = document.get("config", {}).get("mediaType")
        artifact_type = document.get("artifactType") or config_type
        entry = {"mediaType": kind, "digest": digest, "size": len(data)}
        entry["artifactType"] = config_type if self.quirks.config_as_type else artifact_type
        if document.get("annotations"):
            entry["annotations"] = document["annotations"]
        return entry


def _basic(pair: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(pair).encode()).decode()


def _scope(request: Request) -> str:
    found = _PATH.fullmatch(request.path)
    if found is None:
        return ""
    actions = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}.get(request.method, "pull,push")
    return f"repository:{found['name']}:{actions}"


def _covers(granted: str, wanted: str) -> bool:
    one, _, actions = granted.rpartition(":")
    other, _, needed = wanted.rpartition(":")
    return one == other and set(needed.split(",")) <= set(actions.split(","))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.registry.lock:
            self.server.registry.connections += 1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the library's
        """Say nothing."""

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, parts.query, headers, body)
        try:
            self.send(self.server.registry.answer(request))
        except OSError:  # the client has gone, as it should from a server that misbehaves
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the library asks

    def send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        length = len(reply.body) if reply.length is None else reply.length
        if length >= 0:
            self.send_header("Content-Length", str(length))
        else:
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        for chunk in reply.chunks if reply.chunks is not None else (reply.body,):
            self.wfile.write(chunk)
            if reply.pause:
                self.wfile.flush()
                time.sleep(reply.pause)
        if reply.length is not None or reply.chunks is not None:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, registry: SimulatedRegistry, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.registry = registry
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that refuses us is what many tests are about."""


@contextmanager
def running(
    quirks: Quirks | None = None, *, host: str = "localhost", context: ssl.SSLContext | None = None
) -> Iterator[SimulatedRegistry]:
    """Yield a registry that answers at `registry.host`, *host* with a port, until the block ends.

    Args:
        context: serves TLS with it.
    """
    registry = SimulatedRegistry(quirks)
    server = _Server(registry, context)
    registry.host = f"{host}:{server.server_address[1]}"
    registry.scheme = "https" if context else "http"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
