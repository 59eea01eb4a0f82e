# SPDX-License-Identifier: Apache-2.0
"""Whole verifications of the Go library's own envelopes: policy, stores, identity, time, metadata."""

from __future__ import annotations

from typing import Any

import pytest

from notation_py.certificates.certificate import Certificate
from notation_py.descriptor import Descriptor
from notation_py.digest import Digest
from notation_py.envelope import formats
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import Outcome
from notation_py.plugin.contract import Plugins
from notation_py.trust.memory import MemoryTrustStore
from notation_py.trust.store import TrustStoreType
from notation_py.verification.demand import plugin_demand
from notation_py.verification.outcome import VerificationOutcome
from notation_py.verification.signature import Expectation, Sources, verify_signature
from tests.conformance.upstream import AT, certificates, entries, statement, vector
from tests.simulator.fake_plugins import FakePlugin, FakePlugins

CASES = entries("verification")
PLUGINS = [case for case in CASES if "plugin" in case["id"]]
COSE_START = b"\xd2"


def stores() -> dict[tuple[TrustStoreType, str], tuple[Certificate, ...]]:
    """Return every store of the vectors that loads, and one with the certificate of an example."""
    found: dict[tuple[TrustStoreType, str], tuple[Certificate, ...]] = {
        (TrustStoreType.CA, "example"): certificates("notation-go/inline/example_localVerify_cert.pem")
    }
    for entry in entries("trust-stores"):
        if "store" in entry and entry["expect"] == "accept":
            kind, _, name = entry["store"].partition("/")
            key = TrustStoreType(kind), name
            found[key] = (*found.get(key, ()), *certificates(entry["file"]))
    return found


STORES = MemoryTrustStore.of(stores())


def verified(case: Any, plugins: Plugins | None = None) -> VerificationOutcome:
    rule: dict[str, Any] = {"level": case["level"]}
    rule.update((name, case[name]) for name in ("override", "verifyTimestamp") if name in case)
    policy = statement(
        signatureVerification=rule, trustStores=case["stores"], trustedIdentities=[case["identity"]]
    )
    about = case["target"]
    target = Descriptor(about["mediaType"], Digest.parse(about["digest"]), about["size"])
    data = vector(case["file"]).read_bytes()
    media_type = "application/cose" if data.startswith(COSE_START) else "application/jose+json"
    expectation = Expectation(lambda _: target, case.get("metadata", {}))
    return verify_signature(data, media_type, expectation, policy, Sources(STORES, plugins=plugins), at=AT)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_envelope_gets_the_verdict_of_its_policy(case) -> None:
    """VER-020 to VER-071, SCH-004, ATTR-006: the outcome, the reason, and what was only logged."""
    outcome = verified(case)
    assert outcome.word == case["outcome"]
    assert outcome.accepted is (case["expect"] == "accept")
    if outcome.refusal is None:
        assert [result.validation for result in outcome.logged_failures] == case.get("logged", [])
    else:
        assert case["message"] in outcome.refusal.message


@pytest.mark.parametrize("case", PLUGINS, ids=lambda case: case["id"])
def test_envelope_that_asks_for_a_plugin_says_what_to_do(case) -> None:
    """ATTR-017: never accepted without the plugin, whatever the level."""
    refusal = verified(case).refusal
    assert refusal is not None
    assert refusal.hint is not None
    assert "verification plugins" in refusal.hint


def plugin_for(case: Any, version: str) -> FakePlugin:
    """Return an honest plugin with the name that the envelope of *case* demands, in *version*."""
    envelope = formats.parse(vector(case["file"]).read_bytes(), EnvelopeFormat.JWS)
    demand = plugin_demand(envelope.signed)
    assert demand is not None
    return FakePlugin(name=demand.name, version=version)


@pytest.mark.parametrize("case", PLUGINS, ids=lambda case: case["id"])
def test_envelope_that_asks_for_a_plugin_is_accepted_with_it(case) -> None:
    """A plugin that is new enough vouches for identity and revocation. PLG-090, PLG-093, PLG-104."""
    plugin = plugin_for(case, "1.2.3")
    assert verified(case, FakePlugins(plugin)).word is Outcome.VERIFIED
    assert plugin.commands == ["get-plugin-metadata", "verify-signature"]


@pytest.mark.parametrize("case", PLUGINS, ids=lambda case: case["id"])
def test_envelope_that_asks_for_a_newer_plugin_is_refused(case) -> None:
    """With version 1.0.0 of the plugin, as the Go library's own tests have it. PLG-091."""
    plugin = plugin_for(case, "1.0.0")
    outcome = verified(case, FakePlugins(plugin))
    if "upstream" in case:
        assert case["upstream"].startswith("accept with ")
        assert outcome.word is Outcome.VERIFIED
    else:
        assert "but signature verification needs plugin version" in str(outcome.refusal)
        assert plugin.commands == ["get-plugin-metadata"]
