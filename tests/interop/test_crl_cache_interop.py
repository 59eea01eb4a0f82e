# SPDX-License-Identifier: Apache-2.0
"""The CRL cache shared with the Go program, both ways: what one fetched the other need not ask for.

The Go program has no rule for addresses, so its lists come from a server on loopback. Each case counts
the requests that this server gets, and the verdict shows that the list was read, not only found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from notation_py.adapters.crl_cache import DirectoryCrlCache
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.chain import check_chain
from notation_py.revocation.sources import RevocationSources
from notation_py.revocation.status import Status
from tests.simulator.commands import Command, Settings, go_program, statement
from tests.simulator.pki import TestChain, make_chain
from tests.simulator.places import LayoutPlace, Placed
from tests.simulator.revocation_authority import FakeFetcher, crl, entry, naming_crl, parsed, point
from tests.simulator.revocation_servers import WebServer, requests_to, web_server

pytestmark = pytest.mark.interop

NOW = datetime.now(UTC)
CURRENT = {"this_update": NOW - timedelta(hours=1), "next_update": NOW + timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Shared:
    """A signed image, a certificate that names a list on *server*, and the cache that both programs use."""

    server: WebServer
    chain: TestChain
    go: Command
    placed: Placed
    directory: Path
    warnings: list[str]

    @property
    def url(self) -> str:
        return self.server.url("/leaf.crl")

    @property
    def cache(self) -> DirectoryCrlCache:
        return DirectoryCrlCache(self.directory, self.warnings.append)

    @property
    def file(self) -> Path:
        return self.directory / sha256(self.url.encode()).hexdigest()

    def crl(self, *, revoked: bool = False, **changes: object) -> bytes:
        """Return a list by the issuer of the leaf, current now; it may list the leaf."""
        entries = [entry(self.chain, 0, at=NOW - timedelta(hours=2), reason=1)] if revoked else []
        return crl(self.chain, 0, entries=entries, **{**CURRENT, **changes})

    def go_verdict(self) -> str:
        """Return what the Go program says: nothing if it accepts the signature."""
        ran = self.go("verify", "-d", "--oci-layout", "--scope", self.placed.scope, self.placed.reference)
        return "" if ran.code == 0 else ran.err

    def our_status(self) -> Status:
        """Return what we find out about the leaf, without a network."""
        sources = RevocationSources(FakeFetcher(), self.cache)
        return check_chain(parsed(self.chain), sources, at=datetime.now(UTC)).certificates[0].status


@pytest.fixture
def shared(go_notation: Path, tmp_path: Path) -> Iterator[Shared]:
    with web_server() as server:
        chain = make_chain(length=2, edits={0: naming_crl(point(server.url("/leaf.crl")))})
        settings = Settings(tmp_path / "settings")
        settings.add_key("leaf", chain)
        settings.trust("ours", chain)
        settings.policy(statement("all", stores=["ca:ours"]))
        go = go_program(go_notation, settings)
        placed = LayoutPlace(tmp_path / "layouts").put("app", "v1")
        go.done("sign", "--oci-layout", placed.reference)
        yield Shared(server, chain, go, placed, settings.directory / "cache" / "crl", [])


def test_we_read_what_the_go_program_wrote(shared: Shared) -> None:
    """REV-080; issue 2: and write the same bytes ourselves."""
    data = shared.crl()
    shared.server.publish("/leaf.crl", data)
    assert shared.go_verdict() == ""
    assert requests_to(shared.server) == ["/leaf.crl"]
    assert [path.name for path in shared.directory.iterdir()] == [shared.file.name]
    assert shared.cache.load(shared.url) == CrlBundle(data)
    assert shared.our_status() is Status.GOOD
    written = shared.file.read_bytes()
    shared.cache.store(shared.url, CrlBundle(data))
    assert shared.file.read_bytes() == written
    assert shared.warnings == []


def test_we_read_a_delta_that_the_go_program_wrote(shared: Shared) -> None:
    """REV-080: the two lists lie in one file."""
    base = shared.crl(number=7, freshest=[shared.server.url("/delta.crl")])
    delta = shared.crl(number=8, base_number=7)
    shared.server.publish("/leaf.crl", base)
    shared.server.publish("/delta.crl", delta)
    assert shared.go_verdict() == ""
    assert requests_to(shared.server) == ["/leaf.crl", "/delta.crl"]
    assert shared.cache.load(shared.url) == CrlBundle(base, delta)
    assert shared.our_status() is Status.GOOD
    written = shared.file.read_bytes()
    shared.cache.store(shared.url, CrlBundle(base, delta))
    assert shared.file.read_bytes() == written


BUNDLES: dict[str, Callable[[Shared], CrlBundle]] = {
    "base": lambda shared: CrlBundle(shared.crl()),
    "revoking base": lambda shared: CrlBundle(shared.crl(revoked=True)),
    "delta": lambda shared: CrlBundle(
        shared.crl(number=7, freshest=[shared.server.url("/delta.crl")]), shared.crl(number=8, base_number=7)
    ),
    "revoking delta": lambda shared: CrlBundle(
        shared.crl(number=7, freshest=[shared.server.url("/delta.crl")]),
        shared.crl(number=8, base_number=7, revoked=True),
    ),
}


@pytest.mark.parametrize("kind", BUNDLES)
def test_the_go_program_reads_what_we_wrote(shared: Shared, kind: str) -> None:
    """REV-080; issue 2: without a request, and to the verdict that we come to."""
    shared.cache.store(shared.url, BUNDLES[kind](shared))
    verdict = shared.go_verdict()
    if kind.startswith("revoking"):
        assert "is revoked" in verdict
        assert shared.our_status() is Status.REVOKED
    else:
        assert verdict == ""
        assert shared.our_status() is Status.GOOD
    assert shared.server.connections == 0


def test_the_go_program_replaces_what_we_wrote_long_ago(shared: Shared) -> None:
    """REV-081: an expired list is fetched again, and ours gives way."""
    past = {"this_update": NOW - timedelta(days=9), "next_update": NOW - timedelta(days=2)}
    shared.cache.store(shared.url, CrlBundle(shared.crl(**past)))
    data = shared.crl(number=2)
    shared.server.publish("/leaf.crl", data)
    assert shared.go_verdict() == ""
    assert requests_to(shared.server) == ["/leaf.crl"]
    assert shared.cache.load(shared.url) == CrlBundle(data)
