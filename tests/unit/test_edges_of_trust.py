# SPDX-License-Identifier: Apache-2.0
"""Policies, stores and demands at their edges; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography import x509

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import formats
from notation_py.envelope.integrity import verify_integrity
from notation_py.envelope.model import EnvelopeFormat, ExtendedAttribute
from notation_py.errors import ConfigurationError, Outcome, UntrustedError
from notation_py.trust.memory import MemoryTrustStore
from notation_py.trust.policy import MalformedPolicyError, OciTrustPolicyDocument
from notation_py.trust.statement import MAX_VALUE
from notation_py.trust.store import TrustStoreType, is_store_name
from notation_py.verification.demand import plugin_demand
from notation_py.verification.hardened import check_rfc5280
from tests.simulator.envelopes import header, jws
from tests.simulator.pki import make_chain, with_extension
from tests.simulator.scenario import policy

PLUGIN = "io.cncf.notary.verificationPlugin"
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def certificate(position: int) -> Certificate:
    return Certificate.parse(make_chain("EC-256", 3).ders[position])


def test_authority_of_timestamps_is_a_root() -> None:
    """TS-010: a root is taken, an intermediate authority is not."""
    kept = MemoryTrustStore.of({(TrustStoreType.TSA, "a"): [certificate(2)]})
    assert kept.certificates(TrustStoreType.TSA, "a") == (certificate(2),)
    assert MemoryTrustStore.of({(TrustStoreType.CA, "a"): [certificate(1)]})
    with pytest.raises(ConfigurationError, match="is not a root CA certificate"):
        MemoryTrustStore.of({(TrustStoreType.TSA, "a"): [certificate(1)]})


@pytest.mark.parametrize("name", ["a b", "a/b", "ä", "a:b", "a\n", "a*"])
def test_store_name_is_made_of_few_characters(name: str) -> None:
    """Attack 103; TS-003, R-15: none but letters, digits, and the three marks."""
    assert not is_store_name(name)
    assert is_store_name("aZ09_.-")


def test_longest_text_of_a_policy_is_read() -> None:
    """R-10: 4096 characters are read, one more is not."""
    longest = "x509.subject: C=US, ST=WA, O=" + "a" * (MAX_VALUE - len("x509.subject: C=US, ST=WA, O="))
    assert policy(trustedIdentities=[longest]).trusted_identities
    with pytest.raises(MalformedPolicyError) as caught:
        policy(trustedIdentities=[longest + "a"])
    assert "longer than 4096 characters" in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "members", [{"trustStores": ["ca:acme"]}, {"trustedIdentities": ["*"]}], ids=["stores", "identities"]
)
def test_level_skip_has_neither_stores_nor_identities(members: dict[str, Any]) -> None:
    """Attack 98; TP-011: either of the two shows that somebody expects a verification."""
    statement = {
        "name": "a",
        "registryScopes": ["registry.test/app"],
        "signatureVerification": {"level": "skip"},
    } | members
    document = {"version": "1.0", "trustPolicies": [statement]}
    with pytest.raises(ConfigurationError, match="set to skip signature verification but configured with"):
        OciTrustPolicyDocument.parse(json.dumps(document).encode())


def test_plugin_is_told_every_value_that_json_can_hold() -> None:
    """ATTR-015: text, numbers, true and null; no lists and objects."""
    values = {"text": "a", "number": 1, "fraction": 1.5, "true": True, "null": None, "list": [], "object": {}}
    data = jws(protected=header(crit=["io.cncf.notary.signingScheme", PLUGIN], **{PLUGIN: "demo"}, **values))
    demand = plugin_demand(verify_integrity(formats.parse(data, EnvelopeFormat.JWS), ChainMemo()).signed)
    assert demand is not None
    told = {name: value for name, value in demand.values.items() if name in values}
    assert told == {name: values[name] for name in ("text", "number", "fraction", "true", "null")}


def test_endless_number_is_not_told_to_a_plugin() -> None:
    """ATTR-015: COSE has infinity, JSON has not."""
    data = jws(protected=header(crit=["io.cncf.notary.signingScheme", PLUGIN], **{PLUGIN: "demo"}))
    signed = verify_integrity(formats.parse(data, EnvelopeFormat.JWS), ChainMemo()).signed
    endless = ExtendedAttribute("endless", float("inf"), critical=False)
    demand = plugin_demand(signed._replace(extended=(*signed.extended, endless)))
    assert demand is not None
    assert "endless" not in demand.values


def test_hardened_verification_refuses_what_rfc_5280_refuses() -> None:
    """Attack 63; R-14: the same chain is a warning by default, and a refusal as a second opinion."""
    data = jws()
    check_rfc5280(data, verify_integrity(formats.parse(data, EnvelopeFormat.JWS), ChainMemo()))
    edits = {0: with_extension(UNKNOWN_EXTENSION, critical=True)}
    chain = make_chain("EC-256", 2, edits=edits)
    odd = jws(chain=chain)
    intact = verify_integrity(formats.parse(odd, EnvelopeFormat.JWS), ChainMemo())
    with pytest.raises(UntrustedError, match="critical") as caught:
        check_rfc5280(odd, intact)
    assert caught.value.outcome is Outcome.AUTHENTICITY
