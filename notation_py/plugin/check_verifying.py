# SPDX-License-Identifier: Apache-2.0
"""Checks of a plugin that verifies: one result for each question, reasons, and no attribute it does not know.

Whether its results are right nobody can say here: the questions are about a chain of the checker's own.
Questions that nobody can answer have to be refused: a plugin that guesses what was meant may vouch for what
it was not asked about. That is why members which it may have no use for, such as the configuration, are
spoiled here and not in requests to sign.

Spec: plugin-extensibility, Plugin contract for verification.
Requirements: PLG-020, PLG-024, PLG-027, PLG-029, PLG-095, PLG-100 to PLG-102, PLG-104, PLG-106, PLG-110.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast

from ..document import write_json
from ..envelope.model import PAYLOAD_TYPE
from ..errors import MalformedError
from .check_report import (
    PARALLEL,
    BrokenRuleError,
    Check,
    NotCheckedError,
    Subject,
    at_once,
    document_of,
    refused,
)
from .check_requests import UNKNOWN_MEMBER, expect_malformed
from .contract import Command, ErrorCode
from .verification_messages import VerifySignatureAnswer, VerifySignatureRequest

NO_SUCH_ATTRIBUTE = "notation-py-check.no-such-attribute"

_YEAR_ONE = "0001-01-01T00:00:00Z"
_ABSENT = object()
_SIGNATURE, _ATTRIBUTES, _POLICY = "signature", "signature.criticalAttributes", "trustPolicy"
_WITHOUT, _NUMBER, _LISTED = ("a question without", _ABSENT), ("a number as", 7), ("a number in", [7])
_EMPTY: tuple[str, object] = ("nothing in", [])
_SPOILED: Mapping[str, tuple[tuple[str, object], ...]] = {
    f"{_ATTRIBUTES}": (_WITHOUT, _NUMBER),
    f"{_ATTRIBUTES}.contentType": (_WITHOUT, _NUMBER),
    f"{_ATTRIBUTES}.signingScheme": (_WITHOUT, _NUMBER),
    f"{_SIGNATURE}.unprocessedAttributes": (_WITHOUT, _NUMBER, _LISTED),
    f"{_SIGNATURE}.certificateChain": (_WITHOUT, _NUMBER, _LISTED, _EMPTY),
    f"{_POLICY}.trustedIdentities": (_WITHOUT, _NUMBER, _LISTED),
    f"{_POLICY}.signatureVerification": (_WITHOUT, _NUMBER, _LISTED, _EMPTY),
    "pluginConfig": (_NUMBER, ("a list as", ["name"]), ("a number in", {"name": 7})),
}
_NO_BASE64 = ("____", "a", "????")


def verification_checks(capabilities: tuple[str, ...]) -> Iterator[Check]:
    """Yield the checks of `verify-signature` for the *capabilities* that a plugin claims."""
    about = ("PLG-101", "PLG-102", "PLG-104")
    yield Check("verify-signature answers what is asked", about, partial(_ask, capabilities, "PLG-101", {}))
    if len(capabilities) > 1:
        for capability in capabilities:
            yield Check(
                f"verify-signature answers {capability} alone",
                ("PLG-095", "PLG-101"),
                partial(_ask, (capability,), "PLG-095", {}),
            )
    yield Check(
        f"verify-signature answers {PARALLEL} questions at once",
        ("PLG-020", "PLG-101"),
        partial(_parallel, capabilities),
    )
    yield Check(
        "verify-signature ignores unknown members",
        ("PLG-024",),
        partial(_ask, capabilities, "PLG-024", UNKNOWN_MEMBER),
    )
    yield Check(
        "verify-signature takes a request of the Go program", ("PLG-100",), partial(_go_form, capabilities)
    )
    yield Check(
        "verify-signature claims no attribute that it cannot know",
        ("PLG-104",),
        partial(_unknown_attribute, capabilities),
    )
    for place, faults in _SPOILED.items():
        about = ("PLG-110", *(("PLG-106",) if place == "pluginConfig" else ()))
        for words, value in faults:
            yield Check(
                f"verify-signature refuses {words} {place}",
                about,
                partial(_spoiled, capabilities, place, words, value),
            )
    yield Check(
        "verify-signature refuses certificates that are not standard base64",
        ("PLG-029", "PLG-110"),
        partial(_no_base64, capabilities),
    )


def _request(subject: Subject, capabilities: tuple[str, ...], number: str = "") -> dict[str, Any]:
    identities = (f"x509.subject: C=US, ST=WA, O=Notary{number}",)
    request = VerifySignatureRequest(
        PAYLOAD_TYPE, "notary.x509", subject.chain, identities, capabilities, plugin_config=subject.config
    )
    return request.to_json()


def _ask(capabilities: tuple[str, ...], requirement: str, more: Mapping[str, Any], subject: Subject) -> None:
    _judge(subject, {**_request(subject, capabilities), **more}, capabilities, requirement)


def _parallel(capabilities: tuple[str, ...], subject: Subject) -> None:
    """Ask for one capability after the other: if there are two, an answer to another question shows."""

    def ask(number: int) -> None:
        wanted = (capabilities[number % len(capabilities)],)
        _judge(subject, _request(subject, wanted, f" {number}"), wanted, "PLG-101")

    at_once(ask, range(PARALLEL))


def _go_form(capabilities: tuple[str, ...], subject: Subject) -> None:
    request = _request(subject, capabilities)
    request["signature"]["criticalAttributes"]["expiry"] = _YEAR_ONE
    request["signature"]["unprocessedAttributes"] = None
    _judge(subject, request, capabilities, "PLG-100")


def _unknown_attribute(capabilities: tuple[str, ...], subject: Subject) -> None:
    request = _request(subject, capabilities)
    request["signature"]["criticalAttributes"]["extendedAttributes"] = {NO_SUCH_ATTRIBUTE: "value"}
    request["signature"]["unprocessedAttributes"] = [NO_SUCH_ATTRIBUTE]
    result = subject.said(Command.VERIFY_SIGNATURE, write_json(request).encode("utf-8"))
    if result.exit_code != 0:
        refused(Command.VERIFY_SIGNATURE, result)
        return
    answer = _judge(subject, request, capabilities, "PLG-104")
    if NO_SUCH_ATTRIBUTE in answer.processed_attributes:
        raise BrokenRuleError(
            "PLG-104", "verify-signature: claims to have processed an attribute that nobody has defined"
        )


def _spoiled(capabilities: tuple[str, ...], place: str, words: str, value: object, subject: Subject) -> None:
    request = _request(subject, capabilities)
    *path, name = place.split(".")
    holder = request
    for step in path:
        holder = cast("dict[str, Any]", holder[step])
    if value is _ABSENT:
        del holder[name]
    else:
        holder[name] = value
    expect_malformed(subject, Command.VERIFY_SIGNATURE, request, f"{words} {place}")


def _no_base64(capabilities: tuple[str, ...], subject: Subject) -> None:
    for text in _NO_BASE64:
        request = _request(subject, capabilities)
        request["signature"]["certificateChain"] = [text]
        expect_malformed(
            subject, Command.VERIFY_SIGNATURE, request, "a certificate that is not standard base64", "PLG-029"
        )


def _judge(
    subject: Subject, request: dict[str, Any], capabilities: tuple[str, ...], requirement: str
) -> VerifySignatureAnswer:
    """Return the answer to *request* if its form is right.

    Raises:
        BrokenRuleError: it is not; *requirement* is broken if the request was refused as not in order.
        NotCheckedError: the plugin could not judge.
    """
    result = subject.said(Command.VERIFY_SIGNATURE, write_json(request).encode("utf-8"))
    if result.exit_code != 0:
        refusal = refused(Command.VERIFY_SIGNATURE, result)
        if refusal.code in {ErrorCode.VALIDATION_ERROR, ErrorCode.UNSUPPORTED_CONTRACT_VERSION}:
            raise BrokenRuleError(
                requirement, f"verify-signature in order was refused: {refusal.code}: {refusal.message}"
            )
        raise NotCheckedError(f"the plugin could not judge the checker's chain: {refusal.message}")
    document = document_of(Command.VERIFY_SIGNATURE, result)
    try:
        answer = VerifySignatureAnswer.from_json(document)
    except MalformedError as error:
        place = error.at.partition(".")
        broken = {
            "verificationResults": "PLG-102" if place[1] else "PLG-101",
            "processedAttributes": "PLG-104",
        }
        raise BrokenRuleError(broken.get(place[0], "PLG-028"), f"verify-signature: {error}") from error
    if set(answer.results) != set(capabilities):
        raise BrokenRuleError(
            "PLG-101",
            f"verify-signature: asked for {', '.join(sorted(capabilities))}, and answered "
            f"{', '.join(sorted(answer.results))[:200] or 'nothing'}",
        )
    for capability, found in answer.results.items():
        if not found.success and not found.reason:
            raise BrokenRuleError("PLG-102", f"verify-signature: refuses {capability} without a reason")
    return answer
