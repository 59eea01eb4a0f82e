# SPDX-License-Identifier: Apache-2.0
"""Each quirk of the Go program's command line is decided, and each trap of imitating it has its test.

The quirks are those of section 14 of the contract, the traps those of section 15.
"""

from __future__ import annotations

import ast
import os
import select
import subprocess
from pathlib import Path

import pytest

from tests.simulator import pki
from tests.simulator.commands import Settings, our_program
from tests.test_cli_coverage import deviations

ROOT = Path(__file__).parents[1]

QUIRKS = {
    "blob verify with level skip crashes": "BLOB-A",
    "a blob statement that is both global and skip": "TRUST-1",
    "a formatting accident ends two trust store errors": "CLI-27",
    "a stray space before 'Signature file written to'": "CLI-28",
    "--force on blob sign warns without an existing file": "CLI-28",
    "NOTATION_CONFIG is not used for two settings": "CLI-3",
    "localhost without a port is reached by TLS": "CLI-28",
    "the limit warning of inspect is on standard output": "CLI-18",
    "random order of the metadata table": "CLI-30",
    "COSE times in the local zone": "CLI-17",
    "the executable bit depends on the order of files": "CLI-32",
    "a declined prompt exits 0": "CLI-29",
    "an unknown subcommand of a group exits 0": "CLI-1",
    "--debug disables retries": "REG-8",
    "formatting accidents in the debug log": "CLI-27",
}
TRAPS = {
    "long options are not abbreviated, options stand before the command": "unit/test_parser.py::"
    "test_command_is_found_between_flags_and_by_alias",
    "the order of checks": "unit/test_parser.py::test_first_failing_check_decides",
    "the texts of groups": "unit/test_parser.py::test_parse_refuses_with_the_text_of_go",
    "JSON as Go writes it": "unit/test_document.py::test_written_json_is_what_the_go_encoder_writes",
    "distinguished names": "unit/test_name.py::test_name_text_is_that_of_go",
    "times": "interop/test_cli_differential.py::test_both_programs_say_the_same",
    "Go's quoting and maps": "unit/test_name.py::test_name_is_shown_as_go_prints_a_map",
    "errors of the system": "unit/test_files.py::test_read_file_speaks_like_the_go_program",
    "errors of cryptography": "interop/test_cli_differential.py::test_both_programs_say_the_same",
    "spaces at the end of tables": "test_scripts.py::test_transcript_is_what_the_program_does",
    "credentials leave the environment": "unit/test_front.py::test_secrets_leave_the_environment_first",
    "plain HTTP by rule": "unit/test_registry_hosts.py::test_attack_127_plain_http_only_by_rule",
    "the referrers fallback": "contract/test_repository_contract.py::"
    "test_pushed_manifest_is_listed_and_fetched",
    "modes, links and exclusive creation": "unit/test_files.py::"
    "test_read_file_refuses_what_is_not_a_regular_file",
    "letter case of policy members": "unit/test_policy.py::test_misspelt_member_gets_a_suggestion",
    "output is flushed in order": "test_cli_decisions.py::test_question_is_asked_before_the_answer_is_read",
    "broken pipes and interrupts": "unit/test_front.py::test_interrupt_ends_without_traceback",
    "trust in TLS": "e2e/test_plugin_download.py::test_package_is_downloaded_through_redirects",
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_every_quirk_is_decided(quirk: str) -> None:
    """CLI-001, CLI-002: kept or mended, it has a row that says so."""
    assert QUIRKS[quirk] in deviations()


@pytest.mark.parametrize("trap", TRAPS)
def test_every_trap_has_its_test(trap: str) -> None:
    """CLI-001, CLI-002: the test that is named exists."""
    path, _, name = TRAPS[trap].partition("::")
    tree = ast.parse((ROOT / "tests" / path).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_question_is_asked_before_the_answer_is_read(tmp_path: Path) -> None:
    """CLI-014: the question has left a pipe while nobody has answered yet."""
    settings = Settings(tmp_path)
    settings.trust("s", pki.make_chain("EC-256", 2))
    program = our_program(settings)
    words = [*program.words, "cert", "delete", "-t", "ca", "-s", "s", "root.pem"]
    with subprocess.Popen(
        words, env=program.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 30)[0]
        question = os.read(process.stdout.fileno(), 4096).decode()
        assert question == 'Are you sure you want to delete "root.pem" in "s" of type "ca"? [y/N] '
        process.stdin.write("y\n")
        process.stdin.close()
        assert process.stdout.read().startswith("Successfully deleted root.pem")
    assert process.returncode == 0
