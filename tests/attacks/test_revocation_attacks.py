# SPDX-License-Identifier: Apache-2.0
"""Revocation under attack: section 4.4 of the security contract, but for the transport and the cache on disk.

Every CRL and response is signed after it was spoiled, so that only the rule in question can refuse it.
The word is that of the chain: good, revoked or unknown, and the text is why the one attempt said nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from hashlib import sha1
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from notation_py import der
from notation_py.certificates.chain import CertificateChain, chain_of
from notation_py.certificates.requirements import Purpose
from notation_py.errors import MalformedError, NotationError, Outcome, UnavailableError, UntrustedError
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.chain import check_chain, refusal
from notation_py.revocation.sources import RevocationSources
from notation_py.revocation.status import ChainRevocation, Status
from notation_py.verification.signature import Sources
from tests.simulator.pki import (
    NOW,
    TestChain,
    changed,
    fixed_keys,
    key_usage,
    make_chain,
    with_extension,
    without,
)
from tests.simulator.resigned import element, extension, parts
from tests.simulator.revocation_authority import (
    CRITICAL,
    HOUR,
    WEEK,
    FakeCache,
    FakeFetcher,
    crl,
    crl_url,
    entry,
    key_bits,
    naming_crl,
    ocsp,
    ocsp_url,
    parsed,
    point,
    point_name,
    responder,
    revocable_chain,
    time,
)
from tests.simulator.scenario import Scenario, policy

SECOND = timedelta(seconds=1)
CRL_CHAIN = revocable_chain(2, crl=True)
OCSP_CHAIN = revocable_chain(2, ocsp=True)
OTHER = make_chain("EC-384", 2, subject="stranger")
DELTA_URL = crl_url(0, "delta")

Build = Callable[[], bytes]


def case(number: int, variant: str, build: Build, expected: str, *, by: TestChain = CRL_CHAIN) -> Any:
    """Return a parameter; *expected* is `good`, `revoked`, or a part of why the status is unknown."""
    return pytest.param(by, build, expected, id=f"attack_{number:03d}_{variant}")


def word(revocation: ChainRevocation, sources: RevocationSources) -> str:
    """Return `good`, or the outcome with which the chain is refused."""
    error = refusal(revocation, sources)
    return "good" if error is None else error.outcome.value


def assert_says(revocation: ChainRevocation, sources: RevocationSources, expected: str) -> None:
    """Fail unless the leaf is good, revoked, or unknown for a reason that has *expected* in it."""
    leaf = revocation.certificates[0]
    if expected in {"good", "revoked"}:
        assert leaf.status.value == expected, leaf.attempts
        assert word(revocation, sources) == {"good": "good", "revoked": "REVOKED"}[expected]
        return
    assert leaf.status is Status.UNKNOWN
    assert word(revocation, sources) == "REVOCATION_UNKNOWN"
    assert expected in str(leaf.attempts[-1].error)


def crl_case(number: int, variant: str, expected: str, /, **changes: Any) -> Any:
    return case(number, variant, lambda: crl(CRL_CHAIN, 0, **changes), expected)


def signed_by_stranger() -> bytes:
    """Return a CRL in the issuer's name, by another authority's key."""
    return crl(CRL_CHAIN, 0, key=OTHER.keys[1])


def unsigned() -> bytes:
    """Return a CRL whose signature is empty."""
    whole = crl(CRL_CHAIN, 0)
    body, algorithm, _ = parts(whole)
    return element(0x30, body, algorithm, b"\x03\x01\x00")


def flipped() -> bytes:
    whole = bytearray(crl(CRL_CHAIN, 0))
    whole[-1] ^= 1
    return bytes(whole)


NO_CRL_SIGN = revocable_chain(
    2, crl=True, edits={1: with_extension(key_usage("key_cert_sign"), critical=True)}
)
SHARD = element(0x30, point_name("http://crl.test/other.crl"))
OURS = element(0x30, point_name("http://crl.test/other.crl", crl_url(0)))
UNKNOWN_EXTENSION = extension("1.2.3.4", b"\x05\x00", CRITICAL)
CERTIFICATE_ISSUER = extension(
    "2.5.29.29", element(0x30, element(0xA4, OTHER.root.subject.public_bytes())), CRITICAL
)


CRL_CASES = [
    crl_case(69, "by_the_issuer", "good"),
    case(69, "other_key_of_the_same_name", signed_by_stranger, "not by the key of its issuer"),
    crl_case(69, "other_name", "by another issuer", issuer=OTHER.root.subject.public_bytes()),
    case(69, "without_crl_sign", lambda: crl(NO_CRL_SIGN, 0), "must not sign CRLs", by=NO_CRL_SIGN),
    case(69, "wrong_signature", flipped, ""),
    case(69, "unsigned", unsigned, "not by the key of its issuer"),
    crl_case(69, "sha1", "algorithm that is not allowed", hashed="SHA1"),
    crl_case(70, "this_distribution_point", "good", scope=OURS),
    crl_case(70, "users_only_for_a_user", "good", scope=element(0x30, b"\x81\x01\xff")),
    crl_case(
        70, "authorities_only", "certificates of authorities only", scope=element(0x30, b"\x82\x01\xff")
    ),
    crl_case(70, "some_reasons", "for some reasons", scope=element(0x30, b"\x83\x02\x06\x40")),
    crl_case(70, "indirect", "indirect CRL", scope=element(0x30, b"\x84\x01\xff")),
    crl_case(70, "attributes", "attribute certificates only", scope=element(0x30, b"\x85\x01\xff")),
    crl_case(70, "other_shard", "another distribution point", scope=SHARD),
    crl_case(70, "unreadable_scope", "malformed", scope=element(0x30, b"\x86\x01\xff")),
    crl_case(70, "scope_of_bad_boolean", "neither 00 nor FF", scope=element(0x30, b"\x81\x01\x01")),
    crl_case(70, "delta_instead", "delta CRL in the place", number=5, base_number=4),
    crl_case(72, "without_next_update", "expired CRL", next_update=None),
    crl_case(72, "held_until_now", "good", next_update=NOW),
    crl_case(72, "expired_by_a_second", "expired CRL", next_update=NOW - SECOND),
    crl_case(72, "from_the_future", "from the future", this_update=NOW + HOUR),
    crl_case(72, "backwards", "ends before it begins", this_update=NOW + SECOND, next_update=NOW),
    crl_case(72, "until_2099", "good", next_update=NOW.replace(year=2099)),
    crl_case(
        72,
        "old_until_2099",
        "older than 400 days",
        this_update=NOW - timedelta(days=401),
        next_update=NOW.replace(year=2099),
    ),
    crl_case(76, "critical_in_list", "critical extension", extensions=[UNKNOWN_EXTENSION]),
    crl_case(
        76,
        "critical_in_entry",
        "critical extension",
        entries=[entry(CRL_CHAIN, extensions=[UNKNOWN_EXTENSION])],
    ),
    crl_case(76, "critical_in_another_entry", "good", entries=[entry(5, extensions=[UNKNOWN_EXTENSION])]),
    crl_case(
        76,
        "entry_of_another_issuer",
        "critical extension",
        entries=[entry(CRL_CHAIN, extensions=[CERTIFICATE_ISSUER])],
    ),
    crl_case(76, "entry_listed", "revoked", entries=[entry(5), entry(CRL_CHAIN), entry(6)]),
    crl_case(76, "entry_unlisted", "good", entries=[entry(5), entry(6)]),
]


@pytest.mark.parametrize(("chain", "build", "expected"), CRL_CASES)
def test_crl_counts_only_if_it_is_the_right_one(chain, build, expected):
    """Attacks 69, 70, 72, 76; REV-043, REV-050 to REV-053, REV-072, R-16."""
    sources = RevocationSources(FakeFetcher({crl_url(0): build()}))
    assert_says(check_chain(parsed(chain), sources, at=NOW), sources, expected)


def test_serial_number_of_another_issuer_does_not_count():
    """Attack 76: the root revokes a number that the leaf has too; REV-070."""
    chain = revocable_chain(3, crl=True)
    listed = crl(chain, 1, entries=[entry(chain.leaf.serial_number)])
    sources = RevocationSources(FakeFetcher({crl_url(0): crl(chain, 0), crl_url(1): listed}))
    assert_says(check_chain(parsed(chain), sources, at=NOW), sources, "good")


def test_authority_needs_a_list_for_authorities():
    """Attack 70: onlyContainsUserCerts says nothing about an intermediate; REV-052."""
    chain = revocable_chain(3, crl=True)
    users_only = crl(chain, 1, scope=element(0x30, b"\x81\x01\xff"))
    sources = RevocationSources(FakeFetcher({crl_url(0): crl(chain, 0), crl_url(1): users_only}))
    found = check_chain(parsed(chain), sources, at=NOW)
    assert found.certificates[1].status is Status.UNKNOWN
    assert "users only" in str(found.certificates[1].attempts[0].error)
    assert word(found, sources) == "REVOCATION_UNKNOWN"


def test_older_crl_is_a_replay():
    """Attack 71: still unexpired, by number; one without a number is older too. R-16."""
    fetcher = FakeFetcher({crl_url(0): crl(CRL_CHAIN, 0, number=7)})
    sources = RevocationSources(fetcher)
    assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, "good")
    for number in (6, None):
        fetcher.replies = {crl_url(0): crl(CRL_CHAIN, 0, number=number)}
        assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, "replay")
    fetcher.replies = {crl_url(0): crl(CRL_CHAIN, 0, number=8)}
    assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, "good")


def test_expired_crl_in_the_cache_still_tells_a_replay():
    """Attack 71: a new process knows the number from the cache, if the list is the issuer's; REV-081."""
    past = {"this_update": NOW - WEEK, "next_update": NOW - HOUR}
    for seen, expected in (
        (crl(CRL_CHAIN, 0, number=7, **past), "replay"),
        (crl(CRL_CHAIN, 0, number=7, key=OTHER.keys[1], **past), "good"),
        (crl(CRL_CHAIN, 0, number=7, scope=SHARD, **past), "good"),
    ):
        cache = FakeCache({crl_url(0): CrlBundle(seen)})
        sources = RevocationSources(FakeFetcher({crl_url(0): crl(CRL_CHAIN, 0, number=6)}), cache)
        assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, expected)


