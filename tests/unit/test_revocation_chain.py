# SPDX-License-Identifier: Apache-2.0
"""A chain is asked about at once, within one deadline; what refuses it is named as the reference does."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from notation_py.certificates.requirements import Purpose
from notation_py.errors import Outcome, UnavailableError
from notation_py.fetch import FetchLimit
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.chain import Naming, check_chain, refusal
from notation_py.revocation.presence import has_revocation_information
from notation_py.revocation.sources import CrlNumbers, RevocationLimits, RevocationSources
from notation_py.revocation.status import Method, Status
from tests.simulator.pki import NOW, make_chain
from tests.simulator.revocation_authority import (
    HOUR,
    WEEK,
    FakeCache,
    FakeFetcher,
    crl,
    crl_url,
    entry,
    naming_crl,
    naming_ocsp,
    ocsp,
    ocsp_url,
    parsed,
    point,
    revocable_chain,
)

CRL_CHAIN = revocable_chain(3, crl=True)
OCSP_CHAIN = revocable_chain(3, ocsp=True)
GOOD_CRLS = {crl_url(n): crl(CRL_CHAIN, n) for n in (0, 1)}
GOOD_OCSP = {ocsp_url(n): ocsp(OCSP_CHAIN, n) for n in (0, 1)}


@pytest.mark.parametrize("length", [2, 3, 5])
def test_certificates_are_asked_about_at_once(length):
    """REV-001: every request waits until as many are under way as there are certificates to ask about."""
    chain = revocable_chain(length, ocsp=True)
    replies = {ocsp_url(n): ocsp(chain, n) for n in range(length - 1)}
    fetcher = FakeFetcher(replies, together=threading.Barrier(length - 1, timeout=10))
    found = check_chain(parsed(chain), RevocationSources(fetcher), at=NOW)
    assert [one.status for one in found.certificates] == [Status.GOOD] * (length - 1) + [Status.NOT_REVOCABLE]
    assert len(fetcher.asked) == length - 1


def test_warm_cache_asks_nobody():
    """REV-080, REV-081: the second check of the same chain reads what the first has stored."""
    cache, fetcher = FakeCache(), FakeFetcher(GOOD_CRLS)
    sources = RevocationSources(fetcher, cache)
    assert check_chain(parsed(CRL_CHAIN), sources, at=NOW).is_good
    assert sorted(fetcher.asked) == sorted(cache.bundles) == [crl_url(0), crl_url(1)]
    again = check_chain(parsed(CRL_CHAIN), RevocationSources(fetcher, cache), at=NOW)
    assert again.is_good
    assert [one.attempts[0].source for one in again.certificates[:2]] == ["cache", "cache"]
    assert len(fetcher.asked) == 2


def test_bundle_with_delta_is_stored_whole():
    """REV-080, REV-083: and serves the next check, delta and all."""
    chain, delta_url = revocable_chain(2, crl=True), crl_url(0, "delta")
    base = crl(chain, 0, number=1, freshest=[delta_url])
    delta = crl(chain, 0, number=2, base_number=1, entries=[entry(chain)])
    cache, fetcher = FakeCache(), FakeFetcher({crl_url(0): base, delta_url: delta})
    for _ in range(2):
        found = check_chain(parsed(chain), RevocationSources(fetcher, cache), at=NOW)
        assert found.certificates[0].status is Status.REVOKED
    assert cache.bundles == {crl_url(0): CrlBundle(base, delta)}
    assert fetcher.asked == [crl_url(0), delta_url]


@pytest.mark.parametrize(
    "cached",
    [
        CrlBundle(crl(CRL_CHAIN, 0, this_update=NOW - WEEK, next_update=NOW - HOUR)),
        CrlBundle(crl(CRL_CHAIN, 0, next_update=None)),
        CrlBundle(crl(CRL_CHAIN, 1)),
        CrlBundle(b""),
        CrlBundle(crl(CRL_CHAIN, 0)[:-1]),
        CrlBundle(crl(CRL_CHAIN, 0), b"garbage"),
        CrlBundle(crl(CRL_CHAIN, 0), crl(CRL_CHAIN, 0, number=2, base_number=2)),
    ],
    ids=["expired", "endless", "of_another", "empty", "truncated", "bad_delta", "wrong_delta"],
)
def test_cached_bundle_is_judged_like_a_fresh_one(cached):
    """Attack 84, the part of the core: REV-081, REV-083, R-20; fetched again, and stored."""
    cache = FakeCache({crl_url(0): cached})
    fetcher = FakeFetcher(GOOD_CRLS)
    found = check_chain(parsed(CRL_CHAIN), RevocationSources(fetcher, cache), at=NOW)
    assert found.is_good
    assert crl_url(0) in fetcher.asked
    assert cache.bundles[crl_url(0)] == CrlBundle(GOOD_CRLS[crl_url(0)])


def test_what_is_not_usable_is_not_stored():
    """REV-083, R-20: neither an expired list nor a page of something else."""
    cache = FakeCache()
    for reply in (b"<html>", crl(CRL_CHAIN, 0, next_update=NOW - HOUR, this_update=NOW - WEEK)):
        fetcher = FakeFetcher({crl_url(0): reply})
        check_chain(parsed(CRL_CHAIN), RevocationSources(fetcher, cache), at=NOW)
    assert cache.bundles == {}


def test_exchanges_keep_their_limits():
    """REV-008, REV-022, REV-042: two seconds and 20480 bytes for OCSP, five and under 32 MiB for a CRL."""
    chain = revocable_chain(2, ocsp=True, crl=True)
    fetcher = FakeFetcher()
    check_chain(parsed(chain), RevocationSources(fetcher), at=NOW)
    assert fetcher.limits == [
        FetchLimit(20480, 2.0, "application/ocsp-response"),
        FetchLimit(32 * 1024 * 1024 - 1, 5.0),
    ]


def test_deadline_ends_the_check_of_the_whole_chain():
    """REV-009, SEC-002: a server that holds on to a request holds nobody up, and is asked nothing more."""
    chain = make_chain(
        "EC-256", 3, edits={0: naming_ocsp(ocsp_url(0), ocsp_url(9)), 1: naming_ocsp(ocsp_url(1))}
    )
    let_go, released = threading.Event(), threading.Event()

    def hang() -> bytes:
        let_go.wait(10)
        released.set()
        raise UnavailableError("gave up")

    fetcher = FakeFetcher({ocsp_url(0): hang, ocsp_url(1): ocsp(chain, 1)})
    limits = RevocationLimits(total_seconds=0.3)
    sources = RevocationSources(fetcher, limits=limits)
    found = check_chain(parsed(chain), sources, at=NOW)
    assert [one.status for one in found.certificates[:2]] == [Status.UNAVAILABLE, Status.GOOD]
    assert "0.3 seconds for the whole chain" in str(found.certificates[0].attempts[0].error)
    let_go.set()
    assert released.wait(10)
    for thread in threading.enumerate():
        if thread.name.startswith("revocation-"):
            thread.join(10)
    assert len(fetcher.asked) == 2


def test_unexpected_exception_is_no_answer_about_its_certificate():
    """SEC-004: a fault of ours or of an adapter is unknown, told in the result and not lost in a thread."""

    def fail() -> bytes:
        raise ZeroDivisionError

    sources = RevocationSources(FakeFetcher(GOOD_OCSP | {ocsp_url(1): fail}))
    found = check_chain(parsed(OCSP_CHAIN), sources, at=NOW)
    assert [one.status for one in found.certificates] == [Status.GOOD, Status.UNKNOWN, Status.NOT_REVOCABLE]
    [attempt] = found.certificates[1].attempts
    assert attempt.error is not None
    assert attempt.error.message == "internal error: ZeroDivisionError"
    refused = refusal(found, sources)
    assert refused is not None
    assert refused.outcome is Outcome.REVOCATION_UNKNOWN


def test_root_is_never_asked_about():
    """REV-001: nor a chain of one certificate, whatever it names."""
    chain = make_chain("EC-256", 1, edits={0: naming_crl(point(crl_url(0)))})
    fetcher = FakeFetcher()
    found = check_chain(parsed(chain), RevocationSources(fetcher), at=NOW)
    assert [one.status for one in found.certificates] == [Status.NOT_REVOCABLE]
    assert found.is_good
    assert fetcher.asked == []


def test_every_distribution_point_is_covered_by_one_of_its_urls():
    """REV-040, REV-041: URLs of a point are alternatives, points are not."""
    both = [point("http://a.test/1", "http://a.test/2"), point("http://b.test/1")]
    chain = make_chain("EC-256", 2, edits={0: naming_crl(*both)})
    good, bad = crl(chain, 0), crl(chain, 0, number=2, entries=[entry(chain)])
    for replies, status, asked in (
        (
            {"http://a.test/2": good, "http://b.test/": good},
            Status.GOOD,
            ["a.test/1", "a.test/2", "b.test/1"],
        ),
        ({"http://a.test/1": good, "http://b.test/": good}, Status.GOOD, ["a.test/1", "b.test/1"]),
        ({"http://a.test/1": good, "http://b.test/": bad}, Status.REVOKED, ["a.test/1", "b.test/1"]),
        ({"http://a.test/1": bad, "http://b.test/": good}, Status.REVOKED, ["a.test/1"]),
        ({"http://a.test/1": good}, Status.UNAVAILABLE, ["a.test/1", "b.test/1"]),
        ({"http://b.test/": good}, Status.UNAVAILABLE, ["a.test/1", "a.test/2"]),
    ):
        fetcher = FakeFetcher(replies)
        found = check_chain(parsed(chain), RevocationSources(fetcher), at=NOW)
        assert found.certificates[0].status is status
        assert [url.removeprefix("http://") for url in fetcher.asked] == asked


def test_first_definite_ocsp_answer_ends_the_asking():
    """REV-023: `unknown` is definite, a failure is not; and every attempt is kept."""
    chain = make_chain("EC-256", 2, edits={0: naming_ocsp("http://a.test", "http://b.test")})
    good, unknown = ocsp(chain, 0), ocsp(chain, 0, status="unknown")
    for replies, status, attempts in (
        ({"http://a.test": good, "http://b.test": unknown}, Status.GOOD, 1),
        ({"http://a.test": unknown, "http://b.test": good}, Status.UNKNOWN, 1),
        ({"http://a.test": b"<html>", "http://b.test": good}, Status.GOOD, 2),
        ({"http://b.test": good}, Status.GOOD, 2),
        ({"http://b.test": b"<html>"}, Status.UNKNOWN, 2),
        ({}, Status.UNAVAILABLE, 2),
    ):
        leaf = check_chain(parsed(chain), RevocationSources(FakeFetcher(replies)), at=NOW).certificates[0]
        assert (leaf.status, leaf.method, len(leaf.attempts)) == (status, Method.OCSP, attempts)


@pytest.mark.parametrize(
    ("replies", "naming", "named", "outcome"),
    [
        (GOOD_OCSP, Naming.LEAF_MOST, None, None),
        ({}, Naming.LEAF_MOST, "CN=test,", Outcome.REVOCATION_UNKNOWN),
        ({}, Naming.ROOT_MOST, "CN=test intermediate 1,", Outcome.REVOCATION_UNKNOWN),
        (
            {ocsp_url(1): ocsp(OCSP_CHAIN, 1, status="revoked")},
            Naming.LEAF_MOST,
            "CN=test intermediate 1,",
            Outcome.REVOKED,
        ),
        (
            {ocsp_url(n): ocsp(OCSP_CHAIN, n, status="revoked") for n in (0, 1)},
            Naming.LEAF_MOST,
            "CN=test,",
            Outcome.REVOKED,
        ),
        (
            {ocsp_url(n): ocsp(OCSP_CHAIN, n, status="revoked") for n in (0, 1)},
            Naming.ROOT_MOST,
            "CN=test intermediate 1,",
            Outcome.REVOKED,
        ),
        (
            {ocsp_url(0): ocsp(OCSP_CHAIN, 0)},
            Naming.LEAF_MOST,
            "CN=test intermediate 1,",
            Outcome.REVOCATION_UNKNOWN,
        ),
    ],
    ids=["good", "leaf", "root", "revoked_beats_unknown", "leaf_revoked", "root_revoked", "one_unknown"],
)
@pytest.mark.parametrize(
    ("purpose", "kind"), [(Purpose.CODE_SIGNING, "signing"), (Purpose.TIMESTAMPING, "timestamping")]
)
def test_refusal_names_the_certificate_that_the_reference_names(
    replies, naming, named, outcome, purpose, kind
):
    """VER-062, TSA-008, CLI-002: one error, in the Go program's words."""
    sources = RevocationSources(FakeFetcher(replies))
    error = refusal(check_chain(parsed(OCSP_CHAIN), sources, at=NOW), sources, purpose, naming)
    if outcome is None:
        assert error is None
        return
    ending = "is revoked" if outcome is Outcome.REVOKED else "revocation status is unknown"
    assert error is not None
    assert error.message.startswith(f'{kind} certificate with subject "{named}')
    assert error.message.endswith(f'C=US" {ending}')
    assert error.outcome is outcome


