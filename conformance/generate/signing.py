# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The areas `sign` and `keys`: signatures that are made, and those that must not be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from .blobs import BLOB
from .pki import (
    KEY_TYPES,
    Edit,
    KeyType,
    TestChain,
    changed,
    fixed_keys,
    make_chain,
    private_pem,
    with_extension,
    without,
)
from .revocation_data import naming_ocsp
from .scene import SINCE, UNTIL, chain, edited, enveloped, pem
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "sign"
KEYS = "keys"
FORMS = ("jws", "cose")
TSA_URL = "http://tsa.conformance.test/stamp"
PLACES = {"keyPath": "@CONFIG@/localkeys/alice.key", "certPath": "@CONFIG@/localkeys/alice.crt"}


def _key_list(*keys: Mapping[str, Any], default: str = "alice") -> dict[str, Any]:
    document = {"keys": list(keys)} | ({"default": default} if default else {})
    return {"signingkeys.json": {"text": json.dumps(document, indent=1) + "\n"}}


def _keys(signer: TestChain, *, key: bytes | None = None, certificates: str | None = None, **key_list: Any) -> dict[str, Any]:
    """Return the configuration in which `alice` is the default key, with that of *signer* or with what is given."""
    files = {"localkeys/alice.key": {"text": (signer.key_pem() if key is None else key).decode()}, "localkeys/alice.crt": {"text": pem(*signer.certificates) if certificates is None else certificates}}
    return _key_list({"name": "alice"} | PLACES, **key_list) | files


def _scene(signer: TestChain | None = None, form: str = "jws", *, config: Mapping[str, Any] | None = None, signatures: int | None = 1, files: Mapping[str, bytes] | None = None, **tables: Any) -> dict[str, Any]:
    """Return the members of a vector in which the image is signed; it has so many *signatures* afterwards."""
    settings = _keys(signer or chain()) if config is None else dict(config)
    return {"command": "sign", "format": form, "tables": {"config": settings, "expected": {} if signatures is None else {"signatures": signatures}, **tables}, "files": dict(files or {})}


def _good(name: str, title: str, requires: str = "", attacks: tuple[int, ...] = (), **rest: Any) -> Built:
    return accept(name, title, requires=requires, attacks=attacks, **_scene(**rest))


def _bad(name: str, title: str, failed: str, requires: str = "", attacks: tuple[int, ...] = (), sound: str = "ec-256-jws", **rest: Any) -> Built:
    return refuse(name, title, failed, requires=requires, attacks=attacks, sound=sound, **_scene(**{"signatures": 0, **rest}))


@family(AREA, "SGN-001", "SGN-003", "SGN-007", "SIG-020", "SIG-021")
def sound() -> Iterator[Built]:
    """A key signs the image, and the signature is intact."""
    for key_type in KEY_TYPES:
        for form in FORMS:
            yield _good(f"{key_type.lower()}-{form}", f"a key of {key_type}", "ALG-001 SGN-010", signer=chain(key_type), form=form)
    yield _good("alone", "with a lone certificate", "SGN-006 CERT-002", signer=chain("EC-256", 1))
    yield _good("chain-of-three", "with an intermediate", "SGN-006", signer=chain("EC-256", 3))
    sec1 = _keys(chain(), key=chain().key_pem(PrivateFormat.TraditionalOpenSSL))
    yield _good("key-sec1", "in a file of SEC 1", "SGN-006", config=sec1)
    pkcs1 = _keys(chain("RSA-2048"), key=chain("RSA-2048").key_pem(PrivateFormat.TraditionalOpenSSL))
    yield _good("key-pkcs1", "in a file of PKCS #1", "SGN-006", config=pkcs1)
    yield _good("expiry", "for a day", "SGN-002", arguments={"expiry": "24h"})
    yield _good("metadata", "with metadata", "PAY-007", arguments={"user_metadata": {"com.example.build": "42"}})
    yield _good("tag-schema", "in a registry without the referrers API", "SIG-024 SIG-026", (129,), registry={"kind": "tag-schema"})
    yield _good("referrers-tag", "under a tag, as the user demands", "SIG-025 SIG-026", arguments={"force_referrers_tag": True}, registry={"kind": "tag-schema"})
    yield _good("by-tag", "named by its tag", "SIG-050", (130,), artifact={"reference": "tag"})
    for form in FORMS:
        there: Any = {"signatures": [{"envelope": f"signature.{form}"}]}
        made = _scene(form=form, signatures=2, files={f"signature.{form}": enveloped(form)})
        made["tables"] |= there
        yield accept(f"second-{form}", "beside another signature", requires="SIG-018", **made)
    there = {"signatures": [{"envelope": "signature.jws"}], "registry": {"kind": "tag-schema"}}
    made = _scene(signatures=2, files={"signature.jws": enveloped("jws")})
    made["tables"] |= there
    yield accept("second-tag-schema", "beside another signature, under a tag", requires="SIG-026", attacks=(131,), **made)


