# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""The area `payload`: what is signed, in both formats, and what the verifier demands of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .envelopes import CONTENT_TYPE, DROP
from .scene import (
    ARTIFACT,
    IMAGE_MANIFEST,
    PAYLOAD,
    TARGET,
    compact,
    descriptor,
    enveloped,
    scene,
    with_headers,
)
from .suite import Built, accept, family, refuse

# fmt: off
AREA = "payload"
FORMS = ("jws", "cose")


def _both(name: str, title: str, text: str | bytes, attacks: tuple[int, ...] = (), requires: str = "", failed: str = "integrity", **tables: Any) -> Iterator[Built]:
    """Yield the vector in both formats; an empty *failed* is for one that is accepted."""
    data = text if isinstance(text, bytes) else text.encode()
    for form in FORMS:
        made = scene(enveloped(form, payload=data), form, **tables)
        if failed:
            yield refuse(f"{name}-{form}", title, failed, attacks=attacks, requires=requires, sound=f"sound-{form}", **made)
        else:
            yield accept(f"{name}-{form}", title, attacks=attacks, requires=requires, **made)


def _target(**changes: Any) -> str:
    members = {name: value for name, value in (TARGET | changes).items() if value is not DROP}
    return json.dumps({"targetArtifact": members})


SIZE = f'"size": {TARGET["size"]}'


@family(AREA, "PAY-001", "PAY-002", "PAY-003", "PAY-015")
def sound() -> Iterator[Built]:
    """A payload that describes the image."""
    yield from _both("sound", "nothing else", PAYLOAD, failed="")
    yield from _both("members-beside-target", "a member beside targetArtifact, which is ignored", _target()[:-1] + ',"com.example.x":1}', (29,), "PAY-018", failed="")
    yield from _both("descriptor-members", "members of a descriptor that decide nothing", _target(artifactType="a/b", urls=["https://a.example"], data="", platform={}), (29,), "PAY-005", failed="")
    yield from _both("annotations", "annotations, which nobody demanded", _target(annotations={"com.example.build": "42", "empty": ""}), (), "PAY-004", failed="")


@family(AREA, "PAY-018", "SEC-003")
def strictness() -> Iterator[Built]:
    """A payload is strict JSON with one meaning."""
    yield from _both("target-twice", "targetArtifact occurs twice", f'{{"targetArtifact":{{}},{_target()[1:]}', (5,))
    yield from _both("digest-twice", "the digest occurs twice", _target().replace(SIZE, f'"digest": "{TARGET["digest"]}", {SIZE}'), (5,))
    yield from _both("annotation-twice", "an annotation occurs twice", _target(annotations={}).replace("{}", '{"a":"1","a":"2"}'), (5,))
    yield from _both("digest-in-capitals", "there is a Digest beside the digest", _target(Digest=TARGET["digest"]), (5,))
    yield from _both("not-json", "it is no JSON", b"\x00\x01", (29,), "PAY-020")
    yield from _both("second-document", "another document stands behind it", PAYLOAD + PAYLOAD, (10,))
    yield from _both("array", "it is an array", f"[{_target()}]", (29,), "PAY-001")
    yield from _both("null", "it is null", "null", (29,), "PAY-001")
    yield from _both("byte-order-mark", "a byte order mark stands before it", b"\xef\xbb\xbf" + PAYLOAD, (9,))
    yield from _both("invalid-utf-8", "a value is no UTF-8", _target(annotations={"a": "X"}).encode().replace(b'"X"', b'"\xff"'), (9,))
    yield from _both("nested-100", "a member is nested a hundred deep", _target()[:-1] + ',"x":' + "[" * 100 + "]" * 100 + "}", (6,))


