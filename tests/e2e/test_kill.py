# SPDX-License-Identifier: Apache-2.0
"""Kill -9 of the whole program at random moments, 200 times: no half-written file, and the next run works."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from notation_py.adapters.file_changes import TEMPORARY_PREFIX
from notation_py.adapters.files import Strictness
from notation_py.adapters.policy_files import PolicyKind, read_policy
from tests.simulator import interrupted, pki
from tests.simulator.commands import Settings, our_program
from tests.simulator.mortal import End, Mortal

pytestmark = pytest.mark.slow

KILLS = 50
"""Of each of the four commands."""
CHAIN = pki.make_chain("EC-256", 2, subject="mortal")


@dataclass(frozen=True, slots=True)
class Subject:
    """A command, and what has to hold after its death.

    Attributes:
        words: the command line of the run with a name.
        done: what `check` is told of a run that reported success: its name and what it wrote.
        check: raises unless all that is done is there, and everything there is whole.
    """

    words: Callable[[Path, str], tuple[str, ...]]
    done: Callable[[str, str], str]
    check: Callable[[Path, list[str]], None]


def name_of_run(name: str, _: str) -> str:
    return name


def pushed_digest(_: str, output: str) -> str:
    return next(line for line in output.splitlines() if line.startswith("Pushed")).rpartition("@")[2]


def add_key_words(root: Path, name: str) -> tuple[str, ...]:
    key, certificates = root / "config/localkeys/k.key", root / "config/localkeys/k.crt"
    return ("key", "add", "--default", "--key-file", str(key), "--cert-file", str(certificates), name)


def add_certificate_words(root: Path, name: str) -> tuple[str, ...]:
    source = root / name
    source.write_bytes((root / "root.crt").read_bytes())
    return ("cert", "add", "--type", "ca", "--store", "s", str(source))


def import_policy_words(root: Path, name: str) -> tuple[str, ...]:
    source = root / "new-policy.json"
    source.write_bytes(interrupted.policy(name))
    return ("policy", "import", "--force", str(source))


def check_policy(root: Path, done: list[str]) -> None:
    """The policy is the last one imported, or the one after it, byte for byte."""
    found = read_policy(
        interrupted.directories(root), PolicyKind.OCI, Strictness.HARDENED, lambda _: None
    ).data
    newest = interrupted.policy(done[-1]) if done else interrupted.policy("legacy")
    assert found in {newest, (root / "new-policy.json").read_bytes()}


SUBJECTS = {
    "sign": Subject(
        lambda root, name: ("sign", "--oci-layout", "-m", f"run={name}", f"{root}/layout:v1"),
        pushed_digest,
        interrupted.check_layout,
    ),
    "key add": Subject(add_key_words, name_of_run, interrupted.check_keys),
    "cert add": Subject(add_certificate_words, name_of_run, interrupted.check_certificates),
    "policy import": Subject(import_policy_words, name_of_run, check_policy),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with a key, a layout, a certificate and a legacy policy."""
    settings = Settings(tmp_path)
    settings.add_key("k", CHAIN)
    (settings.config / "trustpolicy.json").write_bytes(interrupted.policy("legacy"))
    (settings.config / "trustpolicy.json").chmod(0o600)
    (tmp_path / "root.crt").write_bytes(pki.make_chain().root_pem())
    interrupted.write_layout(tmp_path / "layout", interrupted.IMAGE, "v1")
    return tmp_path


@pytest.mark.parametrize("command", SUBJECTS)
def test_a_killed_command_leaves_nothing_by_half(command: str, root: Path) -> None:
    """After each death all is whole, and the same command then works (SEC-005, attacks 172, 173, 177)."""
    subject = SUBJECTS[command]
    program = our_program(Settings(root))
    mortal = Mortal(program.environment, root / "output")
    done = ["k"] if command == "key add" else []
    usual = [finished(mortal, subject, root, done, f"warm-{number}").seconds for number in range(3)]
    within = 1.2 * min(usual)
    deaths = 0
    for number in range(KILLS):
        name = f"killed-{number}"
        end = mortal.killed(*subject.words(root, name), within=within)
        deaths += end.code == -signal.SIGKILL
        if end.code == 0:
            done.append(subject.done(name, end.output))
        assert end.code in {0, -signal.SIGKILL}, end.output
        subject.check(root, done)
        finished(mortal, subject, root, done, f"after-{number}")
        subject.check(root, done)
    assert deaths >= KILLS // 3
    program.done(*subject.words(root, "last"))
    assert left_behind(root.rglob(f"{TEMPORARY_PREFIX}*")) == []


def finished(mortal: Mortal, subject: Subject, root: Path, done: list[str], name: str) -> End:
    """Run the command to its end, which is success, and note what it did."""
    end = mortal.complete(*subject.words(root, name))
    assert end.code == 0, end.output
    done.append(subject.done(name, end.output))
    return end


def left_behind(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.suffix == ".tmp"]
