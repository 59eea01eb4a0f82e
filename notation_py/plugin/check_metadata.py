# SPDX-License-Identifier: Apache-2.0
"""Checks of what a plugin says it is: complete, under its own name, in our contract, and the same each time.

Knows nothing about what the plugin can do beyond the names of it.

Spec: plugin-extensibility, Plugin metadata.
Requirements: PLG-020, PLG-023, PLG-024, PLG-028, PLG-035 to PLG-037, PLG-040, PLG-041.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..errors import MalformedError
from .check_report import BrokenRuleError, Check, Subject
from .check_requests import UNKNOWN_MEMBER
from .contract import CONTRACT_VERSION, Capability, Command
from .messages import MetadataRequest, PluginMetadata
from .version import Version

_MEMBERS = ("name", "description", "version", "url", "supportedContractVersions", "capabilities")


def metadata_of(subject: Subject) -> PluginMetadata:
    """Return what the plugin says it is, complete or not; raises BrokenRuleError."""
    request = MetadataRequest(subject.config).to_json()
    document = subject.answer(Command.GET_PLUGIN_METADATA, request, "PLG-020")
    try:
        return PluginMetadata.from_json(document)
    except MalformedError as error:
        raise BrokenRuleError("PLG-040", f"get-plugin-metadata: {error}") from error


def metadata_checks(metadata: PluginMetadata) -> Iterator[Check]:
    """Yield the checks of *metadata*, which is what the plugin said first."""
    yield Check("get-plugin-metadata answers with one JSON object", ("PLG-020", "PLG-028"), _passes)
    yield Check("the metadata is complete", ("PLG-040",), partial(_is_complete, metadata))
    yield Check("the name is the one it is found by", ("PLG-040",), partial(_is_named, metadata))
    yield Check("the contract is spoken", ("PLG-035", "PLG-036"), partial(_speaks_the_contract, metadata))
    yield Check("the version is a semantic version", ("PLG-037",), partial(_has_a_version, metadata))
    yield Check("a capability is known", ("PLG-041",), partial(_can_something, metadata))
    yield Check("the metadata does not change", ("PLG-040",), partial(_is_static, metadata))
    yield Check("get-plugin-metadata ignores unknown members", ("PLG-024",), _ignores_members)


def _passes(_subject: Subject) -> None:
    """Return: that metadata came at all is why there is something to check."""


def _is_complete(metadata: PluginMetadata, _subject: Subject) -> None:
    document = metadata.to_json()
    missing = [member for member in _MEMBERS if not document[member]]
    if missing:
        raise BrokenRuleError("PLG-040", f"the metadata has no {', '.join(missing)}")


def _is_named(metadata: PluginMetadata, subject: Subject) -> None:
    if metadata.name != subject.runner.name:
        raise BrokenRuleError(
            "PLG-040", f"the plugin calls itself {metadata.name[:64]!r}, not {subject.runner.name!r}"
        )


def _speaks_the_contract(metadata: PluginMetadata, _subject: Subject) -> None:
    versions = metadata.supported_contract_versions
    listed = ", ".join(versions)[:128] or "none"
    if CONTRACT_VERSION not in versions:
        raise BrokenRuleError("PLG-036", f"contract version {CONTRACT_VERSION} is not listed, but {listed}")
    majors = [version.partition(".")[0] for version in versions]
    if len(set(majors)) != len(majors):
        raise BrokenRuleError("PLG-035", f"one contract version for each major one, and not {listed}")


def _has_a_version(metadata: PluginMetadata, _subject: Subject) -> None:
    try:
        Version.parse(metadata.version)
    except MalformedError as error:
        raise BrokenRuleError("PLG-037", error.message) from error


def _can_something(metadata: PluginMetadata, _subject: Subject) -> None:
    if not set(metadata.capabilities) & set(Capability):
        listed = ", ".join(metadata.capabilities)[:128] or "none"
        raise BrokenRuleError("PLG-041", f"no known capability, but {listed}")


def _is_static(metadata: PluginMetadata, subject: Subject) -> None:
    if metadata_of(subject) != metadata:
        raise BrokenRuleError("PLG-040", "the metadata is not the same when asked again")


def _ignores_members(subject: Subject) -> None:
    request = {**MetadataRequest(subject.config).to_json(), **UNKNOWN_MEMBER}
    subject.answer(Command.GET_PLUGIN_METADATA, request, "PLG-024")
