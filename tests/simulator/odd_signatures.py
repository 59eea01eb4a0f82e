# SPDX-License-Identifier: Apache-2.0
"""Signatures as nobody's program makes them, complete with manifest, ready to be put beside an artifact."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
from tests.simulator import tsa
from tests.simulator.envelopes import (
    AGENT,
    CONTENT_TYPE,
    DROP,
    EXPIRY,
    SCHEME,
    TIME,
    TOKEN,
    cose,
    header,
    jws_parts,
    standard,
)
from tests.simulator.images import Image, compact
from tests.simulator.pki import TestChain

SIGNATURE_TYPE = "application/vnd.cncf.notary.signature"
PLUGIN, MINIMUM = "io.cncf.notary.verificationPlugin", "io.cncf.notary.verificationPluginMinVersion"
ODD_SIGNATURES = {
    "agentless",
    "broken-stamp",
    "content-type",
    "cose",
    "expired",
    "extended",
    "large",
    "metadata",
    "needs-helper",
    "needs-new-helper",
    "noise",
    "of-a-blob",
    "other-artifact",
    "stamped",  # at a fixed moment
    "stamped-now",
    "tampered",
    "two-layers",
    "wide-manifest",
}
"""The words for what is odd: each is one property, and they may be combined where that makes sense."""

STAMPED_AT = datetime(2026, 6, 1, 12, 0, 5, tzinfo=UTC)
_EMPTY = b"{}"
_MAX_BLOB, _MAX_MANIFEST = 32 << 20, 4 << 20


def odd_signature(
    subject: Descriptor, chain: TestChain, words: frozenset[str], authority: TestChain
) -> Image:
    """Return a signature of *subject* by *chain* with its manifest and blobs, stamped by *authority*."""
    data = b"noise" if "noise" in words else _envelope(subject, chain, words, authority)
    media_type = "application/cose" if "cose" in words else "application/jose+json"
    layer = Descriptor.of(media_type, data)
    config = Descriptor.of("application/vnd.oci.empty.v1+json", _EMPTY)
    layers = [layer.to_json()] * (2 if "two-layers" in words else 1)
    if "large" in words:
        layers[0] = layers[0] | {"size": _MAX_BLOB + 1}
    manifest = {
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "artifactType": SIGNATURE_TYPE,
        "config": config.to_json(),
        "layers": layers,
        "subject": subject.plain().to_json(),
    }
    if "of-a-blob" in words:
        manifest["annotations"] = {"io.cncf.notary.blob.signature": "true"}
    if "wide-manifest" in words:
        manifest["filler"] = "x" * _MAX_MANIFEST
    blobs = {str(layer.digest): data, str(config.digest): _EMPTY}
    return Image(compact(manifest), IMAGE_MANIFEST, blobs)


def _envelope(subject: Descriptor, chain: TestChain, words: frozenset[str], authority: TestChain) -> bytes:
    target = subject.plain().to_json()
    if words & {"of-a-blob", "other-artifact"}:
        target |= {"digest": "sha256:" + "00" * 32}
    if "metadata" in words:
        target |= {"annotations": {"io.example.build": "42", "note": "<a> & b"}}
    payload = json.dumps({"targetArtifact": target}, separators=(",", ":"), ensure_ascii=False).encode()
    if "cose" in words:
        return cose(chain=chain, payload=payload)
    unprotected: dict[str, Any] = {AGENT: DROP if "agentless" in words else "test/1.0"}
    if "broken-stamp" in words:
        unprotected[TOKEN] = standard(b"noise")
    parts = jws_parts(chain=chain, protected=_header(words), payload=payload, unprotected=unprotected)
    if "tampered" in words:
        first = json.loads(parts.signature)
        parts = replace(parts, signature=json.dumps(("A" if first[0] != "A" else "B") + first[1:]))
    if words & {"stamped", "stamped-now"}:
        encoded = json.loads(parts.signature)
        token = tsa.stamp(
            message=base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)),
            chain=authority,
            gen_time=tsa.general_time(datetime.now(UTC) if "stamped-now" in words else STAMPED_AT),
            accuracy=tsa.accuracy(seconds=1),
        )
        parts = replace(parts, header=json.dumps(json.loads(parts.header) | {TOKEN: standard(token)}))
    return parts.document()


def _header(words: frozenset[str]) -> dict[str, Any]:
    critical, more = [SCHEME], {}
    if "expired" in words:
        critical.append(EXPIRY)
        more[EXPIRY] = "2026-06-02T12:00:00Z"
    if "extended" in words:
        critical.append("com.example.team")
        more["com.example.team"] = "blue"
    for word, least in (("needs-helper", "1.0.0"), ("needs-new-helper", "9.0.0")):
        if word in words:
            critical += [PLUGIN, MINIMUM]
            more |= {PLUGIN: "helper", MINIMUM: least}
    kind = "text/plain" if "content-type" in words else CONTENT_TYPE
    return header(crit=critical, cty=kind, **{TIME: "2026-06-01T12:00:00Z"}, **more)