def test_list_of_another_shard_does_not_make_the_right_one_a_replay():
    """Attack 71 turned round: a list out of place, with a high number, locks nobody out. R-16."""
    fetcher = FakeFetcher()
    sources = RevocationSources(fetcher)
    for spoiled in ({"scope": SHARD}, {"base_number": 98}):
        fetcher.replies = {crl_url(0): crl(CRL_CHAIN, 0, number=99, **spoiled)}
        assert refusal(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources) is not None
    fetcher.replies = {crl_url(0): crl(CRL_CHAIN, 0, number=7)}
    assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, "good")


HOLD, REMOVE = 6, 8
HELD = entry(CRL_CHAIN, reason=HOLD, at=NOW - 4 * HOUR)


@pytest.mark.parametrize(
    ("base", "delta", "expected"),
    [
        pytest.param([HELD], [], "revoked", id="attack_073_held"),
        pytest.param(
            [HELD], [entry(CRL_CHAIN, reason=REMOVE, at=NOW - 3 * HOUR)], "good", id="attack_073_removed"
        ),
        pytest.param(
            [HELD],
            [entry(CRL_CHAIN, reason=REMOVE, at=NOW - 5 * HOUR)],
            "revoked",
            id="attack_073_removed_before",
        ),
        pytest.param(
            [HELD], [entry(CRL_CHAIN, reason=REMOVE, at=NOW - 4 * HOUR)], "revoked", id="attack_073_at_once"
        ),
        pytest.param(
            [HELD],
            [
                entry(CRL_CHAIN, reason=REMOVE, at=NOW - 3 * HOUR),
                entry(CRL_CHAIN, reason=HOLD, at=NOW - HOUR),
            ],
            "revoked",
            id="attack_073_held_again",
        ),
        pytest.param([HELD], [entry(9, reason=REMOVE)], "revoked", id="attack_073_another_removed"),
        pytest.param([], [entry(CRL_CHAIN, reason=4)], "revoked", id="attack_073_revoked_in_delta"),
        pytest.param([], [entry(9)], "good", id="attack_073_another_in_delta"),
        pytest.param(
            [entry(CRL_CHAIN, reason=4)],
            [entry(CRL_CHAIN, reason=REMOVE)],
            "revoked",
            id="attack_073_permanent",
        ),
    ],
)
def test_base_and_delta_are_one_list(base, delta, expected):
    """Attack 73; REV-060, REV-063, REV-073."""
    replies = {
        crl_url(0): crl(CRL_CHAIN, 0, number=4, freshest=[DELTA_URL], entries=base),
        DELTA_URL: crl(CRL_CHAIN, 0, number=5, base_number=4, entries=delta),
    }
    sources = RevocationSources(FakeFetcher(replies))
    assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, "good", id="attack_073_right"),
        pytest.param({"base_number": 3}, "good", id="attack_073_since_an_earlier_base"),
        pytest.param(
            {"base_number": 5}, "indicator 5 is not less than or equal to", id="attack_073_wrong_base"
        ),
        pytest.param(
            {"base_number": None}, "indicator extension is not found", id="attack_073_complete_list"
        ),
        pytest.param(
            {"number": 4}, "number 4 is not greater than the base CRL number 4", id="attack_073_not_newer"
        ),
        pytest.param({"number": None}, "must have numbers", id="attack_073_no_number"),
        pytest.param({"next_update": NOW - SECOND}, "expired CRL", id="attack_073_expired"),
        pytest.param({"key": OTHER.keys[1]}, "not by the key of its issuer", id="attack_073_stranger"),
        pytest.param({"scope": OURS}, "not for the same certificates", id="attack_073_other_scope"),
        pytest.param({"extensions": [UNKNOWN_EXTENSION]}, "critical extension", id="attack_073_critical"),
    ],
)
def test_delta_belongs_to_its_base(changes, expected):
    """Attack 73: a delta with the wrong base number, or that cannot be used, is no delta; REV-061."""
    delta = crl(CRL_CHAIN, 0, **{"number": 6, "base_number": 4} | changes)
    replies = {crl_url(0): crl(CRL_CHAIN, 0, number=4, freshest=[DELTA_URL]), DELTA_URL: delta}
    sources = RevocationSources(FakeFetcher(replies))
    assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, expected)


