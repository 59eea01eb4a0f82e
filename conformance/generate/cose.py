# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `cose`: framing, labels and signature of a COSE envelope, one fault each, signed after the fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .envelopes import (
    AGENT,
    CONTENT_TYPE,
    DROP,
    EXPIRY,
    SCHEME,
    TIME,
    TOKEN,
    Pairs,
    Raw,
    Tag,
    cbor,
    pss,
    signature_of,
)
from .pki import PrivateKey, fixed_keys
from .scene import PAYLOAD, SECONDS, chain, cose, cose_parts, jws, labels, scene
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "cose"


def _bad(name: str, title: str, envelope: bytes, attacks: tuple[int, ...] = (), requires: str = "") -> Built:
    made = scene(envelope, "cose")
    return refuse(name, title, "integrity", attacks=attacks, requires=requires, sound="sound", **made)


def _good(name: str, title: str, envelope: bytes, attacks: tuple[int, ...] = (), requires: str = "") -> Built:
    return accept(name, title, attacks=attacks, requires=requires, **scene(envelope, "cose"))


def _protected(changes: Mapping[Any, Any]) -> bytes:
    return cose(protected=labels(changes))


def _added(*pairs: tuple[Any, Any]) -> bytes:
    """Return an envelope with *pairs* behind those of a good protected header, equal labels and all."""
    return cose(protected=Pairs((*labels().items(), *pairs)))


def _beside(changes: Mapping[Any, Any]) -> bytes:
    return cose(unprotected=changes)


def _header(edit: Callable[[bytes], bytes]) -> bytes:
    """Return an envelope whose encoded protected header was changed, and signed as it then stands."""
    return cose(protected=edit(cbor(labels())))


def _items(edit: Callable[[Any], Any]) -> bytes:
    return bytes(edit(cose_parts()).message())


def _whole(edit: Callable[[bytes], bytes]) -> bytes:
    return edit(cose())


CHAIN = list(chain().ders)


@family(AREA, "COSE-001", "COSE-030")
def sound() -> Iterator[Built]:
    """A COSE envelope that breaks no rule."""
    yield _good("sound", "the least that is needed", _beside({AGENT: DROP}))
    yield _good("with-agent", "with a signing agent, about which nothing is checked", cose(), (), "ATTR-010 COSE-034")
    yield _good("unsorted-protected", "the protected labels in another order", cose(protected=Pairs(tuple(reversed(labels().items())))), (34,), "COSE-031")
    yield _good("unsorted-unprotected", "the unprotected labels in another order", cose(unprotected=Pairs(((AGENT, "a"), (33, CHAIN)))), (34,))
    yield _good("float-attribute", "an informational attribute that is a floating-point number", _protected({"com.example.x": Raw(b"\xfb\x3f\xf8" + b"\0" * 6)}), (34,), "COSE-020")
    yield _good("integer-attribute", "an informational attribute under an integer label", _protected({99: [1, {"a": None}]}), (44,), "COSE-020")


