# SPDX-License-Identifier: Apache-2.0
"""`plugin check` as people run it: programs and packages, good and bad, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator.commands import Command, Settings, our_program
from tests.simulator.plugin_programs import is_running

PACKAGE = """
import os, sys
from notation_py.plugin import *
from tests.simulator.checked_plugins import GoodPlugin

class Noisy(GoodPlugin):
    def __init__(self):
        super().__init__(name="noisy", capabilities=("SIGNATURE_VERIFIER.TRUSTED_IDENTITY",))
    def verify_signature(self, request):
        {noise}
        return super().verify_signature(request)
"""


@pytest.fixture
def ours(tmp_path: Path) -> Command:
    return our_program(Settings(tmp_path / "settings"))


def put_package(directory: Path, noise: str, ours: Command) -> Command:
    """Return our program with a package that brings the plugin `noisy`."""
    metadata = directory / "noisy-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.4\nName: noisy\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[notation_py.plugins]\nnoisy = noisy:Noisy\n")
    (directory / "noisy.py").write_text(PACKAGE.format(noise=noise))
    return ours.with_environment(PYTHONPATH=f"{ours.environment['PYTHONPATH']}:{directory}")


def put_program(ours: Command, name: str, text: str) -> None:
    program = Path(ours.environment["NOTATION_LIBEXEC"]) / "plugins" / name / f"notation-{name}"
    program.parent.mkdir(parents=True)
    program.write_text(text)
    program.chmod(0o755)


def test_package_in_order_passes(tmp_path: Path, ours: Command) -> None:
    """PLG-110: exit code 0, and a line for each check."""
    ran = put_package(tmp_path / "site", "pass", ours).done("plugin", "check", "noisy")
    lines = ran.out.splitlines()
    assert lines[0] == "noisy 1.2.3 (noisy:Noisy of noisy 1.0)"
    assert lines[-1].endswith(" passed, 0 failed, 0 skipped")
    assert len(lines) > 20
    assert ran.err == ""


@pytest.mark.parametrize(
    "noise",
    [
        "print('looking')",
        "os.write(1, b'looking')",
        "import subprocess; subprocess.run(['echo', 'looking'])",
    ],
    ids=["print", "descriptor", "child"],
)
def test_package_that_prints_is_found(tmp_path: Path, ours: Command, noise: str) -> None:
    """PLG-110: what a plugin in this process prints is heard, and does not get into the report."""
    ran = put_package(tmp_path / "site", noise, ours)("plugin", "check", "noisy", "--output", "json")
    assert ran.code == 1
    broken = [check for check in ran.json["checks"] if check["verdict"] == "failed"]
    assert {requirement for check in broken for requirement in check["requirements"]} == {"PLG-110"}
    assert "looking" in broken[0]["detail"]
    assert ran.json["passed"] is False
    assert ran.err.startswith("Error: plugin noisy does not keep the plugin contract: ")


def test_program_that_answers_anything_is_found(ours: Command) -> None:
    """PLG-110, PLG-024: a program in shell that never refuses is told so, by requirement."""
    metadata = {
        "name": "easy",
        "description": "always the same",
        "version": "1.0.0",
        "url": "https://easy.example",
        "supportedContractVersions": ["1.0"],
        "capabilities": ["SIGNATURE_VERIFIER.REVOCATION_CHECK"],
    }
    put_program(ours, "easy", f"#!/bin/sh\ncat >/dev/null\necho '{json.dumps(metadata)}'\n")
    ran = ours("plugin", "check", "easy")
    assert ran.code == 1
    assert "FAILED   PLG-110 " in ran.out
    assert "the request was accepted" in ran.out
    lines = ran.out.splitlines()
    assert [line[:7] for line in lines if line.endswith("  an unknown command is refused")] == ["FAILED "]
    assert [line[:7] for line in lines if line.endswith("  the metadata is complete")] == ["passed "]
    assert "Hint: each line that failed names the requirement" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing",), "either not found or inaccessible"),
        (("../easy",), "invalid plugin name"),
        (("nothing", "--output", "xml"), 'invalid format: "xml"'),
        (("nothing", "--key-id", ""), "key id cannot be empty"),
        (("nothing", "--plugin-config", "a"), "key-value pair requires"),
        ((), "plugin name is required"),
        (("a", "b"), "only one plugin can be checked at a time"),
    ],
    ids=["absent", "path", "format", "empty key", "pair", "no name", "two names"],
)
def test_line_that_cannot_be_meant_is_one_error(ours: Command, words: tuple[str, ...], said: str) -> None:
    """CLI-001, PLG-005: nothing is run, and one error says why."""
    ran = ours("plugin", "check", *words)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert ran.err.count("Error: ") == 1


def test_program_that_leaves_a_process_is_found(ours: Command) -> None:
    """Attack 156; PLG-020: the check ends although a child of the plugin holds its output."""
    put_program(ours, "fork", "#!/bin/sh\ncat >/dev/null\nsleep 60 &\necho '{}'\n")
    ran = ours("plugin", "check", "fork", "--output", "json")
    assert ran.code == 1
    assert ran.json["checks"][0]["requirements"] == ["PLG-020"]
    assert "keeps its output open" in ran.json["checks"][0]["detail"]


DOUBLE_FORK = """(setsid sh -c 'echo $$ >>PIDS; exec sleep 300' </dev/null >/dev/null 2>&1 &)
while [ ! -s PIDS ]; do sleep 0.01; done"""
STAYS = """#!/bin/sh
cat >/dev/null
case $1 in
get-plugin-metadata)
  FIRST
  cat <<'END'
{"name":"stays","description":"leaves processes behind","version":"1.0.0","url":"https://stays.example",
 "supportedContractVersions":["1.0"],"capabilities":["SIGNATURE_VERIFIER.REVOCATION_CHECK"]}
