# SPDX-License-Identifier: Apache-2.0
"""Readers of header fields, URLs and indexes: a value or our own error, and values round-trip."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py.adapters.challenges import Challenge, parse_challenges
from notation_py.adapters.http_headers import comma_tokens, media_type, retry_after_seconds
from notation_py.adapters.index_entries import ReferrersIndex, write_index
from notation_py.adapters.links import next_link
from notation_py.adapters.urls import Url, visible
from notation_py.errors import NotationError

HEADERISH = st.text(st.sampled_from('<>;,=" \\\t/:relnextbasicrealm0\x00\r\né?#@[]{}'), max_size=80)
TOKEN = st.text(st.sampled_from("abcXYZ019-._~!"), min_size=1, max_size=8)
QUOTED = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
READERS: list[Callable[[str], Any]] = [
    lambda text: parse_challenges([text]),
    lambda text: next_link([text]),
    media_type,
    retry_after_seconds,
    lambda text: comma_tokens([text]),
    Url.parse,
    Url.parse("https://a/b").join,
    lambda text: ReferrersIndex.parse(text.encode("utf-8", "surrogatepass"), what="index"),
]


@pytest.mark.parametrize("reader", READERS, ids=range(len(READERS)))
@given(text=HEADERISH | st.text(max_size=60))
def test_reader_gives_a_value_or_our_own_error(reader: Callable[[str], Any], text: str) -> None:
    """Attack suite 4.13; R-46: no exception but ours, whatever the text."""
    try:
        assert reader(text) is not NotImplemented
    except NotationError as error:
        assert str(error).isprintable()  # noqa: PT017 - either way is right


@given(
    st.lists(
        st.tuples(TOKEN, st.dictionaries(TOKEN.map(str.lower), QUOTED, max_size=3)), min_size=1, max_size=4
    )
)
def test_challenges_round_trip(challenges: list[tuple[str, dict[str, str]]]) -> None:
    """RFC 9110 section 11.6.1: what is written by the grammar is read as it was meant."""
    field = ", ".join(
        " ".join((scheme, ", ".join(f"{name}={_quote(value)}" for name, value in parameters.items()))).strip()
        for scheme, parameters in challenges
    )
    expected = tuple(Challenge(scheme.lower(), parameters) for scheme, parameters in challenges)
    assert parse_challenges([field]) == expected


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z/?&=%,;.]{0,12}", fullmatch=True), st.sampled_from(["prev", "last", "x"])
        )
    )
)
def test_next_link_is_found_among_others(others: list[tuple[str, str]]) -> None:
    """RFC 8288, SIG-033: one link with the relation is found wherever it stands."""
    links = [f'<{target}>; title="a, b; c"; rel="{relation}"' for target, relation in others]
    assert next_link([", ".join(links)] if links else []) is None
    links.insert(len(links) // 2, "</v2/next>; rel=next")
    assert next_link([", ".join(links)]) == "/v2/next"


@given(st.text())
def test_visible_text_is_printable_and_short(text: str) -> None:
    """R-36: safe to show, whatever it was."""
    assert visible(text).isprintable()
    assert len(visible(text)) <= 2600


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abmanifests", max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(JSON, max_size=6),
    st.dictionaries(st.text("abc", max_size=3), JSON, max_size=3),
    st.sampled_from([None, 2]),
)
def test_entries_of_any_kind_keep_their_text(
    entries: list[Any], others: dict[str, Any], indent: int | None
) -> None:
    """SIG-026: every entry's text is found again in what is written, whatever stands around it."""
    data = json.dumps({**others, "manifests": entries, "z": 1}, indent=indent).encode()
    index = ReferrersIndex.parse(data, what="index")
    assert [json.loads(entry.text) for entry in index.entries] == entries
    assert all(entry.text.encode() in data for entry in index.entries)
    written = json.loads(write_index(index.entries))["manifests"]
    assert all(entry in entries for entry in written)
    assert all(entry in written for entry in entries if entry not in (None, {}))
