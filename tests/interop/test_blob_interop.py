# SPDX-License-Identifier: Apache-2.0
"""Blobs between the two programs: what one signs the other verifies, and both refuse the same.

Go is its library, at the commit of the main line, through a program of ours; and the main line's own
commands, where that program can be had. Release 1.3 has neither.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest

from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.digest import Digest
from tests.simulator import pki
from tests.simulator.commands import Command, Ran, Settings, go_program, our_program
from tests.simulator.tsa import OpenSslAuthority

pytestmark = pytest.mark.interop

BLOB = b"what both programs sign\n" * 100_000
METADATA = {"io.example.build": "42", "team": 'ünïcode <&> "quoted" a=b'}
MEDIA_TYPE = "application/x-tar; charset=binary"
TYPES = {"jws": "application/jose+json", "cose": "application/cose"}
MISMATCH = "integrity check failed. signature does not match the given blob"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to sign, or what to demand."""

    key: str
    format: str = "jws"
    media_type: str = ""
    expiry: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    policy: str = ""

    def words(self) -> list[str]:
        """Return the flags that both programs have."""
        flags = [word for name, value in self.metadata.items() for word in ("-m", f"{name}={value}")]
        return [*flags, *(("--media-type", self.media_type) if self.media_type else ())]


@dataclass(frozen=True, slots=True)
class Program:
    """A program with the commands for blobs."""

    command: Command

    def sign(self, blob: Path, wanted: Wanted) -> Path:
        """Return the signature file that the program wrote beside *blob*."""
        expiry = ("--expiry", wanted.expiry) if wanted.expiry else ()
        words = ("--force", "-k", wanted.key, "--signature-format", wanted.format, *expiry, *wanted.words())
        self.command.done("blob", "sign", *words, str(blob))
        return blob.with_name(f"{blob.name}.{wanted.format}.sig")

    def verify(self, blob: Path, signature: Path, wanted: Wanted) -> Ran:
        policy = ("--policy-name", wanted.policy) if wanted.policy else ()
        return self.command("blob", "verify", *wanted.words(), *policy, "-s", str(signature), str(blob))


@dataclass(frozen=True, slots=True)
class Library:
    """The library of the Go program, through `mainline`."""

    binary: Path
    settings: Settings

    def sign(self, blob: Path, wanted: Wanted) -> Path:
        keys = self.settings.config / "localkeys" / wanted.key
        media_type = wanted.media_type or "application/octet-stream"
        words = (f"{keys}.key", f"{keys}.crt", TYPES[wanted.format], media_type, wanted.expiry or "0")
        done = self._run("sign", blob, *words, *_pairs(wanted))
        assert (done.returncode, done.stderr) == (0, b"")
        signature = blob.with_name(f"{blob.name}.{wanted.format}.sig")
        signature.write_bytes(done.stdout)
        return signature

    def verify(self, blob: Path, signature: Path, wanted: Wanted) -> Ran:
        words = (str(signature), TYPES[wanted.format], wanted.media_type, wanted.policy)
        done = self._run("verify", blob, *words, *_pairs(wanted))
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def _run(self, verb: str, blob: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
        with blob.open("rb") as stream:
            return subprocess.run(
                [self.binary, "blob", verb, *words],
                env={"NOTATION_CONFIG": str(self.settings.config), "HOME": str(self.settings.directory)},
                stdin=stream,
                capture_output=True,
                timeout=120,
                check=False,
            )


def _pairs(wanted: Wanted) -> list[str]:
    return [f"{name}={value}" for name, value in wanted.metadata.items()]


@dataclass(frozen=True, slots=True)
class Peers:
    """Both over one configuration directory, and a directory for blobs."""

    ours: Program
    go: Program | Library
    settings: Settings

    def directions(self) -> dict[str, tuple[Program | Library, Program | Library]]:
        """Return who signs and who verifies."""
        return {"ours": (self.ours, self.go), "go": (self.go, self.ours)}


@pytest.fixture(scope="module", params=["library", "main-line"])
def peers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Peers:
    """Ours and Go, with a key of every type; the policy `p` trusts them all and is the global one."""
    settings = Settings(tmp_path_factory.mktemp("blobs"))
    for key_type in pki.KEY_TYPES:
        chain = pki.make_chain(key_type, 2, subject=key_type)
        settings.add_key(key_type, chain)
        settings.trust("all", chain)
        (settings.config / "truststore/x509/ca/all/root.pem").rename(
            settings.config / f"truststore/x509/ca/all/{key_type}.pem"
        )
    for length in (1, 3):
        chain = pki.make_chain("EC-256", length, subject=f"length-{length}")
        settings.add_key(f"length-{length}", chain)
        settings.trust(f"length-{length}", chain)
    settings.add_key("stranger", pki.make_chain("EC-256", 2, subject="stranger"))
    stores = ["ca:all", "ca:length-1", "ca:length-3"]
    trusted = {"trustStores": stores, "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Notary"]}
    strict = {"signatureVerification": {"level": "strict"}}
    settings.blob_policy(
        {"name": "p", "globalPolicy": True, **strict, **trusted},
        {"name": "other", **strict, **trusted, "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Other"]},
        {"name": "stamped", **strict, **trusted, "trustStores": [*stores, "tsa:stamps"]},
    )
    go: Program | Library
    if request.param == "library":
        go = Library(request.getfixturevalue("go_library"), settings)
    else:
        go = Program(go_program(request.getfixturevalue("go_main_line"), settings))
    return Peers(Program(our_program(settings)), go, settings)


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    path = tmp_path / "app.tar"
    path.write_bytes(BLOB)
    return path


