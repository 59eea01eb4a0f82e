# SPDX-License-Identifier: Apache-2.0
"""What every implementation of the Repository port does: one suite, run on each.

To add an implementation, add a factory: a fixture function that yields `Opened`. The suite fills the
repository through the port's own `push` and through `put_image`, and never looks behind it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import uuid4

import pytest

from notation_py.adapters.layout import LayoutRepository
from notation_py.adapters.registry_settings import ReferrersMode, RegistrySettings
from notation_py.adapters.remote import RemoteRepository
from notation_py.descriptor import EMPTY_CONFIG, IMAGE_MANIFEST, Descriptor
from notation_py.digest import Digest
from notation_py.document import write_json
from notation_py.errors import NotationError, NotFoundError, RegistryError
from notation_py.registry.repository import Repository, fetch_all
from tests.simulator.images import build_image, push_image, write_layout
from tests.simulator.registry import Quirks, Request, running

SIGNATURE = "application/vnd.cncf.notary.signature"
ENVELOPE = "application/jose+json"


@dataclass(frozen=True)
class Opened:
    """A repository that holds an image under the tag `v1`, and a way to open it once more.

    Attributes:
        close: ends every connection, and a simulated registry with them.
    """

    repository: Repository
    image: Descriptor
    open_again: Callable[[], Repository]
    close: Callable[[], None]


def _settings(**changes: object) -> RegistrySettings:
    return RegistrySettings(settle_seconds=0.05, **changes)  # type: ignore[arg-type]


def _remote(stack: ExitStack, host: str, settings: RegistrySettings | None = None) -> Opened:
    name = f"contract/{uuid4().hex}"
    image = push_image(host, name, "v1", build_image(name))

    def open_again() -> Repository:
        return stack.enter_context(RemoteRepository(host, name, settings or _settings()))

    return Opened(open_again(), image, open_again, stack.close)


def simulated(quirks: Quirks, settings: RegistrySettings | None = None) -> Callable[..., Opened]:
    def opened(stack: ExitStack, _: pytest.FixtureRequest) -> Opened:
        return _remote(stack, stack.enter_context(running(quirks)).host, settings)

    return opened


def real(fixture: str) -> Callable[..., Opened]:
    def opened(stack: ExitStack, request: pytest.FixtureRequest) -> Opened:
        return _remote(stack, request.getfixturevalue(fixture).host)

    return opened


def layout(stack: ExitStack, request: pytest.FixtureRequest) -> Opened:
    path = request.getfixturevalue("tmp_path") / "layout"
    image = write_layout(path, build_image(), "v1")
    return Opened(LayoutRepository(path), image, lambda: LayoutRepository(path), stack.close)


def slow_index(request: Request) -> float:
    """Let changes of a tag's index take effect late, so that writers cross."""
    return (
        random.uniform(0, 0.25) if request.method == "PUT" and "/manifests/sha256-" in request.path else 0.0
    )


FACTORIES = {
    "layout": layout,
    "simulator-api": simulated(Quirks()),
    "simulator-api-paged-unfiltered": simulated(Quirks(filters=False, page_size=1)),
    "simulator-tag": simulated(Quirks(referrers_api=False)),
    "simulator-tag-json-etag": simulated(
        Quirks(referrers_api=False, missing_api="json", entity_tags=True, deletion=False)
    ),
    "simulator-forced-tag": simulated(Quirks(), _settings(referrers_mode=ReferrersMode.TAG)),
    "simulator-api-without-subject-header": simulated(Quirks(oci_subject=False)),
    "simulator-tag-slow": simulated(Quirks(referrers_api=False, delay=slow_index)),
    "docker-registry": real("docker_registry"),
    "olareg": real("olareg_registry"),
}


