# SPDX-License-Identifier: Apache-2.0
"""Signing with a timestamp: what is asked, what is attached, and when nothing is signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notation_py import der
from notation_py.adapters.timestamping import http_timestamping
from notation_py.certificates.chain import CertificateChain
from notation_py.certificates.requirements import Purpose
from notation_py.digest import HashAlgorithm
from notation_py.envelope import formats
from notation_py.envelope.model import EnvelopeFormat, SigningScheme
from notation_py.errors import Outcome, SigningError, UntrustedError, UsageError
from notation_py.revocation.sources import RevocationSources
from notation_py.signing.timestamping import Timestamping, revocation_check, timestamped
from notation_py.timestamp.countersignature import verify_countersignature
from notation_py.timestamp.exchange import NONCE_LIMIT, TimestampRequest
from notation_py.timestamp.token import TimestampToken
from tests.simulator import tsa
from tests.simulator.pki import KEY_TYPES, NOW, KeyType, changed, make_chain
from tests.simulator.resigned import element, parts
from tests.simulator.revocation_authority import FakeFetcher, ocsp, ocsp_url, parsed, revocable_chain
from tests.simulator.scenario import Scenario

CHAIN = tsa.authority()


def good(_: CertificateChain, at: datetime) -> None:
    """No certificate is revoked."""


def timestamping(**changes) -> Timestamping:
    return replace(Timestamping(tsa.FakeTimestamper(), tsa.roots_of(CHAIN), good, lambda: 12345), **changes)


@pytest.mark.parametrize("format_", list(EnvelopeFormat), ids=lambda one: one.name)
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_signature_carries_the_token_over_itself(key_type: KeyType, format_: EnvelopeFormat) -> None:
    """TSA-001, TSA-010, ALG-007, SGN-009: the raw signature, hashed as the signing key demands."""
    scenario = Scenario(chain=make_chain(key_type, 2))
    envelope = formats.parse(scenario.sign(format=format_, timestamping=timestamping()).envelope, format_)
    token = TimestampToken.parse(envelope.unsigned.timestamp_signature or b"")
    found = verify_countersignature(token, envelope.signature, tsa.roots_of(CHAIN), at=NOW)
    assert found.gen_time == NOW
    assert token.info.hash() is envelope.algorithm.hash


def test_token_is_attached_as_it_came() -> None:
    """TSA-010: byte for byte, in whichever spelling of lengths the authority uses."""
    sent = []

    def spelled(answer: bytes) -> bytes:
        status, token = parts(answer)
        sent.append(b"\x30\x82" + len(inner := b"\x06\x81\x09" + token[6:]).to_bytes(2, "big") + inner)
        return element(0x30, status, sent[-1])

    stamp = timestamping(timestamper=tsa.FakeTimestamper(answer=spelled))
    envelope = formats.parse(Scenario().sign(timestamping=stamp).envelope, EnvelopeFormat.JWS)
    assert envelope.unsigned.timestamp_signature == sent[0]


@pytest.mark.parametrize("nonce", [0, 127, 128, 255, 256, NONCE_LIMIT - 1])
@pytest.mark.parametrize("hash_algorithm", list(HashAlgorithm))
def test_request_asks_for_what_the_specification_says(nonce: int, hash_algorithm: HashAlgorithm) -> None:
    """TSA-002: version 1, the imprint with NULL, the nonce, certificates, and nothing else."""
    request = TimestampRequest.of(b"x", hash_algorithm, nonce).to_der()
    version, imprint, number, certificates = parts(request)
    assert (version, certificates) == (b"\2\1\1", b"\1\1\xff")
    assert parts(imprint)[0] == tsa.algorithm(tsa.HASH_OIDS[hash_algorithm.value])
    assert der.integer(0x02, der.only(number, 0x02)) == nonce
    assert len(der.only(number, 0x02)) <= 20


@pytest.mark.parametrize("nonce", [-1, NONCE_LIMIT])
def test_nonce_beyond_its_range_is_refused(nonce: int) -> None:
    """TSA-002."""
    with pytest.raises(UsageError, match="nonce"):
        TimestampRequest.of(b"x", HashAlgorithm.SHA256, nonce)


def test_every_request_has_a_nonce_of_its_own() -> None:
    """TSA-002, R-21: the source is asked each time."""
    numbers = iter(range(7, 10))
    timestamper = tsa.FakeTimestamper()
    stamp = timestamping(timestamper=timestamper, nonce=lambda: next(numbers))
    for _ in range(2):
        timestamped(b"signature", HashAlgorithm.SHA256, stamp, at=NOW)
    assert [parts(request)[2] for request in timestamper.requests] == [b"\2\1\7", b"\2\1\x08"]


def test_roots_are_needed() -> None:
    """TSA-007: an authority without anything to tell it by is an error of the caller."""
    with pytest.raises(UsageError, match="root certificate"):
        timestamping(roots=())


def test_revocation_of_the_authority_is_asked_about_once_the_token_is_good() -> None:
    """TSA-008: the whole chain, and not before it has proved authentic."""
    asked: list[CertificateChain] = []

    def remember(chain: CertificateChain, *_: object) -> None:
        asked.append(chain)

    def ask(chain: CertificateChain, at: datetime) -> None:
        asked.append(chain)
        assert at == NOW

    timestamped(b"signature", HashAlgorithm.SHA256, timestamping(check_revocation=ask), at=NOW)
    assert [[one.der for one in chain.certificates] for chain in asked] == [list(CHAIN.ders)]
    forged = tsa.FakeTimestamper(chain=tsa.authority(subject="forged"))
    with pytest.raises(SigningError):
        timestamped(
            b"signature",
            HashAlgorithm.SHA256,
            timestamping(timestamper=forged, check_revocation=ask),
            at=NOW,
        )
    assert len(asked) == 1


def test_authority_has_to_be_valid_now_as_well() -> None:
    """TSA-007: a token from the time when its certificate was valid is not fresh."""
    chain = tsa.faulty_authority({0: changed(not_after=NOW)})
    stamp = timestamping(timestamper=tsa.FakeTimestamper(chain=chain), roots=tsa.roots_of(chain))
    timestamped(b"signature", HashAlgorithm.SHA256, stamp, at=NOW)
    with pytest.raises(SigningError, match="timestamp: verification time is after certificate"):
        timestamped(b"signature", HashAlgorithm.SHA256, stamp, at=NOW + timedelta(seconds=1))


def test_rejection_says_why() -> None:
    """TSA-004: status, failure bits and the authority's own words, made harmless."""
    answer = tsa.rejected(2, 0, 5, 25, text="no\nway\x1b[31m")
    stamp = timestamping(timestamper=tsa.FakeTimestamper(answer=lambda _: answer))
    with pytest.raises(SigningError) as caught:
        timestamped(b"signature", HashAlgorithm.SHA256, stamp, at=NOW)
    assert caught.value.outcome is Outcome.UNAVAILABLE
    assert caught.value.message == (
        "timestamp: invalid timestamping response: invalid response with status code 2: rejected. Failure "
        "info: unrecognized or unsupported Algorithm Identifier; the data submitted has the wrong format; "
        "the request cannot be handled due to system failure"
    )
    assert caught.value.hint == r'the authority says "no\nway\x1b[31m"'


