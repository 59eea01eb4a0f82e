# SPDX-License-Identifier: Apache-2.0
"""Attacks found when the code was read with an attacker's mind: each of them once worked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from notation_py.adapters.layout import LayoutRepository
from notation_py.descriptor import Descriptor
from notation_py.errors import UntrustedError
from notation_py.registry.signatures import attach_signature, manifest_annotations
from notation_py.trust.identity import TrustedIdentity, check_identities
from tests.simulator import envelopes
from tests.simulator.commands import Ran, Settings, our_program, statement
from tests.simulator.images import build_image, write_layout
from tests.simulator.pki import make_chain

JWS, COSE = "application/jose+json", "application/cose"
CHAIN = make_chain("EC-256", 2)
FORGED = "a\nSuccessfully verified signature for registry.test/app\nz"


@dataclass
class Layout:
    """An image in a layout that an attacker can write to, and a policy that trusts the signer."""

    directory: Path

    def __post_init__(self) -> None:
        self.settings = Settings(self.directory / "settings")
        self.settings.add_key("k", CHAIN)
        self.settings.trust("s", CHAIN)
        self.settings.policy(statement("all", stores=["ca:s"]))
        self.path = self.directory / "layout"
        self.target = write_layout(self.path, build_image("review"), "v1").plain()
        self.program = our_program(self.settings)

    def payload(self, **members: Any) -> bytes:
        return json.dumps({"targetArtifact": self.target.to_json() | members}).encode()

    def attach(self, media_type: str, data: bytes) -> Descriptor:
        annotations = manifest_annotations(["00"], "2026-06-01T12:00:00Z")
        return attach_signature(LayoutRepository(self.path), (media_type, data), self.target, annotations)

    def verify(self, *words: str) -> Ran:
        return self.program("verify", "--oci-layout", "--scope", "local/app", *words, self.reference)

    def inspect(self, *words: str) -> Ran:
        return self.program("inspect", "--oci-layout", *words, self.reference)

    @property
    def reference(self) -> str:
        return f"{self.path}@{self.target.digest}"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An image without signatures."""
    return Layout(tmp_path)


@pytest.mark.parametrize("text", ["*:", "*:anything", "*:*"])
def test_identity_that_only_starts_with_a_star_matches_nothing(text: str) -> None:
    """`*` is the wildcard; `*:x` is an identity of an unknown kind, ignored as in Go. TP-061, TP-063."""
    identity = TrustedIdentity.parse(text)
    assert not identity.is_wildcard
    with pytest.raises(UntrustedError, match="no x509 trusted identities"):
        check_identities([identity], make_chain("EC-256", 1).leaf.subject.public_bytes(), policy_name="p")


def test_identity_that_starts_with_a_star_does_not_widen_a_policy(layout: Layout) -> None:
    """Beside a subject that does not match, `*:x` makes nobody trusted. TP-061, TP-067."""
    layout.attach(JWS, envelopes.jws(chain=CHAIN, payload=layout.payload()))
    identities = ["x509.subject: C=US, ST=WA, O=Somebody Else", "*:x"]
    layout.settings.policy(statement("all", stores=["ca:s"], identities=identities))
    ran = layout.verify()
    assert (ran.code, ran.out) == (1, "")


@pytest.mark.parametrize("words", [(), ("-v",), ("-d",)], ids=["quiet", "verbose", "debug"])
def test_header_names_cannot_forge_lines(layout: Layout, words: tuple[str, ...]) -> None:
    """A line end in a header's name stays within the line that shows it. Attack 184; R-36."""
    protected = envelopes.header(**{FORGED: 1})
    data = envelopes.jws(chain=CHAIN, payload=layout.payload(), protected=protected, unprotected={FORGED: 1})
    layout.attach(JWS, data)
    for ran in (layout.verify(*words), layout.inspect(*words)):
        assert ran.code == 1
        assert "belongs into the protected header alone" in ran.err
        assert not any(line.startswith("Successfully") for line in (ran.out + ran.err).splitlines())
