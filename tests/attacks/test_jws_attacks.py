# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one attack per line
"""Attacks 1 to 30 of the security contract, section 4.1: JSON and JWS envelopes.

Each envelope is a valid one with one fault; what is inside the signed bytes is signed after the
fault was made, so that only the rule in question can refuse it.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notation_py.envelope.model import MAX_ENVELOPE_BYTES, EnvelopeFormat, SigningScheme
from tests.simulator.envelopes import (
    AGENT,
    AUTHENTIC_TIME,
    CONTENT_TYPE,
    DIGEST,
    DROP,
    EXPIRY,
    PAYLOAD,
    SCHEME,
    SIGNED_AT,
    TARGET,
    TIME,
    TOKEN,
    authority_header,
    base64url,
    fixed_width,
    header,
    jws,
    jws_parts,
    rsa_key,
    signature_of,
    standard,
)
from tests.simulator.judged import ACCEPT, assert_judged, judged
from tests.simulator.pki import KEY_TYPES, PrivateKey, fixed_keys, make_chain

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DEEP = 100_000


def case(number: int, variant: str, build: Callable[[], bytes], message: str, word: str = "INTEGRITY") -> Any:
    return pytest.param(build, message, word, id=f"attack_{number:03d}_{variant}")


def payload(text: str) -> Callable[[], bytes]:
    return lambda: jws(payload=text.encode())


def target(**changes: Any) -> str:
    members = {name: value for name, value in (TARGET | changes).items() if value is not DROP}
    return json.dumps({"targetArtifact": members})


def raw_header(text: str) -> Callable[[], bytes]:
    """Build with the protected header *text*, where `GOOD` stands for the members of a good one."""
    return lambda: jws(protected=text.replace("GOOD", json.dumps(header())[1:-1]).encode())


def changed(**changes: Any) -> Callable[[], bytes]:
    return lambda: jws(protected=header(**changes))


def authority(**changes: Any) -> Callable[[], bytes]:
    return lambda: jws(protected=authority_header(**changes))


def beside(**members: Any) -> Callable[[], bytes]:
    """Build with these members in the unprotected header besides the good ones."""
    return lambda: jws(unprotected=members)


def document(edit: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    return lambda: edit(jws())


def inserted(text: str) -> Callable[[], bytes]:
    """Build a good envelope with *text* before its first member."""
    return document(lambda data: b"{" + text.encode() + b"," + data[1:])


def signed(sign: Callable[[PrivateKey, bytes], bytes], **faults: Any) -> Callable[[], bytes]:
    return lambda: jws(sign=sign, **faults)


def with_numbers(r: Callable[[int], int], s: Callable[[int], int]) -> Callable[[], bytes]:
    """Build with the two numbers of the ECDSA signature replaced."""

    def sign(key: Any, message: bytes) -> bytes:
        one, other = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r(one).to_bytes(32, "big") + s(other).to_bytes(32, "big")

    return signed(sign)


def padded_s(key: PrivateKey, message: bytes) -> bytes:
    """Return a signature with a zero in front of s: the same two numbers to a lenient reader."""
    signature = signature_of(key, message, "ES256")
    return signature[:32] + b"\0" + signature[32:]


def short_s(key: Any, message: bytes) -> bytes:
    """Return a signature whose s begins with a zero, which is left out."""
    while (signature := fixed_width(key, key.sign(message, ec.ECDSA(hashes.SHA256()))))[32]:
        pass
    return signature[:32] + signature[33:]


def same(number: int) -> int:
    return number


def compact() -> bytes:
    parts = jws_parts()
    return ".".join(json.loads(text) for text in (parts.protected, parts.payload, parts.signature)).encode()


def general() -> bytes:
    parts = jws_parts()
    one = f'{{"protected":{parts.protected},"header":{parts.header},"signature":{parts.signature}}}'
    return f'{{"payload":{parts.payload},"signatures":[{one}]}}'.encode()


def keyed_hash(key: PrivateKey, message: bytes) -> bytes:
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hmac.digest(secret, message, "sha256")


def pss(salt: int, mgf: hashes.HashAlgorithm | None = None) -> Callable[[], bytes]:
    form = padding.PSS(padding.MGF1(mgf or hashes.SHA256()), salt)
    return lambda: jws("RSA-2048", sign=lambda key, data: rsa_key(key).sign(data, form, hashes.SHA256()))


def moved(name: str) -> Callable[[], bytes]:
    value = make_x5c() if name == "x5c" else header()[name]
    unprotected = {"x5c": DROP} if name == "x5c" else {name: value}
    protected = header(x5c=value) if name == "x5c" else header(**{name: DROP})
    return lambda: jws(protected=protected, unprotected=unprotected)


def doubled(name: str) -> Callable[[], bytes]:
    if name == "x5c":
        return lambda: jws(protected=header(x5c=make_x5c()))
    return lambda: jws(unprotected={name: header()[name]})


def make_x5c() -> list[str]:
    return [standard(der) for der in make_chain().ders]


def x5c(edit: Callable[[str], str]) -> Callable[[], bytes]:
    return beside(x5c=[edit(text) for text in make_x5c()])


def text_of(payload_text: Callable[[str], str]) -> Callable[[], bytes]:
    return lambda: jws(payload=payload_text(base64url(PAYLOAD)))


def protected_text(edit: Callable[[str], str]) -> Callable[[], bytes]:
    return lambda: jws(protected=edit(base64url(json.dumps(header()).encode())))


def signature_text(edit: Callable[[str], str]) -> Callable[[], bytes]:
    parts = jws_parts()
    return lambda: replace(parts, signature=json.dumps(edit(json.loads(parts.signature)))).document()


def with_tail_bits(text: str) -> str:
    """Return base64 text of the same bytes with the lowest unused bit of its last character set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(text) % 4
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


