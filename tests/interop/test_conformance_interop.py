# SPDX-License-Identifier: Apache-2.0
"""The whole suite with the Go programs: each difference is in the list of the client, with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from notation_py.conformance.known import KnownDifferences
from notation_py.conformance.loading import vectors
from notation_py.conformance.places import clients_directory, suite_directory
from notation_py.conformance.processes import Client
from notation_py.conformance.program import Program
from notation_py.conformance.results import Status
from notation_py.conformance.running import Named, Plan, run

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.mark.parametrize(
    ("fixture", "listed"),
    [
        pytest.param("go_notation", "notation-1.3", id="1.3"),
        pytest.param("go_main_line", "notation-2", id="main-line"),
    ],
)
def test_go_program_differs_only_where_its_list_says(
    fixture: str, listed: str, request: pytest.FixtureRequest
) -> None:
    """VER-080: nothing unexpected, no row that is stale, and hundreds of vectors on which both agree."""
    program: Path = request.getfixturevalue(fixture)
    known = KnownDifferences.load(clients_directory() / f"{listed}.toml")
    client = Program(Client((str(program),), 30.0), lambda: datetime.now(UTC))
    named = Named("notation", "", "program")
    done = run(Plan(vectors(suite_directory()), known), client, named, datetime.now(UTC), lambda _: None)
    failed = {one.name: one.reasons for one in done.results if one.status is Status.FAILED}
    assert failed == {}
    assert done.problems == ()
    assert done.counts()[Status.PASSED] > 400
