# SPDX-License-Identifier: Apache-2.0
"""References and scopes, compared with the expressions the requirements state them in."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notation_py.digest import Digest
from notation_py.errors import MalformedError, Outcome
from notation_py.reference import Reference, go_quote, is_domain, is_registry, is_repository, is_scope, is_tag

# TP-025 and SIG-053, word for word; short inputs keep the backtracking engine bounded.
DOMAIN = re.compile(
    r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
    r"(?:(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))+)?(?::[0-9]+)?"
)
SCOPE_REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:(?:[._]|__|[-]*)[a-z0-9]+)+)?(?:(?:/[a-z0-9]+(?:(?:(?:[._]|__|[-]*)[a-z0-9]+)+)?)+)?"
)
REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:[._]|__|[-]*)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|[-]*)[a-z0-9]+)*)*"
)
TAG = re.compile(r"[\w][\w.-]{0,127}", re.ASCII)
DIGEST = "sha256:" + "ab" * 32

PATHS = st.text(alphabet="aZ0._-/:\n\u0661", max_size=9)


@given(PATHS)
def test_repository_grammar_is_that_of_the_requirements(text: str) -> None:
    """SIG-053, TP-025: the walk accepts what the two expressions accept, which are the same language."""
    assert is_repository(text) is bool(REPOSITORY.fullmatch(text)) is bool(SCOPE_REPOSITORY.fullmatch(text))


@pytest.mark.parametrize("text", ["-a", ".a", "_a", "a-", "a.", "a_", "a._b", "a/-b", "a//b", "/a", "a/"])
def test_separator_stands_between_two_words(text: str) -> None:
    """SIG-053: neither at the beginning of a component nor at its end, and only one of its kind."""
    assert not is_repository(text)


@given(st.text(alphabet="aZ0.-:_\n\u0661", max_size=9))
def test_domain_grammar_is_that_of_the_requirements(text: str) -> None:
    """TP-025: host and port of a scope."""
    assert is_domain(text) is bool(DOMAIN.fullmatch(text))
    assert is_registry(text) is is_domain(text)


@given(st.one_of(PATHS, st.text(alphabet="aB9_.-", min_size=120, max_size=130)))
def test_tag_grammar_is_that_of_the_requirements(text: str) -> None:
    """SIG-053: at most 128 ASCII characters."""
    assert is_tag(text) is bool(TAG.fullmatch(text))


@given(st.text(alphabet="aZ0._-/:", max_size=12))
def test_scope_is_domain_and_repository(text: str) -> None:
    """TP-025: split at the first slash, neither part empty."""
    domain, slash, repository = text.partition("/")
    expected = bool(slash and DOMAIN.fullmatch(domain) and SCOPE_REPOSITORY.fullmatch(repository))
    assert is_scope(text) is expected


@pytest.mark.parametrize(
    ("text", "name", "tag", "digest"),
    [
        ("localhost:5000/a/b:v1", "localhost:5000/a/b", "v1", None),
        (f"r.test/a@{DIGEST}", "r.test/a", None, DIGEST),
        (f"r.test/a:v1@{DIGEST}", "r.test/a", None, DIGEST),
        (f"r.test/a:!!@{DIGEST}", "r.test/a", None, DIGEST),
        ("[::1]:5000/a:b", "[::1]:5000/a", "b", None),
        ("[::1]/a:b", "[::1]/a", "b", None),
        ("10.0.0.1:80/r:latest", "10.0.0.1:80/r", "latest", None),
    ],
)
def test_reference_is_parsed(text: str, name: str, tag: str | None, digest: str | None) -> None:
    """SIG-053: registry, repository, and a tag or a digest; a tag before a digest is dropped."""
    reference = Reference.parse(text)
    assert (reference.name, reference.tag) == (name, tag)
    assert reference.digest == (Digest.parse(digest) if digest else None)
    assert reference.target == (digest or tag)
    assert str(reference) == (f"{name}@{digest}" if digest else f"{name}:{tag}")
    assert str(reference.at_digest(Digest.parse(DIGEST))) == f"{name}@{DIGEST}"


def test_reference_without_target_can_be_shown() -> None:
    """SIG-053: a repository alone is no reference to parse, but has a name."""
    assert str(Reference("r.test", "a", None, None)) == "r.test/a"
    assert Reference("r.test", "a", None, None).target == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing registry or repository"),
        ("a", "missing registry or repository"),
        ("/a:b", "missing registry or repository"),
        ("r.test/", "missing registry or repository"),
        ("r.test/a", "no tag or digest"),
        ("r.test/a:", "invalid tag"),
        ("r.test/a:b:c", "invalid tag"),
        ("r.test/a:-b", "invalid tag"),
        ("r.test/A:b", "invalid repository"),
        ("r.test/a//b:c", "invalid repository"),
        ("r.test/../b:c", "invalid repository"),
        ("r.test/a/:c", "invalid repository"),
        ("r.test/a._b:c", "invalid repository"),
        ("r.test/a___b:c", "invalid repository"),
        ("u@r.test/a:c", "invalid registry"),
        ("u:p@r.test/a:c", "invalid registry"),
        ("r_t/a:c", "invalid registry"),
        ("r.test:/a:c", "invalid registry"),
        ("r.test:x/a:c", "invalid registry"),
        ("[::1/a:c", "invalid registry"),
        ("[]/a:c", "invalid registry"),
        ("[::g]/a:c", "invalid registry"),
        ("[::1]5/a:c", "invalid registry"),
        ("[::1]:\u0661/a:c", "invalid registry"),
        ("[::1]:/a:c", "invalid registry"),
        ("r.test/a@", "invalid digest"),
        ("r.test/a@sha256:", "invalid digest"),
        ("r.test/a@md5:ab", "unsupported digest algorithm"),
        ("r.test/a@b@" + DIGEST, "invalid digest"),
        ("r.test/a:b\n", "invalid tag"),
    ],
)
def test_reference_is_refused(text: str, reason: str) -> None:
    """SIG-053, SIG-050: nothing is expanded or defaulted; the text is quoted in the message."""
    with pytest.raises(MalformedError) as caught:
        Reference.parse(text)
    assert caught.value.outcome is Outcome.USAGE
    assert reason in str(caught.value)
    assert "Expecting <registry>/<repository>" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_long_hostile_names_cost_linear_time() -> None:
    """SEC-003: what makes the stated expressions backtrack is walked once."""
    start = time.perf_counter()
    assert not is_repository("a" * 200_000 + "!")
    assert not is_scope("a." * 100_000 + "/" + "a_" * 100_000)
    assert not is_domain("a-" * 200_000)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain \u00e9", '"plain \u00e9"'),
        ('"\\', '"\\"\\\\"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x1b\x7f", '"\\x00\\x1b\\x7f"'),
        ("\u202e\u200b\u0085", '"\\u202e\\u200b\\u0085"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("\ud800", '"\\ud800"'),
    ],
)
def test_quoted_text_is_go_syntax_and_safe_to_show(text: str, quoted: str) -> None:
    """R-36: no control, invisible or direction-changing character is left."""
    assert go_quote(text) == quoted
