# SPDX-License-Identifier: Apache-2.0
"""`--recursive` with the program as a whole: registries that stop half way, and the Go program's opinion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from notation_py.descriptor import IMAGE_INDEX, Descriptor
from tests.simulator import pki
from tests.simulator.commands import Command, Settings, go_program, our_program, statement
from tests.simulator.images import build_image, compact
from tests.simulator.registry import Reply, Request, SimulatedRegistry, error_document, running


@pytest.fixture
def registry() -> Iterator[SimulatedRegistry]:
    with running() as served:
        yield served


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path)
    chain = pki.make_chain("EC-256", 2, subject="recursive")
    settings.add_key("k", chain)
    settings.trust("s", chain)
    settings.policy(statement("all", stores=["ca:s"]))
    return settings


@pytest.fixture
def program(settings: Settings) -> Command:
    return our_program(settings)


def image(registry: SimulatedRegistry, text: str) -> Descriptor:
    made = build_image(text)
    for data in made.blobs.values():
        registry.put_blob(data)
    return registry.put(made.manifest, made.media_type)


def index(registry: SimulatedRegistry, *members: Descriptor) -> Descriptor:
    document = {
        "schemaVersion": 2,
        "mediaType": IMAGE_INDEX,
        "manifests": [member.to_json() for member in members],
    }
    return registry.put(compact(document), IMAGE_INDEX)


def test_failure_half_way_says_what_was_signed(registry: SimulatedRegistry, program: Command) -> None:
    """SGN-007, CLI-002: the index is not signed before its images, and nobody has to guess what was."""
    amd, arm = image(registry, "amd64"), image(registry, "arm64")
    root = index(registry, amd, arm)
    pushed: list[str] = []

    def stop(asked: Request, reply: Reply) -> Reply:
        if asked.method == "PUT" and "/manifests/" in asked.path:
            pushed.append(asked.path)
            if len(pushed) > 1:
                return Reply(507, error_document("DENIED", "no room left"))
        return reply

    registry.quirks.alter = stop
    ran = program("sign", "--recursive", f"{registry.host}/app@{root.digest}")
    assert ran.code == 1
    assert ran.out.startswith(f"Successfully signed {registry.host}/app@{arm.digest}\n")
    assert ran.out.count("Successfully") == 1
    error, hint = ran.err.splitlines()
    assert error.startswith(f"Error: {registry.host}/app@{amd.digest}: failed to push signature")
    assert f"signed before that: {arm.digest}" in hint
    registry.quirks.alter = None
    assert program("verify", f"{registry.host}/app@{root.digest}").code == 1
    assert program("verify", "-r", f"{registry.host}/app@{root.digest}").code == 1


def test_signature_of_what_is_not_listed_plays_no_part(registry: SimulatedRegistry, program: Command) -> None:
    """Attack 133: another image is signed, and one that is listed is not."""
    listed, other = image(registry, "listed"), image(registry, "other")
    root = index(registry, listed)
    for one in (other, root):
        program.done("sign", f"{registry.host}/app@{one.digest}")
    ran = program("verify", "--recursive", "-o", "json", f"{registry.host}/app@{root.digest}")
    assert ran.code == 1
    found = {entry["target"]["digest"]: entry["outcome"] for entry in ran.json["verifications"]}
    assert found == {str(root.digest): "VERIFIED", str(listed.digest): "NO_SIGNATURE"}


def test_child_that_was_replaced_is_no_verdict_about_others(
    registry: SimulatedRegistry, program: Command
) -> None:
    """Attack 133: the registry has other bytes under a digest that the index lists."""
    one, two = image(registry, "one"), image(registry, "two")
    root = index(registry, one, two)
    program.done("sign", "-r", f"{registry.host}/app@{root.digest}")
    media_type, data = registry.manifests[str(two.digest)]
    registry.manifests[str(two.digest)] = media_type, data.replace(b"gzip", b"zstd", 1)
    ran = program("verify", "-r", f"{registry.host}/app@{root.digest}")
    assert (ran.code, ran.out) == (1, "")
    assert str(two.digest) in ran.err


@pytest.mark.interop
def test_go_verifies_what_was_signed_recursively(
    registry: SimulatedRegistry, program: Command, settings: Settings, go_notation: Path
) -> None:
    """SIG-003: the index and each image have an ordinary signature."""
    one, two = image(registry, "one"), image(registry, "two")
    inner = index(registry, two)
    root = index(registry, one, inner)
    program.done("sign", "-r", f"{registry.host}/app@{root.digest}")
    go = go_program(go_notation, settings)
    for artifact in (root, inner, one, two):
        reference = f"{registry.host}/app@{artifact.digest}"
        assert go.done("verify", reference).out.endswith(f"Successfully verified signature for {reference}\n")
    listed = json.loads(registry.manifests[str(root.digest)][1])["manifests"]
    assert len(listed) == 2
