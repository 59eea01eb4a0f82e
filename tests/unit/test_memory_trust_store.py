# SPDX-License-Identifier: Apache-2.0
"""Trust stores in memory hold the rules that the directory store holds."""

from __future__ import annotations

import pytest

from notation_py.certificates.certificate import Certificate
from notation_py.errors import ConfigurationError
from notation_py.trust.memory import MemoryTrustStore
from notation_py.trust.store import TrustStoreType
from tests.simulator.pki import make_chain

CHAIN = tuple(Certificate.parse(data) for data in make_chain("EC-256", 3).ders)
LEAF, INTERMEDIATE, ROOT = CHAIN
ALONE = Certificate.parse(make_chain("EC-256", 1).ders[0])
CA, TSA = TrustStoreType.CA, TrustStoreType.TSA


def test_store_returns_its_certificates_in_order() -> None:
    """A named store gives what was put there; other names and types stay apart (TS-014)."""
    store = MemoryTrustStore.of({(CA, "one"): [ROOT, INTERMEDIATE], (CA, "two"): [ALONE]})
    assert store.certificates(CA, "one") == (ROOT, INTERMEDIATE)
    assert store.certificates(CA, "two") == (ALONE,)
    with pytest.raises(ConfigurationError, match='trust store "one" of type "signingAuthority"'):
        store.certificates(TrustStoreType.SIGNING_AUTHORITY, "one")


@pytest.mark.parametrize(
    ("key", "certificates", "message"),
    [
        ((CA, "a"), [LEAF], "neither a CA nor self-signed"),
        ((CA, "a"), [ROOT, LEAF], "neither a CA nor self-signed"),
        ((CA, "a"), [], "has no certificates"),
        ((CA, ".."), [ROOT], "name"),
        ((CA, "a/b"), [ROOT], "name"),
        ((TSA, "a"), [INTERMEDIATE], "not a root CA"),
        ((TSA, "a"), [ALONE], "not a root CA"),
    ],
    ids=["leaf", "leaf after root", "empty", "dots", "slash", "tsa intermediate", "tsa self-signed leaf"],
)
def test_store_refuses_what_may_not_be_an_anchor(key, certificates, message) -> None:
    """A leaf, an empty store, a bad name or a TSA anchor that is no root is refused (TS-003, TS-010)."""
    with pytest.raises(ConfigurationError, match=message):
        MemoryTrustStore.of({key: certificates})


def test_store_cannot_be_changed_through_what_it_was_made_from() -> None:
    """Trust is fixed when the store is made: later changes of the argument have no effect."""
    given = {(CA, "a"): [ROOT]}
    store = MemoryTrustStore.of(given)
    given[CA, "a"].append(INTERMEDIATE)
    given[CA, "b"] = [ROOT]
    assert store.certificates(CA, "a") == (ROOT,)
    with pytest.raises(ConfigurationError):
        store.certificates(CA, "b")
    with pytest.raises(TypeError):
        store.stores[CA, "b"] = (ROOT,)
