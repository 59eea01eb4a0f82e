# SPDX-License-Identifier: Apache-2.0
"""`openssl ts` as a second authority and verifier: each takes what the other makes, neither takes faults."""

from __future__ import annotations

import http.client
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from notation_py.digest import HashAlgorithm
from notation_py.errors import NotationError
from notation_py.timestamp.countersignature import verify_countersignature
from notation_py.timestamp.exchange import TimestampRequest, token_from_response
from notation_py.timestamp.token import TimestampToken
from tests.simulator import tsa
from tests.simulator.pki import NOW, Edit, KeyType, changed, with_criticality_flipped, with_extension
from tests.simulator.resigned import element

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
MESSAGE = b"a primitive signature"


@pytest.mark.parametrize(
    ("key_type", "settings"),
    [
        ("RSA-2048", {}),
        ("RSA-3072", {"digest": "sha384", "ess_hash": "sha384"}),
        ("RSA-4096", {"digest": "sha512", "ess_hash": "sha512", "whole_chain": "yes"}),
        ("EC-256", {"precision": 6}),
        ("EC-384", {"digest": "sha384", "whole_chain": "yes"}),
        ("EC-521", {"digest": "sha512", "precision": 0, "ordering": "no"}),
    ],
)
def test_tokens_of_openssl_are_accepted(tmp_path, key_type: KeyType, settings: dict[str, Any]) -> None:
    """TSA-002 to TSA-006, TSA-020 to TSA-030: whatever the key, the hashes and the order of certificates."""
    chain = tsa.authority(key_type)
    with tsa.OpenSslAuthority.start(tmp_path / "authority", chain, **settings) as authority:
        request = TimestampRequest.of(MESSAGE, HashAlgorithm.SHA384, 1 << 150)
        connection = http.client.HTTPConnection(urlsplit(authority.url).netloc, timeout=20)
        connection.request("POST", "/", request.to_der(), {"Content-Type": "application/timestamp-query"})
        answer = connection.getresponse().read()
        connection.close()
    now = datetime.now(UTC)
    token = token_from_response(answer, request)
    found = verify_countersignature(TimestampToken.parse(token), MESSAGE, tsa.roots_of(chain), at=now)
    assert [one.der for one in found.chain.certificates] == list(chain.ders)
    assert abs(found.gen_time - now) < timedelta(minutes=1)
    assert tsa.openssl_accepts(token, MESSAGE, chain, tmp_path / "check", now)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="plain"),
        pytest.param({"hash": "sha512", "digest": "sha384"}, id="other-hashes"),
        pytest.param({"accuracy": tsa.accuracy(1, 2, 3), "nonce": 1 << 150}, id="all-members"),
        pytest.param({"gen_time": b"20260601120000.25Z"}, id="fraction"),
    ],
)
def test_tokens_of_the_simulator_are_accepted_by_openssl(tmp_path, changes: dict[str, Any]) -> None:
    """TSA-020: the tokens that the attack cases start from are right for another reader too."""
    token = tsa.stamp(MESSAGE, **changes)
    chain = tsa.authority()
    verify_countersignature(TimestampToken.parse(token), MESSAGE, tsa.roots_of(chain), at=NOW)
    assert tsa.openssl_accepts(token, MESSAGE, chain, tmp_path, NOW)


def faulty(edit: Edit) -> dict[str, Any]:
    return {"chain": tsa.faulty_authority({0: edit})}


BOTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING])
BAD_DIGEST = tsa.attribute("message digest", element(0x04, bytes(32)))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"message": b"another"}, id="imprint"),
        pytest.param({"signers": lambda one: one + one}, id="two-signers"),
        pytest.param({"attributes": tsa.without("message digest")}, id="no-digest"),
        pytest.param({"attributes": tsa.instead(message_digest=BAD_DIGEST)}, id="wrong-digest"),
        pytest.param({"attributes": tsa.without("signing certificate v2")}, id="no-ess"),
        pytest.param({"content_type": tsa.ID_DATA}, id="content-type"),
        pytest.param({"key": tsa.authority("EC-384").key, "scheme": "ecdsa-with-SHA256"}, id="other-key"),
        pytest.param({"certificates": ()}, id="no-certificates"),
        pytest.param({"info_version": 2}, id="info-version"),
        pytest.param(faulty(with_criticality_flipped(x509.ExtendedKeyUsage)), id="usage-not-critical"),
        pytest.param(faulty(with_extension(BOTH, critical=True)), id="second-usage"),
        pytest.param(faulty(changed(not_after=NOW - timedelta(days=1))), id="expired"),
    ],
)
def test_faults_are_refused_by_both(tmp_path, changes: dict[str, Any]) -> None:
    """Attacks 85, 87 to 91: nobody else takes them either, so no genuine authority makes them."""
    chain = changes.get("chain") or tsa.authority()
    token = tsa.stamp(**{"message": MESSAGE, **changes})
    with pytest.raises(NotationError):
        verify_countersignature(TimestampToken.parse(token), MESSAGE, tsa.roots_of(chain), at=NOW)
    assert not tsa.openssl_accepts(token, MESSAGE, chain, tmp_path, NOW)
