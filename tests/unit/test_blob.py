# SPDX-License-Identifier: Apache-2.0
"""Signatures of blobs: what is signed, what a verification looks at, in which order, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.descriptor import Descriptor
from notation_py.digest import Digest, HashAlgorithm
from notation_py.envelope import formats
from notation_py.envelope.model import (
    VERIFICATION_PLUGIN,
    EnvelopeFormat,
    ExtendedAttribute,
    PrimitiveSignature,
)
from notation_py.envelope.payload import payload_for
from notation_py.errors import (
    ConfigurationError,
    NotationError,
    Outcome,
    PluginError,
    SigningError,
    UntrustedError,
    UsageError,
)
from notation_py.plugin.verification_messages import CapabilityResult
from notation_py.signing.plugin_signer import plugin_blob_signer, plugin_signer
from notation_py.signing.sign import SignOptions, signed_envelope
from notation_py.trust.level import Validation
from notation_py.verification import checks
from notation_py.verification.blob import VerifyBlobOptions, blob_policy
from notation_py.verification.outcome import VerificationFailedError
from notation_py.verification.signature import verify_signature
from tests.simulator import blobs
from tests.simulator.blobs import BLOB, SKIP, BlobScenario, Content, blob_policies, blob_statement
from tests.simulator.fake_plugins import (
    BLOB_ENVELOPE,
    ENVELOPE,
    IDENTITY,
    KEY_ID,
    NAME,
    RAW,
    REVOCATION,
    FakePlugin,
    FakePlugins,
    changed,
)
from tests.simulator.pki import KEY_TYPES, make_chain
from tests.simulator.scenario import Scenario, policy, signer_of

FORMATS = pytest.mark.parametrize("format_", list(EnvelopeFormat), ids=lambda entry: entry.name)
MISMATCH = "integrity check failed. signature does not match the given blob"


def refused(scenario, signature, *arguments, **options):
    """Return the error that refuses *signature*."""
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify(signature, *arguments, **options)
    assert [outcome.accepted for outcome in caught.value.outcomes] == [False]
    return caught.value


def payload_of(envelope, format_=EnvelopeFormat.JWS):
    return json.loads(formats.parse(envelope, format_).payload)


@FORMATS
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_blob_is_described_with_the_hash_of_the_key(key_type, format_):
    """Digest by the key's hash, size, media type as given, and no more.

    PAY-008, PAY-009, PAY-010, ALG-001, BLOB-005.
    """
    scenario = BlobScenario(make_chain(key_type, 2))
    signed = scenario.sign(format=format_, media_type="text/plain; charset=utf-8")
    algorithm = BY_KEY_SPEC[KeySpec(key_type)].hash
    assert scenario.content.asked == [algorithm]
    expected = {
        "mediaType": "text/plain; charset=utf-8",
        "digest": str(Digest.of(BLOB, algorithm)),
        "size": len(BLOB),
    }
    assert payload_of(signed.envelope, format_) == {"targetArtifact": expected}
    assert signed.target == Descriptor("text/plain; charset=utf-8", Digest.of(BLOB, algorithm), len(BLOB))


@FORMATS
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_signed_blob_verifies_and_is_described(key_type, format_):
    """Six key types, both formats: the descriptor that is returned is the signed one. BLOB-023, BLOB-025."""
    scenario = BlobScenario(make_chain(key_type, 3))
    signed = scenario.sign(format=format_, user_metadata={"builder": "ci"})
    scenario.content.asked.clear()
    verified = scenario.verify(signed.envelope, format=format_)
    assert verified.outcome.word is Outcome.VERIFIED
    assert verified.target == replace(signed.target, annotations={"builder": "ci"})
    assert scenario.content.asked == [BY_KEY_SPEC[KeySpec(key_type)].hash]


def test_empty_blob_is_a_blob():
    """Nothing to read is content of size zero, like any other. PAY-009."""
    scenario = BlobScenario(content=Content(b""))
    verified = scenario.verify(scenario.sign().envelope)
    assert verified.target is not None
    assert verified.target.size == 0
    assert refused(BlobScenario(content=Content(b"x")), scenario.sign().envelope).outcome is Outcome.INTEGRITY


@pytest.mark.parametrize(
    "content", [BLOB + b"x", BLOB[:-1], b"X" + BLOB[1:], b""], ids=["longer", "shorter", "other", "empty"]
)
def test_other_blob_is_refused(content):
    """The digest, or the size, is another. PAY-016, BLOB-023; attack 178."""
    scenario = BlobScenario()
    signed = scenario.sign()
    scenario.content.data = content
    error = refused(scenario, signed.envelope)
    assert error.message == MISMATCH
    assert error.outcome is Outcome.INTEGRITY
    assert error.outcomes[0].results[-1].validation is Validation.REVOCATION


def test_size_counts_beside_the_digest():
    """The right digest with another size is about another blob. PAY-009, PAY-016, BLOB-023; attack 178."""
    scenario = BlobScenario()
    digest = Digest.of(BLOB)
    payload = payload_for(Descriptor("application/octet-stream", digest, len(BLOB) + 1), {})
    data, _ = signed_envelope(payload, signer_of(scenario.chain), SignOptions(), at=scenario.at)
    assert refused(scenario, data).message == MISMATCH


def test_digest_by_another_algorithm_than_the_keys_is_refused():
    """A digest that is right, but not by the hash of the signing key. PAY-016, ALG-001; attack 178."""
    scenario = BlobScenario(make_chain("EC-384", 2))
    payload = payload_for(Descriptor("application/octet-stream", Digest.of(BLOB), len(BLOB)), {})
    data, _ = signed_envelope(payload, signer_of(scenario.chain), SignOptions(), at=scenario.at)
    assert refused(scenario, data).message == MISMATCH
    assert scenario.content.asked == [HashAlgorithm.SHA384]


def test_media_type_counts_only_if_it_is_demanded():
    """Without a demand any does; with one only that, letter by letter. PAY-010, PAY-016; attack 178."""
    scenario = BlobScenario()
    signed = scenario.sign(media_type="Text/Plain")
    assert scenario.verify(signed.envelope).outcome.accepted
    assert scenario.verify(signed.envelope, media_type="Text/Plain").outcome.accepted
    for other in ("text/plain", "application/octet-stream", "Text/Plain;a=b"):
        assert refused(scenario, signed.envelope, media_type=other).message == MISMATCH


@pytest.mark.parametrize("text", ["", "a b", "text/", "text/plain; x", "text/plain; a=b; A=c", "/plain"])
def test_media_type_that_is_none_is_refused_before_the_blob_is_read(text):
    """Neither signed nor compared. PAY-010, BLOB-024."""
    scenario = BlobScenario()
    with pytest.raises(UsageError, match="content media-type"):
        scenario.sign(media_type=text)
    assert scenario.content.asked == []
    signed = scenario.sign()
    with pytest.raises(UsageError, match="content media-type"):
        scenario.verify(signed.envelope, media_type=text)


def test_metadata_is_signed_and_can_be_demanded():
    """Pairs go to the payload's annotations; a demanded pair has to be there. BLOB-006, PAY-006, PAY-017."""
    scenario = BlobScenario()
    signed = scenario.sign(user_metadata={"builder": "ci", "run": "7"})
    assert payload_of(signed.envelope)["targetArtifact"]["annotations"] == {"builder": "ci", "run": "7"}
    assert scenario.verify(signed.envelope, user_metadata={"builder": "ci"}).outcome.accepted
    for demanded in ({"builder": "me"}, {"other": "ci"}, {"builder": "ci", "run": "8"}):
        error = refused(scenario, signed.envelope, user_metadata=demanded)
        assert error.message == "unable to find specified metadata in the signature"
    with pytest.raises(UsageError, match="reserved prefix"):
        scenario.sign(user_metadata={"io.cncf.notary.x": "y"})


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"])
def test_no_level_forgives_another_blob(level):
    """What the signature is about is not subject to levels. VER-070, BLOB-023."""
    scenario = BlobScenario()
    signed = scenario.sign()
    scenario.content.data = b"other"
    statement = blobs.blob_policy(signatureVerification={"level": level})
    assert refused(scenario, signed.envelope, statement).outcome is Outcome.INTEGRITY


