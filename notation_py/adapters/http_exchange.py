# SPDX-License-Identifier: Apache-2.0
"""One HTTP exchange on a connection of its own, with a server that nobody vouches for.

The deadline covers everything from the first packet to the last, however slowly they come. The
connection goes to addresses that were looked at before, never to a name. Content is taken as sent;
the body of anything but a success is left unread. Follows nothing, repeats nothing, sends no credentials.

Spec: RFC 9110, RFC 9112. Requirements: REV-008, REV-009, TSA-003, R-10, R-19.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from .._version import __version__
from ..errors import ConfigurationError, LimitError, MalformedError, NotationError, UnavailableError
from .http_messages import EndOfStreamError, Head, Incoming, body_of, read_body, read_head, request_bytes
from .proxies import Proxy
from .sockets import ProxyRefusedError, Wire, open_wire
from .traces import Trace, TraceEvent
from .urls import Origin, Scheme, Url, visible

if TYPE_CHECKING:
    import ssl

USER_AGENT = f"notation-py/{__version__}"
MAX_REDIRECTS = 3

_SHOWN_HEADERS = frozenset(
    {"age", "cache-control", "content-length", "content-type", "date", "expires", "last-modified", "server"}
)
_REDIRECTS = {"GET": frozenset({301, 302, 303, 307, 308}), "POST": frozenset({307, 308})}


class Request(NamedTuple):
    """What is asked; `str()` names it in errors, as the Go program does."""

    method: str
    url: Url
    headers: Mapping[str, str]
    body: bytes | None = None

    def __str__(self) -> str:
        return f'{self.method.title()} "{visible(self.url.without_query)}"'


class Route(NamedTuple):
    """How the server is reached: through a proxy, or at one of its addresses."""

    addresses: tuple[str, ...] = ()
    proxy: Proxy | None = None


class Allowance(NamedTuple):
    """Bytes of body, and until when on the monotonic clock; `seconds` is what that was at first."""

    max_bytes: int
    seconds: float
    deadline: float

    @classmethod
    def starting_now(cls, max_bytes: int, seconds: float) -> Allowance:
        """Return the allowance of an exchange that starts now."""
        return cls(max_bytes, seconds, time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds until the deadline, zero after it."""
        return max(0.0, self.deadline - time.monotonic())


class Answer(NamedTuple):
    """Head and, if the status is 200, body."""

    head: Head
    body: bytes

    @property
    def status(self) -> str:
        """Status code and reason, safe to show."""
        return f"{self.head.status} {visible(self.head.reason, 64)}".rstrip()


