# SPDX-License-Identifier: Apache-2.0
"""The Notary payload, version 1: one descriptor of what is signed, with the user's metadata.

Building enforces the rules for user metadata; parsing is strict, because the payload is
what the whole signature is about. Says nothing about whether the target is the right one.

Spec: signature-specification, Payload; signing-and-verification-workflow.
Requirements: PAY-001 to PAY-020.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..descriptor import Descriptor
from ..document import check_names, member, of_type, parse_json, write_json
from ..errors import MalformedError, Outcome, UntrustedError, UsageError
from ..reference import go_quote
from .model import PAYLOAD_TYPE, EnvelopeFormat

MAX_PAYLOAD_BYTES = 4 << 20
"""As for a manifest: a payload is a descriptor of one, with the user's metadata."""

RESERVED_PREFIX = "io.cncf.notary"
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")

_MEMBERS = frozenset({"targetArtifact"})
_TARGET_MEMBERS = frozenset(
    {"mediaType", "digest", "size", "annotations", "artifactType", "urls", "data", "platform"}
)
_UNUSED_MEMBERS: dict[str, type] = {"urls": list, "data": str, "platform": dict}
"""A descriptor can have them and nobody here looks at them, but the Go program refuses other types."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a signature is about: the target descriptor; its annotations are the user metadata."""

    target: Descriptor

    @classmethod
    def parse(cls, data: bytes, content_type: str = PAYLOAD_TYPE) -> Payload:
        """Return the payload that the signed bytes *data* of media type *content_type* spell.

        Raises:
            MalformedError: another content type, or anything PAY-003 and PAY-018 do not allow.
        """
        if content_type != PAYLOAD_TYPE:
            raise MalformedError(f"payload content type {go_quote(content_type[:128])} not supported")
        document: dict[str, Any] = of_type(
            parse_json(data, what="payload", max_bytes=MAX_PAYLOAD_BYTES), dict, at="payload"
        )
        if not document.keys() <= _MEMBERS:
            check_names(document, _MEMBERS, at="payload")
        target: dict[str, Any] = member(document, "targetArtifact", dict)
        if not target.keys() <= _TARGET_MEMBERS:
            check_names(target, _TARGET_MEMBERS, at="targetArtifact")
        for name, kind in _UNUSED_MEMBERS.items():
            if target.get(name) is not None:
                of_type(target[name], kind, at=f"targetArtifact.{name}")
        return cls(Descriptor.from_json(target, at="targetArtifact"))

    def to_bytes(self, format: EnvelopeFormat) -> bytes:  # noqa: A002  the specification's word
        """Return the JSON to sign: members sorted in a JWS, in descriptor order in COSE (PAY-019)."""
        target = self.target.to_json()
        target.pop("artifactType", None)  # of the descriptor, not of what is signed
        sort = format is EnvelopeFormat.JWS
        return write_json({"targetArtifact": target}, sort=sort).encode("utf-8")

    def check_metadata(self, expected: Mapping[str, str]) -> None:
        """Return if every pair of *expected* is in the signed user metadata (PAY-017).

        Raises:
            UntrustedError: with outcome INTEGRITY: one is absent or has another value.
        """
        for name, value in expected.items():
            if self.target.annotations.get(name) != value:
                raise UntrustedError(
                    "unable to find specified metadata in the signature",
                    hint="the signature is genuine, but was made with other user metadata",
                    outcome=Outcome.INTEGRITY,
                )


def payload_for(target: Descriptor, user_metadata: Mapping[str, str]) -> Payload:
    """Return the payload that signs *target* with *user_metadata* as annotations.

    Raises:
        UsageError: a reserved key, one that *target* has already (PAY-006, PAY-007), or text that no
            reader would accept.
    """
    for name, value in user_metadata.items():
        if _UNWRITABLE.search(name + value):
            raise UsageError("error adding user metadata: a key or value has a NUL or is not UTF-8 text")
        if name.startswith(RESERVED_PREFIX):
            raise UsageError(
                f"error adding user metadata: metadata key {name} has reserved prefix {RESERVED_PREFIX}"
            )
        if name in target.annotations:
            raise UsageError(
                f"error adding user metadata: metadata key {name} is already present in the target artifact"
            )
    annotations = {**target.annotations, **user_metadata}
    return Payload(Descriptor(target.media_type, target.digest, target.size, None, annotations))
