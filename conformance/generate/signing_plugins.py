# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""More of the area `sign`: what plugins answer when they are asked for a signature, and what is done about it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from .blobs import BLOB
from .envelopes import EXPIRY, SCHEME, signature_of, standard
from .pki import fixed_keys
from .scene import (
    ARTIFACT,
    IMAGE_MANIFEST,
    MEDIA_TYPES,
    TARGET,
    chain,
    compact,
    descriptor,
    edited,
    enveloped,
    with_headers,
)
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "sign"
FORMS = ("jws", "cose")
NAME = "com.example.signer"
METADATA = {
    "name": NAME,
    "description": "a plugin of the conformance suite",
    "version": "1.0.0",
    "url": "https://example.com/signer",
    "supportedContractVersions": ["1.0"],
    "capabilities": ["SIGNATURE_GENERATOR.ENVELOPE"],
}
DESCRIBED = {"keyId": "1", "keySpec": "EC-256"}
SIGNED = {"keyId": "1", "signature": standard(bytes(64)), "signingAlgorithm": "ECDSA-SHA-256", "certificateChain": [standard(der) for der in chain().ders]}


def _answer(form: str, envelope: bytes | None = None, **changes: Any) -> dict[str, Any]:
    """Return the answer with a good envelope, or with *envelope*, and *changes*."""
    good = {"signatureEnvelope": base64.b64encode(envelope or enveloped(form)).decode(), "signatureEnvelopeType": MEDIA_TYPES[form], "annotations": {}}
    return good | changes


def _scene(form: str, answers: Mapping[str, Any], *, metadata: Mapping[str, Any] = METADATA, fails: tuple[str, ...] = (), signatures: int = 0, **arguments: Any) -> dict[str, Any]:
    """Return the members of a vector in which a plugin with these *answers* signs the image."""
    named = {"get-plugin-metadata": compact(metadata)} | {command: one if isinstance(one, bytes) else compact(one) for command, one in answers.items()}
    plugin: dict[str, Any] = {command: f"{command}.json" for command in named}
    if fails:
        plugin["fails"] = list(fails)
    given = {"plugin": NAME, "id": "1"} | arguments
    tables = {"plugins": {NAME: plugin}, "arguments": given, "expected": {"signatures": signatures}}
    return {"command": "sign", "format": form, "tables": tables, "files": {f"{command}.json": data for command, data in named.items()}}


def _bad(name: str, title: str, form: str, answer: Any, failed: str = "plugin", attacks: tuple[int, ...] = (158,), requires: str = "", **rest: Any) -> Built:
    return refuse(name, title, failed, attacks=attacks, requires=requires, sound=f"envelope-plugin-{form}", **_scene(form, {"generate-envelope": answer}, **rest))


@family(AREA, "PLG-060", "PLG-061", "PLG-062", "PLG-070")
def envelopes() -> Iterator[Built]:
    """An envelope that a plugin makes is what was asked for, or is not pushed."""
    for form in FORMS:
        yield accept(f"envelope-plugin-{form}", "it is", requires="PLG-041 PLG-065", **_scene(form, {"generate-envelope": _answer(form)}, signatures=1))
        other = {"jws": "cose", "cose": "jws"}[form]
        yield _bad(f"envelope-of-another-image-{form}", "it is about another image", form, _answer(form, enveloped(form, payload=compact({"targetArtifact": descriptor(IMAGE_MANIFEST, ARTIFACT + b"\n")}))))
        yield _bad(f"envelope-in-{other}-as-{form}", "it is in the other format", form, _answer(form, enveloped(other)))
        yield _bad(f"envelope-said-{other}-{form}", "it is said to be in the other format", form, _answer(form, signatureEnvelopeType=MEDIA_TYPES[other]))
        broken = enveloped(form, sign=lambda _key, data: signature_of(fixed_keys("EC-256")[2], data, "ES256"))
        yield _bad(f"envelope-broken-{form}", "its signature is broken", form, _answer(form, broken))
        yield _bad(f"envelope-garbage-{form}", "it is none", form, _answer(form, b"signature"))
        yield _bad(f"envelope-content-type-{form}", "its content type is another", form, _answer(form, with_headers(form, {"cty": "application/json"})))
    dropped = enveloped("jws")
    yield _bad("envelope-drops-metadata", "metadata that was asked for is missing", "jws", _answer("jws", dropped), user_metadata={"com.example.build": "42"})
    yield _bad("envelope-without-expiry", "an expiry that was asked for is missing", "jws", _answer("jws"), expiry="24h")
    more = compact({"targetArtifact": TARGET, "com.example.x": 1})
    yield _bad("envelope-more-members", "the payload has a member that nobody asked for", "jws", _answer("jws", enveloped("jws", payload=more)), requires="PLG-063")
    late = with_headers("jws", {EXPIRY: "2119-01-01T00:00:00Z", "crit": [SCHEME, EXPIRY]})
    yield _bad("envelope-late-expiry", "it expires later than was asked for", "jws", _answer("jws", late), expiry="24h")
    faulty = edited({}, length=2, not_after=chain().leaf.not_valid_after_utc.replace(year=2023))
    yield _bad("envelope-expired-certificate", "its certificates have expired", "jws", _answer("jws", enveloped("jws", chain=faulty)), "signing", requires="CERT-008")


