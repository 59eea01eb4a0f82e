# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `jws`: framing, headers and signature of a JWS envelope, one fault each, signed after the fault."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .envelopes import (
    AGENT,
    AUTHENTIC_TIME,
    CONTENT_TYPE,
    DROP,
    EXPIRY,
    SCHEME,
    TIME,
    TOKEN,
    base64url,
    pss,
    signature_of,
    standard,
)
from .pki import PrivateKey, fixed_keys
from .scene import PAYLOAD, SIGNED_AT, chain, header, jws, jws_parts, scene
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "jws"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NEVER = "2119-01-01T00:00:00Z"


def _bad(name: str, title: str, envelope: bytes, attacks: tuple[int, ...] = (), requires: str = "") -> Built:
    made = scene(envelope, "jws")
    return refuse(name, title, "integrity", attacks=attacks, requires=requires, sound="sound", **made)


def _good(name: str, title: str, envelope: bytes, attacks: tuple[int, ...] = (), requires: str = "") -> Built:
    return accept(name, title, attacks=attacks, requires=requires, **scene(envelope, "jws"))


def _raw_header(text: str) -> bytes:
    """Return an envelope with the protected header *text*, where GOOD stands for the members of a good one."""
    return jws(protected=text.replace("GOOD", json.dumps(header())[1:-1]).encode())


def _inserted(text: str) -> bytes:
    """Return a good envelope with *text* before its first member."""
    return b"{" + text.encode() + b"," + jws()[1:]


def _changed(**changes: Any) -> bytes:
    return jws(protected=header(**changes))


def _beside(**members: Any) -> bytes:
    return jws(unprotected=members)


