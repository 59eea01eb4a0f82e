# SPDX-License-Identifier: Apache-2.0
"""Verification of one signature: levels, order, trust, identities and times."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography import x509

from notation_py.certificates.certificate import Certificate
from notation_py.encoding import encode_base64url
from notation_py.envelope import formats
from notation_py.envelope.model import (
    EnvelopeFormat,
    ExtendedAttribute,
    SignedAttributes,
    SigningScheme,
    UnsignedAttributes,
)
from notation_py.envelope.payload import payload_for
from notation_py.errors import Outcome
from notation_py.trust.level import Action, Validation
from notation_py.verification import signature
from notation_py.verification.outcome import ValidationResult
from notation_py.verification.signature import Expectation, Sources, verify_signature
from tests.simulator.fake_trust_store import FakeTrustStore
from tests.simulator.pki import make_chain, with_extension
from tests.simulator.scenario import Scenario, policy, signer_of

CHAIN = make_chain("EC-256", 3)
ROOT = Certificate.parse(CHAIN.ders[-1])
SA = SigningScheme.X509_SIGNING_AUTHORITY


def envelope(chain=CHAIN, scheme=SigningScheme.X509, signed_at=None, token=None, extended=(), expiry=None):
    """Return the bytes of a JWS envelope over the scenario's artifact."""
    scenario = Scenario()
    signer = signer_of(chain)
    signed = SignedAttributes(scheme, signed_at or scenario.at, expiry, extended=extended)
    payload = payload_for(scenario.artifact, {}).to_bytes(EnvelopeFormat.JWS)
    signing = formats.signing_input(EnvelopeFormat.JWS, payload, signed, algorithm(signer))
    return formats.assemble(signing, signer.sign(signing.message), UnsignedAttributes(token))


def algorithm(signer):
    """Return the algorithm row of *signer*."""
    from notation_py.algorithms import BY_KEY_SPEC

    return BY_KEY_SPEC[signer.key_spec()]


def verify(data, statement=None, store=None, at=None, target=None):
    """Return the outcome for *data* in the scenario's surroundings."""
    scenario = Scenario()
    expectation = Expectation(lambda _: target or scenario.artifact)
    sources = Sources(store or FakeTrustStore(ca_acme=(ROOT,)))
    return verify_signature(
        data, "application/jose+json", expectation, statement or policy(), sources, at=at or scenario.at
    )


def at_level(level, **changes):
    """Return a statement at *level*."""
    return policy(signatureVerification={"level": level, **changes.pop("override", {})}, **changes)


def result_of(outcome, validation):
    """Return the one result for *validation*."""
    [found] = [result for result in outcome.results if result.validation is validation]
    return found


def test_good_signature_has_one_result_for_each_validation():
    """No validation is left out, none is done twice. VER-020, VER-022."""
    outcome = verify(envelope())
    assert outcome.accepted
    assert sorted(result.validation for result in outcome.results) == sorted(Validation)


def test_validations_run_in_the_reference_order():
    """At audit every check is done, in the order of the reference, and "now" is the argument.

    VER-021, SEC-007.
    """
    outcome = verify(envelope(), at_level("audit"))
    assert [result.validation for result in outcome.results] == [
        Validation.INTEGRITY,
        Validation.AUTHENTICITY,
        Validation.EXPIRY,
        Validation.AUTHENTIC_TIMESTAMP,
        Validation.REVOCATION,
    ]


def test_metadata_error_is_reported_when_the_target_differs_too():
    """With both mismatches the metadata's is the reason. VER-071."""
    scenario = Scenario()
    other = type(scenario.artifact)("a/b", scenario.artifact.digest, 1)
    expectation = Expectation(lambda _: other, {"k": "v"})
    outcome = verify_signature(
        envelope(),
        "application/jose+json",
        expectation,
        policy(),
        Sources(FakeTrustStore(ca_acme=(ROOT,))),
        at=scenario.at,
    )
    assert "unable to find specified metadata" in str(outcome.refusal)


def test_chain_not_yet_valid_needs_no_timestamp_and_fails():
    """With afterCertExpiry a chain that is not yet valid is judged now. VER-051."""
    statement = policy(
        signatureVerification={"level": "strict", "verifyTimestamp": "afterCertExpiry"},
        trustStores=["ca:acme", "tsa:acme"],
    )
    early = CHAIN.leaf.not_valid_before_utc - timedelta(days=1)
    outcome = verify(envelope(), statement, at=early)
    assert "verification time is before certificate" in str(outcome.refusal)


