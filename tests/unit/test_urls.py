# SPDX-License-Identifier: Apache-2.0
"""URLs from strangers, and the origins they belong to."""

from __future__ import annotations

import pytest

from notation_py.adapters.urls import Origin, Scheme, Url, visible
from notation_py.errors import RegistryError

BASE = Url.parse("https://registry.example.com/v2/app/blobs/uploads/?a=1")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Registry.Example.com/x", Origin(Scheme.HTTPS, "registry.example.com", 443)),
        ("https://registry.example.com:443/x", Origin(Scheme.HTTPS, "registry.example.com", 443)),
        ("http://registry.example.com:443/x", Origin(Scheme.HTTP, "registry.example.com", 443)),
        ("http://[::1]:5000/x", Origin(Scheme.HTTP, "::1", 5000)),
        ("HTTP://localhost", Origin(Scheme.HTTP, "localhost", 80)),
    ],
)
def test_origin_is_scheme_host_and_port(text: str, origin: Origin) -> None:
    """R-24: credentials are bound to all three."""
    assert Url.parse(text).origin == origin
    assert Url.parse(str(Url.parse(text))) == Url.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/v2/",
        "registry.example.com/x",
        "ftp://a/x",
        "file:///etc/passwd",
        "javascript:x",
        "https://",
        "https:///x",
        "https://u@a/",
        "https://u:p@a/",
        "https://a:b/",
        "https://a:99999/",
        "https://a:-1/",
        "https://a/#f",
        "https://a/ b",
        "https://a/\r\nX:",
        "https://a/\x00",
        "https://a\\@b/",
        "https://é/",
        "https://a..b/",
        "https://[::1/",
        "https://[x]/",
        "https://a/" + "x" * 9000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_unusable_urls_are_refused(text: str) -> None:
    """Attacks 122, 123: other schemes, user information and what needs escaping are refused."""
    with pytest.raises(RegistryError):
        Url.parse(text)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/v2/x?state=a", "https://registry.example.com/v2/x?state=a"),
        ("x", "https://registry.example.com/v2/app/blobs/uploads/x"),
        ("https://registry.example.com/x", "https://registry.example.com/x"),
        ("//other.example.com/x", "https://other.example.com/x"),
        (".evil.example.com/x", "https://registry.example.com/v2/app/blobs/uploads/.evil.example.com/x"),
    ],
)
def test_join_resolves_against_the_request(location: str, expected: str) -> None:
    """SIG-022, SIG-033: a relative place is relative to the request, never glued to the host."""
    assert str(BASE.join(location)) == expected


def test_added_parameter_keeps_the_query_as_it_is() -> None:
    """SIG-022: existing parameters stay, empty and repeated ones included."""
    url = Url.parse("https://a/x?state=%2f&b=&b").with_parameter("digest", "sha256%3Aab")
    assert str(url) == "https://a/x?state=%2f&b=&b&digest=sha256%3Aab"
    assert url.without_query == "https://a/x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é", "plain é"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb", "a\\r\\nb"),
        ("\u202e", "\\u202e"),
        ("x" * 300, "x" * 256 + "…"),
    ],
)
def test_visible_text_is_safe_and_short(text: str, expected: str) -> None:
    """Attack 128; R-36: escaped and cut."""
    assert visible(text) == expected
