# SPDX-License-Identifier: Apache-2.0
"""Revocation with the program as a whole: the real `openssl ocsp`, and lists over HTTP, of use or not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notation_py.adapters.crl_cache import DirectoryCrlCache
from notation_py.revocation.cache import CrlBundle
from tests.simulator import pki, tsa
from tests.simulator.commands import Command, Ran, Settings, our_program, statement
from tests.simulator.places import LayoutPlace, Placed
from tests.simulator.publisher import (
    HOUR,
    STALE,
    STARTED,
    Published,
    authority_off_by,
    cached_lists,
    forget_lists,
    unprivileged,
)
from tests.simulator.revocation_authority import entry
from tests.simulator.revocation_servers import OCSP_TYPE, Reply, WebServer, web_server

pytestmark = pytest.mark.interop

ALL_FAILED = "Error: signature verification failed for all the signatures associated with {}\n"
DISCARDED = "Warning: CRL cache error discarded. Enable debug log through '-d' for error details.\n"
EVERYWHERE = "127.0.0.0/8:*"


@dataclass(slots=True)
class World:
    """An image signed with a chain whose certificates name a server on loopback, and our program."""

    program: Command
    settings: Settings
    place: LayoutPlace
    published: Published
    placed: Placed

    def policy(self, level: str = "strict", override: dict[str, str] | None = None, store: str = "s") -> None:
        self.settings.policy(statement("all", stores=[f"ca:{store}"], level=level, override=override))

    def verify(self, *words: str, program: Command | None = None) -> Ran:
        command = ("verify", "--oci-layout", "--scope", self.placed.scope, *words, self.placed.reference)
        return (program or self.program)(*command)

    def verdict(self, *words: str) -> dict[str, Any]:
        """Return what the JSON says about the only signature."""
        [signature] = self.verify("-o", "json", *words).json["verifications"][0]["signatures"]
        return dict(signature)

    def statuses(self) -> list[str]:
        return [one["status"] for one in self.verdict()["revocation"]]

    def subject(self, position: int) -> str:
        return f'signing certificate with subject "{self.published.subject(position)}"'

    def cache(self) -> DirectoryCrlCache:
        return DirectoryCrlCache(self.settings.directory / "cache" / "crl")


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def make(web: WebServer, tmp_path: Path) -> Callable[..., World]:
    """Makes the world of a test, whose certificates at the positions *ocsp* and *crl* name the server."""

    def make_world(ocsp: Sequence[int] = (), crl: Sequence[int] = (), **options: Any) -> World:
        published = Published.naming(web, ocsp=ocsp, crl=crl, **options)
        settings = Settings(tmp_path / "settings")
        settings.add_key("k", published.chain)
        settings.trust("s", published.chain)
        settings.trust("other", pki.make_chain("EC-256", 2, subject="other"))
        program = our_program(settings).with_environment(NOTATION_PY_FETCH_ALLOW=EVERYWHERE)
        place = LayoutPlace(tmp_path / "layouts")
        placed = place.put("app", "v1")
        program.done("sign", "--oci-layout", placed.reference)
        made = World(program, settings, place, published, placed)
        made.policy()
        return made

    return make_world


def assert_verified(world: World, ran: Ran) -> None:
    success = f"Successfully verified signature for {world.placed.reference}\n"
    assert (ran.code, ran.out, ran.err) == (0, success, "")


def assert_refused(world: World, ran: Ran, why: str, because: str = "") -> None:
    """The Go program's sentence and the reason, which begins with *why* and has *because* in it."""
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(ALL_FAILED.format(world.placed.reference))
    [line] = [line for line in ran.err.splitlines() if line.startswith("Hint: signature ")]
    reason = line.split(": ", 2)[2]
    assert reason.startswith(why)
    assert because in reason


METHODS = {"ocsp": ((0, 1), ()), "crl": ((), (0, 1)), "both": ((0, 1), (0, 1)), "mixed": ((0,), (1,))}


