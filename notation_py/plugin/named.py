# SPDX-License-Identifier: Apache-2.0
"""Which installed plugin a name in a signature means: those that the administrator named, and who else.

Whoever made a signature chose the name in it, so a name alone need not be enough to find a plugin.

Spec: security contract R-06, R-29. Requirements: PLG-005, PLG-090.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import PluginError
from ..reference import go_quote
from .contract import PluginRunner, Plugins


@dataclass(frozen=True, slots=True)
class NamedPlugins:
    """Implements `Plugins` by asking *plugins* for what the administrator named.

    Attributes:
        names: the name in a signature, to the name under which the plugin is installed.
        prefix: what stands before any other name when it is sought; None: no other is found (R-29).
    """

    plugins: Plugins
    names: Mapping[str, str]
    prefix: str | None = None

    def find(self, name: str) -> PluginRunner:
        """Return the plugin that *name* means; raises PluginError also if it must not be found."""
        installed = self.names.get(name)
        if installed is not None:
            return self.plugins.find(installed)
        if self.prefix is None:
            raise PluginError(
                f"verification plugin {go_quote(name)} is not named in the configuration",
                hint=f'if you trust it, add {go_quote(name)} to "verificationPlugins" in config.json',
            )
        return self.plugins.find(self.prefix + name)
