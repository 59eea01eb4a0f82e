# SPDX-License-Identifier: Apache-2.0
"""The plugins of this machine: programs below `plugins`, and objects of Python packages, under one roof.

A plain name means whichever there is; if there are both, one has to be chosen by writing `exe:NAME` or
`py:NAME`, so that no package can take the place of a program, or the other way round, unnoticed.

Spec: docs/plugins.md. Requirements: PLG-003, PLG-004, PLG-005, R-28.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import PluginError
from ..plugin.contract import PluginRunner, is_plugin_name
from .directories import Directories
from .entry_points import EntryPointPlugin, entry_point_plugins, find_entry_point
from .files import Strictness, Warn
from .plugin_programs import MissingPluginError, Surroundings, find_program, program_names, program_path
from .plugin_settings import PluginSettings

PROGRAM, PACKAGE = "exe:", "py:"
"""What stands before a name to choose between a program and a package."""


class InstalledPlugins:
    """Implements `Plugins`.

    Args:
        environment: settings, and what plugins get to see of it.
        strictness: HARDENED refuses programs that others could change or that we did not install, and
            packages that are not listed.
        warn: gets one line for each thing that is unsafe.

    Raises:
        ConfigurationError: a setting cannot be meant.
    """

    def __init__(
        self, directories: Directories, environment: Mapping[str, str], strictness: Strictness, *, warn: Warn
    ) -> None:
        self._plugins = directories.plugins
        self._settings = PluginSettings.from_environment(environment, strictness)
        self.surroundings = Surroundings(self._settings, strictness, warn)

    def find(self, name: str) -> PluginRunner:
        """Return the plugin *name*, which may start with `exe:` or `py:`; raises as its port says.

        Names from a signature have to be checked with `is_plugin_name` before.
        """
        if name.startswith(PROGRAM):
            return find_program(self._plugins, name.removeprefix(PROGRAM), self.surroundings)
        packages = self._settings.packages
        if name.startswith(PACKAGE):
            plain = name.removeprefix(PACKAGE)
            packaged = find_entry_point(plain, packages) if is_plugin_name(plain) else None
            if packaged is None:
                raise MissingPluginError(
                    f"no Python package brings the plugin {plain[:64]!r}", hint=_packages_hint(packages)
                )
            return packaged
        program_path(self._plugins, name)
        packaged = find_entry_point(name, packages)
        try:
            program = find_program(self._plugins, name, self.surroundings)
        except MissingPluginError as error:
            if packaged is not None:
                return packaged
            if packages is not None and any(plugin.name == name for plugin in entry_point_plugins(None)):
                raise MissingPluginError(
                    f"a Python package brings the plugin {name} and may not; {error.message}",
                    hint=_packages_hint(packages),
                ) from error
            raise
        if packaged is not None:
            raise PluginError(
                f"there are two plugins {name}: {program.origin}, and {packaged.origin}",
                hint=f"write {PROGRAM}{name} or {PACKAGE}{name}",
            )
        return program

    def listed(self) -> Iterator[tuple[str, EntryPointPlugin | None]]:
        """Yield the name of each plugin, programs first, and the entry point if it is one; nothing is run.

        Raises:
            PluginError: the directory of plugins cannot be listed.
        """
        for name in program_names(self._plugins):
            yield name, None
        for packaged in entry_point_plugins(self._settings.packages):
            yield packaged.name, packaged


def _packages_hint(packages: frozenset[str] | None) -> str:
    if packages is None:
        return "install the package next to notation-py, or see `notation-py plugin list`"
    listed = ", ".join(sorted(packages)) or "none"
    return (
        f"only listed packages may bring plugins, now {listed}; see NOTATION_PY_PLUGIN_PACKAGES and "
        "NOTATION_PY_ENTRY_POINTS"
    )
