# SPDX-License-Identifier: Apache-2.0
"""The directories in which a client meets a vector, and the environment that keeps it inside.

Everything is below one temporary directory: a home, a configuration, a working directory with the inputs.
Of the caller's environment a client gets `PATH` and what the caller names, so no credential reaches it.

Spec: conformance/PROTOCOL.md; CLI contract 3, 4.
"""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .contents import Contents
from .layouts import write_layout
from .vector import REGISTRY, ConfigEntry, Vector

MARK = "NOTATION_CONFORMANCE_RUN"
"""An environment variable by which processes that a client leaves behind are found."""

LAYOUT = "layout"
"""Name of the image layout in the working directory."""

_TEXTS = frozenset({".json"})
"""Suffixes of configuration files in which names are put in."""


@dataclass(frozen=True, slots=True)
class World:
    """Where a client works. `root` holds the other directories and nothing else."""

    root: Path
    mark: str

    @property
    def home(self) -> Path:
        """The home directory."""
        return self.root / "home"

    @property
    def config(self) -> Path:
        """The configuration directory, also found through `NOTATION_CONFIG`."""
        return self.home / ".config" / "notation"

    @property
    def libexec(self) -> Path:
        """Where plugins are."""
        return self.home / "libexec"

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.root / "work"

    @property
    def temporary(self) -> Path:
        """`TMPDIR`."""
        return self.root / "tmp"

    def environment(self, proxy_port: int, kept: Iterable[str] = ()) -> dict[str, str]:
        """Return the environment of a client whose fetches go to *proxy_port*.

        Args:
            kept: names of further variables of this process that the client gets.
        """
        proxy = f"http://127.0.0.1:{proxy_port}"
        loopback = "localhost,127.0.0.1,::1"
        named = {name: os.environ[name] for name in ("PATH", *kept) if name in os.environ}
        return named | {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "NOTATION_CONFIG": str(self.config),
            "NOTATION_CACHE": str(self.home / ".cache" / "notation"),
            "NOTATION_LIBEXEC": str(self.libexec),
            "DOCKER_CONFIG": str(self.home / ".docker"),
            "TMPDIR": str(self.temporary),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "HTTP_PROXY": proxy,
            "http_proxy": proxy,
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": loopback,
            "no_proxy": loopback,
            MARK: self.mark,
        }

    def strays(self) -> tuple[str, ...]:
        """Return what lies beside the directories that a client may write to."""
        own = {"home", "work", "tmp"}
        return tuple(sorted(path.name for path in self.root.iterdir() if path.name not in own))


def build_world(root: Path, vector: Vector, contents: Contents | None, host: str) -> World:
    """Return the world of *vector* below the empty directory *root*.

    Args:
        contents: of its registry, None if it has none. host: host and port of the registry.
    """
    world = World(root, secrets.token_hex(8))
    for directory in (world.config, world.libexec, world.work, world.temporary):
        directory.mkdir(parents=True, mode=0o700)
    for target, entry in vector.config.items():
        _write(world, vector, world.config / target, entry, host)
    for name, answers in vector.plugins.items():
        _write_plugin(world.libexec / "plugins" / name, name, vector, answers)
    for one in vector.inputs:
        (world.work / one.name).write_bytes(vector.read(one.file))
    for argument in ("signature", "timestamp_root_cert"):
        if argument in vector.arguments:
            file = vector.arguments[argument]
            (world.work / argument_name(vector, argument)).write_bytes(vector.read(file))
    if contents is not None and vector.artifact.place == "layout":
        write_layout(world.work / LAYOUT, contents)
    return world


def argument_name(vector: Vector, argument: str) -> str:
    """Return what the file in *argument* of *vector* is called in the working directory."""
    usual: str = vector.arguments[argument].rpartition("/")[2]
    return str(vector.arguments.get(f"{argument}_name", usual))


def _write(world: World, vector: Vector, path: Path, entry: ConfigEntry, host: str) -> None:
    _make_directory(path.parent)
    if entry.link is not None:
        path.symlink_to(entry.link)
        return
    if entry.file is None and entry.text is None:
        _make_directory(path)
        path.chmod(entry.mode)
        return
    data = entry.text.encode() if entry.text is not None else vector.read(entry.file or "")
    if path.suffix in _TEXTS:
        data = data.replace(REGISTRY.encode(), host.encode())
        data = data.replace(b"@CONFIG@", os.fsencode(world.config))
    path.write_bytes(data)
    path.chmod(entry.mode)


def _make_directory(path: Path) -> None:
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(mode=0o700)


_PLUGIN = """\
#!/bin/sh
# The answers of a conformance vector; made by the runner.
here=$(dirname "$0")
cat > /dev/null
[ -f "$here/$1.answer" ] || exit 1
if [ -f "$here/$1.fails" ]; then cat "$here/$1.answer" >&2; exit 1; fi
cat "$here/$1.answer"
"""


def _write_plugin(directory: Path, name: str, vector: Vector, answers: Mapping[str, object]) -> None:
    directory.mkdir(parents=True, mode=0o700)
    fails = answers.get("fails", ())
    for command, file in answers.items():
        if command == "fails" or not isinstance(file, str):
            continue
        (directory / f"{command}.answer").write_bytes(vector.read(file))
        if isinstance(fails, list) and command in fails:
            (directory / f"{command}.fails").touch()
    program = directory / f"notation-{name}"
    program.write_text(_PLUGIN, encoding="ascii")
    program.chmod(0o700)


def shown(words: Iterable[str]) -> str:
    """Return a command line as one would type it."""
    return shlex.join(words)