def test_blob_is_not_read_for_a_signature_that_is_no_good():
    """The blob comes last: a signature nobody trusts costs no reading of it. BLOB-023, BLOB-005."""
    scenario = BlobScenario()
    signed = BlobScenario(make_chain("EC-256", 2, subject="stranger")).sign()
    assert refused(scenario, signed.envelope).outcome is Outcome.AUTHENTICITY
    assert scenario.content.asked == []


def test_level_skip_looks_at_nothing():
    """Success without a descriptor, and neither signature nor blob was looked at. BTP-007, BLOB-022."""
    scenario = BlobScenario()
    verified = scenario.verify(b"", blobs.blob_policy(**SKIP))
    assert verified.target is None
    assert verified.outcome.word is Outcome.SKIPPED
    assert verified.outcome.results == ()
    assert scenario.content.asked == []


def test_empty_signature_is_refused():
    """Nothing is no signature. BLOB-024."""
    error = refused(BlobScenario(), b"")
    assert error.message == "signature cannot be nil or empty"
    assert error.outcomes[0].results[0].validation is Validation.INTEGRITY


@FORMATS
def test_format_is_found_by_the_first_byte(format_):
    """Without a file name the content decides, and no other parser is tried. BLOB-021."""
    scenario = BlobScenario()
    signed = scenario.sign(format=format_)
    assert scenario.verify(signed.envelope).outcome.accepted
    assert scenario.verify(signed.envelope, format=format_).outcome.accepted


