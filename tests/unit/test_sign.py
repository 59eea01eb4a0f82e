# SPDX-License-Identifier: Apache-2.0
"""Signing: what is written, in which form, and what is refused before anything is pushed."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import VerifiedSignature, chain_of
from notation_py.digest import Digest
from notation_py.envelope import formats
from notation_py.envelope.model import PAYLOAD_TYPE, EnvelopeFormat, PrimitiveSignature
from notation_py.envelope.payload import Payload
from notation_py.errors import ConfigurationError, NotFoundError, SigningError, UntrustedError, UsageError
from notation_py.registry.signatures import SIGNATURE_TYPE, ManifestForm
from notation_py.signing.sign import SIGNING_AGENT, SignOptions, sign_artifact, signed_envelope
from notation_py.signing.signer import LocalSigner, SignedEnvelope, VerifyingSigner
from tests.simulator.pki import CHAIN_LENGTHS, KEY_TYPES, make_chain
from tests.simulator.scenario import Scenario, signer_of

FORMATS = pytest.mark.parametrize("format_", list(EnvelopeFormat), ids=lambda entry: entry.name)


def manifest_of(scenario, signed):
    """Return the pushed signature manifest as JSON."""
    return json.loads(scenario.repository.content[str(signed.manifest.digest)])


@FORMATS
@pytest.mark.parametrize("length", CHAIN_LENGTHS)
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_every_key_type_and_chain_length_signs_and_verifies(key_type, length, format_):
    """Six key types, chains of one to three, both formats. ALG-001, CERT-002, CERT-003."""
    scenario = Scenario(chain=make_chain(key_type, length))
    signed = scenario.sign(format=format_)
    envelope = formats.parse(signed.envelope, format_)
    assert envelope.algorithm.key_spec.value == key_type
    assert len(envelope.certificate_chain) == length
    assert scenario.verify().outcome.accepted


def test_manifest_has_the_reference_form_and_member_order():
    """The manifest is compact, in the reference's order, with the empty config.

    SIG-001 to SIG-003, SIG-005, SIG-006, SIG-008, SIG-009, SIG-010, SIG-011, SIG-012, SIG-014, SIG-015.
    """
    scenario = Scenario()
    signed = scenario.sign()
    data = scenario.repository.content[str(signed.manifest.digest)]
    text = data.decode()
    manifest = json.loads(text)
    assert Digest.of(data) == signed.manifest.digest
    assert len(data) == signed.manifest.size
    assert manifest["schemaVersion"] == 2
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert list(manifest) == [
        "schemaVersion",
        "mediaType",
        "artifactType",
        "config",
        "layers",
        "subject",
        "annotations",
    ]
    assert " " not in text.split('"annotations"')[0]
    assert manifest["artifactType"] == SIGNATURE_TYPE
    assert manifest["config"] == {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "size": 2,
        "data": "e30=",
    }
    assert [layer["mediaType"] for layer in manifest["layers"]] == ["application/jose+json"]
    assert manifest["subject"] == {
        "mediaType": scenario.artifact.media_type,
        "digest": str(scenario.artifact.digest),
        "size": scenario.artifact.size,
    }
    assert set(manifest["annotations"]) == {
        "io.cncf.notary.x509chain.thumbprint#S256",
        "org.opencontainers.image.created",
    }
    thumbprints = json.loads(manifest["annotations"]["io.cncf.notary.x509chain.thumbprint#S256"])
    assert thumbprints == [Certificate.parse(data).thumbprint for data in scenario.chain.ders]
    assert all(re.fullmatch("[0-9a-f]{64}", thumbprint) for thumbprint in thumbprints)
    signing_time = formats.parse(signed.envelope, EnvelopeFormat.JWS).signed.signing_time
    assert signing_time is not None
    created = manifest["annotations"]["org.opencontainers.image.created"]
    assert created == signing_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_manifest_in_the_older_form_names_its_type_in_the_config():
    """Without artifactType the config carries the type, as notation 1.3 writes it. SIG-004."""
    scenario = Scenario()
    manifest = manifest_of(scenario, scenario.sign(form=ManifestForm.CONFIG_TYPE))
    assert "artifactType" not in manifest
    assert manifest["config"]["mediaType"] == SIGNATURE_TYPE
    assert "data" not in manifest["config"]


def test_push_order_is_envelope_config_manifest():
    """The artifact is resolved once, first; nothing refers to what is not there yet. SIG-021, SGN-003."""
    scenario = Scenario()
    scenario.sign()
    assert [call.split()[0] for call in scenario.repository.calls] == ["resolve", "push", "push", "push"]
    pushed = [call.split()[1] for call in scenario.repository.calls if call.startswith("push")]
    assert pushed == [
        "application/jose+json",
        "application/vnd.oci.empty.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
    ]


def test_signing_time_is_cut_to_seconds_and_written_in_utc():
    """Whole seconds, `Z`, whatever zone the clock is in. SGN-005, JWS-017."""
    scenario = Scenario()
    at = datetime(2026, 3, 1, 12, 0, 5, 999999, tzinfo=timezone(timedelta(hours=8)))
    signed = sign_artifact(scenario.repository, "v1", signer_of(scenario.chain), SignOptions(), at=at)
    attributes = formats.parse(signed.envelope, EnvelopeFormat.JWS).signed
    assert attributes.signing_time == datetime(2026, 3, 1, 4, 0, 5, tzinfo=UTC)
    assert attributes.signing_time.utcoffset() == timedelta(0)


def test_envelope_names_its_producer():
    """The signing agent is ours. ATTR-010."""
    scenario = Scenario()
    envelope = formats.parse(scenario.sign().envelope, EnvelopeFormat.JWS)
    assert envelope.unsigned.signing_agent == SIGNING_AGENT


@FORMATS
def test_payload_is_the_resolved_descriptor_with_the_metadata(format_):
    """What is signed is media type, digest and size as resolved, and the user's pairs.

    SGN-007, SCH-009, PAY-007.
    """
    scenario = Scenario()
    envelope = formats.parse(
        scenario.sign(format=format_, user_metadata={"b": "2", "a": "1"}).envelope, format_
    )
    target = json.loads(envelope.payload)["targetArtifact"]
    assert target == {**scenario.artifact.to_json(), "annotations": {"a": "1", "b": "2"}}
    assert envelope.signed.signing_scheme.value == "notary.x509"


@pytest.mark.parametrize(
    ("expires_in", "message"),
    [
        (timedelta(seconds=-1), "cannot be a negative value"),
        (timedelta(milliseconds=1500), "minimum granularity of seconds"),
        (timedelta(days=999999999), "beyond the year 9999"),
    ],
    ids=["negative", "fraction", "overflow"],
)
def test_expiry_that_cannot_be_meant_is_refused(expires_in, message):
    """Nothing is signed or pushed. SGN-002."""
    scenario = Scenario()
    with pytest.raises(UsageError, match=message):
        scenario.sign(expires_in=expires_in)
    assert not any(call.startswith("push") for call in scenario.repository.calls)


@pytest.mark.parametrize("expires_in", [None, timedelta()], ids=["none", "zero"])
def test_no_expiry_is_written_unless_asked_for(expires_in):
    """Zero means none. SGN-002, ATTR-004."""
    envelope = formats.parse(Scenario().sign(expires_in=expires_in).envelope, EnvelopeFormat.JWS)
    assert envelope.signed.expiry is None


@pytest.mark.parametrize("name", ["io.cncf.notary.x", "io.cncf.notary"], ids=["below", "prefix"])
def test_reserved_metadata_is_refused(name):
    """Keys of the specification cannot be set by users. Attack 185; PAY-006."""
    with pytest.raises(UsageError, match=r"has reserved prefix io\.cncf\.notary"):
        Scenario().sign(user_metadata={name: "x"})


def test_unknown_artifact_is_not_signed():
    """The artifact has to exist first. SIG-020."""
    scenario = Scenario()
    with pytest.raises(NotFoundError):
        sign_artifact(scenario.repository, "v2", signer_of(scenario.chain), SignOptions(), at=scenario.at)
    assert scenario.repository.calls == ["resolve v2"]


@pytest.mark.parametrize(
    "at", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)], ids=["early", "late"]
)
def test_chain_outside_its_validity_does_not_sign(at):
    """Every certificate is valid at the signing time. CERT-008, SGN-004."""
    scenario = Scenario()
    scenario.at = at
    with pytest.raises(SigningError, match="generated signature failed verification"):
        scenario.sign()
    assert not any(call.startswith("push") for call in scenario.repository.calls)


class WrongKeySigner:
    """A signer whose signature belongs to another key than its chain: a broken key service."""

    def __init__(self):
        self.right = signer_of(make_chain("EC-256", 2))
        self.wrong = signer_of(make_chain("EC-256", 2, subject="other"))

    def key_spec(self):
        return self.right.key_spec()

    def sign(self, message):
        primitive = self.wrong.sign(message[::-1])
        return PrimitiveSignature(primitive.signature, self.right.sign(message).certificate_chain)


def test_signature_that_does_not_verify_is_never_released():
    """The new envelope passes a verifier's check before it is pushed. JWS-035, SGN-010."""
    scenario = Scenario()
    with pytest.raises(SigningError, match="generated signature failed verification"):
        sign_artifact(scenario.repository, "v1", WrongKeySigner(), SignOptions(), at=scenario.at)
    assert not any(call.startswith("push") for call in scenario.repository.calls)


