# SPDX-License-Identifier: Apache-2.0
"""Timestamps with the program as a whole: by the real `openssl ts`, and verified before and after expiry."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notation_py.digest import Digest
from tests.simulator import pki, tsa
from tests.simulator.commands import Command, Ran, Settings, our_program, statement
from tests.simulator.images import blob_path, compact
from tests.simulator.places import LayoutPlace, Placed, RegistryPlace
from tests.simulator.publisher import (
    HOUR,
    STALE,
    STARTED,
    TIMESTAMP_TYPE,
    Published,
    authority_off_by,
    forget_lists,
    nobody_at,
)
from tests.simulator.registries import RunningRegistry
from tests.simulator.revocation_servers import Asked, Reply, WebServer, web_server
from tests.simulator.tsa import FakeTimestamper, OpenSslAuthority, general_time

pytestmark = pytest.mark.interop

CHAIN = pki.make_chain("EC-256", 3, subject="alice")
STRANGER = tsa.authority(subject="another tsa")
FORMS = ("jws", "cose")
SIGNATURE = "application/vnd.cncf.notary.signature"
TOKEN = "io.cncf.notary.timestampSignature"
ALL_FAILED = "Error: signature verification failed for all the signatures associated with {}\n"
NO_STORE = "Timestamp verification disabled: no tsa trust store is configured in trust policy"
UNEXPIRED = (
    'Timestamp verification disabled: verifyTimestamp is set to "afterCertExpiry" '
    "and signing cert chain unexpired"
)
PERFORMING = "Performing timestamp verification..."
SUCCESS = "Timestamp verification: Success"
LINES = (NO_STORE, UNEXPIRED, PERFORMING, SUCCESS)


@dataclass(frozen=True, slots=True)
class Stamped:
    """Our program with the key `alice`, a place for images, and an authority in the store `tsa:t`."""

    program: Command
    settings: Settings
    place: LayoutPlace
    authority: OpenSslAuthority

    def put(self, text: str) -> Placed:
        return self.place.put(text, "v1", text)

    def sign(self, placed: Placed, *words: str, url: str | None = None, root: Path | None = None) -> Ran:
        """Sign with a timestamp, of the authority if nothing else is said."""
        root = root or self.authority.directory / "root.pem"
        stamping = ("--timestamp-url", url or self.authority.url, "--timestamp-root-cert", str(root))
        return self.program("sign", "--oci-layout", *stamping, *words, placed.reference)

    def signed(self, text: str, *words: str) -> Placed:
        placed = self.put(text)
        ran = self.sign(placed, *words)
        assert (ran.code, ran.err) == (0, "")
        return placed

    def verify(self, placed: Placed, *words: str) -> Ran:
        return self.program("verify", "--oci-layout", "--scope", placed.scope, *words, placed.reference)

    def trust(self, *stores: str, timestamp: str = "", level: str = "strict") -> None:
        self.settings.policy(statement("all", stores=stores, timestamp=timestamp, level=level))

    def listed(self, placed: Placed) -> int:
        """Return how many signatures the image has, and how many files lie in its layout."""
        return len(self.program.done("list", "--oci-layout", placed.reference).out.splitlines()[2:])

    def inspected(self, placed: Placed, output: str) -> Ran:
        return self.program.done("inspect", "--oci-layout", "-o", output, placed.reference)


def make_stamped(directory: Path, authority: OpenSslAuthority, chain: pki.TestChain) -> Stamped:
    settings = Settings(directory / "settings")
    settings.add_key("alice", chain)
    settings.trust("s", chain)
    settings.trust("t", authority.chain, "tsa")
    settings.trust("other", STRANGER, "tsa")
    program = our_program(settings).with_environment(NOTATION_PY_FETCH_ALLOW="127.0.0.0/8:*")
    return Stamped(program, settings, LayoutPlace(directory / "layouts"), authority)


@pytest.fixture(scope="module")
def authority(
    openssl: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OpenSslAuthority]:
    """The real `openssl ts`, on loopback."""
    with OpenSslAuthority.start(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def stamped(authority: OpenSslAuthority, tmp_path: Path) -> Stamped:
    made = make_stamped(tmp_path, authority, CHAIN)
    made.trust("ca:s", "tsa:t")
    return made


def reason(ran: Ran) -> str:
    """Return why the only signature was refused, which is behind its digest in the hint."""
    [line] = [line for line in ran.err.splitlines() if line.startswith("Hint: signature ")]
    return line.split(": ", 2)[2]


def assert_refused(ran: Ran, placed: Placed, why: str) -> None:
    """The Go program's sentence, one reason, exit code 1, and nothing on standard output."""
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(ALL_FAILED.format(placed.reference))
    assert reason(ran).startswith(why)


