# SPDX-License-Identifier: Apache-2.0
"""Plugins put in place and taken away: staged, looked at, asked who they are, then swapped in by one step.

A process killed at any instant leaves the version that was there or the new one, complete. One
change at a time, by threads and processes. Where packages come from is not known here.

Spec: plugin-extensibility, Plugin lifecycle; security contract R-28, R-31, R-32; reference behaviours 11.4.
Requirements: PLG-006 to PLG-014, SEC-005.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ..errors import MalformedError, NotationError, PluginError
from ..plugin.answers import plugin_metadata
from ..plugin.contract import PluginRunner
from ..plugin.version import Version
from .directories import Directories
from .directory_swap import Exchange, exchange_names, recover, replace_directory
from .file_changes import exclusive_lock, private_directory, remove_tree, stage_file, sweep, sync_directory
from .files import file_error
from .plugin_package import Package, stage_package
from .plugin_process import ProgramError
from .plugin_programs import (
    MissingPluginError,
    ProgramPlugin,
    Surroundings,
    changed_by_few,
    find_program,
    program_path,
)
from .plugin_records import RECORD_NAME, digest_of_file, record_bytes
from .plugin_staging import Staging

ROOM_NAME = ".notation-py-plugins"
"""Directory next to `plugins` for what is not yet, or no longer, a plugin; and for the lock."""


Heard = Callable[[PluginRunner], PluginRunner]
"""Returns what is asked in place of a plugin, such as a runner that also traces."""


def _itself(runner: PluginRunner) -> PluginRunner:
    return runner


class Replacing(StrEnum):
    """Which versions of an installed plugin may be replaced."""

    OLDER = "older"
    ANY = "any"
    """Also newer ones, the same one, and broken ones."""


class Installed(NamedTuple):
    """What was installed, and the version it replaced: None if there was none, empty if that was broken."""

    name: str
    version: str
    replaced: str | None


def install_plugin(
    package: Package,
    directories: Directories,
    surroundings: Surroundings,
    *,
    replacing: Replacing = Replacing.OLDER,
    heard: Heard = _itself,
    exchange: Exchange = exchange_names,
) -> Installed:
    """Return what is installed now, after the plugin in *package* has taken its place.

    Raises:
        FileError: *package* cannot be read, or the system refused. LimitError: it is too large.
        PluginError: it is no plugin, does not work, or may not replace what is installed.
    """
    with _workshop(directories) as workshop:
        place = workshop.fresh_directory()
        name, staging = stage_package(package, workshop.room, place, surroundings.warn)
        version = _version_of_new(name, place, surroundings, heard)
        _check_unchanged(staging)
        replaced = _replaced(
            name, version, directories.plugins, surroundings, replacing=replacing, heard=heard
        )
        _finish(staging)
        replace_directory(place, directories.plugins / name, exchange)
    return Installed(name, version, replaced)


def uninstall_plugin(name: str, directories: Directories) -> None:
    """Return when the plugin *name* is gone, with all its files.

    Raises:
        MissingPluginError: there is none. FileError: the system refused.
    """
    if not is_installed(name, directories):
        raise MissingPluginError(f"unable to find plugin {name}")
    with _workshop(directories) as workshop:
        target = directories.plugins / name
        aside = workshop.room / f".notation-py-{os.urandom(8).hex()}.tmp"
        try:
            target.rename(aside)
        except FileNotFoundError as error:
            raise MissingPluginError(f"unable to find plugin {name}") from error
        except OSError as error:
            raise file_error("unlinkat", target, error) from error
        sync_directory(directories.plugins)
        remove_tree(aside)


def is_installed(name: str, directories: Directories) -> bool:
    """Return whether there is a directory for the plugin *name*, be it broken; raises PluginError."""
    place = program_path(directories.plugins, name).parent
    try:
        return place.is_dir() and not place.is_symlink()
    except OSError as error:
        raise PluginError(
            f"failed to check plugin existence: {file_error('stat', place, error).message}"
        ) from error


class _Workshop(NamedTuple):
    """Where packages are unpacked: on the file system of `plugins`, so that one rename is enough."""

    room: Path

    def fresh_directory(self) -> Path:
        place = self.room / f".notation-py-{os.urandom(8).hex()}.tmp"
        try:
            place.mkdir(mode=0o700)
        except OSError as error:
            raise file_error("mkdir", place, error) from error
        return place


@contextmanager
def _workshop(directories: Directories) -> Iterator[_Workshop]:
    """Hold the lock for changing plugins; what is left in the workshop afterwards is removed."""
    if directories.libexec == directories.config:
        private_directory(directories.config)
    _shared_directory(directories.plugins)
    changed_by_few(directories.libexec, unless=stat.S_ISVTX)
    lock = directories.libexec / ROOM_NAME
    private_directory(lock)
    _check_ours(lock)
    with exclusive_lock(lock):
        room = lock if _device(lock) == _device(directories.plugins) else directories.plugins
        sweep(room)
        recover(room, directories.plugins)
        try:
            yield _Workshop(room)
        finally:
            sweep(room)


def _check_ours(room: Path) -> None:
    """Return if nobody else could put something in the place of what is being looked at in *room* (R-31).

    Raises:
        PluginError: somebody else made it, or could change it.
    """
    try:
        status = room.lstat()
    except OSError as error:
        raise file_error("stat", room, error) from error
    is_ours = os.name == "nt" or (status.st_uid in {os.geteuid(), 0} and not status.st_mode & 0o022)
    if not stat.S_ISDIR(status.st_mode) or not is_ours:
        raise PluginError(
            f"new plugins cannot be looked at in {room}: it is a link, or other users can change it",
            hint=f"remove {room}; it is made anew",
        )


def _device(path: Path) -> int:
    try:
        return path.stat().st_dev
    except OSError as error:
        raise file_error("stat", path, error) from error


def _shared_directory(path: Path) -> None:
    """Make *path* a directory that others may read, as programs are no secret."""
    try:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise file_error("mkdir", path, error) from error


def _version_of_new(name: str, place: Path, surroundings: Surroundings, heard: Heard) -> str:
    """Return the version that the new plugin says it has, after it has said that it is *name* (PLG-011)."""
    path = place / program_path(place, name).name
    try:
        return plugin_metadata(heard(ProgramPlugin(name, path, surroundings.settings)), {}).version
    except PluginError as error:
        raise PluginError(
            f"failed to get metadata of new plugin: {error.message.replace(str(place), '…')}",
            hint=_advice(error),
        ) from error


def _check_unchanged(staging: Staging) -> None:
    """Return once the directory holds what was staged and nothing else: the new plugin has run in it.

    What it left there, such as compiled modules, is removed, and modes are put back.

    Raises:
        PluginError: it has changed one of its files. FileError: the system refused.
    """
    for name, staged in staging.files.items():
        path = staging.directory / name
        if not _is_file(path) or digest_of_file(path)[0] != staged.sha256:
            raise PluginError(
                f"the new plugin changed its own file {name} when it was asked what it is",
                hint="contact the plugin publisher for further assistance",
            )
        try:
            path.chmod(staged.mode)
        except OSError as error:
            raise file_error("chmod", path, error) from error
    for path in list(staging.directory.iterdir()):
        if path.name not in staging.files:
            remove_tree(path)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _advice(error: PluginError) -> str:
    system = f"{os.uname().sysname.lower()}/{os.uname().machine}" if hasattr(os, "uname") else os.name
    if isinstance(error, ProgramError):
        return f"ensure that the plugin executable file is compatible with {system} and complete"
    return (
        f"ensure that the plugin executable file is intact and compatible with {system}, "
        "or contact the plugin publisher for further assistance"
    )


def _replaced(
    name: str,
    version: str,
    plugins: Path,
    surroundings: Surroundings,
    *,
    replacing: Replacing,
    heard: Heard,
) -> str | None:
    """Return the version of the installed plugin, which may be replaced by *version* (PLG-012)."""
    target = plugins / name
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise PluginError(f"{target} is not a directory (links are not followed)", hint=f"remove {target}")
    try:
        existing = plugin_metadata(heard(find_program(plugins, name, surroundings)), {}).version
    except MissingPluginError:
        return "" if target.exists() else None
    except NotationError as error:
        if replacing is Replacing.ANY:
            return ""
        raise PluginError(
            f"failed to get metadata of existing plugin: {error.message}",
            hint="to replace it nevertheless, use the --force option",
        ) from error
    if replacing is Replacing.OLDER:
        _check_newer(name, version, existing)
    return existing


def _check_newer(name: str, version: str, existing: str) -> None:
    try:
        new, old = Version.parse(version), Version.parse(existing)
    except MalformedError as error:
        raise PluginError(
            f"failed to compare plugin versions: {error.message}",
            hint="to install it nevertheless, use the --force option",
        ) from error
    if new == old:
        raise PluginError(
            f"plugin {name} with version {existing} already exists",
            hint="to install it again, use the --force option",
        )
    if new < old:
        raise PluginError(
            f"failed to install plugin {name}. The installing plugin version {version} is lower than the "
            f"existing plugin version {existing}",
            hint="it is not recommended to install an older version; to force the installation, use the "
            "--force option",
        )


def _finish(staging: Staging) -> None:
    """Write the record, and make the directory what it is to be when it has its name."""
    directory = staging.directory
    data = record_bytes({name: file.sha256 for name, file in staging.files.items()})
    record = stage_file(directory, data, mode=0o644, path=directory / RECORD_NAME)
    try:
        record.rename(directory / RECORD_NAME)
        (directory / RECORD_NAME).chmod(0o644)
        directory.chmod(0o755)
    except OSError as error:
        raise file_error("write", directory, error) from error
    sync_directory(directory)
