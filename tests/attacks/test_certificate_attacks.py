# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  one attack per line
"""Attacks 48 to 64 of the security contract, section 4.3: certificates and their chains.

Every certificate is signed after it was spoiled, so that only the rule in question can refuse it.
Attacks 65 to 68 are about identities and stores, and stand with the tests of those.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from notation_py.certificates.chain import MAX_CHAIN_LENGTH, chain_of
from notation_py.certificates.hardened import rfc5280_problems
from notation_py.certificates.requirements import Purpose
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import NotationError, Outcome
from tests.simulator.envelopes import cose, jws
from tests.simulator.judged import assert_judged
from tests.simulator.pki import (
    Draft,
    Edit,
    TestChain,
    all_of,
    changed,
    fixed_keys,
    key_usage,
    make_chain,
    name,
    with_criticality_flipped,
    with_extension,
    without,
)
from tests.simulator.resigned import (
    ALGORITHM,
    EXTENSIONS,
    ISSUER,
    KEY,
    SERIAL,
    SUBJECT,
    VALIDITY,
    VERSION,
    directory_name,
    element,
    extension,
    object_identifier,
    parts,
    resigned,
    with_extensions,
)

Build = Callable[[], Sequence[bytes]]
MALFORMED = "x509: malformed certificate"
BUDGET_SECONDS = 5


def case(number: int, variant: str, build: Build, message: str, word: str = "AUTHENTICITY") -> Any:
    return pytest.param(build, message, word, id=f"attack_{number:03d}_{variant}")


def chain(*, length: int = 3, **edits: Edit) -> Build:
    """Build a chain with an edit for `leaf`, `intermediate` or `root`."""
    places = {"leaf": 0, "intermediate": 1, "root": -1}
    return lambda: (
        make_chain("EC-256", length, edits={places[place]: edit for place, edit in edits.items()}).ders
    )


def reordered(*places: int) -> Build:
    return lambda: [make_chain().ders[place] for place in places]


def leaf(edits: dict[int, Any], outer: bytes = b"") -> Build:
    """Build with fields of the leaf's signed part replaced."""

    def build() -> Sequence[bytes]:
        good = make_chain()
        return [resigned(good.ders[0], good.keys[1], edits, outer), *good.ders[1:]]

    return build


def intermediate(edits: dict[int, Any]) -> Build:
    def build() -> Sequence[bytes]:
        good = make_chain()
        return [good.ders[0], resigned(good.ders[1], good.keys[2], edits), good.ders[2]]

    return build


def edited(edit: Callable[[bytes], bytes], place: int = 0) -> Build:
    """Build with the whole DER of one certificate changed, which is not signed again."""

    def build() -> Sequence[bytes]:
        ders = list(make_chain().ders)
        ders[place] = edit(ders[place])
        return ders

    return build


def leaf_key(key: Any) -> Build:
    return chain(leaf=changed(public_key=key.public_key()))


def spki(encoded: bytes) -> Build:
    return leaf({KEY: encoded})


RSA_ENCRYPTION = element(0x30, object_identifier("1.2.840.113549.1.1.1"), b"\x05\x00")


def rsa_key_info(modulus: int, exponent: int, algorithm: bytes = RSA_ENCRYPTION) -> bytes:
    """Return a SubjectPublicKeyInfo with any two numbers."""

    def number(value: int) -> bytes:
        return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))

    return element(0x30, algorithm, element(0x03, b"\0", element(0x30, number(modulus), number(exponent))))


def curve_key_info(parameters: bytes, point: bytes) -> bytes:
    algorithm = element(0x30, object_identifier("1.2.840.10045.2.1"), parameters)
    return element(0x30, algorithm, element(0x03, b"\0", point))


def modulus(bits: int) -> int:
    """Return an odd number of exactly *bits* bits; nobody can sign with it, and nobody has to."""
    return (1 << bits) - 159


def unknown_critical(place: str, *, oid: str = "1.3.6.1.4.1.99999.1") -> Build:
    value = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
    return chain(**{place: with_extension(value, critical=True)})


def raw_extension(oid: str, value: bytes, *critical: bytes, instead: bool = True) -> dict[int, Any]:
    """Return the edit that puts an encoded extension in the place of the one with the same identifier."""

    def edit(present: list[bytes]) -> list[bytes]:
        kept = [one for one in present if not (instead and object_identifier(oid) in one[:16])]
        return [*kept, extension(oid, value, *critical)]

    return {EXTENSIONS: with_extensions(edit)}


CRITICAL = b"\x01\x01\xff"
KEY_USAGE, BASIC, EXTENDED = "2.5.29.15", "2.5.29.19", "2.5.29.37"


def other_chain() -> TestChain:
    return make_chain("EC-256", 3, subject="other")


def same_root_other_key() -> Sequence[bytes]:
    """The root has the name and the key identifier of the one that signed, but another key."""
    key = fixed_keys("EC-256")[1]
    good = make_chain()
    forged = changed(public_key=key.public_key(), signing_key=key)
    return [*good.ders[:2], make_chain(edits={2: forged}).ders[2]]


def self_issued_padding() -> Sequence[bytes]:
    """A self-issued CA between an intermediate with path length 0 and the leaf."""
    good = make_chain("EC-256", 4, edits={1: _named_like_issuer, 0: _issued_by_padding, 2: _path_length(0)})
    return good.ders


def _named_like_issuer(draft: Draft) -> Draft:
    return replace(draft, subject=draft.issuer)


def _issued_by_padding(draft: Draft) -> Draft:
    return replace(draft, issuer=name("test intermediate 2"))


