# SPDX-License-Identifier: Apache-2.0
"""Logging in to a registry and out: a credential is tried first, then given to a helper, never to a file.

The one file we rewrite is the chosen configuration when `logout` takes an entry out of it. Prompts
and wording of success belong to the command line.

Spec: notation CLI contract 6.3, 7.5, 7.6. Requirements: SIG-057, SEC-005, SEC-006, R-37.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from ..document import parse_json, write_json
from ..errors import ConfigurationError, NotationError, UsageError
from ..reference import go_quote, is_registry
from .credential_programs import TOKEN_USERNAME, server_host
from .credentials import ConfiguredCredentials, Credential, GivenCredential
from .docker_configuration import MAX_CONFIGURATION_BYTES
from .file_changes import exclusive_lock, write_file
from .files import Links, read_file
from .registry_hosts import credential_key
from .registry_settings import RegistrySettings

HELP = "https://notaryproject.dev/docs/how-to/registry-authentication/"


class LoginResult(StrEnum):
    """How a login ended."""

    STORED = "stored"
    """The helper keeps the credential now."""
    ALREADY_IN_FILE = "already in file"
    """No helper is set up, and the configuration file holds this very credential already."""


def log_in(
    registry: str, credential: Credential, store: ConfiguredCredentials, settings: RegistrySettings
) -> LoginResult:
    """Return once *registry* has accepted *credential* and it is kept.

    Args:
        registry: `host[:port]`.
        settings: how to reach the registry; its credentials are not used.

    Raises:
        UsageError: *registry* is not a registry. NotationError: refused, or it could not be kept.
    """
    if not is_registry(registry):
        raise UsageError(
            f"failed to get registry client: invalid reference: invalid registry {go_quote(registry)}"
        )
    key, failed = credential_key(registry), f"failed to log in to {registry}"
    store.configuration()  # what cannot be read is said before anything is sent
    try:
        check_credential(registry, credential, settings)
    except NotationError as error:
        raise _renamed(
            error,
            f"{failed}: failed to validate the credentials for {registry}: {error.message}",
        ) from error
    helper = store.helper_for(key)
    if helper is None:
        if store.credential_in_file(key) == credential:
            return LoginResult.ALREADY_IN_FILE
        raise ConfigurationError(
            f"{failed}: the credential could not be saved because a credentials store is "
            f"required to securely store the password. See {HELP}"
        )
    username, secret = credential.username, credential.password
    if credential.refresh_token:
        username, secret = TOKEN_USERNAME, credential.refresh_token
    try:
        helper.store(key, username, secret)
    except NotationError as error:
        raise _renamed(
            error,
            f"{failed}: failed to store the credentials for {registry}: {error.message}",
        ) from error
    return LoginResult.STORED


def check_credential(registry: str, credential: Credential, settings: RegistrySettings) -> None:
    """Return if *registry* accepts *credential*.

    Raises:
        UnavailableError: with outcome AUTH if not.
    """
    from .oras_registry import OrasRegistry

    settings = replace(settings, credentials=GivenCredential(credential))
    client = OrasRegistry.connect(registry, settings)
    try:
        client.ping()
    finally:
        client.close()


def log_out(server: str, store: ConfiguredCredentials) -> None:
    """Forget the credential of *server* in the chosen configuration; there need not be one.

    Raises:
        NotationError: the helper or the file failed.
    """
    key = credential_key(server)
    helper = store.helper_for(key)
    configuration = store.configuration()
    try:
        if helper is not None:
            helper.erase(key)
        elif any(server_host(name) == server_host(key) for name in configuration.auths):
            _remove_entries(store, key)
    except NotationError as error:
        raise _renamed(
            error,
            f"failed to log out of {server}: failed to delete the credential for {server}: {error.message}",
        ) from error


def _remove_entries(store: ConfiguredCredentials, key: str) -> None:
    """Rewrite the configuration file without the entries for *key*; everything else in it stays."""
    path = store.configuration().path.resolve()
    with exclusive_lock(path.parent):
        data, _ = read_file(path, max_bytes=MAX_CONFIGURATION_BYTES, links=Links.FOLLOWED)
        document = parse_json(data, what=path.name, max_bytes=MAX_CONFIGURATION_BYTES)
        host = server_host(key)
        document["auths"] = {
            name: entry
            for name, entry in document["auths"].items()
            if name != key and server_host(name) != host
        }
        write_file(path, write_json(document, indent="\t").encode("utf-8"))


def _renamed(error: NotationError, message: str) -> NotationError:
    """Return *error* with the context in front of its message; family, hint and outcome stay."""
    renamed = type(error).__new__(type(error))
    renamed.__dict__.update(error.__dict__)
    renamed.args = (message,)
    renamed.message = message
    return renamed
