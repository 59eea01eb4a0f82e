# SPDX-License-Identifier: Apache-2.0
"""The plugin `pkcs11` by every route, with the Go program on the other side."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests import programs
from tests.simulator.pki import KEY_TYPES, KeyType, make_chain
from tests.simulator.plugin_routes import Workbench, workbench

pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
from tests.simulator.tokens import PIN, VARIABLE, make_token

pytestmark = pytest.mark.interop

ROUTES, FORMATS = ("py", "exe", "go"), ("jws", "cose")
COMBINATIONS = [  # each key type and each route meets both formats
    (kind, route, FORMATS[(KEY_TYPES.index(kind) + ROUTES.index(route)) % 2])
    for kind, route in product(KEY_TYPES, ROUTES)
]
CHAINS = {kind: make_chain(kind, 3, subject="routes") for kind in KEY_TYPES}
CONFIG = {"token": "notation"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, go_notation: Path) -> Workbench:
    """The plugin installed both ways, and a token with a key of each type."""
    directory = tmp_path_factory.mktemp("pkcs11-routes")
    try:
        module, tool = programs.softhsm()
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    token = make_token(directory, module, tool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(token.config))
        token.reinitialize()
        for number, kind in enumerate(KEY_TYPES, start=1):
            token.put(CHAINS[kind], kind, bytes([number]))
    variables = {**token.environment, "NOTATION_PKCS11_MODULE": str(module)}
    return workbench(directory, "pkcs11", go_notation, variables)


@pytest.mark.parametrize(("kind", "route", "form"), COMBINATIONS)
def test_signature_verifies_everywhere(bench: Workbench, kind: KeyType, route: str, form: str) -> None:
    """PLG-020, PLG-050, PLG-051: each key, in our process, run by us and run by Go; Go and we verify."""
    bench.trust(CHAINS[kind])
    placed = bench.image(f"{route}-{form}-{kind}".lower())
    bench.sign(route, placed, f"pkcs11:object={kind}", CONFIG, "--signature-format", form)
    bench.verify_with_go(placed)
    bench.verify_with_ours(placed)


@pytest.mark.parametrize("route", ROUTES)
def test_wrong_pin_is_one_clear_error(bench: Workbench, route: str) -> None:
    """PLG-026, PLG-027: what the token said, in one line, without the PIN."""
    wrong = {"NOTATION_PKCS11_PIN": "99999"}
    mistaken = replace(
        bench, ours=bench.ours.with_environment(**wrong), go=bench.go.with_environment(**wrong)
    )
    with pytest.raises(AssertionError) as caught:
        mistaken.sign(route, bench.image(f"{route}-denied"), "EC-256", CONFIG)
    said = str(caught.value)
    assert "the token refused: PinIncorrect" in said
    assert "99999" not in said
    assert PIN not in said


@pytest.mark.slow
@pytest.mark.parametrize("route", ["py", "exe"])
def test_conformance_check_passes(bench: Workbench, route: str) -> None:
    """PLG-020 to PLG-052, PLG-110: `plugin check` finds nothing, by either route, and skips nothing."""
    assert " passed, 0 failed, 0 skipped" in bench.check(route, "pkcs11:object=EC-384", CONFIG)
