# SPDX-License-Identifier: Apache-2.0
"""The OCI image layout as a repository: both referrer conventions, hostile layouts, parallel writers."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from notation_py.adapters import layout
from notation_py.adapters.file_changes import LOCK_NAME
from notation_py.adapters.layout import LayoutRepository
from notation_py.adapters.layout_index import REF_NAME, LayoutIndex, referrers_tag
from notation_py.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from notation_py.digest import Digest
from notation_py.errors import LimitError, MalformedError, NotFoundError, Outcome, RegistryError
from notation_py.registry.signatures import (
    SIGNATURE_TYPE,
    ManifestForm,
    attach_signature,
    build_manifest,
    listed_signatures,
)
from tests.simulator.images import blob_path, build_image, tamper_layout, write_layout

IMAGE = build_image()
FORMS = pytest.mark.parametrize("form", ManifestForm)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_layout(tmp_path / "layout", IMAGE, "v1")
    return tmp_path / "layout"


def index_of(path: Path) -> dict[str, Any]:
    return json.loads((path / "index.json").read_bytes())


def put_index(path: Path, document: Any) -> None:
    (path / "index.json").write_text(json.dumps(document))


def put_blob(path: Path, data: bytes, media_type: str = IMAGE_MANIFEST) -> Descriptor:
    descriptor = Descriptor.of(media_type, data)
    blob_path(path, str(descriptor.digest)).write_bytes(data)
    return descriptor


def put_json(path: Path, document: Any, media_type: str = IMAGE_MANIFEST) -> Descriptor:
    return put_blob(path, json.dumps(document).encode(), media_type)


def signature_manifest(subject: Descriptor, number: int = 0, **changes: Any) -> dict[str, Any]:
    envelope = Descriptor.of("application/cose", str(number).encode())
    form = ManifestForm.ARTIFACT_TYPE
    return json.loads(build_manifest(envelope, subject, {"n": str(number)}, form)) | changes


def append(path: Path, *entries: Descriptor | dict[str, Any]) -> None:
    document = index_of(path)
    document["manifests"] += [e.to_json() if isinstance(e, Descriptor) else e for e in entries]
    put_index(path, document)


def listed(
    path: Path, warnings: list[str] | None = None, subject: Descriptor = IMAGE.descriptor
) -> list[str]:
    sink = [] if warnings is None else warnings
    found = LayoutRepository(path, sink.append).referrers(subject, SIGNATURE_TYPE)
    return [str(entry.digest) for entry in found]


# Opening and resolving


@pytest.mark.parametrize("target", ["v1", str(IMAGE.descriptor.digest)], ids=["tag", "digest"])
def test_resolve_gives_the_descriptor_of_the_index(target: str, path: Path) -> None:
    """SIG-050, SIG-054."""
    assert LayoutRepository(path).resolve(target).same_content(IMAGE.descriptor)


@pytest.mark.parametrize(
    "target", ["v2", "", "..", "sha256:00", f"sha256:{'0' * 64}", "sha256:../../etc/passwd"]
)
def test_resolve_of_what_is_not_there(target: str, path: Path) -> None:
    """SIG-054; attack 132: one clear error, and no name but a digest becomes a path."""
    with pytest.raises(NotFoundError, match="not found"):
        LayoutRepository(path).resolve(target)


def test_unlisted_digest_resolves_to_its_blob(path: Path) -> None:
    """SIG-052: as in the Go program, with the media type of unknown bytes."""
    blob = put_blob(path, b"some bytes")
    assert LayoutRepository(path).resolve(str(blob.digest)) == Descriptor(
        "application/octet-stream", blob.digest, 10
    )


def test_path_must_be_a_directory(tmp_path: Path) -> None:
    """SIG-043: texts of the Go program; a tarball is not a layout."""
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(RegistryError) as caught:
        LayoutRepository(tmp_path / "f")
    assert caught.value.message == "failed to create OCI store: the input path is not a directory"
    with pytest.raises(RegistryError) as caught:
        LayoutRepository(tmp_path / "absent")
    assert caught.value.message == (
        f"failed to create OCI store: stat {tmp_path}/absent: no such file or directory"
    )


HEADERS = {
    "missing": None,
    "empty": b"",
    "no version": b"{}",
    "other version": b'{"imageLayoutVersion":"2.0.0"}',
    "version of another type": b'{"imageLayoutVersion":1}',
    "array": b"[]",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_layout_must_say_its_version(header: bytes | None, path: Path) -> None:
    """Attack 132: oci-layout version missing; REGISTRY."""
    (path / "oci-layout").unlink()
    if header is not None:
        (path / "oci-layout").write_bytes(header)
    with pytest.raises(RegistryError, match=r"layout") as caught:
        LayoutRepository(path)
    assert caught.value.outcome is Outcome.REGISTRY


def test_same_tag_on_two_contents_is_refused(path: Path) -> None:
    """Attack 132: index.json with two equal tags; by digest the image can still be used."""
    write_layout(path, build_image("other"))
    document = index_of(path)
    document["manifests"][1]["annotations"] = {REF_NAME: "v1"}
    put_index(path, document)
    with pytest.raises(RegistryError, match="has tag 'v1' on different contents"):
        LayoutRepository(path).resolve("v1")
    assert LayoutRepository(path).resolve(str(IMAGE.descriptor.digest))


def test_same_tag_twice_on_one_content_is_not_ambiguous(path: Path) -> None:
    """R-27: nothing to choose between."""
    append(path, index_of(path)["manifests"][0])
    assert LayoutRepository(path).resolve("v1").digest == IMAGE.descriptor.digest


@pytest.mark.parametrize("target", ["v1", str(IMAGE.descriptor.digest)], ids=["tag", "digest"])
def test_replaced_blob_is_noticed(target: str, path: Path) -> None:
    """Attack 132: blob replaced; hashed when it is resolved."""
    tamper_layout(path, "v1")
    with pytest.raises(RegistryError, match="has been changed"):
        LayoutRepository(path).resolve(target)


def test_descriptor_with_another_size_is_noticed(path: Path) -> None:
    """Attack 132; SIG-038."""
    document = index_of(path)
    document["manifests"][0]["size"] += 1
    put_index(path, document)
    with pytest.raises(RegistryError, match="has been changed"):
        LayoutRepository(path).resolve("v1")


@pytest.mark.parametrize("kind", ["link to the same content", "fifo", "directory"])
def test_blob_that_is_no_regular_file_is_refused(kind: str, path: Path) -> None:
    """Attack 132: symlinked blob, even to the right bytes."""
    blob = blob_path(path, str(IMAGE.descriptor.digest))
    match kind:
        case "fifo":
            blob.unlink()
            os.mkfifo(blob)
        case "directory":
            blob.unlink()
            blob.mkdir()
        case _:
            blob.rename(path / "elsewhere")
            blob.symlink_to(path / "elsewhere")
    for use in (
        lambda repository: repository.resolve("v1"),
        lambda repository: repository.fetch(IMAGE.descriptor, max_bytes=10_000),
    ):
        with pytest.raises(RegistryError, match="is not a regular file"):
            use(LayoutRepository(path))


@pytest.mark.parametrize("name", ["blobs", "blobs/sha256"])
def test_linked_blob_directory_is_refused(name: str, path: Path, tmp_path: Path) -> None:
    """Attack 132: nothing is read or written outside the layout."""
    (path / name).rename(tmp_path / "outside")
    (path / name).symlink_to(tmp_path / "outside")
    before = sorted((tmp_path / "outside").rglob("*"))
    with pytest.raises(RegistryError, match="is a link"):
        LayoutRepository(path).resolve("v1")
    with pytest.raises(RegistryError, match="is a link"):
        LayoutRepository(path).push(Descriptor.of("text/plain", b"x"), b"x")
    assert sorted((tmp_path / "outside").rglob("*")) == before


def test_linked_ingest_directory_is_refused(path: Path, tmp_path: Path) -> None:
    """Attack 132: nothing is staged, and nothing swept away, outside the layout."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (path / "ingest").symlink_to(outside)
    with pytest.raises(RegistryError, match="is a link"):
        LayoutRepository(path).push(Descriptor.of("text/plain", b"x"), b"x")
    assert list(outside.iterdir()) == []


