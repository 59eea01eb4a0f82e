# SPDX-License-Identifier: Apache-2.0
"""Writing COSE envelopes: deterministic encoding, and what cannot be written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notation_py.algorithms import BY_JWS
from notation_py.envelope import cose
from notation_py.envelope.cbor_budget import (
    MAX_BINARY_BYTES,
    MAX_TEXT_BYTES,
    SMALL,
    check_budget,
    check_shortest,
)
from notation_py.envelope.model import (
    ExtendedAttribute,
    PrimitiveSignature,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.errors import MalformedError
from tests.simulator import envelopes
from tests.simulator.envelopes import (
    AGENT,
    AUTHENTIC_TIME,
    EXPIRY,
    PAYLOAD,
    SCHEME,
    SECONDS,
    TIME,
    TOKEN,
    Raw,
    Tag,
    cbor,
    head,
)

AT = datetime.fromtimestamp(SECONDS, UTC)


def signed(**changes: Any) -> SignedAttributes:
    return SignedAttributes(
        **{"signing_scheme": SigningScheme.X509, "signing_time": AT, "expiry": None} | changes
    )


def protected_of(attributes: SignedAttributes) -> bytes:
    return cose.signing_input(PAYLOAD, attributes, BY_JWS["ES256"]).protected


def test_protected_header_is_deterministic() -> None:
    """COSE-005, COSE-014, COSE-015: bytewise order, shortest forms, tag 1 around whole seconds."""
    expected = {1: -7, 2: [SCHEME], 3: envelopes.CONTENT_TYPE, TIME: Tag(1, SECONDS), SCHEME: "notary.x509"}
    assert protected_of(signed()) == cbor(expected)
    later = signed(signing_time=AT + timedelta(microseconds=999_999))
    assert protected_of(later) == cbor(expected)


def test_labels_are_sorted_by_their_encoding() -> None:
    """COSE-005: 34, 1000, -1, then text by length: the order of RFC 8949, not of RFC 7049."""
    keys = ("bb", "a", -1, 1000, 34)
    attributes = tuple(ExtendedAttribute(key, 0, critical=False) for key in keys)
    encoded = protected_of(signed(extended=attributes))
    places = [encoded.index(cbor(key) + b"\x00") for key in (34, 1000, -1, "a", "bb")]
    assert places == sorted(places)


def test_critical_names_stand_in_the_reference_order() -> None:
    """COSE-011: scheme, authentic signing time, expiry, extended names."""
    encoded = protected_of(
        signed(
            signing_scheme=SigningScheme.X509_SIGNING_AUTHORITY,
            expiry=AT + timedelta(days=1),
            extended=(ExtendedAttribute("b", 1, critical=True), ExtendedAttribute("a", 2, critical=True)),
        )
    )
    assert b"\x02" + cbor([SCHEME, AUTHENTIC_TIME, EXPIRY, "b", "a"]) in encoded


@pytest.mark.parametrize("key", [1, 2, 3, 33, SCHEME, TIME, AUTHENTIC_TIME, EXPIRY])
def test_taken_labels_cannot_be_attributes(key: Any) -> None:
    """ATTR-014: a system label, present or not."""
    attribute = ExtendedAttribute(key, 1, critical=False)
    with pytest.raises(MalformedError, match="already exists in the protected header"):
        protected_of(signed(extended=(attribute,)))


def test_envelope_is_tagged_and_its_map_sorted() -> None:
    """COSE-001, COSE-017, COSE-034: tag 18, an array for one certificate, optional members left out."""
    signing = cose.signing_input(PAYLOAD, signed(), BY_JWS["ES256"])
    full = cose.assemble(signing, PrimitiveSignature(b"s", (b"c",)), UnsignedAttributes(b"t", "a"))
    items = [signing.protected, {33: [b"c"], AGENT: "a", TOKEN: b"t"}, PAYLOAD, b"s"]
    assert full == b"\xd2" + cbor(items)
    bare = cose.assemble(signing, PrimitiveSignature(b"s", (b"c",)), UnsignedAttributes())
    assert bare == b"\xd2" + cbor([signing.protected, {33: [b"c"]}, PAYLOAD, b"s"])


def test_unsigned_attributes_are_read() -> None:
    """COSE-019: a token that is no byte string, and an agent that is no text, count as absent."""
    full = cose.parse(envelopes.cose(unprotected={TOKEN: b"t"}))
    assert full.unsigned == UnsignedAttributes(b"t", "test/1.0")
    odd = cose.parse(envelopes.cose(unprotected={TOKEN: "t", AGENT: b"a"}))
    assert odd.unsigned == UnsignedAttributes()
    empty = cose.parse(envelopes.cose(unprotected={TOKEN: b"", AGENT: ""}))
    assert empty.unsigned == UnsignedAttributes()


def test_extended_values_are_kept() -> None:
    """COSE-020: nested values of an attribute, and an integer label, are evidence."""
    data = envelopes.cose(
        protected=envelopes.labels("EC-256", {99: [1, {"a": None, 2: b"x"}], "t": Tag(1, 5)})
    )
    values = {entry.key: entry.value for entry in cose.parse(data).signed.extended}
    assert list(values) == [99, "t"]
    assert values[99][0] == 1
    assert dict(values[99][1]) == {"a": None, 2: b"x"}


@pytest.mark.parametrize("number", [0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63, 2**64 - 1])
def test_shortest_heads_are_told_from_longer_ones(number: int) -> None:
    """R-03, attack 34: for integers, lengths and tags; the writer's head is the shortest."""
    for major, rest in ((0, b""), (1, b""), (6, b"\x00")):
        check_shortest(head(major, number) + rest, what="x")
        for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if number < 1 << (8 * size) and len(head(major, number)) < 1 + size:
                long = bytes([major << 5 | info]) + number.to_bytes(size, "big")
                with pytest.raises(MalformedError, match="shortest CBOR form"):
                    check_shortest(long + rest, what="x")


