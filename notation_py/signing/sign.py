# SPDX-License-Identifier: Apache-2.0
"""Making signatures: over a payload, and for an artifact in a repository.

One direction, one resolution of the reference, and before anything is released the new
envelope passes the same integrity check a verifier will run, and its chain is valid now.

Spec: signing-and-verification-workflow, OCI artifact signing workflow.
Requirements: SGN-001 to SGN-010, SIG-009 to SIG-021, SIG-052, CERT-008, JWS-035, TSA-001,
TSA-009, TSA-010, R-27.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .._version import __version__
from ..algorithms import BY_KEY_SPEC
from ..certificates.chain import ChainMemo
from ..descriptor import Descriptor
from ..envelope import formats
from ..envelope.integrity import IntactEnvelope, verify_integrity
from ..envelope.model import EnvelopeFormat, SignedAttributes, SigningScheme, UnsignedAttributes
from ..envelope.payload import Payload, payload_for
from ..errors import NotationError, SigningError, UsageError
from ..registry.repository import Repository, resolve_target
from ..registry.signatures import ManifestForm, attach_signature, manifest_annotations
from .signer import Signer

if TYPE_CHECKING:
    from .timestamping import Timestamping

SIGNING_AGENT = f"notation-py/{__version__}"


@dataclass(frozen=True, slots=True)
class SignOptions:
    """How to sign.

    Attributes:
        format: JWS or COSE.
        expires_in: whole seconds from the signing time, or None for no expiry (SGN-002).
        user_metadata: added to the payload's annotations.
        manifest_form: form of the signature manifest in the repository.
        timestamping: how to have the signature stamped, or None to leave that out (TSA-001).
    """

    format: EnvelopeFormat = EnvelopeFormat.JWS
    expires_in: timedelta | None = None
    user_metadata: Mapping[str, str] = field(default_factory=dict)
    manifest_form: ManifestForm = ManifestForm.ARTIFACT_TYPE
    signing_agent: str = SIGNING_AGENT
    timestamping: Timestamping | None = None

    def expiry(self, at: datetime) -> datetime | None:
        """Return the expiry of a signature made at *at*.

        Raises:
            UsageError: negative, or not whole seconds.
        """
        if self.expires_in is None or not self.expires_in:
            return None
        if self.expires_in < timedelta():
            raise UsageError("expiry duration cannot be a negative value")
        if self.expires_in.microseconds:
            raise UsageError("expiry duration supports minimum granularity of seconds")
        try:
            return at + self.expires_in
        except OverflowError as error:
            raise UsageError("expiry duration reaches beyond the year 9999") from error


@dataclass(frozen=True, slots=True)
class SignedArtifact:
    """What was signed and where the signature is.

    Attributes:
        target: the artifact's descriptor. manifest: the signature manifest's descriptor.
        envelope: the envelope bytes as pushed.
    """

    target: Descriptor
    manifest: Descriptor
    envelope: bytes


def sign_payload(payload: Payload, signer: Signer, options: SignOptions, *, at: datetime) -> bytes:
    """Return the bytes of an envelope over *payload*, not yet checked; see `signed_envelope`.

    Args:
        at: the signing time, aware; cut to whole seconds (SGN-005).

    Raises:
        UsageError: an expiry that cannot be meant. SigningError, PluginError: the key did not sign, or
            there is no timestamp to be trusted.
    """
    signed_at = at.astimezone(UTC).replace(microsecond=0)
    signed = SignedAttributes(SigningScheme.X509, signed_at, options.expiry(signed_at))
    algorithm = BY_KEY_SPEC[signer.key_spec()]
    signing = formats.signing_input(options.format, payload.to_bytes(options.format), signed, algorithm)
    primitive = signer.sign(signing.message)
    token = None
    if options.timestamping is not None:
        from .timestamping import timestamped

        token = timestamped(primitive.signature, algorithm.hash, options.timestamping, at=at).token.der
    return formats.assemble(signing, primitive, UnsignedAttributes(token, options.signing_agent))


def signed_envelope(
    payload: Payload, signer: Signer, options: SignOptions, *, at: datetime
) -> tuple[bytes, IntactEnvelope]:
    """Return a new envelope over *payload*, as bytes and as what a verifier will make of them.

    Raises:
        SigningError: the envelope fails its own verification, a certificate is not valid at *at*, or
            the timestamp is not to be trusted or does not cover the certificates.
    """
    data = sign_payload(payload, signer, options, at=at)
    try:
        intact = verify_integrity(formats.parse(data, options.format), ChainMemo(1))
        intact.chain.check_valid_at(intact.signed.signing_time)
    except NotationError as error:
        raise SigningError(
            f"generated signature failed verification: {error.message}", hint=error.hint
        ) from error
    if intact.payload != payload:
        raise SigningError("generated signature failed verification: it covers another payload")
    if options.timestamping is not None:
        from .timestamping import check_attached

        check_attached(intact)
    return data, intact


def sign_artifact(
    repository: Repository, target: str | Descriptor, signer: Signer, options: SignOptions, *, at: datetime
) -> SignedArtifact:
    """Return what was signed, once the signature is stored beside it and listed.

    Args:
        target: the tag or digest to sign, resolved once; or a descriptor that was resolved before.
        at: the signing time, aware.

    Raises:
        NotFoundError: no such artifact; nothing was pushed.
        SigningError, UsageError: no signature was made; nothing was pushed.
        RegistryError, UnavailableError: the signature could not be stored and listed.
    """
    resolved = resolve_target(repository, target)
    payload = payload_for(resolved.plain(), options.user_metadata)
    data, intact = signed_envelope(payload, signer, options, at=at)
    manifest = attach_signature(
        repository,
        (options.format.value, data),
        resolved,
        annotations_of(intact),
        options.manifest_form,
    )
    return SignedArtifact(resolved.plain(), manifest, data)


def annotations_of(intact: IntactEnvelope) -> dict[str, str]:
    """Return the manifest annotations that describe *intact* (SIG-009, SIG-011)."""
    created = intact.signed.signing_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return manifest_annotations([entry.thumbprint for entry in intact.chain.certificates], created)
