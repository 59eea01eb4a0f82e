# SPDX-License-Identifier: Apache-2.0
"""What a docker-style `config.json` says about credentials, read strictly.

Notation's own file has the same members. A server is found under its exact name, or under that host
written as a URL; look-alikes find nothing. Secrets appear in no representation and in no error.
Imported when a registry wants a credential.

Spec: docker config.json; notation CLI contract 4.1, 6.3. Requirements: SIG-057, SEC-003, SEC-006, R-01, R-36.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..document import of_type, parse_json, string_map
from ..encoding import decode_base64
from ..errors import ConfigurationError, MalformedError
from .credential_programs import server_host
from .files import FileError, FileProblem, Links, read_file

T = TypeVar("T")

MAX_CONFIGURATION_BYTES = 1 << 20
CONFIGURATION_NAME = "config.json"

Entry = tuple[str, str, str, str]
"""User name, password, identity token and registry token, empty where there is none."""


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

    def entry_for(self, server: str) -> Entry | None:
        """Return what stands in the file itself under *server*, or None.

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

    def _decode(self, key: str) -> Entry | None:
        at = f"auths[{key[:64]!r}]"
        members = self.auths[key]
        try:
            values = {name: _optional(members, name, "", at=f"{at}.") for name in _AUTH_MEMBERS}
            username, password = values["username"], values["password"]
            if values["auth"]:
                decoded = decode_base64(values["auth"], at=f"{at}.auth").decode("utf-8")
                username, colon, password = decoded.partition(":")
                if not colon:
                    raise MalformedError("is not user:password", at=f"{at}.auth")
        except (MalformedError, UnicodeDecodeError) as error:
            reason = error.message if isinstance(error, MalformedError) else f"{at}.auth: is not UTF-8"
            raise ConfigurationError(f"{self.path}: {reason}") from error
        entry = (username, password, values["identitytoken"], values["registrytoken"])
        return entry if any(entry) else None


def _optional(source: Mapping[str, Any], name: str, default: T, *, at: str = "") -> T:
    """Return the member *name*, of the type of *default*, which stands for an absent or null one."""
    value = source.get(name)
    return default if value is None else of_type(value, type(default), at=f"{at}{name}")


_AUTH_MEMBERS = ("auth", "identitytoken", "registrytoken", "username", "password")
