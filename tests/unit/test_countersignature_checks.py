# SPDX-License-Identifier: Apache-2.0
"""Timestamps within a verification: when one is evaluated, what refuses it, and what its time is used for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from cryptography import x509

from notation_py.certificates.certificate import Certificate
from notation_py.envelope.model import SigningScheme
from notation_py.errors import Outcome, UnavailableError
from notation_py.revocation.sources import RevocationSources
from notation_py.trust.level import Action, Validation
from notation_py.trust.store import TrustStoreType
from tests.simulator import tsa
from tests.simulator.fake_trust_store import FakeTrustStore
from tests.simulator.pki import NOW, TestChain, changed, make_chain
from tests.simulator.revocation_authority import (
    HOUR,
    FakeFetcher,
    crl,
    crl_url,
    entry,
    naming_crl,
    ocsp,
    ocsp_url,
    point,
    revocable_chain,
)
from tests.simulator.stamped import (
    AUTHORITY,
    Token,
    result_of,
    stamp_policy,
    stamp_store,
    stamped_envelope,
    verdict,
)

CHAIN = make_chain("EC-256", 3)
DAY = timedelta(days=1)
END = NOW + 30 * DAY
SHORT = make_chain("EC-256", 3, edits={0: changed(not_after=END)}, subject="short")
"""Its signing certificate ends at END, the others do not."""


def revocable_authority(subject: str = "clock") -> TestChain:
    """Return a timestamping authority whose certificates name `ocsp_url` and `crl_url` of their position."""
    return revocable_chain(
        3, ocsp=True, crl=True, subject=subject, usage=x509.ExtendedKeyUsageOID.TIME_STAMPING
    )


REVOCABLE = revocable_authority()
GOOD = {crl_url(n): crl(REVOCABLE, n) for n in (0, 1)} | {ocsp_url(n): ocsp(REVOCABLE, n) for n in (0, 1)}


def asking(**changes) -> RevocationSources:
    """Return sources that find the revocable authority's certificates good, but for *changes*."""
    return RevocationSources(FakeFetcher(GOOD | changes.pop("replies", {})), **changes)


# --- when a token is evaluated ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stores", "when", "expired", "evaluated"),
    [
        (["ca:acme", "tsa:clock"], "always", False, True),
        (["ca:acme", "tsa:clock"], "always", True, True),
        (["ca:acme", "tsa:clock"], "afterCertExpiry", False, False),
        (["ca:acme", "tsa:clock"], "afterCertExpiry", True, True),
        (["ca:acme"], "always", False, False),
        (["ca:acme"], "always", True, False),
        (["ca:acme"], "afterCertExpiry", True, False),
    ],
    ids=[
        "always-valid",
        "always-expired",
        "after-valid",
        "after-expired",
        "no-tsa-valid",
        "no-tsa-expired",
        "no-tsa-after-expired",
    ],
)
def test_token_is_evaluated_when_the_policy_says_so(stores, when, expired, evaluated):
    """A `tsa` store is needed, and `always` or an expired certificate. TSA-015, TSA-017, VER-050."""
    store = stamp_store(SHORT)
    outcome = verdict(
        stamped_envelope(SHORT, {}),
        stamp_policy(when=when, trustStores=stores),
        store,
        at=END + DAY if expired else NOW,
    )
    assert ("tsa_clock" in store.asked) is evaluated
    assert (outcome.timestamp is not None) is evaluated
    assert outcome.accepted is (evaluated or not expired)
    assert outcome.accepted or outcome.word is Outcome.TIMESTAMP


@pytest.mark.parametrize("stores", [["ca:acme"], ["ca:acme", "tsa:clock"]], ids=["no-tsa", "after-expiry"])
def test_token_that_is_not_evaluated_is_not_even_read(stores):
    """What stands in place of a token does not matter while nobody needs one. TSA-015, TSA-017, SCH-006."""
    statement = stamp_policy(when="afterCertExpiry", trustStores=stores)
    assert verdict(stamped_envelope(CHAIN, b"no token"), statement, stamp_store(CHAIN)).accepted


def test_expiry_begins_after_the_last_second():
    """At notAfter itself the certificate is valid, so no token is needed; a second later one is. TSA-015."""
    data, statement = stamped_envelope(SHORT), stamp_policy(when="afterCertExpiry")
    assert verdict(data, statement, stamp_store(SHORT), at=END).accepted
    late = verdict(data, statement, stamp_store(SHORT), at=END + timedelta(seconds=1))
    assert str(late.refusal) == "no timestamp countersignature was found in the signature envelope"


