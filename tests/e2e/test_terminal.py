# SPDX-License-Identifier: Apache-2.0
"""What a person at a terminal sees: progress of long work, colour where it helps, and nothing left over."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.simulator import pki
from tests.simulator.commands import Command, Settings, our_program, statement
from tests.simulator.images import build_image
from tests.simulator.registry import Quirks, SimulatedRegistry, running

ERASE, COLOUR = "\r\x1b[K", re.compile(r"\x1b\[[0-9;]+m")
RED, YELLOW, PLAIN = "\x1b[1;31m", "\x1b[33m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out of a terminal, and the exit code."""

    code: int
    raw: str

    @property
    def screen(self) -> list[str]:
        """The lines that stand there in the end, without colour."""
        lines = [""]
        column = 0
        for part in re.findall(r"\x1b\[K|\x1b\[[0-9;]+m|[\r\n]|[^\x1b\r\n]+", self.raw):
            if part == "\r":
                column = 0
            elif part == "\n":
                lines.append("")
                column = 0
            elif part == "\x1b[K":
                lines[-1] = lines[-1][:column]
            elif not part.startswith("\x1b"):
                lines[-1] = lines[-1][:column] + part + lines[-1][column + len(part) :]
                column += len(part)
        return lines


def at_terminal(program: Command, *words: str) -> Seen:
    """Run *program* with both outputs on one terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*program.words, *words],
        env=program.environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        received = bytearray()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                data = os.read(ours, 4096)
            except OSError:  # everybody has closed the other end
                break
            if not data:
                break
            received += data
    os.close(ours)
    return Seen(process.returncode, received.decode())


@pytest.fixture
def registry() -> Iterator[SimulatedRegistry]:
    """A registry whose every answer takes a while."""
    with running(Quirks(delay=lambda _: 0.45)) as slow:
        yield slow


@pytest.fixture
def program(registry: SimulatedRegistry, tmp_path: Path) -> Command:
    settings = Settings(tmp_path)
    chain = pki.make_chain("EC-256", 2, subject="terminal")
    settings.add_key("k", chain)
    settings.trust("s", chain)
    settings.policy(statement("all", stores=["ca:s"]))
    return our_program(settings).with_environment(TERM="xterm")


@pytest.fixture
def reference(registry: SimulatedRegistry) -> str:
    image = build_image("terminal")
    for data in image.blobs.values():
        registry.put_blob(data)
    return f"{registry.host}/app@{registry.put(image.manifest, image.media_type).digest}"


def test_long_work_shows_what_is_done_and_leaves_nothing(program: Command, reference: str) -> None:
    """CLI-002: a line after a second, rewritten in place, gone when the result stands there."""
    signed = at_terminal(program, "sign", reference)
    assert signed.code == 0
    shown = re.findall(re.escape(ERASE) + r"(Signing [^\r\x1b]+)", signed.raw)
    assert len(shown) > 1
    assert {len(line) for line in shown} == {79}
    assert signed.screen[0] == f"Successfully signed {reference}"
    assert signed.screen[1].startswith("Pushed the signature to ")
    assert signed.screen[2:] == [""]
    verified = at_terminal(program, "verify", reference)
    assert f"{ERASE}Verifying {reference}"[:70] in verified.raw
    assert verified.screen == [f"Successfully verified signature for {reference}", ""]


@pytest.mark.parametrize(
    ("words", "term"), [(("-v",), "xterm"), (("-d",), "xterm"), ((), "dumb"), ((), "")], ids=str
)
def test_no_progress_for_logs_and_dumb_terminals(
    program: Command, reference: str, words: tuple[str, ...], term: str
) -> None:
    """CLI-002: what rewrites lines is for people who look at them; so are colours."""
    quiet = program.with_environment(TERM=term)
    started = time.monotonic()
    seen = at_terminal(quiet, "sign", *words, reference)
    assert time.monotonic() - started > 1.5
    assert seen.code == 0
    assert "\x1b" not in seen.raw
    failed = at_terminal(quiet, "key", "update", *words, "nobody", "--default")
    assert bool(COLOUR.search(failed.raw)) == (term == "xterm")


def test_no_progress_in_files(program: Command, reference: str) -> None:
    """CLI-002: nothing that moves a cursor reaches a pipe, whatever TERM says."""
    ran = program.done("sign", reference)
    assert "\x1b" not in ran.out + ran.err


def test_quick_work_shows_none(program: Command) -> None:
    """CLI-002: what takes less than a second says its result alone."""
    seen = at_terminal(program, "verify", "localhost:1/app:v1")
    assert seen.code == 1
    assert "\x1b[K" not in seen.raw


def test_bad_news_are_coloured_on_a_terminal(program: Command) -> None:
    """CLI-002: the first word of an error and of a warning, and nothing else."""
    seen = at_terminal(program, "key", "update", "k")
    assert seen.raw.startswith(f"{YELLOW}Warning:{PLAIN} --default flag is not set")
    seen = at_terminal(program, "key", "update", "nobody", "--default")
    assert seen.raw.startswith(f"{RED}Error:{PLAIN} signing key nobody not found")
    assert len(COLOUR.findall(seen.raw)) == 2


def test_no_color_is_honoured(program: Command) -> None:
    """CLI-002: NO_COLOR with any value; an empty one is none, as no-color.org has it."""
    words = ("key", "update", "nobody", "--default")
    assert not COLOUR.search(at_terminal(program.with_environment(NO_COLOR="1"), *words).raw)
    assert COLOUR.search(at_terminal(program.with_environment(NO_COLOR=""), *words).raw)


@pytest.mark.slow
def test_large_blob_shows_that_it_is_being_read(tmp_path: Path) -> None:
    """Signing and verifying three gigabytes takes over a second; nothing of the line stays (CLI-002)."""
    settings = Settings(tmp_path / "settings")
    chain = pki.make_chain("EC-256", 1, subject="alice")
    settings.add_key("alice", chain)
    settings.trust("acme", chain)
    settings.blob_policy({**statement("p", stores=["ca:acme"]), "globalPolicy": True})
    program = our_program(settings).with_environment(TERM="xterm")
    (tmp_path / "app.tar").touch()
    os.truncate(tmp_path / "app.tar", 3 << 30)
    signed = at_terminal(program, "blob", "sign", str(tmp_path / "app.tar"))
    assert f"{ERASE}Signing {str(tmp_path)[:40]}" in signed.raw  # a line is cut at the edge
    assert signed.screen[0] == f"Successfully signed {tmp_path}/app.tar"
    verified = at_terminal(
        program, "blob", "verify", "-s", f"{tmp_path}/app.tar.jws.sig", f"{tmp_path}/app.tar"
    )
    assert f"{ERASE}Verifying {str(tmp_path)[:40]}" in verified.raw
    assert verified.screen[-2:] == [f"Successfully verified signature for {tmp_path}/app.tar", ""]
    assert (signed.code, verified.code) == (0, 0)
