# SPDX-License-Identifier: Apache-2.0
"""The plugin `vault` by every route, with the Go program on the other side, and over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest

from tests import programs
from tests.simulator.pki import KEY_TYPES, KeyType, TestChain, make_chain
from tests.simulator.plugin_packages import install_program
from tests.simulator.plugin_routes import Workbench, workbench

pytest.importorskip("hvac", reason="hvac is not installed")
from tests.simulator.vault_servers import SERVERS, running_server
from tests.simulator.vaults import Vault

pytestmark = pytest.mark.interop

ROUTES, FORMATS = ("py", "exe", "go"), ("jws", "cose")
COMBINATIONS = [  # each key type and each route meets both formats
    (kind, route, FORMATS[(KEY_TYPES.index(kind) + ROUTES.index(route)) % 2])
    for kind, route in product(KEY_TYPES, ROUTES)
]


@dataclass(frozen=True, slots=True)
class Routes:
    """The plugin installed both ways, and the server it asks."""

    bench: Workbench
    vault: Vault


@pytest.fixture(scope="module", params=SERVERS)
def vault(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """Each real server in turn, with a key of each type."""
    try:
        server = running_server(request.param, tmp_path_factory.mktemp("vault"))
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    with server as running:
        yield filled(running)


def filled(vault: Vault) -> Vault:
    for kind in KEY_TYPES:
        vault.make_key(kind, kind)
    return vault


@pytest.fixture(scope="module")
def routes(vault: Vault, tmp_path_factory: pytest.TempPathFactory, go_notation: Path) -> Routes:
    variables = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": vault.token}
    return Routes(workbench(tmp_path_factory.mktemp("routes"), "vault", go_notation, variables), vault)


def authorities(kind: KeyType) -> TestChain:
    """Return a chain with the root of the keys of *kind*."""
    return make_chain(kind, 3, subject=f"vault {kind}")


@pytest.mark.parametrize(("kind", "route", "form"), COMBINATIONS)
def test_signature_verifies_everywhere(routes: Routes, kind: KeyType, route: str, form: str) -> None:
    """PLG-020, PLG-050, PLG-051: each key, in our process, run by us and run by Go; Go and we verify."""
    bench = routes.bench
    bench.trust(authorities(kind))
    placed = bench.image(f"{route}-{form}-{kind}".lower())
    bench.sign(route, placed, kind, {}, "--signature-format", form)
    bench.verify_with_go(placed)
    bench.verify_with_ours(placed)


@pytest.mark.parametrize("route", ROUTES)
def test_plugin_goes_by_the_name_of_the_go_plugin_too(
    vault: Vault, go_notation: Path, tmp_path: Path, route: str
) -> None:
    """PLG-040: a list of keys that names `hc-vault` moves over unchanged."""
    variables = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": vault.token}
    bench = replace(workbench(tmp_path, "vault", go_notation, variables), plugin="hc-vault")
    install_program(bench.settings.directory / "libexec", "vault", "hc-vault")
    bench.trust(authorities("EC-256"))
    placed = bench.image("hc")
    config = {"kvName": "secret", "transitName": "transit", "transitKeyName": "EC-256"}
    bench.sign(route, placed, "EC-256", config)
    bench.verify_with_go(placed)


@pytest.mark.parametrize("route", ROUTES)
def test_token_that_is_not_accepted_is_one_clear_error(routes: Routes, route: str) -> None:
    """PLG-026, PLG-027: what the server would not do, in one line, without the token."""
    wrong = {"VAULT_TOKEN": "hvs.wrong-token"}
    bench = routes.bench
    denied = replace(bench, ours=bench.ours.with_environment(**wrong), go=bench.go.with_environment(**wrong))
    with pytest.raises(AssertionError) as caught:
        denied.sign(route, bench.image(f"{route}-denied"), "EC-256", {})
    assert "the token is not valid or not permitted" in str(caught.value)
    assert "hvs." not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("route", ["py", "exe"])
def test_conformance_check_passes(routes: Routes, route: str) -> None:
    """PLG-020 to PLG-052, PLG-110: `plugin check` finds nothing, by either route, and skips nothing."""
    assert " passed, 0 failed, 0 skipped" in routes.bench.check(route, "EC-384", {})
