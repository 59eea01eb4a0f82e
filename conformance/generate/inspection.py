# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `inspect`: what is told about signatures that nobody has verified yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from .blobs import BLOB, OCTETS
from .envelopes import EXPIRY, SCHEME, signature_of
from .pki import KEY_TYPES, fixed_keys
from .scene import TARGET, by_authority, chain, compact, enveloped, scene, with_headers
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "inspect"
FORMS = ("jws", "cose")
MEDIA_TYPES = {"jws": "application/jose+json", "cose": "application/cose"}
ALGORITHMS = {"RSA-2048": "RSASSA-PSS-SHA-256", "RSA-3072": "RSASSA-PSS-SHA-384", "RSA-4096": "RSASSA-PSS-SHA-512", "EC-256": "ECDSA-SHA-256", "EC-384": "ECDSA-SHA-384", "EC-521": "ECDSA-SHA-512"}
ONE = "/signatures/0"


def _image(*envelopes: bytes, form: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a vector in which an image with these signatures is looked at."""
    files = {f"signature{n}.{form}": data for n, data in enumerate(envelopes)}
    made = scene(form=form, signatures=[{"envelope": name} for name in files], files=files, stores={})
    made["tables"]["config"] = {}
    made["tables"] |= {"arguments": {"output": "json"}, "expected": {"json": dict(facts)}}
    return made | {"command": "inspect"}


@family(AREA, "CLI-009", "CLI-010", "PAY-012")
def facts() -> Iterator[Built]:
    """What a signature says is shown as it is, and no trust is asked for."""
    for key_type in KEY_TYPES:
        for form in FORMS:
            told = {f"{ONE}/signatureAlgorithm": ALGORITHMS[key_type], f"{ONE}/signatureEnvelopeType": MEDIA_TYPES[form], f"{ONE}/signedAttributes/signingScheme": "notary.x509"}
            yield accept(f"{key_type.lower()}-{form}", f"the algorithm of a key of {key_type}", requires="ALG-003", **_image(enveloped(form, key_type), form=form, facts=told))
    for form in FORMS:
        thumbprints = {f"{ONE}/certificates/{n}/SHA256Fingerprint": hashlib.sha256(der).hexdigest() for n, der in enumerate(chain().ders)}
        yield accept(f"certificates-{form}", "the thumbprints of the certificates, leaf first", **_image(enveloped(form), form=form, facts=thumbprints))
        signed = {f"{ONE}/signedArtifact/{key}": value for key, value in TARGET.items()}
        yield accept(f"artifact-{form}", "the image that is signed", requires="PAY-003", **_image(enveloped(form), form=form, facts=signed))
        payload = compact({"targetArtifact": TARGET | {"annotations": {"com.example.build": "42"}}})
        yield accept(f"metadata-{form}", "the metadata", requires="PAY-004", **_image(enveloped(form, payload=payload), form=form, facts={f"{ONE}/userDefinedAttributes/com.example.build": "42"}))
        authority = by_authority(form)
        yield accept(f"authority-{form}", "the scheme of a signing authority", requires="SCH-001", **_image(authority, form=form, facts={f"{ONE}/signedAttributes/signingScheme": "notary.x509.signingAuthority"}))
        agent = {f"{ONE}/unsignedAttributes/signingAgent": "test/1.0"}
        yield accept(f"agent-{form}", "the signing agent", requires="ATTR-010", **_image(enveloped(form), form=form, facts=agent))
        old = with_headers(form, {EXPIRY: "2023-01-01T00:00:00Z", "crit": [SCHEME, EXPIRY]})
        yield accept(f"expired-{form}", "a signature that has expired", **_image(old, form=form, facts={f"{ONE}/signatureEnvelopeType": MEDIA_TYPES[form]}))
        broken = enveloped(form, sign=lambda _key, data: signature_of(fixed_keys("EC-256")[2], data, "ES256"))
        two = {"/signatures/1/signatureEnvelopeType": MEDIA_TYPES[form]}
        yield accept(f"two-{form}", "both of two signatures", **_image(enveloped(form), enveloped(form, payload=payload), form=form, facts=two))
        yield accept(f"unverified-{form}", "a signature that does not verify", **_image(broken, form=form, facts={f"{ONE}/signatureEnvelopeType": MEDIA_TYPES[form]}))
        made = _image(b"signature", enveloped(form), form=form, facts={})
        made["tables"]["expected"] = {"stdout": [MEDIA_TYPES[form]]}
        yield refuse(f"unreadable-{form}", "a signature that cannot be read fails the command, and the other one is shown", "integrity", sound=f"two-{form}", **made)


@family(AREA, "CLI-009", "BLOB-001")
def files() -> Iterator[Built]:
    """What the signature of a file says is shown as it is."""
    digest = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"
    payload = compact({"targetArtifact": {"mediaType": OCTETS, "digest": digest, "size": len(BLOB)}})
    for form in FORMS:
        told = {"/signatureAlgorithm": "ECDSA-SHA-256", "/signatureEnvelopeType": MEDIA_TYPES[form], "/signedArtifact/digest": digest, "/signedArtifact/size": len(BLOB)}
        tables = {"inputs": [{"file": f"signature.{form}", "name": f"release.txt.{form}.sig"}], "arguments": {"output": "json"}, "expected": {"json": told}}
        yield accept(f"blob-{form}", "algorithm and digest", command="blob inspect", format=form, tables=tables, files={f"signature.{form}": enveloped(form, payload=payload)})
        tables = {"inputs": [{"file": f"signature.{form}", "name": f"release.txt.{form}.sig"}], "arguments": {"output": "json"}}
        yield refuse(f"blob-unreadable-{form}", "nothing, of one that cannot be read", "integrity", sound=f"blob-{form}", command="blob inspect", format=form, tables=tables, files={f"signature.{form}": b"signature\n"})
