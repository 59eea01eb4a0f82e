# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas of the plugin contract that ship with the package say what the typed messages say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from notation_py.algorithms import ALGORITHMS, KeySpec
from notation_py.digest import HashAlgorithm
from notation_py.envelope.model import PAYLOAD_TYPE, EnvelopeFormat
from notation_py.errors import MalformedError, PluginError
from notation_py.plugin.answers import describe_key, generate_envelope, generate_signature, plugin_metadata
from notation_py.plugin.contract import Command
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    KeyDescription,
    MetadataRequest,
    PluginMetadata,
)
from notation_py.plugin.verification_messages import (
    CapabilityResult,
    VerifySignatureAnswer,
    VerifySignatureRequest,
)
from notation_py.schema import check_schema
from tests.simulator.fake_plugins import IDENTITY, KEY_ID, REVOCATION, FakePlugin, HonestPlugin, changed

CONFIG = {"k": "v"}
AT = datetime(2026, 6, 1, tzinfo=UTC)
SIGN = GenerateSignatureRequest(KEY_ID, KeySpec.EC_256, HashAlgorithm.SHA256, b"message", CONFIG)
MAKE = GenerateEnvelopeRequest(KEY_ID, PAYLOAD_TYPE, EnvelopeFormat.JWS.value, b"{}", 60, CONFIG)
REQUESTS = {
    Command.GET_PLUGIN_METADATA: MetadataRequest(CONFIG),
    Command.DESCRIBE_KEY: DescribeKeyRequest(KEY_ID, CONFIG),
    Command.GENERATE_SIGNATURE: SIGN,
    Command.GENERATE_ENVELOPE: MAKE,
    Command.VERIFY_SIGNATURE: VerifySignatureRequest(
        PAYLOAD_TYPE,
        "notary.x509.signingAuthority",
        (b"leaf", b"root"),
        ("*",),
        (IDENTITY, REVOCATION),
        AT,
        AT,
        "plugin",
        "1.0.0",
        {"a": 1, "b": None, "c": "x", "d": True, "e": 1.5},
        ("a",),
        CONFIG,
    ),
}
ANSWERS = {
    Command.GET_PLUGIN_METADATA: HonestPlugin().metadata({}),
    Command.DESCRIBE_KEY: KeyDescription(KEY_ID, KeySpec.RSA_2048),
    Command.GENERATE_SIGNATURE: GeneratedSignature(KEY_ID, b"s", ALGORITHMS[0], (b"leaf", b"root")),
    Command.GENERATE_ENVELOPE: GeneratedEnvelope(b"{}", EnvelopeFormat.COSE.value, {"a": "b"}),
    Command.VERIFY_SIGNATURE: VerifySignatureAnswer(
        {IDENTITY: CapabilityResult(success=True), REVOCATION: CapabilityResult(success=False, reason="why")},
        ("a",),
    ),
}
READERS = {
    f"{Command.DESCRIBE_KEY}.request": DescribeKeyRequest.from_json,
    f"{Command.GENERATE_SIGNATURE}.request": GenerateSignatureRequest.from_json,
    f"{Command.GENERATE_ENVELOPE}.request": GenerateEnvelopeRequest.from_json,
    f"{Command.VERIFY_SIGNATURE}.request": VerifySignatureRequest.from_json,
    f"{Command.DESCRIBE_KEY}.response": KeyDescription.from_json,
    f"{Command.GENERATE_SIGNATURE}.response": GeneratedSignature.from_json,
    f"{Command.GENERATE_ENVELOPE}.response": GeneratedEnvelope.from_json,
    f"{Command.VERIFY_SIGNATURE}.response": VerifySignatureAnswer.from_json,
}
DOCUMENTS = {f"{command}.request": message.to_json() for command, message in REQUESTS.items()} | {
    f"{command}.response": message.to_json() for command, message in ANSWERS.items()
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_message_conforms_to_its_schema(name):
    """What we write is what the schema describes; it is read back as it was. PLG-023, PLG-029, PLG-040."""
    document = json.loads(json.dumps(DOCUMENTS[name]))
    assert check_schema(document, f"plugin.{name}") is None
    assert check_schema({**document, "later": [1]}, f"plugin.{name}") is None
    command, _, side = name.partition(".")
    message = (REQUESTS if side == "request" else ANSWERS)[Command(command)]
    assert type(message).from_json(document) == message


def required(name):
    """Return the members that the schema *name* requires."""
    text = files("notation_py").joinpath("schemas", f"plugin.{name}.schema.json").read_text("utf-8")
    return json.loads(text).get("required", [])


@pytest.mark.parametrize(
    ("name", "member"),
    [(name, member) for name in READERS for member in required(name) if member != "contractVersion"],
)
def test_required_member_is_required_by_the_reader_too(name, member):
    """Absent or of another type, schema and reader refuse alike. PLG-028, PLG-110."""
    document = DOCUMENTS[name]
    for wrong in (
        {key: value for key, value in document.items() if key != member},
        {**document, member: 7},
        {**document, member: None},
    ):
        with pytest.raises(MalformedError):
            check_schema(wrong, f"plugin.{name}")
        with pytest.raises(MalformedError):
            READERS[name](wrong)


def places(value, path=()):
    """Yield the path of everything in *value*, at any depth."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(value[key], (*path, key))


def spoiled(document, path):
    """Yield *document* with something else at *path*, or nothing; not null, which Go reads as nothing."""
    for wrong in (0, 7, 1.5, True, "", "word", [], ["word"], [0], {}, {"a": {}}, "gone"):
        copy = json.loads(json.dumps(document))
        holder = copy
        for key in path[:-1]:
            holder = holder[key]
        if wrong == "gone":
            del holder[path[-1]]
        else:
            holder[path[-1]] = wrong
        yield copy


LATER = {
    "generate-signature.response": {"certificateChain"},  # as a chain
    "generate-envelope.response": {"signatureEnvelopeType"},  # beside the request
    "verify-signature.response": {"verificationResults"},  # a refusal without a reason
}
"""What is judged with more than the message, by `plugin.answers`."""


@pytest.mark.parametrize("name", READERS)
def test_reader_accepts_nothing_that_the_schema_refuses(name):
    """At every depth, whatever stands there. PLG-028, PLG-110."""
    looser = []
    for path in places(DOCUMENTS[name]):
        if path == ("contractVersion",) or path[0] in LATER.get(name, ()):
            continue  # the version is compared before the reader is asked
        for wrong in spoiled(DOCUMENTS[name], path):
            try:
                READERS[name](wrong)
            except MalformedError:
                continue
            try:
                check_schema(wrong, f"plugin.{name}")
            except MalformedError:
                looser.append((path, wrong))
    assert looser == []


@pytest.mark.parametrize("reason", [[], 0, False, {}, 7])
def test_reason_is_a_text(reason):
    """What looks like nothing is no reason either. PLG-028, PLG-102."""
    with pytest.raises(MalformedError):
        VerifySignatureAnswer.from_json(
            {
                "verificationResults": {IDENTITY: {"success": True, "reason": reason}},
                "processedAttributes": [],
            }
        )


@pytest.mark.parametrize("member", required("get-plugin-metadata.response"))
def test_member_of_the_metadata_is_required_by_both(member):
    """Six members, none empty. PLG-040."""
    document = DOCUMENTS["get-plugin-metadata.response"]
    empty = type(document[member])()
    with pytest.raises(MalformedError):
        check_schema({**document, member: empty}, "plugin.get-plugin-metadata.response")
    with pytest.raises(PluginError):
        plugin_metadata(FakePlugin(misbehave=changed("get-plugin-metadata", **{member: empty})), {})


def test_answers_of_an_honest_plugin_conform():
    """The documents that go over the wire, not only those made here. PLG-041, PLG-051."""
    said = []

    def note(command, _request, result):
        said.append((command, json.loads(result.stdout)))
        return result

    plugin = FakePlugin(misbehave=note)
    plugin_metadata(plugin, {})
    describe_key(plugin, DescribeKeyRequest(KEY_ID))
    generate_signature(plugin, SIGN)
    with pytest.raises(PluginError):  # `{}` is no payload; the answer is well formed all the same
        generate_envelope(plugin, MAKE)
    assert [command for command, _ in said] == list(Command)[:4]
    for command, document in said:
        check_schema(document, f"plugin.{command}.response")


@pytest.mark.parametrize(
    ("document", "conforms"),
    [
        ({"errorCode": "ERROR", "errorMessage": "x", "errorMetadata": {"k": "v"}}, True),
        ({"errorMessage": "x"}, True),
        ({}, False),
        ({"errorCode": 1}, False),
        ({"errorCode": "ERROR", "errorMetadata": {"k": 1}}, False),
    ],
)
def test_error_document_has_a_schema(document, conforms):
    """At least one of three members. PLG-026."""
    if conforms:
        assert check_schema(document, "plugin.error") is None
    else:
        with pytest.raises(MalformedError):
            check_schema(document, "plugin.error")


def test_there_is_a_schema_for_each_document_and_no_other():
    """Five commands, two sides, and the error document. PLG-021."""
    schemas = {path.name for path in files("notation_py").joinpath("schemas").iterdir()}
    wanted = {f"plugin.{name}.schema.json" for name in (*DOCUMENTS, "error")}
    assert {name for name in schemas if name.startswith("plugin.")} == wanted
    assert isinstance(ANSWERS[Command.GET_PLUGIN_METADATA], PluginMetadata)
