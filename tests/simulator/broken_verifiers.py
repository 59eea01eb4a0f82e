# SPDX-License-Identifier: Apache-2.0
"""Verification plugins with one fault each: what they answer, and questions that they should have refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from notation_py.plugin.contract import ProgramResult
from notation_py.plugin.verification_messages import (
    CapabilityResult,
    VerifySignatureAnswer,
    VerifySignatureRequest,
)
from tests.simulator.checked_plugins import (
    Broken,
    GoodPlugin,
    Predicate,
    answers,
    changed_answer,
    instead,
    mixed_up,
    refusal,
    takes,
    with_fields,
    with_methods,
)
from tests.simulator.fake_plugins import IDENTITY, REVOCATION

_BOTH = (IDENTITY, REVOCATION)
_COMMAND = "verify-signature"
_ATTRIBUTES = "signature.criticalAttributes"
_LISTS = ("signature.unprocessedAttributes", "signature.certificateChain")
_POLICIES = ("trustPolicy.trustedIdentities", "trustPolicy.signatureVerification")
_PLACES = (_ATTRIBUTES, f"{_ATTRIBUTES}.contentType", f"{_ATTRIBUTES}.signingScheme", *_LISTS, *_POLICIES)


def _at(request: Any, place: str) -> Any:
    """Return the member *place* of *request*; an object of no use if it is not there."""
    for name in place.split("."):
        if not isinstance(request, dict) or name not in request:
            return Ellipsis
        request = request[name]
    return request


def _holder(place: str) -> str:
    return place.rpartition(".")[0] or "contractVersion"


def _without(place: str) -> Predicate:
    return lambda request: _at(request, place) is Ellipsis and isinstance(_at(request, _holder(place)), dict)


def _is(place: str, value: object) -> Predicate:
    return lambda request: _at(request, place) == value


def _takes(requirement: str, check: str, when: Predicate) -> Broken:
    return Broken(
        requirement, octets=takes(_COMMAND, when), capabilities=_BOTH, alone=f"{_COMMAND} refuses {check}"
    )


def _spoiled() -> Iterator[tuple[str, Broken]]:
    for place in _PLACES:
        without, number = f"a question without {place}", f"a number as {place}"
        yield f"takes {without}", _takes("PLG-110", without, _without(place))
        yield f"takes {number}", _takes("PLG-110", number, _is(place, 7))
    for place in (*_LISTS, *_POLICIES):
        check = f"a number in {place}"
        yield f"takes {check}", _takes("PLG-110", check, _is(place, [7]))
    for place in (_LISTS[1], _POLICIES[1]):
        check = f"nothing in {place}"
        yield f"takes {check}", _takes("PLG-110", check, _is(place, []))
    for words, value in (("a number as", 7), ("a list as", ["name"]), ("a number in", {"name": 7})):
        check = f"{words} pluginConfig"
        yield f"takes {check}", _takes("PLG-110", check, _is("pluginConfig", value))
    for text in ("____", "a", "????"):
        check = "certificates that are not standard base64"
        yield f"takes {text} as a certificate", _takes("PLG-029", check, _is(_LISTS[1], [text]))


def _is_plain(request: Mapping[str, Any]) -> bool:
    """Return whether *request* asks for both capabilities, in our form and with nothing unknown."""
    return (
        "notationPyCheck" not in request
        and request.get("contractVersion") == "1.0"
        and _at(request, _LISTS[0]) == []
        and _at(request, _POLICIES[1]) == list(_BOTH)
    )


def _asks_alone(capability: str) -> Predicate:
    return lambda request: (
        _at(request, _POLICIES[1]) == [capability]
        and _at(request, _POLICIES[0]) == ["x509.subject: C=US, ST=WA, O=Notary"]
    )


def _has_the_year_one(request: Mapping[str, Any]) -> bool:
    return str(_at(request, f"{_ATTRIBUTES}.expiry")).startswith("0001")


def _has_unknown_attribute(request: Mapping[str, Any]) -> bool:
    return _at(request, _LISTS[0]) == ["notation-py-check.no-such-attribute"]


def _answers_more(_self: GoodPlugin, request: VerifySignatureRequest) -> VerifySignatureAnswer:
    asked = {*request.capabilities, REVOCATION, "SIGNATURE_VERIFIER.EXTRA"}
    return VerifySignatureAnswer(dict.fromkeys(sorted(asked), CapabilityResult(success=True)))


def _answers_less(self: GoodPlugin, request: VerifySignatureRequest) -> VerifySignatureAnswer:
    return GoodPlugin.verify_signature(self, replace(request, capabilities=request.capabilities[:1]))


def _is_silent_about_why(_self: GoodPlugin, request: VerifySignatureRequest) -> VerifySignatureAnswer:
    return VerifySignatureAnswer(dict.fromkeys(request.capabilities, CapabilityResult(success=False)))


def _verifier(requirement: str, **more: Any) -> Broken:
    return Broken(requirement, capabilities=_BOTH, **more)


def _refuses(requirement: str, check: str, when: Callable[[dict[str, Any]], bool]) -> Broken:
    refused = answers(_COMMAND, when, refusal("VALIDATION_ERROR"))
    return _verifier(requirement, misbehave=refused, alone=f"{_COMMAND} {check}")


BROKEN_VERIFIERS: Mapping[str, Broken] = {
    **dict(_spoiled()),
    "answers what was not asked": _verifier("PLG-101", plugin=with_methods(verify_signature=_answers_more)),
    "leaves out a result": _verifier("PLG-101", plugin=with_methods(verify_signature=_answers_less)),
    "refuses to say anything": _refuses("PLG-101", "answers what is asked", _is_plain),
    "does not check identities alone": _refuses(
        "PLG-095", f"answers {IDENTITY} alone", _asks_alone(IDENTITY)
    ),
    "does not check revocation alone": _refuses(
        "PLG-095", f"answers {REVOCATION} alone", _asks_alone(REVOCATION)
    ),
    "mixes questions up": _verifier(
        "PLG-101",
        plugin=mixed_up("verify_signature", "capabilities"),
        alone=f"{_COMMAND} answers 8 questions at once",
    ),
    "refuses unknown members of a question": _refuses(
        "PLG-024", "ignores unknown members", lambda request: "notationPyCheck" in request
    ),
    "refuses the year one": _refuses("PLG-100", "takes a request of the Go program", _has_the_year_one),
    "refuses null for no attributes": _refuses(
        "PLG-100", "takes a request of the Go program", lambda request: _at(request, _LISTS[0]) is None
    ),
    "results are a list": _verifier("PLG-101", misbehave=changed_answer(_COMMAND, verificationResults=[])),
    "success is a text": _verifier(
        "PLG-102",
        misbehave=changed_answer(_COMMAND, verificationResults={one: {"success": "true"} for one in _BOTH}),
    ),
    "refuses without a reason": _verifier(
        "PLG-102", plugin=with_methods(verify_signature=_is_silent_about_why)
    ),
    "dies of a question": _verifier("PLG-020", misbehave=instead(_COMMAND, ProgramResult(-9, b"", b""))),
    "claims every attribute": _verifier(
        "PLG-104",
        plugin=with_fields(processed=None),
        alone=f"{_COMMAND} claims no attribute that it cannot know",
    ),
    "refuses an unknown attribute in plain text": _verifier(
        "PLG-026",
        misbehave=answers(_COMMAND, _has_unknown_attribute, ProgramResult(1, b"", b"what?")),
        alone=f"{_COMMAND} claims no attribute that it cannot know",
    ),
    "leaves out the attributes": _verifier(
        "PLG-104", misbehave=changed_answer(_COMMAND, "processedAttributes")
    ),
}