def test_base_without_a_number_has_no_delta():
    """Attack 73: the Go program crashes here; REV-061."""
    replies = {
        crl_url(0): crl(CRL_CHAIN, 0, number=None, freshest=[DELTA_URL]),
        DELTA_URL: crl(CRL_CHAIN, 0, number=5, base_number=4),
    }
    sources = RevocationSources(FakeFetcher(replies))
    assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, "must have numbers")


def test_missing_delta_is_not_forgiven():
    """Attack 73: not from the network, where nobody answers, and not in a cached bundle; REV-060, REV-083."""
    base = crl(CRL_CHAIN, 0, number=4, freshest=[DELTA_URL])
    cache = FakeCache({crl_url(0): CrlBundle(base)})
    sources = RevocationSources(FakeFetcher({crl_url(0): base}), cache)
    found = check_chain(parsed(CRL_CHAIN), sources, at=NOW)
    assert found.certificates[0].status is Status.UNAVAILABLE
    assert "delta CRL: nothing answers" in str(found.certificates[0].attempts[0].error)
    assert word(found, sources) == "REVOCATION_UNKNOWN"


def test_older_delta_is_a_replay():
    """Attack 71 for deltas: the certificate was revoked in the newer one. R-16."""
    fetcher = FakeFetcher()
    sources = RevocationSources(fetcher)
    base = crl(CRL_CHAIN, 0, number=4, freshest=[DELTA_URL])
    for number, entries, expected in ((6, [entry(CRL_CHAIN)], "revoked"), (5, [], "replay")):
        delta = crl(CRL_CHAIN, 0, number=number, base_number=4, entries=entries)
        fetcher.replies = {crl_url(0): base, DELTA_URL: delta}
        assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW), sources, expected)


