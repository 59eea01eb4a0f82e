# SPDX-License-Identifier: Apache-2.0
"""OCSP responses and CRLs made when they are asked for, because they age.

Signed with the committed TEST keys that a vector names. Makes what is right but for the status and the times;
answers that are wrong in form are files of a vector.

Spec: RFC 6960, RFC 5280 section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp

from ..errors import ConfigurationError
from .spans import moment
from .vector import Vector

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_STATUS = {
    "good": ocsp.OCSPCertStatus.GOOD,
    "revoked": ocsp.OCSPCertStatus.REVOKED,
    "unknown": ocsp.OCSPCertStatus.UNKNOWN,
}


def signing_key(vector: Vector, file: str) -> PrivateKey:
    """Return the TEST key in *file* of *vector*.

    Raises:
        ConfigurationError: it is no RSA or EC key.
    """
    key = load_pem_private_key(vector.read(file), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, PrivateKey):
        raise ConfigurationError(f"vector {vector.name}: {file} is neither an RSA nor an EC key")
    return key


def certificate(vector: Vector, file: str) -> x509.Certificate:
    """Return the first certificate in *file* of *vector*."""
    return x509.load_pem_x509_certificate(vector.read(file))


def ocsp_response(vector: Vector, source: Mapping[str, Any], now: datetime) -> bytes:
    """Return the DER of the response that *source* describes, made *now*."""
    issuer = certificate(vector, source["issuer"])
    revoked = source["status"] == "revoked"
    reason = x509.ReasonFlags(source["reason"]) if revoked and "reason" in source else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        certificate(vector, source["certificate"]),
        issuer,
        SHA1(),  # noqa: S303 - how a CertID names an issuer; the Go program asks with it
        _STATUS[source["status"]],
        moment(source, "this_update", "-1h", now),
        moment(source, "next_update", "+1d", now),
        moment(source, "revoked", "-1d", now) if revoked else None,
        reason,
    )
    if "responder" in source:
        delegate = certificate(vector, source["responder"])
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, delegate).certificates([delegate])
    else:
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, issuer)
    return builder.sign(signing_key(vector, source["key"]), SHA256()).public_bytes(Encoding.DER)


def revocation_list(vector: Vector, source: Mapping[str, Any], now: datetime) -> bytes:
    """Return the DER of the CRL that *source* describes, made *now*."""
    issuer = certificate(vector, source["issuer"])
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(moment(source, "this_update", "-1h", now))
        .next_update(moment(source, "next_update", "+1d", now))
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for file in source.get("certificates", ()):
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate(vector, file).serial_number)
            .revocation_date(moment(source, "revoked", "-1d", now))
        )
        if "reason" in source:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(source["reason"])), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(signing_key(vector, source["key"]), SHA256()).public_bytes(Encoding.DER)
