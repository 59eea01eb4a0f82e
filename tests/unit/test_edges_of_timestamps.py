# SPDX-License-Identifier: Apache-2.0
"""Timestamp tokens and answers at their edges; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

import pytest

from notation_py.digest import HashAlgorithm
from notation_py.errors import MalformedError, NotationError, UnavailableError
from notation_py.timestamp.ber import MAX_DEPTH, MAX_ELEMENTS, MAX_TOKEN_BYTES, to_der
from notation_py.timestamp.countersignature import verify_countersignature
from notation_py.timestamp.exchange import TimestampRequest, token_from_response
from notation_py.timestamp.signed_data import MAX_CERTIFICATES, AlgorithmIdentifier, CertificateName
from notation_py.timestamp.token import TimestampToken
from tests.simulator import tsa
from tests.simulator.pki import NOW
from tests.simulator.resigned import element, object_identifier

MESSAGE = b"a primitive signature"
CHAIN = tsa.authority()
REQUEST = TimestampRequest.of(MESSAGE, HashAlgorithm.SHA256, 1 << 100)
OID = object_identifier("1.2.3")
NULL = b"\x05\x00"
NUMBER = b"\x02\x01\x05"
NAME = element(0x30)


def token(**changes: object) -> TimestampToken:
    return TimestampToken.parse(tsa.stamp(MESSAGE, **changes))


def test_largest_token_is_converted() -> None:
    """TSA-020, R-10: as many bytes, elements and levels as the limits say."""
    largest = element(0x04, bytes(MAX_TOKEN_BYTES - 5))
    assert len(largest) == MAX_TOKEN_BYTES
    assert to_der(largest) == largest
    many = element(0x30, NULL * (MAX_ELEMENTS - 1))
    assert to_der(many) == many
    deep = NULL
    for _ in range(MAX_DEPTH - 1):
        deep = element(0x30, deep)
    assert to_der(deep) == deep
    deepest = element(0x30)
    for _ in range(MAX_DEPTH):
        deepest = element(0x30, deepest)
    for data, reason in (
        (element(0x04, bytes(MAX_TOKEN_BYTES - 4)), "more than 1048576 bytes"),
        (element(0x30, NULL * MAX_ELEMENTS), "more than 16384 elements"),
        (deepest, "nested more than 32 deep"),
    ):
        with pytest.raises(MalformedError, match=reason):
            to_der(data)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (element(0x30, bytes(MAX_TOKEN_BYTES - 4)), "more than 1048576 bytes"),
        (element(0x30, bytes(MAX_TOKEN_BYTES - 5)), "is cut short"),
        (element(0x30), "timestamping response has another structure"),
        (
            tsa.granted(tsa.stamp(MESSAGE, nonce=1 << 100) + NULL),
            "timestamping response has another structure",
        ),
        (element(0x30, element(0x30, b"\x02\x01\x02", b"\x03\x00")), "failInfo is not a bit string"),
        (element(0x30, element(0x30, b"\x02\x01\x02", b"\x03\x02\x08\x00")), "failInfo is not a bit string"),
        (element(0x30, element(0x30, b"\x02\x01\x02", b"\x03\x02\x07\x80")), "status code 2"),
    ],
    ids=["too large", "largest", "empty", "three members", "no bits", "eight unused", "seven unused"],
)
def test_answer_of_another_form_is_refused(response: bytes, reason: str) -> None:
    """Attack 86; TSA-004: by its own words, before anything in it is believed."""
    with pytest.raises(UnavailableError, match=reason):
        token_from_response(response, REQUEST)


def test_algorithm_has_one_parameter() -> None:
    """ALG-008: none or one; two are two readings."""
    assert AlgorithmIdentifier.read(OID + NULL).parameters == NULL
    assert AlgorithmIdentifier.read(OID).parameters == b""
    with pytest.raises(MalformedError, match="algorithm identifier has another structure"):
        AlgorithmIdentifier.read(OID + NULL + NULL)


@pytest.mark.parametrize(
    "content", [NAME, NAME + NUMBER + NUMBER, element(0x31) + NUMBER], ids=["1", "3", "set"]
)
def test_certificate_is_named_by_issuer_and_number(content: bytes) -> None:
    """TSA-024: two members, the first of which is a name."""
    assert CertificateName.read(NAME + NUMBER) == CertificateName(NAME, 5)
    with pytest.raises(MalformedError, match="issuer and serial number have another structure"):
        CertificateName.read(content)


def refused(changes: dict[str, object]) -> str:
    with pytest.raises(NotationError) as caught:
        verify_countersignature(token(**changes), MESSAGE, tsa.roots_of(CHAIN), at=NOW)
    return caught.value.message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "got 2, want 3"),
        ({"signer_version": 0}, "only version 1 is supported; got 0"),
        ({"info_version": 0}, "must be 1, but got 0"),
        ({"signers": lambda signer: b"\x31" + signer[1:]}, "signer infos have another structure"),
        (
            {
                "attributes": tsa.instead(
                    signing_certificate_v2=tsa.signing_certificate_v2(
                        b"\x31" + tsa.ess_certificate_id(CHAIN.ders[0])[1:]
                    )
                )
            },
            "ESSCertIDv2 has another structure",
        ),
    ],
    ids=["version", "signer version", "info version", "signer", "ESSCertIDv2"],
)
def test_token_of_another_form_is_refused(changes: dict[str, object], reason: str) -> None:
    """Attacks 87, 88, 93; TSA-020, TSA-023: smaller versions as well as larger ones."""
    assert reason in refused(changes)


def test_digest_algorithms_are_algorithms() -> None:
    """TSA-020: a set of something else is refused, though nothing is looked up in it."""
    data = tsa.stamp(MESSAGE)
    algorithms = element(0x31, tsa.algorithm(tsa.HASH_OIDS["sha256"]))
    assert data.count(algorithms) == 1
    with pytest.raises(MalformedError, match="digest algorithms of signed data have another structure"):
        TimestampToken.parse(data.replace(algorithms, b"\x31" + algorithms[1:2] + b"\x31" + algorithms[3:]))


def test_as_many_certificates_as_allowed_are_read() -> None:
    """R-10: sixteen, and the crowd of seventeen is an attack case."""
    ders = (*CHAIN.ders[:1] * (MAX_CERTIFICATES - 1), CHAIN.ders[1])
    found = verify_countersignature(token(certificates=ders), MESSAGE, tsa.roots_of(CHAIN), at=NOW)
    assert found.gen_time == NOW
