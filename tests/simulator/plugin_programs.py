# SPDX-License-Identifier: Apache-2.0
"""Plugin programs as scripts, good and bad, and the places they are put in."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness, Warn
from notation_py.adapters.plugin_programs import Surroundings
from notation_py.adapters.plugin_settings import PluginSettings

CAPABILITIES = ("SIGNATURE_GENERATOR.RAW",)


def refuse(line: str) -> None:
    raise AssertionError(line)


def metadata(name: str = "demo", version: str = "1.0.0") -> str:
    """Return the answer to `get-plugin-metadata` of a plugin in order."""
    return json.dumps(
        {
            "name": name,
            "description": f"the {name} plugin",
            "version": version,
            "url": "https://plugins.example",
            "supportedContractVersions": ["1.0"],
            "capabilities": list(CAPABILITIES),
        }
    )


def program(name: str = "demo", version: str = "1.0.0", before: str = "") -> bytes:
    """Return a shell script that says it is the plugin *name*; *before* is done first."""
    return f"#!/bin/sh\n{before}\ncat >/dev/null\ncat <<'END'\n{metadata(name, version)}\nEND\n".encode()


def write_program(path: Path, data: bytes, mode: int = 0o755) -> Path:
    """Write *data* as the file *path*, its directory made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def put_plugin(root: Path, name: str = "demo", data: bytes | None = None) -> Path:
    """Put a plugin where the Go program would, without a record; return its executable."""
    path = places(root).plugins / name / f"notation-{name}"
    return write_program(path, program(name) if data is None else data)


def places(root: Path) -> Directories:
    """Return directories below *root*, plugins with a directory of their own."""
    return Directories(root / "config", root / "libexec", root / "cache")


def surroundings(
    strictness: Strictness = Strictness.WARN, warn: Warn = refuse, **variables: str
) -> Surroundings:
    """Return how plugins are run with *variables* in the environment besides PATH."""
    environment = {"PATH": os.environ["PATH"], **variables}
    return Surroundings(PluginSettings.from_environment(environment, strictness), strictness, warn)


def is_running(process: int) -> bool:
    """Return whether *process* exists and is no zombie."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def waited(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Return whether *condition* holds within *seconds*."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
