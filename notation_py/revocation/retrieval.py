# SPDX-License-Identifier: Apache-2.0
"""The way to a usable bundle of CRLs: from the cache if it is still good, else from the network.

What the cache holds is validated like an answer from the network. A CRL whose number is lower than one
that was seen before, in this process or in the cache, is a replay, however genuine it is. Reads no clock.

Spec: RFC 5280 sections 5.2.3, 6.3.3. Requirements: REV-007, REV-041, REV-042, REV-060, REV-080 to REV-083,
R-16, R-20.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from ..errors import MalformedError, NotationError, UnavailableError
from .cache import CrlBundle
from .certificate_list import DELTA_CRL_INDICATOR, CertificateList
from .crl import ReadBundle, authentic_list, judge
from .locations import DistributionPoint, crl_distribution_points, freshest_crl_urls
from .ocsp_response import key_hash
from .question import Answer, Question, unusable
from .sources import RevocationSources
from .status import Attempt, Method, Status

Stop = Callable[[], bool]
"""Tells whether nothing must be asked any more."""


class Asking(NamedTuple):
    """How questions are asked: the sources, and when to stop."""

    sources: RevocationSources
    stopped: Stop

    def get(self, url: str) -> bytes:
        """Return the CRL at *url*; raises as a `Fetcher`."""
        self.check_may_ask(url, "CRL")
        return self.sources.fetcher.get(url, self.sources.limits.crl)

    def check_may_ask(self, url: str, what: str) -> None:
        """Return if *url* may be asked, now.

        Raises:
            MalformedError: it is not plain HTTP (REV-007). UnavailableError: the time is over.
        """
        scheme, mark, _ = url.partition("://")
        if not mark or scheme.lower() != "http":
            protocol = url.partition(":")[0]
            raise MalformedError(f"{what} protocol {protocol} is not supported", hint="only http is")
        if self.stopped():
            raise UnavailableError("not asked: the time for the whole chain is over")


def ask_crls(question: Question, points: tuple[DistributionPoint, ...], asking: Asking) -> list[Attempt]:
    """Return what the CRLs of *points* say; the last attempt decides.

    Every point has to be covered, by the first of its URLs that gives something usable (REV-041).
    """
    attempts: list[Attempt] = []
    for point in points:
        for url in point.urls:
            attempts.append(_ask_crl(question, point, url, asking))
            if attempts[-1].error is None:
                break
        if attempts[-1].status is not Status.GOOD:
            break
    return attempts


def cached_revocation(question: Question, asking: Asking) -> Attempt | None:
    """Return what the cache says if it says that the certificate is revoked; asks nobody."""
    cache = asking.sources.cache
    for point in crl_distribution_points(question.certificate) if cache is not None else ():
        for url in point.urls:
            found = _from_cache(question, point, url, asking.sources)
            if isinstance(found, Answer) and found.status is Status.REVOKED:
                return _attempt(url, found, "cache")
    return None


def _ask_crl(question: Question, point: DistributionPoint, url: str, asking: Asking) -> Attempt:
    cached = _from_cache(question, point, url, asking.sources)
    if isinstance(cached, Answer):
        return _attempt(url, cached, "cache")
    try:
        attempt = _attempt(url, _from_network(question, point, url, asking), "network")
    except UnavailableError as error:
        attempt = Attempt(Method.CRL, url, Status.UNAVAILABLE, error)
    except NotationError as error:
        attempt = Attempt(Method.CRL, url, Status.UNKNOWN, error)
    return attempt._replace(cache_note=cached)


def _attempt(url: str, answer: Answer, source: str) -> Attempt:
    return Attempt(
        Method.CRL,
        url,
        answer.status,
        revocation=answer.revocation,
        source=source,
        valid_until=answer.valid_until,
        note=answer.note,
    )


def _from_cache(
    question: Question, point: DistributionPoint, url: str, sources: RevocationSources
) -> Answer | str:
    """Return what the cached bundle says, or why it is of no use; an empty text if there is none."""
    cached = None if sources.cache is None else sources.cache.load(url)
    if cached is None:
        return ""
    bundle = None
    try:
        bundle = ReadBundle.open(cached, question.issuer)
        _check_numbers(bundle, point, url, question, sources)
        return judge(bundle, point, question)
    except NotationError as error:
        ended = None if bundle is None else _end_of(bundle, question.at)
        what = f"is not used: {error.message}" if ended is None else f"has expired at {ended}"
        return f"CRL bundle retrieved from file cache {what}"


def _end_of(bundle: ReadBundle, at: datetime) -> str | None:
    """Return when the first list of *bundle* that has expired by *at* did, as the Go program writes it."""
    ends = (crl.next_update for crl in bundle if crl is not None)
    return next((f"{end:%Y-%m-%d %H:%M:%S} +0000 UTC" for end in ends if end is not None and end < at), None)


def _from_network(question: Question, point: DistributionPoint, url: str, asking: Asking) -> Answer:
    """Return what a bundle fetched from *url* says, and keep it in the cache."""
    base = asking.get(url)
    bundle = ReadBundle(authentic_list(base, question.issuer))
    _check_numbers(bundle, point, url, question, asking.sources)
    bundle, delta, answer = _with_delta(bundle, point, question, url, asking)
    if asking.sources.cache is not None and not asking.stopped():
        asking.sources.cache.store(url, CrlBundle(base, delta))
    return answer


def _with_delta(
    bundle: ReadBundle, point: DistributionPoint, question: Question, url: str, asking: Asking
) -> tuple[ReadBundle, bytes | None, Answer]:
    """Return *bundle* with the first usable delta CRL that it names, its DER, and what they say (REV-060)."""
    error: NotationError | None = None
    for place in freshest_crl_urls(bundle.base.extensions):
        try:
            delta = asking.get(place)
            whole = bundle._replace(delta=authentic_list(delta, question.issuer))
            _check_numbers(whole, point, url, question, asking.sources)
            return whole, delta, judge(whole, point, question)
        except NotationError as problem:
            error = problem
    if error is not None:
        raise type(error)(f"delta CRL: {error.message}", hint=error.hint, outcome=error.outcome) from error
    return bundle, None, judge(bundle, point, question)


def _check_numbers(
    bundle: ReadBundle, point: DistributionPoint, url: str, question: Question, sources: RevocationSources
) -> None:
    """Return if neither list is older than one that was seen before, and remember them.

    Raises:
        UntrustedError: a replay.
    """
    for kind, crl in (("base", bundle.base), ("delta", bundle.delta)):
        # A list out of place would be refused anyway; its number must not count against the right one.
        is_delta = crl is not None and DELTA_CRL_INDICATOR in crl.extensions
        if crl is None or is_delta != (kind == "delta") or crl.gap_in_scope(question.certificate, point):
            continue
        _check_number(crl, key_hash(question.issuer) + f"{kind} {url}".encode(), sources)


def _check_number(crl: CertificateList, key: bytes, sources: RevocationSources) -> None:
    highest = sources.numbers.highest(key)
    if highest is not None and (crl.number is None or crl.number < highest):
        raise unusable(f"replay: CRL number {crl.number} is lower than {highest}, which was seen before")
    if crl.number is not None:
        sources.numbers.saw(key, crl.number)
