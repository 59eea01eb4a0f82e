# SPDX-License-Identifier: Apache-2.0
"""The distributions below `plugins/` as if installed: on a path for processes, and as programs.

    path = installed(tmp_path, "file")                  # for PYTHONPATH, or sys.path
    program = install_program(settings.directory / "libexec", "file")

Nothing is built and no installer runs: what an installer would write is made from `pyproject.toml`, so that a
test sees the entry points and scripts that are really declared.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
DISTRIBUTIONS = sorted(path.parent.name for path in PLUGINS.glob("*/pyproject.toml"))


def project(distribution: str) -> dict[str, Any]:
    """Return the table `project` of *distribution*, a directory of `plugins/`."""
    found: dict[str, Any] = tomllib.loads((PLUGINS / distribution / "pyproject.toml").read_text())["project"]
    return found


def installed(site: Path, *distributions: str) -> str:
    """Return a PYTHONPATH on which *distributions* are installed; their metadata is put into *site*."""
    for distribution in distributions:
        _write_metadata(site, project(distribution))
    sources = [str(PLUGINS / distribution / "src") for distribution in distributions]
    return os.pathsep.join([str(ROOT), *sources, str(site)])


def _write_metadata(site: Path, declared: dict[str, Any]) -> None:
    name, version = declared["name"], declared["version"]
    directory = site / f"{re.sub('[-_.]+', '_', name)}-{version}.dist-info"
    directory.mkdir(parents=True, exist_ok=True)
    fields = {"Metadata-Version": "2.4", "Name": name, "Version": version, "Summary": declared["description"]}
    (directory / "METADATA").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
    lines = [
        f"[{group}]\n" + "".join(f"{entry} = {value}\n" for entry, value in entries.items())
        for group, entries in {
            **declared.get("entry-points", {}),
            "console_scripts": declared["scripts"],
        }.items()
    ]
    (directory / "entry_points.txt").write_text("\n".join(lines))


def install_program(libexec: Path, distribution: str, plugin: str = "") -> Path:
    """Return the program of *distribution*, installed as a plugin below *libexec*.

    Args:
        plugin: which one, if it is not the one with the name of the distribution.
    """
    name = plugin or distribution
    return console_script(libexec / "plugins" / name, distribution, name)


def console_script(directory: Path, distribution: str, plugin: str) -> Path:
    """Return the script `notation-PLUGIN` of *distribution*, put into *directory* as an installer does."""
    name = f"notation-{plugin}"
    value: str = project(distribution)["scripts"][name]
    module, _, function = value.partition(":")
    program = directory / name
    directory.mkdir(parents=True, mode=0o755)
    start = (
        f"import sys; sys.path[:0] = {[str(ROOT), str(PLUGINS / distribution / 'src')]!r}; "
        f"from {module} import {function}; sys.exit({function}())"
    )
    words = (sys.executable, "-P", "-c", start)
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o755)
    return program
