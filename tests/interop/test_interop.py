# SPDX-License-Identifier: Apache-2.0
"""Both programs over the same files: what one signs the other verifies, what one refuses so does the other.

Every combination of key type, envelope format and chain length is a test of its own in each place:
a registry without the referrers API, one with it, and an OCI image layout. Go is notation v1.3.2, and
then its main line, in whose layouts we write the newer manifest form that 1.3 does not see there. The main
line is a module that not every mirror serves; the library that its commands call is served, and stands
beside it, through a program of ours that judges nothing itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import product
from pathlib import Path

import pytest

from notation_py.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from notation_py.registry.signatures import SIGNATURE_TYPE, ManifestForm
from tests.simulator import pki
from tests.simulator.commands import Command, Ran, Settings, go_program, our_program, statement
from tests.simulator.images import blob_path, request, tamper_layout
from tests.simulator.places import LayoutPlace, Place, Placed, RegistryPlace

pytestmark = pytest.mark.interop

LINES = {"1.3": "go_notation", "library": "go_library", "main-line": "go_main_line"}
"""The fixtures of the Go programs. In CI only a name that tests/allowed_skips.txt matches may be skipped."""

PLACES = ("docker-registry", "olareg", "layout")
METADATA = {"io.example.build": "42", "team": 'ünïcode <&> "quoted" a=b'}
METADATA_WORDS = tuple(word for key, value in METADATA.items() for word in ("-m", f"{key}={value}"))
EXPIRY = timedelta(hours=36)
REPOSITORIES = (
    *("go-jws", "go-cose", "ours-jws", "ours-cose", "mixed", "moved", "expired", "forged"),
    *(form.value for form in ManifestForm),
)
EXPERIMENTAL = (
    "Warning: This feature is experimental and may not be fully tested or completed and may be deprecated. "
    'Report any issues to "https://github/notaryproject/notation"\n'
)
ALGORITHMS = {
    "RSA-2048": "RSASSA-PSS-SHA-256",
    "RSA-3072": "RSASSA-PSS-SHA-384",
    "RSA-4096": "RSASSA-PSS-SHA-512",
    "EC-256": "ECDSA-SHA-256",
    "EC-384": "ECDSA-SHA-384",
    "EC-521": "ECDSA-SHA-512",
}
MEDIA_TYPES = {"jws": "application/jose+json", "cose": "application/cose"}


@dataclass(frozen=True, slots=True)
class Combination:
    """What a signature is made with."""

    key_type: pki.KeyType
    format: str
    length: int

    def __str__(self) -> str:
        return f"{self.key_type}-{self.format}-chain{self.length}"

    @property
    def key(self) -> str:
        """The name of the key, of the trust store, and of the part of the scope that says which."""
        return f"{self.key_type}-{self.length}".lower()


COMBINATIONS = [Combination(*one) for one in product(pki.KEY_TYPES, ("jws", "cose"), pki.CHAIN_LENGTHS)]
in_every_place = pytest.mark.parametrize("place", PLACES, indirect=True)
in_every_combination = pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
of_the_main_line = pytest.mark.parametrize("line", ["library", "main-line"], indirect=True)
of_commands = pytest.mark.parametrize("line", [one for one in LINES if one != "library"], indirect=True)


@dataclass(frozen=True, slots=True)
class Peers:
    """The two programs over one configuration directory, and the place they meet in.

    Attributes:
        line: which Go program it is; its images lie apart from those of the other one.
    """

    ours: Command
    go: Command
    settings: Settings
    place: Place
    line: str

    def put(self, repository: str, tag: str, text: str) -> Placed:
        return self.place.put(f"{self.line}/{repository}", tag, text)

    def sign_with_go(self, placed: Placed, *words: str) -> None:
        self.go.done("sign", *self.place.go_sign, *words, placed.reference)

    def sign_with_ours(self, placed: Placed, *words: str) -> None:
        program = self.ours.with_environment(NOTATION_PY_MANIFEST_FORM=manifest_form(self.line, self.place))
        program.done("sign", *self.place.words, *words, placed.reference)

    def verify_with_go(self, placed: Placed, *words: str) -> Ran:
        return self.go("verify", *self.place.verify_words(placed), *words, placed.reference)

    def verify_with_ours(self, placed: Placed, *words: str) -> Ran:
        return self.ours("verify", *self.place.verify_words(placed), *words, placed.reference)

    def listed_by(self, program: Command, placed: Placed) -> list[str]:
        lines = program.done("list", *self.place.words, placed.reference).out.splitlines()
        assert lines[:2] == [placed.reference, "└── application/vnd.cncf.notary.signature"]
        return [line.split()[-1] for line in lines[2:]]

    def because(self, signer: str, reason: str) -> str:
        """Return *reason*, in the words of Go's library, if that is what judges what *signer* signed."""
        return reason if (self.line, signer) == ("library", "ours") else ""

    def of(self, signer: str) -> tuple[Callable[..., None], Callable[..., Ran]]:
        """Return how *signer* signs and how the other one verifies."""
        if signer == "go":
            return self.sign_with_go, self.verify_with_ours
        return self.sign_with_ours, self.verify_with_go