@family(AREA, "COSE-001")
def message() -> Iterator[Built]:
    """A COSE envelope is tag 18 around an array of four, and nothing else."""
    yield _bad("untagged", "there is no tag", _whole(lambda data: data[1:]), (35,))
    yield _bad("tag-98", "the tag is that of messages with several signers", _whole(lambda data: b"\xd8\x62" + data[1:]), (35,))
    yield _bad("tag-17", "the tag is that of a message authentication code", _whole(lambda data: b"\xd1" + data[1:]), (35,))
    yield _bad("tag-18-twice", "the tag stands twice", _whole(lambda data: b"\xd2" + data), (35,))
    yield _bad("self-described", "the tag of self-described CBOR stands before it", _whole(lambda data: b"\xd9\xd9\xf7" + data), (35,))
    yield _bad("three-items", "the array has three items", _whole(lambda data: b"\xd2\x83" + data[2:]), (35,))
    yield _bad("five-items", "the array has five items", _whole(lambda data: b"\xd2\x85" + data[2:] + b"\x00"), (35,))
    yield _bad("long-tag-head", "the tag has a longer head than it needs", _whole(lambda data: b"\xd8\x12" + data[1:]), (34,))
    yield _bad("long-array-head", "the array has a longer head than it needs", _whole(lambda data: b"\xd2\x98\x04" + data[2:]), (34,))
    yield _bad("indefinite-array", "the array has no definite length", _whole(lambda data: b"\xd2\x9f" + data[2:] + b"\xff"), (31,), "COSE-002")
    yield _bad("trailing-byte", "a byte stands behind it", _whole(lambda data: data + b"\x00"), (39,), "COSE-002 SEC-003")
    yield _bad("trailing-line-end", "a line end stands behind it", _whole(lambda data: data + b"\n"), (39,), "COSE-002 SEC-003")
    yield _bad("two-messages", "another message stands behind it", _whole(lambda data: data + data), (39,), "COSE-002")
    yield _bad("cut-short", "its last byte is missing", _whole(lambda data: data[:-1]), (39,), "COSE-002")
    yield _bad("empty-file", "there is no byte at all", b"", (30,))
    yield _bad("jws-bytes", "a JWS envelope under the media type of COSE", jws(), (47,), "SIG-007")
    yield _bad("array-of-2-40", "an array claims to have 2^40 items", b"\xd2\x84\x9b" + (1 << 40).to_bytes(8, "big") + b"\0" * 9, (37,), "SEC-001")
    yield _bad("bytes-of-2-40", "a byte string claims to have 2^40 bytes", b"\xd2\x84\x5b" + (1 << 40).to_bytes(8, "big") + b"\0" * 9, (37,), "SEC-001")
    yield _bad("nested-1000", "a thousand arrays within each other", b"\xd2\x84" + b"\x81" * 1000, (38,), "SEC-003")


@family(AREA, "COSE-004", "PAY-014")
def payload_and_signature() -> Iterator[Built]:
    """Payload and signature are byte strings that are not empty."""
    yield _bad("payload-nil", "the payload is detached", _items(lambda p: replace(p, payload=b"\xf6")), (40,))
    yield _bad("payload-empty", "the payload is empty", cose(payload=b""), (40,))
    yield _bad("payload-text", "the payload is text", _items(lambda p: replace(p, payload=cbor(PAYLOAD.decode()))), (40,))
    yield _bad("payload-map", "the payload is a map", _items(lambda p: replace(p, payload=cbor({"a": 1}))), (40,))
    yield _bad("payload-indefinite", "the payload has no definite length", _items(lambda p: replace(p, payload=b"\x5f" + p.payload + b"\xff")), (31,), "COSE-002")
    yield _bad("signature-empty", "the signature is empty", cose(sign=lambda _key, _data: b""), (40,))
    yield _bad("signature-nil", "the signature is nil", _items(lambda p: replace(p, signature=b"\xf6")), (40,))


