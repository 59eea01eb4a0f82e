# SPDX-License-Identifier: Apache-2.0
"""`notation-py conformance` as people run it, from a checkout and from a wheel, and as CI systems read it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from notation_py.conformance.places import suite_directory
from tests.simulator.commands import OURS, ROOT, Command, Settings, our_program
from tests.simulator.fake_clients import fake_client

ONLY = ("--only", "jws/[mp]*")
"""Some twenty vectors, `jws/minimal` and `jws/payload-changed` among them."""

MAX_WHEEL = 10 << 20


@pytest.fixture
def ours(tmp_path: Path) -> Command:
    """Our program, working in a directory of its own."""
    return our_program(Settings(tmp_path / "settings")).within(tmp_path)


def test_run_of_our_own_program_passes_and_writes_reports(ours: Command, tmp_path: Path) -> None:
    """CLI-001: the default client is this program; JSON, JUnit and HTML say what the table says."""
    reports = ["--json", "out/run.json", "--junit", "out/run.xml", "--html", "out/run.html"]
    ran = ours.done("conformance", "run", *ONLY, *reports)
    document = json.loads((tmp_path / "out/run.json").read_bytes())
    total = len(document["vectors"])
    assert total > 5
    assert document["passed"] is True
    assert document["counts"]["passed"] == total
    assert document["client"]["name"] == "notation-py"
    last = ran.out.splitlines()[-1].split()
    assert last == ["all", str(total), str(total), "0", "0", "0", "0"]
    suites = ET.fromstring((tmp_path / "out/run.xml").read_text())
    assert (suites.get("tests"), suites.get("failures")) == (str(total), "0")
    page = (tmp_path / "out/run.html").read_text()
    assert f"of {total} vectors passed" in page
    assert str(tmp_path) not in page + json.dumps(document)


def test_run_of_the_library_has_the_same_verdicts(ours: Command) -> None:
    """The library in process passes the vectors that the program passes."""
    ran = ours.done("conformance", "run", "--in-process", *ONLY)
    name, total, passed, *others = ran.out.splitlines()[-1].split()
    assert (name, passed, others) == ("all", total, ["0", "0", "0", "0"])
    assert int(total) > 5


def test_run_of_a_wrong_client_exits_1_and_names_each_vector(ours: Command, tmp_path: Path) -> None:
    """A client that accepts everything fails; the failed vectors are named with the reason."""
    client = fake_client("accepts", tmp_path)
    ran = ours("conformance", "run", "--client", " ".join(client.words), *ONLY, "--html", "run.html")
    assert ran.code == 1
    assert "FAILED  jws/payload-changed: expected refuse: the client answers accept" in ran.out
    assert "FAILED  jws/minimal" not in ran.out
    assert ran.err.splitlines()[-2].startswith("Error: conformance of python")
    assert "<h2>Unexpected</h2>" in (tmp_path / "run.html").read_text()


def test_list_of_known_differences_makes_a_run_pass_and_is_held_to_it(ours: Command, tmp_path: Path) -> None:
    """What is listed is no failure; what is listed and is no difference is one."""
    client = ["--client", " ".join(fake_client("accepts", tmp_path).words)]
    row = '[[differences]]\nvectors = ["{}"]\noutcome = "accept"\nreason = "this client accepts everything"\n'
    listed = tmp_path / "known.toml"
    listed.write_text('client = "fake"\n' + row.format("jws/payload-changed"))
    only = ["--only", "jws/payload-changed", "--known", str(listed)]
    assert ours.done("conformance", "run", *client, *only).out.splitlines()[-1].split()[3] == "1"
    listed.write_text('client = "fake"\n' + row.format("jws/minimal"))
    ran = ours("conformance", "run", *client, "--only", "jws/minimal", "--known", str(listed))
    assert ran.code == 1
    assert "listed as a known difference (accept), and it is none" in ran.out


def test_list_and_show_tell_what_a_vector_is_about(ours: Command) -> None:
    """CLI-001: names, expectations and titles; one vector with its command and files."""
    listed = ours.done("conformance", "list", *ONLY).out
    assert "jws/payload-changed" in listed
    assert "refuse (integrity)" in listed
    shown = ours.done("conformance", "show", "jws/payload-changed").out
    for wanted in (
        "requirements:",
        "refuse (integrity)",
        "verify registry.conformance.test/",
        "signature.json",
    ):
        assert wanted in shown


def test_report_lays_runs_side_by_side(ours: Command, tmp_path: Path) -> None:
    """Two runs become one table, one page and one picture."""
    for name in ("one", "two"):
        ours.done(
            "conformance",
            "run",
            "--in-process",
            *ONLY,
            "--name",
            name,
            "--json",
            str(tmp_path / f"{name}.json"),
        )
    ran = ours.done(
        "conformance", "report", "one.json", "two.json", "--html", "both.html", "--svg", "both.svg"
    )
    assert ran.out.splitlines()[0].startswith("| area | vectors | one ")
    assert "two" in (tmp_path / "both.html").read_text()
    assert ET.fromstring((tmp_path / "both.svg").read_text()).tag.endswith("svg")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "no/such"), "no vector in"),
        (("--client", ""), "FAILED"),
        (("--client", "'"), "--client is not a command"),
        (("--client", "/no/such/program"), "cannot be started"),
        (("--in-process", "--client", "x"), "cannot be used together"),
        (("--jobs", "-1"), "must not be negative"),
        (("--timeout", "0s"), "must be a positive duration"),
        (("--known", "nobody"), "no list of known differences is called 'nobody'"),
    ],
)
def test_line_that_cannot_be_meant_is_refused(ours: Command, words: tuple[str, ...], message: str) -> None:
    """CLI-002: one error, exit code 1; an empty --client is the default."""
    if words == ("--client", ""):
        assert ours("conformance", "run", "--only", "jws/minimal", *words).code == 0
        return
    ran = ours("conformance", "run", *words)
    assert ran.code == 1
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_other_commands_know_nothing_of_the_suite(ours: Command) -> None:
    """The start-up budget: nothing of the runner is imported by another command."""
    spy = (
        "import sys\nfrom notation_py.cli.front import main\ncode = main()\n"
        "print([name for name in sys.modules if 'conformance' in name], file=sys.stderr)\nsys.exit(code)"
    )
    program = Command((sys.executable, "-c", spy), ours.environment)
    assert program.done("version").err.splitlines()[-1] == "[]"
    assert program.done("policy", "--help").err.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_wheel_carries_the_suite_and_runs_it(tmp_path: Path) -> None:
    """An installed wheel, with no checkout in sight, finds its vectors, lists and requirements."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < MAX_WHEEL
    installed = tmp_path / "installed"
    with ZipFile(wheel) as archive:
        archive.extractall(installed)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(installed)}
    program = Command((sys.executable, "-P", *OURS[1:]), environment, tmp_path)
    shown = program.done("conformance", "show", "jws/minimal").out
    assert f"{installed}/notation_py/conformance/suite/jws/minimal/vector.toml" in shown
    ran = program.done(
        "conformance", "run", "--only", "jws/m*", "--known", "notation-py", "--html", "run.html"
    )
    assert ran.out.splitlines()[-1].split()[1] != "0"
    assert "flattened" in (tmp_path / "run.html").read_text()
    vectors = list((installed / "notation_py/conformance/suite").glob("*/*/vector.toml"))
    assert len(vectors) == len(list(suite_directory().glob("*/*/vector.toml")))