def _path_length(length: int | None) -> Edit:
    return with_extension(x509.BasicConstraints(ca=True, path_length=length), critical=True)


def self_signed(**faults: Any) -> Build:
    edits = tuple(faults.values())
    return lambda: make_chain("EC-256", 1, edits={0: all_of(*edits)}).ders


def broken_signature(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def cyclic() -> Sequence[bytes]:
    """Two CAs, each signed by the other, again and again."""
    one = make_chain("EC-256", 3, edits={1: changed(issuer=name("test root"))}).ders
    other = make_chain(
        "EC-256",
        3,
        edits={2: changed(issuer=name("test intermediate 1"), signing_key=fixed_keys("EC-256")[1])},
    ).ders
    return [one[0], *[one[1], other[2]] * 5]


def not_only_bit(bit: str) -> Edit:
    extra = ("key_agreement",) if bit in {"encipher_only", "decipher_only"} else ()
    return with_extension(key_usage("digital_signature", bit, *extra), critical=True)


def usages(*oids: x509.ObjectIdentifier, critical: bool = False) -> Edit:
    return with_extension(x509.ExtendedKeyUsage(oids), critical=critical)


def validity(first: bytes, last: bytes) -> bytes:
    return element(0x30, first, last)


def utc(text: str) -> bytes:
    return element(0x17, text.encode())


def general(text: str) -> bytes:
    return element(0x18, text.encode())


NOT_ISSUED = "certificate is not issued by"
NO_CA = "ca field in basic constraints must be present, critical, and set to true"
P256_PARAMETERS = object_identifier("1.2.840.10045.3.1.7")

ATTACKS = [
    case(48, "reversed", reordered(2, 1, 0), "root certificate is invalid or not self-signed"),
    case(48, "swapped", reordered(1, 0, 2), NOT_ISSUED),
    case(48, "gap", reordered(0, 2), NOT_ISSUED),
    case(48, "no_root", reordered(0, 1), "root certificate is invalid or not self-signed"),
    case(48, "leaf_alone", reordered(0), "subject and issuer are not the same"),
    case(48, "leaf_twice", reordered(0, 0, 1, 2), NOT_ISSUED),
    case(48, "root_twice", reordered(0, 1, 2, 2), "intermediate certificate is self-signed"),
    case(48, "root_only_twice", reordered(2, 2), "leaf certificate is self-signed"),
    case(
        48,
        "unrelated_between",
        lambda: [make_chain().ders[0], other_chain().ders[1], *make_chain().ders[1:]],
        NOT_ISSUED,
    ),
    case(
        48,
        "unrelated_behind",
        lambda: [*make_chain().ders, other_chain().ders[2]],
        "intermediate certificate is self-signed",
    ),
    case(
        48,
        "unrelated_intermediate_behind",
        lambda: [*make_chain().ders, other_chain().ders[1]],
        "root certificate is invalid",
    ),
    case(
        49,
        "issuer_no_ca",
        chain(intermediate=with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)),
        NO_CA,
    ),
    case(49, "issuer_without", chain(intermediate=without(x509.BasicConstraints)), NO_CA),
    case(
        49, "issuer_not_critical", chain(intermediate=with_criticality_flipped(x509.BasicConstraints)), NO_CA
    ),
    case(
        49,
        "root_no_ca",
        chain(root=with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)),
        NO_CA,
    ),
    case(49, "root_without", chain(root=without(x509.BasicConstraints)), NO_CA),
    case(49, "root_not_critical", chain(root=with_criticality_flipped(x509.BasicConstraints)), NO_CA),
    case(
        49,
        "false_written_out",
        intermediate(raw_extension(BASIC, element(0x30, b"\x01\x01\x00"), CRITICAL)),
        NO_CA,
    ),
    case(
        49,
        "issuer_without_key_usage",
        chain(intermediate=without(x509.KeyUsage)),
        "key usage extension must be present",
    ),
    case(
        49,
        "issuer_key_usage_not_critical",
        chain(intermediate=with_criticality_flipped(x509.KeyUsage)),
        "must be marked critical",
    ),
    case(
        49,
        "issuer_no_cert_sign",
        chain(intermediate=with_extension(key_usage("crl_sign"), critical=True)),
        "key cert sign set",
    ),
    case(
        49,
        "root_no_cert_sign",
        chain(root=with_extension(key_usage("digital_signature"), critical=True)),
        "key cert sign set",
    ),
    case(
        50,
        "root_0",
        chain(root=_path_length(0)),
        "expected path length of 1 but certificate has path length 0",
    ),
    case(
        50,
        "root_1_of_four",
        lambda: make_chain("EC-256", 4, edits={3: _path_length(1)}).ders,
        "expected path length of 2 but certificate has path length 1",
    ),
    case(
        50,
        "intermediate_0_of_four",
        lambda: make_chain("EC-256", 4, edits={2: _path_length(0)}).ders,
        "expected path length of 1",
    ),
    case(
        50,
        "self_issued_padding",
        self_issued_padding,
        "expected path length of 1 but certificate has path length 0",
    ),
    case(50, "ca_is_one", intermediate(raw_extension(BASIC, b"\x30\x03\x01\x01\x01", CRITICAL)), MALFORMED),
    case(
        50,
        "negative",
        intermediate(raw_extension(BASIC, element(0x30, b"\x01\x01\xff\x02\x01\xff"), CRITICAL)),
        MALFORMED,
    ),
    case(
        50,
        "long_number",
        intermediate(raw_extension(BASIC, element(0x30, b"\x01\x01\xff\x02\x02\x00\x00"), CRITICAL)),
        MALFORMED,
    ),
    case(
        50,
        "trailing",
        intermediate(raw_extension(BASIC, element(0x30, b"\x01\x01\xff\x02\x01\x00\x05\x00"), CRITICAL)),
        MALFORMED,
    ),
    case(
        51,
        "leaf_ca",
        chain(leaf=with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)),
        "the ca field must be set to false",
    ),
    case(51, "leaf_ca_path_length", chain(leaf=_path_length(0)), "the ca field must be set to false"),
    case(
        51,
        "leaf_ca_not_critical",
        chain(leaf=with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)),
        "the ca field must be set to false",
    ),
    case(51, "root_signs", lambda: [make_chain().ders[2]], "the ca field must be set to false"),
    case(
        51,
        "root_signs_without_basic_constraints",
        self_signed(e=with_extension(key_usage("digital_signature", "key_cert_sign"), critical=True)),
        'found "CertSign"',
    ),
    case(51, "intermediate_signs", reordered(1, 2), "the ca field must be set to false"),
    case(52, "missing", chain(leaf=without(x509.KeyUsage)), "key usage extension must be present"),
    case(52, "not_critical", chain(leaf=with_criticality_flipped(x509.KeyUsage)), "must be marked critical"),
    case(
        52,
        "no_digital_signature",
        chain(leaf=with_extension(key_usage("content_commitment"), critical=True)),
        '"Digital Signature" set',
    ),
    *(
        case(52, bit, chain(leaf=not_only_bit(bit)), f'"{found}"')
        for bit, found in (
            ("key_encipherment", "KeyEncipherment"),
            ("data_encipherment", "DataEncipherment"),
            ("key_agreement", "KeyAgreement"),
            ("key_cert_sign", "CertSign"),
            ("crl_sign", "CRLSign"),
            ("encipher_only", "EncipherOnly"),
            ("decipher_only", "DecipherOnly"),
        )
    ),
    case(
        52,
        "encipher_only_alone",
        leaf(raw_extension(KEY_USAGE, b"\x03\x02\x00\x81", CRITICAL)),
        '"EncipherOnly"',
    ),
    case(
        52,
        "decipher_only_alone",
        leaf(raw_extension(KEY_USAGE, b"\x03\x03\x07\x80\x80", CRITICAL)),
        '"DecipherOnly"',
    ),
    case(52, "empty", leaf(raw_extension(KEY_USAGE, b"\x03\x01\x00", CRITICAL)), '"Digital Signature" set'),
    case(52, "unused_bits_set", leaf(raw_extension(KEY_USAGE, b"\x03\x02\x07\x81", CRITICAL)), MALFORMED),
    case(52, "unused_eight", leaf(raw_extension(KEY_USAGE, b"\x03\x02\x08\x80", CRITICAL)), MALFORMED),
    case(52, "no_unused_count", leaf(raw_extension(KEY_USAGE, b"\x03\x00", CRITICAL)), MALFORMED),
    case(52, "not_a_bit_string", leaf(raw_extension(KEY_USAGE, b"\x04\x01\x80", CRITICAL)), MALFORMED),
    case(52, "trailing", leaf(raw_extension(KEY_USAGE, b"\x03\x02\x07\x80\x00", CRITICAL)), MALFORMED),
    case(
        52, "critical_is_one", leaf(raw_extension(KEY_USAGE, b"\x03\x02\x07\x80", b"\x01\x01\x01")), MALFORMED
    ),
    *(
        case(53, word, chain(leaf=usages(Usage.CODE_SIGNING, oid)), f"must not contain {word} eku")
        for word, oid in (
            ("Any", Usage.ANY_EXTENDED_KEY_USAGE),
            ("ServerAuth", Usage.SERVER_AUTH),
            ("ClientAuth", Usage.CLIENT_AUTH),
            ("EmailProtection", Usage.EMAIL_PROTECTION),
            ("Timestamping", Usage.TIME_STAMPING),
            ("OCSPSigning", Usage.OCSP_SIGNING),
        )
    ),
    case(
        53,
        "any_alone_critical",
        chain(leaf=usages(Usage.ANY_EXTENDED_KEY_USAGE, critical=True)),
        "must not contain Any eku",
    ),
    case(53, "empty", leaf(raw_extension(EXTENDED, b"\x30\x00")), MALFORMED),
    case(53, "text_in_it", leaf(raw_extension(EXTENDED, b"\x30\x03\x0c\x01a")), MALFORMED),
    case(
        54,
        "self_signed_broken",
        lambda: [broken_signature(make_chain("EC-256", 1).ders[0])],
        "invalid self-signed certificate: verification error",
    ),
    case(
        54,
        "self_signed_by_name_only",
        self_signed(e=changed(signing_key=fixed_keys("EC-256")[1])),
        "invalid self-signed certificate: verification error",
    ),
    case(54, "root_broken", edited(broken_signature, 2), "root certificate is invalid or not self-signed"),
    case(
        54,
        "root_by_name_only",
        chain(root=changed(signing_key=fixed_keys("EC-256")[0])),
        "root certificate is invalid or not self-signed",
    ),
    case(54, "intermediate_broken", edited(broken_signature, 1), NOT_ISSUED),
    case(54, "leaf_broken", edited(broken_signature, 0), NOT_ISSUED),
    case(
        54,
        "key_signs_but_names_differ",
        self_signed(e=changed(issuer=name("another"))),
        "subject and issuer are not the same",
    ),
    case(55, "same_name_and_identifier", same_root_other_key, NOT_ISSUED),
    case(57, "sha1_leaf", chain(leaf=changed(hash=hashes.SHA1())), "signed with SHA-1 or MD5"),
    case(
        57, "sha1_intermediate", chain(intermediate=changed(hash=hashes.SHA1())), "signed with SHA-1 or MD5"
    ),
    case(57, "sha1_root", chain(root=changed(hash=hashes.SHA1())), "signed with SHA-1 or MD5"),
    case(57, "sha1_alone", self_signed(e=changed(hash=hashes.SHA1())), "signed with SHA-1 or MD5"),
    case(
        57,
        "sha1_rsa",
        lambda: make_chain("RSA-2048", 3, edits={0: changed(hash=hashes.SHA1())}).ders,
        "signed with SHA-1 or MD5",
    ),
    *(
        case(
            57,
            f"oid_{word}",
            leaf(
                {ALGORITHM: element(0x30, object_identifier(oid), b"\x05\x00")},
                element(0x30, object_identifier(oid), b"\x05\x00"),
            ),
            "signed with SHA-1 or MD5",
        )
        for word, oid in (
            ("md5", "1.2.840.113549.1.1.4"),
            ("md2", "1.2.840.113549.1.1.2"),
            ("unknown", "1.2.3.4"),
        )
    ),
    case(57, "inner_outer", leaf({}, element(0x30, object_identifier("1.2.840.10045.4.3.3"))), MALFORMED),
    case(
        57,
        "inner_sha1",
        leaf(
            {ALGORITHM: element(0x30, object_identifier("1.2.840.10045.4.1"))},
            element(0x30, object_identifier("1.2.840.10045.4.3.2")),
        ),
        MALFORMED,
    ),
    *(
        case(
            58,
            f"rsa_{bits}",
            spki(rsa_key_info(modulus(bits), 65537)),
            f"rsa key size {bits} bits is not supported",
        )
        for bits in (512, 1024, 2047, 2049, 3071, 4095, 8192, 16384)
    ),
    case(58, "exponent_1", spki(rsa_key_info(modulus(2048), 1)), "unsupported public key type"),
    case(58, "exponent_even", spki(rsa_key_info(modulus(2048), 65536)), "unsupported public key type"),
    case(58, "exponent_zero", spki(rsa_key_info(modulus(2048), 0)), "unsupported public key type"),
    case(58, "dsa", leaf_key(dsa.generate_private_key(1024)), "unsupported public key type"),
    case(58, "ed25519", leaf_key(ed25519.Ed25519PrivateKey.generate()), "unsupported public key type"),
    case(
        58,
        "p192",
        leaf_key(ec.generate_private_key(ec.SECP192R1())),
        "ecdsa key size 192 bits is not supported",
    ),
    case(
        58,
        "p224",
        leaf_key(ec.generate_private_key(ec.SECP224R1())),
        "ecdsa key size 224 bits is not supported",
    ),
    case(
        58,
        "secp256k1",
        leaf_key(ec.generate_private_key(ec.SECP256K1())),
        "ecdsa key size 256 bits is not supported",
    ),
    case(
        58,
        "brainpool",
        leaf_key(ec.generate_private_key(ec.BrainpoolP256R1())),
        "ecdsa key size 256 bits is not supported",
    ),
    case(
        58,
        "explicit_parameters",
        spki(curve_key_info(element(0x30, b"\x02\x01\x01", element(0x30)), b"\x04" + b"\x01" * 64)),
        MALFORMED,
    ),
    case(
        58,
        "implicit_parameters",
        spki(curve_key_info(b"\x05\x00", b"\x04" + b"\x01" * 64)),
        "unsupported public key type",
    ),
    case(
        58,
        "binary_curve_small_order",
        spki(curve_key_info(object_identifier("1.3.132.0.1"), b"\x04" + b"\x00" * 41 + b"\x01")),
        "unsupported public key type",
    ),
    case(
        58,
        "point_off_curve",
        spki(curve_key_info(P256_PARAMETERS, b"\x04" + b"\x01" * 64)),
        "unsupported public key type",
    ),
    case(
        58, "point_at_infinity", spki(curve_key_info(P256_PARAMETERS, b"\x00")), "unsupported public key type"
    ),
    case(
        58,
        "rsa_pss_key",
        spki(rsa_key_info(modulus(2048), 65537, element(0x30, object_identifier("1.2.840.113549.1.1.10")))),
        "unsupported public key type",
    ),
    case(
        58,
        "unknown_key_type",
        spki(element(0x30, element(0x30, object_identifier("1.2.3.4")), element(0x03, b"\0\1"))),
        "unsupported public key type",
    ),
    case(59, "version_1", leaf({VERSION: b"", EXTENSIONS: b""}), "key usage extension must be present"),
    case(59, "version_1_extensions", leaf({VERSION: b""}), MALFORMED),
    case(59, "version_2", leaf({VERSION: element(0xA0, b"\x02\x01\x01"), EXTENSIONS: b""}), MALFORMED),
    case(59, "version_4", leaf({VERSION: element(0xA0, b"\x02\x01\x03")}), MALFORMED),
    case(59, "version_1_issuer", intermediate({VERSION: b"", EXTENSIONS: b""}), NO_CA),
    case(
        59,
        "extension_twice",
        leaf(
            raw_extension("1.2.3.4", b"\x05\x00", instead=False)
            | {EXTENSIONS: with_extensions(lambda present: [*present, present[-1]])}
        ),
        MALFORMED,
    ),
    case(
        59,
        "key_usage_twice",
        leaf(
            {
                EXTENSIONS: with_extensions(
                    lambda present: [extension(KEY_USAGE, b"\x03\x02\x07\x80", CRITICAL), *present]
                )
            }
        ),
        MALFORMED,
    ),
    case(
        59,
        "no_extension_in_sequence",
        leaf({EXTENSIONS: lambda _: element(0xA3, element(0x30))}),
        "key usage extension must be present",
    ),
    case(
        59,
        "too_many_extensions",
        leaf(
            {
                EXTENSIONS: with_extensions(
                    lambda present: present + [extension(f"1.2.3.{n}", b"") for n in range(100)]
                )
            }
        ),
        MALFORMED,
    ),
    case(59, "negative_serial", leaf({SERIAL: b"\x02\x01\xff"}), MALFORMED),
    case(59, "long_form_serial", leaf({SERIAL: b"\x02\x02\x00\x01"}), MALFORMED),
    case(59, "empty_serial", leaf({SERIAL: b"\x02\x00"}), MALFORMED),
    case(59, "text_serial", leaf({SERIAL: b"\x0c\x011"}), MALFORMED),
    case(59, "empty_issuer", leaf({ISSUER: element(0x30)}), NOT_ISSUED),
    case(
        59,
        "other_issuer_encoding",
        leaf({ISSUER: directory_name(C="US", ST="WA", L="Seattle", O="Notary", CN="test intermediate 1")}),
        NOT_ISSUED,
    ),
    case(59, "subject_no_sequence", leaf({SUBJECT: element(0x31)}), MALFORMED),
    case(60, "trailing_byte", edited(lambda data: data + b"\0"), MALFORMED),
    case(60, "trailing_certificate", edited(lambda data: data + data), MALFORMED),
    case(60, "cut_short", edited(lambda data: data[:-1]), MALFORMED),
    case(60, "empty", edited(lambda _: b""), MALFORMED),
    case(60, "indefinite", edited(lambda data: b"\x30\x80" + data[4:] + b"\0\0"), MALFORMED),
    case(60, "long_length", edited(lambda data: b"\x30\x83\x00" + data[2:]), MALFORMED),
    case(60, "long_inner_length", leaf({SERIAL: b"\x02\x81\x01\x05"}), MALFORMED),
    case(60, "pem", lambda: [make_chain().pem()], MALFORMED),
    case(60, "root_trailing", edited(lambda data: data + b"\0", 2), MALFORMED),
    case(60, "not_a_certificate", lambda: [b"\x30\x00"], MALFORMED),
    case(
        60,
        "few_fields",
        lambda: [element(0x30, element(0x30, b"\x02\x01\x01"), element(0x30), element(0x03, b"\0"))],
        MALFORMED,
    ),
    case(60, "empty_version", leaf({VERSION: element(0xA0)}), MALFORMED),
    case(
        60,
        "extension_of_three",
        leaf(
            {
                EXTENSIONS: with_extensions(
                    lambda p: [*p, element(0x30, object_identifier("1.2.3"), b"\x05\x00", b"\x04\x00")]
                )
            }
        ),
        MALFORMED,
    ),
    case(
        60,
        "extensions_and_more",
        leaf({EXTENSIONS: lambda old: element(0xA3, *parts(old), b"\x05\x00")}),
        MALFORMED,
    ),
    case(
        60,
        "extensions_set",
        leaf({EXTENSIONS: lambda old: element(0xA3, element(0x31, parts(old)[0][2:]))}),
        MALFORMED,
    ),
    case(
        62,
        "year_0",
        leaf({VALIDITY: validity(general("00000101000000Z"), general("20500101000000Z"))}),
        MALFORMED,
    ),
    case(
        62,
        "30_february",
        leaf({VALIDITY: validity(utc("240230000000Z"), general("20500101000000Z"))}),
        MALFORMED,
    ),
    case(
        62,
        "no_seconds",
        leaf({VALIDITY: validity(utc("2402280000Z"), general("20500101000000Z"))}),
        MALFORMED,
    ),
    case(
        62,
        "offset",
        leaf({VALIDITY: validity(utc("240228000000+0100"), general("20500101000000Z"))}),
        MALFORMED,
    ),
    case(
        62,
        "fraction",
        leaf({VALIDITY: validity(general("20240228000000.5Z"), general("20500101000000Z"))}),
        MALFORMED,
    ),
    case(
        64,
        "10000",
        lambda: [make_chain().ders[0]] * 10_000,
        "certificate chain has 10000 certificates",
        "LIMIT",
    ),
    case(64, "nine", lambda: make_chain("EC-256", 9).ders, "certificate chain has 9 certificates", "LIMIT"),
    case(64, "cyclic", cyclic, "certificate chain has 11 certificates", "LIMIT"),
    case(64, "short_cycle", lambda: cyclic()[:5], "root certificate is invalid or not self-signed"),
    case(
        64,
        "one_name_many_keys",
        lambda: [make_chain("EC-256", 2, edits={1: changed(serial=n + 1)}).ders[1] for n in range(8)],
        "leaf certificate is self-signed",
    ),
    case(64, "none", list, "certificate chain is not present", "INTEGRITY"),
]

