# SPDX-License-Identifier: Apache-2.0
"""Where configuration, plugins and caches live, on each system, as the Go program has it.

`Directories.from_environment` is a function of its arguments alone; `check_directories`
looks at the disk. Knows the names of the files, nothing about their content.

Spec: notation directory structure. Requirements: CFG-001 to CFG-004, TS-001, R-33.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from ..errors import ConfigurationError
from .files import Strictness, Warn, check_owner_and_mode, file_error

_VARIABLES = (
    "NOTATION_CONFIG",
    "NOTATION_LIBEXEC",
    "NOTATION_CACHE",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "HOME",
    "APPDATA",
    "LOCALAPPDATA",
)


@dataclass(frozen=True, slots=True)
class Directories:
    """The three roots, and the places below them.

    Attributes:
        config: keys, policies, trust stores, settings. libexec: plugins. cache: revocation lists.
    """

    config: Path
    libexec: Path
    cache: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], platform: str) -> Directories:
        """Return the directories for *platform*, a `sys.platform` word; an empty variable counts as unset.

        Without any usable variable they are below `.notation` in the working directory.

        Raises:
            ConfigurationError: a variable contains a control character.
        """
        for name in _VARIABLES:
            if any(character < " " or character == "\x7f" for character in environ.get(name, "")):
                raise ConfigurationError(f"environment variable {name} contains a control character")
        config = _chosen(environ, "NOTATION_CONFIG") or _default(environ, platform, "config")
        cache = _chosen(environ, "NOTATION_CACHE") or _default(environ, platform, "cache")
        config = config or Path(".notation")
        libexec = _chosen(environ, "NOTATION_LIBEXEC") or config
        return cls(config, libexec, cache or Path(".notation", "cache"))

    @property
    def configuration_file(self) -> Path:
        """`config.json` (CFG-005)."""
        return self.config / "config.json"

    @property
    def signing_keys_file(self) -> Path:
        """`signingkeys.json` (CFG-006)."""
        return self.config / "signingkeys.json"

    @property
    def trust_store(self) -> Path:
        """The parent of the directories `ca`, `signingAuthority` and `tsa` (TS-001)."""
        return self.config / "truststore" / "x509"

    @property
    def local_keys(self) -> Path:
        """Test keys and their certificates."""
        return self.config / "localkeys"

    @property
    def plugins(self) -> Path:
        """One directory for each plugin (CFG-002)."""
        return self.libexec / "plugins"

    @property
    def revocation_lists(self) -> Path:
        """Cached certificate revocation lists (CFG-003)."""
        return self.cache / "crl"


def _chosen(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name, "")
    return Path(value) if value else None


def _default(environ: Mapping[str, str], platform: str, kind: str) -> Path | None:
    """Return the user's directory for *kind* with `notation` appended, or None if no variable tells it."""
    home = _chosen(environ, "HOME")
    match platform:
        case "win32":
            place = _chosen(environ, "APPDATA" if kind == "config" else "LOCALAPPDATA")
        case "darwin":
            part = "Application Support" if kind == "config" else "Caches"
            place = home / "Library" / part if home else None
        case _:
            if explicit := _chosen(environ, f"XDG_{kind.upper()}_HOME"):
                place = explicit if explicit.is_absolute() else None
            else:
                place = home / f".{kind}" if home else None
    return place / "notation" if place else None


def check_directories(directories: Directories, strictness: Strictness, warn: Warn) -> None:
    """Return if the configuration directory is absent or can serve, or after a warning.

    Raises:
        ConfigurationError: it is not a directory or cannot be examined; with HARDENED also if
            another user owns or can change it, or if it depends on the working directory.
    """
    path = directories.config
    if not path.is_absolute() and not PureWindowsPath(path).is_absolute():
        problem = f"configuration directory {path} depends on the working directory"
        if strictness is Strictness.HARDENED:
            raise ConfigurationError(problem, hint="set NOTATION_CONFIG to an absolute path")
        warn(f"{problem}; to mend it, set NOTATION_CONFIG to an absolute path")
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise file_error("stat", path, error) from error
    if not stat.S_ISDIR(status.st_mode):
        raise ConfigurationError(
            f"configuration directory {path} is not a directory", hint="set NOTATION_CONFIG to a directory"
        )
    check_owner_and_mode(path, status, what="configuration directory", strictness=strictness, warn=warn)
