# SPDX-License-Identifier: Apache-2.0
"""Trust policy files of either kind, initialized, imported and shown, in the words of their kind.

What is installed has passed every check a verification makes; an existing policy is replaced only after a
yes or with `--force`. Knows nothing about what a policy means.

Spec: contract/cli.md 7.11, 7.12. Requirements: CLI-012, CLI-013, CFG-009, TP-001, BTP-001.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..adapters.policy_files import (
    LEGACY_NAME,
    LegacyFile,
    PolicyFile,
    PolicyKind,
    policy_path,
    read_policy,
    read_policy_to_import,
    write_policy,
)
from ..errors import ConfigurationError, UsageError
from .parser import PROGRAM
from .prompt import confirmed
from .session import Session, complain

_SPECIFICATION = (
    "https://github.com/notaryproject/specifications/blob/8cf800c60b7315a43f0adbcae463d848a353b412/"
    "specs/trust-store-trust-policy.md"
)


class _Document(Protocol):
    """A valid trust policy document."""

    @property
    def warnings(self) -> tuple[str, ...]: ...


class PolicyCommands(NamedTuple):
    """One kind of policy, and the words in which the Go program speaks of it.

    Attributes:
        parse: judges a whole document.
        group: the commands, such as `blob policy`.
        absent: what does not exist when there is nothing to show. shown: what is shown.
        section: the part of the specification about it. example: what is found there.
    """

    kind: PolicyKind
    parse: Callable[[bytes], _Document]
    schema: str
    group: str
    absent: str
    shown: str
    section: str
    example: str

    @property
    def importing(self) -> str:
        """The command that installs such a policy."""
        return f"`{PROGRAM} {self.group} import <path-to-policy.json>`"

    @property
    def configuration(self) -> str:
        """What the file is called in messages."""
        return f"{self.kind} trust policy configuration"


def init(commands: PolicyCommands, data: bytes, values: Mapping[str, Any], session: Session) -> None:
    """Install *data*, a document that was just made from flags."""
    try:
        document = commands.parse(data)
    except ConfigurationError as error:
        raise UsageError(f"invalid {commands.kind} policy: {error.message}", hint=error.hint) from error
    if _replaceable(commands, values, session):
        _install(commands, data, document, session)
        session.say(
            f"Successfully initialized {commands.kind} trust policy file to "
            f"{policy_path(session.directories, commands.kind)}."
        )


def import_file(commands: PolicyCommands, values: Mapping[str, Any], session: Session) -> None:
    """Install the policy of a file, byte for byte."""
    (source,) = values["arguments"]
    data = read_policy_to_import(commands.kind, Path(source), commands.parse)
    document = commands.parse(data)
    if _replaceable(commands, values, session):
        _install(commands, data, document, session)
        session.say(
            f"Successfully imported {commands.configuration} to "
            f"{policy_path(session.directories, commands.kind)}."
        )


def _install(commands: PolicyCommands, data: bytes, document: _Document, session: Session) -> None:
    for warning in document.warnings:
        session.warn(f"trust policy: {warning}")
    if session.strictness.value == "hardened":
        _check_schema(commands, data)
    if write_policy(session.directories, commands.kind, data, session.warn) is LegacyFile.DELETED:
        session.say(f"Deleted old trust policy configuration {LEGACY_NAME}.")


def _check_schema(commands: PolicyCommands, data: bytes) -> None:
    """Return if the published JSON Schema, which knows no further members, describes the document too."""
    from ..document import parse_json
    from ..errors import MalformedError
    from ..schema import check_schema
    from ..trust.policy import MAX_POLICY_BYTES

    try:
        check_schema(parse_json(data, what="trust policy", max_bytes=MAX_POLICY_BYTES), commands.schema)
    except MalformedError as error:
        raise ConfigurationError(
            f"trust policy is not what its JSON Schema describes: {error}",
            hint="refused because of hardened mode; without it this is a warning",
        ) from error


def _replaceable(commands: PolicyCommands, values: Mapping[str, Any], session: Session) -> bool:
    """Return whether there is no policy that works, or it may go."""
    try:
        existing = read_policy(session.directories, commands.kind, session.strictness, session.warn)
        commands.parse(existing.data)
    except ConfigurationError:
        return True
    if values["force"]:
        session.warn(f"existing {commands.configuration} will be overwritten")
        return True
    return confirmed(session, f"The {commands.configuration} already exists, do you want to overwrite it?")


def show(commands: PolicyCommands, session: Session) -> None:
    """Write the bytes of the policy, also if it is invalid, which is an error then."""
    found = _existing(commands, session)
    if found.is_legacy:
        session.warn(
            f"old trust policy `{LEGACY_NAME}` is deprecated; please update the trust policy configuration "
            f"via `{PROGRAM} policy import`."
        )
    try:
        commands.parse(found.data)
    except ConfigurationError:
        complain(
            f"Existing {commands.configuration} is invalid, you may update or create a new one via "
            f"{commands.importing}. See {_SPECIFICATION}#{commands.section} for {commands.example}."
        )
        session.write_bytes(found.data)
        raise
    session.write_bytes(found.data)


def _existing(commands: PolicyCommands, session: Session) -> PolicyFile:
    try:
        return read_policy(session.directories, commands.kind, session.strictness, session.warn)
    except ConfigurationError as error:
        if _is_absent(commands.kind, policy_path(session.directories, commands.kind)):
            raise UsageError(
                f"failed to show {commands.kind} trust policy as {commands.absent} does not exist.\n"
                f"You can import one using {commands.importing}"
            ) from error
        raise ConfigurationError(
            f"failed to show {commands.shown}: {error.message}", hint=error.hint, outcome=error.outcome
        ) from error


def _is_absent(kind: PolicyKind, path: Path) -> bool:
    names = [path, *([path.with_name(LEGACY_NAME)] if kind is PolicyKind.OCI else [])]
    return not path.exists() and not any(name.is_symlink() for name in names)
