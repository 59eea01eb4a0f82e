# SPDX-License-Identifier: Apache-2.0
"""The runner with clients that are wrong on purpose: each is noticed, ended, and reported as what it is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notation_py.conformance.answer import Answer, Kind
from notation_py.conformance.judging import CHECK, difference
from notation_py.conformance.known import KnownDifference, KnownDifferences
from notation_py.conformance.loading import load
from notation_py.conformance.places import suite_directory
from notation_py.conformance.processes import Client
from notation_py.conformance.program import Program, version_of
from notation_py.conformance.results import Run, Status
from notation_py.conformance.running import Named, Plan, run
from notation_py.conformance.vector import Clock, Vector, Verdict
from notation_py.errors import ConfigurationError
from tests.simulator.fake_clients import fake_client

STARTED = datetime(2026, 6, 1, tzinfo=UTC)
SUITE = suite_directory()
GOOD = load(SUITE / "jws/minimal")
CHANGED = load(SUITE / "jws/payload-changed")
REVOKED = load(SUITE / "revocation/leaf-revoked-by-ocsp")
THREE = (GOOD, CHANGED, REVOKED)


def now() -> datetime:
    return datetime.now(UTC)


Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a function that makes a runner with the fake client of a name."""
    return lambda name, **options: Program(fake_client(name, tmp_path, **options), now)


def everything(
    program: Program, *, known: KnownDifferences | None = None, vectors: tuple[Vector, ...] = THREE
) -> Run:
    plan = Plan(vectors, known or KnownDifferences(), 2)
    return run(plan, program, Named("fake", "1", "program"), STARTED, lambda _: None)


@pytest.fixture
def survivors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return a function that finds processes of this test: clients get the variable OF_TEST to keep."""
    monkeypatch.setenv("OF_TEST", str(tmp_path))
    wanted = f"OF_TEST={tmp_path}".encode()

    def found() -> list[str]:
        pids = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and wanted in (entry / "environ").read_bytes():
                    pids.append(entry.name)
            except OSError:
                continue
        return [pid for pid in pids if int(pid) != os.getpid()]

    return found


def test_honest_client_passes(start: Start) -> None:
    """VER-080: our program, started as any client, has the verdicts and checks of the vectors."""
    done = everything(start("honest", seconds=60.0))
    assert {one.name: one.reasons for one in done.results} == {vector.name: () for vector in THREE}
    assert done.has_passed
    assert done.counts()[Status.PASSED] == len(THREE)


def test_client_that_accepts_everything_fails_where_it_has_to_refuse(start: Start) -> None:
    """The failed vectors are exactly those that expect a refusal."""
    done = everything(start("accepts"))
    failed = {one.name for one in done.results if one.status is Status.FAILED}
    assert failed == {CHANGED.name, REVOKED.name}
    assert not done.has_passed


def test_client_that_refuses_everything_fails_where_it_has_to_accept(start: Start) -> None:
    """A refusal of a good signature is a failure, too."""
    done = everything(start("refuses"), vectors=(GOOD, CHANGED))
    assert [one.name for one in done.results if one.status is Status.FAILED] == [GOOD.name]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("traceback", Kind.CRASH),
        ("panic", Kind.CRASH),
        ("exit code 3", Kind.CRASH),
        ("killed", Kind.CRASH),
        ("internal error", Kind.CRASH),
    ],
)
def test_crash_is_never_a_refusal(start: Start, name: str, kind: Kind) -> None:
    """CLI-002: a vector that expects a refusal is not passed by a program that breaks down."""
    answer = start(name).answer(CHANGED)
    assert answer.kind is kind
    found = difference(CHANGED, answer)
    assert found is not None
    assert found.outcome == "crash"


def test_client_that_hangs_is_ended(start: Start, survivors: Callable[[], list[str]]) -> None:
    """R-10: after the time limit the client is ended, and that is a failure."""
    began = time.monotonic()
    program = start("hangs", seconds=3.0, kept=("OF_TEST",))
    answer = program.answer(CHANGED)
    assert answer.kind is Kind.HANG
    assert time.monotonic() - began < 30
    assert survivors() == []


@pytest.mark.parametrize("name", ["leaves a process behind", "leaves a child behind"])
def test_processes_that_are_left_behind_are_found_and_ended(
    start: Start, name: str, survivors: Callable[[], list[str]]
) -> None:
    """SEC-002: in its own session or not, nothing outlives the vector."""
    answer = start(name, kept=("OF_TEST",)).answer(GOOD)
    assert (answer.kind, answer.said) == (Kind.UNTIDY, "left 1 processes behind")
    assert survivors() == []


def test_client_that_writes_outside_its_home_is_untidy(start: Start) -> None:
    """SEC-005: what lies beside the directories of the client is named."""
    answer = start("writes outside").answer(GOOD)
    assert (answer.kind, answer.said) == (Kind.UNTIDY, "wrote escaped outside its directories")


@pytest.mark.parametrize("name", ["removes its directories", "puts a link in their place"])
def test_client_that_destroys_its_directories_is_untidy(
    start: Start, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-25: one failed vector, and not the end of the run."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    done = everything(start(name), vectors=(GOOD,))
    [result] = done.results
    assert (result.status, result.outcome) == (Status.FAILED, Kind.UNTIDY)
    assert "its directories" in result.reasons[0]
    assert list(temporary.iterdir()) == []


def test_client_that_writes_to_the_callers_configuration_fails_the_run(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's own directories of notation are the same afterwards, or the run has failed."""
    home = tmp_path / "caller"
    (home / ".config" / "notation").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("TARGET", str(home / ".config/notation/trustpolicy.json"))
    done = everything(start("writes where it is told", kept=("TARGET",)), vectors=(GOOD,))
    assert done.problems == ("the client changed the caller's configuration",)
    assert not done.has_passed


