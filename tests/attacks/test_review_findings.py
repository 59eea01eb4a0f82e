# SPDX-License-Identifier: Apache-2.0
"""Attacks found when the code was read with an attacker's mind: each of them once worked."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from cryptography.x509 import load_der_x509_certificate

from notation_py.adapters.file_changes import LOCK_NAME
from notation_py.adapters.layout import MAX_LISTINGS, LayoutRepository
from notation_py.adapters.layout_index import REF_NAME, referrers_tag
from notation_py.adapters.urls import Url
from notation_py.certificates.chain import chain_of
from notation_py.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import LimitError, MalformedError, RegistryError, UntrustedError
from notation_py.registry.signatures import attach_signature, manifest_annotations
from notation_py.trust.identity import TrustedIdentity, check_identities
from tests.simulator import envelopes
from tests.simulator.commands import Ran, Settings, our_program, statement
from tests.simulator.images import blob_path, build_image, write_layout
from tests.simulator.judged import judged
from tests.simulator.pki import TestChain, make_chain
from tests.simulator.resigned import SUBJECT, element, parts, resigned

JWS, COSE = "application/jose+json", "application/cose"
CHAIN = make_chain("EC-256", 2)
FORGED = "a\nSuccessfully verified signature for registry.test/app\nz"


@dataclass
class Layout:
    """An image in a layout that an attacker can write to, and a policy that trusts the signer."""

    directory: Path

    def __post_init__(self) -> None:
        self.settings = Settings(self.directory / "settings")
        self.settings.add_key("k", CHAIN)
        self.settings.trust("s", CHAIN)
        self.settings.policy(statement("all", stores=["ca:s"]))
        self.path = self.directory / "layout"
        self.target = write_layout(self.path, build_image("review"), "v1").plain()
        self.program = our_program(self.settings)

    def payload(self, **members: Any) -> bytes:
        return json.dumps({"targetArtifact": self.target.to_json() | members}).encode()

    def attach(self, media_type: str, data: bytes) -> Descriptor:
        annotations = manifest_annotations(["00"], "2026-06-01T12:00:00Z")
        return attach_signature(LayoutRepository(self.path), (media_type, data), self.target, annotations)

    def verify(self, *words: str) -> Ran:
        return self.program("verify", "--oci-layout", "--scope", "local/app", *words, self.reference)

    def inspect(self, *words: str) -> Ran:
        return self.program("inspect", "--oci-layout", *words, self.reference)

    @property
    def reference(self) -> str:
        return f"{self.path}@{self.target.digest}"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An image without signatures."""
    return Layout(tmp_path)


@pytest.mark.parametrize("text", ["*:", "*:anything", "*:*"])
def test_identity_that_only_starts_with_a_star_matches_nothing(text: str) -> None:
    """`*` is the wildcard; `*:x` is an identity of an unknown kind, ignored as in Go. TP-061, TP-063."""
    identity = TrustedIdentity.parse(text)
    assert not identity.is_wildcard
    with pytest.raises(UntrustedError, match="no x509 trusted identities"):
        check_identities([identity], make_chain("EC-256", 1).leaf.subject.public_bytes(), policy_name="p")


def test_identity_that_starts_with_a_star_does_not_widen_a_policy(layout: Layout) -> None:
    """Beside a subject that does not match, `*:x` makes nobody trusted. TP-061, TP-067."""
    layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload()))
    identities = ["x509.subject: C=US, ST=WA, O=Somebody Else", "*:x"]
    layout.settings.policy(statement("all", stores=["ca:s"], identities=identities))
    ran = layout.verify()
    assert (ran.code, ran.out) == (1, "")


@pytest.mark.parametrize("words", [(), ("-v",), ("-d",)], ids=["quiet", "verbose", "debug"])
def test_header_names_cannot_forge_lines(layout: Layout, words: tuple[str, ...]) -> None:
    """A line end in a header's name stays within the line that shows it. Attack 184; R-36."""
    protected = envelopes.header() | {FORGED: 1}
    data = envelopes.jws(chain=CHAIN, payload=layout.payload(), protected=protected, unprotected={FORGED: 1})
    layout.attach(JWS, data)
    for ran in (layout.verify(*words), layout.inspect(*words)):
        assert ran.code == 1
        assert "belongs into the protected header alone" in ran.err
        assert not any(line.startswith("Successfully") for line in (ran.out + ran.err).splitlines())


def test_terminal_controls_are_escaped_in_json(layout: Layout) -> None:
    """C1 controls and direction marks reach a terminal as JSON escapes, and parse as they were. R-36."""
    nasty = {"k\x9b31m": "\x7f\u202e\U000e0001"}
    layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload(annotations=nasty)))
    verified, inspected = layout.verify("--output", "json"), layout.inspect("--output", "json")
    assert verified.json["verifications"][0]["signatures"][0]["userMetadata"] == nasty
    assert inspected.json["signatures"][0]["userDefinedAttributes"] == nasty
    assert (verified.out + inspected.out).replace("\n", "").isprintable()


