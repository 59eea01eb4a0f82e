# SPDX-License-Identifier: Apache-2.0
"""Which proxy, if any, the environment names for an origin.

The rules are those of the Go program: `HTTPS_PROXY` and `HTTP_PROXY` by scheme, `NO_PROXY` with host
names, domain suffixes, addresses and networks, upper case before lower case. This machine is never
reached through a proxy. Knows nothing about connections.

Spec: notation CLI contract 3. Requirements: SEC-002, R-19, R-24.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

from ..errors import ConfigurationError, RegistryError
from .registry_hosts import is_loopback_address
from .urls import Origin, Scheme, Url


class Proxy:
    """A proxy and the `user:password` it wants, which is never shown."""

    __slots__ = ("credentials", "url")

    def __init__(self, url: Url, credentials: str | None) -> None:
        self.url = url
        self.credentials = credentials

    @property
    def headers(self) -> dict[str, str]:
        """What has to be sent with a request to the proxy itself."""
        if not self.credentials:
            return {}
        return {"Proxy-Authorization": f"Basic {b64encode(self.credentials.encode()).decode('ascii')}"}


class ProxyRules(NamedTuple):
    """The proxy variables of an environment, not yet interpreted."""

    https: str
    http: str
    exceptions: tuple[str, ...]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> ProxyRules:
        """Return the rules of *environ*; in a CGI process, where a client sets it, `HTTP_PROXY` is none."""

        def variable(name: str) -> str:
            return environ.get(name) or environ.get(name.lower(), "")

        http = "" if environ.get("REQUEST_METHOD") else variable("HTTP_PROXY")
        exceptions = tuple(entry.strip().lower() for entry in variable("NO_PROXY").split(","))
        return cls(variable("HTTPS_PROXY"), http, tuple(entry for entry in exceptions if entry))

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """Return the proxy through which *origin* is reached, or None for a direct connection.

        Raises:
            ConfigurationError: the variable is not the URL of an http or https proxy.
        """
        text = self.https if origin.scheme is Scheme.HTTPS else self.http
        if not text or origin.host == "localhost" or is_loopback_address(origin.host):
            return None
        if any(_excepted(origin, entry) for entry in self.exceptions):
            return None
        return _parse_proxy(text, f"{origin.scheme.upper()}_PROXY")


def _parse_proxy(text: str, variable: str) -> Proxy:
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "http", text
    credentials, at_sign, authority = rest.rpartition("@")
    try:
        return Proxy(Url.parse(f"{scheme}://{authority}"), credentials if at_sign else None)
    except RegistryError as error:
        raise ConfigurationError(f"{variable} is not the URL of an http or https proxy") from error


def _excepted(origin: Origin, entry: str) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(origin.host, entry)
    host, colon, port = entry.rpartition(":")
    if colon and port.isdigit() and (":" not in host or host.endswith("]")):
        if int(port) != origin.port:
            return False
        entry = host
    name = entry.strip("[]").removeprefix("*").removesuffix(".")
    if name.startswith("."):
        return origin.host.endswith(name)
    return origin.host == name or origin.host.endswith(f".{name}")


def _in_network(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
