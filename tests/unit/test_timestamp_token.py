# SPDX-License-Identifier: Apache-2.0
"""Tokens that genuine authorities make, in every algorithm and spelling, and those that almost are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notation_py import der
from notation_py.certificates.certificate import Certificate
from notation_py.errors import MalformedError, NotationError, Outcome
from notation_py.timestamp.countersignature import VerifiedTimestamp, verify_countersignature
from notation_py.timestamp.signer import check_signature, only_signer, signing_time
from notation_py.timestamp.token import TimestampToken
from tests.simulator import tsa
from tests.simulator.pki import KEY_TYPES, NOW, KeyType, TestChain
from tests.simulator.resigned import element

MESSAGE = b"a primitive signature"
CHAIN = tsa.authority()


def verified(token: bytes, chain: TestChain = CHAIN) -> VerifiedTimestamp:
    return verify_countersignature(TimestampToken.parse(token), MESSAGE, tsa.roots_of(chain), at=NOW)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_every_key_and_hash_stamps(key_type: KeyType, digest: str) -> None:
    """ALG-006, ALG-008, CERT-043: RSA PKCS#1 and PSS, ECDSA in ASN.1, with each SHA-2 hash."""
    chain = tsa.authority(key_type, 2)
    schemes = ["rsaEncryption", f"{digest}WithRSA", "RSASSA-PSS"] if key_type.startswith("RSA") else [""]
    for scheme in schemes:
        token = tsa.stamp(MESSAGE, chain, digest=digest, scheme=scheme, hash=digest)
        assert verified(token, chain).chain.leaf.der == chain.ders[0]


@pytest.mark.parametrize(
    ("key_type", "changes", "reason"),
    [
        ("RSA-2048", {"scheme": "sha1WithRSA"}, "unknown signature algorithm"),
        ("EC-256", {"scheme": "ecdsa-with-SHA1"}, "unknown signature algorithm"),
        ("EC-256", {"digest": "sha1", "scheme": "ecdsa-with-SHA256"}, "unsupported digest algorithm"),
        ("RSA-2048", {"digest": "sha1"}, "unsupported digest algorithm"),
    ],
)
def test_weak_algorithms_are_refused(key_type: KeyType, changes: dict[str, str], reason: str) -> None:
    """ALG-008: SHA-1 neither in the signature nor in the digest, though both are right."""
    chain = tsa.authority(key_type, 2)
    with pytest.raises(NotationError, match=reason) as caught:
        verified(tsa.stamp(MESSAGE, chain, **changes), chain)
    assert caught.value.outcome is Outcome.TIMESTAMP


@pytest.mark.parametrize(
    ("signs", "says"), [("rsaEncryption", "RSASSA-PSS"), ("RSASSA-PSS", "rsaEncryption")]
)
def test_scheme_is_the_one_that_is_named(signs: str, says: str) -> None:
    """ALG-008: a PKCS#1 signature is no PSS signature, nor the reverse; and RSA is not ECDSA."""
    chain = tsa.authority("RSA-2048", 2)
    token = tsa.stamp(MESSAGE, chain, scheme=signs)
    relabelled = [element(0x30, tsa.oid(tsa.SIGNATURE_OIDS[name]), tsa.NULL) for name in (signs, says)]
    before, _, after = token.rpartition(relabelled[0])
    verified(token, chain)
    with pytest.raises(NotationError, match="crypto/rsa: verification error"):
        verified(before + relabelled[1] + after, chain)
    ecdsa = element(0x30, tsa.oid(tsa.SIGNATURE_OIDS["ecdsa-with-SHA256"]), b"\5\1\0")
    with pytest.raises(NotationError, match="crypto/ecdsa: verification error"):
        verified(before + ecdsa + after, chain)


def long_lengths(data: bytes) -> bytes:
    """Return *data* with the length of every element in four octets."""
    out = b""
    for tag, content in der.contents(data):
        body = long_lengths(content) if tag & 0x20 else content
        out += bytes([tag, 0x84]) + len(body).to_bytes(4, "big") + body
    return out


def test_token_with_long_lengths_is_accepted_and_kept_as_it_came() -> None:
    """TSA-020, TSA-010: BER is read, and the bytes stay what the authority sent."""
    spelled = long_lengths(tsa.stamp(MESSAGE))
    found = verified(spelled)
    assert found.token.der == spelled
    assert [one.der for one in found.chain.certificates] == list(CHAIN.ders)


