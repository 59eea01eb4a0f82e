# SPDX-License-Identifier: Apache-2.0
"""Attack cases 85 to 93 and 96: tokens, answers and authorities that a verifier or a signer must not take."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import CertificateChain, chain_of
from notation_py.digest import HashAlgorithm
from notation_py.errors import NotationError, Outcome, SigningError, UnavailableError, UntrustedError
from notation_py.registry.signatures import SIGNATURE_TYPE
from notation_py.signing.timestamping import Timestamping
from notation_py.timestamp.countersignature import VerifiedTimestamp, verify_countersignature
from notation_py.timestamp.exchange import TimestampRequest, token_from_response
from notation_py.timestamp.token import TimestampToken
from tests.simulator import tsa
from tests.simulator.pki import (
    NOW,
    TestChain,
    changed,
    make_chain,
    with_criticality_flipped,
    with_extension,
    without,
)
from tests.simulator.resigned import element
from tests.simulator.scenario import Scenario

MESSAGE = b"a primitive signature"
HASHED = element(0x04, hashlib.sha256(MESSAGE).digest())
SHA256 = tsa.algorithm(tsa.HASH_OIDS["sha256"])
CHAIN = tsa.authority()
OTHER = tsa.authority(subject="another tsa")


def verified(token: bytes, chain: TestChain = CHAIN, *, at: datetime = NOW) -> VerifiedTimestamp:
    """Return what *token* proves, with the root of *chain* in the `tsa` store."""
    return verify_countersignature(TimestampToken.parse(token), MESSAGE, tsa.roots_of(chain), at=at)


def assert_refused(token: bytes, reason: str, chain: TestChain = CHAIN, *, at: datetime = NOW) -> None:
    with pytest.raises(NotationError, match=reason) as caught:
        verified(token, chain, at=at)
    assert caught.value.outcome is Outcome.TIMESTAMP


def imprint(algorithm: bytes, hashed: bytes) -> bytes:
    return element(0x30, algorithm, element(0x04, hashed))


def test_right_token_is_accepted() -> None:
    """The cases below differ from this one in one fault each. TSA-021 to TSA-031."""
    found = verified(tsa.stamp(MESSAGE))
    assert found.gen_time == NOW
    assert [one.der for one in found.chain.certificates] == list(CHAIN.ders)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"message": b"another signature"}, "mismatched message", id="another-signature"),
        pytest.param(
            {"imprint": imprint(SHA256, hashlib.sha256(MESSAGE).digest()[:31])},
            "mismatched message",
            id="short-hash",
        ),
        pytest.param(
            {"imprint": imprint(SHA256, hashlib.sha256(MESSAGE).digest() + b"\0")},
            "mismatched message",
            id="long-hash",
        ),
        pytest.param({"hash": "sha1"}, "unrecognized hash algorithm: 1.3.14.3.2.26", id="sha1"),
        pytest.param(
            {"imprint": imprint(tsa.algorithm(tsa.HASH_OIDS["sha512"]), hashlib.sha256(MESSAGE).digest())},
            "mismatched message",
            id="sha256-labelled-sha512",
        ),
        pytest.param(
            {"imprint": imprint(tsa.algorithm(tsa.HASH_OIDS["sha256"], element(0x02, b"\1")), HASHED[2:])},
            "unrecognized hash algorithm",
            id="hash-with-parameters",
        ),
    ],
)
def test_imprint_of_something_else_is_refused(changes: dict[str, object], reason: str) -> None:
    """Attack 85; TSA-021."""
    assert_refused(tsa.stamp(**{"message": MESSAGE, **changes}), reason)


def two_signers(signer: bytes) -> bytes:
    return signer + signer


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"signers": two_signers}, "2 signer infos", id="two-signers"),
        pytest.param({"signers": lambda _: b""}, "signerInfo not found", id="no-signer"),
        pytest.param({"no_attributes": True}, "attribute not found", id="no-attributes"),
        pytest.param(
            {"attributes": tsa.without("message digest")},
            "invalid message digest: attribute not found",
            id="no-digest",
        ),
        pytest.param(
            {"attributes": tsa.without("content type")},
            "invalid content type: attribute not found",
            id="no-content-type",
        ),
        pytest.param({"attributes": tsa.doubled("message digest")}, "occurs twice", id="two-digests"),
        pytest.param({"attributes": tsa.doubled("content type")}, "occurs twice", id="two-content-types"),
        pytest.param(
            {
                "attributes": tsa.instead(
                    message_digest=tsa.attribute("message digest", element(0x04, bytes(32)))
                )
            },
            "mismatch message digest",
            id="wrong-digest",
        ),
        pytest.param(
            {
                "attributes": tsa.instead(
                    message_digest=tsa.attribute("message digest", *[element(0x04, bytes(32))] * 2)
                )
            },
            "not one value",
            id="digest-of-two-values",
        ),
        pytest.param(
            {"attributes": tsa.instead(content_type=tsa.attribute("content type", tsa.oid(tsa.ID_DATA)))},
            "mismatch content type",
            id="attribute-says-id-data",
        ),
        pytest.param(
            {"content_type": tsa.ID_DATA}, "unexpected content type: 1.2.840.113549.1.7.1", id="id-data"
        ),
    ],
)
def test_signed_data_of_another_form_is_refused(changes: dict[str, object], reason: str) -> None:
    """Attack 87; TSA-020, TSA-023, TSA-026: the signature itself is right each time."""
    assert_refused(tsa.stamp(MESSAGE, **changes), reason)


V1_ID = element(0x30, element(0x04, hashlib.sha1(CHAIN.ders[0]).digest()))
V1 = tsa.attribute("signing certificate", element(0x30, element(0x30, V1_ID)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"attributes": lambda found: tsa.without("signing certificate v2")(found) | {"v1": V1}},
            "SigningCertificateV2 from signed attributes: attribute not found",
            id="version-1-only",
        ),
        pytest.param(
            {
                "attributes": tsa.instead(
                    signing_certificate_v2=tsa.signing_certificate_v2(tsa.ess_certificate_id(CHAIN.ders[1]))
                )
            },
            "points at another certificate",
            id="names-the-intermediate",
        ),
        pytest.param(
            {
                "attributes": tsa.instead(
                    signing_certificate_v2=tsa.signing_certificate_v2(
                        tsa.ess_certificate_id(OTHER.ders[0], issuer_serial=b"")
                    )
                )
            },
            "hash does not match CertHash",
            id="hash-of-another-without-a-name",
        ),
        pytest.param(
            {
                "attributes": tsa.instead(
                    signing_certificate_v2=tsa.signing_certificate_v2(
                        tsa.ess_certificate_id(OTHER.ders[0]), tsa.ess_certificate_id(CHAIN.ders[0])
                    )
                )
            },
            "not found in the timestamp token",
            id="names-the-right-one-second",
        ),
        pytest.param(
            {
                "attributes": tsa.instead(
                    signing_certificate_v2=tsa.signing_certificate_v2(
                        tsa.ess_certificate_id(CHAIN.ders[0], "md5")
                    )
                )
            },
            "unsupported certificate hash algorithm",
            id="md5",
        ),
        pytest.param(
            {"certificates": CHAIN.ders[1:]}, "not found in the timestamp token", id="not-in-the-token"
        ),
        pytest.param({"certificates": ()}, "not found in the timestamp token", id="no-certificates"),
    ],
)
def test_certificate_that_is_not_named_rightly_is_refused(changes: dict[str, object], reason: str) -> None:
    """Attack 88; TSA-024, R-21."""
    assert_refused(tsa.stamp(MESSAGE, **changes), reason)


def test_signature_by_another_certificate_than_the_validated_chain_is_refused() -> None:
    """Attack 89: the token names the trusted authority and carries its certificates; another key signed."""
    foreign = make_chain("EC-384", 3, subject="tsa", usage=ExtendedKeyUsageOID.TIME_STAMPING)
    assert_refused(
        tsa.stamp(MESSAGE, key=foreign.key, scheme="ecdsa-with-SHA256"), "crypto/ecdsa: verification error"
    )


def test_token_of_another_authority_beside_trusted_certificates_is_refused() -> None:
    """Attack 89: a right token by somebody else does not become trusted by the certificates beside it."""
    token = tsa.stamp(MESSAGE, OTHER, certificates=(*OTHER.ders, *CHAIN.ders))
    assert verified(token, OTHER).chain.leaf.der == OTHER.ders[0]
    assert_refused(token, "signed by unknown authority")


def test_unsigned_pointer_to_another_certificate_is_refused() -> None:
    """Attack 89; R-21: signer info and signed attribute have to mean the same certificate."""
    sid = tsa.issuer_and_serial(OTHER.ders[0])
    token = tsa.stamp(MESSAGE, sid=sid, certificates=(*CHAIN.ders[:-1], OTHER.ders[0]))
    assert_refused(token, "points at another certificate")


STAMPING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
BOTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING])


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        pytest.param(
            with_criticality_flipped(x509.ExtendedKeyUsage), "marked as critical", id="not-critical"
        ),
        pytest.param(
            with_extension(BOTH, critical=True), "must have and only have Timestamping", id="one-more"
        ),
        pytest.param(without(x509.ExtendedKeyUsage), "must have and only have Timestamping", id="none"),
        pytest.param(
            with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True),
            "ca field must be set to false",
            id="authority-as-leaf",
        ),
    ],
)
def test_certificate_that_may_not_stamp_is_refused(edit, reason: str) -> None:
    """Attack 90; TSA-028, CERT-040 to CERT-042."""
    chain = tsa.faulty_authority({0: edit})
    assert_refused(tsa.stamp(MESSAGE, chain), reason, chain)


def test_authority_of_a_ca_store_is_refused() -> None:
    """Attack 90; SCH-002: the roots given are those of `tsa` stores, and a signing root is not among them."""
    chain = tsa.authority(subject="signing ca")
    assert_refused(tsa.stamp(MESSAGE, chain), "signed by unknown authority", CHAIN)


def test_clock_of_the_authority_may_be_a_little_ahead() -> None:
    """Attack 92: five minutes are not the future; the window's start counts."""
    assert verified(tsa.stamp(MESSAGE, gen_time=b"20260601120500Z")).gen_time > NOW
    late = tsa.stamp(MESSAGE, gen_time=b"20260601120501Z", accuracy=tsa.accuracy(1))
    assert verified(late).earliest == NOW + timedelta(minutes=5)


