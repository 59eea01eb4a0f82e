# SPDX-License-Identifier: Apache-2.0
"""Signing through a plugin: which way, with which configuration, and nothing pushed that was not wanted."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from notation_py.algorithms import KeySpec
from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import formats
from notation_py.envelope.integrity import verify_integrity
from notation_py.envelope.model import EnvelopeFormat, SigningScheme
from notation_py.errors import (
    LimitError,
    MalformedError,
    NotationError,
    Outcome,
    PluginError,
    SigningError,
    UsageError,
)
from notation_py.registry.repository import fetch_all
from notation_py.registry.signatures import CREATED, THUMBPRINTS, attach_signature
from notation_py.signing.plugin_signer import (
    PluginEnvelopeSigner,
    PluginSigner,
    _check_token,
    plugin_blob_signer,
    plugin_signer,
)
from notation_py.signing.sign import SIGNING_AGENT, SignOptions, sign_artifact
from notation_py.signing.signer import SignedEnvelope
from notation_py.signing.timestamping import Timestamping
from tests.simulator.envelopes import jws
from tests.simulator.fake_plugins import (
    BLOB_ENVELOPE,
    ENVELOPE,
    KEY_ID,
    RAW,
    FakePlugin,
    HonestPlugin,
    changed,
    said,
)
from tests.simulator.pki import NOW, make_chain
from tests.simulator.scenario import Scenario
from tests.simulator.tsa import FakeTimestamper, authority, stamp

JWS, COSE = EnvelopeFormat.JWS, EnvelopeFormat.COSE
BY_ENVELOPE = (ENVELOPE.value,)


def signer_with(plugin, **stored):
    """Return the signer of artifacts that *plugin* is."""
    return plugin_signer(plugin, KEY_ID, stored, {})


def sign(scenario, signer, **options):
    """Return what was signed in *scenario* by *signer*."""
    return sign_artifact(scenario.repository, "v1", signer, SignOptions(**options), at=scenario.at)


def manifest(scenario, signed):
    """Return the signature manifest as JSON."""
    return json.loads(fetch_all(scenario.repository, signed.manifest, max_bytes=1 << 20, what="manifest"))


@pytest.mark.parametrize("format", [JWS, COSE], ids=["jws", "cose"])
@pytest.mark.parametrize("capability", [RAW, ENVELOPE], ids=["raw", "envelope"])
@pytest.mark.parametrize("key_type", ["RSA-2048", "EC-384"])
def test_artifact_signed_by_a_plugin_verifies(format, capability, key_type):  # noqa: A002
    """Either way, both formats. PLG-050, PLG-053, PLG-061, SCH-009."""
    scenario = Scenario(chain=make_chain(key_type, 2))
    plugin = FakePlugin(HonestPlugin(scenario.chain, capabilities=(capability.value,)))
    signed = sign(
        scenario,
        signer_with(plugin),
        format=format,
        user_metadata={"k": "v"},
        expires_in=timedelta(hours=1),
    )
    verified = scenario.verify(user_metadata={"k": "v"})
    assert verified.outcome.manifest is not None
    assert verified.outcome.manifest.digest == signed.manifest.digest
    intact = verified.outcome.envelope
    assert intact is not None
    assert intact.scheme is SigningScheme.X509
    assert intact.signed.expiry == scenario.at.replace(microsecond=0) + timedelta(hours=1)


def test_signatures_are_preferred_to_envelopes():
    """A plugin that does both signs; each is asked for in its own way, and metadata every time.

    PLG-031, PLG-070, PLG-072.
    """
    plugin = FakePlugin()
    assert isinstance(signer_with(plugin), PluginSigner)
    assert plugin.commands == ["get-plugin-metadata", "describe-key"]
    other = FakePlugin(capabilities=BY_ENVELOPE)
    assert isinstance(signer_with(other), PluginEnvelopeSigner)
    assert other.commands == ["get-plugin-metadata"]


def test_blobs_are_signed_by_signature_or_by_an_envelope_for_blobs():
    """The key is described either way; an envelope for artifacts is none for blobs. PLG-071, PLG-072."""
    by_envelope = FakePlugin(capabilities=(BLOB_ENVELOPE.value, ENVELOPE.value))
    signer = plugin_blob_signer(by_envelope, KEY_ID, {}, {})
    assert isinstance(signer, PluginEnvelopeSigner)
    assert signer.spec is KeySpec.EC_256
    assert by_envelope.commands == ["get-plugin-metadata", "describe-key"]
    assert isinstance(plugin_blob_signer(FakePlugin(), KEY_ID, {}, {}), PluginSigner)
    with pytest.raises(
        PluginError, match="lacks the signature generator capability required for blob signing"
    ):
        plugin_blob_signer(FakePlugin(capabilities=BY_ENVELOPE), KEY_ID, {}, {})


@pytest.mark.parametrize(
    "capabilities", [("SIGNATURE_VERIFIER.TRUSTED_IDENTITY",), (BLOB_ENVELOPE.value,), ("LATER",)]
)
def test_plugin_that_cannot_sign_is_refused(capabilities):
    """PLG-070."""
    with pytest.raises(PluginError, match="plugin does not have signing capabilities"):
        signer_with(FakePlugin(capabilities=capabilities))


def test_key_without_an_id_is_refused():
    """Nothing is asked of the plugin then. PLG-045."""
    plugin = FakePlugin()
    with pytest.raises(UsageError, match="keyID not specified"):
        plugin_signer(plugin, "", {}, {})
    assert plugin.requests == []


def test_configuration_of_the_call_wins_and_is_in_every_request():
    """Stored configuration overlaid by that of the call; without any there is no member. PLG-073, PLG-106."""
    scenario, plugin = Scenario(), FakePlugin()
    sign(scenario, plugin_signer(plugin, KEY_ID, {"a": "1", "b": "1"}, {"b": "2", "c": "2"}))
    assert plugin.commands == ["get-plugin-metadata", "describe-key", "generate-signature"]
    assert {json.dumps(request["pluginConfig"]) for _, request in plugin.requests} == {
        '{"a": "1", "b": "2", "c": "2"}'
    }
    bare = FakePlugin(capabilities=BY_ENVELOPE)
    sign(scenario, signer_with(bare))
    assert ["pluginConfig" in request for _, request in bare.requests] == [False, False]


def test_signing_agent_names_the_plugin():
    """`ours/version plugin/version`, unless the plugin's version is not one word. ATTR-010."""
    assert signer_with(FakePlugin()).key.signing_agent == f"{SIGNING_AGENT} test-plugin/1.2.3"
    for version in ("1 2", "1\n2", "é", "9" * 300):
        assert signer_with(FakePlugin(version=version)).key.signing_agent == SIGNING_AGENT


