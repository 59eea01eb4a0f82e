# SPDX-License-Identifier: Apache-2.0
"""A timestamping authority with a committed TEST key: an answer to any RFC 3161 request, now.

Right but for its clock and for one fault that a vector may ask for. Knows nothing about HTTP.

Spec: RFC 3161 section 2.4.2; RFC 5652; RFC 5816.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from .. import der
from ..errors import MalformedError
from ..timestamp.ber import encoded
from .responders import PrivateKey, signing_key
from .spans import moment
from .vector import Vector

_GENERALIZED_TIME, _CONTEXT = 0x18, 0xA0

_POLICY = "1.3.6.1.4.1.99999.3161"
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256, _RSA_SHA256 = "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11"
_REJECTED = bytes.fromhex("30053003020102")
"""A TimeStampResp with nothing but the status 2."""


def timestamp_reply(vector: Vector, source: Mapping[str, Any], request: bytes, now: datetime) -> bytes:
    """Return the DER of the answer to *request*, a TimeStampReq, as *source* describes the authority.

    Raises:
        MalformedError: *request* is not one.
    """
    fault = source.get("fault", "")
    if fault == "rejected":
        return _REJECTED
    imprint, nonce = _asked(request)
    if fault == "imprint":
        imprint = imprint[:-1] + bytes([imprint[-1] ^ 1])
    if fault == "nonce":
        nonce = encoded(der.INTEGER, b"\x07") if nonce else b""
    serial = hashlib.sha256(request).digest()[:8]
    info = encoded(
        der.SEQUENCE,
        encoded(der.INTEGER, b"\x01"),
        _oid(_POLICY),
        imprint,
        encoded(der.INTEGER, b"\x00" + serial if serial[0] & 0x80 else serial.lstrip(b"\0") or b"\1"),
        encoded(_GENERALIZED_TIME, moment(source, "clock", "+0s", now).strftime("%Y%m%d%H%M%SZ").encode()),
        encoded(der.SEQUENCE, encoded(der.INTEGER, b"\x01")),
        nonce,
    )
    chain = x509.load_pem_x509_certificates(vector.read(source["chain"]))
    token = _token(info, chain, signing_key(vector, source["key"]), spoiled=fault == "signature")
    return encoded(der.SEQUENCE, encoded(der.SEQUENCE, encoded(der.INTEGER, b"\x00")), token)


def _asked(request: bytes) -> tuple[bytes, bytes]:
    """Return message imprint and nonce of *request*, encoded; the nonce is empty if there is none."""
    members = der.split(der.only(request, der.SEQUENCE))
    if len(members) < 2:
        raise MalformedError("is not a TimeStampReq")
    nonces = [member for member in members[2:] if member[0] == der.INTEGER]
    return members[1], nonces[0] if nonces else b""


def _token(info: bytes, chain: list[x509.Certificate], key: PrivateKey, *, spoiled: bool) -> bytes:
    ders = [one.public_bytes(Encoding.DER) for one in chain]
    digest = encoded(der.SEQUENCE, _oid(_SHA256), b"\x05\x00")
    attributes = sorted(
        (
            _attribute(_CONTENT_TYPE, _oid(_TST_INFO)),
            _attribute(_MESSAGE_DIGEST, encoded(der.OCTET_STRING, hashlib.sha256(info).digest())),
            _attribute(_SIGNING_CERTIFICATE_V2, _nested(3, hashlib.sha256(ders[0]).digest())),
        )
    )
    signature = _signature(key, encoded(der.SET, *attributes))
    if spoiled:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    serial = chain[0].serial_number
    issuer = encoded(
        der.SEQUENCE,
        chain[0].issuer.public_bytes(),
        encoded(der.INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big")),
    )
    algorithm = (
        _oid(_ECDSA_SHA256)
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else _oid(_RSA_SHA256) + b"\x05\x00"
    )
    signer = encoded(
        der.SEQUENCE,
        encoded(der.INTEGER, b"\x01"),
        issuer,
        digest,
        encoded(_CONTEXT, *attributes),
        encoded(der.SEQUENCE, algorithm),
        encoded(der.OCTET_STRING, signature),
    )
    content = encoded(der.SEQUENCE, _oid(_TST_INFO), encoded(_CONTEXT, encoded(der.OCTET_STRING, info)))
    signed = encoded(
        der.SEQUENCE,
        encoded(der.INTEGER, b"\x03"),
        encoded(der.SET, digest),
        content,
        encoded(_CONTEXT, *ders),
        encoded(der.SET, signer),
    )
    return encoded(der.SEQUENCE, _oid(_SIGNED_DATA), encoded(_CONTEXT, signed))


def _nested(depth: int, octets: bytes) -> bytes:
    """Return *octets* as an OCTET STRING in *depth* sequences: SigningCertificateV2 with one hash."""
    value = encoded(der.OCTET_STRING, octets)
    for _ in range(depth):
        value = encoded(der.SEQUENCE, value)
    return value


def _attribute(oid: str, value: bytes) -> bytes:
    return encoded(der.SEQUENCE, _oid(oid), encoded(der.SET, value))


def _signature(key: PrivateKey, message: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(SHA256()))
    return key.sign(message, padding.PKCS1v15(), SHA256())


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    octets = b""
    for number in (first * 40 + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.insert(0, number & 0x7F | 0x80)
        octets += bytes(groups)
    return encoded(der.OBJECT_IDENTIFIER, octets)
