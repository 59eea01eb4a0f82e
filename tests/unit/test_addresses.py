# SPDX-License-Identifier: Apache-2.0
"""Which addresses may be asked for revocation data, and how the setting that allows more is read."""

from __future__ import annotations

import re
import socket
import threading
import time
from ipaddress import ip_address
from pathlib import Path

import pytest

from notation_py.adapters.addresses import (
    MAX_ADDRESSES,
    MAX_ENTRIES,
    AddressRules,
    is_public,
    literal_address,
    resolve,
)
from notation_py.adapters.urls import Url
from notation_py.errors import ConfigurationError, MalformedError, UnavailableError

NONE = AddressRules()
NEVER = (
    "169.254.169.254", "169.254.170.2", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250",
    "255.255.255.255", "100.100.100.200", "168.63.129.16", "192.0.0.192", "::", "fe80::1", "ff02::1",
    "ff0e::1", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
)  # fmt: skip
NOT_PUBLIC = (
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "240.0.0.1", "192.88.99.1", "::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::10.0.0.1", "fc00::1", "fd12:3456::1", "fec0::1", "2001:db8::1",
    "2001::1", "2002:808:808::1", "64:ff9b::a00:1", "64:ff9b:1::1", "3fff::1", "100::1", "4000::1",
)  # fmt: skip
PUBLIC = (
    "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "223.255.255.254", "192.0.1.1",
    "2606:4700::1", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888",
)  # fmt: skip


