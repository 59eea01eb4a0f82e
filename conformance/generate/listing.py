# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The areas `registry` and `layout`: where signatures are found, what is passed over, and what ends the search."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from .envelopes import DROP, signature_of
from .pki import fixed_keys
from .scene import (
    ARTIFACT,
    IMAGE_MANIFEST,
    MEDIA_TYPES,
    REPOSITORY,
    SIGNATURE_TYPE,
    TARGET,
    chain,
    compact,
    descriptor,
    document,
    enveloped,
    policy,
    scene,
    statement,
)
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "registry"
LAYOUT = "layout"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
THUMBPRINTS = "io.cncf.notary.x509chain.thumbprint#S256"
REFERRERS = "GET /v2/*/referrers/*"
_turn = count()

GOOD = {form: enveloped(form) for form in ("jws", "cose")}
BROKEN = {form: enveloped(form, sign=lambda _key, data: signature_of(fixed_keys("EC-256")[2], data, "ES256")) for form in GOOD}
FOREIGN = {form: enveloped(form, chain=chain("EC-256", 2, "other")) for form in GOOD}


def _scene(*signatures: Any, form: str = "", **tables: Any) -> dict[str, Any]:
    """Return the members of a vector whose image has these *signatures*, in this order.

    Each is `good`, `broken` or `foreign`, a table for the vector, or a pair of that and files.
    """
    form = form or ("jws", "cose")[next(_turn) % 2]
    files: dict[str, bytes] = dict(tables.pop("files", {}))
    listed = []
    for signature in signatures:
        one, more = signature if isinstance(signature, tuple) else (signature, {})
        files |= more
        if isinstance(one, str):
            files[f"{one}.{form}"] = {"good": GOOD, "broken": BROKEN, "foreign": FOREIGN}[one][form]
            one = {"envelope": f"{one}.{form}"}
        listed.append(one)
    return scene(form=form, signatures=listed, files=files, **{key: value for key, value in tables.items() if value is not None})


def _good(name: str, title: str, *signatures: Any, attacks: tuple[int, ...] = (), requires: str = "", **tables: Any) -> Built:
    return accept(name, title, attacks=attacks, requires=requires, **_scene(*signatures, **tables))


def _bad(name: str, title: str, failed: str, *signatures: Any, attacks: tuple[int, ...] = (), requires: str = "", sound: str = "sound", **tables: Any) -> Built:
    return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **_scene(*signatures, **tables))


