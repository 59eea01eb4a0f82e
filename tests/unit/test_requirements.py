# SPDX-License-Identifier: Apache-2.0
"""The table "checks by purpose, side by side": every cell, for a CA and a leaf of each purpose."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from notation_py.certificates.certificate import Certificate
from notation_py.certificates.requirements import Purpose, check_ca, check_leaf
from notation_py.errors import MalformedError, Outcome
from tests.simulator.pki import (
    KEY_TYPES,
    Edit,
    KeyType,
    all_of,
    key_usage,
    make_chain,
    with_criticality_flipped,
    with_extension,
    without,
)

USAGES = {Purpose.CODE_SIGNING: Usage.CODE_SIGNING, Purpose.TIMESTAMPING: Usage.TIME_STAMPING}
CA, LEAF = 1, 0
BITS = {
    "key_encipherment": "KeyEncipherment",
    "data_encipherment": "DataEncipherment",
    "key_agreement": "KeyAgreement",
    "key_cert_sign": "CertSign",
    "crl_sign": "CRLSign",
}
EVERY = pytest.mark.parametrize("purpose", Purpose, ids=lambda purpose: purpose.name.lower())


def checked(purpose: Purpose, place: int, *edits: Edit, key_type: KeyType = "EC-256") -> None:
    """Make one certificate with *edits* for *place* and hold it to the rules of *purpose*."""
    chain = make_chain(key_type, 3, usage=USAGES[purpose], edits={place: all_of(*edits)})
    certificate = Certificate.parse(chain.ders[place])
    if place == CA:
        check_ca(certificate, purpose, below=0)
    else:
        assert check_leaf(certificate, purpose)[1].key_spec.value == key_type


def assert_refused(reason: str, purpose: Purpose, place: int, *edits: Edit) -> None:
    with pytest.raises(MalformedError) as caught:
        checked(purpose, place, *edits)
    assert reason in str(caught.value)
    assert caught.value.outcome is Outcome.AUTHENTICITY
    assert 'certificate with subject "CN=test' in str(caught.value)
    assert caught.value.hint


def basic(*, ca: bool, length: int | None = None, critical: bool = True) -> Edit:
    return with_extension(x509.BasicConstraints(ca=ca, path_length=length), critical=critical)


def usage(*bits: str, critical: bool = True) -> Edit:
    return with_extension(key_usage(*bits), critical=critical)


def extended(*oids: x509.ObjectIdentifier, critical: bool = False) -> Edit:
    return with_extension(x509.ExtendedKeyUsage(oids), critical=critical)


@EVERY
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_good_certificates_meet_the_rules(purpose: Purpose, key_type: KeyType) -> None:
    """CERT-035, CERT-043, ALG-008: leaves of all six key types, and CAs, of both purposes."""
    checked(purpose, CA, key_type=key_type)
    checked(purpose, LEAF, key_type=key_type)
    with pytest.raises(MalformedError):
        checked(purpose, LEAF, without(x509.KeyUsage), key_type=key_type)


@EVERY
def test_ca_basic_constraints(purpose: Purpose) -> None:
    """CERT-020: present, critical, true."""
    reason = "ca field in basic constraints must be present, critical, and set to true"
    assert_refused(reason, purpose, CA, without(x509.BasicConstraints))
    assert_refused(reason, purpose, CA, basic(ca=True, critical=False))
    assert_refused(reason, purpose, CA, basic(ca=False))


@EVERY
@pytest.mark.parametrize(("length", "below"), [(0, 0), (0, 1), (1, 1), (1, 2), (None, 7), (5, 2)])
def test_ca_path_length(purpose: Purpose, length: int | None, below: int) -> None:
    """CERT-021: a value of zero is significant, an absent one is no limit."""
    ders = make_chain("EC-256", 3, edits={CA: basic(ca=True, length=length)}).ders
    certificate = Certificate.parse(ders[CA])
    if length is None or length >= below:
        assert check_ca(certificate, purpose, below=below) is None
        return
    with pytest.raises(
        MalformedError, match=f"expected path length of {below} but certificate has path length {length}"
    ):
        check_ca(certificate, purpose, below=below)


@EVERY
def test_ca_key_usage(purpose: Purpose) -> None:
    """CERT-022, CERT-023: present with keyCertSign, whatever else; critical for code signing only."""
    assert_refused("key usage extension must be present", purpose, CA, without(x509.KeyUsage))
    assert_refused("key cert sign set", purpose, CA, usage("crl_sign", "digital_signature"))
    checked(purpose, CA, usage("key_cert_sign", "digital_signature", "key_agreement"))
    if purpose is Purpose.CODE_SIGNING:
        assert_refused("must be marked critical", purpose, CA, with_criticality_flipped(x509.KeyUsage))
    else:
        checked(purpose, CA, with_criticality_flipped(x509.KeyUsage))


@EVERY
def test_ca_extended_key_usage_is_ignored(purpose: Purpose) -> None:
    """CERT-011, CERT-024: nothing else about a CA is judged here."""
    assert checked(purpose, CA, extended(Usage.SERVER_AUTH, critical=True)) is None


@EVERY
def test_leaf_basic_constraints(purpose: Purpose) -> None:
    """CERT-030, CERT-040: absent or false, critical or not."""
    for critical in (True, False):
        checked(purpose, LEAF, basic(ca=False, critical=critical))
        assert_refused("the ca field must be set to false", purpose, LEAF, basic(ca=True, critical=critical))


@EVERY
def test_leaf_key_usage(purpose: Purpose) -> None:
    """CERT-031, CERT-032, CERT-041: digitalSignature and perhaps contentCommitment, nothing else."""
    assert_refused("key usage extension must be present", purpose, LEAF, without(x509.KeyUsage))
    assert_refused('"Digital Signature" set', purpose, LEAF, usage("content_commitment"))
    checked(purpose, LEAF, usage("digital_signature", "content_commitment"))
    for bit, word in BITS.items():
        assert_refused(f'only, but found "{word}"', purpose, LEAF, usage("digital_signature", bit))
    for bit, word in {"encipher_only": "EncipherOnly", "decipher_only": "DecipherOnly"}.items():
        edit = usage("digital_signature", "key_agreement", bit)
        assert_refused(f'found "KeyAgreement", "{word}"', purpose, LEAF, edit)
    if purpose is Purpose.CODE_SIGNING:
        assert_refused("must be marked critical", purpose, LEAF, with_criticality_flipped(x509.KeyUsage))
    else:
        checked(purpose, LEAF, with_criticality_flipped(x509.KeyUsage))


@pytest.mark.parametrize("critical", [True, False])
def test_code_signing_leaf_extended_key_usage(critical: bool) -> None:
    """CERT-033, CERT-034: absent, or without the six; codeSigning itself is not needed."""
    place = (Purpose.CODE_SIGNING, LEAF)
    checked(*place, without(x509.ExtendedKeyUsage))
    checked(*place, extended(x509.ObjectIdentifier("1.2.3"), critical=critical))
    checked(*place, extended(Usage.CODE_SIGNING, x509.ObjectIdentifier("1.2.3"), critical=critical))
    for oid, word in (
        (Usage.ANY_EXTENDED_KEY_USAGE, "Any"),
        (Usage.SERVER_AUTH, "ServerAuth"),
        (Usage.CLIENT_AUTH, "ClientAuth"),
        (Usage.EMAIL_PROTECTION, "EmailProtection"),
        (Usage.TIME_STAMPING, "Timestamping"),
        (Usage.OCSP_SIGNING, "OCSPSigning"),
    ):
        edit = extended(Usage.CODE_SIGNING, oid, critical=critical)
        assert_refused(f"extended key usage must not contain {word} eku", *place, edit)


def test_timestamping_leaf_extended_key_usage() -> None:
    """CERT-042: exactly timeStamping, and critical."""
    place = (Purpose.TIMESTAMPING, LEAF)
    only = "must have and only have Timestamping as extended key usage"
    assert_refused(only, *place, without(x509.ExtendedKeyUsage))
    assert_refused(only, *place, extended(Usage.CODE_SIGNING, critical=True))
    assert_refused(only, *place, extended(Usage.TIME_STAMPING, Usage.CODE_SIGNING, critical=True))
    assert_refused(only, *place, extended(Usage.TIME_STAMPING, x509.ObjectIdentifier("1.2.3"), critical=True))
    critical = "must have extended key usage extension marked as critical"
    assert_refused(critical, *place, extended(Usage.TIME_STAMPING))
