# SPDX-License-Identifier: Apache-2.0
"""Asking an authority for a timestamp: the request, the port it goes through, and the answer.

An answer counts only if it is about exactly what was asked, nonce included. Whether its token is genuine
is decided in `countersignature`. How bytes travel is the adapter's business, and randomness the caller's.

Spec: RFC 3161 sections 2.4.1, 2.4.2.
Requirements: ALG-007, TSA-001, TSA-002, TSA-004 to TSA-006, TSA-010, R-21.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from .. import der
from ..digest import HashAlgorithm
from ..errors import MalformedError, UnavailableError, UsageError
from ..reference import go_quote
from .ber import MAX_TOKEN_BYTES, NULL, UTF8_STRING, Fields, encoded
from .signed_data import HASHES, AlgorithmIdentifier
from .signer import only_signer, signing_certificate
from .token import MessageImprint, TimestampToken

NONCE_LIMIT = 1 << 159
"""Nonces are below this, so that they fit twenty octets."""

_OIDS = {algorithm: oid for oid, algorithm in HASHES.items()}
_STATUSES: Mapping[int, str] = {
    2: "rejected",
    3: "the request body part has not yet been processed, expect to hear more later",
    4: "warning: a revocation is imminent",
    5: "a revocation has occurred",
}
_FAILURES: Mapping[int, str] = {
    0: "unrecognized or unsupported Algorithm Identifier",
    2: "transaction not permitted or supported",
    5: "the data submitted has the wrong format",
    14: "the TSA's time source is not available",
    15: "the requested TSA policy is not supported by the TSA",
    16: "the requested extension is not supported by the TSA",
    17: "the additional information requested could not be understood or is not available",
    25: "the request cannot be handled due to system failure",
}
_MAX_REMARK = 200


class Timestamper(Protocol):
    """Reaches one timestamping authority."""

    def timestamp(self, request: bytes) -> bytes:
        """Return the authority's answer, a TimeStampResp, to *request*, a DER TimeStampReq.

        Raises:
            UnavailableError: no such answer in time, or one beyond the limits; says why.
        """


class TimestampRequest(NamedTuple):
    """A request for a token with certificates, without a policy. Made by `of`."""

    imprint: MessageImprint
    nonce: int

    @classmethod
    def of(cls, signature: bytes, hash: HashAlgorithm, nonce: int) -> TimestampRequest:  # noqa: A002  the field's name
        """Return the request for a timestamp over *signature*, a primitive signature.

        Args:
            hash: of the signature algorithm (ALG-007).
            nonce: fresh and random, from 0 up to but excluding `NONCE_LIMIT`.

        Raises:
            UsageError: a nonce outside that range.
        """
        if not 0 <= nonce < NONCE_LIMIT:
            raise UsageError("timestamp nonce is negative or has more than 159 bits")
        algorithm = AlgorithmIdentifier(_OIDS[hash], encoded(NULL))
        return cls(MessageImprint(algorithm, hashlib.new(hash.value, signature).digest()), nonce)

    def to_der(self) -> bytes:
        """Return the DER of the TimeStampReq."""
        algorithm, hashed = self.imprint
        identifier = encoded(
            der.SEQUENCE, encoded(der.OBJECT_IDENTIFIER, algorithm.oid), algorithm.parameters
        )
        return encoded(
            der.SEQUENCE,
            encoded(der.INTEGER, b"\x01"),
            encoded(der.SEQUENCE, identifier, encoded(der.OCTET_STRING, hashed)),
            encoded(der.INTEGER, self.nonce.to_bytes(self.nonce.bit_length() // 8 + 1, "big")),
            encoded(der.BOOLEAN, b"\xff"),
        )


def token_from_response(response: bytes, request: TimestampRequest) -> bytes:
    """Return the token in *response* as it was received, if it answers *request*.

    Args:
        response: a TimeStampResp, DER down to the token.

    Raises:
        UnavailableError: the authority did not grant one, or what it sent is not an answer to *request*.
    """
    try:
        data = _granted(response)
        _check_answers(TimestampToken.parse(data), request)
    except MalformedError as error:
        raise _invalid(error.message, error.hint) from error
    return data


def _granted(response: bytes) -> bytes:
    if len(response) > MAX_TOKEN_BYTES:
        raise MalformedError(f"more than {MAX_TOKEN_BYTES} bytes")
    members = der.split(der.only(response, der.SEQUENCE))
    if not 1 <= len(members) <= 2:
        raise MalformedError("timestamping response has another structure")
    _check_status(Fields.of(members[0], "PKIStatusInfo"))
    if len(members) == 1:
        raise MalformedError("status is granted, but there is no timestamp token")
    return members[1]


def _check_status(fields: Fields) -> None:
    status = fields.small()
    remarks = fields.optional(der.SEQUENCE)
    failures = tuple(_failures(fields.optional(der.BIT_STRING)))
    fields.end()
    if status in {0, 1}:
        return
    named = _STATUSES.get(status, f"unknown PKIStatus {status}")
    reason = f". Failure info: {'; '.join(failures)}" if failures else ""
    remark = _remark(remarks)
    raise MalformedError(
        f"invalid response with status code {status}: {named}{reason}",
        hint=f"the authority says {go_quote(remark)}" if remark else None,
    )


def _failures(content: bytes | None) -> Iterator[str]:
    if content is None:
        return
    if not content or content[0] > 7:
        raise MalformedError("failInfo is not a bit string")
    bits = content[1:]
    for bit, words in _FAILURES.items():
        if bit // 8 < len(bits) and bits[bit // 8] & 0x80 >> bit % 8:
            yield words


def _remark(content: bytes | None) -> str:
    """Return what a PKIFreeText says, cut to a length for people."""
    texts = [text for tag, text in der.contents(content or b"") if tag == UTF8_STRING]
    return b"; ".join(texts).decode("utf-8", "replace")[:_MAX_REMARK]


def _check_answers(token: TimestampToken, request: TimestampRequest) -> None:
    info = token.info
    if info.imprint != request.imprint:
        raise MalformedError("message imprint in response does not match with request")
    if info.nonce is None:
        raise MalformedError("nonce in response is missing")
    if info.nonce != request.nonce:
        raise MalformedError("nonce in response does not match nonce in request")
    try:
        signing_certificate(token, only_signer(token))
    except MalformedError as error:
        raise MalformedError(
            "certReq is True in request, but did not find any TSA signing certificate in the response: "
            f"{error.message}"
        ) from error


def _invalid(problem: str, hint: str | None) -> UnavailableError:
    return UnavailableError(
        f"invalid timestamping response: {problem}",
        hint=hint or "ask again, or ask another timestamping authority",
    )