@family(AREA, "COSE-002", "COSE-031")
def protected_header() -> Iterator[Built]:
    """The protected header is one map in a byte string, each label once."""
    yield _bad("protected-empty", "the byte string is empty", cose(protected=b""), (41,))
    yield _bad("protected-empty-map", "the map is empty", cose(protected=b"\xa0"), (41,))
    yield _bad("protected-unwrapped", "the map is not in a byte string", _items(lambda p: replace(p, protected=cbor({1: -7}))), (41,))
    yield _bad("protected-wrapped-twice", "the map is in a byte string in a byte string", _header(cbor), (41,))
    yield _bad("protected-array", "an array in place of the map", cose(protected=cbor([1, -7])), (41,))
    yield _bad("protected-trailing", "a byte behind the map", _header(lambda data: data + b"\x00"), (39,))
    yield _bad("protected-indefinite", "the map has no definite length", _header(lambda data: b"\xbf" + data[1:] + b"\xff"), (31,))
    yield _bad("unprotected-array", "an array in place of the unprotected map", _items(lambda p: replace(p, unprotected=cbor([33]))), (41,))
    yield _bad("alg-twice", "the algorithm occurs twice", _added((1, -7)), (32,))
    yield _bad("scheme-twice", "the signing scheme occurs twice", _added((SCHEME, "notary.x509.signingAuthority")), (32,))
    yield _bad("alg-twice-as-float", "the algorithm occurs again under the label 1.0", _added((Raw(b"\xf9\x3c\x00"), -7)), (32,))
    yield _bad("inner-label-twice", "a label occurs twice in a map within", _protected({"com.example.x": Pairs((("a", 1), ("a", 2)))}), (32,))
    yield _bad("agent-twice", "the signing agent occurs twice in the unprotected map", cose(unprotected=Pairs(((33, CHAIN), (AGENT, "a"), (AGENT, "b")))), (32,))
    yield _bad("label-bytes", "a label is a byte string", _added((b"x", 1)), (46,))
    yield _bad("label-nil", "a label is nil", _added((None, 1)), (46,))
    yield _bad("label-beyond-int64", "a label is 2^63", _added((2**63, 1)), (46,))
    yield _bad("text-invalid-utf-8", "a text is no UTF-8", _protected({"com.example.x": Raw(b"\x61\xff")}), (46,))
    yield _bad("text-surrogate", "a text is an encoded surrogate", _protected({"com.example.x": Raw(b"\x63\xed\xa0\x80")}), (46,))
    yield _bad("simple-0", "a value is a simple value that nobody has assigned", _protected({"com.example.x": Raw(b"\xe0")}), (46,))
    yield _bad("undefined", "a value is undefined", _protected({"com.example.x": Raw(b"\xf7")}), (46,))
    yield _bad("reserved-28", "a head has reserved additional information", _protected({"com.example.x": Raw(b"\x1c")}), (46,))
    yield _bad("long-label", "a label is not in its shortest form", _header(lambda data: data.replace(b"\xa5\x01", b"\xa5\x18\x01", 1)), (34,), "COSE-005")
    yield _bad("long-algorithm", "the algorithm is not in its shortest form", _protected({1: Raw(b"\x38\x06")}), (34,), "COSE-005")
    yield _bad("long-text", "the length of a text is not in its shortest form", _protected({SCHEME: Raw(b"\x78\x0bnotary.x509")}), (34,), "COSE-005")


@family(AREA, "COSE-003")
def tags() -> Iterator[Built]:
    """No CBOR tag but that of times stands within."""
    for tag, title, value in (
        (0, "a time as text", "2022-06-01T12:00:00Z"),
        (2, "a large number", b"\x01"),
        (4, "a decimal fraction with a huge exponent", [2**32, 1]),
        (28, "a shared value that contains itself", [Tag(29, 0)]),
        (35, "a regular expression", "(a+)+$"),
        (258, "a set", [1]),
    ):
        yield _bad(f"attribute-tag-{tag}", f"an attribute is {title}", _protected({"com.example.x": Tag(tag, value)}), (36,))
    yield _bad("unprotected-tag-1", "a time in the unprotected map", _beside({"com.example.x": Tag(1, SECONDS)}), (36,))
    yield _bad("protected-self-described", "the protected map is self-described", cose(protected=b"\xd9\xd9\xf7" + cbor(labels())), (35,))


