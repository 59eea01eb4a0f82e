# SPDX-License-Identifier: Apache-2.0
"""Lists, answers and their places at their edges; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from errno import EACCES
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from notation_py.adapters.crl_cache import DirectoryCrlCache
from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import formats
from notation_py.envelope.integrity import verify_integrity
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import MalformedError, SigningError, UnavailableError, UntrustedError
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.certificate_list import CertificateList
from notation_py.revocation.crl import ReadBundle, authentic_list, judge
from notation_py.revocation.locations import crl_distribution_points, ocsp_servers
from notation_py.revocation.ocsp import _check_delegate
from notation_py.revocation.ocsp_response import (
    MAX_RESPONDERS,
    _certificates,
    _Fields,
    _status,
    read_response,
)
from notation_py.revocation.question import Question
from notation_py.revocation.retrieval import Asking
from notation_py.revocation.signed import check_signature, open_signed
from notation_py.revocation.sources import RevocationLimits, RevocationSources
from notation_py.revocation.status import Status
from notation_py.signing.sign import SignOptions, sign_artifact
from notation_py.signing.signer import SignedEnvelope
from tests.simulator.pki import NOW, make_chain, with_extension, without
from tests.simulator.resigned import element
from tests.simulator.revocation_authority import (
    FakeFetcher,
    crl,
    crl_url,
    entry,
    naming_ocsp,
    ocsp,
    point_name,
    responder,
    revocable_chain,
)
from tests.simulator.scenario import Scenario

CHAIN = revocable_chain(2, crl=True)
LEAF, ROOT = (Certificate.parse(data) for data in CHAIN.ders)
NULL = b"\x05\x00"
WHERE = point_name(crl_url(0))


def question(**changes: object) -> Question:
    return Question(LEAF, ROOT, NOW, RevocationLimits())._replace(**changes)


@pytest.mark.parametrize("number", [0, (1 << 160) - 1])
def test_number_of_a_list_is_not_negative_and_has_twenty_octets(number: int) -> None:
    """R-16: the first and the last; the next on both sides are no numbers."""
    assert CertificateList.parse(crl(CHAIN, 0, number=number)).number == number
    for beyond in (-1, 1 << 160):
        with pytest.raises(MalformedError):
            CertificateList.parse(crl(CHAIN, 0, number=beyond))


@pytest.mark.parametrize(
    "scope",
    [
        element(0x30, b"\x84\x01\x00", b"\x81\x01\x00"),
        element(0x30, b"\x81\x01\x00", b"\x81\x01\xff"),
        element(0x30, b"\x86\x01\x00"),
    ],
    ids=["out of order", "twice", "unknown"],
)
def test_scope_is_read_in_one_way(scope: bytes) -> None:
    """Attack 70: parts in another order, twice, or unknown, say nothing."""
    found = CertificateList.parse(crl(CHAIN, 0, scope=scope))
    with pytest.raises(MalformedError, match="issuing distribution point of a CRL is malformed"):
        found.gap_in_scope(LEAF, crl_distribution_points(LEAF)[0])


def test_list_is_by_an_authority_that_may_sign_lists() -> None:
    """Attack 69; REV-050: no authority at all, none that may, and one that is not limited."""
    data = crl(CHAIN, 0)
    assert authentic_list(data, ROOT)
    unlimited = Certificate.parse(revocable_chain(2, edits={1: without(x509.KeyUsage)}).ders[1])
    assert authentic_list(data, unlimited)
    not_an_authority = with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    forbidden = Certificate.parse(revocable_chain(2, edits={1: not_an_authority}).ders[1])
    with pytest.raises(UntrustedError, match="must not sign CRLs"):
        authentic_list(data, forbidden)


def test_critical_date_of_invalidity_is_understood() -> None:
    """REV-053: that extension of an entry may be critical, and no other."""
    date = element(0x18, (NOW - timedelta(hours=2)).strftime("%Y%m%d%H%M%SZ").encode())
    for oid, is_understood in ((b"\x55\x1d\x18", True), (b"\x55\x1d\x15", False)):
        value = date if is_understood else element(0x0A, b"\x01")
        extension = element(0x30, element(0x06, oid), b"\x01\x01\xff", element(0x04, value))
        data = crl(CHAIN, 0, entries=[entry(CHAIN, extensions=[extension])])
        bundle = ReadBundle(authentic_list(data, ROOT))
        if is_understood:
            assert judge(bundle, crl_distribution_points(LEAF)[0], question()).status is Status.REVOKED
        else:
            with pytest.raises(UntrustedError, match="critical extension"):
                judge(bundle, crl_distribution_points(LEAF)[0], question())


def test_oldest_answer_that_counts() -> None:
    """R-16, R-17: at the maximum age to the second, and one second older."""
    limits = RevocationLimits()
    until = NOW + timedelta(days=1)
    assert question().check_window("CRL", NOW - limits.max_age, until) == until
    with pytest.raises(UntrustedError, match="older than 400 days"):
        question().check_window("CRL", NOW - limits.max_age - timedelta(seconds=1), until)
    assert question().check_window("CRL", NOW + limits.clock_skew, until) == until
    with pytest.raises(UntrustedError, match="is from the future"):
        question().check_window("CRL", NOW + limits.clock_skew + timedelta(seconds=1), until)


@pytest.mark.parametrize("url", ["http", "https://a.test/", "ldap://a.test/", "file:///a"])
def test_only_plain_http_is_asked(url: str) -> None:
    """Attack 78; REV-007: a word is no address."""
    asking = Asking(RevocationSources(FakeFetcher()), lambda: False)
    asking.check_may_ask("HTTP://a.test/", "CRL")
    with pytest.raises(MalformedError, match="is not supported"):
        asking.check_may_ask(url, "CRL")


def test_nobody_is_asked_when_the_time_is_over() -> None:
    """R-10: the time for a whole chain."""
    fetcher = FakeFetcher()
    asking = Asking(RevocationSources(fetcher), lambda: True)
    with pytest.raises(UnavailableError, match="the time for the whole chain is over"):
        asking.get("http://a.test/")
    assert fetcher.asked == []


def test_places_of_lists_are_read_with_all_their_members() -> None:
    """Attack 70: a name, reasons and an issuer in this order are a point; in another order they are none."""
    reasons, issuer = b"\x81\x02\x07\x80", element(0xA2, element(0xA4, ROOT.raw_subject))
    for members, is_read in (((WHERE, reasons, issuer), True), ((reasons, WHERE), False)):
        value = element(0x30, element(0x30, *members))
        edit = with_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.31"), value), critical=False
        )
        certificate = Certificate.parse(make_chain("EC-256", 2, edits={0: edit}).ders[0])
        if is_read:
            assert [one.urls for one in crl_distribution_points(certificate)] == [(crl_url(0),)]
        else:
            with pytest.raises(MalformedError, match="CRL distribution point is malformed"):
                crl_distribution_points(certificate)


@pytest.mark.parametrize(
    ("character", "is_read"), [(" ", True), ("~", True), ("\x7f", False), ("\x1f", False)]
)
def test_address_is_printable_ascii(character: str, is_read: bool) -> None:
    """Attack 78; R-36: what could deceive a reader is no address; what is no URL is found out later."""
    chain = make_chain("EC-256", 2, edits={0: naming_ocsp(f"http://a.test/{character}")})
    certificate = Certificate.parse(chain.ders[0])
    if is_read:
        assert ocsp_servers(certificate) == (f"http://a.test/{character}",)
    else:
        with pytest.raises(MalformedError, match="not printable ASCII"):
            ocsp_servers(certificate)


def test_signed_sequence_is_one() -> None:
    """REV-050: another type, something behind it, too few parts, and bits that are no octets."""
    content, algorithm, signature = element(0x30), element(0x30), element(0x03, b"\0s")
    found = open_signed(element(0x30, content, algorithm, signature, NULL))
    assert (found.signature, found.rest) == (b"s", (NULL,))
    for wrong in (
        element(0x31, content, algorithm, signature),
        element(0x30, content, algorithm, signature) + NULL,
        element(0x30, content, algorithm),
    ):
        with pytest.raises(MalformedError, match="not a signed DER sequence"):
            open_signed(wrong)
    for odd in (element(0x04, b"\0s"), element(0x03, b"\1s"), element(0x03)):
        with pytest.raises(MalformedError, match="signature is not whole octets"):
            open_signed(element(0x30, content, algorithm, odd))


def _by_ed25519(key: Ed25519PrivateKey) -> Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    made = builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC)).sign(key, None)
    return Certificate.parse(made.public_bytes(Encoding.DER))


def test_signature_with_ed25519_is_verified() -> None:
    """REV-050: the one algorithm without a hash of its own."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    content, algorithm = element(0x30, NULL), bytes.fromhex("300506032b6570")
    good = open_signed(element(0x30, content, algorithm, element(0x03, b"\0" + key.sign(content))))
    check_signature(good, _by_ed25519(key))
    with pytest.raises(MalformedError, match="the signature is not by the key of its issuer"):
        check_signature(good._replace(content=element(0x30)), _by_ed25519(key))


