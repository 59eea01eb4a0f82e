# SPDX-License-Identifier: Apache-2.0
"""Plugins that take requests which they have to refuse, or refuse them in a wrong way: one request each.

BROKEN_BY_REQUESTS["takes describe-key without keyId"]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from notation_py.errors import PluginError
from notation_py.plugin.contract import Command, ProgramResult
from tests.simulator.checked_plugins import (
    Broken,
    Predicate,
    answers,
    refusal,
    takes,
    takes_octets,
    untouched,
)
from tests.simulator.fake_plugins import ENVELOPE, IDENTITY, RAW, Misbehaviour

_NO_KEY = "notation-py-check/no-such-key"
_OF_COMMAND = {
    "get-plugin-metadata": IDENTITY,
    "describe-key": RAW,
    "generate-signature": RAW,
    "generate-envelope": ENVELOPE,
    "verify-signature": IDENTITY,
}
_MEMBERS = {
    "describe-key": ("contractVersion", "keyId"),
    "generate-signature": ("contractVersion", "keyId", "keySpec", "hashAlgorithm", "payload"),
    "generate-envelope": ("contractVersion", "keyId", "payloadType", "signatureEnvelopeType", "payload"),
    "verify-signature": ("contractVersion", "signature", "trustPolicy"),
}
_UNKNOWN = {
    "keySpec": ("generate-signature", "RSA-1024"),
    "hashAlgorithm": ("generate-signature", "SHA-1"),
    "payloadType": ("generate-envelope", "text/plain"),
    "signatureEnvelopeType": ("generate-envelope", "application/zip"),
}
_NO_PAYLOADS: Mapping[str, Callable[[str], bool]] = {
    "base64 for URLs": lambda text: "_" in text or "-" in text,
    "one character": lambda text: len(text) == 1,
    "no base64 at all": lambda text: "?" in text,
}


def _is_list(request: bytes) -> bool:
    return request[:1] == b"[" and isinstance(json.loads(request), list)


_NO_DOCUMENTS: Mapping[str, Callable[[bytes], bool]] = {
    "nothing": lambda request: request == b"",
    "half a document": lambda request: request[:1] == b"{" and request.endswith(b":"),
    "a list": _is_list,
    "plain text": lambda request: request[:1].isalpha(),
}


def _plugin(command: str, requirement: str, check: str, when: Predicate) -> Broken:
    """Return a plugin that takes requests for *command* of which *when* is true, and the *check* for that."""
    return Broken(
        requirement,
        octets=takes(command, when),
        capabilities=(_OF_COMMAND[command],),
        alone=f"{command} refuses {check}",
    )


def _refusing(broken: Broken, requirement: str, misbehave: Misbehaviour) -> Broken:
    """Return *broken* as one that refuses what it should, and in the wrong way."""
    return replace(broken, requirement=requirement, octets=untouched, misbehave=misbehave)


def _malformed() -> Iterator[tuple[str, Broken]]:
    for command, capability in _OF_COMMAND.items():
        for what, when in _NO_DOCUMENTS.items():
            yield (
                f"takes {what} as a request for {command}",
                Broken(
                    "PLG-110",
                    octets=takes_octets(command, when),
                    capabilities=(capability,),
                    alone=f"{command} refuses what is no JSON object",
                ),
            )


def _members() -> Iterator[tuple[str, Broken]]:
    for command, names in _MEMBERS.items():
        for name in names:
            yield (
                f"takes {command} without {name}",
                _plugin(
                    command,
                    "PLG-110",
                    f"a request without {name}",
                    lambda request, name=name: name not in request,
                ),
            )
            yield (
                f"takes a number as {name} of {command}",
                _plugin(
                    command,
                    "PLG-110",
                    f"a number as {name}",
                    lambda request, name=name: request.get(name) == 7,
                ),
            )
    for name, (command, value) in _UNKNOWN.items():
        yield (
            f"takes an unknown {name}",
            _plugin(
                command,
                "PLG-110",
                f"an unknown {name}",
                lambda request, name=name, value=value: request.get(name) == value,
            ),
        )


def _payload(request: Mapping[str, Any]) -> str:
    payload = request.get("payload")
    return payload if isinstance(payload, str) else ""


def _payloads() -> Iterator[tuple[str, Broken]]:
    for command in ("generate-signature", "generate-envelope"):
        for what, when in _NO_PAYLOADS.items():
            yield (
                f"takes {what} as the payload of {command}",
                _plugin(
                    command,
                    "PLG-029",
                    "a payload that is not standard base64",
                    lambda request, when=when: when(_payload(request)),
                ),
            )


def _versions() -> Iterator[tuple[str, Broken]]:
    for command in _MEMBERS:
        check = "another contract version"
        broken = _plugin(command, "PLG-110", check, _is_of_version_two)
        yield f"takes contract version 2.0 of {command}", broken
        yield (
            f"refuses contract version 2.0 of {command} as malformed",
            _refusing(broken, "PLG-110", answers(command, _is_of_version_two, refusal("VALIDATION_ERROR"))),
        )


def _is_of_version_two(request: Mapping[str, Any]) -> bool:
    return request.get("contractVersion") == "2.0"


def _keys() -> Iterator[tuple[str, Broken]]:
    for command in ("describe-key", "generate-signature", "generate-envelope"):
        broken = _plugin(command, "PLG-110", "an unknown key", _is_of_no_key)
        yield f"takes an unknown key for {command}", broken
        yield (
            f"waits for an unknown key of {command}",
            _refusing(broken, "PLG-027", answers(command, _is_of_no_key, refusal("TIMEOUT"))),
        )
        yield (
            f"takes a key id without end for {command}",
            _plugin(command, "PLG-110", "a key id of 1048576 characters", _is_of_long_key),
        )


def _is_of_no_key(request: Mapping[str, Any]) -> bool:
    return request.get("keyId") == _NO_KEY


def _is_of_long_key(request: Mapping[str, Any]) -> bool:
    return len(str(request.get("keyId"))) > 65536


def _hangs_up_on_long(_asked: Command, request: dict[str, Any], result: ProgramResult) -> ProgramResult:
    if _is_of_long_key(request):
        raise PluginError("the plugin did not answer within 120 seconds")
    return result


def _large(other: ProgramResult) -> Callable[[Command, bytes, ProgramResult], ProgramResult]:
    return lambda _command, request, result: other if len(request) > 64 << 20 else result


_AT_LARGE = "a request of 65 MiB is not fatal"
_AT_WORD = "an unknown command is refused"

BROKEN_BY_REQUESTS: Mapping[str, Broken] = {
    **dict(_malformed()),
    **dict(_members()),
    **dict(_payloads()),
    **dict(_versions()),
    **dict(_keys()),
    "does not end": Broken(
        "PLG-020",
        misbehave=_hangs_up_on_long,
        capabilities=(ENVELOPE,),
        alone="generate-envelope refuses a key id of 1048576 characters",
    ),
    "dies of a large request": Broken(
        "PLG-020", octets=_large(ProgramResult(-9, b"", b"")), capabilities=(IDENTITY,), alone=_AT_LARGE
    ),
    "complains of a large request in plain text": Broken(
        "PLG-026",
        octets=_large(ProgramResult(1, b"", b"out of memory")),
        capabilities=(IDENTITY,),
        alone=_AT_LARGE,
    ),
    "takes any command": Broken("PLG-110", word=ProgramResult(0, b"{}", b""), alone=_AT_WORD),
    "takes any command and warns": Broken(
        "PLG-110", word=ProgramResult(0, b"{}", b"unknown command"), alone=_AT_WORD
    ),
    "ends an unknown command with 2": Broken("PLG-110", word=ProgramResult(2, b"", b"usage"), alone=_AT_WORD),
    "is silent about an unknown command": Broken(
        "PLG-110", word=ProgramResult(1, b"", b"\n"), alone=_AT_WORD
    ),
    "does not end with an unknown command": Broken(
        "PLG-110", word=PluginError("it did not answer within 30 seconds"), alone=_AT_WORD
    ),
}