def told(ran: Ran) -> list[str]:
    """Return which of the lines about timestamps the debug log has, in order."""
    return [line for line in re.findall(r" msg=(.*)", ran.err) if line in LINES]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("stores", "timestamp", "lines"),
    [
        (("ca:s", "tsa:t"), "", [PERFORMING, SUCCESS]),
        (("ca:s", "tsa:t"), "always", [PERFORMING, SUCCESS]),
        (("ca:s", "tsa:t"), "afterCertExpiry", [UNEXPIRED]),
        (("ca:s",), "", [NO_STORE]),
    ],
    ids=["default", "always", "afterCertExpiry", "no tsa store"],
)
def test_a_stamped_signature_verifies(
    stamped: Stamped, form: str, stores: tuple[str, ...], timestamp: str, lines: list[str]
) -> None:
    """TSA-001, TSA-015, TSA-016, TP-035; cli 9: it is evaluated when the policy wants it; the log says so."""
    placed = stamped.signed("app", "--signature-format", form)
    stamped.trust(*stores, timestamp=timestamp)
    ran = stamped.verify(placed)
    assert (ran.code, ran.out, ran.err) == (
        0,
        f"Successfully verified signature for {placed.reference}\n",
        "",
    )
    ran = stamped.verify(placed, "-d", "-o", "json")
    assert told(ran) == lines
    [signature] = ran.json["verifications"][0]["signatures"]
    assert ("timestamp" in signature) == (SUCCESS in lines)


def test_json_tells_about_the_timestamp(stamped: Stamped) -> None:
    """VER-080, R-39: its window, the policy of the authority, its chain, and that nobody could revoke it."""
    before = datetime.now(UTC)
    placed = stamped.signed("app")
    [signature] = stamped.verify(placed, "-o", "json").json["verifications"][0]["signatures"]
    stamp = signature["timestamp"]
    earliest, latest = (datetime.fromisoformat(stamp[name]) for name in ("earliest", "latest"))
    assert latest - earliest == timedelta(seconds=3, microseconds=200)
    assert before - timedelta(seconds=2) < earliest < datetime.now(UTC)
    assert stamp["policy"] == "1.2.3.4.1"
    names = ["CN=tsa", "CN=tsa intermediate 1", "CN=tsa root"]
    assert [one["subject"].partition(",")[0] for one in stamp["certificates"]] == names
    statuses = [one["status"] for one in signature["timestampRevocation"]]
    assert statuses == ["no information", "no information", "not revocable"]


@pytest.mark.parametrize("form", FORMS)
def test_without_a_timestamp_the_policy_always_refuses(stamped: Stamped, form: str) -> None:
    """TSA-017, attack 94: none is missing only if none is wanted yet."""
    placed = stamped.put("app")
    stamped.program.done("sign", "--oci-layout", "--signature-format", form, placed.reference)
    why = "no timestamp countersignature was found in the signature envelope"
    ran = stamped.verify(placed, "-d")
    assert_refused(Ran(ran.code, ran.out, without_log(ran.err)), placed, why)
    assert told(ran) == [PERFORMING]
    assert f"authenticTimestamp validation failed. Failure reason: {why}" in ran.err
    stamped.trust("ca:s", "tsa:t", timestamp="afterCertExpiry")
    assert stamped.verify(placed).code == 0
    stamped.trust("ca:s", "tsa:t", level="permissive")
    ran = stamped.verify(placed)
    assert ran.code == 0
    assert ran.err == f'Warning: authenticTimestamp was set to "log" and failed with error: {why}\n'


