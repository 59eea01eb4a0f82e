# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `registry`: where signatures are found, what is passed over, and what ends the search."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .envelopes import DROP
from .listing_scene import (
    AREA,
    BROKEN,
    EMPTY_CONFIG,
    GOOD,
    INDEX,
    fails,
    manifest_with,
    passes,
    raw_manifest,
)
from .scene import (
    ARTIFACT,
    IMAGE_MANIFEST,
    MEDIA_TYPES,
    SIGNATURE_TYPE,
    TARGET,
    compact,
    descriptor,
    policy,
)
from .suite import Built, family

# fmt: off
ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json"
REFERRERS = "GET /v2/*/referrers/*"


def _beside(name: str, title: str, failed: str, one: Any, attacks: tuple[int, ...] = (), requires: str = "", **tables: Any) -> Iterator[Built]:
    """Yield the vector of a faulty signature alone, which is refused, and before a good one, which is found."""
    yield fails(f"{name}-alone", f"{title}, alone", failed, one, attacks=attacks, requires=requires, form="jws", **tables)
    yield passes(f"{name}-first", f"{title}, before a good one", one, "good", attacks=attacks, requires=f"{requires} VER-008", form="jws", **tables)


@family(AREA, "SIG-016", "SIG-030", "SIG-038", "SIG-040", "VER-005")
def sound() -> Iterator[Built]:
    """A signature is found beside the image."""
    yield passes("sound", "by the referrers API", "good")
    for form, envelope in GOOD.items():
        yield passes(f"artifact-type-{form}", "the manifest has an artifact type", {"envelope": f"good.{form}", "form": "artifact-type"}, files={f"good.{form}": envelope}, form=form, requires="SIG-003", attacks=(121,))
        yield passes(f"config-type-{form}", "the manifest has the type in its config", {"envelope": f"good.{form}", "form": "config-type"}, files={f"good.{form}": envelope}, form=form, requires="SIG-004", attacks=(121,))
    yield passes("tag-schema", "by the tag schema", "good", registry={"kind": "tag-schema"}, requires="SIG-034")
    yield passes(
        "tag-schema-config-type",
        "by the tag schema, with the type in its config",
        {"envelope": "good.jws", "form": "config-type"},
        files={"good.jws": GOOD["jws"]},
        form="jws",
        registry={"kind": "tag-schema"},
        requires="SIG-004 SIG-034",
    )
    withdrawn = compact({"mediaType": ARTIFACT_MANIFEST, "artifactType": SIGNATURE_TYPE, "blobs": [descriptor(MEDIA_TYPES["jws"], GOOD["jws"])], "subject": TARGET})
    yield passes("artifact-manifest", "in the kind of manifest that was withdrawn", raw_manifest("manifest", withdrawn, "jws", GOOD["jws"], ARTIFACT_MANIFEST), form="jws", requires="SIG-017", attacks=(121,))
    config = descriptor(EMPTY_CONFIG, b"{}") | {"data": "e30="}
    yield passes("config-with-data", "the config carries its data", manifest_with("manifest", config=config), form="jws", requires="SIG-005")
    yield passes("by-tag", "the image is named by its tag", "good", artifact={"reference": "tag"}, requires="SIG-050", attacks=(112,))


@family(AREA, "VER-005", "SIG-034")
def nothing() -> Iterator[Built]:
    """An image without a signature is refused."""
    for level in ("strict", "audit"):
        yield fails(f"unsigned-{level}", f"at {level}", "no-signature", policy=policy(level))
    yield fails("unsigned-tag-schema", "and there is no index under the tag", "no-signature", registry={"kind": "tag-schema"}, sound="tag-schema")


@family(AREA, "VER-006", "VER-008", "VER-009")
def several() -> Iterator[Built]:
    """One good signature is enough, wherever it stands."""
    for word, title in (("broken", "a broken one"), ("foreign", "one of somebody else")):
        yield passes(f"{word}-first", f"before it stands {title}", word, "good", attacks=(120,))
        yield passes(f"{word}-last", f"behind it stands {title}", "good", word)
        yield fails(f"{word}-alone", f"{title} alone is none", {"broken": "integrity", "foreign": "authenticity"}[word], word)
    yield passes("both-first", "before it stand a broken one and one of somebody else", "broken", "foreign", "good", attacks=(119,))
    yield passes("three-pages", "each is on a page of its own", "broken", "foreign", "good", registry={"page_size": 1}, requires="SIG-033")
    yield passes("two-formats", "before it stands a broken one in the other format", ({"envelope": "broken.cose", "media_type": MEDIA_TYPES["cose"]}, {"broken.cose": BROKEN["cose"]}), "good", form="jws")


