# SPDX-License-Identifier: Apache-2.0
"""Signature manifests: found beside an artifact, read strictly, written once.

Descriptors that a repository lists are hints; the manifest itself has to have one of the
two forms and name the target as its subject. A manifest that does not is a fault of that
one signature and never hides another.

Spec: signature-specification, OCI Signatures; OCI image-spec manifest.md.
Requirements: SIG-001 to SIG-021, SIG-037 to SIG-043, VER-005 to VER-008, R-08, R-09, R-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..descriptor import ARTIFACT_MANIFEST, EMPTY_CONFIG, IMAGE_MANIFEST, Descriptor
from ..digest import Digest, HashAlgorithm
from ..document import member, of_type, parse_json, write_json
from ..errors import LimitError, MalformedError, Outcome
from .repository import Repository, fetch_all

SIGNATURE_TYPE = "application/vnd.cncf.notary.signature"
THUMBPRINTS = "io.cncf.notary.x509chain.thumbprint#S256"
CREATED = "org.opencontainers.image.created"
BLOB_SIGNATURE = "io.cncf.notary.blob.signature"
"""With the value `true`: the signature is about a blob, not about the manifest it refers to (SIG-019)."""

MAX_MANIFEST_BYTES = 4 << 20
MAX_ENVELOPE_BYTES = 32 << 20
"""The reference's limits; a size above them is refused before anything is fetched."""

MAX_MANIFEST_ITEMS = 4096
MAX_LISTED = 10_000
"""Descriptors taken from a listing; flooding beyond it cannot cost more than this (R-10)."""
EMPTY_JSON = b"{}"
_EMPTY_DIGEST = Digest(
    HashAlgorithm.SHA256, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
)


class ManifestForm(StrEnum):
    """The two manifest forms a writer can choose; readers take both (SIG-016)."""

    ARTIFACT_TYPE = "artifact-type"
    CONFIG_TYPE = "config-type"


@dataclass(frozen=True, slots=True)
class SignatureManifest:
    """A signature manifest that belongs to the target it was listed for.

    Attributes:
        manifest: the descriptor of the manifest itself.
        envelope: the descriptor of the envelope blob; its media type selects the parser.
    """

    manifest: Descriptor
    envelope: Descriptor


def listed_signatures(repository: Repository, target: Descriptor) -> Iterator[Descriptor]:
    """Yield the descriptors of manifests that the repository lists as signatures of *target*.

    Raises:
        RegistryError, UnavailableError: the repository cannot say.
    """
    return repository.referrers(target, SIGNATURE_TYPE)


def read_manifest(repository: Repository, listed: Descriptor, target: Descriptor) -> SignatureManifest:
    """Return the signature manifest *listed*, fetched and checked.

    Raises:
        MalformedError: not a signature manifest of *target* (a fault of this one signature).
        LimitError, RegistryError, UnavailableError: it could not be had.
    """
    if listed.media_type not in {IMAGE_MANIFEST, ARTIFACT_MANIFEST}:
        raise MalformedError(
            f"signature manifest media type {listed.media_type[:128]!r} is not supported",
            outcome=Outcome.REGISTRY,
        )
    data = fetch_all(repository, listed, max_bytes=MAX_MANIFEST_BYTES, what="signature manifest")
    try:
        return SignatureManifest(listed.plain(), _envelope_of(data, listed.media_type, target))
    except MalformedError as error:
        raise MalformedError(
            f"signature manifest {listed.digest}: {error.message}", outcome=Outcome.REGISTRY
        ) from error


def fetch_envelope(repository: Repository, signature: SignatureManifest) -> bytes:
    """Return the envelope bytes of *signature*, size and digest checked; at most 32 MiB (SIG-040)."""
    _check_size(signature.envelope)
    return fetch_all(repository, signature.envelope, max_bytes=MAX_ENVELOPE_BYTES, what="signature envelope")


def _envelope_of(data: bytes, media_type: str, target: Descriptor) -> Descriptor:
    document: dict[str, Any] = of_type(
        parse_json(data, what="manifest", max_bytes=MAX_MANIFEST_BYTES, max_items=MAX_MANIFEST_ITEMS),
        dict,
        at="",
    )
    if document.get("mediaType", media_type) != media_type:
        raise MalformedError("says another media type than it was listed with", at="mediaType")
    subject = Descriptor.from_json(document.get("subject"), at="subject")
    if not subject.same_content(target):
        raise MalformedError("is another artifact than the one asked about", at="subject")
    _check_form(document, media_type)
    place = "blobs" if media_type == ARTIFACT_MANIFEST else "layers"
    layers = member(document, place, list)
    if len(layers) != 1:
        raise MalformedError(
            f"signature manifest requries exactly one signature envelope blob, got {len(layers)}", at=place
        )
    return Descriptor.from_json(layers[0], at=f"{place}[0]").plain()