def at_leaf(chain_end: datetime) -> TestChain:
    return tsa.faulty_authority({0: changed(not_after=chain_end)})


def test_authority_expired_at_the_time_of_the_token_is_refused() -> None:
    """Attack 91; TSA-027."""
    chain = at_leaf(NOW - timedelta(seconds=1))
    assert_refused(tsa.stamp(MESSAGE, chain), "x509: certificate has expired or is not yet valid", chain)


def test_authority_expired_by_now_is_accepted() -> None:
    """Attack 91: its certificate was valid when it stamped, inclusive, and has expired since. TSA-027."""
    chain = at_leaf(NOW)
    years_later = NOW + timedelta(days=2000)
    assert verified(tsa.stamp(MESSAGE, chain), chain, at=years_later).gen_time == NOW


SIGNING_END = datetime(2026, 6, 1, 12, 0, 10, tzinfo=UTC)


def covered(changes: dict[str, object]) -> None:
    """Check the token against a signing chain that is valid from ten seconds before NOW to ten after."""
    ends = {"not_before": NOW - timedelta(seconds=10), "not_after": SIGNING_END}
    chain = make_chain("EC-256", 1, **ends)
    verified(tsa.stamp(MESSAGE, **changes), at=NOW + timedelta(days=1)).check_covers(chain_of(chain.ders))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"accuracy": tsa.accuracy(10, 0, 1)}, "timestamp can be", id="a-microsecond-too-wide"),
        pytest.param(
            {"gen_time": b"20260601120010.000001Z"}, "timestamp can be after", id="a-microsecond-too-late"
        ),
        pytest.param(
            {"gen_time": b"20260601120010.000000001Z"}, "timestamp can be after", id="a-nanosecond-too-late"
        ),
        pytest.param(
            {"gen_time": b"20260601115949.999999999Z"}, "timestamp can be before", id="a-nanosecond-too-early"
        ),
        pytest.param(
            {"gen_time": b"20260601120010Z", "policy": tsa.BASELINE_POLICY},
            "timestamp can be after",
            id="baseline",
        ),
        pytest.param({"accuracy": tsa.accuracy(2**31 - 1)}, "timestamp can be before", id="huge"),
    ],
)
def test_window_that_reaches_beyond_a_certificate_is_refused(changes: dict[str, object], reason: str) -> None:
    """Attack 92; TSA-030, TSA-031."""
    with pytest.raises(UntrustedError, match=reason) as caught:
        covered(changes)
    assert caught.value.outcome is Outcome.TIMESTAMP


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"accuracy": tsa.accuracy(10)}, id="touches-both-ends"),
        pytest.param({"accuracy": tsa.accuracy(9, 999, 999)}, id="all-three-members"),
        pytest.param({"gen_time": b"20260601120010Z"}, id="at-the-end"),
        pytest.param({"gen_time": b"20260601120009Z", "policy": tsa.BASELINE_POLICY}, id="baseline-second"),
        pytest.param({"accuracy": tsa.accuracy(0)}, id="zero-counts-as-absent"),
    ],
)
def test_window_that_touches_the_ends_is_accepted(changes: dict[str, object]) -> None:
    """Attack 92; TSA-031: the ends are inclusive."""
    covered(changes)
    assert TimestampToken.parse(tsa.stamp(MESSAGE, **changes)).info.latest <= SIGNING_END


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"accuracy": tsa.accuracy(-1)}, "accuracy is negative", id="negative"),
        pytest.param({"accuracy": tsa.accuracy(0, -1)}, "accuracy is negative", id="negative-millis"),
        pytest.param({"accuracy": tsa.accuracy(0, 1000)}, "fractions are too large", id="thousand-millis"),
        pytest.param({"accuracy": tsa.accuracy(0, 0, 1000)}, "fractions are too large", id="thousand-micros"),
        pytest.param({"accuracy": tsa.accuracy(2**40)}, "beyond 32 bits", id="forty-bits"),
        pytest.param(
            {"accuracy": tsa.accuracy(2**31 - 1), "gen_time": b"99991231235959Z"},
            "beyond the calendar",
            id="year-10000",
        ),
        pytest.param({"gen_time": b"20260601120000"}, "must be in UTC", id="local-time"),
        pytest.param({"gen_time": b"20260601120000+0100"}, "must be in UTC", id="offset"),
        pytest.param({"gen_time": b"20260601120000.50Z"}, "must be in UTC", id="trailing-zero"),
        pytest.param({"gen_time": b"20260601120000.Z"}, "must be in UTC", id="empty-fraction"),
        pytest.param({"gen_time": b"20260601120000,5Z"}, "must be in UTC", id="comma"),
        pytest.param({"gen_time": b"202606011200Z"}, "must be in UTC", id="no-seconds"),
        pytest.param({"gen_time": b"20260601120060Z"}, "does not exist", id="leap-second"),
        pytest.param({"gen_time": b"20260230120000Z"}, "does not exist", id="february-30"),
        pytest.param({"gen_time": b"00000101000000Z"}, "does not exist", id="year-0"),
        pytest.param({"gen_time": "２０２６0601120000Z".encode()}, "must be in UTC", id="wide-digits"),
        pytest.param({"gen_time": b"20260601120501Z"}, "in the future", id="future"),
    ],
)
def test_time_that_cannot_be_meant_is_refused(changes: dict[str, object], reason: str) -> None:
    """Attack 92; TSA-034."""
    assert_refused(tsa.stamp(MESSAGE, **changes), reason)


