# SPDX-License-Identifier: Apache-2.0
"""The CRLs, OCSP responses and certificates of the Go libraries' tests, each with its verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import chain_of
from notation_py.errors import NotationError, UnavailableError
from notation_py.revocation import ocsp as responses
from notation_py.revocation.certificate_list import CertificateList
from notation_py.revocation.chain import check_chain, refusal
from notation_py.revocation.locations import freshest_crl_urls, ocsp_servers
from notation_py.revocation.ocsp_response import ocsp_request, read_response
from notation_py.revocation.question import Question
from notation_py.revocation.sources import RevocationLimits, RevocationSources
from tests.conformance.upstream import AT, certificates, entries, vector
from tests.simulator.pki import TestChain, changed, make_chain
from tests.simulator.revocation_authority import FakeFetcher, Responder, ocsp

CASES = entries("revocation")
CRL_FOLDER = "notation/test/e2e/testdata/config/crl/"
OCSP_FOLDER = "notation/test/e2e/testdata/config/ocsp/"
CRL_URLS = {"0": "http://localhost:10086/leaf.crl", "1": "http://localhost:10086/intermediate.crl"}


def at_step(step: str) -> Any:
    """Parametrize a test with the cases of *step*."""
    cases = [case for case in CASES if case["step"] == step]
    names = [f"{case['file'].rpartition('/')[2]}-{case['reason']}" for case in cases]
    return pytest.mark.parametrize("case", cases, ids=names)


def data_of(file: str) -> bytes:
    return vector(file).read_bytes()


def moment(case: Any) -> datetime:
    return datetime.fromisoformat(case["at"])


def one(file: str) -> Certificate:
    return certificates(file)[0]


@at_step("freshest")
def test_freshest_crl_names_so_many_urls(case):
    """REV-060: in the order in which they are tried; a broken extension is an error."""
    extensions = one(case["file"]).extensions
    if case["expect"] == "refuse":
        with pytest.raises(NotationError, match=case["message"]):
            freshest_crl_urls(extensions)
        return
    assert len(freshest_crl_urls(extensions)) == case["count"]


@at_step("crl")
def test_crl_is_read(case):
    """REV-042, REV-061: numbers, indicator and the end of the window."""
    read = CertificateList.parse(data_of(case["file"]))
    assert (read.number, read.base_number) == (case["number"], case["base_number"])
    assert read.next_update == datetime.fromisoformat(case["next_update"])
    assert len(freshest_crl_urls(read.extensions)) == case["count"]
    with pytest.raises(NotationError, match="expired CRL"):
        Question(
            one(CRL_FOLDER + "root.crt"), one(CRL_FOLDER + "root.crt"), AT, RevocationLimits()
        ).check_window("CRL", read.this_update, read.next_update)


@at_step("chain")
def test_chain_of_the_go_program_has_its_status(case):
    """REV-004, REV-070, REV-072: leaf and intermediate by CRL, whose responder cannot be reached."""
    found = certificates(CRL_FOLDER + "certchain_with_crl.pem")
    chain = chain_of([certificate.der for certificate in found])
    assert chain.certificates[-1] == one(CRL_FOLDER + "root.crt")
    fetcher = FakeFetcher({CRL_URLS[place]: data_of(file) for place, file in case["lists"].items()})
    sources = RevocationSources(fetcher)
    result = check_chain(chain, sources, at=moment(case))
    for place, status in case["status"].items():
        assert result.certificates[int(place)].status.value == status
    assert result.certificates[1].method.value == "OCSPFallbackCRL"
    if "message" in case:
        error = refusal(result, sources)
        assert error is not None
        assert case["message"] in f"{error.message} {error.hint}"


@at_step("responder")
def test_delegate_of_the_go_program_answers(case):
    """REV-024, REV-029: by the published key of its responder; good, revoked and unknown."""
    found = certificates(OCSP_FOLDER + "certchain_with_ocsp.pem")
    assert found == (one(OCSP_FOLDER + "leaf.crt"), one(OCSP_FOLDER + "root.crt"))
    key: Any = load_pem_private_key(data_of(OCSP_FOLDER + "ocsp.key"), None)
    root_key: Any = load_pem_private_key(data_of(OCSP_FOLDER + "root.key"), None)
    parties = TestChain((root_key, root_key), tuple(certificate.x509 for certificate in found))
    delegate = Responder(one(OCSP_FOLDER + "ocsp.crt").x509, key)
    reply = ocsp(parties, 0, by=delegate, status=case["answer"])
    sources = RevocationSources(FakeFetcher({"http://localhost:10087": reply}))
    now = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
    result = check_chain(chain_of([certificate.der for certificate in found]), sources, at=now)
    assert result.certificates[0].status.value == case["answer"]
    error = refusal(result, sources)
    if case["expect"] == "accept":
        assert error is None
    else:
        assert error is not None
        assert case["message"] in error.message
    own = RevocationSources(FakeFetcher({"http://localhost:10087": ocsp(parties, 0)}))
    assert check_chain(chain_of([certificate.der for certificate in found]), own, at=now).is_good


@at_step("request")
def test_request_is_the_go_program_s(case):
    """REV-020: byte for byte."""
    request = ocsp_request(one(case["certificate"]), one(case["issuer"]))
    assert request == data_of("x-crypto-ocsp/ocspRequestHex.der")


@at_step("read")
def test_response_is_read(case):
    """REV-022, REV-026: as bytes, whoever signed it."""
    read = read_response(data_of(case["file"]))
    assert read.status.value == case["status"]
    assert len(read.extensions) == case["extensions"]


@at_step("response")
def test_response_is_judged(case):
    """REV-024, REV-025, REV-028: about a certificate of its serial number, under its issuer."""
    chain = make_chain("EC-256", 2, edits={0: changed(serial=int(case["serial"], 16))})
    question = Question(
        Certificate.parse(chain.ders[0]), one(case["issuer"]), moment(case), RevocationLimits()
    )
    data = data_of(case.get("response", case["file"]))

    def unasked(responder: Certificate) -> None:
        raise UnavailableError(responder.subject)

    if case["expect"] == "refuse":
        with pytest.raises(NotationError, match=case["message"]):
            responses.judge(data, question, unasked)
        return
    assert responses.judge(data, question, unasked).status.value == case["status"]


@at_step("locations")
def test_certificate_names_its_responder(case):
    """REV-003: as many URLs as the certificate has."""
    assert len(ocsp_servers(one(case["file"]))) == case["count"]


def test_every_case_has_a_step():
    """No entry of the index is passed over."""
    steps = {"freshest", "crl", "chain", "responder", "request", "read", "response", "locations"}
    assert {case["step"] for case in CASES} == steps
