# SPDX-License-Identifier: Apache-2.0
"""A repository that answers with another artifact than the one asked for is caught above the port."""

from __future__ import annotations

import pytest

from notation_py import (
    Descriptor,
    RegistryError,
    SignOptions,
    VerifyOptions,
    sign_artifact,
    verify_artifact,
)
from notation_py.descriptor import IMAGE_MANIFEST
from notation_py.registry.repository import resolve_target
from tests.simulator.fake_repository import FakeRepository
from tests.simulator.pki import NOW

ASKED = Descriptor.of(IMAGE_MANIFEST, b'{"schemaVersion":2}')
OTHER = Descriptor.of(IMAGE_MANIFEST, b'{"schemaVersion":2,"other":1}')


class LyingRepository(FakeRepository):
    """Resolves everything to OTHER."""

    def resolve(self, target: str) -> Descriptor:
        self.calls.append(f"resolve {target}")
        return OTHER


def test_resolved_digest_has_to_be_the_one_asked_for() -> None:
    """A digest that resolves to another one is refused; a tag is what it resolves to. Attack 110; SIG-052."""
    with pytest.raises(RegistryError, match=f"{ASKED.digest} does not match the resolved digest"):
        resolve_target(LyingRepository(), str(ASKED.digest))
    assert resolve_target(LyingRepository(), "v1") == OTHER


def test_what_was_resolved_before_is_not_resolved_again() -> None:
    """A descriptor stands for itself, so that a tag is resolved once (R-27)."""
    repository = LyingRepository()
    assert resolve_target(repository, ASKED) is ASKED
    assert repository.calls == []


def test_library_neither_signs_nor_verifies_another_artifact() -> None:
    """The check stands before anything else, for every adapter; nothing is pushed. Attack 110; R-08."""
    repository, digest = LyingRepository(), str(ASKED.digest)
    with pytest.raises(RegistryError, match="does not match the resolved digest"):
        sign_artifact(repository, digest, None, SignOptions(), at=NOW)
    with pytest.raises(RegistryError, match="does not match the resolved digest"):
        verify_artifact(repository, digest, None, None, VerifyOptions(), at=NOW)
    assert repository.calls == [f"resolve {digest}"] * 2
