# SPDX-License-Identifier: Apache-2.0
"""What the environment says about revocation checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from notation_py.adapters.directories import Directories
from notation_py.adapters.files import Strictness
from notation_py.adapters.revocation_settings import ACCEPT_VARIABLE, REQUIRE_VARIABLE, revocation_sources
from notation_py.errors import ConfigurationError, MalformedError
from notation_py.fetch import FetchLimit
from notation_py.revocation.cache import CrlBundle
from notation_py.revocation.sources import RevocationSources
from tests.simulator.revocation_servers import web_server

WARN, HARDENED = Strictness.WARN, Strictness.HARDENED


def sources(
    environ: dict[str, str], strictness: Strictness = WARN, directory: Path = Path("/nowhere")
) -> RevocationSources:
    return revocation_sources(environ, Directories(directory, directory, directory), strictness)


def test_nothing_is_allowed_or_required_by_default() -> None:
    """R-19, R-22; REV-003."""
    found = sources({})
    assert (found.accept_revoked_after_timestamp, found.require_information) == (False, False)
    with web_server() as server, pytest.raises(MalformedError, match="is not fetched"):
        found.fetcher.get(server.publish("/crl", b"list"), FetchLimit(10, 1))
    assert server.connections == 0


def test_setting_allows_a_place() -> None:
    """R-19."""
    with web_server() as server:
        found = sources({"NOTATION_PY_FETCH_ALLOW": server.place})
        assert found.fetcher.get(server.publish("/crl", b"list"), FetchLimit(10, 1)) == b"list"


@pytest.mark.parametrize(
    ("value", "strictness", "expected"),
    [("", WARN, False), ("0", WARN, False), ("1", WARN, True), ("0", HARDENED, True), ("1", HARDENED, True)],
)
def test_information_is_required_if_asked_for_or_hardened(
    value: str, strictness: Strictness, expected: bool
) -> None:
    """Attack 83; R-18: nothing turns hardening off again."""
    assert sources({REQUIRE_VARIABLE: value}, strictness).require_information is expected


def test_late_revocations_are_accepted_only_if_asked_for() -> None:
    """R-22: not by hardening, and not by default."""
    assert sources({ACCEPT_VARIABLE: "1"}).accept_revoked_after_timestamp
    assert not sources({ACCEPT_VARIABLE: "0"}, HARDENED).accept_revoked_after_timestamp


@pytest.mark.parametrize("name", [ACCEPT_VARIABLE, REQUIRE_VARIABLE])
@pytest.mark.parametrize("value", ["true", "yes", "2", "01", " 1", "on"])
def test_switch_that_is_neither_on_nor_off_is_an_error(name: str, value: str) -> None:
    """R-22; as strict as NOTATION_PY_HARDENED."""
    with pytest.raises(ConfigurationError, match=f"{name} is neither 1 nor 0"):
        sources({name: value})


def test_place_that_is_none_is_an_error() -> None:
    """R-19."""
    with pytest.raises(ConfigurationError, match="NOTATION_PY_FETCH_ALLOW"):
        sources({"NOTATION_PY_FETCH_ALLOW": "http://pki.example"})


def test_cache_is_below_the_cache_directory(tmp_path: Path) -> None:
    """CFG-003, REV-080."""
    cache = sources({}, directory=tmp_path).cache
    assert cache is not None
    cache.store("http://a/", CrlBundle(b"list"))
    assert len(list((tmp_path / "crl").iterdir())) == 1
