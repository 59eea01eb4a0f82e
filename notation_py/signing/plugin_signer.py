# SPDX-License-Identifier: Apache-2.0
"""The two signers that ask a plugin: for signatures, or for whole envelopes.

Which of the two a plugin can be is asked anew every time, and every answer was checked against its
request in `plugin.answers`; what only a signer knows is checked here. Knows no way to run a plugin.

Spec: plugin-extensibility, Signing interfaces.
Requirements: ATTR-010, PLG-053, PLG-064, PLG-070 to PLG-073, SGN-004.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..algorithms import BY_KEY_SPEC, KeySpec
from ..certificates.chain import VerifiedSignature
from ..envelope.integrity import IntactEnvelope
from ..envelope.model import PAYLOAD_TYPE, EnvelopeFormat, PrimitiveSignature
from ..errors import NotationError, PluginError, UsageError
from ..plugin.answers import describe_key, generate_envelope, generate_signature, plugin_metadata
from ..plugin.contract import Capability, PluginRunner
from ..plugin.members import Config
from ..plugin.messages import (
    DescribeKeyRequest,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    PluginMetadata,
)
from ..reference import go_quote
from .sign import SIGNING_AGENT
from .signer import SignedEnvelope, VerifyingSigner


@dataclass(frozen=True, slots=True)
class PluginKey:
    """A key as a plugin knows it: the plugin, what it says of itself now, the key's id, the configuration."""

    runner: PluginRunner
    metadata: PluginMetadata
    key_id: str
    config: Config

    @property
    def signing_agent(self) -> str:
        """The signing agent of signatures made with this key (ATTR-010)."""
        plugin = f"{self.metadata.name}/{self.metadata.version}"
        is_word = plugin.isascii() and plugin.isprintable() and " " not in plugin and len(plugin) <= 256
        return f"{SIGNING_AGENT} {plugin}" if is_word else SIGNING_AGENT

    def describe(self) -> KeySpec:
        """Return the type of the key, asked now; raises PluginError (PLG-072)."""
        return describe_key(self.runner, DescribeKeyRequest(self.key_id, self.config)).key_spec


@dataclass(frozen=True, slots=True)
class PluginSigner(VerifyingSigner):
    """A signer whose key a plugin has: the capability `SIGNATURE_GENERATOR.RAW`."""

    key: PluginKey
    spec: KeySpec

    def key_spec(self) -> KeySpec:
        """Return the type of the key."""
        return self.spec

    def sign(self, message: bytes) -> PrimitiveSignature:
        """Return the plugin's signature over *message*, which verifies; raises PluginError."""
        return self.sign_verified(message)[0]

    def sign_verified(self, message: bytes) -> tuple[PrimitiveSignature, VerifiedSignature]:
        """Likewise, and that it verifies."""
        request = GenerateSignatureRequest(
            self.key.key_id, self.spec, BY_KEY_SPEC[self.spec].hash, message, self.key.config
        )
        with _signing(self.key.runner):
            answer, verified = generate_signature(self.key.runner, request)
        return PrimitiveSignature(answer.signature, answer.certificate_chain), verified


@dataclass(frozen=True, slots=True)
class PluginEnvelopeSigner:
    """A signer that has a plugin make whole envelopes.

    Attributes:
        spec: the type of the key, or None: envelopes over artifacts do not need it.
    """

    key: PluginKey
    spec: KeySpec | None = None

    def key_spec(self) -> KeySpec:
        """Return the type of the key; raises PluginError if the signer is for artifacts only (PLG-072)."""
        if self.spec is None:
            raise PluginError(
                f"the plugin {go_quote(self.key.metadata.name)} was not asked for the type of its key, which "
                "blob signing needs",
                hint="use plugin_blob_signer",
            )
        return self.spec

    def sign_envelope(
        self,
        payload: bytes,
        format: EnvelopeFormat,  # noqa: A002  the specification's word
        expires_in: int | None,
    ) -> SignedEnvelope:
        """Return the plugin's envelope over exactly *payload*, intact; raises PluginError."""
        request = GenerateEnvelopeRequest(
            self.key.key_id, PAYLOAD_TYPE, format.value, payload, expires_in, self.key.config
        )
        with _signing(self.key.runner):
            answer, intact = generate_envelope(self.key.runner, request)
            self._check_key(intact)
            _check_token(intact)
        return SignedEnvelope(answer.envelope, intact, answer.annotations)

    def _check_key(self, intact: IntactEnvelope) -> None:
        if self.spec is not None and intact.chain.algorithm.key_spec is not self.spec:
            raise PluginError(
                f"the plugin described the key as {self.spec} and signed with "
                f"{intact.chain.algorithm.key_spec}"
            )


