# SPDX-License-Identifier: Apache-2.0
"""The settings with which a command talks to a registry, from its flags and `config.json`.

Credentials on the line or in the environment count alone; otherwise the configured stores are asked when
the registry wants a credential. With `--debug` every request and answer is written, secrets masked.

Spec: contract/cli.md 5, 6.2, 6.3, 9. Requirements: SIG-025, SIG-055, SIG-057, SEC-006, R-26, R-36, R-37.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..adapters.credentials import ConfiguredCredentials, Credential, CredentialSource, GivenCredential
from ..adapters.registry_hosts import SchemeRule
from ..adapters.registry_settings import ReferrersMode, RegistrySettings, TlsFiles, TraceEvent
from ..adapters.remote import RemoteRepository
from ..reference import Reference
from ..registry.repository import Repository
from .credential import explicit_credential
from .session import DEBUG, Session


def open_repository(reference: Reference, values: Mapping[str, Any], session: Session) -> Repository:
    """Return the repository that *reference* names; nothing is sent yet."""
    settings = registry_settings(reference.registry, values, session)
    return RemoteRepository(reference.registry, reference.repository, settings)


def registry_settings(registry: str, values: Mapping[str, Any], session: Session) -> RegistrySettings:
    """Return how *registry*, `host[:port]`, is reached by this command."""
    configuration = session.configuration
    return RegistrySettings(
        credentials=_credentials(values, session),
        scheme_rule=SchemeRule.PLAIN_HTTP if values["insecure_registry"] else SchemeRule.AUTOMATIC,
        insecure_registries=configuration.insecure_registries,
        token_realms=configuration.token_realms.get(registry, ()),
        tls=TlsFiles(
            _path(values["tls_ca_file"]), _path(values["tls_cert_file"]), _path(values["tls_key_file"])
        ),
        referrers_mode=ReferrersMode.TAG if values.get("force_referrers_tag") else ReferrersMode.AUTO,
        trace=_tracer(session) if session.verbosity >= DEBUG else None,
        warn=session.warn,
    )


def _credentials(values: Mapping[str, Any], session: Session) -> CredentialSource:
    username, password = explicit_credential(values, session)
    if username or password:
        return GivenCredential(Credential.of_user(username, password))
    return ConfiguredCredentials(session.directories.config, session.environment, session.platform)


def _path(name: str) -> Path | None:
    return Path(name) if name else None


def _tracer(session: Session) -> Any:
    def trace(event: TraceEvent) -> None:
        headers = "".join(f'\n   "{name}": "{value}"' for name, value in event.headers)
        if event.status is None:
            session.trace(
                f'Request #{event.number}\n> Request: "{event.method}" "{event.url}"\n> Request headers:{headers}'
            )
        else:
            session.trace(
                f'Response #{event.number}\n< Response status: "{event.status}"\n< Response headers:{headers}'
            )

    return trace
