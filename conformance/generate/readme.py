# SPDX-License-Identifier: Apache-2.0
"""The README of the suite: how many vectors there are of what, and what they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .suite import FAMILIES, Built

_HEAD = """\
# The suite

Written by `python -m conformance.generate`, which `conformance/generate` holds; not to be edited, but for
the vectors that the last section names. What a vector is: [PROTOCOL.md](../PROTOCOL.md). Every key in here is
a TEST key that is published with the source: never trust one anywhere.

A vector has one fault or none, and is named after it. For each that has to be refused the builders name one
that has to be accepted, the same scene without the fault; `tests/conformance/test_generated_suite.py` holds
the suite to its builders and has those accepted. A verdict comes from the requirements that a vector names,
and not from what a program does.
"""
_ATTACKS = range(1, 191)
_DIRECTORY = range(136, 153)
"""Attack cases about release directories, which nothing here has."""


def text(built: Iterable[Built], by_hand: Iterable[str]) -> str:
    """Return the README for the vectors *built*, and for those that were written *by_hand*."""
    vectors = list(built)
    return "\n".join(
        [
            _HEAD,
            *_counts(vectors),
            "",
            *_coverage(vectors),
            "",
            *_families(vectors),
            "",
            *_others(by_hand),
            "",
        ]
    )


def _counts(vectors: list[Built]) -> Iterator[str]:
    yield "## How many\n"
    yield "| Area | Vectors | Accept | Refuse | JWS | COSE | At one moment only |"
    yield "|---|---|---|---|---|---|---|"
    areas = sorted({one.area for one in vectors})
    for area in areas:
        yield _row(f"`{area}`", [one for one in vectors if one.area == area])
    yield _row("all", vectors)


def _row(name: str, some: list[Built]) -> str:
    numbers = [
        len(some),
        sum(one.expect == "accept" for one in some),
        sum(one.expect == "refuse" for one in some),
        sum(one.format == "jws" for one in some),
        sum(one.format == "cose" for one in some),
        sum(one.clock == "fixed" for one in some),
    ]
    return f"| {name} | {' | '.join(str(number) for number in numbers)} |"


def _coverage(vectors: list[Built]) -> Iterator[str]:
    shown = {number for one in vectors for number in one.attacks}
    others = [number for number in _ATTACKS if number not in shown and number not in _DIRECTORY]
    ids = {identifier for one in vectors for identifier in one.requirements}
    yield "## What is shown\n"
    yield f"{len(ids)} requirements are named by vectors; a report (`conformance run --html`) shows which.\n"
    yield f"Attack cases that vectors show ({len(shown)}): {_ranges(sorted(shown))}.\n"
    yield f"Attack cases that only tests show, of processes, files, transports and time: {_ranges(others)}."


def _ranges(numbers: list[int]) -> str:
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in found)


def _families(vectors: list[Built]) -> Iterator[str]:
    yield "## What they say\n"
    for area in sorted(FAMILIES):
        yield f"- `{area}`: {sum(one.area == area for one in vectors)}"
        for family in FAMILIES[area]:
            yield f"    - {(family.__doc__ or '').strip().splitlines()[0]}"


def _others(by_hand: Iterable[str]) -> Iterator[str]:
    yield "## Written by hand\n"
    yield from (f"- `{place}`" for place in by_hand)
