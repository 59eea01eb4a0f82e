# SPDX-License-Identifier: Apache-2.0
"""Reports of a run: each says the same numbers, and what a client said cannot become markup."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from notation_py.conformance.answer import Answer, Kind
from notation_py.conformance.documents import document_of, read_run, text_of
from notation_py.conformance.junit import junit
from notation_py.conformance.known import KnownDifferences
from notation_py.conformance.loading import load
from notation_py.conformance.page import page
from notation_py.conformance.picture import picture
from notation_py.conformance.places import Requirement, requirements, suite_directory
from notation_py.conformance.results import Result, Run, Status, result_of
from notation_py.conformance.tables import markdown_table, text_table
from notation_py.errors import ConfigurationError, MalformedError
from notation_py.schema import check_schema

EVIL = "<script>alert(1)</script>\x00\x1b[31m'\"&]]>"
STARTED = datetime(2026, 6, 1, 12, tzinfo=UTC)


def result(name: str, status: Status, *reasons: str, requirement: str = "JWS-001") -> Result:
    return Result(
        name, "a title", (requirement,), (7,), "refuse", "integrity", status, "refuse", reasons, "", 0.25
    )


RUN = Run(
    f"client {EVIL}",
    "1.0",
    "program",
    STARTED,
    12.5,
    (
        result("cose/one", Status.PASSED),
        result("cose/two", Status.FAILED, f"expected refuse {EVIL}", requirement="COSE-001"),
        result("jws/known", Status.KNOWN, "a reason"),
        result("jws/not-run", Status.NOT_RUN, "the clock"),
        result("jws/not-supported", Status.NOT_SUPPORTED, "no flag"),
        result("jws/passed", Status.PASSED),
    ),
    ("a problem of the run",),
)


class Outline(HTMLParser):
    """Collects tags and text of a page, and every address in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_json_report_conforms_to_its_schema_and_comes_back(tmp_path: Path) -> None:
    """What was written is what is read, number by number."""
    run = replace(RUN, client="client", results=tuple(replace(one, reasons=("é",)) for one in RUN.results))
    check_schema(document_of(run), "conformance.report")
    path = tmp_path / "run.json"
    path.write_text(text_of(run), encoding="utf-8")
    assert read_run(path) == run
    counts = json.loads(path.read_text())["counts"]
    assert counts == {"passed": 2, "known difference": 1, "failed": 1, "not supported": 1, "not run": 1}
    assert json.loads(path.read_text())["passed"] is False


def test_result_holds_nothing_that_is_not_printable() -> None:
    """R-36: what a client said is made visible once, where it becomes a result."""
    vector = load(suite_directory() / "jws/minimal")
    made = result_of(vector, Answer(Kind.CRASH, said=EVIL), KnownDifferences())
    assert made.status is Status.FAILED
    assert "\\x1b" in made.reasons[0]
    assert all(reason.isprintable() for reason in made.reasons)


