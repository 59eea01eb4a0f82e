# SPDX-License-Identifier: Apache-2.0
"""Timestamps and revocation with the Go program: each verifies what the other stamped, both judge alike.

The Go program has no rule for addresses and prints no reason when an artifact fails, so reasons are
compared at the level permissive, where both warn with them.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.simulator import pki, tsa
from tests.simulator.commands import Command, Ran, Settings, go_program, our_program, statement
from tests.simulator.places import LayoutPlace, Placed, RegistryPlace
from tests.simulator.publisher import (
    HOUR,
    STALE,
    TIMESTAMP_TYPE,
    Published,
    authority_off_by,
    cached_lists,
    forget_lists,
    nobody_at,
)
from tests.simulator.registries import RunningRegistry
from tests.simulator.revocation_servers import Reply, WebServer, web_server
from tests.simulator.tsa import OpenSslAuthority, authority

pytestmark = pytest.mark.interop

EXPERIMENTAL = (
    "Warning: This feature is experimental and may not be fully tested or completed and may be deprecated. "
    'Report any issues to "https://github/notaryproject/notation"\n'
)
FORMS = ("jws", "cose")
SIGNERS = ("ours", "go")
ROOT_FLAG = "--timestamp-root-cert"


@dataclass(slots=True)
class Peers:
    """Both programs over one configuration, in one place, and the authority that both ask."""

    ours: Command
    go: Command
    settings: Settings
    place: RegistryPlace | LayoutPlace
    authority: OpenSslAuthority

    def put(self, repository: str) -> Placed:
        return self.place.put(repository, "v1", repository)

    def sign_plainly(self, placed: Placed) -> None:
        """Let ours sign without a timestamp, in the form that Go 1.3 reads everywhere."""
        program = self.ours.with_environment(NOTATION_PY_MANIFEST_FORM=self.place.manifest_form)
        program.done("sign", *self.place.words, placed.reference)

    def sign(self, signer: str, placed: Placed, *words: str, url: str = "", root: Path | None = None) -> Ran:
        """Let *signer* sign with a timestamp, in the form that Go 1.3 reads everywhere."""
        root = root or self.authority.directory / "root.pem"
        stamping = ("--timestamp-url", url or self.authority.url, ROOT_FLAG, str(root))
        if signer == "go":
            return self.go("sign", *self.place.go_sign, *stamping, *words, placed.reference)
        program = self.ours.with_environment(NOTATION_PY_MANIFEST_FORM=self.place.manifest_form)
        return program("sign", *self.place.words, *stamping, *words, placed.reference)

    def signed(self, signer: str, repository: str, *words: str) -> Placed:
        placed = self.put(repository)
        ran = self.sign(signer, placed, *words)
        assert ran.code == 0, ran.err
        return placed

    def verify(self, verifier: str, placed: Placed, *words: str) -> Ran:
        """Return what *verifier* did, without what only Go says about experiments."""
        program = self.ours if verifier == "ours" else self.go
        ran = program("verify", *self.place.verify_words(placed), *words, placed.reference)
        return Ran(ran.code, ran.out.strip(), ran.err.replace(EXPERIMENTAL, ""))

    def trust(self, *stores: str, timestamp: str = "", level: str = "strict") -> None:
        self.settings.policy(statement("all", stores=stores, timestamp=timestamp, level=level))

    def both(self, placed: Placed) -> tuple[Ran, Ran]:
        """Return what ours and Go's say about *placed*, each with an empty cache."""
        found = []
        for verifier in SIGNERS:
            forget_lists(self.settings)
            found.append(self.verify(verifier, placed))
        return found[0], found[1]


def make_peers(
    directory: Path,
    go: Path,
    place: RegistryPlace | LayoutPlace,
    stamper: OpenSslAuthority,
    *keys: tuple[str, pki.TestChain],
) -> Peers:
    """Return the two programs with *keys*, whose roots the store `ca:s` trusts."""
    settings = Settings(directory / "settings")
    for name, chain in keys:
        settings.add_key(name, chain)
        settings.trust(name, chain)
    settings.trust("t", stamper.chain, "tsa")
    settings.trust("other", authority(subject="another tsa"), "tsa")
    ours = our_program(settings).with_environment(NOTATION_PY_FETCH_ALLOW="127.0.0.0/8:*")
    return Peers(ours, go_program(go, settings), settings, place, stamper)


