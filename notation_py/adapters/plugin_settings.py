# SPDX-License-Identifier: Apache-2.0
"""What the environment says about plugins: how long one may take, what it sees, which packages may bring one.

A value that cannot be meant is an error, never a default. Runs nothing and finds nothing.

Spec: docs/plugins.md; specs/decisions/0007-plugin-environment.md. Requirements: PLG-030, PLG-032, R-30.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ..errors import ConfigurationError
from .files import Strictness
from .installed_packages import normal_name
from .program_environment import plugin_environment

TIMEOUT_VARIABLE = "NOTATION_PY_PLUGIN_TIMEOUT"
GRANTED_VARIABLE = "NOTATION_PY_PLUGIN_ENV"
PACKAGES_VARIABLE = "NOTATION_PY_PLUGIN_PACKAGES"
SWITCH_VARIABLE = "NOTATION_PY_ENTRY_POINTS"

DEFAULT_SECONDS = 120.0
METADATA_SECONDS = 30.0
"""The most that `get-plugin-metadata` may take: it has nothing to ask anybody (PLG-040)."""
MAX_SECONDS = 3600.0

_GRANT = r"[A-Za-z_][A-Za-z0-9_]*\*?"
_PACKAGE = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"


class PluginSettings(NamedTuple):
    """How plugins are run, and which may be loaded into this process.

    Attributes:
        seconds: for one command of a plugin program.
        granted: variables that plugins get beyond the usual ones; `*` at the end stands for anything.
        packages: distributions whose entry points count, in normal form; None means every one.
        environment: where the variables of plugins come from.
    """

    seconds: float
    granted: tuple[str, ...]
    packages: frozenset[str] | None
    environment: Mapping[str, str]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], strictness: Strictness) -> PluginSettings:
        """Return the settings of *environ*; hardened, only packages that are listed may bring plugins.

        Raises:
            ConfigurationError: a variable has a value that cannot be meant.
        """
        granted = _listed(environ, GRANTED_VARIABLE, _GRANT)
        return cls(_seconds(environ), granted, _packages(environ, strictness), environ)

    def environment_of(self, plugin: str) -> dict[str, str]:
        """Return the variables that the plugin named *plugin* gets."""
        return plugin_environment(self.environment, plugin, self.granted)


def _seconds(environ: Mapping[str, str]) -> float:
    text = environ.get(TIMEOUT_VARIABLE, "")
    if not text:
        return DEFAULT_SECONDS
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not 1 <= int(text) <= MAX_SECONDS:
        raise ConfigurationError(
            f"{TIMEOUT_VARIABLE} is {text[:32]!r}", hint=f"use whole seconds from 1 to {MAX_SECONDS:g}"
        )
    return float(text)


def _packages(environ: Mapping[str, str], strictness: Strictness) -> frozenset[str] | None:
    match environ.get(SWITCH_VARIABLE, ""):
        case "" | "1":
            pass
        case "0":
            return frozenset()
        case other:
            raise ConfigurationError(f"{SWITCH_VARIABLE} is {other[:32]!r}", hint="use 0 or 1")
    if PACKAGES_VARIABLE not in environ:
        return frozenset() if strictness is Strictness.HARDENED else None
    return frozenset(map(normal_name, _listed(environ, PACKAGES_VARIABLE, _PACKAGE)))


def _listed(environ: Mapping[str, str], variable: str, form: str) -> tuple[str, ...]:
    entries = tuple(entry.strip() for entry in environ.get(variable, "").split(","))
    found = tuple(entry for entry in entries if entry)
    for entry in found:
        if not re.fullmatch(form, entry, re.ASCII):
            raise ConfigurationError(
                f"{variable} has the entry {entry[:64]!r}", hint="use names with commas between them"
            )
    return found