@pytest.mark.parametrize("output", ["tree", "json"])
def test_inspect_shows_attributes_that_are_no_json(layout: Layout, output: str) -> None:
    """Byte strings, at any depth and as labels, are shown and no defect is reported. CLI-009, SEC-004."""
    protected = envelopes.labels("EC-256", {"note": [b"\x01", {b"label": None}], 99: {1: b"two"}})
    layout.attach(COSE, envelopes.cose(chain=CHAIN, payload=layout.payload(), protected=protected))
    ran = layout.inspect("--output", output)
    assert ran.code == 0
    assert "note" in ran.out


def test_inspect_keeps_the_specifications_attributes(layout: Layout) -> None:
    """A signed attribute that is called `signingTime` does not replace the signing time. CLI-009."""
    protected = envelopes.header(signingTime="1999", contentType="other", signingScheme="other", note="x")
    layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload(), protected=protected))
    attributes = layout.inspect("--output", "json").json["signatures"][0]["signedAttributes"]
    assert attributes == {
        "contentType": envelopes.CONTENT_TYPE,
        "note": "x",
        "signingScheme": "notary.x509",
        "signingTime": envelopes.SIGNED_AT,
    }


def renamed(attribute: bytes) -> TestChain:
    """Return the good chain with *attribute* added to the leaf's subject, signed by its CA."""
    leaf = resigned(
        CHAIN.ders[0], CHAIN.keys[1], {SUBJECT: lambda name: element(0x30, *parts(name), attribute)}
    )
    return replace(CHAIN, certificates=(load_der_x509_certificate(leaf), CHAIN.root))


@pytest.mark.parametrize("words", [(), ("--output", "json")], ids=["text", "json"])
def test_name_that_cannot_be_shown_hides_no_other_signature(layout: Layout, words: tuple[str, ...]) -> None:
    """A subject with an attribute type that no reader knows is one signature's own fault. R-09, VER-008."""
    oid = bytes.fromhex("0607550490" + "80808000")
    attribute = element(0x31, element(0x30, oid, element(0x0C, b"x")))
    layout.attach(COSE, envelopes.cose(chain=renamed(attribute), payload=layout.payload()))
    good = layout.attach(COSE, envelopes.cose(chain=CHAIN, payload=layout.payload()))
    shown = layout.inspect(*words)
    assert str(good.digest) in shown.out
    assert "object identifier in a name" in shown.err
    assert layout.verify(*words).code == 0


def test_huge_names_are_not_repeated_in_messages(layout: Layout) -> None:
    """A name of two megabytes costs no seconds and fills no screen. Attack 35; R-10, R-36."""
    attribute = element(0x31, element(0x30, bytes.fromhex("060355040b"), element(0x0C, b"\x7f"))) * 100_000
    layout.attach(COSE, envelopes.cose(chain=renamed(attribute), payload=layout.payload()))
    ran = layout.verify()
    assert ran.code == 1
    assert len(ran.err) < 2000


def tag_indexes(layout: Layout, sizes: list[int], times: int = 1) -> None:
    """Name an index of each size under the referrers tag of the image, *times* times over."""
    document = json.loads((layout.path / "index.json").read_bytes())
    for size in sizes:
        entries = [Descriptor.of(IMAGE_MANIFEST, b"%d" % number).to_json() for number in range(size)]
        data = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
        found = Descriptor.of(IMAGE_INDEX, data)
        blob_path(layout.path, str(found.digest)).write_bytes(data)
        tagged = found.to_json() | {"annotations": {REF_NAME: referrers_tag(layout.target.digest)}}
        document["manifests"] += [tagged] * times
    (layout.path / "index.json").write_text(json.dumps(document))


class CountingLayout(LayoutRepository):
    """A layout that counts what it reads."""

    fetched = 0

    def fetch(self, content: Descriptor, *, max_bytes: int) -> bytes:
        self.fetched += 1
        return super().fetch(content, max_bytes=max_bytes)


def test_one_index_named_many_times_is_read_once(layout: Layout) -> None:
    """A few kilobytes in `index.json` cannot have the same megabytes read a thousand times. R-10, SIG-034."""
    tag_indexes(layout, [10], times=1000)
    repository = CountingLayout(layout.path)
    assert list(repository.referrers(layout.target, "x")) == []
    assert repository.fetched < 20


def test_many_indexes_under_the_referrers_tag_are_refused(layout: Layout) -> None:
    """Indexes are kept in memory while they are merged, so there is a bound to them. R-10."""
    tag_indexes(layout, list(range(1, MAX_LISTINGS + 1)))
    assert list(LayoutRepository(layout.path).referrers(layout.target, "x")) == []
    tag_indexes(layout, [MAX_LISTINGS + 1])
    with pytest.raises(LimitError, match="names 9 indexes"):
        list(LayoutRepository(layout.path).referrers(layout.target, "x"))


def test_signing_beside_many_entries_takes_seconds_not_hours(layout: Layout) -> None:
    """Work grows with the number of entries, not with its square. R-10, SIG-034."""
    tag_indexes(layout, [10_000])
    started = process_time()
    layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload()))
    assert process_time() - started < 20


