# SPDX-License-Identifier: Apache-2.0
"""OCSP requests and responses as bytes: what is asked and what was said, with nothing judged.

The reader is our own, because `cryptography` refuses responses that spell out the default version, which
real responders send. It reads DER, with the one form of every field, and exactly one answer.

Spec: RFC 6960 section 4, RFC 5019 section 2. Requirements: REV-020, REV-021, REV-022, REV-028, SEC-003, R-17.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from .. import der
from ..certificates.certificate import Certificate
from ..certificates.extensions import Extensions, read_extensions
from ..encoding import encode_base64
from ..errors import MalformedError
from .signed import Signed, open_signed
from .status import Reason, Revocation, Status
from .times import GENERALIZED_TIME, generalized_time, time_of

REQUEST_TYPE = "application/ocsp-request"

INVALIDITY_DATE = b"\x55\x1d\x18"
_BASIC = b"\x2b\x06\x01\x05\x05\x07\x30\x01\x01"
_SHA_1 = (bytes.fromhex("06052b0e03021a0500"), bytes.fromhex("06052b0e03021a"))
"""The AlgorithmIdentifier, as it is sent, and as some answer."""

_ENUMERATED = 0x0A
_MAX_GET = 255

_REFUSALS = {
    1: "OCSP malformed",
    2: "OCSP internal error",
    3: "OCSP try later",
    5: "OCSP signature required",
    6: "OCSP unauthorized",
}
"""The reference's words for the answers without a body."""

MAX_RESPONDERS = 8
"""Certificates in a response that are looked at; those met in practice have none to three."""


class OcspResponse(NamedTuple):
    """A response with one answer, unverified.

    Attributes:
        signed: the signed bytes and the signature. responder_name: DER of the name, or None.
        responder_key_hash: SHA-1 of the key, or None; exactly one of the two is given.
        certificates: DER of those that came with it.
        certificate_id: the certificate that the answer is about.
        status: GOOD, REVOKED or UNKNOWN. revocation: given when revoked, without the invalidity date.
        this_update, next_update: UTC; the latter None without.
        extensions: of the answer. response_extensions: of the whole response.
    """

    signed: Signed
    responder_name: bytes | None
    responder_key_hash: bytes | None
    certificates: tuple[bytes, ...]
    certificate_id: CertificateId
    status: Status
    revocation: Revocation | None
    this_update: datetime
    next_update: datetime | None
    extensions: Extensions
    response_extensions: Extensions


class CertificateId(NamedTuple):
    """How OCSP names a certificate: the hashes of its issuer's name and key, and its serial number.

    SHA-1 in every request, because every responder knows it; nothing rests on its strength (REV-020).
    """

    name_hash: bytes
    key_hash: bytes
    serial: bytes

    @classmethod
    def of(cls, certificate: Certificate, issuer: Certificate) -> CertificateId:
        """Return the name of *certificate*, which *issuer* issued."""
        name = hashlib.sha1(issuer.raw_subject, usedforsecurity=False).digest()
        return cls(name, key_hash(issuer), serial_number(certificate))

    @classmethod
    def parse(cls, content: bytes) -> CertificateId:
        """Return the name whose content octets are *content*; raises MalformedError, as for another hash."""
        match der.contents(content):
            case [(der.SEQUENCE, hashed), (4, name), (4, key), (der.INTEGER, serial)] if hashed in _SHA_1:
                return cls(name, key, serial)
            case _:
                raise MalformedError("OCSP response names its certificate in another way than the request")

    def to_der(self) -> bytes:
        """Return the CertID."""
        hashes = _tagged(der.OCTET_STRING, self.name_hash) + _tagged(der.OCTET_STRING, self.key_hash)
        hashed = _tagged(der.SEQUENCE, _SHA_1[0])
        return _tagged(der.SEQUENCE, hashed + hashes + _tagged(der.INTEGER, self.serial))


def ocsp_request(certificate: Certificate, issuer: Certificate) -> bytes:
    """Return the DER of a request about *certificate*: unsigned, without nonce or extension (REV-020)."""
    request = CertificateId.of(certificate, issuer).to_der()
    for _ in range(4):  # Request, requestList, TBSRequest, OCSPRequest
        request = _tagged(der.SEQUENCE, request)
    return request


def request_url(server: str, request: bytes) -> str | None:
    """Return the URL that asks *server* by GET, or None if *request* has to be sent by POST (REV-021)."""
    encoded = encode_base64(request)
    escaped = encoded.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    if len(encoded) >= _MAX_GET or len(escaped) >= _MAX_GET:
        return None
    place, mark, query = server.partition("?")
    return f"{place.rstrip('/')}/{escaped}{mark}{query}"


def serial_number(certificate: Certificate) -> bytes:
    """Return the content octets of the serial number, as they stand in *certificate*."""
    return _fields_from_serial(certificate)[0][1]


def key_hash(certificate: Certificate) -> bytes:
    """Return the SHA-1 of the bits of the public key, as OCSP names keys."""
    _, (_, bits) = der.contents(_fields_from_serial(certificate)[5][1])
    return hashlib.sha1(bits[1:], usedforsecurity=False).digest()