STAMPED = NOW - 10 * HOUR
AFTER, BEFORE = NOW - 2 * HOUR, NOW - 20 * HOUR
COMPROMISES = [None, 0, 1, 2, 7, 10]


def _revoked(
    chain: TestChain, at_revoked: Any, reason: int | None, invalid_from: Any, via: str
) -> FakeFetcher:
    if via == "crl":
        listed = entry(chain, at=at_revoked, reason=reason, invalid_from=invalid_from)
        return FakeFetcher({crl_url(0): crl(chain, 0, entries=[listed])})
    extensions = [] if invalid_from is None else [extension("2.5.29.24", time(invalid_from))]
    response = ocsp(chain, 0, status="revoked", revoked_at=at_revoked, reason=reason, extensions=extensions)
    return FakeFetcher({ocsp_url(0): response})


VIA = pytest.mark.parametrize(
    ("via", "chain"), [("crl", CRL_CHAIN), ("ocsp", OCSP_CHAIN)], ids=["crl", "ocsp"]
)


@VIA
@pytest.mark.parametrize(
    ("invalid_from", "reason", "pardoned"),
    [
        (AFTER, 4, True),
        (None, 4, True),
        (None, 3, True),
        (None, 5, True),
        (None, 9, True),
        (BEFORE, 4, False),
    ],
)
def test_revocation_after_a_trusted_timestamp_is_forgiven_only_on_request(
    via, chain, invalid_from, reason, pardoned
):
    """Attack 74: a reason that says nothing against the key, and it is said so; R-22."""
    fetcher = _revoked(chain, AFTER, reason, invalid_from, via)
    asked = RevocationSources(fetcher, accept_revoked_after_timestamp=True)
    found = check_chain(parsed(chain), asked, at=NOW, stamped_at=STAMPED)
    assert_says(found, asked, "good" if pardoned else "revoked")
    assert ("revoked after the trusted timestamp" in found.certificates[0].attempts[0].note) is pardoned
    assert found.certificates[0].attempts[0].revocation is not None
    plain = RevocationSources(fetcher)
    assert_says(check_chain(parsed(chain), plain, at=NOW, stamped_at=STAMPED), plain, "revoked")
    assert_says(check_chain(parsed(chain), asked, at=NOW), asked, "revoked")
    assert_says(check_chain(parsed(chain), asked, at=NOW, stamped_at=AFTER), asked, "revoked")


