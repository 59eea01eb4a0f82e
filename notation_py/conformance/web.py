# SPDX-License-Identifier: Apache-2.0
"""What the `[[fetches]]` of a vector answer: to a program behind a proxy on loopback, or to the library.

Whatever the vector does not name is not there. Everything that is asked is remembered, so that a vector
can say what must not be asked.

Spec: conformance/PROTOCOL.md; security contract R-19.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from urllib.parse import unquote

from ..errors import LimitError, UnavailableError
from ..fetch import FetchLimit
from .authority import timestamp_reply
from .loopback import CLOSED, Reply, Request
from .responders import ocsp_response, revocation_list
from .vector import Fetch, Vector

Clock = Callable[[], datetime]


class VectorWeb:
    """Answers for every host name what *vector* says.

    Args:
        clock: the time by which responders answer.

    Attributes:
        asked: URLs, in the order in which they were asked for.
    """

    def __init__(self, vector: Vector, clock: Clock) -> None:
        self.asked: list[str] = []
        self._vector = vector
        self._clock = clock
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        """Return the answer to a proxy's *request*; tunnels are refused."""
        if request.method == "CONNECT":
            with self._lock:
                self.asked.append(f"https://{request.target}/")
            return Reply(403)
        return self.reply(request.target, request.body)

    def reply(self, url: str, body: bytes) -> Reply:
        """Return the answer to a request for *url*."""
        url = _normal(url)
        with self._lock:
            self.asked.append(url)
        fetch = next((one for one in self._vector.fetches if one.answers(url)), None)
        if fetch is None:
            return CLOSED
        headers = (("Content-Type", fetch.media_type), *fetch.headers.items())
        return Reply(fetch.status, self._body(fetch, body), headers)

    def _body(self, fetch: Fetch, body: bytes) -> bytes:
        if fetch.body is not None:
            return self._vector.read(fetch.body)
        now = self._clock()
        match fetch.made:
            case "ocsp", source:
                return ocsp_response(self._vector, source, now)
            case "crl", source:
                return revocation_list(self._vector, source, now)
            case "timestamp", source:
                return timestamp_reply(self._vector, source, body, now)
            case _:
                return b""


def _normal(url: str) -> str:
    """Return *url* with its scheme in lower case, without the port 80 and with a path."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{unquote(host).removesuffix(':80')}{slash or '/'}{path}"


class VectorFetcher:
    """Implements `Fetcher` for the library in process, over the same answers."""

    def __init__(self, web: VectorWeb) -> None:
        self._web = web

    def get(self, url: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer; raises as its port says."""
        return _within(limit, url, self._web.reply(url, b""))

    def post(self, url: str, body: bytes, content_type: str, limit: FetchLimit) -> bytes:
        """Return the body of the answer; raises as its port says."""
        del content_type  # the vector's responders take any
        return _within(limit, url, self._web.reply(url, body))


def _within(limit: FetchLimit, url: str, reply: Reply) -> bytes:
    if reply.status != 200:
        raise UnavailableError(
            f"{url}: " + ("no answer" if reply.status is None else f"status {reply.status}")
        )
    media_type = reply.header("Content-Type").partition(";")[0].strip().lower()
    if limit.media_type and media_type != limit.media_type:
        raise UnavailableError(f"{url}: the answer is {media_type}, not {limit.media_type}")
    if len(reply.body) > limit.max_bytes:
        raise LimitError(f"{url}: the answer is larger than {limit.max_bytes} bytes")
    return reply.body
