# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one vector per line
"""Vectors of the areas `registry` and `layout`: an image with signatures beside it, right or wrong ones."""

from __future__ import annotations

from itertools import count
from typing import Any

from .envelopes import DROP, signature_of
from .pki import fixed_keys
from .scene import (
    IMAGE_MANIFEST,
    MEDIA_TYPES,
    SIGNATURE_TYPE,
    TARGET,
    chain,
    compact,
    descriptor,
    enveloped,
    scene,
)
from .suite import Built, accept, refuse

# fmt: off
AREA = "registry"
LAYOUT = "layout"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_turn = count()

GOOD = {form: enveloped(form) for form in ("jws", "cose")}
BROKEN = {form: enveloped(form, sign=lambda _key, data: signature_of(fixed_keys("EC-256")[2], data, "ES256")) for form in GOOD}
FOREIGN = {form: enveloped(form, chain=chain("EC-256", 2, "other")) for form in GOOD}


def scene_of(*signatures: Any, form: str = "", **tables: Any) -> dict[str, Any]:
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


def passes(name: str, title: str, *signatures: Any, attacks: tuple[int, ...] = (), requires: str = "", **tables: Any) -> Built:
    """Return the vector, which is accepted."""
    return accept(name, title, attacks=attacks, requires=requires, **scene_of(*signatures, **tables))


def fails(name: str, title: str, failed: str, *signatures: Any, attacks: tuple[int, ...] = (), requires: str = "", sound: str = "sound", **tables: Any) -> Built:
    """Return the vector, which is refused by the check *failed*."""
    return refuse(name, title, failed, attacks=attacks, requires=requires, sound=sound, **scene_of(*signatures, **tables))


def manifest_with(name: str, form: str = "jws", envelope: bytes | None = None, *, there: bool = True, media_type: str = IMAGE_MANIFEST, **changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a signature whose manifest is right but for *changes*, and its files.

    Args:
        there: whether the repository has the envelope.
    """
    data = GOOD[form] if envelope is None else envelope
    good: dict[str, Any] = {"schemaVersion": 2, "mediaType": media_type, "artifactType": SIGNATURE_TYPE, "config": descriptor(EMPTY_CONFIG, b"{}"), "layers": [descriptor(MEDIA_TYPES[form], data)], "subject": TARGET}
    members = {key: value for key, value in (good | changes).items() if value is not DROP}
    return raw_manifest(name, compact(members), form, data if there else None, media_type)


def raw_manifest(name: str, content: bytes, form: str = "jws", envelope: bytes | None = None, media_type: str = IMAGE_MANIFEST) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a signature whose manifest is *content*, and its files; without an *envelope* there is none."""
    table: dict[str, Any] = {"manifest": f"{name}.json"}
    files = {f"{name}.json": content}
    if media_type != IMAGE_MANIFEST:
        table["manifest_media_type"] = media_type
    if envelope is not None:
        table["envelope"] = f"{name}.{form}"
        files[f"{name}.{form}"] = envelope
    return table, files
