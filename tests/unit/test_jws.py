# SPDX-License-Identifier: Apache-2.0
"""Writing JWS envelopes: the byte form of the reference, and what cannot be written."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from notation_py.algorithms import BY_JWS
from notation_py.envelope import formats, jws
from notation_py.envelope.model import (
    EnvelopeFormat,
    ExtendedAttribute,
    PrimitiveSignature,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.errors import MalformedError
from tests.simulator import envelopes
from tests.simulator.envelopes import AUTHENTIC_TIME, EXPIRY, PAYLOAD, SCHEME, TIME, TOKEN

AT = datetime(2026, 6, 1, 14, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))


def signed(**changes: Any) -> SignedAttributes:
    return SignedAttributes(
        **{"signing_scheme": SigningScheme.X509, "signing_time": AT, "expiry": None} | changes
    )


def header_of(attributes: SignedAttributes) -> dict[str, Any]:
    protected = jws.signing_input(PAYLOAD, attributes, BY_JWS["ES256"]).protected
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(protected + b"=" * (-len(protected) % 4)))
    return header


def test_protected_header_is_sorted_and_in_utc() -> None:
    """JWS-017, JWS-022, JWS-023: sorted names, whole seconds in UTC, no `typ`."""
    assert list(header_of(signed()).items()) == [
        ("alg", "ES256"),
        ("crit", [SCHEME]),
        ("cty", envelopes.CONTENT_TYPE),
        (SCHEME, "notary.x509"),
        (TIME, "2026-06-01T12:00:00Z"),
    ]


def test_critical_names_stand_in_the_reference_order() -> None:
    """JWS-012, JWS-023: scheme, extended names, authentic signing time, expiry."""
    extended = (ExtendedAttribute("b", 1, critical=True), ExtendedAttribute("a", 2, critical=True))
    header = header_of(
        signed(
            signing_scheme=SigningScheme.X509_SIGNING_AUTHORITY,
            expiry=AT + timedelta(days=1),
            extended=(*extended, ExtendedAttribute("c", None, critical=False)),
        )
    )
    assert header["crit"] == [SCHEME, "b", "a", AUTHENTIC_TIME, EXPIRY]
    assert (header["b"], header["c"], TIME in header) == (1, None, False)


@pytest.mark.parametrize("key", [SCHEME, "alg", "crit", TIME, AUTHENTIC_TIME, EXPIRY, 1])
def test_taken_names_cannot_be_attributes(key: Any) -> None:
    """ATTR-014: a system name, present or not, and a label that is no text."""
    with pytest.raises(MalformedError, match="attribute key:"):
        header_of(signed(extended=(ExtendedAttribute(key, 1, critical=False),)))


def test_an_attribute_cannot_occur_twice() -> None:
    """ATTR-014: two attributes of one name."""
    with pytest.raises(MalformedError, match="attribute key:a repeated"):
        header_of(signed(extended=(ExtendedAttribute("a", 1, critical=False),) * 2))


def test_envelope_members_stand_in_the_reference_order() -> None:
    """JWS-004 to JWS-008: member order, base64 flavours, nothing for what is absent."""
    signing = jws.signing_input(PAYLOAD, signed(), BY_JWS["ES256"])
    full = jws.assemble(
        signing, PrimitiveSignature(b"\xff\xfe", (b"\xff", b"b")), UnsignedAttributes(b"\xfe", "a/1")
    )
    assert full.decode() == (
        f'{{"payload":"{envelopes.base64url(PAYLOAD)}","protected":"{signing.protected.decode()}",'
        f'"header":{{"{TOKEN}":"/g==","x5c":["/w==","Yg=="],"io.cncf.notary.signingAgent":"a/1"}},"signature":"__4"}}'
    )
    bare = jws.assemble(signing, PrimitiveSignature(b"s", (b"c",)), UnsignedAttributes())
    assert json.loads(bare)["header"] == {"x5c": ["Yw=="]}


def test_unsigned_attributes_are_read() -> None:
    """JWS-004, JWS-006, JWS-007, JWS-024: the token and the agent; an empty one counts as absent."""
    full = jws.parse(envelopes.jws(unprotected={TOKEN: "AQID"}))
    assert full.unsigned == UnsignedAttributes(b"\x01\x02\x03", "test/1.0")
    empty = jws.parse(envelopes.jws(unprotected={TOKEN: "", "io.cncf.notary.signingAgent": ""}))
    assert empty.unsigned == UnsignedAttributes()
    none = jws.parse(envelopes.jws(unprotected={TOKEN: None}))
    assert none.unsigned.timestamp_signature is None


@pytest.mark.parametrize("value", [1, "AQI", "!", [], "AQID\n"])
def test_malformed_tokens_are_refused(value: Any) -> None:
    """JWS-006: a timestamp signature is padded base64 text."""
    with pytest.raises(MalformedError, match="timestampSignature"):
        jws.parse(envelopes.jws(unprotected={TOKEN: value}))


def test_malformed_agent_is_refused() -> None:
    """JWS-007: the agent is text."""
    with pytest.raises(MalformedError, match="signingAgent: must be a string"):
        jws.parse(envelopes.jws(unprotected={"io.cncf.notary.signingAgent": 1}))


def test_media_type_selects_the_format() -> None:
    """SIG-007, VER-030: exactly two media types."""
    assert formats.format_named("application/jose+json") is EnvelopeFormat.JWS
    assert formats.format_named("application/cose") is EnvelopeFormat.COSE
    for other in ("", "application/jws", "application/COSE", "application/cose; a=b"):
        with pytest.raises(MalformedError, match="is not supported"):
            formats.format_named(other)


@pytest.mark.parametrize("form", EnvelopeFormat)
def test_formats_are_written_and_read_by_their_framing(form: EnvelopeFormat) -> None:
    """SIG-007: the same three functions for both formats."""
    attributes = signed(signing_time=AT.astimezone(UTC).replace(microsecond=0))
    signing = formats.signing_input(form, PAYLOAD, attributes, BY_JWS["ES256"])
    assert signing.format is form
    data = formats.assemble(signing, PrimitiveSignature(b"s", (b"c",)), UnsignedAttributes(b"t", "a"))
    envelope = formats.parse(data, form)
    assert (envelope.format, envelope.payload, envelope.signed) == (form, PAYLOAD, attributes)
    assert (envelope.signed_bytes, envelope.signature) == (signing.message, b"s")
    assert (envelope.certificate_chain, envelope.unsigned) == ((b"c",), UnsignedAttributes(b"t", "a"))
