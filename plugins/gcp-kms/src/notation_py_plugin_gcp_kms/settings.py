# SPDX-License-Identifier: Apache-2.0
"""What a request says about key, service and certificates; what is not understood is refused by name.

A key id is the resource name of one version of a key: Cloud KMS has no primary version of a key that signs.
There was no plugin for this service, so the names of the configuration are ours. Asks no service anything.

Requirements: PLG-073, PLG-074, R-35.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from notation_py.plugin import check_config, load_chain_of_key, refuse

ENDPOINT, CERTIFICATES = "endpoint", "certificate_chain_file"
KEYS = (ENDPOINT, CERTIFICATES)
DEFAULT_ENDPOINT = "https://cloudkms.googleapis.com"

_PART = r"[A-Za-z0-9_-]{1,63}"
_KEY = re.compile(
    rf"projects/(?:[a-z0-9.-]{{1,63}}:)?[a-z0-9-]{{1,63}}/locations/{_PART}/keyRings/{_PART}/cryptoKeys/{_PART}"
    r"(?P<version>/cryptoKeyVersions/[0-9]{1,10})?",
    re.ASCII,
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(NamedTuple):
    """Which key signs, where the service is, and where the certificates are."""

    key_id: str
    endpoint: str
    certificates: str

    @classmethod
    def of(cls, key_id: str, config: Mapping[str, str]) -> Settings:
        """Return what a request says; raises RequestError."""
        check_config(config, KEYS, "and takes credentials only from where Google's programs look for them")
        found = _KEY.fullmatch(key_id)
        if found is None:
            refuse(
                f"the key id {key_id[:256]!r} is no name of a key version: projects/PROJECT/locations/PLACE/"
                "keyRings/RING/cryptoKeys/KEY/cryptoKeyVersions/NUMBER"
            )
        if found["version"] is None:
            refuse(
                "the key id names no version, and Cloud KMS has no primary version of keys that sign; "
                f"add one: {key_id}/cryptoKeyVersions/1"
            )
        if not config.get(CERTIFICATES):
            refuse(f"{CERTIFICATES} is missing: Cloud KMS stores no certificates, so a file holds the chain")
        return cls(key_id, _endpoint(config), config[CERTIFICATES])

    def chain_for(self, public_key: Any) -> tuple[bytes, ...]:
        """Return the certificates of the file, DER, in file order; raises RequestError.

        Args:
            public_key: what the first certificate has to be for.
        """
        return load_chain_of_key(self.certificates, public_key, self.key_id)


def _endpoint(config: Mapping[str, str]) -> str:
    """Return where requests go, without a path: to Google or this machine, as the token goes along."""
    endpoint = config.get(ENDPOINT, "") or DEFAULT_ENDPOINT
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        refuse(f"{ENDPOINT} is no URL")
    google = parts.scheme == "https" and host.endswith(".googleapis.com") and port in {None, 443}
    here = parts.scheme in {"http", "https"} and host in _LOOPBACK
    plain = parts.path in {"", "/"} and not (parts.query or parts.fragment or "@" in parts.netloc)
    if not (plain and (google or here)):
        refuse(f"{ENDPOINT} is no https URL of a host below googleapis.com")  # not shown: may hold a password
    return endpoint.rstrip("/")
