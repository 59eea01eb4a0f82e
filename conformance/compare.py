# SPDX-License-Identifier: Apache-2.0
"""Runs the suite with every client that is here, each with its list of known differences, and compares them.

`make conformance` runs this: our program, our library in process, and the Go programs where they have been
built (`python -m tests.programs`). Reports are written into `build/conformance/`. With `--document` the
numbers are also kept in `conformance/results.json`, and the table and the picture of `docs/conformance.md`
are made from them; `--from-reports` takes the reports of an earlier run. The exit code is 0 only if nothing
unexpected happened with any client.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from notation_py.conformance.documents import read_run, read_summary, summary_of
from notation_py.conformance.page import page
from notation_py.conformance.picture import picture
from notation_py.conformance.places import requirements
from notation_py.conformance.results import Summary
from notation_py.conformance.tables import markdown_table
from tests import programs

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "build" / "conformance"
RESULTS = ROOT / "conformance" / "results.json"
DOCUMENT, PICTURE = ROOT / "docs" / "conformance.md", ROOT / "docs" / "conformance.svg"
BEGIN, END = (
    "<!-- results: written by `python -m conformance.compare --document` -->",
    "<!-- end of results -->",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A client that is run: the name of its reports, and the flags of `conformance run`."""

    name: str
    flags: tuple[str, ...]


def clients() -> Iterator[Compared]:
    """Yield the clients that are here; says which are not."""
    yield Compared("notation-py", ())
    yield Compared("notation-py-library", ("--in-process",))
    for name, find in (
        ("notation-1.3", programs.notation),
        ("notation-2", programs.main_line),
    ):
        try:
            command = str(find())
        except programs.ProgramUnavailableError as error:
            print(f"{name} is not compared: {error}", file=sys.stderr)
            continue
        yield Compared(name, ("--client", command, "--known", name, "--name", "notation"))


def run(client: Compared) -> int:
    """Run the suite with *client*, write its reports, and return the exit code."""
    print(f"== {client.name}", flush=True)
    place = REPORTS / client.name
    reports = [f"--{kind}={place}.{kind}" for kind in ("json", "html")] + [f"--junit={place}.xml"]
    start = "import sys; from notation_py.cli.front import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "conformance", "run", *client.flags, *reports]
    return subprocess.run(command, check=False, cwd=ROOT).returncode


def results() -> tuple[Summary, ...]:
    """Return the numbers that are kept."""
    return tuple(read_summary(one) for one in json.loads(RESULTS.read_bytes()))


def documented(text: str, summaries: tuple[Summary, ...]) -> str:
    """Return the document *text* with the table of *summaries* in its place."""
    days = sorted({f"{one.started:%Y-%m-%d}" for one in summaries})
    table = "\n".join(markdown_table(summaries))
    block = f"{BEGIN}\n\n{table}\n\nRun on {', '.join(days)}.\n\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: block, text, flags=re.DOTALL)


def main() -> int:
    """Run everything, write what was asked for, and return the exit code."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    compared = list(clients())
    codes = [0] if "--from-reports" in sys.argv[1:] else [run(client) for client in compared]
    runs = [read_run(REPORTS / f"{client.name}.json") for client in compared]
    (REPORTS / "all.html").write_text(page(runs, requirements()), encoding="utf-8")
    (REPORTS / "all.svg").write_text(picture(runs), encoding="utf-8")
    if "--document" in sys.argv[1:]:
        RESULTS.write_text(json.dumps([summary_of(one) for one in runs], indent=1) + "\n", encoding="utf-8")
        PICTURE.write_text(picture(results()), encoding="utf-8")
        DOCUMENT.write_text(documented(DOCUMENT.read_text("utf-8"), results()), encoding="utf-8")
    print(f"reports are in {REPORTS.relative_to(ROOT)}/; all.html has everything")
    return max(*codes, *(not one.has_passed for one in runs))


if __name__ == "__main__":
    sys.exit(main())
