# SPDX-License-Identifier: Apache-2.0
r"""Envelopes written by hand, right by default and malformed on request, signed after the change.

Nothing here uses the package's own framing: JSON is put together as text and CBOR by a writer
of twenty lines, so that any byte can be wrong. Each part can be given raw.

    jws(protected=header(alg="none"))                  # a valid signature over a bad header
    jws(protected=b'{"alg":"PS256","alg":"PS256"}')    # raw
    cose(labels=labels({1: -257}))
    cose(protected=b"\xbf\xff")
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from conformance.generate.pki import KeyType, PrivateKey, TestChain, make_chain

CONTENT_TYPE = "application/vnd.cncf.notary.payload.v1+json"
SCHEME, TIME = "io.cncf.notary.signingScheme", "io.cncf.notary.signingTime"
AUTHENTIC_TIME, EXPIRY = "io.cncf.notary.authenticSigningTime", "io.cncf.notary.expiry"
AGENT, TOKEN = "io.cncf.notary.signingAgent", "io.cncf.notary.timestampSignature"
DIGEST = "sha256:" + "ab" * 32
TARGET = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": DIGEST, "size": 528}
PAYLOAD = json.dumps({"targetArtifact": TARGET}, separators=(",", ":")).encode()
SIGNED_AT, SECONDS = "2026-06-01T12:00:00Z", 1780315200

JWS_NAMES: dict[str, str] = dict(
    zip(("RSA-2048", "RSA-3072", "RSA-4096", "EC-256", "EC-384", "EC-521"),
        ("PS256", "PS384", "PS512", "ES256", "ES384", "ES512"), strict=True)
)  # fmt: skip
COSE_NAMES = {"PS256": -37, "PS384": -38, "PS512": -39, "ES256": -7, "ES384": -35, "ES512": -36}
HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
DROP = object()
"""As the value of a header: leave it out."""

Signing = Callable[[PrivateKey, bytes], bytes]


def signature_of(key: PrivateKey, message: bytes, name: str) -> bytes:
    """Return *key*'s signature in the form of JWS and COSE; *name* is the JWS name of the algorithm."""
    digest = HASHES[name[2:]]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return fixed_width(key, key.sign(message, ec.ECDSA(digest, deterministic_signing=True)))
    if name.startswith("RS"):
        return key.sign(message, padding.PKCS1v15(), digest)
    return pss(key, message, f"sha{name[2:]}")


def pss(
    key: rsa.RSAPrivateKey, message: bytes, hash_name: str, *, salt: int | None = None, mask_hash: str = ""
) -> bytes:
    """Return the RSASSA-PSS signature whose salt follows from *message*: the same every time (RFC 8017, 9.1).

    Args:
        salt: its length; that of the hash if None. mask_hash: of MGF1; the same hash if empty.
    """
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    size, bits = (modulus.bit_length() + 7) // 8, modulus.bit_length() - 1
    hashed = hashlib.new(hash_name, message).digest()
    salted = _mask(b"salt" + hashed, len(hashed) if salt is None else salt, hash_name)
    tag = hashlib.new(hash_name, b"\0" * 8 + hashed + salted).digest()
    block = b"\x01" + salted
    block = b"\0" * (size - len(tag) - 1 - len(block)) + block
    mask = _mask(tag, len(block), mask_hash or hash_name)
    masked = bytearray(one ^ other for one, other in zip(block, mask, strict=True))
    masked[0] &= 0xFF >> (8 * size - bits)
    encoded = int.from_bytes(bytes(masked) + tag + b"\xbc", "big")
    return pow(encoded, numbers.d, modulus).to_bytes(size, "big")


def _mask(seed: bytes, size: int, hash_name: str) -> bytes:
    """Return MGF1 (RFC 8017, B.2.1)."""
    made = b""
    while len(made) < size:
        counter = (len(made) // hashlib.new(hash_name).digest_size).to_bytes(4, "big")
        made += hashlib.new(hash_name, seed + counter).digest()
    return made[:size]


def fixed_width(key: ec.EllipticCurvePrivateKey, der: bytes) -> bytes:
    """Return the ASN.1 signature *der* as r || s."""
    size = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(der))


