# SPDX-License-Identifier: Apache-2.0
"""The image layouts of the Go program's tests: what they hold, and what verifying it gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from notation_py.adapters.layout import LayoutRepository
from notation_py.certificates.chain import ChainMemo
from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
from notation_py.digest import Digest
from notation_py.envelope import formats
from notation_py.envelope.integrity import verify_integrity
from notation_py.errors import MalformedError, NotFoundError, Outcome
from notation_py.registry.repository import fetch_all
from notation_py.registry.signatures import (
    SIGNATURE_TYPE,
    ManifestForm,
    SignatureManifest,
    attach_signature,
    fetch_envelope,
    listed_signatures,
    read_manifest,
)
from notation_py.trust.memory import MemoryTrustStore
from notation_py.trust.store import TrustStoreType
from notation_py.verification.artifact import VerifiedArtifact, VerifyOptions, verify_artifact
from notation_py.verification.outcome import VerificationFailedError
from notation_py.verification.signature import Sources
from tests.conformance.upstream import AT, VECTORS, certificates, entries, policy_of, statement

FOLDER = VECTORS / "oci-layout"
LAYOUTS = entries("oci-layout", "cases.json")["layouts"]
VERDICTS = entries("oci-layout", "cases.json")["verdicts"]
JWS = "application/jose+json"
E2E_CERTIFICATE = "notation/test/e2e/testdata/config/localkeys/e2e.crt"
STRICT = "notation/test/e2e/testdata/config/trustpolicies/trustpolicy.json"


def name_of(case: Any) -> str:
    rule = Path(case.get("policy", case.get("level", ""))).stem
    anchor = Path(case.get("anchor", "")).stem
    return "-".join(part for part in (Path(case["layout"]).name, rule, anchor) if part)


def opened(case: Any) -> tuple[LayoutRepository, Descriptor]:
    """Return the layout of *case*, which warns about nothing, and what its tag names."""
    repository = LayoutRepository(FOLDER / case["layout"], pytest.fail)
    tag = next(layout["tag"] for layout in LAYOUTS if layout["layout"] == case["layout"])
    return repository, repository.resolve(tag)


def manifests(repository: LayoutRepository, target: Descriptor) -> dict[str, SignatureManifest]:
    found = [read_manifest(repository, listed, target) for listed in listed_signatures(repository, target)]
    return {str(signature.manifest.digest): signature for signature in found}


def verify(case: Any) -> VerifiedArtifact:
    repository, target = opened(case)
    level = case.get("level")
    policy = statement(signatureVerification={"level": level}) if level else policy_of(case["policy"])
    store = MemoryTrustStore.of({(TrustStoreType.CA, "e2e"): certificates(case["anchor"])})
    return verify_artifact(repository, target, policy, Sources(store), VerifyOptions(), at=AT)


@pytest.mark.parametrize("case", LAYOUTS, ids=name_of)
def test_layout_resolves_its_tag_and_its_digest(case) -> None:
    """SIG-054, SIG-020: the tag gives the descriptor of the index; so does the digest."""
    repository, target = opened(case)
    assert (target.media_type, str(target.digest), target.size) == (
        IMAGE_MANIFEST,
        case["digest"],
        case["size"],
    )
    ref_name = {"org.opencontainers.image.ref.name": case["tag"]}
    assert dict(target.annotations) == case.get("annotations", ref_name)
    assert repository.resolve(case["digest"]) == target
    with pytest.raises(NotFoundError):
        repository.resolve("absent")


@pytest.mark.parametrize("case", LAYOUTS, ids=name_of)
def test_layout_gives_the_content_that_its_digests_name(case) -> None:
    """SEC-001: every blob of the layout can be fetched and is what its name says."""
    repository, _ = opened(case)
    blobs = sorted((FOLDER / case["layout"] / "blobs/sha256").iterdir())
    assert blobs
    for blob in blobs:
        described = Descriptor(
            "application/octet-stream", Digest.parse(f"sha256:{blob.name}"), blob.stat().st_size
        )
        assert fetch_all(repository, described, max_bytes=1 << 20, what="blob") == blob.read_bytes()


@pytest.mark.parametrize("case", LAYOUTS, ids=name_of)
def test_layout_lists_its_signatures(case) -> None:
    """SIG-034, SIG-043: by the referrers tag and by `index.json`, each once, and each is well-formed."""
    found = manifests(*opened(case))
    expected = {one["manifest"]: one["envelope"] for one in case["signatures"]}
    assert {digest: str(one.envelope.digest) for digest, one in found.items()} == expected
    assert len(list(listed_signatures(*opened(case)))) == len(expected)


SIGNATURES = [(case, one) for case in LAYOUTS for one in case["signatures"]]


@pytest.mark.parametrize(
    ("case", "expected"), SIGNATURES, ids=[f"{name_of(c)}-{e['manifest'][7:15]}" for c, e in SIGNATURES]
)
def test_envelope_in_a_layout_is_intact_or_none(case, expected) -> None:
    """SIG-038, VER-034: each envelope parses, holds, and is about the artifact; one file is no envelope."""
    repository, target = opened(case)
    signature = manifests(repository, target)[expected["manifest"]]
    data = fetch_envelope(repository, signature)
    if "message" in expected:
        with pytest.raises(MalformedError) as caught:
            formats.parse(data, formats.format_named(JWS))
        assert expected["message"] in caught.value.message
        return
    intact = verify_integrity(
        formats.parse(data, formats.format_named(signature.envelope.media_type)), ChainMemo()
    )
    assert intact.chain.leaf.subject == expected["subject"]
    assert intact.payload.target.same_content(target)


@pytest.mark.parametrize("case", VERDICTS, ids=name_of)
def test_layout_gets_the_verdict_of_its_policy(case) -> None:
    """VER-020, VER-043, VER-046, VER-050, VER-081: every level and override of the Go program's tests."""
    if "message" not in case:
        outcome = verify(case).outcome
        assert outcome.word == case["outcome"]
        assert [result.validation for result in outcome.logged_failures] == case["logged"]
        return
    with pytest.raises(VerificationFailedError) as caught:
        verify(case)
    assert caught.value.outcome == case["outcome"]
    refusals = [one.refusal.message for one in caught.value.outcomes if one.refusal] or [caught.value.message]
    assert all(case["message"] in message for message in refusals)


