# SPDX-License-Identifier: Apache-2.0
"""The payload: what is written into it, in which byte form, and what is read out of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from notation_py.descriptor import Descriptor
from notation_py.envelope.model import EnvelopeFormat
from notation_py.envelope.payload import MAX_PAYLOAD_BYTES, Payload, payload_for
from notation_py.errors import MalformedError, Outcome, UntrustedError, UsageError
from tests.simulator.envelopes import DIGEST, PAYLOAD, TARGET

DESCRIPTOR = Descriptor.from_json(TARGET, at="x")


def test_payload_is_the_reduced_descriptor() -> None:
    """PAY-002, PAY-003, PAY-005: type, digest, size and annotations; everything else is dropped."""
    odd = replace(DESCRIPTOR, artifact_type="a/b", annotations={"b": "2"})
    payload = payload_for(odd, {"a": "<1>"})
    assert payload.target == replace(DESCRIPTOR, annotations={"b": "2", "a": "<1>"})
    assert "artifactType" not in json.loads(payload.to_bytes(EnvelopeFormat.COSE))["targetArtifact"]


def test_payload_bytes_are_those_of_the_reference() -> None:
    """PAY-019: sorted members in a JWS, descriptor order in COSE, Go's escapes in both."""
    payload = payload_for(DESCRIPTOR, {"b": "&", "a": ""})
    media_type = TARGET["mediaType"]
    assert payload.to_bytes(EnvelopeFormat.JWS).decode() == (
        '{"targetArtifact":{"annotations":{"a":"","b":"\\u0026"},'
        f'"digest":"{DIGEST}","mediaType":"{media_type}","size":528}}}}'
    )
    assert payload.to_bytes(EnvelopeFormat.COSE).decode() == (
        f'{{"targetArtifact":{{"mediaType":"{media_type}","digest":"{DIGEST}","size":528,'
        '"annotations":{"a":"","b":"\\u0026"}}}'
    )
    assert payload_for(DESCRIPTOR, {}).to_bytes(EnvelopeFormat.COSE) == PAYLOAD
    for form in EnvelopeFormat:
        assert Payload.parse(payload.to_bytes(form)) == payload


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"io.cncf.notary.x": "1"}, "has reserved prefix io.cncf.notary"),
        ({"io.cncf.notaryx": "1"}, "has reserved prefix io.cncf.notary"),
        ({"taken": "1"}, "metadata key taken is already present"),
        ({"a": "\x00"}, "NUL or is not UTF-8"),
        ({"a\udcff": "1"}, "NUL or is not UTF-8"),
    ],
)
def test_metadata_that_cannot_be_signed_is_refused(metadata: dict[str, str], reason: str) -> None:
    """PAY-006, PAY-007: reserved and taken keys; and text that our own reader would refuse."""
    with pytest.raises(UsageError, match=reason):
        payload_for(replace(DESCRIPTOR, annotations={"taken": "0"}), metadata)


def test_expected_metadata_has_to_be_there() -> None:
    """PAY-017: each pair, with an equal value; further annotations are fine."""
    payload = payload_for(DESCRIPTOR, {"a": "1", "b": "2"})
    payload.check_metadata({})
    payload.check_metadata({"a": "1"})
    for expected in ({"a": "2"}, {"c": "1"}, {"a": "1", "c": ""}):
        with pytest.raises(UntrustedError, match="unable to find specified metadata") as caught:
            payload.check_metadata(expected)
        assert caught.value.outcome is Outcome.INTEGRITY


def test_other_content_types_and_sizes_are_refused() -> None:
    """PAY-013, R-01: the type is compared exactly, and a payload is no larger than a manifest."""
    with pytest.raises(MalformedError, match='payload content type "application/json" not supported'):
        Payload.parse(PAYLOAD, "application/json")
    with pytest.raises(MalformedError, match="payload is larger than"):
        Payload.parse(PAYLOAD + b" " * MAX_PAYLOAD_BYTES)