@pytest.mark.parametrize("method", METHODS)
def test_a_chain_that_is_good_verifies(
    make: Callable[..., World], openssl: Path, tmp_path: Path, method: str
) -> None:
    """VER-060, REV-001, REV-020; issue 3: one answer for each certificate but the root, all told."""
    ocsp, crl = METHODS[method]
    world = make(ocsp, crl)
    for position in ocsp:
        world.published.openssl(position, openssl, tmp_path)
    for position in crl:
        world.published.crl(position)
    assert_verified(world, world.verify())
    forget_lists(world.settings)
    world.published.requests()
    signature = world.verdict()
    assert signature["outcome"] == "VERIFIED"
    found = signature["revocation"]
    assert [one["status"] for one in found] == ["good", "good", "not revocable"]
    assert [one["method"] for one in found[:2]] == ["OCSP" if n in ocsp else "CRL" for n in (0, 1)]
    assert "method" not in found[2]
    for position, one in enumerate(found[:2]):
        [attempt] = one["attempts"]
        url = world.published.ocsp_url(position) if position in ocsp else world.published.crl_url(position)
        assert (attempt["url"], attempt["source"], attempt["status"]) == (url, "network", "good")
        assert attempt["validUntil"] > STARTED.isoformat()
    assert len(world.published.requests()) == 2


@pytest.mark.parametrize("position", [0, 1], ids=["leaf", "intermediate"])
def test_a_certificate_revoked_by_ocsp_is_refused(
    make: Callable[..., World], openssl: Path, tmp_path: Path, position: int
) -> None:
    """VER-061, REV-021; cli 8.4, 9; issue 3: said by `openssl ocsp`, told with when and why."""
    world = make((0, 1))
    responders = [world.published.openssl(one, openssl, tmp_path) for one in (0, 1)]
    responders[position].revoke(world.published.chain.certificates[position], STARTED - HOUR)
    since = (STARTED - HOUR).strftime("revoked at %Y-%m-%dT%H:%M:%SZ")
    url = world.published.ocsp_url(position)
    why = f"{world.subject(position)} is revoked"
    assert_refused(world, world.verify(), why, f"({since} (key compromise), says {url})")
    signature = world.verdict()
    assert signature["outcome"] == "REVOKED"
    assert signature["error"]["message"] == why
    [attempt] = signature["revocation"][position]["attempts"]
    assert attempt["reason"] == "key compromise"
    assert attempt["revokedAt"] == (STARTED - HOUR).isoformat()
    assert signature["revocation"][1 - position]["status"] == "good"
    log = world.verify("-d").err
    assert (
        f"msg=Certificate #{position + 1} in chain with subject "
        f'"{world.published.subject(position)}" encountered an error for revocation method OCSP '
        f'at URL "{url}": certificate is revoked via OCSP\n'
    ) in log
    assert f"msg=revocation validation failed. Failure reason: {why}\n" in log
    assert '< Response status: "200 OK"' in log
    assert "No verification impacting errors" not in log


@pytest.mark.parametrize("position", [0, 1], ids=["leaf", "intermediate"])
def test_a_certificate_revoked_by_a_list_is_refused(make: Callable[..., World], position: int) -> None:
    """VER-061, REV-040, REV-050; cli 8.4."""
    world = make((), (0, 1))
    for one in (0, 1):
        entries = [entry(4711), world.published.entry(one, reason=4)] if one == position else [entry(4711)]
        world.published.crl(one, entries=entries)
    why = f"{world.subject(position)} is revoked"
    assert_refused(world, world.verify(), why, f"(superseded), says {world.published.crl_url(position)}")
    world.published.requests()
    signature = world.verdict()
    assert (signature["outcome"], signature["error"]["message"]) == ("REVOKED", why)
    [attempt] = signature["revocation"][position]["attempts"]
    assert (attempt["method"], attempt["source"], attempt["status"]) == ("CRL", "cache", "revoked")
    assert world.published.requests() == []


