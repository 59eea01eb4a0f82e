# SPDX-License-Identifier: Apache-2.0
"""Moments in the notation of certificates, for what a library does not hand out.

Only the one spelling that RFC 5280 allows is read: seconds, in UTC. Knows no clock.

Spec: RFC 5280 sections 4.1.2.5.1, 4.1.2.5.2. Requirements: REV-025, REV-051, SEC-003, SEC-007.
"""

from __future__ import annotations

from datetime import UTC, datetime

from .. import der
from ..errors import MalformedError

UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
_DIGITS = {UTC_TIME: 12, GENERALIZED_TIME: 14}


def time_of(tag: int, content: bytes) -> datetime:
    """Return the moment, UTC, of a UTCTime `YYMMDDHHMMSSZ` or a GeneralizedTime `YYYYMMDDHHMMSSZ`.

    Raises:
        MalformedError: another type, spelling or zone, a fraction, or a moment that does not exist.
    """
    digits = content[:-1]
    if len(digits) != _DIGITS.get(tag) or not digits.isdigit() or content[-1:] != b"Z":
        raise MalformedError("time in UTC and whole seconds expected")
    if tag == UTC_TIME:
        digits = (b"19" if digits >= b"50" else b"20") + digits
    month, day, hour, minute, second = (int(digits[place : place + 2]) for place in range(4, 14, 2))
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise MalformedError("a time that does not exist") from error


def generalized_time(data: bytes) -> datetime:
    """Return the moment of the one GeneralizedTime that *data* consists of; raises as `time_of`."""
    return time_of(GENERALIZED_TIME, der.only(data, GENERALIZED_TIME))
