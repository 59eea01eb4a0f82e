# SPDX-License-Identifier: Apache-2.0
"""What we rely on oras for, pinned: URLs, existence, and that every request goes through ours."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from pathlib import Path

import oras.container
import oras.provider
import pytest

from notation_py.adapters.authentication import AuthenticatedTransport
from notation_py.adapters.credentials import Credential, GivenCredential
from notation_py.adapters.oras_registry import OrasRegistry
from notation_py.adapters.registry_settings import RegistrySettings, Timeouts
from notation_py.descriptor import Descriptor
from notation_py.errors import RegistryError, UnavailableError
from tests.simulator.registry import Quirks, Reply, SimulatedRegistry, running

BLOB = Descriptor.of("application/jose+json", b"envelope")
SETTINGS = RegistrySettings(timeouts=Timeouts(2, 1, 2))


@pytest.fixture
def registry() -> Iterator[SimulatedRegistry]:
    with running(Quirks()) as started:
        yield started


@pytest.fixture
def client(registry: SimulatedRegistry) -> Iterator[OrasRegistry]:
    http = AuthenticatedTransport(registry.host, SETTINGS)
    yield OrasRegistry(http, "a/b/c")
    http.close()


def test_signatures_we_override_and_call_are_those_of_this_oras() -> None:
    """Design, dependencies: a release of oras that changes these is noticed here."""
    theirs = inspect.signature(inspect.unwrap(oras.provider.Registry.do_request)).parameters
    assert list(theirs) == list(inspect.signature(OrasRegistry.do_request).parameters)
    assert list(inspect.signature(oras.provider.Registry.__init__).parameters) == [
        "self",
        "hostname",
        "insecure",
        "tls_verify",
        "auth_backend",
    ]
    assert list(inspect.signature(oras.provider.Registry.blob_exists).parameters) == [
        "self",
        "layer",
        "container",
    ]
    container = vars(oras.container.Container("unused/unused"))
    assert set(container) == {"registry", "namespace", "repository", "tag", "digest"}


def test_urls_are_those_of_the_repository(client: OrasRegistry, registry: SimulatedRegistry) -> None:
    """Backends note 4.1: fields are set by us; oras neither guesses a host nor a tag."""
    place = client._container
    assert place.get_blob_url("sha256:x") == f"{registry.host}/v2/a/b/c/blobs/sha256:x"
    assert place.upload_blob_url() == f"{registry.host}/v2/a/b/c/blobs/uploads/"
    assert place.manifest_url("t") == f"{registry.host}/v2/a/b/c/manifests/t"


def test_blob_existence_is_asked_by_head(client: OrasRegistry, registry: SimulatedRegistry) -> None:
    """SIG-021."""
    assert not client.has_blob(BLOB)
    client.push_blob(BLOB, b"envelope")
    assert client.has_blob(BLOB)
    assert registry.lines()[0] == f"HEAD /v2/a/b/c/blobs/{BLOB.digest}"


def test_upload_keeps_the_query_and_says_what_it_sends(
    client: OrasRegistry, registry: SimulatedRegistry
) -> None:
    """SIG-022: POST, then PUT to the named place with its parameters, the digest, type and length."""
    client.push_blob(BLOB, b"envelope")
    post, put = registry.requests
    assert (post.method, post.body) == ("POST", b"")
    assert put.query == f"state=opaque-secret&digest=sha256%3A{BLOB.digest.hex}"
    assert put.headers["content-type"] == "application/octet-stream"
    assert put.headers["content-length"] == "8"


def test_nothing_is_serialised_again(client: OrasRegistry) -> None:
    """Backends note 4.1: `json=` would change the bytes that were signed."""
    with pytest.raises(RegistryError, match="never serialised again"):
        client.do_request("http://localhost/v2/", "PUT", json={})


def test_other_origins_are_refused_whatever_oras_asks_for(client: OrasRegistry) -> None:
    """Backends note 4.2, faults 5 to 7; R-24: oras cannot lead a request away."""
    with pytest.raises(RegistryError, match="another origin"):
        client.do_request("http://localhost:1/v2/", "GET", headers={"Authorization": "Bearer x"})


def test_netrc_and_proxies_of_requests_play_no_part(
    registry: SimulatedRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Backends note 4.2, fault 8: the session of oras is never used."""
    (tmp_path / ".netrc").write_text("machine localhost login evil password evil\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    registry.quirks.basic = ("someone", "secret")
    credentials = GivenCredential(Credential("someone", "secret"))
    client = OrasRegistry.connect(registry.host, RegistrySettings(credentials=credentials))
    monkeypatch.setattr(client.session, "request", None)
    client.ping()
    client.close()
    assert len(registry.requests) == 2


def test_failures_come_at_once_and_from_us(client: OrasRegistry, registry: SimulatedRegistry) -> None:
    """Backends note 4.2, fault 10: no sleeping for two minutes, no exception of requests."""
    registry.quirks.alter = lambda *_: Reply(500)
    with pytest.raises(UnavailableError, match="response status code 500"):
        client.ping()
    assert len(registry.requests) == 1


def test_oras_says_nothing_on_its_own(client: OrasRegistry, capfd: pytest.CaptureFixture[str]) -> None:
    """R-36: the loggers of oras and requests print nothing of what we send."""
    logging.getLogger("oras")
    client.push_blob(BLOB, b"envelope")
    assert capfd.readouterr() == ("", "")
