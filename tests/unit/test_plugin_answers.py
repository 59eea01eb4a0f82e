# SPDX-License-Identifier: Apache-2.0
"""What a plugin says is checked against what it was asked, whichever way it is run."""

from __future__ import annotations

import base64
import json

import pytest

from notation_py.algorithms import KeySpec
from notation_py.certificates.chain import chain_of
from notation_py.digest import HashAlgorithm
from notation_py.envelope.model import PAYLOAD_TYPE, EnvelopeFormat
from notation_py.envelope.payload import payload_for
from notation_py.errors import Outcome, PluginError, UsageError
from notation_py.plugin.answers import (
    describe_key,
    generate_envelope,
    generate_signature,
    plugin_metadata,
    verify_signature,
)
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
)
from notation_py.plugin.verification_messages import CapabilityResult, VerifySignatureRequest
from tests.simulator.envelopes import signature_of
from tests.simulator.fake_plugins import (
    IDENTITY,
    KEY_ID,
    REVOCATION,
    FakePlugin,
    HonestPlugin,
    changed,
    other_specs,
    raised,
    said,
)
from tests.simulator.pki import make_chain
from tests.simulator.scenario import Scenario

MESSAGE = b"what is signed"
PAYLOAD = payload_for(Scenario().artifact, {"k": "v"}).to_bytes(EnvelopeFormat.JWS)
SIGN = GenerateSignatureRequest(KEY_ID, KeySpec.EC_256, HashAlgorithm.SHA256, MESSAGE)
MAKE = GenerateEnvelopeRequest(KEY_ID, PAYLOAD_TYPE, EnvelopeFormat.JWS.value, PAYLOAD)
VERIFY = VerifySignatureRequest(
    PAYLOAD_TYPE, "notary.x509", (b"der",), ("*",), (IDENTITY, REVOCATION), unprocessed_attributes=("a", "b")
)


def encoded(data):
    """Return *data* in the base64 of plugin documents."""
    return base64.b64encode(data).decode()


def payload_with(**members):
    """Return the payload of `MAKE` with other members of its target."""
    document = json.loads(PAYLOAD)
    document["targetArtifact"].update(members)
    return json.dumps(document).encode()


def test_metadata_request_has_no_contract_version_and_the_configuration_if_any():
    """`{}` without configuration; asked every time. PLG-023, PLG-031, PLG-073."""
    plugin = FakePlugin()
    assert plugin_metadata(plugin, {}).version == "1.2.3"
    assert plugin_metadata(plugin, {"k": "v"}).name == plugin.name
    assert [request for _, request in plugin.requests] == [{}, {"pluginConfig": {"k": "v"}}]


@pytest.mark.parametrize(
    ("misbehave", "reason"),
    [
        (changed("get-plugin-metadata", name="other"), 'must be "notation-other" instead of "notation-test'),
        (changed("get-plugin-metadata", "name"), "empty name"),
        (changed("get-plugin-metadata", description=""), "empty description"),
        (changed("get-plugin-metadata", version=None), "empty version"),
        (changed("get-plugin-metadata", "url"), "empty url"),
        (changed("get-plugin-metadata", capabilities=[]), "empty capabilities"),
        (changed("get-plugin-metadata", supportedContractVersions=[]), "contract versions not specified"),
        (changed("get-plugin-metadata", supportedContractVersions=["2.0"]), '"1.0" is not in the list'),
        (changed("get-plugin-metadata", supportedContractVersions=["1.1"]), "supported versions [1.1]"),
        (changed("get-plugin-metadata", capabilities="all"), "capabilities: must be an array"),
        (changed("get-plugin-metadata", name=7), "name: must be a string"),
        (changed("get-plugin-metadata", description="x" * 65536), "is larger than 65536 bytes"),
    ],
    ids=["other-name", "name", "description", "version", "url", "capabilities", "versions", "major", "minor",
         "not-a-list", "not-text", "large"],
)  # fmt: skip
def test_metadata_that_is_not_the_plugins_is_refused(misbehave, reason):
    """Six members, the name asked for, the one contract version. Attack 157; PLG-035, PLG-036, PLG-040."""
    with pytest.raises(PluginError) as caught:
        plugin_metadata(FakePlugin(misbehave=misbehave), {})
    assert reason in caught.value.message
    assert caught.value.outcome is Outcome.PLUGIN


