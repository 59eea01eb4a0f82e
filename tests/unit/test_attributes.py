# SPDX-License-Identifier: Apache-2.0
"""Rules that hold in both formats alike: attributes, schemes and payload."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from notation_py.envelope import formats
from notation_py.envelope.model import EnvelopeFormat
from tests.simulator.envelopes import (
    AUTHENTIC_TIME,
    SCHEME,
    SECONDS,
    SIGNED_AT,
    TIME,
    Tag,
    cose,
    header,
    jws,
    labels,
)
from tests.simulator.judged import ACCEPT, judged
from tests.simulator.pki import make_chain
from tests.simulator.scenario import Scenario

EXPIRY = "io.cncf.notary.expiry"
BOTH = pytest.mark.parametrize("form", list(EnvelopeFormat), ids=lambda form: form.name)


def built(form, changes=None, **faults):
    """Return an envelope of *form* whose protected header has *changes*, signed as it stands."""
    if form is EnvelopeFormat.JWS:
        return jws(protected=header(**(changes or {})), **faults)
    named = {"cty": 3, "crit": 2}
    times = {TIME, AUTHENTIC_TIME, EXPIRY}
    translated = {}
    for name, value in (changes or {}).items():
        if name in times and isinstance(value, str):
            value = Tag(1, int(datetime.fromisoformat(value).timestamp()))  # noqa: PLW2901
        translated[named.get(name, name)] = value
    return cose(protected=labels("EC-256", translated), **faults)


@BOTH
def test_unchanged_envelope_is_accepted(form):
    """The builder's envelope is good, so that each refusal below has one reason."""
    assert judged(built(form), form).word == ACCEPT


@BOTH
@pytest.mark.parametrize("scheme", ["notary.x510", "", "NOTARY.X509", "notary.x509 "], ids=repr)
def test_other_schemes_are_refused(form, scheme):
    """Only the two schemes exist, by exact text. ATTR-001, SCH-008."""
    assert judged(built(form, {SCHEME: scheme}), form).word == "INTEGRITY"


@BOTH
@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.cncf.notary.payload.v2+json",
        "application/vnd.cncf.notary.payload.v1+json; a=b",
        "Application/vnd.cncf.notary.payload.v1+json",
        "application/vnd.cncf.notary.payload.v1+json ",
        "a/b",
    ],
)
def test_other_content_types_are_refused(form, content_type):
    """The content type is the payload's version, compared exactly. ATTR-005, PAY-001, PAY-013."""
    found = judged(built(form, {"cty": content_type}), form)
    assert (found.word, "payload content type" in found.message) == ("INTEGRITY", True)


@BOTH
@pytest.mark.parametrize("seconds", [-1, 0], ids=["before", "equal"])
def test_expiry_not_later_than_the_signing_time_is_refused(form, seconds):
    """Expiry is strictly later. ATTR-011."""
    at = (datetime.fromtimestamp(SECONDS, UTC) + timedelta(seconds=seconds)).isoformat()
    changes = {EXPIRY: at, "crit": [SCHEME, EXPIRY]}
    assert "expiry cannot be equal or before" in judged(built(form, changes), form).message


@BOTH
def test_expiry_has_to_be_listed_as_critical(form):
    """What must be critical is listed, what is listed is there. ATTR-004, ATTR-013."""
    later = (datetime.fromtimestamp(SECONDS, UTC) + timedelta(days=1)).isoformat()
    assert judged(built(form, {EXPIRY: later, "crit": [SCHEME, EXPIRY]}), form).word == ACCEPT
    assert f"does not list {EXPIRY}" in judged(built(form, {EXPIRY: later}), form).message
    assert "not present" in judged(built(form, {"crit": [SCHEME, EXPIRY]}), form).message


@BOTH
def test_chain_is_leaf_first_and_complete(form):
    """Order and root are part of the format. ATTR-009, CERT-001."""
    chain = make_chain("EC-256", 3)
    for ders in (chain.ders[::-1], chain.ders[:-1], chain.ders[1:], (*chain.ders, chain.ders[-1])):
        envelope = formats.parse(built(form, chain=chain), form)
        assert envelope.certificate_chain == chain.ders
        unprotected = (
            {"x5c": [_standard(der) for der in ders]} if form is EnvelopeFormat.JWS else {33: list(ders)}
        )
        assert judged(built(form, chain=chain, unprotected=unprotected), form).word != ACCEPT


def _standard(data):
    from notation_py.encoding import encode_base64

    return encode_base64(data)


def test_fractions_of_seconds_are_read_and_never_written():
    """A JWS time with a fraction is accepted; ours have none. ATTR-012, JWS-017."""
    found = judged(jws(protected=header(**{TIME: SIGNED_AT.replace("Z", ".25Z")})), EnvelopeFormat.JWS)
    assert found.intact.signed.signing_time.microsecond == 250000
    scenario = Scenario()
    scenario.at = scenario.at.replace(microsecond=999999)
    written = formats.parse(scenario.sign().envelope, EnvelopeFormat.JWS)
    assert written.signed.signing_time.microsecond == 0


@BOTH
@pytest.mark.parametrize(
    "payload",
    [b"[]", b'"x"', b"7", b"null", b"{}", b'{"targetArtifact":null}', b'{"targetArtifact":[]}', b"{"],
    ids=lambda payload: payload.decode(),
)
def test_payload_that_is_no_object_with_a_target_is_refused(form, payload):
    """The payload is one JSON object with a descriptor. PAY-001, PAY-002, PAY-020."""
    assert judged(built(form, payload=payload), form).word == "INTEGRITY"


@BOTH
def test_empty_payload_is_refused(form):
    """An empty payload is invalid in both formats. PAY-014."""
    assert judged(built(form, payload=b""), form).word == "INTEGRITY"


@BOTH
def test_payload_holds_the_target_and_nothing_for_trust(form):
    """What we sign is the descriptor alone; annotations are texts. PAY-004, PAY-011."""
    signed = Scenario().sign(format=form, user_metadata={"a": ""})
    document = json.loads(formats.parse(signed.envelope, form).payload)
    assert list(document) == ["targetArtifact"]
    assert sorted(document["targetArtifact"]) == ["annotations", "digest", "mediaType", "size"]
    odd = json.dumps({"targetArtifact": {**document["targetArtifact"], "annotations": {"a": 1}}}).encode()
    assert judged(built(form, payload=odd), form).word == "INTEGRITY"