def test_all_signatures_are_looked_at_before_an_artifact_is_refused() -> None:
    """VER-007: both signatures of the layout get a verdict of their own."""
    case = next(one for one in VERDICTS if name_of(one).startswith("e2e-valid-multiple") and "message" in one)
    with pytest.raises(VerificationFailedError) as caught:
        verify(case)
    assert len(caught.value.outcomes) == 2


@pytest.mark.parametrize("form", ManifestForm)
def test_envelope_of_the_go_program_verifies_in_both_manifest_forms(form, tmp_path) -> None:
    """SIG-016: the layouts have the older form only, so the envelope is attached again in each form."""
    signed = next(case for case in LAYOUTS if name_of(case) == "e2e-valid-signature")
    source, artifact = opened(signed)
    (signature,) = manifests(source, artifact).values()
    envelope = fetch_envelope(source, signature)
    shutil.copytree(FOLDER / Path(signed["layout"]).with_name("e2e"), tmp_path / "layout")
    repository = LayoutRepository(tmp_path / "layout", pytest.fail)
    target = repository.resolve("v1")
    manifest = attach_signature(repository, (JWS, envelope), target, {}, form)
    document = json.loads(fetch_all(repository, manifest, max_bytes=4096, what="manifest"))
    assert (document.get("artifactType") == SIGNATURE_TYPE) is (form is ManifestForm.ARTIFACT_TYPE)
    store = MemoryTrustStore.of({(TrustStoreType.CA, "e2e"): certificates(E2E_CERTIFICATE)})
    verified = verify_artifact(repository, "v1", policy_of(STRICT), Sources(store), VerifyOptions(), at=AT)
    assert verified.outcome.word is Outcome.VERIFIED