in_both_directions = pytest.mark.parametrize("signer", ["ours", "go"])
in_both_formats = pytest.mark.parametrize("format_", ["jws", "cose"])


def assert_refused(verify: Callable[[], Ran], text: str) -> None:
    ran = verify()
    assert (ran.code, ran.out) == (1, "")
    assert text in ran.err


@in_both_directions
@pytest.mark.parametrize(("key_type", "format_"), [*product(pki.KEY_TYPES, ("jws", "cose"))], ids=str)
def test_blob_is_verified_by_the_other(
    peers: Peers, blob: Path, signer: str, key_type: pki.KeyType, format_: str
) -> None:
    """Six key types, both formats, media type, metadata, expiry; a changed blob is refused by both.

    BLOB-001, BLOB-005, BLOB-023, PAY-008.
    """
    signing, verifying = peers.directions()[signer]
    wanted = Wanted(key_type, format_, MEDIA_TYPE, "24h", METADATA)
    signature = signing.sign(blob, wanted)
    ran = verifying.verify(blob, signature, wanted)
    assert (ran.code, ran.err) == (0, "")
    described = {
        "mediaType": MEDIA_TYPE,
        "digest": str(Digest.of(BLOB, BY_KEY_SPEC[KeySpec(key_type)].hash)),
        "size": len(BLOB),
        "annotations": METADATA,
    }
    if isinstance(verifying, Library):
        assert json.loads(ran.out) == described
    else:
        assert ran.out.splitlines()[0] == f"Successfully verified signature for {blob}"
        assert all(value in ran.out for value in METADATA.values())
    blob.write_bytes(BLOB[:-1] + b"\r")
    for judge in (signing, verifying):
        assert_refused(lambda judge=judge: judge.verify(blob, signature, wanted), MISMATCH)


@in_both_directions
@in_both_formats
@pytest.mark.parametrize("length", [1, 3])
def test_chain_of_any_length_is_taken(
    peers: Peers, blob: Path, signer: str, format_: str, length: int
) -> None:
    """A certificate that signed itself, and one with an intermediate (CERT-002, CERT-003)."""
    signing, verifying = peers.directions()[signer]
    wanted = Wanted(f"length-{length}", format_)
    assert verifying.verify(blob, signing.sign(blob, wanted), wanted).code == 0


