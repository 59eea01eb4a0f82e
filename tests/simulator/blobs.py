# SPDX-License-Identifier: Apache-2.0
"""A blob, its signer, and a policy that trusts it: the usual starting point of tests about blobs.

`content_of` gives digest and size as the core wants them, and counts how often it was asked and for what.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notation_py.certificates.certificate import Certificate
from notation_py.digest import Digest, HashAlgorithm
from notation_py.envelope.model import EnvelopeFormat
from notation_py.signing.blob import SignedBlob, sign_blob
from notation_py.signing.sign import SignOptions
from notation_py.trust.policy import BlobTrustPolicyDocument
from notation_py.trust.statement import TrustPolicy
from notation_py.verification.blob import VerifiedBlob, VerifyBlobOptions, verify_blob
from notation_py.verification.signature import Sources
from tests.simulator.fake_trust_store import FakeTrustStore
from tests.simulator.pki import NOW, TestChain, make_chain
from tests.simulator.scenario import IDENTITY, signer_of

BLOB = b"what is signed\n"


@dataclass
class Content:
    """Bytes at the port through which the core asks for a blob.

    Attributes:
        asked: the algorithms it was asked for.
    """

    data: bytes = BLOB
    asked: list[HashAlgorithm] = field(default_factory=list)

    def __call__(self, algorithm: HashAlgorithm) -> tuple[Digest, int]:
        self.asked.append(algorithm)
        return Digest.of(self.data, algorithm), len(self.data)


def blob_statement(name: str = "test", **changes: Any) -> dict[str, Any]:
    """Return a strict statement that trusts `ca:acme` and Notary's subjects, with *changes*; None removes."""
    statement: dict[str, Any] = {
        "name": name,
        "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:acme"],
        "trustedIdentities": [IDENTITY],
    }
    statement.update(changes)
    return {member: value for member, value in statement.items() if value is not None}


def blob_document(*statements: dict[str, Any]) -> bytes:
    """Return the bytes of a blob trust policy of *statements*."""
    return json.dumps({"version": "1.0", "trustPolicies": list(statements)}).encode()


def blob_policies(*statements: dict[str, Any]) -> BlobTrustPolicyDocument:
    """Return the blob trust policy of *statements*."""
    return BlobTrustPolicyDocument.parse(blob_document(*statements))


def blob_policy(**changes: Any) -> TrustPolicy:
    """Return the statement that `blob_statement` makes."""
    return blob_policies(blob_statement(**changes)).policies[0]


SKIP = {
    "signatureVerification": {"level": "skip"},
    "trustStores": None,
    "trustedIdentities": None,
}
"""Changes that make a statement one of level `skip`."""


@dataclass
class BlobScenario:
    """One blob, a signer, a store that trusts its root."""

    chain: TestChain = field(default_factory=lambda: make_chain("EC-256", 2))
    content: Content = field(default_factory=Content)
    at: datetime = NOW
    roots: Sequence[TestChain] = ()

    def __post_init__(self) -> None:
        trusted = tuple(Certificate.parse(chain.ders[-1]) for chain in (self.chain, *self.roots))
        self.sources = Sources(FakeTrustStore(ca_acme=trusted))

    def sign(
        self,
        signer: Any = None,
        *,
        media_type: str = "application/octet-stream",
        format: EnvelopeFormat = EnvelopeFormat.JWS,  # noqa: A002  the specification's word
        **options: Any,
    ) -> SignedBlob:
        """Return the blob signed; its content is asked once for it."""
        wanted = SignOptions(format=format, **options)
        signer = signer or signer_of(self.chain)
        return sign_blob(self.content, signer, wanted, media_type=media_type, at=self.at)

    def verify(
        self,
        signature: bytes,
        statement: TrustPolicy | None = None,
        *,
        format: EnvelopeFormat | None = None,  # noqa: A002  the specification's word
        at: datetime | None = None,
        **options: Any,
    ) -> VerifiedBlob:
        """Return the blob verified with *signature*."""
        return verify_blob(
            self.content,
            signature,
            statement or blob_policy(),
            self.sources,
            VerifyBlobOptions(**options),
            format=format,
            at=at or self.at,
        )