@VIA
def test_invalidity_date_is_compared_with_an_authentic_signing_time_alone(via, chain):
    """Attack 74: untrusted times and timestamps do not count; REV-027, REV-071, REV-075, TSA-035, VER-061."""
    fetcher = _revoked(chain, BEFORE, 1, AFTER, via)
    sources = RevocationSources(fetcher)
    for times, expected in (
        ({}, "revoked"),
        ({"stamped_at": STAMPED}, "revoked"),
        ({"signed_at": STAMPED}, "good"),
        ({"signed_at": AFTER}, "revoked"),
        ({"signed_at": NOW}, "revoked"),
    ):
        assert_says(check_chain(parsed(chain), sources, at=NOW, **times), sources, expected)


@VIA
@pytest.mark.parametrize("reason", COMPROMISES)
def test_compromised_key_is_never_forgiven(via, chain, reason):
    """Attack 75: nor a reason that is not given, or means nothing; R-22."""
    sources = RevocationSources(
        _revoked(chain, AFTER, reason, AFTER, via), accept_revoked_after_timestamp=True
    )
    assert_says(check_chain(parsed(chain), sources, at=NOW, stamped_at=STAMPED), sources, "revoked")


@pytest.mark.parametrize("first", [4, HOLD])
def test_later_entry_with_a_compromise_is_not_hidden_by_a_pardoned_one(first):
    """Attack 75: the base says superseded, the delta that the key was stolen; R-22."""
    replies = {
        crl_url(0): crl(
            CRL_CHAIN,
            0,
            number=4,
            freshest=[DELTA_URL],
            entries=[entry(CRL_CHAIN, reason=first, at=AFTER, invalid_from=AFTER)],
        ),
        DELTA_URL: crl(CRL_CHAIN, 0, number=5, base_number=4, entries=[entry(CRL_CHAIN, reason=1, at=AFTER)]),
    }
    sources = RevocationSources(FakeFetcher(replies), accept_revoked_after_timestamp=True)
    for times in ({"stamped_at": STAMPED}, {"signed_at": STAMPED}):
        assert_says(check_chain(parsed(CRL_CHAIN), sources, at=NOW, **times), sources, "revoked")


def ocsp_case(number: int, variant: str, expected: str, /, **changes: Any) -> Any:
    return case(number, variant, lambda: ocsp(OCSP_CHAIN, 0, **changes), expected, by=OCSP_CHAIN)


def delegated(number: int, variant: str, expected: str, /, *edits: Any, **options: Any) -> Any:
    changes = {name: options.pop(name) for name in ("certificates", "key", "responder") if name in options}
    return case(
        number,
        variant,
        lambda: ocsp(OCSP_CHAIN, 0, by=responder(OCSP_CHAIN, 0, *edits, **options), **changes),
        expected,
        by=OCSP_CHAIN,
    )


def bare(status: int) -> Build:
    return lambda: element(0x30, element(0x0A, bytes([status])))


def unsigned_response() -> bytes:
    """Return a response whose signature is empty."""
    _, explicit = parts(ocsp(OCSP_CHAIN, 0))
    kind, octets = parts(parts(explicit)[0])
    data, algorithm, _ = parts(octets[der.read(octets).content :])
    forged = element(0x30, kind, element(4, element(0x30, data, algorithm, b"\x03\x01\x00")))
    return element(0x30, b"\x0a\x01\x00", element(0xA0, forged))


def by_key(certificate: x509.Certificate) -> bytes:
    """Return the responder identifier that names the key of *certificate*."""
    return element(0xA2, element(4, sha1(key_bits(certificate)).digest()))


APPOINTED = responder(OCSP_CHAIN, 0)
EKU = x509.ExtendedKeyUsage
STRANGER = OTHER.root.subject.public_bytes()
USED_UP = changed(not_after=NOW - SECOND)
TOO_EARLY = changed(not_before=NOW + SECOND)
NONCE = extension("1.3.6.1.5.5.7.48.1.2", element(4, b"12345678"))