class Exchanges:
    """Makes exchanges, numbers them and tells *trace* about them; thread-safe."""

    def __init__(self, trace: Trace | None = None) -> None:
        self._trace = trace
        self._numbers = itertools.count(1)

    def final_answer(self, request: Request, route: Route, allowance: Allowance) -> tuple[Request, Answer]:
        """Return the answer to *request* after at most three redirects within its origin, and who got it.

        Raises:
            UnavailableError: no answer in time, outside HTTP, or redirected elsewhere.
            LimitError: the body has more bytes than allowed.
        """
        for _ in range(MAX_REDIRECTS + 1):
            answer = self.answer(request, route, allowance)
            if answer.head.status not in _REDIRECTS[request.method]:
                return request, answer
            request = request._replace(url=_redirected(request, answer.head))
        raise UnavailableError(f"{request}: redirected more than {MAX_REDIRECTS} times")

    def answer(self, request: Request, route: Route, allowance: Allowance) -> Answer:
        """Return the answer to *request*, be it a redirect; raises as `final_answer` does."""
        headers = {
            **request.headers,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        number = next(self._numbers)
        self._tell(
            TraceEvent(number, request.method, request.url.without_query, None, tuple(headers.items()))
        )
        answer = _within(request, allowance, lambda: _asked(request, headers, route, allowance))
        fields = answer.head.headers.items()
        shown = tuple((k.title(), visible(v)) for k, vs in fields if k in _SHOWN_HEADERS for v in vs)
        status = answer.head.status
        self._tell(TraceEvent(number, request.method, request.url.without_query, status, shown))
        return answer

    def _tell(self, event: TraceEvent) -> None:
        if self._trace is not None:
            self._trace(event)


def _within(request: Request, allowance: Allowance, ask: Callable[[], Answer]) -> Answer:
    """Return what *ask* returns; what it raises becomes an error of ours that says where."""
    try:
        return ask()
    except MalformedError as error:
        raise UnavailableError(f"{request}: the answer is outside HTTP: {error.message}") from error
    except EndOfStreamError as error:
        raise UnavailableError(f"{request}: the answer ended early") from error
    except ProxyRefusedError as error:
        raise UnavailableError(f"{request}: the proxy refused: {error}") from error
    except (OSError, UnicodeError) as error:
        if isinstance(error, TimeoutError) or not allowance.left:
            reason = f"no complete answer within {allowance.seconds:g} seconds"
            raise UnavailableError(f"{request}: {reason}") from error
        raise UnavailableError(f"{request}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    from .tls import failure_reason

    if reason := failure_reason(error):
        return f"TLS: {visible(reason)}"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno).lower()
    return visible(str(error).lower()) or type(error).__name__


def _asked(request: Request, headers: Mapping[str, str], route: Route, allowance: Allowance) -> Answer:
    origin, proxy = request.url.origin, route.proxy
    target = ""
    if proxy is not None and origin.scheme is Scheme.HTTP:
        headers, target = {**headers, **proxy.headers}, str(request.url)
    message = request_bytes(request.method, request.url, headers, request.body, target=target)
    wire = _opened(origin, route, allowance)
    try:
        wire.send(message)
        return _read(Incoming(wire.receive), request, allowance.max_bytes)
    finally:
        wire.close()


def _opened(origin: Origin, route: Route, allowance: Allowance) -> Wire:
    """Return a wire to *origin*: through the proxy, or to the first address that accepts one."""
    context = _context(origin)
    if route.proxy is not None:
        contexts = context, _context(route.proxy.url.origin)
        return open_wire(origin, route.proxy, contexts, allowance.left, allowance.deadline)
    failure: OSError = TimeoutError("no address was tried")
    for tried, address in enumerate(route.addresses):
        share = allowance.left / (len(route.addresses) - tried)
        pinned = Origin(Scheme.HTTP, address, origin.port)
        try:
            wire = open_wire(pinned, None, (None, None), max(0.001, share), allowance.deadline)
        except OSError as error:
            failure = error
            continue
        wire.limit(allowance.deadline, allowance.seconds)
        if context is not None:
            _secure(wire, origin, context)
        return wire
    raise failure


def _context(origin: Origin) -> ssl.SSLContext | None:
    if origin.scheme is Scheme.HTTP:
        return None
    from .tls import system_context

    return system_context()


def _secure(wire: Wire, origin: Origin, context: ssl.SSLContext) -> None:
    try:
        wire.secure(origin, context)
    except BaseException:
        wire.close()
        raise


def _read(incoming: Incoming, request: Request, max_bytes: int) -> Answer:
    head = read_head(incoming)
    body = body_of(head, request.method)
    if head.status != 200:
        return Answer(head, b"")
    encoding = ", ".join(head.headers.get("content-encoding", ())).strip().lower()
    if encoding not in {"", "identity"}:
        raise UnavailableError(f"{request}: content encoding {visible(encoding)!r} was not asked for")
    if body.length <= max_bytes:
        data, complete = read_body(incoming, body, max_bytes)
        if complete:
            return Answer(head, data)
    raise LimitError(f"{request}: the answer is larger than {max_bytes} bytes")


def _redirected(request: Request, head: Head) -> Url:
    """Return where *head* redirects to; that is the same origin, or nowhere."""
    locations = set(head.headers.get("location", ()))
    if len(locations) != 1:
        raise UnavailableError(f"{request}: redirected without a location")
    try:
        target = request.url.join(locations.pop())
    except NotationError as error:
        raise UnavailableError(f"{request}: redirected to an unusable place: {error.message}") from error
    if target.origin != request.url.origin:
        raise UnavailableError(f"{request}: redirected to another origin, {visible(str(target.origin))}")
    return target


def proxy_of(origin: Origin, find: Callable[[Origin], Proxy | None]) -> Proxy | None:
    """Return the proxy that *find* names for *origin*.

    Raises:
        UnavailableError: the environment names one that cannot be used.
    """
    try:
        return find(origin)
    except ConfigurationError as error:
        raise UnavailableError(f"{origin}: {error.message}", hint=error.hint) from error