def test_outcome_has_no_truth_value():
    """A verdict cannot be mistaken for a boolean. Attack 187."""
    with pytest.raises(TypeError, match="accepted"):
        bool(verify(b"{}"))


@pytest.mark.parametrize(
    ("scheme", "stores", "accepted"),
    [
        (SigningScheme.X509, ["ca:acme"], True),
        (SigningScheme.X509, ["signingAuthority:acme"], False),
        (SA, ["signingAuthority:acme"], True),
        (SA, ["ca:acme"], False),
        (SA, ["tsa:acme", "ca:acme"], False),
    ],
    ids=["x509-ca", "x509-sa", "sa-sa", "sa-ca", "sa-tsa-and-ca"],
)
def test_scheme_selects_the_only_store_type_that_counts(scheme, stores, accepted):
    """A `ca` store never anchors an authority's signature, nor the reverse.

    Attack 68; SCH-001 to SCH-004, TP-050.
    """
    store = FakeTrustStore(ca_acme=(ROOT,), signingAuthority_acme=(ROOT,), tsa_acme=(ROOT,))
    outcome = verify(envelope(scheme=scheme), policy(trustStores=stores), store)
    assert outcome.accepted is accepted
    assert accepted or outcome.word is Outcome.AUTHENTICITY


@pytest.mark.parametrize(("stores", "accepted"), [(["ca:acme"], False), (["ca:acme", "ca:other"], True)])
def test_store_that_no_policy_names_confers_nothing(stores, accepted):
    """The right root lies in a store of the right type, which counts only if listed. SCH-005, TS-013."""
    stranger = Certificate.parse(make_chain("EC-384", 2).ders[-1])
    store = FakeTrustStore(ca_acme=(stranger,), ca_other=(ROOT,))
    assert verify(envelope(), policy(trustStores=stores), store).accepted is accepted


@pytest.mark.parametrize("position", [0, 1, 2], ids=["leaf", "intermediate", "root"])
def test_any_certificate_of_the_chain_can_be_the_anchor(position):
    """Trust is equality of bytes with some member of the chain. Attack 56; VER-042, TS-012."""
    store = FakeTrustStore(ca_acme=(Certificate.parse(CHAIN.ders[position]),))
    assert verify(envelope(), store=store).accepted


def test_same_name_and_key_reissued_is_another_anchor():
    """A re-issued root with the same name is not the trusted one. Attacks 55, 56; VER-042."""
    twin = make_chain("EC-256", 3, not_after=CHAIN.root.not_valid_after_utc - timedelta(days=1))
    assert twin.root.subject == CHAIN.root.subject
    outcome = verify(envelope(), store=FakeTrustStore(ca_acme=(Certificate.parse(twin.ders[-1]),)))
    assert "does not contain any trusted certificate" in str(outcome.refusal)


def test_payload_is_not_looked_at_before_its_signature():
    """An envelope whose payload and signature are both bad is refused for the signature. PAY-012, VER-031."""
    members = json.loads(envelope())
    for payload in (b"[]", b"{", b'{"targetArtifact":{}}'):
        data = json.dumps({**members, "payload": encode_base64url(payload)}).encode()
        outcome = verify(data)
        assert outcome.word is Outcome.INTEGRITY
        assert "signature is invalid" in str(outcome.refusal)


def test_missing_store_fails_authenticity():
    """A store that cannot be read is a failure, not an empty trust. VER-040, TS-014."""
    outcome = verify(envelope(), policy(trustStores=["ca:acme", "ca:other"]))
    assert not outcome.accepted
    assert "does not exist" in str(outcome.refusal)


def test_identity_that_does_not_match_is_refused():
    """The leaf's subject has to match one identity. TP-067, VER-043."""
    outcome = verify(envelope(), policy(trustedIdentities=["x509.subject: C=US, ST=WA, O=Other"]))
    assert outcome.word is Outcome.AUTHENTICITY
    assert "does not match the X.509 trusted identities" in str(outcome.refusal)


def test_identity_error_replaces_the_store_error_under_log():
    """With authenticity logged both are checked and the identity's reason is reported. VER-043, VER-044."""
    statement = at_level("audit", trustedIdentities=["x509.subject: C=US, ST=WA, O=Other"])
    outcome = verify(envelope(), statement, FakeTrustStore(ca_acme=()))
    assert outcome.accepted
    assert "trusted identities" in str(result_of(outcome, Validation.AUTHENTICITY).error)