def without_log(text: str) -> str:
    """Return *text* from its first line that is no entry of the log."""
    return text[text.index("Error: ") :]


# --- after the signing certificate has expired ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expired:
    """Images signed with a certificate that has expired since: `jws`, `cose`, `jws-bare`, `cose-bare`."""

    stamped: Stamped
    placed: dict[str, Placed]
    not_after: datetime


@pytest.fixture(scope="module")
def expired(authority: OpenSslAuthority, tmp_path_factory: pytest.TempPathFactory) -> Expired:
    """Signatures that were made in time, and a wait until the certificate's end.

    A machine too slow to sign in a certificate's time gets one with a longer life.
    """
    for seconds in (6, 12, 24, 48):
        not_after = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        chain = pki.make_chain("EC-256", 3, subject="brief", edits={0: pki.changed(not_after=not_after)})
        stamped = make_stamped(tmp_path_factory.mktemp("expired"), authority, chain)
        made = sign_all(stamped)
        if made is None:
            continue
        while (left := (not_after - datetime.now(UTC)).total_seconds()) > -1:
            time.sleep(max(left, 0) + 1)
        return Expired(stamped, made, not_after)
    pytest.fail("no signature was made in time")


def sign_all(stamped: Stamped) -> dict[str, Placed] | None:
    """Return the signed images, or None if the certificate expired before."""
    made = {}
    for form in FORMS:
        words = ("--signature-format", form)
        for name in (form, f"{form}-bare"):
            placed = made[name] = stamped.put(name)
            bare = ("sign", "--oci-layout", *words, placed.reference)
            ran = stamped.program(*bare) if name != form else stamped.sign(placed, *words)
            if ran.code != 0:
                assert "validity period" in ran.err
                return None
    return made


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("timestamp", ["", "always", "afterCertExpiry"])
def test_a_timestamp_outlives_the_certificate(expired: Expired, form: str, timestamp: str) -> None:
    """TSA-016, TSA-031, VER-050; issue 3: with a certificate that really expired."""
    expired.stamped.trust("ca:s", "tsa:t", timestamp=timestamp)
    placed = expired.placed[form]
    ran = expired.stamped.verify(placed)
    assert (ran.code, ran.out, ran.err) == (
        0,
        f"Successfully verified signature for {placed.reference}\n",
        "",
    )
    ran = expired.stamped.verify(placed, "-d", "-o", "json")
    assert told(ran) == [PERFORMING, SUCCESS]
    [signature] = ran.json["verifications"][0]["signatures"]
    assert datetime.fromisoformat(signature["timestamp"]["latest"]) <= expired.not_after


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("timestamp", ["", "always", "afterCertExpiry"])
def test_without_a_timestamp_it_ends_with_the_certificate(
    expired: Expired, form: str, timestamp: str
) -> None:
    """TSA-017, attack 94: both values of verifyTimestamp refuse."""
    expired.stamped.trust("ca:s", "tsa:t", timestamp=timestamp)
    placed = expired.placed[f"{form}-bare"]
    why = "no timestamp countersignature was found in the signature envelope"
    assert_refused(expired.stamped.verify(placed), placed, why)
    [verdict] = expired.stamped.verify(placed, "-o", "json").json["verifications"]
    assert verdict["outcome"] == "TIMESTAMP"


@pytest.mark.parametrize("form", FORMS)
def test_a_timestamp_nobody_trusts_does_not_count(expired: Expired, form: str) -> None:
    """VER-055, TSA-015, TSA-025: no store of type tsa, or one that has another root."""
    placed = expired.placed[form]
    expired.stamped.trust("ca:s")
    ended = expired.not_after.strftime("%a, %d %b %Y %H:%M:%S +0000")
    why = (
        'verification time is after certificate "CN=brief,O=Notary,L=Seattle,ST=WA,C=US" validity period, '
        f'it was expired at "{ended}"'
    )
    assert_refused(expired.stamped.verify(placed), placed, why)
    expired.stamped.trust("ca:s", "tsa:other")
    why = "failed to verify the timestamp countersignature with error: failed to verify signed token: "
    assert_refused(expired.stamped.verify(placed), placed, why)


