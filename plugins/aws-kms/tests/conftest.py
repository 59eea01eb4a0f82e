# SPDX-License-Identifier: Apache-2.0
"""The service that the tests of `aws-kms` ask, with a key of each type that it can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from notation_py_plugin_aws_kms import AwsKmsPlugin
from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, make_chain
from tests.simulator.plugin_routes import InProcess

if TYPE_CHECKING:  # the modules of tests are skipped where moto is not installed
    from tests.simulator.mended_moto import FakeKms

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 2, subject=f"kms {kind}") for kind in KEY_TYPES}


@pytest.fixture(scope="module")
def kms() -> Iterator[FakeKms]:
    from tests.simulator.mended_moto import running_kms

    with running_kms() as running:
        yield running


@pytest.fixture(scope="module")
def keys(kms: FakeKms) -> Mapping[KeyType, str]:
    """The ARN of a key of each type."""
    return {kind: kms.create_key(chain.key, kind) for kind, chain in CHAINS.items()}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[KeyType, str]:
    """The certificate file of each key."""
    directory = tmp_path_factory.mktemp("chains")
    for kind, chain in CHAINS.items():
        (directory / f"{kind}.pem").write_bytes(chain.pem())
        (directory / f"{kind}.pem").chmod(0o644)
    return {kind: str(directory / f"{kind}.pem") for kind in CHAINS}


@pytest.fixture
def plugin(kms: FakeKms, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    from tests.simulator.mended_moto import ENVIRONMENT

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", kms.url)
    kms.failures.clear()
    kms.answers.clear()
    kms.calls.clear()
    return InProcess(AwsKmsPlugin(), "aws-kms", (ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], "assumed-role"))


@pytest.fixture
def config(files: Mapping[KeyType, str]) -> dict[str, str]:
    """The configuration for the key of type EC-256."""
    return {"certificate_chain_file": files["EC-256"]}