@pytest.mark.parametrize(
    ("level", "accepted"), [("strict", False), ("permissive", False), ("audit", True)], ids=str
)
def test_level_decides_whether_a_stranger_is_refused(level, accepted):
    """Authenticity is enforced but at audit. TP-031."""
    outcome = verify(envelope(make_chain("EC-256", 2, subject="stranger")), at_level(level))
    assert outcome.accepted is accepted
    assert len(outcome.logged_failures) == (1 if accepted else 0)


@pytest.mark.parametrize(
    ("level", "accepted"), [("strict", False), ("permissive", True), ("audit", True)], ids=str
)
def test_level_decides_whether_an_expired_chain_is_refused(level, accepted):
    """The time of the certificates is enforced at strict alone. CERT-010, SCH-006, TSA-017, VER-050."""
    late = CHAIN.leaf.not_valid_after_utc + timedelta(seconds=1)
    outcome = verify(envelope(), at_level(level), at=late)
    assert outcome.accepted is accepted
    assert result_of(outcome, Validation.AUTHENTIC_TIMESTAMP).error.outcome is Outcome.TIMESTAMP


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"], ids=str)
def test_broken_signature_is_refused_at_every_level(level):
    """Integrity is always enforced. VER-023, VER-035."""
    data = envelope()
    broken = data.replace(b'"signature":"', b'"signature":"AAAA')
    outcome = verify(broken, at_level(level))
    assert outcome.word is Outcome.INTEGRITY
    assert outcome.envelope is None


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"], ids=str)
def test_signature_of_another_artifact_is_refused_at_every_level(level):
    """The payload has to be about the target whatever is logged. Attack 111; PAY-015, VER-070."""
    other = Scenario().artifact
    other = type(other)(other.media_type, other.digest, other.size + 1)
    outcome = verify(envelope(), at_level(level), target=other)
    assert "content descriptor mismatch" in str(outcome.refusal)


def test_enforced_failure_stops_before_the_next_check():
    """After a decisive failure nothing more is asked. VER-020."""
    outcome = verify(envelope(), policy(trustedIdentities=["x509.subject: C=US, ST=WA, O=Other"]))
    assert [result.validation for result in outcome.results] == [
        Validation.INTEGRITY,
        Validation.AUTHENTICITY,
    ]


@pytest.mark.parametrize(
    ("offset", "accepted"), [(-1, False), (0, True), (1, True)], ids=["before", "first", "after"]
)
def test_not_before_is_inclusive(offset, accepted):
    """The first second of validity counts. Attack 62; TSA-017."""
    at = max(certificate.not_valid_before_utc for certificate in CHAIN.certificates) + timedelta(
        seconds=offset
    )
    assert verify(envelope(), at=at).accepted is accepted


@pytest.mark.parametrize(
    ("offset", "accepted"), [(-1, True), (0, True), (1, False)], ids=["before", "last", "after"]
)
def test_not_after_is_inclusive(offset, accepted):
    """The last second of validity counts. Attack 62; TSA-017."""
    at = min(certificate.not_valid_after_utc for certificate in CHAIN.certificates) + timedelta(
        seconds=offset
    )
    assert verify(envelope(), at=at).accepted is accepted


def test_expired_intermediate_is_refused_though_leaf_and_root_are_valid():
    """Every certificate has to be valid at the decisive time. Attack 61; CERT-010, R-12."""
    late = CHAIN.leaf.not_valid_after_utc
    short = late - timedelta(days=3)
    from tests.simulator.pki import changed

    chain = make_chain("EC-256", 3, edits={1: changed(not_after=short)})
    store = FakeTrustStore(ca_acme=(Certificate.parse(chain.ders[-1]),))
    assert verify(envelope(chain), store=store, at=short).accepted
    assert verify(envelope(chain), store=store, at=late - timedelta(days=1)).word is Outcome.TIMESTAMP


def test_signing_authority_counts_its_own_time():
    """A signing authority's chain is judged at the authentic time, not now. VER-055."""
    store = FakeTrustStore(signingAuthority_acme=(ROOT,))
    statement = policy(trustStores=["signingAuthority:acme"])
    late = CHAIN.leaf.not_valid_after_utc + timedelta(days=400)
    assert verify(envelope(scheme=SA), statement, store, at=late).accepted
    early = CHAIN.leaf.not_valid_before_utc - timedelta(days=1)
    outcome = verify(envelope(scheme=SA, signed_at=early), statement, store)
    assert outcome.word is Outcome.TIMESTAMP