@family(AREA, "PAY-002", "PAY-003", "PAY-018")
def descriptors() -> Iterator[Built]:
    """The target is a descriptor with media type, digest and size of the right types."""
    yield from _both("target-missing", "there is no target", "{}", (29,))
    yield from _both("target-null", "the target is null", '{"targetArtifact":null}', (29,))
    yield from _both("target-list", "the target is a list", f'{{"targetArtifact":[{json.dumps(TARGET)}]}}', (29,))
    yield from _both("digest-missing", "the digest is missing", _target(digest=DROP), (29,))
    yield from _both("size-missing", "the size is missing", _target(size=DROP), (29,))
    yield from _both("media-type-missing", "the media type is missing", _target(mediaType=DROP), (29,))
    yield from _both("digest-md5", "the digest is an MD5", _target(digest="md5:" + "ab" * 16), (29,))
    yield from _both("digest-short", "the digest lacks a digit", _target(digest=TARGET["digest"][:-1]), (29,))
    for name, title, text in (
        ("text", "text", f'"{TARGET["size"]}"'), ("fraction", "a fraction", f"{TARGET['size']}.0"), ("true", "true", "true"), ("negative", "negative", f"-{TARGET['size']}"),
        ("null", "null", "null"), ("5000-digits", "a number of 5000 digits", "9" * 5000), ("not-a-number", "not a number", "NaN"),
    ):  # fmt: skip
        yield from _both(f"size-{name}", f"the size is {title}", _target().replace(SIZE, f'"size": {text}'), (8 if text == "NaN" else 7,))
    yield from _both("annotations-list", "the annotations are a list", _target(annotations=[]), (29,), "PAY-004")
    yield from _both("annotation-number", "an annotation is a number", _target(annotations={"a": 1}), (29,), "PAY-004")


@family(AREA, "PAY-015", "VER-070")
def another_artifact() -> Iterator[Built]:
    """A signature about something else is no signature of the image, at any level."""
    other = compact(descriptor(IMAGE_MANIFEST, ARTIFACT + b"\n"))
    yield from _both("other-artifact", "another image", b'{"targetArtifact":' + other + b"}", (110,), failed="artifact")
    yield from _both("other-size", "the digest of the image with another size", _target(size=TARGET["size"] + 1), (111,), failed="artifact")
    yield from _both("other-media-type", "the digest of the image with another media type", _target(mediaType="application/vnd.docker.distribution.manifest.v2+json"), (111,), failed="artifact")
    from .scene import policy

    yield from _both("other-artifact-audit", "another image, at the level audit", b'{"targetArtifact":' + other + b"}", (110,), failed="artifact", policy=policy("audit"))


@family(AREA, "PAY-013", "ATTR-005")
def content_type() -> Iterator[Built]:
    """The content type is the one that this version knows, letter by letter."""
    for form in FORMS:
        for name, title, value in (
            ("other", "another", "application/json"),
            ("parameters", "with a parameter", CONTENT_TYPE + "; charset=utf-8"),
            ("in-capitals", "in capitals", CONTENT_TYPE.upper()),
            ("version-2", "of a second version", CONTENT_TYPE.replace("v1", "v2")),
            ("missing", "missing", DROP),
        ):
            made = scene(with_headers(form, {"cty": value}), form)
            yield refuse(f"content-type-{name}-{form}", title, "integrity", attacks=(28,), sound=f"sound-{form}", **made)


@family(AREA, "VER-070", "VER-071")
def both() -> Iterator[Built]:
    """If neither artifact nor metadata is what was demanded, the metadata is what is said."""
    other = compact({"targetArtifact": descriptor(IMAGE_MANIFEST, ARTIFACT + b"\n")})
    for form in FORMS:
        made = scene(enveloped(form, payload=other), form, arguments={"user_metadata": {"com.example.build": "42"}})
        yield refuse(f"artifact-and-metadata-{form}", "another image, and no metadata", "metadata", sound=f"metadata-{form}", **made)


def _demanded(form: str, annotations: Mapping[str, str], demanded: Mapping[str, str]) -> dict[str, Any]:
    data = compact({"targetArtifact": TARGET | {"annotations": dict(annotations)}})
    return scene(enveloped(form, payload=data), form, arguments={"user_metadata": dict(demanded)})


@family(AREA, "PAY-017", "VER-070")
def demanded_metadata() -> Iterator[Built]:
    """Metadata that the verifier demands has to be signed, with the same values."""
    signed = {"com.example.build": "42", "com.example.stage": "production"}
    for form in FORMS:
        yield accept(f"metadata-{form}", "all of it is there", **_demanded(form, signed, signed))
        yield accept(f"metadata-fewer-{form}", "more is signed than is demanded", **_demanded(form, signed, {"com.example.build": "42"}))
        for name, title, demanded in (
            ("missing", "a key is missing", {"com.example.reviewer": "alice"}),
            ("other-value", "a value is another", {"com.example.build": "43"}),
            ("key-in-capitals", "a key is written in capitals", {"COM.EXAMPLE.BUILD": "42"}),
            ("value-prefix", "a value is the beginning of the signed one", {"com.example.stage": "prod"}),
        ):
            made = _demanded(form, signed, demanded)
            yield refuse(f"metadata-{name}-{form}", title, "metadata", sound=f"metadata-{form}", **made)
