# SPDX-License-Identifier: Apache-2.0
"""The service that the tests of `gcp-kms` ask, with a key of each type that it can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from notation_py_plugin_gcp_kms import GcpKmsPlugin
from tests.simulator.pki import KeyType, TestChain, make_chain
from tests.simulator.plugin_routes import InProcess

if TYPE_CHECKING:  # the modules of tests are skipped where google-auth is not installed
    from tests.simulator.fake_cloud_kms import FakeCloudKms

ALGORITHMS: dict[KeyType, str] = {
    "RSA-2048": "RSA_SIGN_PSS_2048_SHA256",
    "RSA-4096": "RSA_SIGN_PSS_4096_SHA512",
    "EC-256": "EC_SIGN_P256_SHA256",
    "EC-384": "EC_SIGN_P384_SHA384",
}
CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 2, subject=f"gcp {kind}") for kind in ALGORITHMS}


@pytest.fixture(scope="module")
def kms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeCloudKms]:
    from tests.simulator.fake_cloud_kms import running_kms

    with running_kms(tmp_path_factory.mktemp("kms")) as running:
        yield running


@pytest.fixture(scope="module")
def keys(kms: FakeCloudKms) -> Mapping[KeyType, str]:
    """The name of a key version of each type that the service can serve."""
    return {kind: kms.put(f"key-{kind}", CHAINS[kind].key, name) for kind, name in ALGORITHMS.items()}


@pytest.fixture(scope="module")
def configs(kms: FakeCloudKms, tmp_path_factory: pytest.TempPathFactory) -> Mapping[KeyType, dict[str, str]]:
    """The plugin configuration for each key."""
    directory = tmp_path_factory.mktemp("chains")
    for kind, chain in CHAINS.items():
        (directory / f"{kind}.pem").write_bytes(chain.pem())
        (directory / f"{kind}.pem").chmod(0o644)
    return {
        kind: {"endpoint": kms.url, "certificate_chain_file": str(directory / f"{kind}.pem")}
        for kind in CHAINS
    }


@pytest.fixture
def plugin(kms: FakeCloudKms, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    from tests.simulator.fake_cloud_kms import TOKEN

    for name, value in (kms.environment | {"NO_GCE_CHECK": "true"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("notation_py_plugin_gcp_kms.exchange.WAIT_SECONDS", 0.01)
    kms.reset()
    return InProcess(GcpKmsPlugin(), "gcp-kms", (TOKEN, "signer@", "PRIVATE KEY"))


@pytest.fixture
def config(configs: Mapping[KeyType, dict[str, str]]) -> dict[str, str]:
    return dict(configs["EC-256"])