@pytest.fixture(scope="module")
def stamper(
    request: pytest.FixtureRequest, openssl: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenSslAuthority]:
    """The real `openssl ts`, with keys of either kind."""
    chain = authority(request.param)
    with OpenSslAuthority.start(tmp_path_factory.mktemp("authority"), chain) as running:
        yield running


@pytest.fixture(scope="module")
def ec_stamper(openssl: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSslAuthority]:
    with OpenSslAuthority.start(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.mark.parametrize(
    ("stamper", "key_type"),
    [
        ("EC-256", "RSA-2048"),
        ("EC-256", "EC-384"),
        ("EC-256", "EC-521"),
        ("RSA-2048", "RSA-3072"),
        ("RSA-2048", "EC-256"),
    ],
    indirect=["stamper"],
)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("signer", SIGNERS)
def test_each_verifies_what_the_other_stamped(
    go_notation: Path,
    docker_registry: RunningRegistry,
    stamper: OpenSslAuthority,
    tmp_path: Path,
    signer: str,
    form: str,
    key_type: pki.KeyType,
) -> None:
    """TSA-001 to TSA-031, ALG-007; issue 3: and both show the same window and certificates."""
    chain = pki.make_chain(key_type, 3, subject="stamped")
    place = RegistryPlace(docker_registry.host, ())
    peers = make_peers(tmp_path, go_notation, place, stamper, ("s", chain))
    peers.trust("ca:s", "tsa:t", timestamp="always")
    placed = peers.signed(signer, f"stamps/{tmp_path.name.lower()}", "--signature-format", form)
    success = f"Successfully verified signature for {placed.reference}"
    for verifier in SIGNERS:
        assert peers.verify(verifier, placed) == Ran(0, success, "")
    shown = timestamps_shown(peers, placed)
    assert shown["ours"] == shown["go"]
    peers.trust("ca:s", "tsa:other", timestamp="always")
    assert [peers.verify(verifier, placed).code for verifier in SIGNERS] == [1, 1]


def timestamps_shown(peers: Peers, placed: Placed) -> dict[str, tuple[list[str], Any]]:
    """Return what each program's `inspect` shows of the timestamp: lines of the tree, and the JSON.

    Go 1.3 cuts times to the second in the JSON too, where its main line and ours do not.
    """
    shown = {}
    for name, program, member in (("ours", peers.ours, "signatures"), ("go", peers.go, "Signatures")):
        [signature] = program.done("inspect", "-o", "json", placed.reference).json[member]
        found = signature["unsignedAttributes"]["timestampSignature"]
        found["timestamp"] = re.sub(r"\.\d{1,9}Z", "Z", found["timestamp"])
        shown[name] = stamp_lines(program.done("inspect", placed.reference).out), found
    assert len(shown["ours"][0]) == 2 + 4 * len(shown["ours"][1]["certificates"])
    return shown


def stamp_lines(tree: str) -> list[str]:
    """Return the texts of the nodes below `timestamp signature`, in order."""
    lines = tree.splitlines()
    start = next(index for index, line in enumerate(lines) if line.endswith(" timestamp signature"))
    depth = lines[start].index("timestamp signature")
    below = itertools.takewhile(lambda line: not line[depth].isalpha(), lines[start + 1 :])
    return [line.lstrip(" │├└─") for line in below]


def signing_error(ran: Ran) -> str:
    """Return the only error, without hints and the warning about experiments."""
    assert (ran.code, ran.out) == (1, "")
    [line] = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    return line


@pytest.fixture
def layout(go_notation: Path, ec_stamper: OpenSslAuthority, tmp_path: Path) -> Peers:
    """Both programs over layouts, with a key that nobody can revoke."""
    chain = pki.make_chain("EC-256", 3, subject="alice")
    place = LayoutPlace(tmp_path / "layouts")
    peers = make_peers(tmp_path, go_notation, place, ec_stamper, ("s", chain))
    peers.trust("ca:s", "tsa:t")
    return peers


def answered(**changes: Any) -> Reply:
    return Reply(b"no", kind="application/timestamp-reply", **changes)


@pytest.mark.parametrize(
    "reply",
    [answered(status=404), answered(status=503), Reply(tsa.rejected(2, 0, text="no"), kind=TIMESTAMP_TYPE)],
    ids=["404", "503", "rejected"],
)
def test_both_say_the_same_when_an_authority_refuses(layout: Peers, web: WebServer, reply: Reply) -> None:
    """TSA-003, TSA-004; cli 5: the same sentence, and neither leaves a signature."""
    url = web.publish("/stamp", reply)
    placed = layout.put("app")
    errors = [signing_error(layout.sign(signer, placed, url=url)) for signer in SIGNERS]
    assert errors[0] == errors[1]
    assert layout.ours.done("list", "--oci-layout", placed.reference).out.count("sha256:") == 1


def root_files(peers: Peers, directory: Path) -> dict[str, Path]:
    """Return files that hold no root, or more than one certificate."""
    chain = peers.authority.chain
    contents = {
        "empty": b"",
        "no certificate": b"hello\n",
        "two": chain.root_pem() + chain.root_pem(),
        "leaf": chain.leaf.public_bytes(Encoding.PEM),
        "intermediate": chain.certificates[1].public_bytes(Encoding.PEM),
        "intermediate with an RSA key": authority("RSA-2048").certificates[1].public_bytes(Encoding.PEM),
        "lone signer": pki.make_chain("EC-256", 1).root_pem(),
    }
    files = {}
    for name, data in contents.items():
        files[name] = directory / f"{name}.pem"
        files[name].write_bytes(data)
    return files | {"nothing": directory / "nothing.pem"}


@pytest.mark.parametrize(
    "fault",
    [
        "empty",
        "no certificate",
        "two",
        "leaf",
        "intermediate",
        "intermediate with an RSA key",
        "lone signer",
        "nothing",
    ],
)
def test_both_say_the_same_of_a_file_that_holds_no_root(layout: Peers, tmp_path: Path, fault: str) -> None:
    """TSA-007; cli 5: found before anything is signed, and told in the words that scripts know."""
    root = root_files(layout, tmp_path)[fault]
    placed = layout.put("app")
    errors = [signing_error(layout.sign(signer, placed, root=root)) for signer in SIGNERS]
    assert errors[0] == errors[1]


URLS = ["ftp://127.0.0.1/", "http://", "https:///path", "tsa.test", "HTTP://", "a b", "file:///etc/passwd"]


@pytest.mark.parametrize("url", URLS)
def test_both_say_the_same_of_a_url_that_names_no_authority(layout: Peers, url: str) -> None:
    """TSA-003; cli 5."""
    placed = layout.put("app")
    errors = [signing_error(layout.sign(signer, placed, url=url)) for signer in SIGNERS]
    assert errors[0] == errors[1]


# --- one verdict about revocation -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """What is published about a chain that names a responder, a list, or both, and what follows.

    Attributes:
        publish: for each certificate below the root. word: `good`, `revoked` or `unknown`.
        named: the position of the certificate that the reason names.
    """

    ocsp: tuple[int, ...]
    crl: tuple[int, ...]
    publish: Callable[[Published], None]
    word: str
    named: int = 0


def all_good(published: Published) -> None:
    published.all_good(0, 1)


def ocsp_says(position: int, **changes: Any) -> Callable[[Published], None]:
    def publish(published: Published) -> None:
        published.all_good(0, 1)
        published.ocsp(position, **changes)

    return publish


def list_says(position: int, /, reason: int | None = None, **changes: Any) -> Callable[[Published], None]:
    """Publish good answers, but a list that revokes, or with other *changes* one of no use."""

    def publish(published: Published) -> None:
        published.all_good(0, 1)
        entries = [] if changes else [published.entry(position, reason=reason)]
        published.crl(position, entries=entries, **changes)

    return publish


def nothing(published: Published) -> None:
    """Every server says 404."""


BOTH = (0, 1)
CASES = {
    "ocsp good": Case(BOTH, (), all_good, "good"),
    "ocsp leaf revoked": Case(BOTH, (), ocsp_says(0, status="revoked", reason=1), "revoked"),
    "ocsp intermediate revoked": Case(BOTH, (), ocsp_says(1, status="revoked"), "revoked", 1),
    "ocsp unknown": Case(BOTH, (), ocsp_says(0, status="unknown"), "unknown"),
    "ocsp stale": Case(BOTH, (), ocsp_says(0, **STALE), "unknown"),
    "ocsp without nextUpdate": Case(BOTH, (), ocsp_says(0, next_update=None), "unknown"),
    "ocsp by a stranger": Case(BOTH, (), ocsp_says(1, key=pki.fixed_keys("EC-384")[2]), "unknown", 1),
    "ocsp nobody": Case(BOTH, (), nothing, "unknown"),
    "crl good": Case((), BOTH, all_good, "good"),
    "crl leaf revoked": Case((), BOTH, list_says(0, 4), "revoked"),
    "crl intermediate revoked": Case((), BOTH, list_says(1), "revoked", 1),
    "crl leaf on hold": Case((), BOTH, list_says(0, 6), "revoked"),
    "crl leaf removed": Case((), BOTH, list_says(0, 8), "good"),
    "crl stale": Case((), BOTH, list_says(0, None, **STALE), "unknown"),
    "crl by a stranger": Case((), BOTH, list_says(0, key=pki.fixed_keys("EC-384")[2]), "unknown"),
    "crl nobody": Case((), BOTH, nothing, "unknown"),
    "both good": Case(BOTH, BOTH, all_good, "good"),
    "both, responder unknown": Case(BOTH, BOTH, ocsp_says(0, status="unknown"), "good"),
    "both, responder stale": Case(BOTH, BOTH, ocsp_says(0, **STALE), "good"),
    "both, responder revokes": Case(BOTH, BOTH, ocsp_says(0, status="revoked"), "revoked"),
    "both, list revokes": Case(BOTH, BOTH, list_says(0, 4), "good"),
    "mixed, list revokes": Case((0,), (1,), list_says(1, 4), "revoked", 1),
    "no information": Case((), (), nothing, "good"),
}


@pytest.mark.parametrize("name", CASES)
def test_both_judge_revocation_alike(
    go_notation: Path, ec_stamper: OpenSslAuthority, web: WebServer, tmp_path: Path, name: str
) -> None:
    """REV-001 to REV-006, REV-020 to REV-028, REV-070 to REV-073; cli 8.4; issue 3."""
    case = CASES[name]
    published = Published.naming(web, ocsp=case.ocsp, crl=case.crl)
    place = LayoutPlace(tmp_path / "layouts")
    peers = make_peers(tmp_path, go_notation, place, ec_stamper, ("s", published.chain))
    peers.trust("ca:s")
    placed = peers.put("app")
    peers.sign_plainly(placed)
    case.publish(published)
    ours, theirs = peers.both(placed)
    assert (ours.code, theirs.code) == ((0, 0) if case.word == "good" else (1, 1))
    assert ours.err.splitlines()[:1] == theirs.err.splitlines()
    peers.trust("ca:s", level="permissive")
    ours, theirs = peers.both(placed)
    assert (ours.code, ours.out, ours.err) == (theirs.code, theirs.out, theirs.err)
    said = {"good": "", "revoked": "is revoked", "unknown": "revocation status is unknown"}[case.word]
    subject = published.subject(case.named)
    warning = (
        'Warning: revocation was set to "log" and failed with error: '
        f'signing certificate with subject "{subject}" {said}\n'
    )
    assert ours.err == (warning if said else "")


def test_both_ask_the_same_questions(
    go_notation: Path, ec_stamper: OpenSslAuthority, web: WebServer, tmp_path: Path
) -> None:
    """REV-020, REV-021: the same paths, so the same OCSP requests octet by octet; GET for short ones."""
    published = Published.naming(web, ocsp=(0,), crl=(1,))
    peers = make_peers(tmp_path, go_notation, LayoutPlace(tmp_path / "l"), ec_stamper, ("s", published.chain))
    peers.trust("ca:s")
    placed = peers.put("app")
    peers.sign_plainly(placed)
    published.all_good(0, 1)
    asked = []
    for verifier in SIGNERS:
        forget_lists(peers.settings)
        assert peers.verify(verifier, placed).code == 0
        asked.append(sorted(f"{one} {one.body!r}" for one in web.asked))
        web.asked.clear()
    assert asked[0] == asked[1]
    assert len(asked[0]) == 2


def test_only_go_asks_about_a_chain_that_is_not_trusted(
    go_notation: Path, ec_stamper: OpenSslAuthority, web: WebServer, tmp_path: Path
) -> None:
    """Attack 79, R-19, FETCH-7: at level audit Go asks whom a stranger's certificates name; ours nobody."""
    published = Published.naming(web, ocsp=(0, 1))
    peers = make_peers(tmp_path, go_notation, LayoutPlace(tmp_path / "l"), ec_stamper, ("s", published.chain))
    peers.settings.trust("stranger", pki.make_chain("EC-256", 2, subject="stranger"))
    peers.trust("ca:stranger", level="audit")
    placed = peers.put("app")
    peers.sign_plainly(placed)
    published.all_good(0, 1)
    ran = peers.verify("ours", placed)
    assert (ran.code, web.connections) == (0, 0)
    assert "revocation status is unknown" in ran.err
    assert peers.verify("go", placed).code == 0
    assert web.connections > 0


@pytest.mark.parametrize("first", SIGNERS)
@pytest.mark.parametrize("delta", ["base alone", "with a delta"])
def test_each_uses_the_lists_the_other_fetched(
    go_notation: Path, ec_stamper: OpenSslAuthority, web: WebServer, tmp_path: Path, first: str, delta: str
) -> None:
    """REV-080; issue 3: the second program asks nobody, and comes to the verdict of the first."""
    published = Published.naming(web, crl=(0, 1))
    peers = make_peers(tmp_path, go_notation, LayoutPlace(tmp_path / "l"), ec_stamper, ("s", published.chain))
    peers.trust("ca:s")
    placed = peers.put("app")
    peers.sign_plainly(placed)
    published.crl(1)
    if delta == "base alone":
        published.crl(0)
    else:
        published.crl(0, number=7, freshest=[web.url("/delta.crl")])
        web.publish("/delta.crl", published.a_crl(0, number=8, base_number=7))
    second = "go" if first == "ours" else "ours"
    success = f"Successfully verified signature for {placed.reference}"
    assert peers.verify(first, placed) == Ran(0, success, "")
    assert len(cached_lists(peers.settings)) == 2
    published.requests()
    connections = web.connections
    assert peers.verify(second, placed) == Ran(0, success, "")
    assert web.connections == connections


# --- the authority's certificates -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "word"),
    [(0, "revoked"), (1, "revoked"), (0, "unknown"), (1, "unknown")],
    ids=["leaf revoked", "intermediate revoked", "leaf unknown", "intermediate unknown"],
)
def test_both_judge_a_revoked_authority_alike(
    go_notation: Path, web: WebServer, tmp_path: Path, position: int, word: str
) -> None:
    """TSA-008, TSA-032, attack 91: when they verify and when they sign."""
    published = Published.naming(web, ocsp=(0, 1), subject="tsa", stamping=True)
    published.all_good(0, 1)
    chain = pki.make_chain("EC-256", 3, subject="alice")
    with OpenSslAuthority.start(tmp_path / "authority", published.chain) as stamper:
        peers = make_peers(tmp_path, go_notation, LayoutPlace(tmp_path / "l"), stamper, ("s", chain))
        peers.trust("ca:s", "tsa:t", level="permissive")
        placed = [peers.signed(signer, f"by-{signer}") for signer in SIGNERS]
        published.ocsp(position, status=word)
        said = "is revoked" if word == "revoked" else "revocation status is unknown"
        why = f'timestamping certificate with subject "{published.subject(position)}" {said}'
        for one in placed:
            ours, theirs = peers.both(one)
            assert (ours.code, ours.out, ours.err) == (theirs.code, theirs.out, theirs.err)
            assert ours.err == f'Warning: authenticTimestamp was set to "log" and failed with error: {why}\n'
        other = peers.put("other")
        for signer in SIGNERS:
            assert signing_error(peers.sign(signer, other)) == f"Error: timestamp: {why}"


