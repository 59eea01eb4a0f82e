# SPDX-License-Identifier: Apache-2.0
"""Distinguished names: the policy's grammar, the certificate's bytes, Go's text."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from cryptography import x509

from notation_py.certificates.name import MAX_NAME_BYTES, DistinguishedName, find_overlap, name_text
from notation_py.errors import MalformedError, Outcome
from tests.simulator.names import BMP, IA5, NUMERIC, PRINTABLE, TELETEX, UNIVERSAL, US, UTF8, der_name, tlv

VECTORS = Path(__file__).parents[2] / "conformance/vectors/trust-policy"
CERTIFICATES = [
    entry for entry in json.loads((VECTORS / "index.json").read_text()) if entry["kind"] == "certificate"
]

EQUAL = {"C": "US", "ST": "WA", "O": "Example"}


def attributes(text: str) -> dict[str, str]:
    return dict(DistinguishedName.parse(text).attributes)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        pytest.param("C=US,ST=WA,O=Example", {}, id="plain"),
        pytest.param(" C = US , ST = WA ; O = Example ", {}, id="spaces-and-semicolon"),
        pytest.param("O=Example,S=WA,C=US", {}, id="S-is-ST"),
        pytest.param("C=US,ST=WA,O=Example,CustomRDN=x", {"CustomRDN": "x"}, id="unknown-type"),
        pytest.param("C=US,ST=WA,O=Example,CN=a=b=c", {"CN": "a=b=c"}, id="later-equals-is-literal"),
        pytest.param("C=US,ST=WA,O=Example,CN=  My.  Org", {"CN": "My.  Org"}, id="inner-spaces-stay"),
        pytest.param(
            r"C=US,ST=WA,O=Example,CN=\"q\" \, \; \\ \+ \<\>\=\#", {"CN": '"q" , ; \\ + <>=#'}, id="escapes"
        ),
        pytest.param('C=US,ST=WA,O=Example,CN="a"', {"CN": '"a"'}, id="quotes-are-ordinary"),
        pytest.param(r"C=US,ST=WA,O=Example,CN=\C3\a9\20", {"CN": "é "}, id="hex-bytes"),
        pytest.param(r"C=US,ST=WA,O=Example,CN=\ a\  ", {"CN": " a "}, id="escaped-outer-spaces"),
        pytest.param(
            r"C=US,ST=WA,O=Example,CN=a\\  ", {"CN": "a\\ "}, id="space-after-escaped-backslash-stays"
        ),
        pytest.param(r"C=US,ST=WA,O=Example,CN= #a", {"CN": "#a"}, id="hash-after-space"),
        pytest.param(r"C=US,ST=WA,O=Example,\43\4E=x", {"CN": "x"}, id="escaped-type"),
        pytest.param("C=US,ST=WA,O=Example,CN=Ж\u200f", {"CN": "Ж\u200f"}, id="any-script"),
    ],
)
def test_parse_reads_what_a_policy_writes(text: str, more: dict[str, str]) -> None:
    """Separators, trimming, escapes and the alias (TP-062, TP-065, TP-066)."""
    assert attributes(text) == EQUAL | more


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", 'no mandatory RDN attribute for "C"', id="empty"),
        pytest.param("  ", 'no mandatory RDN attribute for "C"', id="blank"),
        pytest.param("C=US,O=x", 'no mandatory RDN attribute for "ST"', id="no-ST"),
        pytest.param("C=US,ST=x", 'no mandatory RDN attribute for "O"', id="no-O"),
        pytest.param("C=US,ST=x,O=", 'no mandatory RDN attribute for "O"', id="empty-O"),
        pytest.param("c=US,ST=x,O=x", 'no mandatory RDN attribute for "C"', id="lower-case-mandatory"),
        pytest.param("C=US,ST=x,O=x,OU=", 'an empty value for "OU"', id="empty-value"),
        pytest.param("C=US,ST=x,O=x,ou=y", 'unknown RDN attribute "ou"', id="lower-case-type"),
        pytest.param("C=US,ST=x,O=x,1.2.3=y", "an object identifier", id="object-identifier"),
        pytest.param("C=US,ST=x,S=y,O=x", 'duplicate RDN attribute for "ST"', id="S-and-ST"),
        pytest.param("C=US,ST=x,O=x,OU=,OU=a", 'duplicate RDN attribute for "OU"', id="again-after-empty"),
        pytest.param("C=US,ST=x,O=x,CN=a=#b", 'containing "=#"', id="hash-form"),
        pytest.param("C=US+ST=WA,O=x", "multi-valued RDN attributes", id="multi-valued"),
        pytest.param("C=US,ST=x,O=a, b", "incomplete type, value pair", id="unescaped-comma"),
        pytest.param("invalid", "incomplete type, value pair", id="no-equals"),
        pytest.param(",,,", "incomplete type, value pair", id="commas"),
        pytest.param("C=US,ST=x,O=x,", "incomplete type, value pair", id="trailing-comma"),
        pytest.param("=C=US,ST=x,O=x", "attribute type is missing", id="empty-type"),
        pytest.param("C=US,ST=x,O=x\\", "invalid escape", id="lone-backslash"),
        pytest.param("C=US,ST=x,O=\\xg", "invalid escape", id="bad-escape"),
        pytest.param("C=US,ST=x,O=\\4", "invalid escape", id="half-a-hex-pair"),
        pytest.param("C=US,ST=x,O=\\é", "invalid escape", id="escaped-letter"),
        pytest.param("C=US,ST=x,O=\\C3", "invalid escape", id="hex-is-no-UTF-8"),
        pytest.param("C=US,ST=x,O=a\\00", "control character", id="NUL"),
        pytest.param("C=US,ST=x,O=a\nb", "control character", id="newline"),
        pytest.param("C=US,ST=x,O=a\x9b2J", "control character", id="C1-control"),
        pytest.param("C=US,ST=x,O=\ud800", "control character", id="lone-surrogate"),
        pytest.param("C=US,ST=x,O=x,a\x1b=x", "control character", id="control-in-type"),
        pytest.param("C=US,ST=x,O=" + "x" * MAX_NAME_BYTES, "longer than", id="too-long"),
    ],
)
def test_parse_refuses_what_two_people_could_read_differently(text: str, message: str) -> None:
    """Attack 66; TP-064, TP-065, TP-070, R-13."""
    with pytest.raises(MalformedError) as caught:
        DistinguishedName.parse(text)
    assert message in caught.value.message
    assert caught.value.outcome is Outcome.CONFIG


def test_parse_names_the_spelling_that_was_meant() -> None:
    """A lower-case type gets a hint with the right one (TP-065)."""
    with pytest.raises(MalformedError) as caught:
        DistinguishedName.parse("C=US,s=WA,O=x")
    assert caught.value.hint == "attribute types are case-sensitive, write ST for s"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\\ " * (1 << 19), id="escaped-spaces"),
        pytest.param("C=" * (1 << 19), id="equals"),
        pytest.param("a=b," * (1 << 18), id="commas"),
        pytest.param(" " * (1 << 20), id="spaces"),
    ],
)
def test_parse_refuses_a_mebibyte_at_once(text: str) -> None:
    """Attack 188; SEC-003."""
    begun = time.perf_counter()
    with pytest.raises(MalformedError):
        DistinguishedName.parse(text)
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    "tag",
    [UTF8, PRINTABLE, IA5, TELETEX, BMP, UNIVERSAL],
    ids=["utf8", "printable", "ia5", "teletex", "bmp", "universal"],
)
def test_from_subject_compares_text_and_not_its_encoding(tag: int) -> None:
    """Attack 65, different string types of the same text (TP-068, R-13)."""
    subject = DistinguishedName.from_subject(der_name(("C", "US"), ("ST", "WA"), ("O", "Example", tag)))
    assert subject.attributes == EQUAL


def test_from_subject_gives_a_name_that_nobody_can_change() -> None:
    """A name that is remembered for the next signature cannot be changed by who got it first (TP-068)."""
    raw = der_name(("C", "US"), ("ST", "WA"), ("O", "Example"))
    with pytest.raises(TypeError):
        DistinguishedName.from_subject(raw).attributes["O"] = "Another"  # type: ignore[index]
    assert DistinguishedName.from_subject(raw).attributes["O"] == "Example"


def test_from_subject_reads_every_short_type() -> None:
    """The nine types with short names, in any order (TP-068)."""
    more = {"CN": "n", "SERIALNUMBER": "1", "L": "l", "STREET": "s", "OU": "u", "POSTALCODE": "12 3"}
    raw = der_name(*more.items(), *US)
    assert DistinguishedName.from_subject(raw).attributes == EQUAL | more
    numeric = der_name(*US, ("POSTALCODE", "12 3", NUMERIC))
    assert DistinguishedName.from_subject(numeric).attributes["POSTALCODE"] == "12 3"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(
            der_name(*US, ("CN", "trusted"), ("CN", "other")), 'duplicate RDN attribute for "CN"', id="two-CN"
        ),
        pytest.param(
            der_name(*US, ("SERIALNUMBER", "1"), ("SERIALNUMBER", "1")), "duplicate", id="two-serial-numbers"
        ),
        pytest.param(der_name(*US, ("OU", "a"), ("OU", "b")), "multi-valued", id="two-OU"),
        pytest.param(
            der_name(("C", "US"), [("ST", "WA"), ("O", "Example")]), "multi-valued", id="two-types-in-one-set"
        ),
        pytest.param(der_name(*US, ("EMAIL", "a@b", IA5)), 'containing "=#"', id="e-mail"),
        pytest.param(der_name(*US, ("DC", "x", IA5)), 'containing "=#"', id="domain-component"),
        pytest.param(der_name(*US, ("GN", "x")), 'containing "=#"', id="given-name"),
        pytest.param(der_name(*US, ("CN", "a=#b")), 'containing "=#"', id="hash-form-in-value"),
        pytest.param(der_name(*US, ("CN", "trusted\0.evil")), "NUL or control character", id="NUL"),
        pytest.param(der_name(*US, ("CN", "a\n")), "NUL or control character", id="newline"),
        pytest.param(der_name(*US, ("CN", "\x1b[2J")), "NUL or control character", id="terminal-escape"),
        pytest.param(der_name(*US, ("CN", "a\0", BMP)), "NUL or control character", id="BMP-terminator"),
        pytest.param(der_name(("C", "US"), ("O", "x")), 'no mandatory RDN attribute for "ST"', id="no-ST"),
        pytest.param(
            der_name(("C", "US"), ("ST", "WA"), ("O", "")), 'no mandatory RDN attribute for "O"', id="empty-O"
        ),
        pytest.param(der_name(), 'no mandatory RDN attribute for "C"', id="empty"),
        pytest.param(der_name(*US, ("CN", b"\xff", UTF8)), "not a string of its type", id="no-UTF-8"),
        pytest.param(
            der_name(*US, ("CN", b"a@b", PRINTABLE)), "not a string of its type", id="no-PrintableString"
        ),
        pytest.param(
            der_name(*US, ("CN", b"1a", NUMERIC)), "not a string of its type", id="no-NumericString"
        ),
        pytest.param(der_name(*US, ("CN", b"\x80", IA5)), "not a string of its type", id="no-IA5String"),
        pytest.param(
            der_name(*US, ("CN", b"\0", BMP)), "not a string of its type", id="half-a-BMP-character"
        ),
        pytest.param(
            der_name(*US, ("CN", b"\xd8\x3d\xde\x00", BMP)), "not a string of its type", id="BMP-surrogates"
        ),
        pytest.param(
            der_name(*US, ("CN", b"\x00\x00\xd8\x00", UNIVERSAL)), "not a string of its type", id="surrogate"
        ),
        pytest.param(der_name(*US, ("CN", b"\x01", 0x02)), "not a string of its type", id="integer"),
        pytest.param(der_name(*US, []), "has no attribute", id="empty-set"),
        pytest.param(der_name(*US) + b"\0", "not one DER sequence", id="trailing-byte"),
        pytest.param(b"", "cut short", id="nothing"),
        pytest.param(tlv(0x30, tlv(0x30, b"")), "not a DER set", id="sequence-for-set"),
        pytest.param(
            tlv(0x30, tlv(0x31, tlv(0x31, tlv(6, b"U") + tlv(12, b"")))),
            "attribute of a name",
            id="set-for-sequence",
        ),
        pytest.param(
            tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b"U\x04\x03") + tlv(12, b"a") + tlv(12, b"b")))),
            "attribute of a name",
            id="two-values",
        ),
        pytest.param(der_name(*US, ("CN", "x" * MAX_NAME_BYTES)), "longer than", id="too-long"),
    ],
)
def test_from_subject_refuses_what_no_identity_may_match(raw: bytes, message: str) -> None:
    """Attack 65; TP-064, TP-068, R-13."""
    with pytest.raises(MalformedError) as caught:
        DistinguishedName.from_subject(raw)
    assert message in caught.value.message
    assert caught.value.outcome is Outcome.AUTHENTICITY


@pytest.mark.parametrize("entry", CERTIFICATES, ids=lambda entry: Path(entry["file"]).stem)
def test_from_subject_agrees_with_the_vectors(entry: dict[str, str]) -> None:
    """The subjects of the Go library's own test certificates get its verdict (TP-068)."""
    certificate = x509.load_pem_x509_certificate((VECTORS / entry["file"]).read_bytes())
    raw = certificate.subject.public_bytes()
    if entry["expect"] == "accept":
        assert DistinguishedName.from_subject(raw) == DistinguishedName.parse(name_text(raw))
    else:
        with pytest.raises(MalformedError) as caught:
            DistinguishedName.from_subject(raw)
        assert entry["message"] in caught.value.message


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("C=US,ST=WA,O=a", "O=a,CN=x,C=US,ST=WA", True, id="fewer-attributes"),
        pytest.param("C=US,ST=WA,O=a,CN=x", "C=US,ST=WA,O=a", False, id="more-attributes"),
        pytest.param("C=US,ST=WA,O=a", "C=US,ST=WA,O=A", False, id="letter-case"),
        pytest.param("C=US,ST=WA,O=a", "C=US,ST=WA,O=a\\ ", False, id="trailing-space"),
        pytest.param("C=US,ST=WA,O=a", "C=US,ST=WA,O=\u0430", False, id="homoglyph"),
        pytest.param("C=US,ST=WA,O=a", "C=US,ST=WA,O=\u200fa", False, id="right-to-left-mark"),
        pytest.param("C=US,ST=WA,O=\u00e9", "C=US,ST=WA,O=e\u0301", False, id="other-normal-form"),
        pytest.param("C=US,ST=WA,O=a,CN=x", "C=US,ST=WA,O=a,OU=x", False, id="other-attribute"),
    ],
)
def test_subset_needs_equal_values(one: str, other: str, expected: bool) -> None:
    """Attack 65; TP-067."""
    assert DistinguishedName.parse(one).is_subset_of(DistinguishedName.parse(other)) is expected


