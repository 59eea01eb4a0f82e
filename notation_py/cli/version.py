# SPDX-License-Identifier: Apache-2.0
"""`version`: what runs, and on what.

Reads one constant and two facts of the interpreter; `importlib.metadata` would cost four times the
whole command.

Spec: contract/cli.md 7.7. Requirements: CLI-001.
"""

from __future__ import annotations

import os
import sys

from .._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .session import Session

_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386"}
_SYSTEMS = {"win32": "windows"}


def run(values: Mapping[str, Any], session: Session) -> None:  # noqa: ARG001 - the signature of every handler
    """Write the version of the program, of Python and of the platform."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    session.say(
        "Notation-py - a tool to sign and verify artifacts.\n\n"
        f"Version:     {__version__}\n"
        f"Python:      {python}\n"
        f"OS/Arch:     {system()}"
    )


def system() -> str:
    """Return system and architecture of this machine in Go's words, such as `linux/amd64`."""
    machine = os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}/{_ARCHITECTURES.get(machine, machine)}"