def test_blob_of_another_size_is_refused_without_being_read(path: Path) -> None:
    """Attack 113; R-10: a file with holes is large at no cost, so its size is compared first."""
    layer = next(digest for digest in IMAGE.blobs)
    append(path, Descriptor("text/plain", Digest.parse(layer), len(IMAGE.blobs[layer])))
    os.truncate(blob_path(path, layer), 1 << 28)
    with pytest.raises(RegistryError, match=f"{1 << 28} bytes instead of"):
        LayoutRepository(path).resolve(layer)


INDEXES = {
    "missing": None,
    "truncated": b'{"schemaVersion":2,"manifests":[',
    "array": b"[]",
    "other schema": b'{"schemaVersion":1,"manifests":[]}',
    "other media type": b'{"schemaVersion":2,"mediaType":"text/plain","manifests":[]}',
    "manifests of another type": b'{"schemaVersion":2,"manifests":{}}',
    "duplicate member": b'{"schemaVersion":2,"manifests":[],"manifests":[]}',
    "too large": b" " * (layout.MAX_INDEX_BYTES + 1),
}


@pytest.mark.parametrize("data", INDEXES.values(), ids=INDEXES)
def test_unusable_index_is_an_error_and_not_an_empty_answer(data: bytes | None, path: Path) -> None:
    """R-25, SEC-003: whoever cannot say does not say none."""
    (path / "index.json").unlink()
    if data is not None:
        (path / "index.json").write_bytes(data)
    repository = LayoutRepository(path)
    for use in (
        lambda: repository.resolve("v1"),
        lambda: list(repository.referrers(IMAGE.descriptor, SIGNATURE_TYPE)),
        lambda: attach_signature(repository, ("application/cose", b"e"), IMAGE.descriptor, {}),
    ):
        with pytest.raises(RegistryError, match=r"index\.json"):
            use()