@family(AREA, "COSE-018", "COSE-019")
def buckets() -> Iterator[Built]:
    """A label stands in one of the two header maps, and what is signed in the protected one."""
    yield _bad("alg-in-both", "the algorithm in both", _beside({1: -7}), (33,), "COSE-010")
    yield _bad("crit-in-both", "the critical list in both", _beside({2: [SCHEME]}), (33,), "COSE-011")
    yield _bad("chain-in-both", "the chain in both", _protected({33: CHAIN}), (33,))
    yield _bad("custom-in-both", "a label of somebody else in both", cose(protected=labels({"com.example.x": 1}), unprotected={"com.example.x": 1}), (33,))
    yield _bad("alg-unprotected", "the algorithm in the unprotected one", cose(protected=labels({1: DROP}), unprotected={1: -7}), (33,), "COSE-010")
    yield _bad("crit-unprotected", "the critical list in the unprotected one", cose(protected=labels({2: DROP}), unprotected={2: [SCHEME]}), (33,), "COSE-011")
    yield _bad("scheme-unprotected", "the signing scheme in the unprotected one", cose(protected=labels({SCHEME: DROP, 2: [SCHEME]}), unprotected={SCHEME: "notary.x509"}), (33,), "ATTR-001")
    yield _bad("expiry-unprotected", "an expiry in the unprotected one", _beside({EXPIRY: SECONDS + 9}), (33,), "ATTR-004")
    yield _good("chain-protected", "the chain in the protected one", cose(protected=labels({33: CHAIN}), unprotected={33: DROP}), (42,))
    yield _good("token-of-another-type", "a timestamp that is no byte string counts as none", _beside({TOKEN: "x"}), (46,))
    yield _good("agent-of-another-type", "a signing agent that is no text counts as none", _beside({AGENT: 1}), (46,))


@family(AREA, "COSE-017")
def certificates() -> Iterator[Built]:
    """The chain is an array of byte strings, even for one certificate."""
    for name, title, value in (
        ("single", "a byte string alone", CHAIN[0]),
        ("empty", "it is empty", []),
        ("absent", "it is missing", DROP),
        ("text", "an entry is text", ["x"]),
        ("map", "it is a map", {1: CHAIN[0]}),
        ("nil", "it is nil", None),
        ("indefinite", "it has no definite length", Raw(b"\x9f" + b"".join(map(cbor, CHAIN)) + b"\xff")),
        ("garbage", "an entry is no certificate", [CHAIN[0], b"certificate"]),
    ):
        yield _bad(f"chain-{name}", title, _beside({33: value}), (31 if name == "indefinite" else 42,), "COSE-035")
    lone = chain("EC-256", 1)
    yield accept("chain-of-one", "one certificate, in an array", attacks=(42,), **scene(cose(chain=lone), "cose", signer=lone))


@family(AREA, "COSE-015")
def times() -> Iterator[Built]:
    """A time is a whole number of seconds under tag 1."""
    for name, title, value in (
        ("text", "text without a tag", "2022-06-01T12:00:00Z"),
        ("untagged", "seconds without a tag", SECONDS),
        ("nil", "nil", None),
        ("tag-0", "text under tag 0", Tag(0, "2022-06-01T12:00:00Z")),
        ("not-a-number", "not a number", Tag(1, Raw(b"\xf9\x7e\x00"))),
        ("infinity", "infinite", Tag(1, Raw(b"\xf9\x7c\x00"))),
        ("float", "a floating-point number", Tag(1, Raw(b"\xfb\x41\xd8\xa5\x83\x60\x00\x00\x00"))),
        ("negative", "before 1970", Tag(1, -1)),
        ("year-10000", "in the year 10000", Tag(1, 253402300800)),
        ("2-64-less-1", "2^64 - 1", Tag(1, 2**64 - 1)),
        ("text-in-tag", "text under tag 1", Tag(1, "1654084800")),
        ("tag-in-tag", "a tag under the tag", Tag(1, Tag(1, SECONDS))),
        ("true", "true under the tag", Tag(1, value=True)),
    ):  # fmt: skip
        yield _bad(f"time-{name}", title, _protected({TIME: value}), (43,))
    yield _bad("expiry-untagged", "an expiry without a tag", _protected({2: [SCHEME, EXPIRY], EXPIRY: 4702060800}), (43,), "ATTR-004")