@in_both_directions
@in_both_formats
def test_empty_blob_is_taken(peers: Peers, blob: Path, signer: str, format_: str) -> None:
    """Nothing is content as well (PAY-009)."""
    signing, verifying = peers.directions()[signer]
    blob.write_bytes(b"")
    wanted = Wanted("EC-384", format_)
    signature = signing.sign(blob, wanted)
    assert verifying.verify(blob, signature, wanted).code == 0
    blob.write_bytes(b"\0")
    assert_refused(lambda: verifying.verify(blob, signature, wanted), MISMATCH)


@in_both_directions
@in_both_formats
def test_what_is_demanded_has_to_be_signed(peers: Peers, blob: Path, signer: str, format_: str) -> None:
    """Media type and metadata: both refuse others in the same words (PAY-010, PAY-016, PAY-017)."""
    signing, verifying = peers.directions()[signer]
    signature = signing.sign(blob, Wanted("EC-256", format_, "text/plain", metadata={"a": "b"}))
    for judge in (signing, verifying):
        wanted = Wanted("", format_, "text/html")
        assert_refused(lambda judge=judge, wanted=wanted: judge.verify(blob, signature, wanted), MISMATCH)
        wanted = Wanted("", format_, metadata={"a": "c"})
        assert_refused(
            lambda judge=judge, wanted=wanted: judge.verify(blob, signature, wanted),
            "unable to find specified metadata in the signature",
        )


@in_both_directions
@in_both_formats
def test_policy_is_chosen_alike(peers: Peers, blob: Path, signer: str, format_: str) -> None:
    """By name or the global one; a name that is none is refused by both (BTP-005, BTP-006)."""
    signing, verifying = peers.directions()[signer]
    signature = signing.sign(blob, Wanted("RSA-2048", format_))
    for judge in (signing, verifying):
        assert judge.verify(blob, signature, Wanted("", format_, policy="p")).code == 0
        for policy, reason in (
            ("P", 'no applicable blob trust policy with name "P"'),
            ("other", "does not match the X.509 trusted identities"),
        ):
            wanted = Wanted("", format_, policy=policy)
            assert_refused(lambda judge=judge, wanted=wanted: judge.verify(blob, signature, wanted), reason)


@in_both_directions
@in_both_formats
def test_stranger_is_refused_by_both(peers: Peers, blob: Path, signer: str, format_: str) -> None:
    """A genuine signature by somebody in no trust store (VER-042)."""
    signing, verifying = peers.directions()[signer]
    signature = signing.sign(blob, Wanted("stranger", format_))
    for judge in (signing, verifying):
        assert_refused(
            lambda judge=judge: judge.verify(blob, signature, Wanted("", format_)),
            "the signature's certificate chain does not contain any trusted certificate",
        )


@in_both_directions
@in_both_formats
def test_expired_signature_is_refused_by_both(peers: Peers, blob: Path, signer: str, format_: str) -> None:
    """It is good for one second (SGN-002, VER-046)."""
    signing, verifying = peers.directions()[signer]
    signature = signing.sign(blob, Wanted("EC-256", format_, expiry="1s"))
    time.sleep(2.1)
    for judge in (signing, verifying):
        assert_refused(
            lambda judge=judge: judge.verify(blob, signature, Wanted("", format_)),
            "digital signature has expired on",
        )


@in_both_directions
@in_both_formats
def test_tampered_signature_is_refused_by_both(peers: Peers, blob: Path, signer: str, format_: str) -> None:
    """One byte in the middle of the file is another (BLOB-023)."""
    signing, verifying = peers.directions()[signer]
    signature = signing.sign(blob, Wanted("EC-256", format_, metadata={"marker": "AAAAAAAA"}))
    data = signature.read_bytes()
    place = data.index(b"AAAAAAAA") if format_ == "cose" else data.index(b'"payload":"') + 40
    signature.write_bytes(
        data[:place] + (b"B" if data[place : place + 1] != b"B" else b"C") + data[place + 1 :]
    )
    for judge in (signing, verifying):
        ran = judge.verify(blob, signature, Wanted("", format_))
        assert ran.code == 1
        assert "Error: " in ran.err