@family(AREA, "SGN-004", "CERT-008", "JWS-035")
def certificates() -> Iterator[Built]:
    """A certificate that no verifier would accept signs nothing."""

    def bad(name: str, title: str, edits: Mapping[int, Edit], requires: str = "", length: int = 2, key_type: KeyType = "EC-256", **rest: Any) -> Built:
        return _bad(f"certificate-{name}", title, "signing", requires, signer=edited(edits, key_type, length, **rest))

    yield bad("expired", "it has expired", {0: changed(not_after=datetime(2021, 1, 1, tzinfo=UTC))})
    yield bad("not-yet", "it is not valid yet", {0: changed(not_before=datetime(2110, 1, 1, tzinfo=UTC))})
    yield bad("root-expired", "its root has expired", {1: changed(not_after=datetime(2021, 1, 1, tzinfo=UTC))})
    yield bad("is-ca", "it is an authority", {0: with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)}, "CERT-030")
    yield bad("no-usage", "it has no key usage", {0: without(x509.KeyUsage)}, "CERT-031")
    yield bad("for-servers", "it is for TLS servers", {0: with_extension(x509.ExtendedKeyUsage([Usage.SERVER_AUTH]), critical=False)}, "CERT-034")
    yield bad("sha-1", "it is signed with SHA-1", {0: changed(hash=hashes.SHA1())}, "CERT-007", key_type="RSA-2048")
    whole = chain("EC-256", 3)
    yield _bad("chain-without-root", "its root is missing", "signing", "SGN-006 CERT-001", config=_keys(whole, certificates=pem(*whole.certificates[:2])))
    leaf, middle, root = whole.certificates
    yield _bad("chain-swapped", "its chain is in another order", "signing", "CERT-003", config=_keys(whole, certificates=pem(leaf, root, middle)))


@family(AREA, "SGN-006", "SGN-008", "ALG-009", "CFG-006")
def keys() -> Iterator[Built]:
    """The key is there, can be read, and belongs to the certificate."""
    other = private_pem(fixed_keys("EC-256")[2])
    yield _bad("key-of-another", "it belongs to another certificate", "key", attacks=(171,), config=_keys(chain(), key=other))
    yield _bad("key-garbage", "its file holds none", "key", attacks=(171,), config=_keys(chain(), key=b"key\n"))
    yield _bad("key-missing", "its file is missing", "input", config={path: one for path, one in _keys(chain()).items() if not path.endswith(".key")})
    yield _bad("certificate-missing", "the file of the certificate is missing", "input", config={path: one for path, one in _keys(chain()).items() if not path.endswith(".crt")})
    yield _bad("certificate-garbage", "the file of the certificate holds none", "input", config=_keys(chain(), certificates="certificate\n"))
    yield _bad("no-default", "none is named, and there is no default", "key", config=_keys(chain(), default=""))
    yield _bad("no-keys", "there are none", "key", config={})
    yield _bad("unknown-name", "one is named that is not there", "key", arguments={"key": "bob"})
    yield _bad("list-not-json", "the list of keys is no JSON", "key", "CFG-007", (173,), config=_keys(chain()) | {"signingkeys.json": {"text": "alice\n"}})
    moved = _keys(chain())
    linked = {**moved, "elsewhere.json": moved["signingkeys.json"], "signingkeys.json": {"link": "elsewhere.json"}}
    yield _bad("list-linked", "the list of keys is a symbolic link", "key", "CFG-007", (173,), config=linked)
    yield _good("named", "one is named that is not the default", "", config=_keys(chain(), default=""), arguments={"key": "alice"})


