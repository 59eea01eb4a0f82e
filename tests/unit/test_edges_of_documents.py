# SPDX-License-Identifier: Apache-2.0
"""Documents, references, manifests and messages of plugins at their edges; each check alone.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from notation_py.descriptor import ARTIFACT_MANIFEST, IMAGE_MANIFEST, Descriptor
from notation_py.document import check_names, parse_json
from notation_py.encoding import decode_base64
from notation_py.errors import LimitError, MalformedError, Outcome, PluginError, RegistryError
from notation_py.plugin.answers import plugin_metadata
from notation_py.plugin.members import moment
from notation_py.plugin.messages import GenerateEnvelopeRequest
from notation_py.reference import Reference, is_scope
from notation_py.registry.repository import resolve_target
from notation_py.registry.signatures import (
    MAX_ENVELOPE_BYTES,
    SIGNATURE_TYPE,
    SignatureManifest,
    fetch_envelope,
    read_manifest,
)
from notation_py.signing.sign import SignOptions, _with_foreign
from tests.simulator.fake_plugins import FakePlugin, said
from tests.simulator.fake_repository import FakeRepository
from tests.simulator.pki import NOW

TARGET = Descriptor.of(IMAGE_MANIFEST, b"the artifact")
ENVELOPE = Descriptor.of("application/jose+json", b"{}")


def test_negative_fraction_is_a_number() -> None:
    """R-01: only a zero with a sign and what is endless are refused."""
    assert parse_json(b"[-1.5]", what="x", max_bytes=10) == [-1.5]
    for odd in (b"[-0.0]", b"[1e999]", b"[-1e999]"):
        with pytest.raises(MalformedError):
            parse_json(odd, what="x", max_bytes=10)


@pytest.mark.parametrize(
    ("name", "known", "is_slip"),
    [
        ("bacdeX", "abcdef", False),
        ("xycdef", "abcdef", False),
        ("bacdef", "abcdef", True),
        ("nmae", "name", True),
    ],
)
def test_one_slip_is_one(name: str, known: str, is_slip: bool) -> None:
    """TP-006: two letters swapped and nothing else; two other letters are another name."""
    if is_slip:
        with pytest.raises(MalformedError, match="unknown member"):
            check_names([name], [known], at="x")
    else:
        assert check_names([name], [known], at="x") == (name,)


def test_empty_content_has_a_descriptor() -> None:
    """PAY-015: nothing is a size; less than nothing is not."""
    described = {"mediaType": "a/b", "digest": str(TARGET.digest), "size": 0}
    assert Descriptor.from_json(described, at="x").size == 0
    with pytest.raises(MalformedError, match="must not be negative"):
        Descriptor.from_json(described | {"size": -1}, at="x")


def test_content_is_the_same_if_all_three_are() -> None:
    """PAY-015, R-08: another media type, another digest or another size is other content."""
    assert TARGET.same_content(Descriptor(TARGET.media_type, TARGET.digest, TARGET.size, "a/b", {"a": "b"}))
    for other in (
        Descriptor("a/b", TARGET.digest, TARGET.size),
        Descriptor(TARGET.media_type, ENVELOPE.digest, TARGET.size),
        Descriptor(TARGET.media_type, TARGET.digest, TARGET.size + 1),
    ):
        assert not TARGET.same_content(other)


@pytest.mark.parametrize("registry", ["[::1]x80", "[::1]80", "[::1]:", "[::1]:8O", "[]", "[::1", "[::g]"])
def test_literal_address_has_a_port_or_none(registry: str) -> None:
    """Attack 127; SIG-053: nothing but a colon and digits stands behind the bracket."""
    with pytest.raises(MalformedError, match="invalid registry"):
        Reference.parse(f"{registry}/app:v1")
    assert Reference.parse("[::1]:80/app:v1").registry == "[::1]:80"


@pytest.mark.parametrize("host", ["-a.test", "a-.test", ".test", "a..test", "a_b.test"])
def test_label_of_a_host_starts_and_ends_with_a_letter_or_digit(host: str) -> None:
    """Attack 100; TP-025."""
    assert not is_scope(f"{host}/app")
    assert is_scope("a-b.test/app")


def test_digest_that_was_asked_for_has_to_come() -> None:
    """Attack 110; SIG-052: a repository that answers a digest with another is not believed."""

    class Lying(FakeRepository):
        def resolve(self, target: str) -> Descriptor:  # noqa: ARG002  that is the lie
            return TARGET

    assert resolve_target(Lying(), str(TARGET.digest)) == TARGET
    assert resolve_target(Lying(), "v1") == TARGET
    with pytest.raises(RegistryError, match="does not match the resolved digest"):
        resolve_target(Lying(), str(ENVELOPE.digest))


def manifest(**changes: Any) -> dict[str, Any]:
    document = {
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "artifactType": SIGNATURE_TYPE,
        "config": Descriptor.of("application/vnd.oci.empty.v1+json", b"{}").to_json(),
        "layers": [ENVELOPE.to_json()],
        "subject": TARGET.to_json(),
    } | changes
    return {name: value for name, value in document.items() if value is not None}


def read(document: dict[str, Any], media_type: str = IMAGE_MANIFEST) -> SignatureManifest:
    data = json.dumps(document).encode()
    listed = Descriptor.of(media_type, data)
    repository = FakeRepository()
    repository.content[str(listed.digest)] = data
    return read_manifest(repository, listed, TARGET)


ARTIFACT = {"mediaType": ARTIFACT_MANIFEST, "config": None, "layers": None, "blobs": [ENVELOPE.to_json()]}
MANIFESTS = {
    "another media type": (manifest(mediaType="a/b"), IMAGE_MANIFEST, "mediaType: says another media type"),
    "no layer": (manifest(layers=[]), IMAGE_MANIFEST, "got 0"),
    "two layers": (manifest(layers=[ENVELOPE.to_json()] * 2), IMAGE_MANIFEST, "got 2"),
    "another config": (manifest(config=ENVELOPE.to_json()), IMAGE_MANIFEST, "config.mediaType: is not"),
    "another type": (manifest(artifactType="a/b"), IMAGE_MANIFEST, "artifactType: is not"),
    "another subject": (manifest(subject=ENVELOPE.to_json()), IMAGE_MANIFEST, "subject: is another artifact"),
    "old form without a type": (
        manifest(**ARTIFACT, artifactType=None),
        ARTIFACT_MANIFEST,
        "artifactType: is missing",
    ),
}


@pytest.mark.parametrize(("document", "media_type", "message"), MANIFESTS.values(), ids=list(MANIFESTS))
def test_manifest_of_another_form_is_refused(document: dict[str, Any], media_type: str, message: str) -> None:
    """Attacks 111, 116, 120, 121; SIG-003 to SIG-017: a fault of the registry, and of this manifest."""
    with pytest.raises(MalformedError, match=message) as caught:
        read(document, media_type)
    assert caught.value.outcome is Outcome.REGISTRY
    assert caught.value.message.startswith("signature manifest sha256:")


def test_both_forms_of_manifest_are_read() -> None:
    """SIG-003, SIG-017: what the refused ones differ from."""
    assert read(manifest()).envelope == ENVELOPE
    assert read(manifest(**ARTIFACT), ARTIFACT_MANIFEST).envelope == ENVELOPE


def test_largest_envelope_is_fetched() -> None:
    """SIG-040: 32 MiB are fetched; of one byte more, nothing is."""
    repository, data = FakeRepository(), bytes(MAX_ENVELOPE_BYTES)
    largest = Descriptor.of("application/jose+json", data)
    repository.content[str(largest.digest)] = data
    assert fetch_envelope(repository, SignatureManifest(TARGET, largest)) == data
    larger = Descriptor(largest.media_type, largest.digest, largest.size + 1)
    repository.calls.clear()
    with pytest.raises(LimitError, match="signature blob too large: 33554433 bytes"):
        fetch_envelope(repository, SignatureManifest(TARGET, larger))
    assert repository.calls == []


def test_envelope_is_asked_for_with_no_negative_time() -> None:
    """SGN-002: no time is none, and a negative one is a mistake."""
    source = {
        "keyId": "k",
        "payloadType": "a/b",
        "signatureEnvelopeType": "a/b",
        "payload": "e30=",
        "expiryDurationInSeconds": 0,
    }
    assert GenerateEnvelopeRequest.from_json(source).expires_in is None
    with pytest.raises(MalformedError, match="must not be negative"):
        GenerateEnvelopeRequest.from_json(source | {"expiryDurationInSeconds": -1})


def test_moment_without_a_zone_is_none() -> None:
    """PLG-110: nobody knows when that is."""
    assert moment({"expiry": "2026-06-01T12:00:00Z"}, "expiry") == NOW.replace(
        year=2026, month=6, day=1, hour=12, minute=0, second=0, microsecond=0
    )
    for text in ("2026-06-01T12:00:00", "soon"):
        with pytest.raises(MalformedError, match="is not an RFC 3339 time"):
            moment({"expiry": text}, "expiry")


def test_plugin_may_say_why_without_a_code() -> None:
    """PLG-025: a message alone is a reason, and is shown."""
    stderr = b'{"errorMessage":"the card is not inserted"}'
    plugin = FakePlugin(misbehave=said("get-plugin-metadata", exit_code=1, stderr=stderr))
    with pytest.raises(PluginError, match=r"^the card is not inserted$"):
        plugin_metadata(plugin, {})


def test_expiry_is_a_whole_positive_time() -> None:
    """SGN-002: no time is no expiry; a negative one, and a part of a second, are refused."""
    assert SignOptions(expires_in=timedelta()).expiry(NOW) is None
    assert SignOptions(expires_in=timedelta(seconds=1)).expiry(NOW) == NOW + timedelta(seconds=1)


def test_annotation_of_a_plugin_that_says_the_same_is_no_fault() -> None:
    """SIG-013: what a plugin repeats it neither replaces nor invents."""
    own = {"io.cncf.notary.x": "1", "a": "1"}
    assert _with_foreign(own, {"io.cncf.notary.x": "1", "a": "1", "b": "2"}) == own | {"b": "2"}
    for foreign in ({"a": "2"}, {"io.cncf.notary.x": "2"}, {"io.cncf.notary.y": "1"}):
        with pytest.raises(PluginError, match="which is not for a plugin to write"):
            _with_foreign(own, foreign)


@pytest.mark.parametrize("text", ["AAAA=", "AAAAAAA/=", "A", "AA", "AAA", "AAAAA", "AA="])
def test_base64_comes_in_groups_of_four(text: str) -> None:
    """Attacks 11, 12; R-02: the library, however strict, takes one sign of padding too many."""
    with pytest.raises(MalformedError, match="not valid padded base64"):
        decode_base64(text, at="x")
    assert decode_base64("AAAA", at="x") == b"\0\0\0"