ACCEPTED = [
    pytest.param(chain(length=1), id="control_1"),
    pytest.param(chain(length=2), id="control_2"),
    pytest.param(chain(length=3), id="control_3"),
    pytest.param(lambda: make_chain("EC-256", MAX_CHAIN_LENGTH).ders, id="control_8"),
    pytest.param(
        chain(intermediate=_path_length(None), root=_path_length(None)), id="attack_050_no_path_length"
    ),
    pytest.param(
        chain(leaf=with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)),
        id="attack_051_leaf_false",
    ),
    pytest.param(
        leaf(raw_extension(BASIC, element(0x30, b"\x02\x01\x00"))), id="attack_050_path_length_on_leaf"
    ),
    pytest.param(
        leaf(raw_extension(KEY_USAGE, b"\x03\x02\x06\xc0", CRITICAL)), id="attack_052_content_commitment"
    ),
    pytest.param(
        leaf(raw_extension(KEY_USAGE, b"\x03\x02\x00\x80", CRITICAL)), id="attack_052_unstripped_zeros"
    ),
    pytest.param(chain(leaf=without(x509.ExtendedKeyUsage)), id="attack_053_absent"),
    pytest.param(chain(leaf=usages(x509.ObjectIdentifier("1.2.3.4"))), id="attack_053_unknown_only"),
    pytest.param(
        chain(leaf=usages(x509.ObjectIdentifier("1.2.3.4"), critical=True)),
        id="attack_053_unknown_only_critical",
    ),
    pytest.param(leaf({SERIAL: b"\x02\x01\x00"}), id="attack_059_zero_serial"),
    pytest.param(leaf({SERIAL: element(0x02, b"\x7f" * 40)}), id="attack_059_long_serial"),
    pytest.param(leaf({SUBJECT: element(0x30)}), id="attack_059_empty_subject"),
    pytest.param(
        leaf(raw_extension("2.5.29.17", element(0x30, element(0xA3, element(0x30))))),
        id="attack_063_alternative_name_of_rare_kind",
    ),
    pytest.param(leaf(raw_extension("2.5.29.17", b"\xff\xff")), id="attack_063_ignored_extension_is_rubbish"),
    pytest.param(
        leaf({VALIDITY: validity(utc("240101000000Z"), general("99991231235959Z"))}), id="attack_062_no_end"
    ),
    pytest.param(
        leaf({VALIDITY: validity(utc("500101000000Z"), general("20500101000000Z"))}),
        id="attack_062_utc_50_is_1950",
    ),
    pytest.param(unknown_critical("leaf"), id="attack_063_unknown_critical_leaf"),
    pytest.param(unknown_critical("intermediate"), id="attack_063_unknown_critical_intermediate"),
    pytest.param(unknown_critical("root"), id="attack_063_unknown_critical_root"),
]


