# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets for what timestamping authorities send: tokens and answers.

A token that is accepted after it was changed has to say what was signed in the first place: the unsigned
parts may change, the time and the imprint may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from notation_py.digest import HashAlgorithm
from notation_py.errors import NotationError
from notation_py.timestamp.ber import to_der
from notation_py.timestamp.countersignature import verify_countersignature
from notation_py.timestamp.exchange import TimestampRequest, token_from_response
from notation_py.timestamp.token import TimestampToken
from tests.fuzz.targets import Target
from tests.simulator import tsa
from tests.simulator.pki import NOW

VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "timestamps"
MESSAGE = b"a primitive signature"
NONCE = 1 << 100
REQUEST = TimestampRequest.of(MESSAGE, HashAlgorithm.SHA256, NONCE)
WORDS = (
    b"\x30\x80",
    b"\x30\x84\x00\x00\x00\x05",
    b"\xa0\x82\xff\xff",
    b"\x31\x00",
    b"\x02\x01\x03",
    b"\x05\x00",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f",
    b"\x18\x0f20260601120000Z",
    b"\x1f\x81\x01",
    b"\x24\x80",
)


def _stamps() -> Iterator[bytes]:
    yield tsa.stamp(MESSAGE, nonce=NONCE, accuracy=tsa.accuracy(1, 500, 100))
    yield tsa.stamp(MESSAGE, tsa.authority("RSA-2048", 2), nonce=NONCE)
    time = tsa.attribute("signing time", b"\x17\x0d260601115959Z")
    yield tsa.stamp(
        MESSAGE, nonce=NONCE, policy=tsa.BASELINE_POLICY, attributes=tsa.instead(signing_time=time)
    )


STAMPS = tuple(_stamps())
SIGNED = {TimestampToken.parse(data).content for data in STAMPS}
ANCHORS = (*tsa.roots_of(tsa.authority()), *tsa.roots_of(tsa.authority("RSA-2048", 2)))


def _token(data: bytes) -> None:
    try:
        token = TimestampToken.parse(data)
    except NotationError:
        normal = to_der(data)  # raises what parsing raised, or has a fixed point
        if to_der(normal) != normal:
            raise AssertionError("DER has another DER") from None
        raise
    verify_countersignature(token, MESSAGE, ANCHORS, at=NOW)
    if token.content not in SIGNED:
        raise AssertionError("a token was accepted that nobody signed")


def _answer(data: bytes) -> None:
    if TimestampToken.parse(token_from_response(data, REQUEST)).info.nonce != NONCE:
        raise AssertionError("an answer was accepted that repeats another nonce")


def timestamp_targets() -> Iterator[Target]:
    """Yield the readers of tokens and of answers."""
    upstream = tuple(path.read_bytes() for path in sorted(VECTORS.rglob("*.p7s")))
    yield Target("timestamp token", _token, (*STAMPS, *upstream), WORDS)
    answers = tuple(tsa.granted(stamp) for stamp in STAMPS)
    rejected = tsa.rejected(2, 0, 25, text="no")
    sent = tuple(path.read_bytes() for path in sorted(VECTORS.rglob("*.ts[qr]")))
    yield Target("timestamp answer", _answer, (*answers, rejected, *sent), WORDS)