def _manifest(name: str, form: str = "jws", envelope: bytes | None = None, *, there: bool = True, media_type: str = IMAGE_MANIFEST, **changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a signature whose manifest is right but for *changes*, and its files.

    Args:
        there: whether the repository has the envelope.
    """
    data = GOOD[form] if envelope is None else envelope
    good: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_type, "artifactType": SIGNATURE_TYPE, "config": descriptor(EMPTY_CONFIG, b"{}"), "layers": [descriptor(MEDIA_TYPES[form], data)], "subject": TARGET}
    members = {key: value for key, value in (good | changes).items() if value is not DROP}
    return _raw_manifest(name, compact(members), form, data if there else None, media_type)


def _raw_manifest(name: str, content: bytes, form: str = "jws", envelope: bytes | None = None, media_type: str = IMAGE_MANIFEST) -> tuple[dict[str, Any], dict[str, bytes]]:
    table: dict[str, Any] = {"manifest": f"{name}.json"}
    files = {f"{name}.json": content}
    if media_type != IMAGE_MANIFEST:
        table["manifest_media_type"] = media_type
    if envelope is not None:
        table["envelope"] = f"{name}.{form}"
        files[f"{name}.{form}"] = envelope
    return table, files


def _beside(name: str, title: str, failed: str, one: Any, attacks: tuple[int, ...] = (), requires: str = "", **tables: Any) -> Iterator[Built]:
    """Yield the vector of a faulty signature alone, which is refused, and before a good one, which is found."""
    yield _bad(f"{name}-alone", f"{title}, alone", failed, one, attacks=attacks, requires=requires, form="jws", **tables)
    yield _good(f"{name}-first", f"{title}, before a good one", one, "good", attacks=attacks, requires=f"{requires} VER-008", form="jws", **tables)


@family(AREA, "SIG-016", "SIG-030", "SIG-038", "SIG-040", "VER-005")
def sound() -> Iterator[Built]:
    """A signature is found beside the image."""
    yield _good("sound", "by the referrers API", "good")
    for form, envelope in GOOD.items():
        yield _good(f"artifact-type-{form}", "the manifest has an artifact type", {"envelope": f"good.{form}", "form": "artifact-type"}, files={f"good.{form}": envelope}, form=form, requires="SIG-003", attacks=(121,))
        yield _good(f"config-type-{form}", "the manifest has the type in its config", {"envelope": f"good.{form}", "form": "config-type"}, files={f"good.{form}": envelope}, form=form, requires="SIG-004", attacks=(121,))
    yield _good("tag-schema", "by the tag schema", "good", registry={"kind": "tag-schema"}, requires="SIG-034")
    yield _good(
        "tag-schema-config-type",
        "by the tag schema, with the type in its config",
        {"envelope": "good.jws", "form": "config-type"},
        files={"good.jws": GOOD["jws"]},
        form="jws",
        registry={"kind": "tag-schema"},
        requires="SIG-004 SIG-034",
    )
    withdrawn = compact({"mediaType": ARTIFACT_MANIFEST, "artifactType": SIGNATURE_TYPE, "blobs": [descriptor(MEDIA_TYPES["jws"], GOOD["jws"])], "subject": TARGET})
    yield _good("artifact-manifest", "in the kind of manifest that was withdrawn", _raw_manifest("manifest", withdrawn, "jws", GOOD["jws"], ARTIFACT_MANIFEST), form="jws", requires="SIG-017", attacks=(121,))
    config = descriptor(EMPTY_CONFIG, b"{}") | {"data": "e30="}
    yield _good("config-with-data", "the config carries its data", _manifest("manifest", config=config), form="jws", requires="SIG-005")
    yield _good("by-tag", "the image is named by its tag", "good", artifact={"reference": "tag"}, requires="SIG-050", attacks=(112,))


@family(AREA, "VER-005", "SIG-034")
def nothing() -> Iterator[Built]:
    """An image without a signature is refused."""
    for level in ("strict", "audit"):
        yield _bad(f"unsigned-{level}", f"at {level}", "no-signature", policy=policy(level))
    yield _bad("unsigned-tag-schema", "and there is no index under the tag", "no-signature", registry={"kind": "tag-schema"}, sound="tag-schema")


@family(AREA, "VER-006", "VER-008", "VER-009")
def several() -> Iterator[Built]:
    """One good signature is enough, wherever it stands."""
    for word, title in (("broken", "a broken one"), ("foreign", "one of somebody else")):
        yield _good(f"{word}-first", f"before it stands {title}", word, "good", attacks=(120,))
        yield _good(f"{word}-last", f"behind it stands {title}", "good", word)
        yield _bad(f"{word}-alone", f"{title} alone is none", {"broken": "integrity", "foreign": "authenticity"}[word], word)
    yield _good("both-first", "before it stand a broken one and one of somebody else", "broken", "foreign", "good", attacks=(119,))
    yield _good("three-pages", "each is on a page of its own", "broken", "foreign", "good", registry={"page_size": 1}, requires="SIG-033")
    yield _good("two-formats", "before it stands a broken one in the other format", ({"envelope": "broken.cose", "media_type": MEDIA_TYPES["cose"]}, {"broken.cose": BROKEN["cose"]}), "good", form="jws")


@family(AREA, "VER-007")
def limits() -> Iterator[Built]:
    """As many signatures are looked at as the user allows."""
    yield _good("limit-2-second", "the second of two, where two are allowed", "broken", "good", arguments={"max_signatures": 2})
    yield _bad("limit-1-second", "the second, where one is allowed", "integrity", "broken", "good", arguments={"max_signatures": 1}, sound="limit-2-second")
    yield _bad("limit-2-none", "two bad ones, where two are allowed", "integrity", "broken", "foreign", arguments={"max_signatures": 2}, sound="limit-2-second")
    yield _good("limit-1-first", "the first, where one is allowed", "good", "broken", arguments={"max_signatures": 1})
    for number, word in ((0, "0"), (-1, "minus-1")):
        yield _bad(f"limit-{word}", f"{number} are allowed", "usage", "good", arguments={"max_signatures": number}, sound="limit-1-first")


@family(AREA, "SIG-006", "SIG-007", "SIG-039")
def manifests() -> Iterator[Built]:
    """A signature manifest has one of the known forms and exactly one layer."""
    layer = descriptor(MEDIA_TYPES["jws"], GOOD["jws"])
    yield from _beside("two-layers", "two layers", "registry", _manifest("manifest", layers=[layer, layer]), (120,))
    yield from _beside("no-layers", "no layer", "registry", _manifest("manifest", layers=[], there=False), (120,))
    yield from _beside("other-artifact-type", "another artifact type", "registry", _manifest("manifest", artifactType="application/vnd.example.sbom"), (116,), "SIG-002")
    yield from _beside("neither-type", "no type at all", "registry", _manifest("manifest", artifactType=DROP), (116,))
    both = descriptor(SIGNATURE_TYPE, b"{}")
    yield from _beside("other-config-type", "another type of config", "registry", _manifest("manifest", artifactType=DROP, config=descriptor("application/vnd.oci.image.config.v1+json", b"{}")), (116,), "SIG-004")
    yield from _beside("both-types", "the type in both places", "registry", _manifest("manifest", config=both), (116,), "SIG-003")
    yield from _beside("other-layer-type", "a layer that is no envelope", "integrity", _manifest("manifest", layers=[layer | {"mediaType": "application/octet-stream"}]), (121,), "VER-030")
    yield from _beside("layer-jose", "a layer of the type that was proposed once", "integrity", _manifest("manifest", layers=[layer | {"mediaType": "application/jws"}]), (121,), "VER-030")


@family(AREA, "SIG-008", "SIG-039")
def subjects() -> Iterator[Built]:
    """A signature manifest is about the image that it is listed for."""
    other = descriptor(IMAGE_MANIFEST, ARTIFACT + b"\n")
    yield from _beside("other-subject", "about another image", "registry", _manifest("manifest", subject=other), (116,))
    yield from _beside("no-subject", "about nothing", "registry", _manifest("manifest", subject=DROP), (116,))
    yield from _beside("other-subject-size", "about an image of another size", "registry", _manifest("manifest", subject=TARGET | {"size": TARGET["size"] + 1}), (116,))
    yield from _beside("other-subject-type", "about an image of another media type", "registry", _manifest("manifest", subject=TARGET | {"mediaType": INDEX}), (116,))


@family(AREA, "SEC-003", "SIG-038")
def documents() -> Iterator[Built]:
    """A signature manifest is strict JSON, of the media type it is listed with."""
    _, files = _manifest("manifest")
    good = files["manifest.json"]
    yield from _beside("duplicate-layers", "the layers twice", "registry", _raw_manifest("manifest", good[:-1] + b',"layers":[]}', "jws", GOOD["jws"]), (120,))
    yield from _beside("second-document", "two documents", "registry", _raw_manifest("manifest", good + good, "jws", GOOD["jws"]), (120,))
    yield from _beside("not-json", "no JSON", "registry", _raw_manifest("manifest", b"manifest"), (120,))
    yield from _beside("nested-100", "a member nested a hundred deep", "registry", _raw_manifest("manifest", good[:-1] + b',"x":' + b"[" * 100 + b"]" * 100 + b"}", "jws", GOOD["jws"]), (6,))
    yield from _beside("other-media-type", "a manifest that says it is an index", "registry", _manifest("manifest", mediaType=INDEX), (111,))


@family(AREA, "SIG-038", "SIG-040")
def contents() -> Iterator[Built]:
    """What is fetched has the size and the digest that were promised."""
    yield from _beside("envelope-missing", "an envelope that is not there", "registry", _manifest("manifest", there=False), (120,))
    other = BROKEN["jws"]
    yield _bad(
        "envelope-exchanged", "another envelope under the digest", "registry", "good", form="jws", registry={"answers": [{"request": "GET /v2/*/blobs/*", "body": "other.jws"}]}, files={"other.jws": other}, attacks=(110,)
    )
    yield _bad(
        "envelope-longer",
        "a byte more than was promised",
        "registry",
        "good",
        form="jws",
        registry={"answers": [{"request": "GET /v2/*/blobs/*", "body": "other.jws"}]},
        files={"other.jws": GOOD["jws"] + b"\n"},
        attacks=(113,),
    )
    _, files = _manifest("other", subject=TARGET, annotations={"a": "b"})
    yield _bad(
        "manifest-exchanged",
        "another manifest under the digest",
        "registry",
        "good",
        form="jws",
        registry={"answers": [{"request": "GET /v2/*/manifests/*", "body": "other.json"}]},
        files={"other.json": files["other.json"]},
        attacks=(110,),
    )
    big = descriptor(MEDIA_TYPES["jws"], GOOD["jws"]) | {"size": (32 << 20) + 1}
    yield from _beside("envelope-33-mib", "an envelope that would be larger than 32 MiB", "limit", _manifest("manifest", layers=[big]), (30,), "SEC-001")
    listed = _index(_entry("{signature0}", size=(4 << 20) + 1), _entry("{signature1}", data=_plain_manifest("jws")))
    yield _good("manifest-5-mib-first", "a manifest that would be larger than 4 MiB, before a good one", "broken", _manifest("manifest"), form="jws", registry=_listing(listed), attacks=(113,), requires="SIG-037 VER-008")


def _plain_manifest(form: str) -> bytes:
    _, files = _manifest("manifest", form)
    return files["manifest.json"]


def _entry(digest: str, *, data: bytes = b"", **members: Any) -> dict[str, Any]:
    """Return what the list says of a signature manifest."""
    return {"mediaType": IMAGE_MANIFEST, "digest": digest, "size": len(data), "artifactType": SIGNATURE_TYPE} | members


def _index(*entries: Mapping[str, Any]) -> str:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)})


def _listing(text: str, **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"request": REFERRERS, "text": text}
    return {"answers": [answer | ({"headers": headers} if headers else {})]}


@family(AREA, "SIG-032", "SIG-037", "SIG-033")
def listings() -> Iterator[Built]:
    """What the list says of a signature is a hint."""
    data = _plain_manifest("jws")
    good = _entry("{signature0}", data=data)
    one = _manifest("manifest")
    page = {"mediaType": "text/html", "digest": f"sha256:{'ab' * 32}", "size": 10, "artifactType": SIGNATURE_TYPE}
    yield _good("entry-page-first", "an entry of a media type that no manifest has", one, form="jws", registry=_listing(_index(page, good)), attacks=(116,), requires="VER-008")
    index = page | {"mediaType": INDEX}
    yield _good("entry-index-first", "an entry that is an index", one, form="jws", registry=_listing(_index(index, good)), attacks=(116,), requires="VER-008")
    sbom = page | {"mediaType": IMAGE_MANIFEST, "artifactType": "application/vnd.example.sbom"}
    yield _good("unfiltered", "entries of other types, which the registry did not leave out", one, form="jws", registry=_listing(_index(sbom, good)), attacks=(116,))
    yield _bad("unfiltered-alone", "entries of other types only", "no-signature", one, form="jws", registry=_listing(_index(sbom)), sound="unfiltered")
    yield _good("listed-twice", "the same entry twice", one, form="jws", registry=_listing(_index(good, good)), attacks=(115,))
    missing = good | {"digest": f"sha256:{'ab' * 32}"}
    yield _good("entry-missing-first", "an entry whose manifest is not there", one, form="jws", registry=_listing(_index(missing, good)), attacks=(120,), requires="VER-008")
    yield _good("entry-size-first", "an entry with another size than its manifest", one, form="jws", registry=_listing(_index(good | {"size": len(data) + 1}, good)), attacks=(115,), requires="VER-008")
    link = {"Link": '<http://elsewhere.test/v2/conformance/app/referrers/next>; rel="next"'}
    yield _bad("link-to-another-host", "the next page is on another host", "registry", form="jws", registry=_listing(_index(), **link), attacks=(115,), expected={"not_fetched": ["http://elsewhere.test/"]})
    loop = {"Link": '<http://{registry}/v2/conformance/app/referrers/{artifact}?artifactType=application%2Fvnd.cncf.notary.signature>; rel="next"'}
    yield _bad("pages-in-a-circle", "the next page is the same for ever", "registry", form="jws", registry=_listing(_index(), **loop), attacks=(115,))


@family(AREA, "SIG-031", "SIG-035", "SIG-036")
def unable() -> Iterator[Built]:
    """A registry that cannot answer does not say that there is no signature."""
    for status in (400, 401, 403, 418, 500):
        yield _bad(f"referrers-{status}", f"it answers {status}", "registry", "good", registry={"answers": [{"request": REFERRERS, "status": status}]}, attacks=(117,))
    unknown = json.dumps({"errors": [{"code": "NAME_UNKNOWN", "message": "repository name not known to registry"}]})
    yield _bad(
        "referrers-name-unknown",
        "it answers that it does not know the repository",
        "registry",
        "good",
        registry={"answers": [{"request": REFERRERS, "status": 404, "text": unknown, "headers": {"Content-Type": "application/json"}}]},
        attacks=(117,),
    )
    yield _bad("referrers-empty", "it answers nothing", "registry", "good", registry={"answers": [{"request": REFERRERS, "text": ""}]}, attacks=(117,))
    yield _bad("referrers-not-json", "it answers an index that is none", "registry", "good", registry={"answers": [{"request": REFERRERS, "text": "{"}]}, attacks=(117,))
    yield _bad("referrers-closed", "it ends the connection", "registry", "good", registry={"answers": [{"request": REFERRERS, "close": True}]}, attacks=(117,))
    page = {"request": REFERRERS, "text": "<html>Please log in.</html>", "headers": {"Content-Type": "text/html"}}
    yield _good("referrers-page-tag-schema", "it answers a page, and the list is under the tag", "good", registry={"kind": "tag-schema", "answers": [page]}, attacks=(117,), requires="SIG-034")
    tag = {"request": "GET /v2/*/manifests/sha256-*", "text": _index(), "headers": {"Content-Type": "application/vnd.docker.distribution.manifest.v2+json"}}
    yield _bad("tag-schema-other-type", "there is something else under the tag", "registry", "good", registry={"kind": "tag-schema", "answers": [tag]}, sound="tag-schema", attacks=(118,), requires="SIG-034")


@family(AREA, "SIG-050", "SIG-051", "SIG-052", "VER-004")
def resolution() -> Iterator[Built]:
    """The image is resolved once, to the digest that was asked for."""
    head = {"request": "HEAD /v2/*/manifests/*"}
    lie = {"headers": {"Docker-Content-Digest": f"sha256:{'ab' * 32}"}}
    yield _bad("resolve-other-digest", "the registry says another digest", "registry", "good", registry={"answers": [head | lie]}, attacks=(110,))
    yield _bad(
        "resolve-other-size", "the registry says another size", "registry", "good", registry={"answers": [head | {"headers": {"Content-Length": str(TARGET["size"] + 1)}}]}, attacks=(111,), requires="PAY-015 SIG-039"
    )
    yield _bad("resolve-other-type", "the registry says another media type", "registry", "good", registry={"answers": [head | {"headers": {"Content-Type": INDEX}}]}, attacks=(111,), requires="PAY-015 SIG-039")
    yield _bad("resolve-missing", "there is no such digest", "registry", "good", artifact={"reference": f"@sha256:{'ab' * 32}"})
    yield _bad("tag-missing", "there is no such tag", "registry", "good", artifact={"reference": ":v2"}, sound="by-tag")
    yield _bad(
        "tag-without-digest", "the registry does not say the digest of the tag", "registry", "good", artifact={"reference": "tag"}, registry={"answers": [head | {"without": ["Docker-Content-Digest"]}]}, sound="by-tag"
    )
    yield _good("tag-and-digest", "tag and digest are given, and the digest counts", "good", artifact={"reference": f":v2@{TARGET['digest']}"}, requires="SIG-053")


@family(AREA, "SIG-040", "SEC-002")
def redirects() -> Iterator[Built]:
    """A redirect is followed a few times, and to nothing but the web."""
    for name, title, place in (
        ("to-itself", "to itself, for ever", "http://{registry}/v2/conformance/app/blobs/{artifact}"),
        ("to-a-file", "to a file", "file:///etc/hostname"),
        ("to-ftp", "to ftp", "ftp://elsewhere.test/envelope"),
    ):
        answer = {"request": "GET /v2/*/blobs/*", "status": 307, "headers": {"Location": place}}
        yield _bad(f"redirect-{name}", title, "registry", "good", registry={"answers": [answer]}, attacks=(122,))


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
            yield _good(f"artifact-{name}-{form}", title, {"envelope": f"signature.{form}"}, files=files, form=form, artifact=artifact, attacks=(133,) if name == "index" else ())


@family(AREA, "CLI-008", "CLI-007")
def words() -> Iterator[Built]:
    """What a signer wrote does not reach a terminal as it is."""
    evil = compact({"targetArtifact": TARGET | {"annotations": {"com.example.build": "42\x1b[31m\x1b]0;owned\x07"}}})
    for form in GOOD:
        files = {f"signature.{form}": enveloped(form, payload=evil)}
        yield _good(f"metadata-escape-codes-{form}", "escape codes in metadata", {"envelope": f"signature.{form}"}, files=files, form=form, attacks=(184,), expected={"not_stdout": ["\x1b", "\x07"]})


@family(AREA, "SIG-053")
def references() -> Iterator[Built]:
    """An image is named by a tag or a digest that can be one."""
    for name, title, text in (
        ("none", "neither tag nor digest", "none"), ("tag-letters", "a tag with letters that no tag has", ":v1+2"), ("tag-long", "a tag of 129 characters", ":" + "v" * 129), ("digest-short", "a digest that lacks a digit", f"@{TARGET['digest'][:-1]}"),
        ("digest-capitals", "a digest in capitals", f"@sha256:{TARGET['digest'][7:].upper()}"), ("digest-md5", "a digest of MD5", "@md5:" + "ab" * 16), ("digest-empty", "a digest without digits", "@sha256:"), ("capitals", "a repository in capitals", "/APP:v1"),
    ):  # fmt: skip
        yield _bad(f"reference-{name}", title, "reference", "good", artifact={"reference": text}, sound="by-tag", attacks=(100,))


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
        yield _good(f"thumbprints-{name}", title, {"envelope": "good.jws", "annotations": {THUMBPRINTS: text}}, files={"good.jws": GOOD["jws"]}, form="jws", requires="SIG-010")
    lying = {"envelope": "foreign.jws", "annotations": {THUMBPRINTS: mine}}
    yield _bad("thumbprints-of-the-trusted", "those of a trusted certificate, over a signature of somebody else", "authenticity", lying, files={"foreign.jws": FOREIGN["jws"]}, form="jws", sound="thumbprints-right")
    yield _good("thumbprints-lie-first", "a signature of somebody else that shows them, before a good one that shows none", lying, "good", files={"foreign.jws": FOREIGN["jws"]}, form="jws")


@family(AREA, "SIG-032", "SIG-036", "SIG-005")
def listing_only() -> Iterator[Built]:
    """Listing the signatures of an image asks for no trust."""

    def made(name: str, title: str, *signatures: Any, **tables: Any) -> Built:
        parts = _scene(*signatures, policy=policy(), stores={}, **tables) | {"command": "list"}
        parts["tables"]["config"] = {}
        return accept(f"list-{name}", title, **parts)

    yield made("one", "a good one", "good", expected={"stdout": ["sha256:"]})
    yield made("broken", "a broken one", "broken", expected={"stdout": ["sha256:"]})
    yield made("none", "none")
    yield made("tag-schema", "one under the tag", "good", registry={"kind": "tag-schema"}, expected={"stdout": ["sha256:"]})
    parts = _scene("good", stores={}, artifact={"reference": f"@sha256:{'ab' * 32}"}) | {"command": "list"}
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
    made = _scene(*signatures, artifact={"place": "layout"} | dict(artifact or {}), policy=document(statement(registryScopes=list(scopes))), **tables)
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
    two = _manifest("manifest", layers=[descriptor(MEDIA_TYPES["jws"], GOOD["jws"])] * 2)
    yield _in_layout("two-layers-first", "a manifest with two layers stands before a good one", "", two, "good", form="jws", attacks=(120,), requires="SIG-006")
