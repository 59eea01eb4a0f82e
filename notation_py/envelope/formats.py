# SPDX-License-Identifier: Apache-2.0
"""From an envelope format to its framing: the one place that knows that there are two.

Each framing offers the same three functions. The COSE framing, with its CBOR library, is
imported only when an envelope of that format is met.

Spec: signature-specification, Supported Signature Envelope Formats. Requirements: SIG-007, VER-030.
"""

from __future__ import annotations

from ..algorithms import SignatureAlgorithm
from ..errors import MalformedError
from .model import (
    Envelope,
    EnvelopeFormat,
    PrimitiveSignature,
    SignedAttributes,
    SigningInput,
    UnsignedAttributes,
)


def format_named(media_type: str) -> EnvelopeFormat:
    """Return the format with the media type *media_type*.

    Raises:
        MalformedError: neither of the two.
    """
    if media_type == EnvelopeFormat.JWS.value:
        return EnvelopeFormat.JWS
    if media_type == EnvelopeFormat.COSE.value:
        return EnvelopeFormat.COSE
    raise MalformedError(f"signature envelope format with media type {media_type[:128]!r} is not supported")


def parse(data: bytes, format: EnvelopeFormat) -> Envelope:  # noqa: A002  the specification's word
    """Return the envelope that *data* spells in *format*; raises MalformedError."""
    match format:
        case EnvelopeFormat.JWS:
            from . import jws  # noqa: PLC0415

            return jws.parse(data)
        case EnvelopeFormat.COSE:
            from . import cose  # noqa: PLC0415

            return cose.parse(data)


def signing_input(
    format: EnvelopeFormat,  # noqa: A002  the specification's word
    payload: bytes,
    signed: SignedAttributes,
    algorithm: SignatureAlgorithm,
) -> SigningInput:
    """Return what has to be signed; raises MalformedError for colliding extended attributes."""
    match format:
        case EnvelopeFormat.JWS:
            from . import jws  # noqa: PLC0415

            return jws.signing_input(payload, signed, algorithm)
        case EnvelopeFormat.COSE:
            from . import cose  # noqa: PLC0415

            return cose.signing_input(payload, signed, algorithm)


def assemble(signing: SigningInput, primitive: PrimitiveSignature, unsigned: UnsignedAttributes) -> bytes:
    """Return the envelope bytes in the format of *signing*."""
    match signing.format:
        case EnvelopeFormat.JWS:
            from . import jws  # noqa: PLC0415

            return jws.assemble(signing, primitive, unsigned)
        case EnvelopeFormat.COSE:
            from . import cose  # noqa: PLC0415

            return cose.assemble(signing, primitive, unsigned)