def test_foreign_entries_do_not_disturb(path: Path) -> None:
    """SIG-043: an entry that is not ours to judge is kept and passed over; a tag like a path is a tag."""
    odd = [{"mediaType": "x"}, "text", 3, {"mediaType": "x", "digest": "blake3:00", "size": 1}]
    entry = IMAGE.descriptor.to_json() | {"annotations": {REF_NAME: "../../evil"}}
    append(path, *odd, entry)
    repository = LayoutRepository(path)
    assert repository.resolve("../../evil").digest == IMAGE.descriptor.digest
    attach_signature(repository, ("application/cose", b"e"), IMAGE.descriptor, {})
    assert index_of(path)["manifests"][1:6] == [*odd, entry]
    assert len(listed(path)) == 1


def test_fetch_stops_at_its_limit(path: Path) -> None:
    """SEC-001, SIG-038."""
    repository = LayoutRepository(path)
    assert repository.fetch(IMAGE.descriptor, max_bytes=IMAGE.descriptor.size) == IMAGE.manifest
    with pytest.raises(LimitError):
        repository.fetch(IMAGE.descriptor, max_bytes=IMAGE.descriptor.size - 1)
    with pytest.raises(NotFoundError):
        repository.fetch(Descriptor.of("x", b"absent"), max_bytes=10)


# Referrers


