# SPDX-License-Identifier: Apache-2.0
"""Paths from a leaf over loose certificates to an anchor: which one is found, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import CertificateChain
from notation_py.certificates.path import path_to_anchor
from notation_py.certificates.requirements import Purpose
from notation_py.errors import NotationError, UntrustedError
from tests.simulator import tsa
from tests.simulator.pki import (
    NOT_AFTER,
    NOT_BEFORE,
    NOW,
    Draft,
    TestChain,
    changed,
    fixed_keys,
    key_usage,
    make_chain,
    name,
    with_extension,
    without,
)
from tests.simulator.resigned import SERIAL, element, resigned

CHAIN = tsa.authority()
ANY = ObjectIdentifier("2.5.29.37.0")


def parsed(ders: Sequence[bytes]) -> tuple[Certificate, ...]:
    return tuple(Certificate.parse(data) for data in ders)


def path(chain: TestChain, loose: Sequence[bytes] | None = None, at=NOW) -> CertificateChain:
    leaf, *above = parsed(chain.ders)
    pool = parsed(loose) if loose is not None else above[:-1]
    return path_to_anchor(leaf, pool, above[-1:], at=at, purpose=Purpose.TIMESTAMPING)


@pytest.mark.parametrize("length", [2, 3, 8])
def test_path_is_found_among_certificates_in_any_order(length: int) -> None:
    """TSA-027, TSA-029: unrelated ones, the leaf and the root itself may lie there too."""
    chain = tsa.authority(length=length)
    loose = [*tsa.authority(subject="unrelated").ders, *reversed(chain.ders)]
    found = path(chain, loose)
    assert [one.der for one in found.certificates] == list(chain.ders)
    assert found.not_before == NOT_BEFORE
    assert found.not_after == NOT_AFTER


def test_path_longer_than_a_chain_may_be_is_refused() -> None:
    """R-12: eight certificates are a chain, nine are none."""
    with pytest.raises(UntrustedError, match="unknown authority"):
        path(tsa.authority(length=9))


def test_leaf_that_is_an_anchor_is_a_chain_of_one() -> None:
    """CERT-002: a self-signed leaf that is trusted itself."""
    chain = tsa.authority(length=1)
    leaf = parsed(chain.ders)[0]
    found = path_to_anchor(leaf, (), (leaf,), at=NOW, purpose=Purpose.TIMESTAMPING)
    assert found.certificates == (leaf,)


def test_second_path_is_taken_if_the_first_does_not_hold() -> None:
    """TSA-027: an expired cross certificate with the same name does not hide the good one."""
    leaf, middle, root = CHAIN.ders
    expired = tsa.faulty_authority({1: changed(not_after=NOW - timedelta(days=1))}).ders[1]
    for loose in ([expired, middle], [middle, expired]):
        found = path(CHAIN, loose)
        assert [one.der for one in found.certificates] == [leaf, middle, root]
    with pytest.raises(UntrustedError, match="has expired or is not yet valid"):
        path(CHAIN, [expired])


def test_other_key_under_the_same_name_is_no_issuer() -> None:
    """CERT-003, TSA-027: names make a candidate, signatures an issuer."""
    impostor = make_chain("EC-384", 3, subject="tsa", usage=ExtendedKeyUsageOID.TIME_STAMPING)
    with pytest.raises(UntrustedError, match="not issued by"):
        path_to_anchor(
            parsed(CHAIN.ders)[0],
            parsed(CHAIN.ders[1:2]),
            parsed(impostor.ders[-1:]),
            at=NOW,
            purpose=Purpose.TIMESTAMPING,
        )


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(("moment", "word"), [(-1, "before"), (1, "after")])
def test_every_certificate_is_valid_at_the_time(position: int, moment: int, word: str) -> None:
    """TSA-027: leaf, intermediate and root, inclusive at both ends."""
    edge = {"before": "not_before", "after": "not_after"}[word]
    chain = tsa.faulty_authority({position: changed(**{edge: NOW})})
    path(chain, at=NOW)
    with pytest.raises(UntrustedError, match=f"is {word}"):
        path(chain, at=NOW + timedelta(seconds=moment))


UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\5\0")
CODE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ({1: with_extension(CODE, critical=False)}, "incompatible key usage"),
        ({2: with_extension(CODE, critical=False)}, "incompatible key usage"),
        ({1: without(x509.BasicConstraints)}, "ca field in basic constraints"),
        ({1: with_extension(key_usage("digital_signature"), critical=True)}, "key cert sign"),
        ({2: with_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)}, "path length"),
        (
            {1: with_extension(UNKNOWN, critical=True)},
            "critical extension 1.2.3.4 is not understood",
        ),
        (
            {
                1: with_extension(
                    x509.NameConstraints([x509.DirectoryName(name("x", C="DE"))], None), critical=True
                )
            },
            "is not permitted by",
        ),
        ({0: lambda draft: replace(draft, public_key=fixed_keys("RSA-2048")[0].public_key())}, None),
    ],
    ids=[
        "ca-usage",
        "root-usage",
        "no-ca",
        "no-cert-sign",
        "path-length",
        "unknown",
        "constrained",
        "rsa-leaf",
    ],
)
def test_rules_of_authorities_hold_along_the_path(edits, reason: str | None) -> None:
    """TSA-027, TSA-029, CERT-011, CERT-020 to CERT-023, R-14; any approved key may stand in a leaf."""
    chain = tsa.faulty_authority(edits)
    if reason is None:
        assert path(chain).algorithm.name == "RSASSA-PSS-SHA-256"
        return
    with pytest.raises(NotationError, match=reason):
        path(chain)


@pytest.mark.parametrize(
    "usages", [[ANY], [ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]]
)
def test_authority_may_be_restricted_to_more_than_stamping(usages) -> None:
    """TSA-027: its usages have to include stamping, or any."""
    edits = {1: with_extension(x509.ExtendedKeyUsage(usages), critical=False)}
    chain = tsa.faulty_authority(edits)
    assert len(path(chain).certificates) == 3


def tangle(draft: Draft) -> Draft:
    """All have one name, so that each may have issued each."""
    return replace(draft, subject=name("same"), issuer=name("same"))


def test_search_among_certificates_of_one_name_is_bounded() -> None:
    """R-12, R-10: sixteen certificates that could all have issued each other cost less than two seconds."""
    chain = tsa.faulty_authority(dict.fromkeys(range(3), tangle))
    loose = [
        resigned(chain.ders[1], chain.keys[2], {SERIAL: element(0x02, bytes([number]))})
        for number in range(1, 17)
    ]
    started = time.monotonic()
    with pytest.raises(UntrustedError):
        path_to_anchor(
            parsed(chain.ders)[0],
            parsed(loose),
            parsed(CHAIN.ders[-1:]),
            at=NOW,
            purpose=Purpose.TIMESTAMPING,
        )
    anchors = tuple(one for one in parsed(loose) if not one.is_self_signed)
    with pytest.raises(UntrustedError):
        path_to_anchor(parsed(chain.ders)[0], parsed(loose), anchors, at=NOW, purpose=Purpose.TIMESTAMPING)
    assert time.monotonic() - started < 2
