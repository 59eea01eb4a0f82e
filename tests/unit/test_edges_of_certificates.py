# SPDX-License-Identifier: Apache-2.0
"""Names and chains at their edges; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from notation_py import der
from notation_py.certificates.certificate import Certificate
from notation_py.certificates.chain import chain_of
from notation_py.certificates.hardened import MAX_COMPARED, rfc5280_problems
from notation_py.certificates.name import MAX_NAME_BYTES, DistinguishedName, check_name
from notation_py.certificates.name_der import BMP_STRING, decoded_string, dotted
from notation_py.certificates.path import path_to_anchor
from notation_py.certificates.requirements import Purpose
from notation_py.errors import MalformedError, Outcome, UntrustedError
from tests.simulator.pki import NOW, Draft, make_chain, with_extension
from tests.simulator.resigned import element

TOO_LARGE_ARC = bytes.fromhex("2a8880808000")
"""1.2.2147483648 in DER, which the Go library cannot read."""


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\ufdd0", "\ufdef", "\U0001f600"])
def test_bmp_string_has_no_characters_that_are_none(character: str) -> None:
    """TP-068: as in the Go library; neither beyond the plane nor what is set aside."""
    with pytest.raises(MalformedError, match="not a string of its type"):
        decoded_string(BMP_STRING, f"a{character}".encode("utf-16-be"))
    for near in "\ufffd\ufdcf\ufdf0":
        assert decoded_string(BMP_STRING, near.encode("utf-16-be")) == near


def test_object_identifier_has_arcs_of_31_bits() -> None:
    """R-04: the largest arc, one more, and a zero in the middle of an arc."""
    assert dotted(bytes.fromhex("2a87ffffff7f")) == "1.2.2147483647"
    assert dotted(bytes.fromhex("2a818000")) == "1.2.16384"
    for wrong in (TOO_LARGE_ARC, bytes.fromhex("2a8001")):
        with pytest.raises(MalformedError, match="not in its shortest form or too large"):
            dotted(wrong)


def name_of_size(size: int) -> bytes:
    """Return a DER Name of *size* octets: one organisation."""
    found = b""
    for length in range(size - 64, size):
        value = element(0x06, b"\x55\x04\x0a") + element(0x0C, b"a" * length)
        found = element(0x30, element(0x31, element(0x30, value)))
        if len(found) == size:
            return found
    raise AssertionError(len(found))


def test_longest_name_is_read() -> None:
    """SEC-003, R-10: 16 KiB in DER and in text, and not one more."""
    check_name(name_of_size(MAX_NAME_BYTES))
    with pytest.raises(MalformedError, match="longer than 16384 bytes"):
        check_name(name_of_size(MAX_NAME_BYTES + 1))
    with pytest.raises(MalformedError, match=r"must contain|minimum"):  # it was read
        DistinguishedName.from_subject(name_of_size(MAX_NAME_BYTES))
    with pytest.raises(MalformedError, match="longer than 16384 bytes"):
        DistinguishedName.from_subject(name_of_size(MAX_NAME_BYTES + 1))
    start = "C=US,ST=WA,O="
    longest = start + "a" * (MAX_NAME_BYTES - len(start))
    assert DistinguishedName.parse(longest)
    with pytest.raises(MalformedError, match="longer than 16384 characters"):
        DistinguishedName.parse(longest + "a")


def test_name_is_a_sequence() -> None:
    """TP-068: a set of nothing is no name."""
    with pytest.raises(MalformedError, match="name is not one DER sequence"):
        DistinguishedName.from_subject(b"\x31\x00")


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x7f", "\x80", "\x9f", "\ud800"])
def test_control_character_is_refused_in_an_identity(character: str) -> None:
    """Attack 65; R-13: the first and the last of each range."""
    with pytest.raises(MalformedError, match="has a NUL or control character"):
        DistinguishedName.parse(f"C=US,ST=WA,O=a{character}b")


def test_last_surrogate_is_refused_in_an_identity() -> None:
    """Attack 65; R-13: half of a character is none."""
    with pytest.raises(MalformedError, match="has a NUL or control character"):
        DistinguishedName.parse(f"C=US,ST=WA,O=a{chr(0xDFFF)}b")


def test_space_beside_an_unusual_character_is_no_control_character() -> None:
    """R-13: a space is allowed, and a zero-width space is nothing that forges a line."""
    assert DistinguishedName.parse("C=US,ST=WA,O=a b\u200bc")


def with_subject(oid: bytes) -> bytes:
    """Return a leaf whose subject has an attribute with identifier *oid*."""
    chain = make_chain(
        "EC-256",
        2,
        subject=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(_NEAR, "b")]),
    )
    return chain.ders[0].replace(_NEAR_DER, element(0x06, oid))


_NEAR = x509.ObjectIdentifier("1.2.2147483647")
_NEAR_DER = element(0x06, bytes.fromhex("2a87ffffff7f"))


def test_chain_has_names_that_can_be_shown() -> None:
    """CERT-001, SEC-004: before anything is checked for which a name would be shown."""
    with pytest.raises(MalformedError, match="certificate 0: object identifier in a name") as caught:
        chain_of([with_subject(TOO_LARGE_ARC), make_chain("EC-256", 2).ders[1]])
    assert caught.value.outcome is Outcome.AUTHENTICITY


def test_path_is_looked_for_from_a_leaf_that_can_be_shown() -> None:
    """SEC-004: the leaf's own name is looked at first, though nothing leads anywhere."""
    leaf = Certificate.parse(with_subject(TOO_LARGE_ARC))
    with pytest.raises(MalformedError, match="object identifier in a name"):
        path_to_anchor(leaf, [], [], at=NOW, purpose=Purpose.TIMESTAMPING)


