# SPDX-License-Identifier: Apache-2.0
"""The small DER reader: where elements are, and which encodings are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py import der
from notation_py.errors import MalformedError
from tests.simulator.resigned import element


@given(st.integers(min_value=0, max_value=70_000), st.binary(max_size=5))
def test_element_of_any_length_is_found(size: int, rest: bytes) -> None:
    """CERT-003: header, content and end are where the encoding says."""
    encoded = element(0x04, bytes(size))
    found = der.read(encoded + rest)
    assert (found.tag, found.start, found.end) == (0x04, 0, len(encoded))
    assert found.end - found.content == size


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut short"),
        (b"\x04", "cut short"),
        (b"\x04\x01", "longer than its surroundings"),
        (b"\x04\x80\x00\x00", "indefinite"),
        (b"\x04\x81", "cut short"),
        (b"\x04\x81\x7f" + bytes(127), "shortest form"),
        (b"\x04\x82\x00\x80" + bytes(128), "shortest form"),
        (b"\x04\x85\x00\x00\x00\x00\x01a", "too long"),
        (b"\x04\x84\xff\xff\xff\xff", "longer than its surroundings"),
        (b"\x1f\x81\x01\x00", "tag number above 30"),
        (b"\xff\x01\x00", "tag number above 30"),
    ],
)
def test_other_encodings_are_refused(data: bytes, reason: str) -> None:
    """Attack 60; SEC-003: BER is not DER."""
    with pytest.raises(MalformedError, match=reason):
        der.read(data)


def test_children_fill_their_parent() -> None:
    """CERT-012: an element that reaches beyond its parent is refused, and so is a rest."""
    data = element(0x30, b"\x02\x01\x05", b"\x04\x00")
    assert [child.tag for child in der.children(data, der.read(data))] == [0x02, 0x04]
    assert der.children(b"\x30\x00", der.read(b"\x30\x00")) == ()
    for bad in (b"\x30\x02\x04\x05", b"\x30\x04\x02\x01\x05\x04"):
        with pytest.raises(MalformedError):
            der.children(bad, der.read(bad))


def test_concatenated_elements_are_split() -> None:
    """TS-006: a file of DER certificates is cut at their ends, and nothing may be left."""
    assert der.split(b"\x04\x00\x02\x01\x05") == (b"\x04\x00", b"\x02\x01\x05")
    assert der.split(b"") == ()
    with pytest.raises(MalformedError):
        der.split(b"\x04\x00\x00")


@given(st.integers(min_value=-(2**80), max_value=2**80))
def test_integer_comes_back(value: int) -> None:
    """X.690 section 8.3: two's complement, the sign bit included."""
    size = (value + (value < 0)).bit_length() // 8 + 1
    assert der.integer(0x02, value.to_bytes(size, "big", signed=True)) == value


def test_only_element_is_unwrapped() -> None:
    """CERT-012: of the expected type, and nothing behind it."""
    assert der.only(b"\x30\x02\x05\x00", der.SEQUENCE) == b"\x05\x00"
    for bad in (b"", b"\x31\x00", b"\x30\x00\x00"):
        with pytest.raises(MalformedError):
            der.only(bad, der.SEQUENCE)


@pytest.mark.parametrize(
    ("tag", "content"), [(0x02, b""), (0x02, b"\x00\x7f"), (0x02, b"\xff\x80"), (0x04, b"\x00")]
)
def test_other_integers_are_refused(tag: int, content: bytes) -> None:
    """X.690 section 8.3.2: not empty, not longer than needed, and an INTEGER."""
    with pytest.raises(MalformedError):
        der.integer(tag, content)


@given(st.lists(st.tuples(st.sampled_from([0x02, 0x04, 0x30, 0xA3]), st.binary(max_size=200)), max_size=4))
def test_contents_are_those_of_the_elements(parts: list[tuple[int, bytes]]) -> None:
    """CERT-012: short and long lengths alike, and the same as by place."""
    data = b"".join(element(tag, content) for tag, content in parts)
    assert der.contents(data) == parts
    for cut in {data[:-1], data + b"\x04"} - {data, b""}:
        with pytest.raises(MalformedError):
            der.contents(cut)
