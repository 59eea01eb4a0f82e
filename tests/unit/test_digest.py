# SPDX-License-Identifier: Apache-2.0
"""Digests: the closed table of algorithms, and comparison with content."""

from __future__ import annotations

import hashlib

import pytest

from notation_py.digest import Digest, HashAlgorithm
from notation_py.errors import MalformedError, Outcome, RegistryError


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_digest_is_parsed_computed_and_shown(algorithm: HashAlgorithm) -> None:
    """SIG-053, R-23: each registered algorithm, of bytes and of chunks."""
    text = f"{algorithm.value}:{hashlib.new(algorithm.value, b'content').hexdigest()}"
    digest = Digest.parse(text)
    assert str(digest) == text
    assert digest == Digest.of(b"content", algorithm)
    assert Digest.of_chunks([b"con", b"", b"tent"], algorithm) == (digest, 7)
    digest.check(b"content", what="blob")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid checksum digest format"),
        ("sha256", "invalid checksum digest format"),
        (":ab", "invalid checksum digest format"),
        ("sha256:", "invalid checksum digest length"),
        ("sha256:" + "a" * 63, "invalid checksum digest length"),
        ("sha256:" + "a" * 96, "invalid checksum digest length"),
        ("sha512:" + "a" * 64, "invalid checksum digest length"),
        ("sha256:" + "A" * 64, "invalid checksum digest format"),
        ("sha256:" + "g" * 64, "invalid checksum digest format"),
        ("sha256:" + "\u0661" * 64, "invalid checksum digest format"),
        ("sha256:" + "a" * 63 + "\n", "invalid checksum digest format"),
        ("SHA256:" + "a" * 64, "unsupported digest algorithm"),
        ("md5:" + "a" * 32, "unsupported digest algorithm"),
        ("sha1:" + "a" * 40, "unsupported digest algorithm"),
    ],
)
def test_digest_is_refused(text: str, reason: str) -> None:
    """SIG-053: unknown algorithms, wrong lengths, upper case."""
    with pytest.raises(MalformedError) as caught:
        Digest.parse(text, at="here")
    assert str(caught.value) == f"here: {reason}"


def test_other_content_is_refused() -> None:
    """R-23: content that hashes to something else is the registry's fault."""
    with pytest.raises(RegistryError, match="blob: mismatched digest: expected sha256:") as caught:
        Digest.of(b"content").check(b"other", what="blob")
    assert caught.value.outcome is Outcome.REGISTRY