OCSP_CASES = [
    ocsp_case(80, "good", "good"),
    ocsp_case(80, "version_spelled_out", "good", version=b"\xa0\x03\x02\x01\x00"),
    ocsp_case(80, "version_2", "version", version=b"\xa0\x03\x02\x01\x01"),
    ocsp_case(80, "hash_without_parameters", "good", hashed_with=bytes.fromhex("300706052b0e03021a")),
    ocsp_case(
        80, "other_hash", "in another way", hashed_with=bytes.fromhex("300d06096086480165030402010500")
    ),
    ocsp_case(80, "other_serial", "about another certificate", serial=5),
    ocsp_case(80, "other_issuer_name", "about another certificate", name=STRANGER),
    ocsp_case(80, "other_issuer_key", "about another certificate", public_key=b"key"),
    ocsp_case(80, "responder_unknown", "certificate is not known", responder=element(0xA1, STRANGER)),
    ocsp_case(80, "key_of_a_stranger", "not by the key of its issuer", key=OTHER.keys[1]),
    delegated(80, "delegate", "good"),
    delegated(80, "delegate_without_key_usage", "good", without(x509.KeyUsage)),
    delegated(80, "delegate_of_a_stranger", "not appointed", changed(signing_key=OTHER.keys[1])),
    delegated(80, "delegate_of_another_name", "not appointed", changed(issuer=OTHER.root.subject)),
    delegated(80, "delegate_by_sha1", "SHA-1 or MD5", changed(hash=hashes.SHA1())),
    delegated(80, "delegate_expired", "not valid now", USED_UP),
    delegated(80, "delegate_not_yet_valid", "not valid now", TOO_EARLY),
    delegated(80, "delegate_without_eku", "not for OCSP signing", without(EKU)),
    delegated(
        80,
        "delegate_of_any_eku",
        "not for OCSP signing",
        with_extension(EKU([x509.ObjectIdentifier("2.5.29.37.0")]), critical=False),
    ),
    delegated(
        80,
        "delegate_not_for_signatures",
        "not for digital signatures",
        with_extension(key_usage("key_agreement"), critical=True),
    ),
    delegated(
        80,
        "delegate_with_critical_extension",
        "critical extension",
        with_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), critical=True
        ),
    ),
    delegated(80, "delegate_not_the_signer", "not by the key of its issuer", key=OTHER.keys[1]),
    delegated(80, "delegate_not_enclosed", "certificate is not known", certificates=()),
    delegated(80, "delegate_not_named", "certificate is not known", responder=element(0xA1, STRANGER)),
    delegated(80, "delegate_enclosed_second", "good", certificates=(OTHER.ders[0], APPOINTED.der)),
    delegated(80, "delegate_named_by_key", "good", responder=by_key(APPOINTED.certificate)),
    delegated(80, "delegate_named_by_another_key", "is not known", responder=by_key(OTHER.root)),
    ocsp_case(80, "issuer_named_by_key", "good", responder=by_key(OCSP_CHAIN.root)),
    delegated(80, "delegate_nowhere_to_be_revoked", "good", nocheck=False),
    ocsp_case(81, "without_next_update", "expired OCSP response", next_update=None),
    ocsp_case(81, "held_until_now", "good", next_update=NOW),
    ocsp_case(81, "last_week", "expired OCSP response", this_update=NOW - 2 * WEEK, next_update=NOW - WEEK),
    ocsp_case(81, "expired_by_a_second", "expired OCSP response", next_update=NOW - SECOND),
    ocsp_case(81, "from_the_future", "from the future", this_update=NOW + 6 * timedelta(minutes=1)),
    ocsp_case(81, "clock_a_little_late", "good", this_update=NOW + 4 * timedelta(minutes=1)),
    ocsp_case(81, "too_old", "older than 400 days", this_update=NOW - timedelta(days=401)),
    ocsp_case(81, "nonce_of_another", "nonce of another request", response_extensions=[NONCE]),
    ocsp_case(81, "critical_in_answer", "critical extension", extensions=[UNKNOWN_EXTENSION]),
    ocsp_case(81, "critical_in_response", "critical extension", response_extensions=[UNKNOWN_EXTENSION]),
    ocsp_case(81, "two_answers", "2 answers", answers=2),
    ocsp_case(81, "no_answer", "0 answers", answers=0),
    ocsp_case(81, "field_too_many", "a field too many", more=b"\x05\x00"),
    ocsp_case(81, "field_too_many_in_answer", "a field too many", more_in_answer=b"\x05\x00"),
    ocsp_case(81, "field_missing", "lacks a field", responder=b""),
    ocsp_case(
        81, "certificates_unreadable", "malformed", certificates=[b"\x30\x00"], responder=by_key(OTHER.root)
    ),
    ocsp_case(81, "nine_certificates", "too much", certificates=[b"\x30\x00"] * 9),
    ocsp_case(81, "sha1", "algorithm that is not allowed", hashed="SHA1"),
    case(81, "unsigned", unsigned_response, "not by the key of its issuer", by=OCSP_CHAIN),
    case(81, "trailing_byte", lambda: ocsp(OCSP_CHAIN, 0) + b"\0", "DER", by=OCSP_CHAIN),
    case(81, "malformed_request", bare(1), "OCSP malformed", by=OCSP_CHAIN),
    case(81, "internal_error", bare(2), "OCSP internal error", by=OCSP_CHAIN),
    case(81, "try_later", bare(3), "OCSP try later", by=OCSP_CHAIN),
    case(81, "sig_required", bare(5), "OCSP signature required", by=OCSP_CHAIN),
    case(81, "unauthorized", bare(6), "OCSP unauthorized", by=OCSP_CHAIN),
    case(81, "success_without_body", bare(0), "neither a known status", by=OCSP_CHAIN),
    case(81, "unassigned_status", bare(4), "neither a known status", by=OCSP_CHAIN),
    case(81, "login_page", lambda: b"<html>", "DER", by=OCSP_CHAIN),
    case(81, "nothing", lambda: b"", "DER", by=OCSP_CHAIN),
    ocsp_case(82, "revoked", "revoked", status="revoked", reason=1),
]


