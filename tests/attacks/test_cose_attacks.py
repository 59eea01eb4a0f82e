# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one attack per line
"""Attacks 31 to 47 of the security contract, section 4.2: CBOR and COSE envelopes.

Each envelope is a valid one with one fault; what is inside the signed bytes is signed after the
fault was made, so that only the rule in question can refuse it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from notation_py.envelope.model import MAX_ENVELOPE_BYTES, EnvelopeFormat
from tests.simulator.envelopes import (
    AGENT,
    AUTHENTIC_TIME,
    CONTENT_TYPE,
    DROP,
    EXPIRY,
    PAYLOAD,
    SCHEME,
    SECONDS,
    TIME,
    TOKEN,
    Pairs,
    Raw,
    Tag,
    authority_labels,
    cbor,
    cose,
    cose_parts,
    head,
    jws,
    labels,
    rsa_key,
    signature_of,
)
from tests.simulator.judged import ACCEPT, assert_judged, judged
from tests.simulator.pki import KEY_TYPES, make_chain


def case(number: int, variant: str, build: Callable[[], bytes], message: str, word: str = "INTEGRITY") -> Any:
    return pytest.param(build, message, word, id=f"attack_{number:03d}_{variant}")


def protected(changes: dict[Any, Any]) -> Callable[[], bytes]:
    return lambda: cose(protected=labels("EC-256", changes))


def authority(changes: dict[Any, Any]) -> Callable[[], bytes]:
    return lambda: cose(protected=authority_labels(changes))


def added(*pairs: tuple[Any, Any]) -> Callable[[], bytes]:
    """Build with *pairs* behind those of a good protected header, equal labels and all."""
    return lambda: cose(protected=Pairs((*labels().items(), *pairs)))


def beside(changes: dict[Any, Any]) -> Callable[[], bytes]:
    return lambda: cose(unprotected=changes)


def raw_header(edit: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    """Build with the bytes of a good protected header changed, and signed as they then stand."""
    return lambda: cose(protected=edit(cbor(labels())))


def items(edit: Callable[[Any], Any]) -> Callable[[], bytes]:
    """Build with the encoded items changed."""
    return lambda: edit(cose_parts()).message()


def whole(edit: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    return lambda: edit(cose())


def value_of(tag: int, value: Any) -> Callable[[], bytes]:
    """Build with a value under *tag* as an extended attribute."""
    return protected({"com.example.x": Tag(tag, value)})


def chain_items(value: Any) -> Callable[[], bytes]:
    return beside({33: value})


NOT_STRICT = "is not strict CBOR"
TRAILING = "is followed by trailing bytes"
SHORTEST = "is not in its shortest CBOR form"
NOT_SIGN1 = "not a COSE_Sign1_Tagged object"
TAGGED = "a CBOR tag that is not allowed here"
CRIT = "protected.crit"
NO_CHAIN = "certificate chain is not present"
BAD_SIGNATURE = "signature is invalid"
NO_SECONDS = "is not a whole number of seconds"
HUGE = (1 << 40).to_bytes(8, "big")

ATTACKS = [
    case(31, "indefinite_map_protected", raw_header(lambda data: b"\xbf" + data[1:] + b"\xff"), NOT_STRICT),
    case(31, "indefinite_map_unprotected", items(lambda p: replace(p, unprotected=b"\xbf" + p.unprotected[1:] + b"\xff")), NOT_STRICT),
    case(31, "indefinite_outer_array", whole(lambda data: b"\xd2\x9f" + data[2:] + b"\xff"), NOT_SIGN1),
    case(31, "indefinite_array_crit", protected({2: Raw(b"\x9f" + cbor(SCHEME) + b"\xff")}), NOT_STRICT),
    case(31, "indefinite_array_chain", chain_items(Raw(b"\x9f" + cbor(make_chain().ders[0]) + b"\xff")), NOT_STRICT),
    case(31, "indefinite_bytes_payload", items(lambda p: replace(p, payload=b"\x5f" + p.payload + b"\xff")), NOT_STRICT),
    case(31, "indefinite_bytes_protected", items(lambda p: replace(p, protected=b"\x5f" + p.protected + b"\xff")), NOT_STRICT),
    case(31, "indefinite_text", protected({3: Raw(b"\x7f" + cbor(CONTENT_TYPE) + b"\xff")}), NOT_STRICT),
    case(32, "alg_twice", added((1, -7)), NOT_STRICT),
    case(32, "alg_twice_other", added((1, -37)), NOT_STRICT),
    case(32, "scheme_twice", added((SCHEME, "notary.x509.signingAuthority")), NOT_STRICT),
    case(32, "one_and_one_point_zero", added((Raw(b"\xf9\x3c\x00"), -7)), ""),
    case(32, "one_and_true", added((True, -7)), ""),
    case(32, "one_and_long_one", added((Raw(b"\x18\x01"), -7)), ""),
    case(32, "one_and_bignum_one", added((Tag(2, b"\x01"), -7)), TAGGED),
    case(32, "text_equal_after_nfc", added(("caf\u00e9", 1), ("cafe\u0301", 2)), "two labels that are the same text"),
    case(32, "inner_map", protected({"com.example.x": Pairs((("a", 1), ("a", 2)))}), NOT_STRICT),
    case(32, "unprotected_agent", lambda: cose(unprotected=Pairs(((33, list(make_chain().ders)), (AGENT, "a"), (AGENT, "b")))), NOT_STRICT),
    case(32, "unprotected_chain", lambda: cose(unprotected=Pairs(((33, list(make_chain().ders)), (33, [b"x"])))), NOT_STRICT),
    case(33, "alg", beside({1: -7}), "in the protected and in the unprotected header"),
    case(33, "crit", beside({2: [SCHEME]}), "in the protected and in the unprotected header"),
    case(33, "chain", lambda: cose(protected=labels("EC-256", {33: list(make_chain().ders)})), "in the protected and in the unprotected"),
    case(33, "custom", lambda: cose(protected=labels("EC-256", {"x": 1}), unprotected={"x": 1}), "in the protected and in the unprotected"),
    case(33, "expiry_unprotected_only", beside({EXPIRY: SECONDS + 9}), "into the protected bucket alone"),
    case(33, "alg_unprotected_only", lambda: cose(protected=labels("EC-256", {1: DROP}), unprotected={1: -7}), "into the protected bucket alone"),
    case(33, "crit_unprotected_only", lambda: cose(protected=labels("EC-256", {2: DROP}), unprotected={2: [SCHEME]}), "into the protected bucket alone"),
    case(34, "long_alg", protected({1: Raw(b"\x38\x06")}), SHORTEST),
    case(34, "long_label", raw_header(lambda data: data.replace(b"\xa5\x01", b"\xa5\x18\x01", 1)), SHORTEST),
    case(34, "long_map_head", raw_header(lambda data: b"\xb8" + data[:1].replace(b"\xa5", b"\x05") + data[1:]), SHORTEST),
    case(34, "long_text_head", protected({SCHEME: Raw(b"\x78\x0bnotary.x509")}), SHORTEST),
    case(34, "long_time", protected({TIME: Tag(1, Raw(b"\x1b" + SECONDS.to_bytes(8, "big")))}), SHORTEST),
    case(34, "long_tag", protected({TIME: Raw(b"\xd8\x01" + cbor(SECONDS))}), SHORTEST),
    case(34, "long_payload_head", items(lambda p: replace(p, payload=b"\x59\x00" + p.payload[1:])), SHORTEST),
    case(34, "long_outer_head", whole(lambda data: b"\xd2\x98\x04" + data[2:]), NOT_SIGN1),
    case(34, "long_outer_tag", whole(lambda data: b"\xd8\x12" + data[1:]), NOT_SIGN1),
    case(34, "long_number_in_attribute", protected({"com.example.x": Raw(b"\x19\x00\x05")}), SHORTEST),
    case(35, "no_tag", whole(lambda data: data[1:]), NOT_SIGN1),
    case(35, "cose_sign", whole(lambda data: b"\xd8\x62" + data[1:]), NOT_SIGN1),
    case(35, "tag_17", whole(lambda data: b"\xd1" + data[1:]), NOT_SIGN1),
    case(35, "18_in_18", whole(lambda data: b"\xd2" + data), NOT_SIGN1),
    case(35, "self_described", whole(lambda data: b"\xd9\xd9\xf7" + data), NOT_SIGN1),
    case(35, "self_described_inside", value_of(55799, 1), TAGGED),
    case(35, "self_described_header", lambda: cose(protected=b"\xd9\xd9\xf7" + cbor(labels())), TAGGED),
    case(35, "three_items", whole(lambda data: b"\xd2\x83" + data[2:]), NOT_SIGN1),
    case(35, "five_items", whole(lambda data: b"\xd2\x85" + data[2:] + b"\x00"), NOT_SIGN1),
    *(
        case(36, f"tag_{tag}", value_of(tag, value), TAGGED)
        for tag, value in (
            (0, "2026-06-01T12:00:00Z"), (2, b"\x01"), (3, b"\x01"), (4, [2**32, 1]), (5, [2**32, 1]), (18, 1),
            (24, b"\x00"), (25, 0), (28, [1]), (29, 0), (30, [1, 2]), (32, "http://a"), (35, "(a+)+$"), (36, "a"),
            (37, b"\0" * 16), (52, b"\0" * 4), (54, b"\0" * 16), (98, 1), (100, 1), (256, ["a"]), (258, [1]),
            (260, b"\0" * 4), (261, {}), (999, 1), (1004, "2026-06-01"), (43000, "a"), (2**64 - 1, 1),
        )
    ),
    case(36, "shared_cycle", protected({"com.example.x": Tag(28, [Tag(29, 0)])}), TAGGED),
    case(36, "time_unprotected", beside({"x": Tag(1, SECONDS)}), TAGGED),
    case(36, "regex_unprotected", beside({"x": Tag(35, "(a+)+$")}), TAGGED),
    case(36, "set_as_label", added((Tag(258, [1]), 1)), TAGGED),
    case(37, "array_of_2_40", lambda: b"\xd2\x84\x9b" + HUGE + b"\0" * 9, NOT_STRICT),
    case(37, "bytes_of_2_40", lambda: b"\xd2\x84\x5b" + HUGE + b"\0" * 9, NOT_STRICT),
    case(37, "text_of_2_40", lambda: b"\xd2\x84\x7b" + HUGE + b"\0" * 9, NOT_STRICT),
    case(37, "map_of_2_40", lambda: b"\xd2\x84\xbb" + HUGE + b"\0" * 9, NOT_STRICT),
    case(37, "bytes_of_2_63", lambda: b"\xd2\x84\x5b" + b"\xff" * 8 + b"\0" * 9, NOT_STRICT),
    case(37, "inner_array_of_2_40", lambda: cose(protected=b"\xa1\x01\x9b" + HUGE), NOT_STRICT),
    case(37, "large_file_array", lambda: b"\xd2\x84\x9b" + HUGE + b"\0" * 100_000, "claims more than it has"),
    case(37, "large_file_bytes", lambda: b"\xd2\x84\x5b" + HUGE + b"\0" * 100_000, "claims more than it has"),
    case(37, "large_file_cut", lambda: b"\xd2\x84" + head(2, 99_990) + b"\0" * 99_990 + b"\x9a\x00\x00", "claims more than it has"),
    case(37, "large_file_missing", lambda: b"\xd2\x84" + head(2, 99_990) + b"\0" * 99_990, "cut short"),
    case(37, "large_file_reserved", lambda: b"\xd2\x84" + head(2, 99_990) + b"\0" * 99_990 + b"\x1c", "indefinite length"),
    case(37, "large_file_text", lambda: b"\xd2\x84" + head(3, 1 << 21) + b"a" * (1 << 21), "has a text of more than"),
    case(38, "nested", lambda: b"\xd2\x84" + b"\x81" * 100_000, "more than 4096 items"),
    case(38, "nested_small", lambda: b"\xd2\x84" + b"\x81" * 1000, NOT_STRICT),
    case(38, "nested_maps", lambda: b"\xd2\x84" + b"\xa1\x00" * 50_000, "more than 4096 items"),
    case(38, "nested_tags", lambda: b"\xd2\x84" + b"\xc1" * 100_000, "more than 4096 items"),
    case(38, "nested_in_header", protected({"x": Raw(b"\x81" * 20 + b"\x00")}), NOT_STRICT),
    case(38, "nested_times", protected({"x": Raw(b"\xc1" * 60 + b"\x00")}), NOT_STRICT),
    case(38, "many_items", lambda: b"\xd2\x84\x9a" + (100_000).to_bytes(4, "big") + b"\x80" * 100_000, "more than 4096 items"),
    case(39, "trailing_byte", whole(lambda data: data + b"\x00"), TRAILING),
    case(39, "two_messages", whole(lambda data: data + data), TRAILING),
    case(39, "trailing_newline", whole(lambda data: data + b"\n"), TRAILING),
    case(39, "trailing_in_header", raw_header(lambda data: data + b"\x00"), TRAILING),
    case(39, "two_headers", raw_header(lambda data: data + data), TRAILING),
    case(39, "trailing_as_much_as_a_float_is_short", lambda: cose(unprotected={"x": Raw(b"\xf9\x3e\x00")}) + b"\0" * 6, TRAILING),
    case(39, "trailing_in_header_as_much_as_a_float_is_short", lambda: cose(protected=cbor(labels("EC-256", {"x": Raw(b"\xf9\x3e\x00")})) + b"\0" * 6), TRAILING),
    case(34, "long_by_as_much_as_a_float_is_short", protected({"x": [Raw(b"\xfa\x3f\x80\0\0"), Raw(b"\x1a\0\0\0\1")]}), SHORTEST),
    case(39, "cut_short", whole(lambda data: data[:-1]), NOT_STRICT),
    case(40, "nil", items(lambda p: replace(p, payload=b"\xf6")), "payload: is not a non-empty byte string"),
    case(40, "empty", lambda: cose(payload=b""), "payload: is not a non-empty byte string"),
    case(40, "text", items(lambda p: replace(p, payload=cbor(PAYLOAD.decode()))), "payload: is not a non-empty byte string"),
    case(40, "map", items(lambda p: replace(p, payload=cbor({"a": 1}))), "payload: is not a non-empty byte string"),
    case(40, "empty_signature", lambda: cose(sign=lambda _k, _d: b""), "signature: is not a non-empty byte string"),
    case(40, "nil_signature", items(lambda p: replace(p, signature=b"\xf6")), "signature: is not a non-empty byte"),
    case(40, "payload_not_json", lambda: cose(payload=b"\xa0"), "is not strict JSON"),
    case(41, "empty", lambda: cose(protected=b""), "protected: is not a non-empty byte string"),
    case(41, "empty_map", lambda: cose(protected=b"\xa0"), "signing scheme"),
    case(41, "unwrapped", items(lambda p: replace(p, protected=cbor({1: -7}))), "protected: is not a non-empty byte"),
    case(41, "wrapped_twice", raw_header(cbor), "protected: is not a map"),
    case(41, "array", lambda: cose(protected=cbor([1, -7])), "protected: is not a map"),
    case(41, "too_large", lambda: cose(protected=cbor({"x": b"a" * (1 << 20)})), "protected: is larger than"),
    case(41, "unprotected_array", items(lambda p: replace(p, unprotected=cbor([33]))), "unprotected: is not a map"),
    case(41, "unprotected_nil", items(lambda p: replace(p, unprotected=b"\xf6")), "unprotected: is not a map"),
    case(42, "single", chain_items(make_chain().ders[0]), NO_CHAIN),
    case(42, "empty", chain_items([]), NO_CHAIN),
    case(42, "absent", chain_items(DROP), NO_CHAIN),
    case(42, "text", chain_items(["x"]), NO_CHAIN),
    case(42, "map", chain_items({1: b"x"}), NO_CHAIN),
    case(42, "nil", chain_items(None), NO_CHAIN),
    case(42, "nine", chain_items([*make_chain().ders] * 3), "certificate chain has 9 certificates", "LIMIT"),
    case(42, "10000", chain_items([b"x"] * 10_000), "certificate chain has 10000 certificates", "LIMIT"),
    case(42, "10000_real", chain_items([make_chain().ders[0]] * 10_000), "more than 4096 items"),
    *(
        case(43, name, protected({TIME: value}), message)
        for name, value, message in (
            ("text", "2026-06-01T12:00:00Z", "only Tag `1`"),
            ("untagged", SECONDS, "only Tag `1`"),
            ("nil", None, "only Tag `1`"),
            ("tag_0", Tag(0, "2026-06-01T12:00:00Z"), TAGGED),
            ("float", Tag(1, Raw(b"\xfb\x41\xda\x87\x38\x9c\x00\x00\x00")), NO_SECONDS),
            ("half_float", Tag(1, Raw(b"\xf9\x3c\x00")), NO_SECONDS),
            ("nan", Tag(1, Raw(b"\xf9\x7e\x00")), NO_SECONDS),
            ("infinity", Tag(1, Raw(b"\xf9\x7c\x00")), NO_SECONDS),
            ("negative", Tag(1, -1), NO_SECONDS),
            ("beyond_9999", Tag(1, 253402300800), NO_SECONDS),
            ("2_64", Tag(1, Tag(2, b"\x01" + b"\0" * 8)), TAGGED),
            ("2_64_less_one", Tag(1, 2**64 - 1), NO_SECONDS),
            ("true", Tag(1, True), NO_SECONDS),
            ("text_in_tag", Tag(1, "1"), NO_SECONDS),
            ("array_in_tag", Tag(1, [SECONDS]), NO_SECONDS),
            ("tag_in_tag", Tag(1, Tag(1, SECONDS)), NO_SECONDS),
        )
    ),
    case(43, "expiry_untagged", protected({2: [SCHEME, EXPIRY], EXPIRY: SECONDS + 9}), "only Tag `1`"),
    case(44, "integer_label", protected({2: [SCHEME, 99], 99: 1}), "cannot be processed"),
    case(44, "registered_label", protected({2: [SCHEME, 1]}), "cannot be processed"),
    case(44, "content_type", protected({2: [SCHEME, 3]}), "cannot be processed"),
    *(
        case(44, f"registered_{label}", protected({2: [SCHEME, label], label: value}), "cannot be processed")
        for label, value in ((2, [SCHEME, 2]), (4, b"k"), (5, b"iv"), (6, b"iv"), (0, 1), (8, 1))
    ),
    case(44, "bytes", protected({2: [SCHEME, b"x"]}), "cannot be processed"),
    case(44, "unknown_text", protected({2: [SCHEME, "com.example.x"], "com.example.x": 1}), "unknown critical attribute"),
    case(44, "absent", protected({2: [SCHEME, "com.example.x"]}), "not present"),
    case(44, "twice", protected({2: [SCHEME, SCHEME]}), "lists a name twice"),
    case(44, "signing_time", protected({2: [SCHEME, TIME]}), "cannot be critical"),
    case(44, "missing", protected({2: DROP}), CRIT),
    case(44, "empty", protected({2: []}), CRIT),
    case(44, "text", protected({2: SCHEME}), CRIT),
    case(44, "no_scheme", protected({2: ["x"], "x": 1}), f"does not list {SCHEME}"),
    case(44, "no_expiry", protected({EXPIRY: Tag(1, SECONDS + 9)}), f"does not list {EXPIRY}"),
    case(44, "no_authentic_time", authority({2: [SCHEME]}), f"does not list {AUTHENTIC_TIME}"),
    case(45, "es256_over_p384", lambda: cose("EC-384", protected=labels("EC-384", {1: -7}), sign=lambda k, d: signature_of(k, d, "ES256")), "does not match the signing certificate"),
    case(45, "ps384_over_2048", lambda: cose("RSA-2048", protected=labels("RSA-2048", {1: -38}), sign=lambda k, d: signature_of(k, d, "PS384")), "does not match the signing certificate"),
    case(45, "text", protected({1: "ES256"}), "algorithm is missing or not supported"),
    case(45, "rs256", lambda: cose("RSA-2048", protected=labels("RSA-2048", {1: -257}), sign=lambda k, d: signature_of(k, d, "RS256")), "algorithm is missing or not supported"),
    case(45, "hmac", protected({1: 5}), "algorithm is missing or not supported"),
    case(45, "eddsa", protected({1: -8}), "algorithm is missing or not supported"),
    case(45, "es256k", protected({1: -47}), "algorithm is missing or not supported"),
    case(45, "zero", protected({1: 0}), "algorithm is missing or not supported"),
    case(45, "missing", protected({1: DROP}), "algorithm is missing or not supported"),
    case(45, "float", protected({1: Raw(b"\xf9\xc7\x00")}), "algorithm is missing or not supported"),
    case(45, "list", protected({1: [-7]}), "algorithm is missing or not supported"),
    case(45, "salt", lambda: cose("RSA-2048", sign=lambda k, d: rsa_key(k).sign(d, padding.PSS(padding.MGF1(hashes.SHA256()), 20), hashes.SHA256())), BAD_SIGNATURE),
    case(45, "der_signature", lambda: cose(sign=lambda k, d: k.sign(d, ec.ECDSA(hashes.SHA256()))), BAD_SIGNATURE),
    case(45, "signature_with_aad", lambda: cose(sign=lambda k, d: signature_of(k, d.replace(b"\x40", b"\x41a", 1), "ES256")), BAD_SIGNATURE),
    case(46, "invalid_utf8", protected({"x": Raw(b"\x61\xff")}), NOT_STRICT),
    case(46, "invalid_utf8_label", added((Raw(b"\x61\xff"), 1)), NOT_STRICT),
    case(46, "surrogate", protected({"x": Raw(b"\x63\xed\xa0\x80")}), NOT_STRICT),
    case(46, "overlong", protected({"x": Raw(b"\x62\xc0\xaf")}), NOT_STRICT),
    case(46, "simple_0", protected({"x": Raw(b"\xe0")}), "not allowed"),
    case(46, "simple_19", protected({"x": Raw(b"\xf3")}), "not allowed"),
    case(46, "simple_32", protected({"x": Raw(b"\xf8\x20")}), "not allowed"),
    case(46, "simple_long_true", protected({"x": Raw(b"\xf8\x15")}), ""),
    case(46, "undefined", protected({"x": Raw(b"\xf7")}), "not allowed"),
    case(46, "simple_label", added((Raw(b"\xe0"), 1)), ""),
    *(case(46, f"reserved_{info}", protected({"x": Raw(bytes([info]))}), "") for info in (28, 29, 30)),
    *(case(46, f"reserved_simple_{info}", protected({"x": Raw(bytes([0xE0 | info]))}), "") for info in (28, 29, 30)),
    case(46, "break_alone", protected({"x": Raw(b"\xff")}), ""),
    case(46, "bytes_label", added((b"x", 1)), "neither an integer nor text"),
    case(46, "nil_label", added((None, 1)), "neither an integer nor text"),
    case(46, "float_label", added((Raw(b"\xf9\x3e\x00"), 1)), "neither an integer nor text"),
    case(46, "label_beyond_int64", added((2**63, 1)), "neither an integer nor text"),
    case(46, "array_label", added(([1], 1)), "neither an integer nor text"),
    case(47, "jws_as_cose", jws, NOT_SIGN1),
    case(47, "empty", lambda: b"", NOT_SIGN1),
    case(47, "too_large", lambda: cose() + b"\0" * MAX_ENVELOPE_BYTES, "is larger than 33554432 bytes"),
    case(23, "both_times", protected({AUTHENTIC_TIME: Tag(1, SECONDS)}), "is not allowed under notary.x509"),
    case(23, "both_times_authority", authority({TIME: Tag(1, SECONDS)}), "is not allowed under notary.x509.signingAuthority"),
    case(23, "no_time", protected({TIME: DROP}), "is not present"),
    case(23, "unknown_scheme", protected({SCHEME: "notary.x510"}), "signing scheme"),
    case(23, "scheme_bytes", protected({SCHEME: b"notary.x509"}), "signing scheme"),
    case(25, "equal", protected({2: [SCHEME, EXPIRY], EXPIRY: Tag(1, SECONDS)}), "expiry cannot be equal or before"),
    case(28, "other", protected({3: "application/json"}), "not supported"),
    case(28, "number", protected({3: 50}), "content type should be of 'tstr' type"),
    case(28, "missing", protected({3: DROP}), "content type should be of 'tstr' type"),
]  # fmt: skip

ACCEPTED = [
    case(34, "unsorted_map", lambda: cose(protected=Pairs(tuple(reversed(labels().items())))), "", ACCEPT),
    case(34, "unsorted_unprotected", lambda: cose(unprotected=Pairs(((AGENT, "a"), (33, list(make_chain().ders))))), "", ACCEPT),
    case(34, "half_float_attribute", protected({"x": Raw(b"\xf9\x3e\x00")}), "", ACCEPT),
    case(34, "double_attribute", protected({"x": Raw(b"\xfb\x3f\xf8" + b"\0" * 6)}), "", ACCEPT),
    case(42, "protected_chain", lambda: cose(protected=labels("EC-256", {33: list(make_chain().ders)}), unprotected={33: DROP}), "", ACCEPT),
    case(42, "one_certificate", lambda: cose(chain=make_chain("EC-256", 1)), "", ACCEPT),
    case(43, "authority", authority({}), "", ACCEPT),
    case(43, "last_second", protected({TIME: Tag(1, 253402300799)}), "", ACCEPT),
    case(44, "uncritical_integer_label", protected({99: [1, {"a": None}]}), "", ACCEPT),
    case(46, "agent_of_another_type", beside({AGENT: 1}), "", ACCEPT),
    case(46, "token_of_another_type", beside({TOKEN: "x"}), "", ACCEPT),
    case(46, "text_beyond_ascii", added(("caf\u00e9", 1), ("the", 2)), "", ACCEPT),
]  # fmt: skip


def both(name: str, changes: dict[Any, Any], message: str = "", word: str = "INTEGRITY") -> list[Any]:
    """Return the case of *changes* in the protected bucket, and the case of them in the other."""
    return [
        pytest.param(protected(changes), message and f"protected: {message}", word, id=f"{name}-protected"),
        pytest.param(beside(changes), message and f"unprotected: {message}", word, id=f"{name}-unprotected"),
    ]


def one(name: str, build: Callable[[], bytes], message: str = "", word: str = "INTEGRITY") -> Any:
    return pytest.param(build, message, word, id=name)


COUNTERSIGNATURE = [cbor({1: -7}), {4: b"k"}, b"s"]
MALFORMED = "header parameter {} is malformed"
BOTH_IVS = "IV and Partial IV are both present"
NO_COUNTERSIGNATURE = "unprotected: is neither a countersignature nor an array of them"
BAD_COUNTERSIGNATURE = "unprotected: has a malformed countersignature"
BAD_INNER = "unprotected: has a countersignature with a malformed header"

COMMON_PARAMETERS = [
    *both("kid_text", {4: "k"}, MALFORMED.format(4)),
    *both("kid_null", {4: None}, MALFORMED.format(4)),
    *both("kid_number", {4: 1}, MALFORMED.format(4)),
    *both("kid_array", {4: [b"k"]}, MALFORMED.format(4)),
    *both("iv_text", {5: "iv"}, MALFORMED.format(5)),
    *both("partial_iv_text", {6: "iv"}, MALFORMED.format(6)),
    one("two_ivs_protected", protected({5: b"a", 6: b"b"}), BOTH_IVS),
    one("two_ivs_unprotected", beside({5: b"a", 6: b"b"}), BOTH_IVS),
    one("two_ivs_first_protected", lambda: cose(protected=labels("EC-256", {5: b"a"}), unprotected={6: b"b"}), BOTH_IVS),
    one("two_ivs_second_protected", lambda: cose(protected=labels("EC-256", {6: b"a"}), unprotected={5: b"b"}), BOTH_IVS),
    *both("type_empty", {16: ""}, MALFORMED.format(16)),
    *both("type_without_slash", {16: "text"}, MALFORMED.format(16)),
    *both("type_two_slashes", {16: "a/b/c"}, MALFORMED.format(16)),
    *both("type_leading_space", {16: " a/b"}, MALFORMED.format(16)),
    *both("type_trailing_space", {16: "a/b "}, MALFORMED.format(16)),
    *both("type_negative", {16: -1}, MALFORMED.format(16)),
    *both("type_bytes", {16: b"a/b"}, MALFORMED.format(16)),
    *both("type_boolean", {16: True}, MALFORMED.format(16)),
    *(one(f"countersignature_{label}_protected", protected({label: value}), f"countersignature {label} is not allowed here")
      for label, value in ((7, COUNTERSIGNATURE), (9, b"s"), (11, COUNTERSIGNATURE), (12, b"s"))),
    *(one(f"abbreviated_{label}_text", beside({label: "s"}), MALFORMED.format(label)) for label in (9, 12)),
    *(one(f"countersignature_{label}_{name}", beside({label: value}), message)
      for label in (7, 11)
      for name, value, message in (
          ("bytes", b"s", NO_COUNTERSIGNATURE),
          ("text", "s", NO_COUNTERSIGNATURE),
          ("map", {}, NO_COUNTERSIGNATURE),
          ("two_items", COUNTERSIGNATURE[:2], BAD_COUNTERSIGNATURE),
          ("four_items", [*COUNTERSIGNATURE, b"s"], BAD_COUNTERSIGNATURE),
          ("empty_signature", [*COUNTERSIGNATURE[:2], b""], BAD_COUNTERSIGNATURE),
          ("text_signature", [*COUNTERSIGNATURE[:2], "s"], BAD_COUNTERSIGNATURE),
          ("header_no_bytes", [{}, {}, b"s"], BAD_COUNTERSIGNATURE),
          ("header_no_map", [b"", [], b"s"], BAD_COUNTERSIGNATURE),
          ("header_of_an_array", [cbor([]), {}, b"s"], BAD_INNER),
          ("header_not_cbor", [b"\xff", {}, b"s"], "is not strict CBOR"),
          ("header_trailing", [cbor({}) + b"\x00", {}, b"s"], "trailing"),
          ("odd_label_protected", [cbor({b"x": 1}), {}, b"s"], BAD_INNER),
          ("odd_label_unprotected", [b"", {True: 1}, b"s"], BAD_INNER),
          ("second_of_two", [COUNTERSIGNATURE, COUNTERSIGNATURE[:2]], BAD_COUNTERSIGNATURE),
          ("inner_kid", [b"", {4: "k"}, b"s"], "unprotected: header parameter 4 is malformed"),
          ("inner_kid_protected", [cbor({4: "k"}), {}, b"s"], "protected: header parameter 4 is malformed"),
          ("inner_alg", [cbor({1: b"x"}), {}, b"s"], "protected: header parameter 1 is malformed"),
          ("inner_alg_boolean", [cbor({1: True}), {}, b"s"], "protected: header parameter 1 is malformed"),
          ("inner_content_type", [cbor({3: "x"}), {}, b"s"], "protected: header parameter 3 is malformed"),
          ("inner_crit", [b"", {2: [1], 1: -7}, b"s"], "unprotected: crit is not allowed here"),
          ("inner_crit_empty", [cbor({2: []}), {}, b"s"], "protected: header parameter 2 is malformed"),
          ("inner_crit_absent", [cbor({2: [1]}), {}, b"s"], "protected: header parameter 2 is malformed"),
          ("inner_crit_no_array", [cbor({2: "x", "x": 1}), {}, b"s"], "protected: header parameter 2 is malformed"),
          ("inner_two_ivs", [cbor({5: b"a"}), {6: b"b"}, b"s"], BOTH_IVS),
          ("inner_countersignature", [b"", {7: b"x"}, b"s"], NO_COUNTERSIGNATURE),
          ("inner_countersignature_protected", [cbor({7: COUNTERSIGNATURE}), {}, b"s"], "countersignature 7 is not allowed here"),
      )),
]  # fmt: skip
"""What go-cose refuses as well; `tests/interop/test_cose_headers.py` asks it."""

STRICTER_THAN_GO = [
    one(f"countersignature_{label}_{name}", beside({label: value}), message)
    for label in (7, 11)
    for name, value, message in (
        ("no_entries", [], NO_COUNTERSIGNATURE),
        ("null", None, NO_COUNTERSIGNATURE),
        ("null_among_them", [COUNTERSIGNATURE, None], BAD_COUNTERSIGNATURE),
    )
]

GOOD_PARAMETERS = [
    *both("kid", {4: b"k"}, "", ACCEPT),
    *both("kid_empty", {4: b""}, "", ACCEPT),
    *both("iv", {5: b"iv"}, "", ACCEPT),
    *both("partial_iv", {6: b"iv"}, "", ACCEPT),
    *both("type", {16: "a/b"}, "", ACCEPT),
    *both("type_number", {16: 60}, "", ACCEPT),
    *(one(f"abbreviated_{label}", beside({label: b"s"}), "", ACCEPT) for label in (9, 12)),
    *(one(f"countersignature_{label}_{name}", beside({label: value}), "", ACCEPT)
      for label in (7, 11)
      for name, value in (
          ("one", COUNTERSIGNATURE),
          ("two", [COUNTERSIGNATURE, COUNTERSIGNATURE]),
          ("empty_header", [b"", {}, b"s"]),
          ("text_alg", [cbor({1: "x"}), {}, b"s"]),
          ("crit", [cbor({1: -7, 2: [1]}), {}, b"s"]),
          ("within", [b"", {7: COUNTERSIGNATURE}, b"s"]),
      )),
]  # fmt: skip


@pytest.mark.parametrize(("build", "message", "word"), COMMON_PARAMETERS + STRICTER_THAN_GO + GOOD_PARAMETERS)
def test_cose_common_parameter_is_judged(build: Callable[[], bytes], message: str, word: str) -> None:
    """COSE-002, R-07: parameters that say nothing here still have the form RFC 9052 and RFC 9338 give them."""
    assert_judged(build(), EnvelopeFormat.COSE, word, message)


@pytest.mark.parametrize(("build", "message", "word"), ATTACKS)
def test_cose_attack_is_refused(build: Callable[[], bytes], message: str, word: str) -> None:
    """Attacks 31 to 47, and 23, 25, 28 in COSE, each row by its number; R-03, R-05, R-07.

    COSE-001 to COSE-004, COSE-010 to COSE-013, COSE-014 to COSE-017, COSE-018, COSE-020, COSE-030, COSE-032,
    COSE-033, ATTR-006, ATTR-011, ALG-005.
    """
    assert_judged(build(), EnvelopeFormat.COSE, word, message)


@pytest.mark.parametrize(("build", "message", "word"), ACCEPTED)
def test_cose_oddity_is_accepted(build: Callable[[], bytes], message: str, word: str) -> None:
    """Attacks 34, 42, 43: COSE-018, COSE-019, COSE-020; what the reference writes or reads, with one meaning."""
    assert_judged(build(), EnvelopeFormat.COSE, word, message)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_cose_control_is_accepted(key_type: Any) -> None:
    """The envelope that every attack starts from is intact, for all six algorithms."""
    found = judged(cose(key_type), EnvelopeFormat.COSE)
    assert found.word == ACCEPT, found.message
    assert found.intact is not None
    assert found.intact.signed.signing_time == datetime.fromtimestamp(SECONDS, UTC)


def test_attack_047_cose_bytes_as_jws() -> None:
    """Attack 47; VER-030: the media type selects the parser, and a COSE envelope is no JSON."""
    assert_judged(cose(), EnvelopeFormat.JWS, "INTEGRITY", "is not strict JSON")