@family(AREA, "PAY-006", "SGN-001", "SGN-002")
def options() -> Iterator[Built]:
    """What the user asks for has to be possible."""
    yield _bad("metadata-reserved", "metadata under a reserved name", "signing", attacks=(185,), arguments={"user_metadata": {"io.cncf.notary.x": "1"}}, sound="metadata")
    yield _bad("expiry-negative", "an expiry in the past", "signing", arguments={"expiry": "-1h"}, sound="expiry")
    yield _bad("expiry-fraction", "an expiry of one and a half seconds", "signing", arguments={"expiry": "1500ms"}, sound="expiry")
    yield _bad("expiry-word", "an expiry that is no duration", "usage", arguments={"expiry": "tomorrow"}, sound="expiry")
    yield _bad("format-unknown", "a format that does not exist", "usage", arguments={"signature_format": "p7s"})


def _uncounted(name: str) -> Any:
    """Return how many signatures there are in the end: a registry that refuses a manifest may keep it."""
    return {"signatures": None} if name == "manifest-refused" else {}


@family(AREA, "SIG-020", "SIG-021", "SIG-051")
def registries() -> Iterator[Built]:
    """A signature is made for an image that is there, in a registry that takes it."""
    yield _bad("image-missing", "the image is not there", "registry", artifact={"reference": f"@sha256:{'ab' * 32}"})
    yield _bad("tag-missing", "the tag is not there", "registry", artifact={"reference": ":v2"}, sound="by-tag")
    for name, title, answer in (
        ("upload-refused", "it takes no envelope", {"request": "POST /v2/*/blobs/uploads/*", "status": 403}),
        ("manifest-refused", "it takes no manifest", {"request": "PUT /v2/*/manifests/*", "status": 403}),
        ("upload-elsewhere", "it wants the envelope on another host", {"request": "POST /v2/*/blobs/uploads/*", "headers": {"Location": "http://elsewhere.test/upload"}}),
    ):
        yield _bad(name, title, "registry", attacks=(123,) if name == "upload-elsewhere" else (), registry={"answers": [answer]}, **_uncounted(name))
    lie = {"request": "PUT /v2/*/manifests/*", "headers": {"Docker-Content-Digest": f"sha256:{'ab' * 32}"}}
    yield refuse("digest-lie", "it says another digest for the manifest", "registry", requires="SIG-023", attacks=(129,), sound="ec-256-jws", **_scene(registry={"answers": [lie]}))


TSA = make_chain("EC-256", 3, subject="tsa", usage=Usage.TIME_STAMPING, not_before=SINCE, not_after=UNTIL)


def _stamped(authority: TestChain = TSA, root: TestChain | None = None, url: str = TSA_URL, **answer: Any) -> dict[str, Any]:
    """Return the tables and files of a vector in which a signature is stamped by *authority*."""
    files = {"tsa.pem": pem(*authority.certificates).encode(), "tsa.key": private_pem(authority.key), "tsa-root.pem": pem((root or authority).root).encode()}
    made = {"chain": "tsa.pem", "key": "tsa.key"} | answer
    return {"arguments": {"timestamp_url": url, "timestamp_root_cert": "tsa-root.pem"}, "fetches": [{"url": TSA_URL, "timestamp": made}], "files": files}


@family(AREA, "TSA-001", "TSA-002", "TSA-007", "TSA-010", "SGN-009")
def timestamps() -> Iterator[Built]:
    """A signature is stamped by the authority that the user names."""
    for form in FORMS:
        yield _good(f"stamped-{form}", "which answers rightly", form=form, **_stamped())
    yield _good("stamped-rsa-3072", "over a signature by RSA-3072", "ALG-007", signer=chain("RSA-3072"), **_stamped())