# --- levels -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["revoked", "unknown"])
@pytest.mark.parametrize(
    ("level", "override", "code"),
    [
        ("strict", None, 1),
        ("permissive", None, 0),
        ("audit", None, 0),
        ("strict", {"revocation": "log"}, 0),
        ("permissive", {"revocation": "enforce"}, 1),
        ("audit", {"revocation": "enforce"}, 1),
    ],
    ids=["strict", "permissive", "audit", "strict, log", "permissive, enforce", "audit, enforce"],
)
def test_the_level_says_what_follows(
    make: Callable[..., World], status: str, level: str, override: dict[str, str] | None, code: int
) -> None:
    """VER-020, VER-062, TP-033; cli 7.2: refused, or a warning with a blank line before the success."""
    world = make((0,))
    world.published.ocsp(0, status=status)
    world.policy(level, override)
    why = f"{world.subject(0)} " + ("is revoked" if status == "revoked" else "revocation status is unknown")
    ran = world.verify()
    if code:
        assert_refused(world, ran, why)
    else:
        success = f"\nSuccessfully verified signature for {world.placed.reference}\n"
        warning = f'Warning: revocation was set to "log" and failed with error: {why}\n'
        assert (ran.code, ran.out, ran.err) == (0, success, warning)
        log = world.verify("-d").err
        failed = (
            f'revocation validation failed with validation action set to "logged". Failure reason: {why}\n'
        )
        assert failed in log
    [result] = [one for one in world.verdict()["results"] if one["validation"] == "revocation"]
    assert (result["action"], result["passed"]) == ("enforce" if code else "log", False)


def test_nobody_is_asked_if_revocation_is_skipped(make: Callable[..., World], web: WebServer) -> None:
    """VER-063, TP-034: no connection, no list in the cache, and the document says that it was skipped."""
    world = make((0,), (0, 1))
    world.policy(override={"revocation": "skip"})
    assert_verified(world, world.verify())
    signature = world.verdict()
    assert signature["results"][-1] == {"validation": "revocation", "action": "skip", "passed": None}
    assert "revocation" not in signature
    world.settings.policy(statement("all", scopes=[world.placed.scope], level="skip"))
    assert world.verify().code == 0
    assert web.connections == 0
    assert cached_lists(world.settings) == []


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"])
def test_nobody_is_asked_about_a_chain_that_is_not_trusted(
    make: Callable[..., World], web: WebServer, level: str
) -> None:
    """Attack 79, R-19: anybody can make a chain that names servers; its status is unknown at every level."""
    world = make((0,), (0, 1))
    world.published.all_good(0, 1)
    world.policy(level, store="other")
    ran = world.verify()
    untrusted = "the signature's certificate chain does not contain any trusted certificate"
    if level == "audit":
        why = {"authenticity": untrusted, "revocation": f"{world.subject(0)} revocation status is unknown"}
        warning = 'Warning: {} was set to "log" and failed with error: {}\n'
        assert (ran.code, ran.err) == (0, "".join(warning.format(*one) for one in why.items()))
    else:
        assert_refused(world, ran, untrusted)
    assert web.connections == 0


def test_nobody_is_asked_about_an_identity_that_is_not_trusted(
    make: Callable[..., World], web: WebServer
) -> None:
    """Attack 79, R-19: the root is trusted, the subject is not."""
    world = make((0,), (0, 1))
    world.published.all_good(0, 1)
    identity = "x509.subject: C=US, ST=WA, O=Other"
    world.settings.policy(statement("all", stores=["ca:s"], level="audit", identities=[identity]))
    assert world.verify().code == 0
    assert web.connections == 0


# --- responders that do not help --------------------------------------------------------------------


def down(world: World, openssl: Path, directory: Path) -> None:
    """Nothing is published: status 404."""


def slow(world: World, openssl: Path, directory: Path) -> None:
    world.published.answer_ocsp(0, Reply(b"late", kind=OCSP_TYPE, delay=60))


def wrong_signer(world: World, openssl: Path, directory: Path) -> None:
    """The real responder, signing with the key of the leaf, whom nobody appointed."""
    world.published.openssl(0, openssl, directory, signer=0)


def stale(world: World, openssl: Path, directory: Path) -> None:
    world.published.ocsp(0, **STALE)


def of_another(world: World, openssl: Path, directory: Path) -> None:
    """A good answer about the intermediate, for the leaf."""
    world.published.ocsp(0, serial=world.published.chain.certificates[1].serial_number)


def unknown_to_openssl(world: World, openssl: Path, directory: Path) -> None:
    """The real responder, without the leaf in its database."""
    world.published.openssl(0, openssl, directory, knows=False)


