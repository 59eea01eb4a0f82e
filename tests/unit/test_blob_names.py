# SPDX-License-Identifier: Apache-2.0
"""Media types of blobs and names of signature files."""

from __future__ import annotations

import pytest

from notation_py.envelope.blob import check_media_type, format_of_file_name, signature_file_name
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import UsageError
from tests.simulator.blobs import BlobScenario

JWS, COSE = EnvelopeFormat.JWS, EnvelopeFormat.COSE


@pytest.mark.parametrize(
    "text",
    [
        "application/octet-stream",
        "other-media-type",
        "video/mp4; codecs=avc1",
        'text/plain;charset="utf-8"',
        'text/plain; a="b\\"c"; d=e',
        "a/b;",
        "a/b ; c = d ",
        "a/b; c=d; C=d",
        " a/b",
    ],
)
def test_media_type_is_accepted(text):
    """What the Go program's parser takes, with or without a slash, is kept as written. PAY-010, BLOB-024."""
    check_media_type(text)
    assert BlobScenario().sign(media_type=text).target.media_type == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" ", "no media type"),
        ("/b", "no media type"),
        ("a b", "expected slash after first token"),
        ("ä/b", "no media type"),
        ("a/", "expected token after slash"),
        ("a/b/c", "unexpected content after media subtype"),
        ("a/b c", "unexpected content after media subtype"),
        ("a/b; c", "invalid media parameter"),
        ("a/b; c=", "invalid media parameter"),
        ('a/b; c="d', "invalid media parameter"),
        ("a/b; c=d e", "invalid media parameter"),
        ("a/b; c=d; C=e", "duplicate parameter name"),
        ("a/b\n", "unprintable character"),
        ('a/b; c="\u200b"', "unprintable character"),
        (f"a/{'b' * 1024}", "too long"),
    ],
)
def test_media_type_is_refused_with_the_reason(text, reason):
    """Each in the words of the Go program's parser. PAY-010, BLOB-024."""
    with pytest.raises(UsageError, match=f"^invalid content media-type .*: mime: {reason}$"):
        check_media_type(text)


def test_empty_media_type_is_refused_in_words_of_its_own():
    """No media type at all is another fault. PAY-010."""
    with pytest.raises(UsageError, match=r"^content media-type cannot be empty$"):
        check_media_type("")


def test_signature_file_is_named_after_blob_and_format():
    """Blob, format, extension. BLOB-002, BLOB-003."""
    assert signature_file_name("app.tar", JWS) == "app.tar.jws.sig"
    assert signature_file_name("x", COSE) == "x.cose.sig"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app.tar.jws.sig", JWS),
        ("app.cose.sig", COSE),
        ("A.JWS.SIG", JWS),
        ("a.Cose.Sig", COSE),
        (".jws.sig", JWS),
        ("a.jws.cose.sig", COSE),
        ("..jws.sig", JWS),
    ],
)
def test_format_is_the_part_before_the_extension(name, expected):
    """In any case of letters, with three parts or more. BLOB-020."""
    assert format_of_file_name(name) is expected


@pytest.mark.parametrize("name", ["", "a", "a.sig.txt", "a.jws", "a.jws.sig ", "-", "a.jws.sig.", "sig"])
def test_file_name_without_the_extension_is_refused(name):
    """The last part is `sig`. BLOB-020."""
    with pytest.raises(UsageError, match=r"^invalid signature filename .*The file extension must be \.sig$"):
        format_of_file_name(name)


@pytest.mark.parametrize("name", ["a.sig", "jws.sig", ".sig"])
def test_file_name_of_two_parts_is_refused(name):
    """There has to be a name, a format and the extension. BLOB-020."""
    with pytest.raises(UsageError, match=r"must contain signature format and \.sig file extension$"):
        format_of_file_name(name)


@pytest.mark.parametrize("name", ["a.pgp.sig", "a..sig", "a.jwz.sig", "a. jws.sig"])
def test_file_name_of_another_format_is_refused(name):
    """The two formats and no other. BLOB-020."""
    with pytest.raises(UsageError, match=r'^signature format ".*" not supported\n'):
        format_of_file_name(name)