@family(AREA, "TSA-008", "TSA-009")
def revoked_authorities() -> Iterator[Built]:
    """The authority that stamps a signature must not be revoked."""
    place = "http://ocsp.conformance.test/tsa"
    tsa = make_chain("EC-256", 3, subject="tsa", usage=Usage.TIME_STAMPING, not_before=SINCE, not_after=UNTIL, edits={0: naming_ocsp(place)})
    files = {"authority.pem": pem(tsa.leaf).encode(), "issuer.pem": pem(tsa.certificates[1]).encode(), "issuer.key": private_pem(tsa.keys[1])}
    for status in ("good", "revoked", "unknown"):
        made = _stamped(tsa)
        asked = {"issuer": "issuer.pem", "key": "issuer.key", "certificate": "authority.pem", "status": status}
        made["fetches"] = [*made["fetches"], {"url": place, "ocsp": asked}]
        made["files"] = made["files"] | files
        if status == "good":
            yield _good("stamp-authority-good", "it is good", **made)
        else:
            yield _bad(f"stamp-authority-{status}", f"it is {status}", "timestamp", attacks=(91,), sound="stamp-authority-good", **made)


@family(AREA, "TSA-004", "TSA-005", "TSA-009")
def failed_timestamps() -> Iterator[Built]:
    """A signature is not released if it cannot be stamped."""
    for fault, title, attack in (("nonce", "another nonce comes back", 86), ("imprint", "another imprint comes back", 85), ("rejected", "the authority refuses", 86), ("signature", "the token's signature is broken", 86)):
        yield _bad(f"stamp-{fault}", title, "timestamp", attacks=(attack, 96), sound="stamped-jws", **_stamped(fault=fault))
    gone = _stamped()
    unreachable = {**gone, "fetches": [], "files": {"tsa-root.pem": gone["files"]["tsa-root.pem"]}}
    yield _bad("stamp-unreachable", "the authority does not answer", "timestamp", attacks=(96,), sound="stamped-jws", **unreachable)
    other = make_chain("EC-256", 3, subject="another tsa", usage=Usage.TIME_STAMPING, not_before=SINCE, not_after=UNTIL)
    yield _bad("stamp-other-root", "the authority is below another root", "timestamp", "TSA-007", (90,), sound="stamped-jws", **_stamped(root=other))
    expired = make_chain("EC-256", 3, subject="tsa", usage=Usage.TIME_STAMPING, not_before=SINCE, not_after=datetime(2022, 1, 1, tzinfo=UTC))
    yield _bad("stamp-expired-authority", "the authority's certificates have expired", "timestamp", "TSA-007", (91,), sound="stamped-jws", **_stamped(expired))
    page = {**_stamped(), "fetches": [{"url": TSA_URL, "body": "page.html", "media_type": "text/html"}]}
    page["files"] = {"tsa-root.pem": page["files"]["tsa-root.pem"], "page.html": b"<html>Please log in.</html>"}
    yield _bad("stamp-page", "a page to log in at is answered", "timestamp", "TSA-003", (95,), sound="stamped-jws", **page)
    scheme = {**_stamped(url="ftp://tsa.conformance.test/stamp"), "fetches": []}
    scheme["files"] = {"tsa-root.pem": scheme["files"]["tsa-root.pem"]}
    yield _bad("stamp-ftp", "the authority is at ftp", "timestamp", "TSA-003", sound="stamped-jws", **scheme)
    middle = {**_stamped(), "fetches": []}
    middle["files"] = {"tsa-root.pem": pem(TSA.certificates[1]).encode()}
    yield _bad("stamp-root-is-none", "what is given as the authority's root is an intermediate", "timestamp", "TSA-007", (104,), sound="stamped-jws", **middle)
    lacking: Any = {"arguments": {"timestamp_url": TSA_URL}}
    yield _bad("stamp-without-root", "no root is given for the authority", "usage", "TSA-007", sound="stamped-jws", **lacking)