def test_find_overlap_names_the_first_pair() -> None:
    """The pair that the Go program reports, in its order (TP-069)."""
    texts = ["C=a,ST=b,O=c,OU=d", "C=a,ST=b,O=c,L=e", "C=a,ST=b,O=c", "C=a,ST=b,O=c,OU=d"]
    names = [DistinguishedName.parse(text) for text in texts]
    assert find_overlap(names[:2]) is None
    assert find_overlap(names[:3]) == (2, 0)
    assert find_overlap(names) == (0, 3)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(
            der_name(*US, ("CN", "n"), ("OU", "u"), ("L", "l")),
            "CN=n,OU=u,O=Example,L=l,ST=WA,C=US",
            id="fixed-order",
        ),
        pytest.param(
            der_name(("POSTALCODE", "1"), ("STREET", "s"), ("SERIALNUMBER", "2")),
            "SERIALNUMBER=2,POSTALCODE=1,STREET=s",
            id="the-rest",
        ),
        pytest.param(der_name(("OU", "a"), ("O", "o"), ("OU", "b")), "OU=a+OU=b,O=o", id="joined"),
        pytest.param(der_name([("O", "a"), ("C", "b")]), "O=a,C=b", id="set-taken-apart"),
        pytest.param(der_name(("CN", "a"), ("CN", "b")), "CN=b", id="last-CN-wins"),
        pytest.param(der_name(("CN", "a"), ("CN", "")), "", id="last-CN-empty"),
        pytest.param(der_name(("OU", "")), "OU=", id="empty-OU"),
        pytest.param(
            der_name(("CN", ' a,b+c"d\\e<f>g;h=#i ')),
            'CN=\\ a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h=#i\\ ',
            id="escapes",
        ),
        pytest.param(der_name(("CN", "#a# ")), "CN=\\#a#\\ ", id="leading-hash"),
        pytest.param(der_name(("CN", " ")), "CN=\\ ", id="one-space"),
        pytest.param(der_name(("CN", "é\u200f")), "CN=é\u200f", id="not-escaped"),
        pytest.param(
            der_name(("EMAIL", "a@b", IA5), ("CN", "n")),
            "CN=n,1.2.840.113549.1.9.1=#0c03614062",
            id="unknown-as-UTF8String",
        ),
        pytest.param(
            der_name(("DC", "x", IA5), ("DC", "y", IA5)),
            "0.9.2342.19200300.100.1.25=#130179,0.9.2342.19200300.100.1.25=#130178",
            id="unknown-reversed",
        ),
        pytest.param(
            der_name(("GN", "x" * 200, TELETEX)), "2.5.4.42=#1381c8" + "78" * 200, id="unknown-long"
        ),
        pytest.param(der_name(("CN", "ab", BMP)), "CN=ab", id="BMP"),
        pytest.param(der_name(("CN", "ab\0", BMP)), "CN=ab", id="BMP-terminator"),
        pytest.param(der_name(("CN", b"a@b", PRINTABLE)), "CN=#1303614062", id="undecodable"),
        pytest.param(der_name(), "", id="empty"),
    ],
)
def test_name_text_is_that_of_go(raw: bytes, text: str) -> None:
    """The text form of listings and messages; values from Go 1.26, but for the undecodable one (VER-080)."""
    assert name_text(raw) == text


@pytest.mark.parametrize(
    "oid",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x80\x01", id="padded"),
        pytest.param(b"\x2a\x86", id="cut-short"),
        pytest.param(b"\x2a" + b"\xff" * 9 + b"\x7f", id="huge-arc"),
    ],
)
def test_name_text_refuses_what_is_no_object_identifier(oid: bytes) -> None:
    """A broken type is an error and not a guess (SEC-003)."""
    raw = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, oid) + tlv(UTF8, b"x"))))
    with pytest.raises(MalformedError, match="object identifier"):
        name_text(raw)


def test_name_is_shown_as_go_prints_a_map() -> None:
    """The form in the message for an identity that does not match (VER-043)."""
    assert DistinguishedName.parse('ST=WA,O=a"b,C=US').go_map == 'map["C":"US" "O":"a\\"b" "ST":"WA"]'
