# SPDX-License-Identifier: Apache-2.0
"""The scene that vectors share: an image, a signer whom a policy trusts, and envelopes that are right.

Everything holds from 2020 to 2120, so that a vector without a fault of time is the same on any day.

    scene(jws())                                     # accepted
    scene(jws(protected=header(alg="none")))         # one fault, in the envelope
    scene(cose(), policy=policy(level="audit"))      # another policy
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from . import envelopes
from .envelopes import AUTHENTIC_TIME, DROP, TIME, Tag
from .pki import Edit, KeyType, TestChain, make_chain
from .suite import SUITE

REGISTRY = "registry.conformance.test"
REPOSITORY = f"{REGISTRY}/conformance/app"
IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SIGNATURE_TYPE = "application/vnd.cncf.notary.signature"
MEDIA_TYPES = {"jws": "application/jose+json", "cose": "application/cose"}
IDENTITY = "x509.subject: C=US, ST=WA, O=Notary"

OCSP_URL = "http://ocsp.conformance.test/leaf"
CRL_URL = "http://crl.conformance.test/leaf.crl"

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
UNTIL = datetime(2120, 1, 1, tzinfo=UTC)
SIGNED_AT, SECONDS = "2022-06-01T12:00:00Z", 1654084800

POLICY_FILE = "trustpolicy.json"
"""The name that every program reads."""


def compact(value: Any) -> bytes:
    """Return *value* as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    """Return the OCI descriptor of *data*."""
    return {
        "mediaType": media_type,
        "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "size": len(data),
    }


ARTIFACT = (SUITE / "shared/artifact.json").read_bytes()
"""The manifest of the image that vectors are about unless they say otherwise."""

TARGET = descriptor(IMAGE_MANIFEST, ARTIFACT)
PAYLOAD = compact({"targetArtifact": TARGET})


@cache
def chain(key_type: KeyType = "EC-256", length: int = 2, subject: str = "signer") -> TestChain:
    """Return the signer's chain, or another that is as good."""
    return make_chain(key_type, length, subject=subject, not_before=SINCE, not_after=UNTIL)


def edited(
    edits: Mapping[int, Edit], key_type: KeyType = "EC-256", length: int = 3, **rest: Any
) -> TestChain:
    """Return a chain like `chain` with *edits* by position."""
    good: Any = {"subject": "signer", "not_before": SINCE, "not_after": UNTIL}
    return make_chain(key_type, length, edits=edits, **good | rest)


# --- envelopes ----------------------------------------------------------------------------------------


def header(key_type: KeyType = "EC-256", **changes: Any) -> dict[str, Any]:
    """Return a good protected header of a JWS, with *changes*."""
    return envelopes.header(key_type, **{TIME: SIGNED_AT, **changes})


def authority_header(**changes: Any) -> dict[str, Any]:
    """Return a good protected header under the signing authority scheme, with *changes*."""
    return envelopes.authority_header(**{AUTHENTIC_TIME: SIGNED_AT, **changes})


def labels(changes: Mapping[Any, Any] | None = None, key_type: KeyType = "EC-256") -> dict[Any, Any]:
    """Return a good protected header of a COSE envelope, with *changes*."""
    return envelopes.labels(key_type, {TIME: Tag(1, SECONDS), **(changes or {})})


def authority_labels(changes: Mapping[Any, Any] | None = None) -> dict[Any, Any]:
    """Return a good protected header under the signing authority scheme, with *changes*."""
    return envelopes.authority_labels({AUTHENTIC_TIME: Tag(1, SECONDS), **(changes or {})})


def jws_parts(key_type: KeyType = "EC-256", **faults: Any) -> envelopes.JwsParts:
    """Return the members of an envelope about the image; *faults* as for `envelopes.jws_parts`."""
    good: Any = {"chain": chain(key_type), "payload": PAYLOAD, "protected": header(key_type)}
    return envelopes.jws_parts(key_type, **good | faults)


def jws(key_type: KeyType = "EC-256", **faults: Any) -> bytes:
    """Return an envelope about the image, with *faults*."""
    return jws_parts(key_type, **faults).document()


def cose_parts(key_type: KeyType = "EC-256", **faults: Any) -> envelopes.CoseParts:
    """Return the items of an envelope about the image; *faults* as for `envelopes.cose_parts`."""
    good: Any = {"chain": chain(key_type), "payload": PAYLOAD, "protected": labels(None, key_type)}
    return envelopes.cose_parts(key_type, **good | faults)


def cose(key_type: KeyType = "EC-256", **faults: Any) -> bytes:
    """Return an envelope about the image, with *faults*."""
    return cose_parts(key_type, **faults).message()


