# SPDX-License-Identifier: Apache-2.0
"""The conformance check of plugins: good ones pass, each broken one is found by the requirement it breaks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from notation_py.plugin.check import CheckReport, check_plugin
from notation_py.plugin.check_report import Finding, Subject, Verdict
from notation_py.plugin.contract import Command, PluginRunner, ProgramResult
from notation_py.plugin.verification_messages import CapabilityResult
from tests.simulator.broken_plugins import BROKEN
from tests.simulator.checked_plugins import Broken, CheckedPlugin, GoodPlugin, answers, refusal
from tests.simulator.fake_plugins import (
    ALL,
    BLOB_ENVELOPE,
    ENVELOPE,
    IDENTITY,
    KEY_ID,
    RAW,
    REVOCATION,
    said,
)
from tests.simulator.pki import KEY_TYPES, NOT_AFTER, NOW, KeyType, make_chain

VERIFIERS = (IDENTITY, REVOCATION)


def checked(runner: PluginRunner, key_ids: tuple[str, ...] = (KEY_ID,), at: datetime = NOW) -> CheckReport:
    return check_plugin(Subject(runner, key_ids, {}, make_chain("EC-256", 1).ders, at))


def failed(report: CheckReport) -> list[tuple[str, str, str]]:
    return [
        (finding.requirements[0], finding.title, finding.detail)
        for finding in report.findings
        if finding.verdict is Verdict.FAILED
    ]


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_good_plugin_passes(key_type: KeyType) -> None:
    """PLG-110: nothing is said against a plugin that does everything, with any key."""
    report = checked(CheckedPlugin(GoodPlugin(make_chain(key_type, 2))))
    assert failed(report) == []
    assert report.count(Verdict.SKIPPED) == 0
    assert report.count(Verdict.PASSED) > 60
    assert report.has_passed


def test_every_check_is_the_only_one_to_find_some_plugin() -> None:
    """PLG-020 to PLG-110: no check can be left out unnoticed, whatever it is about."""
    report = check_plugin(Broken("").subject())
    titles = [finding.title for finding in report.findings]
    assert {finding.verdict for finding in report.findings} == {Verdict.PASSED}
    assert len(titles) == len(set(titles)) > 110
    assert set(titles) - {broken.alone for broken in BROKEN.values()} == set()
    assert len({broken.requirement for broken in BROKEN.values()}) >= 25


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_broken_plugin_is_found_by_the_right_requirement(broken: Broken) -> None:
    """PLG-020 to PLG-110: what is found first is the fault, by its requirement and its check."""
    report = check_plugin(broken.subject())
    assert not report.has_passed
    requirement, _, detail = failed(report)[0]
    assert requirement == broken.requirement, failed(report)
    assert detail
    if broken.alone:
        assert [title for _, title, _ in failed(report)] == [broken.alone]


@pytest.mark.parametrize("capability", ALL)
def test_only_what_is_claimed_is_checked(capability: str) -> None:
    """PLG-041: a plugin with one capability is asked for the commands of that one."""
    commands = {
        RAW: {"describe-key", "generate-signature"},
        ENVELOPE: {"generate-envelope"},
        BLOB_ENVELOPE: {"describe-key", "generate-envelope"},
    }
    asked: set[str] = set()

    def remember(command: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        asked.add(command.value)
        return result

    report = checked(CheckedPlugin(GoodPlugin(capabilities=(capability,)), misbehave=remember))
    assert failed(report) == []
    assert asked == {"get-plugin-metadata"} | commands.get(capability, {"verify-signature"})  # type: ignore[call-overload]


def test_without_a_key_signing_is_not_checked() -> None:
    """PLG-041: what was not checked is said, and is no success of its own."""
    report = checked(CheckedPlugin(GoodPlugin(capabilities=(RAW,))), ())
    skipped = [finding for finding in report.findings if finding.verdict is Verdict.SKIPPED]
    assert [finding.detail for finding in skipped] == ["name a key with --key-id to check it"]
    assert report.has_passed


def test_key_that_is_not_there_is_found() -> None:
    """PLG-045: a key that was named and cannot be used is a failure, not something that was left out."""
    report = checked(CheckedPlugin(GoodPlugin(capabilities=(RAW,))), ("other",))
    assert failed(report)[0][0] == "PLG-045"


def test_certificates_that_are_over_are_found() -> None:
    """SGN-004: a chain that is not valid now signs nothing that verifies."""
    report = checked(CheckedPlugin(GoodPlugin(capabilities=(RAW,))), at=NOT_AFTER.replace(year=2060))
    assert [requirement for requirement, _, _ in failed(report)] == ["SGN-004"]


def test_verifier_that_cannot_judge_is_not_blamed() -> None:
    """PLG-103: a plugin whose service does not answer has not broken a rule."""
    away = b'{"errorCode":"TIMEOUT","errorMessage":"the service is away"}'

    def misbehave(command: Command, request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        answered = command is Command.VERIFY_SIGNATURE and result.exit_code == 0
        return ProgramResult(1, b"", away) if answered else result

    report = checked(CheckedPlugin(GoodPlugin(capabilities=(IDENTITY,)), misbehave=misbehave))
    assert failed(report) == []
    assert "the service is away" in next(f.detail for f in report.findings if f.verdict is Verdict.SKIPPED)


def test_verifier_that_says_no_and_why_passes() -> None:
    """PLG-102: a refusal with a reason is an answer; the chain is one that nobody has to trust."""
    no = {capability: CapabilityResult(success=False, reason="not one of ours") for capability in VERIFIERS}
    assert failed(checked(CheckedPlugin(GoodPlugin(capabilities=VERIFIERS, results=no)))) == []


def test_report_in_which_nothing_passed_is_no_success() -> None:
    """PLG-110: to have been asked nothing is not to have passed."""
    skipped = Finding(Verdict.SKIPPED, ("PLG-041",), "signing")
    passed = Finding(Verdict.PASSED, ("PLG-040",), "metadata")
    assert not CheckReport("demo", "", "1.0.0", ()).has_passed
    assert not CheckReport("demo", "", "1.0.0", (skipped,)).has_passed
    assert CheckReport("demo", "", "1.0.0", (skipped, passed)).has_passed


def test_plugin_that_makes_one_type_of_envelope_passes() -> None:
    """PLG-061: a plugin may refuse a type of envelope; one that refuses both cannot make any."""
    refusal = b'{"errorCode":"VALIDATION_ERROR","errorMessage":"only JWS"}'

    def misbehave(command: Command, request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        is_cose = request.get("signatureEnvelopeType") == "application/cose"
        return ProgramResult(1, b"", refusal) if is_cose else result

    report = checked(CheckedPlugin(GoodPlugin(capabilities=(ENVELOPE,)), misbehave=misbehave))
    assert failed(report) == []
    assert report.count(Verdict.SKIPPED) == 2
    none = said("generate-envelope", stdout=b"", stderr=refusal, exit_code=1)
    assert failed(checked(CheckedPlugin(GoodPlugin(capabilities=(ENVELOPE,)), misbehave=none)))


@pytest.mark.parametrize("made", ["application/jose+json", "application/cose"])
def test_envelopes_are_asked_for_in_the_type_that_is_made(made: str) -> None:
    """PLG-024, PLG-061: who makes one type of envelope is asked for that one, oddly and in parallel."""
    other = answers(
        "generate-envelope",
        lambda request: request.get("signatureEnvelopeType") != made,
        refusal("VALIDATION_ERROR"),
    )
    report = checked(CheckedPlugin(GoodPlugin(capabilities=(ENVELOPE,)), misbehave=other))
    assert failed(report) == []
    passed = {finding.title for finding in report.findings if finding.verdict is Verdict.PASSED}
    assert {
        f"{made} envelope over an artifact",
        "8 envelopes over an artifact at once",
        "generate-envelope over an artifact ignores unknown members",
    } <= passed


@pytest.mark.parametrize(
    ("left", "verdict", "said"),
    [
        (0, Verdict.PASSED, ""),
        (1, Verdict.SKIPPED, "goes on, as an agent would"),
        (2, Verdict.FAILED, "2 of its runs left a process each"),
        (None, Verdict.SKIPPED, "this system does not tell"),
    ],
)
def test_process_of_a_command_is_an_agent_or_a_fault(left: int | None, verdict: Verdict, said: str) -> None:
    """PLG-020, R-30: one process may be an agent, for the author to judge; one for each run is none."""
    subject = (
        Broken("", capabilities=(RAW,))
        .subject()
        ._replace(runs_left=lambda command: left if command is Command.DESCRIBE_KEY else 0)
    )
    [finding] = [
        one for one in check_plugin(subject).findings if one.title == "describe-key leaves no process running"
    ]
    assert (finding.verdict, finding.requirements) == (verdict, ("PLG-020",))
    assert said in finding.detail


def test_package_is_not_asked_for_processes_and_unknown_commands() -> None:
    """PLG-110: what only a program can do is asked only of programs."""
    of_package = {finding.title for finding in checked(CheckedPlugin(GoodPlugin())).findings}
    of_program = {finding.title for finding in check_plugin(Broken("").subject()).findings}
    assert of_program - of_package == {
        "an unknown command is refused",
        *(f"{command} leaves no process running" for command in Command),
    }
