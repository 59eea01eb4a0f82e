# SPDX-License-Identifier: Apache-2.0
"""The real `openssl ocsp` behind loopback, asked over HTTP by the checks as they run."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from notation_py.adapters.addresses import AddressRules
from notation_py.adapters.http_fetcher import HttpFetcher
from notation_py.adapters.proxies import ProxyRules
from notation_py.revocation.chain import check_chain
from notation_py.revocation.sources import RevocationLimits, RevocationSources
from notation_py.revocation.status import CertificateRevocation, Reason, Status
from tests.simulator.pki import TestChain, changed, make_chain
from tests.simulator.revocation_authority import naming_ocsp, parsed, responder
from tests.simulator.revocation_servers import OpensslResponder, WebServer, requests_to, web_server

REVOKED_AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Responding:
    """A chain of two, the server its leaf names, and the responder behind it."""

    chain: TestChain
    server: WebServer
    openssl: OpensslResponder

    def found(self) -> CertificateRevocation:
        """Return what the checks find out about the leaf."""
        rules = AddressRules.parse(self.server.place)
        sources = RevocationSources(HttpFetcher(rules, proxies=ProxyRules("", "", ())))
        return check_chain(parsed(self.chain), sources, at=datetime.now(UTC)).certificates[0]


@pytest.fixture(params=["issuer", "delegate"])
def responding(request: pytest.FixtureRequest, openssl: Path, tmp_path: Path) -> Iterator[Responding]:
    with web_server() as server:
        chain = make_chain("RSA-2048", 2, edits={0: naming_ocsp(server.url("/ocsp"))})
        by = None
        if request.param == "delegate":
            made = responder(
                chain, 0, changed(not_before=REVOKED_AT, not_after=REVOKED_AT + timedelta(days=9))
            )
            by = made.certificate, made.key
        behind = OpensslResponder(openssl, tmp_path / "ocsp", (chain.root, chain.keys[1]), by)
        server.publish("/ocsp*", behind.answer)
        yield Responding(chain, server, behind)


def test_openssl_says_good(responding: Responding) -> None:
    """REV-020 to REV-024: the question is one that openssl understands, and its answer one that we do."""
    responding.openssl.good(responding.chain.leaf)
    assert responding.found().status is Status.GOOD
    (path,) = requests_to(responding.server, "GET")
    assert path.startswith("/ocsp/")


def test_openssl_says_revoked(responding: Responding) -> None:
    """REV-023, REV-025: with date and reason."""
    responding.openssl.revoke(responding.chain.leaf, REVOKED_AT, "keyCompromise")
    found = responding.found()
    assert found.status is Status.REVOKED
    revocation = found.attempts[-1].revocation
    assert revocation is not None
    assert (revocation.revoked_at, revocation.reason) == (REVOKED_AT, Reason.KEY_COMPROMISE)


def test_openssl_does_not_know(responding: Responding) -> None:
    """REV-023; R-18: unknown is not good."""
    assert responding.found().status is Status.UNKNOWN


def test_question_by_post_gets_the_same_answer(responding: Responding) -> None:
    """REV-021."""
    responding.openssl.good(responding.chain.leaf)
    assert responding.found().status is Status.GOOD
    request = base64.b64decode(unquote(responding.server.asked[0].path.rpartition("/")[2]))
    fetcher = HttpFetcher(AddressRules.parse(responding.server.place), proxies=ProxyRules("", "", ()))
    url = responding.server.url("/ocsp")
    answer = fetcher.post(url, request, "application/ocsp-request", RevocationLimits().ocsp)
    assert answer.startswith(b"\x30\x82")
    assert requests_to(responding.server, "POST") == ["/ocsp"]