def test_unknown_members_and_capabilities_are_left_alone():
    """What a later contract adds is no reason to refuse. Attack 157; PLG-024, PLG-041."""
    plugin = FakePlugin(misbehave=changed("get-plugin-metadata", later=[1], capabilities=["LATER.THING"]))
    assert plugin_metadata(plugin, {}).capabilities == ("LATER.THING",)


@pytest.mark.parametrize(
    ("stdout", "reason"),
    [
        (b"", "is not strict JSON"),
        (b"null", "must be an object"),
        (b"[]", "must be an object"),
        (b"hello\n{}", "is not strict JSON"),
        (b'{"keyId":"key-1","keySpec":"EC-256"}\nbye', "trailing data"),
        (b'{"keyId":"x","keyId":"key-1","keySpec":"EC-256"}', "duplicate member"),
        (b'\xef\xbb\xbf{"keyId":"key-1","keySpec":"EC-256"}', "is not strict JSON"),
        (b'{"keyId":"key-1","keySpec":"RSA-1024"}', "is not one of"),
        (b'{"keyId":"key-1"}', "missing member 'keySpec'"),
        (b'{"errorCode":"ERROR","errorMessage":"no"}', "missing member 'keyId'"),
        (b"[" * 100, "nested deeper"),
    ],
    ids=["nothing", "null", "array", "noise-before", "noise-after", "duplicate", "bom", "weak", "missing",
         "error-document", "deep"],
)  # fmt: skip
def test_answer_that_is_not_one_document_is_refused(stdout, reason):
    """Exit code 0 with anything but the answer is a defect. Attacks 156, 157; PLG-020, PLG-028."""
    plugin = FakePlugin(misbehave=said("describe-key", stdout=stdout))
    with pytest.raises(PluginError, match="failed to unmarshal the response of describe-key") as caught:
        describe_key(plugin, DescribeKeyRequest(KEY_ID))
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("exit_code", "stderr", "reason", "code"),
    [
        (1, b'{"errorCode":"ACCESS_DENIED","errorMessage":"log in first"}', "log in first", "ACCESS_DENIED"),
        (1, b'{"errorCode":"THROTTLED"}', "THROTTLED", "THROTTLED"),
        (1, b'{"errorMessage":"only text","errorMetadata":{"k":"v"}}', "only text", ""),
        (7, b'{"errorCode":"TIMEOUT","errorMessage":"late"}', "late", "TIMEOUT"),
        (1, b'{"errorMetadata":{"k":"v"}}', "refused without a reason", ""),
        (1, b"", "with exit status 1", ""),
        (-9, b" \n", "with signal 9", ""),
        (1, b"boom", "is not strict JSON", ""),
        (1, b"{}", "incomplete json", ""),
        (1, b'{"errorCode":7}', "errorCode: must be a string", ""),
        (1, b'{"errorCode":"ERROR","errorMetadata":{"k":1}}', "must be a string", ""),
    ],
    ids=["refused", "code-alone", "no-code", "other-exit", "metadata-alone", "silent", "signal", "not-json",
         "empty", "wrong-type", "metadata-type"],
)  # fmt: skip
def test_failing_plugin_says_why(exit_code, stderr, reason, code):
    """The error document's text and code are shown, and whatever else it says. PLG-025, PLG-026, PLG-027."""
    stop = said("describe-key", stdout=b'{"keyId":"key-1"}', stderr=stderr, exit_code=exit_code)
    with pytest.raises(PluginError) as caught:
        describe_key(FakePlugin(misbehave=stop), DescribeKeyRequest(KEY_ID))
    assert reason in caught.value.message
    assert caught.value.code == code
    assert len(caught.value.message) < 4096


def test_retryable_errors_say_so():
    """`TIMEOUT` and `THROTTLED` may go away. PLG-027."""
    stop = said("describe-key", stderr=b'{"errorCode":"THROTTLED","errorMessage":"busy"}', exit_code=1)
    with pytest.raises(PluginError) as caught:
        describe_key(FakePlugin(misbehave=stop), DescribeKeyRequest(KEY_ID))
    assert caught.value.hint is not None
    assert "try again" in caught.value.hint