def test_the_root_of_an_authority_counts_in_stores_of_type_tsa_only(stamped: Stamped) -> None:
    """TS-013, attack 90: its root in a `ca` store vouches for nothing."""
    placed = stamped.signed("app")
    stamped.settings.trust("s2", stamped.authority.chain, "ca")
    stamped.trust("ca:s", "ca:s2", "tsa:other")
    why = "failed to verify the timestamp countersignature with error: "
    assert_refused(stamped.verify(placed), placed, why)


# --- signing fails if the timestamp cannot be had ---------------------------------------------------


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def reply(kind: str = TIMESTAMP_TYPE, status: int = 200, **changes: object) -> Callable[[Asked], Reply]:
    """Return an answer with a right token, changed by *changes* to the `Stamp`."""
    stamper = FakeTimestamper(changes={"gen_time": general_time(datetime.now(UTC)), **changes})
    return lambda asked: Reply(stamper.timestamp(asked.body), status, kind)


OTHERS = tsa.stamp(b"another signature", gen_time=general_time(STARTED))
DN = '"CN=tsa,O=Notary,L=Seattle,ST=WA,C=US"'
REFUSED: dict[str, tuple[Callable[[], Reply | Callable[[Asked], Reply]], str]] = {
    "wrong content type": (
        lambda: reply("text/html"),
        'timestamp: Post "{url}": the answer has content type "text/html", not application/timestamp-reply',
    ),
    "no content type": (
        lambda: reply(""),
        'timestamp: Post "{url}": the answer has content type "", not application/timestamp-reply',
    ),
    "server error": (
        lambda: reply(status=503),
        'timestamp: POST "{url}": https response bad status: 503 Service Unavailable',
    ),
    "two MiB": (
        lambda: Reply(bytes(2 << 20), kind=TIMESTAMP_TYPE),
        'timestamp: Post "{url}": the answer is larger than 1048575 bytes',
    ),
    "redirect elsewhere": (
        lambda: Reply(status=301, headers=(("Location", "http://localhost:1/"),)),
        'timestamp: POST "{url}": ...',
    ),
    "refusal": (
        lambda: Reply(tsa.rejected(2, 0, text="no"), kind=TIMESTAMP_TYPE),
        "timestamp: invalid timestamping response: ...",
    ),
    "garbage": (lambda: Reply(b"<html>", kind=TIMESTAMP_TYPE), "timestamp: ..."),
    "nothing": (lambda: Reply(b"", kind=TIMESTAMP_TYPE), "timestamp: ..."),
    "another's token": (lambda: Reply(tsa.granted(OTHERS), kind=TIMESTAMP_TYPE), "timestamp: ..."),
    "another nonce": (lambda: reply(nonce=7), "timestamp: ..."),
    "clock of last year": (
        lambda: reply(gen_time=general_time(pki.NOT_BEFORE - timedelta(days=365))),
        "timestamp: ...",
    ),
    "clock ahead": (
        lambda: reply(gen_time=general_time(datetime.now(UTC) + timedelta(hours=1))),
        'timestamp: timestamp "..." is in the future',
    ),
}


def first_line(ran: Ran) -> str:
    return ran.err.splitlines()[0]


def fits(pattern: str, text: str) -> bool:
    """Return whether *text* is *pattern*, in which `...` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("..."))), text) is not None


@pytest.mark.parametrize("fault", REFUSED)
def test_no_timestamp_no_signature(stamped: Stamped, web: WebServer, fault: str) -> None:
    """Attacks 86, 95, 96; TSA-003 to TSA-010: one error, and the layout is as it was."""
    answer, expected = REFUSED[fault]
    url = web.publish("/stamp", answer())
    placed = stamped.put("app")
    before = files_of(placed)
    ran = stamped.sign(placed, url=url)
    assert (ran.code, ran.out) == (1, "")
    assert fits("Error: " + expected.format(url=url), first_line(ran))
    assert files_of(placed) == before
    assert stamped.listed(placed) == 0


def files_of(placed: Placed) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path(placed.name).rglob("*") if path.is_file()}


def test_no_authority_no_signature(stamped: Stamped) -> None:
    """Attack 96: nobody listens, or the root is another one's."""
    placed = stamped.put("app")
    before = files_of(placed)
    with nobody_at() as url:
        ran = stamped.sign(placed, url=url)
    assert (ran.code, ran.out) == (1, "")
    assert first_line(ran).startswith(f'Error: timestamp: Post "{url}": ')
    root = stamped.settings.config / "truststore/x509/tsa/other/root.pem"
    ran = stamped.sign(placed, root=root)
    assert (ran.code, ran.out) == (1, "")
    assert first_line(ran).startswith("Error: timestamp: failed to verify signed token: ")
    assert files_of(placed) == before