def manifest_form(line: str, place: Place) -> str:
    """Return how ours has to write so that Go finds it: the main line takes what we write unasked."""
    return place.manifest_form if line == "1.3" else ""


@pytest.fixture(scope="module", params=list(LINES))
def line(request: pytest.FixtureRequest) -> str:
    """Each line of the Go program in turn."""
    return request.param


@pytest.fixture(scope="module")
def go_binary(request: pytest.FixtureRequest, line: str) -> Path:
    """The Go program of that line."""
    return request.getfixturevalue(LINES[line])


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Place]:
    return {"layout": LayoutPlace(tmp_path_factory.mktemp("layouts"))}


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, places: dict[str, Place]) -> Place:
    """The place that the test's parameter names; the registry's programs are started when first asked for."""
    if request.param == "docker-registry":
        return RegistryPlace(request.getfixturevalue("docker_registry").host, ())
    if request.param == "olareg":
        # 1.3 writes under the referrers tag unless told otherwise, and olareg loses what is written there.
        return RegistryPlace(
            request.getfixturevalue("olareg_registry").host, ("--force-referrers-tag=false",)
        )
    return places[request.param]


@pytest.fixture(scope="module")
def peers(place: Place, line: str, go_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Peers:
    """Both programs, with a key, a trust store and a policy statement for each key type and chain length.

    A statement trusts the one root and the one subject, so no signature passes for another's sake.
    """
    settings = Settings(tmp_path_factory.mktemp("peers"))
    statements = []
    for key_type, length in product(pki.KEY_TYPES, pki.CHAIN_LENGTHS):
        key = Combination(key_type, "", length).key
        chain = pki.make_chain(key_type, length, subject=f"interop {key}")
        settings.add_key(key, chain)
        settings.trust(key, chain)
        identity = f"x509.subject: CN=interop {key}, O=Notary, L=Seattle, ST=WA, C=US"
        scopes = [place.scope(f"{line}/{key}/{repository}") for repository in REPOSITORIES]
        statements.append(statement(key, scopes=scopes, stores=[f"ca:{key}"], identities=[identity]))
    settings.policy(*statements)
    return Peers(our_program(settings), go_program(go_binary, settings), settings, place, line)


def assert_verified(ran: Ran, placed: Placed) -> None:
    """The program said so, showed the metadata, and warned of nothing."""
    assert (ran.code, ran.err.replace(EXPERIMENTAL, "")) == (0, "")
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[0] == f"Successfully verified signature for {placed.reference}"
    assert lines[2] == "The artifact was signed with the following user metadata."
    rows = {tuple(line.split(maxsplit=1)) for line in lines[4:]}
    assert rows == {("KEY", "VALUE"), *METADATA.items()}


@in_every_place
@in_every_combination
def test_our_program_verifies_what_go_signed(peers: Peers, combination: Combination) -> None:
    """Go signs with expiry and metadata; ours verifies and shows them (VER-006, CLI-008, CLI-009)."""
    placed = peers.put(f"{combination.key}/go-{combination.format}", "v1", str(combination))
    words = ("--key", combination.key, "--signature-format", combination.format, "--expiry", "36h")
    peers.sign_with_go(placed, *words, *METADATA_WORDS)
    assert_verified(peers.verify_with_ours(placed, *METADATA_WORDS), placed)
    assert_shown(peers.ours.done("inspect", *peers.place.words, "-o", "json", placed.reference), combination)


def assert_shown(ran: Ran, combination: Combination) -> None:
    """`inspect -o json`, ours and the main line's, tells of the one signature what it was made with."""
    [signature] = ran.json["signatures"]
    assert signature["signatureAlgorithm"] == ALGORITHMS[combination.key_type]
    assert signature["signatureEnvelopeType"] == MEDIA_TYPES[combination.format]
    assert signature["userDefinedAttributes"] == METADATA
    assert len(signature["certificates"]) == combination.length
    times = signature["signedAttributes"]
    made, ends = (datetime.fromisoformat(times[name]) for name in ("signingTime", "expiry"))
    assert ends - made == EXPIRY
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=10)