@pytest.mark.parametrize(
    ("bit", "words"),
    [
        (2, "transaction not permitted"),
        (14, "time source is not available"),
        (15, "TSA policy is not supported"),
        (16, "extension is not supported"),
        (17, "could not be understood"),
    ],
)
def test_failure_bits_have_words(bit: int, words: str) -> None:
    """TSA-004."""
    stamp = timestamping(timestamper=tsa.FakeTimestamper(answer=lambda _: tsa.rejected(2, bit)))
    with pytest.raises(SigningError, match=words):
        timestamped(b"signature", HashAlgorithm.SHA256, stamp, at=NOW)


def test_time_before_the_signing_certificate_is_noticed_when_signing() -> None:
    """TSA-009, TSA-031: a verifier would refuse it."""
    chain = make_chain("EC-256", 2, not_before=NOW)
    early = tsa.FakeTimestamper(changes={"gen_time": tsa.general_time(NOW - timedelta(seconds=2))})
    with pytest.raises(SigningError, match="timestamp: timestamp can be before certificate") as caught:
        Scenario(chain=chain).sign(timestamping=timestamping(timestamper=early))
    assert caught.value.outcome is Outcome.TIMESTAMP


def test_openssl_authority_stamps_a_signature(tmp_path) -> None:
    """TSA-001 to TSA-010 with `openssl ts`: asked over HTTP in its tests, here directly; the time is now."""
    now = datetime.now(UTC)
    authority = tsa.OpenSslAuthority.create(tmp_path, CHAIN)
    found = timestamped(b"signature", HashAlgorithm.SHA512, timestamping(timestamper=authority), at=now)
    assert abs(found.gen_time - now) < timedelta(minutes=1)
    assert found.latest - found.earliest == 2 * timedelta(seconds=1, milliseconds=500, microseconds=100)


