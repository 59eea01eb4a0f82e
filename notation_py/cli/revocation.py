# SPDX-License-Identifier: Apache-2.0
"""Whom a command asks about revoked certificates, and how it tells what they said.

Spec: contract/cli.md 8.4, 9. Requirements: REV-003, REV-080, VER-060, R-18, R-22.
"""

from __future__ import annotations

from ..certificates.requirements import Purpose
from ..reference import go_quote
from ..revocation.sources import RevocationSources
from ..revocation.status import Attempt, ChainRevocation, Method, Status
from .printable import printable
from .session import Session
from .tracing import tracer


def revocation_sources(session: Session) -> RevocationSources:
    """Return the network and the cache of CRLs, as the environment allows them to be used."""
    from ..adapters import revocation_settings

    return revocation_settings.revocation_sources(
        session.environment,
        session.directories,
        session.strictness,
        warn=session.warn,
        note=session.trace,
        trace=tracer(session),
    )


def explain(revocation: ChainRevocation, session: Session, purpose: Purpose = Purpose.CODE_SIGNING) -> None:
    """Tell what was found out about each certificate, and what each server said."""
    for index, entry in enumerate(revocation.certificates, 1):
        subject = go_quote(entry.certificate.subject)
        named = f"certificate #{index} in chain with subject {subject}"
        if entry.status is Status.NO_INFORMATION:
            session.tell(
                f"Certificate #{index} in the chain with subject {subject} neither has an OCSP nor a CRL "
                "revocation method."
            )
        if entry.method is Method.OCSP_FALLBACK_CRL:
            session.trace(f"OCSP check failed with unknown error and fallback to CRL check for {named}")
        for attempt in entry.attempts:
            _explain_attempt(named, attempt, session)
    if revocation.is_good:
        whose = "timestamping certificate chain " if purpose is Purpose.TIMESTAMPING else ""
        session.trace(
            f"No verification impacting errors encountered while checking {whose}revocation, status is OK"
        )


def _explain_attempt(named: str, attempt: Attempt, session: Session) -> None:
    method, url = attempt.method.value, go_quote(attempt.url)
    if attempt.cache_note:
        session.trace(printable(attempt.cache_note))
    said = attempt.status.value if attempt.error is None else attempt.error.message
    remark = f" ({attempt.note})" if attempt.note else ""
    session.tell(f"{named}: {method} {url}, {attempt.source}: {said}{remark}")
    if attempt.error is not None or attempt.status is Status.REVOKED:
        problem = said if attempt.error is not None else f"certificate is revoked via {method}"
        session.trace(
            f"C{named[1:]} encountered an error for revocation method {method} at URL {url}: "
            f"{printable(problem)}"
        )


def forgiven(revocation: ChainRevocation | None) -> list[str]:
    """Return a remark for each revocation that was found and does not count (R-22)."""
    if revocation is None:
        return []
    return [
        f"certificate with subject {go_quote(entry.certificate.subject)}: {attempt.note}"
        for entry in revocation.certificates
        for attempt in entry.attempts
        if attempt.revocation is not None and attempt.status is Status.GOOD
    ]
