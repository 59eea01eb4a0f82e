# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The areas `registry` and `layout`: which image is meant, of what kind it is, and images in a layout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .listing_scene import (
    AREA,
    FOREIGN,
    GOOD,
    INDEX,
    LAYOUT,
    fails,
    manifest_with,
    passes,
    scene_of,
)
from .scene import (
    MEDIA_TYPES,
    REPOSITORY,
    TARGET,
    chain,
    compact,
    descriptor,
    document,
    enveloped,
    policy,
    statement,
)
from .suite import Built, accept, family, refuse

# fmt: off
THUMBPRINTS = "io.cncf.notary.x509chain.thumbprint#S256"


@family(AREA, "SIG-050", "SIG-051", "SIG-052", "VER-004")
def resolution() -> Iterator[Built]:
    """The image is resolved once, to the digest that was asked for."""
    head = {"request": "HEAD /v2/*/manifests/*"}
    lie = {"headers": {"Docker-Content-Digest": f"sha256:{'ab' * 32}"}}
    yield fails("resolve-other-digest", "the registry says another digest", "registry", "good", registry={"answers": [head | lie]}, attacks=(110,))
    yield fails(
        "resolve-other-size", "the registry says another size", "registry", "good", registry={"answers": [head | {"headers": {"Content-Length": str(TARGET["size"] + 1)}}]}, attacks=(111,), requires="PAY-015 SIG-039"
    )
    yield fails("resolve-other-type", "the registry says another media type", "registry", "good", registry={"answers": [head | {"headers": {"Content-Type": INDEX}}]}, attacks=(111,), requires="PAY-015 SIG-039")
    yield fails("resolve-missing", "there is no such digest", "registry", "good", artifact={"reference": f"@sha256:{'ab' * 32}"})
    yield fails("tag-missing", "there is no such tag", "registry", "good", artifact={"reference": ":v2"}, sound="by-tag")
    yield fails(
        "tag-without-digest", "the registry does not say the digest of the tag", "registry", "good", artifact={"reference": "tag"}, registry={"answers": [head | {"without": ["Docker-Content-Digest"]}]}, sound="by-tag"
    )
    yield passes("tag-and-digest", "tag and digest are given, and the digest counts", "good", artifact={"reference": f":v2@{TARGET['digest']}"}, requires="SIG-053")


@family(AREA, "SIG-040", "SEC-002")
def redirects() -> Iterator[Built]:
    """A redirect is followed a few times, and to nothing but the web."""
    for name, title, place in (
        ("to-itself", "to itself, for ever", "http://{registry}/v2/conformance/app/blobs/{artifact}"),
        ("to-a-file", "to a file", "file:///etc/hostname"),
        ("to-ftp", "to ftp", "ftp://elsewhere.test/envelope"),
    ):
        answer = {"request": "GET /v2/*/blobs/*", "status": 307, "headers": {"Location": place}}
        yield fails(f"redirect-{name}", title, "registry", "good", registry={"answers": [answer]}, attacks=(122,))


@family(AREA, "SIG-051", "PAY-015", "SIG-008")
def kinds_of_artifacts() -> Iterator[Built]:
    """What is signed may be of any kind that a registry has."""
    index = compact({"schemaVersion": 2, "mediaType": INDEX, "manifests": [TARGET]})
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    plain = compact({"schemaVersion": 2, "mediaType": docker, "config": descriptor("application/vnd.docker.container.image.v1+json", b"{}"), "layers": []})
    for name, title, media_type, data in (("index", "an index of images", INDEX, index), ("docker", "an image in Docker's own format", docker, plain)):
        for form in GOOD:
            envelope = enveloped(form, payload=compact({"targetArtifact": descriptor(media_type, data)}))
            files = {f"signature.{form}": envelope, "artifact.json": data}
            artifact = {"manifest": "artifact.json", "media_type": media_type}
            yield passes(f"artifact-{name}-{form}", title, {"envelope": f"signature.{form}"}, files=files, form=form, artifact=artifact, attacks=(133,) if name == "index" else ())


@family(AREA, "CLI-008", "CLI-007")
def words() -> Iterator[Built]:
    """What a signer wrote does not reach a terminal as it is."""
    evil = compact({"targetArtifact": TARGET | {"annotations": {"com.example.build": "42\x1b[31m\x1b]0;owned\x07"}}})
    for form in GOOD:
        files = {f"signature.{form}": enveloped(form, payload=evil)}
        yield passes(f"metadata-escape-codes-{form}", "escape codes in metadata", {"envelope": f"signature.{form}"}, files=files, form=form, attacks=(184,), expected={"not_stdout": ["\x1b", "\x07"]})


@family(AREA, "SIG-053")
def references() -> Iterator[Built]:
    """An image is named by a tag or a digest that can be one."""
    for name, title, text in (
        ("none", "neither tag nor digest", "none"), ("tag-letters", "a tag with letters that no tag has", ":v1+2"), ("tag-long", "a tag of 129 characters", ":" + "v" * 129), ("digest-short", "a digest that lacks a digit", f"@{TARGET['digest'][:-1]}"),
        ("digest-capitals", "a digest in capitals", f"@sha256:{TARGET['digest'][7:].upper()}"), ("digest-md5", "a digest of MD5", "@md5:" + "ab" * 16), ("digest-empty", "a digest without digits", "@sha256:"), ("capitals", "a repository in capitals", "/APP:v1"),
    ):  # fmt: skip
        yield fails(f"reference-{name}", title, "reference", "good", artifact={"reference": text}, sound="by-tag", attacks=(100,))


