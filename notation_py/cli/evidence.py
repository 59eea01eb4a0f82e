# SPDX-License-Identifier: Apache-2.0
"""The JSON of `verify` and `blob verify`, for a program to read: every decision, with its reason.

One document with one entry per reference; member names are the outcome's field names. Holds nothing
secret and no whole documents.

Spec: security contract R-38, R-39. Requirements: VER-080.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..document import write_json
from ..errors import NotationError
from ..revocation.status import Attempt, CertificateRevocation, reason_word
from ..verification.outcome import ValidationResult, VerificationOutcome
from .printable import printable_json
from .verdict import Judged

TYPE_CHECKING = False
if TYPE_CHECKING:  # imported when there is a timestamp
    from ..timestamp.countersignature import VerifiedTimestamp
    from ..verification.extended import PluginVerdict


def verification_document(verdicts: Iterable[Judged]) -> str:
    """Return the JSON document for *verdicts*, indented by two spaces, with a final line end."""
    document = {"verifications": [_verdict(verdict) for verdict in verdicts]}
    return printable_json(write_json(document, indent="  ")) + "\n"


def _verdict(verdict: Judged) -> dict[str, Any]:
    result: dict[str, Any] = {"reference": verdict.reference, "outcome": verdict.word.value}
    if verdict.artifact:
        result["artifact"] = verdict.artifact
    if verdict.content is not None:
        result["target"] = verdict.content.plain().to_json()
    if verdict.policy is not None:
        level = verdict.policy.level
        actions = {validation.value: action.value for validation, action in level.actions.items()}
        result["trustPolicy"] = {"name": verdict.policy.name, "level": level.name, "actions": actions}
    result["signatures"] = [_signature(outcome) for outcome in verdict.outcomes]
    if verdict.error is not None:
        result["error"] = _error(verdict.error)
    return result


def _signature(outcome: VerificationOutcome) -> dict[str, Any]:
    result: dict[str, Any] = {"outcome": outcome.word.value}
    if outcome.manifest is not None:
        result["digest"] = str(outcome.manifest.digest)
    if outcome.envelope is not None:
        signed = outcome.envelope.signed
        result["signingScheme"] = signed.signing_scheme.value
        result["signingTime"] = signed.signing_time.isoformat()
        result["expiry"] = signed.expiry.isoformat() if signed.expiry is not None else None
        result["certificates"] = [
            {"subject": certificate.subject, "sha256": certificate.thumbprint}
            for certificate in outcome.envelope.chain.certificates
        ]
        result["userMetadata"] = dict(sorted(outcome.envelope.payload.target.annotations.items()))
    if outcome.timestamp is not None:
        result["timestamp"] = _timestamp(outcome.timestamp)
    if outcome.plugin is not None:
        result["plugin"] = _plugin(outcome.plugin)
    result["results"] = [_result(entry) for entry in outcome.results]
    if outcome.revocation is not None:
        result["revocation"] = [_revocation(entry) for entry in outcome.revocation.certificates]
    if outcome.authority_revocation is not None:
        asked = outcome.authority_revocation.certificates
        result["timestampRevocation"] = [_revocation(entry) for entry in asked]
    if outcome.refusal is not None:
        result["error"] = _error(outcome.refusal)
    return result


def _timestamp(stamp: VerifiedTimestamp) -> dict[str, Any]:
    return {
        "earliest": stamp.earliest.isoformat(),
        "latest": stamp.latest.isoformat(),
        "policy": stamp.token.info.policy,
        "certificates": [
            {"subject": certificate.subject, "sha256": certificate.thumbprint}
            for certificate in stamp.chain.certificates
        ],
    }


def _plugin(verdict: PluginVerdict) -> dict[str, Any]:
    results = [
        {
            "capability": name.value,
            "success": result.success,
            **({"reason": result.reason} if result.reason else {}),
        }
        for name, result in verdict.results.items()
    ]
    return {
        "name": verdict.name,
        "version": verdict.version,
        "origin": verdict.origin,
        "results": results,
        "processedAttributes": list(verdict.processed_attributes),
        "ignoredResults": list(verdict.unasked),
    }


def _revocation(entry: CertificateRevocation) -> dict[str, Any]:
    result: dict[str, Any] = {"subject": entry.certificate.subject, "status": entry.status.value}
    if entry.method.value:
        result["method"] = entry.method.value
    result["attempts"] = [_attempt(attempt) for attempt in entry.attempts]
    return result


def _attempt(attempt: Attempt) -> dict[str, Any]:
    result: dict[str, Any] = {
        "method": attempt.method.value,
        "url": attempt.url,
        "source": attempt.source,
        "status": attempt.status.value,
    }
    if attempt.valid_until is not None:
        result["validUntil"] = attempt.valid_until.isoformat()
    if attempt.revocation is not None:
        revocation = attempt.revocation
        result["revokedAt"] = revocation.revoked_at.isoformat()
        result["reason"] = reason_word(revocation.reason)
        if revocation.invalid_from is not None:
            result["invalidFrom"] = revocation.invalid_from.isoformat()
    if attempt.note:
        result["note"] = attempt.note
    if attempt.cache_note:
        result["cacheNote"] = attempt.cache_note
    if attempt.error is not None:
        result["error"] = _error(attempt.error)
    return result


def _result(result: ValidationResult) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "validation": result.validation.value,
        "action": result.action.value,
        "passed": result.error is None if result.action.value != "skip" else None,
    }
    if result.error is not None:
        entry["error"] = _error(result.error)
    return entry


def _error(error: NotationError) -> dict[str, Any]:
    result = {"outcome": error.outcome.value, "message": str(error)}
    if error.hint:
        result["hint"] = error.hint
    return result