def plugin_signer(
    runner: PluginRunner, key_id: str, stored: Mapping[str, str], given: Mapping[str, str]
) -> PluginSigner | PluginEnvelopeSigner:
    """Return a signer of artifacts with a plugin's key *key_id*: by signature, else by envelope (PLG-070).

    Args:
        stored: the configuration kept with the key. given: that of this call, which wins (PLG-073).

    Raises:
        PluginError: the plugin cannot sign, or does not know the key. UsageError: no key id.
    """
    key = _key(runner, key_id, stored, given)
    if Capability.SIGNATURE_GENERATOR_RAW in key.metadata.capabilities:
        return PluginSigner(key, _described(key))
    if Capability.SIGNATURE_GENERATOR_ENVELOPE in key.metadata.capabilities:
        return PluginEnvelopeSigner(key)
    raise PluginError(
        "plugin does not have signing capabilities",
        hint=f"plugin {runner.name} offers {', '.join(key.metadata.capabilities)[:128]}",
    )


def plugin_blob_signer(
    runner: PluginRunner, key_id: str, stored: Mapping[str, str], given: Mapping[str, str]
) -> PluginSigner | PluginEnvelopeSigner:
    """Return a signer of blobs with the key *key_id* of a plugin, whose type is known (PLG-071, PLG-072).

    Raises:
        PluginError: the plugin cannot sign blobs, or does not know the key. UsageError: no key id.
    """
    key = _key(runner, key_id, stored, given)
    if Capability.SIGNATURE_GENERATOR_RAW in key.metadata.capabilities:
        return PluginSigner(key, _described(key))
    if Capability.SIGNATURE_GENERATOR_ENVELOPE_FOR_BLOB in key.metadata.capabilities:
        return PluginEnvelopeSigner(key, _described(key))
    raise PluginError(
        f"the plugin {go_quote(runner.name)} lacks the signature generator capability required for "
        "blob signing"
    )


def _key(runner: PluginRunner, key_id: str, stored: Mapping[str, str], given: Mapping[str, str]) -> PluginKey:
    if not key_id:
        raise UsageError("keyID not specified")
    config = {**stored, **given}
    with _signing(runner):
        return PluginKey(runner, plugin_metadata(runner, config), key_id, config)


def _described(key: PluginKey) -> KeySpec:
    with _signing(key.runner):
        return key.describe()


@contextmanager
def _signing(runner: PluginRunner) -> Iterator[None]:
    """Say which plugin it was that did not sign."""
    try:
        yield
    except PluginError as error:
        raise PluginError(
            f"failed to sign with the plugin {runner.name}: {error.message}",
            hint=error.hint,
            outcome=error.outcome,
            code=error.code,
        ) from error


def _check_token(intact: IntactEnvelope) -> None:
    """Return if the token, if any, stamps this signature, by an authority with a proper chain (PLG-064).

    The chain is judged when its root is in the token; whether to trust it is for verifiers to say.

    Raises:
        PluginError: it does not.
    """
    data = intact.envelope.unsigned.timestamp_signature
    if data is None:
        return
    from ..timestamp.countersignature import check_window, verify_countersignature
    from ..timestamp.token import TimestampToken

    try:
        token = TimestampToken.parse(data)
        token.check_imprint(intact.envelope.signature)
        check_window(token.info, intact.chain)
        roots = [certificate for certificate in token.certificates if certificate.is_self_signed]
        if roots:
            verify_countersignature(token, intact.envelope.signature, roots, at=token.info.gen_time)
    except NotationError as error:
        raise PluginError(f"the plugin attached an unusable timestamp: {error.message}") from error
