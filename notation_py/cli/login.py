# SPDX-License-Identifier: Apache-2.0
"""`login` and `logout`: try a credential and give it to the credential store, or take it out.

A secret comes from standard input, a prompt without echo, the environment or, with a warning, the
command line; it is never shown. Knows no store and no registry.

Spec: contract/cli.md 6.3, 7.5, 7.6. Requirements: SIG-057, SEC-006, R-37.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..adapters.credentials import ConfiguredCredentials, Credential, NoCredentials
from ..errors import UsageError
from .credential import explicit_credential
from .prompt import read_rest, read_secret, read_username
from .session import Session

_HELP = "https://notaryproject.dev/docs/how-to/registry-authentication/"


def _store(session: Session) -> ConfiguredCredentials:
    return ConfiguredCredentials(
        session.directories.config, session.environment, session.platform, session.trace
    )


def run(values: Mapping[str, Any], session: Session) -> None:
    """Log in to a registry and keep the credential in the credential store."""
    from ..adapters.login import LoginResult, log_in
    from .registries import registry_settings

    server = _server(values)
    username, password = _credential(values, session)
    credential = Credential.of_user(username, password)
    if credential is None:
        raise UsageError("password required")
    settings = registry_settings(values, session, NoCredentials())
    if log_in(server, credential, _store(session), settings) is LoginResult.ALREADY_IN_FILE:
        session.warn(
            "The credentials store is not set up. It is recommended to configure the credentials store to "
            f"securely store your credentials. See {_HELP}."
        )
        session.say("Authenticated with existing credentials")
    session.say("Login Succeeded")


def _server(values: Mapping[str, Any]) -> str:
    server: str = values["arguments"][0]
    if not server:
        raise UsageError("no hostname specified")
    return server


def _credential(values: Mapping[str, Any], session: Session) -> tuple[str, str]:
    username, password = explicit_credential(values, session)
    if values["password_stdin"]:
        password = read_rest()
        if not password:
            raise UsageError("password required", hint="standard input was empty")
        return username, password
    if password:
        return username, password
    username = username or read_username(session)
    what = "password" if username else "token"
    password = read_secret(session, f"{what.capitalize()}: ")
    if not password:
        raise UsageError(f"{what} required")
    return username, password


def run_logout(values: Mapping[str, Any], session: Session) -> None:
    """Take the credential of a registry out of the credential store, if there is one."""
    from ..adapters.login import log_out

    server = _server(values)
    log_out(server, _store(session))
    session.say("Logout Succeeded")