def test_key_is_described_as_asked():
    """The request has the contract version, the id and the configuration, nothing else. PLG-023, PLG-045."""
    plugin = FakePlugin()
    assert describe_key(plugin, DescribeKeyRequest(KEY_ID, {"k": "v"})).key_spec is KeySpec.EC_256
    assert plugin.asked("describe-key") == {
        "contractVersion": "1.0",
        "keyId": KEY_ID,
        "pluginConfig": {"k": "v"},
    }


@pytest.mark.parametrize(
    "request_", [DescribeKeyRequest("k\udcff"), DescribeKeyRequest("k", {"a": "\ud800"})]
)
def test_what_is_no_text_is_not_asked(request_):
    """Octets that are no UTF-8 stand in no document. PLG-020, PLG-073."""
    plugin = FakePlugin()
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        describe_key(plugin, request_)
    assert plugin.requests == []


def test_description_of_another_key_is_refused():
    """Attack 158; PLG-045."""
    with pytest.raises(PluginError, match='keyID in describeKey response "x" does not match request "key-1"'):
        describe_key(FakePlugin(misbehave=changed("describe-key", keyId="x")), DescribeKeyRequest(KEY_ID))


@pytest.mark.parametrize("key_type", ["RSA-2048", "RSA-3072", "EC-256", "EC-521"])
def test_signature_over_the_payload_is_taken(key_type):
    """What was sent is hashed and signed by the algorithm of the key. PLG-029, PLG-050, PLG-051."""
    plugin = FakePlugin(HonestPlugin(make_chain(key_type, 2)))
    spec = KeySpec(key_type)
    hashed = {"RSA-2048": "SHA-256", "RSA-3072": "SHA-384", "EC-256": "SHA-256", "EC-521": "SHA-512"}[
        key_type
    ]
    algorithm = HashAlgorithm[hashed.replace("-", "")]
    answer, verified = generate_signature(plugin, GenerateSignatureRequest(KEY_ID, spec, algorithm, MESSAGE))
    assert answer.certificate_chain == tuple(plugin.plugin.chain.ders)
    assert verified == (chain_of(answer.certificate_chain), MESSAGE, answer.signature)
    assert plugin.asked("generate-signature") == {
        "contractVersion": "1.0",
        "keyId": KEY_ID,
        "keySpec": key_type,
        "hashAlgorithm": hashed,
        "payload": encoded(MESSAGE),
    }


CHAIN = make_chain("EC-256", 2)
LARGER = HonestPlugin(make_chain("EC-384", 2))


def ders(plugin):
    """Return the chain of *plugin* as its answer has it."""
    return [encoded(der) for der in plugin.chain.ders]


def signed(plugin, message):
    """Return *plugin*'s signature over *message* as its answer has it."""
    return encoded(plugin.signer.sign(message).signature)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"keyId": "other"}, 'keyID in generateSignature response "other" does not match request'),
        ({"signature": encoded(signature_of(CHAIN.keys[-1], MESSAGE, "ES256"))}, "signature is invalid"),
        ({"signature": signed(HonestPlugin(), b"other")}, "signature is invalid"),
        ({"signature": encoded(b"\x30\x06\x02\x01\x01\x02\x01\x01")}, "signature is invalid"),
        ({"signature": ""}, "signature: is empty"),
        ({"signature": "AA=A"}, "base64"),
        ({"signature": encoded(b"x")[:-1]}, "base64"),
        ({"certificateChain": ders(LARGER)}, "determines ECDSA-SHA-384"),
        ({"certificateChain": ders(LARGER), "signature": signed(LARGER, MESSAGE)}, "determines ECDSA-S"),
        ({"certificateChain": []}, "certificate chain is not present"),
        ({"certificateChain": [encoded(b"x")]}, "certificate-chain is invalid"),
        ({"certificateChain": ders(HonestPlugin())[:1]}, "self-signed"),
        ({"certificateChain": ders(HonestPlugin())[::-1]}, "failed verification"),
        ({"signingAlgorithm": "ECDSA-SHA-384"}, "signingAlgorithm in generateSignature response"),
        ({"signingAlgorithm": "RSASSA-PSS-SHA-256"}, "signingAlgorithm in generateSignature response"),
        ({"signingAlgorithm": "ECDSA-SHA-1"}, "is not one of"),
        ({"signingAlgorithm": "RSASSA-PKCS1-v1_5-SHA-256"}, "is not one of"),
    ],
    ids=["key-id", "other-key", "other-message", "der", "empty", "base64", "unpadded", "other-chain",
         "other-chain-and-key", "no-chain", "no-certificate", "leaf-alone", "reversed", "larger-algorithm",
         "other-family", "sha1", "pkcs1"],
)  # fmt: skip
def test_signature_that_was_not_asked_for_is_refused(members, reason):
    """Another key, chain, algorithm, encoding or message never gets into an envelope.

    Attack 158; PLG-029, PLG-051, PLG-052, R-30.
    """
    with pytest.raises(PluginError) as caught:
        generate_signature(FakePlugin(misbehave=changed("generate-signature", **members)), SIGN)
    assert reason in caught.value.message
    assert caught.value.outcome is Outcome.PLUGIN


