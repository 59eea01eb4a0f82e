# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `blobs`: files and their detached signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from .envelopes import CONTENT_TYPE, DROP, EXPIRY, SCHEME, signature_of
from .pki import KEY_TYPES, KeyType, TestChain, fixed_keys
from .scene import (
    ARTIFACT,
    PAYLOAD,
    POLICY_FILE,
    TARGET,
    chain,
    compact,
    document,
    edited,
    enveloped,
    pem,
    policy,
    scene,
    statement,
    store,
    with_headers,
)
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "blobs"
FORMS = ("jws", "cose")
BLOB = b"release 1.0\n"
OCTETS = "application/octet-stream"
HASHES = {"RSA-2048": "sha256", "RSA-3072": "sha384", "RSA-4096": "sha512", "EC-256": "sha256", "EC-384": "sha384", "EC-521": "sha512"}
SKIPPED = "Trust policy is configured to skip signature verification"


def _described(data: bytes = BLOB, hash_name: str = "sha256", **changes: Any) -> dict[str, Any]:
    """Return the descriptor of *data*, with *changes*."""
    good = {"mediaType": OCTETS, "digest": f"{hash_name}:{hashlib.new(hash_name, data).hexdigest()}", "size": len(data)}
    return {key: value for key, value in (good | changes).items() if value is not DROP}


def _payload(**changes: Any) -> bytes:
    return compact({"targetArtifact": _described(**changes)})


def _signed(form: str, key_type: KeyType = "EC-256", hash_name: str = "", **faults: Any) -> bytes:
    """Return the envelope of a detached signature over the file."""
    return enveloped(form, key_type, **{"payload": _payload(hash_name=hash_name or HASHES[key_type])} | faults)


def _statement(level: str = "strict", **members: Any) -> dict[str, Any]:
    good: Any = {"name": "releases", "registryScopes": DROP, "globalPolicy": True}
    return statement(level, **good | members)


