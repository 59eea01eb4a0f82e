# SPDX-License-Identifier: Apache-2.0
"""What holds for every envelope: round trips, and no way to change what is signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notation_py.algorithms import PssSalt, algorithm_for, ecdsa, hash_of, pss_padding, raw_ecdsa
from notation_py.certificates.chain import ChainMemo
from notation_py.descriptor import Descriptor
from notation_py.digest import Digest
from notation_py.document import parse_json
from notation_py.envelope import formats
from notation_py.envelope.integrity import IntactEnvelope, verify_integrity
from notation_py.envelope.model import (
    EnvelopeFormat,
    ExtendedAttribute,
    PrimitiveSignature,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.envelope.payload import Payload
from notation_py.errors import LimitError, MalformedError, UntrustedError
from tests.simulator.envelopes import cose, cose_parts, jws, jws_parts
from tests.simulator.pki import KEY_TYPES, make_chain

MEMO = ChainMemo()
FORMATS = st.sampled_from(EnvelopeFormat)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TIMES = st.integers(0, 253402300799 - 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = TEXTS.map("com.example.".__add__)


def plain(value: Any) -> Any:
    """Return *value* with the decoder's tuples and frozen maps as lists and dicts."""
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, str | bytes | int | float | None):
        return value
    return {label: plain(entry) for label, entry in value.items()}


@st.composite
def attributes(draw: st.DrawFn) -> SignedAttributes:
    at = draw(TIMES)
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    return SignedAttributes(
        draw(st.sampled_from(SigningScheme)),
        at,
        draw(st.none() | st.integers(1, 10**9).map(lambda seconds: at + timedelta(seconds=seconds))),
        extended=tuple(ExtendedAttribute(name, draw(VALUES), draw(st.booleans())) for name in names),
    )


@st.composite
def payloads(draw: st.DrawFn) -> Payload:
    size = draw(st.integers(0, 2**53 - 1))
    annotations = draw(st.dictionaries(TEXTS, TEXTS, max_size=3))
    return Payload(Descriptor(draw(TEXTS), Digest.of(draw(st.binary())), size, None, annotations))


def signed_envelope(form: EnvelopeFormat, key_type: Any, payload: Payload, signed: SignedAttributes) -> bytes:
    chain = make_chain(key_type, 2)
    algorithm = algorithm_for(chain.leaf.public_key())
    signing = formats.signing_input(form, payload.to_bytes(form), signed, algorithm)
    key: Any = chain.key
    if algorithm.coordinate_size:
        signature = raw_ecdsa(key.sign(signing.message, ecdsa(algorithm)), algorithm)
    else:
        signature = key.sign(signing.message, pss_padding(algorithm, PssSalt.HASH_LENGTH), hash_of(algorithm))
    return formats.assemble(
        signing, PrimitiveSignature(signature, chain.ders), UnsignedAttributes(b"token", "agent/1")
    )


def intact(data: bytes, form: EnvelopeFormat) -> IntactEnvelope:
    return verify_integrity(formats.parse(data, form), MEMO)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(FORMATS, st.sampled_from(KEY_TYPES), payloads(), attributes())
def test_what_is_signed_is_what_is_read(
    form: EnvelopeFormat, key_type: Any, payload: Payload, signed: SignedAttributes
) -> None:
    """JWS-030, COSE-030: all algorithms, formats, schemes, expiry and extended attributes."""
    found = intact(signed_envelope(form, key_type, payload, signed), form)
    assert found.payload == payload
    assert found.envelope.unsigned == UnsignedAttributes(b"token", "agent/1")
    read = found.signed
    assert (read.signing_scheme, read.signing_time, read.expiry, read.content_type) == (
        signed.signing_scheme,
        signed.signing_time,
        signed.expiry,
        signed.content_type,
    )
    kept = {entry.key: (plain(entry.value), entry.critical) for entry in read.extended}
    assert kept == {entry.key: (entry.value, entry.critical) for entry in signed.extended}


@given(FORMATS, st.data())
def test_no_bit_of_what_is_signed_can_change(form: EnvelopeFormat, data: st.DataObject) -> None:
    """R-46: an envelope whose protected header, payload or signature has one bit flipped is refused."""
    good = jws() if form is EnvelopeFormat.JWS else cose()
    if form is EnvelopeFormat.JWS:
        members = json.loads(good)
        texts = [members[name].encode() for name in ("protected", "payload", "signature")]
    else:
        parts = cose_parts()
        texts = [parts.protected, parts.payload, parts.signature]
        good = parts.message()
    text = data.draw(st.sampled_from(texts))
    place = good.index(text) + data.draw(st.integers(0, len(text) - 1))
    changed = bytearray(good)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((MalformedError, UntrustedError, LimitError)):
        intact(bytes(changed), form)


@given(FORMATS, st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_else(form: EnvelopeFormat, data: bytes) -> None:
    """SEC-003, R-46: bytes are malformed or too much, as they are and behind a good start."""
    start = {
        EnvelopeFormat.JWS: b'{"payload":"e30","protected":"e30",',
        EnvelopeFormat.COSE: b"\xd2\x84\x43\xa1\x01\x26",
    }
    for bytes_ in (data, start[form] + data):
        try:
            accepted = intact(bytes_, form)
        except (MalformedError, LimitError):
            accepted = None
        assert accepted is None


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[float, int, bytes]]:
    """Draw replacements: where, from the start to the end; how many bytes go; what comes."""
    words = st.sampled_from(
        [b"", b"\xff", b"\x00", b"[", b"]", b"{", b"}", b",", b'"', b"=", b"null", b"1e9", b"\\u0000",
         b"\xf6", b"\x9f", b"\xbf", b"\xd8\x1c\x80", b"\xf9\x3c\x00", b"\x18\x01", b"\xa0", b"\x81"]
    )  # fmt: skip
    return draw(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), words), min_size=1, max_size=4))


@given(FORMATS, edits())
def test_mutated_envelopes_raise_nothing_else(
    form: EnvelopeFormat, changes: list[tuple[float, int, bytes]]
) -> None:
    """SEC-003, R-46: only errors of ours; and what is still accepted says what was signed."""
    good = jws_parts().document() if form is EnvelopeFormat.JWS else cose()
    before = intact(good, form)
    data = good
    for place, length, word in changes:
        start = int(place * len(data))
        data = data[:start] + word + data[start + length :]
    try:
        after = intact(data, form)
    except (MalformedError, UntrustedError, LimitError):
        return
    assert after.envelope.signed_bytes == before.envelope.signed_bytes
    assert after.payload == before.payload
    assert after.signed == before.signed
    assert after.chain.certificates == before.chain.certificates


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0e1.-+ntfu\\ \n', max_size=40).map(str.encode))
def test_accepted_json_is_what_the_library_reads(data: bytes) -> None:
    """R-01: strictness refuses, and never changes a meaning."""
    try:
        value = parse_json(data, what="x", max_bytes=100)
    except MalformedError:
        return
    assert value == json.loads(data)