END
  ;;
*)
  OTHER
  cat <<'END'
{"verificationResults":{"SIGNATURE_VERIFIER.REVOCATION_CHECK":{"success":true}},"processedAttributes":[]}
END
  ;;
esac
"""


@pytest.mark.parametrize(
    ("first", "other", "verdicts"),
    [
        (":", ":", ["passed", "passed"]),
        (DOUBLE_FORK, ":", ["failed", "passed"]),
        (":", DOUBLE_FORK, ["passed", "failed"]),
        (":", f"if [ ! -s PIDS ]; then {DOUBLE_FORK}; fi", ["passed", "skipped"]),
    ],
    ids=["none", "metadata", "each command", "agent"],
)
def test_process_that_left_the_group_is_found_and_ended(
    tmp_path: Path, ours: Command, first: str, other: str, verdicts: list[str]
) -> None:
    """PLG-020, R-30: what forked twice and closed its outputs is counted by command; an agent is one."""
    pids = tmp_path / "pids"
    script = STAYS.replace("FIRST", first).replace("OTHER", other).replace("PIDS", str(pids))
    put_program(ours, "stays", script)
    ran = ours("plugin", "check", "stays", "--output", "json")
    found = [check for check in ran.json["checks"] if check["title"].endswith(" leaves no process running")]
    assert [check["title"].split()[0] for check in found] == ["get-plugin-metadata", "verify-signature"]
    assert [check["verdict"] for check in found] == verdicts
    assert all(check["requirements"] == ["PLG-020"] for check in found)
    left = [int(line) for line in pids.read_text().split()] if pids.exists() else []
    assert bool(left) == (verdicts != ["passed", "passed"])
    assert not any(is_running(process) for process in left)


def test_key_is_needed_to_check_signing(tmp_path: Path, ours: Command) -> None:
    """PLG-041: what was not checked is counted and said."""
    site = tmp_path / "site"
    with_package = put_package(site, "pass", ours)
    module = site / "noisy.py"
    module.write_text(module.read_text().replace("VERIFIER.TRUSTED_IDENTITY", "GENERATOR.RAW"))
    ran = with_package.done("plugin", "check", "noisy")
    assert "name a key with --key-id to check it" in ran.out
    assert ran.out.splitlines()[-1].endswith("0 failed, 1 skipped")
    ran = with_package.done("plugin", "check", "noisy", "--key-id", "key-1")
    assert ran.out.splitlines()[-1].endswith("0 failed, 0 skipped")


def test_configuration_is_masked_in_the_log_of_a_check(ours: Command) -> None:
    """Attack 161; R-36: in requests of every kind, those that are no requests among them."""
    put_program(ours, "easy", "#!/bin/sh\ncat\n")
    ran = ours("plugin", "check", "-d", "easy", "--key-id", "k", "--plugin-config", "token=hunter2hunter2")
    log = [line for line in ran.err.splitlines() if "level=debug" in line]
    assert any('"token":"*****"' in line for line in log)
    assert not [line for line in log if "hunter2" in line]


def test_one_plugin_does_not_make_the_table_unreadable(ours: Command) -> None:
    """Attack 184: what a plugin says of itself may be long, and a row of the table not."""
    metadata = {
        "name": "long",
        "description": "d" * 60_000,
        "version": "1.0.0",
        "url": "https://long.example",
        "supportedContractVersions": ["1.0"],
        "capabilities": ["SIGNATURE_VERIFIER.REVOCATION_CHECK"],
    }
    put_program(ours, "long", f"#!/bin/sh\ncat >/dev/null\necho '{json.dumps(metadata)}'\n")
    listed = ours.done("plugin", "list").out
    assert f"long   {'d' * 255}…   1.0.0" in listed
    assert max(map(len, listed.splitlines())) < 1000
