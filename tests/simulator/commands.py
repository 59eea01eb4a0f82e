# SPDX-License-Identifier: Apache-2.0
"""The two programs as people run them: each command is a process, in a configuration directory of the test.

Both read the same directory, which `Settings` writes in the form the Go program gives its files. Whatever our
program prints as JSON is held against its schema.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from tests.simulator.documents import assert_output_conforms
from tests.simulator.pki import TestChain

ROOT = Path(__file__).parents[2]
OURS = (sys.executable, "-c", "import sys; from notation_py.cli.front import main; sys.exit(main())")
"""Our program, with or without the package installed."""

_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did: its exit code, and both outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, as the JSON document it is."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Command:
    """A program, the environment of its processes, and where they work if not where the tests do."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path | None = None

    def __call__(self, *arguments: str, stdin: str | None = None) -> Ran:
        """Run the program to its end, whatever that is."""
        done = subprocess.run(
            [*self.words, *arguments],
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL if stdin is None else None,
            input=stdin,
            timeout=_SECONDS,
            check=False,
        )
        if OURS[-1] in self.words:
            assert_output_conforms(arguments, done.stdout)
        return Ran(done.returncode, done.stdout, done.stderr)

    def done(self, *arguments: str) -> Ran:
        """Run the program; anything but success is an error with all it said."""
        ran = self(*arguments)
        if ran.code != 0:
            raise AssertionError(
                f"{self.words[0]} {' '.join(arguments)}: exit {ran.code}\n{ran.out}{ran.err}"
            )
        return ran

    def start(self, *arguments: str, stdout: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[str]:
        """Start the program and return at once; the caller waits for it."""
        return subprocess.Popen(
            [*self.words, *arguments],
            env=self.environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def with_environment(self, **variables: str) -> Command:
        """Return the program with further environment variables."""
        return replace(self, environment={**self.environment, **variables})

    def within(self, directory: Path) -> Command:
        """Return the program working in *directory*."""
        return replace(self, directory=directory)


def our_program(settings: Settings, options: Sequence[str] = ()) -> Command:
    """Return our program over *settings*; *options* go to the interpreter."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    interpreter, *start = OURS
    return Command((interpreter, *options, *start), _environment(settings) | {"PYTHONPATH": path})


def go_program(binary: Path, settings: Settings) -> Command:
    """Return the Go program *binary* over *settings*, with its experimental flags on."""
    return Command((str(binary),), _environment(settings) | {"NOTATION_EXPERIMENTAL": "1"})


def _environment(settings: Settings) -> dict[str, str]:
    home = settings.directory
    inherited = {name: os.environ[name] for name in ("PATH", "LANG", "NO_PROXY") if name in os.environ}
    return inherited | {
        "HOME": str(home / "home"),
        "NOTATION_CONFIG": str(home / "config"),
        "NOTATION_CACHE": str(home / "cache"),
        "NOTATION_LIBEXEC": str(home / "libexec"),
        "DOCKER_CONFIG": str(home / "docker"),
        "TZ": "UTC",
    }


class Settings:
    """A configuration directory of both programs, below *directory*; what is in it already stays."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "config"
        self.config.mkdir(parents=True, mode=0o700, exist_ok=True)

    def add_key(self, name: str, chain: TestChain) -> None:
        """Write the leaf's key and the chain, and list them under *name*; the first is the default."""
        keys = self.config / "localkeys"
        keys.mkdir(mode=0o700, exist_ok=True)
        key, certificates = keys / f"{name}.key", keys / f"{name}.crt"
        _write(key, chain.key_pem())
        _write(certificates, chain.pem())
        file = self.config / "signingkeys.json"
        document: Any = json.loads(file.read_bytes()) if file.exists() else {"default": name, "keys": []}
        document["keys"].append({"name": name, "keyPath": str(key), "certPath": str(certificates)})
        _write(file, json.dumps(document, indent=4).encode() + b"\n")

    def trust(self, store: str, chain: TestChain, kind: str = "ca") -> None:
        """Put the root of *chain* into the trust store *store*."""
        directory = self.config / "truststore" / "x509" / kind / store
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(directory / "root.pem", chain.root_pem())

    def policy(self, *statements: Mapping[str, Any]) -> None:
        """Write a trust policy of *statements*, under the name that both programs read."""
        document = {"version": "1.0", "trustPolicies": list(statements)}
        _write(self.config / "trustpolicy.json", json.dumps(document, indent=4).encode())

    def blob_policy(self, *statements: Mapping[str, Any]) -> None:
        """Write a trust policy for blobs of *statements*, which need no scopes."""
        document = {"version": "1.0", "trustPolicies": list(statements)}
        _write(self.config / "trustpolicy.blob.json", json.dumps(document, indent=4).encode())


def statement(
    name: str,
    *,
    scopes: Sequence[str] = ("*",),
    level: str = "strict",
    stores: Sequence[str] = (),
    identities: Sequence[str] = ("*",),
    override: Mapping[str, str] | None = None,
    timestamp: str = "",
) -> dict[str, Any]:
    """Return the trust policy statement *name*; at level skip it has no stores and identities.

    Args:
        timestamp: the value of `verifyTimestamp`; empty leaves it out.
    """
    verification: dict[str, Any] = {"level": level} | ({"override": dict(override)} if override else {})
    verification |= {"verifyTimestamp": timestamp} if timestamp else {}
    trusted = {} if level == "skip" else {"trustStores": list(stores), "trustedIdentities": list(identities)}
    return {"name": name, "registryScopes": list(scopes), "signatureVerification": verification} | trusted


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o600)
