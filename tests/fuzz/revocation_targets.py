# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets for revocation data: as it comes from the network, and signed again after it was changed.

What was not signed again is accepted only with the signed bytes of a seed. What was signed again reaches
the judgement, and means what another reader says it means, if that one can read it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography import x509
from cryptography.x509 import ocsp as other

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.extensions import Extension
from notation_py.errors import NotationError
from notation_py.revocation import crl as lists
from notation_py.revocation import ocsp as responses
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.certificate_list import CertificateList
from notation_py.revocation.crl import ReadBundle
from notation_py.revocation.locations import (
    CRL_DISTRIBUTION_POINTS,
    FRESHEST_CRL,
    crl_distribution_points,
    freshest_crl_urls,
)
from notation_py.revocation.ocsp_response import read_response
from notation_py.revocation.question import Question
from notation_py.revocation.signed import open_signed
from notation_py.revocation.sources import RevocationLimits
from notation_py.revocation.status import Status
from tests.fuzz.targets import VECTORS, Target
from tests.simulator.pki import NOW, TestChain
from tests.simulator.resigned import element, extension, object_identifier
from tests.simulator.revocation_authority import (
    crl,
    crl_url,
    entry,
    ocsp,
    point_name,
    responder,
    revocable_chain,
    sealed,
    urls_of,
)

WORDS = (
    b"\x30\x80",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x05\x00",
    b"\x01\x01\xff",
    b"\x0a\x01\x01",
    b"\x18\x0f20260601110000Z",
    b"\x55\x1d\x18",
    b"\x55\x1d\x1c",
    b"\xa0\x00",
    b"\xa1\x02\x30\x00",
    b"\x80\x00",
    b"\x82\x00",
)


def _nobody(_: Certificate) -> None:
    """Let every responder pass: whether it is revoked is asked elsewhere."""


def _question(chain: TestChain) -> Question:
    leaf, issuer = (Certificate.parse(data) for data in chain.ders[:2])
    return Question(leaf, issuer, NOW, RevocationLimits())


def _responses(chain: TestChain) -> Iterator[bytes]:
    yield ocsp(chain, 0)
    yield ocsp(chain, 0, status="unknown", version=b"\xa0\x03\x02\x01\x00")
    yield ocsp(
        chain, 0, status="revoked", reason=1, extensions=[extension("2.5.29.24", b"\x18\x0f20260601110000Z")]
    )
    yield ocsp(chain, 0, by=responder(chain, 0))
    for path in sorted((VECTORS / "revocation").rglob("*Response*.der")):
        yield path.read_bytes()


def _lists(chain: TestChain) -> Iterator[bytes]:
    yield crl(chain, 0)
    yield crl(chain, 0, entries=[entry(5), entry(chain, reason=6), entry(chain, reason=8)])
    yield crl(
        chain,
        0,
        entries=[entry(chain, reason=4, invalid_from=NOW)],
        scope=element(0x30, point_name(crl_url(0))),
    )
    yield crl(chain, 0, number=5, base_number=4, freshest=["http://a.test", "http://b.test"])
    for path in sorted((VECTORS / "revocation").rglob("*.crl")):
        yield path.read_bytes()


def _only_as_signed(
    judge: Callable[[bytes], object], signed_in: Callable[[bytes], bytes], seeds: tuple[bytes, ...]
) -> Callable[[bytes], None]:
    """Return a target that fails if *judge* accepts signed bytes that are in no seed."""
    genuine = set(map(signed_in, seeds))

    def run(data: bytes) -> None:
        judge(data)
        if signed_in(data) not in genuine:
            raise AssertionError("accepted what nobody signed")

    return run


def _response_again(chain: TestChain, question: Question) -> Callable[[bytes], None]:
    """Return a target that signs what it gets as the data of a response, and compares two readings."""

    def run(data: bytes) -> None:
        basic = sealed(data, chain.keys[1])
        kind = object_identifier("1.3.6.1.5.5.7.48.1.1")
        whole = element(0x30, b"\x0a\x01\x00", element(0xA0, element(0x30, kind, element(4, basic))))
        answer = responses.judge(whole, question, _nobody)
        try:
            read = other.load_der_ocsp_response(whole)
            meant = (read.serial_number, read.certificate_status.name)
        except ValueError:
            return
        status = Status.REVOKED if answer.revocation is not None else answer.status
        if meant != (question.certificate.x509.serial_number, status.name):
            raise AssertionError(f"two readers: {meant} and {answer}")

    return run


def _list_again(chain: TestChain, question: Question) -> Callable[[bytes], None]:
    """Return a target that signs what it gets as a TBSCertList, and compares two readings."""
    (point,) = crl_distribution_points(question.certificate)
    serial = question.certificate.x509.serial_number

    def run(data: bytes) -> None:
        whole = sealed(data, chain.keys[1])
        answer = lists.judge(ReadBundle.open(CrlBundle(whole), question.issuer), point, question)
        found = x509.load_der_x509_crl(whole).get_revoked_certificate_by_serial_number(serial)
        if answer.status is Status.REVOKED and found is None:
            raise AssertionError("revoked, and not on the list")
        if answer.status is Status.GOOD and found is not None:
            reasons = [entry.extensions.get(b"\x55\x1d\x15") for entry in _entries(whole, question)]
            if Extension(critical=False, value=b"\x0a\x01\x08") not in reasons:
                raise AssertionError("on the list, and good")

    return run


def _entries(whole: bytes, question: Question) -> tuple[lists.Entry, ...]:
    return CertificateList.parse(whole).entries_of(lists.serial_number(question.certificate))


def _locations(data: bytes) -> None:
    for name in (FRESHEST_CRL, CRL_DISTRIBUTION_POINTS):
        freshest_crl_urls({name: Extension(critical=False, value=data)})


def revocation_targets() -> Iterator[Target]:
    """Yield the readers and judges of revocation data."""
    chain = revocable_chain(2, crl=True)
    question = _question(chain)
    (point,) = crl_distribution_points(question.certificate)

    def judge_list(data: bytes) -> object:
        read = CertificateList.parse(data)
        read.entries_of(b"\x05")
        read.gap_in_scope(question.certificate, point)
        freshest_crl_urls(read.extensions)
        return lists.judge(ReadBundle.open(CrlBundle(data), question.issuer), point, question)

    def judge_response(data: bytes) -> object:
        return responses.judge(data, question, _nobody)

    answers, crls = tuple(_responses(chain)), tuple(_lists(chain))
    readable = tuple(data for data in answers if _is_read(data))
    yield Target(
        "ocsp",
        _only_as_signed(judge_response, lambda data: read_response(data).signed.content, readable),
        answers,
        WORDS,
    )
    yield Target(
        "crl", _only_as_signed(judge_list, lambda data: open_signed(data).content, crls), crls, WORDS
    )
    yield Target(
        "ocsp-signed",
        _response_again(chain, question),
        tuple(read_response(data).signed.content for data in readable),
        WORDS,
    )
    yield Target(
        "crl-signed", _list_again(chain, question), tuple(open_signed(data).content for data in crls), WORDS
    )
    yield Target(
        "locations", _locations, (urls_of(["http://a.test", "http://b.test"], ["http://c.test"]),), WORDS
    )


def _is_read(data: bytes) -> bool:
    try:
        read_response(data)
    except NotationError:
        return False
    return True
