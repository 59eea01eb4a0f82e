# SPDX-License-Identifier: Apache-2.0
"""The settings with which a command talks to a registry, from its flags and `config.json`.

Credentials on the line or in the environment count alone; otherwise the configured stores are asked when
the registry wants a credential. With `--debug` every request and answer is written, secrets masked.

Spec: contract/cli.md 5, 6.2, 6.3, 9. Requirements: SIG-025, SIG-055, SIG-057, SEC-006, R-26, R-36, R-37.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..adapters.credentials import (
    ConfiguredCredentials,
    Credential,
    CredentialSource,
    GivenCredential,
    NoCredentials,
)
from ..adapters.registry_hosts import SchemeRule
from ..adapters.registry_settings import ReferrersMode, RegistrySettings, TlsFiles
from ..adapters.remote import RemoteRepository
from ..errors import UsageError
from ..reference import Reference
from ..registry.repository import Repository
from ..registry.signatures import SIGNATURE_TYPE
from .credential import explicit_credential
from .session import Session
from .tracing import tracer

_LISTING = frozenset({"verify", "list", "inspect"})
"""Commands that list the signatures of what they resolve."""


def open_repository(reference: Reference, values: Mapping[str, Any], session: Session) -> Repository:
    """Return the repository that *reference* names; nothing is sent yet."""
    settings = registry_settings(values, session, _credentials(values, session))
    if session.path in _LISTING:
        settings = replace(settings, expected_referrers=SIGNATURE_TYPE)
    return RemoteRepository(reference.registry, reference.repository, settings)


def registry_settings(
    values: Mapping[str, Any], session: Session, credentials: CredentialSource
) -> RegistrySettings:
    """Return how registries are reached by this command, with *credentials*.

    Raises:
        UsageError: flags that contradict each other.
    """
    configuration = session.configuration
    tls = TlsFiles(
        _path(values["tls_ca_file"]), _path(values["tls_cert_file"]), _path(values["tls_key_file"])
    )
    return RegistrySettings(
        credentials=credentials,
        scheme_rule=_scheme_rule(tls, insecure=values["insecure_registry"]),
        insecure_registries=configuration.insecure_registries,
        token_realms=configuration.token_realms,
        tls=tls,
        referrers_mode=ReferrersMode.TAG if values.get("force_referrers_tag") else ReferrersMode.AUTO,
        trace=tracer(session),
        warn=session.warn,
    )


def _scheme_rule(tls: TlsFiles, *, insecure: bool) -> SchemeRule:
    """Return the rule: files for TLS mean TLS, even to a name that would be reached by plain HTTP."""
    if tls.key is not None and tls.certificate is None:
        raise UsageError("--tls-key-file is the key of --tls-cert-file, which is missing")
    if tls == TlsFiles():
        return SchemeRule.PLAIN_HTTP if insecure else SchemeRule.AUTOMATIC
    if insecure:
        raise UsageError("--insecure-registry contradicts the files for TLS", hint="leave one of them out")
    return SchemeRule.HTTPS_ONLY


def _credentials(values: Mapping[str, Any], session: Session) -> CredentialSource:
    username, password = explicit_credential(values, session)
    if username and not password:
        session.warn("a user name without a password is not used; no credential will be sent")
        return NoCredentials()
    credential = Credential.of_user(username, password)
    if credential is None:
        return ConfiguredCredentials(
            session.directories.config, session.environment, session.platform, session.trace
        )
    return GivenCredential(credential)


def _path(name: str) -> Path | None:
    return Path(name) if name else None