@FORMS
def test_attached_signature_is_listed_with_what_its_manifest_says(form: ManifestForm, path: Path) -> None:
    """SIG-003, SIG-004, SIG-026, SIG-043."""
    repository = LayoutRepository(path)
    made = attach_signature(repository, ("application/cose", b"e"), IMAGE.descriptor, {"a": "b"}, form)
    (found,) = listed_signatures(repository, IMAGE.descriptor)
    assert found == Descriptor(made.media_type, made.digest, made.size, SIGNATURE_TYPE, {"a": "b"})


def test_signature_is_written_in_both_conventions(path: Path) -> None:
    """SIG-026, SIG-043: an untagged entry as oras writes it, a fallback index as regctl writes it."""
    repository = LayoutRepository(path)
    made = attach_signature(repository, ("application/cose", b"e"), IMAGE.descriptor, {"a": "b"})
    entry = made.to_json() | {"artifactType": SIGNATURE_TYPE, "annotations": {"a": "b"}}
    image, direct, fallback = index_of(path)["manifests"]
    assert image["digest"] == str(IMAGE.descriptor.digest)
    assert direct == entry
    assert fallback["mediaType"] == IMAGE_INDEX
    assert fallback["annotations"] == {REF_NAME: f"sha256-{IMAGE.descriptor.digest.hex}"}
    nested = json.loads(blob_path(path, fallback["digest"]).read_bytes())
    assert nested == {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [entry]}


def test_both_conventions_are_read_alone(path: Path) -> None:
    """SIG-034, SIG-043: each is enough, and both together list a signature once."""
    attach_signature(LayoutRepository(path), ("application/cose", b"e"), IMAGE.descriptor, {})
    image, direct, fallback = index_of(path)["manifests"]
    for manifests in ([image, direct], [image, fallback], [image, direct, fallback, direct]):
        put_index(path, {"schemaVersion": 2, "manifests": manifests})
        assert listed(path) == [direct["digest"]]
    put_index(path, {"schemaVersion": 2, "manifests": [image]})
    assert listed(path) == []


def test_entry_without_artifact_type_is_looked_into(path: Path) -> None:
    """SIG-043: notation 1.3 lists its signatures so."""
    manifest = put_json(path, signature_manifest(IMAGE.descriptor))
    append(path, manifest)
    assert listed(path) == [str(manifest.digest)]


def test_nested_index_of_another_size_hides_nothing(path: Path) -> None:
    """R-09, VER-008: an index of that digest that cannot be is passed over, and the right one is searched."""
    right = put_json(path, signature_manifest(IMAGE.descriptor))
    document = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [right.to_json()]}
    index = put_json(path, document, IMAGE_INDEX)
    append(path, index.to_json() | {"size": index.size + 1}, index)
    assert listed(path) == [str(right.digest)]


def test_entry_of_another_size_hides_nothing(path: Path) -> None:
    """R-09, VER-008: a lying entry before the right one is passed over, and the right one is found."""
    right = put_json(path, signature_manifest(IMAGE.descriptor))
    append(path, right.to_json() | {"size": right.size + 1}, right)
    assert listed(path) == [str(right.digest)]


def test_nested_index_is_searched(path: Path) -> None:
    """SIG-043: as the Go program, which loads every manifest it can reach."""
    manifest = put_json(path, signature_manifest(IMAGE.descriptor))
    index = {"schemaVersion": 2, "manifests": [manifest.to_json()]}
    append(path, put_json(path, index, IMAGE_INDEX))
    assert listed(path) == [str(manifest.digest)]


def test_nesting_is_bounded(path: Path) -> None:
    """SEC-001: a chain of indexes is followed for some levels only."""
    manifest = inner = put_json(path, signature_manifest(IMAGE.descriptor))
    for _ in range(layout.MAX_NESTING + 1):
        inner = put_json(path, {"schemaVersion": 2, "manifests": [inner.to_json()]}, IMAGE_INDEX)
    append(path, inner)
    assert listed(path) == []
    append(path, manifest)
    assert listed(path) == [str(manifest.digest)]