def _with_tail_bits(text: str) -> str:
    """Return base64 text of the same bytes, with the lowest unused bit of its last character set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


@family(AREA, "JWS-001", "JWS-030")
def sound() -> Iterator[Built]:
    """A JWS envelope that breaks no rule."""
    yield _good("sound", "the least that is needed", jws(unprotected={AGENT: DROP}))
    yield _good("with-agent", "with a signing agent, about which nothing is checked", jws(), requires="JWS-007 ATTR-010")
    yield _good("white-space-around", "white space before and after the document", b" \r\n\t" + jws() + b"\n", (10,))
    padded = json.dumps(json.loads(jws()), indent=2).encode()
    yield _good("indented", "white space between the members", padded)


@family(AREA, "JWS-001", "JWS-002")
def members() -> Iterator[Built]:
    """A JWS envelope is one JSON object with exactly four members, each once."""
    parts = jws_parts()
    one = f'{{"protected":{parts.protected},"header":{parts.header},"signature":{parts.signature}}}'
    general = f'{{"payload":{parts.payload},"signatures":[{one}]}}'.encode()
    compact = ".".join(json.loads(text) for text in (parts.protected, parts.payload, parts.signature)).encode()
    yield _bad("payload-twice", "a second payload, equal to the first", _inserted(f'"payload":"{base64url(PAYLOAD)}"'), (1,))
    yield _bad("signature-twice", "a second signature", _inserted('"signature":"AAAA"'), (1,))
    yield _bad("payload-in-capitals", "a member `Payload` beside `payload`", _inserted('"Payload":"e30"'), (2,), "JWS-020")
    yield _bad("unknown-member", "a member that the format does not have", _inserted('"kid":"1"'), (3,))
    yield _bad("signatures-beside", "an empty list of signatures beside the one", _inserted('"signatures":[]'), (3,))
    yield _bad("general-serialization", "the general serialization", general, (3,))
    yield _bad("compact-serialization", "the compact serialization", compact, (3,))
    yield _bad("in-an-array", "an array around the envelope", b"[" + jws() + b"]", (3,))
    for name in ("payload", "protected", "header", "signature"):
        document = json.loads(jws())
        del document[name]
        yield _bad(f"without-{name}", f"the member {name} is missing", json.dumps(document).encode(), (3,))
    yield _bad("second-document", "another envelope behind the first", jws() + jws(), (10,), "SEC-003")
    yield _bad("trailing-text", "a letter behind the envelope", jws() + b"x", (10,), "SEC-003")
    yield _bad("comment", "a comment before the envelope", b"/* signed */" + jws(), (10,), "SEC-003")
    yield _bad("empty-file", "no byte at all", b"", (30,))
    yield _bad("one-byte", "one byte", b"{", (30,))
    yield _bad("utf-16", "the text in UTF-16", jws().decode().encode("utf-16"), (9,), "SEC-003")
    yield _bad("byte-order-mark", "a byte order mark before the text", b"\xef\xbb\xbf" + jws(), (9,), "SEC-003")
    yield _bad("cose-bytes", "a COSE envelope under the media type of JWS", _cose(), (47,), "SIG-007")


def _cose() -> bytes:
    from .scene import cose

    return cose()


@family(AREA, "JWS-003")
def base64_text() -> Iterator[Built]:
    """Payload, protected header and signature are base64url without padding, one text for one value."""
    parts = jws_parts()
    protected = json.loads(parts.protected)
    long = PAYLOAD + b" " * (-len(PAYLOAD) % 3 + 1)
    payload = base64url(long)
    signature = json.loads(parts.signature)
    yield _bad("payload-padded", "padding behind the payload", jws(payload=payload + "=="), (11,))
    yield _bad("payload-newline", "a line end within the payload", jws(payload=payload[:8] + "\n" + payload[8:]), (11,))
    yield _bad("payload-standard-alphabet", "the standard alphabet in the payload", jws(payload=payload[:4] + "++//" + payload[4:]), (11,))
    yield _bad("payload-tail-bits", "unused bits of the payload's last character are set", jws(payload=_with_tail_bits(payload)), (11,))
    yield _bad("protected-padded", "padding behind the protected header", jws(protected=protected + "=" * (-len(protected) % 4 or 4)), (11,))
    yield _bad("protected-newline", "a line end within the protected header", jws(protected=protected[:8] + "\n" + protected[8:]), (11,))
    for name, title, text in (
        ("signature-padded", "padding behind the signature", signature + "=="),
        ("signature-newline", "a line end within the signature", signature[:8] + "\n" + signature[8:]),
        ("signature-tail-bits", "unused bits of the signature's last character are set", _with_tail_bits(signature)),
    ):
        yield _bad(name, title, replace(parts, signature=json.dumps(text)).document(), (11,))


@family(AREA, "JWS-005")
def certificates() -> Iterator[Built]:
    """The header x5c is a list of certificates in standard base64, leaf first."""
    texts = [standard(der) for der in chain().ders]
    yield _bad("x5c-absent", "there is none", _beside(x5c=DROP), (12,), "JWS-033")
    yield _bad("x5c-empty", "it is empty", _beside(x5c=[]), (12,), "JWS-033")
    yield _bad("x5c-null", "it is null", _beside(x5c=None), (12,))
    yield _bad("x5c-text", "it is a text in place of a list", _beside(x5c=texts[0]), (12,))
    yield _bad("x5c-number", "an entry is a number", _beside(x5c=[texts[0], 1]), (12,))
    yield _bad("x5c-url-alphabet", "the entries are base64url", _beside(x5c=[base64url(der) for der in chain().ders]), (12,))
    yield _bad("x5c-line-ends", "the entries have line ends", _beside(x5c=["\n".join((text[:64], text[64:])) for text in texts]), (12,))
    yield _bad("x5c-pem", "the entries are PEM", _beside(x5c=[chain().pem().decode()]), (12,))
    yield _bad("x5c-protected-only", "it stands in the protected header only", jws(protected=header(x5c=texts), unprotected={"x5c": DROP}), (16,), "JWS-024")
    yield _bad("x5c-garbage", "an entry is no certificate", _beside(x5c=[texts[0], standard(b"certificate")]), (12,), "CERT-012")
    yield _bad("x5c-in-capitals", "it is written X5C", _beside(x5c=DROP, X5C=texts), (16,), "JWS-020")


@family(AREA, "JWS-010", "JWS-011", "JWS-016", "JWS-017", "JWS-018", "JWS-020")
def protected_header() -> Iterator[Built]:
    """The protected header of a JWS is one JSON object of known meaning, each member once."""
    yield _bad("scheme-twice", "the signing scheme occurs twice", _raw_header(f'{{"{SCHEME}":"notary.x509.signingAuthority",GOOD}}'), (4,))
    yield _bad("scheme-twice-escaped", "the signing scheme occurs again with an escaped letter", _raw_header(f'{{"\\u0069{SCHEME[1:]}":"notary.x509",GOOD}}'), (4,))
    yield _bad("alg-twice", "the algorithm occurs twice", _raw_header('{"alg":"PS256",GOOD}'), (4,))
    yield _bad("expiry-in-capitals", "a header is the expiry in capitals", _raw_header(f'{{"{EXPIRY.upper()}":"{NEVER}",GOOD}}'), (2, 4))
    yield _bad("header-array", "it is an array", jws(protected=b'["alg","ES256"]'), (3,))
    yield _bad("header-two-documents", "there are two documents", jws(protected=json.dumps(header()).encode() * 2), (10,), "SEC-003")
    yield _bad("header-trailing-comma", "a comma stands behind the last member", _raw_header("{GOOD,}"), (8,), "SEC-003")
    yield _bad("header-not-a-number", "a value is NaN", _raw_header('{"com.example.x":NaN,GOOD}'), (8,), "SEC-003")
    yield _bad("header-minus-zero-deep", "a value is nested 40 deep", _raw_header('{"com.example.x":' + "[" * 40 + "]" * 40 + ",GOOD}"), (6,), "SEC-003")
    yield _bad("header-lone-surrogate", "a value has a lone surrogate", _raw_header('{"com.example.x":"\\ud83d",GOOD}'), (9,), "SEC-003")
    yield _bad("header-invalid-utf-8", "a value is no UTF-8", jws(protected=json.dumps(header(x="X")).encode().replace(b'"X"', b'"\xff"')), (9,), "SEC-003")
    yield _bad("alg-moved", "the algorithm stands in the unprotected header", jws(protected=header(alg=DROP), unprotected={"alg": "ES256"}), (16,))
    yield _bad("crit-moved", "crit stands in the unprotected header", jws(protected=header(crit=DROP), unprotected={"crit": [SCHEME]}), (16,), "JWS-012")
    yield _bad("cty-moved", "the content type stands in the unprotected header", jws(protected=header(cty=DROP), unprotected={"cty": CONTENT_TYPE}), (16,))
    yield _bad("scheme-moved", "the signing scheme stands in the unprotected header", jws(protected=header("EC-256", **{SCHEME: DROP}), unprotected={SCHEME: "notary.x509"}), (16,))
    yield _bad("time-moved", "the signing time stands in the unprotected header", jws(protected=header("EC-256", **{TIME: DROP}), unprotected={TIME: SIGNED_AT}), (16,))


@family(AREA, "JWS-010", "JWS-019", "JWS-021", "JWS-022")
def foreign_headers() -> Iterator[Built]:
    """Headers of JWS that this format does not use decide nothing, and unencoded payloads do not exist."""
    other = fixed_keys("EC-256")[2]
    public: Any = other.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": base64url(public.x.to_bytes(32, "big")), "y": base64url(public.y.to_bytes(32, "big"))}
    yield _bad("signed-by-the-jwk", "the signature is by a key in jwk and not by the certificate's", jws(protected=header(jwk=jwk), sign=lambda _key, data: signature_of(other, data, "ES256")), (17,))
    yield _good("jwk-ignored", "a jwk that is not used", _changed(jwk=jwk), (17,))
    yield _good("urls-ignored", "jku, x5u and kid, which nobody follows", _changed(jku="https://attacker.example/keys", x5u="https://attacker.example/chain", kid="1"), (17,))
    yield _good("typ-ignored", "a typ", _changed(typ="JOSE"), (22,))
    yield _good("unknown-unprotected", "an unknown member of the unprotected header", _beside(**{"com.example.x": 1}), (22,), "JWS-004")
    yield _good("b64-true", "b64 is true, as it is without", _changed(b64=True), (18,))
    yield _bad("b64-false", "b64 is false", _changed(b64=False), (18,))
    yield _bad("b64-false-critical", "b64 is false and critical", _changed(b64=False, crit=[SCHEME, "b64"]), (18,), "JWS-013")
    yield _bad("payload-unencoded", "the payload is not encoded", jws(protected=header(b64=False), payload="not encoded"), (18,))


@family(AREA, "JWS-017")
def times() -> Iterator[Built]:
    """A time is RFC 3339 text."""
    for name, title, text in (
        ("offset", "with an offset, as the Go program writes it", "2022-06-01T20:00:00+08:00"),
        ("negative-offset", "with a negative offset", "2022-06-01T03:30:00-08:30"),
        ("fraction", "with a fraction of a second", "2022-06-01T12:00:00.5Z"),
        ("nanoseconds", "with nine digits of a fraction", "2022-06-01T12:00:00.123456789Z"),
    ):
        yield _good(f"time-{name}", title, _changed(**{TIME: text}), (24,), "ATTR-012")
    for name, title, wrong in (
        ("without-zone", "without a zone", "2022-06-01T12:00:00"),
        ("30-february", "a day that does not exist", "2022-02-30T12:00:00Z"),
        ("leap-second", "a leap second", "2022-06-30T23:59:60Z"),
        ("lower-case-t", "a lower-case t", "2022-06-01t12:00:00Z"),
        ("lower-case-z", "a lower-case z", "2022-06-01T12:00:00z"),
        ("space", "a space in place of the T", "2022-06-01 12:00:00Z"),
        ("line-end", "a line end behind it", "2022-06-01T12:00:00Z\n"),
        ("year-10000", "a year of five digits", "10000-06-01T12:00:00Z"),
        ("hour-24", "hour 24", "2022-06-01T24:00:00Z"),
        ("number", "a number of seconds", 1654084800),
        ("empty", "an empty text", ""),
    ):
        yield _bad(f"time-{name}", title, _changed(**{TIME: wrong}), (24,))


def _by_numbers(r: Any, s: Any) -> bytes:
    """Return an envelope with the two numbers of its ECDSA signature replaced."""

    def sign(key: Any, message: bytes) -> bytes:
        one, other = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return bytes(r(one).to_bytes(32, "big") + s(other).to_bytes(32, "big"))

    return jws(sign=sign)


def _same(number: int) -> int:
    return number


@family(AREA, "JWS-032", "JWS-033", "ALG-006")
def ecdsa_signature() -> Iterator[Built]:
    """An ECDSA signature is r and s, each of the width of the curve."""

    def der(key: Any, message: bytes) -> bytes:
        return bytes(key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))

    def es256(key: PrivateKey, message: bytes) -> bytes:
        return signature_of(key, message, "ES256")

    yield _bad("signature-empty", "it is empty", jws(sign=lambda _key, _data: b""), (26,), "JWS-034")
    yield _bad("signature-der", "it is ASN.1", jws(sign=der), (26,))
    yield _bad("signature-r-zero", "r is zero", _by_numbers(lambda _: 0, _same), (26,))
    yield _bad("signature-s-zero", "s is zero", _by_numbers(_same, lambda _: 0), (26,))
    yield _bad("signature-s-order", "s is the order of the curve", _by_numbers(_same, lambda _: P256_ORDER), (26,))
    yield _bad("signature-short", "a byte is missing", jws(sign=lambda key, data: es256(key, data)[:-1]), (26,))
    yield _bad("signature-long", "there is a byte too many", jws(sign=lambda key, data: es256(key, data) + b"\0"), (26,))
    yield _bad("signature-wide", "r and s have 33 bytes each", jws(sign=lambda key, data: b"\0" + es256(key, data)[:32] + b"\0" + es256(key, data)[32:]), (26,))
    yield _bad("signature-of-another", "another key has made it", jws(sign=lambda _key, data: es256(fixed_keys("EC-256")[2], data)), (26,))
    yield _bad("signature-payload-alone", "it is over the payload without the protected header", jws(sign=lambda key, data: es256(key, data.partition(b".")[2])), (26,), "JWS-030")
    yield _good("signature-s-negated", "s is replaced by n minus s, which is as good", _by_numbers(_same, lambda s: P256_ORDER - s), (27,))


@family(AREA, "JWS-031", "ALG-004")
def rsa_signature() -> Iterator[Built]:
    """An RSA signature is RSASSA-PSS with the hash of the key's size, whatever the length of its salt."""

    def made(name: str, title: str, sign: Any, attacks: tuple[int, ...] = (14,)) -> Built:
        parts = scene(jws("RSA-2048", sign=sign), "jws", signer=chain("RSA-2048"))
        return refuse(name, title, "integrity", attacks=attacks, sound="salt-empty", **parts)

    for name, title, salt in (("salt-empty", "no salt", 0), ("salt-longest", "the longest salt", 222)):
        envelope = jws("RSA-2048", sign=lambda key, data, salt=salt: pss(key, data, "sha256", salt=salt))
        yield accept(name, title, attacks=(14,), **scene(envelope, "jws", signer=chain("RSA-2048")))
    yield made("pkcs1-as-pss", "PKCS #1 v1.5 under the name of PSS", lambda key, data: signature_of(key, data, "RS256"))
    yield made("other-mask-hash", "SHA-1 within the mask", lambda key, data: pss(key, data, "sha256", mask_hash="sha1"))
    yield made("rsa-short", "a byte is missing", lambda key, data: signature_of(key, data, "PS256")[:-1], (26,))
    yield made("rsa-long", "a zero byte in front", lambda key, data: b"\0" + signature_of(key, data, "PS256"), (26,))
    yield made("rsa-all-ones", "a number larger than the modulus", lambda _key, _data: b"\xff" * 256, (26,))


