# SPDX-License-Identifier: Apache-2.0
"""The watch over attack cases sees what it is for, and lets everything else pass."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.simulator import suite_rules as rules
from tests.simulator.suite_rules import is_attack, suite_rules

_kept: list[object] = []


def connects_elsewhere() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.settimeout(0.01)
        with suppress(OSError):
            one.connect(("192.0.2.1", 9))


def leaves_a_file_open() -> None:
    _kept.append(Path(__file__).open("rb"))  # noqa: SIM115  the fault itself


def leaves_a_child() -> None:
    _kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))


def leaves_a_thread() -> None:
    over = threading.Event()
    _kept.append(over)
    threading.Thread(target=over.wait, daemon=True).start()


def uses_memory() -> None:
    assert len(bytes(range(256)) * (300 << 12)) == 300 << 20


def writes_beside_the_tests() -> None:
    (rules._ROOT / "tests" / "written.tmp").write_text("x")


def changes_the_settings() -> None:
    place = Path(os.environ["NOTATION_CONFIG"])
    place.mkdir(parents=True, exist_ok=True)
    (place / "written").write_text("x")


FAULTS = {
    connects_elsewhere: "connected to 192.0.2.1:9",
    leaves_a_file_open: "test_suite_rules.py) open",
    leaves_a_child: "left the processes",
    leaves_a_thread: "left the threads",
    uses_memory: "MiB of memory",
    writes_beside_the_tests: "written.tmp",
    changes_the_settings: "changed the settings",
}


@pytest.fixture
def quick(monkeypatch):
    """Wait for nothing to settle, and clean up afterwards."""
    monkeypatch.setattr(rules, "SETTLING", 0.05)
    yield
    (rules._ROOT / "tests" / "written.tmp").unlink(missing_ok=True)
    (Path(os.environ["NOTATION_CONFIG"]) / "written").unlink(missing_ok=True)
    for one in _kept:
        if isinstance(one, subprocess.Popen):
            one.kill()
            one.wait()
        elif isinstance(one, threading.Event):
            one.set()
        else:
            one.close()
    _kept.clear()


@pytest.mark.parametrize(("misbehave", "fault"), FAULTS.items(), ids=lambda one: getattr(one, "__name__", ""))
@pytest.mark.usefixtures("quick")
def test_broken_rule_is_seen(misbehave: Callable[[], None], fault: str) -> None:
    """Security contract 4.0: each rule has a case that breaks it, and no other rule is blamed."""
    with suite_rules() as faults:
        misbehave()
    assert len(faults) == 1
    assert fault in faults[0]


def test_time_is_limited() -> None:
    """Security contract 4.0: a case that takes longer than its budget is a fault."""
    with suite_rules(seconds=0) as faults:
        pass
    assert "took" in faults[0]


def test_well_behaved_case_breaks_no_rule(tmp_path: Path) -> None:
    """A file in the test's own place, a connection within the machine, a child that ends."""
    with socket.create_server(("127.0.0.1", 0)) as server, suite_rules() as faults:
        (tmp_path / "a").write_text("x")
        with socket.create_connection(server.getsockname()):
            subprocess.run([sys.executable, "-c", ""], check=True)
    assert faults == []


def test_attack_cases_are_found_by_what_they_cite() -> None:
    """Wherever a test is: its docstring or its directory says that it is an attack case."""

    def cites() -> None:
        """Attack 9: something."""

    def does_not() -> None:
        """Attackers are mentioned."""

    assert is_attack(cites, Path(__file__))
    assert not is_attack(does_not, Path(__file__))
    assert is_attack(does_not, Path(__file__).parents[1] / "attacks" / "test_any.py")