@pytest.mark.parametrize("position", [0, 1, 2], ids=["leaf", "intermediate", "root"])
def test_one_expired_certificate_is_enough_to_need_a_token(position):
    """TSA-015: at least one certificate of the chain, whichever it is."""
    chain = make_chain("EC-256", 3, edits={position: changed(not_after=END)}, subject=f"short {position}")
    statement = stamp_policy(when="afterCertExpiry")
    outcome = verdict(stamped_envelope(chain, {}), statement, stamp_store(chain), at=END + DAY)
    assert outcome.accepted
    assert outcome.timestamp is not None


@pytest.mark.parametrize("token", [b"no token", {}], ids=["garbage", "genuine"])
def test_signing_authority_is_never_judged_by_a_token(token: Token):
    """Its own time is authentic, whatever the policy says about timestamps. TSA-018, SCH-003."""
    store = stamp_store(SHORT)
    statement = stamp_policy(trustStores=["signingAuthority:acme", "tsa:clock"])
    data = stamped_envelope(SHORT, token, scheme=SigningScheme.X509_SIGNING_AUTHORITY)
    outcome = verdict(data, statement, store, at=END + DAY)
    assert outcome.accepted
    assert outcome.timestamp is None
    assert "tsa_clock" not in store.asked


# --- what refuses a token -----------------------------------------------------------------------------

FAULTS: dict[str, tuple[Token, str]] = {
    "missing": (None, "no timestamp countersignature was found"),
    "empty": (b"", "no timestamp countersignature was found"),
    "no-token": (b"\x30\x00", "failed to parse timestamp countersignature"),
    "another-signature": ({"message": b"x"}, "mismatched message"),
    "another-authority": ({"chain": tsa.authority(subject="stranger")}, "certificate signed by unknown"),
    "two-signers": ({"signers": lambda one: one + one}, "failed to verify the timestamp countersignature"),
    "before-the-certificate": ({"gen_time": b"20231231235959Z"}, "failed to verify|can be before"),
    "window-before-the-certificate": (
        {"gen_time": b"20240101000000Z", "accuracy": tsa.accuracy(seconds=1)},
        "timestamp can be before certificate",
    ),
    "after-the-certificate": (
        {"gen_time": tsa.general_time(END + timedelta(seconds=1))},
        "timestamp can be after certificate",
    ),
    "window-after-the-certificate": (
        {"gen_time": tsa.general_time(END), "accuracy": tsa.accuracy(millis=1)},
        "timestamp can be after certificate",
    ),
    "future": ({"gen_time": tsa.general_time(END + 2 * DAY)}, "in the future|can be after"),
}


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"])
@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_token_fails_the_authentic_timestamp_alone(fault, level):
    """Every fault is one of this validation, enforced at strict and logged elsewhere.

    Attacks 85, 87, 89, 92, 94; TSA-016, TSA-021, TSA-022, TSA-031, TSA-033.
    """
    token, reason = FAULTS[fault]
    outcome = verdict(stamped_envelope(SHORT, token), stamp_policy(level), stamp_store(SHORT), at=END + DAY)
    result = result_of(outcome, Validation.AUTHENTIC_TIMESTAMP)
    assert result.error is not None
    assert result.error.outcome is Outcome.TIMESTAMP
    assert re.search(reason, str(result.error))
    assert outcome.accepted is (level != "strict")
    assert outcome.timestamp is None
    assert outcome.logged_failures == (() if level == "strict" else (result,))


@pytest.mark.parametrize("stores", [(), None], ids=["empty", "absent"])
def test_store_without_anchors_trusts_no_timestamp(stores):
    """Nothing that the policy names vouches for the authority. TSA-022, TSA-033, TS-014."""
    store = stamp_store(CHAIN)
    del store.stores["tsa_clock"]
    if stores is not None:
        store.stores["tsa_clock"] = stores
    outcome = verdict(stamped_envelope(CHAIN, {}), stamp_policy(), store)
    assert not outcome.accepted
    assert outcome.word is (Outcome.CONFIG if stores is None else Outcome.TIMESTAMP)
    assert result_of(outcome, Validation.AUTHENTIC_TIMESTAMP).error is outcome.refusal


def test_every_named_store_of_authorities_counts():
    """TSA-022: a policy may name several; the authority of either is trusted."""
    store = stamp_store(CHAIN, tsa.authority(subject="stranger"))
    store.stores["tsa_other"] = tsa.roots_of(AUTHORITY)
    data = stamped_envelope(CHAIN, {})
    assert verdict(data, stamp_policy(), store).word is Outcome.TIMESTAMP
    both = stamp_policy(trustStores=["ca:acme", "tsa:clock", "tsa:other"])
    assert verdict(data, both, store).accepted


