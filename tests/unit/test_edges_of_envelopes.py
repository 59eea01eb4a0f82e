# SPDX-License-Identifier: Apache-2.0
"""The last value that an envelope may have and the first that it may not; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from notation_py.algorithms import BY_JWS
from notation_py.envelope import cose as cose_format
from notation_py.envelope.blob import MAX_MEDIA_TYPE, check_media_type
from notation_py.envelope.cbor_budget import MAX_ITEMS, SMALL, check_budget
from notation_py.envelope.model import (
    MAX_ENVELOPE_BYTES,
    MAX_HEADER_BYTES,
    EnvelopeFormat,
    ExtendedAttribute,
    SignedAttributes,
    SigningScheme,
)
from notation_py.errors import MalformedError, UsageError
from tests.simulator.envelopes import (
    DROP,
    EXPIRY,
    PAYLOAD,
    SCHEME,
    TIME,
    Tag,
    cbor,
    cose,
    header,
    jws,
    labels,
)
from tests.simulator.judged import ACCEPT, assert_judged
from tests.simulator.pki import make_chain

FILLING = b"a" * SMALL
"""Makes an item large enough to be counted."""


def with_labels(changes: dict[Any, Any]) -> Callable[[], bytes]:
    return lambda: cose(protected=labels("EC-256", changes))


def beside(members: dict[Any, Any]) -> Callable[[], bytes]:
    return lambda: cose(unprotected=members)


def countersignature(protected: dict[Any, Any]) -> dict[Any, Any]:
    return {7: [cbor(protected), {}, b"s"]}


def test_as_many_items_as_allowed_are_allowed() -> None:
    """R-10: 4096 items with the array itself, and no more."""
    check_budget(cbor([*range(MAX_ITEMS - 2), FILLING]), what="x")
    with pytest.raises(MalformedError, match="x has more than 4096 items"):
        check_budget(cbor([*range(MAX_ITEMS - 1), FILLING]), what="x")


def test_large_numbers_are_no_large_strings() -> None:
    """R-03: the argument of an integer is its value, and not a length."""
    numbers = cbor([1 << 40, -(1 << 40), FILLING])
    check_budget(numbers, what="x")
    with pytest.raises(MalformedError, match="claims more than it has"):
        check_budget(numbers[:-1], what="x")


def test_largest_envelope_is_read() -> None:
    """SEC-001, R-10: 32 MiB are looked at, one byte more is not."""
    start = cose()
    largest = start + bytes(MAX_ENVELOPE_BYTES - len(start))
    assert_judged(largest, EnvelopeFormat.COSE, "INTEGRITY", "trailing")
    assert_judged(largest + b"\0", EnvelopeFormat.COSE, "INTEGRITY", "is larger than 33554432 bytes")


def protected_of_size(size: int) -> dict[Any, Any]:
    found = labels("EC-256", {"x": b""})
    filling = size - len(cbor(found)) - 4  # the longer head of the string
    return found | {"x": b"a" * filling}


def test_largest_protected_header_is_read() -> None:
    """R-10: a protected header of 1 MiB is accepted, and of one byte more is not."""
    largest = protected_of_size(MAX_HEADER_BYTES)
    assert len(cbor(largest)) == MAX_HEADER_BYTES
    assert_judged(cose(protected=largest), EnvelopeFormat.COSE, ACCEPT, "")
    larger = protected_of_size(MAX_HEADER_BYTES + 1)
    assert_judged(cose(protected=larger), EnvelopeFormat.COSE, "INTEGRITY", "is larger than 1048576 bytes")


MANY = [*range(MAX_ITEMS), FILLING]
TEXT_BYTES = "is missing, empty or not an array"
MALFORMED_2 = "header parameter 2 is malformed"
MALFORMED_16 = "header parameter 16 is malformed"
BAD_INNER = "has a countersignature with a malformed header"
CRITICAL = {1: -7, 2: [1]}

COSE_CASES = {
    "items in the protected header": (with_labels({"x": MANY}), "protected header has more than 4096 items"),
    "items in an inner header": (
        beside(countersignature({"x": MANY})),
        "header of a countersignature has more than 4096 items",
    ),
    "empty critical list": (with_labels({2: []}), TEXT_BYTES),
    "critical map": (with_labels({2: {SCHEME: 1}}), TEXT_BYTES),
    "empty chain": (beside({33: []}), "x5chain: certificate chain is not present"),
    "chain that is a map": (beside({33: dict.fromkeys(make_chain().ders, 1)}), "x5chain: "),
    "inner critical boolean": (beside(countersignature({1: -7, 2: [True]})), MALFORMED_2),
    "inner critical map": (beside(countersignature({1: -7, 2: {1: 1}})), MALFORMED_2),
    "type beyond 63 bits": (beside({16: 1 << 63}), MALFORMED_16),
    "inner label beyond 63 bits": (beside(countersignature({1 << 63: 1})), BAD_INNER),
    "inner label below 63 bits": (beside(countersignature({-(1 << 63) - 1: 1})), BAD_INNER),
    "the first second": (with_labels({TIME: Tag(1, 0)}), ""),
    "the last type": (beside({16: (1 << 63) - 1}), ""),
    "the last inner label": (beside(countersignature({(1 << 63) - 1: 1})), ""),
    "the first inner label": (beside(countersignature({-(1 << 63): 1})), ""),
    "inner critical list": (beside(countersignature(CRITICAL)), ""),
}


@pytest.mark.parametrize(("build", "message"), COSE_CASES.values(), ids=list(COSE_CASES))
def test_cose_envelope_at_an_edge(build: Callable[[], bytes], message: str) -> None:
    """R-03, COSE-002, COSE-012 to COSE-020: each refused for its own reason, or accepted."""
    assert_judged(build(), EnvelopeFormat.COSE, "INTEGRITY" if message else ACCEPT, message)


JWS_CASES = {
    "empty critical list": (lambda: jws(protected=header(crit=[])), "is empty or lists a name twice"),
    "critical expiry that is null": (
        lambda: jws(protected=header(crit=[SCHEME, EXPIRY], **{EXPIRY: None})),
        "marked critical but not present",
    ),
    "empty chain": (lambda: jws(unprotected={"x5c": []}), "header.x5c: certificate chain is not present"),
    "no chain": (lambda: jws(unprotected={"x5c": DROP}), "header.x5c: certificate chain is not present"),
}


@pytest.mark.parametrize(("build", "message"), JWS_CASES.values(), ids=list(JWS_CASES))
def test_jws_envelope_at_an_edge(build: Callable[[], bytes], message: str) -> None:
    """R-07, JWS-014 to JWS-020: each refused for its own reason."""
    assert_judged(build(), EnvelopeFormat.JWS, "INTEGRITY", message)


def test_attribute_named_twice_is_not_signed() -> None:
    """ATTR-014: two attributes of one name would become one in the map."""
    attribute = ExtendedAttribute("a", 1, critical=False)
    signed = SignedAttributes(
        SigningScheme.X509,
        datetime.fromisoformat("2026-06-01T12:00:00Z"),
        None,
        extended=(attribute, attribute),
    )
    with pytest.raises(MalformedError, match="'a' already exists in the protected header"):
        cose_format.signing_input(PAYLOAD, signed, BY_JWS["ES256"])


def test_longest_media_type_of_a_blob_is_taken() -> None:
    """PAY-010: 1024 characters, and not one more."""
    longest = "a/" + "b" * (MAX_MEDIA_TYPE - 2)
    check_media_type(longest)
    with pytest.raises(UsageError, match="invalid content media-type"):
        check_media_type(longest + "b")