@pytest.mark.parametrize("fault", ["down", "wrong content type"])
def test_nothing_is_pushed_to_a_registry_without_the_timestamp(
    any_registry: RunningRegistry, stamped: Stamped, web: WebServer, fault: str
) -> None:
    """Attack 96: the registry is not written to at all."""
    place = RegistryPlace(any_registry.host, ())
    placed = place.put(f"timestamps/{stamped.settings.directory.parent.name.lower()}", "v1", fault)
    url = web.publish("/stamp", reply("text/plain"))
    if fault == "down":
        with nobody_at() as url:
            pass
    root = str(stamped.authority.directory / "root.pem")
    ran = stamped.program(
        "sign", "-d", "--timestamp-url", url, "--timestamp-root-cert", root, placed.reference
    )
    assert (ran.code, ran.out) == (1, "")
    asked = re.findall(r'> Request: "(\w+)" "([^"]+)"', ran.err)
    assert {method for method, where in asked if where.startswith(f"http://{any_registry.host}/")} <= {
        "GET",
        "HEAD",
    }
    assert asked[-1] == ("POST", url)
    out = stamped.program.done("list", placed.reference).out
    assert out == f"{placed.reference} has no associated signatures\n"


# --- the authority's own certificates ---------------------------------------------------------------


@pytest.fixture
def revocable(
    openssl: Path,
    web: WebServer,
    tmp_path: Path,
) -> Iterator[tuple[Stamped, Published]]:
    """An authority whose certificates name a responder, and a list."""
    published = Published.naming(web, ocsp=(0,), crl=(1,), subject="tsa", stamping=True)
    with OpenSslAuthority.start(tmp_path / "authority", published.chain) as running:
        made = make_stamped(tmp_path, running, CHAIN)
        made.trust("ca:s", "tsa:t")
        yield made, published


@pytest.mark.parametrize("position", [0, 1], ids=["leaf", "intermediate"])
def test_a_revoked_authority_stamps_nothing(revocable: tuple[Stamped, Published], position: int) -> None:
    """TSA-008, TSA-032, attacks 91, 96: neither for who signs nor for who verifies."""
    stamped, published = revocable
    published.ocsp(0)
    published.crl(1)
    placed = stamped.signed("app")
    ran = stamped.verify(placed, "-d", "-o", "json")
    assert (ran.code, told(ran)) == (0, [PERFORMING, SUCCESS])
    [signature] = ran.json["verifications"][0]["signatures"]
    found = signature["timestampRevocation"]
    assert [one["status"] for one in found] == ["good", "good", "not revocable"]
    assert [attempt["url"] for one in found for attempt in one["attempts"]] == [
        published.ocsp_url(0),
        published.crl_url(1),
    ]
    assert (
        "No verification impacting errors encountered while checking timestamping certificate chain "
        "revocation, status is OK"
    ) in ran.err
    if position == 0:
        published.ocsp(0, status="revoked", reason=4)
    else:
        published.crl(1, number=2, entries=[published.entry(1)])
        forget_lists(stamped.settings)
    why = f'timestamping certificate with subject "{published.subject(position)}" is revoked'
    assert_refused(stamped.verify(placed), placed, why)
    [verdict] = stamped.verify(placed, "-o", "json").json["verifications"]
    assert verdict["outcome"] == "TIMESTAMP"
    assert verdict["signatures"][0]["timestampRevocation"][position]["status"] == "revoked"
    stamped.trust("ca:s", "tsa:t", level="audit")
    ran = stamped.verify(placed)
    assert ran.code == 0
    assert ran.err == f'Warning: authenticTimestamp was set to "log" and failed with error: {why}\n'
    other = stamped.put("other")
    ran = stamped.sign(other)
    assert (ran.code, ran.out, first_line(ran)) == (1, "", f"Error: timestamp: {why}")
    assert stamped.listed(other) == 0