@pytest.mark.parametrize("when", ["always", "afterCertExpiry"])
def test_missing_timestamp_is_refused_where_one_is_needed(when):
    """With a tsa store a token is needed, always or after expiry. Attack 94; TSA-015, TSA-016."""
    statement = policy(
        signatureVerification={"level": "strict", "verifyTimestamp": when},
        trustStores=["ca:acme", "tsa:acme"],
    )
    late = CHAIN.leaf.not_valid_after_utc + timedelta(days=1)
    assert verify(envelope(), statement, at=late).word is Outcome.TIMESTAMP
    assert verify(envelope(), statement).accepted is (when == "afterCertExpiry")


def test_token_that_cannot_be_verified_is_refused():
    """A token this version cannot evaluate is no proof. TSA-016."""
    statement = policy(trustStores=["ca:acme", "tsa:acme"])
    outcome = verify(envelope(token=b"\x30\x00"), statement)
    assert outcome.word is Outcome.TIMESTAMP


@pytest.mark.parametrize("action", ["enforce", "log", "skip"])
def test_unknown_revocation_status_is_never_good(action):
    """A certificate that names a CRL has unknown status until it is asked.

    Attack 83; REV-005, VER-060, VER-062, R-18.
    """
    location = x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.test/a")], None, None, None)]
    )
    chain = make_chain("EC-256", 2, edits={0: with_extension(location, critical=False)})
    statement = policy(signatureVerification={"level": "strict", "override": {"revocation": action}})
    outcome = verify(envelope(chain), statement, FakeTrustStore(ca_acme=(Certificate.parse(chain.ders[-1]),)))
    result = result_of(outcome, Validation.REVOCATION)
    assert outcome.accepted is (action != "enforce")
    assert (result.error is None) is (result.action is Action.SKIP)


@pytest.mark.parametrize("critical", [True, False], ids=["critical", "informational"])
def test_unknown_critical_attribute_fails_and_other_unknown_ones_do_not(critical):
    """What must be understood and is not, fails; the rest is shown. Attacks 21, 22; ATTR-006, A-19."""
    outcome = verify(envelope(extended=(ExtendedAttribute("com.example.x", "y", critical),)))
    assert outcome.accepted is not critical
    assert not critical or outcome.word is Outcome.INTEGRITY


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ((("verificationPlugin", "p", True),), Outcome.PLUGIN),
        ((("verificationPlugin", "p", False),), Outcome.INTEGRITY),
        ((("verificationPlugin", " ", True),), Outcome.INTEGRITY),
        ((("verificationPlugin", 7, True),), Outcome.INTEGRITY),
        ((("verificationPluginMinVersion", "1.0.0", True),), Outcome.PLUGIN),
    ],
    ids=["named", "not-critical", "blank", "not-text", "version-alone"],
)
def test_plugin_attributes_fail_without_plugins(attributes, word):
    """A signature that asks for a plugin is refused where none runs. ATTR-008, ATTR-017, PLG-097."""
    extended = tuple(ExtendedAttribute(f"io.cncf.notary.{name}", *rest) for name, *rest in attributes)
    assert verify(envelope(extended=extended)).word is word


def test_second_opinion_can_only_refuse():
    """A further check that objects fails integrity. R-09, R-38."""
    from notation_py.errors import UntrustedError

    def object_to_it(_data, _intact):
        raise UntrustedError("no", outcome=Outcome.INTEGRITY)

    scenario = Scenario()
    sources = Sources(FakeTrustStore(ca_acme=(ROOT,)), second_opinions=(object_to_it,))
    expectation = Expectation(lambda _: scenario.artifact)
    outcome = verify_signature(
        envelope(), "application/jose+json", expectation, policy(), sources, at=scenario.at
    )
    assert outcome.word is Outcome.INTEGRITY


@pytest.mark.parametrize("lost", list(Validation))
def test_validation_without_a_result_is_no_success(lost):
    """Should a step ever get lost or run twice, the signature is refused. SEC-004, VER-020."""
    results = [ValidationResult(validation, Action.ENFORCE, None) for validation in Validation]
    assert signature._missing(results) is None
    rest = [result for result in results if result.validation is not lost]
    assert signature._missing(rest) is not None
    assert signature._missing([*rest, rest[0]]) is not None
    assert signature._missing([*results, rest[0]]) is not None