@pytest.mark.parametrize("kind", [TrustStoreType.CA, TrustStoreType.SIGNING_AUTHORITY], ids=str)
def test_authority_of_a_signing_store_stamps_nothing(kind):
    """Whoever may sign may not stamp: only stores of type `tsa` hold its anchors. Attack 90; SCH-004."""
    store = stamp_store(CHAIN, tsa.authority(subject="stranger"))
    store.stores["ca_acme"] += tsa.roots_of(AUTHORITY)
    store.stores[f"{kind.value}_other"] = tsa.roots_of(AUTHORITY)
    statement = stamp_policy(trustStores=["ca:acme", f"{kind.value}:other", "tsa:clock"])
    outcome = verdict(stamped_envelope(CHAIN, {}), statement, store)
    assert outcome.word is Outcome.TIMESTAMP


def test_anchor_of_timestamps_vouches_for_no_signer():
    """The reverse: a root in a `tsa` store alone makes no signature trusted. Attack 90; SCH-004."""
    store = FakeTrustStore(
        ca_acme=(Certificate.parse(make_chain("EC-256", 2, subject="stranger").ders[-1]),),
        tsa_clock=(*tsa.roots_of(AUTHORITY), Certificate.parse(CHAIN.ders[-1])),
    )
    assert verdict(stamped_envelope(CHAIN, {}), stamp_policy(), store).word is Outcome.AUTHENTICITY


def test_authority_that_has_expired_since_is_trusted():
    """Its certificates are judged at the token's time. Attack 91; TSA-027."""
    past = tsa.faulty_authority({n: changed(not_after=NOW + DAY) for n in range(3)})
    data = stamped_envelope(SHORT, {"chain": past})
    outcome = verdict(data, stamp_policy(), stamp_store(SHORT, past), at=END + DAY)
    assert outcome.accepted
    late = stamped_envelope(SHORT, {"chain": past, "gen_time": tsa.general_time(NOW + 2 * DAY)})
    outcome = verdict(late, stamp_policy(), stamp_store(SHORT, past), at=END + DAY)
    assert outcome.word is Outcome.TIMESTAMP


# --- revocation of the authority ----------------------------------------------------------------------

AUTHORITY_FAULTS = {
    "leaf-revoked-by-ocsp": ({ocsp_url(0): ocsp(REVOCABLE, 0, status="revoked")}, "is revoked"),
    "issuer-revoked-by-ocsp": ({ocsp_url(1): ocsp(REVOCABLE, 1, status="revoked")}, "is revoked"),
    "leaf-revoked-by-crl": (
        {ocsp_url(0): UnavailableError("down"), crl_url(0): crl(REVOCABLE, 0, entries=[entry(REVOCABLE)])},
        "is revoked",
    ),
    "unknown": (
        {ocsp_url(0): ocsp(REVOCABLE, 0, status="unknown"), crl_url(0): b"no list"},
        "revocation status is unknown",
    ),
    "unavailable": (
        {ocsp_url(1): UnavailableError("down"), crl_url(1): UnavailableError("down")},
        "revocation status is unknown",
    ),
    "superseded-after-the-timestamp": (
        {ocsp_url(0): ocsp(REVOCABLE, 0, status="revoked", reason=4, revoked_at=NOW)},
        "is revoked",
    ),
}


@pytest.mark.parametrize("action", ["enforce", "log", "skip"])
@pytest.mark.parametrize("fault", AUTHORITY_FAULTS)
def test_revoked_authority_is_refused_whatever_the_action_for_revocation(fault, action):
    """The action is about signing certificates; an authority's time counts only if nobody revoked it.

    Attack 91; TSA-032, TSA-033; R-22 forgives no authority.
    """
    replies, reason = AUTHORITY_FAULTS[fault]
    sources = asking(replies=replies, accept_revoked_after_timestamp=True)
    token: Token = {"chain": REVOCABLE, "gen_time": tsa.general_time(NOW - DAY)}
    outcome = verdict(
        stamped_envelope(CHAIN, token),
        stamp_policy(override={"revocation": action}),
        stamp_store(CHAIN, REVOCABLE),
        revocation=sources,
    )
    assert outcome.word is Outcome.TIMESTAMP
    assert outcome.refusal is result_of(outcome, Validation.AUTHENTIC_TIMESTAMP).error
    assert outcome.authority_revocation is not None
    assert not outcome.authority_revocation.is_good
    assert reason in str(outcome.refusal)
    assert str(outcome.refusal).startswith("timestamping certificate with subject")
    assert outcome.timestamp is None


def test_good_authority_is_asked_about_though_revocation_is_skipped():
    """TSA-032: and accepted; nobody is asked about the signing certificates. REV-006."""
    sources = asking()
    signing = revocable_chain(3, edits={0: naming_crl(point("http://signer.test/crl"))})
    outcome = verdict(
        stamped_envelope(signing, {"chain": REVOCABLE}),
        stamp_policy(override={"revocation": "skip"}),
        stamp_store(signing, REVOCABLE),
        revocation=sources,
    )
    assert outcome.accepted
    assert sorted(url[: len(ocsp_url(0))] for url in sources.fetcher.asked) == [ocsp_url(0), ocsp_url(1)]
    assert outcome.revocation is None


