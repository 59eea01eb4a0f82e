# SPDX-License-Identifier: Apache-2.0
"""The vault that the tests of `azure-kv` ask, with a key of each type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, make_chain
from tests.simulator.plugin_routes import InProcess

if TYPE_CHECKING:  # the modules of tests are skipped where Azure's libraries are not installed
    from tests.simulator.fake_key_vault import FakeKeyVault

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 3, subject=f"kv {kind}") for kind in KEY_TYPES}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeKeyVault]:
    from tests.simulator.fake_key_vault import running_vault

    with running_vault(tmp_path_factory.mktemp("vault")) as running:
        yield running


@pytest.fixture(scope="module")
def keys(vault: FakeKeyVault) -> Mapping[KeyType, str]:
    """The id of a key of each type, with its chain in the vault."""
    return {kind: vault.put(f"release-{kind}", chain) for kind, chain in CHAINS.items()}


@pytest.fixture
def plugin(vault: FakeKeyVault, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    from notation_py_plugin_azure_kv import AzureKeyVaultPlugin
    from tests.simulator.fake_key_vault import IDENTITY_SECRET, TOKEN

    for name, value in vault.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    vault.reset()
    secrets = (TOKEN, IDENTITY_SECRET, "11111111-2222-3333", "PRIVATE KEY")
    return InProcess(AzureKeyVaultPlugin(), "azure-kv", secrets)


@pytest.fixture
def issuers(tmp_path: Path) -> str:
    """A file with the issuers of the key of type EC-256, root first, which is not the order of a chain."""
    pem = CHAINS["EC-256"].pem().split(b"-----END CERTIFICATE-----\n")
    path = tmp_path / "issuers.pem"
    path.write_bytes(b"".join(part + b"-----END CERTIFICATE-----\n" for part in pem[2:0:-1]))
    path.chmod(0o644)
    return str(path)
