# SPDX-License-Identifier: Apache-2.0
"""Whether a plugin keeps the contract: every check that its capabilities call for, and a report.

Works on anything that can be run as a plugin, whoever made it and however it is run. What it claims is
checked, and what it does not claim is not asked for.

Spec: plugin-extensibility, Plugin contract. Requirements: PLG-020, PLG-022, PLG-041, PLG-045, PLG-110.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain as chained
from typing import NamedTuple

from ..algorithms import KeySpec
from .check_envelopes import envelope_checks, type_made
from .check_metadata import metadata_checks, metadata_of
from .check_processes import process_checks
from .check_report import BrokenRuleError, Check, Finding, NotCheckedError, Subject, Verdict, perform
from .check_requests import Known, check_large_request, check_unknown_word, request_checks
from .check_signing import key_spec_of, signature_checks
from .check_verifying import verification_checks
from .contract import Capability, Command
from .messages import PluginMetadata

_RAW = Capability.SIGNATURE_GENERATOR_RAW
_ENVELOPES = (
    Capability.SIGNATURE_GENERATOR_ENVELOPE,
    Capability.SIGNATURE_GENERATOR_ENVELOPE_FOR_BLOB,
)
_VERIFIERS = (
    Capability.SIGNATURE_VERIFIER_TRUSTED_IDENTITY,
    Capability.SIGNATURE_VERIFIER_REVOCATION_CHECK,
)
_COMMANDS = {
    _RAW: (Command.DESCRIBE_KEY, Command.GENERATE_SIGNATURE),
    _ENVELOPES[0]: (Command.GENERATE_ENVELOPE,),
    _ENVELOPES[1]: (Command.DESCRIBE_KEY, Command.GENERATE_ENVELOPE),
    _VERIFIERS[0]: (Command.VERIFY_SIGNATURE,),
    _VERIFIERS[1]: (Command.VERIFY_SIGNATURE,),
}


class CheckReport(NamedTuple):
    """All that was found out about a plugin, in the order in which it was checked."""

    name: str
    origin: str
    version: str
    findings: tuple[Finding, ...]

    def count(self, verdict: Verdict) -> int:
        """Return how many checks ended with *verdict*."""
        return sum(finding.verdict is verdict for finding in self.findings)

    @property
    def has_passed(self) -> bool:
        """Whether something was checked and nothing failed."""
        return self.count(Verdict.FAILED) == 0 < self.count(Verdict.PASSED)


def check_plugin(subject: Subject) -> CheckReport:
    """Return what was found out about the plugin of *subject*; asks it a hundred times or two."""
    name, origin = subject.runner.name, subject.runner.origin
    try:
        metadata = metadata_of(subject)
    except BrokenRuleError as error:
        title = "get-plugin-metadata answers with one JSON object"
        finding = Finding(Verdict.FAILED, (error.requirement,), title, error.detail)
        return CheckReport(name, origin, "", (finding,))
    findings = [perform(check, subject) for check in metadata_checks(metadata)]
    findings += _checks_of(subject, metadata)
    return CheckReport(name, origin, metadata.version, tuple(findings))


def _checks_of(subject: Subject, metadata: PluginMetadata) -> Iterator[Finding]:
    claimed = [capability for capability in Capability if capability in metadata.capabilities]
    verifying = tuple(capability for capability in _VERIFIERS if capability in claimed)
    commands = dict.fromkeys(chained.from_iterable(_COMMANDS[capability] for capability in claimed))
    specs: dict[str, KeySpec] = {}
    if Command.DESCRIBE_KEY in commands:
        yield from _described(subject, specs)
    known = _known(subject, specs, verifying, commands)
    asked = (Command.GET_PLUGIN_METADATA, *commands)
    for command in asked:
        for check in request_checks(command, known):
            yield perform(check, subject)
    yield perform(
        Check("a request of 65 MiB is not fatal", ("PLG-022", "PLG-110"), check_large_request), subject
    )
    if subject.run_word is not None:
        yield perform(Check("an unknown command is refused", ("PLG-110",), check_unknown_word), subject)
    for check in chained(
        _signing(subject, claimed, specs),
        verification_checks(verifying) if verifying else (),
        process_checks(asked) if subject.runs_left is not None else (),
    ):
        yield perform(check, subject)


def _known(
    subject: Subject, specs: Mapping[str, KeySpec], verifying: tuple[str, ...], commands: Iterable[Command]
) -> Known:
    known = Known(capabilities=verifying)
    if not subject.key_ids:
        return known
    key_id = next(iter(specs), subject.key_ids[0])
    known = known._replace(key_id=key_id, spec=specs.get(key_id, known.spec))
    if Command.GENERATE_ENVELOPE in commands:
        with suppress(BrokenRuleError):  # which is found by a check of its own
            known = known._replace(envelope_type=type_made(subject, key_id).value)
    return known


def _described(subject: Subject, specs: dict[str, KeySpec]) -> Iterator[Finding]:
    for key_id in subject.key_ids:

        def describe(subject: Subject, key_id: str = key_id) -> None:
            specs[key_id] = key_spec_of(subject, key_id)

        yield perform(Check(f"the key {key_id[:256]!r} is described", ("PLG-045",), describe), subject)


def _signing(subject: Subject, claimed: list[Capability], specs: dict[str, KeySpec]) -> Iterator[Check]:
    can_sign = [capability for capability in claimed if capability not in _VERIFIERS]
    if can_sign and not subject.key_ids:
        yield Check(f"signing, which {', '.join(can_sign)} is about", ("PLG-041",), _no_key)
        return
    if _RAW in claimed:
        for key_id, spec in specs.items():
            yield from signature_checks(key_id, spec)
    for capability in _ENVELOPES:
        if capability in claimed:
            for key_id in subject.key_ids:
                yield from envelope_checks(key_id, capability, specs.get(key_id))


def _no_key(_subject: Subject) -> None:
    raise NotCheckedError("name a key with --key-id to check it")
