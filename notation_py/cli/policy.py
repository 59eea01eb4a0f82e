# SPDX-License-Identifier: Apache-2.0
"""`policy init|import|show`: the trust policy for OCI artifacts.

Names the kind and its words; `policies` does the work, for blobs as well.

Spec: contract/cli.md 7.11. Requirements: CLI-012, CFG-009, TP-001.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..adapters.policy_files import PolicyKind, initial_policy
from ..trust.policy import OciTrustPolicyDocument
from . import policies
from .session import Session

_COMMANDS = policies.PolicyCommands(
    PolicyKind.OCI,
    OciTrustPolicyDocument.parse,
    schema="trustpolicy.oci",
    group="policy",
    absent="it",
    shown="OCI trust policy",
    section="trust-policy-for-oci-artifacts",
    example="a trust policy example",
)


def run_init(values: Mapping[str, Any], session: Session) -> None:
    """Write a policy of one strict statement."""
    data = initial_policy(
        values["name"],
        trust_stores=values["trust_store"],
        trusted_identities=values["trusted_identity"],
        registry_scopes=values["scope"],
    )
    policies.init(_COMMANDS, data, values, session)


def run_import(values: Mapping[str, Any], session: Session) -> None:
    """Install the policy of a file, byte for byte."""
    policies.import_file(_COMMANDS, values, session)


def run_show(values: Mapping[str, Any], session: Session) -> None:  # noqa: ARG001 - the signature of every handler
    """Write the bytes of the policy, also if it is invalid, which is an error then."""
    policies.show(_COMMANDS, session)
