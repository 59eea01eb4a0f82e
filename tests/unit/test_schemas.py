# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas of the package: each says what it is for, takes what we write, refuses what is wrong."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from notation_py.adapters.configuration import remove_login
from notation_py.adapters.crl_cache import DirectoryCrlCache
from notation_py.adapters.directories import Directories
from notation_py.adapters.index_entries import IndexEntry, write_index
from notation_py.adapters.plugin_records import record_bytes
from notation_py.adapters.signing_keys import SigningKey, SigningKeys
from notation_py.encoding import decode_base64url
from notation_py.envelope import formats
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import MalformedError
from notation_py.registry.signatures import SIGNATURE_TYPE, ManifestForm
from notation_py.revocation.cache import CrlBundle
from notation_py.schema import check_schema
from tests.conformance.upstream import entries, vector
from tests.simulator.documents import assert_output_conforms, schema, schema_names, schema_of_output
from tests.simulator.envelopes import header
from tests.simulator.scenario import Scenario

ROOT = Path(__file__).parents[2]
TESTED_APART = ("plugin.", "trustpolicy.", "output.", "conformance.")
"""Schemas whose documents other tests produce: of plugins, policies, commands, and the conformance suite."""


def without_description(value: Any, path: str = "") -> Iterator[str]:
    """Yield the members of a schema that nobody explains."""
    if isinstance(value, dict):
        members = value.get("properties", {})
        conditional = re.search(r"/(?:if|then|else)(?:/|$)", path)
        yield from (
            f"{path}/{name}" for name, one in members.items() if "description" not in one and not conditional
        )
        for name, one in value.items():
            yield from without_description(one, f"{path}/{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from without_description(one, f"{path}/{index}")


@pytest.mark.parametrize("name", schema_names())
def test_schema_says_what_it_is_for(name: str) -> None:
    """A schema of its draft, with an id of its own, a title, and a description of each member. TP-006."""
    found = schema(name)
    Draft202012Validator.check_schema(found)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert found["$id"] == f"urn:notation-py:schema:{name}"
    assert found["title"]
    assert "SPDX-License-Identifier: Apache-2.0" in found["$comment"]
    assert list(without_description(found)) == []


def test_table_of_schemas_is_complete() -> None:
    """specs/README.md has a row for each schema, and the modules that it names exist. TP-006."""
    text = (ROOT / "specs" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.*-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    named = [row[0] for row in rows]
    assert [name for name in schema_names() if sum(fnmatch(name, one) for one in named) != 1] == []
    assert [one for one in named if not any(fnmatch(name, one) for name in schema_names())] == []
    modules = re.findall(r"`([\w/]+\.py)`", " ".join(cell for row in rows for cell in row[2:]))
    assert [module for module in modules if not (ROOT / "notation_py" / module).is_file()] == []


KEYS = SigningKeys(
    "k1",
    (
        SigningKey("k1", "/k/k1.key", "/k/k1.crt"),
        SigningKey("k2", id="remote", plugin_name="com.example.plugin", plugin_config={"a": "b"}),
    ),
)


def cached(directory: Path, bundle: CrlBundle) -> bytes:
    """Return the file in which a cache keeps *bundle*."""
    DirectoryCrlCache(directory, pytest.fail).store("http://a.test/crl", bundle)
    (path,) = directory.iterdir()
    return path.read_bytes()


def after_logout(directory: Path) -> bytes:
    """Return a `config.json` out of which a login was taken."""
    place = Directories(directory, directory, directory)
    place.configuration_file.write_text('{"auths":{"a.test":{}},"signatureFormat":"COSE","other":1}')
    assert remove_login(place, "a.test")
    return place.configuration_file.read_bytes()


def index_of_signatures() -> bytes:
    """Return an index of two signatures, as a tag holds it."""
    scenario = Scenario()
    scenario.sign()
    scenario.sign(form=ManifestForm.CONFIG_TYPE)
    listed = scenario.repository.referrers(scenario.artifact, SIGNATURE_TYPE)
    return write_index(map(IndexEntry.of, listed))


def written(name: str, directory: Path) -> list[bytes]:
    """Return documents of the schema *name* as our program writes them."""
    scenario = Scenario()
    signed = scenario.sign(expires_in=timedelta(days=1), user_metadata={"a": "b"})
    envelope = json.loads(signed.envelope)
    older = scenario.sign(form=ManifestForm.CONFIG_TYPE)
    match name:
        case "signingkeys":
            return [KEYS.to_bytes(), SigningKeys().to_bytes()]
        case "config":
            return [after_logout(directory)]
        case "installed-plugin":
            return [record_bytes({"notation-x": "ab" * 32, "LICENSE": "01" * 32})]
        case "crl-cache":
            bundles = (CrlBundle(b"base"), CrlBundle(b"base", b"delta"))
            return [cached(directory / str(number), bundle) for number, bundle in enumerate(bundles)]
        case "signature.manifest":
            return [scenario.repository.content[str(one.manifest.digest)] for one in (signed, older)]
        case "signature.payload":
            cose = formats.parse(scenario.sign(format=EnvelopeFormat.COSE).envelope, EnvelopeFormat.COSE)
            return [decode_base64url(envelope["payload"], at="payload"), cose.payload]
        case "envelope.jws":
            return [signed.envelope, older.envelope]
        case "envelope.jws-protected":
            return [decode_base64url(envelope["protected"], at="protected")]
        case "referrers.index":
            return [index_of_signatures(), write_index([])]
        case _:
            raise AssertionError(name)


HERE = [name for name in schema_names() if not name.startswith(TESTED_APART)]


@pytest.mark.parametrize("name", HERE)
def test_what_we_write_conforms(name: str, tmp_path: Path) -> None:
    """Every document, in each of its forms. CFG-006, REV-080, SIG-001, SIG-004, PAY-001, JWS-001."""
    documents = [json.loads(data) for data in written(name, tmp_path)]
    assert documents
    for document in documents:
        assert check_schema(document, name) is None


GOOD: dict[str, Any] = {
    "signingkeys": {"default": "a", "keys": [{"name": "a", "keyPath": "/a", "certPath": "/b"}]},
    "config": {"insecureRegistries": ["a.test"], "hardened": True},
    "installed-plugin": {"version": "1", "sha256": {"a": "ab" * 32}},
    "crl-cache": {"baseCRL": "YQ=="},
    "envelope.jws": {"payload": "e30", "protected": "e30", "header": {"x5c": ["YQ=="]}, "signature": "YQ"},
    "envelope.jws-protected": header(),
}
ABSENT = object()


@pytest.mark.parametrize(
    ("name", "member", "value"),
    [
        ("signingkeys", "keys", [{"keyPath": "/a"}]),
        ("signingkeys", "keys", [{"name": ""}]),
        ("signingkeys", "keys", {}),
        ("signingkeys", "default", ""),
        ("config", "signatureFormat", "pgp"),
        ("config", "insecureRegistries", "a.test"),
        ("config", "hardened", "yes"),
        ("config", "tokenRealms", {"a.test": "b.test"}),
        ("installed-plugin", "version", "2"),
        ("installed-plugin", "sha256", {"a": "AB" * 32}),
        ("installed-plugin", "sha256", ABSENT),
        ("crl-cache", "baseCRL", ABSENT),
        ("crl-cache", "baseCRL", "YQ="),
        ("crl-cache", "baseCrl", "YQ=="),
        ("envelope.jws", "payload", "e30="),
        ("envelope.jws", "kid", "1"),
        ("envelope.jws", "header", {"x5c": []}),
        ("envelope.jws", "signature", ""),
        ("envelope.jws-protected", "alg", "RS256"),
        ("envelope.jws-protected", "crit", ABSENT),
        ("envelope.jws-protected", "crit", ["alg"]),
        ("envelope.jws-protected", "cty", "application/json"),
        ("envelope.jws-protected", "b64", False),
        ("envelope.jws-protected", "io.cncf.notary.signingScheme", "notary.x509.signingAuthority"),
        ("envelope.jws-protected", "io.cncf.notary.signingTime", "2026-06-01"),
        ("envelope.jws-protected", "io.cncf.notary.authenticSigningTime", "2026-06-01T12:00:00Z"),
    ],
)
def test_wrong_document_does_not_conform(name: str, member: str, value: Any) -> None:
    """One fault in a good document. CFG-005, CFG-006, JWS-002, JWS-013, JWS-018."""
    check_schema(GOOD[name], name)
    wrong = {key: one for key, one in GOOD[name].items() if key != member}
    with pytest.raises(MalformedError):
        check_schema(wrong if value is ABSENT else {**wrong, member: value}, name)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("artifactType",), "application/other"),
        (("config", "mediaType"), SIGNATURE_TYPE),
        (("layers",), []),
        (("layers", 0, "mediaType"), "text/html"),
        (("subject", "digest"), "sha256:00"),
        (("subject", "size"), -1),
        (("annotations",), {}),
        (("schemaVersion",), 1),
    ],
)
def test_wrong_manifest_does_not_conform(place: tuple[str | int, ...], value: Any, tmp_path: Path) -> None:
    """One fault in a manifest of ours. SIG-002, SIG-003, SIG-006, SIG-008, SIG-009."""
    document = json.loads(written("signature.manifest", tmp_path)[0])
    target = document
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    with pytest.raises(MalformedError):
        check_schema(document, "signature.manifest")


