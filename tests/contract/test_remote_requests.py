# SPDX-License-Identifier: Apache-2.0
"""What our requests look like on the wire."""

from __future__ import annotations

from notation_py._version import __version__
from notation_py.adapters.registry_settings import RegistrySettings
from notation_py.adapters.remote import RemoteRepository
from notation_py.descriptor import IMAGE_MANIFEST, Descriptor
from tests.simulator.registry import Quirks, running

SIGNATURE = "application/vnd.cncf.notary.signature"


def test_referrers_are_asked_for_by_artifact_type_under_our_own_product_token():
    """The filter is in the query, and the user agent is ours, not the Go program's. SIG-030, CLI-015."""
    with (
        running(Quirks()) as registry,
        RemoteRepository(registry.host, "app", RegistrySettings()) as repository,
    ):
        listed = list(repository.referrers(Descriptor.of(IMAGE_MANIFEST, b"{}"), SIGNATURE))
    [request] = [request for request in registry.requests if "/referrers/" in request.path]
    assert listed == []
    assert "artifactType=application%2Fvnd.cncf.notary.signature" in request.query
    assert {entry.headers["user-agent"] for entry in registry.requests} == {f"notation-py/{__version__}"}