def test_hint_says_when_and_why_and_who_says_so():
    """VER-080: a revoked certificate comes with what there is to know."""
    replies = {ocsp_url(0): ocsp(OCSP_CHAIN, 0, status="revoked", reason=9), ocsp_url(1): ocsp(OCSP_CHAIN, 1)}
    sources = RevocationSources(FakeFetcher(replies))
    error = refusal(check_chain(parsed(OCSP_CHAIN), sources, at=NOW), sources)
    assert error is not None
    assert error.hint == f"revoked at 2026-06-01T11:00:00Z (privilege withdrawn), says {ocsp_url(0)}"


def test_certificate_that_cannot_be_read_is_not_one_without_information():
    """REV-003, R-18: a broken extension may name a responder."""
    from cryptography import x509

    from tests.simulator.pki import with_extension

    for oid in ("1.3.6.1.5.5.7.1.1", "2.5.29.31"):
        broken = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x30\x03\x30\x01\x00")
        chain = parsed(make_chain("EC-256", 2, edits={0: with_extension(broken, critical=False)}))
        fetcher = FakeFetcher()
        sources = RevocationSources(fetcher)
        assert has_revocation_information(chain.leaf)
        found = check_chain(chain, sources, at=NOW)
        assert found.certificates[0].status is Status.UNKNOWN
        error = refusal(found, sources)
        assert error is not None
        assert str(error.hint).startswith("no usable answer: the certificate: ")
        assert fetcher.asked == []


