# SPDX-License-Identifier: Apache-2.0
"""Our signatures through oras-go, by which notation's main line looks them up, in both manifest forms.

What oras-go makes of each form; whether the library of the main line verifies it is in `test_interop.py`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from notation_py.registry.signatures import CREATED, SIGNATURE_TYPE, THUMBPRINTS, ManifestForm
from tests.simulator import pki
from tests.simulator.commands import Settings, our_program
from tests.simulator.images import blob_path
from tests.simulator.places import LayoutPlace, Place, Placed, RegistryPlace

pytestmark = pytest.mark.interop

CHAIN = pki.make_chain("EC-256", 2, subject="oras-go")


@pytest.fixture(params=["docker_registry", "olareg_registry", "layout"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each of the three places in turn."""
    if request.param == "layout":
        return LayoutPlace(tmp_path)
    return RegistryPlace(request.getfixturevalue(request.param).host, ())


def listed_by_oras(program: Path, placed: Placed, target: str) -> list[dict[str, object]]:
    kind = "layout" if Path(placed.name).is_dir() else "registry"
    command = [str(program), kind, placed.name, target, SIGNATURE_TYPE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("form", list(ManifestForm))
def test_oras_go_finds_each_of_our_signatures_once(
    place: Place, form: ManifestForm, go_referrers: Path, tmp_path: Path
) -> None:
    """Three signatures, each found once, with its type and both annotations (SIG-002 to SIG-011, SIG-026)."""
    settings = Settings(tmp_path / "settings")
    settings.add_key("k", CHAIN)
    program = our_program(settings).with_environment(NOTATION_PY_MANIFEST_FORM=form.value)
    placed = place.put(f"oras-go/{form}", "v1")
    place.put(f"oras-go/{form}", "v2", "another image, which nobody signed")
    pushed = []
    for signature_format in ("jws", "cose", "jws"):
        words = ("--signature-format", signature_format, *place.words)
        lines = program.done("sign", *words, placed.reference).out.splitlines()
        pushed.append(lines[1].rpartition("@")[2])
    found = listed_by_oras(go_referrers, placed, "v1")
    assert sorted(str(one["digest"]) for one in found) == sorted(pushed)
    assert {one["artifactType"] for one in found} == {SIGNATURE_TYPE}
    assert {frozenset(one["annotations"]) for one in found} == {frozenset({THUMBPRINTS, CREATED})}
    assert listed_by_oras(go_referrers, placed, "v2") == []


def test_the_manifest_in_a_layout_has_the_form_the_main_line_takes(tmp_path: Path) -> None:
    """Without being told we write `artifactType` and the empty config, as main does (SIG-002, SIG-003)."""
    settings = Settings(tmp_path / "settings")
    settings.add_key("k", CHAIN)
    placed = LayoutPlace(tmp_path).put("app", "v1")
    lines = our_program(settings).done("sign", "--oci-layout", placed.reference).out.splitlines()
    manifest = json.loads(blob_path(Path(placed.name), lines[1].rpartition("@")[2]).read_bytes())
    assert manifest["artifactType"] == SIGNATURE_TYPE
    assert manifest["config"] == {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "size": 2,
        "data": "e30=",
    }
    assert manifest["subject"]["digest"] == placed.digest