def test_link_of_a_chain_is_a_name() -> None:
    """Attack 48; CERT-003: the issuer's name is compared before any key is used."""
    chain = make_chain("EC-256", 2)
    other = make_chain("EC-256", 2, subject="other")
    with pytest.raises(MalformedError) as caught:
        chain_of([chain.ders[0], other.ders[1]])
    assert caught.value.message.endswith('is not issued by "CN=other root,O=Notary,L=Seattle,ST=WA,C=US"')


def _directory_name(text: str) -> x509.DirectoryName:
    return x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]))


def constrained(names: int, subtrees: int) -> tuple[str, ...]:
    """Return the problems of a leaf with so many names below an authority with so many constraints."""
    alternatives = [_directory_name(f"b{number}") for number in range(names - 1)]  # the subject counts
    constraints = x509.NameConstraints(None, [_directory_name(f"a{number}") for number in range(subtrees)])
    edits = {1: with_extension(constraints, critical=True)}
    if alternatives:
        edits[0] = with_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return rfc5280_problems(chain_of(make_chain("EC-256", 2, edits=edits).ders))


def test_as_many_names_as_allowed_are_compared() -> None:
    """R-10, R-14: 4096 comparisons, and not one row more."""
    assert constrained(64, MAX_COMPARED // 64) == ()
    assert "cannot be compared" in constrained(65, MAX_COMPARED // 64)[0]


def test_longest_alternative_name_is_compared() -> None:
    """R-10, R-14: 16 KiB of one name, and not one octet more."""
    constraints = x509.NameConstraints(None, [_directory_name("a")])
    for size, is_compared in ((MAX_NAME_BYTES, True), (MAX_NAME_BYTES + 1, False)):
        value = element(0x30, element(0xA4, name_of_size(size)))
        names = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), value)
        edits = {1: with_extension(constraints, critical=True), 0: with_extension(names, critical=False)}
        problems = rfc5280_problems(chain_of(make_chain("EC-256", 2, edits=edits).ders))
        assert (problems == ()) is is_compared


@pytest.mark.parametrize("more", [b"\x05\x00", b"\x30\x00"])
def test_constraints_are_one_value(more: bytes) -> None:
    """R-14: something behind the constraints, and constraints that are no sequence, cannot be read."""
    constraints = x509.NameConstraints(None, [_directory_name("a")]).public_bytes()
    for value in (constraints + more, b"\x31" + constraints[1:]):
        odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.30"), value)
        chain = chain_of(make_chain("EC-256", 2, edits={1: with_extension(odd, critical=True)}).ders)
        assert "name constraints cannot be read" in rfc5280_problems(chain)[0]


def test_certificate_that_is_just_valid_is_not_blamed() -> None:
    """Attack 61; CERT-008: at the ends of the leaf's time, it is the root that is out of its own."""

    def early(draft: Draft) -> Draft:
        return replace(draft, not_before=NOW, not_after=NOW + timedelta(days=1))

    def late(draft: Draft) -> Draft:
        return replace(draft, not_before=NOW + timedelta(hours=1), not_after=NOW + timedelta(hours=2))

    chain = chain_of(make_chain("EC-256", 2, edits={0: early, 1: late}).ders)
    leaf = chain.leaf
    with pytest.raises(UntrustedError, match='is before certificate "CN=test root,'):
        chain.check_valid_at(leaf.not_before)
    with pytest.raises(UntrustedError, match='is after certificate "CN=test root,'):
        chain.check_valid_at(leaf.not_after)


def test_signature_of_a_certificate_is_whole_octets() -> None:
    """CERT-001, R-04: the count of unused bits is covered by no signature; one certificate, one spelling."""
    good = make_chain("EC-256", 2).ders[0]
    place = der.children(good, der.read(good))[2].content
    assert Certificate.parse(good).der == good
    for count in (1, 7):
        with pytest.raises(MalformedError, match="malformed certificate"):
            Certificate.parse(good[:place] + bytes([count]) + good[place + 1 :])