def test_envelope_over_another_payload_is_not_released() -> None:
    """Attack 158; PLG-062: whoever made it, what it is about is compared with what was asked for."""
    scenario, other = Scenario(), Scenario()
    made = other.sign(user_metadata={"a": "b"})

    class Elsewhere:
        def sign_envelope(self, *_: object) -> SignedEnvelope:
            intact = verify_integrity(formats.parse(made.envelope, EnvelopeFormat.JWS), ChainMemo())
            return SignedEnvelope(made.envelope, intact, {})

    with pytest.raises(SigningError, match="it covers another payload"):
        sign_artifact(scenario.repository, "v1", Elsewhere(), SignOptions(), at=scenario.at)


def test_delegate_answers_on_its_first_and_last_instant() -> None:
    """Attack 80; REV-024: inclusive at both ends, and a second outside it is not valid."""
    delegate = Certificate.parse(responder(CHAIN, 0).der)
    for at in (delegate.not_before, delegate.not_after):
        _check_delegate(delegate, question(at=at))
    for at in (delegate.not_before - timedelta(seconds=1), delegate.not_after + timedelta(seconds=1)):
        with pytest.raises(UntrustedError, match="is not valid now"):
            _check_delegate(delegate, question(at=at))


def test_as_many_responders_as_allowed_stand_beside_an_answer() -> None:
    """Attack 81; R-10: eight certificates, not nine; and nothing else behind them."""
    listed = [
        element(0xA0, element(0x30, *[ROOT.der] * count)) for count in (MAX_RESPONDERS, MAX_RESPONDERS + 1)
    ]
    assert len(_certificates((listed[0],))) == MAX_RESPONDERS
    for rest in ((listed[1],), (listed[0], NULL)):
        with pytest.raises(MalformedError, match="has too much after its signature"):
            _certificates(rest)