@pytest.mark.parametrize("data", [b"\x84rest", b"[]", b"\xef\xbb\xbf{}", BLOB, b" "])
def test_content_of_neither_format_is_refused(data):
    """Integrity fails if it can be none of the two. BLOB-021."""
    error = refused(BlobScenario(), data)
    assert error.message == "the signature is neither a JWS nor a COSE envelope"
    assert error.outcome is Outcome.INTEGRITY


@FORMATS
def test_name_that_tells_another_format_is_refused(format_):
    """The format that is given is the one that is parsed, whatever the content looks like. BLOB-020."""
    scenario = BlobScenario()
    signed = scenario.sign(format=format_)
    [other] = set(EnvelopeFormat) - {format_}
    assert refused(scenario, signed.envelope, format=other).outcome is Outcome.INTEGRITY


def test_tampered_signature_is_refused():
    """One changed letter of the payload, and integrity fails at the level of the specification. BLOB-023."""
    scenario = BlobScenario()
    signed = scenario.sign()
    document = json.loads(signed.envelope)
    document["payload"] = document["payload"].replace("e", "f", 1)
    scenario.content.asked.clear()
    error = refused(scenario, json.dumps(document).encode())
    assert error.outcome is Outcome.INTEGRITY
    assert scenario.content.asked == []


def test_expired_signature_is_refused_from_its_expiry_on():
    """Expiry counts as for artifacts. SGN-002, VER-046."""
    scenario = BlobScenario()
    signed = scenario.sign(expires_in=timedelta(hours=1))
    assert scenario.verify(signed.envelope, at=scenario.at + timedelta(minutes=59)).outcome.accepted
    error = refused(scenario, signed.envelope, at=scenario.at + timedelta(hours=1))
    assert error.outcome is Outcome.EXPIRED


def test_expiry_that_cannot_be_meant_is_refused_before_the_blob_is_read():
    """Nothing is hashed for options that will be refused. SGN-002."""
    scenario = BlobScenario()
    with pytest.raises(UsageError, match="negative"):
        scenario.sign(expires_in=timedelta(hours=-1))
    assert scenario.content.asked == []


def test_signature_of_an_artifact_is_none_of_its_blob():
    """The payload says that it is about a manifest, which the blob is not. BLOB-027."""
    artifact = Scenario()
    signed = artifact.sign()
    scenario = BlobScenario(artifact.chain, Content(b"the artifact's layers"))
    assert refused(scenario, signed.envelope).message == MISMATCH


