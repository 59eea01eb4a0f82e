# SPDX-License-Identifier: Apache-2.0
"""Named trust stores: what they are called, and the port through which anchors come.

Where the certificates lie is the adapter's business. A store gives no trust by itself: only
a policy that names it does.

Spec: trust-store-trust-policy, Trust Store. Requirements: TS-002, TS-003, TS-011, TS-013, TS-014, R-15.
"""

from __future__ import annotations

import string
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..certificates.certificate import Certificate

_NAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "_.-")

MAX_STORE_NAME = 255
"""Longest store name, in characters: the longest that a directory can have."""


class TrustStoreType(StrEnum):
    """What the certificates of a store are trusted for; the value is the wire word and the directory name."""

    CA = "ca"
    SIGNING_AUTHORITY = "signingAuthority"
    TSA = "tsa"


class TrustStore(Protocol):
    """The trust anchors an administrator has installed."""

    def certificates(self, store_type: TrustStoreType, name: str) -> tuple[Certificate, ...]:
        """Return the certificates of the named store, at least one.

        Raises:
            ConfigurationError: the store is missing, empty, unsafe or holds other things (TS-004 to TS-011).
        """
        ...


def is_store_name(text: str) -> bool:
    """Return whether *text* can name a trust store: `[a-zA-Z0-9_.-]+` but neither `.` nor `..` (TS-003)."""
    return 0 < len(text) <= MAX_STORE_NAME and text not in {".", ".."} and _NAME_CHARACTERS.issuperset(text)
