# SPDX-License-Identifier: Apache-2.0
"""Plugins in other languages, a shell script and a Go program: both clients sign with them and verify."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import programs
from tests.simulator.commands import Command, Settings, go_program, our_program, statement
from tests.simulator.pki import KeyType, make_chain
from tests.simulator.places import LayoutPlace
from tests.simulator.written_plugin import shown_file

pytestmark = pytest.mark.interop


@dataclass(frozen=True, slots=True)
class Foreign:
    """A plugin that shares no code with us, installed for both programs, with a key for it."""

    name: str
    key: Path
    ours: Command
    go: Command
    place: LayoutPlace


def shell_script(program: Path) -> None:
    program.write_text(shown_file("notation-shell"))


def go_binary(program: Path) -> None:
    shutil.copy(programs.go_plugin(), program)


LANGUAGES: dict[str, tuple[KeyType, Callable[[Path], None]]] = {
    "shell": ("RSA-2048", shell_script),
    "golang": ("EC-256", go_binary),
}


@pytest.fixture(params=LANGUAGES)
def foreign(request: pytest.FixtureRequest, tmp_path: Path, go_notation: Path) -> Foreign:
    name: str = request.param
    key_type, write = LANGUAGES[name]
    settings = Settings(tmp_path / "settings")
    program = settings.directory / "libexec" / "plugins" / name / f"notation-{name}"
    program.parent.mkdir(parents=True)
    try:
        write(program)
    except programs.ProgramUnavailableError as error:
        pytest.skip(str(error))
    program.chmod(0o755)
    chain = make_chain(key_type, 1)
    key = tmp_path / "release.key"
    key.write_bytes(chain.key_pem())
    key.with_suffix(".crt").write_bytes(chain.pem())
    settings.trust("plugins", chain)
    settings.policy(statement("plugins", stores=["ca:plugins"]))
    place = LayoutPlace(tmp_path / "layouts")
    ours = our_program(settings).with_environment(NOTATION_PY_MANIFEST_FORM=place.manifest_form)
    return Foreign(name, key, ours, go_program(go_notation, settings), place)


@pytest.mark.slow
def test_foreign_plugin_passes_the_check(foreign: Foreign) -> None:
    """PLG-020 to PLG-052, PLG-110: the check is about the contract, not about our kit."""
    ran = foreign.ours.done("plugin", "check", foreign.name, "--key-id", str(foreign.key), "-o", "json")
    assert ran.json["passed"] is True
    assert ran.json["counts"] == {"passed": 47, "failed": 0, "skipped": 0}
    assert ran.err == ""


@pytest.mark.parametrize("envelope", ["jws", "cose"])
@pytest.mark.parametrize("signer", ["ours", "go"])
def test_foreign_plugin_signs_for_both_programs(foreign: Foreign, signer: str, envelope: str) -> None:
    """PLG-050 to PLG-053, PLG-070: whoever asks it, what the plugin signs is verified by both."""
    placed = foreign.place.put("app", "v1")
    program, words = {
        "ours": (foreign.ours, foreign.place.words),
        "go": (foreign.go, foreign.place.go_sign),
    }[signer]
    chosen = ("--plugin", foreign.name, "--id", str(foreign.key), "--signature-format", envelope)
    program.done("sign", *words, *chosen, placed.reference)
    for verifier in (foreign.ours, foreign.go):
        ran = verifier.done("verify", *foreign.place.verify_words(placed), placed.reference)
        assert "Successfully verified signature" in ran.out
