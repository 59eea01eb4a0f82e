# SPDX-License-Identifier: Apache-2.0
"""Completion in the shells themselves: commands, flags, and the names of what is there."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulator.commands import ROOT

WRAPPER = """\
#!/bin/sh
PYTHONPATH={root} exec {python} -c "import sys; from notation_py.cli.front import main; sys.exit(main())" "$@"
"""
QUESTIONS = [
    ("ver", {"verify", "version"}),
    ("key set a", {"alpha"}),
    ("sign --key b", {"beta"}),
    ("sign --user-m", {"--user-metadata"}),
    ("cert show --type t", {"tsa"}),
    ("cert delete --type ca --store a", {"acme"}),
    ("cert show --type ca --store acme r", {"root.crt"}),
    ("plugin uninstall d", {"demo"}),
    ("key add --plugin d", {"demo"}),
    ("blob verify --policy-name w", {"wheels"}),
]
NASTY = ["$(touch pwned)", "`touch pwned`", "a;touch pwned", "a'b", 'a"b', "*", "a b", "-x", "\x1b[2J"]
Ask = Callable[[str], set[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with the program on the PATH and names of every kind in its configuration."""
    config = tmp_path / "config"
    (config / "truststore" / "x509" / "ca" / "acme").mkdir(parents=True)
    (config / "truststore" / "x509" / "ca" / "acme" / "root.crt").write_text("")
    (config / "plugins" / "demo").mkdir(parents=True)
    (config / "plugins" / "demo" / "notation-demo").write_text("")
    keys = [{"name": name} for name in ("alpha", "beta", *NASTY)]
    (config / "signingkeys.json").write_text(json.dumps({"keys": keys}))
    policies = [{"name": name} for name in ("wheels", *NASTY)]
    (config / "trustpolicy.blob.json").write_text(json.dumps({"trustPolicies": policies}))
    program = tmp_path / "bin" / "notation-py"
    program.parent.mkdir()
    program.write_text(WRAPPER.format(root=ROOT, python=sys.executable))
    program.chmod(0o755)
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    path = os.pathsep.join((str(home / "bin"), os.environ["PATH"]))
    return {"PATH": path, "HOME": str(home), "NOTATION_CONFIG": str(home / "config"), "TERM": "dumb"}


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def said(home: Path, *words: str) -> str:
    done = subprocess.run(
        words, cwd=home, env=environment(home), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout


def in_bash(home: Path) -> Ask:
    def ask(line: str) -> set[str]:
        words = ["notation-py", *line.split(" ")]
        script = (
            'source <(notation-py completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
            'function=$(complete -p notation-py | sed "s/.*-F \\([^ ]*\\).*/\\1/"); '
            '$function notation-py; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        return set(said(home, shell("bash"), "--norc", "-c", script, "bash", *words).split())

    return ask


def in_fish(home: Path) -> Ask:
    def ask(line: str) -> set[str]:
        script = f"notation-py completion fish | source; complete -C {json.dumps(f'notation-py {line}')}"
        answer = said(home, shell("fish"), "--no-config", "-c", script)
        return {text.split("\t")[0] for text in answer.splitlines()}

    return ask


@pytest.mark.parametrize("asking", [in_bash, in_fish], ids=["bash", "fish"])
@pytest.mark.parametrize(("line", "expected"), QUESTIONS, ids=[line for line, _ in QUESTIONS])
def test_shell_completes(home: Path, asking: Callable[[Path], Ask], line: str, expected: set[str]) -> None:
    """CLI-001: commands, flags, keys, trust stores, certificates, plugins and policies."""
    assert asking(home)(line) == expected


@pytest.mark.parametrize("asking", [in_bash, in_fish], ids=["bash", "fish"])
def test_shell_is_offered_no_name_it_may_act_on(home: Path, asking: Callable[[Path], Ask]) -> None:
    """R-36: a name from a file may be anything; none becomes a command, a pattern or a flag."""
    assert asking(home)("sign --key ") == {"alpha", "beta"}
    assert not (home / "pwned").exists()


class Zsh:
    """An interactive zsh with the completion loaded; what it writes comes through a terminal."""

    def __init__(self, home: Path) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [shell("zsh"), "-f", "-i"],
            cwd=home,
            env=environment(home) | {"PS1": "ready> ", "LC_ALL": "C.UTF-8"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._until("ready> ")
        self._enter("unsetopt beep prompt_cr prompt_sp; autoload -U compinit; compinit -u -d zcompdump")
        self._enter(
            "eval \"$(notation-py completion zsh)\"; bindkey '^I' complete-word; PS1='again> '", "again> "
        )

    def _enter(self, line: str, prompt: str = "ready> ") -> None:
        os.write(self._ours, f"{line}\n".encode())
        self._until(f"\n{prompt}")

    def _until(self, text: str, seconds: float = 40) -> str:
        received, end = "", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self._ours], [], [], 0.2)[0]:
                received += os.read(self._ours, 4096).decode(errors="replace").replace("\r", "")
                if text in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", received):
                    return received
        raise AssertionError(f"no {text!r} in {received!r}")

    def completes(self, line: str, expected: str) -> str:
        """Type *line* and a tabulator, wait for *expected*, and leave the line."""
        os.write(self._ours, f"notation-py {line}\t".encode())
        seen = self._until(expected)
        os.write(self._ours, b"\x15\n")
        self._until("again> ")
        return seen

    def end(self) -> None:
        os.close(self._ours)
        self._process.kill()
        self._process.wait(10)


def test_zsh_completes(home: Path) -> None:
    """CLI-001: the same in an interactive zsh, where one answer is put into the line."""
    zsh = Zsh(home)
    try:
        for line, expected in QUESTIONS[1:]:
            [word] = expected
            start = line.rpartition(" ")[2]
            zsh.completes(line, f"{line}{word.removeprefix(start)}")
        assert "Verify OCI artifacts" in zsh.completes("ver", "version")
        zsh.completes("sign --key ", "beta")
    finally:
        zsh.end()
    assert not (home / "pwned").exists()
