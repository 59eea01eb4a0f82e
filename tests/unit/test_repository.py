# SPDX-License-Identifier: Apache-2.0
"""What every answer of a repository has to pass, whatever adapter gave it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notation_py.descriptor import Descriptor
from notation_py.errors import LimitError, RegistryError
from notation_py.registry.repository import fetch_all
from tests.simulator.fake_repository import FakeRepository

CONTENT = b"content"
DESCRIBED = Descriptor.of("text/plain", CONTENT)


def repository(answer: bytes = CONTENT) -> FakeRepository:
    """Return a repository that answers everything with *answer*, however long."""
    fake = FakeRepository()
    fake.on_fetch = lambda _: answer
    return fake


def test_content_as_large_as_allowed_is_fetched() -> None:
    """The limit itself is within the limit. SIG-040."""
    assert fetch_all(repository(), DESCRIBED, max_bytes=len(CONTENT), what="blob") == CONTENT


def test_content_that_claims_too_much_is_not_asked_for() -> None:
    """The size is compared before anything is fetched. Attack 113; SIG-040, R-10."""
    fake = repository()
    with pytest.raises(LimitError, match="blob too large: 7 bytes"):
        fetch_all(fake, DESCRIBED, max_bytes=len(CONTENT) - 1, what="blob")
    assert fake.calls == []


@pytest.mark.parametrize("size", [0, 6, 8], ids=["none", "less", "more"])
def test_length_counts_though_the_digest_is_right(size: int) -> None:
    """Another size than the descriptor's is other content. Attack 111; SIG-038, R-08."""
    with pytest.raises(RegistryError, match=f"expected {size} bytes, got 7"):
        fetch_all(repository(), replace(DESCRIBED, size=size), max_bytes=99, what="blob")


@pytest.mark.parametrize("answer", [b"contenT", b"content"[::-1]])
def test_digest_counts_though_the_length_is_right(answer: bytes) -> None:
    """Other bytes of the same length are other content. Attack 111; SIG-038, R-08."""
    with pytest.raises(RegistryError, match="blob"):
        fetch_all(repository(answer), DESCRIBED, max_bytes=99, what="blob")
