# SPDX-License-Identifier: Apache-2.0
"""From a leaf and a heap of loose certificates to a chain that ends in an anchor.

Envelopes carry whole chains, which `chain` takes as they stand; timestamp tokens carry certificates in any
order, some of no use. Paths are made by name, a bounded number of them, and the first one that passes
every rule is the chain: links, purpose, RFC 5280 and the time. Trust in the anchors is the caller's.

Spec: RFC 5280 section 6.1; signature-specification, Certificate Requirements. Requirements: CERT-011,
CERT-040 to CERT-043, TSA-027, TSA-029, R-12, R-14.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from ..errors import MalformedError, NotationError, Outcome, UntrustedError
from ..reference import go_quote
from .certificate import Certificate
from .chain import MAX_CHAIN_LENGTH, CertificateChain, checked_chain
from .hardened import rfc5280_problems
from .name import check_name
from .requirements import Purpose

MAX_PATHS = 16
"""Of one leaf, that are looked at; two or three are usual where roots have signed each other."""

MAX_STEPS = 256
"""Taken in search of them."""

_ANY_USAGE = b"\x55\x1d\x25\x00"
_USAGES = {
    Purpose.TIMESTAMPING: b"\x2b\x06\x01\x05\x05\x07\x03\x08",
    Purpose.CODE_SIGNING: b"\x2b\x06\x01\x05\x05\x07\x03\x03",
}


def path_to_anchor(
    leaf: Certificate,
    intermediates: Sequence[Certificate],
    anchors: Sequence[Certificate],
    *,
    at: datetime,
    purpose: Purpose,
) -> CertificateChain:
    """Return the chain from *leaf* over some of *intermediates* to one of *anchors*, valid at *at*.

    Args:
        anchors: trusted; only a self-signed one can end a chain (CERT-001).

    Raises:
        UntrustedError: there is none; says what is wrong with the first path that was found, if any.
        MalformedError: *leaf* has a name that cannot be shown.
    """
    check_name(leaf.raw_subject)
    first: NotationError | None = None
    for path in islice(_paths(leaf, intermediates, anchors), MAX_PATHS):
        try:
            return _checked(path, at, purpose)
        except (MalformedError, UntrustedError) as error:
            first = first or error
    if first is None:
        raise UntrustedError(
            "x509: certificate signed by unknown authority",
            hint=f"nothing leads from {go_quote(leaf.subject)} to a trusted root; if you trust its "
            "authority, add the root certificate to the trust store",
            outcome=Outcome.AUTHENTICITY,
        )
    raise UntrustedError(first.message, hint=first.hint, outcome=Outcome.AUTHENTICITY) from first


def _checked(path: tuple[Certificate, ...], at: datetime, purpose: Purpose) -> CertificateChain:
    for certificate in path:
        check_name(certificate.raw_issuer)
        check_name(certificate.raw_subject)
        _check_time(certificate, at)
    for authority in path[1:]:
        usages = authority.extended_key_usage
        if usages is not None and not {_USAGES[purpose], _ANY_USAGE}.intersection(usages):
            raise UntrustedError("x509: certificate specifies an incompatible key usage")
    chain = checked_chain(path, purpose)
    for problem in rfc5280_problems(chain):
        raise UntrustedError(f"x509: {problem}")
    return chain


def _check_time(certificate: Certificate, at: datetime) -> None:
    if certificate.not_before <= at <= certificate.not_after:
        return
    is_early = at < certificate.not_before
    word, limit = ("before", certificate.not_before) if is_early else ("after", certificate.not_after)
    raise UntrustedError(
        "x509: certificate has expired or is not yet valid: current time "
        f"{_rfc3339(at)} is {word} {_rfc3339(limit)}",
        hint=f"that concerns the certificate of {go_quote(certificate.subject)}",
    )


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _paths(
    leaf: Certificate, intermediates: Sequence[Certificate], anchors: Sequence[Certificate]
) -> Iterator[tuple[Certificate, ...]]:
    """Yield the paths from *leaf* to an anchor whose names fit, short ones first."""
    if leaf in anchors:
        yield (leaf,)
    for walk in islice(_walks(leaf, intermediates), MAX_STEPS):
        issuer = walk[-1].raw_issuer
        for anchor in anchors:
            if anchor.raw_subject == issuer and anchor not in walk:
                yield (*walk, anchor)


def _walks(leaf: Certificate, intermediates: Sequence[Certificate]) -> Iterator[tuple[Certificate, ...]]:
    """Yield *leaf* alone, then with issuers above it; no certificate stands in one twice."""
    waiting: list[tuple[Certificate, ...]] = [(leaf,)]
    for walk in waiting:  # grows while it is walked
        yield walk
        if len(walk) < MAX_CHAIN_LENGTH - 1:
            issuer = walk[-1].raw_issuer
            above = (one for one in intermediates if one.raw_subject == issuer and one not in walk)
            waiting += [(*walk, one) for one in above]
