# SPDX-License-Identifier: Apache-2.0
"""The judgement of an OCSP response: about this certificate, by somebody entitled, and for now.

Stricter than the reference, which picks an answer by its serial number alone and lets any certificate
of the issuer speak for it. Fetches nothing: a delegated responder is checked by who calls.

Spec: RFC 6960 sections 3.2, 4.2.2. Requirements: REV-022 to REV-029, REV-031, R-17.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..certificates.certificate import Certificate, check_signed_by
from ..certificates.extensions import BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE
from ..errors import MalformedError
from .ocsp_response import INVALIDITY_DATE, CertificateId, OcspResponse, key_hash, read_response
from .question import Answer, Question, unusable
from .signed import check_signature
from .status import Status
from .times import generalized_time

_OCSP = b"\x2b\x06\x01\x05\x05\x07\x30\x01"
_NO_CHECK = _OCSP + b"\x05"
_OCSP_SIGNING = b"\x2b\x06\x01\x05\x05\x07\x03\x09"
_CERTIFICATE_POLICIES = b"\x55\x1d\x20"
_MAY_BE_CRITICAL = {KEY_USAGE, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, _CERTIFICATE_POLICIES, _NO_CHECK}

ResponderCheck = Callable[[Certificate], None]
"""Returns if a delegated responder's certificate has not been revoked; raises a NotationError otherwise."""


def judge(response: bytes, question: Question, check_responder: ResponderCheck) -> Answer:
    """Return what the OCSP *response* says about the certificate in *question*.

    Args:
        check_responder: called with a delegated responder that may be revoked (REV-029).

    Raises:
        NotationError: it decides nothing, and why.
    """
    read = read_response(response)
    if read.certificate_id != CertificateId.of(question.certificate, question.issuer):
        raise unusable("OCSP response is about another certificate")
    _check_extensions(read)
    check_later = _check_signer(read, question)
    until = question.check_window("OCSP response", read.this_update, read.next_update)
    if check_later is not None:
        check_responder(check_later)
    if read.revocation is None:
        return Answer(read.status, until)
    revocation = read.revocation._replace(invalid_from=_invalidity_date(read))
    note = question.pardon(revocation)
    return Answer(Status.GOOD if note else Status.REVOKED, until, revocation, note)


def _check_extensions(read: OcspResponse) -> None:
    for extension in (*read.extensions.values(), *read.response_extensions.values()):
        if extension.critical:
            raise unusable("OCSP response has a critical extension that is not supported")
    if _OCSP + b"\x02" in read.response_extensions:
        raise unusable("OCSP response has the nonce of another request")


def _invalidity_date(read: OcspResponse) -> datetime | None:
    extension = read.extensions.get(INVALIDITY_DATE)
    try:
        return None if extension is None else generalized_time(extension.value)
    except MalformedError:
        return None  # REV-027: then the certificate is revoked whenever it was used


def _check_signer(read: OcspResponse, question: Question) -> Certificate | None:
    """Return the responder whose revocation is still to be checked, if the response is genuine."""
    issuer = question.issuer
    if _speaks(read, issuer):
        check_signature(read.signed, issuer)
        return None
    for data in read.certificates:
        responder = Certificate.parse(data)
        if _speaks(read, responder):
            _check_delegate(responder, question)
            check_signature(read.signed, responder)
            return None if _NO_CHECK in responder.extensions else responder
    raise unusable("OCSP response is by a responder whose certificate is not known")


def _speaks(read: OcspResponse, certificate: Certificate) -> bool:
    """Return whether the response says that *certificate* signed it."""
    if read.responder_name is not None:
        return read.responder_name == certificate.raw_subject
    return read.responder_key_hash == key_hash(certificate)


def _check_delegate(responder: Certificate, question: Question) -> None:
    """Return if the issuer entrusted its answers to *responder*, and still does (REV-024)."""
    if responder.has_weak_signature:
        raise unusable("OCSP responder's certificate is signed with SHA-1 or MD5")
    try:
        check_signed_by(responder, question.issuer)
    except MalformedError as error:
        raise unusable("OCSP responder was not appointed by the issuer of the certificate") from error
    if _OCSP_SIGNING not in (responder.extended_key_usage or ()):
        raise unusable("OCSP responder's certificate is not for OCSP signing")
    if responder.key_usage is not None and "DigitalSignature" not in responder.key_usage:
        raise unusable("OCSP responder's certificate is not for digital signatures")
    critical = {name for name, extension in responder.extensions.items() if extension.critical}
    if critical - _MAY_BE_CRITICAL:
        raise unusable("OCSP responder's certificate has a critical extension that is not supported")
    if not responder.not_before <= question.at <= responder.not_after:
        raise unusable("OCSP responder's certificate is not valid now")