def page(world: World, openssl: Path, directory: Path) -> None:
    world.published.answer_ocsp(0, Reply(b"<html>", kind="text/html"))


OF_NO_USE: dict[str, tuple[Callable[[World, Path, Path], None], str, str]] = {
    "down": (down, "unavailable", "status 404"),
    "slow": (slow, "unavailable", ""),
    "page": (page, "unavailable", "the answer is not application/ocsp-response"),
    "wrong signer": (wrong_signer, "unknown", ""),
    "stale": (stale, "unknown", "expired"),
    "replayed for another": (of_another, "unknown", ""),
    "unknown": (unknown_to_openssl, "unknown", "the responder does not know the certificate"),
}


@pytest.mark.parametrize("case", OF_NO_USE)
def test_a_responder_of_no_use_is_not_good(
    make: Callable[..., World], openssl: Path, tmp_path: Path, case: str
) -> None:
    """Attacks 80 to 82, R-18, VER-062; issue 3: "unknown" and "unavailable" are two things, both refused."""
    prepare, status, because = OF_NO_USE[case]
    world = make((0,))
    prepare(world, openssl, tmp_path)
    told = "nobody answered" if status == "unavailable" else "no usable answer"
    ran = world.verify()
    assert_refused(world, ran, f"{world.subject(0)} revocation status is unknown ({told}: ", because)
    assert world.published.ocsp_url(0) in ran.err
    signature = world.verdict()
    assert signature["outcome"] == "REVOCATION_UNKNOWN"
    assert signature["revocation"][0]["status"] == status
    [attempt] = signature["revocation"][0]["attempts"]
    assert (attempt["method"], attempt["status"]) == ("OCSP", status)


@pytest.mark.parametrize("case", [case for case in OF_NO_USE if case != "unknown"])
def test_a_list_stands_in_for_a_responder(
    make: Callable[..., World], openssl: Path, tmp_path: Path, case: str
) -> None:
    """REV-004, REV-021; cli 9: OCSP first, then the list; both attempts are told, and the list may revoke."""
    world = make((0,), (0,))
    OF_NO_USE[case][0](world, openssl, tmp_path)
    world.published.crl(0)
    assert_verified(world, world.verify())
    ran = world.verify("-d", "-o", "json")
    [signature] = ran.json["verifications"][0]["signatures"]
    leaf = signature["revocation"][0]
    assert (leaf["status"], leaf["method"]) == ("good", "OCSPFallbackCRL")
    assert [(one["method"], one["status"]) for one in leaf["attempts"]] == [
        ("OCSP", OF_NO_USE[case][1]),
        ("CRL", "good"),
    ]
    assert leaf["attempts"][0]["error"]["message"]
    assert (
        "msg=OCSP check failed with unknown error and fallback to CRL check for certificate #1 in chain with "
        f'subject "{world.published.subject(0)}"\n'
    ) in ran.err
    forget_lists(world.settings)
    world.published.crl(0, entries=[world.published.entry(0)], number=2)
    assert_refused(world, world.verify(), f"{world.subject(0)} is revoked", world.published.crl_url(0))


def test_a_list_decides_only_what_the_responder_does_not_know(make: Callable[..., World]) -> None:
    """Attack 82, REV-004, REV-026: "unknown" leads to the list, whatever it says; "good" is the answer."""
    world = make((0,), (0,))
    world.published.ocsp(0, status="unknown")
    world.published.crl(0)
    assert_verified(world, world.verify())
    leaf = world.verdict()["revocation"][0]
    assert (leaf["method"], leaf["status"]) == ("OCSPFallbackCRL", "good")
    assert [one["status"] for one in leaf["attempts"]] == ["unknown", "good"]
    assert leaf["attempts"][0]["note"] == "the responder does not know the certificate"
    forget_lists(world.settings)
    world.published.crl(0, entries=[world.published.entry(0)])
    assert_refused(world, world.verify(), f"{world.subject(0)} is revoked")
    world.published.ocsp(0)
    ran = world.verify("-v")
    assert ran.code == 0
    assert "contradicts the OCSP responder, whose answer counts" in ran.err