@family(AREA, "JWS-010", "ALG-004")
def signing_methods() -> Iterator[Built]:
    """The header alg is one of six names."""

    def secret(key: PrivateKey, message: bytes) -> bytes:
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return hmac.digest(public, message, "sha256")

    for name, title, value in (
        ("none", "none", "none"), ("none-in-capitals", "NONE", "NONE"), ("empty", "empty", ""), ("missing", "missing", DROP), ("null", "null", None),
        ("list", "a list", ["ES256"]), ("number", "the number that COSE uses", -7), ("lower-case", "in lower case", "es256"), ("es256k", "ES256K", "ES256K"), ("eddsa", "EdDSA", "EdDSA"),
    ):  # fmt: skip
        yield _bad(f"alg-{name}", title, _changed(alg=value), (14,) if name in {"es256k", "eddsa"} else (13,))
    yield _bad("alg-none-unsigned", "none, and there is no signature", jws(protected=header(alg="none"), sign=lambda _key, _data: b""), (13,))
    yield _bad("alg-hs256", "HS256, with the certificate's public key as the secret", jws(protected=header(alg="HS256"), sign=secret), (13,))


@family(AREA, "JWS-006", "JWS-007")
def unprotected_header() -> Iterator[Built]:
    """The optional members of the unprotected header have a type."""
    yield _bad("token-padding-missing", "the timestamp is base64 without padding", _beside(**{TOKEN: "MAAA"[:-1]}), (12,))
    yield _bad("token-number", "the timestamp is a number", _beside(**{TOKEN: 1}), (12,))
    yield _bad("agent-number", "the signing agent is a number", _beside(**{AGENT: 1}), (12,))
    yield _bad("authentic-time-beside", "an authentic signing time stands there", _beside(**{AUTHENTIC_TIME: SIGNED_AT}), (16,), "JWS-018")
    yield _bad("expiry-beside", "an expiry stands there", _beside(**{EXPIRY: NEVER}), (16,))