def test_key_that_the_plugin_does_not_know_says_so():
    """The plugin's own words, its name and its code. PLG-026, PLG-027."""
    with pytest.raises(PluginError) as caught:
        plugin_signer(FakePlugin(), "other", {}, {})
    assert str(caught.value) == "failed to sign with the plugin test-plugin: no key other"
    assert caught.value.code == "VALIDATION_ERROR"


def test_plugin_that_does_not_say_what_it_is_is_named():
    """Its words alone could be taken for ours, and would not say whose they are. PLG-026."""
    refusal = b'{"errorCode":"ERROR","errorMessage":"Successfully signed"}'
    for make in (plugin_signer, plugin_blob_signer):
        plugin = FakePlugin(misbehave=said("get-plugin-metadata", exit_code=1, stderr=refusal))
        with pytest.raises(PluginError) as caught:
            make(plugin, KEY_ID, {}, {})
        assert str(caught.value) == "failed to sign with the plugin test-plugin: Successfully signed"
        assert caught.value.code == "ERROR"


def encoded(data):
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("command", "members"),
    [
        ("generate-signature", {"keyId": "other"}),
        ("generate-signature", {"signature": encoded(b"x" * 64)}),
        ("generate-signature", {"certificateChain": [encoded(der) for der in make_chain("EC-384", 2).ders]}),
        ("generate-signature", {"signingAlgorithm": "ECDSA-SHA-384"}),
        ("describe-key", {"keySpec": "EC-384"}),
        ("describe-key", {"keySpec": "RSA-2048"}),
        ("generate-envelope", {"signatureEnvelope": encoded(b"{}")}),
        ("generate-envelope", {"signatureEnvelopeType": COSE.value}),
        ("generate-envelope", {"annotations": {THUMBPRINTS: "[]"}}),
        ("generate-envelope", {"annotations": {CREATED: "1970-01-01T00:00:00Z"}}),
        ("generate-envelope", {"annotations": {"io.cncf.notary.other": "x"}}),
    ],
    ids=["key-id", "signature", "chain", "algorithm", "key-spec", "key-family", "envelope", "envelope-type",
         "thumbprints", "created", "reserved"],
)  # fmt: skip
def test_nothing_is_pushed_when_the_plugin_misbehaves(command, members):
    """Attack 158; PLG-045, PLG-052, PLG-060, PLG-062, SIG-013."""
    scenario = Scenario()
    ability = ENVELOPE if command == "generate-envelope" else RAW
    plugin = FakePlugin(capabilities=(ability.value,), misbehave=changed(command, **members))
    with pytest.raises(PluginError) as caught:
        sign(scenario, signer_with(plugin))
    assert caught.value.outcome is Outcome.PLUGIN
    assert (
        list(scenario.repository.referrers(scenario.artifact, "application/vnd.cncf.notary.signature")) == []
    )


