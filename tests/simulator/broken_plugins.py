# SPDX-License-Identifier: Apache-2.0
"""Plugins with one fault each, made from one without: all that the conformance check has to find.

BROKEN["signs the hash"].requirement     # what the check has to name
BROKEN["signs the hash"].alone           # the title of the only check that finds it, if it is one alone
BROKEN["signs the hash"].subject()       # the plugin, in memory, to be checked
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from notation_py.errors import PluginError
from notation_py.plugin.contract import Command, ProgramResult
from notation_py.plugin.members import Config
from notation_py.plugin.messages import PluginMetadata
from tests.simulator.broken_envelopes import BROKEN_ENVELOPES
from tests.simulator.broken_requests import BROKEN_BY_REQUESTS
from tests.simulator.broken_signers import BROKEN_SIGNERS
from tests.simulator.broken_verifiers import BROKEN_VERIFIERS
from tests.simulator.checked_plugins import (
    Broken,
    GoodPlugin,
    answers,
    changed_answer,
    refusal,
    refusing,
    with_fields,
    with_methods,
)
from tests.simulator.fake_plugins import ENVELOPE, IDENTITY, RAW, Misbehaviour, raised, said

_COMMAND = "get-plugin-metadata"
_ANSWERS = "get-plugin-metadata answers with one JSON object"
_COMPLETE = "the metadata is complete"
_LEFT = {
    "get-plugin-metadata": (IDENTITY, 1),
    "describe-key": (RAW, 2),
    "generate-signature": (RAW, 2),
    "generate-envelope": (ENVELOPE, 2),
    "verify-signature": (IDENTITY, 2),
}
_TURNS = itertools.count()


def _counts(self: GoodPlugin, config: Config) -> PluginMetadata:
    return replace(GoodPlugin.metadata(self, config), description=f"asked {next(_TURNS)} times")


def _refused_with(**members: Any) -> Misbehaviour:
    """Return a misbehaviour in which members of the error document are others."""

    def misbehave(_asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
        if result.exit_code == 0:
            return result
        return result._replace(stderr=json.dumps({**json.loads(result.stderr), **members}).encode())

    return misbehave


def _noisy(_asked: Command, _request: dict[str, Any], result: ProgramResult) -> ProgramResult:
    return result._replace(stdout=b"loading...\n" + result.stdout) if result.exit_code == 0 else result


def _incomplete() -> Iterator[tuple[str, Broken]]:
    for member in ("name", "description", "version", "url", "supportedContractVersions", "capabilities"):
        is_only = member in {"description", "url"}
        yield (
            f"leaves out its {member}",
            Broken("PLG-040", misbehave=changed_answer(_COMMAND, member), alone=_COMPLETE if is_only else ""),
        )


def _leaving() -> Iterator[tuple[str, Broken]]:
    for command, (capability, runs) in _LEFT.items():
        yield (
            f"leaves processes running after {command}",
            Broken(
                "PLG-020",
                left={command: runs},
                capabilities=(capability,),
                alone=f"{command} leaves no process running",
            ),
        )


BROKEN: Mapping[str, Broken] = {
    "says nothing": Broken("PLG-028", misbehave=said(_COMMAND, stdout=b""), alone=_ANSWERS),
    "cannot be run": Broken(
        "PLG-020", misbehave=raised(_COMMAND, PluginError("exec format error")), alone=_ANSWERS
    ),
    "does not say what it is": Broken(
        "PLG-020", misbehave=answers(_COMMAND, lambda request: not request, refusal("ERROR")), alone=_ANSWERS
    ),
    "is called by a number": Broken("PLG-040", misbehave=changed_answer(_COMMAND, name=7), alone=_ANSWERS),
    "prints beside the answer": Broken("PLG-110", misbehave=_noisy, alone=_ANSWERS),
    **dict(_incomplete()),
    "has another name": Broken(
        "PLG-040",
        misbehave=changed_answer(_COMMAND, name="other"),
        alone="the name is the one it is found by",
    ),
    "speaks another contract": Broken(
        "PLG-036", with_fields(contract_versions=("2.0",)), alone="the contract is spoken"
    ),
    "speaks two of one major version": Broken(
        "PLG-035", with_fields(contract_versions=("1.0", "1.1")), alone="the contract is spoken"
    ),
    "has no semantic version": Broken(
        "PLG-037", with_fields(version="v1"), alone="the version is a semantic version"
    ),
    "can nothing that is known": Broken(
        "PLG-041", with_fields(capabilities=("SIGNATURE_GENERATOR.MAGIC",)), alone="a capability is known"
    ),
    "says something new each time": Broken(
        "PLG-040", with_methods(metadata=_counts), alone="the metadata does not change"
    ),
    "refuses unknown members": Broken(
        "PLG-024",
        misbehave=answers(
            _COMMAND, lambda request: "notationPyCheck" in request, refusal("VALIDATION_ERROR")
        ),
        alone="get-plugin-metadata ignores unknown members",
    ),
    "refuses with exit code 2": Broken("PLG-020", misbehave=refusing("VALIDATION_ERROR", 2)),
    "refuses in plain text": Broken("PLG-026", misbehave=refusing("", wrong="error: no")),
    "refuses with a list": Broken("PLG-026", misbehave=refusing("", wrong="[]")),
    "refuses with a code of its own": Broken("PLG-027", misbehave=refusing("NOT_FOUND")),
    "refuses with a number": Broken("PLG-026", misbehave=_refused_with(errorCode=7)),
    "refuses with a number as the reason": Broken("PLG-026", misbehave=_refused_with(errorMessage=7)),
    "refuses with numbers as facts": Broken("PLG-026", misbehave=_refused_with(errorMetadata={"times": 7})),
    "refuses everything with ERROR": Broken("PLG-110", misbehave=refusing("ERROR")),
    **dict(_leaving()),
    **BROKEN_BY_REQUESTS,
    **BROKEN_SIGNERS,
    **BROKEN_ENVELOPES,
    **BROKEN_VERIFIERS,
}
