# SPDX-License-Identifier: Apache-2.0
"""The plugin `aws-kms` by every route, with the Go program on the other side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, make_chain
from tests.simulator.plugin_routes import InProcess, Workbench, workbench

pytest.importorskip("boto3", reason="boto3 is not installed")
pytest.importorskip("moto.server", reason="moto is not installed")
from tests.simulator.mended_moto import ENVIRONMENT, FakeKms

CHAINS: dict[KeyType, TestChain] = {kind: make_chain(kind, 2, subject=f"kms {kind}") for kind in KEY_TYPES}
SECRET = ENVIRONMENT["AWS_SECRET_ACCESS_KEY"]


@pytest.fixture
def bench(tmp_path: Path, go_notation: Path, kms: FakeKms, plugin: InProcess) -> Workbench:
    return workbench(tmp_path, "aws-kms", go_notation, ENVIRONMENT | {"AWS_ENDPOINT_URL_KMS": kms.url})


SIGNED = [
    ("exe", "RSA-2048", "jws"),
    ("exe", "EC-384", "cose"),
    ("py", "RSA-4096", "cose"),
    ("py", "EC-521", "jws"),
]


@pytest.mark.interop
@pytest.mark.parametrize(("route", "kind", "form"), SIGNED)
def test_go_verifies_what_we_sign(
    bench: Workbench,
    keys: Mapping[KeyType, str],
    files: Mapping[KeyType, str],
    route: str,
    kind: KeyType,
    form: str,
) -> None:
    """PLG-050 to PLG-053: by either route, the Go program accepts the signature."""
    placed = bench.image("ours")
    bench.trust(CHAINS[kind])
    config = {"certificate_chain_file": files[kind]}
    bench.sign(route, placed, keys[kind], config, "--signature-format", form)
    bench.verify_with_go(placed)


@pytest.mark.interop
@pytest.mark.parametrize(("kind", "form"), [("RSA-3072", "jws"), ("EC-256", "cose")])
def test_we_verify_what_go_signs_with_our_program(
    bench: Workbench, keys: Mapping[KeyType, str], files: Mapping[KeyType, str], kind: KeyType, form: str
) -> None:
    """PLG-020, PLG-110: the Go program runs ours and is content; so are we with what it made."""
    placed = bench.image("go")
    bench.trust(CHAINS[kind])
    config = {"certificate_chain_file": files[kind]}
    bench.sign("go", placed, keys[kind], config, "--signature-format", form)
    bench.verify_with_ours(placed)
    bench.verify_with_go(placed)


@pytest.mark.slow
@pytest.mark.parametrize("route", ["py", "exe"])
def test_conformance_check_passes(
    bench: Workbench, keys: Mapping[KeyType, str], files: Mapping[KeyType, str], route: str
) -> None:
    """PLG-020 to PLG-052, PLG-110: `plugin check` finds nothing, by either route, and skips nothing."""
    assert " passed, 0 failed, 0 skipped" in bench.check(
        route, keys["EC-384"], {"certificate_chain_file": files["EC-384"]}
    )
