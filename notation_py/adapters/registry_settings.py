# SPDX-License-Identifier: Apache-2.0
"""Everything a caller decides about talking to a registry, as one value.

The defaults are the safe ones: HTTPS, no credentials, bounded times, silence. Opens nothing
and reads nothing; the rooms that connect take their settings from here.

Spec: notation CLI contract 5, 6. Requirements: SIG-025, SIG-055, SIG-057, SEC-002, R-10, R-36.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from .credentials import CredentialSource, NoCredentials
from .files import Warn
from .registry_hosts import SchemeRule
from .traces import Trace, unheard


class ReferrersMode(StrEnum):
    """How a signature is made findable when it is pushed; reading always tries the API first (SIG-036)."""

    AUTO = "auto"
    """The registry's referrers API, and the tag index where the registry has none."""
    TAG = "tag"
    """Always the tag index."""


class Timeouts(NamedTuple):
    """Seconds: to connect, between two pieces of an answer, and for one operation with all its attempts."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0


class TlsFiles(NamedTuple):
    """PEM files for one registry; all None means the authorities of the system and no client certificate.

    Attributes:
        authorities: believed for the registry's host, in place of those of the system.
        certificate: shown to the registry's own origin; with its chain, and the key if `key` is None.
    """

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


SYSTEM_TLS = TlsFiles()
DEFAULT_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """How a registry is reached, who asks, and who is told.

    Attributes:
        credentials: asked for the registry's credential when, and only when, it wants one.
        insecure_registries: `host[:port]` reached by plain HTTP.
        token_realms: for a registry as written, the `host[:port]` of token servers beyond its own
            domain that may see its credential.
        settle_seconds: how long a pushed signature has to stay listed, looked at repeatedly, before
            the push counts as done; more when other writers are seen.
        expected_referrers: artifact type that whoever resolves a digest is going to list next: the list is
            asked for together with the digest, which saves readers one round trip; empty for writers.
        trace: gets every request and answer. warn: gets one line per thing a user should know.
    """

    credentials: CredentialSource = field(default_factory=NoCredentials)
    scheme_rule: SchemeRule = SchemeRule.AUTOMATIC
    insecure_registries: tuple[str, ...] = ()
    token_realms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tls: TlsFiles = SYSTEM_TLS
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    referrers_mode: ReferrersMode = ReferrersMode.AUTO
    settle_seconds: float = 0.25
    expected_referrers: str = ""
    trace: Trace | None = None
    warn: Warn = unheard