@in_every_place
@in_every_combination
def test_go_verifies_what_our_program_signed(peers: Peers, combination: Combination) -> None:
    """Ours signs with expiry and metadata; Go verifies and shows them (SGN-001, SGN-002, SIG-004)."""
    placed = peers.put(f"{combination.key}/ours-{combination.format}", "v1", str(combination))
    words = ("--key", combination.key, "--signature-format", combination.format, "--expiry", "36h")
    peers.sign_with_ours(placed, *words, *METADATA_WORDS)
    assert_verified(peers.verify_with_go(placed, *METADATA_WORDS), placed)
    if not peers.place.words:  # Go inspects registries only
        shown = assert_shown_by_1_3 if peers.line == "1.3" else assert_shown
        shown(peers.go.done("inspect", "-o", "json", placed.reference), combination)


def assert_shown_by_1_3(ran: Ran, combination: Combination) -> None:
    """The older `inspect`, whose document has other names, reads the same out of our envelope."""
    [signature] = ran.json["Signatures"]
    assert signature["signatureAlgorithm"] == ALGORITHMS[combination.key_type]
    assert signature["mediaType"] == MEDIA_TYPES[combination.format]
    assert signature["userDefinedAttributes"] == METADATA
    assert len(signature["certificates"]) == combination.length
    times = signature["signedAttributes"]
    assert datetime.fromisoformat(times["expiry"]) - datetime.fromisoformat(times["signingTime"]) == EXPIRY


@in_every_place
def test_both_add_to_one_image_and_list_the_same(peers: Peers) -> None:
    """Four signatures of both programs in turn: none is lost, both list all (SIG-016, SIG-018, SIG-026)."""
    placed = peers.put("ec-256-3/mixed", "v1", "mixed")
    for sign, form in product((peers.sign_with_go, peers.sign_with_ours), ("jws", "cose")):
        sign(placed, "--key", "ec-256-3", "--signature-format", form)
    ours, theirs = peers.listed_by(peers.ours, placed), peers.listed_by(peers.go, placed)
    assert len(set(ours)) == 4
    assert sorted(ours) == sorted(theirs)
    assert peers.verify_with_ours(placed).code == 0
    assert peers.verify_with_go(placed).code == 0


@in_every_place
@of_the_main_line
@pytest.mark.parametrize("form", list(ManifestForm))
def test_the_main_line_reads_either_manifest_form(peers: Peers, form: ManifestForm) -> None:
    """Ours in the newer form, and in the older one of release 1.3 (SIG-002, SIG-003)."""
    placed = peers.put(f"ec-256-3/{form}", "v1", f"form {form}")
    program = peers.ours.with_environment(NOTATION_PY_MANIFEST_FORM=form.value)
    program.done("sign", *peers.place.words, "--key", "ec-256-3", placed.reference)
    assert peers.listed_by(peers.go, placed) == peers.listed_by(peers.ours, placed)
    assert peers.verify_with_go(placed).code == 0