def test_report_that_is_none_is_refused(tmp_path: Path) -> None:
    """A file that is missing or something else is an error with its name."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_run(tmp_path / "none.json")
    path = tmp_path / "other.json"
    path.write_text("{}")
    with pytest.raises(MalformedError, match=r"other.json: 'client' is a required"):
        read_run(path)


@pytest.mark.parametrize("started", ["2026-99-99T99:99:99Z", "2026-02-30T00:00:00Z"])
def test_report_of_no_day_is_refused(tmp_path: Path, started: str) -> None:
    """SEC-003: what a schema takes for a time need not be one."""
    path = tmp_path / "report.json"
    run = replace(RUN, client="c", results=(result("cose/one", Status.PASSED),))
    path.write_text(json.dumps(document_of(run) | {"started": started}), "utf-8")
    with pytest.raises(MalformedError, match="started"):
        read_run(path)


def test_report_without_an_end_is_refused(tmp_path: Path) -> None:
    """SEC-001: reports come from other people."""
    os.mkfifo(tmp_path / "fifo")
    for name in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(ConfigurationError, match="not a regular file"):
            read_run(name)


def test_client_adds_nothing_to_the_markdown_table() -> None:
    """R-36: neither cells nor lines nor markup; such a table goes into a README."""
    run = replace(RUN, client="a | 9 passed |\n| x | <img src=x> [b](javascript:c) `d", version="\x1b[2J*e*")
    lines = list(markdown_table([run, RUN]))
    plain = list(markdown_table([replace(run, client="a", version="1"), RUN]))
    assert len(lines) == len(plain)
    assert not any("\n" in line or "\x1b" in line or "<img" in line for line in lines)
    assert re.search(r"(?<!\\)[\[*`]", lines[0]) is None
    assert len(re.findall(r"(?<!\\)\|", lines[0])) == len(re.findall(r"(?<!\\)\|", plain[0]))


def test_junit_counts_failures_and_skips() -> None:
    """A CI system sees the failed vector, the problem of the run, and two skips; no control characters."""
    root = ET.fromstring(junit(RUN))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("7", "2", "2")
    assert len(root.findall(".//failure")) == 2
    assert {case.get("name") for case in root.iter("testcase") if case.find("skipped") is not None} == {
        "jws/not-run",
        "jws/not-supported",
    }
    suites = {suite.get("name"): suite.get("tests") for suite in root.findall("testsuite")}
    assert suites == {"cose": "2", "jws": "4", "run": "1"}
    assert "a reason" in (root.findtext(".//system-out") or "")


def test_page_escapes_what_a_client_said() -> None:
    """R-36: no tag, no control character, no address of another host comes from a client or a vector."""
    text = page([RUN], {"JWS-001": Requirement("MUST", EVIL)})
    outline = Outline(text)
    assert "script" not in outline.tags
    assert "<script" not in text
    assert "\x00" not in text
    assert "\x1b" not in text
    assert "alert(1)" in outline.text
    assert outline.addresses == ["#cose/two"]
    assert not re.search(r"url\(|@import|src=", text)
    assert re.findall(r"https?://[^\"' <]+", text) == ["http://www.w3.org/2000/svg"]


def test_page_shows_requirements_and_vectors_with_their_state() -> None:
    """Requirement by requirement with level and words; vector by vector with the reason."""
    text = page([RUN], {"COSE-001": Requirement("MUST", "the words of it")})
    outline = Outline(text)
    for wanted in ("COSE-001", "MUST", "the words of it", "JWS-001", "attack 7", "a problem of the run"):
        assert wanted in outline.text
    assert outline.text.count("known difference") >= 2
    assert "2 of 6 vectors passed" in " ".join(outline.text.split())
    assert outline.tags.count("tr") == len(set(re.findall(r'<tr id="([^"]+)"', text))) + 2 + 2 + 2 + 2 + 1


def test_picture_is_xml_and_has_every_area_and_client() -> None:
    """A bar for each area and client, with the numbers beside it and nothing from elsewhere."""
    other = Run("other", "2", "library", STARTED, 1.0, RUN.results[:1])
    root = ET.fromstring(picture([RUN, other]))
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"all areas", "cose", "jws", "2 / 6", "1 / 2", "1 / 1"} <= set(texts)
    assert any("other 2 (library, in process)" in text for text in texts)
    assert "2 of 6 passed" in (root.get("aria-label") or "")
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "other, cose: 1 passed" in titles


def test_tables_have_a_row_of_sums() -> None:
    """The numbers of the areas are those of all."""
    lines = list(text_table(RUN))
    assert " ".join(lines[0].split()) == "AREA VECTORS PASSED KNOWN FAILED NOT SUPPORTED NOT RUN"
    assert lines[-1].split() == ["all", "6", "2", "1", "1", "1", "1"]
    assert lines[1].split() == ["cose", "2", "1", "0", "1", "0", "0"]
    table = list(markdown_table([RUN]))
    assert table[-1] == (
        "| **all** | 6 | 2 passed, 1 known difference, 1 **failed**, 1 not supported, 1 not run |"
    )


def test_requirements_have_level_and_words() -> None:
    """The report's words are those of specs/requirements."""
    known = requirements()
    assert len(known) == 480
    assert known["JWS-001"].level == "MUST"
    assert "flattened" in known["JWS-001"].words


LISTS = {
    "no client": ("differences = []", "client"),
    "unknown member": ('client = "x"\nother = 1', "other"),
    "unknown outcome": (
        'client = "x"\n[[differences]]\nvectors = ["a"]\noutcome = "odd"\nreason = "a reason, a sentence"',
        "differences[0].outcome",
    ),
    "no reason": (
        'client = "x"\n[[differences]]\nvectors = ["a"]\noutcome = "accept"\nreason = "short"',
        "differences[0].reason",
    ),
    "not TOML": ("client", "is not TOML"),
}


@pytest.mark.parametrize(("text", "place"), LISTS.values(), ids=list(LISTS))
def test_malformed_list_of_known_differences_is_refused(tmp_path: Path, text: str, place: str) -> None:
    """A list is read as strictly as a vector: with the place of the fault."""
    path = tmp_path / "client.toml"
    path.write_text(text)
    with pytest.raises(MalformedError) as caught:
        KnownDifferences.load(path)
    assert caught.value.message.startswith("client.toml")
    assert place in caught.value.message