def test_all_attempts_are_in_the_hint_and_the_document(make: Callable[..., World]) -> None:
    """VER-080, R-18, attack 82: both unreachable."""
    world = make((0,), (0,))
    ran = world.verify()
    assert_refused(world, ran, f"{world.subject(0)} revocation status is unknown (nobody answered: ")
    for url in (world.published.ocsp_url(0), world.published.crl_url(0)):
        assert url in ran.err
    assert ran.err.count("status 404 Not Found") == 2
    attempts = world.verdict()["revocation"][0]["attempts"]
    assert [(one["method"], one["status"]) for one in attempts] == [
        ("OCSP", "unavailable"),
        ("CRL", "unavailable"),
    ]
    assert all(one["error"]["message"].endswith(": status 404 Not Found") for one in attempts)
    ran = world.verify("-v")
    named = f'certificate #1 in chain with subject "{world.published.subject(0)}"'
    for method, url in (("OCSP", world.published.ocsp_url(0)), ("CRL", world.published.crl_url(0))):
        assert f'{named}: {method} "{url}", network: ' in ran.err


LISTS_OF_NO_USE: dict[str, tuple[Callable[[World], object], str, str]] = {
    "stale": (lambda world: world.published.crl(0, **STALE), "unknown", "expired CRL"),
    "no nextUpdate": (lambda world: world.published.crl(0, next_update=None), "unknown", ""),
    "wrong signer": (lambda world: world.published.crl(0, key=pki.fixed_keys("EC-384")[2]), "unknown", ""),
    "slow": (
        lambda world: world.published.answer_crl(0, Reply(world.published.a_crl(0), delay=60)),
        "unavailable",
        "",
    ),
    "page": (
        lambda world: world.published.answer_crl(0, Reply(b"<html>login", kind="text/html")),
        "unknown",
        "",
    ),
    "redirect elsewhere": (
        lambda world: world.published.answer_crl(
            0, Reply(status=301, headers=(("Location", "http://localhost:1/"),))
        ),
        "unavailable",
        "",
    ),
}


@pytest.mark.parametrize("case", LISTS_OF_NO_USE)
def test_a_list_of_no_use_is_not_good(make: Callable[..., World], case: str) -> None:
    """Attacks 69, 72, 77, R-16: refused, and nothing of it is kept."""
    publish, status, because = LISTS_OF_NO_USE[case]
    world = make((), (0,))
    publish(world)
    ran = world.verify()
    assert_refused(world, ran, f"{world.subject(0)} revocation status is unknown", because)
    assert cached_lists(world.settings) == []
    assert world.statuses()[0] == status


# --- delta lists ------------------------------------------------------------------------------------


def test_a_delta_list_revokes_and_forgives(make: Callable[..., World], web: WebServer) -> None:
    """REV-060, REV-061, attack 73: it is fetched with its base, kept with it, and has the last word."""
    world = make((), (0,))
    fresh = {"number": 7, "freshest": [web.url("/delta.crl")]}
    world.published.crl(0, **fresh)
    web.publish("/delta.crl", world.published.a_crl(0, number=8, base_number=7))
    assert_verified(world, world.verify())
    assert world.published.requests() == ["/alice/0.crl", "/delta.crl"]
    assert_verified(world, world.verify())
    assert world.published.requests() == []
    [kept] = cached_lists(world.settings)
    assert set(json.loads(kept.read_bytes())) == {"baseCRL", "deltaCRL"}
    forget_lists(world.settings)
    entries = [world.published.entry(0)]
    web.publish("/delta.crl", world.published.a_crl(0, number=9, base_number=7, entries=entries))
    assert_refused(world, world.verify(), f"{world.subject(0)} is revoked")
    forget_lists(world.settings)
    world.published.crl(0, entries=[world.published.entry(0, reason=6)], **fresh)
    web.publish("/delta.crl", world.published.a_crl(0, number=9, base_number=7))
    assert_refused(world, world.verify(), f"{world.subject(0)} is revoked", "certificate hold")
    forget_lists(world.settings)
    entries = [world.published.entry(0, reason=8, at=STARTED)]
    web.publish("/delta.crl", world.published.a_crl(0, number=9, base_number=7, entries=entries))
    assert_verified(world, world.verify())