class SignerWithProof(VerifyingSigner):
    """A signer that brings what it verified: *of* names what its proof and its signature differ in."""

    def __init__(self, of):
        self.of = of
        self.signer = signer_of(make_chain("EC-256", 2))
        self.other = signer_of(make_chain("EC-384", 2))

    def key_spec(self):
        return self.signer.key_spec()

    def sign_verified(self, message):
        good, foreign = self.signer.sign(message), self.other.sign(message)
        reversed_message = self.signer.sign(message[::-1])
        chain, other_chain = chain_of(good.certificate_chain), chain_of(foreign.certificate_chain)
        match self.of:
            case "nothing":
                return good, chain.verified(message, good.signature)
            case "message":
                return reversed_message, chain.verified(message[::-1], reversed_message.signature)
            case "signature":
                return reversed_message, chain.verified(message, good.signature)
            case "key":
                mixed = PrimitiveSignature(foreign.signature, good.certificate_chain)
                return mixed, other_chain.verified(message, foreign.signature)


class SignerThatClaims:
    """A signer of somebody else with the method that only signers of this project are asked for."""

    def __init__(self):
        self.signer = WrongKeySigner()

    def key_spec(self):
        return self.signer.key_spec()

    def sign(self, message):
        return self.signer.sign(message)

    def sign_verified(self, message):
        made = self.sign(message)
        return made, VerifiedSignature(chain_of(made.certificate_chain), message, made.signature)


