# SPDX-License-Identifier: Apache-2.0
"""The plugin `vault` with namespaces of a real OpenBao, and with keys that the server only manages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notation_py.algorithms import KeySpec
from notation_py_plugin_vault import VaultPlugin
from tests import programs
from tests.simulator.fake_vault import FakeVault, fake_vault
from tests.simulator.plugin_routes import InProcess

hvac = pytest.importorskip("hvac", reason="hvac is not installed")
from tests.simulator.vault_servers import running_server  # noqa: E402 - after the import above
from tests.simulator.vaults import ADDRESS_VARIABLES, Vault  # noqa: E402 - likewise

SPACES = ("unit", "unit/inner")
VARIABLES = ("VAULT_NAMESPACE", "BAO_NAMESPACE")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ADDRESS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Vault, dict[str, tuple[bytes, ...]]]]:
    """OpenBao with a namespace in another; each has engines of its own with another key `release`."""
    try:
        server = running_server("openbao", tmp_path_factory.mktemp("vault"))
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    with server as vault:
        made = {}
        for space in SPACES:
            above, _, name = space.rpartition("/")
            client = hvac.Client(vault.address, vault.token, namespace=above or None)
            client.sys.create_namespace(name)
            made[space] = Vault.prepared(vault.address, vault.token, space=space).make_key(
                "EC-256", "release"
            )
        yield vault, made


@pytest.fixture
def runner(chains: tuple[Vault, object], monkeypatch: pytest.MonkeyPatch) -> InProcess:
    vault, _ = chains
    monkeypatch.setenv("VAULT_ADDR", vault.address)
    monkeypatch.setenv("VAULT_TOKEN", vault.token)
    return InProcess(VaultPlugin(), "vault", (vault.token,))


@pytest.mark.parametrize("space", [*SPACES, "unit/", "/unit"])
def test_key_of_a_namespace_signs(
    chains: tuple[Vault, dict[str, tuple[bytes, ...]]], runner: InProcess, space: str
) -> None:
    """PLG-073: certificates, key and signature are those of the namespace that is named."""
    _, made = chains
    answer = runner.sign("release", {"namespace": space})
    assert answer.certificate_chain == made[space.strip("/")]


@pytest.mark.parametrize("variable", VARIABLES)
def test_namespace_is_in_the_usual_variable(
    chains: tuple[Vault, dict[str, tuple[bytes, ...]]],
    runner: InProcess,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    """PLG-073: as the programs of Vault and OpenBao have it; the configuration goes before."""
    _, made = chains
    monkeypatch.setenv(variable, "unit")
    assert runner.sign("release", {}).certificate_chain == made["unit"]
    assert runner.sign("release", {"namespace": "unit/inner"}).certificate_chain == made["unit/inner"]


@pytest.mark.parametrize("space", ["", "nobody"])
def test_key_of_another_namespace_is_not_found(runner: InProcess, space: str) -> None:
    """PLG-027: neither the root nor a namespace that is not there has the key."""
    error = runner.refusal("release", {"namespace": space} if space else {})
    assert (error.code, "there is nothing at this path" in error.message) == ("VALIDATION_ERROR", True)


@pytest.mark.parametrize("space", ["../team", "team\r\nX-Other: a", "a b"])
def test_namespace_that_is_none_is_refused(fake: FakeVault, space: str) -> None:
    """PLG-074: it goes into a header, so nothing else may be in it."""
    fake.requests.clear()
    error = InProcess(VaultPlugin(), "vault").refusal("release", {"namespace": space})
    assert (error.code, "names nothing in Vault" in error.message) == ("VALIDATION_ERROR", True)
    assert fake.requests == []


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    """The stand-in, with the key `release`, since no server that can be had here manages keys of others."""
    with fake_vault() as state:
        Vault.prepared(state.address, state.root_token).make_key("EC-256", "release")
        monkeypatch.setenv("VAULT_ADDR", state.address)
        monkeypatch.setenv("VAULT_TOKEN", state.root_token)
        yield state


def test_managed_key_signs_with_the_latest_version_or_the_one_that_is_named(fake: FakeVault) -> None:
    """PLG-045, PLG-051: the server shows no versions of such a key; the type is that of the certificate."""
    runner = InProcess(VaultPlugin(), "vault", (fake.root_token,))
    key = fake.keys["transit/release"]
    key.kind = "managed_key"
    assert runner.describe("release", {}) is KeySpec.EC_256
    assert runner.sign("release", {}).signature
    key.versions.append(ec.generate_private_key(ec.SECP256R1()))
    assert "does not verify with the certificate" in runner.refusal("release", {}).message
    assert runner.sign("release", {"keyVersion": "1"}).signature


def test_managed_key_of_another_certificate_is_noticed(fake: FakeVault) -> None:
    """ALG-009: what the server signs with it is checked with the certificate before it is released."""
    Vault.prepared(fake.address, fake.root_token).bare_key("ecdsa-p256", "other")
    fake.keys["transit/other"].kind = "managed_key"
    runner = InProcess(VaultPlugin(), "vault", (fake.root_token,))
    error = runner.refusal("release", {"transitKeyName": "other"})
    assert (error.code, "does not verify with the certificate" in error.message) == ("ERROR", True)
