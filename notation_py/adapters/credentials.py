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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ..document import of_type, parse_json, string_map
from ..encoding import decode_base64
from ..errors import ConfigurationError, MalformedError
from .credential_programs import TOKEN_USERNAME, CredentialHelper, default_suffix, server_host
from .files import FileError, FileProblem, Links, read_file

T = TypeVar("T")

MAX_CONFIGURATION_BYTES = 1 << 20
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


@dataclass(frozen=True, slots=True)
class GivenCredential:
    """The one credential of this run, from flags or environment; good for the registry it is used with."""

    credential: Credential

    def credential_for(self, server: str) -> Credential | None:  # noqa: ARG002 - the port's name
        """Return the credential."""
        return self.credential


@dataclass(frozen=True, slots=True)
class DockerConfiguration:
    """What a docker-style `config.json` says about credentials."""

    path: Path
    auths: Mapping[str, Mapping[str, Any]] = field(repr=False)
    credential_store: str
    credential_helpers: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> DockerConfiguration | None:
        """Return the configuration in the file *path*, or None if there is no such file.

        Raises:
            ConfigurationError: unreadable, or not such a document.
        """
        try:
            data, _ = read_file(path, max_bytes=MAX_CONFIGURATION_BYTES, links=Links.FOLLOWED)
        except FileError as error:
            if error.problem is FileProblem.MISSING:
                return None
            raise
        try:
            return cls._parse(path, data)
        except MalformedError as error:
            raise ConfigurationError(
                f"failed to decode config file at {path}: invalid config format: {error.message}"
            ) from error

    @classmethod
    def _parse(cls, path: Path, data: bytes) -> DockerConfiguration:
        document: dict[str, Any] = of_type(
            parse_json(data, what=CONFIGURATION_NAME, max_bytes=MAX_CONFIGURATION_BYTES), dict, at=""
        )
        auths: dict[str, Any] = _optional(document, "auths", {})
        for server, entry in auths.items():
            of_type(entry, dict, at=f"auths[{server[:64]!r}]")
        return cls(
            path,
            auths,
            _optional(document, "credsStore", ""),
            string_map(_optional(document, "credHelpers", {}), at="credHelpers"),
        )

    @property
    def says_something(self) -> bool:
        """Whether credentials are configured here, so that no other configuration is looked at."""
        return bool(self.auths or self.credential_store or self.credential_helpers)

    def helper_suffix(self, server: str) -> str:
        """Return the helper for *server*, its own before the general one; empty if there is none."""
        return self.credential_helpers.get(server) or self.credential_store

    def plain_credential(self, server: str) -> Credential | None:
        """Return the credential that stands in the file itself under *server*, or None.

        The exact key counts; without it, keys that are the same host written as a URL, as older
        programs wrote them.

        Raises:
            ConfigurationError: an unusable entry, or several such keys that disagree.
        """
        key = server if server in self.auths else None
        if key is None:
            candidates = [name for name in self.auths if server_host(name) == server]
            if any(self.auths[name] != self.auths[candidates[0]] for name in candidates):
                raise ConfigurationError(
                    f"{self.path}: auths has several different entries for {server!r}",
                    hint=f"keep the one named {server!r}",
                )
            key = candidates[0] if candidates else None
        return self._decode(key) if key is not None else None

    def _decode(self, key: str) -> Credential | None:
        at = f"auths[{key[:64]!r}]"
        entry = self.auths[key]
        try:
            values = {name: _optional(entry, name, "", at=f"{at}.") for name in _AUTH_MEMBERS}
            username, password = values["username"], values["password"]
            if values["auth"]:
                decoded = decode_base64(values["auth"], at=f"{at}.auth").decode("utf-8")
                username, colon, password = decoded.partition(":")
                if not colon:
                    raise MalformedError("is not user:password", at=f"{at}.auth")
        except (MalformedError, UnicodeDecodeError) as error:
            reason = error.message if isinstance(error, MalformedError) else f"{at}.auth: is not UTF-8"
            raise ConfigurationError(f"{self.path}: {reason}") from error
        found = Credential(username, password, values["identitytoken"], values["registrytoken"])
        return found if found != Credential() else None


def _optional(source: Mapping[str, Any], name: str, default: T, *, at: str = "") -> T:
    """Return the member *name*, of the type of *default*, which stands for an absent or null one."""
    value = source.get(name)
    return default if value is None else of_type(value, type(default), at=f"{at}{name}")


_AUTH_MEMBERS = ("auth", "identitytoken", "registrytoken", "username", "password")


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
        environ: names docker's configuration and the PATH of helpers.
    """

    def __init__(
        self,
        configuration_directory: Path,
        environ: Mapping[str, str] = os.environ,
        platform: str = sys.platform,
    ) -> None:
        self._own = configuration_directory / CONFIGURATION_NAME
        self._environ = environ
        self._platform = platform

    def configuration(self) -> DockerConfiguration:
        """Return the chosen configuration; an empty one, of notation's own path, if nothing is set up.

        Raises:
            ConfigurationError: one of the files that had to be read is unusable.
        """
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
        try:
            return DockerConfiguration.load(path)
        except ConfigurationError as error:
            raise ConfigurationError(
                f"failed to get credentials store: failed to create credential store {source}: "
                f"{error.message}"
            ) from error

    def helper_for(self, server: str) -> CredentialHelper | None:
        """Return the helper that the chosen configuration names for *server*, or None."""
        suffix = self.configuration().helper_suffix(server)
        return CredentialHelper(suffix, self._environ) if suffix else None

    def credential_for(self, server: str) -> Credential | None:
        """Return the credential of the chosen configuration for the key *server*, or None."""
        configuration = self.configuration()
        suffix = configuration.helper_suffix(server)
        if not suffix:
            return configuration.plain_credential(server)
        kept = CredentialHelper(suffix, self._environ).credential_for(server)
        if kept is None:
            return None
        if kept.username == TOKEN_USERNAME:
            return Credential(refresh_token=kept.secret)
        return Credential(kept.username, kept.secret)