def test_one_item_is_all_there_is() -> None:
    """Attack 39: what stands behind the item is noticed, whatever the item holds."""
    for value in (1, [1, {"a": b"b"}], Raw(b"\xf9\x3c\x00"), Tag(1, 5)):
        check_shortest(cbor(value), what="x")
        with pytest.raises(MalformedError, match="x is followed by trailing bytes"):
            check_shortest(cbor(value) + b"\x00", what="x")


def test_contents_of_strings_are_no_heads() -> None:
    """R-03: bytes that would be long heads stand inside a string; floats have any width."""
    check_shortest(
        cbor([b"\x18\x01", "\x18\x01", True, None, Raw(b"\xfb" + bytes(8)), Raw(b"\xf9\x3c\x00")]), what="x"
    )
    with pytest.raises(MalformedError):
        check_shortest(cbor([b"\x18\x01", Raw(b"\x18\x01")]), what="x")


def test_budget_is_counted_in_large_input_only() -> None:
    """R-03, R-10: small input is not walked, large input is walked to its end."""
    check_budget(b"\xff" * SMALL, what="x")
    check_budget(cbor([b"a" * SMALL, {1: Tag(1, 2)}, "text"]), what="x")
    with pytest.raises(MalformedError, match="x has more than 4096 items"):
        check_budget(cbor([*range(5000), b"a" * SMALL]), what="x")


def test_larger_strings_than_any_real_one_are_refused() -> None:
    """R-10, SEC-001: a byte string of more than 4 MiB and a text of more than 1 MiB, wherever they stand."""
    check_budget(cbor([b"a" * MAX_BINARY_BYTES, "a" * MAX_TEXT_BYTES]), what="x")
    for value in (b"a" * (MAX_BINARY_BYTES + 1), "a" * (MAX_TEXT_BYTES + 1)):
        with pytest.raises(MalformedError, match=r"x has a .* of more than"):
            check_budget(cbor([1, {2: value}]), what="x")