def enveloped(form: str, key_type: KeyType = "EC-256", **faults: Any) -> bytes:
    """Return an envelope in the format *form*, with *faults* that both formats have."""
    return (jws if form == "jws" else cose)(key_type, **faults)


def with_headers(form: str, changes: Mapping[str, Any], **faults: Any) -> bytes:
    """Return an envelope with *changes* to the protected header that are written alike in both formats.

    Times are written as JWS has them; `crit` and `DROP` are understood.
    """
    if form == "jws":
        return jws(protected=header(**changes), **faults)
    return cose(protected=labels(_as_labels(changes)), **faults)


def by_authority(form: str, changes: Mapping[str, Any] | None = None, **faults: Any) -> bytes:
    """Return an envelope of a signing authority; see `with_headers`."""
    if form == "jws":
        return jws(protected=authority_header(**(changes or {})), **faults)
    return cose(protected=authority_labels(_as_labels(changes or {})), **faults)


_NUMBERS = {"alg": 1, "crit": 2, "cty": 3}


def _as_labels(changes: Mapping[str, Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for name, value in changes.items():
        is_time = name in {TIME, AUTHENTIC_TIME, envelopes.EXPIRY} and isinstance(value, str)
        found[_NUMBERS.get(name, name)] = Tag(1, seconds(value)) if is_time else value
    return found


def seconds(text: str) -> int:
    """Return an RFC 3339 time as COSE has it."""
    return int(datetime.fromisoformat(text).timestamp())


# --- the configuration of the verifier -----------------------------------------------------------------


def statement(
    level: str = "strict",
    *,
    override: Mapping[str, str] | None = None,
    when: str | None = None,
    **members: Any,
) -> dict[str, Any]:
    """Return a statement about every repository that trusts `ca:acme` and the signer, with *members*."""
    wanted: dict[str, Any] = {"level": level}
    if override is not None:
        wanted["override"] = dict(override)
    if when is not None:
        wanted["verifyTimestamp"] = when
    good: dict[str, Any] = {
        "name": "images",
        "registryScopes": ["*"],
        "signatureVerification": wanted,
        "trustStores": ["ca:acme"],
        "trustedIdentities": [IDENTITY],
    }
    return {key: value for key, value in (good | members).items() if value is not DROP}


def document(*statements: Mapping[str, Any], **members: Any) -> str:
    """Return the text of a policy document with *statements*, and *members* in place of the good ones."""
    good = {"version": "1.0", "trustPolicies": list(statements)} | members
    return json.dumps({key: value for key, value in good.items() if value is not DROP}, indent=1) + "\n"


def policy(level: str = "strict", **members: Any) -> str:
    """Return the text of a policy document with one `statement`."""
    return document(statement(level, **members))


def pem(*certificates: Any) -> str:
    """Return *certificates* as a file of a trust store holds them."""
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates).decode()


def store(kind: str, name: str, text: str, file: str = "root.pem") -> dict[str, Any]:
    """Return the entry of the configuration that puts *text* into a trust store."""
    return {f"truststore/x509/{kind}/{name}/{file}": {"text": text}}


# --- a whole vector ------------------------------------------------------------------------------------


def scene(
    envelope: bytes | None = None,
    form: str = "",
    *,
    signer: TestChain | None = None,
    policy: str | None = None,  # noqa: A002, RUF100  the module's function makes one
    stores: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    signatures: Sequence[Mapping[str, Any]] | None = None,
    files: Mapping[str, bytes] | None = None,
    **tables: Any,
) -> dict[str, Any]:
    """Return the members of a vector in which *envelope* is verified under a policy that trusts its signer.

    Args:
        form: `jws` or `cose`; seen by the first byte if empty.
        signer: whose root goes into the store; the usual signer if None.
        stores: entries of the configuration in place of that store.
        config: further entries. signatures: in place of the one. files: further files.
        tables: further tables of the vector, such as `arguments`.
    """
    form = form or ("cose" if (envelope or b"").startswith(b"\xd2") else "jws")
    texts = store("ca", "acme", pem((signer or chain()).root)) if stores is None else dict(stores)
    made: dict[str, bytes] = dict(files or {})
    if signatures is None:
        signatures = [{"envelope": f"signature.{form}"}]
        made[f"signature.{form}"] = envelope or b""
    default = statement()
    settings = {POLICY_FILE: {"text": document(default) if policy is None else policy}} | texts
    return {
        "format": form,
        "tables": {
            "signatures": [dict(one) for one in signatures],
            "config": settings | dict(config or {}),
            **tables,
        },
        "files": made,
    }