@pytest.mark.parametrize("fault", ["missing", "of a later base", "stale"])
def test_a_base_without_its_delta_is_not_good(make: Callable[..., World], web: WebServer, fault: str) -> None:
    """REV-060, attack 73: whoever suppresses the delta list hides a revocation."""
    world = make((), (0,))
    world.published.crl(0, number=7, freshest=[web.url("/delta.crl")])
    if fault != "missing":
        changes: dict[str, Any] = (
            {"base_number": 8} if fault == "of a later base" else {"base_number": 7, **STALE}
        )
        web.publish("/delta.crl", world.published.a_crl(0, number=9, **changes))
    assert_refused(world, world.verify(), f"{world.subject(0)} revocation status is unknown", "delta CRL: ")
    assert cached_lists(world.settings) == []


# --- the cache --------------------------------------------------------------------------------------


def test_lists_in_the_cache_are_not_fetched_again(make: Callable[..., World], web: WebServer) -> None:
    """REV-080, REV-081; cli 9; issue 3: a warm cache needs no request at all; the log says so."""
    world = make((), (0, 1))
    for position in (0, 1):
        world.published.crl(position)
    log = world.verify("-d").err
    for position in (0, 1):
        url = world.published.crl_url(position)
        lines = [
            f'Retrieving crl bundle from file cache with key "{url}" ...',
            f'CRL file cache miss. Key "{url}" does not exist',
            f'Storing crl bundle to file cache with key "{url}" ...',
        ]
        assert [line for line in re.findall(r"msg=(.*)", log) if line in lines] == lines
    assert world.published.requests() == ["/alice/0.crl", "/alice/1.crl"]
    connections = web.connections
    assert_verified(world, world.verify())
    assert [one["attempts"][0]["source"] for one in world.verdict()["revocation"][:2]] == ["cache", "cache"]
    assert web.connections == connections
    modes = {path.stat().st_mode & 0o777 for path in cached_lists(world.settings)}
    assert (modes, len(cached_lists(world.settings))) == ({0o600}, 2)


def test_an_expired_list_in_the_cache_is_fetched_again(make: Callable[..., World]) -> None:
    """REV-081, attack 84; cli 9."""
    world = make((), (0,))
    world.cache().store(world.published.crl_url(0), CrlBundle(world.published.a_crl(0, **STALE)))
    world.published.crl(0, number=2)
    ran = world.verify("-d")
    assert ran.code == 0
    ended = (STALE["next_update"]).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")
    assert f"msg=CRL bundle retrieved from file cache has expired at {ended}\n" in ran.err
    assert world.published.requests() == ["/alice/0.crl"]
    assert_verified(world, world.verify())
    assert world.published.requests() == []


def test_an_older_list_is_a_replay_even_for_a_later_process(make: Callable[..., World]) -> None:
    """Attack 71, REV-051: what lies in the cache has expired, and still says which number was seen."""
    world = make((), (0,))
    world.cache().store(world.published.crl_url(0), CrlBundle(world.published.a_crl(0, number=5, **STALE)))
    world.published.crl(0, number=4)
    why = f"{world.subject(0)} revocation status is unknown"
    assert_refused(world, world.verify(), why, "replay: CRL number 4 is lower than 5")
    world.published.crl(0, number=5)
    assert_verified(world, world.verify())


def _link(_: World, file: Path) -> None:
    file.rename(file.with_name("x"))
    file.symlink_to("x")


