# SPDX-License-Identifier: Apache-2.0
"""Strict framing of JWS envelopes: flattened JSON serialization with Notary's headers.

Every byte of the document has one reading; whatever jwcrypto or Go would forgive is
refused. The signing input is made of the two texts as received. Verifies nothing:
`integrity` does.

Spec: signature-envelope-jws; RFC 7515 sections 4, 5.2, 7.2.2.
Requirements: JWS-001 to JWS-035, PAY-019, PAY-020, R-01, R-02, R-07.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..algorithms import BY_JWS, SignatureAlgorithm
from ..certificates.chain import ChainMemo
from ..document import member, of_type, parse_json, strings, write_json
from ..encoding import decode_base64, decode_base64url, encode_base64, encode_base64url
from ..errors import MalformedError
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

MAX_ITEMS = 4096
"""Members and elements of an envelope or a header; a real one has about twenty."""

_MEMBERS = frozenset({"payload", "protected", "header", "signature"})
_SYSTEM = frozenset({"alg", "cty", "crit", SIGNING_SCHEME, SIGNING_TIME, AUTHENTIC_SIGNING_TIME, EXPIRY})
_REGISTERED = frozenset(
    {"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "b64"}
)
_PROTECTED_ONLY = _SYSTEM | {"b64", "typ"}
_CASEFOLDED_SYSTEM = frozenset(name.casefold() for name in _SYSTEM)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)

_GO_ZERO = datetime(1, 1, 1, tzinfo=UTC)
"""The instant that the Go program cannot tell from no time at all."""


def parse(data: bytes, memo: ChainMemo | None = None) -> Envelope:
    """Return the envelope that *data* spells.

    Args:
        memo: knows how chains found good before were spelled; saves decoding them again.

    Raises:
        MalformedError: anything JWS-001 to JWS-024 do not allow; names the place.
    """
    document = of_type(
        parse_json(data, what="JWS envelope", max_bytes=MAX_ENVELOPE_BYTES, max_items=MAX_ITEMS), dict, at=""
    )
    if document.keys() != _MEMBERS:
        odd = min(document.keys() ^ _MEMBERS)
        raise MalformedError(
            f"a JWS envelope has exactly the members {sorted(_MEMBERS)}, and {odd[:64]!r} is odd"
        )
    payload_text = member(document, "payload", str)
    protected_text = member(document, "protected", str)
    protected = of_type(
        parse_json(
            decode_base64url(protected_text, at="protected"),
            what="protected header",
            max_bytes=MAX_HEADER_BYTES,
            max_items=MAX_ITEMS,
        ),
        dict,
        at="protected",
    )
    header: dict[str, Any] = member(document, "header", dict)
    signature = decode_base64url(member(document, "signature", str), at="signature")
    payload = decode_base64url(payload_text, at="payload")
    if not signature or not payload:
        raise MalformedError("is empty", at="payload" if signature else "signature")
    chain, unsigned = _read_unprotected(header, protected, memo)
    return Envelope(
        EnvelopeFormat.JWS,
        payload,
        _read_protected(protected),
        unsigned,
        chain,
        _algorithm(protected),
        f"{protected_text}.{payload_text}".encode("ascii"),
        signature,
    )


def _algorithm(protected: Mapping[str, Any]) -> SignatureAlgorithm:
    name = protected.get("alg")
    algorithm = BY_JWS.get(name) if isinstance(name, str) else None
    if algorithm is None:
        raise MalformedError("signing method is missing or not supported", at="protected.alg")
    return algorithm


def _read_protected(protected: dict[str, Any]) -> SignedAttributes:
    extended = [name for name in protected if name not in _SYSTEM]
    for name in extended:
        if name.casefold() in _CASEFOLDED_SYSTEM:
            raise MalformedError("is a known header in another case", at=f"protected.{name[:64]}")
    if protected.get("b64", True) is not True:
        raise MalformedError("unencoded payloads are not supported", at="protected.b64")
    scheme = scheme_named(protected.get(SIGNING_SCHEME))
    foreign = AUTHENTIC_SIGNING_TIME if scheme is SigningScheme.X509 else SIGNING_TIME
    if protected.get(foreign) is not None:
        raise MalformedError(f"is not allowed under {scheme.value}", at=foreign)
    signing_time = _time(protected, TIME_NAMES[scheme])
    if signing_time is None or signing_time == _GO_ZERO:
        raise MalformedError("is not present", at=TIME_NAMES[scheme])
    critical = _read_critical(protected)
    signed = SignedAttributes(
        scheme,
        signing_time,
        _time(protected, EXPIRY) if EXPIRY in protected else None,
        member(protected, "cty", str, at="protected"),
        tuple(ExtendedAttribute(name, protected[name], name in critical) for name in extended)
        if extended
        else (),
    )
    for needed in critical_names(signed):
        if needed not in critical:
            raise MalformedError(f"does not list {needed}", at="protected.crit")
    return signed


_USUAL_CRITICAL = [SIGNING_SCHEME]
_USUAL_CRITICAL_NAMES = frozenset(_USUAL_CRITICAL)


def _read_critical(protected: dict[str, Any]) -> frozenset[str]:
    """Return the names that `crit` lists; the signing scheme has been found to be there."""
    if protected.get("crit") == _USUAL_CRITICAL:
        return _USUAL_CRITICAL_NAMES
    listed = strings(protected.get("crit"), at="protected.crit")
    critical = frozenset(listed)
    if not listed or len(critical) != len(listed):
        raise MalformedError("is empty or lists a name twice", at="protected.crit")
    if critical & _REGISTERED or SIGNING_TIME in critical:
        raise MalformedError("lists a name that cannot be critical", at="protected.crit")
    for name in listed:
        if protected.get(name) is None and (name in _SYSTEM or name not in protected):
            raise MalformedError(
                f"{name[:64]!r} header is marked critical but not present", at="protected.crit"
            )
    return critical


def _time(protected: Mapping[str, Any], name: str) -> datetime | None:
    text = protected.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or _TIME.fullmatch(text) is None:
        raise MalformedError("is not an RFC 3339 time", at=name)
    try:
        at = datetime.fromisoformat(text)
        if at.year in {1, 9999}:
            at.astimezone(UTC)  # an offset may lead out of the calendar
    except (ValueError, OverflowError) as error:
        raise MalformedError("is not an RFC 3339 time", at=name) from error
    return at


def _read_unprotected(
    header: dict[str, Any], protected: dict[str, Any], memo: ChainMemo | None
) -> tuple[tuple[bytes, ...], UnsignedAttributes]:
    if not (header.keys() <= _UNPROTECTED and header.keys().isdisjoint(protected)):
        _check_places(header, protected)
    texts = strings(header.get("x5c", []), at="header.x5c")
    if not texts:
        raise MalformedError("certificate chain is not present", at="header.x5c")
    token = header.get(TIMESTAMP_SIGNATURE)
    if token is not None:
        token = decode_base64(
            of_type(token, str, at="header.timestampSignature"), at="header.timestampSignature"
        )
    chain = _decoded_chain(texts) if memo is None else memo.ders_of(texts, _decoded_chain)
    return chain, UnsignedAttributes(token or None, _agent(header))


def _check_places(header: dict[str, Any], protected: dict[str, Any]) -> None:
    for name in header:
        if name in protected or name in _PROTECTED_ONLY:
            raise MalformedError("belongs into the protected header alone", at=f"header.{name[:64]}")
        if name.casefold() in _CASEFOLDED and name not in _UNPROTECTED and name.casefold() != _AGENT:
            raise MalformedError("is a known header in another case", at=f"header.{name[:64]}")


def _decoded_chain(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple([decode_base64(text, at="header.x5c") for text in texts])


_UNPROTECTED = frozenset({"x5c", TIMESTAMP_SIGNATURE, SIGNING_AGENT})
_AGENT = SIGNING_AGENT.casefold()
_CASEFOLDED = frozenset(name.casefold() for name in _UNPROTECTED)


def _agent(header: dict[str, Any]) -> str | None:
    # Early Go test envelopes spell it `SigningAgent`, and Go reads names in any case. It decides nothing.
    for name, value in header.items():
        if name == SIGNING_AGENT or name.casefold() == _AGENT:
            return of_type(value, str, at=f"header.{SIGNING_AGENT}") or None
    return None


def signing_input(payload: bytes, signed: SignedAttributes, algorithm: SignatureAlgorithm) -> SigningInput:
    """Return what has to be signed for *payload* under *signed*, in the reference's byte form.

    Raises:
        MalformedError: an extended attribute with a name that is taken or not text (ATTR-014).
    """
    critical = critical_names(signed)
    critical[1:1] = [attribute.key for attribute in signed.extended if attribute.critical]
    header: dict[str, Any] = {
        "alg": algorithm.jws,
        "crit": critical,
        "cty": signed.content_type,
        SIGNING_SCHEME: signed.signing_scheme.value,
        TIME_NAMES[signed.signing_scheme]: _rfc3339(signed.signing_time),
    }
    if signed.expiry is not None:
        header[EXPIRY] = _rfc3339(signed.expiry)
    for attribute in signed.extended:
        if not isinstance(attribute.key, str) or attribute.key in header or attribute.key in _SYSTEM:
            raise MalformedError(f"attribute key:{attribute.key} repeated")
        header[attribute.key] = attribute.value
    protected = encode_base64url(write_json(header, sort=True).encode("utf-8")).encode("ascii")
    message = protected + b"." + encode_base64url(payload).encode("ascii")
    return SigningInput(EnvelopeFormat.JWS, payload, protected, message)


def _rfc3339(at: datetime) -> str:
    return f"{at.astimezone(UTC).isoformat()[:19]}Z"


def assemble(signing: SigningInput, primitive: PrimitiveSignature, unsigned: UnsignedAttributes) -> bytes:
    """Return the envelope bytes, members in the reference's order (JWS-008)."""
    # Base64 needs no escape, so only the agent goes through the JSON encoder, which looks at every character.
    header = ""
    if unsigned.timestamp_signature is not None:
        header = f'"{TIMESTAMP_SIGNATURE}":"{encode_base64(unsigned.timestamp_signature)}",'
    chain = [f'"{encode_base64(certificate)}"' for certificate in primitive.certificate_chain]
    header += f'"x5c":[{",".join(chain)}]'
    if unsigned.signing_agent is not None:
        header += f',"{SIGNING_AGENT}":{write_json(unsigned.signing_agent)}'
    payload = signing.message[len(signing.protected) + 1 :].decode("ascii")
    signature = encode_base64url(primitive.signature)
    return (
        f'{{"payload":"{payload}","protected":"{signing.protected.decode("ascii")}",'
        f'"header":{{{header}}},"signature":"{signature}"}}'
    ).encode()
