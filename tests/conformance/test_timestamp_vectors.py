# SPDX-License-Identifier: Apache-2.0
"""The tokens, answers and stamped envelopes of the Go libraries' tests, each with its verdict."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from notation_py import der
from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import formats
from notation_py.envelope.integrity import IntactEnvelope, verify_integrity
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import NotationError, Outcome, UntrustedError
from notation_py.timestamp.countersignature import (
    VerifiedTimestamp,
    _check_stated_time,
    verify_countersignature,
)
from notation_py.timestamp.exchange import TimestampRequest, token_from_response
from notation_py.timestamp.signed_data import AlgorithmIdentifier
from notation_py.timestamp.signer import only_signer, signing_certificate, signing_time
from notation_py.timestamp.token import MessageImprint, TimestampToken
from tests.conformance.upstream import AT, certificates, entries, vector

CASES = entries("timestamps")
DATUM = b"notation"
R3 = certificates("tspclient-go/testdata/GlobalSignRootCA.crt")
R6 = certificates("notation-go/verifier/testdata/truststore/x509/tsa/test-timestamp/globalsignRoot.cer")
DIGICERT = certificates(
    "notation-go/verifier/testdata/truststore/x509/tsa/test-mismatch/DigiCertTSARootSHA384.cer"
)
GOOD = "tspclient-go/testdata/TimeStampToken.p7s"


def token_of(file: str) -> TimestampToken:
    return TimestampToken.parse(vector(file).read_bytes())


def verified(token: TimestampToken, datum: bytes = DATUM) -> VerifiedTimestamp:
    return verify_countersignature(token, datum, (*R3, *R6), at=AT)


def token_in(answer: bytes) -> TimestampToken:
    """Return the token in a TimeStampResp."""
    return TimestampToken.parse(der.split(der.only(answer, der.SEQUENCE))[1])


def answered(data: bytes) -> None:
    """Take the answer *data* for one to the question that its own token, if any, has the imprint of."""
    imprint = MessageImprint(AlgorithmIdentifier(b"", b""), b"")
    with suppress(NotationError, IndexError):
        imprint = token_in(data).info.imprint
    token_from_response(data, TimestampRequest(imprint, 0))


def token_of_envelope(data: bytes) -> tuple[TimestampToken, IntactEnvelope]:
    format_ = EnvelopeFormat.COSE if data[:1] == b"\xd2" else EnvelopeFormat.JWS
    intact = verify_integrity(formats.parse(data, format_), ChainMemo())
    return TimestampToken.parse(intact.envelope.unsigned.timestamp_signature or b""), intact


def stamped(data: bytes) -> TimestampToken:
    """Return the token of the envelope *data*, verified, and found to cover the signing chain."""
    token, intact = token_of_envelope(data)
    verified(token, intact.envelope.signature).check_covers(intact.chain)
    return token


def judged(case: Any) -> TimestampToken | None:
    """Take the step that the verdict of *case* is about."""
    data = vector(case["file"]).read_bytes()
    match case.get("step"):
        case "response":
            answered(data)
            return None
        case "envelope":
            return stamped(data)
    token = TimestampToken.parse(data)
    match case.get("step"):
        case "signer":
            signing_certificate(token, only_signer(token))
        case "signing time":
            time = signing_time(only_signer(token))
            assert time is not None
            _check_stated_time(verified(token_of(GOOD)).chain, time)
        case None:
            verified(token, case.get("about", "notation").encode())
    return token


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"].replace("/testdata/", "/"))
def test_timestamp_vector_gets_its_verdict(case: Any) -> None:
    """TSA-004 to TSA-006, TSA-020 to TSA-034: accepted, or refused for the reason upstream has."""
    if case["expect"] == "refuse":
        with pytest.raises(NotationError) as caught:
            judged(case)
        wanted = Outcome.UNAVAILABLE if case.get("step") == "response" else Outcome.TIMESTAMP
        assert case["message"] in caught.value.message
        assert case.get("step") in {"signer", "signing time"} or caught.value.outcome is wanted
        return
    token = judged(case)
    assert token is not None
    if "gen_time" in case:
        assert token.info.gen_time.isoformat() == case["gen_time"]
        assert token.info.accuracy == timedelta(seconds=case["accuracy"])
        assert case.get("policy", token.info.policy) == token.info.policy


def test_good_token_proves_nothing_else() -> None:
    """TSA-021, TSA-027: not another message, not without roots, not under another authority's root."""
    token = token_of(GOOD)
    with pytest.raises(UntrustedError, match="invalid TSTInfo: mismatched message"):
        verified(token, b"invalid")
    for anchors in ((), DIGICERT):
        with pytest.raises(UntrustedError, match="certificate signed by unknown authority"):
            verify_countersignature(token, DATUM, anchors, at=AT)


@pytest.mark.parametrize("anchors", [R3, R6], ids=["R3", "R6"])
def test_good_token_leads_to_either_root(anchors: Any) -> None:
    """TSA-027: over the cross certificate to the older root, or directly to the newer one."""
    found = verify_countersignature(token_of(GOOD), DATUM, anchors, at=AT)
    assert found.chain.certificates[-1] == anchors[0]
    assert len(found.chain.certificates) == (4 if anchors is R3 else 3)


def test_answer_whose_token_has_the_old_attribute_only_names_no_certificate() -> None:
    """TSA-006, TSA-024: the reference's reason to refuse it, had it been asked without a nonce."""
    token = token_in(vector("tspclient-go/testdata/validResponseWithSigningCertificateV1.tsr").read_bytes())
    with pytest.raises(
        NotationError, match="SigningCertificateV2 from signed attributes: attribute not found"
    ):
        signing_certificate(token, only_signer(token))


def test_window_of_a_token_with_a_fraction_is_that_of_the_reference() -> None:
    """TSA-030, TSA-034: half a second either way of 08:05:30.009."""
    data = vector("notation/test/e2e/testdata/signatures/blob.jws.sig").read_bytes()
    info = token_of_envelope(data)[0].info
    assert info.earliest.isoformat() == "2024-12-31T08:05:29.509000+00:00"
    assert info.latest.isoformat() == "2024-12-31T08:05:30.509000+00:00"
