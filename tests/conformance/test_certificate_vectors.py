# SPDX-License-Identifier: Apache-2.0
"""The certificates of the Go libraries' tests: what can be read, and what they are fit for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import chain_of
from notation_py.certificates.hardened import rfc5280_problems
from notation_py.certificates.pem import read_certificates
from notation_py.certificates.requirements import Purpose, check_ca, check_leaf
from notation_py.errors import MalformedError, NotationError, Outcome
from tests.conformance.upstream import certificates, entries, vector

FILES = entries("certificates")
CASES = entries("certificates", "chains.json")


def name_of(case: Any) -> str:
    if "file" in case:
        return case["file"]
    files = case.get("chain") or [case["certificate"]]
    words = [
        *(Path(file).stem for file in files),
        case.get("role", ""),
        case.get("purpose", case.get("at", "")),
    ]
    return "-".join(filter(None, [*words, str(case.get("below", ""))])).replace(" ", "-")


def members(case: Any) -> list[Certificate]:
    return [certificate for file in case["chain"] for certificate in certificates(file)]


def checked(case: Any) -> None:
    """Hold the chain of *case* to its rules, at a moment if it names one."""
    chain = chain_of([one.der for one in members(case)], Purpose(case.get("purpose", "code signing")))
    if "at" in case:
        chain.check_valid_at(datetime.fromisoformat(case["at"]))


def placed(case: Any) -> None:
    """Hold the one certificate of *case* to the rules of its place."""
    (certificate,) = certificates(case["certificate"])
    if case["role"] == "ca":
        check_ca(certificate, Purpose(case["purpose"]), below=case["below"])
    else:
        check_leaf(certificate, Purpose(case["purpose"]))


@pytest.mark.parametrize("case", FILES, ids=name_of)
def test_certificate_file_vector_is_read_or_refused(case: Any) -> None:
    """TS-006, TS-007, CERT-012: the file reader returns that many certificates, or refuses the file."""
    data = vector(case["file"]).read_bytes()
    if case["expect"] == "refuse":
        with pytest.raises(MalformedError, match=case["message"]):
            read_certificates(data)
        return
    found = read_certificates(data)
    assert len(found) == case["count"]
    for certificate in found:
        assert Certificate.parse(certificate.der) == certificate


@pytest.mark.parametrize(
    ("case", "judge"),
    [
        *(pytest.param(case, checked, id=name_of(case)) for case in CASES["chains"] + CASES["at"]),
        *(pytest.param(case, placed, id=name_of(case)) for case in CASES["roles"]),
    ],
)
def test_certificate_chain_vector_gets_its_verdict(case: Any, judge: Any) -> None:
    """CERT-001 to CERT-043: chains and single places, by purpose, with the reference's words."""
    if case["expect"] == "accept":
        judge(case)
        return
    with pytest.raises(NotationError) as caught:
        judge(case)
    assert case["message"] in str(caught.value)
    assert caught.value.outcome in {Outcome.AUTHENTICITY, Outcome.TIMESTAMP}


def test_accepted_chains_of_the_reference_have_no_rfc5280_problem() -> None:
    """R-14: hardened mode refuses no chain that the reference's tests accept."""
    for case in CASES["chains"]:
        if case["expect"] == "accept":
            ders = [one.der for one in members(case)]
            assert rfc5280_problems(chain_of(ders, Purpose(case["purpose"]))) == ()
