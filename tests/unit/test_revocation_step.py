# SPDX-License-Identifier: Apache-2.0
"""Revocation within a verification: who is asked, when nobody is, and which times may excuse what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notation_py.certificates.certificate import Certificate
from notation_py.envelope.model import SigningScheme
from notation_py.errors import Outcome, UnavailableError
from notation_py.revocation.sources import RevocationSources
from notation_py.revocation.status import Status
from notation_py.trust.level import Action, Validation
from tests.simulator import tsa
from tests.simulator.pki import NOW, changed, make_chain
from tests.simulator.resigned import extension
from tests.simulator.revocation_authority import (
    HOUR,
    FakeCache,
    FakeFetcher,
    crl,
    crl_url,
    entry,
    ocsp,
    ocsp_url,
    revocable_chain,
    time,
)
from tests.simulator.scenario import policy
from tests.simulator.stamped import (
    Token,
    result_of,
    stamp_policy,
    stamp_store,
    stamped_envelope,
    verdict,
)

CHAIN = revocable_chain(3, ocsp=True, crl=True)
PLAIN = make_chain("EC-256", 3, subject="plain")
SA = SigningScheme.X509_SIGNING_AUTHORITY
STORE = stamp_store(CHAIN)
GOOD = {ocsp_url(n): ocsp(CHAIN, n) for n in (0, 1)} | {crl_url(n): crl(CHAIN, n) for n in (0, 1)}
STRANGER = "x509.subject: C=US, ST=WA, O=Stranger"


def asking(replies=None, **changes) -> RevocationSources:
    """Return sources that find the certificates of the chain good, but for *replies*."""
    return RevocationSources(FakeFetcher(GOOD | (replies or {})), **changes)


def revoked(**changes):
    """Return the reply by which the signing certificate is revoked."""
    return {ocsp_url(0): ocsp(CHAIN, 0, status="revoked", **changes)}


def at_level(level="strict", **changes):
    """Return a statement that trusts the chain to sign, without timestamps."""
    return stamp_policy(level, **{"trustStores": ["ca:acme"], **changes})


# --- who is asked -------------------------------------------------------------------------------------


def test_trusted_chain_is_asked_about_and_the_answers_are_kept():
    """Each certificate has its answer in the outcome, the root none. VER-060, VER-080, REV-001, R-18."""
    sources = asking()
    outcome = verdict(stamped_envelope(CHAIN), at_level(), STORE, revocation=sources)
    assert outcome.accepted
    assert outcome.revocation is not None
    found = outcome.revocation.certificates
    assert [one.certificate.der for one in found] == list(CHAIN.ders)
    assert [one.status for one in found] == [Status.GOOD, Status.GOOD, Status.NOT_REVOCABLE]
    assert [len(one.attempts) for one in found] == [1, 1, 0]
    assert len(sources.fetcher.asked) == 2


@pytest.mark.parametrize("position", [0, 1], ids=["leaf", "intermediate"])
@pytest.mark.parametrize("level", ["strict", "permissive", "audit"])
def test_revoked_certificate_is_refused_at_strict_and_logged_elsewhere(position, level):
    """The certificate is named, and so is what became of it. VER-060, VER-062."""
    replies = {ocsp_url(position): ocsp(CHAIN, position, status="revoked", reason=1)}
    outcome = verdict(stamped_envelope(CHAIN), at_level(level), STORE, revocation=asking(replies))
    error = result_of(outcome, Validation.REVOCATION).error
    assert error is not None
    assert error.outcome is Outcome.REVOKED
    assert str(error).startswith("signing certificate with subject")
    assert str(error).endswith("is revoked")
    assert outcome.accepted is (level != "strict")
    assert len(outcome.logged_failures) == (0 if level == "strict" else 1)
    assert outcome.revocation is not None
    assert outcome.revocation.certificates[position].status is Status.REVOKED


DOWN = UnavailableError("no route")


@pytest.mark.parametrize(
    ("replies", "status", "told"),
    [
        ({ocsp_url(0): DOWN, crl_url(0): DOWN}, Status.UNAVAILABLE, "nobody answered"),
        ({ocsp_url(0): b"", crl_url(0): DOWN}, Status.UNKNOWN, "no usable answer"),
        (
            {ocsp_url(0): ocsp(CHAIN, 0, status="unknown"), crl_url(0): b"x"},
            Status.UNKNOWN,
            "no usable answer",
        ),
        ({ocsp_url(0): DOWN, crl_url(0): crl(CHAIN, 1)}, Status.UNKNOWN, "no usable answer"),
    ],
    ids=["silent", "empty", "unknown", "foreign-list"],
)
@pytest.mark.parametrize("action", ["enforce", "log"])
def test_no_answer_and_no_use_are_told_apart_and_neither_is_good(replies, status, told, action):
    """Both are REVOCATION_UNKNOWN; the status and the hint say which it was. VER-062, REV-005, R-18."""
    outcome = verdict(
        stamped_envelope(CHAIN),
        at_level(override={"revocation": action}),
        STORE,
        revocation=asking(replies),
    )
    error = result_of(outcome, Validation.REVOCATION).error
    assert error is not None
    assert error.outcome is Outcome.REVOCATION_UNKNOWN
    assert told in (error.hint or "")
    assert outcome.accepted is (action == "log")
    assert outcome.revocation is not None
    assert outcome.revocation.certificates[0].status is status


@pytest.mark.parametrize("required", [False, True], ids=["usual", "required"])
def test_chain_that_nobody_can_revoke_is_an_answer_of_its_own(required):
    """It counts as good, unless information is required; nobody is asked. Attack 83; REV-003, VER-063."""
    sources = RevocationSources(FakeFetcher(), require_information=required)
    outcome = verdict(stamped_envelope(PLAIN), at_level(), stamp_store(PLAIN), revocation=sources)
    assert outcome.accepted is not required
    assert outcome.revocation is not None
    statuses = [one.status for one in outcome.revocation.certificates]
    assert statuses == [Status.NO_INFORMATION, Status.NO_INFORMATION, Status.NOT_REVOCABLE]
    assert len(outcome.revocation.lacking_information) == 2
    assert sources.fetcher.asked == []
    assert not required or outcome.word is Outcome.REVOCATION_UNKNOWN


def test_cache_and_memory_of_the_sources_are_used():
    """A second verification with the same sources asks nobody about lists. REV-080, REV-081."""
    chain = revocable_chain(3, crl=True)
    cache = FakeCache()
    sources = RevocationSources(FakeFetcher({crl_url(n): crl(chain, n) for n in (0, 1)}), cache)
    for _ in range(2):
        assert verdict(stamped_envelope(chain), at_level(), stamp_store(chain), revocation=sources).accepted
    assert sorted(sources.fetcher.asked) == [crl_url(0), crl_url(1)]


# --- when nobody is asked -----------------------------------------------------------------------------

OTHER = Certificate.parse(PLAIN.ders[-1])


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"])
@pytest.mark.parametrize(
    ("anchors", "changes"),
    [
        ((OTHER,), {}),
        ((), {}),
        (None, {"trustedIdentities": [STRANGER]}),
        ((OTHER,), {"trustedIdentities": [STRANGER]}),
    ],
    ids=["other-root", "no-root", "other-identity", "neither"],
)
def test_nothing_is_fetched_for_a_chain_that_is_not_trusted(level, anchors, changes):
    """Its certificates name any address its maker likes. Attack 78; REV-009, R-19.

    At audit the signature is accepted nevertheless, and its status is unknown, not good.
    """
    sources, store = asking(), stamp_store(CHAIN)
    if anchors is not None:
        store.stores["ca_acme"] = anchors
    outcome = verdict(stamped_envelope(CHAIN), at_level(level, **changes), store, revocation=sources)
    assert sources.fetcher.asked == []
    assert outcome.revocation is None
    assert outcome.accepted is (level == "audit")
    if level == "audit":
        error = result_of(outcome, Validation.REVOCATION).error
        assert error is not None
        assert error.outcome is Outcome.REVOCATION_UNKNOWN


def test_nothing_is_fetched_for_a_broken_signature():
    """Integrity comes before everything else, at the weakest level too. R-06, R-19."""
    sources = asking()
    data = stamped_envelope(CHAIN).replace(b'"signature":"', b'"signature":"AAAA')
    outcome = verdict(data, at_level("audit"), STORE, revocation=sources)
    assert outcome.word is Outcome.INTEGRITY
    assert sources.fetcher.asked == []


def test_nothing_is_fetched_where_revocation_is_skipped():
    """No network for an answer that nobody wants. REV-006, VER-060."""
    sources = asking(revoked())
    outcome = verdict(
        stamped_envelope(CHAIN), at_level(override={"revocation": "skip"}), STORE, revocation=sources
    )
    assert outcome.accepted
    assert sources.fetcher.asked == []
    assert outcome.revocation is None
    assert result_of(outcome, Validation.REVOCATION).action is Action.SKIP


@pytest.mark.parametrize("fault", ["expired", "no-token", "bad-token"])
def test_nothing_is_fetched_after_an_enforced_failure(fault):
    """The signature has lost already. VER-020, VER-050."""
    chain = revocable_chain(3, ocsp=True, edits={0: changed(not_after=NOW + HOUR)})
    sources = asking()
    statement = at_level() if fault == "expired" else stamp_policy()
    data = stamped_envelope(chain, b"x" if fault == "bad-token" else None)
    at = NOW + 2 * HOUR if fault == "expired" else NOW
    outcome = verdict(data, statement, stamp_store(chain), revocation=sources, at=at)
    assert outcome.word is Outcome.TIMESTAMP
    assert sources.fetcher.asked == []
    assert outcome.revocation is None


@pytest.mark.parametrize(("chain", "accepted"), [(CHAIN, False), (PLAIN, True)], ids=["revocable", "plain"])
def test_without_sources_only_a_chain_that_nobody_can_revoke_is_good(chain, accepted):
    """A library user who passes no sources gets no silent yes. REV-005, R-18."""
    outcome = verdict(stamped_envelope(chain), at_level(), stamp_store(chain))
    assert outcome.accepted is accepted
    assert outcome.revocation is None
    assert accepted or outcome.word is Outcome.REVOCATION_UNKNOWN


@pytest.mark.parametrize("action", [Action.ENFORCE, Action.LOG])
@pytest.mark.parametrize("broken", [ocsp_url(0), ocsp_url(1), "cache"])
def test_unexpected_exception_of_a_port_makes_the_status_unknown(broken, action):
    """A defect is no answer: refused where revocation is enforced, told where it is logged. SEC-004."""

    def fail(*_) -> bytes:
        raise RuntimeError("hunter2")

    sources = asking({broken: fail})
    if broken == "cache":
        cache = FakeCache()
        cache.load = fail  # type: ignore[method-assign]
        sources = asking(dict.fromkeys(map(ocsp_url, (0, 1)), UnavailableError("down")), cache=cache)
    statement = at_level(override={"revocation": action.value})
    outcome = verdict(stamped_envelope(CHAIN), statement, STORE, revocation=sources)
    error = result_of(outcome, Validation.REVOCATION).error
    assert outcome.accepted is (action is Action.LOG)
    assert error.outcome is Outcome.REVOCATION_UNKNOWN
    assert "internal error: RuntimeError" in error.hint
    assert "hunter2" not in str(error) + error.hint
    assert Status.UNKNOWN in {entry.status for entry in outcome.revocation.certificates}


# --- which times excuse what --------------------------------------------------------------------------

LATER = NOW - HOUR
"""When the certificate was revoked: after the signature, before now."""
STAMPED: Token = {"gen_time": tsa.general_time(NOW - 10 * HOUR)}
AFTER_EXPIRY = "afterCertExpiry"


def invalid_from(at):
    """Return the extension that says since when a certificate is not to be trusted."""
    return [extension("2.5.29.24", time(at))]


def superseded(**changes) -> RevocationSources:
    """Return sources by which the certificate was superseded after the timestamp."""
    return asking(revoked(revoked_at=LATER, reason=4), accept_revoked_after_timestamp=True, **changes)


def test_revocation_after_a_verified_timestamp_is_forgiven_on_request_and_said():
    """Attack 74; R-22: and the evidence keeps that the certificate is revoked."""
    data = stamped_envelope(CHAIN, STAMPED)
    outcome = verdict(data, stamp_policy(), STORE, revocation=superseded())
    assert outcome.accepted
    assert outcome.revocation is not None
    [attempt] = outcome.revocation.certificates[0].attempts
    assert attempt.revocation is not None
    assert "revoked after the trusted timestamp" in attempt.note
    without = asking(revoked(revoked_at=LATER, reason=4))
    assert verdict(data, stamp_policy(), STORE, revocation=without).word is Outcome.REVOKED


@pytest.mark.parametrize("reason", [None, 0, 1, 2, 10])
def test_stolen_key_is_not_forgiven_by_a_timestamp(reason):
    """Attack 75; R-22: nor a reason that says nothing."""
    sources = asking(revoked(revoked_at=LATER, reason=reason), accept_revoked_after_timestamp=True)
    outcome = verdict(stamped_envelope(CHAIN, STAMPED), stamp_policy(), STORE, revocation=sources)
    assert outcome.word is Outcome.REVOKED


@pytest.mark.parametrize(
    ("token", "statement"),
    [
        (STAMPED, at_level("permissive", override={"revocation": "enforce"})),
        (STAMPED, stamp_policy(when=AFTER_EXPIRY)),
        ({**STAMPED, "message": b"x"}, stamp_policy("permissive", override={"revocation": "enforce"})),
        (
            {**STAMPED, "chain": tsa.authority(subject="stranger")},
            stamp_policy("permissive", override={"revocation": "enforce"}),
        ),
        (
            {"gen_time": b"20231231000000Z", "chain": tsa.authority()},
            stamp_policy("permissive", override={"revocation": "enforce"}),
        ),
        ({"gen_time": tsa.general_time(NOW)}, stamp_policy()),
    ],
    ids=["no-tsa", "not-evaluated", "another-signature", "stranger", "outside", "after-the-revocation"],
)
def test_timestamp_forgives_only_where_it_was_verified(token, statement):
    """A logged failure of the timestamp, or one that nobody looked at, proves no time. Attack 74; R-22."""
    outcome = verdict(stamped_envelope(CHAIN, token), statement, STORE, revocation=superseded())
    assert outcome.word is Outcome.REVOKED


def test_end_of_the_timestamps_window_counts():
    """The signature may be as young as the accuracy allows. R-22, TSA-030."""
    token: Token = {"gen_time": tsa.general_time(LATER - HOUR), "accuracy": tsa.accuracy(seconds=7200)}
    outcome = verdict(stamped_envelope(CHAIN, token), stamp_policy(), STORE, revocation=superseded())
    assert outcome.word is Outcome.REVOKED
    token = {"gen_time": tsa.general_time(LATER - HOUR), "accuracy": tsa.accuracy(seconds=3599)}
    assert verdict(stamped_envelope(CHAIN, token), stamp_policy(), STORE, revocation=superseded()).accepted


def test_authentic_signing_time_is_compared_with_the_invalidity_date():
    """Only the signing authority scheme has one. REV-027, VER-061."""
    statement = policy(trustStores=["signingAuthority:acme"])
    sources = asking(revoked(reason=1, extensions=invalid_from(NOW - 5 * HOUR)))
    early = stamped_envelope(CHAIN, scheme=SA, signed_at=NOW - 6 * HOUR)
    assert verdict(early, statement, STORE, revocation=sources).accepted
    late = stamped_envelope(CHAIN, scheme=SA, signed_at=NOW - 4 * HOUR)
    assert verdict(late, statement, STORE, revocation=sources).word is Outcome.REVOKED


@pytest.mark.parametrize("token", [None, STAMPED], ids=["claimed", "stamped"])
def test_claimed_and_stamped_times_are_not_compared_with_the_invalidity_date(token):
    """The claim could be any time, and a timestamp says not since when. TSA-035, VER-061, attack 74."""
    sources = asking(revoked(reason=1, extensions=invalid_from(NOW - 5 * HOUR)))
    data = stamped_envelope(CHAIN, token, signed_at=NOW - 6 * HOUR)
    statement = stamp_policy() if token else at_level()
    assert verdict(data, statement, STORE, revocation=sources).word is Outcome.REVOKED


def test_answers_are_judged_now_for_an_old_signature_too():
    """An answer that was current when the signature was made is stale now. REV-025, REV-051."""
    old = {"this_update": NOW - timedelta(days=9), "next_update": NOW - timedelta(days=2)}
    replies = {ocsp_url(0): ocsp(CHAIN, 0, **old), crl_url(0): crl(CHAIN, 0, **old)}
    token: Token = {"gen_time": tsa.general_time(NOW - timedelta(days=5))}
    data = stamped_envelope(CHAIN, token, signed_at=NOW - timedelta(days=5))
    outcome = verdict(data, stamp_policy(), STORE, revocation=asking(replies))
    assert outcome.word is Outcome.REVOCATION_UNKNOWN


def test_superseded_list_entry_is_forgiven_as_an_ocsp_answer_is():
    """R-22 by CRL, through the whole verification."""
    listed = {
        ocsp_url(0): DOWN,
        crl_url(0): crl(CHAIN, 0, entries=[entry(CHAIN, at=LATER, reason=4)]),
    }
    sources = asking(listed, accept_revoked_after_timestamp=True)
    assert verdict(stamped_envelope(CHAIN, STAMPED), stamp_policy(), STORE, revocation=sources).accepted
    assert verdict(stamped_envelope(CHAIN), at_level(), STORE, revocation=sources).word is Outcome.REVOKED
