# SPDX-License-Identifier: Apache-2.0
"""Which addresses revocation data may be fetched from, and what a name resolves to in time.

Whoever makes a certificate names the servers that are asked about it, so only public addresses at the
default port are asked, unless the user allowed others; some addresses are never asked. The lists are
ours and not the library's, whose idea of "global" changes between versions. Opens no connection.

Spec: IANA special-purpose address registries (RFC 6890); RFC 6052 section 2.1. Requirements: REV-009, R-19.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Thread
from typing import NamedTuple

from ..errors import ConfigurationError, MalformedError, Outcome, UnavailableError
from ..reference import is_registry
from .urls import Origin, visible

VARIABLE = "NOTATION_PY_FETCH_ALLOW"
MAX_ENTRIES = 256
MAX_ADDRESSES = 16
"""Of one name; more are refused, as each of them may cost a connection."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, float], tuple[Address, ...]]
"""Takes a host and seconds; raises as `resolve` does."""

_ODD_NUMBER = re.compile(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


_NEVER = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32",
    "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",  # metadata services of clouds
    "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32", "fd20:ce::/32",
)  # fmt: skip
"""Unspecified, link-local, multicast and metadata: no CA publishes there, whatever a setting says."""

_SPECIAL = _networks(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)  # fmt: skip
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")


class AllowedPlace(NamedTuple):
    """A host name or a network, and a port of it; None is every port."""

    place: str | Network
    port: int | None

    def covers(self, origin: Origin, address: Address) -> bool:
        """Return whether this allows *origin* when it is reached at *address*."""
        if self.port not in {None, origin.port}:
            return False
        if isinstance(self.place, str):
            return self.place == origin.host.removesuffix(".")
        return address in self.place


class AddressRules(NamedTuple):
    """Public addresses at port 80, and what the user allowed besides."""

    allowed: tuple[AllowedPlace, ...] = ()

    @classmethod
    def parse(cls, text: str) -> AddressRules:
        """Return the rules with the comma-separated places in *text*, the value of the variable.

        A place is a name, an address or a network, `:PORT` or `:*` behind it; port 80 without.

        Raises:
            ConfigurationError: a place is none, or one that can never be allowed.
        """
        if not text.strip():
            return cls()
        entries = text.split(",")
        if len(entries) > MAX_ENTRIES:
            raise ConfigurationError(f"environment variable {VARIABLE} has more than {MAX_ENTRIES} places")
        return cls(tuple(_allowed_place(entry.strip()) for entry in entries))

    def check(self, origin: Origin, address: Address) -> None:
        """Return if *origin* may be asked at *address*, one that it has.

        Raises:
            MalformedError: it must not.
        """
        address = _unmapped(address)
        where = f"{origin.host_text}:{origin.port}" + (f" ({address})" if origin.host != str(address) else "")
        if any(meant in network for meant in _meanings(address) for network in _NEVER):
            raise _refused(f"{where} is an address that is never asked")
        if any(entry.covers(origin, address) for entry in self.allowed):
            return
        if origin.port != 80 or not is_public(address):
            what = "is not a public address" if origin.port == 80 else "is not at port 80"
            raise _refused(f"{where} {what}", _hint(origin))

    def check_name(self, origin: Origin) -> None:
        """Return if *origin*, whose name somebody else resolves, may be asked by that name.

        Raises:
            MalformedError: it must not.
        """
        named = (entry for entry in self.allowed if isinstance(entry.place, str))
        if origin.port == 80 or any(entry.covers(origin, _NOWHERE) for entry in named):
            return
        raise _refused(f"{origin.host_text}:{origin.port} is not at port 80", _hint(origin))


_NOWHERE = IPv4Address(0)


def _hint(origin: Origin) -> str:
    place = origin.host_text if origin.port == 80 else f"{origin.host_text}:{origin.port}"
    return f"if revocation data has to come from there, add {place} to {VARIABLE}"


def _refused(message: str, hint: str | None = None) -> MalformedError:
    return MalformedError(message, hint=hint, outcome=Outcome.REVOCATION_UNKNOWN)


def is_public(address: Address) -> bool:
    """Return whether *address* is one of the Internet; behind a NAT64 prefix, whether the IPv4 address is."""
    if isinstance(address, IPv6Address):
        if address in _TRANSLATED:
            return is_public(_last_four(address))
        if address not in _GLOBAL_UNICAST:
            return False
    return not any(address in network for network in (*_SPECIAL, *_NEVER))


def literal_address(host: str) -> Address | None:
    """Return the address that *host* is written as, or None if it is a name.

    Raises:
        MalformedError: a number that some programs take for an address, such as `127.1` or `0x7f000001`.
    """
    try:
        return ip_address(host)
    except ValueError as error:
        if _ODD_NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
            raise _refused(f"host {visible(host)!r} is neither a name nor an address") from error
        return None


def resolve(host: str, seconds: float) -> tuple[Address, ...]:
    """Return the addresses of *host*, in the order the system prefers.

    The system's resolver knows no deadline, so it works beside us and is no longer waited for after
    *seconds*.

    Raises:
        UnavailableError: none, too many, or not in time.
    """
    found: list[tuple[Address, ...]] = []
    resolver = Thread(target=lambda: found.append(_looked_up(host)), daemon=True)
    resolver.start()
    resolver.join(max(0.0, seconds))
    if not found:
        raise UnavailableError(f"host {host!r}: no answer about its addresses within the time allowed")
    if not found[0]:
        raise UnavailableError(f"no such host {host!r}")
    if len(found[0]) > MAX_ADDRESSES:
        raise UnavailableError(f"host {host!r} has more than {MAX_ADDRESSES} addresses")
    return found[0]


def _looked_up(host: str) -> tuple[Address, ...]:
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in entries))
    except (OSError, ValueError):  # ValueError: a name that cannot be encoded
        return ()


def _last_four(address: IPv6Address) -> IPv4Address:
    return IPv4Address(address.packed[-4:])


def _unmapped(address: Address) -> Address:
    """Return the IPv4 address that is meant by `::ffff:a.b.c.d`."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _meanings(address: Address) -> tuple[Address, ...]:
    """Return *address* and the IPv4 address that a gateway could make of it."""
    if isinstance(address, IPv4Address):
        return (address,)
    inner = address.sixtofour or (_last_four(address) if address in _TRANSLATED else None)
    return (address, inner) if inner else (address,)


def _allowed_place(text: str) -> AllowedPlace:
    """Return what one element of the variable allows."""
    place, port = _split(text)
    network = _network(place)
    if network is not None:
        if any(type(never) is type(network) and network.subnet_of(never) for never in _NEVER):  # type: ignore[arg-type]
            raise _unusable(text, "is an address that can never be allowed")
        return AllowedPlace(network, port)
    name = place.lower().removesuffix(".")
    if "/" in name or ":" in name or not is_registry(name) or _ODD_NUMBER.fullmatch(name.rpartition(".")[2]):
        raise _unusable(text, "is not a host name, an address or a network")
    return AllowedPlace(name, port)


def _split(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        place, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise _unusable(text, "is not a host name, an address or a network")
        port = port.removeprefix(":") if port else "80"
    elif text.count(":") == 1:
        place, _, port = text.partition(":")
    else:
        place, port = text, "80"
    if port == "*":
        return place, None
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise _unusable(text, "has no valid port")
    return place, int(port)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _unusable(text: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"environment variable {VARIABLE}: {visible(text)!r} {why}",
        hint="name places as host, host:port, 10.0.0.0/8 or 10.0.0.0/8:8080, with commas between them",
    )
