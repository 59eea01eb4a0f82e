# SPDX-License-Identifier: Apache-2.0
"""`plugin install|list|uninstall`: programs below `plugins`, and what Python packages bring.

Says what a plugin says about itself, and where it is. Whether a plugin is used, and for what, is decided by
`sign` and `verify`.

Spec: contract/cli.md 7.10. Requirements: PLG-003, PLG-004, PLG-006 to PLG-014, CLI-001, CLI-014.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..adapters.plugin_programs import MissingPluginError, find_program, program_path
from ..errors import NotationError, PluginError, UsageError
from .columns import columns
from .parser import PROGRAM
from .plugins import traced
from .prompt import confirmed
from .session import Session, one_line

if TYPE_CHECKING:
    from ..adapters.entry_points import EntryPointPlugin
    from ..adapters.plugin_package import Package
    from ..adapters.plugins import InstalledPlugins

_HEADINGS = ("NAME", "DESCRIPTION", "VERSION", "CAPABILITIES", "ERROR", "ORIGIN")
_NO_ERROR = "<nil>"
_WIDEST = 256
"""Characters of a cell; every row is as wide as the widest one."""
_FAILED = "plugin installation failed: "


def run_install(values: Mapping[str, Any], session: Session) -> None:
    """Install a plugin from a file, a directory, an archive or a URL."""
    source = _source(values)
    if values["url"]:
        _install_from_url(source, values, session)
        return
    from ..adapters.plugin_package import Package, checked_sha256

    checksum = checked_sha256(values["sha256sum"]) if values["sha256sum"] else None
    _install(Package(Path(source), checksum), values, session)


def _source(values: Mapping[str, Any]) -> str:
    """Return the one argument; raises UsageError if that, or where it comes from, is not clear."""
    sources: tuple[str, ...] = values["arguments"]
    given = [flag for flag in ("file", "url") if values[flag]]
    if not sources:
        missing = {"file": "missing plugin file path", "url": "missing plugin URL"}
        raise UsageError(missing[given[0]] if given else "missing plugin source location")
    if len(sources) > 1:
        listed = " ".join(map(one_line, sources))
        raise UsageError(f"can only install one plugin at a time, but got [{listed}]")
    if not given:
        raise UsageError("at least one of the flags in the group [file url] is required")
    if len(given) > 1:
        raise UsageError(
            "if any flags in the group [file url] are set none of the others can be; [file url] were all set"
        )
    return sources[0]


def _install_from_url(source: str, values: Mapping[str, Any], session: Session) -> None:
    if not values["sha256sum"]:
        raise UsageError("installing from URL requires non-empty SHA256 checksum of the plugin source")
    from tempfile import TemporaryDirectory

    from ..adapters.plugin_download import PluginDownload, file_name_of, plugin_url
    from ..adapters.plugin_package import Package, checked_sha256
    from .progress import progress
    from .tracing import tracer

    url = plugin_url(source)
    checksum = checked_sha256(values["sha256sum"])
    session.say(f"Downloading plugin from {url.without_query}")
    with TemporaryDirectory(prefix="notation-py-") as place:
        with progress(session) as shown:
            shown.say(f"Downloading {url.without_query}")
            path = PluginDownload(trace=tracer(session)).into(Path(place), url)
        session.say("Download completed")
        _install(Package(path, checksum, file_name_of(url), may_execute=True), values, session)


def _install(package: Package, values: Mapping[str, Any], session: Session) -> None:
    from ..adapters.plugin_install import Replacing, install_plugin

    replacing = Replacing.ANY if values["force"] else Replacing.OLDER
    surroundings = _plugins(session).surroundings
    try:
        done = install_plugin(
            package,
            session.directories,
            surroundings,
            replacing=replacing,
            heard=lambda runner: traced(runner, session),
        )
    except UsageError:
        raise
    except NotationError as error:
        raise PluginError(f"{_FAILED}{error}", hint=error.hint, outcome=error.outcome) from error
    name, version = one_line(done.name), one_line(done.version)
    if done.replaced:
        old = one_line(done.replaced)
        session.say(f"Successfully updated plugin {name} from version {old} to {version}")
    else:
        session.say(f"Successfully installed plugin {name}, version {version}")


def _plugins(session: Session) -> InstalledPlugins:
    from ..adapters.plugins import InstalledPlugins

    return InstalledPlugins(session.directories, session.environment, session.strictness, warn=session.warn)


def run_list(values: Mapping[str, Any], session: Session) -> None:  # noqa: ARG001 - the signature of every handler
    """Write a table of the plugins; a program that does not work has an error in its row."""
    plugins = _plugins(session)
    rows: list[tuple[str, ...]] = [_HEADINGS]
    for name, packaged in plugins.listed():
        rows.append(_packaged_row(packaged) if packaged else _program_row(name, plugins, session))
    session.say("\n".join(columns(rows)))


def _packaged_row(plugin: EntryPointPlugin) -> tuple[str, ...]:
    """Return what the package says; the plugin itself is not imported to be listed."""
    package = plugin.package
    cells = (plugin.name, package.summary, package.version)
    return (*map(_cut, cells), "[]", _NO_ERROR, f"py: {plugin.origin}")


def _program_row(name: str, plugins: InstalledPlugins, session: Session) -> tuple[str, ...]:
    from ..plugin.answers import plugin_metadata

    path = program_path(session.directories.plugins, name)
    origin = f"exe: {path}"
    try:
        program = find_program(session.directories.plugins, name, plugins.surroundings)
        found = plugin_metadata(traced(program, session), {})
    except MissingPluginError:
        problem = (
            f"plugin executable file `{path.name}` not found. "
            "Use `notation-py plugin install` command to install the plugin"
        )
        return (name, "", "", "[]", problem, origin)
    except NotationError as error:
        return (name, "", "", "[]", _problem(path, error), origin)
    capabilities = f"[{' '.join(found.capabilities)}]"
    cells = (found.name, found.description, found.version, capabilities)
    return (*map(_cut, cells), _NO_ERROR, origin)


def _cut(cell: str) -> str:
    """Return *cell*, which a plugin wrote, no wider than a table can be."""
    return cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…"


def _problem(path: Path, error: NotationError) -> str:
    """Return what is wrong with the program *path*, in the Go program's words where it has its own."""
    if not error.message.endswith("exec format error"):
        return error.message
    from .version import system

    return (
        f"plugin file `{path.name}` is not executable. Use `{PROGRAM} plugin install` command to install the "
        f"plugin. Please ensure that the plugin executable file is compatible with {system()}"
    )


