# SPDX-License-Identifier: Apache-2.0
"""`policy init|import|show`: the trust policy for OCI artifacts.

What is installed has passed every check a verification makes; an existing policy is replaced only after a
yes or with `--force`. Knows nothing about what a policy means.

Spec: contract/cli.md 7.11, 7.12. Requirements: CLI-012, CFG-009, TP-001.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..adapters.policy_files import (
    LEGACY_NAME,
    LegacyFile,
    PolicyFile,
    PolicyKind,
    initial_policy,
    policy_path,
    read_policy,
    read_policy_to_import,
    write_policy,
)
from ..errors import ConfigurationError, UsageError
from ..trust.policy import OciTrustPolicyDocument
from .parser import PROGRAM
from .prompt import confirmed
from .session import Session, complain

KIND = PolicyKind.OCI
_IMPORT = f"`{PROGRAM} policy import <path-to-policy.json>`"
_EXAMPLE = (
    "https://github.com/notaryproject/specifications/blob/8cf800c60b7315a43f0adbcae463d848a353b412/"
    "specs/trust-store-trust-policy.md#trust-policy-for-oci-artifacts"
)


def run_init(values: Mapping[str, Any], session: Session) -> None:
    """Write a policy of one strict statement."""
    data = initial_policy(
        values["name"],
        trust_stores=values["trust_store"],
        trusted_identities=values["trusted_identity"],
        registry_scopes=values["scope"],
    )
    try:
        document = OciTrustPolicyDocument.parse(data)
    except ConfigurationError as error:
        raise UsageError(f"invalid OCI policy: {error.message}", hint=error.hint) from error
    if _replaceable(values, session):
        _install(data, document, session)
        session.say(
            f"Successfully initialized OCI trust policy file to {policy_path(session.directories, KIND)}."
        )


def run_import(values: Mapping[str, Any], session: Session) -> None:
    """Install the policy of a file, byte for byte."""
    (source,) = values["arguments"]
    data = read_policy_to_import(KIND, Path(source), OciTrustPolicyDocument.parse)
    document = OciTrustPolicyDocument.parse(data)
    if _replaceable(values, session):
        _install(data, document, session)
        session.say(
            "Successfully imported OCI trust policy configuration to "
            f"{policy_path(session.directories, KIND)}."
        )


def _install(data: bytes, document: OciTrustPolicyDocument, session: Session) -> None:
    for warning in document.warnings:
        session.warn(f"trust policy: {warning}")
    if session.strictness.value == "hardened":
        _check_schema(data)
    if write_policy(session.directories, KIND, data, session.warn) is LegacyFile.DELETED:
        session.say(f"Deleted old trust policy configuration {LEGACY_NAME}.")


def _check_schema(data: bytes) -> None:
    """Return if the published JSON Schema, which knows no further members, describes the document too."""
    from ..document import parse_json
    from ..errors import MalformedError
    from ..schema import check_schema
    from ..trust.policy import MAX_POLICY_BYTES

    try:
        check_schema(parse_json(data, what="trust policy", max_bytes=MAX_POLICY_BYTES), "trustpolicy.oci")
    except MalformedError as error:
        raise ConfigurationError(
            f"trust policy is not what its JSON Schema describes: {error}",
            hint="refused because of hardened mode; without it this is a warning",
        ) from error


def _replaceable(values: Mapping[str, Any], session: Session) -> bool:
    """Return whether there is no policy that works, or it may go."""
    try:
        existing = read_policy(session.directories, KIND, session.strictness, session.warn)
        OciTrustPolicyDocument.parse(existing.data)
    except ConfigurationError:
        return True
    if values["force"]:
        session.warn("existing OCI trust policy configuration will be overwritten")
        return True
    return confirmed(
        session, "The OCI trust policy configuration already exists, do you want to overwrite it?"
    )


def run_show(values: Mapping[str, Any], session: Session) -> None:  # noqa: ARG001 - the signature of every handler
    """Write the bytes of the policy, also if it is invalid, which is an error then."""
    found = _existing(session)
    if found.is_legacy:
        session.warn(
            f"old trust policy `{LEGACY_NAME}` is deprecated; please update the trust policy configuration "
            f"via `{PROGRAM} policy import`."
        )
    try:
        OciTrustPolicyDocument.parse(found.data)
    except ConfigurationError:
        complain(
            "Existing OCI trust policy configuration is invalid, you may update or create a new one via "
            f"{_IMPORT}. See {_EXAMPLE} for a trust policy example."
        )
        session.write_bytes(found.data)
        raise
    session.write_bytes(found.data)


def _existing(session: Session) -> PolicyFile:
    try:
        return read_policy(session.directories, KIND, session.strictness, session.warn)
    except ConfigurationError as error:
        path = policy_path(session.directories, KIND)
        if not path.is_symlink() and not path.exists() and not path.with_name(LEGACY_NAME).is_symlink():
            raise UsageError(
                f"failed to show OCI trust policy as it does not exist.\nYou can import one using {_IMPORT}"
            ) from error
        raise ConfigurationError(
            f"failed to show OCI trust policy: {error.message}", hint=error.hint, outcome=error.outcome
        ) from error
