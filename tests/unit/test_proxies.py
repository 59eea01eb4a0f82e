# SPDX-License-Identifier: Apache-2.0
"""Proxy variables, as the Go program reads them."""

from __future__ import annotations

import pytest

from notation_py.adapters.proxies import ProxyRules
from notation_py.adapters.urls import Origin, Scheme
from notation_py.errors import ConfigurationError

ENVIRONMENT = {"HTTPS_PROXY": "http://user:pw@proxy.example.com:3128", "http_proxy": "proxy2.example.com"}


def chosen(host: str, port: int = 443, scheme: Scheme = Scheme.HTTPS, **environ: str) -> str | None:
    proxy = ProxyRules.from_environment(ENVIRONMENT | environ).proxy_for(Origin(scheme, host, port))
    return str(proxy.url.origin) if proxy else None


def test_proxy_follows_the_scheme() -> None:
    """CLI contract 3: HTTPS_PROXY and HTTP_PROXY, in either case; a bare host is http."""
    assert chosen("a.example.org") == "http://proxy.example.com:3128"
    assert chosen("a.example.org", 80, Scheme.HTTP) == "http://proxy2.example.com"
    assert chosen("a.example.org", 80, Scheme.HTTP, REQUEST_METHOD="GET", HTTP_PROXY="evil") is None


def test_attack_134_proxy_password_is_not_shown() -> None:
    """Attack 134; SEC-006: the proxy's own credentials stay out of representations."""
    proxy = ProxyRules.from_environment(ENVIRONMENT).proxy_for(Origin(Scheme.HTTPS, "a.example.org", 443))
    assert proxy is not None
    assert proxy.credentials == "user:pw"
    assert "pw" not in repr(proxy)


@pytest.mark.parametrize(
    ("exceptions", "host", "direct"),
    [
        ("*", "a.example.org", True),
        ("example.org", "a.example.org", True),
        ("example.org", "example.org", True),
        ("example.org", "badexample.org", False),
        (".example.org", "example.org", False),
        (".example.org", "a.example.org", True),
        ("*.example.org", "a.example.org", True),
        ("a.example.org:443", "a.example.org", True),
        ("a.example.org:8443", "a.example.org", False),
        (" A.Example.ORG , x", "a.example.org", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "a.example.org", False),
        ("not/a/network", "a.example.org", False),
        ("[fd00::1]:443", "fd00::1", True),
        ("fd00::/8", "fd00::1", True),
        ("", "localhost", True),
        ("", "127.0.0.9", True),
        ("", "::1", True),
    ],
)
def test_attack_134_exceptions_mean_what_they_say(exceptions: str, host: str, direct: bool) -> None:
    """Attack 134: NO_PROXY is exact about labels, ports and networks; this machine is always direct."""
    assert (chosen(host, NO_PROXY=exceptions) is None) == direct


def test_unusable_proxy_is_a_configuration_error() -> None:
    """A variable that is no URL of a proxy is said, not ignored; its value, a possible secret, is not."""
    with pytest.raises(ConfigurationError) as caught:
        chosen("a.example.org", HTTPS_PROXY="socks5://user:hunter2@x")
    assert "hunter2" not in str(caught.value)