def deep(levels: int) -> bytes:
    return b"\x30\x80" * levels


TOKEN = tsa.stamp(MESSAGE)
INFO = tsa.Stamp(message=MESSAGE, chain=CHAIN).encoded_info()


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param(b"\x30\x80" + TOKEN[4:] + b"\0\0", "indefinite length not supported", id="indefinite"),
        pytest.param(deep(10_000), "indefinite length not supported", id="indefinite-and-deep"),
        pytest.param(b"\x30\x84\x40\x00\x00\x00" + TOKEN[4:], "should be less or equal", id="one-gibibyte"),
        pytest.param(b"\x30\x85\x01\x00\x00\x00\x00" + TOKEN[4:], "cannot exceed 4 bytes", id="five-octets"),
        pytest.param(TOKEN + b"\0", "after the end", id="trailing-byte"),
        pytest.param(TOKEN[:-1], "should be less or equal", id="cut-short"),
        pytest.param(b"", "cut short", id="empty"),
        pytest.param(b"\x30\x84\x00\x10\x00\x00" + bytes(1 << 20), "more than 1048576 bytes", id="too-large"),
        pytest.param(tsa.stamp(MESSAGE, version=4), "got 4, want 3", id="version-4"),
        pytest.param(tsa.stamp(MESSAGE, version=1 << 8000), "beyond 32 bits", id="version-of-8000-bits"),
        pytest.param(tsa.stamp(MESSAGE, info=INFO + b"\0\0"), "expected type", id="bytes-after-the-info"),
        pytest.param(tsa.stamp(MESSAGE, info_tail=element(0xA2)), "more members", id="unknown-member"),
        pytest.param(
            tsa.stamp(MESSAGE, certificates=CHAIN.ders[:1] * 17), "more than 16 certificates", id="crowd"
        ),
    ],
)
def test_encoding_beyond_the_limits_is_refused(token: bytes, reason: str) -> None:
    """Attack 93; TSA-020, SEC-003, R-04."""
    assert_refused(token, reason)