def test_time_of_the_token_does_not_become_the_signing_time() -> None:
    """ATTR-018: the signer's claim and the scheme stay what they are without a timestamp."""
    late = tsa.FakeTimestamper(changes={"gen_time": tsa.general_time(NOW + timedelta(minutes=3))})
    made = Scenario().sign(timestamping=timestamping(timestamper=late))
    signed = formats.parse(made.envelope, EnvelopeFormat.JWS).signed
    assert signed.signing_time == NOW
    assert signed.signing_scheme is SigningScheme.X509
    assert len(signed.extended) == 0


REVOCABLE = revocable_chain(3, ocsp=True, subject="tsa", usage=tsa.ExtendedKeyUsageOID.TIME_STAMPING)


@pytest.mark.parametrize(
    ("replies", "outcome", "named"),
    [
        ({}, None, ""),
        ({0: "revoked"}, Outcome.REVOKED, "CN=tsa,"),
        ({0: "revoked", 1: "revoked"}, Outcome.REVOKED, "CN=tsa intermediate 1,"),
        ({0: "unknown"}, Outcome.REVOCATION_UNKNOWN, "CN=tsa,"),
    ],
    ids=["good", "revoked", "both", "unknown"],
)
def test_revocation_check_asks_the_sources_about_the_authority(
    replies: dict[int, str], outcome: Outcome | None, named: str
) -> None:
    """TSA-008: revoked or unknown ends the signing; the certificate nearest to the root is named."""
    answers = {ocsp_url(n): ocsp(REVOCABLE, n, status=replies.get(n, "good")) for n in (0, 1)}
    check = revocation_check(RevocationSources(FakeFetcher(answers)))
    chain = parsed(REVOCABLE, Purpose.TIMESTAMPING)
    if outcome is None:
        check(chain, NOW)
        return
    with pytest.raises(UntrustedError, match=f'timestamping certificate with subject "{named}') as caught:
        check(chain, NOW)
    assert caught.value.outcome is outcome


def test_authority_over_http_has_a_fresh_nonce_each_time() -> None:
    """TSA-002, TSA-003, TSA-007: random, below the limit; a URL or roots that mean nothing are refused."""
    sources = RevocationSources(FakeFetcher())
    made = http_timestamping("http://tsa.test/", tsa.roots_of(CHAIN), sources)
    nonces = {made.nonce() for _ in range(8)}
    assert len(nonces) == 8
    assert all(0 <= one < NONCE_LIMIT for one in nonces)
    with pytest.raises(UsageError, match="root certificate"):
        http_timestamping("http://tsa.test/", (), sources)
    with pytest.raises(UsageError, match="scheme"):
        http_timestamping("ftp://tsa.test/", tsa.roots_of(CHAIN), sources)
