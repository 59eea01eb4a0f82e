# SPDX-License-Identifier: Apache-2.0
"""The table and the picture of docs/conformance.md are those of the kept results, and those of this suite."""

from __future__ import annotations

import re

from conformance.compare import DOCUMENT, PICTURE, ROOT, documented, results
from notation_py.conformance.picture import picture
from notation_py.conformance.places import suite_directory
from notation_py.conformance.results import Status


def test_document_shows_the_results_that_are_kept() -> None:
    """`python -m conformance.compare --document` has written both."""
    text = DOCUMENT.read_text("utf-8")
    assert documented(text, results()) == text
    assert PICTURE.read_text("utf-8") == picture(results())


def test_results_are_those_of_the_whole_suite() -> None:
    """Every client was run on every vector that there is now, and nothing was unexpected."""
    vectors = len(list(suite_directory().glob("*/*/vector.toml")))
    assert {one.counts().total() for one in results()} == {vectors}
    assert {(one.client, one.mode) for one in results()} == {
        ("notation-py", "program"),
        ("notation-py", "library"),
        ("notation", "program"),
    }
    assert len(results()) == 4
    assert [one.counts()[Status.FAILED] for one in results()] == [0, 0, 0, 0]


def test_our_own_program_and_library_have_no_known_differences() -> None:
    """What we are held to, we hold: with our program and our library everything that is run passes."""
    ours = [one for one in results() if one.client == "notation-py"]
    assert [one.counts()[Status.KNOWN] for one in ours] == [0, 0]
    assert all(one.counts()[Status.NOT_SUPPORTED] == 0 for one in ours)


def test_no_other_module_imports_the_runner() -> None:
    """The runner is of no concern to other commands: nothing but its own handler names it."""
    package = ROOT / "notation_py"
    handlers = {package / "cli" / "conformance.py"}
    others = [
        path
        for path in package.rglob("*.py")
        if path not in handlers and path.parent != package / "conformance"
    ]
    importing = re.compile(
        r"^\s*(?:from \.+conformance\b|from \.+ import conformance\b|import .*\bconformance)", re.MULTILINE
    )
    found = {str(path.relative_to(ROOT)) for path in others if importing.search(path.read_text("utf-8"))}
    assert found <= {"notation_py/cli/app.py"}, "app.py imports the declaration, in cli/tree"
