# SPDX-License-Identifier: Apache-2.0
"""An answer to an HTTP request, read whole, and what its status means for us.

A header that must be single and is given twice with different values is refused instead of
chosen from. Messages of the server are shown escaped and cut. Knows no connection.

Spec: OCI distribution-spec, Error Codes; RFC 9110 section 15. Requirements: SIG-031, R-25, R-36, R-38.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..document import parse_json
from ..errors import MalformedError, NotationError, NotFoundError, Outcome, RegistryError, UnavailableError
from .urls import Url, visible

MAX_ERROR_DOCUMENT = 64 << 10
_BUSY = frozenset({408, 425, 429})


class TransientError(UnavailableError):
    """No answer, in a way that another attempt may mend."""


class TruncatedError(RegistryError):
    """The body ended before the length that was announced."""


class Ahead:
    """A GET that is sent right behind another request without waiting for its answer, and what came of it.

    Attributes:
        accept: its Accept header; the other headers are those of the request before it.
        answer: whatever came, redirects included; None if nothing usable did, and it has to be asked for.
    """

    __slots__ = ("accept", "answer", "max_bytes", "url")

    def __init__(self, url: Url, accept: str, max_bytes: int) -> None:
        self.url = url
        self.accept = accept
        self.max_bytes = max_bytes
        self.answer: Response | None = None


class Response(NamedTuple):
    """Status, headers by lower-case name, and body; `url` is where the answer came from in the end."""

    method: str
    url: Url
    status: int
    reason: str
    headers: Mapping[str, tuple[str, ...]]
    body: bytes

    def fields(self, name: str) -> tuple[str, ...]:
        """Return every value of the header *name*, lower case, in order."""
        return self.headers.get(name, ())

    def header(self, name: str) -> str | None:
        """Return the value of the header *name*, lower case, or None.

        Raises:
            RegistryError: given more than once, with different values.
        """
        values = set(self.fields(name))
        if len(values) > 1:
            raise RegistryError(f"{self.where}: header {name} is given twice with different values")
        return values.pop() if values else None

    @property
    def where(self) -> str:
        """The request, for errors: method and URL without query."""
        return f'{self.method} "{self.url.without_query}"'

    def error_codes(self) -> frozenset[str]:
        """Return the codes of the error document in the body, such as `NAME_UNKNOWN`; none if it is none."""
        return frozenset(code for code, _ in self._errors())

    def _errors(self) -> list[tuple[str, str]]:
        try:
            document: Any = parse_json(self.body, what="error", max_bytes=MAX_ERROR_DOCUMENT)
        except MalformedError:
            return []
        errors = document.get("errors") if isinstance(document, dict) else None
        if not isinstance(errors, list):
            return []
        return [
            (str(entry.get("code", "")), str(entry.get("message", "")))
            for entry in errors[:8]
            if isinstance(entry, dict)
        ]

    def failure(self) -> NotationError:
        """Return the error that this answer, which is not the expected success, amounts to."""
        details = "".join(
            f": {visible(code, 64).lower().replace('_', ' ')}: {visible(message)}"
            for code, message in self._errors()[:3]
        )
        text = f"{self.where}: response status code {self.status}: {self.reason}{details}"
        if self.status in {401, 403}:
            hint = "log in to the registry with an account that may do this, or check its name"
            return UnavailableError(text, hint=hint, outcome=Outcome.AUTH)
        if self.status == 404:
            return NotFoundError(text)
        if self.status in _BUSY or self.status >= 500:
            return UnavailableError(text, hint="the registry is busy or broken; try again later")
        return RegistryError(text)