@pytest.mark.parametrize(("build", "message", "word"), ATTACKS)
def test_certificate_attack_is_refused(build: Build, message: str, word: str) -> None:
    """Attacks 48 to 60, 62, 64, each row by its number, within the time budget; R-04, R-12.

    CERT-001 to CERT-004, CERT-005 to CERT-007, CERT-012, CERT-020 to CERT-023, CERT-030 to CERT-032, CERT-034,
    ALG-002.
    """
    ders = build()
    start = time.perf_counter()
    with pytest.raises(NotationError) as caught:
        chain_of(ders)
    assert time.perf_counter() - start < BUDGET_SECONDS
    assert caught.value.outcome.value == word, str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("build", ACCEPTED)
def test_certificate_oddity_is_accepted(build: Build) -> None:
    """Attacks 50 to 53, 59, 62, 63: CERT-011, CERT-021, CERT-032, CERT-033 allow these."""
    ders = build()
    assert [certificate.der for certificate in chain_of(ders).certificates] == list(ders)


@pytest.mark.parametrize("form", EnvelopeFormat)
@pytest.mark.parametrize(
    "fault", [without(x509.KeyUsage), changed(hash=hashes.SHA1())], ids=["key-usage", "sha1"]
)
def test_attack_052_inside_an_envelope(form: EnvelopeFormat, fault: Edit) -> None:
    """Attacks 52, 57: an envelope whose signature is good does not make up for a bad certificate."""
    bad = make_chain(edits={0: fault})
    data = jws(chain=bad) if form is EnvelopeFormat.JWS else cose(chain=bad)
    assert_judged(data, form, "AUTHENTICITY", "certificate-chain is invalid")