@in_both_formats
def test_inspection_is_the_same_text_and_json(peers: Peers, blob: Path, format_: str) -> None:
    """Byte for byte, for a signature with everything that one can ask for (CLI-009)."""
    if isinstance(peers.go, Library):
        wanted = Wanted("RSA-3072", format_, metadata=METADATA)
        signature = peers.go.sign(blob, wanted)
        shown = peers.ours.command.done("blob", "inspect", "-o", "json", str(signature)).json
        assert shown["userDefinedAttributes"] == METADATA
        assert shown["signedArtifact"]["digest"] == str(Digest.of(BLOB, BY_KEY_SPEC[KeySpec.RSA_3072].hash))
        return
    signature = peers.ours.sign(blob, Wanted("RSA-3072", format_, MEDIA_TYPE, "24h", METADATA))
    for form in ("tree", "json"):
        words = ("blob", "inspect", "-o", form, str(signature))
        assert peers.ours.command.done(*words) == peers.go.command.done(*words)


def test_policy_commands_write_the_same_file(peers: Peers, tmp_path: Path) -> None:
    """What `blob policy init` makes is the same, and each takes the other's (CLI-013, BTP-001)."""
    words = (
        "-n",
        "x",
        "--global",
        "--trust-store",
        "ca:a",
        "--trusted-identity",
        "x509.subject: C=US, ST=WA, O=<&>",
    )
    ours = our_program(Settings(tmp_path / "ours"))
    ours.done("blob", "policy", "init", *words)
    made = (tmp_path / "ours/config/trustpolicy.blob.json").read_bytes()
    if isinstance(peers.go, Library):
        settings = Settings(tmp_path / "ours")
        refusing = Library(peers.go.binary, settings)
        ran = refusing.verify(_file(tmp_path, "a"), _file(tmp_path, "{}"), Wanted(""))
        assert ran.code == 1  # the policy was read; what is no signature was refused
        assert "trust policy" not in ran.err
        return
    go = go_program(Path(peers.go.command.words[0]), Settings(tmp_path / "go"))
    go.done("blob", "policy", "init", *words)
    assert (tmp_path / "go/config/trustpolicy.blob.json").read_bytes() == made
    assert go.done("blob", "policy", "show").out == ours.done("blob", "policy", "show").out == made.decode()
    for name in ("ours", "go"):
        (tmp_path / f"{name}.json").write_bytes(made + b"\n")
    ours.done("blob", "policy", "import", "--force", str(tmp_path / "go.json"))
    go.done("blob", "policy", "import", "--force", str(tmp_path / "ours.json"))
    assert (tmp_path / "ours/config/trustpolicy.blob.json").read_bytes() == made + b"\n"


def _file(directory: Path, text: str) -> Path:
    path = directory / f"{len(text)}.jws.sig"
    path.write_text(text)
    return path


@in_both_formats
def test_stamped_blob_is_taken(peers: Peers, blob: Path, format_: str, openssl: Path, tmp_path: Path) -> None:
    """The timestamp of `openssl ts` is verified by the other, and demanded by both (BLOB-008, TSA-015).

    Whoever has the command signs; our few lines over the library cannot ask for a timestamp.
    """
    assert openssl
    wanted = Wanted("EC-384", format_, policy="stamped")
    signers = [one for one in (peers.ours, peers.go) if isinstance(one, Program)]
    with OpenSslAuthority.start(tmp_path / "authority") as stamper:
        peers.settings.trust("stamps", stamper.chain, "tsa")
        stamping = ("--timestamp-url", stamper.url, "--timestamp-root-cert", f"{stamper.directory}/root.pem")
        for number, signing in enumerate(signers):
            place = tmp_path / str(number)
            words = ("-k", wanted.key, "--signature-format", format_, "--signature-directory", str(place))
            signing.command.done("blob", "sign", *words, *stamping, str(blob))
            stamped, bare = place / f"app.tar.{format_}.sig", signing.sign(blob, wanted)
            for judge in (peers.ours, peers.go):
                ran = judge.verify(blob, stamped, wanted)
                assert (ran.code, ran.err) == (0, "")
                assert_refused(
                    lambda judge=judge, bare=bare: judge.verify(blob, bare, wanted),
                    "no timestamp countersignature was found in the signature envelope",
                )
