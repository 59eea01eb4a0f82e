# SPDX-License-Identifier: Apache-2.0
"""The real programs that tests are run against: found on the machine, or built once and kept.

Go programs are built from their pinned version into the user's cache directory, and used from there
by every later run. Also a program: `python -m tests.programs` prepares them all and says what it has.

Two programs that the tests would like are not here, because the module mirror that serves the others
refuses them: zot (a registry with the referrers API; olareg stands in) and the main line of notation
(v2.0.0-alpha.1 or later, which reads the newer manifest form in an OCI layout). For the latter stands
`referrers`, a few lines of ours over oras-go, the library through which notation looks signatures up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from filelock import FileLock


class ProgramUnavailableError(Exception):
    """A program cannot be had here; the text says which and why."""


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A command of a Go module at one version; `notation` is the release of which we are a peer.

    Attributes:
        source: a file of ours that is the command, and uses the module; then *package* is not used.
    """

    name: str
    module: str
    package: str
    version: str
    source: Path | None = None

    @property
    def edition(self) -> str:
        """The directory of the cache that holds this version, and this source."""
        if self.source is None:
            return self.version
        return f"{self.version}-{sha256(self.source.read_bytes()).hexdigest()[:16]}"


NOTATION = GoProgram(
    "notation",
    "github.com/notaryproject/notation",
    "github.com/notaryproject/notation/cmd/notation",
    "v1.3.2",
)
OLAREG = GoProgram("olareg", "github.com/olareg/olareg", "github.com/olareg/olareg/cmd/olareg", "v0.2.2")

REFERRERS = GoProgram(
    "referrers",
    "oras.land/oras-go/v2",
    ".",
    "v2.5.0",  # what notation v1.3.2 uses
    Path(__file__).parent / "interop" / "go" / "referrers" / "main.go",
)

_BUILD_SECONDS = 900


def notation() -> Path:
    """Return the Go `notation` command.

    Raises:
        ProgramUnavailableError: no Go, or the module cannot be had.
    """
    return _built(NOTATION)


def olareg() -> Path:
    """Return `olareg`, a registry with the referrers API; raises like `notation`."""
    return _built(OLAREG)


def referrers() -> Path:
    """Return our `referrers`, which prints what oras-go finds; raises like `notation`."""
    return _built(REFERRERS)


def docker_registry() -> Path:
    """Return Debian's `docker-registry`, a registry without the referrers API."""
    return _installed("docker-registry", "apt-get install docker-registry")


def openssl() -> Path:
    """Return the `openssl` command."""
    return _installed("openssl", "apt-get install openssl")


def _installed(name: str, advice: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise ProgramUnavailableError(f"{name} is not installed ({advice})")
    return Path(found)


def _cache_directory() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "notation-py-tools"


def _built(program: GoProgram) -> Path:
    path, failure = _build_once(program)
    if failure:
        raise ProgramUnavailableError(failure)
    return path


@cache
def _build_once(program: GoProgram) -> tuple[Path, str]:
    """Return where the program is and "", or why it is not there; asked once in a process."""
    directory = _cache_directory() / program.name / program.edition
    binary = directory / program.name
    if binary.exists():
        return binary, ""
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / "build.lock"):
        if binary.exists():  # another worker was faster
            return binary, ""
        with tempfile.TemporaryDirectory(dir=directory) as workshop:
            try:
                _build(program, Path(workshop)).replace(binary)
            except ProgramUnavailableError as error:
                return binary, str(error)
    return binary, ""


def _build(program: GoProgram, workshop: Path) -> Path:
    """Return the binary built in *workshop*: by `go install`, or in a throw-away module.

    `go install` looks up the list of versions (for a deprecation notice). Where only the
    pinned version is served and lists are refused, a module that requires it still builds.
    """
    go = shutil.which("go")
    if go is None:
        raise ProgramUnavailableError(f"{program.name} {program.version} is not built yet and there is no Go")
    binary = workshop / program.name
    environment = os.environ | {"CGO_ENABLED": "0", "GOBIN": str(workshop), "GOWORK": "off"}
    if program.source is not None:
        shutil.copy(program.source, workshop)
    else:
        install = [go, "install", f"{program.package}@{program.version}"]
        if _run(install, workshop, environment).returncode == 0 and binary.exists():
            return binary
    module = f"module throwaway.invalid\n\ngo 1.24\n\nrequire {program.module} {program.version}\n"
    (workshop / "go.mod").write_text(module)
    build = [go, "build", "-mod=mod", "-o", str(binary), program.package]
    result = _run(build, workshop, environment)
    if result.returncode != 0 or not binary.exists():
        lines = result.stderr.strip().splitlines() or ["no message"]
        raise ProgramUnavailableError(f"{program.name} {program.version} cannot be built: {lines[-1]}")
    return binary


def _run(
    command: list[str], directory: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=directory,
            env=environment,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"took longer than {_BUILD_SECONDS} seconds")


def main() -> int:
    """Prepare every program; print where each is, or why it is not there."""
    missing = 0
    for find in (openssl, docker_registry, olareg, notation, referrers):
        try:
            print(f"{find.__name__:16} {find()}")
        except ProgramUnavailableError as error:
            print(f"{find.__name__:16} missing: {error}")
            missing = 1
    return missing


if __name__ == "__main__":
    sys.exit(main())