def test_signature_of_a_blob_is_none_of_an_artifact():
    """Even over the manifest's own bytes: its media type is not a manifest's. BLOB-027, PAY-015."""
    artifact = Scenario()
    scenario = BlobScenario(
        artifact.chain, Content(artifact.repository.content[str(artifact.artifact.digest)])
    )
    signed = scenario.sign()
    expectation = checks_expectation(artifact.artifact)
    outcome = verify_signature(
        signed.envelope, "application/jose+json", expectation, policy(), artifact.sources, at=artifact.at
    )
    assert outcome.refusal is not None
    assert outcome.refusal.message == "content descriptor mismatch"


def checks_expectation(descriptor):
    from notation_py.verification.signature import Expectation

    assert Expectation(lambda _: descriptor).check_target is checks.check_target
    return Expectation(lambda _: descriptor)


def test_blob_that_cannot_be_read_is_no_verdict():
    """The caller's error passes through, for a signature that was good. BLOB-005."""

    def unreadable(_algorithm):
        raise ConfigurationError("read app.tar: input/output error")

    scenario = BlobScenario()
    signed = scenario.sign()
    scenario.content = unreadable
    with pytest.raises(ConfigurationError, match="input/output error"):
        scenario.verify(signed.envelope)


def test_policy_is_chosen_by_its_name_or_is_the_global_one():
    """A name is compared exactly and never falls back; without one the global counts. BTP-005, BTP-006."""
    policies = blob_policies(blob_statement("a"), blob_statement("b", globalPolicy=True))
    assert blob_policy(policies, "a").name == "a"
    assert blob_policy(policies).name == "b"
    assert blob_policy(policies, "").name == "b"
    for name in ("c", "A", " a", "a ", "*", " "):
        with pytest.raises(UntrustedError, match="no applicable blob trust policy with name") as caught:
            blob_policy(policies, name)
        assert caught.value.outcome is Outcome.POLICY
    with pytest.raises(UntrustedError, match="no global blob trust policy"):
        blob_policy(blob_policies(blob_statement("a")))
    with pytest.raises(UntrustedError, match="no applicable blob trust policy"):
        policies.policy_named("")


def test_global_policy_cannot_be_skip():
    """The check that the reference has, and that never fires there. BTP-004."""
    with pytest.raises(ConfigurationError, match="skips signature verification in the global policy"):
        blob_policies(blob_statement(globalPolicy=True, **SKIP))


@dataclass
class Liar:
    """A signer that says it has another key than it has."""

    chain: object
    claimed: KeySpec

    def key_spec(self) -> KeySpec:
        return self.claimed

    def sign(self, message: bytes) -> PrimitiveSignature:
        return signer_of(self.chain).sign(message)


def test_signer_with_another_key_than_it_says_is_refused():
    """The envelope does not verify, so nothing is released. SGN-010, BLOB-005."""
    scenario = BlobScenario()
    with pytest.raises(SigningError, match="failed verification"):
        scenario.sign(Liar(scenario.chain, KeySpec.EC_384))


class LyingService:
    """A service that makes envelopes with another key than it says; the envelopes are good."""

    def __init__(self, chain, claimed):
        self.signer, self.claimed = signer_of(chain), claimed

    def key_spec(self):
        return self.claimed

    def sign_envelope(self, payload, format, _expires_in):  # noqa: A002
        from notation_py.envelope.payload import Payload
        from notation_py.signing.signer import SignedEnvelope

        options = SignOptions(format=format)
        data, intact = signed_envelope(Payload.parse(payload), self.signer, options, at=BlobScenario().at)
        return SignedEnvelope(data, intact, {})


def test_service_with_another_key_than_it_says_is_refused():
    """The blob was hashed for another key, so no verifier would accept the signature. PLG-072, BLOB-005."""
    scenario = BlobScenario()
    assert scenario.sign(LyingService(scenario.chain, KeySpec.EC_256)).envelope
    with pytest.raises(SigningError, match="hashed with sha384, and the key that signed needs sha256"):
        scenario.sign(LyingService(scenario.chain, KeySpec.EC_384))


