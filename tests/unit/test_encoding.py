# SPDX-License-Identifier: Apache-2.0
"""Strict base64 and base64url: one text for one byte string."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py.encoding import (
    MAX_CHARACTERS,
    decode_base64,
    decode_base64url,
    encode_base64,
    encode_base64url,
)
from notation_py.errors import MalformedError

CHARACTERS = st.text(alphabet="AQgwZ/+-_= \n\r!\u0101", max_size=12)


@given(st.binary(max_size=200))
def test_bytes_come_back(data: bytes) -> None:
    """R-02: encoding equals the library's, and decoding gives the bytes back."""
    assert encode_base64(data) == base64.b64encode(data).decode()
    assert encode_base64url(data) == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert decode_base64(encode_base64(data), at="x") == data
    assert decode_base64url(encode_base64url(data), at="x") == data


@given(CHARACTERS)
def test_accepted_text_is_the_only_one(text: str) -> None:
    """R-02, JWS-003, JWS-005: whatever is accepted is what encoding gives."""
    for decode, encode in ((decode_base64, encode_base64), (decode_base64url, encode_base64url)):
        try:
            data = decode(text, at="x")
        except MalformedError:
            continue
        assert encode(data) == text


@pytest.mark.parametrize(
    "text",
    ["Q", "QQ", "QQ=", "QR==", "QUJ=", "QQ===", "QQ==QQ==", "Q===", "====", "=", "QQ=Q", "QUI", "-_8=",
     "QUI=\n", " QUI=", "QU\nI=", "QU!I", "\uff21\uff21\uff21\uff21", "QUI\u003d\u0000"],
)  # fmt: skip
def test_base64_is_refused(text: str) -> None:
    """Attack 12; R-02: padding, alphabet, white space and the unused bits are exact."""
    with pytest.raises(MalformedError, match=r"^place: "):
        decode_base64(text, at="place")


@pytest.mark.parametrize(
    "text", ["Q", "QR", "QUJ", "QQ==", "QUI=", "+/8", "QU\nI", " QUI", "QUI ", "QU!IQ", "QUIQ\n", "\u0101QUI"]
)
def test_base64url_is_refused(text: str) -> None:
    """Attack 11; R-02, JWS-003: no padding, no other alphabet, no white space, no tail bits."""
    with pytest.raises(MalformedError, match=r"^place: "):
        decode_base64url(text, at="place")


def test_longer_text_than_any_real_one_is_refused() -> None:
    """R-10, SEC-001: at most four million characters, so that the copies made on the way stay small."""
    longest = "A" * MAX_CHARACTERS
    assert (
        len(decode_base64(longest, at="x"))
        == len(decode_base64url(longest, at="x"))
        == MAX_CHARACTERS // 4 * 3
    )
    for decode in (decode_base64, decode_base64url):
        with pytest.raises(MalformedError):
            decode(longest + "AAAA", at="x")