NOT_JSON = "is not strict JSON"
NOT_BASE64URL = "not valid unpadded base64url"
ODD_MEMBER = "exactly the members"
CRIT = "protected.crit"
BAD_TIME = "is not an RFC 3339 time"
BAD_SIGNATURE = "signature is invalid"
LONG_PAYLOAD = PAYLOAD + b" " * (-len(PAYLOAD) % 3 + 1)  # one byte more than a multiple of three
LARGE_TEXT = "[" * DEEP + "]" * DEEP

ATTACKS = [
    case(1, "payload_twice", inserted(f'"payload":"{base64url(PAYLOAD)}"'), "duplicate member 'payload'"),
    case(1, "signature_twice", inserted('"signature":"AAAA"'), "duplicate member 'signature'"),
    case(2, "payload_in_capitals", inserted('"Payload":"e30"'), ODD_MEMBER),
    case(2, "long_s", inserted('"\u017fignature":"e30"'), ODD_MEMBER),
    case(3, "unknown_member", inserted('"kid":"1"'), ODD_MEMBER),
    case(3, "signatures_beside", inserted('"signatures":[]'), ODD_MEMBER),
    case(3, "general", general, ODD_MEMBER),
    case(3, "compact", compact, NOT_JSON),
    case(3, "array", lambda: b"[" + jws() + b"]", "must be an object"),
    case(4, "scheme_twice", raw_header(f'{{"{SCHEME}":"notary.x509.signingAuthority",GOOD}}'), "duplicate member"),
    case(4, "scheme_escaped", raw_header(f'{{"\\u0069{SCHEME[1:]}":"notary.x509",GOOD}}'), "duplicate member"),
    case(4, "alg_twice", raw_header('{"alg":"PS256",GOOD}'), "duplicate member 'alg'"),
    case(4, "expiry_in_capitals", raw_header(f'{{"{EXPIRY.upper()}":"{SIGNED_AT}",GOOD}}'), "in another case"),
    case(5, "target_twice", payload(f'{{"targetArtifact":{{}},{target()[1:]}'), "duplicate member"),
    case(5, "digest_twice", payload(target().replace('"size"', f'"digest":"{DIGEST}","size"')), "duplicate member"),
    case(5, "annotation_twice", payload(target(annotations={}).replace("{}", '{"a":"1","a":"2"}')), "duplicate member"),
    case(5, "digest_in_capitals", payload(target(Digest=DIGEST)), "unknown member 'Digest'"),
    case(5, "target_in_capitals", payload(f'{{"TargetArtifact":{{}},{target()[1:]}'), "unknown member"),
    case(6, "envelope", LARGE_TEXT.encode, "more than 4096 members"),
    case(6, "envelope_just_too_deep", lambda: b"[" * 33 + b"]" * 33, "nested deeper than 32"),
    case(6, "envelope_deep_then_text", lambda: b"[" * 33 + b'"' + b"a" * DEEP, "nested deeper than 32"),
    case(6, "payload", payload(LARGE_TEXT), "more than 65536 members"),
    case(6, "payload_deep", payload("[" * 50_000 + "]" * 50_000), "nested deeper than 32"),
    case(6, "protected", lambda: jws(protected=LARGE_TEXT.encode()), "more than 4096 members"),
    case(6, "protected_deep", raw_header('{"a":' + "[" * 40 + "]" * 40 + ",GOOD}"), "nested deeper than 32"),
    case(6, "unprotected", document(lambda data: data.replace(b'{"x5c"', b'{"a":' + b"[" * 40 + b"]" * 40 + b',"x5c"')), "nested deeper"),
    *(
        case(7, name, payload(target().replace("528", text)), message)
        for name, text, message in (
            ("exponent", "1e3", "must be an integer"),
            ("fraction", "1437.0", "must be an integer"),
            ("text", '"1437"', "must be an integer"),
            ("true", "true", "must be an integer"),
            ("negative", "-1", "must not be negative"),
            ("too_large", str(2**63), NOT_JSON),
            ("above_double", str(2**53), NOT_JSON),
            ("long_number", "9" * 5000, NOT_JSON),
            ("leading_zero", "0528", NOT_JSON),
            ("null", "null", "must be an integer"),
        )
    ),
    *(
        case(8, f"{where}_{name}", build(text), NOT_JSON)
        for name, text in (
            ("nan", "NaN"), ("infinity", "Infinity"), ("minus_infinity", "-Infinity"), ("minus_zero", "-0"),
            ("minus_zero_float", "-0.0"), ("overflow", "1e400"),
        )
        for where, build in (
            ("size", lambda text: payload(target().replace("528", text))),
            ("protected", lambda text: raw_header(f'{{"x":{text},GOOD}}')),
            ("unprotected", lambda text: document(lambda data: data.replace(b'{"x5c"', f'{{"x":{text},"x5c"'.encode()))),
        )
    ),
    case(9, "invalid_utf8", lambda: jws(payload=target(a="X").encode().replace(b"X", b"\xff")), NOT_JSON),
    case(9, "overlong", lambda: jws(payload=target(a="X").encode().replace(b"X", b"\xc0\xaf")), NOT_JSON),
    case(9, "surrogate_bytes", lambda: jws(payload=target(a="X").encode().replace(b"X", b"\xed\xa0\x80")), NOT_JSON),
    case(9, "utf16", lambda: jws().decode().encode("utf-16"), NOT_JSON),
    case(9, "utf16_unmarked", lambda: jws().decode().encode("utf-16-le"), NOT_JSON),
    case(9, "mark", lambda: b"\xef\xbb\xbf" + jws(), NOT_JSON),
    case(9, "mark_in_payload", lambda: jws(payload=b"\xef\xbb\xbf" + PAYLOAD), NOT_JSON),
    case(9, "nul", payload(target(a="X").replace("X", "\\u0000")), "NUL or a lone surrogate"),
    case(9, "raw_nul", payload(target(a="X").replace("X", "\x00")), NOT_JSON),
    case(9, "lone_surrogate", payload(target(a="X").replace("X", "\\ud83d")), "NUL or a lone surrogate"),
    case(9, "lone_low_surrogate", payload(target(a="X").replace("X", "\\uDE00x")), "NUL or a lone surrogate"),
    case(9, "surrogate_in_name", raw_header('{"\\ud800":1,GOOD}'), "NUL or a lone surrogate"),
    case(9, "surrogate_in_list", raw_header('{"a":["\\ud800"],GOOD}'), "NUL or a lone surrogate"),
    case(10, "second_document", lambda: jws() + jws(), NOT_JSON),
    case(10, "second_payload_document", lambda: jws(payload=PAYLOAD + PAYLOAD), NOT_JSON),
    case(10, "trailing_text", lambda: jws() + b"x", NOT_JSON),
    case(10, "trailing_nul", lambda: jws() + b"\x00", NOT_JSON),
    case(10, "comment", lambda: b"/* signed */" + jws(), NOT_JSON),
    case(10, "form_feed", lambda: b"\x0c" + jws(), NOT_JSON),
    *(
        case(11, f"{place}_{name}", build(edit), message)
        for place, build in (("payload", text_of), ("protected", protected_text), ("signature", signature_text))
        for name, edit, message in (
            ("padded", lambda text: text + "=" * (-len(text) % 4 or 4), NOT_BASE64URL),
            ("newline", lambda text: text[:8] + "\n" + text[8:], ""),
            ("space", lambda text: text + " ", ""),
            ("foreign", lambda text: text[:8] + "!!!!" + text[8:], "not valid"),
            ("beyond_ascii", lambda text: text[:-1] + "\u0101", ""),
        )
    ),
    case(11, "standard_alphabet_plus", text_of(lambda text: text[:4] + "++++" + text[4:]), NOT_BASE64URL),
    case(11, "standard_alphabet_slash", text_of(lambda text: text[:4] + "////" + text[4:]), NOT_BASE64URL),
    case(11, "tail_bits", lambda: jws(payload=with_tail_bits(base64url(LONG_PAYLOAD))), "tail bits"),
    case(11, "signature_tail_bits", signature_text(with_tail_bits), "tail bits"),
    case(11, "one_character_more", text_of(lambda text: text[: len(text) // 4 * 4] + "A"), NOT_BASE64URL),
    case(12, "url_alphabet", x5c(lambda text: text.replace("+", "-").replace("/", "_")), "header.x5c"),
    case(12, "newlines", x5c(lambda text: "\n".join((text[:64], text[64:]))), "header.x5c"),
    case(12, "unpadded", x5c(lambda text: (text + "AA==").rstrip("=")), "header.x5c"),
    case(12, "tail_bits", beside(x5c=["eB=="]), "tail bits"),
    case(12, "pem", beside(x5c=[make_chain().pem().decode()]), "header.x5c"),
    case(12, "empty", beside(x5c=[]), "certificate chain is not present"),
    case(12, "text", beside(x5c=standard(b"x")), "must be an array"),
    case(12, "numbers", beside(x5c=[1]), "must be a string"),
    case(12, "null", beside(x5c=None), "must be an array"),
    case(12, "absent", beside(x5c=DROP), "certificate chain is not present"),
    *(
        case(13, f"alg_{name}", changed(alg=value), "signing method is missing or not supported")
        for name, value in (
            ("none", "none"), ("None", "None"), ("NONE", "NONE"), ("empty", ""), ("missing", DROP), ("null", None),
            ("list", ["ES256"]), ("object", {}), ("number", -7), ("lower", "es256"), ("space", "ES256 "),
        )
    ),
    case(13, "none_unsigned", signed(lambda _key, _data: b"", protected=header(alg="none")), "is empty"),
    case(13, "hs256", signed(keyed_hash, protected=header(alg="HS256")), "signing method"),
    case(14, "rs256", lambda: jws("RSA-2048", protected=header(alg="RS256"), sign=lambda k, d: signature_of(k, d, "RS256")), "signing method"),
    case(14, "rs256_called_ps256", lambda: jws("RSA-2048", sign=lambda k, d: signature_of(k, d, "RS256")), BAD_SIGNATURE),
    case(14, "es256k", changed(alg="ES256K"), "signing method"),
    case(14, "eddsa", changed(alg="EdDSA"), "signing method"),
    case(14, "ps256_other_mgf1_hash", pss(32, hashes.SHA1()), BAD_SIGNATURE),
    case(15, "ps256_over_3072", lambda: jws("RSA-3072", protected=header(alg="PS256"), sign=lambda k, d: signature_of(k, d, "PS256")), "does not match the signing certificate"),
    case(15, "ps512_over_2048", lambda: jws("RSA-2048", protected=header(alg="PS512"), sign=lambda k, d: signature_of(k, d, "PS512")), "does not match the signing certificate"),
    case(15, "es256_over_p384", lambda: jws("EC-384", protected=header(alg="ES256"), sign=lambda k, d: signature_of(k, d, "ES256")), "does not match the signing certificate"),
    case(15, "es256_over_rsa", lambda: jws("RSA-2048", protected=header(alg="ES256")), "does not match the signing certificate"),
    *(case(16, f"moved_{name.replace('#', '_')}", moved(name), "") for name in ("alg", "crit", "cty", "x5c", SCHEME, TIME)),
    *(case(16, f"doubled_{name}", doubled(name), "belongs into the protected header alone") for name in ("alg", "crit", "cty", "x5c", SCHEME, TIME)),
    case(16, "expiry_beside", beside(**{EXPIRY: "2099-01-01T00:00:00Z"}), "belongs into the protected header alone"),
    case(16, "x5c_in_capitals", beside(X5C=["AAAA"]), "in another case"),
    case(16, "token_in_capitals", beside(**{TOKEN.upper(): "AAAA"}), "in another case"),
    case(17, "jwk_signed_by_it", lambda: jws(protected=header(jwk={"kty": "EC"}), sign=lambda _k, d: signature_of(fixed_keys("EC-256")[2], d, "ES256")), BAD_SIGNATURE),
    case(17, "critical_jku", changed(jku="https://attacker.example/keys", crit=[SCHEME, "jku"]), "cannot be critical"),
    case(18, "false", changed(b64=False), "unencoded payloads"),
    case(18, "false_critical", changed(b64=False, crit=[SCHEME, "b64"]), "unencoded payloads"),
    case(18, "text", changed(b64="true"), "unencoded payloads"),
    case(18, "unprotected", beside(b64=False), "belongs into the protected header alone"),
    case(18, "raw_payload", lambda: jws(protected=header(b64=False), payload="not encoded"), ""),
    *(
        case(19, name, changed(crit=value), message)
        for name, value, message in (
            ("missing", DROP, CRIT),
            ("null", None, CRIT),
            ("empty", [], CRIT),
            ("text", SCHEME, CRIT),
            ("object", {SCHEME: 1}, CRIT),
            ("number_in_it", [SCHEME, 1], CRIT),
            ("twice", [SCHEME, SCHEME], "lists a name twice"),
            ("absent_header", [SCHEME, "com.example.absent"], "not present"),
            ("absent_expiry", [SCHEME, EXPIRY], "not present"),
            ("alg", [SCHEME, "alg"], "cannot be critical"),
            ("cty", [SCHEME, "cty"], "cannot be critical"),
            ("crit", [SCHEME, "crit"], "cannot be critical"),
            ("x5c", [SCHEME, "x5c"], "cannot be critical"),
            ("signing_time", [SCHEME, TIME], "cannot be critical"),
        )
    ),
    *(
        case(19, f"registered_{name.replace('#', '_')}", changed(crit=[SCHEME, name], **{name: value}), "cannot be critical")
        for name, value in (
            ("jku", "x"), ("jwk", {}), ("kid", "x"), ("x5u", "x"), ("x5t", "x"), ("x5t#S256", "x"), ("typ", "x"),
            ("b64", True),
        )
    ),
    case(20, "no_scheme", changed(crit=["x"], x=1), f"does not list {SCHEME}"),
    case(20, "no_expiry", changed(**{EXPIRY: "2099-01-01T00:00:00Z"}), f"does not list {EXPIRY}"),
    case(20, "no_authentic_time", authority(crit=[SCHEME]), f"does not list {AUTHENTIC_TIME}"),
    case(21, "unknown_critical", changed(crit=[SCHEME, "com.example.x"], **{"com.example.x": 1}), "unknown critical attribute"),
    case(21, "unknown_critical_null", changed(crit=[SCHEME, "com.example.x"], **{"com.example.x": None}), "unknown critical attribute"),
    case(23, "both_times", changed(**{AUTHENTIC_TIME: SIGNED_AT}), "is not allowed under notary.x509"),
    case(23, "both_times_authority", authority(**{TIME: SIGNED_AT}), "is not allowed under notary.x509.signingAuthority"),
    case(23, "authentic_only", changed(**{AUTHENTIC_TIME: SIGNED_AT, TIME: DROP}), "is not allowed under notary.x509"),
    case(23, "no_time", changed(**{TIME: DROP}), "is not present"),
    case(23, "null_time", changed(**{TIME: None}), "is not present"),
    case(23, "no_authentic_time", authority(**{AUTHENTIC_TIME: DROP, "crit": [SCHEME]}), "is not present"),
    case(23, "unknown_scheme", changed(**{SCHEME: "notary.x510"}), "signing scheme"),
    case(23, "scheme_in_capitals", changed(**{SCHEME: "Notary.X509"}), "signing scheme"),
    case(23, "scheme_number", changed(**{SCHEME: 1}), "signing scheme"),
    *(
        case(24, name, changed(**{TIME: text}), BAD_TIME)
        for name, text in (
            ("no_zone", "2026-06-01T12:00:00"),
            ("long_fraction", f"2026-06-01T12:00:00.{'0' * 1000}Z"),
            ("year_0", "0000-06-01T12:00:00Z"),
            ("year_10000", "10000-06-01T12:00:00Z"),
            ("before_the_calendar", "0001-01-01T00:00:00+14:00"),
            ("behind_the_calendar", "9999-12-31T23:59:59-12:00"),
            ("leap_second", "2026-06-30T23:59:60Z"),
            ("30_february", "2026-02-30T12:00:00Z"),
            ("lower_t", "2026-06-01t12:00:00Z"),
            ("lower_z", "2026-06-01T12:00:00z"),
            ("space", "2026-06-01 12:00:00Z"),
            ("outer_space", " 2026-06-01T12:00:00Z"),
            ("newline", "2026-06-01T12:00:00Z\n"),
            ("one_digit", "2026-6-01T12:00:00Z"),
            ("hour_24", "2026-06-01T24:00:00Z"),
            ("comma_fraction", "2026-06-01T12:00:00,5Z"),
            ("empty_fraction", "2026-06-01T12:00:00.Z"),
            ("short_offset", "2026-06-01T12:00:00+02"),
            ("basic_format", "20260601T120000Z"),
            ("week_date", "2026-W23-1T12:00:00Z"),
            ("arabic_digits", "\u0662026-06-01T12:00:00Z"),
            ("number", 1780315200),
            ("empty", ""),
        )
    ),
    case(25, "equal", changed(crit=[SCHEME, EXPIRY], **{EXPIRY: SIGNED_AT}), "expiry cannot be equal or before"),
    case(25, "equal_elsewhere", changed(crit=[SCHEME, EXPIRY], **{EXPIRY: "2026-06-01T14:00:00+02:00"}), "expiry cannot be"),
    case(25, "before", changed(crit=[SCHEME, EXPIRY], **{EXPIRY: "2026-06-01T11:59:59Z"}), "expiry cannot be"),
    case(25, "before_authority", authority(crit=[SCHEME, AUTHENTIC_TIME, EXPIRY], **{EXPIRY: "2020-01-01T00:00:00Z"}), "expiry cannot be"),
    case(26, "empty", signed(lambda _key, _data: b""), "is empty"),
    case(26, "der", signed(lambda key, data: key.sign(data, ec.ECDSA(hashes.SHA256()))), BAD_SIGNATURE),
    case(26, "s_with_a_zero_more", signed(padded_s), BAD_SIGNATURE),
    case(26, "s_with_a_zero_less", signed(short_s), BAD_SIGNATURE),
    case(26, "r_zero", with_numbers(lambda _: 0, same), BAD_SIGNATURE),
    case(26, "s_zero", with_numbers(same, lambda _: 0), BAD_SIGNATURE),
    case(26, "both_zero", with_numbers(lambda _: 0, lambda _: 0), BAD_SIGNATURE),
    case(26, "r_order", with_numbers(lambda _: P256_ORDER, same), BAD_SIGNATURE),
    case(26, "s_order", with_numbers(same, lambda _: P256_ORDER), BAD_SIGNATURE),
    case(26, "r_greatest", with_numbers(lambda _: 2**256 - 1, same), BAD_SIGNATURE),
    case(26, "one_byte_less", signed(lambda key, data: signature_of(key, data, "ES256")[:-1]), BAD_SIGNATURE),
    case(26, "one_byte_more", signed(lambda key, data: signature_of(key, data, "ES256") + b"\0"), BAD_SIGNATURE),
    case(26, "wide_numbers", signed(lambda key, data: b"\0" + signature_of(key, data, "ES256")[:32] + b"\0" + signature_of(key, data, "ES256")[32:]), BAD_SIGNATURE),
    case(26, "rsa_short", lambda: jws("RSA-2048", sign=lambda k, d: signature_of(k, d, "PS256")[:-1]), BAD_SIGNATURE),
    case(26, "rsa_long", lambda: jws("RSA-2048", sign=lambda k, d: b"\0" + signature_of(k, d, "PS256")), BAD_SIGNATURE),
    case(26, "rsa_all_ones", lambda: jws("RSA-2048", sign=lambda _k, _d: b"\xff" * 256), BAD_SIGNATURE),
    *(
        case(28, name, changed(cty=value), message)
        for name, value, message in (
            ("other", "application/json", "not supported"),
            ("parameters", CONTENT_TYPE + "; charset=utf-8", "not supported"),
            ("capitals", CONTENT_TYPE.upper(), "not supported"),
            ("version_2", CONTENT_TYPE.replace("v1", "v2"), "not supported"),
            ("empty", "", "not supported"),
            ("missing", DROP, "missing member 'cty'"),
            ("number", 1, "must be a string"),
        )
    ),
    *(
        case(29, name, payload(text), message)
        for name, text, message in (
            ("without", "{}", "missing member 'targetArtifact'"),
            ("null", '{"targetArtifact":null}', "must be an object"),
            ("list", f'{{"targetArtifact":[{json.dumps(TARGET)}]}}', "must be an object"),
            ("text", '{"targetArtifact":"x"}', "must be an object"),
            ("array_document", f"[{target()}]", "must be an object"),
            ("string_document", '"x"', "must be an object"),
            ("null_document", "null", "must be an object"),
            ("without_digest", target(digest=DROP), "missing member 'digest'"),
            ("without_size", target(size=DROP), "missing member 'size'"),
            ("without_media_type", target(mediaType=DROP), "missing member 'mediaType'"),
            ("digest_unknown", target(digest="md5:" + "ab" * 16), "unsupported digest algorithm"),
            ("digest_short", target(digest=DIGEST[:-1]), "invalid checksum digest length"),
            ("digest_in_capitals", target(digest=DIGEST.upper()), "digest"),
            ("annotations_list", target(annotations=[]), "must be an object"),
            ("annotation_number", target(annotations={"a": 1}), "must be a string"),
        )
    ),
    case(29, "not_json", lambda: jws(payload=b"\x00\x01"), NOT_JSON),
    case(29, "empty_payload", lambda: jws(payload=b""), "is empty"),
    case(30, "no_byte", lambda: b"", NOT_JSON),
    case(30, "one_byte", lambda: b"{", NOT_JSON),
    case(30, "one_space", lambda: b" ", NOT_JSON),
    case(30, "33_mib", lambda: jws() + b" " * (MAX_ENVELOPE_BYTES + 1), "is larger than 33554432 bytes"),
]  # fmt: skip

ACCEPTED = [
    case(14, "ps256_empty_salt", pss(0), "", ACCEPT),
    case(14, "ps256_longest_salt", pss(222), "", ACCEPT),
    case(17, "jwk", changed(jwk={"kty": "oct", "k": "AAAA"}), "", ACCEPT),
    case(17, "jku_x5u_kid", changed(jku="https://attacker.example", x5u="https://attacker.example", kid="1"), "", ACCEPT),
    case(17, "unprotected", beside(jwk={"kty": "oct"}, kid="1", x5u="https://attacker.example"), "", ACCEPT),
    case(18, "true", changed(b64=True), "", ACCEPT),
    case(22, "unknown_uncritical", changed(**{"com.example.x": {"a": [1, 2.5, None, True]}}), "", ACCEPT),
    case(22, "typ", changed(typ="JOSE"), "", ACCEPT),
    case(22, "unknown_unprotected", beside(**{"com.example.x": 1}), "", ACCEPT),
    case(23, "authority", authority(), "", ACCEPT),
    case(23, "null_counts_as_absent", changed(**{AUTHENTIC_TIME: None, EXPIRY: None}), "", ACCEPT),
    case(27, "s_negated", with_numbers(same, lambda s: P256_ORDER - s), "", ACCEPT),
    case(29, "members_beside_the_target", payload(target()[:-1] + ',"com.example":1}'), "", ACCEPT),
    case(29, "descriptor_members", payload(target(artifactType="a/b", urls=["u"], data="", platform={})), "", ACCEPT),
    case(10, "white_space_around", lambda: b" \r\n\t" + jws() + b"\n", "", ACCEPT),
    case(12, "agent_as_early_go_wrote_it", beside(**{AGENT: DROP, "io.cncf.notary.SigningAgent": "x"}), "", ACCEPT),
]  # fmt: skip


@pytest.mark.parametrize(("build", "message", "word"), ATTACKS)
def test_jws_attack_is_refused(build: Callable[[], bytes], message: str, word: str) -> None:
    """Attacks 1 to 30, each row by its number; R-01, R-02, R-05, R-07.

    JWS-001 to JWS-003, JWS-005, JWS-010 to JWS-013, JWS-014 to JWS-017, JWS-018, JWS-020, JWS-021, JWS-024,
    JWS-031, JWS-032, JWS-034, PAY-013, PAY-014, PAY-018, PAY-020, ATTR-006, ATTR-011, ALG-005.
    """
    assert_judged(build(), EnvelopeFormat.JWS, word, message)


@pytest.mark.parametrize(("build", "message", "word"), ACCEPTED)
def test_jws_oddity_is_accepted(build: Callable[[], bytes], message: str, word: str) -> None:
    """Attacks 14 (salt), 17, 22, 27: JWS-031, JWS-018, JWS-019; what is odd but has one reading."""
    assert_judged(build(), EnvelopeFormat.JWS, word, message)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_jws_control_is_accepted(key_type: Any) -> None:
    """The envelope that every attack starts from is intact, for all six algorithms."""
    found = judged(jws(key_type), EnvelopeFormat.JWS)
    assert found.word == ACCEPT, found.message
    assert found.intact is not None
    assert found.intact.chain.leaf.der == make_chain(key_type).ders[0]
    assert found.intact.scheme is SigningScheme.X509


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        pytest.param("2026-06-01T12:00:00Z", "2026-06-01T12:00:00+00:00", id="zulu"),
        pytest.param("2026-06-01T20:00:00+08:00", "2026-06-01T12:00:00+00:00", id="offset"),
        pytest.param("2026-06-01T11:30:00-00:30", "2026-06-01T12:00:00+00:00", id="negative-offset"),
        pytest.param("2026-06-01T12:00:00.5Z", "2026-06-01T12:00:00.500000+00:00", id="fraction"),
        pytest.param("2026-06-01T12:00:00.123456789Z", "2026-06-01T12:00:00.123456+00:00", id="nanoseconds"),
        pytest.param("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00", id="last"),
    ],
)
def test_jws_time_is_read_as_the_go_program_reads_it(text: str, instant: str) -> None:
    """Attack 24; JWS-017: offsets and fractions are accepted and mean the same instant."""
    found = judged(jws(protected=header(**{TIME: text})), EnvelopeFormat.JWS)
    assert found.intact is not None, found.message
    assert found.intact.signed.signing_time == datetime.fromisoformat(instant)


def test_jws_ignored_key_is_not_used() -> None:
    """Attack 17: a key inside the message takes no part; the leaf's key alone decides."""
    other = fixed_keys("EC-256")[1].public_key().public_numbers()
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url(other.x.to_bytes(32, "big")),
        "y": base64url(other.y.to_bytes(32, "big")),
    }
    found = judged(jws(protected=header(jwk=jwk)), EnvelopeFormat.JWS)
    assert found.intact is not None, found.message
    assert found.intact.chain.public_key == fixed_keys("EC-256")[0].public_key()


def test_jws_uncritical_attribute_is_evidence() -> None:
    """Attack 22: an unknown attribute that is not critical is kept, with its value."""
    found = judged(jws(protected=header(**{"com.example.x": [1, "two"]})), EnvelopeFormat.JWS)
    assert found.intact is not None, found.message
    (attribute,) = found.intact.signed.extended
    assert (attribute.key, attribute.value, attribute.critical) == ("com.example.x", [1, "two"], False)
