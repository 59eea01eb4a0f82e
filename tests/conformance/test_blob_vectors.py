# SPDX-License-Identifier: Apache-2.0
"""The Go program's own signatures of blobs: verified with their blob, inspected without, and its policies."""

from __future__ import annotations

from typing import Any

import pytest

from notation_py.cli.inspection import read_inspection, signature_document
from notation_py.digest import Digest
from notation_py.document import parse_json
from notation_py.envelope.blob import format_of_file_name
from notation_py.errors import Outcome, UntrustedError
from notation_py.trust.memory import MemoryTrustStore
from notation_py.trust.policy import BlobTrustPolicyDocument
from notation_py.trust.store import TrustStoreType
from notation_py.verification.blob import VerifiedBlob, VerifyBlobOptions, verify_blob
from notation_py.verification.outcome import VerificationFailedError
from notation_py.verification.signature import Sources
from tests.conformance.upstream import AT, certificates, entries, vector
from tests.simulator.blobs import SKIP, blob_policy

CASES = entries("blobs")
VERIFIED = [case for case in CASES if "blob" in case]
INSPECTED = [case for case in CASES if "signedArtifact" in case]
POLICIES = [case for case in CASES if "names" in case]


def verified(case: Any, *, named: bool) -> VerifiedBlob:
    level = case.get("level", "strict")
    changes = SKIP if level == "skip" else {"trustedIdentities": ["*"]}
    policy = blob_policy(**{"signatureVerification": {"level": level}, **changes})
    store = MemoryTrustStore.of({(TrustStoreType.CA, "acme"): certificates(case["certificates"])})
    content = case["blob"].encode()
    return verify_blob(
        lambda algorithm: (Digest.of(content, algorithm), len(content)),
        vector(case["file"]).read_bytes(),
        policy,
        Sources(store),
        VerifyBlobOptions(case.get("media_type"), case.get("metadata", {})),
        format=format_of_file_name(case["file"].rpartition("/")[2]) if named else None,
        at=AT,
    )


@pytest.mark.parametrize("named", [True, False], ids=["by-name", "by-content"])
@pytest.mark.parametrize("case", VERIFIED, ids=lambda case: case["id"])
def test_blob_of_the_go_library_gets_its_verdict(case: Any, named: bool) -> None:
    """Accepted, skipped or refused with the Go program's words (BLOB-020, BLOB-021, BLOB-023, PAY-016)."""
    if case["expect"] == "refuse":
        with pytest.raises(VerificationFailedError) as caught:
            verified(case, named=named)
        assert (caught.value.message, caught.value.outcome.value) == (case["message"], case["outcome"])
        return
    found = verified(case, named=named)
    assert found.outcome.word is Outcome(case.get("outcome", "VERIFIED"))
    assert found.target is None or found.target.size == len(case["blob"])


@pytest.mark.parametrize("case", INSPECTED, ids=lambda case: case["id"])
def test_signature_of_the_go_program_is_inspected(case: Any) -> None:
    """What was signed, and when it was stamped (CLI-009)."""
    name = case["file"].rpartition("/")[2]
    inspection = read_inspection(name, vector(case["file"]).read_bytes(), format_of_file_name(name))
    shown: Any = parse_json(signature_document(inspection).encode(), what="inspection", max_bytes=1 << 20)
    assert shown["signedArtifact"] == case["signedArtifact"]
    assert shown["unsignedAttributes"]["timestampSignature"]["timestamp"] == case["timestamp"]


@pytest.mark.parametrize("case", POLICIES, ids=lambda case: case["id"])
def test_policy_of_the_go_program_chooses(case: Any) -> None:
    """Every statement by its name, and the global one if there is one (BTP-003, BTP-005)."""
    policies = BlobTrustPolicyDocument.parse(vector(case["file"]).read_bytes())
    assert [policies.policy_named(name).name for name in case["names"]] == case["names"]
    if case["global"] is None:
        with pytest.raises(UntrustedError, match="no global blob trust policy"):
            policies.global_policy()
    else:
        assert policies.global_policy().name == case["global"]
