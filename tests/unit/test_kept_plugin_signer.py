# SPDX-License-Identifier: Apache-2.0
"""A plugin's signer that is kept: what it knows from when it was made, and what it asks each time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from notation_py.algorithms import KeySpec
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import PluginError
from notation_py.signing.plugin_signer import (
    PluginEnvelopeSigner,
    PluginSigner,
    plugin_blob_signer,
    plugin_signer,
)
from notation_py.signing.sign import SIGNING_AGENT, SignOptions, sign_artifact
from tests.simulator.fake_plugins import BLOB_ENVELOPE, ENVELOPE, KEY_ID, FakePlugin, HonestPlugin
from tests.simulator.pki import KeyType, make_chain
from tests.simulator.scenario import Scenario

OLD = make_chain("EC-256", 2, subject="old")
PAYLOAD = b'{"targetArtifact":{"mediaType":"a/b","digest":"sha256:' + b"0" * 64 + b'","size":1}}'


def kept(*capabilities: str) -> tuple[FakePlugin, PluginSigner | PluginEnvelopeSigner]:
    """Return a plugin with the key `OLD`, and a signer made with it."""
    honest = HonestPlugin(OLD, capabilities=capabilities) if capabilities else HonestPlugin(OLD)
    fake = FakePlugin(honest)
    return fake, plugin_signer(fake, KEY_ID, {}, {})


def test_signer_asks_for_one_signature_each_time() -> None:
    """The plugin is not asked again what it is, nor what the key is. PLG-031, PLG-070."""
    fake, signer = kept()
    scenario = Scenario(OLD)
    for _ in range(2):
        sign_artifact(scenario.repository, "v1", signer, SignOptions(), at=scenario.at)
    assert fake.commands == ["get-plugin-metadata", "describe-key", *["generate-signature"] * 2]


def test_key_that_rotates_to_its_own_type_signs_with_its_new_chain() -> None:
    """Each signature brings the chain of the key that made it, and verifies with that. PLG-052."""
    fake, signer = kept()
    assert isinstance(signer, PluginSigner)
    assert signer.sign(b"message").certificate_chain == OLD.ders
    fake.plugin.chain = make_chain("EC-256", 2, subject="new")
    assert signer.sign(b"message").certificate_chain == fake.plugin.chain.ders
    scenario = Scenario(fake.plugin.chain)
    sign_artifact(scenario.repository, "v1", signer, SignOptions(), at=scenario.at)
    assert scenario.verify().outcome.accepted


@pytest.mark.parametrize("kind", ["EC-384", "RSA-2048"])
def test_key_that_rotates_to_another_type_signs_nothing(kind: KeyType) -> None:
    """The type was asked when the signer was made; a new signer has the new one. PLG-052, PLG-072."""
    fake, signer = kept()
    fake.plugin.chain = make_chain(kind, 2, subject="new")
    scenario = Scenario(fake.plugin.chain)
    before = dict(scenario.repository.content)
    with pytest.raises(PluginError, match=r"failed to sign with the plugin .* does not match the key"):
        sign_artifact(scenario.repository, "v1", signer, SignOptions(), at=scenario.at)
    assert scenario.repository.content == before
    assert signer.key_spec() is KeySpec.EC_256
    anew = plugin_signer(fake, KEY_ID, {}, {})
    sign_artifact(scenario.repository, "v1", anew, SignOptions(), at=scenario.at)
    assert scenario.verify().outcome.accepted


def test_envelopes_of_artifacts_follow_the_key_to_another_type() -> None:
    """Their signer was told no type; that of blobs was, and refuses another. PLG-061, PLG-072."""
    fake, signer = kept(ENVELOPE.value)
    assert isinstance(signer, PluginEnvelopeSigner)
    blobs = FakePlugin(HonestPlugin(OLD, capabilities=(BLOB_ENVELOPE.value,)))
    of_blobs = plugin_blob_signer(blobs, KEY_ID, {}, {})
    assert isinstance(of_blobs, PluginEnvelopeSigner)
    fake.plugin.chain = blobs.plugin.chain = make_chain("EC-384", 2, subject="new")
    signed = signer.sign_envelope(PAYLOAD, EnvelopeFormat.JWS, None)
    assert signed.intact.chain.algorithm.key_spec is KeySpec.EC_384
    with pytest.raises(PluginError, match="described the key as EC-256 and signed with EC-384"):
        of_blobs.sign_envelope(PAYLOAD, EnvelopeFormat.JWS, None)


def test_signing_agent_is_that_of_when_the_signer_was_made() -> None:
    """A plugin that is updated meanwhile is named with its old version. ATTR-010."""
    fake, signer = kept()
    fake.plugin.version = "2.0.0"
    assert signer.key.signing_agent == f"{SIGNING_AGENT} test-plugin/1.2.3"


def test_signer_is_used_by_several_threads() -> None:
    """It is immutable; whether the plugin is, says the plugin. PLG-070."""
    _, signer = kept()
    assert isinstance(signer, PluginSigner)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(signer.sign, (b"%d" % number for number in range(32))))
    assert len({one.signature for one in made}) == 32
    with pytest.raises(AttributeError):
        signer.spec = KeySpec.EC_384  # type: ignore[misc]
