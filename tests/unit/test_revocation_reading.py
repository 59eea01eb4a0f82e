# SPDX-License-Identifier: Apache-2.0
"""Requests, responses, CRLs and locations as bytes: exact when written, strict when read."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from cryptography.x509 import ocsp as other

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.extensions import Extension, read_extensions
from notation_py.errors import LimitError, MalformedError
from notation_py.revocation.certificate_list import CertificateList
from notation_py.revocation.locations import (
    AUTHORITY_INFORMATION_ACCESS,
    FRESHEST_CRL,
    MAX_LOCATIONS,
    crl_distribution_points,
    freshest_crl_urls,
    ocsp_servers,
)
from notation_py.revocation.ocsp_response import (
    CertificateId,
    key_hash,
    ocsp_request,
    read_reason,
    read_response,
    request_url,
    serial_number,
)
from notation_py.revocation.signed import check_signature, open_signed
from notation_py.revocation.status import Reason, Status
from notation_py.revocation.times import generalized_time, time_of
from tests.simulator.pki import KEY_TYPES, NOW, make_chain, with_extension
from tests.simulator.resigned import element, extension
from tests.simulator.revocation_authority import (
    CRITICAL,
    crl,
    entry,
    integer,
    naming_crl,
    naming_ocsp,
    ocsp,
    point,
    urls_of,
)

CHAIN = make_chain("EC-256", 2)
LEAF, ROOT = (Certificate.parse(data) for data in CHAIN.ders)


def leaf_with(*edits: Any) -> Certificate:
    return Certificate.parse(make_chain("EC-256", 2, edits={0: edits[0]}).ders[0])


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_request_is_the_one_a_second_writer_makes(key_type):
    """REV-020: SHA-1 CertID, one request, nothing else; another library writes the same bytes."""
    chain = make_chain(key_type, 2)
    leaf, root = (Certificate.parse(data) for data in chain.ders)
    built = other.OCSPRequestBuilder().add_certificate(chain.leaf, chain.root, hashes.SHA1()).build()
    from cryptography.hazmat.primitives.serialization import Encoding

    assert ocsp_request(leaf, root) == built.public_bytes(Encoding.DER)
    assert serial_number(leaf) == integer(chain.leaf.serial_number)[2:]
    assert key_hash(root) == x509.SubjectKeyIdentifier.from_public_key(chain.root.public_key()).digest


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("http://o.test", "http://o.test/%2B%2F8%3D"),
        ("http://o.test/", "http://o.test/%2B%2F8%3D"),
        ("http://o.test/a/", "http://o.test/a/%2B%2F8%3D"),
        ("http://o.test/a?b=c", "http://o.test/a/%2B%2F8%3D?b=c"),
    ],
)
def test_short_request_goes_into_the_url(server, expected):
    """REV-021: standard base64, percent-encoded, after the path."""
    assert request_url(server, b"\xfb\xff") == expected


def test_request_is_posted_from_255_characters_on():
    """REV-021: of base64, and of its escaped form; 189 octets make 252 characters, 190 make 256."""
    assert request_url("http://o.test", b"\0" * 189) is not None
    assert request_url("http://o.test", b"\0" * 190) is None
    assert request_url("http://o.test", b"\xff" * 63) == "http://o.test/" + "%2F" * 84
    assert request_url("http://o.test", b"\xff" * 66) is None


def test_certificate_id_is_compared_field_by_field():
    """REV-024, R-17: what is named is what was asked about, byte for byte."""
    ours = CertificateId.of(LEAF, ROOT)
    read = read_response(ocsp(CHAIN, 0))
    assert read.certificate_id == ours
    assert ours.name_hash == hashlib.sha1(ROOT.raw_subject).digest()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0, Reason.UNSPECIFIED),
        (1, Reason.KEY_COMPROMISE),
        (2, Reason.CA_COMPROMISE),
        (3, Reason.AFFILIATION_CHANGED),
        (4, Reason.SUPERSEDED),
        (5, Reason.CESSATION_OF_OPERATION),
        (6, Reason.CERTIFICATE_HOLD),
        (7, None),
        (8, Reason.REMOVE_FROM_CRL),
        (9, Reason.PRIVILEGE_WITHDRAWN),
        (10, Reason.AA_COMPROMISE),
        (11, None),
        (0x7F, None),
    ],
)
def test_reason_is_that_of_its_code(code, reason):
    """REV-074: ten codes; 7 is not used, and those above 10 mean nothing."""
    assert read_reason(bytes([0x0A, 1, code])) is reason


def test_reason_is_one_octet_of_an_enumeration():
    """REV-074: anything else is malformed, and not a revocation without a reason."""
    for data in (b"\x0a\x00", b"\x0a\x02\x00\x01", b"\x02\x01\x01", b"\x0a\x01\x01\x00", b""):
        with pytest.raises(MalformedError):
            read_reason(data)


def test_response_is_read_whole():
    """REV-022, REV-027: status, times, reason, responder and extensions."""
    single = extension("1.2.3", b"\x05\x00")
    response = ocsp(
        CHAIN,
        0,
        status="revoked",
        reason=9,
        extensions=[single],
        responder=element(0xA2, element(4, b"k" * 20)),
    )
    read = read_response(response)
    assert read.status is Status.REVOKED
    assert read.revocation is not None
    assert read.revocation.reason is Reason.PRIVILEGE_WITHDRAWN
    assert (read.responder_name, read.responder_key_hash) == (None, b"k" * 20)
    assert list(read.extensions) == [b"\x2a\x03"]
    library = other.load_der_ocsp_response(response)
    assert (read.this_update, read.next_update) == (library.this_update_utc, library.next_update_utc)
    assert read.signed.content == library.tbs_response_bytes
    assert read.signed.signature == library.signature


@pytest.mark.parametrize("status", ["good", "unknown"])
def test_response_says_good_or_unknown(status):
    """REV-026: the two answers without a time."""
    assert read_response(ocsp(CHAIN, 0, status=status)).status.value == status


def test_every_cut_of_a_response_is_refused():
    """REV-022, SEC-003: no beginning of a response is a response, and nothing may follow."""
    whole = ocsp(CHAIN, 0)
    for end in range(len(whole)):
        with pytest.raises(MalformedError):
            read_response(whole[:end])
    with pytest.raises(MalformedError):
        read_response(whole + b"\0")


def test_every_cut_of_a_crl_is_refused():
    """REV-042, SEC-003: likewise; the Go program passes over what follows."""
    whole = crl(CHAIN, 0, entries=[entry(CHAIN)])
    for end in range(len(whole)):
        with pytest.raises(MalformedError):
            CertificateList.parse(whole[:end])
    with pytest.raises(MalformedError):
        CertificateList.parse(whole + b"\0")


def test_crl_is_read_as_another_reader_reads_it():
    """REV-042, REV-061: times, number, exact bytes."""
    data = crl(
        CHAIN, 0, number=300, entries=[entry(7), entry(CHAIN, reason=1)], next_update=NOW.replace(year=2060)
    )
    read, library = CertificateList.parse(data), x509.load_der_x509_crl(data)
    assert (read.this_update, read.next_update) == (library.last_update_utc, library.next_update_utc)
    assert read.signed.content == library.tbs_certlist_bytes
    assert read.issuer == library.issuer.public_bytes()
    assert (read.number, read.base_number) == (300, None)
    assert [len(read.entries_of(serial)) for serial in (b"\x07", serial_number(LEAF), b"\x08")] == [1, 1, 0]


@pytest.mark.parametrize(
    "changes",
    [
        {"version": None, "number": None},
        {"version": 0},
        {"number": -1},
        {"extensions": [extension("2.5.29.20", integer(1))]},
        {"extensions": [extension("2.5.29.27", b"\x02\x02\x00\x01")]},
        {"extensions": [extension("2.5.29.27", b"\x05\x00")]},
        {"extensions": [extension("1.2.3", b""), extension("1.2.3", b"")]},
    ],
    ids=["v1", "v1_with_extensions", "negative", "number_twice", "number_padded", "no_number", "twice"],
)
def test_crl_of_another_shape_is_refused(changes):
    """REV-042, REV-061, SEC-003: version 1, and numbers that are none."""
    with pytest.raises(MalformedError, match="malformed CRL"):
        CertificateList.parse(crl(CHAIN, 0, **changes))


def test_entry_is_found_among_many_and_only_where_it_begins():
    """REV-070: the octets of a number inside another entry are no entry; a second one counts."""
    decoy = entry(1000, extensions=[extension("1.2.3", integer(77) * 40)])
    entries = [entry(number) for number in range(300, 800)]
    data = crl(CHAIN, 0, entries=[decoy, *entries, entry(77, reason=1), entry(77, reason=4)])
    read = CertificateList.parse(data)
    assert len(read.entries_of(b"\x4d")) == 2
    assert len(CertificateList.parse(crl(CHAIN, 0, entries=[decoy, *entries])).entries_of(b"\x4d")) == 0


def test_locations_are_grouped_as_the_certificate_groups_them():
    """REV-003, REV-040, REV-041: OCSP URLs in order; points with URLs; other names passed over."""
    assert ocsp_servers(leaf_with(naming_ocsp("http://a.test", "ldap://b.test"))) == (
        "http://a.test",
        "ldap://b.test",
    )
    nowhere = x509.DistributionPoint([x509.DirectoryName(CHAIN.root.subject)], None, None, None)
    relative = x509.DistributionPoint(
        None, x509.RelativeDistinguishedName(list(CHAIN.root.subject)[:1]), None, None
    )
    found = crl_distribution_points(
        leaf_with(
            naming_crl(point("http://a.test", "http://b.test"), nowhere, relative, point("http://c.test"))
        )
    )
    assert [one.urls for one in found] == [("http://a.test", "http://b.test"), ("http://c.test",)]
    issuers = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                x509.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://a.test")
            )
        ]
    )
    assert ocsp_servers(leaf_with(with_extension(issuers, critical=False))) == ()
    assert (ocsp_servers(LEAF), crl_distribution_points(LEAF)) == ((), ())


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x30\x00",
        b"\x30\x02\x30\x01",
        element(0x30, b"\x31\x00"),
        element(0x30, element(0x30, b"\xa0\x00")),
        element(0x30, element(0x30, b"\x81\x02\x01\x06", element(0xA0, element(0xA0, b"\x86\x01a")))),
        element(0x30, element(0x30, b"\xa3\x00")),
        urls_of(["http://a.test/\n"]),
        urls_of([""]),
        urls_of(["http://a.test"]) + b"\0",
    ],
)
def test_distribution_points_that_cannot_be_read_are_an_error(value):
    """REV-003, SEC-003, R-18: never "no points"."""
    with pytest.raises(MalformedError):
        freshest_crl_urls({FRESHEST_CRL: Extension(critical=False, value=value)})


def test_number_of_locations_is_bounded():
    """R-10: sixteen are more than any certificate has; more are an error, not a choice of some."""
    many = [f"http://a.test/{n}" for n in range(MAX_LOCATIONS + 1)]
    assert len(ocsp_servers(leaf_with(naming_ocsp(*many[1:])))) == MAX_LOCATIONS
    with pytest.raises(LimitError):
        ocsp_servers(leaf_with(naming_ocsp(*many)))
    with pytest.raises(LimitError):
        crl_distribution_points(leaf_with(naming_crl(*map(point, many))))


def test_access_of_another_shape_is_an_error():
    """REV-003: not a sequence of method and place."""
    field = element(0x30, extension("1.3.6.1.5.5.7.1.1", element(0x30, element(0x30, b"\x05\x00"))))
    broken = read_extensions(field)
    assert AUTHORITY_INFORMATION_ACCESS in broken
    with pytest.raises(MalformedError):
        ocsp_servers(
            leaf_with(
                with_extension(
                    x509.UnrecognizedExtension(
                        x509.ObjectIdentifier("1.3.6.1.5.5.7.1.1"), broken[AUTHORITY_INFORMATION_ACCESS].value
                    ),
                    critical=False,
                )
            )
        )


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        (0x17, b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x17, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x18, b"20500101000000Z", datetime(2050, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read(tag, text, expected):
    """REV-025, SEC-007: both types, in UTC."""
    assert time_of(tag, text) == expected


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x17, b"4912312359Z"),
        (0x17, b"491231235959+0000"),
        (0x18, b"20500101000000"),
        (0x18, b"20500101000000.5Z"),
        (0x18, b"20500101000000X"),
        (0x18, b"205001010000+1Z"),
        (0x18, b"20500230000000Z"),
        (0x18, b"20500101240000Z"),
        (0x18, b"00000101000000Z"),
        (0x18, "2050010100000\u0660Z".encode()),
        (0x16, b"20500101000000Z"),
        (0x18, b""),
    ],
)
def test_times_in_another_spelling_are_refused(tag, text):
    """SEC-003: one spelling for one moment."""
    with pytest.raises(MalformedError):
        time_of(tag, text)


def test_invalidity_date_is_one_time_and_no_more():
    """REV-071: trailing bytes and other types are refused."""
    assert generalized_time(b"\x18\x0f20500101000000Z").year == 2050
    for data in (b"\x18\x0f20500101000000Z\0", b"\x17\x0d500101000000Z", b""):
        with pytest.raises(MalformedError):
            generalized_time(data)


def _library_crl(chain: Any, key: Any, hashed: Any, **options: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(chain.root.subject)
        .last_update(NOW)
        .next_update(NOW)
    )
    return builder.sign(key, hashed, **options).public_bytes(Encoding.DER)


@pytest.mark.parametrize("key_type", KEY_TYPES)
@pytest.mark.parametrize(
    "hashed", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda one: one.name
)
def test_signature_algorithms_are_those_of_a_second_writer(key_type, hashed):
    """ALG-006, REV-050: PKCS#1 v1.5, PSS and ECDSA with SHA-2, and no other hash."""
    chain = make_chain(key_type, 2)
    root, key = Certificate.parse(chain.ders[1]), chain.keys[1]
    salt = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
    options: list[dict[str, Any]] = [{}, {"rsa_padding": salt}] if key_type.startswith("RSA") else [{}]
    for how in options:
        signed = open_signed(_library_crl(chain, key, hashed, **how))
        check_signature(signed, root)
        with pytest.raises(MalformedError, match="not by the key"):
            check_signature(signed._replace(content=signed.content + b"x"), root)
        with pytest.raises(MalformedError):
            check_signature(
                signed,
                Certificate.parse(make_chain("RSA-3072" if key_type != "RSA-3072" else "EC-384", 2).ders[1]),
            )


