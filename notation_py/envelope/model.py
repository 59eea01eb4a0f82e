# SPDX-License-Identifier: Apache-2.0
"""What an envelope says, whichever of the two formats says it.

`Envelope` is parsed and nothing more: its types are right, its header rules hold, and
none of it may be believed. `integrity.IntactEnvelope` is the type that later checks take.
The bytes that were signed are kept as received. These are named tuples: they carry values
from one room to the next, several for every signature, and decide nothing by being equal.

Spec: signature-specification, Signature Envelope, Signed and Unsigned Attributes; signing-scheme.
Requirements: ATTR-001 to ATTR-015, PAY-012, SCH-001, SCH-007, SCH-008.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ..algorithms import SignatureAlgorithm
from ..errors import MalformedError

PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json"

SIGNING_SCHEME = "io.cncf.notary.signingScheme"
SIGNING_TIME = "io.cncf.notary.signingTime"
AUTHENTIC_SIGNING_TIME = "io.cncf.notary.authenticSigningTime"
EXPIRY = "io.cncf.notary.expiry"
VERIFICATION_PLUGIN = "io.cncf.notary.verificationPlugin"
VERIFICATION_PLUGIN_MIN_VERSION = "io.cncf.notary.verificationPluginMinVersion"
TIMESTAMP_SIGNATURE = "io.cncf.notary.timestampSignature"
SIGNING_AGENT = "io.cncf.notary.signingAgent"

MAX_ENVELOPE_BYTES = 32 << 20
"""32 MiB, the reference's limit for an envelope blob."""

MAX_HEADER_BYTES = 1 << 20
"""Bytes of a decoded protected header; real ones have a few hundred."""


class EnvelopeFormat(StrEnum):
    """The two formats; the value is the media type that selects the parser (SIG-007)."""

    JWS = "application/jose+json"
    COSE = "application/cose"


class SigningScheme(StrEnum):
    """Who vouches for the signing time: nobody, or a signing authority."""

    X509 = "notary.x509"
    X509_SIGNING_AUTHORITY = "notary.x509.signingAuthority"


class ExtendedAttribute(NamedTuple):
    """A signed attribute that is not the specification's own; *key* is an integer only in COSE."""

    key: str | int
    value: Any
    critical: bool


class SignedAttributes(NamedTuple):
    """The protected header.

    Attributes:
        signing_time: under `X509` what the signer claims, under `X509_SIGNING_AUTHORITY` the
            authentic signing time. Aware; keeps the offset it was written with.
        expiry: the instant from which the signature no longer counts, or None.
        content_type: media type of the payload, as received.
        extended: further attributes, in the order received.
    """

    signing_scheme: SigningScheme
    signing_time: datetime
    expiry: datetime | None
    content_type: str = PAYLOAD_TYPE
    extended: tuple[ExtendedAttribute, ...] = ()

    def check_times(self) -> None:
        """Return if the expiry, if any, is later than the signing time (ATTR-011).

        Raises:
            MalformedError: it is not.
        """
        if self.expiry is not None and self.expiry <= self.signing_time:
            raise MalformedError("expiry cannot be equal or before the signing time", at=EXPIRY)


class UnsignedAttributes(NamedTuple):
    """What stands beside the signature and is protected by nothing.

    Attributes:
        timestamp_signature: DER of an RFC 3161 TimeStampToken, or None.
        signing_agent: free text of the producer; never judged (ATTR-010).
    """

    timestamp_signature: bytes | None = None
    signing_agent: str | None = None


class Envelope(NamedTuple):
    """A parsed envelope, not trusted.

    Attributes:
        payload: the payload bytes as signed.
        certificate_chain: DER certificates, leaf first, as carried; not parsed.
        algorithm: what the header says; only to be compared with what the leaf's key determines.
        signed_bytes: the exact bytes the primitive signature covers.
        signature: RSASSA-PSS bytes, or ECDSA as r || s.
    """

    format: EnvelopeFormat
    payload: bytes
    signed: SignedAttributes
    unsigned: UnsignedAttributes
    certificate_chain: tuple[bytes, ...]
    algorithm: SignatureAlgorithm
    signed_bytes: bytes
    signature: bytes


class SigningInput(NamedTuple):
    """What is about to be signed: *message* goes to the key, the rest into the envelope."""

    format: EnvelopeFormat
    payload: bytes
    protected: bytes
    message: bytes


class PrimitiveSignature(NamedTuple):
    """What a key returns: the signature (ECDSA as r || s) and the DER chain, leaf first."""

    signature: bytes
    certificate_chain: tuple[bytes, ...]


TIME_NAMES = {
    SigningScheme.X509: SIGNING_TIME,
    SigningScheme.X509_SIGNING_AUTHORITY: AUTHENTIC_SIGNING_TIME,
}
"""The one time header that each scheme has (ATTR-002, ATTR-003)."""

_SCHEMES = {scheme.value: scheme for scheme in SigningScheme}


def scheme_named(value: object) -> SigningScheme:
    """Return the signing scheme that the header value *value* names.

    Raises:
        MalformedError: not text, or no scheme of the specification (SCH-008).
    """
    scheme = _SCHEMES.get(value) if isinstance(value, str) else None
    if scheme is None:
        raise MalformedError("signing scheme is missing or not supported", at=SIGNING_SCHEME)
    return scheme


def critical_names(signed: SignedAttributes) -> list[str | int]:
    """Return the system headers that must be listed as critical, in the order of the reference's COSE."""
    names: list[str | int] = [SIGNING_SCHEME]
    if signed.signing_scheme is SigningScheme.X509_SIGNING_AUTHORITY:
        names.append(AUTHENTIC_SIGNING_TIME)
    if signed.expiry is not None:
        names.append(EXPIRY)
    return names


def time_name(scheme: SigningScheme) -> str:
    """Return the one time header that *scheme* has."""
    return TIME_NAMES[scheme]