@pytest.mark.parametrize("spec", list(other_specs(KeySpec.EC_256)), ids=str)
def test_algorithm_is_that_of_the_described_key(spec):
    """A key described as one type and signing with another is refused. Attack 158; PLG-052."""
    hashed = {"2": HashAlgorithm.SHA256, "3": HashAlgorithm.SHA384}.get(str(spec)[3:4], HashAlgorithm.SHA512)
    with pytest.raises(PluginError):
        generate_signature(FakePlugin(), GenerateSignatureRequest(KEY_ID, spec, hashed, MESSAGE))


@pytest.mark.parametrize("format", list(EnvelopeFormat), ids=["jws", "cose"])
def test_envelope_over_the_payload_is_taken(format):  # noqa: A002
    """Type, content type, payload and expiry go into the request; the envelope comes back intact. PLG-061."""
    plugin = FakePlugin(annotations={"com.example.build": "7"})
    request = GenerateEnvelopeRequest(KEY_ID, PAYLOAD_TYPE, format.value, PAYLOAD, 60, {"k": "v"})
    answer, intact = generate_envelope(plugin, request)
    assert answer.annotations == {"com.example.build": "7"}
    assert intact.envelope.payload == PAYLOAD
    assert plugin.asked("generate-envelope") == {
        "contractVersion": "1.0",
        "keyId": KEY_ID,
        "payloadType": PAYLOAD_TYPE,
        "signatureEnvelopeType": format.value,
        "payload": encoded(PAYLOAD),
        "expiryDurationInSeconds": 60,
        "pluginConfig": {"k": "v"},
    }


def over(payload, **fields):
    """Return the answer of an honest plugin that was asked to sign *payload*, as members."""
    request = GenerateEnvelopeRequest(KEY_ID, PAYLOAD_TYPE, fields.pop("type", MAKE.envelope_type), payload)
    return {"signatureEnvelope": encoded(HonestPlugin(**fields).envelope(request))}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"signatureEnvelopeType": EnvelopeFormat.COSE.value}, "does not match request"),
        (over(PAYLOAD, type=EnvelopeFormat.COSE.value), "failed verification"),
        ({"signatureEnvelope": encoded(b"{}")}, "failed verification"),
        ({"signatureEnvelope": ""}, "signatureEnvelope: is empty"),
        (over(payload_with(size=1)), "signed another payload"),
        (over(payload_with(digest="sha256:" + "0" * 64)), "signed another payload"),
        (over(payload_with(mediaType="a/b")), "signed another payload"),
        (over(payload_with(annotations={})), "signed another payload"),
        (over(payload_with(annotations={"k": "w"})), "signed another payload"),
        (over(payload_with(annotations={"k": "v", "added": "1"})), "signed another payload"),
        (over(payload_with(annotations={"k": "v", "io.cncf.notary.x": "1"})), "signed another payload"),
        (over(payload_with(artifactType="a/b")), "signed another payload"),
        (over(payload_with(urls=["https://a.test"])), "signed another payload"),
        (over(payload_with(foreign=1)), "signed another payload"),
        (over(PAYLOAD[:-1] + b',"foreign":1}'), "signed another payload"),
        (over(b'{"targetArtifact":{}}'), "failed verification"),
        ({"annotations": {"k": 1}}, "must be a string"),
        ({"annotations": []}, "must be an object"),
    ],
    ids=["other-type", "lied-about-type", "no-envelope", "empty", "size", "digest", "media-type", "dropped",
         "changed", "added", "reserved", "artifact-type", "urls", "foreign-in-target", "foreign-in-payload",
         "no-target", "annotation-type", "annotations-type"],
)  # fmt: skip
def test_envelope_about_something_else_is_refused(members, reason):
    """Neither changed nor added to is what was to be signed. Attack 158; PLG-060 to PLG-063, R-30."""
    with pytest.raises(PluginError) as caught:
        generate_envelope(FakePlugin(misbehave=changed("generate-envelope", **members)), MAKE)
    assert reason in caught.value.message


