# SPDX-License-Identifier: Apache-2.0
"""What an index lists: all of it, each once, and nothing that is not what the index says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from notation_py.descriptor import DOCKER_MANIFEST_LIST, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from notation_py.digest import Digest
from notation_py.errors import (
    LimitError,
    MalformedError,
    NotationError,
    NotFoundError,
    Outcome,
    RegistryError,
)
from notation_py.registry.platforms import MAX_ARTIFACTS, MAX_DEPTH, artifacts_of
from tests.simulator.fake_repository import FakeRepository
from tests.simulator.images import build_image, compact


@pytest.fixture
def repository() -> FakeRepository:
    return FakeRepository()


def image(repository: FakeRepository, text: str) -> Descriptor:
    made = build_image(text)
    repository.add(text, made.descriptor, made.manifest)
    return made.descriptor


def index(
    repository: FakeRepository, entries: Sequence[Any], media_type: str = IMAGE_INDEX, **members: Any
) -> Descriptor:
    """Return the descriptor of an index of *entries*: descriptors, or what stands in their place."""
    listed = [entry.to_json() if isinstance(entry, Descriptor) else entry for entry in entries]
    document = {"schemaVersion": 2, "mediaType": media_type, "manifests": listed} | members
    data = compact({name: value for name, value in document.items() if value is not None})
    descriptor = Descriptor.of(media_type, data)
    repository.add(str(descriptor.digest), descriptor, data)
    return descriptor


def test_image_is_alone(repository: FakeRepository) -> None:
    """CLI-001: what lists nothing is not even fetched."""
    one = image(repository, "one")
    assert artifacts_of(repository, one) == (one,)
    assert repository.calls == []


@pytest.mark.parametrize("media_type", [IMAGE_INDEX, DOCKER_MANIFEST_LIST])
def test_everything_that_is_listed_is_found_once(repository: FakeRepository, media_type: str) -> None:
    """SIG-052: in the order of the index, an index before what it lists, duplicates once."""
    one, two, three = (image(repository, text) for text in ("one", "two", "three"))
    inner = index(repository, [two, one], media_type)
    outer = index(repository, [one, inner, three, two, inner], media_type)
    assert artifacts_of(repository, outer) == (outer, one, inner, two, three)
    assert len(repository.calls) == 5


def test_what_is_said_about_an_entry_is_left_out(repository: FakeRepository) -> None:
    """SIG-015: annotations and platform of an index entry are not part of what is signed."""
    one = image(repository, "one")
    entry = one.to_json() | {"annotations": {"a": "b"}, "platform": {"os": "linux", "architecture": "arm"}}
    assert artifacts_of(repository, index(repository, [entry]))[1] == one


def refusal(repository: FakeRepository, root: Descriptor) -> NotationError:
    with pytest.raises(NotationError) as refused:
        artifacts_of(repository, root)
    return refused.value


def test_child_that_was_replaced_is_refused(repository: FakeRepository) -> None:
    """Attack 133: other bytes under a digest that the index lists."""
    one, other = image(repository, "one"), image(repository, "two")
    root = index(repository, [one])
    repository.content[str(one.digest)] = repository.content[str(other.digest)]
    assert refusal(repository, root).outcome in {Outcome.INTEGRITY, Outcome.REGISTRY}


def test_index_that_was_replaced_is_refused(repository: FakeRepository) -> None:
    """Attack 133: the index itself has other bytes than were asked for."""
    root = index(repository, [image(repository, "one")])
    repository.content[str(root.digest)] = repository.content[str(root.digest)].replace(b"2", b"3", 1)
    assert "index" in refusal(repository, root).message


@pytest.mark.parametrize("by", [-1, 1])
def test_child_with_a_wrong_size_is_refused(repository: FakeRepository, by: int) -> None:
    """Attack 133: the size in the index is not that of the manifest."""
    one = image(repository, "one")
    found = refusal(repository, index(repository, [replace(one, size=one.size + by)]))
    assert found.outcome is Outcome.INTEGRITY
    assert "expected" in found.message


def test_child_that_is_not_there_is_refused(repository: FakeRepository) -> None:
    """R-25: an index of what is missing cannot be signed or verified as a whole."""
    missing = build_image("missing").descriptor
    found = refusal(repository, index(repository, [image(repository, "one"), missing]))
    assert isinstance(found, NotFoundError)
    assert str(missing.digest) in found.message


def test_one_digest_with_two_descriptions_is_refused(repository: FakeRepository) -> None:
    """R-08: the same digest, listed with two media types or sizes."""
    one = image(repository, "one")
    found = refusal(repository, index(repository, [one, replace(one, size=one.size + 1)]))
    assert (type(found), found.outcome) == (RegistryError, Outcome.INTEGRITY)


@pytest.mark.parametrize(
    ("media_type", "members"),
    [
        (IMAGE_INDEX, {"mediaType": IMAGE_MANIFEST}),
        (IMAGE_INDEX, {"layers": []}),
        (IMAGE_INDEX, {"config": {}}),
        (IMAGE_MANIFEST, {"mediaType": IMAGE_MANIFEST}),
        (IMAGE_MANIFEST, {"mediaType": None}),
    ],
    ids=["another type", "layers too", "config too", "manifests in an image", "no type, manifests"],
)
def test_manifest_that_is_two_things_is_refused(
    repository: FakeRepository, media_type: str, members: dict[str, Any]
) -> None:
    """R-08: a document that one reader takes for an index and another one for an image."""
    both = index(repository, [image(repository, "one")], media_type, **members)
    found = refusal(repository, index(repository, [both]))
    assert (type(found), found.outcome) == (RegistryError, Outcome.INTEGRITY)


def test_what_is_no_manifest_is_refused(repository: FakeRepository) -> None:
    """R-09: nobody could say that all of it was signed."""
    blob = Descriptor("text/plain", Digest.of(b"x"), 1)
    assert "neither an image nor an index" in refusal(repository, index(repository, [blob])).message


@pytest.mark.parametrize(
    "entries",
    [["text"], [{"mediaType": IMAGE_MANIFEST, "size": 1}], [{}], {"a": 1}],
    ids=["text", "no digest", "empty", "an object"],
)
def test_malformed_index_is_refused(repository: FakeRepository, entries: Any) -> None:
    """R-01: an entry that is none."""
    document = compact({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": entries})
    root = Descriptor.of(IMAGE_INDEX, document)
    repository.add("root", root, document)
    assert isinstance(refusal(repository, root), MalformedError)


def test_repeated_member_is_refused(repository: FakeRepository) -> None:
    """R-01: two lists of manifests in one document."""
    text = json.dumps({"mediaType": IMAGE_INDEX, "manifests": []})
    data = (text[:-1] + ', "manifests": []}').encode()
    root = Descriptor.of(IMAGE_INDEX, data)
    repository.add("root", root, data)
    assert isinstance(refusal(repository, root), MalformedError)


@pytest.mark.parametrize("name", ["Digest", "SIZE", "mediatype"])
def test_entry_that_another_reader_takes_for_another_one_is_refused(
    repository: FakeRepository, name: str
) -> None:
    """R-01: readers that ignore the case of letters, as the Go program, follow the last of the two."""
    one = image(repository, "one")
    other = {"Digest": str(image(repository, "two").digest), "SIZE": 1, "mediatype": IMAGE_INDEX}[name]
    root = index(repository, [one.to_json() | {name: other}])
    found = refusal(repository, root)
    assert isinstance(found, MalformedError)
    assert repr(name) in found.message


@pytest.mark.parametrize("name", ["Manifests", "MEDIATYPE"])
@pytest.mark.parametrize("media_type", [IMAGE_INDEX, IMAGE_MANIFEST])
def test_manifest_that_another_reader_takes_for_another_one_is_refused(
    repository: FakeRepository, media_type: str, name: str
) -> None:
    """R-01, R-08: a second list or type for readers that ignore the case of letters."""
    other: Any = [image(repository, "two").to_json()] if name == "Manifests" else IMAGE_INDEX
    data = compact({"schemaVersion": 2, "mediaType": media_type, name: other})
    if media_type == IMAGE_INDEX:
        data = compact({"schemaVersion": 2, "mediaType": media_type, "manifests": [], name: other})
    both = Descriptor.of(media_type, data)
    repository.add("both", both, data)
    found = refusal(repository, index(repository, [both]))
    assert (type(found), found.outcome) == (MalformedError, Outcome.INTEGRITY)
    assert repr(name) in found.message


def test_indexes_are_nested_to_a_bound(repository: FakeRepository) -> None:
    """Attack 133, R-10: an index in an index, a thousand times."""
    root = index(repository, [image(repository, "one")])
    for _ in range(MAX_DEPTH - 1):
        root = index(repository, [root])
    assert len(artifacts_of(repository, root)) == MAX_DEPTH + 1
    deeper = index(repository, [root])
    assert isinstance(refusal(repository, deeper), LimitError)
    for _ in range(1000):
        deeper = index(repository, [deeper])
    repository.calls.clear()
    assert isinstance(refusal(repository, deeper), LimitError)
    assert len(repository.calls) == MAX_DEPTH


@pytest.mark.parametrize("more", [0, 1])
def test_manifests_are_listed_to_a_bound(repository: FakeRepository, more: int) -> None:
    """Attack 133, R-10: no more work than for a few hundred manifests, in one index or in several."""
    images = [image(repository, str(number)) for number in range(MAX_ARTIFACTS - 3 + more)]
    half = len(images) // 2
    halves = [index(repository, images[:half]), index(repository, images[half:])]
    root = index(repository, halves)
    if not more:
        assert len(artifacts_of(repository, root)) == MAX_ARTIFACTS
    else:
        assert isinstance(refusal(repository, root), LimitError)


def test_long_list_is_refused_before_anything_is_fetched(repository: FakeRepository) -> None:
    """R-10: the number of entries is looked at first."""
    one = image(repository, "one")
    root = index(repository, [one] * (MAX_ARTIFACTS + 1))
    assert isinstance(refusal(repository, root), LimitError)
    assert len(repository.calls) == 1
