# SPDX-License-Identifier: Apache-2.0
"""Joins requirements and attack cases with the tests that show them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
AREAS = (
    "SIG", "PAY", "ATTR", "JWS", "COSE", "ALG", "CERT", "SCH", "TSA", "TS", "TP", "VER", "REV", "PLG", "SGN",
    "CFG", "CLI", "SEC",
)  # fmt: skip
ATTACKS = frozenset({*range(1, 136), *range(153, 191)})
_ID = re.compile(r"\b([A-Z]{2,4})-(\d{3})(?: to (?:\1-)?(\d{3}))?")
_ATTACKS = re.compile(r"\b[Aa]ttacks?(?: cases?)? ((?:\d+(?:, | and | to |-)?)+)")


def cited_requirements(text: str) -> set[str]:
    """Return the requirement ids in *text*, ranges written with `to` filled in."""
    return {
        f"{area}-{number:03d}"
        for area, first, last in _ID.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }


def cited_attacks(text: str) -> set[int]:
    """Return the attack numbers in *text*, ranges filled in."""
    found: set[int] = set()
    for listed in _ATTACKS.findall(text):
        for first, last in re.findall(r"(\d+)(?:(?: to |-)(\d+))?", listed):
            found.update(range(int(first), int(last or first) + 1))
    return found


def all_sources() -> str:
    """Return all test sources but this one."""
    patterns = ("tests/**/*.py", "tests/scripts/*.txt", "plugins/*/tests/*.py")
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    return "\n".join(path.read_text() for path in paths if path != Path(__file__))


def not_yet() -> tuple[set[str], set[int]]:
    """Return the requirements and attack cases that are listed with a reason."""
    requirements, attacks = set(), set()
    for line in (ROOT / "specs" / "not-yet.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        what, reason = line.split("\t")
        assert reason
        if what.startswith("attack "):
            attacks.add(int(what.removeprefix("attack ")))
        else:
            requirements.add(what)
    return requirements, attacks


def test_every_requirement_in_scope_has_a_test_or_a_reason():
    """No requirement of the areas in scope is silently untested, and no reason is out of date."""
    wanted = {
        line.split()[0]
        for line in (ROOT / "specs" / "requirements.txt").read_text().splitlines()
        if line.split("-")[0] in AREAS
    }
    assert len(wanted) == 457
    later, _ = not_yet()
    assert sorted(wanted - later - cited_requirements(all_sources())) == []
    assert sorted(later & cited_requirements(all_sources())) == []


def test_every_attack_case_in_scope_has_a_test_or_a_reason():
    """No attack case of the sections in scope is silently untested, and no reason is out of date."""
    _, later = not_yet()
    cited = cited_attacks(all_sources())
    assert sorted(ATTACKS - later - cited) == []
    assert sorted(later & cited) == []