def test_search_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-001, R-10: too many candidates are a limit, not an empty answer."""
    monkeypatch.setattr(layout, "MAX_CANDIDATES", 5)
    append(path, *[Descriptor.of(IMAGE_MANIFEST, bytes([n])) for n in range(6)])
    with pytest.raises(LimitError):
        listed(path)


UNWANTED: dict[str, Any] = {
    "other subject": lambda: signature_manifest(Descriptor.of(IMAGE_MANIFEST, b"other")),
    "no subject": lambda: {k: v for k, v in signature_manifest(IMAGE.descriptor).items() if k != "subject"},
    "other type": lambda: signature_manifest(IMAGE.descriptor, artifactType="application/spdx+json"),
    "other config type": lambda: signature_manifest(IMAGE.descriptor, artifactType=""),
    "type of another kind": lambda: signature_manifest(IMAGE.descriptor, artifactType=1),
    "subject of another kind": lambda: signature_manifest(IMAGE.descriptor) | {"subject": "x"},
    "array": list,
}


@pytest.mark.parametrize("make", UNWANTED.values(), ids=UNWANTED)
@pytest.mark.parametrize("place", ["direct", "fallback"])
def test_manifest_that_is_no_signature_of_the_subject_is_left_out(make, place: str, path: Path) -> None:
    """SIG-039, SIG-043; R-25: whatever the entry claims, and the good one beside it is found."""
    claimed = put_json(path, make())
    bad = Descriptor(claimed.media_type, claimed.digest, claimed.size, SIGNATURE_TYPE)
    good = put_json(path, signature_manifest(IMAGE.descriptor, 1))
    if place == "direct":
        append(path, bad, good)
    else:
        index = {"schemaVersion": 2, "manifests": [bad.to_json(), good.to_json()]}
        fallback = put_json(path, index, IMAGE_INDEX).to_json()
        append(path, fallback | {"annotations": {REF_NAME: referrers_tag(IMAGE.descriptor.digest)}})
    assert listed(path) == [str(good.digest)]


@pytest.mark.parametrize("fault", ["changed", "too large", "link"])
def test_unreadable_manifest_is_passed_over_with_a_warning(fault: str, path: Path) -> None:
    """Attack 132: a broken signature never hides a good one."""
    bad = put_json(path, signature_manifest(IMAGE.descriptor, 1))
    good = put_json(path, signature_manifest(IMAGE.descriptor, 2))
    blob = blob_path(path, str(bad.digest))
    match fault:
        case "changed":
            blob.write_bytes(blob.read_bytes().replace(b"schema", b"Schema"))
        case "too large":
            bad = Descriptor(bad.media_type, bad.digest, layout.MAX_MANIFEST_BYTES + 1)
        case _:
            blob.rename(path / "elsewhere")
            blob.symlink_to(path / "elsewhere")
    append(path, bad, good)
    warnings: list[str] = []
    assert listed(path, warnings) == [str(good.digest)]
    assert [str(bad.digest) in line for line in warnings] == [True]


def test_sparse_layout_is_searched_without_a_word(path: Path) -> None:
    """SIG-043: copies of one platform leave the others' manifests out."""
    missing = Descriptor.of(IMAGE_MANIFEST, b"left behind")
    good = put_json(path, signature_manifest(IMAGE.descriptor))
    index = put_json(path, {"schemaVersion": 2, "manifests": [missing.to_json()]}, IMAGE_INDEX)
    append(path, missing, index, Descriptor.of(IMAGE_INDEX, b"left behind, too"), good)
    warnings: list[str] = []
    assert (listed(path, warnings), warnings) == ([str(good.digest)], [])


