# SPDX-License-Identifier: Apache-2.0
"""Spans of time as vectors write them: `-1h`, `+7d`, `+30s`.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """Return the span that *text* writes; the schema has checked its form."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def moment(source: Mapping[str, Any], member: str, usual: str, now: datetime) -> datetime:
    """Return *now* moved by the span in *member* of *source*, or by the *usual* one; whole seconds."""
    return (now + span(source.get(member, usual))).replace(microsecond=0)
