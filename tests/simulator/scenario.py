# SPDX-License-Identifier: Apache-2.0
"""A signed artifact in a fake repository with a policy that trusts its signer: the usual starting point."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notation_py.certificates.certificate import Certificate
from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
from notation_py.envelope.model import EnvelopeFormat
from notation_py.registry.signatures import ManifestForm
from notation_py.signing.sign import SignedArtifact, SignOptions, sign_artifact
from notation_py.signing.signer import LocalSigner
from notation_py.trust.policy import OciTrustPolicyDocument
from notation_py.trust.statement import TrustPolicy
from notation_py.verification.artifact import VerifiedArtifact, VerifyOptions, verify_artifact
from notation_py.verification.signature import Sources
from tests.simulator.fake_repository import FakeRepository
from tests.simulator.fake_trust_store import FakeTrustStore
from tests.simulator.pki import NOW, TestChain, make_chain

MANIFEST = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}'
IDENTITY = "x509.subject: C=US, ST=WA, O=Notary"


def signer_of(chain: TestChain) -> LocalSigner:
    """Return the local signer with the leaf's key of *chain*."""
    return LocalSigner.of(chain.key, tuple(Certificate.parse(data) for data in chain.ders))


def policy(**changes: Any) -> TrustPolicy:
    """Return a strict statement that trusts `ca:acme` and Notary's subjects, with *changes*."""
    statement: dict[str, Any] = {
        "name": "test",
        "registryScopes": ["registry.test/app"],
        "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:acme"],
        "trustedIdentities": [IDENTITY],
    }
    statement.update(changes)
    document = {"version": "1.0", "trustPolicies": [statement]}
    return OciTrustPolicyDocument.parse(json.dumps(document).encode()).policies[0]


@dataclass
class Scenario:
    """One artifact tagged `v1`, a signer, a store that trusts its root."""

    chain: TestChain = field(default_factory=lambda: make_chain("EC-256", 2))
    repository: FakeRepository = field(default_factory=FakeRepository)
    at: datetime = NOW

    def __post_init__(self) -> None:
        self.artifact = Descriptor.of(IMAGE_MANIFEST, MANIFEST)
        self.repository.add("v1", self.artifact, MANIFEST)
        self.store = FakeTrustStore(ca_acme=(self.root(self.chain),))
        self.sources = Sources(self.store)

    @staticmethod
    def root(chain: TestChain) -> Certificate:
        return Certificate.parse(chain.ders[-1])

    def sign(
        self,
        chain: TestChain | None = None,
        form: ManifestForm = ManifestForm.ARTIFACT_TYPE,
        format: EnvelopeFormat = EnvelopeFormat.JWS,  # noqa: A002
        **options: Any,
    ) -> SignedArtifact:
        wanted = SignOptions(format=format, manifest_form=form, **options)
        return sign_artifact(self.repository, "v1", signer_of(chain or self.chain), wanted, at=self.at)

    def verify(
        self, statement: TrustPolicy | None = None, *, at: datetime | None = None, **options: Any
    ) -> VerifiedArtifact:
        return verify_artifact(
            self.repository,
            "v1",
            statement or policy(),
            self.sources,
            VerifyOptions(**options),
            at=at or self.at,
        )