def test_authority_is_asked_about_now_and_not_at_the_time_of_the_token():
    """An answer that was current at the token's time and has expired since says nothing. TSA-032, REV-025."""
    old = {"this_update": NOW - 9 * DAY, "next_update": NOW - 8 * DAY}
    replies = {ocsp_url(0): ocsp(REVOCABLE, 0, **old), crl_url(0): crl(REVOCABLE, 0, **old)}
    token: Token = {"chain": REVOCABLE, "gen_time": tsa.general_time(NOW - 8 * DAY - HOUR)}
    outcome = verdict(
        stamped_envelope(CHAIN, token),
        stamp_policy(),
        stamp_store(CHAIN, REVOCABLE),
        revocation=asking(replies=replies),
    )
    assert outcome.word is Outcome.TIMESTAMP
    assert "revocation status is unknown" in str(outcome.refusal)


@pytest.mark.parametrize("authority", [AUTHORITY, REVOCABLE], ids=["no-information", "revocable"])
def test_authority_without_anybody_to_ask_is_good_only_if_nobody_can_revoke_it(authority):
    """Without sources a certificate that names a server has unknown status. TSA-032, REV-003, R-18."""
    outcome = verdict(
        stamped_envelope(CHAIN, {"chain": authority}), stamp_policy(), stamp_store(CHAIN, authority)
    )
    assert outcome.accepted is (authority is AUTHORITY)
    assert outcome.accepted or (
        outcome.word is Outcome.TIMESTAMP
        and str(outcome.refusal).startswith("timestamping certificate with subject")
    )


def test_authority_that_nobody_can_revoke_is_refused_where_information_is_required():
    """Attack 83: the setting holds for authorities too. REV-003, TSA-032."""
    data, store = stamped_envelope(CHAIN, {}), stamp_store(CHAIN)
    statement = stamp_policy(override={"revocation": "skip"})
    required = RevocationSources(FakeFetcher(), require_information=True)
    assert verdict(data, statement, store, revocation=RevocationSources(FakeFetcher())).accepted
    assert verdict(data, statement, store, revocation=required).word is Outcome.TIMESTAMP


@pytest.mark.parametrize(
    "token",
    [
        {"chain": REVOCABLE, "message": b"another signature"},
        {"chain": revocable_authority("stranger")},
        {"chain": REVOCABLE, "key": CHAIN.keys[2]},
        {"chain": REVOCABLE, "gen_time": b"20231201000000Z"},
        {"chain": REVOCABLE, "gen_time": tsa.general_time(END + DAY)},
    ],
    ids=["another-signature", "stranger", "another-key", "too-early", "too-late"],
)
def test_nobody_is_asked_about_an_authority_whose_token_is_refused(token: Token):
    """Whoever made the token could have chosen the addresses. TSA-032, REV-009, R-19."""
    sources = asking()
    outcome = verdict(
        stamped_envelope(SHORT, token),
        stamp_policy("permissive"),
        stamp_store(SHORT, REVOCABLE),
        revocation=sources,
        at=END + DAY,
    )
    assert result_of(outcome, Validation.AUTHENTIC_TIMESTAMP).action is Action.LOG
    assert result_of(outcome, Validation.AUTHENTIC_TIMESTAMP).error is not None
    assert sources.fetcher.asked == []
    assert outcome.authority_revocation is None


# --- evidence -----------------------------------------------------------------------------------------


def test_outcome_holds_the_timestamp_that_counted():
    """With its window and the authority's chain, root of the store last. VER-080, R-39, TSA-030."""
    token: Token = {"accuracy": tsa.accuracy(seconds=2), "gen_time": tsa.general_time(NOW)}
    outcome = verdict(stamped_envelope(SHORT, token), stamp_policy(), stamp_store(SHORT), at=END + DAY)
    stamp = outcome.timestamp
    assert stamp is not None
    two = timedelta(seconds=2)
    assert (stamp.earliest, stamp.gen_time, stamp.latest) == (NOW - two, NOW, NOW + two)
    assert [one.der for one in stamp.chain.certificates] == list(AUTHORITY.ders)


def test_timestamp_is_kept_when_something_later_refuses():
    """The evidence says what was found, though the verdict is no. VER-080, R-39."""
    signing = revocable_chain(3, ocsp=True)
    replies = {ocsp_url(0): ocsp(signing, 0, status="revoked"), ocsp_url(1): ocsp(signing, 1)}
    outcome = verdict(
        stamped_envelope(signing, {}),
        stamp_policy(),
        stamp_store(signing),
        revocation=RevocationSources(FakeFetcher(replies)),
    )
    assert outcome.word is Outcome.REVOKED
    assert outcome.timestamp is not None
    assert outcome.revocation is not None
