# SPDX-License-Identifier: Apache-2.0
"""Verification of artifacts: each signature by itself, the first good one decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from notation_py.descriptor import ARTIFACT_MANIFEST, IMAGE_MANIFEST, Descriptor
from notation_py.document import write_json
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import (
    LimitError,
    NotFoundError,
    Outcome,
    RegistryError,
    UnavailableError,
    UsageError,
)
from notation_py.registry.signatures import MAX_LISTED, SIGNATURE_TYPE, ManifestForm
from notation_py.verification.outcome import VerificationFailedError
from tests.simulator.fake_trust_store import FakeTrustStore
from tests.simulator.pki import make_chain
from tests.simulator.scenario import Scenario, policy

FORMS = pytest.mark.parametrize("form", list(ManifestForm), ids=lambda form: form.value)
FORMATS = pytest.mark.parametrize("format_", list(EnvelopeFormat), ids=lambda entry: entry.name)


@FORMS
@FORMATS
def test_verify_accepts_what_sign_made(form, format_):
    """Both formats verify in both forms, and the verdict is about the digest. SGN-003, VER-006, SIG-016."""
    scenario = Scenario()
    signed = scenario.sign(form=form, format=format_)
    verified = scenario.verify()
    assert verified.target == scenario.artifact
    assert verified.outcome.word is Outcome.VERIFIED
    assert verified.outcome.manifest is not None
    assert verified.outcome.manifest.digest == signed.manifest.digest


def test_verify_resolves_a_tag_once_and_stays_with_its_digest():
    """A tag moved after resolution does not change what is judged.

    Attacks 112, 130; SIG-050, VER-010, R-27.
    """
    scenario = Scenario()
    scenario.sign()
    scenario.repository.calls.clear()
    assert scenario.verify().target == scenario.artifact
    assert sum(call.startswith("resolve") for call in scenario.repository.calls) == 1


def test_verify_without_signatures_says_so():
    """An unsigned artifact is a failure of its own kind. VER-005."""
    with pytest.raises(VerificationFailedError) as caught:
        Scenario().verify()
    assert caught.value.outcome is Outcome.NO_SIGNATURE
    assert caught.value.outcomes == ()


def test_verify_of_an_unknown_tag_is_no_verdict():
    """What is not there is neither verified nor refused. VER-004."""
    scenario = Scenario()
    scenario.repository.tags.clear()
    with pytest.raises(NotFoundError):
        scenario.verify()


def test_level_skip_fetches_nothing():
    """Level skip lists and fetches no signatures and says SKIPPED, not VERIFIED. VER-003."""
    scenario = Scenario()
    skip = policy(signatureVerification={"level": "skip"}, trustStores=[], trustedIdentities=[])
    verified = scenario.verify(skip)
    assert verified.outcome.word is Outcome.SKIPPED
    assert scenario.repository.calls == ["resolve v1"]


def _faulty_manifests(scenario: Scenario) -> dict[str, Descriptor]:
    """Store manifests with one fault each and return them as they would be listed."""
    signed = scenario.sign()
    good = scenario.repository.content[str(signed.manifest.digest)].decode()
    other = '"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:'
    texts = {
        "malformed": good[:-2],
        "two_layers": good.replace(
            '"layers":[{', '"layers":[{"mediaType":"x/y","digest":"sha256:' + "0" * 64 + '","size":1},{'
        ),
        "second_layer": good.replace(
            '}],"subject"', '},{"mediaType":"x/y","digest":"sha256:' + "0" * 64 + '","size":1}],"subject"'
        ),
        "no_layers": good.split('"layers":[')[0] + '"layers":[],"subject"' + good.split('"subject"')[1],
        "foreign_subject": good.split('"subject"')[0]
        + other
        + "0" * 64
        + '","size":1}'
        + good.split(f'"size":{scenario.artifact.size}}}')[1],
        "no_subject": good.replace('"subject"', '"subjekt"'),
        "subject_of_another_size": good.replace(
            f'"size":{scenario.artifact.size}}}', f'"size":{scenario.artifact.size + 1}}}'
        ),
        "subject_of_another_type": good.replace(
            f'"subject":{{"mediaType":"{IMAGE_MANIFEST}"', '"subject":{"mediaType":"application/vnd.example"'
        ),
        "config_of_the_other_form": good.replace(
            '"config":{"mediaType":"application/vnd.oci.empty.v1+json"',
            f'"config":{{"mediaType":"{SIGNATURE_TYPE}"',
        ),
        "wrong_artifact_type": good.replace(SIGNATURE_TYPE, "application/vnd.example"),
        "unknown_layer_type": good.replace("application/jose+json", "text/html"),
        "duplicate_member": good.replace('{"schemaVersion":2', '{"schemaVersion":2,"schemaVersion":2', 1),
    }
    scenario.repository.listed.clear()
    found = {}
    for name, text in texts.items():
        assert text != good, name
        descriptor = Descriptor.of(signed.manifest.media_type, text.encode())
        scenario.repository.content[str(descriptor.digest)] = text.encode()
        found[name] = replace(descriptor, artifact_type=SIGNATURE_TYPE)
    foreign = good.replace(IMAGE_MANIFEST, "application/vnd.example.manifest", 1).encode()
    other_type = Descriptor.of("application/vnd.example.manifest", foreign)
    scenario.repository.content[str(other_type.digest)] = foreign
    found["other_manifest_type"] = replace(other_type, artifact_type=SIGNATURE_TYPE)
    html = Descriptor.of("text/html", b"<p>")
    scenario.repository.content[str(html.digest)] = b"<p>"
    found["html_descriptor"] = replace(html, artifact_type=SIGNATURE_TYPE)
    found["missing_manifest"] = replace(
        Descriptor.of(signed.manifest.media_type, b"gone"), artifact_type=SIGNATURE_TYPE
    )
    found["oversize_claim"] = replace(found["malformed"], size=5 << 20)
    return found


_FAULTS = (
    "malformed",
    "two_layers",
    "second_layer",
    "no_layers",
    "foreign_subject",
    "no_subject",
    "subject_of_another_size",
    "subject_of_another_type",
    "config_of_the_other_form",
    "wrong_artifact_type",
    "unknown_layer_type",
    "duplicate_member",
    "other_manifest_type",
    "html_descriptor",
    "missing_manifest",
    "oversize_claim",
)


@pytest.mark.parametrize("fault", _FAULTS)
def test_faulty_referrer_alone_is_refused(fault):
    """A referrer with one fault never verifies.

    Attacks 111, 116, 121; SIG-002, SIG-003, SIG-006, SIG-037, SIG-039.
    """
    scenario = Scenario()
    scenario.repository.listed[str(scenario.artifact.digest)] = [_faulty_manifests(scenario)[fault]]
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify()
    assert len(caught.value.outcomes) == 1
    assert not caught.value.outcomes[0].accepted


@pytest.mark.parametrize("fault", _FAULTS)
def test_faulty_referrer_does_not_hide_a_good_one(fault):
    """A faulty referrer that is looked at first never blocks a good signature. Attack 120; VER-008, R-09."""
    scenario = Scenario()
    faulty = _faulty_manifests(scenario)[fault]
    scenario.sign()
    listed = scenario.repository.listed[str(scenario.artifact.digest)]
    listed.insert(0, replace(faulty, annotations=listed[0].annotations))
    verified = scenario.verify()
    assert verified.outcome.accepted
    assert len(verified.failures) == 1


def test_missing_envelope_does_not_hide_a_good_signature():
    """A signature whose blob is gone is a failure of that signature alone. Attack 120; R-09."""
    scenario = Scenario()
    signed = scenario.sign()
    scenario.sign(format=EnvelopeFormat.COSE)
    first = Descriptor.of("application/jose+json", signed.envelope)
    del scenario.repository.content[str(first.digest)]
    verified = scenario.verify()
    assert [failure.word for failure in verified.failures] == [Outcome.REGISTRY]


def test_oversize_envelope_is_not_fetched():
    """An envelope that claims more than 32 MiB is refused before it is asked for. SIG-040, SEC-001."""
    scenario = Scenario()
    signed = scenario.sign()
    manifest = scenario.repository.content[str(signed.manifest.digest)].decode()
    size = f'"size":{len(signed.envelope)}'
    assert size in manifest
    text = manifest.replace(size, f'"size":{(32 << 20) + 1}').encode()
    descriptor = replace(Descriptor.of(signed.manifest.media_type, text), artifact_type=SIGNATURE_TYPE)
    scenario.repository.content[str(descriptor.digest)] = text
    scenario.repository.listed[str(scenario.artifact.digest)] = [descriptor]
    scenario.repository.calls.clear()
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify()
    assert caught.value.outcomes[0].word is Outcome.LIMIT
    assert [call for call in scenario.repository.calls if call.startswith("fetch")] == [
        f"fetch {descriptor.digest}"
    ]


def test_swapped_envelope_is_refused_by_its_digest():
    """Content that does not hash to its descriptor is never looked at. Attack 110; SIG-038, R-23."""
    scenario = Scenario()
    signed = scenario.sign()
    blob = Descriptor.of("application/jose+json", signed.envelope)
    scenario.repository.content[str(blob.digest)] = signed.envelope[:-1] + b" "
    with pytest.raises(VerificationFailedError, match="failed for all") as caught:
        scenario.verify()
    assert "mismatched digest" in str(caught.value.outcomes[0].refusal)


def test_truncated_content_is_refused():
    """Content shorter than its descriptor says is refused. Attack 113; SIG-038."""
    scenario = Scenario()
    signed = scenario.sign()
    scenario.repository.on_fetch = lambda content: b"{" if content.digest == signed.manifest.digest else None
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify()
    assert "expected" in str(caught.value.outcomes[0].refusal)


def test_foreign_signatures_before_the_good_one_do_not_matter():
    """Signatures by strangers are judged and passed over. VER-006, R-09."""
    scenario = Scenario()
    stranger = make_chain("EC-256", 2, subject="stranger")
    for _ in range(3):
        scenario.sign(stranger, user_metadata={"n": str(_)})
    scenario.sign()
    assert scenario.verify().outcome.accepted


def test_flood_of_strangers_does_not_exhaust_the_limit():
    """A hundred self-made signatures listed first leave the good one found: hints order. Attack 119; R-11."""
    scenario = Scenario()
    stranger = make_chain("EC-256", 1, subject="stranger")
    for number in range(5):
        scenario.sign(stranger, user_metadata={"n": str(number)})
    scenario.sign()
    assert scenario.verify(max_signatures=2).outcome.accepted


def test_hint_alone_accepts_nothing():
    """A stranger's signature with the trusted thumbprints in its annotation is refused. SIG-042, R-11."""
    scenario = Scenario()
    signed = scenario.sign()
    trusted = dict(scenario.repository.listed[str(scenario.artifact.digest)][0].annotations)
    scenario.repository.listed.clear()
    scenario.sign(make_chain("EC-256", 2, subject="stranger"))
    [entry] = scenario.repository.listed[str(scenario.artifact.digest)]
    scenario.repository.listed[str(scenario.artifact.digest)] = [replace(entry, annotations=trusted)]
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify()
    assert caught.value.outcomes[0].word is Outcome.AUTHENTICITY
    assert signed.manifest.digest != entry.digest