@pytest.fixture(params=FACTORIES, ids=str)
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Each implementation of the port in turn."""
    with ExitStack() as stack:
        yield FACTORIES[request.param](stack, request)


def signature_for(
    repository: Repository, subject: Descriptor, number: int = 0, artifact_type: str = SIGNATURE
) -> tuple[Descriptor, bytes]:
    """Push the blobs of a signature and return its manifest, not pushed yet."""
    envelope = f"envelope {number} {uuid4().hex}".encode()
    config = Descriptor.of(EMPTY_CONFIG, b"{}")
    blob = Descriptor.of(ENVELOPE, envelope)
    repository.push(blob, envelope)
    repository.push(config, b"{}")
    manifest = write_json(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE_MANIFEST,
            "artifactType": artifact_type,
            "config": config.to_json(),
            "layers": [blob.to_json()],
            "subject": subject.plain().to_json(),
            "annotations": {"number": str(number)},
        }
    ).encode()
    return Descriptor.of(IMAGE_MANIFEST, manifest), manifest


def sign(repository: Repository, subject: Descriptor, number: int = 0) -> Descriptor:
    manifest, data = signature_for(repository, subject, number)
    repository.push_manifest(manifest, data, subject)
    return manifest


def digests(repository: Repository, subject: Descriptor) -> list[Digest]:
    return [descriptor.digest for descriptor in repository.referrers(subject, SIGNATURE)]


def test_resolve_describes_the_manifest_behind_a_tag(opened: Opened) -> None:
    """A tag resolves to media type, digest and size of what it names; SIG-050, SIG-051."""
    found = opened.repository.resolve("v1")
    assert found.same_content(opened.image)


def test_resolve_of_a_digest_gives_the_same_descriptor(opened: Opened) -> None:
    """A digest resolves to itself; SIG-052."""
    assert opened.repository.resolve(str(opened.image.digest)).same_content(opened.image)


@pytest.mark.parametrize("target", ["absent", f"sha256:{'0' * 64}"], ids=["tag", "digest"])
def test_resolve_of_what_is_not_there_is_not_found(opened: Opened, target: str) -> None:
    """Missing is an error of its own kind; CLI contract 6.1."""
    with pytest.raises(NotFoundError, match="not found"):
        opened.repository.resolve(target)


def test_fetch_all_returns_the_manifest_as_it_was_stored(opened: Opened) -> None:
    """Bytes come back unchanged; SIG-038, R-23."""
    data = fetch_all(opened.repository, opened.image, max_bytes=1 << 20, what="image")
    assert Digest.of(data) == opened.image.digest


def test_fetch_of_what_is_not_there_is_an_error(opened: Opened) -> None:
    """A blob that is gone is not an empty blob; attack 120."""
    absent = Descriptor(ENVELOPE, Digest.of(b"absent"), 6)
    with pytest.raises(RegistryError):
        fetch_all(opened.repository, absent, max_bytes=100, what="envelope")
    opened.close()


def test_referrers_of_an_unsigned_artifact_are_none(opened: Opened) -> None:
    """ "There are none" is an empty iteration; SIG-034."""
    assert digests(opened.repository, opened.image) == []


def test_pushed_manifest_is_listed_and_fetched(opened: Opened) -> None:
    """What was pushed is listed for its subject and comes back byte for byte; SIG-021, SIG-024, SIG-026."""
    manifest, data = signature_for(opened.repository, opened.image)
    opened.repository.push_manifest(manifest, data, opened.image)
    again = opened.open_again()
    listed = list(again.referrers(opened.image, SIGNATURE))
    assert [descriptor.digest for descriptor in listed] == [manifest.digest]
    assert listed[0].same_content(manifest)
    assert fetch_all(again, listed[0], max_bytes=1 << 20, what="manifest") == data


def test_every_pushed_manifest_stays_listed(opened: Opened) -> None:
    """Signatures add up; SIG-018."""
    pushed = {sign(opened.repository, opened.image, number).digest for number in range(3)}
    assert set(digests(opened.open_again(), opened.image)) == pushed


def test_pushing_the_same_manifest_again_lists_it_once(opened: Opened) -> None:
    """An entry that is there already is not added again; SIG-026."""
    manifest, data = signature_for(opened.repository, opened.image)
    for _ in range(2):
        opened.repository.push_manifest(manifest, data, opened.image)
    assert digests(opened.open_again(), opened.image) == [manifest.digest]


def test_referrers_of_another_type_are_not_listed(opened: Opened) -> None:
    """Filtering by artifact type holds whether the registry does it or not; SIG-032."""
    manifest, data = signature_for(opened.repository, opened.image, artifact_type="application/x.sbom")
    opened.repository.push_manifest(manifest, data, opened.image)
    mine = sign(opened.repository, opened.image)
    assert digests(opened.open_again(), opened.image) == [mine.digest]


def test_referrers_of_another_artifact_are_not_listed(opened: Opened) -> None:
    """A signature belongs to its subject alone; SIG-008."""
    mine = sign(opened.repository, opened.image)
    assert digests(opened.repository, mine) == []


RACED = ["simulator-tag-slow", "simulator-api", "docker-registry", "olareg"]


@pytest.mark.parametrize("opened", RACED, indirect=True)
def test_parallel_signers_of_several_processes_are_all_listed(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 131; SIG-028: likewise without taking turns, as writers in other processes do not."""
    monkeypatch.setattr("notation_py.adapters.referrers_update.turn_for", lambda _: threading.Lock())
    assert_all_parallel_signers_listed(opened)


def test_parallel_signers_are_all_listed(opened: Opened) -> None:
    """Attack 131; SIG-028: all of 12 parallel pushes that report success are listed afterwards."""
    assert_all_parallel_signers_listed(opened)


def assert_all_parallel_signers_listed(opened: Opened) -> None:
    succeeded: list[Digest] = []
    failed: list[NotationError] = []

    def push(number: int) -> None:
        try:
            succeeded.append(sign(repositories[number], opened.image, number).digest)
        except NotationError as error:
            failed.append(error)

    repositories = [opened.open_again() for _ in range(12)]
    threads = [threading.Thread(target=push, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(succeeded) <= set(digests(opened.open_again(), opened.image))
    assert len(succeeded) == 12, failed
    opened.close()