def _scene(
    envelope: bytes,
    form: str = "jws",
    *,
    blob: bytes = BLOB,
    name: str = "release.txt",
    signature_name: str = "",
    statements: str | None = None,
    signer: TestChain | None = None,
    config: Mapping[str, Any] | None = None,
    expected: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Return the members of a vector in which the file is verified with a detached signature."""
    suffix = f"{name}.{form}.sig"
    text = document(_statement()) if statements is None else statements
    settings = {"trustpolicy.blob.json": {"text": text}} | store("ca", "acme", pem((signer or chain()).root))
    given = {"signature": f"signature.{form}", "signature_name": signature_name.format(form.upper()) or suffix} | arguments
    tables: dict[str, Any] = {"inputs": [{"file": "blob", "name": name}], "config": settings | dict(config or {}), "arguments": given}
    if expected:
        tables["expected"] = dict(expected)
    return {"command": "blob verify", "format": form, "tables": tables, "files": {"blob": blob, f"signature.{form}": envelope}}


def _both(name: str, title: str, failed: str, build: Any, attacks: tuple[int, ...] = (), requires: str = "", sound: str = "sound", **rest: Any) -> Iterator[Built]:
    """Yield the vector in both formats; *build* makes the envelope from the format."""
    for form in FORMS:
        made = _scene(build(form), form, **rest)
        if failed:
            yield refuse(f"{name}-{form}", title, failed, attacks=attacks, requires=requires, sound=f"{sound}-{form}", **made)
        else:
            yield accept(f"{name}-{form}", title, attacks=attacks, requires=requires, **made)


@family(AREA, "BLOB-001", "BLOB-005", "BLOB-023", "PAY-016")
def sound() -> Iterator[Built]:
    """A detached signature over a file."""
    yield from _both("sound", "of a few bytes", "", _signed)
    for form in FORMS:
        yield accept(f"empty-{form}", "that is empty", **_scene(enveloped(form, payload=_payload(data=b"")), form, blob=b""))
    for key_type in KEY_TYPES:
        form = FORMS[len(key_type) % 2]
        made = _scene(_signed(form, key_type), form, signer=chain(key_type))
        yield accept(f"key-{key_type.lower()}", f"by a key of {key_type}, with {HASHES[key_type]}", requires="PAY-008 ALG-001", **made)
    yield from _both("annotations", "with metadata that nobody demands", "", lambda form: enveloped(form, payload=_payload(annotations={"com.example.build": "42"})), requires="BLOB-006")
    yield from _both(
        "metadata", "with metadata that is demanded", "", lambda form: enveloped(form, payload=_payload(annotations={"com.example.build": "42"})), requires="PAY-017", user_metadata={"com.example.build": "42"}
    )
    yield from _both("expiry", "that expires in a hundred years", "", lambda form: with_headers(form, {EXPIRY: "2119-01-01T00:00:00Z", "crit": [SCHEME, EXPIRY]}, payload=_payload()))


@family(AREA, "PAY-009", "PAY-016", "BLOB-023")
def another_file() -> Iterator[Built]:
    """The signature is about exactly this file."""
    yield from _both("byte-changed", "a byte is another", "artifact", _signed, (178,), blob=b"release 1.1\n")
    yield from _both("byte-more", "a byte stands behind", "artifact", _signed, (178,), blob=BLOB + b"\n")
    yield from _both("byte-less", "the last byte is missing", "artifact", _signed, (178,), blob=BLOB[:-1])
    yield from _both("no-bytes", "the file is empty", "artifact", _signed, (178,), blob=b"")
    yield from _both("size-lies", "the signed size is another", "artifact", lambda form: enveloped(form, payload=_payload(size=len(BLOB) + 1)), (178,))
    audit = document(_statement("audit"))
    yield from _both("byte-changed-audit", "a byte is another, at the level audit", "artifact", _signed, (178,), "VER-070", blob=b"release 1.1\n", statements=audit)


@family(AREA, "PAY-008", "ALG-001", "BLOB-023")
def digests() -> Iterator[Built]:
    """The digest is made with the hash of the signer's key."""
    for hash_name in ("sha384", "sha512"):
        yield from _both(f"{hash_name}-by-ec-256", f"{hash_name} by a key for sha256", "artifact", lambda form, hash_name=hash_name: _signed(form, hash_name=hash_name), (178,))
    for form in FORMS:
        made = _scene(_signed(form, "RSA-3072", "sha256"), form, signer=chain("RSA-3072"))
        yield refuse(f"sha256-by-rsa-3072-{form}", "sha256 by a key for sha384", "artifact", attacks=(178,), sound="key-rsa-3072", **made)
    md5 = _payload(digest="md5:" + "ab" * 16)
    yield from _both("md5", "MD5", "integrity", lambda form: enveloped(form, payload=md5), (178,), "PAY-003")


@family(AREA, "PAY-010", "PAY-016", "BLOB-024")
def media_types() -> Iterator[Built]:
    """The media type counts if the verifier names one."""
    text = "text/plain; charset=utf-8"
    yield from _both("media-type-unasked", "any, if none is named", "", lambda form: enveloped(form, payload=_payload(mediaType=text)))
    yield from _both("media-type-same", "the same", "", lambda form: enveloped(form, payload=_payload(mediaType=text)), media_type=text)
    yield from _both("media-type-other", "another", "artifact", lambda form: enveloped(form, payload=_payload(mediaType=text)), (178,), media_type="text/html", sound="media-type-same")
    yield from _both("media-type-parameters", "without its parameters", "artifact", lambda form: enveloped(form, payload=_payload(mediaType=text)), (178,), media_type="text/plain", sound="media-type-same")


@family(AREA, "BLOB-027", "PAY-015")
def cross_use() -> Iterator[Built]:
    """A signature of a file is none of an image, nor the reverse."""
    yield from _both("image-as-file", "that of an image, with the image's manifest as the file", "", lambda form: enveloped(form, payload=PAYLOAD), blob=ARTIFACT, requires="PAY-016")
    yield from _both("image-as-file-typed", "that of an image, where the file's media type is named", "artifact", lambda form: enveloped(form, payload=PAYLOAD), blob=ARTIFACT, media_type=OCTETS, sound="image-as-file")
    for form in FORMS:
        envelope = enveloped(form, payload=compact({"targetArtifact": TARGET | {"mediaType": OCTETS}}))
        yield refuse(f"file-as-image-{form}", "that of a file with the bytes of the image's manifest", "artifact", sound=f"image-{form}", **scene(envelope, form, policy=policy()))
        yield accept(f"image-{form}", "that of the image itself", **scene(enveloped(form), form, policy=policy()))


@family(AREA, "BLOB-002", "BLOB-020")
def file_names() -> Iterator[Built]:
    """The name of the signature's file says its format."""
    yield from _both("name-in-capitals", "in capitals", "", _signed, signature_name="RELEASE.TXT.{}.SIG")
    for form in FORMS:
        yield accept(f"name-other-{form}", "with another beginning than the file's", **_scene(_signed(form), form, signature_name=f"other.name.{form}.sig"))
        other = {"jws": "cose", "cose": "jws"}[form]
        yield refuse(f"name-of-{other}-{form}", "the other format", "integrity", attacks=(47, 178), sound=f"sound-{form}", **_scene(_signed(form), form, signature_name=f"release.txt.{other}.sig"))
        for name, title, text in (
            ("without-sig", "without .sig", f"release.txt.{form}"),
            ("without-format", "without a format", "release.sig"),
            ("other-format", "a format that does not exist", "release.txt.p7s.sig"),
            ("two-parts", "two parts only", f"{form}.sig"),
        ):
            yield refuse(f"name-{name}-{form}", title, "usage" if name == "other-format" else "input", attacks=(178,), sound=f"sound-{form}", **_scene(_signed(form), form, signature_name=text))


@family(AREA, "BTP-005", "BTP-006", "BLOB-022")
def policies() -> Iterator[Built]:
    """The policy for a file is the one that the user names, or the global one."""
    trusting: Any = {"trustedIdentities": ["*"]}
    distrusting: Any = {"trustedIdentities": ["x509.subject: C=US, ST=WA, O=Somebody"]}
    drafts = _statement(name="drafts", globalPolicy=DROP, **trusting)
    rest = _statement(name="rest", **distrusting)
    yield from _both("policy-global", "none is named, and one is global", "", _signed, statements=document(_statement(name="rest", **trusting), _statement(name="drafts", globalPolicy=DROP, **distrusting)))
    yield from _both("policy-named", "one is named, and the global one would refuse", "", _signed, statements=document(rest, drafts), policy_name="drafts")
    yield from _both("policy-no-name", "none is named, and none is global", "policy", _signed, statements=document(drafts), sound="policy-named")
    yield from _both(
        "policy-wrong-name",
        "one is named that is not there, and the global one does not stand in",
        "policy",
        _signed,
        statements=document(_statement(name="rest", **trusting)),
        policy_name="release",
        sound="policy-global",
    )
    yield from _both("policy-name-in-capitals", "one is named in capitals", "policy", _signed, statements=document(drafts), policy_name="DRAFTS", sound="policy-named")
    yield from _both("policy-missing", "there is none", "policy", _signed, statements="{\n}\n", requires="BTP-001 BTP-002")
    for form in FORMS:
        made = _scene(_signed(form), form)
        made["tables"]["config"] = {key: value for key, value in made["tables"]["config"].items() if key != "trustpolicy.blob.json"} | {POLICY_FILE: {"text": policy()}}
        yield refuse(f"policy-of-images-{form}", "there is only one for images", "policy", requires="BTP-001", sound=f"sound-{form}", **made)


@family(AREA, "BTP-007", "BLOB-022")
def skipped() -> Iterator[Built]:
    """Where the policy skips, nothing is looked at, and this is said."""
    skip = _statement("skip", name="drafts", globalPolicy=DROP, trustStores=DROP, trustedIdentities=DROP)
    broken: Any = {"statements": document(skip), "policy_name": "drafts", "expected": {"stdout": [SKIPPED]}}
    yield from _both("skip", "a good signature", "", _signed, **broken)
    yield from _both("skip-changed", "the signature of another file", "", _signed, blob=b"release 1.1\n", **broken)


@family(AREA, "BLOB-001", "BLOB-023", "VER-023", "VER-030")
def envelopes() -> Iterator[Built]:
    """The signature of a file is verified like that of an image."""

    def broken(form: str) -> bytes:
        return _signed(form, sign=lambda _key, data: signature_of(fixed_keys("EC-256")[2], data, "ES256"))

    yield from _both("broken", "it is broken", "integrity", broken)
    yield from _both("broken-audit", "it is broken, at the level audit", "integrity", broken, statements=document(_statement("audit")), requires="VER-035")
    yield from _both("empty-signature", "it is an empty file", "integrity", lambda _form: b"", (30,), "BLOB-024")
    yield from _both("garbage", "it is no envelope", "integrity", lambda _form: b"signature\n", (30,))
    yield from _both("foreign", "somebody else has made it", "authenticity", _signed, signer=chain("EC-256", 2, "other"), requires="VER-042")
    yield from _both(
        "other-identity", "an identity is demanded that is not the signer's", "authenticity", _signed, statements=document(_statement(trustedIdentities=["x509.subject: C=US, ST=WA, O=Somebody"])), requires="TP-067"
    )
    yield from _both("expired", "it has expired", "expiry", lambda form: with_headers(form, {EXPIRY: "2023-01-01T00:00:00Z", "crit": [SCHEME, EXPIRY]}, payload=_payload()), requires="VER-046")
    yield from _both("other-content-type", "its content type is another", "integrity", lambda form: with_headers(form, {"cty": CONTENT_TYPE.replace("v1", "v2")}, payload=_payload()), (28,), "PAY-013")
    yield from _both("metadata-missing", "metadata is demanded that it does not have", "metadata", _signed, sound="metadata", user_metadata={"com.example.build": "42"}, requires="PAY-017")
    old = edited({}, length=2, not_after=chain().leaf.not_valid_after_utc.replace(year=2023))
    yield from _both("old-chain", "its certificates have expired", "authenticTimestamp", lambda form: _signed(form, chain=old), signer=old, requires="TSA-017")