def test_an_authority_of_unknown_status_stamps_nothing(revocable: tuple[Stamped, Published]) -> None:
    """TSA-008, TSA-032: nobody answers for its leaf, and an old list is all there is for its intermediate."""
    stamped, published = revocable
    published.all_good(0, 1)
    placed = stamped.signed("app")
    published.answer_ocsp(0, Reply(b"no", 500, "text/plain"))
    why = f'timestamping certificate with subject "{published.subject(0)}" revocation status is unknown'
    assert_refused(stamped.verify(placed), placed, why)
    published.crl(1, **STALE)
    forget_lists(stamped.settings)
    other = stamped.put("other")
    ran = stamped.sign(other, "-v")
    # who signs is told of the problem nearest to the root, as by the Go program
    why = f'timestamping certificate with subject "{published.subject(1)}" revocation status is unknown'
    assert (ran.code, ran.out) == (1, "")
    assert f"Error: timestamp: {why}" in ran.err.splitlines()
    assert f'CRL "{published.crl_url(1)}", network: expired CRL' in ran.err
    assert stamped.listed(other) == 0


def test_nobody_is_asked_about_an_authority_that_is_not_trusted(
    revocable: tuple[Stamped, Published], web: WebServer
) -> None:
    """R-19, attack 79: its certificates name the servers, and anybody can make such certificates."""
    stamped, published = revocable
    published.all_good(0, 1)
    placed = stamped.signed("app")
    stamped.trust("ca:s", "tsa:other", level="audit")
    forget_lists(stamped.settings)
    published.requests()
    connections = web.connections
    assert stamped.verify(placed).code == 0
    root = stamped.settings.config / "truststore/x509/tsa/other/root.pem"
    assert stamped.sign(stamped.put("other"), root=root).code == 1
    assert (published.requests(), web.connections) == ([], connections)


def test_a_slow_clock_is_seen_before_the_signature_is_made(stamped: Stamped, web: WebServer) -> None:
    """TSA-031, STAMP-9: a time before the signing certificate was issued would be refused by who verifies."""
    chain = pki.make_chain("EC-256", 2, subject="new", edits={0: pki.changed(not_before=STARTED)})
    stamped.settings.add_key("new", chain)
    url = authority_off_by(web, tsa.authority(), -2 * HOUR)
    placed = stamped.put("app")
    ran = stamped.sign(placed, "--key", "new", url=url)
    assert (ran.code, ran.out) == (1, "")
    assert "timestamp can be before certificate" in first_line(ran)
    assert stamped.listed(placed) == 0