@pytest.mark.parametrize("hint", ["[", '{"a":1}', "\ud800", '["x"]', "1" * 5000], ids=range(5))
def test_odd_hints_are_ignored(hint):
    """A thumbprint annotation that cannot be read changes nothing. SIG-041."""
    scenario = Scenario()
    scenario.sign()
    scenario.sign(format=EnvelopeFormat.COSE)
    listed = scenario.repository.listed[str(scenario.artifact.digest)]
    listed[:] = [
        replace(entry, annotations={"io.cncf.notary.x509chain.thumbprint#S256": hint}) for entry in listed
    ]
    assert scenario.verify().outcome.accepted


def test_failure_names_each_signature_and_its_reason():
    """Two bad signatures, each with its digest and what is wrong with it. VER-009."""
    scenario = Scenario()
    stranger = scenario.sign(make_chain("EC-256", 1, subject="stranger"))
    expired = scenario.sign(expires_in=timedelta(days=1))
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify(at=scenario.at + timedelta(days=2))
    found = {outcome.manifest.digest: outcome.word for outcome in caught.value.outcomes}
    assert found == {
        stranger.manifest.digest: Outcome.AUTHENTICITY,
        expired.manifest.digest: Outcome.EXPIRED,
    }
    assert all(outcome.refusal is not None for outcome in caught.value.outcomes)


