# SPDX-License-Identifier: Apache-2.0
"""The verification of a blob: its policy's level, its one signature, and then the blob itself.

The blob is read once, after everything about the signature was found good, with the hash of the key that
signed. A signature of an artifact is about its manifest, so it is one of a blob only if the blob is that very
manifest; whoever minds demands a media type.

Spec: trust-store-trust-policy, Signature Evaluation; signing-and-verification-workflow, Blob.
Requirements: BLOB-020 to BLOB-027, BTP-005 to BTP-007, PAY-016, PAY-017, VER-070.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..descriptor import Descriptor
from ..digest import ContentDigest
from ..envelope.blob import blob_descriptor, check_media_type, format_by_content
from ..envelope.model import EnvelopeFormat
from ..errors import MalformedError, NotationError
from ..trust.level import Action, Validation
from ..trust.policy import BlobTrustPolicyDocument
from ..trust.statement import TrustPolicy
from . import checks
from .outcome import ValidationResult, VerificationFailedError, VerificationOutcome
from .signature import Expectation, Sources, verify_signature


@dataclass(frozen=True, slots=True)
class VerifiedBlob:
    """A blob that verified, or for which the policy asks no verification.

    Attributes:
        target: what the signature says the blob is, with the signed metadata as annotations; None with the
            level `skip`, as nothing was looked at (BTP-007, BLOB-025).
    """

    target: Descriptor | None
    outcome: VerificationOutcome


@dataclass(frozen=True, slots=True)
class VerifyBlobOptions:
    """What else to demand.

    Attributes:
        media_type: which the signature has to give the blob; None: any (PAY-016).
        plugin_config: handed to the verification plugin that the signature names (PLG-106).
    """

    media_type: str | None = None
    user_metadata: Mapping[str, str] = field(default_factory=dict)
    plugin_config: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Return if the options can be meant; raises UsageError (BLOB-024)."""
        if self.media_type is not None:
            check_media_type(self.media_type)


def blob_policy(policies: BlobTrustPolicyDocument, name: str = "") -> TrustPolicy:
    """Return the statement called *name*, or the global one if the name is empty (BTP-005, BTP-006).

    Raises:
        UntrustedError: with outcome POLICY: there is none.
    """
    return policies.policy_named(name) if name else policies.global_policy()


def verify_blob(
    content: ContentDigest,
    signature: bytes,
    policy: TrustPolicy,
    sources: Sources,
    options: VerifyBlobOptions,
    *,
    format: EnvelopeFormat | None = None,  # noqa: A002  the specification's word
    at: datetime,
) -> VerifiedBlob:
    """Return the blob, verified: *signature* satisfies *policy* and is about it.

    Args:
        content: gives digest and size of the blob; asked at most once, and not with the level `skip`.
        signature: the envelope, from a file or wherever it was kept.
        policy: the statement to use, see `BlobTrustPolicyDocument`.
        format: of the envelope, as its file's name says; None: by its first byte (BLOB-021).
        at: now, aware; the same for every check.

    Raises:
        VerificationFailedError: it is not; carries the verdict.
        ConfigurationError: the blob cannot be read.
        UsageError: options that cannot be meant.
    """
    options.check()
    if policy.level.skips_everything:
        return VerifiedBlob(None, VerificationOutcome(policy.name, policy.level, None, (), None))
    outcome = _judged(content, signature, format, policy, sources, options, at)
    if outcome.refusal is None and outcome.envelope is not None:
        return VerifiedBlob(outcome.envelope.payload.target, outcome)
    refusal = outcome.refusal or NotationError("internal error: an accepted signature without content")
    raise VerificationFailedError(
        refusal.message, (outcome,), hint=refusal.hint, outcome=refusal.outcome
    ) from refusal


def _judged(
    content: ContentDigest,
    signature: bytes,
    format: EnvelopeFormat | None,  # noqa: A002  the specification's word
    policy: TrustPolicy,
    sources: Sources,
    options: VerifyBlobOptions,
    at: datetime,
) -> VerificationOutcome:
    try:
        if not signature:
            raise MalformedError("signature cannot be nil or empty", hint="sign the blob again")
        known = format or format_by_content(signature)
    except MalformedError as error:
        failed = ValidationResult(Validation.INTEGRITY, Action.ENFORCE, error)
        return VerificationOutcome(policy.name, policy.level, None, (failed,), error)
    expectation = Expectation(
        lambda algorithm: blob_descriptor(content, algorithm, options.media_type or checks.ANY_MEDIA_TYPE),
        options.user_metadata,
        options.plugin_config,
        checks.check_blob,
    )
    return verify_signature(signature, known.value, expectation, policy, sources, at=at)