def test_wrong_check_is_a_failure_and_no_check_only_if_asked(start: Start) -> None:
    """VER-080: integrity is not expiry; saying nothing is enough unless --strict-checks is given."""
    wrong = difference(CHANGED, start("refuses and names expiry").answer(CHANGED))
    assert wrong is not None
    assert (wrong.outcome, "it was expiry" in wrong.reasons[0]) == (CHECK, True)
    assert difference(CHANGED, start("refuses and names integrity").answer(CHANGED)) is None
    silent = start("refuses").answer(CHANGED)
    assert difference(CHANGED, silent) is None
    strict = difference(CHANGED, silent, strict_checks=True)
    assert strict is not None
    assert "does not say which one" in strict.reasons[0]


def test_client_that_ignores_revocation_fails_that_vector_alone(start: Start) -> None:
    """REV-001: one check that is missing is one vector that fails."""
    done = everything(start("ignores revocation", seconds=60.0))
    failed = {one.name: one.outcome for one in done.results if one.status is Status.FAILED}
    assert failed == {REVOKED.name: "accept"}


def test_environment_of_a_client_has_nothing_of_the_caller(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-002: credentials of the caller do not reach a client; what is named with --keep does."""
    monkeypatch.setenv("NOTATION_PASSWORD", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("WANTED", "yes")
    said = start("shows its environment", kept=("WANTED",)).answer(GOOD).out or ""
    assert "NOTATION_CONFIG" in said
    assert "WANTED" in said
    assert "NOTATION_PASSWORD" not in said
    assert "AWS_SECRET_ACCESS_KEY" not in said


def test_endless_output_costs_no_memory_without_end(start: Start) -> None:
    """R-10: output beyond what a verdict needs is dropped."""
    answer = start("endless output", seconds=2.0).answer(GOOD)
    assert answer.kind is Kind.HANG
    assert len(answer.out or "") <= 4 << 20


def test_command_that_help_does_not_show_is_not_supported(start: Start) -> None:
    """A client without a command, or without a flag that a vector needs, is not failed for it."""
    program = start("refuses")
    unknown = replace(GOOD, arguments={"plugin_config": {"a": "b"}})
    answer = program.answer(unknown)
    assert (answer.kind, answer.said) == (Kind.NOT_SUPPORTED, "`verify --help` does not show --plugin-config")
    done = everything(program, vectors=(unknown,))
    assert [one.status for one in done.results] == [Status.NOT_SUPPORTED]
    assert not done.has_passed, "a run in which nothing was run has not passed"


def test_vector_with_a_fixed_clock_is_not_run_and_never_passed(start: Start) -> None:
    """A program has the machine's clock; one that takes the moment on its line gets the vector's."""
    fixed = replace(GOOD, clock=Clock.FIXED)
    program = start("accepts")
    assert program.answer(fixed).kind is Kind.NOT_RUN
    told = Program(replace(program.client, words=(*program.client.words, "at={at}")), now)
    assert told.answer(fixed).kind is Kind.ACCEPT


def test_known_difference_is_no_failure_and_a_stale_one_is(start: Start) -> None:
    """A list is held to what it says: the vector, the outcome, and that there is a difference at all."""
    reason = "a reason that is a sentence"
    listed = KnownDifferences("fake", (KnownDifference((CHANGED.name,), "accept", reason, "R1"),))
    done = everything(start("accepts"), known=listed, vectors=(GOOD, CHANGED))
    assert [(one.status, one.reasons[:1]) for one in done.results] == [
        (Status.PASSED, ()),
        (Status.KNOWN, (reason,)),
    ]
    assert done.has_passed
    stale = everything(start("refuses"), known=listed, vectors=(CHANGED,))
    assert [one.status for one in stale.results] == [Status.FAILED]
    assert "it is none" in stale.results[0].reasons[0]
    other = KnownDifferences("fake", (KnownDifference((CHANGED.name,), "crash", reason),))
    wrong = everything(start("accepts"), known=other, vectors=(CHANGED,))
    assert "listed with the outcome crash, and it is accept" in wrong.results[0].reasons[0]
    nowhere = KnownDifferences("fake", (KnownDifference(("no/such",), "accept", reason),))
    gone = everything(start("accepts"), known=nowhere, vectors=(GOOD,))
    assert gone.problems == ("the list of known differences has 'no/such', which is no vector",)


def test_client_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    """A run without a client is no run."""
    program = Program(Client((str(tmp_path / "nothing"),)), now)
    with pytest.raises(ConfigurationError, match="cannot be started"):
        program.answer(GOOD)


def test_exit_code_that_somebody_else_took_is_no_verdict(tmp_path: Path) -> None:
    """Attack 156: where SIGCHLD is ignored, `subprocess` says 0 for any end, and a refusal would be a yes."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with pytest.raises(ConfigurationError, match="ended, and its exit code is lost"):
            Client(("/bin/sh",)).run(("-c", "exit 1"), {"PATH": os.environ["PATH"]}, tmp_path)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_version_is_what_the_client_says(tmp_path: Path) -> None:
    """Reports name the version."""
    assert version_of(fake_client("accepts", tmp_path)) == "9.9.9"
    assert version_of(fake_client("traceback", tmp_path)) == "9.9.9"
    assert version_of(Client(("false",))) == ""


def test_counts_of_a_run_add_up(start: Start) -> None:
    """Every vector is counted once, in its area and in all, and under each of its requirements."""
    done = everything(start("accepts"))
    assert done.counts().total() == len(THREE)
    assert sum(done.counts(area).total() for area in done.areas()) == len(THREE)
    grouped = done.by_requirement()
    assert sorted(grouped) == sorted({name for vector in THREE for name in vector.requirements})
    assert {one.name for one in grouped["VER-020"]} == {CHANGED.name}
    assert done.results == tuple(sorted(done.results, key=lambda one: one.name))


def test_no_directory_is_left_behind(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The world of a vector is gone when its verdict is known."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    start("accepts").answer(GOOD)
    assert list(place.iterdir()) == []


def test_verdict_is_the_exit_code_alone() -> None:
    """What a client prints cannot turn a refusal into success."""
    answer = Answer(Kind.ACCEPT, failed=frozenset({"integrity"}))
    found = difference(CHANGED, answer)
    assert (CHANGED.expect, found and found.outcome) == (Verdict.REFUSE, "accept")
