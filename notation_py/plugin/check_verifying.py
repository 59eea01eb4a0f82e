# SPDX-License-Identifier: Apache-2.0
"""Checks of a plugin that verifies: one result for each question, reasons, and no attribute it does not know.

Whether its results are right nobody can say here: the questions are about a chain of the checker's own.

Spec: plugin-extensibility, Plugin contract for verification.
Requirements: PLG-024, PLG-095, PLG-100 to PLG-102, PLG-104.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from ..document import write_json
from ..envelope.model import PAYLOAD_TYPE
from ..errors import MalformedError
from .check_report import BrokenRuleError, Check, NotCheckedError, Subject, document_of, refused
from .contract import Command, ErrorCode
from .verification_messages import VerifySignatureAnswer, VerifySignatureRequest

NO_SUCH_ATTRIBUTE = "notation-py-check.no-such-attribute"

_YEAR_ONE = "0001-01-01T00:00:00Z"


def verification_checks(capabilities: tuple[str, ...]) -> Iterator[Check]:
    """Yield the checks of `verify-signature` for the *capabilities* that a plugin claims."""
    about = ("PLG-101", "PLG-102", "PLG-104")
    yield Check("verify-signature answers what is asked", about, partial(_ask, capabilities, {}))
    if len(capabilities) > 1:
        for capability in capabilities:
            yield Check(
                f"verify-signature answers {capability} alone",
                ("PLG-095", "PLG-101"),
                partial(_ask, (capability,), {}),
            )
    yield Check(
        "verify-signature ignores unknown members",
        ("PLG-024",),
        partial(_ask, capabilities, {"notationPyCheck": {"later": [1, None]}}),
    )
    yield Check(
        "verify-signature takes a request of the Go program", ("PLG-100",), partial(_go_form, capabilities)
    )
    yield Check(
        "verify-signature claims no attribute that it cannot know",
        ("PLG-104",),
        partial(_unknown_attribute, capabilities),
    )


def _request(subject: Subject, capabilities: tuple[str, ...]) -> dict[str, Any]:
    identities = ("x509.subject: C=US, ST=WA, O=Notary",)
    request = VerifySignatureRequest(
        PAYLOAD_TYPE, "notary.x509", subject.chain, identities, capabilities, plugin_config=subject.config
    )
    return request.to_json()


def _ask(capabilities: tuple[str, ...], more: dict[str, Any], subject: Subject) -> None:
    _judge(subject, {**_request(subject, capabilities), **more}, capabilities)


def _go_form(capabilities: tuple[str, ...], subject: Subject) -> None:
    request = _request(subject, capabilities)
    request["signature"]["criticalAttributes"]["expiry"] = _YEAR_ONE
    request["signature"]["unprocessedAttributes"] = None
    _judge(subject, request, capabilities)


def _unknown_attribute(capabilities: tuple[str, ...], subject: Subject) -> None:
    request = _request(subject, capabilities)
    request["signature"]["criticalAttributes"]["extendedAttributes"] = {NO_SUCH_ATTRIBUTE: "value"}
    request["signature"]["unprocessedAttributes"] = [NO_SUCH_ATTRIBUTE]
    result = subject.said(Command.VERIFY_SIGNATURE, write_json(request).encode("utf-8"))
    if result.exit_code != 0:
        refused(Command.VERIFY_SIGNATURE, result)
        return
    answer = _judge(subject, request, capabilities)
    if NO_SUCH_ATTRIBUTE in answer.processed_attributes:
        raise BrokenRuleError(
            "PLG-104", "verify-signature: claims to have processed an attribute that nobody has defined"
        )


def _judge(subject: Subject, request: dict[str, Any], capabilities: tuple[str, ...]) -> VerifySignatureAnswer:
    """Return the answer to *request* if its form is right; raises BrokenRuleError, NotCheckedError."""
    requirement = "PLG-024" if "notationPyCheck" in request else "PLG-101"
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