def test_attributes_in_any_order_are_signed_in_the_order_of_der() -> None:
    """TSA-026: a SET is signed sorted, however it was sent."""
    token = tsa.stamp(MESSAGE, attribute_order=lambda found: sorted(found, reverse=True))
    assert token != tsa.stamp(MESSAGE)
    assert verified(token).token.content == verified(tsa.stamp(MESSAGE)).token.content


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("pointer", ["with issuer and serial", "without"])
def test_signer_is_named_with_every_hash(hash_name: str, pointer: str) -> None:
    """TSA-024: SHA-256 is the default and not spelled; without a pointer the signer info's counts."""
    issuer_serial = None if pointer.startswith("with ") else b""
    named = tsa.ess_certificate_id(CHAIN.ders[0], hash_name, issuer_serial=issuer_serial)
    edit = tsa.instead(signing_certificate_v2=tsa.signing_certificate_v2(named))
    assert verified(tsa.stamp(MESSAGE, attributes=edit)).chain.leaf.der == CHAIN.ders[0]


NAME = Certificate.parse(CHAIN.ders[0]).raw_issuer
SERIAL = tsa.integer(Certificate.parse(CHAIN.ders[0]).x509.serial_number)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(b"", id="none"),
        pytest.param(element(0xA4, NAME) * 2, id="two"),
        pytest.param(element(0x82, b"tsa.test"), id="a-dns-name"),
        pytest.param(NAME, id="not-tagged"),
    ],
)
def test_issuer_is_one_directory_name(names: bytes) -> None:
    """TSA-024: anything else in IssuerSerial names nobody."""
    named = tsa.ess_certificate_id(CHAIN.ders[0], issuer_serial=element(0x30, element(0x30, names), SERIAL))
    edit = tsa.instead(signing_certificate_v2=tsa.signing_certificate_v2(named))
    with pytest.raises(NotationError, match="issuer name is missing"):
        verified(tsa.stamp(MESSAGE, attributes=edit))


def with_time(tag: int, text: bytes) -> bytes:
    made = tsa.attribute("signing time", element(tag, text))
    return tsa.stamp(MESSAGE, attributes=tsa.instead(signing_time=made))


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        (0x17, b"260601115959Z", datetime(2026, 6, 1, 11, 59, 59, tzinfo=UTC)),
        (0x17, b"240101000000Z", datetime(2024, 1, 1, tzinfo=UTC)),
        (0x18, b"20491231000000Z", datetime(2049, 12, 31, tzinfo=UTC)),
    ],
)
def test_signing_time_within_the_chain_is_accepted(tag: int, text: bytes, expected: datetime) -> None:
    """TSA-026: the ends of validity are inclusive."""
    token = with_time(tag, text)
    assert signing_time(only_signer(TimestampToken.parse(token))) == expected
    assert verified(token).gen_time == NOW


@pytest.mark.parametrize(
    ("tag", "text", "reason"),
    [
        (0x17, b"231231235959Z", "outside certificate"),
        (0x17, b"500101000000Z", "outside certificate"),
        (0x18, b"20491231000001Z", "outside certificate"),
        (0x17, b"2606011159Z", "invalid signing time"),
        (0x17, b"260601115959+0000", "invalid signing time"),
        (0x18, b"260601115959Z", "invalid signing time"),
        (0x04, b"260601115959Z", "invalid signing time"),
    ],
)
def test_signing_time_of_another_form_or_outside_the_chain_is_refused(
    tag: int, text: bytes, reason: str
) -> None:
    """TSA-026: two-digit years from 50 on are of the last century."""
    with pytest.raises(NotationError, match=reason):
        verified(with_time(tag, text))


def extension(oid: str, *, critical: bool) -> bytes:
    marked = b"\1\1\xff" if critical else b""
    return element(0xA1, element(0x30, tsa.oid(oid), marked, element(0x04, b"\5\0")))