@pytest.mark.parametrize("key_type", ["RSA-2048", "RSA-4096", "EC-384"])
def test_attack_058_control(key_type: Any) -> None:
    """Attack 58: the supported sizes are accepted, whatever the keys of the CAs."""
    assert chain_of(make_chain(key_type).ders).algorithm.key_spec.value == key_type


def test_attack_058_ca_key_of_16384_bits_takes_no_time() -> None:
    """Attack 58; CERT-024: CA keys have any size, and a hopeless one costs milliseconds."""
    good = make_chain("RSA-2048")
    huge = resigned(good.ders[1], good.keys[2], {KEY: rsa_key_info(modulus(16384), modulus(16000))})
    start = time.perf_counter()
    with pytest.raises(NotationError) as caught:
        chain_of([good.ders[0], huge, good.ders[2]])
    assert time.perf_counter() - start < BUDGET_SECONDS
    assert caught.value.outcome is Outcome.AUTHENTICITY


EDGE = datetime(2030, 5, 5, 5, 5, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["leaf", "intermediate", "root"])
@pytest.mark.parametrize(
    ("first", "last", "at", "message"),
    [
        pytest.param(EDGE, EDGE + SECOND, EDGE, None, id="first-instant"),
        pytest.param(EDGE, EDGE + SECOND, EDGE + SECOND, None, id="last-instant"),
        pytest.param(EDGE, EDGE, EDGE, None, id="only-instant"),
        pytest.param(EDGE, EDGE + SECOND, EDGE - SECOND, "verification time is before certificate", id="before"),
        pytest.param(EDGE, EDGE + SECOND, EDGE - timedelta(microseconds=1), "is before", id="just-before"),
        pytest.param(EDGE, EDGE + SECOND, EDGE + 2 * SECOND, "verification time is after certificate", id="after"),
        pytest.param(EDGE, EDGE + SECOND, EDGE + SECOND + timedelta(microseconds=1), "is after", id="just-after"),
        pytest.param(datetime(2049, 12, 31, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC), None, id="utc-and-generalized"),
        pytest.param(datetime(2051, 1, 1, tzinfo=UTC), datetime(2052, 1, 1, tzinfo=UTC), EDGE, "is before", id="generalized-both"),
        pytest.param(datetime(1951, 1, 1, tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC), EDGE, "is after", id="last-century"),
    ],
)  # fmt: skip
def test_attack_061_062_every_certificate_counts(
    place: int, first: datetime, last: datetime, at: datetime, message: str | None
) -> None:
    """Attacks 61, 62; CERT-008, CERT-010: both ends are inclusive, for each certificate of the chain."""
    wide = {"not_before": datetime(1950, 1, 1, tzinfo=UTC), "not_after": datetime(2060, 1, 1, tzinfo=UTC)}
    edits = {n: changed(**wide) for n in range(3)} | {place: changed(not_before=first, not_after=last)}
    good = chain_of(make_chain(edits=edits).ders)
    if message is None:
        good.check_valid_at(at)
        return
    with pytest.raises(NotationError) as caught:
        good.check_valid_at(at)
    assert caught.value.outcome is Outcome.TIMESTAMP
    assert message in str(caught.value)
    assert good.certificates[place].subject in str(caught.value)