def base64url(data: bytes) -> str:
    """Return *data* as JWS writes it: the URL alphabet, no padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def standard(data: bytes) -> str:
    """Return *data* in base64 as `x5c` has it."""
    return base64.b64encode(data).decode()


# --- JWS ---------------------------------------------------------------------------------------------


def header(key_type: KeyType = "EC-256", **changes: Any) -> dict[str, Any]:
    """Return a good protected header with *changes*; names with dots go in as `**{"io.cncf…": …}`."""
    good: dict[str, Any] = {
        "alg": JWS_NAMES[key_type],
        "crit": [SCHEME],
        "cty": CONTENT_TYPE,
        SCHEME: "notary.x509",
        TIME: SIGNED_AT,
    }
    return {name: value for name, value in (good | changes).items() if value is not DROP}


def authority_header(key_type: KeyType = "EC-256", **changes: Any) -> dict[str, Any]:
    """Return a good protected header under the signing authority scheme, with *changes*."""
    good = {"crit": [SCHEME, AUTHENTIC_TIME], SCHEME: "notary.x509.signingAuthority", TIME: DROP}
    return header(key_type, **good | {AUTHENTIC_TIME: SIGNED_AT} | changes)


@dataclass(frozen=True, slots=True)
class JwsParts:
    """The four members of a JWS envelope, each as the JSON text that stands after its name."""

    payload: str
    protected: str
    header: str
    signature: str

    def document(self) -> bytes:
        """Return the flattened serialization, members in the reference's order."""
        names = ("payload", "protected", "header", "signature")
        return ("{" + ",".join(f'"{name}":{getattr(self, name)}' for name in names) + "}").encode()


def jws_parts(
    key_type: KeyType = "EC-256",
    *,
    chain: TestChain | None = None,
    protected: Mapping[str, Any] | bytes | str | None = None,
    payload: bytes | str = PAYLOAD,
    unprotected: Mapping[str, Any] | None = None,
    sign: Signing | None = None,
) -> JwsParts:
    """Return the members of an envelope, signed as they stand.

    Args:
        protected: header object, or the raw bytes under the base64url, or the text that stands there.
        payload: the payload bytes, or the text that stands in their place.
        unprotected: members of the unprotected header besides (or, with `DROP`, instead of) the good ones.
        sign: makes the signature bytes from the leaf's key and the signing input.
    """
    chain = chain or make_chain(key_type)
    protected = header(key_type) if protected is None else protected
    if not isinstance(protected, bytes | str):
        protected = json.dumps(protected, separators=(",", ":")).encode()
    first = protected if isinstance(protected, str) else base64url(protected)
    second = payload if isinstance(payload, str) else base64url(payload)
    message = f"{first}.{second}".encode()
    signature = (sign or (lambda key, data: signature_of(key, data, JWS_NAMES[key_type])))(chain.key, message)
    good = {"x5c": [standard(der) for der in chain.ders], AGENT: "test/1.0"} | dict(unprotected or {})
    kept = {name: value for name, value in good.items() if value is not DROP}
    return JwsParts(json.dumps(second), json.dumps(first), json.dumps(kept), json.dumps(base64url(signature)))


def jws(key_type: KeyType = "EC-256", **faults: Any) -> bytes:
    """Return a JWS envelope; *faults* as in `jws_parts`."""
    return jws_parts(key_type, **faults).document()


# --- COSE --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """A CBOR tag around a value."""

    number: int
    value: Any


@dataclass(frozen=True, slots=True)
class Raw:
    """CBOR bytes that stand as they are; hashable, so that they can be a label."""

    encoded: bytes


@dataclass(frozen=True, slots=True)
class Pairs:
    """A CBOR map with these pairs in this order, equal labels and all."""

    entries: tuple[tuple[Any, Any], ...]