@FORMATS
@pytest.mark.parametrize("capability", [RAW, BLOB_ENVELOPE], ids=str)
def test_blob_signed_by_a_plugin_verifies(capability, format_):
    """By signature, or by an envelope for blobs; first the key is described. BLOB-007, PLG-071, PLG-072."""
    plugin = FakePlugin(chain=make_chain("EC-384", 2), capabilities=(capability.value,))
    scenario = BlobScenario(make_chain("EC-384", 2))
    signed = scenario.sign(plugin_blob_signer(plugin, KEY_ID, {}, {}), format=format_)
    assert [command for command, _ in plugin.requests][:2] == ["get-plugin-metadata", "describe-key"]
    assert scenario.content.asked == [HashAlgorithm.SHA384]
    assert scenario.verify(signed.envelope, format=format_).target == signed.target


def test_plugin_of_envelopes_for_artifacts_signs_no_blob():
    """Its capability is not the one for blobs, and the type of its key is not known. PLG-071, PLG-072."""
    plugin = FakePlugin(capabilities=(ENVELOPE.value,))
    with pytest.raises(
        PluginError, match="lacks the signature generator capability required for blob signing"
    ):
        plugin_blob_signer(plugin, KEY_ID, {}, {})
    scenario = BlobScenario()
    with pytest.raises(PluginError, match="was not asked for the type of its key"):
        scenario.sign(plugin_signer(plugin, KEY_ID, {}, {}))
    assert scenario.content.asked == []


def test_plugin_that_changes_the_payload_is_refused():
    """An envelope about another blob is not released. PLG-062, BLOB-007."""
    plugin = FakePlugin(
        capabilities=(BLOB_ENVELOPE.value,), misbehave=changed("generate-envelope", signatureEnvelope="e30=")
    )
    with pytest.raises(NotationError, match="plugin"):
        BlobScenario().sign(plugin_blob_signer(plugin, KEY_ID, {}, {}))


def test_options_are_checked_before_anything_is_judged():
    """Also with the level skip: what cannot be meant is said. BLOB-024."""
    with pytest.raises(UsageError):
        BlobScenario().verify(b"", blobs.blob_policy(**SKIP), media_type="no type")
    VerifyBlobOptions(media_type="a/b").check()


def demanding(**fields):
    """Return a plugin that makes envelopes for blobs which demand that it verifies them."""
    named = ExtendedAttribute(VERIFICATION_PLUGIN, critical=True, value=NAME)
    offered = (BLOB_ENVELOPE.value, IDENTITY.value, REVOCATION.value)
    return FakePlugin(capabilities=offered, extended=(named,), **fields)


@FORMATS
def test_plugin_that_a_signature_names_verifies_the_blob(format_):
    """It is asked as for an artifact, with the configuration of the caller. PLG-090, PLG-106."""
    plugin = demanding()
    scenario = BlobScenario()
    signed = scenario.sign(plugin_blob_signer(plugin, KEY_ID, {}, {}), format=format_)
    scenario.sources = replace(scenario.sources, plugins=FakePlugins(plugin))
    verified = scenario.verify(signed.envelope, plugin_config={"a": "b"})
    assert verified.outcome.plugin is not None
    assert set(verified.outcome.plugin.results) == {IDENTITY, REVOCATION}
    assert plugin.asked("verify-signature")["pluginConfig"] == {"a": "b"}


def test_plugin_that_says_no_refuses_the_blob():
    """Its no counts before the blob is read. PLG-103, BLOB-023."""
    plugin = demanding(results={REVOCATION: CapabilityResult(success=False, reason="taken back")})
    scenario = BlobScenario()
    signed = scenario.sign(plugin_blob_signer(plugin, KEY_ID, {}, {}))
    scenario.sources = replace(scenario.sources, plugins=FakePlugins(plugin))
    scenario.content.asked.clear()
    error = refused(scenario, signed.envelope)
    assert error.outcome is Outcome.REVOKED
    assert scenario.content.asked == []


def test_plugin_that_is_not_here_refuses_the_blob():
    """A signature that names a plugin is not verified without it. PLG-091, ATTR-017."""
    scenario = BlobScenario()
    signed = scenario.sign(plugin_blob_signer(demanding(), KEY_ID, {}, {}))
    assert refused(scenario, signed.envelope).outcome is Outcome.PLUGIN