# --- attack 63: what RFC 5280 would refuse -------------------------------------------------------------


def constraint(
    permitted: Sequence[bytes] = (), excluded: Sequence[bytes] = (), *, bounds: bytes = b""
) -> bytes:
    """Return the DER of name constraints over encoded general names."""
    groups = [
        element(tag, *(element(0x30, base, bounds) for base in bases))
        for tag, bases in ((0xA0, permitted), (0xA1, excluded))
        if bases
    ]
    return element(0x30, *groups)


def directory(**attributes: str) -> bytes:
    return element(0xA4, directory_name(**attributes))


def printable(**attributes: str) -> bytes:
    return element(0xA4, x509.Name([*name("x", **attributes)]).public_bytes())


def constrained(
    value: bytes, *, critical: bool = True, place: str = "intermediate", leaf_edit: Edit | None = None
) -> Build:
    edit = with_extension(
        x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.30"), value), critical=critical
    )
    places = {place: edit} | ({"leaf": leaf_edit} if leaf_edit else {})
    return chain(**places)


def base_of(**attributes: str) -> bytes:
    """Return a directory name with the string types that the simulator's subjects have."""
    kinds = {
        "C": x509.NameOID.COUNTRY_NAME,
        "ST": x509.NameOID.STATE_OR_PROVINCE_NAME,
        "O": x509.NameOID.ORGANIZATION_NAME,
        "L": x509.NameOID.LOCALITY_NAME,
    }
    return element(
        0xA4,
        x509.Name(
            [x509.NameAttribute(kinds[kind], value) for kind, value in attributes.items()]
        ).public_bytes(),
    )