@pytest.mark.parametrize("place", ["layout"], indirect=True)
@of_the_main_line
def test_the_main_line_writes_the_newer_manifest_form(peers: Peers) -> None:
    """What the tests above read of Go's is not the older form once more (SIG-002, SIG-003)."""
    placed = peers.put("ec-256-3/mixed", "v2", "newer form")
    peers.sign_with_go(placed, "--key", "ec-256-3")
    [digest] = peers.listed_by(peers.ours, placed)
    manifest = json.loads(blob_path(Path(placed.name), digest).read_bytes())
    assert manifest["artifactType"] == SIGNATURE_TYPE
    assert manifest["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"


@in_every_place
@pytest.mark.parametrize("signer", ["go", "ours"])
def test_neither_accepts_the_metadata_it_was_not_signed_with(peers: Peers, signer: str) -> None:
    """Metadata that the verifier demands is not in the signature: refused (VER-070, PAY-017)."""
    sign, verify = peers.of(signer)
    placed = peers.put(f"ec-256-1/{signer}-jws", "v2", f"metadata {signer}")
    sign(placed, "--key", "ec-256-1", "-m", "build=42")
    assert verify(placed, "-m", "build=42").code == 0
    because = peers.because(signer, "unable to find specified metadata in the signature")
    assert_refused(verify(placed, "-m", "build=43"), placed, because)


def assert_refused(ran: Ran, placed: Placed, because: str = "") -> None:
    """The program failed with the sentence that both have for it, and called nothing a success."""
    wanted = f"Error: signature verification failed for all the signatures associated with {placed.reference}"
    assert ran.code == 1
    assert wanted in ran.err.splitlines()
    assert because in ran.err
    assert "Successfully" not in ran.out


@in_every_place
@pytest.mark.parametrize("signer", ["go", "ours"])
@pytest.mark.parametrize("form", ["jws", "cose"])
def test_neither_trusts_another_root(peers: Peers, signer: str, form: str) -> None:
    """A good signature whose root is not in the statement's store is refused (VER-041)."""
    sign, verify = peers.of(signer)
    placed = peers.put(f"ec-384-3/{signer}-{form}", "v2", f"untrusted {signer}")
    sign(placed, "--key", "ec-256-3", "--signature-format", form)
    assert_refused(verify(placed), placed, peers.because(signer, "does not contain any trusted certificate"))


@in_every_place
@pytest.mark.parametrize("signer", ["go", "ours"])
@pytest.mark.parametrize("form", ["jws", "cose"])
def test_neither_accepts_an_expired_signature(peers: Peers, signer: str, form: str) -> None:
    """The signature is good for a second and then no more (VER-046)."""
    sign, verify = peers.of(signer)
    placed = peers.put("ec-256-2/expired", form, f"expired {signer} {form}")
    sign(placed, "--key", "ec-256-2", "--signature-format", form, "--expiry", "1s")
    ends = time.time() + 1
    while (left := ends - time.time()) > 0:
        time.sleep(left)
    assert_refused(verify(placed), placed, peers.because(signer, "digital signature has expired"))


@pytest.mark.parametrize("place", ["layout"], indirect=True)
@pytest.mark.parametrize("signer", ["go", "ours"])
@pytest.mark.parametrize("form", ["jws", "cose"])
def test_neither_accepts_a_changed_manifest(peers: Peers, signer: str, form: str) -> None:
    """One byte of the signed manifest is another, its name and size are not (SEC-001, SIG-038)."""
    sign, verify = peers.of(signer)
    placed = peers.put(f"ec-256-3/{signer}-{form}", "v3", f"changed {signer} {form}")
    sign(placed, "--key", "ec-256-3", "--signature-format", form)
    assert verify(placed).code == 0
    tamper_layout(Path(placed.name), "v3")
    refused = verify(placed)
    assert refused.code == 1
    assert "Successfully" not in refused.out


@pytest.mark.parametrize("place", ["layout"], indirect=True)
@pytest.mark.parametrize("signer", ["go", "ours"])
@pytest.mark.parametrize("form", ["jws", "cose"])
def test_neither_accepts_a_changed_signature(peers: Peers, signer: str, form: str) -> None:
    """One bit of the signature is another; all digests are right (VER-031, JWS-033, COSE-035)."""
    sign, verify = peers.of(signer)
    placed = peers.put("ec-256-3/forged", f"{signer}-{form}", f"forged {signer} {form}")
    sign(placed, "--key", "ec-256-3", "--signature-format", form)
    assert verify(placed).code == 0
    [digest] = peers.listed_by(peers.ours, placed)
    change_signature(Path(placed.name), digest)
    assert_refused(verify(placed), placed, peers.because(signer, "signature is invalid"))


def change_signature(layout: Path, digest: str) -> None:
    """Put another signature in the place of the one whose manifest is *digest*: the same, but for one bit."""
    manifest = json.loads(blob_path(layout, digest).read_bytes())
    [layer] = manifest["layers"]
    data = blob_path(layout, layer["digest"]).read_bytes()
    if layer["mediaType"] == MEDIA_TYPES["jws"]:
        envelope = json.loads(data)
        first = "B" if envelope["signature"][0] == "A" else "A"
        forged = json.dumps(envelope | {"signature": first + envelope["signature"][1:]}).encode()
    else:
        forged = data[:-1] + bytes([data[-1] ^ 1])  # the signature is what a COSE_Sign1 ends with
    manifest["layers"] = [layer | Descriptor.of(layer["mediaType"], forged).to_json()]
    changed = json.dumps(manifest).encode()
    index = json.loads((layout / "index.json").read_bytes())
    [image] = [one for one in index["manifests"] if one["digest"] == manifest["subject"]["digest"]]
    entry = Descriptor.of(IMAGE_MANIFEST, changed).to_json() | {"artifactType": SIGNATURE_TYPE}
    index["manifests"] = [image, entry]  # and no index by tag, in which ours names the good one again
    for content in (forged, changed):
        blob_path(layout, str(Descriptor.of("", content).digest)).write_bytes(content)
    (layout / "index.json").write_text(json.dumps(index))


@pytest.mark.parametrize("place", ["docker-registry", "olareg"], indirect=True)
@pytest.mark.parametrize("signer", ["go", "ours"])
@pytest.mark.parametrize("form", ["jws", "cose"])
def test_neither_accepts_the_signature_of_another_image(peers: Peers, signer: str, form: str) -> None:
    """A signature manifest rewritten to name a changed image as its subject is refused (VER-070, PAY-015)."""
    sign, verify = peers.of(signer)
    repository = "ec-256-3/moved"
    signed = peers.put(repository, f"{signer}-{form}", f"signed {signer} {form}")
    other = peers.put(repository, f"{signer}-{form}", f"changed {signer} {form}")
    sign(signed, "--key", "ec-256-3", "--signature-format", form)
    [digest] = peers.listed_by(peers.ours, signed)
    move_signature(signed, other, digest)
    assert verify(signed).code == 0
    assert_refused(verify(other), other, peers.because(signer, "content descriptor mismatch"))


def move_signature(signed: Placed, other: Placed, digest: str) -> None:
    """Push the signature manifest *digest* of *signed* again, with *other* as its subject."""
    host, _, repository = signed.name.partition("/")
    connection = HTTPConnection(host, timeout=30)
    path = f"/v2/{repository}/manifests"

    def get(target: str, kind: str) -> bytes:
        return request(connection, "GET", f"{path}/{target}", b"", {"Accept": kind}, expected=200)[1]

    def put(target: str, kind: str, body: bytes) -> dict[str, str]:
        return dict(
            request(connection, "PUT", f"{path}/{target}", body, {"Content-Type": kind}, expected=201)[0]
        )

    try:
        image = get(other.digest, IMAGE_MANIFEST)
        manifest = json.loads(get(digest, IMAGE_MANIFEST))
        manifest["subject"] = Descriptor.of(IMAGE_MANIFEST, image).to_json()
        moved = json.dumps(manifest).encode()
        entry = Descriptor.of(IMAGE_MANIFEST, moved).to_json()
        if "OCI-Subject" not in put(entry["digest"], IMAGE_MANIFEST, moved):
            entry["artifactType"] = "application/vnd.cncf.notary.signature"
            index = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [entry]}
            put(other.digest.replace(":", "-"), IMAGE_INDEX, json.dumps(index).encode())
    finally:
        connection.close()


@of_commands
@pytest.mark.parametrize("maker", ["go", "ours"])
def test_a_test_key_of_one_serves_the_other(maker: str, line: str, go_binary: Path, tmp_path: Path) -> None:
    """`cert generate-test` of either writes what both can use (CLI-011, CFG-004, CFG-006)."""
    settings = Settings(tmp_path / "settings")
    ours, go = our_program(settings), go_program(go_binary, settings)
    (ours if maker == "ours" else go).done("cert", "generate-test", "--default", "shared")
    settings.policy(statement("shared", stores=["ca:shared"]))
    place = LayoutPlace(tmp_path / "layouts")
    placed = place.put("app", "v1")
    form = manifest_form(line, place)
    (go if maker == "ours" else ours).with_environment(NOTATION_PY_MANIFEST_FORM=form).done(
        "sign", "--oci-layout", placed.reference
    )
    for program in (ours, go):
        program.done("verify", "--oci-layout", "--scope", placed.scope, placed.reference)
        assert "shared" in program.done("key", "list").out
        assert "shared.crt" in program.done("cert", "list").out
