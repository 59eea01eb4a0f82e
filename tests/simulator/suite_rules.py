# SPDX-License-Identifier: Apache-2.0
"""What holds after every attack case: the rules of the suite in section 4.0 of the security contract.

`tests/conftest.py` watches each test that cites an attack case, wherever it is. A test is not watched while
its fixtures are made, so what belongs to a fixture stays out of it.
"""

from __future__ import annotations

import gc
import inspect
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

SECONDS = 120.0
"""Longest a case may take. The contract says five seconds; this is for a hang, on a machine under load."""

CPU_SECONDS = 30.0
"""Most processor time of a case, its children's not counted: that does not depend on the load."""

MEMORY_KIB = 256 * 1024
"""Most memory that a case may need beyond what the process had."""

SETTLING = 5.0
"""Seconds in which threads and children of a case may still come to their end."""

SECRETS = (
    "correct horse",
    "token-that-nobody-may-see",
    "header-that-nobody-may-see",
    "PRIVATE KEY-----\nM",
)
"""Secrets of the simulator: passwords, tokens, and the beginning of a private key."""

_CITED = re.compile(r"\b[Aa]ttacks?(?: cases?)? \d")
_ATTACKS = Path(__file__).parents[1] / "attacks"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ROOT = Path(__file__).parents[2]
_OWN = ("__pycache__", ".pytest_cache", ".hypothesis", ".coverage", "build")
"""Directories of the project that Python and the test tools write."""


@dataclass
class Seen:
    """What was seen while a case ran, beyond what may be."""

    connections: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


_watching: list[Seen] = []


def is_attack(function: Callable[..., object], path: Path) -> bool:
    """Return whether the test *function* in the file *path* is an attack case."""
    return path.is_relative_to(_ATTACKS) or bool(_CITED.search(inspect.getdoc(function) or ""))


@contextmanager
def suite_rules(*, seconds: float = SECONDS, cpu_seconds: float = CPU_SECONDS) -> Iterator[list[str]]:
    """Watch what is done within; afterwards the list that was yielded says which rules were broken."""
    faults: list[str] = []
    _listen()
    descriptors, threads, children = _descriptors(), _threads(), _children()
    settings = _settings()
    resident = _start_measuring()
    wall, cpu = time.monotonic(), time.process_time()
    seen = Seen()
    _watching.append(seen)
    try:
        yield faults
    finally:
        _watching.remove(seen)
        spent, worked = time.monotonic() - wall, time.process_time() - cpu
        grown = _peak() - resident
        if spent > seconds or worked > cpu_seconds:
            faults.append(f"took {spent:.0f} seconds, and {worked:.0f} of the processor")
        if grown > MEMORY_KIB:
            faults.append(f"needed {grown // 1024} MiB of memory")
        faults += [f"connected to {where}" for where in seen.connections]
        faults += [f"wrote {where}" for where in seen.written]
        if _settings() != settings:
            faults.append("changed the settings of whoever runs the tests")
        faults += _left_behind(descriptors, threads, children)


def secrets_in(text: str) -> list[str]:
    """Return the secrets of the simulator that stand in *text*, and say if there is a traceback."""
    return [f"shows the secret {secret[:12]!r}…" for secret in SECRETS if secret in text]


def _left_behind(descriptors: dict[int, str], threads: set[int], children: set[int]) -> list[str]:
    end = time.monotonic() + SETTLING
    while True:
        open_now = _descriptors()
        files = sorted(f"{number} ({open_now[number]})" for number in open_now.keys() - descriptors.keys())
        more = _threads() - threads
        born = _children() - children
        sockets = [what for what in files if "socket:" in what]
        if len(sockets) <= _answering():  # one for each
            files = [what for what in files if what not in sockets]
        faults = [f"left {what} open" for what in files]
        faults += [f"left the threads {sorted(more)}"] if more else []
        faults += [f"left the processes {sorted(born)}"] if born else []
        if not faults or time.monotonic() > end:
            return faults
        gc.collect()
        time.sleep(0.02)


def _descriptors() -> dict[int, str]:
    found = {}
    for path in Path("/proc/self/fd").iterdir():
        try:
            found[int(path.name)] = str(path.readlink())
        except OSError:  # the one by which the directory is read
            continue
    for number in (forkserver._forkserver._forkserver_alive_fd, resource_tracker._resource_tracker._fd):
        found.pop(number, None)  # kept by multiprocessing, once for all tests
    return found


def _threads() -> set[int]:
    """Return the threads, but for those in which a server of the fixtures still answers somebody."""
    serving = "process_request_thread"
    return {thread.ident or 0 for thread in threading.enumerate() if serving not in thread.name}


def _answering() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def _children() -> set[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        try:
            found.update(map(int, (task / "children").read_text().split()))
        except OSError:  # a thread that has ended
            continue
    return found - {forkserver._forkserver._forkserver_pid, resource_tracker._resource_tracker._pid}


def _status(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])


def _start_measuring() -> int:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is the present use again
    return _status("VmRSS:")


def _peak() -> int:
    return _status("VmHWM:")


def _settings() -> list[tuple[str, int]]:
    """Return what is in the directories of whoever runs the tests, with the times of change."""
    home = Path.home()
    places = [home / ".config" / "notation", home / ".docker", home / ".cache" / "notation"]
    places += [Path(os.environ[name]) for name in ("NOTATION_CONFIG", "DOCKER_CONFIG") if name in os.environ]
    return sorted(
        (str(path), path.lstat().st_mtime_ns)
        for place in places
        if place.exists()
        for path in [place, *place.rglob("*")]
    )


def _listen() -> None:
    """Hear of every connection and every file opened for writing in this process, from now on."""
    if not getattr(_listen, "is_on", False):
        _listen.is_on = True  # type: ignore[attr-defined]
        sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    if event == "socket.connect":
        where = arguments[1]
        if isinstance(where, tuple) and not _is_ours(str(where[0])):
            _watching[-1].connections.append(f"{where[0]}:{where[1]}")
    elif event == "open":
        path, _, flags = arguments
        if isinstance(path, (str, bytes)) and isinstance(flags, int) and flags & _WRITING:
            _note_file(os.fsdecode(path))


def _is_ours(host: str) -> bool:
    return host.startswith("127.") or host in {"::1", "localhost", "::ffff:127.0.0.1"}


def _note_file(name: str) -> None:
    path = Path(os.path.abspath(name))  # noqa: PTH100  links stay as they are
    if path.is_relative_to(_ROOT):  # asked first, as a checkout may lie in the temporary directory
        if set(path.relative_to(_ROOT).parts) & set(_OWN):
            return
    elif path.is_relative_to(tempfile.gettempdir()) or path.parts[1:2] in {("dev",), ("proc",)}:
        return
    if not Path(name).is_absolute():  # relative to an open directory, which was opened by a name of its own
        return
    _watching[-1].written.append(str(path))