def head(major: int, value: int) -> bytes:
    """Return the shortest CBOR head."""
    if value < 24:
        return bytes([major << 5 | value])
    size = next(size for size in (1, 2, 4, 8) if value < 1 << (8 * size))
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + value.to_bytes(size, "big")


def cbor(value: Any) -> bytes:
    """Return *value* in CBOR, maps in the order given."""
    match value:
        case Raw():
            return value.encoded
        case bool() | None:
            return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            return head(4, len(value)) + b"".join(map(cbor, value))
        case Tag():
            return head(6, value.number) + cbor(value.value)
        case dict() | Pairs():
            entries: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else value.entries
            pairs = list(entries)
            return head(5, len(pairs)) + b"".join(cbor(label) + cbor(entry) for label, entry in pairs)
        case _:
            raise TypeError(type(value))


def labels(key_type: KeyType = "EC-256", changes: Mapping[Any, Any] | None = None) -> dict[Any, Any]:
    """Return a good protected header with *changes*, in the order of deterministic encoding."""
    good = {
        1: COSE_NAMES[JWS_NAMES[key_type]],
        2: [SCHEME],
        3: CONTENT_TYPE,
        TIME: Tag(1, SECONDS),
        SCHEME: "notary.x509",
    }
    return {label: value for label, value in (good | dict(changes or {})).items() if value is not DROP}


def authority_labels(changes: Mapping[Any, Any] | None = None) -> dict[Any, Any]:
    """Return a good protected header for EC-256 under the signing authority scheme, with *changes*."""
    good = {2: [SCHEME, AUTHENTIC_TIME], SCHEME: "notary.x509.signingAuthority", TIME: DROP}
    return labels("EC-256", good | {AUTHENTIC_TIME: Tag(1, SECONDS)} | dict(changes or {}))


@dataclass(frozen=True, slots=True)
class CoseParts:
    """The four items of a COSE_Sign1, each as its CBOR encoding."""

    protected: bytes
    unprotected: bytes
    payload: bytes
    signature: bytes

    def message(self, start: bytes = b"\xd2\x84") -> bytes:
        """Return the items one after the other behind *start*, tag 18 and an array of four."""
        return start + self.protected + self.unprotected + self.payload + self.signature


def sig_structure(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    """Return the bytes a COSE_Sign1 signature is made over (RFC 9052 section 4.4)."""
    return cbor(["Signature1", protected, external, payload])


def cose_parts(
    key_type: KeyType = "EC-256",
    *,
    chain: TestChain | None = None,
    protected: Mapping[Any, Any] | Pairs | bytes | None = None,
    unprotected: Mapping[Any, Any] | Pairs | None = None,
    payload: bytes = PAYLOAD,
    sign: Signing | None = None,
) -> CoseParts:
    """Return the items of an envelope, signed as they stand.

    Args:
        protected: header map, or the raw bytes inside the byte string.
        unprotected: entries besides (or, with `DROP`, instead of) the good ones; `Pairs` replaces all.
        sign: makes the signature bytes from the leaf's key and the Sig_structure.
    """
    chain = chain or make_chain(key_type)
    protected = labels(key_type) if protected is None else protected
    raw = protected if isinstance(protected, bytes) else cbor(protected)
    make = sign or (lambda key, data: signature_of(key, data, JWS_NAMES[key_type]))
    signature = make(chain.key, sig_structure(raw, payload))
    outer: Any = unprotected
    if not isinstance(unprotected, Pairs):
        good = {33: list(chain.ders), AGENT: "test/1.0"} | dict(unprotected or {})
        outer = {label: value for label, value in good.items() if value is not DROP}
    return CoseParts(cbor(raw), cbor(outer), cbor(payload), cbor(signature))


def cose(key_type: KeyType = "EC-256", **faults: Any) -> bytes:
    """Return a COSE envelope; *faults* as in `cose_parts`."""
    return cose_parts(key_type, **faults).message()


def rsa_key(key: PrivateKey) -> rsa.RSAPrivateKey:
    """Return *key*, which is an RSA key."""
    return cast("rsa.RSAPrivateKey", key)