@family(AREA, "SIG-009", "SIG-041", "SIG-042")
def thumbprints() -> Iterator[Built]:
    """The thumbprints that a manifest shows decide nothing."""
    import hashlib

    mine = json.dumps([hashlib.sha256(der).hexdigest() for der in chain().ders])
    for name, title, text in (
        ("right", "the right ones", mine),
        ("in-capitals", "the right ones in capitals", mine.upper()),
        ("of-others", "those of other certificates", json.dumps(["ab" * 32])),
        ("garbage", "a text that is no list", "thumbprints"),
        ("empty", "none", ""),
    ):
        yield passes(f"thumbprints-{name}", title, {"envelope": "good.jws", "annotations": {THUMBPRINTS: text}}, files={"good.jws": GOOD["jws"]}, form="jws", requires="SIG-010")
    lying = {"envelope": "foreign.jws", "annotations": {THUMBPRINTS: mine}}
    yield fails("thumbprints-of-the-trusted", "those of a trusted certificate, over a signature of somebody else", "authenticity", lying, files={"foreign.jws": FOREIGN["jws"]}, form="jws", sound="thumbprints-right")
    yield passes("thumbprints-lie-first", "a signature of somebody else that shows them, before a good one that shows none", lying, "good", files={"foreign.jws": FOREIGN["jws"]}, form="jws")


@family(AREA, "SIG-032", "SIG-036", "SIG-005")
def listing_only() -> Iterator[Built]:
    """Listing the signatures of an image asks for no trust."""

    def made(name: str, title: str, *signatures: Any, **tables: Any) -> Built:
        parts = scene_of(*signatures, policy=policy(), stores={}, **tables) | {"command": "list"}
        parts["tables"]["config"] = {}
        return accept(f"list-{name}", title, **parts)

    yield made("one", "a good one", "good", expected={"stdout": ["sha256:"]})
    yield made("broken", "a broken one", "broken", expected={"stdout": ["sha256:"]})
    yield made("none", "none")
    yield made("tag-schema", "one under the tag", "good", registry={"kind": "tag-schema"}, expected={"stdout": ["sha256:"]})
    parts = scene_of("good", stores={}, artifact={"reference": f"@sha256:{'ab' * 32}"}) | {"command": "list"}
    parts["tables"]["config"] = {}
    yield refuse("list-missing", "of an image that is not there", "registry", sound="list-one", **parts)


# --- image layouts ----------------------------------------------------------------------------------------


def _in_layout(
    name: str,
    title: str,
    failed: str,
    *signatures: Any,
    attacks: tuple[int, ...] = (),
    requires: str = "",
    sound: str = "sound",
    scopes: Sequence[str] = ("local/app",),
    artifact: Mapping[str, Any] | None = None,
    **tables: Any,
) -> Built:
    made = scene_of(*signatures, artifact={"place": "layout"} | dict(artifact or {}), policy=document(statement(registryScopes=list(scopes))), **tables)
    if failed:
        return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **made)
    return accept(name, title, attacks=attacks, requires=requires, **made)


@family(LAYOUT, "SIG-043", "SIG-054", "TP-029")
def layouts() -> Iterator[Built]:
    """An image layout is verified like a registry, under a scope that the user names."""
    yield _in_layout("sound", "by digest", "", "good")
    yield _in_layout("by-tag", "by tag", "", "good", artifact={"reference": "tag"})
    yield _in_layout("config-type", "the manifest has the type in its config", "", {"envelope": "good.jws", "form": "config-type"}, files={"good.jws": GOOD["jws"]}, form="jws", requires="SIG-004")
    yield _in_layout("global", "the statement is for everything", "", "good", scopes=("*",))
    yield _in_layout("other-scope", "no statement has the scope", "policy", "good", artifact={"scope": "local/other"}, requires="TP-027")
    yield _in_layout("scope-of-a-registry", "the only statement is for the registry", "policy", "good", scopes=(REPOSITORY,), requires="TP-027")
    yield _in_layout("unsigned", "there is no signature", "no-signature", requires="VER-005")
    yield _in_layout("broken", "the signature is broken", "integrity", "broken")
    yield _in_layout("foreign", "the signature is somebody else's", "authenticity", "foreign")
    yield _in_layout("broken-first", "a broken signature stands before a good one", "", "broken", "good", attacks=(120,), requires="VER-006")
    yield _in_layout("digest-missing", "there is no such digest", "registry", "good", artifact={"reference": f"@sha256:{'ab' * 32}"})
    yield _in_layout("tag-missing", "there is no such tag", "registry", "good", artifact={"reference": ":v2"}, sound="by-tag")
    two = manifest_with("manifest", layers=[descriptor(MEDIA_TYPES["jws"], GOOD["jws"])] * 2)
    yield _in_layout("two-layers-first", "a manifest with two layers stands before a good one", "", two, "good", form="jws", attacks=(120,), requires="SIG-006")
