# SPDX-License-Identifier: Apache-2.0
"""Attacks found when an attacker read timestamps, revocation and transport: each of them once worked."""

from __future__ import annotations

from time import process_time

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from notation_py.certificates.chain import chain_of
from notation_py.certificates.hardened import rfc5280_problems
from notation_py.errors import MalformedError
from notation_py.revocation.chain import check_chain
from notation_py.revocation.sources import CrlNumbers, RevocationSources
from notation_py.revocation.status import Status
from tests.simulator.pki import NOW, make_chain, with_extension
from tests.simulator.resigned import ALGORITHM, element, object_identifier, resigned
from tests.simulator.revocation_authority import (
    FakeFetcher,
    Responder,
    crl,
    crl_url,
    ocsp,
    ocsp_url,
    parsed,
    responder,
    revocable_chain,
)

CHAIN = make_chain("EC-256", 3)
PSS_WITHOUT_PARAMETERS = element(0x30, object_identifier("1.2.840.113549.1.1.10"))


def _unreadably_signed(certificate: bytes, position: int = 0) -> bytes:
    """Return *certificate* with a signature algorithm that the library reads and cannot explain."""
    edits = {ALGORITHM: PSS_WITHOUT_PARAMETERS}
    return resigned(certificate, CHAIN.keys[position], edits, PSS_WITHOUT_PARAMETERS)


@pytest.mark.parametrize("position", [0, 1, 2], ids=["leaf", "intermediate", "root"])
def test_signature_algorithm_that_cannot_be_explained_is_a_refusal(position: int) -> None:
    """RSASSA-PSS without parameters is refused as weak, and is no defect. SEC-004, CERT-007; R-38."""
    ders = list(CHAIN.ders)
    ders[position] = _unreadably_signed(ders[position], position)
    with pytest.raises(MalformedError, match="not allowed"):
        chain_of(ders)


def test_responder_that_cannot_be_explained_does_not_end_the_check() -> None:
    """Anybody on the way can put such a certificate into an answer; the CRL is asked then. SEC-004; R-18."""
    chain = revocable_chain(2, ocsp=True, crl=True)
    made = responder(chain, 0)
    spoiled = resigned(made.der, chain.keys[1], {ALGORITHM: PSS_WITHOUT_PARAMETERS}, PSS_WITHOUT_PARAMETERS)
    by = Responder(x509.load_der_x509_certificate(spoiled), made.key)
    fetcher = FakeFetcher({ocsp_url(0): ocsp(chain, 0, by=by), crl_url(0): crl(chain, 0)})
    found = check_chain(parsed(chain), RevocationSources(fetcher), at=NOW)
    first = found.certificates[0]
    assert [attempt.status for attempt in first.attempts] == [Status.UNKNOWN, Status.GOOD]
    assert first.status is Status.GOOD


def test_crl_number_that_cannot_be_shown_is_a_refusal() -> None:
    """A number beyond twenty octets would be no replay that can be reported, but a defect. SEC-004; R-16."""
    chain = revocable_chain(2, crl=True)
    numbers = CrlNumbers()
    statuses = []
    for number in (1 << 20_000, (1 << 160) - 1, 1):
        fetcher = FakeFetcher({crl_url(0): crl(chain, 0, number=number)})
        found = check_chain(parsed(chain), RevocationSources(fetcher, numbers=numbers), at=NOW)
        statuses.append(found.certificates[0].status)
    assert statuses == [Status.UNKNOWN, Status.GOOD, Status.UNKNOWN]


def _directory_names(count: int, prefix: str) -> list[x509.GeneralName]:
    return [
        x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{prefix}{number}")]))
        for number in range(count)
    ]


@pytest.mark.parametrize("kind", ["excluded", "permitted"])
def test_names_times_constraints_are_bounded(kind: str) -> None:
    """In hardened mode a chain of anybody's making is compared before it is trusted. SEC-003; R-10, R-14."""
    subtrees = _directory_names(2000, "a")
    constraints = x509.NameConstraints(
        subtrees if kind == "permitted" else None, subtrees if kind == "excluded" else None
    )
    chain = make_chain(
        "EC-256",
        2,
        edits={
            0: with_extension(x509.SubjectAlternativeName(_directory_names(2000, "b")), critical=False),
            1: with_extension(constraints, critical=True),
        },
    )
    started = process_time()
    problems = rfc5280_problems(chain_of(chain.ders))
    assert process_time() - started < 2
    assert len(problems) == 1
    assert "cannot be compared" in problems[0]


def test_name_too_long_to_compare_is_a_problem() -> None:
    """An alternative name of many parts is not taken apart. SEC-003; R-10, R-14."""
    long = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")] * 2000)
    chain = make_chain(
        "EC-256",
        2,
        edits={
            0: with_extension(x509.SubjectAlternativeName([x509.DirectoryName(long)]), critical=False),
            1: with_extension(x509.NameConstraints(None, _directory_names(1, "b")), critical=True),
        },
    )
    assert "cannot be compared" in rfc5280_problems(chain_of(chain.ders))[0]
