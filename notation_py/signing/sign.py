# SPDX-License-Identifier: Apache-2.0
"""Making signatures: over a payload, and for an artifact in a repository.

One direction, one resolution of the reference, and before anything is released the new
envelope passes the same integrity check a verifier will run, and its chain is valid now.

Spec: signing-and-verification-workflow, OCI artifact signing workflow.
Requirements: SGN-001 to SGN-010, SIG-009 to SIG-021, SIG-052, CERT-008, JWS-035, TSA-001,
TSA-009 to TSA-011, SIG-013, PLG-062, PLG-065, R-27.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .._version import __version__
from ..algorithms import BY_KEY_SPEC
from ..certificates.chain import ChainMemo, VerifiedSignature
from ..descriptor import Descriptor
from ..envelope import formats
from ..envelope.integrity import IntactEnvelope, verify_integrity
from ..envelope.model import EnvelopeFormat, SignedAttributes, SigningScheme, UnsignedAttributes
from ..envelope.payload import RESERVED_PREFIX, Payload, payload_for
from ..errors import NotationError, PluginError, SigningError, UsageError
from ..registry.repository import Repository, resolve_target
from ..registry.signatures import ManifestForm, attach_signature, manifest_annotations
from .signer import EnvelopeSigner, SignedEnvelope, Signer, VerifyingSigner

if TYPE_CHECKING:
    from .timestamping import Timestamping

SIGNING_AGENT = f"notation-py/{__version__}"

MAX_DELAY = timedelta(hours=1)
"""How much later than asked for an envelope made elsewhere may expire: that takes time, by another clock."""

_CHAINS = ChainMemo(8)
"""Whoever signs often has the same chain each time; what holds for it depends on no time and no trust."""


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
    return _assembled(payload, signer, options, at=at)[0]


def _assembled(
    payload: Payload, signer: Signer, options: SignOptions, *, at: datetime
) -> tuple[bytes, VerifiedSignature | None]:
    """Return an envelope, and what its signer has verified already."""
    signed_at = at.astimezone(UTC).replace(microsecond=0)
    signed = SignedAttributes(SigningScheme.X509, signed_at, options.expiry(signed_at))
    algorithm = BY_KEY_SPEC[signer.key_spec()]
    signing = formats.signing_input(options.format, payload.to_bytes(options.format), signed, algorithm)
    verified = None
    if isinstance(signer, VerifyingSigner):
        primitive, verified = signer.sign_verified(signing.message)
    else:
        primitive = signer.sign(signing.message)
    token = None
    if options.timestamping is not None:
        from .timestamping import timestamped

        token = timestamped(primitive.signature, algorithm.hash, options.timestamping, at=at).token.der
    data = formats.assemble(signing, primitive, UnsignedAttributes(token, options.signing_agent))
    return data, verified


def signed_envelope(
    payload: Payload, signer: Signer | EnvelopeSigner, options: SignOptions, *, at: datetime
) -> tuple[bytes, IntactEnvelope]:
    """Return a new envelope over *payload*, as bytes and as what a verifier will make of them.

    Raises:
        SigningError: the envelope fails its own verification, a certificate is not valid at *at*, or
            the timestamp is not to be trusted or does not cover the certificates.
        UsageError: a timestamp for an envelope that *signer* makes as a whole.
    """
    made = _made(payload, signer, options, at=at)
    return made.data, made.intact


def _made(
    payload: Payload, signer: Signer | EnvelopeSigner, options: SignOptions, *, at: datetime
) -> SignedEnvelope:
    if isinstance(signer, EnvelopeSigner):
        made = _made_elsewhere(payload, signer, options, at=at)
    else:
        data, verified = _assembled(payload, signer, options, at=at)
        with _own_verification():
            intact = verify_integrity(formats.parse(data, options.format), _CHAINS, verified)
        made = SignedEnvelope(data, intact, {})
    with _own_verification():
        made.intact.chain.check_valid_at(at.astimezone(UTC).replace(microsecond=0))
    if made.intact.payload != payload:
        raise SigningError("generated signature failed verification: it covers another payload")
    if options.timestamping is not None:
        from .timestamping import check_attached

        check_attached(made.intact)
    return made


def _made_elsewhere(
    payload: Payload, signer: EnvelopeSigner, options: SignOptions, *, at: datetime
) -> SignedEnvelope:
    """Return what *signer* made; nobody adds a timestamp to it or takes one away (TSA-011, PLG-065)."""
    if options.timestamping is not None:
        raise UsageError(
            "a timestamp cannot be added to a signature envelope that the signer makes as a whole",
            hint="leave the timestamping flags out, and have the plugin add a timestamp",
        )
    wanted = options.expiry(at)
    seconds = int(options.expires_in.total_seconds()) if options.expires_in else None
    made = signer.sign_envelope(payload.to_bytes(options.format), options.format, seconds)
    with _own_verification():
        intact = verify_integrity(formats.parse(made.data, options.format), _CHAINS)
    made = SignedEnvelope(made.data, intact, made.annotations)
    _check_expiry(made.intact.signed.expiry, wanted, at)
    return made


def _check_expiry(found: datetime | None, wanted: datetime | None, at: datetime) -> None:
    """Return if a signature that expires at *found* is good at *at*, and not for longer than *wanted*.

    Raises:
        SigningError: it is not, as when its signing time was made up.
    """
    if found is not None and found <= at:
        raise SigningError(
            f"generated signature failed verification: it has expired at {found.isoformat()}",
            hint="compare the clock of the signing service with the one here",
        )
    if wanted is not None and (found is None or found - wanted > MAX_DELAY):
        expires = "never" if found is None else f"at {found.isoformat()}"
        raise SigningError(
            f"generated signature failed verification: it expires {expires}, and was to expire at "
            f"{wanted.isoformat()}",
            hint="compare the clock of the signing service with the one here",
        )


@contextmanager
def _own_verification() -> Iterator[None]:
    try:
        yield
    except NotationError as error:
        raise SigningError(
            f"generated signature failed verification: {error.message}", hint=error.hint
        ) from error


def sign_artifact(
    repository: Repository,
    target: str | Descriptor,
    signer: Signer | EnvelopeSigner,
    options: SignOptions,
    *,
    at: datetime,
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
    made = _made(payload, signer, options, at=at)
    manifest = attach_signature(
        repository,
        (options.format.value, made.data),
        resolved,
        _with_foreign(annotations_of(made.intact), made.annotations),
        options.manifest_form,
    )
    return SignedArtifact(resolved.plain(), manifest, made.data)


def _with_foreign(own: Mapping[str, str], foreign: Mapping[str, str]) -> dict[str, str]:
    """Return both; *foreign* ones may add to ours, and neither replace them nor use our names (SIG-013).

    Raises:
        PluginError: they do.
    """
    for name, value in foreign.items():
        if own.get(name) != value and (name in own or name.startswith(RESERVED_PREFIX)):
            raise PluginError(
                f"the plugin returned the annotation {name[:128]!r}, which is not for a plugin to write",
                hint="the plugin is defective; report this to its publisher",
            )
    return {**foreign, **own}


def annotations_of(intact: IntactEnvelope) -> dict[str, str]:
    """Return the manifest annotations that describe *intact* (SIG-009, SIG-011)."""
    created = intact.signed.signing_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return manifest_annotations([entry.thumbprint for entry in intact.chain.certificates], created)
