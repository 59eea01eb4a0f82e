# SPDX-License-Identifier: Apache-2.0
"""Whole verifications of the Go library's own envelopes: policy, stores, identity, time, metadata."""

from __future__ import annotations

from typing import Any

import pytest

from notation_py.certificates.certificate import Certificate
from notation_py.descriptor import Descriptor
from notation_py.digest import Digest
from notation_py.trust.memory import MemoryTrustStore
from notation_py.trust.store import TrustStoreType
from notation_py.verification.outcome import VerificationOutcome
from notation_py.verification.signature import Expectation, Sources, verify_signature
from tests.conformance.upstream import AT, certificates, entries, statement, vector

CASES = entries("verification")
PLUGINS = [case for case in CASES if case.get("deviation") == "SCOPE-3"]
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


def verified(case: Any) -> VerificationOutcome:
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
    return verify_signature(data, media_type, expectation, policy, Sources(STORES), at=AT)


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
    """ATTR-017: never accepted without the plugin, whatever the level, until plugins are run."""
    refusal = verified(case).refusal
    assert refusal is not None
    assert refusal.hint is not None
    assert "verification plugins" in refusal.hint
