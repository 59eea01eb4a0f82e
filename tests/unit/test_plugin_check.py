# SPDX-License-Identifier: Apache-2.0
"""The conformance check of plugins: good ones pass, each broken one is found by the requirement it breaks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from notation_py.plugin.check import CheckReport, check_plugin
from notation_py.plugin.check_report import Subject, Verdict
from notation_py.plugin.contract import Command, PluginRunner, ProgramResult
from tests.simulator.broken_plugins import BROKEN, Broken, CheckedPlugin, GoodPlugin
from tests.simulator.fake_plugins import ALL, BLOB_ENVELOPE, ENVELOPE, IDENTITY, KEY_ID, RAW, said
from tests.simulator.pki import KEY_TYPES, NOT_AFTER, NOW, KeyType, make_chain


def checked(runner: PluginRunner, key_ids: tuple[str, ...] = (KEY_ID,), at: datetime = NOW) -> CheckReport:
    return check_plugin(Subject(runner, key_ids, {}, make_chain("EC-256", 1).ders, at))


def failed(report: CheckReport) -> list[tuple[str, str, str]]:
    return [
        (*finding.requirements, finding.title, finding.detail)
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


def test_there_are_at_least_twenty_broken_plugins_for_most_requirements() -> None:
    """The list of faults covers what the check is about: PLG-020 to PLG-104, each in more than one way."""
    assert len(BROKEN) >= 40
    assert len({broken.requirement for broken in BROKEN.values()}) >= 20


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_broken_plugin_is_found_by_the_right_requirement(broken: Broken) -> None:
    """PLG-020 to PLG-104: the first thing that is found is the fault, by its requirement."""
    report = checked(broken.runner())
    assert not report.has_passed
    requirement, _, detail = failed(report)[0]
    assert requirement == broken.requirement, failed(report)
    assert detail


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


@pytest.mark.parametrize(
    ("result", "passes"),
    [
        (ProgramResult(1, b"", b"unknown command"), True),
        (ProgramResult(1, b"", b""), False),
        (ProgramResult(0, b"{}", b""), False),
        (ProgramResult(2, b"", b"usage"), False),
    ],
    ids=["refused", "silent", "accepted", "other code"],
)
def test_word_that_is_no_command_is_tried(result: ProgramResult, passes: bool) -> None:
    """PLG-110: an unknown command ends with a message and exit code 1."""
    runner = CheckedPlugin(GoodPlugin(capabilities=(IDENTITY,)))
    subject = Subject(runner, (), {}, make_chain("EC-256", 1).ders, NOW, lambda _word: result)
    assert check_plugin(subject).has_passed is passes
