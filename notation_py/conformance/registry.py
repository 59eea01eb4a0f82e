# SPDX-License-Identifier: Apache-2.0
"""The registry of a vector: distribution-spec 1.1 over its contents, and the answers it is told to give.

Reads and writes, without credentials, one repository. What a vector scripts is laid over the usual
answer at the end, so that a script only says what is different.

Spec: OCI distribution-spec 1.1; conformance/PROTOCOL.md.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from fnmatch import fnmatchcase
from urllib.parse import parse_qs, urlsplit

from ..descriptor import IMAGE_INDEX
from ..digest import Digest
from .contents import Contents
from .loopback import CLOSED, Reply, Request
from .vector import REPOSITORY, RegistryAnswer, Vector

_BASE = f"/v2/{REPOSITORY}/"


class VectorRegistry:
    """Answers the requests to the registry of *vector*; give `answer` to `loopback.serving`.

    Attributes:
        host: host and port; set when the server has one.
        requests: request lines, in the order in which they came.
    """

    def __init__(self, vector: Vector, contents: Contents) -> None:
        self.host = ""
        self.requests: list[str] = []
        self._vector = vector
        self._script = vector.registry
        self._contents = contents
        self._seen: Counter[int] = Counter()
        self._uploads: dict[str, bytes] = {}
        self._numbers = itertools.count(1)

    def answer(self, request: Request) -> Reply:
        """Return the answer to *request*, the usual one or the one in the script."""
        with self._contents.lock:
            path = urlsplit(request.target).path
            self.requests.append(f"{request.method} {path}")
            scripted = self._scripted(f"{request.method} {path}")
            if scripted is None:
                return self._usual(request)
            if scripted.close:
                return CLOSED
            return self._changed(self._usual(request), scripted)

    def _scripted(self, line: str) -> RegistryAnswer | None:
        for number, one in enumerate(self._script.answers):
            method, _, pattern = one.request.partition(" ")
            if not fnmatchcase(line, f"{method} {pattern}"):
                continue
            self._seen[number] += 1
            nth = self._seen[number] - one.skip
            if nth > 0 and (one.times is None or nth <= one.times):
                return one
        return None

    def _changed(self, usual: Reply, scripted: RegistryAnswer) -> Reply:
        body = usual.body
        if scripted.body is not None:
            body = self._vector.read(scripted.body)
        elif scripted.text is not None:
            body = self._filled(scripted.text).encode()
        elif scripted.status is not None and scripted.status >= 300:
            body = b""
        names = {name.lower() for name in (*scripted.headers, *scripted.without)}
        if body is not usual.body:  # nobody has filtered what was written by hand
            names.add("oci-filters-applied")
        kept = [pair for pair in usual.headers if pair[0].lower() not in names]
        added = [(name, self._filled(value)) for name, value in scripted.headers.items()]
        return Reply(scripted.status or usual.status, body, (*kept, *added))

    def _filled(self, text: str) -> str:
        known = {"registry": self.host, "artifact": str(self._contents.artifact.digest)}
        known |= {f"signature{n}": digest for n, digest in enumerate(self._contents.listed)}
        for name, value in known.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    # --- the usual answers

    def _usual(self, request: Request) -> Reply:
        path = urlsplit(request.target).path
        if path == "/v2/":
            return Reply(200, b"{}", (("Content-Type", "application/json"),))
        if not path.startswith(_BASE):
            return _error(404, "NAME_UNKNOWN")
        kind, _, rest = path.removeprefix(_BASE).partition("/")
        match kind:
            case "manifests":
                return self._manifest(request, rest)
            case "blobs":
                return self._blob(request, rest)
            case "referrers":
                return self._referrers(request, rest)
            case _:
                return _error(404, "NOT_FOUND")

    def _manifest(self, request: Request, target: str) -> Reply:
        contents = self._contents
        if request.method == "PUT":
            return self._put_manifest(request, target)
        digest = contents.tags.get(target, target)
        if digest not in contents.manifests:
            return _error(404, "MANIFEST_UNKNOWN")
        if request.method == "DELETE":
            del contents.manifests[digest]
            contents.tags = {tag: there for tag, there in contents.tags.items() if there != digest}
            return Reply(202)
        media_type, data = contents.manifests[digest]
        return Reply(200, data, (("Content-Type", media_type), ("Docker-Content-Digest", digest)))

    def _put_manifest(self, request: Request, target: str) -> Reply:
        digest = str(Digest.of(request.body))
        if ":" in target and target != digest:
            return _error(400, "DIGEST_INVALID")
        try:
            subject = json.loads(request.body).get("subject") or {}
        except (ValueError, AttributeError):
            return _error(400, "MANIFEST_INVALID")
        self._contents.put_manifest(request.headers.get("content-type", ""), request.body)
        if ":" not in target:
            self._contents.tags[target] = digest
        headers = [("Docker-Content-Digest", digest), ("Location", f"{_BASE}manifests/{digest}")]
        if subject and self._script.kind == "referrers-api":
            headers.append(("OCI-Subject", str(subject.get("digest"))))
        return Reply(201, b"", tuple(headers))

    def _blob(self, request: Request, rest: str) -> Reply:
        if rest.startswith("uploads/"):
            return self._upload(request, rest.removeprefix("uploads/"))
        data = self._contents.blobs.get(rest)
        if data is None:
            return _error(404, "BLOB_UNKNOWN")
        headers = (("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", rest))
        return Reply(200, data, headers)

    def _upload(self, request: Request, session: str) -> Reply:
        if request.method == "POST":
            session = f"session-{next(self._numbers)}"
            self._uploads[session] = b""
            return Reply(202, b"", (("Location", f"{_BASE}blobs/uploads/{session}"),))
        if session not in self._uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        data = self._uploads[session] + request.body
        if request.method == "PATCH":
            self._uploads[session] = data
            headers = (("Location", f"{_BASE}blobs/uploads/{session}"), ("Range", f"0-{len(data) - 1}"))
            return Reply(202, b"", headers)
        wanted = parse_qs(urlsplit(request.target).query).get("digest", [""])[0]
        if str(Digest.of(data)) != wanted:
            return _error(400, "DIGEST_INVALID")
        del self._uploads[session]
        self._contents.put_blob(data)
        return Reply(201, b"", (("Location", f"{_BASE}blobs/{wanted}"), ("Docker-Content-Digest", wanted)))

    def _referrers(self, request: Request, subject: str) -> Reply:
        script = self._script
        if script.kind != "referrers-api":
            return Reply(404, b"404 page not found\n", (("Content-Type", "text/plain"),))
        query = parse_qs(urlsplit(request.target).query)
        wanted = query.get("artifactType", [""])[0]
        entries = self._contents.referrers() if subject == str(self._contents.artifact.digest) else []
        headers = [("Content-Type", IMAGE_INDEX)]
        if script.filters and wanted:
            entries = [entry for entry in entries if entry.get("artifactType") == wanted]
            headers.append(("OCI-Filters-Applied", "artifactType"))
        start, size = int(query.get("start", ["0"])[0]), script.page_size or len(entries) or 1
        if start + size < len(entries):
            following = f"{_BASE}referrers/{subject}?artifactType={wanted}&start={start + size}"
            headers.append(("Link", f'<{following}>; rel="next"'))
        return Reply(200, Contents.index(entries[start : start + size]), tuple(headers))


def _error(status: int, code: str) -> Reply:
    body = json.dumps({"errors": [{"code": code, "message": ""}]}).encode()
    return Reply(status, body, (("Content-Type", "application/json"),))