@pytest.mark.parametrize("fault", ["missing", "changed", "no index"])
def test_broken_fallback_index_is_an_error(fault: str, path: Path) -> None:
    """R-25: the repository cannot say, so it does not say none; and a push loses nothing."""
    attach_signature(LayoutRepository(path), ("application/cose", b"e"), IMAGE.descriptor, {})
    fallback = index_of(path)["manifests"][2]
    blob = blob_path(path, fallback["digest"])
    blob.unlink()
    if fault == "changed":
        blob.write_bytes(b"x" * fallback["size"])
    elif fault == "no index":
        target = put_blob(path, b'{"schemaVersion":1}', IMAGE_INDEX).to_json()
        put_index(
            path, {"schemaVersion": 2, "manifests": [target | {"annotations": fallback["annotations"]}]}
        )
    before = index_of(path)
    with pytest.raises(RegistryError):
        listed(path)
    with pytest.raises(RegistryError, match=r"is stored in .*, but not listed"):
        attach_signature(LayoutRepository(path), ("application/cose", b"f"), IMAGE.descriptor, {})
    assert index_of(path) == before


# Pushing


def test_push_again_changes_nothing(path: Path) -> None:
    """SIG-026: already listed means done."""
    repository = LayoutRepository(path)
    for _ in range(2):
        attach_signature(repository, ("application/cose", b"e"), IMAGE.descriptor, {})
    assert len(index_of(path)["manifests"]) == 3


def test_push_completes_a_half_written_listing(path: Path) -> None:
    """SIG-026: an entry of notation 1.3 gets its fallback, a fallback of regctl its entry."""
    repository = LayoutRepository(path)
    manifest = put_json(path, signature_manifest(IMAGE.descriptor))
    append(path, manifest)
    data = blob_path(path, str(manifest.digest)).read_bytes()
    repository.push_manifest(manifest, data, IMAGE.descriptor)
    image, direct, fallback = index_of(path)["manifests"]
    put_index(path, {"schemaVersion": 2, "manifests": [image, fallback]})
    repository.push_manifest(manifest, data, IMAGE.descriptor)
    assert [e["digest"] for e in index_of(path)["manifests"]] == [
        image["digest"],
        fallback["digest"],
        direct["digest"],
    ]


def test_push_merges_fallback_indexes_that_two_writers_left(path: Path) -> None:
    """SIG-028: nothing either of them listed is lost; one entry is left."""
    tag = {"annotations": {REF_NAME: referrers_tag(IMAGE.descriptor.digest)}}
    manifests = [put_json(path, signature_manifest(IMAGE.descriptor, n)) for n in range(2)]
    for manifest in manifests:
        index = {"schemaVersion": 2, "manifests": [manifest.to_json()], "annotations": {"kept": "yes"}}
        append(path, put_json(path, index, IMAGE_INDEX).to_json() | tag)
    made = attach_signature(LayoutRepository(path), ("application/cose", b"e"), IMAGE.descriptor, {})
    (fallback,) = [e for e in index_of(path)["manifests"] if e["mediaType"] == IMAGE_INDEX]
    nested = json.loads(blob_path(path, fallback["digest"]).read_bytes())
    assert [e["digest"] for e in nested["manifests"]] == [str(m.digest) for m in (*manifests, made)]
    assert nested["annotations"] == {"kept": "yes"}
    assert len(listed(path)) == 3


def test_push_keeps_unknown_members_and_the_mode(path: Path) -> None:
    """R-34: the index is not ours alone."""
    document = index_of(path) | {"annotations": {"a": "<b>"}, "x-vendor": [1, 2.5, None]}
    put_index(path, document)
    (path / "index.json").chmod(0o664)
    attach_signature(LayoutRepository(path), ("application/cose", b"e"), IMAGE.descriptor, {})
    after = index_of(path)
    assert {**after, "manifests": after["manifests"][:1]} == document
    assert stat.S_IMODE((path / "index.json").stat().st_mode) == 0o664