@pytest.mark.parametrize("limit", [1, 2])
def test_limit_of_signatures_is_reported_as_reached(limit):
    """Reaching the limit without success is LIMIT, at equality too. VER-007, VER-009."""
    scenario = Scenario()
    stranger = make_chain("EC-256", 1, subject="stranger")
    scenario.sign(stranger)
    scenario.sign(stranger, format=EnvelopeFormat.COSE)
    with pytest.raises(VerificationFailedError, match=f"limit of {limit} signatures") as caught:
        scenario.verify(max_signatures=limit)
    assert caught.value.outcome is Outcome.LIMIT
    assert len(caught.value.outcomes) == limit


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_must_be_positive(limit):
    """No limit below one can be meant. VER-007."""
    with pytest.raises(UsageError, match="must be a positive number"):
        Scenario().verify(max_signatures=limit)


def test_unavailable_content_is_no_verdict():
    """A repository that does not answer is not a failed signature. Attack 117; VER-008."""
    scenario = Scenario()
    scenario.sign()

    def fail(_: Descriptor) -> bytes:
        raise UnavailableError("timed out")

    scenario.repository.on_fetch = fail
    with pytest.raises(UnavailableError):
        scenario.verify()


def test_unavailable_listing_is_no_verdict():
    """A listing that fails is not an artifact without signatures. Attack 117; R-25."""
    scenario = Scenario()

    def fail(_: Descriptor) -> Iterator[Descriptor]:
        raise UnavailableError("503")
        yield

    scenario.repository.on_list = fail
    with pytest.raises(UnavailableError):
        scenario.verify()