@family(AREA, "PLG-025", "PLG-026", "PLG-028", "PLG-029")
def answers() -> Iterator[Built]:
    """A plugin that signs answers in the form of its contract."""
    good = _answer("jws")
    yield _bad("plugin-no-envelope", "the envelope is missing", "jws", {key: value for key, value in good.items() if key != "signatureEnvelope"})
    padded = enveloped("jws") + b" " * (1 + -len(enveloped("jws")) % 3)
    yield _bad("plugin-base64-unpadded", "the envelope is base64 without padding", "jws", _answer("jws", signatureEnvelope=base64.b64encode(padded).decode().rstrip("=")))
    yield _bad("plugin-not-json", "the answer is no JSON", "jws", b"signed\n", attacks=(156,))
    yield _bad("plugin-fails", "it fails", "jws", {"errorCode": "ACCESS_DENIED", "errorMessage": "not you"}, attacks=(156,), fails=("generate-envelope",), requires="PLG-027")
    yield _bad("plugin-annotation-reserved", "it adds an annotation under a reserved name", "jws", _answer("jws", annotations={"io.cncf.notary.x": "1"}), requires="SIG-012 SIG-013")
    yield _bad("plugin-cannot-sign", "it cannot sign", "jws", good, metadata=METADATA | {"capabilities": ["SIGNATURE_VERIFIER.REVOCATION_CHECK"]}, attacks=())
    yield _bad("plugin-contract-2", "it speaks another contract", "jws", good, metadata=METADATA | {"supportedContractVersions": ["2.0"]}, attacks=(157,), requires="PLG-036")


@family(AREA, "PLG-045", "PLG-050", "PLG-051", "PLG-052")
def signatures() -> Iterator[Built]:
    """A raw signature that a plugin makes is checked before anything is made of it."""
    raw = METADATA | {"capabilities": ["SIGNATURE_GENERATOR.RAW"]}

    def bad(name: str, title: str, describe: Any = DESCRIBED, sign: Any = SIGNED, attacks: tuple[int, ...] = (158,)) -> Built:
        made = _scene("jws", {"describe-key": describe, "generate-signature": sign}, metadata=raw)
        return refuse(f"raw-{name}", title, "plugin", attacks=attacks, sound="envelope-plugin-jws", **made)

    yield bad("zeros", "it is nothing but zeros")
    yield bad("other-key-id", "the key is described under another id", describe=DESCRIBED | {"keyId": "2"})
    yield bad("unknown-key-spec", "the key is of no known kind", describe=DESCRIBED | {"keySpec": "EC-192"})
    yield bad("signed-other-key-id", "it is by another key", sign=SIGNED | {"keyId": "2"})
    yield bad("other-algorithm", "it is by another algorithm than the key's", sign=SIGNED | {"signingAlgorithm": "RSASSA-PSS-SHA-256"})
    yield bad("no-chain", "there is no chain", sign=SIGNED | {"certificateChain": []})
    yield bad("chain-without-root", "the chain lacks its root", sign=SIGNED | {"certificateChain": SIGNED["certificateChain"][:1]})


@family(AREA, "BLOB-007", "PLG-071")
def files() -> Iterator[Built]:
    """A plugin that makes envelopes for images makes none for files."""
    made = _scene("jws", {"generate-envelope": _answer("jws")})
    tables = {"plugins": made["tables"]["plugins"], "arguments": made["tables"]["arguments"], "inputs": [{"file": "blob", "name": "release.txt"}], "expected": {"not_written": ["release.txt.jws.sig"]}}
    yield refuse("blob-envelope-plugin", "though it would answer", "plugin", sound="blob-jws", command="blob sign", format="jws", tables=tables, files=made["files"] | {"blob": BLOB})