def test_definite_nesting_has_a_limit() -> None:
    """Attack 93: 33 levels of right lengths are refused without recursion reaching further."""
    data = b""
    for _ in range(10_000):
        data = element(0x30, data)
    assert_refused(data, "nested more than 32 deep")
    assert_refused(element(0x30, b"\x05\x00" * 16_384), "more than 16384 elements")


REQUEST = TimestampRequest.of(MESSAGE, HashAlgorithm.SHA256, 1 << 100)
ANSWERED = {"nonce": 1 << 100}
BARE_SHA256 = tsa.algorithm(tsa.HASH_OIDS["sha256"], b"")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param(tsa.granted(tsa.stamp(MESSAGE)), "nonce in response is missing", id="no-nonce"),
        pytest.param(tsa.granted(tsa.stamp(MESSAGE, nonce=1)), "does not match nonce", id="another"),
        pytest.param(
            tsa.granted(tsa.stamp(MESSAGE, nonce=-(1 << 100))), "does not match nonce", id="negative"
        ),
        pytest.param(
            tsa.granted(tsa.stamp(MESSAGE, nonce=1 << 16_000)), "does not match nonce", id="2000-bytes"
        ),
        pytest.param(tsa.granted(b""), "no timestamp token", id="granted-without-token"),
        pytest.param(
            tsa.rejected(2, token=tsa.stamp(MESSAGE, **ANSWERED)),
            "code 2: rejected",
            id="rejected-with-token",
        ),
        pytest.param(tsa.rejected(3), "code 3: the request body part", id="waiting"),
        pytest.param(tsa.rejected(-1, token=TOKEN), "unknown PKIStatus -1", id="status-minus-one"),
        pytest.param(tsa.granted(tsa.stamp(b"x", **ANSWERED)), "message imprint", id="another-imprint"),
        pytest.param(
            tsa.granted(tsa.stamp(MESSAGE, imprint=element(0x30, BARE_SHA256, HASHED), **ANSWERED)),
            "message imprint",
            id="imprint-without-null",
        ),
        pytest.param(
            tsa.granted(tsa.stamp(MESSAGE, certificates=(), **ANSWERED)),
            "certReq is True",
            id="no-certificates",
        ),
        pytest.param(
            tsa.granted(tsa.stamp(MESSAGE, info_version=2, **ANSWERED)),
            "must be 1, but got 2",
            id="version-2",
        ),
        pytest.param(tsa.granted(TOKEN) + b"\0", "expected type", id="trailing-byte"),
        pytest.param(tsa.granted(b"\x30\x80\0\0"), "indefinite", id="indefinite-token"),
        pytest.param(b"<html>", "invalid timestamping response: DER element", id="html"),
        pytest.param(b"", "cut short", id="empty"),
    ],
)
def test_answer_to_another_question_is_refused(response: bytes, reason: str) -> None:
    """Attack 86; TSA-004 to TSA-006."""
    with pytest.raises(UnavailableError, match=reason) as caught:
        token_from_response(response, REQUEST)
    assert caught.value.outcome is Outcome.UNAVAILABLE