@pytest.mark.parametrize(("chain", "build", "expected"), OCSP_CASES)
def test_response_counts_only_if_it_is_the_right_one(chain, build, expected):
    """Attacks 80 to 82; REV-022, REV-024 to REV-026, REV-028, REV-031, R-17."""
    sources = RevocationSources(FakeFetcher({ocsp_url(0): build()}))
    assert_says(check_chain(parsed(chain), sources, at=NOW), sources, expected)


RESPONDER_CRL = "http://crl.test/responder.crl"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "good"),
        ({"entries": [entry(77)]}, "has been revoked"),
        ({"entries": [entry(77, reason=4, at=AFTER, invalid_from=AFTER)]}, "has been revoked"),
        ({"next_update": NOW - SECOND}, "cannot be checked: expired CRL"),
        (None, "cannot be checked: nothing answers"),
    ],
    ids=["good", "revoked", "revoked_later", "stale", "unavailable"],
)
def test_delegated_responder_is_itself_checked(changes, expected):
    """Attack 80: a revoked delegate, or one of unknown status, says nothing, ever; REV-029."""
    by = responder(OCSP_CHAIN, 0, naming_crl(point(RESPONDER_CRL)), nocheck=False)
    replies: dict[str, Any] = {ocsp_url(0): ocsp(OCSP_CHAIN, 0, by=by)}
    if changes is not None:
        replies[RESPONDER_CRL] = crl(OCSP_CHAIN, 0, **changes)
    sources = RevocationSources(FakeFetcher(replies), accept_revoked_after_timestamp=True)
    found = check_chain(parsed(OCSP_CHAIN), sources, at=NOW, signed_at=STAMPED, stamped_at=STAMPED)
    assert_says(found, sources, expected)


BOTH = revocable_chain(2, ocsp=True, crl=True)


@pytest.mark.parametrize(
    ("replies", "status", "method"),
    [
        pytest.param(
            {ocsp_url(0): ocsp(BOTH, 0, status="unknown"), crl_url(0): crl(BOTH, 0)},
            Status.GOOD,
            "OCSPFallbackCRL",
            id="attack_082_unknown_then_good",
        ),
        pytest.param(
            {ocsp_url(0): ocsp(BOTH, 0, status="unknown"), crl_url(0): crl(BOTH, 0, entries=[entry(BOTH)])},
            Status.REVOKED,
            "OCSPFallbackCRL",
            id="attack_082_unknown_then_revoked",
        ),
        pytest.param(
            {ocsp_url(0): ocsp(BOTH, 0, status="unknown")},
            Status.UNKNOWN,
            "OCSPFallbackCRL",
            id="attack_082_half",
        ),
        pytest.param({}, Status.UNAVAILABLE, "OCSPFallbackCRL", id="attack_082_nobody_answers"),
        pytest.param(
            {crl_url(0): crl(BOTH, 0)}, Status.GOOD, "OCSPFallbackCRL", id="attack_082_responder_down"
        ),
        pytest.param(
            {ocsp_url(0): ocsp(BOTH, 0), crl_url(0): crl(BOTH, 0, entries=[entry(BOTH)])},
            Status.GOOD,
            "OCSP",
            id="attack_082_responder_counts",
        ),
        pytest.param(
            {ocsp_url(0): ocsp(BOTH, 0, status="revoked"), crl_url(0): crl(BOTH, 0)},
            Status.REVOKED,
            "OCSP",
            id="attack_082_revoked",
        ),
    ],
)
def test_ocsp_comes_first_and_crl_decides_when_it_does_not(replies, status, method):
    """Attack 82; REV-004, REV-005, REV-026, R-18."""
    sources = RevocationSources(FakeFetcher(replies))
    leaf = check_chain(parsed(BOTH), sources, at=NOW).certificates[0]
    assert (leaf.status, leaf.method.value) == (status, method)
    assert len(leaf.attempts) == (2 if method == "OCSPFallbackCRL" else 1)


def test_contradiction_by_a_cached_crl_is_noted():
    """Attack 82: OCSP says good, the CRL at hand says revoked; the former counts, the latter is shown."""
    cache = FakeCache({crl_url(0): CrlBundle(crl(BOTH, 0, entries=[entry(BOTH)]))})
    fetcher = FakeFetcher({ocsp_url(0): ocsp(BOTH, 0)})
    sources = RevocationSources(fetcher, cache)
    leaf = check_chain(parsed(BOTH), sources, at=NOW).certificates[0]
    assert leaf.status is Status.GOOD
    assert [(one.method.value, one.status) for one in leaf.attempts] == [
        ("OCSP", Status.GOOD),
        ("CRL", Status.REVOKED),
    ]
    assert "contradicts the OCSP responder" in leaf.attempts[1].note
    assert len(fetcher.asked) == 1


