# SPDX-License-Identifier: Apache-2.0
"""The Go program judges the headers that `tests/attacks/test_cose_attacks.py` judges, and says the same.

All envelopes are signatures of one image, and one `inspect` of Go's shows which of them it can read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
from notation_py.registry.signatures import SIGNATURE_TYPE, THUMBPRINTS
from tests.attacks.test_cose_attacks import COMMON_PARAMETERS, GOOD_PARAMETERS, STRICTER_THAN_GO
from tests.simulator.commands import Settings, go_program
from tests.simulator.envelopes import cose
from tests.simulator.images import Image, build_image, compact, push_image
from tests.simulator.judged import ACCEPT
from tests.simulator.registries import RunningRegistry

pytestmark = pytest.mark.interop

COSE = "application/cose"
REPOSITORY = "cose-headers"
CASES = [*COMMON_PARAMETERS, *GOOD_PARAMETERS]


def signature(envelope: bytes, subject: Descriptor, number: int) -> Image:
    """Return the signature manifest of *envelope*; *number* keeps equal envelopes apart."""
    config, described = b"{}", Descriptor.of(COSE, envelope)
    manifest = {
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "config": Descriptor.of(SIGNATURE_TYPE, config).to_json(),
        "layers": [described.to_json()],
        "subject": subject.to_json(),
        "annotations": {THUMBPRINTS: "[]", "number": str(number)},
    }
    blobs = {str(Descriptor.of("", data).digest): data for data in (config, envelope)}
    return Image(compact(manifest), IMAGE_MANIFEST, blobs)


class Readable:
    """Which envelopes Go could read, asked once for all of them."""

    def __init__(self, host: str, program: Path, directory: Path) -> None:
        subject = push_image(host, REPOSITORY, "v1", build_image(REPOSITORY))
        builders = {str(case.id): case.values[0] for case in (*CASES, *STRICTER_THAN_GO)} | {"control": cose}
        self._digests = {}
        for number, (case, build) in enumerate(builders.items()):
            pushed = push_image(host, REPOSITORY, None, signature(build(), subject, number))
            self._digests[case] = str(pushed.digest)
        go = go_program(program, Settings(directory))
        words = ("-o", "json", "--max-signatures", str(2 * len(self._digests)))
        ran = go("inspect", *words, f"{host}/{REPOSITORY}@{subject.digest}")
        self._read = {one["digest"] for one in ran.json["Signatures"]}

    def has(self, case: str) -> bool:
        return self._digests[case] in self._read


@pytest.fixture(scope="module")
def readable(
    olareg_registry: RunningRegistry, go_notation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Readable:
    return Readable(olareg_registry.host, go_notation, tmp_path_factory.mktemp("settings"))


@pytest.mark.parametrize(
    ("case", "word"), [pytest.param(case.id, case.values[2], id=case.id) for case in CASES]
)
def test_go_judges_the_header_as_we_do(readable: Readable, case: str, word: str) -> None:
    """COSE-002: refused by both programs, or read by both."""
    assert readable.has("control")
    assert readable.has(case) == (word == ACCEPT)


@pytest.mark.parametrize("case", [pytest.param(case.id, id=case.id) for case in STRICTER_THAN_GO])
def test_go_reads_where_we_are_stricter(readable: Readable, case: str) -> None:
    """COSE-002: RFC 9338 has no empty list of countersignatures and no null; Go's decoder forgives both."""
    assert readable.has(case)
