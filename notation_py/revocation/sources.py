# SPDX-License-Identifier: Apache-2.0
"""What a revocation check draws on, and the rules its user chose.

One object serves all checks of a process: it remembers the highest CRL number seen of every list, so that
an older one is recognised. Holds no verdicts.

Spec: security contract 2.4 R-16, R-20, R-22. Requirements: REV-008, REV-009, REV-025, REV-051, REV-080.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from ..fetch import Fetcher, FetchLimit
from .cache import CrlCache

_MAX_REMEMBERED = 4096


class RevocationLimits(NamedTuple):
    """What answers may cost, and how old they may be.

    Attributes:
        ocsp, crl: one exchange with an OCSP responder, one download of a CRL.
        total_seconds: the check of a whole chain.
        max_age: since thisUpdate, however far away nextUpdate is. CAs renew everything within a year.
        clock_skew: how far in the future thisUpdate may be.
    """

    ocsp: FetchLimit = FetchLimit(20_480, 2.0, "application/ocsp-response")
    crl: FetchLimit = FetchLimit((32 << 20) - 1, 5.0)
    total_seconds: float = 20.0
    max_age: timedelta = timedelta(days=400)
    clock_skew: timedelta = timedelta(minutes=5)


_USUAL = RevocationLimits()


class CrlNumbers:
    """The highest CRL number that was seen of each list. Safe to share between threads."""

    def __init__(self, capacity: int = _MAX_REMEMBERED) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._highest: dict[bytes, int] = {}

    def highest(self, key: bytes) -> int | None:
        """Return the highest number seen of the list *key*, or None."""
        return self._highest.get(key)

    def saw(self, key: bytes, number: int) -> None:
        """Remember that the list *key* once had *number*; the list seen longest ago may be forgotten."""
        with self._lock:
            known = self._highest.pop(key, number)
            self._highest[key] = max(known, number)
            while len(self._highest) > self._capacity:
                del self._highest[next(iter(self._highest))]


@dataclass(frozen=True, slots=True)
class RevocationSources:
    """Where answers come from; share one between checks.

    Attributes:
        fetcher: asks the servers. cache: keeps CRLs between processes, or None.
        limits: costs and ages.
        accept_revoked_after_timestamp: a certificate that was revoked after the trusted timestamp of the
            signature, for a stated reason that says nothing against its key, counts as good (R-22).
        require_information: a certificate below the root that nobody can revoke is refused (attack 83).
        numbers: what was seen of each CRL.
    """

    fetcher: Fetcher
    cache: CrlCache | None = None
    limits: RevocationLimits = _USUAL
    accept_revoked_after_timestamp: bool = False
    require_information: bool = False
    numbers: CrlNumbers = field(default_factory=CrlNumbers)