def run_uninstall(values: Mapping[str, Any], session: Session) -> None:
    """Remove a plugin program, after a yes or with `--yes`."""
    from ..adapters.plugin_install import is_installed, uninstall_plugin
    from ..reference import go_quote

    name = _program_name(values["arguments"][0])
    if not is_installed(name, session.directories):
        raise PluginError(
            f"unable to find plugin {name}",
            hint="to view a list of installed plugins, use `notation-py plugin list`",
        )
    if not values["yes"] and not confirmed(
        session, f"Are you sure you want to uninstall plugin {go_quote(name)}?"
    ):
        return
    try:
        uninstall_plugin(name, session.directories)
    except NotationError as error:
        raise PluginError(f"failed to uninstall plugin {name}: {error}", hint=error.hint) from error
    session.say(f"Successfully uninstalled plugin {one_line(name)}")


def _program_name(given: str) -> str:
    """Return the name of the program that *given* means: `NAME` or `exe:NAME`.

    Raises:
        UsageError: no name. PluginError: a package is meant, which pip takes away.
    """
    from ..adapters.plugins import PACKAGE
    from ..adapters.plugins import PROGRAM as PROGRAM_PREFIX

    if given.startswith(PACKAGE):
        raise PluginError(
            f"{one_line(given)} is a plugin of a Python package, and {PROGRAM} takes away only programs",
            hint="`pip uninstall` takes the package away; `notation-py plugin list` shows which one it is",
        )
    name = given.removeprefix(PROGRAM_PREFIX)
    if not name:
        raise UsageError("plugin name is required")
    return name
