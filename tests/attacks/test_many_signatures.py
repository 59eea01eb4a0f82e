# SPDX-License-Identifier: Apache-2.0
"""Bad signatures before good ones hide nothing, whoever made them (R-09); no threshold is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notation_py.descriptor import Descriptor
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import NotationError
from notation_py.registry.signatures import attach_signature, manifest_annotations
from tests.simulator.pki import make_chain
from tests.simulator.scenario import Scenario

MEDIA_TYPE = "application/jose+json"


def changed(data: bytes) -> bytes:
    """Return the envelope with another signature in it."""
    at = data.rindex(b'"signature":"') + len(b'"signature":"')
    return data[:at] + (b"B" if data[at : at + 1] == b"A" else b"A") + data[at + 1 :]


def broken(scenario: Scenario) -> None:
    """Attach what was signed rightly and changed afterwards, with the name of the right certificate."""
    good = Scenario(scenario.chain).sign()
    _attach(scenario, changed(good.envelope), scenario.root(scenario.chain).thumbprint)


def foreign(scenario: Scenario) -> None:
    """Attach a genuine signature by somebody whom nobody trusts."""
    scenario.sign(make_chain("EC-384", 2, subject="stranger"))


def garbage(scenario: Scenario) -> None:
    """Attach an envelope that is none."""
    _attach(scenario, b"{}", scenario.root(scenario.chain).thumbprint)


def _attach(scenario: Scenario, data: bytes, thumbprint: str) -> Descriptor:
    annotations = manifest_annotations([thumbprint], "2026-06-01T12:00:00Z")
    return attach_signature(scenario.repository, (MEDIA_TYPE, data), scenario.artifact, annotations)


BAD: tuple[Callable[[Scenario], None], ...] = (broken, foreign, garbage)


def test_three_bad_signatures_before_two_good_ones() -> None:
    """R-09: accepted for the first good one, and what is wrong with the bad ones is said."""
    scenario = Scenario()
    for attach in BAD:
        attach(scenario)
    scenario.sign()
    scenario.sign(format=EnvelopeFormat.COSE)
    verified = scenario.verify()
    assert verified.outcome.accepted
    assert {outcome.word.value for outcome in verified.failures} <= {"INTEGRITY", "AUTHENTICITY"}
    assert len(verified.failures) >= 2


@pytest.mark.parametrize("attach", BAD, ids=lambda one: one.__name__)
def test_bad_signatures_alone_are_refused(attach: Callable[[Scenario], None]) -> None:
    """R-09: three of a kind are no better than one."""
    scenario = Scenario()
    for _ in range(3):
        attach(scenario)
    with pytest.raises(NotationError):
        scenario.verify()
