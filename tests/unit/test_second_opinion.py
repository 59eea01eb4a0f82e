# SPDX-License-Identifier: Apache-2.0
"""The second reader: it agrees with what is good, and refuses what only the first accepts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from notation_py.envelope.integrity import IntactEnvelope
from notation_py.envelope.model import EnvelopeFormat
from notation_py.envelope.second_opinion import second_opinion
from notation_py.errors import Outcome, UntrustedError
from tests.simulator.envelopes import (
    EXPIRY,
    SCHEME,
    authority_header,
    cose,
    header,
    jws,
    rsa_key,
)
from tests.simulator.judged import judged
from tests.simulator.pki import KEY_TYPES


def intact(data: bytes, form: EnvelopeFormat = EnvelopeFormat.JWS) -> IntactEnvelope:
    found = judged(data, form).intact
    assert found is not None
    return found


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_second_reader_agrees(key_type: Any) -> None:
    """JWS-030 to JWS-032: all six algorithms."""
    data = jws(key_type)
    assert second_opinion(data, intact(data)) is None
    with pytest.raises(UntrustedError) as caught:
        second_opinion(jws(key_type, sign=lambda _key, _message: b"x" * 64), intact(data))
    assert caught.value.outcome is Outcome.INTEGRITY


@pytest.mark.parametrize(
    "protected",
    [
        header(crit=[SCHEME, EXPIRY], **{EXPIRY: "2099-01-01T00:00:00Z"}),
        header(**{"com.example.x": [1, {"a": None}], "typ": "JOSE", "kid": "1"}),
        header(b64=True),
        authority_header(),
    ],
    ids=["expiry", "extended", "b64-true", "authority"],
)
def test_second_reader_knows_the_headers(protected: dict[str, Any]) -> None:
    """ATTR-001 to ATTR-004: critical Notary names are known to it, uncritical ones ignored."""
    data = jws(protected=protected)
    assert second_opinion(data, intact(data)) is None


def test_second_reader_refuses_other_salts() -> None:
    """Attack 14: what JWS-031 accepts by default, a hardened verifier does not."""
    form = padding.PSS(padding.MGF1(hashes.SHA256()), 20)
    data = jws("RSA-2048", sign=lambda key, message: rsa_key(key).sign(message, form, hashes.SHA256()))
    with pytest.raises(UntrustedError, match="does not find the signature good"):
        second_opinion(data, intact(data))


def test_second_reader_refuses_a_changed_document() -> None:
    """R-14: it reads the bytes as received, not what the first reader made of them."""
    data = jws()
    found = intact(data)
    for other in (data[:-5] + b'AA"}', b"{}", b"\xff", jws("EC-384")):
        with pytest.raises(UntrustedError) as caught:
            second_opinion(other, found)
        assert caught.value.outcome is Outcome.INTEGRITY


def test_second_reader_refuses_another_payload() -> None:
    """PAY-012: both readers have to see the same payload bytes."""
    data = jws()
    found = intact(data)
    other = replace(found, envelope=found.envelope._replace(payload=b"{}"))
    with pytest.raises(UntrustedError, match="reads another payload"):
        second_opinion(data, other)


def test_cose_has_no_second_reader() -> None:
    """COSE-035: nothing is asked, and nothing is claimed."""
    data = cose()
    assert second_opinion(b"not even read", intact(data, EnvelopeFormat.COSE)) is None


def test_second_reader_is_imported_only_when_it_is_asked() -> None:
    """The start of the program does not pay for jwcrypto."""
    code = "import sys, notation_py.envelope.second_opinion; print('jwcrypto' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
