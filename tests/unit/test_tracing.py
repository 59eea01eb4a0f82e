# SPDX-License-Identifier: Apache-2.0
"""The debug log: what a registry says stays within its line."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from notation_py.certificates.certificate import Certificate
from notation_py.cli.revocation import explain
from notation_py.cli.session import DEBUG, Secrets, Session
from notation_py.cli.tracing import TracedRepository
from notation_py.descriptor import Descriptor
from notation_py.errors import UnavailableError
from notation_py.revocation.status import Attempt, CertificateRevocation, ChainRevocation, Method, Status
from tests.simulator import pki
from tests.simulator.fake_repository import FakeRepository

FORGED = "\ntime=2026-11-29 level=info msg=Successfully verified\x1b[2J"


@pytest.fixture
def session() -> Session:
    return Session("verify", environment={}, secrets=Secrets(), verbosity=DEBUG)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    found = capsys.readouterr().err.splitlines()
    assert all(line.startswith("time=") for line in found)
    return [line.partition("Z level=")[2] for line in found]


def test_media_type_adds_no_line(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """R-36: the media type of a layer is whatever the registry says."""
    repository, data = FakeRepository(), b"{}"
    content = Descriptor.of(f"manifest{FORGED}", data)
    repository.add("one", content, data)
    TracedRepository(repository, session).fetch(content, max_bytes=10)
    [line] = lines(capsys)
    assert r"mediaType: manifest\ntime=2026" in line


def test_answer_about_revocation_adds_no_line(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """R-36: nor does a server that a certificate names."""
    made = pki.make_chain("EC-256", 2, subject="alice").certificates[0]
    certificate = Certificate.parse(made.public_bytes(Encoding.DER))
    error = UnavailableError(f"answer{FORGED}")
    attempt = Attempt(Method.OCSP, "http://x.test", Status.UNKNOWN, error=error)
    explain(
        ChainRevocation((CertificateRevocation(certificate, Status.UNKNOWN, attempts=(attempt,)),)), session
    )
    found = lines(capsys)
    assert len(found) == 2
    assert all(r"answer\ntime=2026" in line for line in found)