# --- after the certificate has expired --------------------------------------------------------------


def test_both_accept_what_was_stamped_in_time(
    go_notation: Path, ec_stamper: OpenSslAuthority, tmp_path: Path
) -> None:
    """TSA-016, TSA-017, attack 94; issue 3: a certificate that really expires, and signatures of both."""
    for seconds in (6, 12, 24, 48):
        not_after = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        chain = pki.make_chain("EC-256", 3, subject="brief", edits={0: pki.changed(not_after=not_after)})
        directory = tmp_path / str(seconds)
        peers = make_peers(directory, go_notation, LayoutPlace(directory / "l"), ec_stamper, ("s", chain))
        placed = {
            (signer, form): peers.put(f"{signer}-{form}") for signer, form in product(SIGNERS, FORMS)
        } | {("bare", ""): peers.put("bare")}
        codes = [
            peers.sign(signer, one, "--signature-format", form).code
            for (signer, form), one in placed.items()
            if form
        ]
        peers.sign_plainly(placed["bare", ""])
        # Go does not look whether its own timestamp is in time (STAMP-9), so look at the clock
        if codes == [0] * 4 and datetime.now(UTC) < not_after - timedelta(seconds=2):
            break
    else:
        pytest.fail("no signature was made in time")
    while (left := (not_after - datetime.now(UTC)).total_seconds()) > -1:
        time.sleep(max(left, 0) + 1)
    for timestamp in ("always", "afterCertExpiry"):
        peers.trust("ca:s", "tsa:t", timestamp=timestamp)
        for (_, form), one in placed.items():
            code = 0 if form else 1
            assert [peers.verify(verifier, one).code for verifier in SIGNERS] == [code, code]
    peers.trust("ca:s", level="permissive")
    for one in placed.values():
        ours, theirs = peers.both(one)
        assert (ours.code, ours.out, ours.err) == (theirs.code, theirs.out, theirs.err)
        assert "verification time is after certificate" in ours.err


