# SPDX-License-Identifier: Apache-2.0
"""What the author of a plugin implements: an object with metadata and the methods of its capabilities.

One object serves both routes: named by an entry point of the group `notation_py.plugins` it runs in
the caller's process, and wrapped by `serve` it is a `notation-<name>` program that any client can run.

Spec: plugin-extensibility. Requirements: PLG-041, PLG-045, PLG-050, PLG-060, PLG-101.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .members import Config
from .messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    KeyDescription,
    PluginMetadata,
)

if TYPE_CHECKING:
    from .verification_messages import VerifySignatureAnswer, VerifySignatureRequest

ENTRY_POINT_GROUP = "notation_py.plugins"


class Plugin(Protocol):
    """Every plugin. Methods raise `RequestError` to refuse a request; anything else is a defect of theirs."""

    def metadata(self, config: Config) -> PluginMetadata:
        """Return what the plugin is; static facts, nothing is asked of a service."""


class SignatureGenerator(Plugin, Protocol):
    """Has the capability `SIGNATURE_GENERATOR.RAW`."""

    def describe_key(self, request: DescribeKeyRequest) -> KeyDescription:
        """Return the type of the key."""

    def generate_signature(self, request: GenerateSignatureRequest) -> GeneratedSignature:
        """Return the signature over the payload: RSASSA-PSS with salt = hash, or ECDSA as r || s."""


class EnvelopeGenerator(Plugin, Protocol):
    """Has the capability `SIGNATURE_GENERATOR.ENVELOPE` or `SIGNATURE_GENERATOR.ENVELOPE_FOR_BLOB`."""

    def generate_envelope(self, request: GenerateEnvelopeRequest) -> GeneratedEnvelope:
        """Return an envelope over exactly the payload."""


class SignatureVerifier(Plugin, Protocol):
    """Has a `SIGNATURE_VERIFIER` capability."""

    def verify_signature(self, request: VerifySignatureRequest) -> VerifySignatureAnswer:
        """Return a result for each capability asked for, and the attributes that were processed."""
