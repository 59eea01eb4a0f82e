# SPDX-License-Identifier: Apache-2.0
"""Real registries as child processes: on loopback, on a port of their own, gone with their test.

`docker-registry` has no referrers API, so signatures go under a tag; `olareg` has it. Each is ended by
its process id, and by the kernel if the test process dies first.
"""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests import programs
from tests.simulator.images import push_image

__all__ = [
    "PASSWORD",
    "USER",
    "Access",
    "RunningRegistry",
    "ServerTls",
    "docker_registry",
    "olareg_registry",
    "push_image",
]

_START_SECONDS = 20

_DOCKER_CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: "{root}"}}
  delete: {{enabled: true}}
http:
  addr: "127.0.0.1:0"
  secret: "only for tests"
"""
_HTPASSWD = """\
auth: {{htpasswd: {{realm: "tests", path: "{path}"}}}}
"""
_TLS = """\
  tls: {{certificate: "{certificate}", key: "{key}", clientcas: [{client_authorities}]}}
"""
USER, PASSWORD = "alice", "correct horse"
"""Whom a registry with `Access.PASSWORD` lets in."""
_ALICE = "$2b$04$YZA9tsImku1swPb.wjsN8e7ZIM2smuUM5EGV6WZ7vSdtKrBU6A6Ru"


class Access(StrEnum):
    """Who may use a registry."""

    ANYBODY = "anybody"
    PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """PEM files of a registry that speaks TLS.

    Attributes:
        client_authorities: if given, clients have to show a certificate issued by it.
    """

    certificate: Path
    key: Path
    client_authorities: Path | None = None


@dataclass(frozen=True, slots=True)
class RunningRegistry:
    """A registry that answers at *host*, `localhost:PORT`."""

    host: str
    pid: int

    @property
    def port(self) -> int:
        return int(self.host.rpartition(":")[2])


@contextmanager
def docker_registry(
    directory: Path, access: Access = Access.ANYBODY, tls: ServerTls | None = None
) -> Iterator[RunningRegistry]:
    """Yield Debian's registry over *directory*, with deletion enabled; what was pushed there before is kept.

    Raises:
        ProgramUnavailableError: it is not installed.
    """
    program = programs.docker_registry()
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "config.yml"
    config.write_text(_docker_config(directory, access, tls))
    log = directory / "log"
    with started([str(program), "serve", str(config)], log) as process:
        port = _announced_port(process, log)
        yield _answering(process, port, log)


def _docker_config(directory: Path, access: Access, tls: ServerTls | None) -> str:
    text = _DOCKER_CONFIG.format(root=directory / "storage")
    if tls is not None:
        authorities = f'"{tls.client_authorities}"' if tls.client_authorities else ""
        text += _TLS.format(certificate=tls.certificate, key=tls.key, client_authorities=authorities)
    if access is Access.PASSWORD:
        path = directory / "htpasswd"
        path.write_text(f"{USER}:{_ALICE}\n")
        text += _HTPASSWD.format(path=path)
    return text


@contextmanager
def olareg_registry(directory: Path, *options: str) -> Iterator[RunningRegistry]:
    """Yield olareg with its store in memory and deletion enabled; its log goes to *directory*.

    Args:
        options: further options of `olareg serve`.
    """
    program = programs.olareg()
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "log"
    port = free_port()
    command = [str(program), "serve", "--addr", "127.0.0.1", "--port", str(port), "--store-type", "mem"]
    with started([*command, "--api-delete", "--api-blob-delete", *options], log) as process:
        yield _answering(process, port, log)


@contextmanager
def started(
    command: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield the process of a server that ends with the block, or with this process; its output goes to *log*.

    Args:
        environment: all that it has; ours if None.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_ended_with_parent(), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ended_with_parent() -> list[str]:
    """Return words before a command that let the kernel end it when this process dies."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def free_port() -> int:
    """Return the number of a port of the loopback interface that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _announced_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(rb"listening on 127\.0\.0\.1:(\d+)", log.read_bytes()):
            return int(found[1])
        time.sleep(0.02)
    raise RuntimeError(f"registry did not start: {log.read_text()[-500:]}")


def _answering(process: subprocess.Popen[bytes], port: int, log: Path) -> RunningRegistry:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/v2/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.02)
        else:
            return RunningRegistry(f"localhost:{port}", process.pid)
        finally:
            connection.close()
    raise RuntimeError(f"registry did not start: {log.read_text()[-500:]}")
