# SPDX-License-Identifier: Apache-2.0
"""The plugin `azure-kv` by every route, with the Go program on the other side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.simulator.fake_key_vault import FakeKeyVault
from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, make_chain
from tests.simulator.plugin_routes import Workbench, workbench

pytest.importorskip("azure.keyvault.keys", reason="azure-keyvault-keys is not installed")
pytest.importorskip("azure.identity", reason="azure-identity is not installed")

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 3, subject=f"kv {kind}") for kind in KEY_TYPES}


@pytest.fixture
def bench(tmp_path: Path, go_notation: Path, vault: FakeKeyVault) -> Workbench:
    vault.reset()
    return workbench(tmp_path, "azure-kv", go_notation, vault.environment)


SIGNED = [
    ("exe", "RSA-2048", "cose"),
    ("exe", "EC-384", "jws"),
    ("py", "RSA-4096", "jws"),
    ("py", "EC-521", "cose"),
]


@pytest.mark.interop
@pytest.mark.parametrize(("route", "kind", "form"), SIGNED)
def test_go_verifies_what_we_sign(
    bench: Workbench, keys: Mapping[KeyType, str], route: str, kind: KeyType, form: str
) -> None:
    """PLG-050 to PLG-053: by either route, the Go program accepts the signature."""
    placed = bench.image("ours")
    bench.trust(CHAINS[kind])
    bench.sign(route, placed, keys[kind], {"credential_type": "managedid"}, "--signature-format", form)
    bench.verify_with_go(placed)


@pytest.mark.interop
@pytest.mark.parametrize(("kind", "form"), [("RSA-3072", "jws"), ("EC-256", "cose")])
def test_we_verify_what_go_signs_with_our_program(
    bench: Workbench, keys: Mapping[KeyType, str], kind: KeyType, form: str
) -> None:
    """PLG-020, PLG-110: the Go program runs ours and is content; so are we with what it made."""
    placed = bench.image("go")
    bench.trust(CHAINS[kind])
    bench.sign("go", placed, keys[kind], {"credential_type": "managedid"}, "--signature-format", form)
    bench.verify_with_ours(placed)
    bench.verify_with_go(placed)


@pytest.mark.slow
@pytest.mark.parametrize("route", ["py", "exe"])
def test_conformance_check_passes(bench: Workbench, keys: Mapping[KeyType, str], route: str) -> None:
    """PLG-020 to PLG-052, PLG-110: `plugin check` finds nothing, by either route, and skips nothing."""
    assert " passed, 0 failed, 0 skipped" in bench.check(
        route, keys["EC-384"], {"credential_type": "managedid"}
    )
