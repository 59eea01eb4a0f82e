# SPDX-License-Identifier: Apache-2.0
"""Trust policy files: find and read the one that counts, install a checked one, write a first one.

A file is read once, and what was read is what is used. Importing keeps the bytes as they are.
Knows nothing about what a policy says; the caller passes the function that judges it.

Spec: trust-store-trust-policy, Trust Policy. Requirements: TP-001, TP-002, CFG-009, CLI-012, CLI-013,
SEC-005, R-33, R-34.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..document import parse_json, write_json
from ..errors import ConfigurationError, MalformedError
from .directories import Directories
from .file_changes import exclusive_lock, private_directory, write_file
from .files import (
    FileError,
    FileProblem,
    Links,
    Strictness,
    Warn,
    check_owner_and_mode,
    file_error,
    read_file,
)

MAX_POLICY_BYTES = 4 << 20
LEGACY_NAME = "trustpolicy.json"

_LINK = "https://notaryproject.dev/docs/quickstart/#create-a-trust-policy"
_CREATE = f"To create a trust policy, see: {_LINK}"


class PolicyKind(StrEnum):
    """Which kind of artifact a policy document is about; the value is the word in messages."""

    OCI = "OCI"
    BLOB = "blob"


_NAMES = {PolicyKind.OCI: "trustpolicy.oci.json", PolicyKind.BLOB: "trustpolicy.blob.json"}


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy document as it was read, and where."""

    path: Path
    data: bytes

    @property
    def is_legacy(self) -> bool:
        """Whether it has the old name, which `policy import` replaces."""
        return self.path.name == LEGACY_NAME


def policy_path(directories: Directories, kind: PolicyKind) -> Path:
    """Return where a policy of *kind* is written, and looked for first."""
    return directories.config / _NAMES[kind]


def read_policy(directories: Directories, kind: PolicyKind, strictness: Strictness, warn: Warn) -> PolicyFile:
    """Return the policy file that counts: the old name only if the new one does not exist (TP-001).

    Raises:
        ConfigurationError: none exists (message `trust policy is not present. …`), it is a link or
            otherwise not a regular file, unreadable, or with HARDENED others can change it.
    """
    legacy = directories.config / LEGACY_NAME
    path = policy_path(directories, kind)
    data = _read(path, strictness, warn)
    if kind is PolicyKind.OCI:
        if data is None:
            path, data = legacy, _read(legacy, strictness, warn)
        elif _differs(legacy, data):
            warn(f"{path} is used; {legacy} exists with other content and is ignored")
    if data is None:
        raise ConfigurationError(f"trust policy is not present. {_CREATE}")
    return PolicyFile(path, data)


def _read(path: Path, strictness: Strictness, warn: Warn) -> bytes | None:
    try:
        data, status = read_file(path, max_bytes=MAX_POLICY_BYTES)
    except FileError as error:
        if error.problem is FileProblem.MISSING:
            return None
        raise ConfigurationError(
            _refusal(path, error), hint=f"look at {path}", outcome=error.outcome
        ) from error
    check_owner_and_mode(path, status, what="trust policy", strictness=strictness, warn=warn)
    return data


def _refusal(path: Path, error: FileError) -> str:
    if error.problem is FileProblem.NOT_REGULAR:
        return f"trust policy is not a regular file (symlinks are not supported). {_CREATE}"
    if error.problem is FileProblem.DENIED:
        return f"unable to read trust policy due to file permissions, please verify the permissions of {path}"
    return f"unable to read trust policy: {error.message}"


def _differs(path: Path, data: bytes) -> bool:
    try:
        return read_file(path, max_bytes=MAX_POLICY_BYTES)[0] != data
    except FileError as error:
        return error.problem is FileProblem.TOO_LARGE


def read_policy_to_import(kind: PolicyKind, source: Path, check: Callable[[bytes], object]) -> bytes:
    """Return the bytes of *source*, which *check* accepted; nothing is written.

    Args:
        check: parses and validates a whole policy document; raises `MalformedError` or
            `ConfigurationError`.

    Raises:
        ConfigurationError: unreadable, not one strict JSON document, or not a valid policy.
    """
    name = f"{kind} trust policy"
    suffix = " configuration" if kind is PolicyKind.OCI else " file"
    try:
        data, _ = read_file(source, max_bytes=MAX_POLICY_BYTES, links=Links.FOLLOWED)
    except FileError as error:
        raise ConfigurationError(f"failed to read {name}{suffix}: {error.message}") from error
    try:
        parse_json(data, what="trust policy", max_bytes=MAX_POLICY_BYTES)
    except MalformedError as error:
        raise ConfigurationError(
            f"failed to parse {name} configuration: {error.message}", hint=error.hint
        ) from error
    try:
        check(data)
    except (MalformedError, ConfigurationError) as error:
        raise ConfigurationError(
            f"failed to validate {name} configuration: {error.message}", hint=error.hint
        ) from error
    return data


class LegacyFile(StrEnum):
    """What became of a policy file with the old name."""

    ABSENT = "absent"
    DELETED = "deleted"
    KEPT = "kept"


def write_policy(directories: Directories, kind: PolicyKind, data: bytes, warn: Warn) -> LegacyFile:
    """Install *data*, already checked, as the policy of *kind*; then delete an OCI policy of the old name.

    Args:
        warn: takes a line if the old file could not be deleted, which is no failure.

    Raises:
        ConfigurationError: the file could not be written; the old policy is untouched.
    """
    try:
        private_directory(directories.config)
        with exclusive_lock(directories.config):
            write_file(policy_path(directories, kind), data)
            return _delete_legacy(directories, warn) if kind is PolicyKind.OCI else LegacyFile.ABSENT
    except ConfigurationError as error:
        raise ConfigurationError(
            f"failed to write {kind} trust policy configuration: {error.message}", hint=error.hint
        ) from error


def _delete_legacy(directories: Directories, warn: Warn) -> LegacyFile:
    path = directories.config / LEGACY_NAME
    try:
        path.unlink()
    except FileNotFoundError:
        return LegacyFile.ABSENT
    except OSError as error:
        reason = file_error("remove", path, error).message
        warn(f"failed to delete old trust policy configuration {LEGACY_NAME}: {reason}")
        return LegacyFile.KEPT
    return LegacyFile.DELETED


def initial_policy(
    name: str,
    *,
    trust_stores: Sequence[str],
    trusted_identities: Sequence[str],
    registry_scopes: Sequence[str] = (),
    further: Mapping[str, object] | None = None,
) -> bytes:
    """Return an unchecked document of one strict statement, for a first policy file (CLI-013).

    Args:
        registry_scopes: empty for a blob policy.
        further: members of the statement that only its kind has, such as `globalPolicy`.
    """
    statement: dict[str, object] = {"name": name}
    if registry_scopes:
        statement["registryScopes"] = list(registry_scopes)
    statement["signatureVerification"] = {"level": "strict"}
    statement["trustStores"] = list(trust_stores)
    statement["trustedIdentities"] = list(trusted_identities)
    statement |= further or {}
    return write_json({"version": "1.0", "trustPolicies": [statement]}, indent="  ").encode("utf-8")
