# SPDX-License-Identifier: Apache-2.0
"""The program as a whole, in both kinds of registry and in a layout: its texts, its JSON, its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.simulator import pki
from tests.simulator.commands import Command, Ran, Settings, our_program, statement
from tests.simulator.images import blob_path, tamper_layout
from tests.simulator.places import LayoutPlace, Place, Placed, RegistryPlace

pytestmark = pytest.mark.interop

SIGNATURE = "application/vnd.cncf.notary.signature"
CHAIN = pki.make_chain("EC-256", 2, subject="alice")
STRANGER = pki.make_chain("EC-384", 1, subject="mallory")
ALL_FAILED = "Error: signature verification failed for all the signatures associated with {}"
TAG_WARNING = (
    "Warning: Always {verb} the artifact using digest(@sha256:...) rather than a tag(:v1) "
    "because {because}.\n"
)
MUTABLE = "tags are mutable and a tag reference can point to a different artifact than the one signed"
RESOLVED = "resolved digest may not point to the same signed artifact, as tags are mutable"


@dataclass(frozen=True, slots=True)
class World:
    """Our program, its settings, and a place with repositories of this test alone."""

    program: Command
    settings: Settings
    place: Place
    prefix: str

    def put(self, repository: str, text: str = "hello") -> Placed:
        return self.place.put(f"{self.prefix}/{repository}", "v1", text)

    def scope(self, repository: str) -> str:
        return self.place.scope(f"{self.prefix}/{repository}")

    def by_tag(self, placed: Placed) -> str:
        return f"{placed.name}:v1"

    def sign(self, reference: str, *words: str) -> str:
        """Sign, and return the digest of the signature's manifest."""
        out = self.program.done("sign", *self.place.words, *words, reference).out
        return out.splitlines()[1].rpartition("@")[2]

    def verify(self, placed: Placed, *words: str) -> Ran:
        return self.program("verify", *self.place.verify_words(placed), *words, placed.reference)

    def run(self, command: str, placed: Placed, *words: str) -> Ran:
        return self.program(command, *self.place.words, *words, placed.reference)