def test_answer_to_the_question_is_accepted() -> None:
    """Attack 86: the counterpart, with both statuses that grant; the token comes back unchanged. TSA-010."""
    token = tsa.stamp(MESSAGE, **ANSWERED)
    for status in (0, 1):
        assert token_from_response(tsa.granted(token, status), REQUEST) == token


def revoked(_: CertificateChain, at: datetime) -> None:
    raise UntrustedError("timestamping certificate is revoked", outcome=Outcome.REVOKED)


def good(_: CertificateChain, at: datetime) -> None:
    """No certificate is revoked."""


class FakeSilentTimestamper:
    """An authority that cannot be reached."""

    def timestamp(self, request: bytes) -> bytes:  # noqa: ARG002  the port's name
        raise UnavailableError('Post "http://tsa.test": connection refused')


FAILURES: dict[str, tuple[Callable[[], Timestamping], Outcome]] = {
    "unreachable": (
        lambda: timestamping(FakeSilentTimestamper()),  # type: ignore[arg-type]
        Outcome.UNAVAILABLE,
    ),
    "rejected": (
        lambda: timestamping(tsa.FakeTimestamper(answer=lambda _: tsa.rejected(2, 0))),
        Outcome.UNAVAILABLE,
    ),
    "replayed": (lambda: timestamping(tsa.FakeTimestamper(changes={"nonce": 7})), Outcome.UNAVAILABLE),
    "another signature": (
        lambda: timestamping(tsa.FakeTimestamper(changes={"imprint": imprint(SHA256, bytes(32))})),
        Outcome.UNAVAILABLE,
    ),
    "unknown authority": (lambda: timestamping(tsa.FakeTimestamper(chain=OTHER)), Outcome.TIMESTAMP),
    "wrong key": (
        lambda: timestamping(tsa.FakeTimestamper(changes={"key": OTHER.keys[1]})),
        Outcome.TIMESTAMP,
    ),
    "revoked authority": (
        lambda: replace(timestamping(tsa.FakeTimestamper()), check_revocation=revoked),
        Outcome.REVOKED,
    ),
    "time outside the certificate": (
        lambda: timestamping(tsa.FakeTimestamper(changes={"accuracy": tsa.accuracy(2**31 - 1)})),
        Outcome.TIMESTAMP,
    ),
}


def timestamping(timestamper: tsa.FakeTimestamper) -> Timestamping:
    return Timestamping(timestamper, tsa.roots_of(CHAIN), good, lambda: 1 << 90)


@pytest.mark.parametrize("case", FAILURES)
def test_nothing_is_pushed_after_a_failure_of_the_authority(case: str) -> None:
    """Attack 96; TSA-009: signing ends, and the repository holds what it held."""
    build, outcome = FAILURES[case]
    scenario = Scenario()
    before = dict(scenario.repository.content)
    with pytest.raises(SigningError) as caught:
        scenario.sign(timestamping=build())
    assert caught.value.outcome is outcome
    assert scenario.repository.content == before
    assert not any(SIGNATURE_TYPE.encode() in content for content in scenario.repository.content.values())


def test_anchor_that_is_not_self_signed_ends_no_chain() -> None:
    """Attack 90; CERT-001: an intermediate as the only root is refused."""
    anchors = (Certificate.parse(CHAIN.ders[1]),)
    with pytest.raises(UntrustedError) as caught:
        verify_countersignature(TimestampToken.parse(TOKEN), MESSAGE, anchors, at=NOW)
    assert caught.value.outcome is Outcome.TIMESTAMP