def test_pushed_blobs_are_read_only_and_nothing_else_is_left(path: Path) -> None:
    """SEC-005, R-34: 0444 as the Go program writes them; no temporary file."""
    descriptor = Descriptor.of("text/plain", b"data")
    LayoutRepository(path).push(descriptor, b"data")
    blob = blob_path(path, str(descriptor.digest))
    assert blob.read_bytes() == b"data"
    assert stat.S_IMODE(blob.stat().st_mode) == 0o444
    assert list((path / "ingest").iterdir()) == []
    assert {p.name for p in path.iterdir()} == {LOCK_NAME, "blobs", "index.json", "ingest", "oci-layout"}


def test_push_mends_a_blob_with_other_content(path: Path) -> None:
    """Attack 132: a blob is there only if its bytes are."""
    descriptor = Descriptor.of("text/plain", b"data")
    blob_path(path, str(descriptor.digest)).write_bytes(b"evil")
    LayoutRepository(path).push(descriptor, b"data")
    assert blob_path(path, str(descriptor.digest)).read_bytes() == b"data"


@pytest.mark.parametrize(
    "descriptor",
    [Descriptor.of("text/plain", b"evil"), Descriptor("text/plain", Digest.of(b"data"), 5)],
    ids=["digest", "size"],
)
def test_push_refuses_bytes_that_are_not_the_descriptors(descriptor: Descriptor, path: Path) -> None:
    """SIG-014, SIG-038."""
    with pytest.raises(RegistryError):
        LayoutRepository(path).push(descriptor, b"data")
    assert not (path / "ingest").exists()


def test_push_does_not_follow_a_linked_index(path: Path, tmp_path: Path) -> None:
    """Attack 132: index.json may not lead elsewhere."""
    (path / "index.json").rename(tmp_path / "outside")
    (path / "index.json").symlink_to(tmp_path / "outside")
    before = (tmp_path / "outside").read_bytes()
    with pytest.raises(RegistryError, match="is not a regular file"):
        attach_signature(LayoutRepository(path), ("application/cose", b"e"), IMAGE.descriptor, {})
    assert (tmp_path / "outside").read_bytes() == before


def test_push_without_space_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 176: no false success, the index as it was."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = (path / "index.json").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RegistryError, match="no space left on device"):
        attach_signature(LayoutRepository(path), ("application/cose", b"e"), IMAGE.descriptor, {})
    assert (path / "index.json").read_bytes() == before


def test_push_sees_that_another_program_took_its_entry_away(path: Path, monkeypatch) -> None:
    """SIG-028: writers without our lock exist; listed means listed when we looked again."""
    original = (path / "index.json").read_bytes()
    write = layout.write_file
    rounds: list[int] = []

    def overwritten(target: Path, data: bytes, *, mode: int) -> None:
        write(target, data, mode=mode)
        rounds.append(1)
        if len(rounds) <= 2:
            target.write_bytes(original)

    monkeypatch.setattr(layout, "write_file", overwritten)
    made = attach_signature(LayoutRepository(path), ("application/cose", b"e"), IMAGE.descriptor, {})
    assert (len(rounds), listed(path)) == (3, [str(made.digest)])


def test_push_gives_up_on_an_endless_fight(path: Path, monkeypatch) -> None:
    """SIG-028: the message names the digest of what is stored."""
    original = (path / "index.json").read_bytes()
    monkeypatch.setattr(layout, "write_file", lambda target, *_, **__: target.write_bytes(original))
    manifest = json.dumps(signature_manifest(IMAGE.descriptor)).encode()
    descriptor = Descriptor.of(IMAGE_MANIFEST, manifest)
    with pytest.raises(RegistryError, match=str(descriptor.digest)):
        LayoutRepository(path).push_manifest(descriptor, manifest, IMAGE.descriptor)


WRITER = """
import sys
from pathlib import Path
from notation_py.adapters.layout import LayoutRepository
from notation_py.registry.signatures import attach_signature
repository = LayoutRepository(Path(sys.argv[1]))
subject = repository.resolve("v1")
for number in range(3):
    made = attach_signature(repository, ("application/cose", f"{sys.argv[2]}.{number}".encode()), subject, {})
    print(made.digest)
"""


