# SPDX-License-Identifier: Apache-2.0
"""What each command may import: the start-up budget, as a list of modules instead of milliseconds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.simulator import pki
from tests.simulator.commands import Command, Settings, our_program, statement
from tests.simulator.images import push_image
from tests.simulator.places import LayoutPlace, Placed
from tests.simulator.registries import RunningRegistry

MARK = "imported:"
SPY = f"""
import sys
before = set(sys.modules)
from notation_py.cli.front import main
code = main()
print({MARK!r}, *sorted(set(sys.modules) - before), file=sys.stderr)
sys.exit(code)
"""
THIRD_PARTY = {
    *("cbor2", "cryptography", "filelock", "jsonschema", "jwcrypto"),
    *("oras", "requests", "rich", "typer", "urllib3"),
}
SLOW = {"asyncio", "logging", "multiprocessing", "ssl", "subprocess", "unittest", "xml"}
SERIALIZATION = "cryptography.hazmat.primitives.serialization"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "settings")
    chain = pki.make_chain("EC-256", 2, subject="imports")
    settings.add_key("k", chain)
    settings.trust("s", chain)
    settings.policy(statement("all", stores=["ca:s"]))
    return settings


def imported(settings: Settings, *arguments: str) -> set[str]:
    """Return the names of the modules that the command imported, if it succeeded."""
    program = our_program(settings)
    ran = Command((sys.executable, "-c", SPY), program.environment).done(*arguments)
    [line] = [line for line in ran.err.splitlines() if line.startswith(MARK)]
    return set(line.split()[1:])


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["list", "--help"], ["key"]], ids=" ".join)
def test_help_and_version_import_the_front_alone(settings: Settings, arguments: list[str]) -> None:
    """Nothing but a dozen modules of the command line, and no package (CLI-001)."""
    modules = imported(settings, *arguments)
    assert packages(modules) <= {"__future__", "notation_py"}
    assert {name for name in modules if name.startswith("notation_py.") and ".cli" not in name} <= {
        "notation_py._version"
    }
    assert len(modules) <= 15


def test_help_with_a_default_of_the_settings_imports_no_package(settings: Settings) -> None:
    """`sign --help` shows the signature format that `config.json` sets, and reads no more (CFG-005)."""
    assert packages(imported(settings, "sign", "--help")) & (THIRD_PARTY | SLOW) == set()


@pytest.fixture(params=["jws", "cose"])
def signed(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> tuple[str, Placed]:
    """A signed image in a layout, and the format of its signature."""
    placed = LayoutPlace(tmp_path).put("app", "v1")
    our_program(settings).done("sign", "--oci-layout", "--signature-format", request.param, placed.reference)
    return request.param, placed


def test_verify_of_a_layout_imports_what_it_needs(settings: Settings, signed: tuple[str, Placed]) -> None:
    """Only cryptography, without its key files, and for COSE cbor2; nothing of a registry (VER-001)."""
    signature_format, placed = signed
    modules = imported(settings, "verify", "--oci-layout", "--scope", "local/app", placed.reference)
    wanted = {"cryptography"} | ({"cbor2"} if signature_format == "cose" else set())
    assert packages(modules) & THIRD_PARTY == wanted
    assert packages(modules) & SLOW == set()
    assert SERIALIZATION not in modules
    assert {name for name in modules if name.startswith("notation_py.signing")} == set()


@pytest.mark.interop
@pytest.mark.parametrize("words", [(), ("--debug",)], ids=["quiet", "debug"])
def test_verify_in_a_registry_adds_no_package(
    settings: Settings, docker_registry: RunningRegistry, words: tuple[str, ...]
) -> None:
    """Reading a registry needs sockets alone: no oras, urllib3 or key files, no ssl without TLS (SIG-050)."""
    image = push_image(docker_registry.host, "imports")
    reference = f"{docker_registry.host}/imports@{image.digest}"
    our_program(settings).done("sign", reference)
    modules = imported(settings, "verify", *words, reference)
    assert packages(modules) & THIRD_PARTY == {"cryptography"}
    assert packages(modules) & SLOW == set()
    assert "http.client" not in modules
    assert SERIALIZATION not in modules


@pytest.mark.parametrize("arguments", [["key", "list"], ["policy", "show"], ["cert", "list"]], ids=" ".join)
def test_reading_settings_needs_no_registry(settings: Settings, arguments: list[str]) -> None:
    """Commands over local files import neither transport nor typer (CLI-001)."""
    modules = imported(settings, *arguments)
    assert packages(modules) & (THIRD_PARTY - {"cryptography"}) == set()


def test_sign_in_a_layout_stays_off_the_network(settings: Settings, tmp_path: Path) -> None:
    """Signing adds the reading of keys and the lock of the layout, and no transport (SGN-006)."""
    placed = LayoutPlace(tmp_path).put("app", "v1")
    modules = imported(settings, "sign", "--oci-layout", placed.reference)
    assert packages(modules) & THIRD_PARTY <= {"cryptography", "filelock"}
    assert packages(modules) & {"asyncio", "ssl", "subprocess"} == set()
