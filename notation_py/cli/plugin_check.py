# SPDX-License-Identifier: Apache-2.0
"""`plugin check`: whether a plugin keeps the contract, as lines for people or one document for programs.

Finds the plugin and shows the report. What is checked, and which requirement a fault breaks, is decided in
`plugin/check.py`.

Spec: docs/writing-a-plugin.md. Requirements: PLG-110, CLI-001.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

from ..adapters.entry_points import EntryPointPlugin
from ..adapters.local_keys import generate_test_pair
from ..adapters.plugin_noise import OverheardPlugin
from ..adapters.plugin_programs import ProgramPlugin
from ..adapters.plugin_watch import WatchedProgram
from ..adapters.plugins import InstalledPlugins
from ..document import write_json
from ..errors import PluginError, UsageError
from ..plugin.check import CheckReport, check_plugin
from ..plugin.check_report import Finding, Subject, Verdict
from ..plugin.contract import PluginRunner
from ..reference import go_quote
from .pairs import parse_pairs, text_of
from .plugins import traced
from .printable import printable_json
from .session import Session, one_line

_REQUIREMENTS_WIDTH = 36


def run(values: Mapping[str, Any], session: Session) -> None:
    """Check the plugin that the argument names, and show what was found.

    Raises:
        UsageError: a flag cannot be meant. PluginError: there is no such plugin, or a check failed.
    """
    output = values["output"]
    if output not in {"text", "json"}:
        raise UsageError(f"invalid format: {go_quote(output)}", hint="use --output text or --output json")
    config = parse_pairs(values["plugin_config"], "plugin-config")
    key_ids = tuple(text_of(key_id, "key-id") for key_id in values["key_id"])
    if not all(key_ids):
        raise UsageError("key id cannot be empty")
    installed = InstalledPlugins(
        session.directories, session.environment, session.strictness, warn=session.warn
    )
    runner = installed.find(values["arguments"][0])
    session.tell(f"Checking {runner.origin}")
    report = _report(runner, key_ids, config, session)
    if output == "json":
        session.write(_document(report))
    else:
        for line in _lines(report):
            session.say(line)
    if not report.has_passed:
        raise PluginError(
            f"plugin {report.name} does not keep the plugin contract: {_counts(report)}",
            hint="each line that failed names the requirement; see docs/writing-a-plugin.md",
        )


def _report(
    runner: PluginRunner, key_ids: tuple[str, ...], config: dict[str, str], session: Session
) -> CheckReport:
    certificate = generate_test_pair("notation-py-check", 2048, session.at).certificate
    chain = (certificate.der,)
    if isinstance(runner, ProgramPlugin):
        with WatchedProgram(runner) as watched:
            asked = traced(watched, session)
            extras = (runner.run_word, watched.runs_left)
            return check_plugin(Subject(asked, key_ids, config, chain, session.at, *extras))
    heard = OverheardPlugin(runner) if isinstance(runner, EntryPointPlugin) else nullcontext(runner)
    with heard as overheard:
        asked = traced(overheard, session)
        return check_plugin(Subject(asked, key_ids, config, chain, session.at))


def _counts(report: CheckReport) -> str:
    return ", ".join(f"{report.count(verdict)} {verdict}" for verdict in Verdict)


def _lines(report: CheckReport) -> Iterator[str]:
    yield f"{one_line(report.name)} {one_line(report.version)} ({one_line(report.origin)})"
    for finding in report.findings:
        about = ", ".join(finding.requirements).ljust(_REQUIREMENTS_WIDTH)
        yield f"{_word(finding)}  {about}  {one_line(finding.title)}"
        if finding.detail:
            yield f"         {one_line(finding.detail)}"
    yield _counts(report)


def _word(finding: Finding) -> str:
    return "FAILED " if finding.verdict is Verdict.FAILED else str(finding.verdict).ljust(7)


def _document(report: CheckReport) -> str:
    document = {
        "name": report.name,
        "version": report.version,
        "origin": report.origin,
        "passed": report.has_passed,
        "counts": {verdict.value: report.count(verdict) for verdict in Verdict},
        "checks": [
            {
                "verdict": finding.verdict.value,
                "requirements": list(finding.requirements),
                "title": finding.title,
                **({"detail": finding.detail} if finding.detail else {}),
            }
            for finding in report.findings
        ],
    }
    return printable_json(write_json(document, indent="  ")) + "\n"