DNS = element(0x82, b"example.com")
HOST_NAME = with_extension(x509.SubjectAlternativeName([x509.DNSName("example.com")]), critical=True)
NOT_PERMITTED, EXCLUDED, INCOMPLETE = (
    "name is not permitted by",
    "name is excluded by",
    "not only about directory names",
)
ALTERNATIVE = with_extension(
    x509.SubjectAlternativeName([x509.DirectoryName(name("x", C="DE"))]), critical=False
)

PROBLEMS = [
    pytest.param(
        unknown_critical("leaf"),
        ["critical extension 1.3.6.1.4.1.99999.1 is not understood"],
        id="unknown_critical_leaf",
    ),
    pytest.param(
        unknown_critical("intermediate"),
        ["critical extension 1.3.6.1.4.1.99999.1 is not understood"],
        id="unknown_critical_intermediate",
    ),
    pytest.param(
        unknown_critical("root"),
        ["critical extension 1.3.6.1.4.1.99999.1 is not understood"],
        id="unknown_critical_root",
    ),
    pytest.param(
        unknown_critical("root", oid="2.5.29.36"),
        ["critical extension 2.5.29.36 is not understood"],
        id="policy_constraints",
    ),
    pytest.param(
        unknown_critical("leaf", oid=f"2.25.{1 << 40}"),
        ["critical extension 69a08080808000 is not understood"],
        id="large_identifier",
    ),
    pytest.param(constrained(constraint(excluded=[base_of(C="US")])), [EXCLUDED], id="excluded"),
    pytest.param(constrained(constraint(excluded=[base_of(C="US", ST="WA")])), [EXCLUDED], id="excluded_two"),
    pytest.param(
        constrained(constraint(excluded=[directory(C="us", ST=" wa ")])),
        [EXCLUDED],
        id="excluded_other_case_and_type",
    ),
    pytest.param(constrained(constraint(excluded=[directory()])), [EXCLUDED], id="excluded_everything"),
    pytest.param(
        constrained(constraint(excluded=[base_of(C="US")]), critical=False),
        [EXCLUDED],
        id="excluded_not_critical",
    ),
    pytest.param(
        constrained(constraint(excluded=[base_of(C="US")]), place="root"),
        [EXCLUDED, EXCLUDED],
        id="excluded_by_root",
    ),
    pytest.param(constrained(constraint(permitted=[base_of(C="DE")])), [NOT_PERMITTED], id="not_permitted"),
    pytest.param(
        constrained(constraint(permitted=[base_of(C="US", ST="WA", L="Seattle", O="Other")])),
        [NOT_PERMITTED],
        id="not_permitted_last",
    ),
    pytest.param(
        constrained(constraint(permitted=[directory(C="us")])),
        [NOT_PERMITTED],
        id="not_permitted_by_other_spelling",
    ),
    pytest.param(
        constrained(constraint(permitted=[base_of(C="US")]), leaf_edit=ALTERNATIVE),
        [NOT_PERMITTED],
        id="alternative_name",
    ),
    pytest.param(
        constrained(constraint(permitted=[base_of(C="US")], excluded=[base_of(C="US", ST="WA")])),
        [EXCLUDED],
        id="permitted_but_excluded",
    ),
    pytest.param(constrained(constraint(permitted=[DNS])), [INCOMPLETE], id="host_names"),
    pytest.param(
        constrained(constraint(excluded=[DNS, base_of(C="US")])),
        [INCOMPLETE, EXCLUDED],
        id="host_and_directory_names",
    ),
    pytest.param(
        constrained(constraint(permitted=[base_of(C="US")], bounds=b"\x81\x01\x01")),
        [INCOMPLETE],
        id="bounds",
    ),
    pytest.param(
        constrained(constraint(permitted=[base_of(C="US")])[:-1]), ["cannot be read"], id="cut_short"
    ),
    pytest.param(constrained(b"\x31\x02\xa0\x00"), ["cannot be read"], id="set"),
    pytest.param(constrained(b"\x30\x02\xa2\x00"), ["cannot be read"], id="other_group"),
    pytest.param(
        constrained(constraint(excluded=[element(0xA4, b"\x02\x01\x01")])),
        ["cannot be compared"],
        id="excluded_is_no_name",
    ),
    pytest.param(
        constrained(constraint(permitted=[base_of(C="US")]), place="leaf"),
        ["in a certificate that is no CA"],
        id="on_leaf",
    ),
]

