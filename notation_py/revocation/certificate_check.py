# SPDX-License-Identifier: Apache-2.0
"""The check of one certificate: OCSP first, CRLs if that says nothing definite, and every attempt kept.

Spec: trust-store-trust-policy, Certificate Revocation Evaluation.
Requirements: REV-003, REV-004, REV-021, REV-023, REV-029, R-17, R-18.
"""

from __future__ import annotations

from functools import partial

from ..certificates.certificate import Certificate
from ..errors import NotationError, Outcome, UnavailableError, UntrustedError
from . import ocsp
from .locations import crl_distribution_points, ocsp_servers
from .ocsp_response import REQUEST_TYPE, ocsp_request, request_url
from .question import Question
from .retrieval import Asking, ask_crls, cached_revocation
from .status import Attempt, CertificateRevocation, Method, Status


def check_certificate(question: Question, asking: Asking) -> CertificateRevocation:
    """Return the status of the certificate in *question*; nothing that servers do raises."""
    certificate = question.certificate
    try:
        servers, points = ocsp_servers(certificate), crl_distribution_points(certificate)
    except NotationError as error:
        return _found(certificate, Method.NONE, [Attempt(Method.NONE, "", Status.UNKNOWN, error)])
    if not servers:
        if not points:
            return CertificateRevocation(certificate, Status.NO_INFORMATION)
        return _found(certificate, Method.CRL, ask_crls(question, points, asking))
    attempts = _ask_responders(question, servers, asking)
    if attempts[-1].status in {Status.GOOD, Status.REVOKED}:
        attempts += _contradiction(attempts[-1], question, asking)
        return CertificateRevocation(certificate, _definite(attempts), Method.OCSP, tuple(attempts))
    if not points:
        return _found(certificate, Method.OCSP, attempts)
    return _found(certificate, Method.OCSP_FALLBACK_CRL, attempts + ask_crls(question, points, asking))


def _found(certificate: Certificate, method: Method, attempts: list[Attempt]) -> CertificateRevocation:
    """Return the status that the last attempt gives; nobody answered only if nobody did at all."""
    status = attempts[-1].status
    if status is Status.UNAVAILABLE and any(one.status is Status.UNKNOWN for one in attempts):
        status = Status.UNKNOWN
    return CertificateRevocation(certificate, status, method, tuple(attempts))


def _definite(attempts: list[Attempt]) -> Status:
    return next(one.status for one in attempts if one.method is Method.OCSP and one.error is None)


def _ask_responders(question: Question, servers: tuple[str, ...], asking: Asking) -> list[Attempt]:
    """Return the attempts up to the first definite answer: good, revoked, or unknown (REV-023)."""
    attempts: list[Attempt] = []
    for server in servers:
        attempts.append(_ask_responder(question, server, asking))
        if attempts[-1].error is None:
            break
    return attempts


def _ask_responder(question: Question, server: str, asking: Asking) -> Attempt:
    try:
        response = _exchange(question, server, asking)
        answer = ocsp.judge(response, question, partial(_check_responder, question, asking))
    except UnavailableError as error:
        return Attempt(Method.OCSP, server, Status.UNAVAILABLE, error)
    except NotationError as error:
        return Attempt(Method.OCSP, server, Status.UNKNOWN, error)
    note = "the responder does not know the certificate" if answer.status is Status.UNKNOWN else answer.note
    return Attempt(
        Method.OCSP,
        server,
        answer.status,
        revocation=answer.revocation,
        valid_until=answer.valid_until,
        note=note,
    )


def _exchange(question: Question, server: str, asking: Asking) -> bytes:
    asking.check_may_ask(server, "OCSPServer")
    fetcher, limit = asking.sources.fetcher, asking.sources.limits.ocsp
    request = ocsp_request(question.certificate, question.issuer)
    url = request_url(server, request)
    if url is None:
        return fetcher.post(server, request, REQUEST_TYPE, limit)
    return fetcher.get(url, limit)


def _check_responder(question: Question, asking: Asking, responder: Certificate) -> None:
    """Return if no CRL revokes a delegated *responder*, or none is named (REV-029)."""
    points = crl_distribution_points(responder)
    if not points:
        return
    # What may be forgiven to a signer is not forgiven to who vouches for signers.
    about = question._replace(certificate=responder, signed_at=None, stamped_at=None)
    last = ask_crls(about, points, asking)[-1]
    if last.status is not Status.GOOD:
        why = "has been revoked" if last.error is None else f"cannot be checked: {last.error.message}"
        raise UntrustedError(
            f"OCSP responder's certificate {why}", outcome=Outcome.REVOCATION_UNKNOWN
        ) from last.error


def _contradiction(found: Attempt, question: Question, asking: Asking) -> list[Attempt]:
    """Return a remark if a responder says good and a CRL in the cache says revoked; the responder counts."""
    if found.status is not Status.GOOD or found.note:
        return []
    listed = cached_revocation(question, asking)
    if listed is None:
        return []
    return [listed._replace(note="contradicts the OCSP responder, whose answer counts")]
