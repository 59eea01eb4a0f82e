# SPDX-License-Identifier: Apache-2.0
"""What a request says about key, account and certificates; what is not understood is refused by name.

A key id is what AWS KMS takes: the ARN of a key or of an alias, a key id, or `alias/NAME`. The profile and
the region have the names that the plugin of AWS Signer gave them. Asks no service anything.

Requirements: PLG-073, PLG-074, R-35.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from notation_py.plugin import check_config, load_chain_of_key, refuse

PROFILE, REGION, ENDPOINT = "aws-profile", "aws-region", "aws-kms-endpoint-url"
CERTIFICATES = "certificate_chain_file"
KEYS = (PROFILE, REGION, ENDPOINT, CERTIFICATES)

_NAME = r"(?:key/)?[A-Za-z0-9-]{1,128}|alias/[A-Za-z0-9/_-]{1,250}"
_KEY = re.compile(_NAME, re.ASCII)
_ARN = re.compile(
    rf"arn:aws[a-z-]{{0,16}}:kms:(?P<region>[a-z0-9-]{{1,32}}):[0-9]{{12}}:(?:{_NAME})", re.ASCII
)
_REGION = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Account(NamedTuple):
    """Whose keys these are and where; what is empty is for AWS's own configuration to say."""

    profile: str
    region: str
    endpoint: str


class Settings(NamedTuple):
    """Which key signs, and where its certificates are."""

    key_id: str
    account: Account
    certificates: str

    @classmethod
    def of(cls, key_id: str, config: Mapping[str, str]) -> Settings:
        """Return what a request says; raises RequestError."""
        check_config(config, KEYS, "and takes credentials only from where AWS programs look for them")
        if not config.get(CERTIFICATES):
            refuse(
                f"{CERTIFICATES} is missing: AWS KMS stores no certificates, so a file has to hold the chain"
            )
        account = Account(config.get(PROFILE, ""), _region(key_id, config), _endpoint(config))
        return cls(key_id, account, config[CERTIFICATES])

    def chain_for(self, public_key: Any) -> tuple[bytes, ...]:
        """Return the certificates of the file, DER, in file order; raises RequestError.

        Args:
            public_key: what the first certificate has to be for.
        """
        return load_chain_of_key(self.certificates, public_key, self.key_id)


def _region(key_id: str, config: Mapping[str, str]) -> str:
    """Return the region of the ARN, or else the configured one; empty if neither says."""
    configured = config.get(REGION, "")
    if configured and not _REGION.fullmatch(configured):
        refuse(f"{REGION} is {configured[:64]!r}, which is no name of a region")
    if not key_id.startswith("arn:"):
        if not _KEY.fullmatch(key_id) or key_id.startswith("key/"):
            refuse(
                f"the key id {key_id[:256]!r} names no key of AWS KMS; use the ARN of a key or alias, "
                "a key id, or alias/NAME"
            )
        return configured
    arn = _ARN.fullmatch(key_id)
    if arn is None:
        refuse(f"the ARN {key_id[:256]!r} is not that of a key or alias of AWS KMS")
    if configured not in {"", arn["region"]}:
        refuse(f"the key is in {arn['region']}, and {REGION} is {configured}")
    return arn["region"]


def _endpoint(config: Mapping[str, str]) -> str:
    endpoint = config.get(ENDPOINT, "")
    if not endpoint:
        return ""
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not (host and safe) or parts.username or parts.password or parts.query or parts.fragment:
        refuse(f"{ENDPOINT} is no plain https URL")  # not shown: it may hold a password
    return endpoint