def test_annotations_of_an_envelope_plugin_go_beside_ours():
    """Added to the manifest, none of ours lost. SIG-013, PLG-062."""
    scenario = Scenario()
    plugin = FakePlugin(capabilities=BY_ENVELOPE, annotations={"com.example.job": "7"})
    annotations = manifest(scenario, sign(scenario, signer_with(plugin)))["annotations"]
    assert annotations.pop("com.example.job") == "7"
    assert set(annotations) == {THUMBPRINTS, CREATED}


def test_envelope_is_stored_as_the_plugin_made_it():
    """Byte for byte, with its own signing agent. TSA-011, PLG-065."""
    scenario = Scenario()
    plugin = FakePlugin(capabilities=BY_ENVELOPE, scheme=SigningScheme.X509_SIGNING_AUTHORITY)
    made = []

    def keep(command, _request, result):
        if command == "generate-envelope":
            made.append(base64.b64decode(json.loads(result.stdout)["signatureEnvelope"]))
        return result

    plugin.misbehave = keep
    signed = sign(scenario, signer_with(plugin))
    assert [signed.envelope] == made
    assert formats.parse(signed.envelope, JWS).unsigned.signing_agent == "test-plugin/1"


def test_timestamp_is_not_added_to_a_plugins_envelope():
    """Whoever asks for one is told, and nothing is signed. TSA-011, PLG-065."""
    scenario, plugin = Scenario(), FakePlugin(capabilities=BY_ENVELOPE)
    root = Certificate.parse(authority().ders[-1])
    stamping = Timestamping(FakeTimestamper(), (root,), lambda *_: None, lambda: 1)
    with pytest.raises(UsageError, match="a timestamp cannot be added"):
        sign(scenario, signer_with(plugin), timestamping=stamping)
    assert plugin.commands == ["get-plugin-metadata"]


def test_envelope_whose_certificates_have_expired_is_not_released():
    """Its own signing time does not make it valid now. CERT-008, PLG-061."""
    scenario = Scenario()
    past = make_chain("EC-256", 2, not_before=NOW - timedelta(days=20), not_after=NOW - timedelta(days=10))
    honest = HonestPlugin(past, capabilities=BY_ENVELOPE, at=NOW - timedelta(days=15))
    with pytest.raises(SigningError, match="generated signature failed verification"):
        sign(scenario, signer_with(FakePlugin(honest)))


@pytest.mark.parametrize("fault", ["not a token", "of something else"])
def test_unusable_timestamp_of_a_plugin_is_refused(fault):
    """A token in the envelope has to be one, about this signature. PLG-064."""
    token = b"\x30\x00" if fault == "not a token" else stamp(b"something else")
    plugin = FakePlugin(capabilities=BY_ENVELOPE, token=token)
    with pytest.raises(PluginError, match="attached an unusable timestamp"):
        sign(Scenario(), signer_with(plugin))


def test_blob_envelope_is_by_the_key_that_was_described():
    """A digest algorithm chosen for one key does not fit another. PLG-072."""
    plugin = FakePlugin(
        capabilities=(BLOB_ENVELOPE.value,), misbehave=changed("describe-key", keySpec="EC-384")
    )
    signer = plugin_blob_signer(plugin, KEY_ID, {}, {})
    payload = b'{"targetArtifact":{"mediaType":"a/b","digest":"sha256:' + b"0" * 64 + b'","size":1}}'
    with pytest.raises(PluginError, match="described the key as EC-384 and signed with EC-256"):
        signer.sign_envelope(payload, JWS, None)


def test_plugin_that_fails_late_leaves_nothing():
    """Whatever the exit code, nothing is pushed. PLG-025."""
    scenario = Scenario()
    stop = said(
        "generate-signature", exit_code=1, stderr=b'{"errorCode":"ACCESS_DENIED","errorMessage":"no"}'
    )
    with pytest.raises(NotationError, match="failed to sign with the plugin test-plugin: no"):
        sign(scenario, signer_with(FakePlugin(misbehave=stop)))
    assert (
        list(scenario.repository.referrers(scenario.artifact, "application/vnd.cncf.notary.signature")) == []
    )


