# SPDX-License-Identifier: Apache-2.0
"""`blob policy init|import|show`: the trust policy for blobs.

Names the kind and its words; `policies` does the work, for OCI artifacts as well.

Spec: contract/cli.md 7.12. Requirements: CLI-012, CLI-013, CFG-009, BTP-001, BTP-003.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..adapters.policy_files import PolicyKind, initial_policy
from ..trust.policy import BlobTrustPolicyDocument
from . import policies
from .session import Session

_COMMANDS = policies.PolicyCommands(
    PolicyKind.BLOB,
    BlobTrustPolicyDocument.parse,
    schema="trustpolicy.blob",
    group="blob policy",
    absent="the configuration",
    shown="trust policy",
    section="trust-policy-for-blobs",
    example="a blob trust policy example",
)


def run_init(values: Mapping[str, Any], session: Session) -> None:
    """Write a policy of one strict statement."""
    data = initial_policy(
        values["name"],
        trust_stores=values["trust_store"],
        trusted_identities=values["trusted_identity"],
        further={"globalPolicy": True} if values["global"] else {},
    )
    policies.init(_COMMANDS, data, values, session)


def run_import(values: Mapping[str, Any], session: Session) -> None:
    """Install the policy of a file, byte for byte."""
    policies.import_file(_COMMANDS, values, session)


def run_show(values: Mapping[str, Any], session: Session) -> None:  # noqa: ARG001 - the signature of every handler
    """Write the bytes of the policy, also if it is invalid, which is an error then."""
    policies.show(_COMMANDS, session)
