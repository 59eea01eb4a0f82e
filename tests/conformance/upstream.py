# SPDX-License-Identifier: Apache-2.0
"""Finds vectors by their upstream name, whichever folder of `conformance/vectors` holds the copy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.pem import read_certificates
from notation_py.trust.policy import OciTrustPolicyDocument
from notation_py.trust.statement import TrustPolicy

VECTORS = Path(__file__).parents[2] / "conformance/vectors"
AT = datetime(2026, 1, 1, tzinfo=UTC)
"""Verdicts that depend on the clock are those of this moment."""


def vector(file: str) -> Path:
    """Return the committed copy of the upstream *file*, named with its repository first."""
    return next(VECTORS.glob(f"*/{file}"))


def entries(folder: str, document: str = "index.json") -> Any:
    """Return a parsed *document* of a folder of vectors."""
    return json.loads((VECTORS / folder / document).read_bytes())


def certificates(file: str) -> tuple[Certificate, ...]:
    return read_certificates(vector(file).read_bytes())


def statement(**members: Any) -> TrustPolicy:
    """Return the only policy of a document with these *members*."""
    named = {"name": "vector", "registryScopes": ["localhost/vector"], **members}
    document = json.dumps({"version": "1.0", "trustPolicies": [named]})
    return OciTrustPolicyDocument.parse(document.encode()).policies[0]


def policy_of(file: str) -> TrustPolicy:
    """Return the only policy of the upstream document *file*."""
    (policy,) = OciTrustPolicyDocument.parse(vector(file).read_bytes()).policies
    return policy