# --- inspect ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_inspect_shows_the_timestamp(stamped: Stamped, form: str) -> None:
    """CLI-009; cli 7.4: the window, and the certificates in the order of the token."""
    placed = stamped.signed("app", "--signature-format", form)
    [signature] = stamped.inspected(placed, "json").json["signatures"]
    shown = signature["unsignedAttributes"]["timestampSignature"]
    assert list(signature["unsignedAttributes"]) == ["signingAgent", "timestampSignature"]
    assert list(shown) == ["timestamp", "certificates"]
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,5}[1-9])?Z"
    assert re.fullmatch(rf"\[{moment}, {moment}\]", shown["timestamp"])
    earliest, latest = map(datetime.fromisoformat, shown["timestamp"][1:-1].split(", "))
    assert latest - earliest == timedelta(seconds=3, microseconds=200)
    subjects = [one["issuedTo"].partition(",")[0] for one in shown["certificates"]]
    assert sorted(subjects) == ["CN=tsa", "CN=tsa intermediate 1", "CN=tsa root"]
    lines = stamped.inspected(placed, "tree").out.splitlines()
    start = lines.index("        │   └── timestamp signature")
    assert lines[start - 1].startswith("        │   ├── signing agent: ")
    window = re.fullmatch(r" {8}│ {7}├── timestamp: \[(.+), (.+)\]", lines[start + 1])
    assert window
    assert [ansi_c(text) for text in window.groups()] == [
        one.replace(microsecond=0) for one in (earliest, latest)
    ]
    expected = ["        │       └── certificates"]
    for index, one in enumerate(shown["certificates"]):
        is_last = index == len(shown["certificates"]) - 1
        corner, indent = ("└", " ") if is_last else ("├", "│")
        expected += [
            f"        │           {corner}── SHA256 fingerprint: {one['SHA256Fingerprint']}",
            f"        │           {indent}   ├── issued to: {one['issuedTo']}",
            f"        │           {indent}   ├── issued by: {one['issuedBy']}",
            f"        │           {indent}   └── expiry: Fri Dec 31 00:00:00 2049",
        ]
    assert lines[start + 2 : start + 2 + len(expected)] == expected
    assert lines[start + 2 + len(expected)] == "        ├── certificates"


def ansi_c(text: str) -> datetime:
    return datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)


def test_inspect_says_what_is_wrong_with_a_timestamp(stamped: Stamped) -> None:
    """CLI-009; cli 7.4: an error in place of the two members, and the signature is shown all the same."""
    placed = stamped.signed("app")
    replace_token(placed, lambda token: token[:-1])
    [signature] = stamped.inspected(placed, "json").json["signatures"]
    error = signature["unsignedAttributes"]["timestampSignature"]["error"]
    assert error.startswith("failed to parse timestamp countersignature: ")
    tree = stamped.inspected(placed, "tree").out
    assert f"        │   └── timestamp signature\n        │       └── error: {error}\n" in tree
    why = "failed to parse timestamp countersignature with error: "
    assert_refused(stamped.verify(placed), placed, why)


def test_a_timestamp_over_another_signature_is_refused(stamped: Stamped) -> None:
    """Attack 85, TSA-021; R-21."""
    placed, other = stamped.signed("app"), stamped.signed("other")
    token = replace_token(other, lambda token: token)
    replace_token(placed, lambda _: token)
    why = "failed to verify the timestamp countersignature with error: "
    assert_refused(stamped.verify(placed), placed, why)


def test_a_stripped_timestamp_is_missed(stamped: Stamped) -> None:
    """Attack 94: the envelope is unharmed otherwise, as no signature covers the token."""
    placed = stamped.signed("app")
    replace_token(placed, lambda _: None)
    why = "no timestamp countersignature was found in the signature envelope"
    assert_refused(stamped.verify(placed), placed, why)


def replace_token(placed: Placed, change: Callable[[bytes], bytes | None]) -> bytes:
    """Change the token in the JWS envelope of the one signature in the layout, and return what it was."""
    directory = Path(placed.name)
    index = json.loads((directory / "index.json").read_bytes())
    [entry] = [one for one in index["manifests"] if one.get("artifactType") == SIGNATURE]
    manifest = json.loads(blob_path(directory, entry["digest"]).read_bytes())
    [layer] = manifest["layers"]
    envelope = json.loads(blob_path(directory, layer["digest"]).read_bytes())
    token = base64.b64decode(envelope["header"].pop(TOKEN))
    if (changed := change(token)) is not None:
        envelope["header"][TOKEN] = base64.b64encode(changed).decode()
    put_blob(directory, layer, compact(envelope))
    put_blob(directory, entry, compact(manifest))
    (directory / "index.json").write_bytes(compact(index))
    return token


def put_blob(directory: Path, descriptor: dict[str, Any], data: bytes) -> None:
    """Store *data* in place of what *descriptor* names, and let it name that."""
    blob_path(directory, descriptor["digest"]).unlink()
    descriptor |= {"digest": str(Digest.of(data)), "size": len(data)}
    blob_path(directory, descriptor["digest"]).write_bytes(data)
