# SPDX-License-Identifier: Apache-2.0
"""Strict framing of COSE envelopes: COSE_Sign1 with tag 18 and Notary's headers.

`cbor2` decodes with its strict options; what it forgives is refused here: forms longer
than needed, trailing bytes, tags, odd simple values, a label in both buckets. The
protected bytes are signed and kept as received. Verifies nothing: `integrity` does.

Spec: signature-envelope-cose; RFC 9052 sections 3, 4.2, 4.4; RFC 8949 section 4.2.1.
Requirements: COSE-001 to COSE-035, R-03, R-07.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import cbor2

from ..algorithms import BY_COSE, SignatureAlgorithm
from ..certificates.chain import ChainMemo
from ..errors import MalformedError
from .cbor_budget import check_budget, check_shortest
from .model import (
    AUTHENTIC_SIGNING_TIME,
    EXPIRY,
    MAX_ENVELOPE_BYTES,
    MAX_HEADER_BYTES,
    SIGNING_AGENT,
    SIGNING_SCHEME,
    SIGNING_TIME,
    TIME_NAMES,
    TIMESTAMP_SIGNATURE,
    Envelope,
    EnvelopeFormat,
    ExtendedAttribute,
    PrimitiveSignature,
    SignedAttributes,
    SigningInput,
    SigningScheme,
    UnsignedAttributes,
    critical_names,
    scheme_named,
)

MAX_DEPTH = 8
"""R-03. The envelope itself needs three levels."""

_TAG_18 = 0xD2
_ALGORITHM, _CRITICAL, _CONTENT_TYPE, _X5CHAIN = 1, 2, 3, 33
_SYSTEM = frozenset(
    {
        _ALGORITHM,
        _CRITICAL,
        _CONTENT_TYPE,
        _X5CHAIN,
        SIGNING_SCHEME,
        SIGNING_TIME,
        AUTHENTIC_SIGNING_TIME,
        EXPIRY,
    }
)
_INT64 = 1 << 63
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z


def _refuse_known(_value: object, _immutable: object) -> NoReturn:
    raise MalformedError("a CBOR tag that is not allowed here")


def _refuse_unknown(_tag: object, _immutable: object = None) -> NoReturn:
    raise MalformedError("a CBOR tag that is not allowed here")


def _keep_time(value: Any, _immutable: object) -> Any:
    return cbor2.CBORTag(1, value)


_KNOWN_TAGS = (
    0,
    1,
    2,
    3,
    4,
    5,
    25,
    28,
    29,
    30,
    35,
    36,
    37,
    52,
    54,
    100,
    256,
    258,
    260,
    261,
    1004,
    43000,
    55799,
)
_NO_TAGS = dict.fromkeys(_KNOWN_TAGS, _refuse_known)
_TIMES_ONLY = _NO_TAGS | {1: _keep_time}


def _decode(data: bytes, decoders: dict[int, Any], *, what: str) -> Any:
    """Return what *data* spells, if it is the shortest spelling up to map order and the width of floats."""
    try:
        value = cbor2.loads(
            data,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=decoders,
            tag_hook=_refuse_unknown,
        )
    except Exception as error:  # cbor2 lets several built-in exceptions through for hostile input
        if isinstance(error.__cause__, MalformedError):
            raise MalformedError(f"{what}: {error.__cause__.message}") from error
        raise MalformedError(f"{what} is not strict CBOR") from error
    if _shortest_size(value, what) != len(data):  # trailing bytes, a head too long, or a float
        check_shortest(data, what=what)
    return value


_ARRAYS = frozenset({list, tuple})
_MAPS = frozenset({dict, cbor2.frozendict})
_SIMPLE = frozenset({bool, type(None), float})


def _shortest_size(value: Any, what: str) -> int:
    """Return the size of the shortest encoding of *value*, or -1 if it has a float, which has any width.

    No encoding of these values is shorter, so data of this length has no longer head in it than needed and
    nothing behind it. A float shorter than counted would make room for both.

    Raises:
        MalformedError: something else than integers, text, bytes, booleans, null, numbers, arrays and maps.
    """
    size, entries, has_float = 0, [value], False
    for entry in entries:  # grows as containers are met
        kind = type(entry)
        if kind is bytes:
            argument = len(entry)
            size += argument
        elif kind is str:
            argument = len(entry) if entry.isascii() else len(entry.encode("utf-8"))
            size += argument
        elif kind is int:
            argument = entry if entry >= 0 else -1 - entry
        elif kind in _ARRAYS:
            argument = len(entry)
            entries.extend(entry)
        elif kind in _MAPS:
            argument = len(entry)
            entries.extend(entry)
            entries.extend(entry.values())
        elif kind is cbor2.CBORTag:
            argument = entry.tag
            entries.append(entry.value)
        elif kind in _SIMPLE:
            argument = 0
            has_float = has_float or kind is float
        else:
            raise MalformedError(f"{what} has a CBOR value that is not allowed")
        size += (
            1 if argument < 24 else 2 if argument < 1 << 8 else 3 if argument < 1 << 16 else _wide(argument)
        )
    return -1 if has_float else size


def _wide(argument: int) -> int:
    return 5 if argument < 1 << 32 else 9


def parse(data: bytes, _memo: ChainMemo | None = None) -> Envelope:
    """Return the envelope that *data* spells.

    Raises:
        MalformedError: anything COSE-001 to COSE-020 do not allow; names the place.
    """
    if len(data) > MAX_ENVELOPE_BYTES:
        raise MalformedError(f"COSE envelope is larger than {MAX_ENVELOPE_BYTES} bytes")
    if data[:2] != b"\xd2\x84":
        raise MalformedError("not a COSE_Sign1_Tagged object: does not start with tag 18 and four items")
    items = data[1:]  # once: what follows the tag may be large
    check_budget(items, what="COSE envelope")
    protected_bytes, unprotected, payload, signature = _decode(items, _NO_TAGS, what="COSE envelope")
    for part, place in ((protected_bytes, "protected"), (payload, "payload"), (signature, "signature")):
        if type(part) is not bytes or not part:
            raise MalformedError("is not a non-empty byte string", at=place)
    if len(protected_bytes) > MAX_HEADER_BYTES:
        raise MalformedError(f"is larger than {MAX_HEADER_BYTES} bytes", at="protected")
    check_budget(protected_bytes, what="protected header")
    protected = _decode(protected_bytes, _TIMES_ONLY, what="protected header")
    _check_buckets(protected, unprotected)
    signed = _read_protected(protected)
    return Envelope(
        EnvelopeFormat.COSE,
        payload,
        signed,
        _read_unprotected(unprotected),
        _read_chain(unprotected.get(_X5CHAIN, protected.get(_X5CHAIN))),
        _algorithm(protected),
        _sig_structure(protected_bytes, payload),
        signature,
    )


def _check_buckets(protected: Any, unprotected: Any) -> None:
    for bucket, place in ((protected, "protected"), (unprotected, "unprotected")):
        if not isinstance(bucket, dict):
            raise MalformedError("is not a map", at=place)
        for label in bucket:
            if type(label) is int and -_INT64 <= label < _INT64:
                continue
            if type(label) is not str:
                raise MalformedError("has a label that is neither an integer nor text", at=place)
            if not label.isascii():
                _check_distinct(bucket, place)
    if not protected.keys().isdisjoint(unprotected):
        raise MalformedError("a label stands in the protected and in the unprotected header")
    if not _PROTECTED_ONLY.isdisjoint(unprotected):
        raise MalformedError("has a header that belongs into the protected bucket alone", at="unprotected")
    if not (_UNUSUAL.isdisjoint(protected) and _UNUSUAL.isdisjoint(unprotected)):
        from .cose_parameters import check_parameters

        check_parameters(protected, unprotected, lambda data: _decode(data, _NO_TAGS, what="inner header"))


_PROTECTED_ONLY = _SYSTEM - {_X5CHAIN}
_UNUSUAL = frozenset({4, 5, 6, 7, 9, 11, 12, 16})  # common parameters that Notary does not use


def _check_distinct(bucket: dict[Any, Any], place: str) -> None:
    from unicodedata import normalize

    texts = [normalize("NFC", label) for label in bucket if type(label) is str]
    if len(set(texts)) != len(texts):
        raise MalformedError("has two labels that are the same text", at=place)


def _algorithm(protected: dict[Any, Any]) -> SignatureAlgorithm:
    label = protected.get(_ALGORITHM)
    algorithm = BY_COSE.get(label) if type(label) is int else None
    if algorithm is None:
        raise MalformedError("algorithm is missing or not supported", at="protected.alg")
    return algorithm


def _read_protected(protected: dict[Any, Any]) -> SignedAttributes:
    scheme = scheme_named(protected.get(SIGNING_SCHEME))
    foreign = AUTHENTIC_SIGNING_TIME if scheme is SigningScheme.X509 else SIGNING_TIME
    if foreign in protected:
        raise MalformedError(f"is not allowed under {scheme.value}", at=foreign)
    time_name = TIME_NAMES[scheme]
    if time_name not in protected:
        raise MalformedError("is not present", at=time_name)
    content_type = protected.get(_CONTENT_TYPE)
    if type(content_type) is not str:
        raise MalformedError("content type should be of 'tstr' type", at="protected.content type")
    critical = _read_critical(protected)
    extended = [label for label in protected if label not in _SYSTEM]
    signed = SignedAttributes(
        scheme,
        _time(protected[time_name], time_name),
        _time(protected[EXPIRY], EXPIRY) if EXPIRY in protected else None,
        content_type,
        tuple(ExtendedAttribute(label, protected[label], label in critical) for label in extended)
        if extended
        else (),
    )
    for name in critical_names(signed):
        if name not in critical:
            raise MalformedError(f"does not list {name}", at="protected.crit")
    return signed


def _read_critical(protected: dict[Any, Any]) -> frozenset[str]:
    listed = protected.get(_CRITICAL)
    if type(listed) not in _ARRAYS or not listed:
        raise MalformedError("is missing, empty or not an array", at="protected.crit")
    for label in listed:
        if type(label) is not str:
            raise MalformedError("lists a label that cannot be processed", at="protected.crit")
        if label not in protected:
            raise MalformedError(
                f"{label[:64]!r} header is marked critical but not present", at="protected.crit"
            )
    critical = frozenset(listed)
    if len(critical) != len(listed) or SIGNING_TIME in critical:
        raise MalformedError("lists a name twice, or one that cannot be critical", at="protected.crit")
    return critical


def _time(value: Any, name: str) -> datetime:
    if type(value) is not cbor2.CBORTag:
        raise MalformedError("only Tag `1` Datetime CBOR object is supported", at=name)
    seconds = value.value
    if type(seconds) is not int or not 0 <= seconds <= _LAST_SECOND:
        raise MalformedError("is not a whole number of seconds since 1970", at=name)
    return _EPOCH + timedelta(seconds=seconds)


def _read_chain(value: Any) -> tuple[bytes, ...]:
    if type(value) not in _ARRAYS or not value:
        raise MalformedError("certificate chain is not present", at="x5chain")
    for entry in value:
        if type(entry) is not bytes:
            raise MalformedError("certificate chain is not present", at="x5chain")
    return tuple(value)


def _read_unprotected(unprotected: dict[Any, Any]) -> UnsignedAttributes:
    # A value of another type counts as absent, as in the reference (COSE-019).
    token = unprotected.get(TIMESTAMP_SIGNATURE)
    agent = unprotected.get(SIGNING_AGENT)
    return UnsignedAttributes(
        token if type(token) is bytes and token else None, agent if type(agent) is str and agent else None
    )


def _sig_structure(protected: bytes, payload: bytes) -> bytes:
    # Two byte strings between constants: `cbor2.dumps` gives the same bytes in four times the time.
    return b"".join(
        (
            b"\x84\x6aSignature1",
            _byte_string_head(protected),
            protected,
            b"\x40",
            _byte_string_head(payload),
            payload,
        )
    )


def _byte_string_head(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes((0x40 | size,))
    if size < 1 << 8:
        return bytes((0x58, size))
    return b"\x59" + size.to_bytes(2, "big") if size < 1 << 16 else b"\x5a" + size.to_bytes(4, "big")


def _ordered(bucket: dict[Any, Any]) -> dict[Any, Any]:
    """Return *bucket* in the order of RFC 8949 section 4.2.1: bytewise by encoded label."""
    return {label: bucket[label] for label in sorted(bucket, key=_encoded_label)}


_ENCODED_SYSTEM = {label: cbor2.dumps(label) for label in _SYSTEM}


def _encoded_label(label: int | str) -> bytes:
    return _ENCODED_SYSTEM.get(label) or cbor2.dumps(label)


def signing_input(payload: bytes, signed: SignedAttributes, algorithm: SignatureAlgorithm) -> SigningInput:
    """Return what has to be signed for *payload* under *signed*, deterministically encoded (COSE-005).

    Raises:
        MalformedError: an extended attribute with a label that is taken (ATTR-014).
    """
    critical = critical_names(signed) + [entry.key for entry in signed.extended if entry.critical]
    protected: dict[Any, Any] = {
        _ALGORITHM: algorithm.cose,
        _CRITICAL: critical,
        _CONTENT_TYPE: signed.content_type,
        SIGNING_SCHEME: signed.signing_scheme.value,
        TIME_NAMES[signed.signing_scheme]: _epoch(signed.signing_time),
    }
    if signed.expiry is not None:
        protected[EXPIRY] = _epoch(signed.expiry)
    for attribute in signed.extended:
        if attribute.key in protected or attribute.key in _SYSTEM:
            raise MalformedError(f"{attribute.key!r} already exists in the protected header")
        protected[attribute.key] = attribute.value
    encoded = cbor2.dumps(_ordered(protected))
    return SigningInput(EnvelopeFormat.COSE, payload, encoded, _sig_structure(encoded, payload))


def _epoch(at: datetime) -> cbor2.CBORTag:
    return cbor2.CBORTag(1, int(at.timestamp()))


def assemble(signing: SigningInput, primitive: PrimitiveSignature, unsigned: UnsignedAttributes) -> bytes:
    """Return the envelope bytes: tag 18, four items, the unprotected map in deterministic order."""
    header: dict[Any, Any] = {_X5CHAIN: list(primitive.certificate_chain)}
    if unsigned.signing_agent is not None:
        header[SIGNING_AGENT] = unsigned.signing_agent
    if unsigned.timestamp_signature is not None:
        header[TIMESTAMP_SIGNATURE] = unsigned.timestamp_signature
    items = [signing.protected, _ordered(header), signing.payload, primitive.signature]
    return bytes((_TAG_18,)) + cbor2.dumps(items)