SPOILED: dict[str, Callable[[World, Path], object]] = {
    "cut short": lambda _, file: file.write_bytes(file.read_bytes()[:100]),
    "garbage": lambda _, file: file.write_bytes(bytes(100)),
    "symbolic link": _link,
    "another's list": lambda world, _: world.cache().store(
        world.published.crl_url(0), CrlBundle(world.published.a_crl(1))
    ),
    "half a list": lambda world, _: world.cache().store(
        world.published.crl_url(0), CrlBundle(world.published.a_crl(0)[:-1])
    ),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_spoiled_cache_costs_time_only(make: Callable[..., World], fault: str) -> None:
    """Attack 84, REV-082: fetched again and mended, with at most one warning."""
    world = make((), (0,))
    world.published.crl(0)
    assert_verified(world, world.verify())
    [file] = cached_lists(world.settings)
    SPOILED[fault](world, file)
    world.published.requests()
    ran = world.verify()
    assert ran.code == 0
    assert ran.err == ("" if "list" in fault else DISCARDED)
    assert world.published.requests() == ["/alice/0.crl"]
    assert_verified(world, world.verify())
    assert world.published.requests() == []


def test_a_cache_that_takes_nothing_costs_time_only(make: Callable[..., World]) -> None:
    """Attack 84, REV-082: a directory that is read-only, and one that cannot be made."""
    world = make((), (0,))
    world.published.crl(0)
    directory = world.settings.directory / "cache" / "crl"
    directory.mkdir(parents=True, mode=0o700)
    directory.chmod(0o500)
    for _ in range(2):
        ran = world.verify(program=unprivileged(world.program))
        assert (ran.code, ran.err) == (0, DISCARDED)
        assert world.published.requests() == ["/alice/0.crl"]
    log = world.verify("-d", program=unprivileged(world.program)).err
    assert "msg=failed to store crl bundle in file cache: " in log
    assert "permission denied" in log
    directory.chmod(0o700)
    assert cached_lists(world.settings) == []
    directory.rmdir()
    directory.write_bytes(b"a file")
    ran = world.verify()
    assert ran.code == 0
    [line] = ran.err.splitlines()
    assert line == DISCARDED.strip() or line.startswith("Warning: failed to create crl file cache: ")


def test_two_processes_share_a_cache(make: Callable[..., World]) -> None:
    """REV-084, attack 84; issue 3: both verify, and what they leave is whole."""
    world = make((), (0, 1))
    for position in (0, 1):
        world.published.crl(position)
    words = ("verify", "--oci-layout", "--scope", world.placed.scope, world.placed.reference)
    running = [world.program.start(*words) for _ in range(4)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert out == f"Successfully verified signature for {world.placed.reference}\n"
    assert len(cached_lists(world.settings)) == 2
    world.published.requests()
    assert_verified(world, world.verify())
    assert world.published.requests() == []


# --- settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", ["", "127.0.0.1", "10.0.0.0/8:*", "localhost:*"])
def test_loopback_is_not_asked_unless_allowed(
    make: Callable[..., World], web: WebServer, allowed: str
) -> None:
    """R-19, REV-009, attack 78: no connection, and the hint names the setting and what to put there."""
    world = make((0,), (0,))
    world.published.all_good(0)
    ran = world.verify(program=world.program.with_environment(NOTATION_PY_FETCH_ALLOW=allowed))
    why = f"{world.subject(0)} revocation status is unknown"
    assert_refused(world, ran, why, f"add {web.place} to NOTATION_PY_FETCH_ALLOW")
    assert web.connections == 0
    program = world.program.with_environment(NOTATION_PY_FETCH_ALLOW=web.place)
    assert_verified(world, world.verify(program=program))


@pytest.mark.parametrize(
    "name",
    [
        "NOTATION_PY_FETCH_ALLOW",
        "NOTATION_PY_REQUIRE_REVOCATION_INFO",
        "NOTATION_PY_ACCEPT_REVOKED_AFTER_TIMESTAMP",
    ],
)
def test_a_setting_that_means_nothing_is_an_error(make: Callable[..., World], name: str) -> None:
    """R-33: whoever wrote it would be less safe than they think."""
    world = make()
    ran = world.verify(program=world.program.with_environment(**{name: "yes, please!"}))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Error: ")
    assert name in ran.err.splitlines()[0]


def test_information_can_be_demanded(make: Callable[..., World]) -> None:
    """Attack 83, REV-003: a certificate that nobody can revoke is good enough, unless the setting says no."""
    world = make()
    assert_verified(world, world.verify())
    assert world.statuses() == ["no information", "no information", "not revocable"]
    named = f'Certificate #1 in the chain with subject "{world.published.subject(0)}"'
    assert f"{named} neither has an OCSP nor a CRL revocation method.\n" in world.verify("-v").err
    demanding = world.program.with_environment(NOTATION_PY_REQUIRE_REVOCATION_INFO="1")
    ran = world.verify(program=demanding)
    assert_refused(world, ran, f"{world.subject(0)} revocation status is unknown", "as it has to here")
    world.policy("permissive")
    assert world.verify(program=demanding).code == 0
    world.policy()
    hardened = world.program.with_environment(NOTATION_PY_HARDENED="1")
    assert "revocation status is unknown" in world.verify(program=hardened).err


REVOKED_LATER = [
    ("superseded", 4, True),
    ("affiliation changed", 3, True),
    ("key compromise", 1, False),
    ("CA compromise", 2, False),
    ("unspecified", 0, False),
    ("no reason", None, False),
]


@pytest.mark.parametrize(
    ("reason", "accepted"), [one[1:] for one in REVOKED_LATER], ids=[one[0] for one in REVOKED_LATER]
)
def test_revoked_after_the_timestamp(
    make: Callable[..., World], web: WebServer, reason: int | None, accepted: bool
) -> None:
    """R-22, attacks 74, 75: accepted and said so, if asked for, and if nothing speaks against the key."""
    world = make((), (0,))
    world.settings.trust("t", tsa.authority(), "tsa")
    world.settings.policy(statement("all", stores=["ca:s", "tsa:t"]))
    sign_with_timestamp(world, web)
    world.published.crl(0, entries=[world.published.entry(0, reason=reason)])
    why = f"{world.subject(0)} is revoked"
    assert_refused(world, world.verify(), why)
    asking = world.program.with_environment(NOTATION_PY_ACCEPT_REVOKED_AFTER_TIMESTAMP="1")
    ran = world.verify(program=asking)
    if not accepted:
        assert_refused(world, ran, why)
        return
    assert (ran.code, ran.out) == (0, f"Successfully verified signature for {world.placed.reference}\n")
    [line] = ran.err.splitlines()
    assert line.startswith(f'Warning: certificate with subject "{world.published.subject(0)}": ')
    assert "revoked" in line
    assert "timestamp" in line
    ran = world.verify("-o", "json", program=asking)
    [signature] = ran.json["verifications"][0]["signatures"]
    [attempt] = signature["revocation"][0]["attempts"]
    assert (signature["outcome"], attempt["status"]) == ("VERIFIED", "good")
    assert (attempt["revokedAt"], attempt["note"]) == (
        (STARTED - HOUR).isoformat(),
        line.partition('US": ')[2],
    )


def sign_with_timestamp(world: World, web: WebServer) -> None:
    """Replace the image's signature by one that was stamped two hours ago."""
    url = authority_off_by(web, tsa.authority(), -2 * HOUR)
    root = world.settings.config / "truststore/x509/tsa/t/root.pem"
    placed = world.place.put("stamped", "v1", "stamped")
    world.program.done(
        "sign", "--oci-layout", "--timestamp-url", url, "--timestamp-root-cert", str(root), placed.reference
    )
    world.placed = placed


def test_revoked_before_the_timestamp_is_refused(make: Callable[..., World], web: WebServer) -> None:
    """R-22, attack 74: also if only the date of invalidity lies before it."""
    world = make((), (0,))
    world.settings.trust("t", tsa.authority(), "tsa")
    world.settings.policy(statement("all", stores=["ca:s", "tsa:t"]))
    sign_with_timestamp(world, web)
    asking = world.program.with_environment(NOTATION_PY_ACCEPT_REVOKED_AFTER_TIMESTAMP="1")
    for changes in (
        {"at": STARTED - timedelta(hours=3)},
        {"at": STARTED - HOUR, "invalid_from": STARTED - timedelta(hours=3)},
    ):
        world.published.crl(0, entries=[world.published.entry(0, reason=4, **changes)])
        assert_refused(world, world.verify(program=asking), f"{world.subject(0)} is revoked")
        forget_lists(world.settings)


def test_without_a_timestamp_that_counts_nothing_is_forgiven(make: Callable[..., World]) -> None:
    """R-22, attack 74: the signing time in the envelope is the signer's word only."""
    world = make((), (0,))
    world.published.crl(0, entries=[world.published.entry(0, reason=4, at=STARTED + HOUR)])
    asking = world.program.with_environment(NOTATION_PY_ACCEPT_REVOKED_AFTER_TIMESTAMP="1")
    assert_refused(world, world.verify(program=asking), f"{world.subject(0)} is revoked")