def _fields_from_serial(certificate: Certificate) -> list[tuple[int, bytes]]:
    """Return serial number, algorithm, issuer, validity, subject, key and the rest, without the version."""
    fields = der.contents(der.only(certificate.signed_part, der.SEQUENCE))
    return fields[1:] if fields[0][0] == 0xA0 else fields


def read_response(data: bytes) -> OcspResponse:
    """Return the successful response that *data* is.

    Raises:
        MalformedError: not one DER response with one answer, or one that says why there is none.
    """
    match der.contents(der.only(data, der.SEQUENCE)):
        case [(tag, status)] if tag == _ENUMERATED and len(status) == 1 and status[0] in _REFUSALS:
            raise MalformedError(_REFUSALS[status[0]])
        case [(tag, b"\0"), (0xA0, explicit)] if tag == _ENUMERATED:
            body = der.only(explicit, der.SEQUENCE)
        case _:
            raise MalformedError("OCSP response has neither a known status nor a body")
    match der.contents(body):
        case [(der.OBJECT_IDENTIFIER, kind), (der.OCTET_STRING, basic)] if kind == _BASIC:
            return _read_basic(open_signed(basic))
        case _:
            raise MalformedError("OCSP response is not of the basic type")


def _read_basic(signed: Signed) -> OcspResponse:
    fields = _Fields(der.contents(der.only(signed.content, der.SEQUENCE)))
    version = fields.optional(0xA0)
    if version is not None and version != b"\x02\x01\x00":
        raise MalformedError("OCSP response has a version that is not 1")
    name, key = fields.optional(0xA1), None
    if name is None:
        key = der.only(fields.required(0xA2), der.OCTET_STRING)
    time_of(GENERALIZED_TIME, fields.required(GENERALIZED_TIME))
    answers = der.contents(fields.required(der.SEQUENCE))
    extensions = _extensions(fields.optional(0xA1))
    fields.end()
    if len(answers) != 1 or answers[0][0] != der.SEQUENCE:
        raise MalformedError(f"OCSP response has {len(answers)} answers instead of one")
    return _read_answer(answers[0][1], signed, name, key, extensions)


def _read_answer(
    answer: bytes, signed: Signed, name: bytes | None, key: bytes | None, response_extensions: Extensions
) -> OcspResponse:
    fields = _Fields(der.contents(answer))
    named = CertificateId.parse(fields.required(der.SEQUENCE))
    status, revocation = _status(fields)
    this_update = time_of(GENERALIZED_TIME, fields.required(GENERALIZED_TIME))
    until = fields.optional(0xA0)
    extensions = _extensions(fields.optional(0xA1))
    fields.end()
    return OcspResponse(
        signed,
        name,
        key,
        _certificates(signed.rest),
        named,
        status,
        revocation,
        this_update,
        None if until is None else generalized_time(until),
        extensions,
        response_extensions,
    )


def _status(fields: _Fields) -> tuple[Status, Revocation | None]:
    if fields.optional(0x80) == b"":
        return Status.GOOD, None
    if fields.optional(0x82) == b"":
        return Status.UNKNOWN, None
    match der.contents(fields.required(0xA1)):
        case [(tag, when)]:
            return Status.REVOKED, Revocation(time_of(tag, when))
        case [(tag, when), (0xA0, reason)]:
            return Status.REVOKED, Revocation(time_of(tag, when), read_reason(reason))
        case _:
            raise MalformedError("OCSP response says revoked without a time")


def read_reason(data: bytes) -> Reason | None:
    """Return the CRLReason that *data* is the DER of, or None for a number that means nothing.

    Raises:
        MalformedError: not an ENUMERATED of one octet.
    """
    content = der.only(data, _ENUMERATED)
    if len(content) != 1:
        raise MalformedError("reason of a revocation is malformed")
    return Reason(content[0]) if content[0] in set(Reason) else None


def _certificates(rest: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if not rest:
        return ()
    listed = der.only(rest[0], 0xA0)
    found = der.split(der.only(listed, der.SEQUENCE))
    if len(rest) > 1 or len(found) > MAX_RESPONDERS:
        raise MalformedError("OCSP response has too much after its signature")
    return found


def _extensions(field: bytes | None) -> Extensions:
    return {} if field is None else read_extensions(field)


class _Fields:
    """The fields of a sequence, taken from the front."""

    def __init__(self, fields: list[tuple[int, bytes]]) -> None:
        self._fields = fields[::-1]

    def optional(self, tag: int) -> bytes | None:
        """Return the content of the next field if it has *tag*, else None."""
        return self._fields.pop()[1] if self._fields and self._fields[-1][0] == tag else None

    def required(self, tag: int) -> bytes:
        """Return the content of the next field, which has *tag*."""
        content = self.optional(tag)
        if content is None:
            raise MalformedError("OCSP response lacks a field")
        return content

    def end(self) -> None:
        """Return if nothing is left."""
        if self._fields:
            raise MalformedError("OCSP response has a field too many")


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