def test_wrong_payload_and_index_do_not_conform() -> None:
    """Reserved annotations, sizes that are no numbers, entries without digest. PAY-003, PAY-006, SIG-026."""
    target = {"mediaType": "a/b", "digest": f"sha256:{'ab' * 32}", "size": 1}
    check_schema({"targetArtifact": target}, "signature.payload")
    for change in ({"size": "1"}, {"digest": "ab"}, {"annotations": {"io.cncf.notary.x": "y"}}):
        with pytest.raises(MalformedError):
            check_schema({"targetArtifact": target | change}, "signature.payload")
    check_schema({"schemaVersion": 2, "manifests": [target]}, "referrers.index")
    with pytest.raises(MalformedError):
        check_schema({"schemaVersion": 2, "manifests": [{"mediaType": "a/b"}]}, "referrers.index")


def go_fixtures() -> list[Any]:
    """Return what the Go program's tests hold: a schema, a file, and whether it conforms."""
    found = [
        ("envelope.jws", entry["file"], True)
        for entry in entries("envelopes")
        if entry["format"] == "JWS" and entry["expect"] == "accept"
    ]
    for entry in entries("config"):
        if entry["document"] == "configuration":
            found.append(("config", entry["file"], True))
        elif entry["expect"] == "accept":
            found.append(("signingkeys", entry["file"], True))
    for entry in entries("oci-layout"):
        data = vector(entry["file"]).read_bytes()
        if data.startswith(b"{") and b'"manifests"' in data:
            found.append(("referrers.index", entry["file"], True))
        elif data.startswith(b"{") and SIGNATURE_TYPE.encode() in data:
            found.append(("signature.manifest", entry["file"], "layer is no envelope" not in entry["reason"]))
    return [pytest.param(*one, id=one[1]) for one in found]


