# SPDX-License-Identifier: Apache-2.0
"""Which scheme, host and credential key a registry name means."""

from __future__ import annotations

import pytest

from notation_py.adapters.registry_hosts import (
    SchemeReason,
    SchemeRule,
    api_host,
    choose_scheme,
    credential_key,
)
from notation_py.adapters.urls import Scheme


@pytest.mark.parametrize(
    ("registry", "scheme", "reason"),
    [
        ("registry.example.com", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("localhost:5000", Scheme.HTTP, SchemeReason.LOCALHOST),
        ("LOCALHOST:5000", Scheme.HTTP, SchemeReason.LOCALHOST),
        ("localhost", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("localhost.example.com:5000", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("127.0.0.1:5000", Scheme.HTTP, SchemeReason.LOOPBACK_ADDRESS),
        ("127.255.3.4", Scheme.HTTP, SchemeReason.LOOPBACK_ADDRESS),
        ("[::1]:5000", Scheme.HTTP, SchemeReason.LOOPBACK_ADDRESS),
        ("[::ffff:127.0.0.1]", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("127.0.0.1.nip.example.com:5000", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("127.1:5000", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("127.0.0.256", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("127.0.0.01", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("0x7f.0.0.1", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("2130706433", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("10.0.0.1:5000", Scheme.HTTPS, SchemeReason.DEFAULT),
        ("Listed.example.com:80", Scheme.HTTP, SchemeReason.LISTED),
        ("listed.example.com", Scheme.HTTPS, SchemeReason.DEFAULT),
    ],
)
def test_attack_127_plain_http_only_by_rule(registry: str, scheme: Scheme, reason: SchemeReason) -> None:
    """Attack 127; R-26, SIG-055: a name decides alone; names that resemble loopback decide nothing."""
    listed = ("listed.EXAMPLE.com:80",)
    assert choose_scheme(registry, SchemeRule.AUTOMATIC, listed) == (scheme, reason)


@pytest.mark.parametrize("rule", [SchemeRule.PLAIN_HTTP, SchemeRule.HTTPS_ONLY])
def test_asked_scheme_wins(rule: SchemeRule) -> None:
    """SIG-055: what the user asks for is done, whatever the name."""
    expected = Scheme.HTTP if rule is SchemeRule.PLAIN_HTTP else Scheme.HTTPS
    for registry in ("localhost:5000", "registry.example.com"):
        assert choose_scheme(registry, rule, ()) == (expected, SchemeReason.ASKED)


def test_well_known_short_name_has_its_own_host_and_key() -> None:
    """CLI contract 6.1: one name is contacted under another host and has an old credential key."""
    assert api_host("docker.io") == "registry-1.docker.io"
    assert (
        credential_key("docker.io") == credential_key("registry-1.docker.io") == "https://index.docker.io/v1/"
    )
    for other in ("docker.io:443", "index.docker.io", "registry.example.com"):
        assert api_host(other) == credential_key(other) == other
