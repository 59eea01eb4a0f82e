# SPDX-License-Identifier: Apache-2.0
"""Plugin programs that behave and that do not, as real processes: one error each, nothing left running."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notation_py.adapters.plugin_marks import MARK
from notation_py.adapters.plugin_process import Bounds, ProgramError, run_program
from notation_py.errors import PluginError
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.contract import MAX_OUTPUT_BYTES, ProgramResult
from notation_py.plugin.contract import Command as Asked
from tests.simulator.plugin_programs import is_running, metadata, waited, write_program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are not run on Windows")

SECONDS = 1.0
PYTHON = f"#!{sys.executable} -IS\n"
DAEMON = """import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(PLACE + "/pid", "w").write(str(os.getpid()))
        time.sleep(300)
    os._exit(0)
os.wait()
while not os.path.exists(PLACE + "/pid"): time.sleep(0.01)
"""


def run(
    tmp_path: Path,
    body: str,
    request: bytes = b"{}",
    *,
    seconds: float = SECONDS,
    output: int = MAX_OUTPUT_BYTES,
    **environment: str,
) -> ProgramResult:
    script = body if body.startswith("#!") else f"#!/bin/sh\n{body}\n"
    path = write_program(tmp_path / "notation-demo", script.replace("PLACE", repr(str(tmp_path))).encode())
    environment = {"PATH": os.environ["PATH"], **environment}
    return run_program(path, "get-plugin-metadata", request, environment, Bounds(seconds, output))


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> set[int]:
    """Return the direct children of this process, zombies included."""
    mine = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == os.getpid():
                mine.add(int(entry.name))
    return mine


@pytest.fixture(autouse=True)
def _nothing_left() -> object:
    gc.collect()  # what earlier tests left for later is not counted
    descriptors, before = open_descriptors(), children()
    yield
    assert open_descriptors() <= descriptors
    assert waited(lambda: children() <= before)


def test_program_gets_one_argument_and_the_request(tmp_path: Path) -> None:
    """PLG-020: `<executable> <command>`, the request as its input; outputs and exit code come back."""
    result = run(tmp_path, 'echo "$# $1"; cat; echo oops >&2; exit 3', b'{"a":1}')
    assert result == ProgramResult(3, b'1 get-plugin-metadata\n{"a":1}', b"oops\n")


def test_large_request_and_answer_do_not_block_each_other(tmp_path: Path) -> None:
    """PLG-020, R-30: a program may write its answer before it has read what it was asked."""
    body = f"""{PYTHON}import sys
sys.stderr.write('e' * 300000); sys.stdout.write('o' * 3000000); sys.stdout.flush()
sys.stdout.write(str(len(sys.stdin.read())))"""
    result = run(tmp_path, body, b"x" * 5_000_000, seconds=20)
    assert result.stdout == b"o" * 3000000 + b"5000000"
    assert result.stderr == b"e" * 300000


def test_program_that_closes_its_input_may_still_answer(tmp_path: Path) -> None:
    """Attack 156: closing standard input is no error, even with megabytes left to read."""
    assert run(tmp_path, "exec 0<&-; echo fine", b"x" * 2_000_000).stdout == b"fine\n"


@pytest.mark.parametrize(
    "body",
    [
        "sleep 300",
        "exec 1>&- 2>&-; sleep 300",
        "trap '' TERM HUP INT; sleep 300",
        "kill -STOP $$",
        "cat; sleep 300 & wait",
    ],
    ids=["hangs", "closes its outputs", "ignores signals", "stops itself", "waits for a child"],
)
def test_hanging_program_is_ended(body: str, tmp_path: Path) -> None:
    """Attack 156; PLG-032, R-30: an error within the time allowed, whatever is done about signals."""
    started = time.monotonic()
    with pytest.raises(
        ProgramError, match=r"notation-demo get-plugin-metadata .* within 1 seconds"
    ) as caught:
        run(tmp_path, f"echo $$ >'{tmp_path}/pid'; {body}")
    assert time.monotonic() - started < SECONDS + 2
    assert "NOTATION_PY_PLUGIN_TIMEOUT" in (caught.value.hint or "")
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_children_in_the_group_are_ended_with_the_program(tmp_path: Path) -> None:
    """Attack 156; R-30: a background process of a program that answered is killed, and the answer counts."""
    body = f"sleep 300 >/dev/null 2>&1 </dev/null & echo $! >'{tmp_path}/pid'; echo fine"
    assert run(tmp_path, body).stdout == b"fine\n"
    assert waited(lambda: not is_running(int((tmp_path / "pid").read_text())))


def test_background_process_that_keeps_the_output_open_is_an_error(tmp_path: Path) -> None:
    """Attack 156: the answer may not be complete while somebody can still write it; nobody waits for long."""
    started = time.monotonic()
    with pytest.raises(ProgramError, match="keeps its output open"):
        run(tmp_path, f"sleep 300 & echo $! >'{tmp_path}/pid'; echo '{{}}'", seconds=60)
    assert time.monotonic() - started < 5
    assert waited(lambda: not is_running(int((tmp_path / "pid").read_text())))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system does not tell environments")
@pytest.mark.parametrize("end", ["print('{}')", "time.sleep(300)"], ids=["answered", "hanging"])
def test_daemon_that_left_the_group_is_ended_too(end: str, tmp_path: Path) -> None:
    """Attack 156: a grandchild in a session of its own that keeps standard output open does not survive."""
    with pytest.raises(ProgramError):
        run(tmp_path, PYTHON + DAEMON + end, seconds=3)
    assert waited(lambda: not is_running(int((tmp_path / "pid").read_text())))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system does not tell environments")
def test_plugin_of_a_plugin_ends_with_the_outer_one(tmp_path: Path) -> None:
    """Attack 156; R-30: a plugin may use this project itself, and what that runs is in a group of its own."""
    inner = write_program(
        tmp_path / "notation-inner", f"#!/bin/sh\necho $$ >'{tmp_path}/pid'; sleep 300".encode()
    )
    body = f"""#!{sys.executable} -I