def test_optional_members_of_the_info_are_read_past() -> None:
    """TSA-020: ordering, nonce, the authority's name and extensions that are not critical."""
    tail = (
        b"\1\1\xff" + tsa.integer(5) + element(0xA0, element(0xA4, NAME)) + extension("1.2.3", critical=False)
    )
    info = TimestampToken.parse(tsa.stamp(MESSAGE, accuracy=tsa.accuracy(1, 2, 3), info_tail=tail)).info
    assert info.nonce == 5
    assert info.policy == tsa.POLICY
    assert info.serial == 4711
    assert info.accuracy == timedelta(seconds=1, milliseconds=2, microseconds=3)
    assert (info.earliest, info.latest) == (NOW - info.accuracy, NOW + info.accuracy)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (extension("1.2.3", critical=True), "critical extension"),
        (element(0xA1, element(0x30, tsa.oid("1.2.3"), element(0x04, b"")) * 2), "occurs twice"),
        (b"\1\1\1", "neither true nor false"),
        (tsa.integer(5) * 2, "more members"),
    ],
)
def test_optional_members_of_another_form_are_refused(tail: bytes, reason: str) -> None:
    """TSA-020, R-04: what cannot be understood is not passed over."""
    with pytest.raises(MalformedError, match=reason) as caught:
        TimestampToken.parse(tsa.stamp(MESSAGE, info_tail=tail))
    assert caught.value.outcome is Outcome.TIMESTAMP


@pytest.mark.parametrize("fraction", [b"1", b"12", b"123456", b"123456789"])
def test_fraction_of_the_time_is_kept_and_never_narrows_the_window(fraction: bytes) -> None:
    """TSA-034: what lies beyond a microsecond widens the window's end."""
    info = TimestampToken.parse(tsa.stamp(MESSAGE, gen_time=b"20260601120000." + fraction + b"Z")).info
    micros = int(fraction.ljust(9, b"0")[:6])
    assert info.gen_time == info.earliest == NOW + timedelta(microseconds=micros)
    assert info.latest - info.gen_time == timedelta(microseconds=len(fraction) > 6)


@pytest.mark.parametrize(
    ("policy", "given", "seconds"),
    [
        (tsa.BASELINE_POLICY, b"", 1),
        (tsa.BASELINE_POLICY, tsa.accuracy(0, 0, 0), 1),
        (tsa.BASELINE_POLICY, tsa.accuracy(2), 2),
        (tsa.BASELINE_POLICY, element(0x30), 1),
        (tsa.POLICY, b"", 0),
        (tsa.POLICY, element(0x30), 0),
    ],
)
def test_accuracy_of_the_baseline_policy_is_a_second(policy: str, given: bytes, seconds: int) -> None:
    """TSA-030: if it is absent, or all its members are zero."""
    info = TimestampToken.parse(tsa.stamp(MESSAGE, policy=policy, accuracy=given)).info
    assert info.accuracy == timedelta(seconds=seconds)


def test_crls_and_unsigned_attributes_decide_nothing() -> None:
    """TSA-020: they may stand in a token, whatever they hold."""
    token = tsa.stamp(MESSAGE, crls=element(0xA1, element(0x30)), unsigned=element(0xA1, b"\5\0"))
    assert verified(token).gen_time == NOW


@pytest.mark.parametrize("tag", [0xA0, 0xA1, 0xA2, 0xA3])
def test_certificates_of_another_kind_are_refused(tag: int) -> None:
    """TSA-020: X.509 certificates only, none of the other choices of CMS."""
    certificates = (*CHAIN.ders[:-1], element(tag, b"\5\0"))
    with pytest.raises(MalformedError, match="Only X"):
        TimestampToken.parse(tsa.stamp(MESSAGE, certificates=certificates))


def test_signer_that_is_pointed_at_by_key_identifier_is_refused() -> None:
    """TSA-025: version 3 has another pointer, which is not supported; version 2 does not exist."""
    for changes in ({"sid": element(0x80, bytes(20)), "signer_version": 3}, {"signer_version": 3}):
        with pytest.raises(NotationError) as caught:
            verified(tsa.stamp(MESSAGE, **changes))
        assert caught.value.outcome is Outcome.TIMESTAMP


def test_signature_over_the_content_alone_is_none() -> None:
    """TSA-026: without signed attributes nothing names the signer, and the signature is refused too."""
    token = TimestampToken.parse(tsa.stamp(MESSAGE, no_attributes=True))
    with pytest.raises(MalformedError, match="missing signed attributes"):
        check_signature(token, only_signer(token), Certificate.parse(CHAIN.ders[0]))
