# SPDX-License-Identifier: Apache-2.0
"""The envelopes of the Go libraries' tests, and the record of what signing has to give byte for byte."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notation_py.algorithms import BY_JWS, PssSalt, verify_primitive
from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import jws
from notation_py.envelope.formats import parse
from notation_py.envelope.integrity import IntactEnvelope, verify_integrity
from notation_py.envelope.model import (
    EnvelopeFormat,
    ExtendedAttribute,
    PrimitiveSignature,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.envelope.second_opinion import second_opinion
from notation_py.errors import NotationError, Outcome, UntrustedError
from notation_py.verification.demand import check_critical_attributes
from tests.conformance.upstream import entries, vector

FILES = entries("envelopes")
ACCEPTED = [case for case in FILES if case["expect"] == "accept"]


def name_of(case: Any) -> str:
    return case["file"]


def envelope_of(case: Any) -> bytes:
    data = vector(case["file"]).read_bytes()
    return base64.b64decode(data) if case["file"].endswith(".b64") else data


def intact(case: Any) -> IntactEnvelope:
    return verify_integrity(parse(envelope_of(case), EnvelopeFormat[case["format"]]), ChainMemo())


@pytest.mark.parametrize("case", FILES, ids=name_of)
def test_envelope_vector_gets_its_verdict(case: Any) -> None:
    """VER-030 to VER-033, JWS-001 to JWS-034, COSE-001 to COSE-035: integrity as in the reference."""
    if case["expect"] == "refuse":
        with pytest.raises(NotationError) as caught:
            intact(case)
        assert caught.value.outcome is Outcome.INTEGRITY
        assert case["message"] in str(caught.value)
        return
    found = intact(case)
    second_opinion(envelope_of(case), found)
    if case.get("critical") == "refuse":
        with pytest.raises(NotationError):
            check_critical_attributes(found.signed)
    else:
        check_critical_attributes(found.signed)


@pytest.mark.parametrize("case", ACCEPTED, ids=name_of)
def test_envelope_vector_with_another_payload_is_refused(case: Any) -> None:
    """Whatever the reference signed, its signature covers nothing else (JWS-030, COSE-030)."""
    found = intact(case)
    envelope = found.envelope
    with pytest.raises(UntrustedError):
        verify_primitive(
            found.chain.public_key,
            found.chain.algorithm,
            envelope.signed_bytes[:-1] + bytes([envelope.signed_bytes[-1] ^ 1]),
            envelope.signature,
            PssSalt.ANY,
        )


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_jws_conformance_record_is_written_byte_for_byte() -> None:
    """PAY-019, JWS-008, JWS-023: payload, protected header and agent equal the reference's record."""
    record = json.loads(vector("notation-core-go/signature/jws/testdata/conformance.json").read_bytes())
    signed = SignedAttributes(
        SigningScheme.X509,
        datetime.fromisoformat("2022-08-29T13:50:00Z"),
        datetime.fromisoformat("2099-08-30T13:50:00Z"),
        extended=(
            ExtendedAttribute("signedCritKey1", "signedCritValue1", critical=True),
            *(ExtendedAttribute(f"signedKey{n}", "signedValue1", critical=False) for n in (1, 2, 3, 4)),
        ),
    )
    signing = jws.signing_input(b'{"key":"hello JWS"}', signed, BY_JWS["ES256"])
    assert signing.protected.decode() == record["protected"]
    assert signing.message.decode() == f"{record['protected']}.{record['payload']}"
    agent = record["header"]["io.cncf.notary.signingAgent"]
    data = jws.assemble(
        signing, PrimitiveSignature(decoded(record["signature"]), (b"x",)), UnsignedAttributes(None, agent)
    )
    members = list(json.loads(data).items())
    assert members == [
        ("payload", record["payload"]),
        ("protected", record["protected"]),
        ("header", {"x5c": ["eA=="], "io.cncf.notary.signingAgent": agent}),
        ("signature", record["signature"]),
    ]


def test_jws_conformance_signature_has_fixed_width() -> None:
    """JWS-032: the recorded ES256 signature is r || s; without its certificate it cannot be verified."""
    record = json.loads(vector("notation-core-go/signature/jws/testdata/conformance.json").read_bytes())
    assert len(decoded(record["signature"])) == 2 * BY_JWS["ES256"].coordinate_size
    with pytest.raises(UntrustedError):
        verify_primitive(
            ec.generate_private_key(ec.SECP256R1()).public_key(),
            BY_JWS["ES256"],
            f"{record['protected']}.{record['payload']}".encode(),
            decoded(record["signature"]),
            PssSalt.ANY,
        )
