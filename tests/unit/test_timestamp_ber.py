# SPDX-License-Identifier: Apache-2.0
"""BER lengths become DER lengths, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py.errors import MalformedError
from notation_py.timestamp.ber import Fields, encoded, to_der
from tests.simulator.resigned import element

Tree = bytes | list["Tree"]
TREES = st.recursive(st.binary(max_size=300), lambda inner: st.lists(inner, max_size=4), max_leaves=20)


def written(tree: Tree, octets: int) -> bytes:
    """Return *tree* with lengths of *octets* octets; 0 for the shortest form."""
    tag = 0x04 if isinstance(tree, bytes) else 0x30
    content = tree if isinstance(tree, bytes) else b"".join(written(one, octets) for one in tree)
    if not octets:
        return element(tag, content)
    return bytes([tag, 0x80 + octets]) + len(content).to_bytes(octets, "big") + content


@given(TREES, st.integers(2, 4))
def test_long_lengths_are_shortened(tree: Tree, octets: int) -> None:
    """TSA-020: whatever the spelling, the DER is the same; and DER stays what it is."""
    short = written(tree, 0)
    assert to_der(written(tree, octets)) == short
    assert to_der(short) == short


@given(st.integers(0, 70_000))
def test_element_is_written_in_der(size: int) -> None:
    """TSA-002, TSA-020: the writer agrees with the tests' own."""
    assert encoded(0x04, bytes(size)) == element(0x04, bytes(size))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x30", "cut short"),
        (b"\x30\x82\x00", "should be less or equal"),
        (b"\x30\x03\x02\x02\x01", "should be less or equal"),
        (b"\x30\x04\x02\x84\x01\x00", "should be less or equal"),
        (b"\x3f\x01\x00", "tag number above 30"),
        (b"\x30\x03\x1f\x01\x00", "tag number above 30"),
        (b"\x24\x80\x04\x01a\x00\x00", "indefinite"),
        (b"\x30\xff", "cannot exceed 4 bytes"),
    ],
)
def test_other_encodings_are_refused(data: bytes, reason: str) -> None:
    """TSA-020, SEC-003; attack 93."""
    with pytest.raises(MalformedError, match=reason):
        to_der(data)


def test_members_are_taken_in_order_and_all() -> None:
    """SEC-003: a member that is missing, of another type, too large or too many is refused."""
    fields = Fields.of(element(0x30, b"\x02\x01\x05", b"\x80\x01\x07"), "thing")
    assert fields.small() == 5
    assert fields.small(0x81, default=0) == 0
    with pytest.raises(MalformedError, match="thing has another structure"):
        fields.take(0x02)
    with pytest.raises(MalformedError, match="more members"):
        fields.end()
    assert fields.small(0x80, default=0) == 7
    fields.end()
    with pytest.raises(MalformedError, match="beyond 32 bits"):
        Fields.of(element(0x30, b"\x02\x05\x01\x00\x00\x00\x00"), "thing").small()
    with pytest.raises(MalformedError, match="shortest form"):
        Fields.of(element(0x30, b"\x02\x02\x00\x05"), "thing").integer()
