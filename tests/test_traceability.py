# SPDX-License-Identifier: Apache-2.0
"""Joins what is said to be implemented (specs/) with the tests that show it and the modules that do it.

How things are cited, and when a citation counts, stands in `specs/citations.py`.
"""

from __future__ import annotations

import ast
import re

import pytest

from specs import citations as citing
from specs import rows as reading
from specs.citations import NARROW, Citations, collect
from specs.render import DOCUMENT, document
from specs.rows import (
    ROOT,
    SPECS,
    Row,
    areas,
    attacks,
    cited_attacks,
    cited_ids,
    deviations,
    open_points,
    requirements,
    rules,
)

REQUIREMENTS, RULES, ATTACKS, DEVIATIONS = requirements(), rules(), attacks(), deviations()
ROWS = [*REQUIREMENTS.values(), *RULES.values(), *ATTACKS.values()]
LEVELS = re.compile(r"(MUST|SHOULD|MAY|MUST NOT|SHOULD NOT)(\((ref|contract)\))?")


@pytest.fixture(scope="module")
def citations() -> Citations:
    return collect()


def done() -> list[Row]:
    """Return what is said to be done, at least in part, and is a matter of code."""
    return [row for row in ROWS if row.state in {"implemented", "partly"} and not row.where]


def test_nothing_has_got_lost() -> None:
    """480 requirements in 20 areas, 48 rules, 190 attack cases, 51 open points."""
    assert [area.rows[0].id.split("-")[0] for area in areas()] == [area.id for area in areas()]
    assert {row.group for row in REQUIREMENTS.values()} == {i.split("-")[0] for i in REQUIREMENTS}
    assert (len(areas()), len(REQUIREMENTS), len(RULES)) == (20, 480, 48)
    assert list(ATTACKS) == list(range(1, 191))
    assert len(open_points()) == 51
    assert [i for i, row in REQUIREMENTS.items() if not LEVELS.fullmatch(row.more["level"])] == []
    assert [i for i, row in REQUIREMENTS.items() if not row.text or not row.more["source"]] == []


def test_what_is_implemented_has_a_test(citations: Citations) -> None:
    """Some test cites it, alone or with at most three others."""
    assert [row.id for row in done() if not citations.shown(row.id)] == []


def test_what_is_implemented_has_a_module(citations: Citations) -> None:
    """The docstring of some module of the package or of a plugin cites it."""
    rows = [row for row in done() if row.id not in {f"attack {n}" for n in ATTACKS}]
    assert [row.id for row in rows if not citations.modules.get(row.id)] == []


def test_what_comes_later_is_not_cited_as_if_it_were_done(citations: Citations) -> None:
    """Neither a test nor a module claims it; if one may, its state is out of date."""
    later = [row.id for row in ROWS if row.state == "later"]
    claimed = {i: [*(one.path for one in citations.shown(i)), *citations.modules.get(i, ())] for i in later}
    assert {i: paths for i, paths in claimed.items() if paths} == {}


def test_what_documents_show_is_in_them() -> None:
    """The member `where` names a document that exists."""
    assert [row.id for row in ROWS if row.where and not (ROOT / row.where).is_file()] == []


def test_every_citation_is_of_something(citations: Citations) -> None:
    """The ids and attack numbers that tests, transcripts, vectors and rows cite exist."""
    prefixes = {identifier.split("-")[0] for identifier in (*REQUIREMENTS, *RULES)}
    known = {*REQUIREMENTS, *RULES, *open_points(), *(f"attack {n}" for n in ATTACKS)}
    cited = {i for i, found in citations.tests.items() if any(one.width == 1 for one in found)}
    unknown = {i for i in cited - known if i.split("-")[0] in prefixes or i.startswith("attack")}
    assert unknown == set()


def test_rows_refer_to_what_exists() -> None:
    """Requirements, attack cases, rules, open points and deviations name each other, and no stranger."""
    texts = [*(SPECS / "requirements").glob("*.toml"), *SPECS.glob("*.toml"), *SPECS.rglob("*.md")]
    known = {*REQUIREMENTS, *RULES, *open_points()}
    prefixes = {identifier.split("-")[0] for identifier in known}
    for path in texts:
        text = path.read_text("utf-8")
        ends = {i for i, width in cited_ids(text).items() if width == 1 and i.split("-")[0] in prefixes}
        assert ends <= known, path.name
        assert set(cited_attacks(text)) <= set(ATTACKS), path.name
    named = {i for row in ROWS for i in row.deviations}
    named |= {i for point in open_points().values() for i in point.get("deviation", ())}
    assert named - set(DEVIATIONS) == set()
    asked = {i for point in open_points().values() for i in point["requirements"]}
    assert asked - set(REQUIREMENTS) == set()