def test_claim_of_anybody_else_to_have_verified_counts_for_nothing():
    """A signature that does not verify is not released, whatever its signer says. SGN-010, JWS-035."""
    scenario = Scenario()
    with pytest.raises(SigningError, match="generated signature failed verification: signature is invalid"):
        sign_artifact(scenario.repository, "v1", SignerThatClaims(), SignOptions(), at=scenario.at)
    assert not any(call.startswith("push") for call in scenario.repository.calls)


class EnvelopeSignerOfOtherBytes:
    """Says of other bytes what is true of a good envelope."""

    def __init__(self, change):
        self.change = change

    def sign_envelope(self, payload, format, _expires_in):  # noqa: A002
        scenario = Scenario()
        data, intact = signed_envelope(
            Payload.parse(payload, PAYLOAD_TYPE),
            signer_of(scenario.chain),
            SignOptions(format=format),
            at=scenario.at,
        )
        return SignedEnvelope(self.change(data), intact, {})


@FORMATS
@pytest.mark.parametrize(
    "change", [lambda _: b"garbage", lambda data: data[:-40] + data[-39:]], ids=["garbage", "octet lost"]
)
def test_envelope_made_elsewhere_is_verified_as_it_is_released(format_, change):
    """The octets that are pushed are those that were verified. SGN-010, PLG-062."""
    scenario = Scenario()
    signer, options = EnvelopeSignerOfOtherBytes(change), SignOptions(format=format_)
    with pytest.raises(SigningError, match="generated signature failed verification"):
        sign_artifact(scenario.repository, "v1", signer, options, at=scenario.at)
    assert not any(call.startswith("push") for call in scenario.repository.calls)


@pytest.mark.parametrize("of", ["message", "signature", "key"])
def test_proof_of_something_else_proves_nothing(of):
    """What a signer verified counts for the same message, signature and key, and for no other. SGN-010."""
    scenario = Scenario()
    with pytest.raises(SigningError, match="generated signature failed verification: signature is invalid"):
        sign_artifact(scenario.repository, "v1", SignerWithProof(of), SignOptions(), at=scenario.at)
    assert not any(call.startswith("push") for call in scenario.repository.calls)


@FORMATS
def test_proof_of_the_signature_is_enough(format_):
    """A signature that its signer verified is not verified a second time. SGN-010."""
    scenario = Scenario(chain=make_chain("EC-256", 2))
    options = SignOptions(format=format_)
    called = []
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        sign_artifact(scenario.repository, "v1", SignerWithProof("nothing"), options, at=scenario.at)
    finally:
        sys.setprofile(None)
    assert called.count("verify_integrity") == called.count("verify_primitive") == 1
    assert scenario.verify().outcome.accepted


def test_proof_is_of_a_signature_that_verifies():
    """What does not verify is not proven, nor is another salt than the hash's length. JWS-031, SGN-010."""
    signer = signer_of(make_chain("RSA-2048", 2))
    made = signer.sign(b"message")
    chain = chain_of(made.certificate_chain)
    odd_salt = padding.PSS(padding.MGF1(SHA256()), 20)
    for message, signature in (
        (b"massage", made.signature),
        (b"message", made.signature[::-1]),
        (b"message", signer.private_key.sign(b"message", odd_salt, SHA256())),
    ):
        with pytest.raises(UntrustedError, match="signature is invalid"):
            chain.verified(message, signature)
    assert chain.verified(b"message", made.signature).signature == made.signature


def test_local_signer_refuses_a_key_of_another_certificate():
    """Key and leaf belong together. ALG-009."""
    one, other = make_chain("EC-256", 2), make_chain("RSA-2048", 2)
    with pytest.raises(ConfigurationError, match="does not match"):
        LocalSigner.of(one.key, tuple(Certificate.parse(data) for data in other.ders))
    with pytest.raises(ConfigurationError, match="no valid certificate"):
        LocalSigner.of(one.key, ())


def test_resigning_makes_another_manifest_beside_the_first():
    """Any number of signatures can stand beside an artifact. SIG-018."""
    scenario = Scenario()
    one, two = scenario.sign(), scenario.sign()
    assert one.manifest.digest != two.manifest.digest
    assert Digest.of(one.envelope) != Digest.of(two.envelope)
    assert len(scenario.repository.listed[str(scenario.artifact.digest)]) == 2