def test_ed25519_signs_crls_too():
    """REV-050: an authority's key need not be one of the six."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    signed = open_signed(_library_crl(CHAIN, key, None))
    from tests.simulator.pki import changed

    root = Certificate.parse(make_chain("EC-256", 2, edits={1: changed(public_key=key.public_key())}).ders[1])
    check_signature(signed, root)
    with pytest.raises(MalformedError):
        check_signature(signed, ROOT)


def test_salt_of_another_length_is_another_algorithm():
    """ALG-006: PSS parameters are compared as they stand."""
    chain = make_chain("RSA-2048", 2)
    salt = padding.PSS(padding.MGF1(hashes.SHA256()), 20)
    signed = open_signed(_library_crl(chain, chain.keys[1], hashes.SHA256(), rsa_padding=salt))
    with pytest.raises(MalformedError, match="not allowed"):
        check_signature(signed, Certificate.parse(chain.ders[1]))


def test_nothing_follows_what_is_signed():
    """SEC-003: nor is it something else, or short of a signature."""
    whole = crl(CHAIN, 0)
    for data in (whole + b"\0", b"\x31" + whole[1:], element(0x30, b"\x30\x00", b"\x30\x00"), b""):
        with pytest.raises(MalformedError):
            open_signed(data)


def test_signature_of_odd_bits_is_refused():
    """SEC-003: the count of unused bits is covered by no signature."""
    whole = bytearray(crl(CHAIN, 0))
    signature = open_signed(bytes(whole)).signature
    whole[len(whole) - len(signature) - 1] = 1
    with pytest.raises(MalformedError):
        open_signed(bytes(whole))


def test_critical_marker_of_an_extension_is_read():
    """REV-028, REV-052: TRUE is critical."""
    assert next(iter(read_extensions(element(0x30, extension("1.2.3", b"", CRITICAL))).values())).critical
