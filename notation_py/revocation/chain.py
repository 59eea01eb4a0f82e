# SPDX-License-Identifier: Apache-2.0
"""Whether the certificates of a chain have been revoked: all of them asked about at once.

A status is found for every certificate below the root; what it means for a verdict is said by `refusal`.
"Unknown", "unavailable" and "no information" are never "good". Fetches only through the port.

Spec: trust-store-trust-policy, Certificate Revocation Evaluation.
Requirements: REV-001, REV-002, REV-005, REV-006, REV-008, VER-060 to VER-063, TSA-008, SEC-004,
R-18.
"""

from __future__ import annotations

import threading
from datetime import datetime
from enum import Enum
from itertools import pairwise

from ..certificates.chain import CertificateChain
from ..certificates.requirements import Purpose
from ..errors import NotationError, Outcome, UnavailableError, UntrustedError
from .presence import check_not_revoked, described, has_revocation_information, status_unknown
from .status import Attempt, CertificateRevocation, ChainRevocation, Method, Status, reason_word

__all__ = ["Naming", "check_chain", "check_not_revoked", "refusal"]

TYPE_CHECKING = False
if TYPE_CHECKING:  # a chain without revocation information is judged without these
    from .question import Question
    from .sources import RevocationSources


class Naming(Enum):
    """Which of several problems is named: the one nearest to the leaf, or to the root."""

    LEAF_MOST = 1
    ROOT_MOST = -1


def check_chain(
    chain: CertificateChain,
    sources: RevocationSources,
    *,
    at: datetime,
    signed_at: datetime | None = None,
    stamped_at: datetime | None = None,
) -> ChainRevocation:
    """Return the status of every certificate of *chain*, which has met the rules for its purpose (REV-002).

    Only call this for a chain that is trusted: its certificates name the servers that are asked.

    Args:
        at: now, UTC.
        signed_at: an authentic signing time, of the signing authority scheme only (REV-027, TSA-035).
        stamped_at: the latest moment that a trusted timestamp allows; used only if the sources say so (R-22).

    What a fetcher or cache raises that its port does not allow makes the status unknown (SEC-004).
    """
    pairs = list(pairwise(chain.certificates))
    if any(map(has_revocation_information, chain.certificates[:-1])):
        from .question import Question

        stamped = stamped_at if sources.accept_revoked_after_timestamp else None
        found = _ask_at_once(
            [Question(one, above, at, sources.limits, signed_at, stamped) for one, above in pairs], sources
        )
    else:
        found = [CertificateRevocation(one, Status.NO_INFORMATION) for one, _ in pairs]
    root = CertificateRevocation(chain.certificates[-1], Status.NOT_REVOCABLE)
    return ChainRevocation((*found, root))


def _ask_at_once(questions: list[Question], sources: RevocationSources) -> list[CertificateRevocation]:
    """Return the answers to *questions*, each asked in a thread of its own, in the time for all."""
    from .certificate_check import check_certificate
    from .retrieval import Asking

    is_over, lock = threading.Event(), threading.Lock()
    asking = Asking(sources, is_over.is_set)
    all_done, left = threading.Event(), len(questions)
    found: list[CertificateRevocation | Exception | None] = [None] * len(questions)

    def ask(index: int) -> None:
        nonlocal left
        try:
            found[index] = check_certificate(questions[index], asking)
        except Exception as error:  # noqa: BLE001  a defect is no answer, and no thread's to report
            found[index] = error
        with lock:
            left -= 1
            if not left:
                all_done.set()

    for index in range(len(questions)):
        threading.Thread(target=ask, args=(index,), name=f"revocation-{index}", daemon=True).start()
    all_done.wait(sources.limits.total_seconds)
    is_over.set()
    return [_result(question, result, sources) for question, result in zip(questions, found, strict=True)]


def _result(
    question: Question, result: CertificateRevocation | Exception | None, sources: RevocationSources
) -> CertificateRevocation:
    if isinstance(result, CertificateRevocation):
        return result
    error: NotationError
    if result is None:
        status = Status.UNAVAILABLE
        seconds = sources.limits.total_seconds
        error = UnavailableError(f"no answer within {seconds:g} seconds for the whole chain")
    else:
        status, error = Status.UNKNOWN, NotationError(f"internal error: {type(result).__name__}")
    attempt = Attempt(Method.NONE, "", status, error)
    return CertificateRevocation(question.certificate, status, Method.NONE, (attempt,))


def refusal(
    revocation: ChainRevocation,
    sources: RevocationSources,
    purpose: Purpose = Purpose.CODE_SIGNING,
    naming: Naming = Naming.LEAF_MOST,
) -> UntrustedError | None:
    """Return why *revocation* refuses its chain, or None; one that is revoked before one that is unknown.

    Args:
        naming: the reference names the leaf-most problem when it verifies, and the root-most of an
            authority's chain when it signs.
    """
    entries = revocation.certificates[:: naming.value]
    for entry in entries:
        if entry.status is Status.REVOKED:
            problem = f"{described(entry.certificate, purpose)} is revoked"
            return UntrustedError(problem, hint=_revoked_hint(entry), outcome=Outcome.REVOKED)
    for entry in entries:
        if entry.status in {Status.UNKNOWN, Status.UNAVAILABLE}:
            return status_unknown(entry.certificate, purpose, _unknown_hint(entry))
    for entry in entries:
        if entry.status is Status.NO_INFORMATION and sources.require_information:
            told = "it names neither an OCSP responder nor a CRL, as it has to here"
            return status_unknown(entry.certificate, purpose, told)
    return None


def _revoked_hint(entry: CertificateRevocation) -> str:
    for attempt in entry.attempts:
        if attempt.status is Status.REVOKED and attempt.revocation is not None:
            when, why = attempt.revocation.revoked_at, reason_word(attempt.revocation.reason)
            return f"revoked at {when:%Y-%m-%dT%H:%M:%SZ} ({why}), says {attempt.url}"
    return "ask its issuer"


def _unknown_hint(entry: CertificateRevocation) -> str:
    """Say of each server what it did, and which of the two it was: no answer, or an answer of no use.

    What can be done about it follows, once however many servers it is about.
    """
    said = map(_problem, entry.attempts)
    told = "nobody answered" if entry.status is Status.UNAVAILABLE else "no usable answer"
    advice = dict.fromkeys(one.error.hint for one in entry.attempts if one.error and one.error.hint)
    return f"{told}: {'; '.join([*said, *advice])}"


def _problem(attempt: Attempt) -> str:
    """Return what came of *attempt*, and where, unless the error says so itself."""
    said = attempt.note or attempt.status.value if attempt.error is None else attempt.error.message
    if attempt.url and attempt.url in said:
        return said
    return f"{attempt.url or 'the certificate'}: {said}"
