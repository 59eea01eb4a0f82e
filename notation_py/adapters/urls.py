# SPDX-License-Identifier: Apache-2.0
"""Absolute http and https URLs from strangers, taken apart strictly, and the origins they belong to.

A credential belongs to an `Origin`: scheme, host and port together. User information, fragments,
control characters and other schemes are refused instead of being interpreted. Knows nothing about
what a URL is for.

Spec: RFC 3986; RFC 6454 section 4. Requirements: R-24, R-36, SEC-002.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from ..errors import RegistryError
from ..reference import is_registry

MAX_URL_LENGTH = 8192
_VISIBLE_CUT = 256


class Scheme(StrEnum):
    """The two ways to talk to a registry; the value is the URL scheme."""

    HTTPS = "https"
    HTTP = "http"


_DEFAULT_PORTS = {Scheme.HTTPS: 443, Scheme.HTTP: 80}


class Origin(NamedTuple):
    """Scheme, lower-case host (an IPv6 address without brackets) and port."""

    scheme: Scheme
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and, unless the scheme implies it, port."""
        return self.host_text if self.is_default_port else f"{self.host_text}:{self.port}"

    @property
    def host_text(self) -> str:
        """The host as it is written before a port; an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def is_default_port(self) -> bool:
        """Whether the port is the one that the scheme implies."""
        return self.port == _DEFAULT_PORTS[self.scheme]

    @classmethod
    def of_registry(cls, scheme: Scheme, registry: str) -> Origin:
        """Return the origin of the registry written as `host[:port]`.

        Raises:
            RegistryError: not a plain authority.
        """
        return Url.parse(f"{scheme}://{registry}/").origin


class Url(NamedTuple):
    """An origin and, within it, a path and a query; `str()` gives the whole URL."""

    origin: Origin
    path: str
    query: str = ""

    def __str__(self) -> str:
        return self.without_query + (f"?{self.query}" if self.query else "")

    @property
    def without_query(self) -> str:
        """The URL as it may be shown and logged: a query can hold a signature or a state token."""
        return f"{self.origin}{self.path}"

    @classmethod
    def parse(cls, text: str) -> Url:
        """Return the absolute URL written as *text*.

        Raises:
            RegistryError: another scheme, user information, a fragment, a character that needs
                escaping, a bad port or host, or too long.
        """
        if len(text) > MAX_URL_LENGTH or not all("!" <= character <= "~" for character in text):
            raise RegistryError(f"invalid URL {_redacted(text)!r}")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise RegistryError(f"invalid URL {_redacted(text)!r}") from error
        if parts.scheme not in {"http", "https"}:
            raise RegistryError(f"URL scheme {visible(parts.scheme)!r} is neither http nor https")
        if "@" in parts.netloc or not host or "\\" in text or "#" in text or not is_registry(parts.netloc):
            raise RegistryError(f"invalid URL {_redacted(text)!r}")
        scheme = Scheme(parts.scheme)
        origin = Origin(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port)
        return cls(origin, parts.path or "/", parts.query)

    def join(self, text: str) -> Url:
        """Return *text*, absolute or relative to this URL, as an absolute URL.

        Raises:
            RegistryError: as for `parse`.
        """
        if not all("!" <= character <= "~" for character in text):
            raise RegistryError(f"invalid URL {_redacted(text)!r}")
        try:
            return Url.parse(urljoin(str(self), text))
        except ValueError as error:
            raise RegistryError(f"invalid URL {_redacted(text)!r}") from error

    def with_parameter(self, name: str, value: str) -> Url:
        """Return this URL with `name=value` added behind the query it has, which is kept as it is."""
        pair = f"{name}={value}"
        return Url(self.origin, self.path, f"{self.query}&{pair}" if self.query else pair)


def _redacted(text: str) -> str:
    """Return the URL *text*, which could not be read, without what it may keep secret (R-36)."""
    place = text.partition("?")[0].partition("#")[0]
    before, slashes, rest = place.partition("//")
    authority, slash, path = rest.partition("/")
    return visible(before + slashes + authority.rpartition("@")[2] + slash + path)


def visible(text: str, limit: int = _VISIBLE_CUT) -> str:
    """Return *text* from a stranger so that it is safe to show: escaped, on one line, cut (R-36)."""
    cut = text[:limit]
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in cut
    )
    return shown + ("…" if len(text) > limit else "")
