# SPDX-License-Identifier: Apache-2.0
"""Twelve processes sign one image at once, in each kind of place; nobody's success is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator import pki, registries
from tests.simulator.commands import Command, Settings, our_program, statement
from tests.simulator.places import LayoutPlace, Place, Placed, RegistryPlace

pytestmark = [pytest.mark.interop, pytest.mark.slow]

SIGNERS = 12


@pytest.fixture
def program(tmp_path: Path) -> Command:
    """Our program with one key, which it also trusts."""
    settings = Settings(tmp_path / "settings")
    chain = pki.make_chain("EC-256", 2, subject="signer")
    settings.add_key("k", chain)
    settings.trust("s", chain)
    settings.policy(statement("all", stores=["ca:s"]))
    return our_program(settings)


def signed_at_once(program: Command, place: Place, placed: Placed, *words: str) -> tuple[set[str], list[str]]:
    """Return the manifests that signers reported as pushed, and what the others complained of."""
    started = [
        program.start("sign", *place.words, *words, "-m", f"signer={number}", placed.reference)
        for number in range(SIGNERS)
    ]
    pushed, complaints = set(), []
    for process in started:
        out, err = process.communicate(timeout=120)
        if process.returncode == 0:
            pushed.add(out.splitlines()[1].rpartition("@")[2])
        else:
            complaints.append(err)
    return pushed, complaints


def listed(program: Command, place: Place, placed: Placed) -> list[str]:
    lines = program.done("list", *place.words, placed.reference).out.splitlines()
    return [line.split()[-1] for line in lines[2:]]


def signers_in(program: Command, place: Place, placed: Placed) -> set[str | None]:
    """Return who signed, as the metadata of the signatures says."""
    shown = program.done("inspect", "-o", "json", *place.words, placed.reference).json
    return {(one["userDefinedAttributes"] or {}).get("signer") for one in shown["signatures"]}


@pytest.fixture(
    params=["docker_registry", "docker_registry-tag", "olareg_registry", "olareg-on-disk", "layout"]
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each place; `-tag` with the tag index forced, as 1.3 does by default; olareg loses most on disk."""
    match request.param.split("-"):
        case ["layout"]:
            yield LayoutPlace(tmp_path / "layouts")
        case ["olareg", *_]:
            store = ("--store-type", "dir", "--dir", str(tmp_path / "store"))
            with registries.olareg_registry(tmp_path / "olareg", *store) as running:
                yield RegistryPlace(running.host, ())
        case [fixture, *forced]:
            words = ("--force-referrers-tag",) if forced else ()
            yield RegistryPlace(request.getfixturevalue(fixture).host, words)


def test_every_success_of_parallel_signers_is_listed(program: Command, place: Place, tmp_path: Path) -> None:
    """Twelve signers at once beside an earlier one: whoever reports success is listed (SIG-025, SIG-028)."""
    placed = place.put(f"parallel/{tmp_path.name}".lower(), "v1", tmp_path.name)
    words = () if place.words else place.go_sign
    earlier = (
        program.done("sign", *place.words, *words, placed.reference).out.splitlines()[1].rpartition("@")[2]
    )
    pushed, complaints = signed_at_once(program, place, placed, *words)
    found = listed(program, place, placed)
    assert {earlier, *pushed} <= set(found)
    assert len(found) == len(set(found))
    assert complaints == []
    assert len(pushed) == SIGNERS
    assert signers_in(program, place, placed) == {None, *map(str, range(SIGNERS))}
    assert program("verify", *place.verify_words(placed), "-m", "signer=11", placed.reference).code == 0
