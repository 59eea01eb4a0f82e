# SPDX-License-Identifier: Apache-2.0
"""The quick readings of usual certificates: each agrees with a plain walk over the same octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py import der
from notation_py.certificates.extensions import Extension, read_extensions
from notation_py.certificates.name_der import attribute_types, name_attributes
from notation_py.errors import MalformedError
from tests.simulator.names import der_name, tlv

TLV_TAGS = st.sampled_from([0x01, 0x02, 0x04, 0x06, 0x13, 0x1F, 0x30, 0x31])


IDENTIFIERS = st.sampled_from([b"\x55\x1d\x0f", b"\x55\x1d\x13", b"\x55\x1d", b"\x2a\x03", b"\x2a\x03\x04"])
MARKS = st.sampled_from(
    [b"", tlv(1, b"\xff"), tlv(1, b"\x00"), tlv(1, b"\x01"), tlv(2, b"\xff"), b"\x01\x02\xff\xff"]
)
VALUES = st.sampled_from([0, 1, 5, 100, 115, 116, 117, 118, 119, 120, 126, 127, 128, 140]).map(bytes)
ENTRIES = st.builds(
    lambda oid, mark, value, tag, outer: tlv(outer, tlv(6, oid) + mark + tlv(tag, value)),
    IDENTIFIERS,
    MARKS,
    VALUES,
    st.sampled_from([4, 4, 4, 3]),
    st.sampled_from([0x30, 0x30, 0x30, 0x31]),
)
ATTRIBUTES = st.tuples(
    st.sampled_from(["CN", "O", "DC", "EMAIL"]),
    st.sampled_from([0, 1, 20, 116, 117, 118, 119, 120, 127, 128]).map(lambda size: "x" * size),
    TLV_TAGS,
)
NAMES = st.lists(ATTRIBUTES | st.lists(ATTRIBUTES, max_size=2), max_size=4).map(
    lambda parts: der_name(*parts)
)


def walked_extensions(field: bytes) -> dict[bytes, Extension]:
    """Return the extensions in *field*, read element by element and without regard to speed."""
    found: dict[bytes, Extension] = {}
    outer = der.read(field)
    if outer.tag != der.SEQUENCE or outer.end != len(field):
        raise MalformedError("not one sequence")
    for entry in der.children(field, outer):
        parts = [(part.tag, field[part.content : part.end]) for part in der.children(field, entry)]
        tags = [tag for tag, _ in parts]
        if entry.tag != der.SEQUENCE or tags not in ([6, 4], [6, 1, 4]) or parts[0][1] in found:
            raise MalformedError("not an extension, or twice")
        marked = parts[1][1] if len(parts) == 3 else b"\x00"
        if marked not in (b"\x00", b"\xff"):
            raise MalformedError("not a boolean")
        found[parts[0][1]] = Extension(critical=marked == b"\xff", value=parts[-1][1])
    return found


def damaged(data: st.DataObject, whole: bytes) -> bytes:
    """Return *whole*, or *whole* with one octet changed."""
    place = data.draw(st.integers(-1, len(whole) - 1))
    if place < 0:
        return whole
    return whole[:place] + bytes((data.draw(st.integers(0, 255)),)) + whole[place + 1 :]


@given(st.data(), st.lists(ENTRIES, max_size=3))
def test_extensions_are_those_of_a_plain_walk(data: st.DataObject, entries: list[bytes]) -> None:
    """Accepted and refused alike, whatever octet is wrong (CERT-012, R-04)."""
    field = damaged(data, tlv(0x30, b"".join(entries)))
    try:
        expected: dict[bytes, Extension] | None = walked_extensions(field)
    except MalformedError:
        expected = None
    try:
        found: dict[bytes, Extension] | None = dict(read_extensions(field))
    except MalformedError:
        found = None
    assert found == expected


@given(st.data(), NAMES)
def test_types_in_a_name_are_those_of_a_plain_walk(data: st.DataObject, name: bytes) -> None:
    """Accepted and refused alike, whatever octet is wrong (TP-068, R-04)."""
    name = damaged(data, name)
    try:
        walked = [oid for part in name_attributes(name) for oid, _ in part]
        expected: list[bytes] | None = walked
    except MalformedError:
        expected = None
    try:
        found: list[bytes] | None = attribute_types(name)
    except MalformedError:
        found = None
    assert found == expected


OID = tlv(6, b"\x55\x04\x03")
ODD_NAMES = {
    "long-tag": tlv(0x31, tlv(0x30, OID + tlv(0x1F, b"x"))),
    "value-cut-short": tlv(0x31, tlv(0x30, OID + b"\x13\x02x")),
    "more-than-a-value": tlv(0x31, tlv(0x30, OID + tlv(0x13, b"x") + b"\x13\x00")),
    "sequence-for-set": tlv(0x30, tlv(0x30, OID + tlv(0x13, b"x"))),
    "set-for-sequence": tlv(0x31, tlv(0x31, OID + tlv(0x13, b"x"))),
    "more-than-an-attribute": tlv(0x31, b"\x30\x08" + OID + b"\x13\x01x\x05\x00"),
    "length-in-long-form": tlv(0x31, tlv(0x30, OID + b"\x13\x81\x01x")),
    "no-identifier": tlv(0x31, tlv(0x30, tlv(2, b"\x55\x04\x03") + tlv(0x13, b"x"))),
}


@pytest.mark.parametrize("part", ODD_NAMES.values(), ids=ODD_NAMES)
def test_a_part_of_a_name_that_is_nearly_usual_is_refused(part: bytes) -> None:
    """One thing is wrong in each, beside a part that is right (TP-068, R-04)."""
    with pytest.raises(MalformedError):
        attribute_types(tlv(0x30, tlv(0x31, tlv(0x30, OID + tlv(0x13, b"x"))) + part))


USAGE = tlv(6, b"\x55\x1d\x0f")
ODD_EXTENSIONS = {
    "set-for-sequence": tlv(0x31, USAGE + tlv(4, b"x")),
    "marked-set-for-sequence": tlv(0x31, USAGE + tlv(1, b"\xff") + tlv(4, b"x")),
    "value-cut-short": tlv(0x30, USAGE + b"\x04\x02x"),
    "more-than-a-value": tlv(0x30, USAGE + b"\x04\x01x\x05\x00"),
    "marked-value-cut-short": tlv(0x30, USAGE + tlv(1, b"\xff") + b"\x04\x02x"),
    "marked-more-than-a-value": tlv(0x30, USAGE + tlv(1, b"\xff") + b"\x04\x01x\x05\x00"),
    "bits-for-octets": tlv(0x30, USAGE + tlv(3, b"x")),
    "length-in-long-form": tlv(0x30, USAGE + b"\x04\x81\x01x"),
    "length-of-128": tlv(0x30, USAGE + b"\x04\x80" + bytes(128)),
    "marked-one": tlv(0x30, USAGE + tlv(1, b"\x01") + tlv(4, b"x")),
}


@pytest.mark.parametrize("entry", ODD_EXTENSIONS.values(), ids=ODD_EXTENSIONS)
def test_an_extension_that_is_nearly_usual_is_refused(entry: bytes) -> None:
    """One thing is wrong in each (CERT-012, R-04)."""
    with pytest.raises(MalformedError):
        read_extensions(tlv(0x30, entry))
