# SPDX-License-Identifier: Apache-2.0
"""Making signatures of blobs: the envelope of an artifact's signature, about bytes that no registry has.

The blob is read once, by whoever has it, with the hash that belongs to the key. What becomes of the
envelope is for the caller to decide; it passed the check a verifier will run.

Spec: signing-and-verification-workflow, Blob signing workflow.
Requirements: BLOB-001, BLOB-005 to BLOB-008, PAY-008 to PAY-010, SGN-001 to SGN-005, SGN-010, PLG-071,
PLG-072.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..algorithms import BY_KEY_SPEC, KeySpec
from ..descriptor import Descriptor
from ..digest import ContentDigest
from ..envelope.blob import DEFAULT_MEDIA_TYPE, blob_descriptor, check_media_type
from ..envelope.payload import payload_for
from ..errors import SigningError
from .sign import SignOptions, signed_envelope
from .signer import EnvelopeSigner, Signer


class BlobEnvelopeSigner(EnvelopeSigner, Protocol):
    """A service that makes whole envelopes, and says beforehand with what type of key (PLG-072)."""

    def key_spec(self) -> KeySpec:
        """Return the type of the key, from which the hash of the blob follows."""


@dataclass(frozen=True, slots=True)
class SignedBlob:
    """What was signed, by media type, digest and size, and the envelope to keep beside it."""

    target: Descriptor
    envelope: bytes


def sign_blob(
    content: ContentDigest,
    signer: Signer | BlobEnvelopeSigner,
    options: SignOptions,
    *,
    media_type: str = DEFAULT_MEDIA_TYPE,
    at: datetime,
) -> SignedBlob:
    """Return a signature of the blob whose digest and size *content* gives; it is asked once.

    Args:
        media_type: what the signer says the blob is; kept in the signature as it is written.
        at: the signing time, aware.

    Raises:
        UsageError: a media type, metadata or an expiry that cannot be meant; the blob was not read.
        SigningError, PluginError: no signature was made.
        ConfigurationError: the blob cannot be read.
    """
    check_media_type(media_type)
    options.expiry(at)
    algorithm = BY_KEY_SPEC[signer.key_spec()].hash
    target = blob_descriptor(content, algorithm, media_type)
    data, intact = signed_envelope(payload_for(target, options.user_metadata), signer, options, at=at)
    if intact.chain.algorithm.hash is not algorithm:
        raise SigningError(
            f"generated signature failed verification: the blob was hashed with {algorithm.value}, and the "
            f"key that signed needs {intact.chain.algorithm.hash.value}"
        )
    return SignedBlob(target, data)
