# SPDX-License-Identifier: Apache-2.0
"""The timestamp token: what an authority says about a moment, and the signed data it says it in.

A parsed token is a claim. `countersignature` decides whether it is genuine and what it is about;
here only its form is judged, and the window of time that its accuracy leaves is worked out.

Spec: RFC 3161 section 2.4.2; trust-store-trust-policy, Validate Authentic Timestamp.
Requirements: TSA-020, TSA-021, TSA-030, TSA-034, R-21.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from .. import der
from ..certificates.certificate import Certificate
from ..certificates.extensions import read_extensions
from ..certificates.name_der import dotted
from ..digest import HashAlgorithm
from ..errors import MalformedError, Outcome
from .ber import CONTEXT_0, GENERALIZED_TIME, Fields, encoded
from .signed_data import AlgorithmIdentifier, SignedData, SignerInfo

BASELINE_POLICY = "0.4.0.2023.1.1"
"""ETSI's best-practice policy, whose authorities are accurate to a second without saying so."""

_TIME = re.compile(rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{0,8}[1-9]))?Z")
_MICROSECOND = timedelta(microseconds=1)
_MILLIS, _MICROS = 0x80, 0x81  # [0] and [1] IMPLICIT INTEGER
_BOOLEANS = {b"\x00", b"\xff"}


class MessageImprint(NamedTuple):
    """A hash and its algorithm; two are equal if every byte is, the parameters' included (TSA-005)."""

    algorithm: AlgorithmIdentifier
    hashed: bytes


class TSTInfo(NamedTuple):
    """What the authority signed.

    Attributes:
        policy: dotted object identifier.
        imprint: what was stamped.
        gen_time: UTC, cut to microseconds.
        accuracy: how far off the time may be, either way (TSA-030).
        earliest, latest: UTC: the window in which the stamping took place, never narrower than claimed.
        nonce: the number of the request, or None.
    """

    policy: str
    imprint: MessageImprint
    serial: int
    gen_time: datetime
    accuracy: timedelta
    earliest: datetime
    latest: datetime
    nonce: int | None

    @classmethod
    def parse(cls, data: bytes) -> TSTInfo:
        """Return the TSTInfo whose DER is exactly *data*.

        Raises:
            MalformedError: another structure or version, a time that is not UTC, an accuracy that
                cannot be meant, or a critical extension.
        """
        fields = Fields.of(data, "timestamp token info")
        version = fields.small()
        if version != 1:
            raise MalformedError(
                f"invalid TSTInfo: timestamp token info version must be 1, but got {version}"
            )
        policy = dotted(fields.take(der.OBJECT_IDENTIFIER))
        imprint = _imprint(Fields(fields.take(der.SEQUENCE), "message imprint"))
        serial = fields.integer()
        gen_time, excess = instant_of(fields.take(GENERALIZED_TIME))
        accuracy = _accuracy(fields.optional(der.SEQUENCE), policy)
        if fields.optional(der.BOOLEAN) not in {None, *_BOOLEANS}:
            raise MalformedError("ordering of timestamp token info is neither true nor false")
        nonce = fields.optional(der.INTEGER)
        fields.optional(CONTEXT_0)  # the authority's name, which the certificate says better
        _check_extensions(fields.optional(CONTEXT_0 + 1))
        fields.end()
        try:
            earliest, latest = gen_time - accuracy, gen_time + accuracy + excess
        except OverflowError as error:
            raise MalformedError("accuracy of the timestamp reaches beyond the calendar") from error
        number = None if nonce is None else der.integer(der.INTEGER, nonce)
        return cls(policy, imprint, serial, gen_time, accuracy, earliest, latest, number)

    def hash(self) -> HashAlgorithm:
        """Return the algorithm of the imprint.

        Raises:
            MalformedError: not SHA-256, SHA-384 or SHA-512 (TSA-021).
        """
        found = self.imprint.algorithm.hash()
        if found is None:
            named = dotted(self.imprint.algorithm.oid)
            raise MalformedError(
                f"invalid TSTInfo: unrecognized hash algorithm: {named}", outcome=Outcome.TIMESTAMP
            )
        return found


def _imprint(fields: Fields) -> MessageImprint:
    algorithm = AlgorithmIdentifier.read(fields.take(der.SEQUENCE))
    hashed = fields.take(der.OCTET_STRING)
    fields.end()
    return MessageImprint(algorithm, hashed)


def instant_of(content: bytes) -> tuple[datetime, timedelta]:
    """Return the time, UTC, in the content octets of a GeneralizedTime, and what was cut off it.

    The time is cut to microseconds; the second value is one microsecond if that lost anything, else zero.

    Raises:
        MalformedError: not UTC, a fraction that ends in zero or has over nine digits, or no such time.
    """
    match = _TIME.fullmatch(content)
    if match is None:
        raise MalformedError(
            "invalid TSTInfo: TSTInfo genTime must be in UTC, to the second or with a fraction of up to nine "
            "digits that does not end in zero"
        )
    *whole, fraction = match.groups(default=b"")
    micros = int(fraction[:6].ljust(6, b"0"))
    try:
        year, month, day, hour, minute, second = map(int, whole)
        at = datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)
    except ValueError as error:
        raise MalformedError("invalid TSTInfo: TSTInfo genTime does not exist") from error
    return at, _MICROSECOND if fraction[6:] else timedelta()


def _accuracy(content: bytes | None, policy: str) -> timedelta:
    seconds = millis = micros = 0
    if content is not None:
        fields = Fields(content, "accuracy")
        seconds, millis, micros = [fields.small(tag, default=0) for tag in (der.INTEGER, _MILLIS, _MICROS)]
        fields.end()
    if seconds < 0 or not 0 <= millis < 1000 or not 0 <= micros < 1000:
        raise MalformedError("invalid TSTInfo: accuracy is negative, or its fractions are too large")
    accuracy = timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)
    return timedelta(seconds=1) if not accuracy and policy == BASELINE_POLICY else accuracy


def _check_extensions(content: bytes | None) -> None:
    if content is None:
        return
    for oid, extension in read_extensions(encoded(der.SEQUENCE, content)).items():
        if extension.critical:
            raise MalformedError(f"critical extension {dotted(oid)} of the timestamp is not understood")


class TimestampToken(NamedTuple):
    """A parsed token, not trusted.

    Attributes:
        der: the ContentInfo as it was received, in BER perhaps.
        content: the octets that were signed over: the encoding of `info`.
        certificates: those in the token, in its order.
        signers: who signed; a verifier insists on one.
        info: what was signed.
    """

    der: bytes
    content: bytes
    certificates: tuple[Certificate, ...]
    signers: tuple[SignerInfo, ...]
    info: TSTInfo

    @classmethod
    def parse(cls, data: bytes) -> TimestampToken:
        """Return the token whose encoding is exactly *data*.

        Raises:
            MalformedError: with outcome TIMESTAMP: not a token, or not of a form that is supported.
        """
        try:
            signed = SignedData.parse(data)
            return cls(data, *signed, TSTInfo.parse(signed.content))
        except MalformedError as error:
            raise MalformedError(error.message, hint=error.hint, outcome=Outcome.TIMESTAMP) from error

    def check_imprint(self, signature: bytes) -> None:
        """Return if this is about *signature*, a primitive signature; says nothing about who made it.

        Raises:
            MalformedError: with outcome TIMESTAMP: it is about something else (TSA-021).
        """
        digest = hashlib.new(self.info.hash().value, signature).digest()
        if digest != self.info.imprint.hashed:
            raise MalformedError("invalid TSTInfo: mismatched message", outcome=Outcome.TIMESTAMP)