def stamped(**changes):
    """Return what a plugin made: an intact envelope with a token over its signature."""
    intact = verify_integrity(formats.parse(jws(), JWS), ChainMemo())
    token = stamp(intact.envelope.signature, **changes)
    unsigned = SimpleNamespace(timestamp_signature=token)
    envelope = SimpleNamespace(unsigned=unsigned, signature=intact.envelope.signature)
    return SimpleNamespace(envelope=envelope, chain=intact.chain)


@pytest.mark.parametrize(
    "changes",
    [
        {"gen_time": b"20010101000000Z"},
        {"certificates": make_chain("EC-256", 3).ders},
        {"certificates": authority().ders, "digest": "sha1"},
    ],
    ids=["before the certificates", "another authority", "weak"],
)
def test_timestamp_of_a_plugin_covers_the_chain_and_is_genuine(changes):
    """PLG-064: the time, and where the root is enclosed the authority, are judged as a verifier would."""
    _check_token(stamped())
    _check_token(stamped(certificates=authority().ders))
    with pytest.raises(PluginError, match="attached an unusable timestamp"):
        _check_token(stamped(**changes))


@pytest.mark.parametrize(
    ("signed_after", "said_of_it"),
    [
        (timedelta(days=7000), "expires at 2"),
        (timedelta(hours=1, seconds=1), "expires at 2"),
        (timedelta(hours=-1), "has expired at"),
        (timedelta(days=-9), "has expired at"),
    ],
)
def test_signing_time_of_a_plugin_does_not_move_the_expiry(signed_after, said_of_it):
    """An hour from a made-up signing time is not an hour from now. Attack 158; SGN-002, PLG-061."""
    scenario = Scenario()
    plugin = FakePlugin(capabilities=BY_ENVELOPE, at=scenario.at + signed_after)
    with pytest.raises(SigningError, match=said_of_it) as caught:
        sign(scenario, signer_with(plugin), expires_in=timedelta(hours=1))
    assert caught.value.hint
    assert (
        list(scenario.repository.referrers(scenario.artifact, "application/vnd.cncf.notary.signature")) == []
    )


@pytest.mark.parametrize("signed_after", [timedelta(hours=1), timedelta(minutes=-59)])
def test_plugin_may_take_its_time_and_have_another_clock(signed_after):
    """What a signing service and its clock need is not taken for a made-up time. SGN-002."""
    scenario = Scenario()
    plugin = FakePlugin(capabilities=BY_ENVELOPE, at=scenario.at + signed_after)
    assert sign(scenario, signer_with(plugin), expires_in=timedelta(hours=1))
    assert scenario.verify().outcome.accepted


class WithoutExpiry(HonestPlugin):
    """Lets an asked-for expiry out, and is no plugin that `plugin.answers` looks at."""

    def sign_envelope(self, payload, format, _expires_in):  # noqa: A002
        request = SimpleNamespace(payload=payload, envelope_type=format.value, expires_in=None)
        data = self.envelope(request)
        return SignedEnvelope(data, verify_integrity(formats.parse(data, format), ChainMemo(1)), {})


def test_any_signer_of_envelopes_keeps_the_expiry():
    """Of whatever kind it is, as nobody else looks at the expiry of its envelopes. SGN-002."""
    with pytest.raises(SigningError, match="expires never, and was to expire at"):
        sign(Scenario(), WithoutExpiry(), expires_in=timedelta(hours=1))


@pytest.mark.parametrize(
    ("annotations", "said_of_it"),
    [
        ({f"com.example.{number}": "x" for number in range(5000)}, "more than 4096 members"),
        ({"com.example": "x" * (5 << 20)}, "is larger than 4194304 bytes"),
    ],
    ids=["many", "large"],
)
def test_annotations_that_no_verifier_would_read_are_not_pushed(annotations, said_of_it):
    """A signature that looks made and cannot be found again is none. Attack 158; SIG-039, PLG-062."""
    scenario = Scenario()
    plugin = FakePlugin(capabilities=BY_ENVELOPE, annotations=annotations)
    with pytest.raises(MalformedError, match=f"would be one that nobody reads: .*{said_of_it}"):
        sign(scenario, signer_with(plugin))
    assert (
        list(scenario.repository.referrers(scenario.artifact, "application/vnd.cncf.notary.signature")) == []
    )


def test_envelope_that_no_verifier_would_fetch_is_not_pushed():
    """As large as a plugin may answer, and larger than a reader takes. SIG-040."""
    scenario = Scenario()
    with pytest.raises(LimitError, match="signature blob too large: 33554433 bytes"):
        attach_signature(scenario.repository, (JWS.value, bytes((32 << 20) + 1)), scenario.artifact, {})
    assert (
        list(scenario.repository.referrers(scenario.artifact, "application/vnd.cncf.notary.signature")) == []
    )