@family(AREA, "VER-007")
def limits() -> Iterator[Built]:
    """As many signatures are looked at as the user allows."""
    yield passes("limit-2-second", "the second of two, where two are allowed", "broken", "good", arguments={"max_signatures": 2})
    yield fails("limit-1-second", "the second, where one is allowed", "integrity", "broken", "good", arguments={"max_signatures": 1}, sound="limit-2-second")
    yield fails("limit-2-none", "two bad ones, where two are allowed", "integrity", "broken", "foreign", arguments={"max_signatures": 2}, sound="limit-2-second")
    yield passes("limit-1-first", "the first, where one is allowed", "good", "broken", arguments={"max_signatures": 1})
    for number, word in ((0, "0"), (-1, "minus-1")):
        yield fails(f"limit-{word}", f"{number} are allowed", "usage", "good", arguments={"max_signatures": number}, sound="limit-1-first")


@family(AREA, "SIG-006", "SIG-007", "SIG-039")
def manifests() -> Iterator[Built]:
    """A signature manifest has one of the known forms and exactly one layer."""
    layer = descriptor(MEDIA_TYPES["jws"], GOOD["jws"])
    yield from _beside("two-layers", "two layers", "registry", manifest_with("manifest", layers=[layer, layer]), (120,))
    yield from _beside("no-layers", "no layer", "registry", manifest_with("manifest", layers=[], there=False), (120,))
    yield from _beside("other-artifact-type", "another artifact type", "registry", manifest_with("manifest", artifactType="application/vnd.example.sbom"), (116,), "SIG-002")
    yield from _beside("neither-type", "no type at all", "registry", manifest_with("manifest", artifactType=DROP), (116,))
    both = descriptor(SIGNATURE_TYPE, b"{}")
    yield from _beside("other-config-type", "another type of config", "registry", manifest_with("manifest", artifactType=DROP, config=descriptor("application/vnd.oci.image.config.v1+json", b"{}")), (116,), "SIG-004")
    yield from _beside("both-types", "the type in both places", "registry", manifest_with("manifest", config=both), (116,), "SIG-003")
    yield from _beside("other-layer-type", "a layer that is no envelope", "integrity", manifest_with("manifest", layers=[layer | {"mediaType": "application/octet-stream"}]), (121,), "VER-030")
    yield from _beside("layer-jose", "a layer of the type that was proposed once", "integrity", manifest_with("manifest", layers=[layer | {"mediaType": "application/jws"}]), (121,), "VER-030")


@family(AREA, "SIG-008", "SIG-039")
def subjects() -> Iterator[Built]:
    """A signature manifest is about the image that it is listed for."""
    other = descriptor(IMAGE_MANIFEST, ARTIFACT + b"\n")
    yield from _beside("other-subject", "about another image", "registry", manifest_with("manifest", subject=other), (116,))
    yield from _beside("no-subject", "about nothing", "registry", manifest_with("manifest", subject=DROP), (116,))
    yield from _beside("other-subject-size", "about an image of another size", "registry", manifest_with("manifest", subject=TARGET | {"size": TARGET["size"] + 1}), (116,))
    yield from _beside("other-subject-type", "about an image of another media type", "registry", manifest_with("manifest", subject=TARGET | {"mediaType": INDEX}), (116,))


@family(AREA, "SEC-003", "SIG-038")
def documents() -> Iterator[Built]:
    """A signature manifest is strict JSON, of the media type it is listed with."""
    _, files = manifest_with("manifest")
    good = files["manifest.json"]
    yield from _beside("duplicate-layers", "the layers twice", "registry", raw_manifest("manifest", good[:-1] + b',"layers":[]}', "jws", GOOD["jws"]), (120,))
    yield from _beside("second-document", "two documents", "registry", raw_manifest("manifest", good + good, "jws", GOOD["jws"]), (120,))
    yield from _beside("not-json", "no JSON", "registry", raw_manifest("manifest", b"manifest"), (120,))
    yield from _beside("nested-100", "a member nested a hundred deep", "registry", raw_manifest("manifest", good[:-1] + b',"x":' + b"[" * 100 + b"]" * 100 + b"}", "jws", GOOD["jws"]), (6,))
    yield from _beside("other-media-type", "a manifest that says it is an index", "registry", manifest_with("manifest", mediaType=INDEX), (111,))