@pytest.mark.parametrize("made", [None, 61], ids=["never-expires", "later"])
def test_envelope_that_expires_later_than_asked_for_is_refused(made):
    """An expiry that was asked for is there. Attack 158; SGN-002."""
    wanted = GenerateEnvelopeRequest(KEY_ID, PAYLOAD_TYPE, MAKE.envelope_type, PAYLOAD, 60)
    other = GenerateEnvelopeRequest(KEY_ID, PAYLOAD_TYPE, MAKE.envelope_type, PAYLOAD, made)
    answer = changed("generate-envelope", signatureEnvelope=encoded(HonestPlugin().envelope(other)))
    with pytest.raises(PluginError, match="does not expire within 60 seconds"):
        generate_envelope(FakePlugin(misbehave=answer), wanted)


def test_verdicts_that_were_asked_for_are_taken_and_others_named():
    """Results nobody asked for do not count, and are told. PLG-101."""
    results = {
        IDENTITY: {"success": True},
        REVOCATION: {"success": False, "reason": "why"},
        "OTHER": {"success": True},
    }
    plugin = FakePlugin(misbehave=changed("verify-signature", verificationResults=results))
    answer, unasked = verify_signature(plugin, VERIFY)
    assert answer.results[REVOCATION] == CapabilityResult(success=False, reason="why")
    assert unasked == ("OTHER",)


GOOD = {"success": True}


@pytest.mark.parametrize(
    ("members", "dropped", "reason"),
    [
        ({"verificationResults": {IDENTITY: GOOD}}, (), "failed to verify"),
        ({"verificationResults": {}}, (), "failed to verify"),
        ({"verificationResults": {IDENTITY: GOOD, REVOCATION: None}}, (), "must be an object"),
        ({"verificationResults": {IDENTITY: GOOD, REVOCATION: {}}}, (), "missing member 'success'"),
        ({"verificationResults": {IDENTITY: GOOD, REVOCATION: {"success": "true"}}}, (), "true or false"),
        ({"verificationResults": {IDENTITY: GOOD, REVOCATION: {"success": 1}}}, (), "true or false"),
        ({"verificationResults": {IDENTITY: GOOD, REVOCATION: {"success": False}}}, (), "without a reason"),
        ({}, ("verificationResults",), "missing member"),
        ({}, ("processedAttributes",), "processedAttributes"),
        ({"processedAttributes": None}, (), "processedAttributes"),
        ({"processedAttributes": ["a"]}, (), '"b" was not processed'),
        ({"processedAttributes": ["A", "B"]}, (), '"a" was not processed'),
        ({"processedAttributes": [["a", "b"]]}, (), "must be a string"),
    ],
    ids=["one-missing", "all-missing", "null", "no-success", "text", "number", "no-reason", "no-results",
         "no-attributes", "null-attributes", "one-omitted", "other-case", "nested"],
)  # fmt: skip
def test_verdict_with_a_hole_is_none(members, dropped, reason):
    """Missing is not success, and every critical attribute is processed. Attack 159; PLG-101 to PLG-104."""
    plugin = FakePlugin(misbehave=changed("verify-signature", *dropped, **members))
    with pytest.raises(PluginError) as caught:
        verify_signature(plugin, VERIFY)
    assert reason in caught.value.message


def test_runner_that_cannot_run_is_reported_as_it_says():
    """Whatever the runner raises reaches the caller. PLG-022, PLG-032."""
    with pytest.raises(PluginError, match="took longer than 5 s"):
        describe_key(
            FakePlugin(misbehave=raised("describe-key", PluginError("took longer than 5 s"))),
            DescribeKeyRequest(KEY_ID),
        )