import os, sys
sys.path[:0] = {[entry for entry in sys.path if entry]!r}
from pathlib import Path
from notation_py.adapters.plugin_process import Bounds, run_program
run_program(Path({str(inner)!r}), "describe-key", b"", {{"PATH": os.environ["PATH"]}}, Bounds(300))
"""
    with pytest.raises(ProgramError, match="within 5 seconds"):
        run(tmp_path, body, seconds=5)
    assert waited(lambda: not is_running(int((tmp_path / "pid").read_text())))


@pytest.mark.parametrize("stream", [1, 2])
def test_endless_output_is_cut_short(stream: int, tmp_path: Path) -> None:
    """Attack 156; PLG-022: 1 GiB is neither kept nor waited for, on either output."""
    body = f"{PYTHON}import os\nfor _ in range(1024): os.write({stream}, bytes(1 << 20))"
    started = time.monotonic()
    with pytest.raises(ProgramError, match="more than 1048576 bytes"):
        run(tmp_path, body, seconds=60, output=1 << 20)
    assert time.monotonic() - started < 10


def test_output_may_have_exactly_the_limit(tmp_path: Path) -> None:
    """PLG-022: exactly 64 MiB pass, as with the Go program; one byte more does not."""
    body = f"""{PYTHON}import os, sys
left = int(sys.stdin.read())
while left: left -= os.write(1, bytes(min(left, 1 << 20)))"""
    assert len(run(tmp_path, body, str(MAX_OUTPUT_BYTES).encode(), seconds=60).stdout) == 64 << 20
    with pytest.raises(ProgramError, match="more than 67108864 bytes"):
        run(tmp_path, body, str(MAX_OUTPUT_BYTES + 1).encode(), seconds=60)


def test_program_killed_by_a_signal_says_so(tmp_path: Path) -> None:
    """Attack 156; PLG-025: the signal is in the exit code, negative, and the answer so far does not count."""
    assert run(tmp_path, f"echo '{metadata()}'; kill -SEGV $$").exit_code == -signal.SIGSEGV


class Ran:
    """A runner of one script, as the functions that ask plugins see it."""

    name = "demo"
    origin = "here"

    def __init__(self, tmp_path: Path, body: str) -> None:
        self._words = (tmp_path, body)

    def run(self, command: Asked, request: bytes) -> ProgramResult:
        assert command
        return run(*self._words, request)


ERROR = '{"errorCode":"ACCESS_DENIED","errorMessage":"not you"}'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("true", "standard output is not strict JSON"),
        (f"echo '{ERROR}'", "metadata validation failed for plugin demo: empty name"),
        (f"echo '{ERROR}' >&2; exit 1", "not you"),
        ("exit 1", "exit status 1 and without a reason"),
        (f"echo '{metadata()}'; kill -KILL $$", "signal 9"),
        (f"echo noise; echo '{metadata()}'", "standard output is not strict JSON"),
        (f"echo '{metadata()}'; echo noise", "trailing data"),
        (f"echo '{metadata()}'; exit 2", "exit status 2"),
    ],
    ids=[
        "nothing",
        "error with exit 0",
        "error",
        "exit 1",
        "killed",
        "noise before",
        "noise after",
        "exit 2",
    ],
)
def test_misbehaviour_becomes_one_error(body: str, said: str, tmp_path: Path) -> None:
    """Attack 156; PLG-025, PLG-028: each kind of non-answer is a PluginError that says what it was."""
    with pytest.raises(PluginError, match=said):
        plugin_metadata(Ran(tmp_path, body), {})


def test_environment_is_what_was_given_and_a_mark(tmp_path: Path) -> None:
    """Attack 162; R-30: nothing of our own environment reaches the program."""
    os.environ["SECRET_OF_THE_TEST"] = "hidden"
    try:
        lines = run(
            tmp_path, f"#!{sys.executable} -IS\nimport os; print(*os.environ)", LANG="C"
        ).stdout.split()
    finally:
        del os.environ["SECRET_OF_THE_TEST"]
    assert set(lines) - {b"LC_CTYPE"} == {b"PATH", b"LANG", MARK.encode()}


def test_program_inherits_no_descriptors_and_no_terminal(tmp_path: Path) -> None:
    """R-30: three descriptors, a session of its own, and no signals ignored that were not before."""
    with (tmp_path / "secret").open("w") as stream:
        os.set_inheritable(stream.fileno(), True)
        body = f"""{PYTHON}import os
