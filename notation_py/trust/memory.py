# SPDX-License-Identifier: Apache-2.0
"""Named trust stores in memory, for programs that keep their trust anchors elsewhere than on disk.

Holds each certificate to the rules for an anchor when the store is made, so that a leaf put there
by mistake is noticed before anything is trusted because of it. Reads no file.

Spec: trust-store-trust-policy, Trust Store. Requirements: TS-003, TS-009, TS-010, TS-011, TS-013, R-15.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..reference import go_quote
from .store import TrustStoreType, is_store_name

if TYPE_CHECKING:
    from ..certificates.certificate import Certificate

Key = tuple[TrustStoreType, str]


@dataclass(frozen=True, slots=True)
class MemoryTrustStore:
    """Certificates by store type and name; made by `of`, and unchangeable."""

    stores: Mapping[Key, tuple[Certificate, ...]]

    @classmethod
    def of(cls, stores: Mapping[Key, Iterable[Certificate]]) -> MemoryTrustStore:
        """Return the stores, each with at least one certificate and all of them fit to be anchors.

        Raises:
            ConfigurationError: a name that no policy can write, an empty store, or a certificate that is
                neither a CA nor self-signed (for `TSA`: no self-signed CA).
        """
        kept: dict[Key, tuple[Certificate, ...]] = {}
        for (store_type, name), certificates in stores.items():
            if not is_store_name(name):
                raise ConfigurationError(f"trust store name {go_quote(name)} is invalid")
            kept[store_type, name] = tuple(certificates)
            _check(store_type, name, kept[store_type, name])
        return cls(MappingProxyType(kept))

    def certificates(self, store_type: TrustStoreType, name: str) -> tuple[Certificate, ...]:
        """Return the certificates of the named store, at least one.

        Raises:
            ConfigurationError: there is no such store.
        """
        found = self.stores.get((store_type, name), ())
        if not found:
            raise ConfigurationError(
                f"the trust store {go_quote(name)} of type {go_quote(store_type)} does not exist"
            )
        return found


def _check(store_type: TrustStoreType, name: str, certificates: tuple[Certificate, ...]) -> None:
    place = f"trust store {go_quote(name)} of type {go_quote(store_type)}"
    if not certificates:
        raise ConfigurationError(f"{place} has no certificates")
    for certificate in certificates:
        subject = go_quote(certificate.subject)
        if not certificate.is_ca and not certificate.is_self_signed:
            raise ConfigurationError(f"{place}: certificate {subject} is neither a CA nor self-signed")
        if store_type is TrustStoreType.TSA and not (certificate.is_ca and certificate.is_self_signed):
            raise ConfigurationError(f"{place}: certificate {subject} is not a root CA certificate")