@pytest.mark.parametrize(("name", "file", "conforms"), go_fixtures())
def test_fixture_of_the_go_program_conforms(name: str, file: str, conforms: bool) -> None:
    """What the Go program wrote is of our forms. CFG-005, CFG-006, JWS-001, SIG-003, SIG-004, SIG-026."""
    data = vector(file).read_bytes()
    document = json.loads(base64.b64decode(data) if file.endswith(".b64") else data)
    if conforms:
        assert check_schema(document, name) is None
    else:
        with pytest.raises(MalformedError):
            check_schema(document, name)


def test_fixtures_are_of_every_kind() -> None:
    """The vectors hold each of the five documents, and both forms of the manifest. SIG-003, SIG-004."""
    kinds = [(param.values[0], param.values[2]) for param in go_fixtures()]
    assert set(kinds) == {
        ("config", True),
        ("signingkeys", True),
        ("envelope.jws", True),
        ("referrers.index", True),
        ("signature.manifest", True),
        ("signature.manifest", False),
    }
    assert len(kinds) > 40


@pytest.mark.parametrize(
    "arguments", [("verify", "-o", "json"), ("blob", "inspect", "x", "--output", "json")]
)
def test_output_of_another_form_is_seen(arguments: tuple[str, ...]) -> None:
    """The check that every command of a test goes through can fail. VER-080, CLI-009."""
    with pytest.raises(MalformedError):
        assert_output_conforms(arguments, '{"verifications":[{"reference":1}]}')
    assert schema_of_output(("verify", "x")) is None
    assert schema_of_output(("blob", "verify", "--output=json")) == "output.verify"