@family(AREA, "COSE-010", "ALG-004")
def algorithm() -> Iterator[Built]:
    """The algorithm is one of six numbers."""
    for name, title, value in (
        ("text", "text, as JWS has it", "ES256"), ("hmac", "that of an HMAC", 5), ("eddsa", "that of EdDSA", -8), ("es256k", "that of ES256K", -47),
        ("zero", "reserved", 0), ("missing", "missing", DROP), ("list", "in a list", [-7]), ("float", "a floating-point number", Raw(b"\xf9\xc7\x00")),
    ):  # fmt: skip
        yield _bad(f"alg-{name}", title, _protected({1: value}), (45,))
    content = "the content type is a number"
    yield _bad("content-type-number", content, _protected({3: 50}), (28,), "COSE-014")
    yield _bad("content-type-spaces", "the content type has a space in front", _protected({3: " " + CONTENT_TYPE}), (28,), "COSE-014")


@family(AREA, "COSE-032", "COSE-033", "COSE-035")
def signature() -> Iterator[Built]:
    """The signature is over the Sig_structure, in the form of COSE."""

    def der(key: Any, data: bytes) -> bytes:
        return bytes(key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))

    def es256(key: PrivateKey, data: bytes) -> bytes:
        return signature_of(key, data, "ES256")

    yield _bad("signature-der", "it is ASN.1", cose(sign=der), (26,))
    yield _bad("signature-short", "a byte is missing", cose(sign=lambda key, data: es256(key, data)[:-1]), (26,))
    yield _bad("signature-r-zero", "r is zero", cose(sign=lambda key, data: b"\0" * 32 + es256(key, data)[32:]), (26,))
    yield _bad("signature-of-another", "another key has made it", cose(sign=lambda _key, data: es256(fixed_keys("EC-256")[2], data)), (26,))
    yield _bad("signature-external-data", "it is over external data as well", cose(sign=lambda key, data: es256(key, data.replace(b"\x40", b"\x41a", 1))), (26,), "COSE-030")
    yield _bad("signature-other-context", "its context is that of a message with several signers", cose(sign=lambda key, data: es256(key, data.replace(b"\x6aSignature1", b"\x69Signature"))), (26,), "COSE-030")
    yield _bad("signature-payload-alone", "it is over the payload alone", cose(sign=lambda key, _data: es256(key, PAYLOAD)), (26,), "COSE-030")
    rsa = chain("RSA-2048")
    yield accept("signature-rsa", "RSASSA-PSS with a salt of the length of the hash", attacks=(14,), **scene(cose("RSA-2048"), "cose", signer=rsa))
    for name, title, sign in (
        ("salt-20", "RSASSA-PSS with a salt of 20 bytes", lambda key, data: pss(key, data, "sha256", salt=20)),
        ("salt-empty", "RSASSA-PSS without a salt", lambda key, data: pss(key, data, "sha256", salt=0)),
        ("salt-longest", "RSASSA-PSS with the longest salt", lambda key, data: pss(key, data, "sha256", salt=222)),
        ("pkcs1-as-pss", "PKCS #1 v1.5 under the name of PSS", lambda key, data: signature_of(key, data, "RS256")),
        ("other-mask-hash", "RSASSA-PSS with SHA-1 within the mask", lambda key, data: pss(key, data, "sha256", mask_hash="sha1")),
    ):  # fmt: skip
        made = scene(cose("RSA-2048", sign=sign), "cose", signer=rsa)
        yield refuse(name, title, "integrity", attacks=(14,), sound="signature-rsa", **made)


@family(AREA, "COSE-002")
def common_parameters() -> Iterator[Built]:
    """Parameters of COSE that this format does not use still have their form."""
    yield _good("key-id", "a key identifier in bytes", _protected({4: b"k"}))
    yield _bad("two-initialization-vectors", "both kinds of initialization vectors", _protected({5: b"a", 6: b"b"}))
    yield _bad("countersignature-protected", "a countersignature in the protected map", _protected({11: [cbor({1: -7}), {4: b"k"}, b"s"]}))
    yield _good("countersignature", "a countersignature, which is not looked at", _beside({11: [cbor({1: -7}), {4: b"k"}, b"s"]}))
