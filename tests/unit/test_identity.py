# SPDX-License-Identifier: Apache-2.0
"""Trusted identities: reading them, and what they accept."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from notation_py.errors import MalformedError, Outcome, UntrustedError
from notation_py.trust.identity import TrustedIdentity, check_identities, overlapping_identities
from tests.simulator.names import IA5, US, der_name

VECTORS = Path(__file__).parents[2] / "conformance/vectors/trust-policy"

SUBJECT = der_name(*US, ("CN", "builder"))


def identities(*texts: str) -> list[TrustedIdentity]:
    return [TrustedIdentity.parse(text) for text in texts]


def test_parse_reads_a_subject() -> None:
    """The value after the first colon is a name; spaces around it are allowed (TP-060, TP-062)."""
    identity = TrustedIdentity.parse("x509.subject: C=US, ST=WA, O=a:b")
    assert identity.kind == "x509.subject"
    assert identity.name is not None
    assert identity.name.attributes == {"C": "US", "ST": "WA", "O": "a:b"}
    assert not identity.is_wildcard


def test_parse_keeps_other_kinds_for_plugins() -> None:
    """Other prefixes are valid and mean nothing here (TP-063)."""
    identity = TrustedIdentity.parse("com.example.key:arn:42")
    assert (identity.kind, identity.name, identity.text) == (
        "com.example.key",
        None,
        "com.example.key:arn:42",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "an empty trusted identity", id="empty"),
        pytest.param("x509.subject", 'trusted identity "x509.subject" missing separator', id="no-colon"),
        pytest.param(
            "x509.subject:", 'trusted identity "x509.subject:" without an identity value', id="no-value"
        ),
        pytest.param(
            "x509.subject: C=US,O=x",
            'trusted identity "x509.subject: C=US,O=x" with invalid identity value: distinguished name (DN) '
            "\" C=US,O=x\" has no mandatory RDN attribute for \"ST\", it must contain 'C', 'ST' or 'S', and "
            "'O' RDN attributes at a minimum",
            id="no-ST",
        ),
    ],
)
def test_parse_refuses(text: str, message: str) -> None:
    """Attack 66; TP-060, TP-064."""
    with pytest.raises(MalformedError) as caught:
        TrustedIdentity.parse(text)
    assert caught.value.message == message
    assert caught.value.outcome is Outcome.CONFIG


@pytest.mark.parametrize(
    ("one", "other", "overlaps"),
    [
        pytest.param("C=US,ST=WA,O=a", "C=US,ST=WA,O=a,X=Y", True, id="subset"),
        pytest.param("C=US,ST=WA,O=a,X=Y", "C=US,ST=WA,O=a", True, id="superset"),
        pytest.param("C=US,ST=WA,O=a", "O=a , S=WA , C=US", True, id="equal"),
        pytest.param("C=US,ST=WA,O=a,OU=x", "C=US,ST=WA,O=a,L=y", False, id="crossing"),
        pytest.param("C=US,ST=WA,O=a", "C=US,ST=WA,O=b,CN=x", False, id="other-value"),
    ],
)
def test_overlap_is_a_subset(one: str, other: str, overlaps: bool) -> None:
    """Attack 67; two entries where one accepts whatever the other does (TP-069)."""
    found = overlapping_identities(identities(f"x509.subject:{one}", "plugin:x", f"x509.subject:{other}"))
    assert (found is not None) is overlaps


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["*"], id="wildcard"),
        pytest.param(["x509.subject: C=US,ST=WA,O=Example"], id="fewer-attributes"),
        pytest.param(["x509.subject: CN=builder,O=Example,S=WA,C=US"], id="all-attributes"),
        pytest.param(
            ["x509.subject: C=US,ST=WA,O=b", "plugin:x", "x509.subject: C=US,ST=WA,O=Example"], id="last"
        ),
    ],
)
def test_check_accepts_the_signing_certificate(texts: list[str]) -> None:
    """A wildcard, or one entry whose attributes all occur in the subject (TP-061, TP-067)."""
    assert check_identities(identities(*texts), SUBJECT, policy_name="p") is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("texts", "raw", "message"),
    [
        pytest.param(
            ["x509.subject: C=US,ST=WA,O=Other"],
            SUBJECT,
            "signing certificate from the digital signature does not match the X.509 trusted identities "
            '[map["C":"US" "O":"Other" "ST":"WA"]] defined in the trust policy "p"',
            id="other-value",
        ),
        pytest.param(
            ["x509.subject: C=US,ST=WA,O=Example,OU=x"],
            SUBJECT,
            "signing certificate from the digital signature does not match the X.509 trusted identities "
            '[map["C":"US" "O":"Example" "OU":"x" "ST":"WA"]] defined in the trust policy "p"',
            id="more-attributes",
        ),
        pytest.param(
            ["plugin:x"],
            SUBJECT,
            'no x509 trusted identities are configured in the trust policy "p"',
            id="plugin-only",
        ),
        pytest.param(
            [], SUBJECT, 'no x509 trusted identities are configured in the trust policy "p"', id="none"
        ),
        pytest.param(
            ["x509.subject: C=US,ST=WA,O=Example"],
            der_name(*US, ("EMAIL", "a@b", IA5)),
            'error while parsing the certificate subject from the digital signature. error : "unsupported '
            'distinguished name (DN) \\"O=Example,ST=WA,C=US,1.2.840.113549.1.9.1=#0c03614062\\": '
            'notation does not support x509.subject identities containing \\"=#\\""',
            id="e-mail-in-subject",
        ),
    ],
)
def test_check_refuses_in_the_words_of_the_go_program(texts: list[str], raw: bytes, message: str) -> None:
    """Empty is not success, and no match is none (TP-063, TP-067, TP-068)."""
    with pytest.raises(UntrustedError) as caught:
        check_identities(identities(*texts), raw, policy_name="p")
    assert caught.value.message == message
    assert caught.value.outcome is Outcome.AUTHENTICITY


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(der_name(*US, ("CN", "evil"), ("CN", "builder")), id="two-CN"),
        pytest.param(der_name(*US[:2], [US[2], ("CN", "builder")]), id="multi-valued"),
        pytest.param(der_name(*US, ("OU", "CN=builder")), id="inside-another-attribute"),
        pytest.param(der_name(*US, ("OU", "x,CN=builder")), id="inside-another-attribute-with-comma"),
        pytest.param(der_name(*US, ("CN", "builder\0.evil")), id="NUL"),
        pytest.param(der_name(*US, ("CN", "builder\n")), id="newline"),
        pytest.param(der_name(*US, ("CN", "\x1b[1mbuilder")), id="terminal-escape"),
        pytest.param(der_name(*US, ("CN", "\u202ebuilder")), id="right-to-left"),
        pytest.param(der_name(*US, ("CN", "bui\u04cfder")), id="homoglyph"),
        pytest.param(der_name(*US, ("CN", "builder ")), id="trailing-space"),
        pytest.param(der_name(*US, ("CN", "Builder")), id="letter-case"),
    ],
)
def test_check_refuses_a_subject_made_to_look_trusted(raw: bytes) -> None:
    """Attack 65; what is shown has its control and direction characters escaped (R-13, R-36)."""
    trusted = identities("x509.subject: C=US,ST=WA,O=Example,CN=builder")
    with pytest.raises(UntrustedError) as caught:
        check_identities(trusted, raw, policy_name="p")
    assert caught.value.outcome is Outcome.AUTHENTICITY
    assert not set("\0\n\x1b\u202e") & set(f"{caught.value.message}{caught.value.hint}")


def test_check_accepts_what_the_go_library_accepts() -> None:
    """The code-built table of the Go library for its own signing certificate (TP-067)."""
    path = VECTORS / "notation-go/verifier/testdata/verifier/signing-cert.pem"
    raw = x509.load_pem_x509_certificate(path.read_bytes()).subject.public_bytes()
    good, bad = "x509.subject: C=US,O=SomeOrg,ST=WA", "x509.subject: C=IND,O=SomeOrg,ST=TS"
    for texts in ([good], [good, "nonX509Prefix:my-custom-identity"], [good, bad]):
        check_identities(identities(*texts), raw, policy_name="p")
    for texts in (["nonX509Prefix:my-custom-identity"], [bad]):
        with pytest.raises(UntrustedError):
            check_identities(identities(*texts), raw, policy_name="p")