def _check_form(document: Mapping[str, Any], media_type: str) -> None:
    """Return if the manifest is of form SIG-003, SIG-004 or, for reading, SIG-017."""
    artifact_type = document.get("artifactType")
    if artifact_type not in {None, "", SIGNATURE_TYPE}:
        raise MalformedError(f"is not {SIGNATURE_TYPE}", at="artifactType")
    if media_type == ARTIFACT_MANIFEST:
        if artifact_type != SIGNATURE_TYPE:
            raise MalformedError("is missing", at="artifactType")
        return
    config = Descriptor.from_json(document.get("config"), at="config")
    expected = EMPTY_CONFIG if artifact_type else SIGNATURE_TYPE
    if config.media_type != expected:
        raise MalformedError(f"is not {expected}", at="config.mediaType")


def build_manifest(
    envelope: Descriptor, subject: Descriptor, annotations: Mapping[str, str], form: ManifestForm
) -> bytes:
    """Return the bytes of the signature manifest, in the reference's member order (SIG-014)."""
    config: dict[str, Any] = {
        "mediaType": EMPTY_CONFIG if form is ManifestForm.ARTIFACT_TYPE else SIGNATURE_TYPE,
        "digest": str(_EMPTY_DIGEST),
        "size": len(EMPTY_JSON),
    }
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": IMAGE_MANIFEST}
    if form is ManifestForm.ARTIFACT_TYPE:
        document["artifactType"] = SIGNATURE_TYPE
        config["data"] = "e30="
    document["config"] = config
    document["layers"] = [envelope.plain().to_json()]
    document["subject"] = subject.plain().to_json()
    document["annotations"] = dict(sorted(annotations.items()))
    return write_json(document).encode("utf-8")


def attach_signature(
    repository: Repository,
    envelope: tuple[str, bytes],
    subject: Descriptor,
    annotations: Mapping[str, str],
    form: ManifestForm = ManifestForm.ARTIFACT_TYPE,
) -> Descriptor:
    """Return the descriptor of the signature manifest, once it is stored and listed for *subject*.

    Args:
        envelope: media type and bytes of the envelope.

    Raises:
        LimitError, MalformedError: no verifier would read it; nothing was pushed.
        RegistryError, UnavailableError: the push failed; the artifact is not signed, or the message
            names the stored but unlisted manifest.
    """
    media_type, data = envelope
    blob = Descriptor.of(media_type, data)
    config_type = EMPTY_CONFIG if form is ManifestForm.ARTIFACT_TYPE else SIGNATURE_TYPE
    manifest_bytes = build_manifest(blob, subject, annotations, form)
    plain = Descriptor.of(IMAGE_MANIFEST, manifest_bytes)
    _check_readable(blob, manifest_bytes, subject)
    repository.push(blob, data)
    repository.push(Descriptor(config_type, _EMPTY_DIGEST, len(EMPTY_JSON)), EMPTY_JSON)
    # Index entries carry the config's media type where the manifest has no artifactType (SIG-026).
    manifest = Descriptor(plain.media_type, plain.digest, plain.size, SIGNATURE_TYPE, dict(annotations))
    repository.push_manifest(manifest, manifest_bytes, subject.plain())
    return plain


def _check_readable(envelope: Descriptor, manifest: bytes, subject: Descriptor) -> None:
    """Return if a reader takes *manifest* and its *envelope*; raises LimitError, MalformedError."""
    _check_size(envelope)
    try:
        _envelope_of(manifest, IMAGE_MANIFEST, subject)
    except MalformedError as error:
        raise MalformedError(
            f"the signature manifest would be one that nobody reads: {error.message}",
            hint="the signature needs fewer or shorter annotations",
        ) from error


def _check_size(envelope: Descriptor) -> None:
    if envelope.size > MAX_ENVELOPE_BYTES:
        raise LimitError(f"signature blob too large: {envelope.size} bytes")


def manifest_annotations(thumbprints: list[str], created: str) -> dict[str, str]:
    """Return the two annotations every signature manifest has (SIG-009, SIG-011)."""
    return {THUMBPRINTS: write_json(thumbprints), CREATED: created}


def is_of_a_blob(listed: Descriptor) -> bool:
    """Return whether the listed signature says that it is one of a blob, which proves nothing (SIG-019)."""
    return listed.annotations.get(BLOB_SIGNATURE) == "true"
