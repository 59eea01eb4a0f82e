# SPDX-License-Identifier: Apache-2.0
"""What holds of every revocation answer: nothing changed is accepted, and readers agree."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from notation_py.certificates.certificate import Certificate
from notation_py.errors import NotationError
from notation_py.revocation import ocsp as responses
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.certificate_list import CertificateList
from notation_py.revocation.chain import check_chain
from notation_py.revocation.ocsp_response import read_response, serial_number
from notation_py.revocation.question import Question
from notation_py.revocation.signed import open_signed
from notation_py.revocation.sources import RevocationLimits, RevocationSources
from notation_py.revocation.status import Status
from notation_py.revocation.times import GENERALIZED_TIME, UTC_TIME, time_of
from tests.simulator.pki import NOW, changed, make_chain
from tests.simulator.revocation_authority import (
    FakeCache,
    FakeFetcher,
    crl,
    crl_url,
    entry,
    ocsp,
    ocsp_url,
    parsed,
    responder,
    revocable_chain,
    time,
)

CHAIN = revocable_chain(2, crl=True)
LEAF, ROOT = (Certificate.parse(data) for data in CHAIN.ders)
QUESTION = Question(LEAF, ROOT, NOW, RevocationLimits())
GOOD_CRL = crl(CHAIN, 0, entries=[entry(5), entry(300, reason=1)])
GOOD_RESPONSE = ocsp(CHAIN, 0, by=responder(CHAIN, 0))
NUMBERED = [crl(CHAIN, 0, number=number) for number in range(10)]
TIMES = st.datetimes().map(lambda at: at.replace(microsecond=0))
SERIALS = st.integers(1, 2**159 - 1)


def flipped(data: bytes, bit: int) -> bytes:
    changed_data = bytearray(data)
    changed_data[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed_data)


@given(bit=st.integers(0, len(GOOD_CRL) * 8 - 1))
def test_no_bit_of_a_crl_can_change(bit: int) -> None:
    """REV-050, R-16, R-46: signed or not, every bit counts."""
    sources = RevocationSources(FakeFetcher({crl_url(0): flipped(GOOD_CRL, bit)}))
    assert check_chain(parsed(CHAIN), sources, at=NOW).certificates[0].status is Status.UNKNOWN


@settings(max_examples=300)
@given(bit=st.integers(0, len(GOOD_RESPONSE) * 8 - 1))
def test_changed_response_says_what_was_signed_or_nothing(bit: int) -> None:
    """REV-024, R-17, R-46: only bits that no signature covers may change, and then nothing else does."""
    data = flipped(GOOD_RESPONSE, bit)
    try:
        responses.judge(data, QUESTION, lambda _: None)
    except NotationError:
        return
    assert read_response(data).signed.content == read_response(GOOD_RESPONSE).signed.content


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_no_answer(data: bytes) -> None:
    """SEC-003, SEC-004: from network and cache, with errors of ours alone."""
    both = revocable_chain(2, ocsp=True, crl=True)
    cache = FakeCache({crl_url(0): CrlBundle(data, data)})
    sources = RevocationSources(FakeFetcher({ocsp_url(0): data, crl_url(0): data}), cache)
    assert check_chain(parsed(both), sources, at=NOW).certificates[0].status is Status.UNKNOWN


@given(listed=st.lists(SERIALS, max_size=12), serial=SERIALS)
def test_certificate_is_revoked_if_and_only_if_it_is_listed(listed: list[int], serial: int) -> None:
    """REV-070, REV-072: as another reader finds it, too."""
    chain = make_chain("EC-256", 2, edits={0: changed(serial=serial)})
    data = crl(chain, 0, entries=[entry(number) for number in listed])
    found = CertificateList.parse(data).entries_of(serial_number(Certificate.parse(chain.ders[0])))
    assert len(found) == listed.count(serial)
    library = x509.load_der_x509_crl(data).get_revoked_certificate_by_serial_number(serial)
    assert (library is not None) is bool(found)


@given(numbers=st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_crl_numbers_never_go_back(numbers: list[int]) -> None:
    """R-16: whatever order they come in, with or without a cache."""
    fetcher = FakeFetcher()
    sources = RevocationSources(fetcher)
    highest = -1
    for number in numbers:
        fetcher.replies = {crl_url(0): NUMBERED[number]}
        good = check_chain(parsed(CHAIN), sources, at=NOW).is_good
        assert good is (number >= highest)
        highest = max(highest, number)


@given(before=st.integers(-900, 900), length=st.integers(-900, 900))
def test_answer_holds_from_its_beginning_to_its_end(before: int, length: int) -> None:
    """REV-025, REV-051: never outside, whatever the window is; five minutes of skew at the beginning."""
    this_update = NOW - timedelta(seconds=before)
    next_update = this_update + timedelta(seconds=length)
    data = crl(CHAIN, 0, this_update=this_update, next_update=next_update)
    sources = RevocationSources(FakeFetcher({crl_url(0): data}))
    expected = length >= 0 and before >= -300 and next_update >= NOW
    assert check_chain(parsed(CHAIN), sources, at=NOW).is_good is expected


@given(at=TIMES)
def test_times_are_read_back(at) -> None:
    """SEC-007: both spellings."""
    if at.year >= 1:
        assert (
            time_of(GENERALIZED_TIME, f"{at:%Y}".zfill(4).encode() + time(at)[-11:]).replace(tzinfo=None)
            == at
        )
    if 1950 <= at.year < 2050:
        assert time_of(UTC_TIME, time(at, 0x17)[2:]).replace(tzinfo=None) == at


@given(content=st.binary(max_size=60))
def test_what_is_signed_is_found_exactly(content: bytes) -> None:
    """ALG-006: the bytes between the header and the algorithm, whatever they hold."""
    from tests.simulator.resigned import element
    from tests.simulator.revocation_authority import sealed

    body = element(0x30, content)
    signed = open_signed(sealed(body, CHAIN.keys[1]))
    assert signed.content == body
    assert signed.rest == ()
