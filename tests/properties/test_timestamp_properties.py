# SPDX-License-Identifier: Apache-2.0
"""Whatever a token says, it is read back so; and no change of one octet makes it say something else."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from notation_py.digest import HashAlgorithm
from notation_py.errors import NotationError, UnavailableError
from notation_py.timestamp.countersignature import verify_countersignature
from notation_py.timestamp.exchange import NONCE_LIMIT, TimestampRequest, token_from_response
from notation_py.timestamp.token import TimestampToken, TSTInfo
from tests.simulator import tsa
from tests.simulator.pki import NOW

MESSAGE = b"a primitive signature"
CHAIN = tsa.authority("RSA-2048", 2)
TIMES = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1)).map(  # noqa: DTZ001  see below
    lambda at: at.replace(tzinfo=NOW.tzinfo)
)


@cache
def right() -> bytes:
    return tsa.stamp(MESSAGE, CHAIN, accuracy=tsa.accuracy(1, 500))


@given(
    TIMES,
    st.integers(0, 10**6),
    st.integers(0, 999),
    st.integers(0, 999),
    st.one_of(st.none(), st.integers(-(1 << 200), 1 << 200)),
)
def test_info_is_read_back(at: datetime, seconds: int, millis: int, micros: int, nonce: int | None) -> None:
    """TSA-030, TSA-034: time, window and nonce are those that were written."""
    made = tsa.Stamp(
        message=MESSAGE,
        chain=CHAIN,
        gen_time=tsa.general_time(at),
        accuracy=tsa.accuracy(seconds, millis, micros),
        nonce=nonce,
    )
    info = TSTInfo.parse(made.encoded_info())
    reach = timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)
    assert (info.gen_time, info.nonce) == (at, nonce)
    assert (info.earliest, info.latest) == (at - reach, at + reach)


@given(st.data())
def test_changed_octet_is_refused_or_changes_nothing_that_was_signed(data: st.DataObject) -> None:
    """TSA-026, R-21: attack 85: what is accepted says exactly what the authority signed."""
    token = bytearray(right())
    place = data.draw(st.integers(0, len(token) - 1))
    token[place] ^= data.draw(st.integers(1, 255))
    try:
        found = verify_countersignature(
            TimestampToken.parse(bytes(token)), MESSAGE, tsa.roots_of(CHAIN), at=NOW
        )
    except NotationError:
        return
    assert found.token.content == TimestampToken.parse(right()).content
    assert found.chain.leaf.der == CHAIN.ders[0]


@given(st.binary(max_size=64), st.sampled_from(list(HashAlgorithm)), st.integers(0, NONCE_LIMIT - 1))
def test_answer_is_for_one_question(signature: bytes, hash_: HashAlgorithm, nonce: int) -> None:
    """TSA-002, TSA-005: it is taken for the question that was asked, and for no other."""
    asked = TimestampRequest.of(signature, hash_, nonce)
    answer = tsa.FakeTimestamper().timestamp(asked.to_der())
    assert TimestampToken.parse(token_from_response(answer, asked)).info.nonce == nonce
    others = (
        TimestampRequest.of(signature, hash_, (nonce + 1) % NONCE_LIMIT),
        TimestampRequest.of(signature + b"\0", hash_, nonce),
    )
    for other in others:
        try:
            token_from_response(answer, other)
        except UnavailableError:
            continue
        raise AssertionError("an answer was taken for that to another question")
