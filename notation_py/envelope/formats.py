# SPDX-License-Identifier: Apache-2.0
"""From an envelope format to its framing: the one place that knows that there are two.

Each framing offers the same three functions. The COSE framing, with its CBOR library, is
imported only when an envelope of that format is met.

Spec: signature-specification, Supported Signature Envelope Formats. Requirements: SIG-007, VER-030.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

from ..algorithms import SignatureAlgorithm
from ..certificates.chain import ChainMemo
from ..errors import MalformedError
from .model import (
    Envelope,
    EnvelopeFormat,
    PrimitiveSignature,
    SignedAttributes,
    SigningInput,
    UnsignedAttributes,
)

_FORMATS = {known.value: known for known in EnvelopeFormat}


def format_named(media_type: str) -> EnvelopeFormat:
    """Return the format with the media type *media_type*.

    Raises:
        MalformedError: neither of the two.
    """
    format = _FORMATS.get(media_type)  # noqa: A001  the specification's word
    if format is None:
        raise MalformedError(
            f"signature envelope format with media type {media_type[:128]!r} is not supported"
        )
    return format


class _Framing(Protocol):
    """The three functions each format offers."""

    def parse(self, data: bytes, memo: ChainMemo | None = None, /) -> Envelope: ...

    def signing_input(
        self, payload: bytes, signed: SignedAttributes, algorithm: SignatureAlgorithm
    ) -> SigningInput: ...

    def assemble(
        self, signing: SigningInput, primitive: PrimitiveSignature, unsigned: UnsignedAttributes
    ) -> bytes: ...


@cache
def _framing(format: EnvelopeFormat) -> _Framing:  # noqa: A002  the specification's word
    match format:
        case EnvelopeFormat.JWS:
            from . import jws

            return jws
        case EnvelopeFormat.COSE:
            from . import cose

            return cose


def parse(data: bytes, format: EnvelopeFormat, memo: ChainMemo | None = None) -> Envelope:  # noqa: A002  the specification's word
    """Return the envelope that *data* spells in *format*; raises MalformedError.

    Args:
        memo: that of the verifier, if there is one; saves work and changes no answer.
    """
    return _framing(format).parse(data, memo)


def signing_input(
    format: EnvelopeFormat,  # noqa: A002  the specification's word
    payload: bytes,
    signed: SignedAttributes,
    algorithm: SignatureAlgorithm,
) -> SigningInput:
    """Return what has to be signed; raises MalformedError for colliding extended attributes."""
    return _framing(format).signing_input(payload, signed, algorithm)


def assemble(signing: SigningInput, primitive: PrimitiveSignature, unsigned: UnsignedAttributes) -> bytes:
    """Return the envelope bytes in the format of *signing*."""
    return _framing(signing.format).assemble(signing, primitive, unsigned)
