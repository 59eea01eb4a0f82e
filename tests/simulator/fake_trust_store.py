# SPDX-License-Identifier: Apache-2.0
"""Named trust stores in memory. Limits: does not check what a certificate is; the directory store does."""

from __future__ import annotations

from notation_py.certificates.certificate import Certificate
from notation_py.errors import ConfigurationError
from notation_py.trust.store import TrustStoreType


class FakeTrustStore:
    """Certificates by store type and name; every lookup is recorded."""

    def __init__(self, **stores: tuple[Certificate, ...]) -> None:
        self.stores = stores
        self.asked: list[str] = []

    def certificates(self, store_type: TrustStoreType, name: str) -> tuple[Certificate, ...]:
        key = f"{store_type.value}_{name}"
        self.asked.append(key)
        if key not in self.stores:
            raise ConfigurationError(f'the trust store "{name}" of type "{store_type.value}" does not exist')
        return self.stores[key]
