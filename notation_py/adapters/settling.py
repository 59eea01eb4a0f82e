# SPDX-License-Identifier: Apache-2.0
"""Writers that share a list without a lock: each stays until its entry has stayed.

A list that is read, changed and written back loses entries when two writers cross. Nothing on
the server prevents that, so every writer looks again, with random pauses, puts back whatever it has
once seen and no longer finds, its own entry or another's, and is done when nothing was missing for a
while; longer when it has seen other writers at work or the server is slow. A writer whose entry
is lost after it has left must have crossed with one that is still there, and which had read the
list before it was lost. Knows nothing about what the entries are.

Spec: OCI distribution-spec, Referrers Tag Schema; backends note 3.3. Requirements: SIG-024, SIG-028, R-10.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping
from typing import Protocol, TypeVar

from ..errors import Outcome, RegistryError, UnavailableError

E = TypeVar("E")

CONTENTION_FACTOR = 4
"""How much longer to stay after other writers were seen."""
ROUND_TRIPS = 4
"""How many of the slowest rounds, reading and writing, to stay at least: a slow server has slow writers."""
LONGEST_BY_SPEED = 1.0
"""Seconds; no reason to stay longer for the slowness of a server alone."""
MOST_FAILURES = 20
"""Failed looks in a row after which the server is taken to be broken."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.03, 0.6


class SharedList(Protocol[E]):
    """A list on a server, whose entries have keys."""

    def read(self) -> Mapping[str, E]:
        """Return the entries by key, as the server has them now."""

    def add(self, found: Mapping[str, E], missing: Mapping[str, E]) -> Collection[str]:
        """Write *missing* in addition to *found*, which was just read; may lose against another writer.

        Returns:
            The keys of entries that were not written because what they describe is gone.
        """


def settle(
    shared: SharedList[E], own: Mapping[str, E], *, seconds: float, deadline: float, seen: dict[str, E]
) -> None:
    """Return when *own* has been in *shared* for at least *seconds*, at every look.

    Args:
        deadline: on the monotonic clock.
        seen: every entry met so far; put back when missing, and added to.

    Raises:
        RegistryError: not listed, or not for long enough, before the deadline.
        UnavailableError: the server failed many times in a row, or refuses us.
    """
    seen.update(own)
    watch = _Watch(seconds)
    while (started := time.monotonic()) < deadline:
        try:
            missing = _look(shared, own, seen, watch, started)
            if not missing and watch.is_settled(started):
                return
        except UnavailableError as error:
            # A server can fail to read a list while others write it.
            watch.note_failure(error)
        time.sleep(watch.next_pause())
    raise RegistryError("stored, but the registry does not keep it listed")


def _look(
    shared: SharedList[E], own: Mapping[str, E], seen: dict[str, E], watch: _Watch, started: float
) -> Mapping[str, E]:
    """Return what was missing from the list, after putting it back."""
    found = shared.read()
    watch.note_read(started)
    missing = {key: entry for key, entry in seen.items() if key not in found}
    watch.note_content(
        lost=any(key not in found for key in own), foreign=any(key not in seen for key in found)
    )
    seen.update(found)
    if missing:
        for key in shared.add(found, missing):
            seen.pop(key, None)
        watch.note_change(started)
    return missing


class _Watch:
    """How the list has behaved so far, and so how long to look at it and how often."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._looks = 0
        self._slowest = 0.0
        self._pause = _FIRST_PAUSE
        self._failures = 0
        self._contended = False
        self._stable_since: float | None = None

    def note_read(self, started: float) -> None:
        self._slowest = max(self._slowest, time.monotonic() - started)
        self._failures = 0

    def note_content(self, *, lost: bool, foreign: bool) -> None:
        """Take a changed list for a sign of other writers; the first look cannot show a change."""
        if self._looks and (lost or foreign):
            self._contended = True
        self._looks += 1

    def note_change(self, started: float) -> None:
        self._slowest = max(self._slowest, time.monotonic() - started)
        self._stable_since = None

    def note_failure(self, error: UnavailableError) -> None:
        self._failures += 1
        self._contended, self._stable_since = True, None
        if error.outcome is Outcome.AUTH or self._failures >= MOST_FAILURES:
            raise error

    def is_settled(self, started: float) -> bool:
        if self._stable_since is None:
            self._stable_since = started
        return time.monotonic() - self._stable_since >= self._needed()

    def _needed(self) -> float:
        if self._seconds <= 0:
            return 0.0
        by_speed = min(ROUND_TRIPS * self._slowest, LONGEST_BY_SPEED)
        return max(self._seconds, by_speed) * (CONTENTION_FACTOR if self._contended else 1)

    def next_pause(self) -> float:
        if self._contended:
            self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
        else:
            self._pause = max(_FIRST_PAUSE, self._needed() / 2)
        return random.uniform(0.3, 1.0) * self._pause  # noqa: S311 - spreads writers, keeps no secret