def test_every_deviation_says_what_we_do_and_why() -> None:
    """Four columns, none empty: the id, the Go program, here, why."""
    assert {i: row.texts for i, row in DEVIATIONS.items() if len(row.texts) != 3 or not all(row.texts)} == {}


def test_decision_against_the_go_program_is_a_deviation() -> None:
    """Where a requirement records another decision than the Go program's, a deviation explains it."""
    same = re.compile(r"the same|as the go program", re.IGNORECASE)
    rows = [
        row
        for row in REQUIREMENTS.values()
        if row.state == "implemented" and {"reference", "ours"} <= set(row.more)
    ]
    assert [row.id for row in rows if not row.deviations and not same.search(row.more["ours"])] == []


def test_documents_name_deviations_that_exist() -> None:
    """An id such as ENV-1 in a document, a test or a module is a row of specs/deviations.md."""
    rooms = "|".join(sorted({identifier.split("-")[0] for identifier in DEVIATIONS} - {"CLI", "CERT"}))
    pattern = re.compile(rf"\b(?:{rooms})-(?:[A-Z]|\d{{1,2}})\b(?![-\w])")
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("specs/**/*.md")]
    paths += [*ROOT.glob("tests/**/*.py"), *ROOT.glob("notation_py/**/*.py")]
    unknown = {
        path.name: found
        for path in paths
        if (found := set(pattern.findall(path.read_text("utf-8"))) - set(DEVIATIONS))
    }
    assert unknown == {}


def test_sources_are_named() -> None:
    """SOURCES.md has every document that a requirement comes from, and every RFC that a module cites."""
    text = (SPECS / "SOURCES.md").read_text("utf-8")
    named = {one.strip() for row in REQUIREMENTS.values() for one in row.more["source"].split(";")}
    named -= {"this project"}
    commands = re.compile(r"^notation (specs/(?:cmd/)?)[\w.*/-]+$")
    wanted = {commands.sub(r"\1", one) if commands.match(one) else one for one in named}
    assert {one for one in wanted if one not in text} == set()
    cited = {
        rfc
        for path in ROOT.glob("notation_py/**/*.py")
        for rfc in re.findall(r"RFC \d+", ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")
    }
    assert cited - set(re.findall(r"RFC \d+", text)) == set()


def test_document_is_up_to_date(citations: Citations) -> None:
    """docs/requirements.md is what `python -m specs.render` writes."""
    assert DOCUMENT.read_text("utf-8") == document(citations)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("SGN-001 to SGN-003", {"SGN-001": 3, "SGN-002": 3, "SGN-003": 3}),
        ("SGN-001 to 002, and SGN-002", {"SGN-001": 2, "SGN-002": 1}),
        ("R-01, A-21", {"R-01": 1, "A-21": 1}),
        ("SHA256-1, ENV-1, TP-0281", {}),
    ],
)
def test_ids_are_read_with_their_ranges(text: str, ids: dict[str, int]) -> None:
    """A range counts for every id in it, with its length."""
    assert cited_ids(text) == ids


def test_attack_numbers_are_read_with_their_ranges() -> None:
    """Lists and ranges; the narrowest citation counts."""
    assert cited_attacks("Attacks 3, 5 to 6 and 9; attack 5") == {3: 1, 5: 1, 6: 2, 9: 1}


@pytest.mark.parametrize(
    ("state", "reason"), [("done", ""), ("implemented", "because"), ("later", ""), ("partly", " ")]
)
def test_row_says_why_it_is_not_done(state: str, reason: str) -> None:
    """A state is one of four, with a reason for all but one of them."""
    with pytest.raises(ValueError, match="X-1"):
        reading._row({"text": "x", "state": state, "reason": reason}, "X-1", "X", "text")


def test_tables_of_attack_cases_are_read() -> None:
    """By the first argument of `case`, and by ids that begin with the number."""
    source = 'A = [case(14, "x"), case(n, "y"), param(id="attack_063_z"), other(15), "attack_9_no"]'
    assert citing._numbered_cases(ast.parse(source)) == {14, 63}


def test_survey_shows_nothing() -> None:
    """A citation of many ids at once is not the test of any of them."""
    found = Citations()
    found.add_test(f"SIG-001 to SIG-{NARROW + 1:03d}", "a.py", "test_survey")
    found.add_test("SIG-001", "a.py", "test_one")
    assert [one.test for one in found.shown("SIG-001")] == ["test_one"]
    assert found.shown("SIG-002") == []