@pytest.fixture(params=["docker_registry", "olareg_registry", "layout"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Each place in turn."""
    if request.param == "layout":
        return world_in(LayoutPlace(tmp_path / "layouts"), tmp_path)
    return world_in(RegistryPlace(request.getfixturevalue(request.param).host, ()), tmp_path)


@pytest.fixture
def layout_world(tmp_path: Path) -> World:
    """Only a layout, whose files a test can damage."""
    return world_in(LayoutPlace(tmp_path / "layouts"), tmp_path)


def world_in(place: Place, tmp_path: Path) -> World:
    """Return a world with the key `k`, another `stranger`, and a statement that trusts the first."""
    settings = Settings(tmp_path / "settings")
    settings.add_key("k", CHAIN)
    settings.add_key("stranger", STRANGER)
    settings.trust("s", CHAIN)
    settings.policy(statement("all", stores=["ca:s"]))
    return World(our_program(settings), settings, place, tmp_path.name.lower())


def shown(ran: Ran) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error, whose hints are for people and free to change."""
    lines = ran.err.splitlines(keepends=True)
    return ran.code, ran.out, "".join(line for line in lines if not line.startswith("Hint: "))


def test_sign_says_what_it_signed_and_pushed(world: World) -> None:
    """Two lines on standard output; a warning if a tag was given (CLI-003, CLI-007, SIG-050)."""
    placed = world.put("app")
    ran = world.run("sign", placed)
    [digest] = listed(world, placed)
    success = f"Successfully signed {placed.reference}\nPushed the signature to {placed.name}@{digest}\n"
    assert shown(ran) == (0, success, "")
    ran = world.program("sign", *world.place.words, world.by_tag(placed))
    assert ran.out.splitlines()[0] == f"Successfully signed {placed.reference}"
    assert ran.err == TAG_WARNING.format(verb="sign", because=MUTABLE)


def listed(world: World, placed: Placed) -> list[str]:
    return [line.split()[-1] for line in world.run("list", placed).out.splitlines()[2:]]


def test_verify_says_what_it_verified(world: World) -> None:
    """One line for a digest; for a tag a warning, and a blank line first (CLI-007, SIG-050)."""
    placed = world.put("app")
    world.sign(placed.reference)
    success = f"Successfully verified signature for {placed.reference}\n"
    assert shown(world.verify(placed)) == (0, success, "")
    ran = world.program("verify", *world.place.verify_words(placed), world.by_tag(placed))
    assert shown(ran) == (0, f"\n{success}", TAG_WARNING.format(verb="verify", because=RESOLVED))


@pytest.mark.parametrize("form", ["jws", "cose"])
def test_verify_shows_user_metadata(world: World, form: str) -> None:
    """A table of keys in order, padded by three blanks; a demand that is not met fails (CLI-008, VER-070)."""
    placed = world.put("app")
    world.sign(placed.reference, "--signature-format", form, "-m", "zone=a", "-m", "builder=ci 7")
    expected = (
        f"Successfully verified signature for {placed.reference}\n\n"
        "The artifact was signed with the following user metadata.\n\n"
        "KEY       VALUE   \nbuilder   ci 7    \nzone      a       \n"
    )
    assert shown(world.verify(placed, "-m", "zone=a")) == (0, expected, "")
    failed = ALL_FAILED.format(placed.reference) + "\n"
    assert shown(world.verify(placed, "-m", "zone=b")) == (1, "", failed)


def test_verify_at_level_skip_looks_at_nothing(world: World) -> None:
    """An unsigned image passes, and the text says that nothing was verified (VER-003)."""
    placed = world.put("app")
    world.settings.policy(statement("skip", scopes=[world.scope("app")], level="skip"))
    text = f"Trust policy is configured to skip signature verification for {placed.reference}\n"
    assert shown(world.verify(placed)) == (0, text, "")
    ran = world.program("verify", *world.place.verify_words(placed), world.by_tag(placed))
    assert shown(ran) == (0, f"\n{text}", TAG_WARNING.format(verb="verify", because=RESOLVED))


def test_verify_warns_of_what_was_only_logged(world: World) -> None:
    """A logged failure is a warning after a blank line, and the verification succeeds (VER-081)."""
    placed = world.put("app")
    world.sign(placed.reference, "--key", "stranger")
    world.settings.policy(statement("log", stores=["ca:s"], override={"authenticity": "log"}))
    warning = (
        'Warning: authenticity was set to "log" and failed with error: '
        "the signature's certificate chain does not contain any trusted certificate\n"
    )
    success = f"\nSuccessfully verified signature for {placed.reference}\n"
    assert shown(world.verify(placed)) == (0, success, warning)


def test_verify_without_a_signature_fails(world: World) -> None:
    """Nothing signed the image: the error names it (VER-005)."""
    placed = world.put("app")
    text = (
        f'Error: signature verification failed: no signature is associated with "{placed.scope}'
        f'@{placed.digest}", make sure the artifact was signed successfully\n'
    )
    assert shown(world.verify(placed)) == (1, "", text)


def test_verify_without_an_applicable_statement_fails(world: World) -> None:
    """No statement has the scope: the error names the artifact (VER-002, TP-029)."""
    placed = world.put("app")
    world.sign(placed.reference)
    world.settings.policy(statement("other", scopes=["registry.example/other"], stores=["ca:s"]))
    ran = world.verify(placed)
    assert ran.code == 1
    assert ran.out == ""
    wanted = (
        f'Error: signature verification failed: artifact "{placed.scope}@{placed.digest}" '
        "has no applicable oci trust policy statement. "
    )
    assert ran.err.startswith(wanted)


def test_verify_without_a_trust_store_fails(world: World) -> None:
    """The store that the statement names is not there, or is empty (TS-014, VER-040)."""
    placed = world.put("app")
    world.sign(placed.reference)
    world.settings.policy(statement("all", stores=["ca:absent"]))
    ran = world.verify(placed)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('Error: the trust store "absent" of type "ca" does not exist. ')
    (world.settings.config / "truststore" / "x509" / "ca" / "absent").mkdir(mode=0o700)
    ran = world.verify(placed)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('Error: no x509 certificates were found in trust store "absent" of type "ca". ')


def test_verify_of_a_stranger_says_why_in_the_hint(world: World) -> None:
    """The sentence is the Go program's, the reason follows as a hint (VER-041)."""
    placed = world.put("app")
    digest = world.sign(placed.reference, "--key", "stranger")
    ran = world.verify(placed)
    assert shown(ran) == (1, "", ALL_FAILED.format(placed.reference) + "\n")
    reason = "the signature's certificate chain does not contain any trusted certificate"
    assert f"Hint: signature {digest}: {reason}" in ran.err


def test_max_signatures_bounds_what_is_examined(world: World) -> None:
    """Two bad signatures, a limit of one: the text of failure, and the limit in the hint (VER-007)."""
    placed = world.put("app")
    world.sign(placed.reference, "--key", "stranger")
    world.sign(placed.reference, "--key", "stranger")
    ran = world.verify(placed, "--max-signatures", "1")
    assert shown(ran) == (1, "", ALL_FAILED.format(placed.reference) + "\n")
    assert "limit of 1 signatures" in ran.err


@pytest.mark.parametrize("command", ["verify", "list", "inspect"])
@pytest.mark.parametrize("number", ["0", "-1"])
def test_max_signatures_is_positive(world: World, command: str, number: str) -> None:
    """Nothing is looked at with a limit of none (VER-007)."""
    placed = world.put("app")
    words = world.place.verify_words(placed) if command == "verify" else world.place.words
    ran = world.program(command, *words, "--max-signatures", number, placed.reference)
    text = f"Error: max-signatures value {number} must be a positive number\n"
    assert shown(ran) == (1, "", text)


def test_list_shows_every_signature(world: World) -> None:
    """A tree of manifest digests; a warning where more exist than the limit (CLI-001, SIG-016)."""
    placed = world.put("app")
    assert shown(world.run("list", placed)) == (0, f"{placed.reference} has no associated signatures\n", "")
    pushed = {world.sign(placed.reference, "--signature-format", form) for form in ("jws", "cose")}
    ran = world.run("list", placed)
    lines = ran.out.splitlines()
    assert lines[:2] == [placed.reference, f"└── {SIGNATURE}"]
    assert {line.partition("── ")[0] for line in lines[2:]} == {"    ├", "    └"}
    assert {line.partition("── ")[2] for line in lines[2:]} == pushed
    ran = world.run("list", placed, "--max-signatures", "1")
    limit = "Warning: exceeded configured limit of max signatures 1 to examine\n"
    assert (ran.code, len(ran.out.splitlines()), ran.err) == (0, 3, limit)
    ran = world.program("ls", *world.place.words, world.by_tag(placed))
    assert shown(ran)[2] == TAG_WARNING.format(verb="list", because=RESOLVED)


def test_inspect_draws_a_tree(world: World) -> None:
    """Every line of the tree for one signature with metadata and expiry (CLI-009, CLI-010)."""
    placed = world.put("app")
    nothing = f"{placed.reference} has no associated signature\n"
    assert shown(world.run("inspect", placed)) == (0, nothing, "")
    digest = world.sign(placed.reference, "--expiry", "24h", "-m", "builder=ci", "--signature-format", "cose")
    document = world.run("inspect", placed, "-o", "json").json
    ran = world.run("inspect", placed)
    assert (ran.code, ran.err) == (0, "")
    assert without_times(ran.out) == EXPECTED_TREE.format(
        reference=placed.reference,
        placed=placed,
        digest=digest,
        leaf=document["signatures"][0]["certificates"][0]["SHA256Fingerprint"],
        root=document["signatures"][0]["certificates"][1]["SHA256Fingerprint"],
        size=document["signatures"][0]["signedArtifact"]["size"],
        agent=document["signatures"][0]["unsignedAttributes"]["signingAgent"],
    )


def without_times(tree: str) -> str:
    """Return *tree* with TIME for the two moments that depend on when the test runs."""
    starts = ("        │   ├── signing time: ", "        │   └── expiry: ")
    lines = []
    for line in tree.splitlines():
        start = next((start for start in starts if line.startswith(start)), None)
        lines.append(f"{start}TIME" if start else line)
    return "\n".join(lines) + "\n"


EXPECTED_TREE = """\
Inspecting all signatures for signed artifact
{reference}
└── application/vnd.cncf.notary.signature
    └── {digest}
        ├── signature algorithm: ECDSA-SHA-256
        ├── signature envelope type: application/cose
        ├── signed attributes
        │   ├── content type: application/vnd.cncf.notary.payload.v1+json
        │   ├── signing scheme: notary.x509
        │   ├── signing time: TIME
        │   └── expiry: TIME
        ├── user defined attributes
        │   └── builder: ci
        ├── unsigned attributes
        │   └── signing agent: {agent}
        ├── certificates
        │   ├── SHA256 fingerprint: {leaf}
        │   │   ├── issued to: CN=alice,O=Notary,L=Seattle,ST=WA,C=US
        │   │   ├── issued by: CN=alice root,O=Notary,L=Seattle,ST=WA,C=US
        │   │   └── expiry: Fri Dec 31 00:00:00 2049
        │   └── SHA256 fingerprint: {root}
        │       ├── issued to: CN=alice root,O=Notary,L=Seattle,ST=WA,C=US
        │       ├── issued by: CN=alice root,O=Notary,L=Seattle,ST=WA,C=US
        │       └── expiry: Fri Dec 31 00:00:00 2049
        └── signed artifact
            ├── media type: application/vnd.oci.image.manifest.v1+json
            ├── digest: {placed.digest}
            └── size: {size}
"""


def test_inspect_writes_json(world: World) -> None:
    """The members, their order and the indentation that scripts read (CLI-009)."""
    placed = world.put("app")
    ran = world.run("inspect", placed, "--output", "json")
    assert ran.out == (
        '{\n  "mediaType": "application/vnd.oci.image.manifest.v1+json",\n  "signatures": []\n}\n'
    )
    digest = world.sign(placed.reference, "-m", "a=<&>")
    ran = world.run("inspect", placed, "--output", "json")
    [signature] = ran.json["signatures"]
    assert list(signature) == [
        *("digest", "signatureAlgorithm", "signatureEnvelopeType", "signedAttributes"),
        *("userDefinedAttributes", "unsignedAttributes", "certificates", "signedArtifact"),
    ]
    assert signature["digest"] == digest
    assert list(signature["signedAttributes"]) == ["contentType", "signingScheme", "signingTime"]
    assert signature["userDefinedAttributes"] == {"a": "<&>"}
    assert r"\u003c\u0026\u003e" in ran.out
    assert signature["signedArtifact"]["digest"] == placed.digest
    assert ran.out.endswith("}\n")


def test_several_references_get_a_verdict_each(world: World) -> None:
    """A good one, a bad one and an absent one: three verdicts, exit code 1 (VER-006, CLI-002)."""
    good, bad = world.put("app", "good"), world.put("app", "unsigned")
    world.sign(good.reference)
    absent = f"{good.name}:absent"
    ran = world.program("verify", *world.place.verify_words(good), good.reference, bad.reference, absent)
    assert ran.code == 1
    assert ran.out == f"Successfully verified signature for {good.reference}\n"
    lines = [line for line in ran.err.splitlines() if not line.startswith("Hint: ")]
    assert lines[0].startswith(f"Error: {bad.reference}: signature verification failed: no signature is ")
    assert lines[1].startswith(f"Error: {absent}: failed to get manifest descriptor: ")
    assert lines[2:] == ["Error: 2 of 3 artifacts were not verified"]
    ran = world.program("verify", *world.place.verify_words(good), good.reference, good.reference)
    assert shown(ran) == (0, f"Successfully verified signature for {good.reference}\n" * 2, "")


def test_verify_writes_json_for_programs(world: World) -> None:
    """Per reference the outcome, the statement, and each signature with every check (VER-080)."""
    good, bad = world.put("app", "good"), world.put("app", "unsigned")
    digest = world.sign(good.reference, "-m", "b=1", "--expiry", "1h")
    words = ("-o", "json", *world.place.verify_words(good))
    ran = world.program("verify", *words, good.reference, bad.reference)
    assert ran.code == 1
    first, second = ran.json["verifications"]
    assert (first["reference"], first["outcome"], first["artifact"]) == (
        *(good.reference, "VERIFIED"),
        good.reference,
    )
    assert first["target"]["digest"] == good.digest
    assert first["trustPolicy"]["name"] == "all"
    assert first["trustPolicy"]["level"] == "strict"
    [signature] = first["signatures"]
    assert (signature["digest"], signature["outcome"]) == (digest, "VERIFIED")
    assert signature["userMetadata"] == {"b": "1"}
    assert [certificate["subject"] for certificate in signature["certificates"]] == [
        "CN=alice,O=Notary,L=Seattle,ST=WA,C=US",
        "CN=alice root,O=Notary,L=Seattle,ST=WA,C=US",
    ]
    results = {one["validation"]: (one["action"], one["passed"]) for one in signature["results"]}
    enforced = dict.fromkeys(("integrity", "authenticity", "authenticTimestamp", "expiry"), ("enforce", True))
    assert results == enforced | {"revocation": ("enforce", True)}
    assert (second["outcome"], second["signatures"]) == ("NO_SIGNATURE", [])
    assert second["error"]["message"].startswith("signature verification failed: no signature is associated")


def test_verify_with_one_reference_writes_json_and_fails(world: World) -> None:
    """A refused artifact is in the document too, and the exit code says so (VER-080, CLI-002)."""
    placed = world.put("app")
    world.sign(placed.reference, "--key", "stranger")
    ran = world.verify(placed, "-o", "json")
    [verdict] = ran.json["verifications"]
    assert (ran.code, verdict["outcome"]) == (1, "AUTHENTICITY")
    [signature] = verdict["signatures"]
    failed = [one["validation"] for one in signature["results"] if one["passed"] is False]
    assert failed == ["authenticity"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-m", "a"], 'could not parse flag user-metadata: key-value pair requires "=" as separator'),
        (["-m", "=b"], 'could not parse flag user-metadata: key-value pair requires "=" as separator'),
        (
            ["-m", "io.cncf.notary.x=1"],
            "error adding user metadata: metadata key io.cncf.notary.x has reserved prefix io.cncf.notary",
        ),
        (["--expiry", "-1h"], "expiry duration cannot be a negative value"),
        (["--expiry", "1500ms"], "expiry duration supports minimum granularity of seconds"),
        (["--key", "nobody"], "signing key nobody not found"),
    ],
    ids=["no separator", "no key", "reserved", "negative expiry", "expiry in parts", "unknown key"],
)
def test_sign_refuses_and_pushes_nothing(world: World, words: list[str], text: str) -> None:
    """One error, and the image has no signature afterwards (SGN-002, PAY-010)."""
    placed = world.put("app")
    assert shown(world.run("sign", placed, *words)) == (1, "", f"Error: {text}\n")
    assert listed(world, placed) == []


def changed_manifest(placed: Placed, _: str) -> None:
    tamper_layout(Path(placed.name), "v1")


def changed_signature(placed: Placed, signature: str) -> None:
    flip_byte(blob_path(Path(placed.name), signature))


def lost_signature(placed: Placed, signature: str) -> None:
    blob_path(Path(placed.name), signature).unlink()


def flip_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [changed_manifest, changed_signature, lost_signature])
def test_a_damaged_layout_does_not_verify(layout_world: World, damage: Callable[[Placed, str], None]) -> None:
    """A byte of the image or of its signature is another, or the signature is gone (SEC-001, SIG-038)."""
    placed = layout_world.put("app")
    signature = layout_world.sign(placed.reference)
    assert layout_world.verify(placed).code == 0
    damage(placed, signature)
    ran = layout_world.verify(placed)
    assert (ran.code, ran.out) == (1, "")
    assert [line[:7] for line in ran.err.splitlines()].count("Error: ") == 1


def test_inspect_shows_the_rest_beside_a_broken_signature(layout_world: World) -> None:
    """A signature whose envelope is gone is passed over with a warning, and the exit code is 1 (CLI-010)."""
    placed = layout_world.put("app")
    good, broken = (layout_world.sign(placed.reference, "-m", f"n={number}") for number in (1, 2))
    manifest = json.loads(blob_path(Path(placed.name), broken).read_bytes())
    blob_path(Path(placed.name), manifest["layers"][0]["digest"]).unlink()
    ran = layout_world.run("inspect", placed, "-o", "json")
    assert ran.code == 1
    assert [one["digest"] for one in ran.json["signatures"]] == [good]
    assert f"Warning: unable to fetch signature {broken} due to error: " in ran.err
    assert "Error: at least one signature was skipped and not displayed\n" in ran.err