def test_certificate_without_information_does_not_spoil_its_chain():
    """The leaf names a CRL, its issuer nobody: each is judged by what it names. REV-003, REV-005."""
    chain = make_chain("EC-256", 3, edits={0: naming_crl(point(crl_url(0)))})
    found = check_chain(parsed(chain), RevocationSources(FakeFetcher({crl_url(0): crl(chain, 0)})), at=NOW)
    assert [one.status for one in found.certificates] == [
        Status.GOOD,
        Status.NO_INFORMATION,
        Status.NOT_REVOCABLE,
    ]
    assert found.is_good


def test_chain_without_information_is_its_own_outcome():
    """Attack 83: nobody can revoke it; good by default, refused on request; R-18, VER-063."""
    fetcher = FakeFetcher()
    chain: CertificateChain = parsed(make_chain("EC-256", 3))
    found = check_chain(chain, RevocationSources(fetcher), at=NOW)
    assert [one.status for one in found.certificates] == [
        Status.NO_INFORMATION,
        Status.NO_INFORMATION,
        Status.NOT_REVOCABLE,
    ]
    assert found.is_good
    assert found.lacking_information == chain.certificates[:2]
    assert refusal(found, RevocationSources(fetcher)) is None
    error = refusal(found, RevocationSources(fetcher, require_information=True))
    assert isinstance(error, UntrustedError)
    assert error.outcome is Outcome.REVOCATION_UNKNOWN
    assert "neither an OCSP responder nor a CRL" in str(error.hint)
    assert fetcher.asked == []


@pytest.mark.parametrize("scheme", ["https", "ldap", "ftp", "file", "HTTPS", "", "http:"])
def test_only_plain_http_reaches_the_fetcher(scheme):
    """Attack 78, the part that needs no network: the port never sees such a URL; REV-007."""
    url = f"{scheme}://crl.test/x" if scheme.isalpha() else f"{scheme}/x"
    chain = make_chain("EC-256", 2, edits={0: naming_crl(point(url))})
    fetcher = FakeFetcher({"": crl(chain, 0)})
    sources = RevocationSources(fetcher)
    assert_says(check_chain(parsed(chain), sources, at=NOW), sources, "is not supported")
    assert fetcher.asked == []


@pytest.mark.parametrize("level", ["strict", "permissive", "audit"])
@pytest.mark.parametrize("stranger", [True, False], ids=["self_made", "trusted"])
def test_self_made_chain_makes_no_connection(level, stranger):
    """Attack 79: its URLs are its maker's choice, so nobody is asked, under audit neither; REV-009."""
    ours = revocable_chain(2, ocsp=True, crl=True)
    theirs = revocable_chain(2, ocsp=True, crl=True, key_type="EC-384", subject="theirs")
    fetcher = FakeFetcher({ocsp_url(0): ocsp(ours, 0)})
    scenario = Scenario(ours)
    scenario.sources = Sources(scenario.store, revocation=RevocationSources(fetcher))
    scenario.sign(theirs if stranger else ours)
    statement = policy(signatureVerification={"level": level}, trustedIdentities=["*"])
    with suppress(NotationError):
        scenario.verify(statement)
    assert bool(fetcher.asked) is not stranger


def test_chain_that_breaks_its_rules_is_not_asked_about():
    """REV-002: only a chain found good for its purpose can be passed on; these are not."""
    ders = CRL_CHAIN.ders
    for broken, purpose in (
        (ders[::-1], Purpose.CODE_SIGNING),
        (ders[:1], Purpose.CODE_SIGNING),
        (ders, Purpose.TIMESTAMPING),
    ):
        with pytest.raises(MalformedError):
            chain_of(broken, purpose)


def test_unavailable_and_unknown_are_told_apart():
    """Attack 82: both are refused with the same word, and the hint says which it was; R-18."""
    for reply, told in ((UnavailableError("gone"), "nobody answered"), (b"<html>", "no usable answer")):
        sources = RevocationSources(FakeFetcher({ocsp_url(0): reply}))
        error = refusal(check_chain(parsed(OCSP_CHAIN), sources, at=NOW), sources)
        assert error is not None
        assert error.outcome is Outcome.REVOCATION_UNKNOWN
        assert told in str(error.hint)
        assert ocsp_url(0) in str(error.hint)


def test_keys_of_the_tests_differ():
    """What the attacks rest on: another authority has another key."""
    assert fixed_keys("EC-256")[1].public_key() != OTHER.keys[1].public_key()
