# SPDX-License-Identifier: Apache-2.0
"""Attacks 1 to 60 on envelopes and chains, once more: the program says the same word as the library.

Each hostile envelope is attached to an image of its own in a layout, and the program judges all of them in
one run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notation_py.adapters.layout import LayoutRepository
from notation_py.descriptor import EMPTY_CONFIG, IMAGE_MANIFEST, Descriptor
from notation_py.envelope.model import MAX_ENVELOPE_BYTES, EnvelopeFormat
from notation_py.registry.signatures import ManifestForm, build_manifest, manifest_annotations
from notation_py.verification.artifact import VerifyOptions, verify_artifact
from notation_py.verification.outcome import VerificationFailedError
from tests.attacks import test_cose_attacks, test_jws_attacks
from tests.simulator.commands import Ran, Settings, our_program, statement
from tests.simulator.images import build_image, write_layout
from tests.simulator.pki import make_chain
from tests.simulator.scenario import Scenario, policy

MEDIA_TYPES = {EnvelopeFormat.JWS: "application/jose+json", EnvelopeFormat.COSE: "application/cose"}
CASES: dict[str, tuple[EnvelopeFormat, Any]] = {
    f"{form.name.lower()} {case.id}": (form, case)
    for form, cases in (
        (EnvelopeFormat.JWS, test_jws_attacks.ATTACKS),
        (EnvelopeFormat.COSE, test_cose_attacks.ATTACKS),
    )
    for case in cases
}


def attach_as_an_attacker(
    repository: LayoutRepository, media_type: str, data: bytes, subject: Descriptor
) -> None:
    """Store *data* as a signature of *subject*, whether or not anybody would read it."""
    annotations = manifest_annotations(["00"], "2026-06-01T12:00:00Z")
    envelope, empty = Descriptor.of(media_type, data), Descriptor.of(EMPTY_CONFIG, b"{}")
    content = build_manifest(envelope, subject, annotations, ManifestForm.ARTIFACT_TYPE)
    repository.push(envelope, data)
    repository.push(empty, b"{}")
    repository.push_manifest(Descriptor.of(IMAGE_MANIFEST, content), content, subject.plain())


def words_of_the_program(ran: Ran, references: dict[str, str]) -> dict[str, str]:
    """Return the word about the one signature of each case."""
    found = {}
    for one in ran.json["verifications"]:
        signatures = [entry["outcome"] for entry in one["signatures"]]
        found[references[one["reference"]]] = signatures[0] if len(signatures) == 1 else f"{signatures}"
    return found


def word_of_the_library(repository: LayoutRepository, digest: str, scenario: Scenario, at: datetime) -> str:
    """Return the word about the one signature of the artifact with *digest*."""
    try:
        verify_artifact(repository, digest, policy(), scenario.sources, VerifyOptions(), at=at)
    except VerificationFailedError as error:
        (outcome,) = error.outcomes
        return outcome.word.value
    return "VERIFIED"


def test_program_and_library_say_the_same_word(tmp_path: Path) -> None:
    """Attacks 1 to 47; the suite's rules, 4.0: no word differs between the two, or from the table."""
    references, words, artifacts = {}, {}, {}
    for number, (name, (form, case)) in enumerate(CASES.items()):
        layout = tmp_path / f"layout{number}"
        build, _, word = case.values
        subject = write_layout(layout, build_image(name))
        data = build() or b" "  # a registry holds no empty blob
        attach_as_an_attacker(LayoutRepository(layout), MEDIA_TYPES[form], data, subject)
        references[f"{layout}@{subject.digest}"] = name
        artifacts[name] = layout, str(subject.digest)
        words[name] = "LIMIT" if len(data) > MAX_ENVELOPE_BYTES else word  # it is not even read
    chain = make_chain("EC-256", 2)
    settings = Settings(tmp_path)
    settings.trust("acme", chain)
    settings.policy(statement("all", stores=["ca:acme"]))
    ran = our_program(settings)(
        "verify", "--oci-layout", "--scope", "local/app", "--output", "json", *references
    )
    assert ran.code == 1
    assert "Traceback" not in ran.err
    scenario, at = Scenario(chain), datetime.now(UTC)
    found = {
        name: word_of_the_library(LayoutRepository(layout), digest, scenario, at)
        for name, (layout, digest) in artifacts.items()
    }
    assert found == words
    assert words_of_the_program(ran, references) == words
    assert len(words) > 400


def test_control_is_accepted_by_both(tmp_path: Path) -> None:
    """The same way, with an envelope that has no fault: what the attacks differ from."""
    layout, chain = tmp_path / "layout", make_chain("EC-256", 2)
    subject = write_layout(layout, build_image("control"))
    settings = Settings(tmp_path)
    settings.add_key("k", chain)
    settings.trust("acme", chain)
    settings.policy(statement("all", stores=["ca:acme"]))
    program = our_program(settings)
    program.done("sign", "--oci-layout", f"{layout}@{subject.digest}")
    ran = program(
        "verify", "--oci-layout", "--scope", "local/app", "--output", "json", f"{layout}@{subject.digest}"
    )
    assert words_of_the_program(ran, {f"{layout}@{subject.digest}": "control"}) == {"control": "VERIFIED"}
    scenario = Scenario(chain)
    assert (
        word_of_the_library(LayoutRepository(layout), str(subject.digest), scenario, datetime.now(UTC))
        == "VERIFIED"
    )


def test_every_case_of_the_two_tables_is_there() -> None:
    """The names are unique, so that no case hides another."""
    assert len(CASES) == len(test_jws_attacks.ATTACKS) + len(test_cose_attacks.ATTACKS)