def test_answer_is_a_sequence() -> None:
    """Attack 81: one, and not of another type."""
    good = bytearray(ocsp(CHAIN, 0))
    assert read_response(bytes(good)).signed
    place = good.index(bytes.fromhex("300906052b0e03021a0500")) - 4  # before the head of the name
    assert good[place] == 0x30
    good[place] = 0x31
    with pytest.raises(MalformedError, match="answers instead of one"):
        read_response(bytes(good))


def test_cache_that_takes_no_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 84; R-20: nothing is kept, nothing is left, and it costs a warning."""

    def refuse(path: Path, _: Path) -> None:
        raise OSError(EACCES, os.strerror(EACCES), str(path))

    monkeypatch.setattr(Path, "replace", refuse)
    warnings: list[str] = []
    cache = DirectoryCrlCache(tmp_path / "cache", warnings.append)
    cache.store(crl_url(0), CrlBundle(crl(CHAIN, 0), None))
    assert len(warnings) == 1
    assert list((tmp_path / "cache").iterdir()) == []


def test_cache_file_has_two_members(tmp_path: Path) -> None:
    """Attack 84; R-20: a file with something else in it counts as nothing."""
    cache = DirectoryCrlCache(tmp_path)
    cache.store(crl_url(0), CrlBundle(crl(CHAIN, 0), None))
    (path,) = tmp_path.iterdir()
    assert cache.load(crl_url(0)) is not None
    path.write_bytes(path.read_bytes().replace(b'{"baseCRL"', b'{"other":"AAAA","baseCRL"'))
    assert cache.load(crl_url(0)) is None


@pytest.mark.parametrize("said", [b"", NULL + NULL + NULL], ids=["nothing", "too much"])
def test_revoked_is_said_with_a_time(said: bytes) -> None:
    """Attack 81: revoked at no time is no answer."""
    good = ocsp(CHAIN, 0, status="revoked", revoked_at=NOW)
    place = good.index(element(0xA1, element(0x18, NOW.strftime("%Y%m%d%H%M%SZ").encode())))
    assert read_response(good)
    fields = _Fields([(0xA1, said)])
    with pytest.raises(MalformedError, match="says revoked without a time"):
        _status(fields)
    assert place > 0