# --- files -----------------------------------------------------------------------------------------------


@family(AREA, "BLOB-001", "BLOB-003", "BLOB-005")
def files() -> Iterator[Built]:
    """A file gets a signature beside it."""
    for form in FORMS:
        tables: dict[str, Any] = {"inputs": [{"file": "blob", "name": "release.txt"}], "config": _keys(chain()), "expected": {"written": [f"release.txt.{form}.sig"]}}
        yield accept(f"blob-{form}", "in its own format", requires="BLOB-002", command="blob sign", format=form, tables=tables, files={"blob": BLOB})
    reserved = {"inputs": [{"file": "blob", "name": "release.txt"}], "config": _keys(chain()), "arguments": {"user_metadata": {"io.cncf.notary.x": "1"}}, "expected": {"not_written": ["release.txt.jws.sig"]}}
    yield refuse(
        "blob-metadata-reserved",
        "but not with metadata under a reserved name",
        "signing",
        requires="PAY-006 BLOB-006",
        attacks=(185,),
        sound="blob-jws",
        command="blob sign",
        format="jws",
        tables=reserved,
        files={"blob": BLOB},
    )
    mistyped = {"inputs": [{"file": "blob", "name": "release.txt"}], "config": _keys(chain()), "arguments": {"media_type": "text/"}, "expected": {"not_written": ["release.txt.jws.sig"]}}
    yield refuse("blob-media-type-malformed", "but not with a media type that is none", "usage", requires="PAY-010", sound="blob-jws", command="blob sign", format="jws", tables=mistyped, files={"blob": BLOB})
    missing = {"inputs": [{"file": "blob", "name": "release.txt"}], "config": {}, "expected": {"not_written": ["release.txt.jws.sig"]}}
    yield refuse("blob-no-keys", "but not without a key", "key", requires="SGN-008", sound="blob-jws", command="blob sign", format="jws", tables=missing, files={"blob": BLOB})


# --- the list of keys ------------------------------------------------------------------------------------


@family(KEYS, "CFG-006", "CFG-008")
def key_list() -> Iterator[Built]:
    """Keys are taken off the list, and their files stay."""

    def tables(*names: str, **rest: Any) -> dict[str, Any]:
        return {"command": "key delete", "tables": {"config": _keys(chain()), "arguments": {"names": list(names)}, "expected": {"written": ["localkeys/alice.key", "localkeys/alice.crt"]}, **rest}}

    yield accept("delete", "one that is there", **tables("alice"))
    yield refuse("delete-unknown", "none that is not there", "key", sound="delete", **tables("bob"))
    yield refuse("delete-one-unknown", "none, if one of two is not there", "key", sound="delete", **tables("alice", "bob"))
    plugin: Any = {"command": "key add", "tables": {"arguments": {"names": ["bob"], "plugin": "com.example.signer", "id": "1"}}}
    yield accept(
        "add",
        "one of a plugin is put on it",
        requires="SGN-008",
        **plugin | {"tables": plugin["tables"] | {"plugins": {"com.example.signer": {"get-plugin-metadata": "metadata.json"}}}, "files": {"metadata.json": SIGNER}},
    )
    yield refuse("add-no-plugin", "none of a plugin that is not installed", "plugin", sound="add", **plugin)
    twice: Any = {
        "command": "key add",
        "tables": {"config": _keys(chain()), "arguments": {"names": ["alice"], "plugin": "com.example.signer", "id": "1"}, "plugins": {"com.example.signer": {"get-plugin-metadata": "metadata.json"}}},
        "files": {"metadata.json": SIGNER},
    }
    yield refuse("add-twice", "none under a name that is there", "key", sound="add", **twice)


SIGNER = json.dumps(
    {
        "name": "com.example.signer",
        "description": "a plugin of the conformance suite",
        "version": "1.0.0",
        "url": "https://example.com/signer",
        "supportedContractVersions": ["1.0"],
        "capabilities": ["SIGNATURE_GENERATOR.RAW"],
    }
).encode()
