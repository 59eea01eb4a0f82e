# SPDX-License-Identifier: Apache-2.0
"""How often a verification asks the registry: few requests, over one connection, none of them twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator import pki
from tests.simulator.commands import Command, Settings, our_program, statement
from tests.simulator.images import push_image
from tests.simulator.places import Placed
from tests.simulator.recorder import Recorder, recorder
from tests.simulator.registries import RunningRegistry

pytestmark = pytest.mark.interop


@pytest.fixture
def program(tmp_path: Path) -> Command:
    settings = Settings(tmp_path / "settings")
    chain = pki.make_chain("EC-256", 3, subject="requests")
    settings.add_key("k", chain)
    settings.trust("s", chain)
    settings.policy(statement("all", stores=["ca:s"]))
    return our_program(settings)


@pytest.fixture
def recorded(any_registry: RunningRegistry) -> Iterator[Recorder]:
    with recorder(any_registry.host) as running:
        yield running


@pytest.fixture
def signed(any_registry: RunningRegistry, recorded: Recorder, program: Command, tmp_path: Path) -> Placed:
    """An image tagged `v1` behind the recorder, with one signature; nothing is counted yet."""
    repository = f"requests/{tmp_path.name.lower()}"
    image = push_image(any_registry.host, repository, "v1")
    name = f"{recorded.host}/{repository}"
    program.done("sign", f"{name}@{image.digest}")
    recorded.forget()
    return Placed(name, str(image.digest), name)


def asked(recorded: Recorder) -> list[str]:
    """Return method and kind of each request, such as `GET manifests`."""
    lines = (line.split() for line in recorded.requests)
    return [f"{method} {path.split('/')[-2]}" for method, path in lines]


def test_verify_of_a_tag_asks_little(program: Command, recorded: Recorder, signed: Placed) -> None:
    """Resolve, list, manifest, envelope: 4 requests, one more for a tag index (SIG-036, SIG-050)."""
    program.done("verify", f"{signed.name}:v1")
    listing = ["GET referrers"] if has_api(recorded) else ["GET referrers", "GET manifests"]
    assert asked(recorded) == ["HEAD manifests", *listing, "GET manifests", "GET blobs"]
    assert len(recorded.connections) == 1
    assert recorded.turns == len(recorded.requests)


def has_api(recorded: Recorder) -> bool:
    """Return whether the list came from the referrers API: no tag of the tag schema was asked for."""
    return not any("/manifests/sha256-" in line for line in recorded.requests)


def test_verify_of_a_digest_waits_three_times(program: Command, recorded: Recorder, signed: Placed) -> None:
    """A digest and its list are asked for together: 3 round trips, one more to a tag index (SIG-052)."""
    program.done("verify", signed.reference)
    listing = ["GET referrers"] if has_api(recorded) else ["GET referrers", "GET manifests"]
    assert asked(recorded) == ["HEAD manifests", *listing, "GET manifests", "GET blobs"]
    assert len(recorded.connections) == 1
    assert recorded.turns == (3 if has_api(recorded) else 4)


def test_list_and_inspect_ask_for_what_they_show(
    program: Command, recorded: Recorder, signed: Placed
) -> None:
    """`list` fetches no manifest of a signature, `inspect` each once (SIG-036)."""
    program.done("list", signed.reference)
    assert len(recorded.requests) <= 3
    assert "GET blobs" not in asked(recorded)
    recorded.forget()
    program.done("inspect", signed.reference)
    assert asked(recorded)[-2:] == ["GET manifests", "GET blobs"]
    assert len(recorded.requests) <= 5
    assert len(recorded.connections) == 1


def test_several_references_share_one_connection(
    program: Command, recorded: Recorder, signed: Placed
) -> None:
    """Five verdicts in one repository, over one connection; the lack of an API is learnt once (SIG-035)."""
    program.done("verify", *[signed.reference] * 5)
    assert len(recorded.connections) == 1
    kinds = asked(recorded)
    assert kinds.count("GET referrers") == (5 if has_api(recorded) else 1)
    assert kinds.count("HEAD manifests") == 5
    assert recorded.turns == (15 if has_api(recorded) else 16)


def test_sign_asks_for_no_list_ahead(program: Command, recorded: Recorder, signed: Placed) -> None:
    """Who is going to write waits for each answer, and lists what stands after the push (SIG-028)."""
    program.done("sign", signed.reference)
    assert recorded.turns >= len(asked(recorded))
    assert asked(recorded)[:2] != ["HEAD manifests", "GET referrers"]