@pytest.mark.parametrize("when", ["before", "after"])
def test_both_refuse_a_timestamp_outside_the_certificate_s_time(
    go_notation: Path, ec_stamper: OpenSslAuthority, web: WebServer, tmp_path: Path, when: str
) -> None:
    """TSA-031, attack 92, STAMP-9: Go signs with an authority whose clock is wrong; neither accepts it."""
    limits = {"before": ("not_before", -HOUR), "after": ("not_after", timedelta(minutes=2))}
    member, distance = limits[when]
    edits = {0: pki.changed(**{member: datetime.now(UTC).replace(microsecond=0) + distance})}
    chain = pki.make_chain("EC-256", 3, subject="brief", edits=edits)
    peers = make_peers(tmp_path, go_notation, LayoutPlace(tmp_path / "l"), ec_stamper, ("s", chain))
    url = authority_off_by(web, ec_stamper.chain, -2 * HOUR if when == "before" else timedelta(minutes=4))
    placed = peers.put("app")
    assert peers.sign("go", placed, url=url).code == 0
    assert signing_error(peers.sign("ours", placed, url=url)).startswith(
        f"Error: timestamp: timestamp can be {when}"
    )
    peers.trust("ca:s", "tsa:t")
    assert [peers.verify(verifier, placed).code for verifier in SIGNERS] == [1, 1]
    peers.trust("ca:s", "tsa:t", level="permissive")
    ours, theirs = peers.both(placed)
    assert (ours.code, ours.out, ours.err) == (theirs.code, theirs.out, theirs.err)
    assert f"timestamp can be {when} certificate" in ours.err


