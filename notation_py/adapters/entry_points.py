# SPDX-License-Identifier: Apache-2.0
"""Plugins that are objects of installed Python packages, named by entry points.

Looking reads the metadata of packages and imports nothing; a package is imported when one of its plugins is
first asked something. Which packages count is a setting. Knows nothing about what plugins say.

Spec: docs/plugins.md; packaging entry points. Requirements: PLG-020 to PLG-028, PLG-110, R-28, R-30.
"""

from __future__ import annotations

from typing import cast

from ..errors import PluginError
from ..plugin.contract import Command, ProgramResult, is_plugin_name
from ..plugin.dispatch import dispatch
from ..plugin.protocols import ENTRY_POINT_GROUP, Plugin
from .installed_packages import Entry, InstalledPackage, normal_name, packages_with_entries
from .plugin_settings import PACKAGES_VARIABLE


class EntryPointPlugin:
    """Implements `PluginRunner` for the object that an entry point names, in this process.

    Args:
        entry: imported when the plugin is first run. distribution: the package that it came with.
    """

    def __init__(self, entry: Entry, distribution: InstalledPackage) -> None:
        self._entry = entry
        self._distribution = distribution
        self._plugin: Plugin | None = None

    @property
    def name(self) -> str:
        """The name of the entry point."""
        return self._entry.name

    @property
    def origin(self) -> str:
        """Object and package, such as `notation_file:Plugin of notation-file 1.0`."""
        return f"{self._entry.value} of {self._distribution.name} {self._distribution.version}"

    @property
    def package(self) -> InstalledPackage:
        """The package that brought it."""
        return self._distribution

    def run(self, command: Command, request: bytes) -> ProgramResult:
        """Return what the object made of *request*; raises as its port says, if it cannot be imported."""
        if self._plugin is None:
            self._plugin = self._loaded()
        return dispatch(self._plugin, command, request)

    def _loaded(self) -> Plugin:
        try:
            found = self._entry.load()
            plugin = found() if isinstance(found, type) else found
            is_plugin = callable(getattr(plugin, "metadata", None))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise PluginError(
                f"plugin {self.name} cannot be loaded: {type(error).__name__}",
                hint=f"look at {self.origin}; `python -c 'import {self._entry.module}'` shows why",
            ) from error
        if not is_plugin:
            raise PluginError(
                f"plugin {self.name} is no plugin: it has no method `metadata`", hint=f"look at {self.origin}"
            )
        return cast("Plugin", plugin)


def entry_point_plugins(packages: frozenset[str] | None) -> list[EntryPointPlugin]:
    """Return the plugins that the packages installed here bring, sorted by name; nothing is imported.

    Args:
        packages: those that count, in normal form; None means every one.
    """
    if packages is not None and not packages:
        return []
    found = [
        EntryPointPlugin(entry, package)
        for package, entries in packages_with_entries(ENTRY_POINT_GROUP)
        if packages is None or normal_name(package.name) in packages
        for entry in entries
        if is_plugin_name(entry.name)
    ]
    return sorted(found, key=lambda plugin: (plugin.name, plugin.origin))


def find_entry_point(name: str, packages: frozenset[str] | None) -> EntryPointPlugin | None:
    """Return the plugin *name*, or None if no package brings it.

    Raises:
        PluginError: several packages do.
    """
    found = [plugin for plugin in entry_point_plugins(packages) if plugin.name == name]
    if len(found) > 1:
        places = ", ".join(plugin.origin for plugin in found)
        raise PluginError(
            f"several packages bring the plugin {name}: {places}",
            hint=f"uninstall all but one, or name the one that counts in {PACKAGES_VARIABLE}",
        )
    return found[0] if found else None