def test_numbers_never_decrease_and_are_bounded():
    """R-10, R-16: the list seen longest ago is forgotten first."""
    numbers = CrlNumbers(capacity=2)
    numbers.saw(b"a", 5)
    numbers.saw(b"a", 3)
    assert numbers.highest(b"a") == 5
    numbers.saw(b"b", 1)
    numbers.saw(b"a", 6)
    numbers.saw(b"c", 1)
    assert (numbers.highest(b"a"), numbers.highest(b"b"), numbers.highest(b"c")) == (6, None, 1)


def test_freshest_crl_of_the_certificate_alone_is_not_supported():
    """REV-062: the certificate names a delta CRL and the base does not; in both, the base's counts."""
    from cryptography import x509

    from tests.simulator.pki import all_of, with_extension

    fresh = with_extension(x509.FreshestCRL([point("http://unused.test/")]), critical=False)
    chain = make_chain("EC-256", 2, edits={0: all_of(naming_crl(point(crl_url(0))), fresh)})
    delta_url = crl_url(0, "delta")
    sources = RevocationSources(FakeFetcher({crl_url(0): crl(chain, 0)}))
    leaf = check_chain(parsed(chain), sources, at=NOW).certificates[0]
    assert leaf.status is Status.UNKNOWN
    assert "freshest CRL from certificate extension is not supported" in str(leaf.attempts[0].error)
    fetcher = FakeFetcher(
        {
            crl_url(0): crl(chain, 0, freshest=["http://down.test/", delta_url]),
            delta_url: crl(chain, 0, number=2, base_number=1),
        }
    )
    assert check_chain(parsed(chain), RevocationSources(fetcher), at=NOW).is_good
    assert fetcher.asked == [crl_url(0), "http://down.test/", delta_url]


def test_age_and_skew_are_settings():
    """R-16, R-17: how old an answer may be, and how early."""
    day = timedelta(days=1)
    replies = {crl_url(n): crl(CRL_CHAIN, n, this_update=NOW - 3 * day) for n in (0, 1)}
    for age, good in ((2 * day, False), (3 * day, True)):
        sources = RevocationSources(FakeFetcher(replies), limits=RevocationLimits(max_age=age))
        assert check_chain(parsed(CRL_CHAIN), sources, at=NOW).is_good is good