def test_both_say_the_same_of_a_timestamp_that_is_missing_or_of_a_stranger(layout: Peers) -> None:
    """TSA-017, TSA-025; cli 8.4."""
    bare, stamped = layout.put("bare"), layout.signed("ours", "stamped")
    layout.sign_plainly(bare)
    layout.trust("ca:s", "tsa:t", level="permissive")
    ours, theirs = layout.both(bare)
    assert ours == theirs
    assert "no timestamp countersignature was found in the signature envelope" in ours.err
    layout.trust("ca:s", "tsa:other", level="permissive")
    ours, theirs = layout.both(stamped)
    assert (ours.code, ours.out) == (theirs.code, theirs.out)
    start = (
        'Warning: authenticTimestamp was set to "log" and failed with error: '
        "failed to verify the timestamp countersignature with error: failed to verify signed token: "
        "cms verification failure: "
    )
    assert ours.err.startswith(start)
    assert theirs.err.startswith(start)


def test_both_say_that_nobody_listens(layout: Peers) -> None:
    """Attack 96; cli 5: the operation, the URL, and the cause, of which Go says more."""
    placed = layout.put("app")
    with nobody_at() as url:
        for signer in SIGNERS:
            error = signing_error(layout.sign(signer, placed, url=url))
            assert error.startswith(f'Error: timestamp: Post "{url}": ')
            assert error.endswith("connection refused")
