# SPDX-License-Identifier: Apache-2.0
"""The judgement of a bundle of CRLs: genuine, current, for this distribution point; then what it says.

Stricter than the reference about who issued a list and what it covers. Knows neither network nor cache:
a bundle from either is judged alike.

Spec: RFC 5280 section 6.3.3.
Requirements: REV-043, REV-050 to REV-053, REV-060 to REV-063, REV-070 to REV-075, REV-083, R-16.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..certificates.certificate import Certificate
from .cache import CrlBundle
from .certificate_list import (
    DELTA_CRL_INDICATOR,
    ISSUING_DISTRIBUTION_POINT,
    CertificateList,
    Entry,
)
from .locations import FRESHEST_CRL, DistributionPoint, freshest_crl_urls
from .ocsp_response import INVALIDITY_DATE, read_reason, serial_number
from .question import Answer, Question, unusable
from .signed import check_signature
from .status import Reason, Revocation, Status
from .times import generalized_time

__all__ = ["CrlBundle", "ReadBundle", "authentic_list", "judge"]

_REASON_CODE = b"\x55\x1d\x15"


class ReadBundle(NamedTuple):
    """The lists of a bundle, read and known to be by the issuer of a certificate."""

    base: CertificateList
    delta: CertificateList | None = None

    @classmethod
    def open(cls, bundle: CrlBundle, issuer: Certificate) -> ReadBundle:
        """Return the lists of *bundle* if *issuer* made them; raises as `authentic_list`."""
        return cls(
            authentic_list(bundle.base, issuer),
            None if bundle.delta is None else authentic_list(bundle.delta, issuer),
        )


def authentic_list(data: bytes, issuer: Certificate) -> CertificateList:
    """Return the CRL whose DER is *data*, if *issuer* made it, whenever that was (REV-050).

    Raises:
        MalformedError: it cannot be read, or the signature is not by the issuer. UntrustedError: it is
            somebody else's, or the issuer may not sign CRLs.
    """
    crl = CertificateList.parse(data)
    if crl.issuer != issuer.raw_subject:
        raise unusable("CRL is by another issuer than the certificate")
    if not issuer.is_ca or (issuer.key_usage is not None and "CRLSign" not in issuer.key_usage):
        raise unusable("the issuer of the certificate must not sign CRLs")
    check_signature(crl.signed, issuer)
    return crl


def judge(bundle: ReadBundle, point: DistributionPoint, question: Question) -> Answer:
    """Return what *bundle*, which is for *point*, says about the certificate in *question*.

    Raises:
        NotationError: it decides nothing, and why.
    """
    until = _check_list(bundle.base, point, question)
    if DELTA_CRL_INDICATOR in bundle.base.extensions:
        raise unusable("CRL is a delta CRL in the place of a complete one")
    if bundle.delta is not None:
        _check_delta(bundle.base, bundle.delta)
        until = min(until, _check_list(bundle.delta, point, question))
    elif freshest_crl_urls(bundle.base.extensions):
        raise unusable("the delta CRL that the CRL refers to is missing")
    elif FRESHEST_CRL in question.certificate.extensions:
        raise unusable("freshest CRL from certificate extension is not supported")
    serial = serial_number(question.certificate)
    entries = bundle.base.entries_of(serial)
    if bundle.delta is not None:
        entries += bundle.delta.entries_of(serial)
    status, revocation, note = _decided([_revocation(entry) for entry in entries], question)
    return Answer(status, until, revocation, note)


def _check_list(crl: CertificateList, point: DistributionPoint, question: Question) -> datetime:
    """Return until when *crl* holds, if it holds now and speaks for the certificate at *point*."""
    critical = {name for name, extension in crl.extensions.items() if extension.critical}
    if critical - {ISSUING_DISTRIBUTION_POINT, DELTA_CRL_INDICATOR}:
        raise unusable("CRL has a critical extension that is not supported")
    if gap := crl.gap_in_scope(question.certificate, point):
        raise unusable(f"CRL {gap}")
    return question.check_window("CRL", crl.this_update, crl.next_update)


def _check_delta(base: CertificateList, delta: CertificateList) -> None:
    """Return if *delta* says what has changed since *base* (REV-061)."""
    if delta.base_number is None:
        raise unusable("delta CRL indicator extension is not found")
    if base.number is None or delta.number is None:
        raise unusable("a CRL and its delta CRL must have numbers")
    if delta.number <= base.number:
        raise unusable(
            f"delta CRL number {delta.number} is not greater than the base CRL number {base.number}"
        )
    if delta.base_number > base.number:
        raise unusable(
            f"delta CRL indicator {delta.base_number} is not less than or equal to the base CRL number "
            f"{base.number}"
        )
    scopes = [crl.extensions.get(ISSUING_DISTRIBUTION_POINT) for crl in (base, delta)]
    if scopes[0] != scopes[1]:
        raise unusable("a CRL and its delta CRL are not for the same certificates")


def _revocation(entry: Entry) -> Revocation:
    """Return what *entry* says; raises if a critical extension may change what it means (REV-053)."""
    for name, extension in entry.extensions.items():
        if extension.critical and name != INVALIDITY_DATE:
            raise unusable("CRL entry has a critical extension that is not supported")
    reason, date = entry.extensions.get(_REASON_CODE), entry.extensions.get(INVALIDITY_DATE)
    return Revocation(
        entry.revoked_at,
        None if reason is None else read_reason(reason.value),
        None if date is None else generalized_time(date.value),
    )


def _decided(revocations: list[Revocation], question: Question) -> tuple[Status, Revocation | None, str]:
    """Return what all entries of one certificate mean together, and the one that decided.

    A pardoned entry is passed over, not an end: a later one may say that the key was stolen.
    """
    pardoned: list[tuple[Revocation, str]] = []
    temporary: list[Revocation] = []
    for revocation in revocations:
        if revocation.reason is Reason.REMOVE_FROM_CRL:
            temporary.append(revocation)
        elif pardon := question.pardon(revocation):
            pardoned.append((revocation, pardon))
        elif revocation.reason is Reason.CERTIFICATE_HOLD:
            temporary.append(revocation)
        else:
            return Status.REVOKED, revocation, ""
    latest = max(temporary, key=lambda one: one.revoked_at, default=None)  # the first of equals (REV-073)
    if latest is not None and latest.reason is Reason.CERTIFICATE_HOLD:
        return Status.REVOKED, latest, ""
    return (Status.GOOD, *pardoned[0]) if pardoned else (Status.GOOD, None, "")