@family(AREA, "SIG-038", "SIG-040")
def contents() -> Iterator[Built]:
    """What is fetched has the size and the digest that were promised."""
    yield from _beside("envelope-missing", "an envelope that is not there", "registry", manifest_with("manifest", there=False), (120,))
    other = BROKEN["jws"]
    yield fails(
        "envelope-exchanged", "another envelope under the digest", "registry", "good", form="jws", registry={"answers": [{"request": "GET /v2/*/blobs/*", "body": "other.jws"}]}, files={"other.jws": other}, attacks=(110,)
    )
    yield fails(
        "envelope-longer",
        "a byte more than was promised",
        "registry",
        "good",
        form="jws",
        registry={"answers": [{"request": "GET /v2/*/blobs/*", "body": "other.jws"}]},
        files={"other.jws": GOOD["jws"] + b"\n"},
        attacks=(113,),
    )
    _, files = manifest_with("other", subject=TARGET, annotations={"a": "b"})
    yield fails(
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
    yield from _beside("envelope-33-mib", "an envelope that would be larger than 32 MiB", "limit", manifest_with("manifest", layers=[big]), (30,), "SEC-001")
    listed = _index(_entry("{signature0}", size=(4 << 20) + 1), _entry("{signature1}", data=_plain_manifest("jws")))
    yield passes("manifest-5-mib-first", "a manifest that would be larger than 4 MiB, before a good one", "broken", manifest_with("manifest"), form="jws", registry=_listing(listed), attacks=(113,), requires="SIG-037 VER-008")


def _plain_manifest(form: str) -> bytes:
    _, files = manifest_with("manifest", form)
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
    one = manifest_with("manifest")
    page = {"mediaType": "text/html", "digest": f"sha256:{'ab' * 32}", "size": 10, "artifactType": SIGNATURE_TYPE}
    yield passes("entry-page-first", "an entry of a media type that no manifest has", one, form="jws", registry=_listing(_index(page, good)), attacks=(116,), requires="VER-008")
    index = page | {"mediaType": INDEX}
    yield passes("entry-index-first", "an entry that is an index", one, form="jws", registry=_listing(_index(index, good)), attacks=(116,), requires="VER-008")
    sbom = page | {"mediaType": IMAGE_MANIFEST, "artifactType": "application/vnd.example.sbom"}
    yield passes("unfiltered", "entries of other types, which the registry did not leave out", one, form="jws", registry=_listing(_index(sbom, good)), attacks=(116,))
    yield fails("unfiltered-alone", "entries of other types only", "no-signature", one, form="jws", registry=_listing(_index(sbom)), sound="unfiltered")
    yield passes("listed-twice", "the same entry twice", one, form="jws", registry=_listing(_index(good, good)), attacks=(115,))
    missing = good | {"digest": f"sha256:{'ab' * 32}"}
    yield passes("entry-missing-first", "an entry whose manifest is not there", one, form="jws", registry=_listing(_index(missing, good)), attacks=(120,), requires="VER-008")
    yield passes("entry-size-first", "an entry with another size than its manifest", one, form="jws", registry=_listing(_index(good | {"size": len(data) + 1}, good)), attacks=(115,), requires="VER-008")
    link = {"Link": '<http://elsewhere.test/v2/conformance/app/referrers/next>; rel="next"'}
    yield fails("link-to-another-host", "the next page is on another host", "registry", form="jws", registry=_listing(_index(), **link), attacks=(115,), expected={"not_fetched": ["http://elsewhere.test/"]})
    loop = {"Link": '<http://{registry}/v2/conformance/app/referrers/{artifact}?artifactType=application%2Fvnd.cncf.notary.signature>; rel="next"'}
    yield fails("pages-in-a-circle", "the next page is the same for ever", "registry", form="jws", registry=_listing(_index(), **loop), attacks=(115,))


@family(AREA, "SIG-031", "SIG-035", "SIG-036")
def unable() -> Iterator[Built]:
    """A registry that cannot answer does not say that there is no signature."""
    for status in (400, 401, 403, 418, 500):
        yield fails(f"referrers-{status}", f"it answers {status}", "registry", "good", registry={"answers": [{"request": REFERRERS, "status": status}]}, attacks=(117,))
    unknown = json.dumps({"errors": [{"code": "NAME_UNKNOWN", "message": "repository name not known to registry"}]})
    yield fails(
        "referrers-name-unknown",
        "it answers that it does not know the repository",
        "registry",
        "good",
        registry={"answers": [{"request": REFERRERS, "status": 404, "text": unknown, "headers": {"Content-Type": "application/json"}}]},
        attacks=(117,),
    )
    yield fails("referrers-empty", "it answers nothing", "registry", "good", registry={"answers": [{"request": REFERRERS, "text": ""}]}, attacks=(117,))
    yield fails("referrers-not-json", "it answers an index that is none", "registry", "good", registry={"answers": [{"request": REFERRERS, "text": "{"}]}, attacks=(117,))
    yield fails("referrers-closed", "it ends the connection", "registry", "good", registry={"answers": [{"request": REFERRERS, "close": True}]}, attacks=(117,))
    page = {"request": REFERRERS, "text": "<html>Please log in.</html>", "headers": {"Content-Type": "text/html"}}
    yield passes("referrers-page-tag-schema", "it answers a page, and the list is under the tag", "good", registry={"kind": "tag-schema", "answers": [page]}, attacks=(117,), requires="SIG-034")
    tag = {"request": "GET /v2/*/manifests/sha256-*", "text": _index(), "headers": {"Content-Type": "application/vnd.docker.distribution.manifest.v2+json"}}
    yield fails("tag-schema-other-type", "there is something else under the tag", "registry", "good", registry={"kind": "tag-schema", "answers": [tag]}, sound="tag-schema", attacks=(118,), requires="SIG-034")
