# SPDX-License-Identifier: Apache-2.0
"""The words of the plugin contract, version 1.0, and the port through which a plugin is run.

A plugin answers five commands, each with one JSON document for another. Whether it is an executable or
an object in this process is not known above the port, so every check of an answer is written once.

Spec: plugin-extensibility. Requirements: PLG-005, PLG-020 to PLG-028, PLG-035, PLG-036, PLG-041.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

CONTRACT_VERSION = "1.0"

MAX_OUTPUT_BYTES = 64 << 20
"""Of standard output and standard error each (PLG-022); exactly so many are accepted, as in the reference."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}", re.ASCII)


class Command(StrEnum):
    """What a plugin can be asked (PLG-021)."""

    GET_PLUGIN_METADATA = "get-plugin-metadata"
    DESCRIBE_KEY = "describe-key"
    GENERATE_SIGNATURE = "generate-signature"
    GENERATE_ENVELOPE = "generate-envelope"
    VERIFY_SIGNATURE = "verify-signature"


class Capability(StrEnum):
    """What a plugin says it can do (PLG-041)."""

    SIGNATURE_GENERATOR_RAW = "SIGNATURE_GENERATOR.RAW"
    SIGNATURE_GENERATOR_ENVELOPE = "SIGNATURE_GENERATOR.ENVELOPE"
    SIGNATURE_GENERATOR_ENVELOPE_FOR_BLOB = "SIGNATURE_GENERATOR.ENVELOPE_FOR_BLOB"
    SIGNATURE_VERIFIER_TRUSTED_IDENTITY = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY"
    SIGNATURE_VERIFIER_REVOCATION_CHECK = "SIGNATURE_VERIFIER.REVOCATION_CHECK"


class ErrorCode(StrEnum):
    """Why a plugin did not do what it was asked (PLG-027)."""

    VALIDATION_ERROR = "VALIDATION_ERROR"
    UNSUPPORTED_CONTRACT_VERSION = "UNSUPPORTED_CONTRACT_VERSION"
    ACCESS_DENIED = "ACCESS_DENIED"
    TIMEOUT = "TIMEOUT"
    THROTTLED = "THROTTLED"
    ERROR = "ERROR"


class RequestError(Exception):
    """What the author of a plugin raises to refuse a request; becomes the error document (PLG-026).

    Attributes:
        code: why. message: for the user. metadata: further facts, text to text.
    """

    def __init__(self, code: ErrorCode, message: str = "", metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message or code.value)
        self.code = code
        self.message = message
        self.metadata = dict(metadata or {})


class ProgramResult(NamedTuple):
    """What a finished program left: exit code (negative: the signal that ended it), and its two outputs."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class PluginRunner(Protocol):
    """One plugin, found and ready to be asked. Safe to call from several threads at once."""

    @property
    def name(self) -> str:
        """The name under which it was found."""

    @property
    def origin(self) -> str:
        """Where it was found, for people: a path, or an entry point and its distribution."""

    def run(self, command: Command, request: bytes) -> ProgramResult:
        """Return what the plugin made of *request*, a JSON document.

        Raises:
            PluginError: it could not be run, took too long or said too much; nothing of it is left running.
        """


class Plugins(Protocol):
    """The plugins that are installed here."""

    def find(self, name: str) -> PluginRunner:
        """Return the plugin *name*; nothing is run yet.

        Raises:
            PluginError: there is none, there are two that must not be confused, or it must not be run.
        """


def is_plugin_name(name: str) -> bool:
    """Return whether *name* may name a plugin, and so a directory (PLG-005)."""
    return _NAME.fullmatch(name) is not None and name not in {".", ".."}
