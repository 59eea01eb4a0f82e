# SPDX-License-Identifier: Apache-2.0
"""Which host a registry name means, by which scheme it is reached, and under which key its credentials are.

HTTPS unless the user asked for plain HTTP, listed the registry, or the name itself says that the
connection stays on this machine. Nothing is resolved and nothing is tried: a name decides alone.

Spec: OCI distribution-spec; notation CLI contract 6.1, 6.2. Requirements: SIG-053, SIG-055, R-26.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from .urls import Scheme

_DOCKER_HUB = "docker.io"
_DOCKER_HUB_API = "registry-1.docker.io"
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"


class SchemeRule(StrEnum):
    """How the scheme of a registry is chosen."""

    AUTOMATIC = "automatic"
    """HTTPS, but plain HTTP for listed registries, `localhost:port` and literal loopback addresses."""
    PLAIN_HTTP = "plain-http"
    """Plain HTTP: the user asked for it."""
    HTTPS_ONLY = "https-only"
    """HTTPS, whatever the name or a list says."""


class SchemeReason(StrEnum):
    """Why a scheme was chosen."""

    DEFAULT = "default"
    ASKED = "asked"
    LISTED = "listed"
    LOCALHOST = "localhost"
    LOOPBACK_ADDRESS = "loopback address"


def api_host(registry: str) -> str:
    """Return `host[:port]` of the API of *registry*: itself, except for the one well-known short name."""
    return _DOCKER_HUB_API if registry == _DOCKER_HUB else registry


def credential_key(registry: str) -> str:
    """Return the key under which credential files and helpers know *registry*."""
    return _DOCKER_HUB_KEY if registry in {_DOCKER_HUB, _DOCKER_HUB_API} else registry


def choose_scheme(
    registry: str, rule: SchemeRule, insecure_registries: Collection[str]
) -> tuple[Scheme, SchemeReason]:
    """Return the scheme for *registry*, `host[:port]`, and why.

    Args:
        insecure_registries: `host[:port]` in any letter case, compared whole.
    """
    match rule:
        case SchemeRule.PLAIN_HTTP:
            return Scheme.HTTP, SchemeReason.ASKED
        case SchemeRule.HTTPS_ONLY:
            return Scheme.HTTPS, SchemeReason.ASKED
        case SchemeRule.AUTOMATIC:
            return _automatic(registry.lower(), {entry.lower() for entry in insecure_registries})


def _automatic(registry: str, listed: Collection[str]) -> tuple[Scheme, SchemeReason]:
    if registry in listed:
        return Scheme.HTTP, SchemeReason.LISTED
    if registry.startswith("localhost:"):
        return Scheme.HTTP, SchemeReason.LOCALHOST
    if is_loopback_address(host_of(registry)):
        return Scheme.HTTP, SchemeReason.LOOPBACK_ADDRESS
    return Scheme.HTTPS, SchemeReason.DEFAULT


def host_of(registry: str) -> str:
    """Return the host of `host[:port]`; an IPv6 address without its brackets."""
    if registry.startswith("["):
        return registry[1:].partition("]")[0]
    return registry.partition(":")[0]


def is_loopback_address(host: str) -> bool:
    """Return whether *host* is written as an address of 127.0.0.0/8 in four decimal parts, or as `::1`.

    Short and octal spellings and names such as `127.0.0.1.example.com` are not.
    """
    if host == "::1":
        return True
    parts = host.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(_is_octet(part) for part in parts)


def _is_octet(text: str) -> bool:
    return text.isascii() and text.isdigit() and str(int(text[:4])) == text and int(text) < 256
