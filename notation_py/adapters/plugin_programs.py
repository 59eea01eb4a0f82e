# SPDX-License-Identifier: Apache-2.0
"""Plugins that are programs: found below `plugins`, looked at, and run if nobody else could change them.

`LIBEXEC/plugins/NAME/notation-NAME` has to be a regular file in a real directory. What was installed by us
must be what is there now; that is checked when a plugin is found, and again before a run if
anything looks different. Knows nothing about what plugins say.

Spec: plugin-extensibility, Plugin lifecycle; security contract R-28, R-30.
Requirements: PLG-001 to PLG-005, PLG-020, PLG-030, PLG-031, PLG-032.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import ConfigurationError, PluginError
from ..plugin.contract import Command, ProgramResult, is_plugin_name
from .files import FileError, Strictness, Warn, check_owner_and_mode, file_error
from .plugin_process import Bounds, run_program
from .plugin_records import RECORD_NAME, Fingerprint, digest_of_file, fingerprint, read_record
from .plugin_settings import METADATA_SECONDS, PluginSettings

PREFIX = "notation-"
SUFFIX = ".exe" if sys.platform == "win32" else ""

_ATTEMPTS = 5
_ABSENT = "plugin executable file is either not found or inaccessible"
_REINSTALL = "install the plugin again with `notation-py plugin install --force`"


class MissingPluginError(PluginError):
    """No plugin of that name is installed."""


class Surroundings(NamedTuple):
    """How plugins are run here, and how strictly their files are looked at."""

    settings: PluginSettings
    strictness: Strictness
    warn: Warn


class ProgramPlugin:
    """Implements `PluginRunner` for the program at *path*.

    Args:
        name: of the plugin. seen: each file that was compared with its record, as it was then.
    """

    def __init__(
        self, name: str, path: Path, settings: PluginSettings, seen: dict[Path, Fingerprint] | None = None
    ) -> None:
        self.name = name
        self.path = path
        self._settings = settings
        self._seen = seen or {}

    @property
    def origin(self) -> str:
        """The path of the program."""
        return str(self.path)

    def run(self, command: Command, request: bytes) -> ProgramResult:
        """Return what the program made of *request*; raises as its port says."""
        return self._run(command.value, request, self._bounds(command))

    def run_marked(self, command: Command, request: bytes, mark: str) -> ProgramResult:
        """Likewise; what left the group goes on, its mark begins with *mark*, and the caller ends it."""
        bounds = self._bounds(command)._replace(may_leave_agents=True, mark=mark)
        return self._run(command.value, request, bounds)

    def run_word(self, word: str) -> ProgramResult:
        """Return what the program made of *word*, which is no command; raises as `run`."""
        return self._run(word, b"{}", Bounds(METADATA_SECONDS, may_leave_agents=False))

    def _bounds(self, command: Command) -> Bounds:
        seconds = self._settings.seconds
        if command is Command.GET_PLUGIN_METADATA:  # needs no service, and so no agent
            return Bounds(min(seconds, METADATA_SECONDS), may_leave_agents=False)
        return Bounds(seconds)

    def _run(self, word: str, request: bytes, bounds: Bounds) -> ProgramResult:
        self._check_unchanged()
        environment = self._settings.environment_of(self.name)
        return run_program(self.path, word, request, environment, bounds)

    def _check_unchanged(self) -> None:
        for path, seen in self._seen.items():
            try:
                now = fingerprint(path)
            except OSError as error:
                raise _unusable(file_error("stat", path, error).message, _REINSTALL) from error
            if now != seen:
                raise _unusable(f"plugin {self.name}: {path} has changed since it was checked", "try again")


def program_path(plugins: Path, name: str) -> Path:
    """Return where the program of the plugin *name* is, whether or not it exists.

    Raises:
        PluginError: *name* cannot name a plugin (PLG-005).
    """
    if not is_plugin_name(name):
        raise PluginError(
            f"invalid plugin name {name[:64]!r}",
            hint="a plugin name has up to 128 letters, digits, '_', '.' and '-'",
        )
    return plugins / name / f"{PREFIX}{name}{SUFFIX}"


def program_names(plugins: Path) -> Iterator[str]:
    """Yield, sorted, the names of the real directories in *plugins*: the candidates (PLG-003).

    Raises:
        PluginError: *plugins* cannot be listed.
    """
    try:
        with os.scandir(plugins) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return
    except OSError as error:
        raise PluginError(
            f"failed to list plugin: {file_error('open', plugins, error).message}",
            hint=f"make sure that you may read the plugin directory {plugins}",
        ) from error
    yield from sorted(name for name in names if is_plugin_name(name) and not name.startswith(".notation-py"))


def find_program(plugins: Path, name: str, surroundings: Surroundings) -> ProgramPlugin:
    """Return the plugin *name*, ready to be run; nothing has been run yet.

    Raises:
        MissingPluginError: there is none. PluginError: it must not be run, and why.
    """
    path = program_path(plugins, name)
    for _ in range(_ATTEMPTS - 1):
        before = _identity(path.parent)
        try:
            return _found(plugins, name, path, surroundings)
        except PluginError:
            if _identity(path.parent) == before:
                raise  # else another version took its place meanwhile, and half of each was looked at
    return _found(plugins, name, path, surroundings)


def _identity(directory: Path) -> tuple[int, int] | None:
    try:
        status = directory.lstat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _found(plugins: Path, name: str, path: Path, surroundings: Surroundings) -> ProgramPlugin:
    status = _status(path)
    if status is None:
        raise MissingPluginError(
            f"{_ABSENT}: stat {path}: no such file or directory",
            hint="install the plugin with `notation-py plugin install`, or see `notation-py plugin list`",
        )
    if not stat.S_ISREG(status.st_mode):
        raise _unusable(f"{_ABSENT}: {path} is not a regular file (links are not followed)", _REINSTALL)
    _check_access(plugins, path, status, surroundings)
    return ProgramPlugin(name, path, surroundings.settings, _compared(name, path, surroundings))


def _status(path: Path) -> os.stat_result | None:
    """Return the status of *path*, its directory being a real one, or None if it does not exist."""
    try:
        is_directory = stat.S_ISDIR(path.parent.lstat().st_mode)
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise PluginError(f"{_ABSENT}: {file_error('stat', path, error).message}") from error
    if not is_directory:
        raise _unusable(f"{_ABSENT}: {path.parent} is not a directory (links are not followed)", _REINSTALL)
    return status


def _check_access(plugins: Path, path: Path, status: os.stat_result, surroundings: Surroundings) -> None:
    """Return if the program may be run by us and changed by nobody else."""
    if os.name == "nt":
        return
    if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
        raise _unusable(
            f"plugin program {path} has the set-user-ID or set-group-ID bit", f"chmod ug-s {path}"
        )
    sticky = stat.S_ISVTX  # nobody else can rename `plugins` there
    for place, unless in ((plugins.parent, sticky), (plugins, 0), (path.parent, 0), (path, 0)):
        seen = changed_by_few(place, unless=unless)
        try:
            check_owner_and_mode(
                place,
                seen,
                what="plugin",
                strictness=surroundings.strictness,
                warn=surroundings.warn,
                forbidden=0 if seen.st_mode & unless else 0o022,
            )
        except ConfigurationError as error:
            raise _unusable(error.message, error.hint) from error
    if not os.access(path, os.X_OK):
        raise _unusable(f"fork/exec {path}: permission denied", f"run: chmod u+x {path}")


def changed_by_few(place: Path, *, unless: int = 0) -> os.stat_result:
    """Return the status of *place*, which not everybody can change, *unless* a bit of its mode forgives that.

    Raises:
        PluginError: everybody can.
    """
    try:
        seen = place.stat()
    except OSError as error:
        raise _unusable(file_error("stat", place, error).message, _REINSTALL) from error
    if seen.st_mode & stat.S_IWOTH and not seen.st_mode & unless:
        mode = stat.S_IMODE(seen.st_mode)
        raise _unusable(f"anybody can change {place} (mode {mode:04o})", f"run: chmod o-w {place}")
    return seen


def _compared(name: str, path: Path, surroundings: Surroundings) -> dict[Path, Fingerprint]:
    """Return the files of the plugin as they are now, after having compared them with the record."""
    record = read_record(path.parent)
    if record is None:
        if surroundings.strictness is Strictness.HARDENED:
            raise _unusable(
                f"plugin {name} was not installed by notation-py, so nothing says what it should be",
                f"install it with `notation-py plugin install --force --file {path.parent}`",
            )
        return {path: fingerprint(path)}
    if path.name not in record:
        raise _unusable(f"{path} is not in the record of what was installed", _REINSTALL)
    found = {}
    for file_name, digest in record.items():
        if "/" in file_name or file_name in {"", ".", "..", RECORD_NAME} or "\0" in file_name:
            raise _unusable(f"the record of {path} names {file_name[:64]!r}", _REINSTALL)
        file = path.parent / file_name
        try:
            now, found[file] = digest_of_file(file)
        except (FileError, OSError) as error:
            raise _unusable(f"plugin {name}: {error}", _REINSTALL) from error
        if now != digest:
            raise _unusable(
                f"{file} is not what was installed: its SHA-256 is {now}, not {digest[:64]}", _REINSTALL
            )
    return found


def _unusable(message: str, hint: str | None) -> PluginError:
    return PluginError(message, hint=hint)