HARMLESS = [
    pytest.param(chain(), id="plain"),
    pytest.param(chain(length=1), id="alone"),
    pytest.param(constrained(constraint(permitted=[base_of(C="US")])), id="permitted"),
    pytest.param(
        constrained(
            constraint(permitted=[base_of(C="DE"), base_of(C="US", ST="WA", L="Seattle", O="Notary")])
        ),
        id="one_of_two",
    ),
    pytest.param(constrained(constraint(permitted=[base_of(C="US")]), place="root"), id="permitted_by_root"),
    pytest.param(constrained(constraint(excluded=[base_of(C="DE")])), id="not_excluded"),
    pytest.param(
        constrained(constraint(excluded=[base_of(C="US", ST="WA", L="Seattle", O="Notary")[:-1] + b"Z"])),
        id="not_excluded_last",
    ),
    pytest.param(constrained(constraint(permitted=[DNS]), critical=False), id="host_names_not_critical"),
    pytest.param(
        leaf({SUBJECT: element(0x30)} | raw_extension("2.5.29.17", element(0x30, element(0x82, b"a")))),
        id="empty_subject",
    ),
    pytest.param(
        chain(
            leaf=with_extension(
                x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b""), critical=False
            )
        ),
        id="unknown_not_critical",
    ),
]


HOST_NAME = with_extension(x509.SubjectAlternativeName([x509.DNSName("example.com")]), critical=True)
HARMLESS.append(
    pytest.param(
        constrained(
            constraint(permitted=[base_of(C="DE")]),
            leaf_edit=all_of(changed(subject=x509.Name([])), HOST_NAME),
        ),
        id="no_name_to_permit",
    )
)


@pytest.mark.parametrize(("build", "messages"), PROBLEMS)
def test_attack_063_is_reported(build: Build, messages: list[str]) -> None:
    """Attack 63; R-14: the default accepts, and what `hardened` has to refuse is said, once for each."""
    ders = build()
    problems = rfc5280_problems(chain_of(ders))
    assert len(problems) == len(messages), problems
    for problem, message in zip(problems, messages, strict=True):
        assert message in problem
        assert problem.startswith('certificate with subject "CN=')


@pytest.mark.parametrize("build", HARMLESS)
def test_attack_063_nothing_to_report(build: Build) -> None:
    """Attack 63; R-14: constraints that are met, and extensions that are understood, are no problem."""
    assert rfc5280_problems(chain_of(build())) == ()


def test_attack_063_self_issued_intermediate_is_exempt() -> None:
    """RFC 5280 section 6.1.3: a self-issued CA certificate that is not the last need not be permitted."""
    value = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.30"), constraint(excluded=[base_of(C="US", ST="OR")])
    )
    odd = name("rollover", ST="OR")
    edits = {
        0: changed(issuer=odd),
        1: changed(subject=odd, issuer=odd),
        2: all_of(changed(subject=odd), with_extension(value, critical=True)),
    }
    assert rfc5280_problems(chain_of(make_chain("EC-256", 4, edits=edits).ders)) == ()


def test_attack_058_dsa_ca_signature_is_checked_or_refused() -> None:
    """Attack 58: a CA with another kind of key either signs or does not; it never crashes."""
    good = make_chain()
    for key in (ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)):
        ders = make_chain(edits={1: changed(public_key=key.public_key())}).ders
        with pytest.raises(NotationError, match=NOT_ISSUED):
            chain_of([good.ders[0], ders[1], good.ders[2]])


def test_timestamping_purpose_is_judged_by_its_own_rules() -> None:
    """CERT-040 to CERT-042: one critical usage, and key usage that need not be critical."""
    stamping = make_chain(
        "EC-256", 3, usage=Usage.TIME_STAMPING, edits={0: with_criticality_flipped(x509.KeyUsage)}
    )
    assert chain_of(stamping.ders, Purpose.TIMESTAMPING).leaf.der == stamping.ders[0]
    with pytest.raises(NotationError, match="must be marked critical"):
        chain_of(stamping.ders)
