# SPDX-License-Identifier: Apache-2.0
"""The table of outcomes in docs/timestamping-and-revocation.md, each row put to the test at each level."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notation_py.certificates.certificate import Certificate
from notation_py.errors import Outcome, UnavailableError
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.sources import RevocationSources
from tests.simulator import tsa
from tests.simulator.pki import NOW, TestChain, changed, make_chain
from tests.simulator.revocation_authority import (
    HOUR,
    FakeCache,
    FakeFetcher,
    crl,
    crl_url,
    ocsp,
    ocsp_url,
    revocable_chain,
)
from tests.simulator.stamped import AUTHORITY, Token, stamp_policy, stamp_store, stamped_envelope, verdict

DOCUMENT = Path(__file__).parents[2] / "docs" / "timestamping-and-revocation.md"
LEVELS = ("strict", "permissive", "audit")
ROW = re.compile(r"^\| (.+?) \| (`\w+`|warning) \| (`\w+`|warning) \| (`\w+`|warning) \|$", re.MULTILINE)

CHAIN = revocable_chain(3, ocsp=True, crl=True)
PLAIN = make_chain("EC-256", 3, subject="plain")
END = NOW + timedelta(days=30)
SHORT = make_chain("EC-256", 3, edits={0: changed(not_after=END)}, subject="short")
REVOCABLE = revocable_chain(
    3, ocsp=True, crl=True, subject="clock", usage=tsa.ExtendedKeyUsageOID.TIME_STAMPING
)
GOOD = {ocsp_url(n): ocsp(CHAIN, n) for n in (0, 1)}
DOWN = {url: UnavailableError("down") for n in (0, 1) for url in (ocsp_url(n), crl_url(n))}
STAMP: Token = {"gen_time": tsa.general_time(NOW - 2 * HOUR)}


def revoked(reason: int) -> dict[str, bytes]:
    return GOOD | {ocsp_url(0): ocsp(CHAIN, 0, status="revoked", reason=reason, revoked_at=NOW - HOUR)}


@dataclass(frozen=True, slots=True)
class Situation:
    """A signature and its surroundings; right in everything that is not given."""

    chain: TestChain = PLAIN
    token: Token = None
    stores: tuple[str, ...] = ("ca:acme",)
    when: str = "always"
    at: datetime = NOW
    replies: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    authority: TestChain = AUTHORITY
    override: dict[str, str] = field(default_factory=dict)
    root: TestChain | None = None


STAMPED = ("ca:acme", "tsa:clock")
CACHED = FakeCache({crl_url(n): CrlBundle(crl(CHAIN, n)) for n in (0, 1)})
ACCEPT = {"accept_revoked_after_timestamp": True}
PAST = tsa.faulty_authority({n: changed(not_after=NOW + HOUR) for n in range(3)})
LATE = END + timedelta(days=1)

SITUATIONS: dict[str, tuple[Situation, ...]] = {
    "every certificate good": (Situation(CHAIN, replies=GOOD),),
    "no certificate names anybody to ask": (Situation(),),
    "the same, where information is required": (Situation(settings={"require_information": True}),),
    "a certificate revoked": (Situation(CHAIN, replies=revoked(1)),),
    "an answer of no use": (Situation(CHAIN, replies=dict.fromkeys(DOWN, b"no answer")),),
    "nobody answers": (Situation(CHAIN, replies=DOWN),),
    "nobody answers, current CRL in the cache": (Situation(CHAIN, replies=DOWN, settings={"cache": CACHED}),),
    "superseded after a trusted timestamp": (Situation(CHAIN, STAMP, STAMPED, replies=revoked(4)),),
    "the same, accepted by the setting": (
        Situation(CHAIN, STAMP, STAMPED, replies=revoked(4), settings=ACCEPT),
    ),
    "key compromised after a trusted timestamp, setting or not": (
        Situation(CHAIN, STAMP, STAMPED, replies=revoked(1), settings=ACCEPT),
        Situation(CHAIN, STAMP, STAMPED, replies=revoked(1)),
    ),
    "certificate expired, no `tsa` store": (Situation(SHORT, STAMP, at=LATE),),
    "certificate expired, stamped in time": (
        Situation(SHORT, STAMP, STAMPED, at=LATE),
        Situation(SHORT, STAMP, STAMPED, "afterCertExpiry", at=LATE),
    ),
    "certificate expired, not stamped": (
        Situation(SHORT, None, STAMPED, at=LATE),
        Situation(SHORT, None, STAMPED, "afterCertExpiry", at=LATE),
    ),
    "certificate expired, stamped too late": (
        Situation(SHORT, {"gen_time": tsa.general_time(END + HOUR)}, STAMPED, at=LATE),
    ),
    "certificate valid, not stamped, `always`": (Situation(PLAIN, None, STAMPED),),
    "certificate valid, not stamped, `afterCertExpiry`": (
        Situation(PLAIN, None, STAMPED, "afterCertExpiry"),
    ),
    "stamped by a stranger": (
        Situation(PLAIN, {"chain": tsa.authority(subject="stranger")}, STAMPED),
    ),
    "authority expired since": (
        Situation(SHORT, {"chain": PAST}, STAMPED, authority=PAST, at=LATE),
    ),
    'authority revoked or unknown, `"revocation": "skip"` or not': tuple(
        Situation(PLAIN, {"chain": REVOCABLE}, STAMPED, replies=said, authority=REVOCABLE, override=action)
        for said in (DOWN, {ocsp_url(n): ocsp(REVOCABLE, n, status="revoked") for n in (0, 1)})
        for action in ({}, {"revocation": "skip"})
    ),
    "chain not trusted, and nobody is asked": (Situation(CHAIN, replies=GOOD, root=PLAIN),),
}  # fmt: skip


def table() -> dict[str, tuple[str, ...]]:
    """Return what the document says, by situation: a word or `warning` for each level."""
    return {row[0]: tuple(cell.strip("`") for cell in row[1:]) for row in ROW.findall(DOCUMENT.read_text())}


def said(situation: Situation, level: str) -> str:
    """Return what the table should say about *situation* at *level*."""
    statement = stamp_policy(
        level,
        situation.when,
        situation.override,
        trustStores=list(situation.stores),
    )
    store = stamp_store(situation.chain, situation.authority)
    if situation.root is not None:
        store.stores["ca_acme"] = (Certificate.parse(situation.root.ders[-1]),)
    fetcher = FakeFetcher(situation.replies)
    outcome = verdict(
        stamped_envelope(situation.chain, situation.token),
        statement,
        store,
        revocation=RevocationSources(fetcher, **situation.settings),
        at=situation.at,
    )
    assert not (situation.root and fetcher.asked)
    assert outcome.accepted is (outcome.word is Outcome.VERIFIED)
    return "warning" if outcome.accepted and outcome.logged_failures else outcome.word.value


def test_table_has_exactly_the_situations_that_are_tested() -> None:
    """A row that nobody tests could say anything."""
    assert list(table()) == list(SITUATIONS)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_table_of_outcomes_is_true(situation: str, level: str) -> None:
    """Whoever decides by the table decides rightly. VER-062, TSA-033, TP-031."""
    expected = table()[situation][LEVELS.index(level)]
    assert [said(one, level) for one in SITUATIONS[situation]] == [expected] * len(SITUATIONS[situation])
