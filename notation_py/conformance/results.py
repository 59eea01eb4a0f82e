# SPDX-License-Identifier: Apache-2.0
"""The results of a run: each vector with a status and a reason, counted by area and requirement.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .answer import Answer, Kind
from .judging import difference
from .known import KnownDifference, KnownDifferences
from .vector import Vector
from .visible import visible


class Status(StrEnum):
    """What a result counts as. `FAILED` alone makes a run fail."""

    PASSED = "passed"
    KNOWN = "known difference"
    FAILED = "failed"
    NOT_SUPPORTED = "not supported"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one vector.

    Attributes:
        outcome: what the client did: a verdict or another member of `Kind`, or what else differs.
        reasons: why it did not pass; empty if it did.
        deviation: the row of specs/deviations.md about a known difference, or empty.
    """

    name: str
    title: str
    requirements: tuple[str, ...]
    attacks: tuple[int, ...]
    expect: str
    failed: str
    status: Status
    outcome: str
    reasons: tuple[str, ...] = ()
    deviation: str = ""
    seconds: float = 0.0

    @property
    def area(self) -> str:
        """The first part of the name."""
        return self.name.partition("/")[0]


def result_of(
    vector: Vector, answer: Answer, known: KnownDifferences, *, strict_checks: bool = False
) -> Result:
    """Return what *answer* to *vector* counts as, with what is *known* about its client."""
    status, outcome, reasons, deviation = _judged(vector, answer, known.of(vector.name), strict_checks)
    return Result(
        vector.name,
        vector.title,
        vector.requirements,
        vector.attacks,
        vector.expect.value,
        vector.failed,
        status,
        outcome,
        tuple(map(visible, reasons)),
        deviation,
        round(answer.seconds, 3),
    )


_Judged = tuple[Status, str, tuple[str, ...], str]


def _judged(vector: Vector, answer: Answer, listed: KnownDifference | None, strict: bool) -> _Judged:  # noqa: FBT001
    if not answer.kind.is_run:
        status = Status.NOT_SUPPORTED if answer.kind is Kind.NOT_SUPPORTED else Status.NOT_RUN
        return status, answer.kind.value, (answer.said,), ""
    found = difference(vector, answer, strict_checks=strict)
    if found is None and listed is None:
        return Status.PASSED, answer.kind.value, (), ""
    if found is None:
        reason = f"listed as a known difference ({listed.outcome if listed else ''}), and it is none"
        return Status.FAILED, answer.kind.value, (reason,), ""
    if listed is None:
        return Status.FAILED, found.outcome, found.reasons, ""
    if listed.outcome != found.outcome:
        reason = f"listed with the outcome {listed.outcome}, and it is {found.outcome}"
        return Status.FAILED, found.outcome, (reason, *found.reasons), listed.deviation
    return Status.KNOWN, found.outcome, (listed.reason, *found.reasons), listed.deviation


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run of one client.

    Attributes:
        client, version: as people call it. mode: `program` or `library`.
        problems: what is wrong with the run as a whole, such as files in places that are not the client's.
    """

    client: str
    version: str
    mode: str
    started: datetime
    seconds: float
    results: tuple[Result, ...]
    problems: tuple[str, ...] = ()

    @property
    def has_passed(self) -> bool:
        """Whether nothing failed, and something was run."""
        counts = self.counts()
        run = counts[Status.PASSED] + counts[Status.KNOWN]
        return not counts[Status.FAILED] and not self.problems and run > 0

    def counts(self, area: str | None = None) -> Counter[Status]:
        """Return how many results have which status, of one *area* or of all."""
        return Counter(one.status for one in self.results if area is None or one.area == area)

    def areas(self) -> tuple[str, ...]:
        """Return the areas, by name."""
        return tuple(sorted({one.area for one in self.results}))

    def by_requirement(self) -> Mapping[str, tuple[Result, ...]]:
        """Return the results about each requirement, by its id."""
        return _grouped((identifier, one) for one in self.results for identifier in one.requirements)


def _grouped(pairs: Iterable[tuple[str, Result]]) -> dict[str, tuple[Result, ...]]:
    found: dict[str, tuple[Result, ...]] = {}
    for identifier, one in sorted(pairs, key=lambda pair: pair[0]):
        found[identifier] = (*found.get(identifier, ()), one)
    return found


class Counted(Protocol):
    """What a table or picture needs of a run."""

    @property
    def client(self) -> str:
        """As people call it."""

    @property
    def version(self) -> str:
        """As the client says."""

    @property
    def mode(self) -> str:
        """`program` or `library`."""

    def counts(self, area: str | None = None) -> Counter[Status]:
        """Return how many results have which status, of one *area* or of all."""

    def areas(self) -> tuple[str, ...]:
        """Return the areas, by name."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of a run without its results."""

    client: str
    version: str
    mode: str
    started: datetime
    by_area: Mapping[str, Counter[Status]]

    def counts(self, area: str | None = None) -> Counter[Status]:
        """Return how many results have which status, of one *area* or of all."""
        if area is None:
            return sum(self.by_area.values(), Counter[Status]())
        return self.by_area.get(area, Counter[Status]())

    def areas(self) -> tuple[str, ...]:
        """Return the areas, by name."""
        return tuple(sorted(self.by_area))