def test_parallel_signers_are_all_listed(path: Path) -> None:
    """SIG-028, R-34: twelve processes, and what each reported is there, in both conventions."""
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True, encoding="ascii")
        for n in range(12)
    ]
    reported = [line for writer in writers for line in writer.communicate(timeout=120)[0].split()]
    assert [writer.returncode for writer in writers] == [0] * 12
    assert len(set(reported)) == 36
    assert set(listed(path)) == set(reported)
    image, *entries = index_of(path)["manifests"]
    for kept in (
        [e for e in entries if "artifactType" in e],
        [e for e in entries if e["mediaType"] == IMAGE_INDEX],
    ):
        put_index(path, {"schemaVersion": 2, "manifests": [image, *kept]})
        assert set(listed(path)) == set(reported)


# The index document


def test_referrers_tag_of_a_long_digest_is_cut() -> None:
    """SIG-034: at most 64 characters of the hex, as distribution-spec says."""
    assert referrers_tag(Digest.parse(f"sha512:{'ab' * 64}")) == f"sha512-{'ab' * 32}"


def test_index_round_trip_keeps_the_document() -> None:
    """SEC-003: bytes in, the same document out."""
    data = b'{"x":{"y":[null,true]},"schemaVersion":2,"manifests":null}'
    index = LayoutIndex.parse(data, what="index", max_bytes=1000)
    assert (index.entries, index.to_bytes()) == ((), data)


def test_tagged_entry_that_is_no_descriptor_is_an_error(path: Path) -> None:
    """SEC-003: the entry that was asked for must be readable."""
    append(path, {"mediaType": "x", "annotations": {REF_NAME: "v2"}})
    with pytest.raises(RegistryError, match=r"manifests\[1\]"):
        LayoutRepository(path).resolve("v2")
    index = LayoutIndex.parse((path / "index.json").read_bytes(), what="index", max_bytes=10_000)
    with pytest.raises(MalformedError):
        index.tagged("v2")


# With the Go program


def test_go_program_and_we_see_each_others_signatures(go_notation: Path, path: Path, tmp_path: Path) -> None:
    """SIG-004, SIG-043: v1.3.2 verifies, lists and signs in a layout that has both conventions."""
    environment = {
        "HOME": str(tmp_path),
        "NOTATION_EXPERIMENTAL": "1",
        "NOTATION_CONFIG": str(tmp_path / "config"),
        "NOTATION_CACHE": str(tmp_path / "cache"),
    }

    def run(*arguments: str) -> str:
        command = [str(go_notation), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    reference = f"{path}@{IMAGE.descriptor.digest}"
    run("cert", "generate-test", "--default", "t")
    policy = {
        "name": "p",
        "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:t"],
        "trustedIdentities": ["*"],
    }
    document = {"version": "1.0", "trustPolicies": [policy]}
    (tmp_path / "config" / "trustpolicy.json").write_text(json.dumps(document))
    run("sign", "--oci-layout", reference)
    (theirs,) = listed(path)

    bundle = json.loads(blob_path(path, theirs).read_bytes())
    envelope = blob_path(path, bundle["layers"][0]["digest"]).read_bytes()
    ours = attach_signature(
        LayoutRepository(path),
        (bundle["layers"][0]["mediaType"], envelope),
        IMAGE.descriptor,
        bundle["annotations"] | {"made.by": "us"},
        ManifestForm.CONFIG_TYPE,
    )
    run("verify", "--oci-layout", "--scope", "local/x", reference)
    assert sorted(
        line.split()[-1] for line in run("list", "--oci-layout", reference).splitlines()[2:]
    ) == sorted([theirs, str(ours.digest)])

    run("sign", "--oci-layout", reference)
    assert len(listed(path)) == 3
    assert {theirs, str(ours.digest)} < set(listed(path))