open_ones = [fd for fd in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + fd)]
print(*open_ones, os.getsid(0) == os.getpid())"""
        assert run(tmp_path, body).stdout.split() == [b"0", b"1", b"2", b"True"]


@pytest.mark.parametrize(
    ("data", "mode", "said"),
    [
        (b"\x7fELF garbage", 0o755, "exec format error"),
        (b"#!/nowhere/at/all\n", 0o755, "no such file or directory"),
        (b"#!/bin/sh\n", 0o644, "permission denied"),
    ],
    ids=["no program", "no interpreter", "not executable"],
)
def test_program_that_cannot_be_started(data: bytes, mode: int, said: str, tmp_path: Path) -> None:
    """PLG-004: an error with the reason, in the Go program's words."""
    path = write_program(tmp_path / "notation-demo", data, mode)
    with pytest.raises(ProgramError, match=f"^fork/exec {path}: {said}$"):
        run_program(path, "get-plugin-metadata", b"{}", {}, Bounds(5))


def test_shell_characters_mean_nothing(tmp_path: Path) -> None:
    """R-30: there is no shell between us and the program."""
    path = write_program(tmp_path / "notation-a;touch $(x)", b'#!/bin/sh\necho "$1"\n')
    result = run_program(path, "$(touch y);*", b"", {"PATH": os.environ["PATH"]}, Bounds(5))
    assert result.stdout == b"$(touch y);*\n"


def test_runs_do_not_disturb_each_other(tmp_path: Path) -> None:
    """R-30: many at once, some of which hang, each with its own answer or error."""
    good = write_program(tmp_path / "good", b"#!/bin/sh\nexec cat\n")
    bad = write_program(tmp_path / "bad", b"#!/bin/sh\nsleep 300\n")

    def once(number: int) -> bytes:
        if number % 4 == 0:
            with pytest.raises(ProgramError):
                run_program(bad, "x", b"", {"PATH": os.environ["PATH"]}, Bounds(0.5))
            return str(number).encode()
        return run_program(good, "x", str(number).encode(), {"PATH": os.environ["PATH"]}, Bounds(30)).stdout

    before = set(threading.enumerate())  # a server of another test may still be answering
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(once, range(40))) == [str(number).encode() for number in range(40)]
    assert set(threading.enumerate()) <= before


REAPERS = {
    "ignores its children": signal.SIG_IGN,
    "reaps every child": lambda *_: os.waitpid(-1, os.WNOHANG),
}


@pytest.mark.parametrize("reaper", REAPERS.values(), ids=REAPERS)
@pytest.mark.parametrize("end", ["exit 3", "kill -9 $$", "exec >&- 2>&-; sleep 0.2; exit 3"])
def test_exit_code_that_somebody_else_took_is_no_success(end: str, reaper: object, tmp_path: Path) -> None:
    """Attack 156; PLG-025: `subprocess` says 0 then, and what was answered would count."""
    before = signal.signal(signal.SIGCHLD, reaper)
    try:
        found = {code_or_words(tmp_path, f"echo '{{}}'\n{end}") for _ in range(3)}
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert found <= {3, -9, "notation-demo get-plugin-metadata ended, and its exit code is lost"}


def code_or_words(tmp_path: Path, body: str) -> int | str:
    try:
        return run(tmp_path, body, seconds=5).exit_code
    except ProgramError as error:
        return error.message


def test_interrupt_ends_the_program(tmp_path: Path) -> None:
    """R-30: whoever presses Ctrl-C leaves nothing running."""

    def interrupt() -> None:
        waited(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, f"echo $$ >'{tmp_path}/pid'; sleep 300", seconds=60)
    thread.join()
    assert not is_running(int((tmp_path / "pid").read_text()))
