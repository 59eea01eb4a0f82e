# SPDX-License-Identifier: Apache-2.0
"""Credentials of registries: those the user named, or those of docker-style configuration.

Sources are asked only when a registry wants a credential. One configuration is chosen, whole,
by fixed rules: notation's own if it says anything about credentials, else docker's, else the
system's helper. A server is found under its exact name; look-alikes find nothing. Secrets are never
written to disk by us and never appear in a representation.

Spec: notation CLI contract 4.1, 6.3; docker config.json. Requirements: SIG-057, SEC-003, SEC-005,
SEC-006, R-36.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import ConfigurationError
from .traces import unheard

if TYPE_CHECKING:
    from .credential_programs import CredentialHelper
    from .docker_configuration import DockerConfiguration

CONFIGURATION_NAME = "config.json"


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name with a password, an identity (refresh) token, or a registry (access) token."""

    username: str = ""
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)

    @classmethod
    def of_user(cls, username: str, password: str) -> Credential | None:
        """Return what a user name and a password mean together: a password alone is an identity token."""
        if not username and not password:
            return None
        return cls(username, password) if username else cls(refresh_token=password)


class CredentialSource(Protocol):
    """Where the credential of a registry comes from."""

    def credential_for(self, server: str) -> Credential | None:
        """Return the credential kept under the key *server*, or None if there is none.

        Raises:
            ConfigurationError, UnavailableError: it cannot be said whether there is one.
        """


class NoCredentials:
    """Has no credential for anyone."""

    def credential_for(self, server: str) -> Credential | None:  # noqa: ARG002 - the port's name
        """Return None."""
        return None


class GivenCredential:
    """The one credential of this run, from flags or environment; good for the registry it is used with."""

    __slots__ = ("_credential",)

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def credential_for(self, server: str) -> Credential | None:  # noqa: ARG002 - the port's name
        """Return the credential."""
        return self._credential


def docker_configuration_path(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the path of docker's `config.json`, whether it exists or not; None without a home directory."""
    directory = environ.get("DOCKER_CONFIG")
    if directory:
        return Path(directory) / CONFIGURATION_NAME
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) / ".docker" / CONFIGURATION_NAME if home else None


class ConfiguredCredentials:
    """The credentials of the one configuration that the rules of CLI contract 6.3 choose.

    Args:
        configuration_directory: notation's; its `config.json` comes first.
        environ: names docker's configuration and the PATH of helpers. note: hears of each use of a helper.
    """

    def __init__(
        self,
        configuration_directory: Path,
        environ: Mapping[str, str] = os.environ,
        platform: str = sys.platform,
        note: Callable[[str], None] = unheard,
    ) -> None:
        self._note = note
        self._own = configuration_directory / CONFIGURATION_NAME
        self._environ = environ
        self._platform = platform

    def configuration(self) -> DockerConfiguration:
        """Return the chosen configuration; an empty one, of notation's own path, if nothing is set up.

        Raises:
            ConfigurationError: one of the files that had to be read is unusable.
        """
        from .credential_programs import default_suffix
        from .docker_configuration import DockerConfiguration

        own = self._load(self._own, "from config file")
        if own is not None and own.says_something:
            return own
        path = docker_configuration_path(self._environ)
        docker = self._load(path, "from docker config file") if path is not None else None
        if docker is not None and docker.says_something:
            return docker
        suffix = default_suffix(self._environ, self._platform) or ""
        return DockerConfiguration(self._own, {}, suffix, {})

    @staticmethod
    def _load(path: Path, source: str) -> DockerConfiguration | None:
        from .docker_configuration import DockerConfiguration

        try:
            return DockerConfiguration.load(path)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"failed to get credentials store: failed to create credential store {source}: "
                f"{error.message}"
            ) from error

    def helper_for(self, server: str) -> CredentialHelper | None:
        """Return the helper that the chosen configuration names for *server*, or None."""
        from .credential_programs import CredentialHelper

        suffix = self.configuration().helper_suffix(server)
        return CredentialHelper(suffix, self._environ, note=self._note) if suffix else None

    def credential_in_file(self, server: str) -> Credential | None:
        """Return the credential that stands in the chosen configuration itself under *server*, or None."""
        entry = self.configuration().entry_for(server)
        return None if entry is None else Credential(*entry)

    def credential_for(self, server: str) -> Credential | None:
        """Return the credential of the chosen configuration for the key *server*, or None."""
        helper = self.helper_for(server)
        if helper is None:
            return self.credential_in_file(server)
        kept = helper.credential_for(server)
        if kept is None:
            return None
        if kept.is_identity_token:
            return Credential(refresh_token=kept.secret)
        return Credential(kept.username, kept.secret)