@pytest.mark.parametrize("listed", [0, 1 << 40], ids=["as it was", "as large as the file"])
def test_file_with_holes_costs_no_time(layout: Layout, listed: int) -> None:
    """A blob that was made a terabyte large without a byte of disk is refused unread. R-10, R-23."""
    if listed:
        index = layout.path / "index.json"
        index.write_text(index.read_text().replace(f'"size":{layout.target.size}', f'"size":{listed}'))
    os.truncate(blob_path(layout.path, str(layout.target.digest)), 1 << 40)
    with pytest.raises((RegistryError, LimitError), match=r"larger than|instead of"):
        LayoutRepository(layout.path).resolve("v1")


def test_link_in_place_of_the_staging_directory_is_refused(layout: Layout, tmp_path: Path) -> None:
    """What a killed writer left is removed from the layout, not where a link leads. R-34, SEC-001."""
    elsewhere = tmp_path / "elsewhere" / ".notation-py-other.tmp"
    elsewhere.mkdir(parents=True)
    (layout.path / "ingest").symlink_to(elsewhere.parent)
    with pytest.raises(RegistryError, match="is a link"):
        layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload()))
    assert elsewhere.is_dir()


def test_link_in_place_of_the_lock_is_not_followed(layout: Layout, tmp_path: Path) -> None:
    """Opening the lock of a layout truncates no file of the user. R-34, SEC-001."""
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (layout.path / LOCK_NAME).symlink_to(precious)
    with pytest.raises(RegistryError, match="lock"):
        layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload()))
    assert precious.read_text() == "kept"


@pytest.mark.parametrize("value", ["true", "yes", "2", " 1"])
def test_misspelt_hardening_is_no_silent_weakness(layout: Layout, value: str) -> None:
    """Whoever asks for hardening in the wrong words is told, instead of going without it. R-14, R-33."""
    layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload()))
    layout.program = layout.program.with_environment(NOTATION_PY_HARDENED=value)
    ran = layout.verify()
    assert (ran.code, ran.out) == (1, "")
    assert "NOTATION_PY_HARDENED" in ran.err


@pytest.mark.parametrize(
    "text",
    [
        "https://cdn.test/blob?X-Signature=hunter2&name=\u00e9",
        "https://cdn.test/blob?token=hunter2#part",
        "https://user:hunter2@cdn.test/blob",
        "//user:hunter2@cdn.test/\u00e9",
        "https://cdn.test/" + "a" * 9000 + "?hunter2",
        "https://cdn.test:port/blob?token=hunter2",
    ],
)
def test_refused_urls_show_no_secret(text: str) -> None:
    """Where a registry redirects to may be signed; what is refused is shown without that. R-36, SEC-006."""
    for read in (Url.parse, Url.parse("https://registry.test/v2/").join):
        with pytest.raises(RegistryError) as caught:
            read(text)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("command", ["list", "inspect", "verify"])
def test_the_largest_number_of_signatures_is_no_defect(layout: Layout, command: str) -> None:
    """A limit of 64 bits is a limit like any other. CLI-003, SEC-004."""
    layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload()))
    scope = ("--scope", "local/app") if command == "verify" else ()
    words = (command, "--oci-layout", *scope, "--max-signatures", str(2**63 - 1), layout.reference)
    assert layout.program.done(*words).err == ""


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00", "2026-06-01T24:00:00Z"]
)
def test_times_that_go_refuses_are_refused(time: str) -> None:
    """Go's zero time counts as absent, and no day has an hour 24, whatever the Python. JWS-022, ATTR-002."""
    data = envelopes.jws(protected=envelopes.header() | {envelopes.TIME: time})
    assert judged(data, EnvelopeFormat.JWS).word == "INTEGRITY"


@pytest.mark.parametrize("member", [{"urls": 5}, {"data": []}, {"platform": "linux"}], ids=str)
def test_payloads_that_go_refuses_are_refused(member: dict[str, Any]) -> None:
    """Members of a descriptor that nobody uses still have their types. PAY-003, PAY-018."""
    payload = json.dumps({"targetArtifact": envelopes.TARGET | member}).encode()
    assert judged(envelopes.jws(payload=payload), EnvelopeFormat.JWS).word == "INTEGRITY"
    assert judged(envelopes.cose(payload=payload), EnvelopeFormat.COSE).word == "INTEGRITY"


def test_certificate_has_one_encoding() -> None:
    """The count of unused bits, which no signature covers, gives no second certificate. CERT-012, R-04."""
    for index, data in enumerate(CHAIN.ders):
        signature = parts(data)[2]
        assert signature[2] == 0
        for unused in range(1, 8):
            changed = element(0x30, *parts(data)[:2], signature[:2] + bytes([unused]) + signature[3:])
            ders = [*CHAIN.ders[:index], changed, *CHAIN.ders[index + 1 :]]
            with pytest.raises(MalformedError, match="malformed certificate"):
                chain_of(ders)
    assert chain_of(CHAIN.ders).certificates
