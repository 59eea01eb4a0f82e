# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every kind of test shares, and the rule that CI skips nothing unlisted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

from tests import programs
from tests.simulator import registries
from tests.simulator.registries import RunningRegistry
from tests.simulator.suite_rules import is_attack, suite_rules

T = TypeVar("T")

_ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")
_IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells start what they leave in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if _IN_CI else "default")


def allowed_skips() -> list[str]:
    """Return the patterns of node ids that may be skipped in CI: `nodeid-glob  # reason`."""
    lines = (line.partition("#")[0].strip() for line in _ALLOWED_SKIPS.read_text().splitlines())
    return [line for line in lines if line]


def refuse_unlisted_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn *report* into a failure if it is a skip in CI that no line of allowed_skips.txt names.

    A missing program would otherwise silently switch off the tests that need it.
    """
    if not (_IN_CI and report.skipped) or hasattr(report, "wasxfail"):
        return
    if any(fnmatchcase(report.nodeid, pattern) for pattern in allowed_skips()):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"  # type: ignore[assignment]
    report.longrepr = (
        f"{report.nodeid} was skipped in CI and tests/allowed_skips.txt does not list it: {reason}"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    refuse_unlisted_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Watch an attack case while it runs, its fixtures apart: section 4.0 of the security contract."""
    function = getattr(item, "obj", None)
    if function is None or hasattr(function, "hypothesis") or not is_attack(function, item.path):
        return (yield)
    with suite_rules() as faults:
        result = yield
    if faults:
        pytest.fail(f"a rule of the attack suite was broken: {'; '.join(faults)}", pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    refuse_unlisted_skip(report)
    return report


def _program(find: Callable[[], T]) -> T:
    try:
        return find()
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no test read or change the configuration, credentials or proxies of whoever runs it."""
    nowhere = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("NOTATION_")]:
            patch.delenv(name)
        for name, directory in (
            ("NOTATION_CONFIG", "config"),
            ("NOTATION_CACHE", "cache"),
            ("NOTATION_LIBEXEC", "libexec"),
            ("DOCKER_CONFIG", "docker"),
        ):
            patch.setenv(name, str(nowhere / directory))
        patch.setenv("NO_PROXY", "localhost,127.0.0.1,::1")
        yield


@pytest.fixture(scope="session")
def go_notation() -> Path:
    """The Go `notation` command at the pinned version."""
    return _program(programs.notation)


@pytest.fixture(scope="session")
def go_main_line() -> Path:
    """The Go `notation` command of the main line, if it can be had."""
    return _program(programs.main_line)


@pytest.fixture(scope="session")
def go_referrers() -> Path:
    """Our Go command that prints the referrers oras-go finds."""
    return _program(programs.referrers)


@pytest.fixture(scope="session")
def go_library() -> Path:
    """Our Go command that signs and verifies images and blobs with notation-go."""
    return _program(programs.library)


@pytest.fixture(scope="session")
def openssl() -> Path:
    """The `openssl` command."""
    return _program(programs.openssl)


@pytest.fixture(scope="session")
def docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """A registry without the referrers API; shared by a worker's tests, so use a repository of your own."""
    _program(programs.docker_registry)
    with registries.docker_registry(tmp_path_factory.mktemp("docker-registry")) as running:
        yield running


@pytest.fixture(scope="session")
def olareg_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """A registry with the referrers API; shared by a worker's tests, so use a repository of your own."""
    _program(programs.olareg)
    with registries.olareg_registry(tmp_path_factory.mktemp("olareg")) as running:
        yield running


@pytest.fixture(params=["docker_registry", "olareg_registry"])
def any_registry(request: pytest.FixtureRequest) -> RunningRegistry:
    """Each of the two registries in turn."""
    return request.getfixturevalue(request.param)
