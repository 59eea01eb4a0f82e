# SPDX-License-Identifier: Apache-2.0
"""Scopes, realms, and who may see a credential."""

from __future__ import annotations

import pytest

from notation_py.adapters.challenges import Challenge
from notation_py.adapters.credentials import Credential
from notation_py.adapters.token_cache import TokenCache, merge_scopes
from notation_py.adapters.tokens import basic_value, may_see_credential, parse_realm
from notation_py.adapters.urls import Origin, Scheme
from notation_py.errors import Outcome, UnavailableError


def https(host: str, port: int = 443) -> Origin:
    return Origin(Scheme.HTTPS, host, port)


@pytest.mark.parametrize(
    ("realm", "registry", "allowed", "expected"),
    [
        ("registry.example.com", "registry.example.com", (), True),
        ("auth.example.com", "registry.example.com", (), True),
        ("example.com", "registry.example.com", (), True),
        ("a.b.example.com", "registry.example.com", (), True),
        ("auth.docker.io", "registry-1.docker.io", (), True),
        ("auth.evil.com", "registry.example.com", (), False),
        ("example.com.evil.com", "registry.example.com", (), False),
        ("badexample.com", "registry.example.com", (), False),
        ("auth.example.com", "example.com", (), False),
        ("evil.com", "example.com", (), False),
        ("evil.co.uk", "example.co.uk", (), False),
        ("auth.example.co.uk", "registry.example.co.uk", (), True),
        ("evil.io", "ghcr.io", (), False),
        ("evil.azurecr.io", "my.azurecr.io", (), False),
        ("my.azurecr.io", "my.azurecr.io", (), True),
        ("evil.dkr.ecr.eu-west-1.amazonaws.com", "1.dkr.ecr.eu-west-1.amazonaws.com", (), False),
        ("auth.myazurecr.io", "r.myazurecr.io", (), True),
        ("10.0.0.2", "10.0.0.1", (), False),
        ("0.0.1", "10.0.0.1", (), False),
        ("127.0.0.1", "localhost", (), True),
        ("auth.evil.com", "registry.example.com", ("auth.evil.com",), True),
        ("auth.evil.com", "registry.example.com", ("AUTH.evil.com:443",), True),
        ("auth.evil.com", "registry.example.com", ("evil.com", "*.evil.com", "auth.evil.com:8443"), False),
    ],
)
def test_credential_goes_to_the_own_domain_or_the_list(
    realm: str, registry: str, allowed: tuple[str, ...], expected: bool
) -> None:
    """R-24, attack 124: same host, the registry's own domain, or named; public suffixes are nobody's."""
    assert may_see_credential(https(realm), https(registry), allowed) == expected


def test_listed_realm_with_a_port_is_that_port() -> None:
    """R-24: a list entry names host and port."""
    assert may_see_credential(https("a.evil.com", 8443), https("r.example.com"), ("a.evil.com:8443",))
    assert not may_see_credential(https("a.evil.com", 8443), https("r.example.com"), ("a.evil.com",))


@pytest.mark.parametrize(
    ("realm", "registry", "good"),
    [
        ("https://auth.example.com/t", Origin(Scheme.HTTPS, "r.example.com", 443), True),
        ("http://auth.example.com/t", Origin(Scheme.HTTPS, "r.example.com", 443), False),
        ("http://r.example.com/t", Origin(Scheme.HTTPS, "r.example.com", 443), False),
        ("http://r.example.com:81/t", Origin(Scheme.HTTP, "r.example.com", 80), True),
        ("http://auth.example.com/t", Origin(Scheme.HTTP, "r.example.com", 80), False),
        ("http://127.0.0.1:81/t", Origin(Scheme.HTTP, "localhost", 5000), True),
        ("/token", Origin(Scheme.HTTPS, "r.example.com", 443), False),
        ("", Origin(Scheme.HTTPS, "r.example.com", 443), False),
    ],
)
def test_realm_needs_tls_unless_all_stays_here(realm: str, registry: Origin, good: bool) -> None:
    """R-24, attack 124: an http realm is for a registry that is itself reached by http, on its host."""
    challenge = Challenge("bearer", {"realm": realm})
    if good:
        assert str(parse_realm(challenge, registry)) == realm
    else:
        with pytest.raises(UnavailableError) as caught:
            parse_realm(challenge, registry)
        assert caught.value.outcome is Outcome.AUTH


def test_scopes_are_merged_by_resource() -> None:
    """SIG-056: the key of the token cache does not depend on order or spelling."""
    merged = merge_scopes(["repository:a/b:push", "repository:a/b:pull,push", "registry:catalog:*", "odd"])
    assert merged == {"repository:a/b:pull,push", "registry:catalog:*", "odd"}


def test_cache_is_by_origin_and_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-24, SIG-056: a token is for one origin and one set of scopes, until shortly before it expires."""
    cache, now = TokenCache(), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    one, two = frozenset({"x"}), frozenset({"y"})
    cache.keep(https("a"), one, "t", 60)
    assert cache.token(https("a"), one) == "t"
    assert cache.token(https("a"), two) is None
    assert cache.token(https("a", 444), one) is None
    assert cache.token(Origin(Scheme.HTTP, "a", 443), one) is None
    now[0] += 56
    assert cache.token(https("a"), one) is None


@pytest.mark.parametrize(
    "credential",
    [
        Credential("a:b", "c"),
        Credential("a\r\nX: y", "c"),
        Credential("a", "c\x00"),
        Credential("a"),
        Credential("", "b"),
        Credential(refresh_token="x"),
    ],
    ids=["colon", "line-break", "nul", "no-password", "no-user", "token"],
)
def test_unusable_basic_credentials_are_auth(credential: Credential) -> None:
    """Attack 125: nothing that could break out of the header, or that means something else there."""
    with pytest.raises(UnavailableError) as caught:
        basic_value(credential)
    assert caught.value.outcome is Outcome.AUTH
