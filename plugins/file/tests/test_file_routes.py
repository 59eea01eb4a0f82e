# SPDX-License-Identifier: Apache-2.0
"""The plugin `file` by both routes, with both programs, and under the conformance check."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.pki import TestChain, make_chain
from tests.simulator.plugin_packages import installed
from tests.simulator.plugin_routes import Workbench, workbench

PASSPHRASE = "correct horse"


@pytest.fixture
def chain() -> TestChain:
    return make_chain("RSA-2048", 2)


@pytest.fixture
def key(tmp_path: Path, chain: TestChain) -> str:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    path = tmp_path / "release.key"
    secret = BestAvailableEncryption(PASSPHRASE.encode())
    for file, data in (
        (path, chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)),
        (path.with_suffix(".crt"), chain.pem()),
    ):
        file.write_bytes(data)
        file.chmod(0o600)
    return str(path)


@pytest.fixture
def bench(tmp_path: Path, go_notation: Path, chain: TestChain) -> Workbench:
    made = workbench(tmp_path, "file", go_notation, {"NOTATION_FILE_PASSPHRASE": PASSPHRASE})
    made.trust(chain)
    return made


@pytest.mark.interop
@pytest.mark.parametrize("envelope", ["jws", "cose"])
@pytest.mark.parametrize("route", ["py", "exe", "go"])
def test_signature_by_each_route_is_verified_by_both(
    bench: Workbench, key: str, route: str, envelope: str
) -> None:
    """PLG-050 to PLG-053, PLG-070: in process, as a program, and as a program of the Go client."""
    placed = bench.image("app")
    bench.sign(route, placed, key, {}, "--signature-format", envelope)
    bench.verify_with_go(placed)
    bench.verify_with_ours(placed)


@pytest.mark.interop
def test_plain_name_means_neither_of_two(bench: Workbench, key: str) -> None:
    """PLG-005: where package and program have one name, one has to be chosen."""
    ran = bench.ours("sign", "--oci-layout", "--plugin", "file", "--id", key, bench.image("app").reference)
    assert ran.code == 1
    assert "write exe:file or py:file" in ran.err


@pytest.mark.interop
def test_wrong_passphrase_is_one_error(bench: Workbench, key: str) -> None:
    """PLG-074, attack 161: the passphrase is in no message, and nothing is signed."""
    ours = bench.ours.with_environment(NOTATION_FILE_PASSPHRASE="hunter22")
    for route in ("py", "exe"):
        words = ("--plugin", f"{route}:file", "--id", key, "--debug")
        ran = ours("sign", "--oci-layout", *words, bench.image("app").reference)
        assert ran.code == 1
        assert "wrong passphrase or damaged file" in ran.err
        assert "hunter22" not in ran.err
        assert "Traceback" not in ran.err


@pytest.mark.interop
@pytest.mark.slow
@pytest.mark.parametrize("route", ["py", "exe"])
def test_plugin_passes_the_check(bench: Workbench, key: str, route: str) -> None:
    """PLG-110: everything that the contract asks for, by both routes."""
    ran = bench.ours.done("plugin", "check", f"{route}:file", "--key-id", key, "--output", "json")
    assert ran.json["passed"] is True
    assert ran.json["counts"]["failed"] == ran.json["counts"]["skipped"] == 0
    assert len(ran.json["checks"]) >= 43


def test_nothing_is_imported_before_it_is_named(tmp_path: Path) -> None:
    """R-28: listing plugins does not import them."""
    code = (
        "import json, sys; from notation_py.adapters.entry_points import entry_point_plugins; "
        "found = [plugin.name for plugin in entry_point_plugins(None)]; "
        "print(json.dumps([found, 'notation_py_plugin_file' in sys.modules]))"
    )
    path = installed(tmp_path / "site", "file")
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    found, imported = json.loads(done.stdout)
    assert "file" in found
    assert imported is False
