# SPDX-License-Identifier: Apache-2.0
"""The benchmarks run and write tables that can be read. What they measure is nobody's verdict here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import blobs, library, plugins, revocation
from benchmarks.measure import Samples, interleaved, run_process
from benchmarks.report import BEGIN, END, Row, Table, document, summary, write_between_markers


@pytest.fixture(scope="module")
def quick_tables() -> list[Table]:
    """The library's tables, from a few rounds."""
    return library.tables(quick=True)


def test_library_tables_have_a_row_for_each_format(quick_tables: list[Table]) -> None:
    """Verification seen and new, and signing, are measured in both formats."""
    assert len(quick_tables) == 3
    for table in quick_tables:
        named = " ".join(row.what for row in table.rows)
        assert "RSA-2048 JWS" in named
        assert "RSA-2048 COSE" in named


def test_library_rows_hold_measured_values(quick_tables: list[Table]) -> None:
    """Every target stands beside a positive value of this run."""
    decided = [row for table in quick_tables for row in table.rows if row.target is not None]
    assert len(decided) >= 6
    assert all(row.value is not None and row.value > 0 for row in decided)


def test_revocation_tables_count_the_requests() -> None:
    """Nothing known costs a request for each certificate below the root, a warm cache none (REV-080)."""
    asked, stamps = revocation.tables(quick=True)
    requests = {row.what: row.figures[1] for row in asked.rows}
    assert {requests["OCSP, nothing known"], requests["CRL, nothing known"]} == {"2"}
    assert requests["CRL, cached"] == "0"
    assert all(float(row.figures[2]) > 1 for row in stamps.rows)


def test_large_blobs_are_measured_or_said_to_be_absent(tmp_path: Path) -> None:
    """Both commands are measured against hashing alone; where no sparse file can be made a row says so."""
    [table] = blobs.tables(quick=True)
    assert [row.target for row in table.rows if row.value] == [1.15, 64.0, 1.15, 64.0]
    assert blobs.make_sparse(tmp_path / "a", 1 << 30) == ""
    assert "no file of that size" in blobs.make_sparse(tmp_path / "b", 1 << 62)
    assert "no file of that size" in blobs.make_sparse(tmp_path / "nowhere" / "c", 1)


def test_document_is_one_well_formed_table_each(quick_tables: list[Table]) -> None:
    """Every line of a table has as many cells as its head, and every target a verdict."""
    text = document(quick_tables, "make bench")
    blocks = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    assert len(blocks) == len(quick_tables)
    for block in blocks:
        head, rule, *lines = block.splitlines()
        assert set(rule) <= set("|:- ")
        assert lines
        assert {line.count(" | ") for line in lines} == {head.count(" | ")}
        assert all(("≤" in line) == ("met" in line) for line in lines)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Row("a", (), 1.0, 1.0), "met"),
        (Row("a", (), 1.1, 1.0), "**not met**"),
        (Row("a", (), 9.0, 10.0, at_least="yes"), "**not met**"),
        (Row("a", (), 10.0, 10.0, at_least="yes"), "met"),
        (Row("a", ()), ""),
    ],
    ids=["at_most_met", "at_most_missed", "at_least_missed", "at_least_met", "no_target"],
)
def test_row_says_whether_its_target_is_met(row: Row, expected: str) -> None:
    """A missed target is never shown as reached."""
    assert row.verdict == expected
    assert summary([Table("t", "", (), (row,))]).startswith("1 of 1") is (expected == "met")


def test_written_text_stays_between_the_markers(tmp_path) -> None:
    """What people wrote around the table survives, and a second run replaces the first."""
    file = tmp_path / "README.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_between_markers(file, "one")
    write_between_markers(file, "two")
    assert file.read_text() == f"before\n{BEGIN}\n\ntwo\n{END}\nafter\n"


def test_file_without_markers_is_left_alone(tmp_path) -> None:
    """A file that is not ours to write is refused, not overwritten."""
    file = tmp_path / "README.md"
    file.write_text("mine\n")
    with pytest.raises(SystemExit):
        write_between_markers(file, "one")
    assert file.read_text() == "mine\n"


def test_ratio_compares_the_least_disturbed_batches() -> None:
    """One disturbed batch changes neither ratio much."""
    slow, fast = Samples((2.0, 2.0, 40.0)), Samples((1.0, 1.0, 1.0))
    assert slow.ratio_to(fast) == 2.0
    assert slow.median_ratio_to(fast) == 2.0


def test_cases_take_turns() -> None:
    """Cases that are compared meet the same moments."""
    called: list[str] = []
    interleaved({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 2)
    turns = re.sub(r"(.)\1+", r"\1", "".join(called))
    assert turns == "ababab"


@pytest.mark.parametrize(
    ("program", "refusal"), [("exit(3)", False), ("pass", True)], ids=["crash", "success_of_a_refusal"]
)
def test_process_that_does_not_end_as_it_should_is_no_figure(program: str, *, refusal: bool) -> None:
    """A command that failed fast is not a fast command."""
    import os
    import sys

    with pytest.raises(RuntimeError):
        run_process([sys.executable, "-c", program], os.environ, refusal=refusal)


@pytest.mark.slow
def test_plugin_tables_have_each_provider_and_route() -> None:
    """Signing is measured in process and as a program; a provider that cannot be had says why."""
    whole, here, providers = plugins.tables(quick=True)
    assert [row.what for row in whole.rows] == ["py:file, RSA-2048", "exe:file, RSA-2048"]
    kinds = [
        f"{what}{which}" for what in ("sign and store", "envelope") for which in ("", ", signer made anew")
    ]
    assert [row.what for row in here.rows] == [f"{kind}, RSA-2048" for kind in kinds]
    for name in plugins.PROVIDERS:
        [row] = [row for row in providers.rows if re.match(rf"{name}[,:] ", row.what)]
        assert ("skipped, " in row.what) == (set(row.figures) == {"-"})
    assert "-" not in next(row.figures for row in providers.rows if row.what.startswith("file, "))
    measured = [figure for table in (whole, here, providers) for row in table.rows for figure in row.figures]
    assert all(float(figure) > 0 for figure in measured if figure != "-")


def test_provider_that_cannot_be_had_says_why(tmp_path, monkeypatch) -> None:
    """A missing service is a row with a reason, not a missing row."""
    from tests import programs

    def missing() -> None:
        raise programs.ProgramUnavailableError("softhsm2-util is not installed")

    monkeypatch.setattr(programs, "softhsm", missing)
    row = plugins._provider_row("pkcs11", tmp_path, 1)
    assert row == Row("pkcs11: skipped, softhsm2-util is not installed", ("-",) * 4)
