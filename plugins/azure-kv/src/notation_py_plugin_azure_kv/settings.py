# SPDX-License-Identifier: Apache-2.0
"""What a request says about key, credential and certificates; what is not understood is refused by name.

The key id and the configuration keys are those of the plugin `azure-kv` that existed before, so that a
`signingkeys.json` needs no change; `certificate_chain_file` is new. Asks no service anything.

Requirements: PLG-073, PLG-074.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from notation_py.plugin import check_config, refuse

CA_CERTS, SELF_SIGNED, CREDENTIAL, CERTIFICATES = (
    "ca_certs",
    "self_signed",
    "credential_type",
    "certificate_chain_file",
)
KEYS = (CA_CERTS, SELF_SIGNED, CREDENTIAL, CERTIFICATES)
CREDENTIALS = ("default", "environment", "workloadid", "managedid", "azurecli")

_KEY = re.compile(
    r"(?P<vault>https://[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::[0-9]{1,5})?)/(?:keys|certificates)"
    r"/(?P<name>[A-Za-z0-9-]{1,127})/(?P<version>[A-Za-z0-9]{1,64})/?",
    re.ASCII,
)


class Source(Enum):
    """Where the certificates come from; the value is what is needed besides `keys/sign`."""

    FILE = "nothing"
    CERTIFICATE = "certificates/get"
    CERTIFICATE_AND_FILE = "certificates/get and the file"
    SECRET = "secrets/get"  # noqa: S105 - the name of a permission


class KeyId(NamedTuple):
    """One version of a key, or of the certificate of the same name."""

    vault: str
    name: str
    version: str


class Settings(NamedTuple):
    """Which key signs, who asks, and where the certificates are; *file* is empty if there is none."""

    key: KeyId
    credential: str
    source: Source
    file: str

    @classmethod
    def of(cls, key_id: str, config: Mapping[str, str]) -> Settings:
        """Return what a request says; raises RequestError."""
        check_config(config, KEYS, "and takes credentials only from where Azure programs look for them")
        found = _KEY.fullmatch(key_id)
        if found is None:
            refuse(
                "the key id is no URL of one version of a key: https://VAULT.vault.azure.net/keys/NAME/VERSION"
                " (certificates may stand in the place of keys)"
            )
        credential = config.get(CREDENTIAL, "default").lower()
        if credential not in CREDENTIALS:
            refuse(f"{CREDENTIAL} is {credential[:32]!r}; use one of {', '.join(CREDENTIALS)}")
        key = KeyId(found["vault"].lower(), found["name"], found["version"])
        return cls(key, credential, *_source(config))


def _source(config: Mapping[str, str]) -> tuple[Source, str]:
    self_signed = config.get(SELF_SIGNED, "false").lower()
    if self_signed not in {"true", "false"}:
        refuse(f"{SELF_SIGNED} is {self_signed[:32]!r}; use true or false")
    chosen = {
        CA_CERTS: (Source.CERTIFICATE_AND_FILE, config.get(CA_CERTS, "")),
        SELF_SIGNED: (Source.CERTIFICATE, "true" if self_signed == "true" else ""),
        CERTIFICATES: (Source.FILE, config.get(CERTIFICATES, "")),
    }
    said = [name for name, (_, value) in chosen.items() if value]
    if len(said) > 1:
        refuse(f"{said[0]} and {said[1]} exclude each other")
    source, value = chosen[said[0]] if said else (Source.SECRET, "")
    return source, "" if source is Source.CERTIFICATE else value
