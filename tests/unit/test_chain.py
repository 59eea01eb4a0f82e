# SPDX-License-Identifier: Apache-2.0
"""Chains and certificates as objects: facts, equality, the memo."""

from __future__ import annotations

import time
import warnings
from datetime import timedelta

import pytest
from cryptography import x509

from notation_py.certificates import chain as chain_module
from notation_py.certificates.certificate import Certificate, check_signed_by
from notation_py.certificates.chain import ChainMemo, chain_of
from notation_py.certificates.pem import pem_blocks, read_certificates, write_pem
from notation_py.certificates.requirements import Purpose
from notation_py.errors import MalformedError, Outcome
from tests.simulator.pki import (
    KEY_TYPES,
    NOT_AFTER,
    NOT_BEFORE,
    changed,
    fixed_keys,
    make_chain,
    name,
    private_pem,
    with_extension,
)
from tests.simulator.resigned import SERIAL, resigned


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_certificate_says_its_facts(key_type: str) -> None:
    """CERT-003, SIG-010, VER-042: names, validity, thumbprint; identity is the encoding."""
    good = make_chain(key_type)  # type: ignore[arg-type]
    leaf, middle, root = (Certificate.parse(der) for der in good.ders)
    assert leaf.subject == "CN=test,O=Notary,L=Seattle,ST=WA,C=US"
    assert leaf.issuer == middle.subject == "CN=test intermediate 1,O=Notary,L=Seattle,ST=WA,C=US"
    assert (leaf.not_before, leaf.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert len(leaf.thumbprint) == 64
    assert [one.is_ca for one in (leaf, middle, root)] == [False, True, True]
    assert [one.is_self_issued for one in (leaf, middle, root)] == [False, False, True]
    assert [one.is_self_signed for one in (leaf, middle, root)] == [False, False, True]
    assert not any(one.has_weak_signature for one in (leaf, middle, root))
    again = Certificate.parse(good.ders[0])
    assert leaf == again
    assert {leaf, again, middle} == {leaf, middle}
    assert leaf != good.ders[0]


def test_self_issued_is_not_self_signed() -> None:
    """CERT-004: names alone do not make a root."""
    ders = make_chain("EC-256", 1, edits={0: changed(signing_key=fixed_keys("EC-256")[1])}).ders
    forged = Certificate.parse(ders[0])
    assert forged.is_self_issued
    assert not forged.is_self_signed


def test_certificate_may_outlive_its_issuer() -> None:
    """CERT-009: validity of one certificate is not compared with that of the next."""
    day = timedelta(days=1)
    narrow = changed(not_before=NOT_BEFORE + day, not_after=NOT_AFTER - day)
    chain = chain_of(make_chain("EC-256", 3, edits={1: narrow, 2: narrow}).ders)
    assert chain.leaf.not_before < chain.certificates[1].not_before
    assert chain.leaf.not_after > chain.certificates[2].not_after


def test_signature_is_checked_under_the_issuer() -> None:
    """CERT-003: name and key both have to be the issuer's."""
    leaf, middle, root = (Certificate.parse(der) for der in make_chain().ders)
    check_signed_by(leaf, middle)
    for certificate, issuer in ((leaf, root), (middle, leaf), (leaf, leaf)):
        with pytest.raises(MalformedError, match="verification error"):
            check_signed_by(certificate, issuer)


def test_name_of_the_issuer_counts_beside_its_key() -> None:
    """CERT-003: a certificate that names another issuer is not made good by the right key."""
    good = make_chain()
    other = make_chain(edits={0: changed(issuer=name("somebody else"))})
    issuer = Certificate.parse(good.ders[1])
    check_signed_by(Certificate.parse(good.ders[0]), issuer)
    with pytest.raises(MalformedError, match="verification error"):
        check_signed_by(Certificate.parse(other.ders[0]), issuer)


@pytest.mark.parametrize(("serial", "accepted"), [(b"\x02\x01\xff", False), (b"\x02\x01\x00", True)])
def test_serial_number_is_judged_here_and_not_by_a_warning(serial: bytes, accepted: bool) -> None:
    """Attack 59: negative is refused and zero accepted, as in Go, whatever happens to warnings."""
    good = make_chain()
    odd = resigned(good.ders[0], good.keys[1], {SERIAL: serial})
    for action in ("ignore", "error"):
        with warnings.catch_warnings():
            warnings.simplefilter(action)  # type: ignore[arg-type]
            if accepted:
                assert Certificate.parse(odd).der == odd
                continue
            with pytest.raises(MalformedError, match="malformed certificate") as caught:
                Certificate.parse(odd)
            assert "negative serial number" in str(caught.value.__cause__)


def test_unreadable_certificate_names_its_place() -> None:
    """CERT-012: the place is the caller's."""
    with pytest.raises(MalformedError, match=r"^store\[1\]: x509: malformed certificate"):
        Certificate.parse(b"", at="store[1]")


def test_memo_remembers_good_chains_only() -> None:
    """R-12: the same object for the same bytes; a bad chain is judged each time."""
    memo = ChainMemo()
    ders = make_chain().ders
    assert memo.chain_of(ders) is memo.chain_of(tuple(bytes(der) for der in ders))
    bad = ders[:2]
    for _ in range(2):
        with pytest.raises(MalformedError):
            memo.chain_of(bad)
    assert memo.chain_of(ders[:0] + ders).leaf.der == ders[0]


def test_memo_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-10: at most its capacity of chains, and no large ones."""
    memo = ChainMemo(2)
    chains = [make_chain("EC-256", 2, edits={0: changed(serial=n)}).ders for n in (1, 2, 3)]
    found = [memo.chain_of(ders) for ders in chains]
    assert memo.chain_of(chains[2]) is found[2]
    assert memo.chain_of(chains[0]) is not found[0]
    monkeypatch.setattr(chain_module, "MAX_REMEMBERED_BYTES", 10)
    large = make_chain("EC-256", 3).ders
    assert memo.chain_of(large) is not memo.chain_of(large)


def test_memo_does_not_mix_purposes() -> None:
    """CERT-040: a memo holds code-signing chains; a timestamping chain is judged apart."""
    stamping = make_chain("EC-256", 3, usage=x509.ExtendedKeyUsageOID.TIME_STAMPING).ders
    assert chain_of(stamping, Purpose.TIMESTAMPING).leaf.der == stamping[0]
    with pytest.raises(MalformedError, match="must not contain Timestamping eku") as caught:
        ChainMemo().chain_of(stamping)
    assert caught.value.outcome is Outcome.AUTHENTICITY


def test_spelling_is_decoded_once_for_a_remembered_chain() -> None:
    """JWS-005: texts are decoded until their chain is known good, and never again after that."""
    memo = ChainMemo()
    ders = make_chain().ders
    texts = tuple(der.hex() for der in ders)
    decoded = []

    def decode(given: tuple[str, ...]) -> tuple[bytes, ...]:
        decoded.append(given)
        return tuple(bytes.fromhex(text) for text in given)

    assert memo.ders_of(texts, decode) == ders
    memo.chain_of(memo.ders_of(texts, decode))
    assert [memo.ders_of(texts, decode) for _ in range(3)] == [ders] * 3
    assert len(decoded) == 3


def test_certificate_files_are_pem_or_der() -> None:
    """TS-006, TS-007: blocks in file order with text between them, or concatenated DER; empty is none."""
    good = make_chain()
    certificates = tuple(Certificate.parse(der) for der in good.ders)
    pem = good.pem()
    assert read_certificates(pem) == read_certificates(b"".join(good.ders)) == certificates
    assert read_certificates(b"comment\n" + pem.replace(b"\n", b"\r\n") + b"\nmore") == certificates
    assert read_certificates(b"") == ()
    assert b"".join(write_pem(certificate) for certificate in certificates) == pem
    headed = pem.replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----\nX-Note: a\n\n", 1)
    assert read_certificates(headed) == certificates


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda pem: pem + private_pem(fixed_keys("EC-256")[0]), "a private key stands"),
        (lambda pem: pem[:-20], "malformed certificate"),
        (lambda pem: pem + b"-----BEGIN CERTIFICATE-----\n", "malformed certificate"),
        (lambda pem: pem.replace(b"END CERTIFICATE", b"END CERT", 1), "malformed certificate"),
        (lambda pem: pem.replace(b"\nMII", b"\n!II", 1), "PEM block: "),
        (lambda pem: pem.replace(b"BEGIN CERTIFICATE", b"BEGIN X", 1).replace(b"END CERTIFICATE", b"END X", 1)
            + b"-----BEGIN X-----\nAAAA\n-----END X-----\n", "malformed certificate"),
        (lambda pem: pem.replace(b"-----BEGIN", b"\t-----BEGIN"), "malformed certificate"),
        (lambda _: b"neither", "malformed certificate"),
        (lambda _: make_chain().ders[0] + b"\x00", "malformed certificate"),
    ],
    ids=["key", "cut", "open", "label", "base64", "other-label", "indented", "text", "trailing"],
)  # fmt: skip
def test_damaged_certificate_files_are_refused(edit: object, reason: str) -> None:
    """TS-007, SGN-006: a damaged block is not skipped, and a private key is noticed."""
    with pytest.raises(MalformedError, match=reason):
        read_certificates(edit(make_chain().pem()))  # type: ignore[operator]


def test_blocks_are_found_in_linear_time() -> None:
    """SEC-003: thousands of block beginnings, bodies without end, and dashes."""
    start = time.perf_counter()
    for data in (b"-----BEGIN A-----\n" * 50_000, b"-----BEGIN A-----\n" + b"-\n" * 500_000):
        with pytest.raises(MalformedError):
            pem_blocks(data)
    assert pem_blocks(b"-" * 1_000_000) == ()
    assert time.perf_counter() - start < 2


def test_extension_that_is_never_asked_about_may_be_rubbish() -> None:
    """CERT-011: the other extensions are kept, undecoded, by their identifier."""
    value = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\xff")
    good = make_chain(edits={0: with_extension(value, critical=False)})
    extension = Certificate.parse(good.ders[0]).extensions[b"\x2a\x03"]
    assert (extension.critical, extension.value) == (False, b"\xff")