def check(rules: AddressRules, address: str, host: str = "pki.example", port: int = 80) -> None:
    rules.check(Url.parse(f"http://{host}:{port}/").origin, ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_address_of_this_site_is_refused_unless_allowed(address: str) -> None:
    """Attack 78; R-19: with a hint that names the setting."""
    with pytest.raises(MalformedError, match="is not a public address") as refused:
        check(NONE, address)
    assert refused.value.hint is not None
    assert "add pki.example to NOTATION_PY_FETCH_ALLOW" in refused.value.hint
    check(AddressRules.parse("pki.example"), address)
    check(AddressRules.parse("0.0.0.0/0,::/0"), address)


@pytest.mark.parametrize("address", NEVER)
def test_address_that_nobody_publishes_at_is_refused_even_if_allowed(address: str) -> None:
    """Attack 78: link-local, multicast, unspecified and metadata addresses, in every disguise."""
    for rules in (NONE, AddressRules.parse("pki.example:*,0.0.0.0/0:*,[::/0]:*")):
        with pytest.raises(MalformedError, match="never asked") as refused:
            check(rules, address)
        assert refused.value.hint is None


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_asked_at_port_80_only(address: str) -> None:
    """R-19: default ports unless configured."""
    check(NONE, address)
    with pytest.raises(MalformedError, match="is not at port 80"):
        check(NONE, address, port=8080)
    with pytest.raises(MalformedError, match="is not at port 80"):
        check(AddressRules.parse("pki.example,other.example:8080"), address, port=8080)
    check(AddressRules.parse("pki.example:8080"), address, port=8080)
    check(AddressRules.parse("pki.example:*"), address, port=8080)


def test_address_is_public_or_not_as_the_lists_say() -> None:
    """R-19."""
    assert [a for a in PUBLIC if not is_public(ip_address(a)) and "ffff" not in a] == []
    assert [a for a in (*NOT_PUBLIC, *NEVER) if is_public(ip_address(a))] == []


@pytest.mark.parametrize(
    ("setting", "host", "address", "port"),
    [
        ("pki.corp", "pki.corp", "10.1.2.3", 80),
        ("PKI.corp.", "pki.corp", "10.1.2.3", 80),
        ("pki.corp:8080", "pki.corp", "10.1.2.3", 8080),
        (" a.example , pki.corp:8080 ", "pki.corp", "10.1.2.3", 8080),
        ("10.0.0.0/8", "pki.corp", "10.1.2.3", 80),
        ("10.0.0.0/8:8080", "pki.corp", "10.1.2.3", 8080),
        ("127.0.0.1:*", "127.0.0.1", "127.0.0.1", 33333),
        ("::1", "[::1]", "::1", 80),
        ("[::1]:8080", "[::1]", "::1", 8080),
        ("fd00::/8", "pki.corp", "fd12::1", 80),
        ("[fd00::/8]:*", "pki.corp", "fd12::1", 81),
        ("10.0.0.0/8", "pki.corp", "::ffff:10.1.2.3", 80),
    ],
)
def test_setting_allows_what_it_names(setting: str, host: str, address: str, port: int) -> None:
    """R-19: names, addresses and networks, with and without a port."""
    check(AddressRules.parse(setting), address, host, port)
    with pytest.raises(MalformedError):
        check(AddressRules.parse(setting), "192.168.77.77", "elsewhere.example", port)


@pytest.mark.parametrize(
    "setting",
    [
        "10.0.0.0/8", "pki.corp", "pki.corp:8081", "sub.pki.corp:8080", "corp:8080", "10.1.2.3",
    ],
)  # fmt: skip
def test_setting_allows_nothing_else(setting: str) -> None:
    """R-19: a name is compared whole, and no port but 80 comes without being named."""
    with pytest.raises(MalformedError):
        check(AddressRules.parse(setting), "10.1.2.3", "pki.corp", 8080)


@pytest.mark.parametrize(
    "setting",
    [
        "a,,b", ",", "a b", "10.0.0.1/8", "10.0.0.0/33", "300.1.1.1", "127.1", "0x7f000001", "pki.corp:0",
        "pki.corp:65536", "pki.corp:", "pki.corp:http", "pki.corp:080", "http://pki.corp", "user@pki.corp",
        "[::1", "[::1]8080", "::1:g", "*", "*.corp", "pki.corp/path", "ä.example", "pki.corp:８0",
    ],
)  # fmt: skip
def test_setting_that_cannot_be_understood_is_an_error(setting: str) -> None:
    """R-19; CFG: one clear error that names the variable, and a hint how to write it."""
    with pytest.raises(ConfigurationError, match="NOTATION_PY_FETCH_ALLOW") as refused:
        AddressRules.parse(setting)
    assert refused.value.hint is not None


@pytest.mark.parametrize(
    "setting", ["169.254.169.254", "169.254.0.0/16", "fe80::/10", "224.0.0.1", "[ff02::/16]:*"]
)
def test_setting_cannot_allow_what_is_never_asked(setting: str) -> None:
    """Attack 78."""
    with pytest.raises(ConfigurationError, match="can never be allowed"):
        AddressRules.parse(setting)


def test_setting_in_the_documentation_is_understood() -> None:
    """R-19: the line that people copy from docs/configuration.md."""
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    (setting,) = re.findall(r"^export NOTATION_PY_FETCH_ALLOW=(.*)$", text, re.MULTILINE)
    assert len(AddressRules.parse(setting).allowed) == 4


def test_setting_without_places_allows_nothing() -> None:
    """R-19; and a setting of any length has an end."""
    assert AddressRules.parse("") == AddressRules.parse("  ") == NONE
    with pytest.raises(ConfigurationError, match="more than 256 places"):
        AddressRules.parse(",".join(["a.example"] * 257))


@pytest.mark.parametrize(
    "host", ["2130706433", "127.1", "0x7f.0.0.1", "0x7f000001", "017700000001", "a.1", "1.2.3.4.5"]
)
def test_number_that_some_take_for_an_address_is_refused(host: str) -> None:
    """Attack 78: `127.1` is this machine for some programs and a name for others."""
    with pytest.raises(MalformedError, match="neither a name nor an address"):
        literal_address(host)


def test_host_is_an_address_or_a_name() -> None:
    """R-19."""
    assert literal_address("127.0.0.1") == ip_address("127.0.0.1")
    assert literal_address("::1") == ip_address("::1")
    assert literal_address("a1.example") is None
    assert literal_address("0x.example") is None


def test_resolver_gives_addresses_of_a_name() -> None:
    """R-19; REV-008."""
    assert set(resolve("localhost", 5)) <= {ip_address("127.0.0.1"), ip_address("::1")}
    with pytest.raises(UnavailableError, match="no such host"):
        resolve("does-not-exist.invalid", 5)
    with pytest.raises(UnavailableError, match="no such host"):
        resolve("a" * 64 + ".example", 5)


def test_resolver_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """REV-008: the system's resolver may take half a minute; we do not."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(5) and [])
    started = time.monotonic()
    with pytest.raises(UnavailableError, match="no answer about its addresses"):
        resolve("slow.example", 0.1)
    assert time.monotonic() - started < 2
    over.set()


def test_name_with_many_addresses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-10: each address may cost a connection."""
    many = [(0, 0, 0, "", (f"8.8.8.{n}", 0)) for n in range(17)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
    with pytest.raises(UnavailableError, match="more than 16 addresses"):
        resolve("many.example", 1)


def test_port_below_80_is_not_asked() -> None:
    """Attack 78; R-19: nor is the one above."""
    for port in (79, 81):
        with pytest.raises(MalformedError, match="is not at port 80"):
            check(NONE, "8.8.8.8", port=port)


def test_setting_at_its_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-10, R-19: the last port, the largest setting, as many addresses as allowed; and no more."""
    check(AddressRules.parse("[::1]"), "::1", "[::1]")
    check(AddressRules.parse("[::1]:65535"), "::1", "[::1]", 65535)
    assert len(AddressRules.parse(",".join(["a.test"] * MAX_ENTRIES)).allowed) == MAX_ENTRIES
    for wrong in (
        ",".join(["a.test"] * (MAX_ENTRIES + 1)),
        "a.test:65536",
        "a.test:80:90",
        "a/b",
        "[::1]80",
        "[a.test:80]",
    ):
        with pytest.raises(ConfigurationError):
            AddressRules.parse(wrong)
    most = [(0, 0, 0, "", (f"8.8.8.{n}", 0)) for n in range(MAX_ADDRESSES)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: most)
    assert len(resolve("many.example", 1)) == MAX_ADDRESSES