@pytest.mark.parametrize(
    "error", [LimitError("too many pages"), RegistryError("page loop")], ids=["limit", "loop"]
)
def test_candidates_before_a_failing_page_are_judged(error):
    """What was listed before a page failed still counts, and the failure stands otherwise. Attack 115."""
    scenario = Scenario()
    scenario.sign()
    listed = list(scenario.repository.listed[str(scenario.artifact.digest)])

    def fail_later(_: Descriptor) -> Iterator[Descriptor]:
        yield from listed
        raise error

    scenario.repository.on_list = fail_later
    assert scenario.verify().outcome.accepted
    scenario.sources = replace(scenario.sources, trust_store=FakeTrustStore(ca_acme=()))
    with pytest.raises(type(error)):
        scenario.verify()


def test_bug_in_a_source_fails_the_signature():
    """An exception that is nobody's verdict counts as a failed signature, never as a pass. SEC-004, R-38."""
    scenario = Scenario()
    scenario.sign()

    def explode(_data: bytes, _intact: object) -> None:
        raise KeyError("bug")

    scenario.sources = replace(scenario.sources, second_opinions=(explode,))
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify()
    assert caught.value.outcomes[0].word is Outcome.INTERNAL


def test_expected_metadata_has_to_be_signed():
    """Every expected pair must be in the signature, more is fine. PAY-017."""
    scenario = Scenario()
    scenario.sign(user_metadata={"build": "42", "by": "ci"})
    assert scenario.verify(user_metadata={"build": "42"}).outcome.accepted
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify(user_metadata={"build": "43"})
    assert "unable to find specified metadata" in str(caught.value.outcomes[0].refusal)


def test_withdrawn_artifact_manifest_is_read():
    """A signature in the withdrawn artifact manifest form verifies. Attack 121; SIG-017."""
    scenario = Scenario()
    signed = scenario.sign()
    scenario.repository.listed.clear()
    manifest = write_json(
        {
            "mediaType": ARTIFACT_MANIFEST,
            "artifactType": SIGNATURE_TYPE,
            "blobs": [Descriptor.of("application/jose+json", signed.envelope).to_json()],
            "subject": scenario.artifact.to_json(),
        }
    ).encode()
    descriptor = replace(Descriptor.of(ARTIFACT_MANIFEST, manifest), artifact_type=SIGNATURE_TYPE)
    scenario.repository.push_manifest(descriptor, manifest, scenario.artifact)
    assert scenario.verify().outcome.accepted


def test_expired_signature_is_refused_from_its_expiry_on():
    """One second before expiry it verifies, at expiry it does not. VER-046, A-02."""
    scenario = Scenario()
    scenario.sign(expires_in=timedelta(hours=1))
    last = scenario.at.replace(microsecond=0) + timedelta(minutes=59, seconds=59)
    assert scenario.verify(at=last).outcome.accepted
    with pytest.raises(VerificationFailedError) as caught:
        scenario.verify(at=last + timedelta(seconds=1))
    assert caught.value.outcome is Outcome.EXPIRED


def test_no_more_is_taken_from_a_listing_than_its_limit():
    """A repository that lists without end is not listened to without end. Attacks 115, 118; R-10."""
    scenario = Scenario()
    taken = 0

    def flood(_subject):
        nonlocal taken
        for taken in range(1, 2 * MAX_LISTED):
            yield Descriptor(IMAGE_MANIFEST, scenario.artifact.digest, taken, SIGNATURE_TYPE, {})

    scenario.repository.on_list = flood
    with pytest.raises(VerificationFailedError):
        scenario.verify(max_signatures=1)
    assert taken == MAX_LISTED
