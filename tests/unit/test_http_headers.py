# SPDX-License-Identifier: Apache-2.0
"""Header fields from registries, read strictly."""

from __future__ import annotations

import time

import pytest

from notation_py.adapters.challenges import Challenge, parse_challenges
from notation_py.adapters.http_headers import comma_tokens, media_type, retry_after_seconds
from notation_py.adapters.links import next_link
from notation_py.errors import RegistryError

BEARER = Challenge(
    "bearer", {"realm": "https://auth.example.com/token", "service": "r", "scope": "a:b:pull,push"}
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], ()),
        (["Basic"], (Challenge("basic", {}),)),
        (['Basic realm="x"'], (Challenge("basic", {"realm": "x"}),)),
        (["basic realm=x"], (Challenge("basic", {"realm": "x"}),)),
        (
            ['Bearer realm="https://auth.example.com/token",service="r",scope="a:b:pull,push"'],
            (BEARER,),
        ),
        (
            ['bearer REALM = "https://auth.example.com/token" , , service=r, scope="a:b:pull,push" ,'],
            (BEARER,),
        ),
        (
            ['Basic realm="a", Bearer realm="b"'],
            (Challenge("basic", {"realm": "a"}), Challenge("bearer", {"realm": "b"})),
        ),
        (['Basic realm="a"', "Negotiate"], (Challenge("basic", {"realm": "a"}), Challenge("negotiate", {}))),
        (["Negotiate, Basic realm=x"], (Challenge("negotiate", {}), Challenge("basic", {"realm": "x"}))),
        (
            [r'Basic realm="a\"b\\c"'],
            (Challenge("basic", {"realm": 'a"b\\c'}),),
        ),
        (['Basic realm=""'], (Challenge("basic", {"realm": ""}),)),
    ],
    ids=[
        "none",
        "lone",
        "quoted",
        "token",
        "bearer",
        "spaces",
        "two-in-one",
        "two-fields",
        "lone-first",
        "escapes",
        "empty",
    ],
)
def test_parse_challenges_reads_the_grammar(fields: list[str], expected: tuple[Challenge, ...]) -> None:
    """RFC 9110 section 11.6.1, as registries write it; SIG-056."""
    assert parse_challenges(fields) == expected


@pytest.mark.parametrize(
    "field",
    [
        'Basic realm="x',
        "Basic realm=",
        "=",
        'realm="x"',
        'Basic realm="a", realm="b"',
        'Basic realm="a" "b"',
        'Basic realm="a\r\nX: y"',
        'Basic realm="a\x00"',
        "Basic realm=a b",
        '"Basic" realm=x',
        "Basic é=x",
        "Basic a=b=c",
        "Basic, " * 9,
        "x" * 9000,
        'Basic realm="a"b',
        "Bearer ,=",
    ],
    ids=lambda field: repr(field[:24]),
)
def test_parse_challenges_refuses_everything_else(field: str) -> None:
    """Attack 124; R-24: a challenge two readers could read differently is none."""
    with pytest.raises(RegistryError):
        parse_challenges([field])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], None),
        (['</v2/x?n=1&last=a%2Cb>; rel="next"'], "/v2/x?n=1&last=a%2Cb"),
        (["</v2/x>;rel=next"], "/v2/x"),
        (['</v2/x>; title="a, b; rel=next"; rel="prev"'], None),
        (['<a>; rel="prev", <b>; rel="next"'], "b"),
        (['<a>; rel="prev"', '<b>; REL="Next last"'], "b"),
        (["<a>"], None),
        (['<a>; rel=next, <a>; rel="next"'], "a"),
        (["<a>; rel=prev; rel=next"], None),
        ([" , <a>; rel=next , "], "a"),
        (["<>; rel=next"], ""),
    ],
)
def test_next_link_finds_the_relation(fields: list[str], expected: str | None) -> None:
    """RFC 8288: the first `rel` of a link counts, wherever the link stands; SIG-033."""
    assert next_link(fields) == expected


@pytest.mark.parametrize(
    "field",
    [
        "/v2/x; rel=next",
        "<a",
        "<a> rel=next",
        "<a>; rel=next, b",
        '<a>; rel="next',
        "<a b>; rel=next",
        "<a\n>; rel=next",
        "<a>; rel=next, <b>; rel=next",
        "<" * 9000,
    ],
    ids=lambda field: repr(field[:24]),
)
def test_next_link_refuses_what_is_not_a_link(field: str) -> None:
    """Attack 115; R-25: a malformed Link header ends the listing instead of cutting it short."""
    with pytest.raises(RegistryError):
        next_link([field])


def test_header_readers_take_linear_time() -> None:
    """Attack 188; SEC-003: the longest allowed fields of near-matches are read in no time."""
    started = time.perf_counter()
    for unit in ('a="\\"', "a, ", "=,", '"', "\\", "<", "<>;", ";a", "a=b "):
        field = (unit * 8192)[:8192]
        for reader in (parse_challenges, next_link):
            try:
                reader([field])
            except RegistryError:
                continue
    assert time.perf_counter() - started < 2


def test_media_type_drops_parameters_and_case() -> None:
    """SIG-031, SIG-051: the name alone is compared."""
    assert media_type("Application/Vnd.OCI.image.index.v1+json ; charset=utf-8") == (
        "application/vnd.oci.image.index.v1+json"
    )


@pytest.mark.parametrize("field", [None, "", "text", "text/", "/x", "a/b c", "a/b\x00", "a/" + "b" * 300])
def test_media_type_refuses_other_text(field: str | None) -> None:
    """SIG-051: a missing or malformed media type is an error."""
    with pytest.raises(RegistryError):
        media_type(field)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("1", 1.0),
        (" 30 ", 30.0),
        ("0", 0.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 20, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("\u0661", None),
    ],
)
def test_retry_after_is_seconds_or_nothing(field: str | None, expected: float | None) -> None:
    """CLI contract 6.3; a date or nonsense means our own pause."""
    assert retry_after_seconds(field) == expected


def test_comma_tokens_are_compared_whole() -> None:
    """SIG-032: `artifactType` is a token of the list, not a part of one."""
    assert comma_tokens(["artifactTypes, x", "artifactType ,"]) == {"artifactTypes", "x", "artifactType"}
