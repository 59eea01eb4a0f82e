# SPDX-License-Identifier: Apache-2.0
"""Indexes of referrers: entries keep their text."""

from __future__ import annotations

import json

import pytest

from notation_py.adapters.index_entries import IndexEntry, ReferrersIndex, referrers_tags, write_index
from notation_py.descriptor import IMAGE_INDEX, Descriptor
from notation_py.digest import Digest, HashAlgorithm
from notation_py.errors import RegistryError

ENTRY = '{ "digest":"sha256:' + "a" * 64 + '", "size" :1.0e0, "x": ["\\u00e9]}"], "mediaType":"a/b"}'
GOOD = ENTRY.replace("1.0e0", "1")


@pytest.mark.parametrize(
    "text",
    [
        f'{{"manifests":[{GOOD}]}}',
        f' {{ "a" : {{"manifests":[1,2]}} , "manifests" : [ {GOOD} ] , "z":1}}\n',
        f'{{"m\\u0061nifests":[\n{GOOD}\n\t],"schemaVersion":2,"mediaType":"{IMAGE_INDEX}"}}',
        f'{{"manifests":[{GOOD},{ENTRY},{{}},null,3,"x",[],{{"a":{{}}}}]}}',
    ],
    ids=["bare", "spaced", "escaped-name", "mixed"],
)
def test_entries_keep_the_text_they_were_written_in(text: str) -> None:
    """SIG-026: the text of an element is passed on byte for byte."""
    index = ReferrersIndex.parse(text.encode(), what="index")
    assert index.entries[0].text == GOOD
    assert index.entries[0].descriptor == Descriptor("a/b", Digest(HashAlgorithm.SHA256, "a" * 64), 1)
    assert GOOD in write_index(index.entries).decode()


def test_written_index_drops_empty_and_repeated_entries_only() -> None:
    """SIG-026: the key is media type, digest and size; what we cannot read stays."""
    other = GOOD.replace("a/b", "a/c")
    index = ReferrersIndex.parse(
        f'{{"manifests":[{GOOD},{{ }},null,{other},{ENTRY},{GOOD.replace(" ", "")},7]}}'.encode(),
        what="index",
    )
    written = json.loads(write_index(index.entries))
    assert list(written) == ["schemaVersion", "mediaType", "manifests"]
    assert [entry if isinstance(entry, int) else entry["mediaType"] for entry in written["manifests"]] == [
        "a/b",
        "a/c",
        "a/b",
        7,
    ]


def test_written_entry_has_the_members_of_the_reference() -> None:
    """SIG-026 (4): order and members as the Go program writes them."""
    descriptor = Descriptor("a/b", Digest.of(b""), 0, "t/u", {"b": "<", "a": "é"})
    assert IndexEntry.of(descriptor).text == (
        f'{{"mediaType":"a/b","digest":"{Digest.of(b"")}","size":0,'
        '"annotations":{"a":"é","b":"\\u003c"},"artifactType":"t/u"}'
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'{"manifests":{}}',
        b'{"manifests":"x"}',
        b'{"manifests":[],"manifests":[]}',
        b'{"mediaType":"x/y","manifests":[]}',
        b'{"manifests":[]} x',
        b"\xff",
    ],
)
def test_what_is_no_index_is_an_error(data: bytes) -> None:
    """Attack 117, 118: never an empty list."""
    with pytest.raises(RegistryError):
        ReferrersIndex.parse(data, what="index")


@pytest.mark.parametrize("data", [b"{}", b'{"manifests":null}', b'{"manifests":[]}'])
def test_index_without_entries_is_empty(data: bytes) -> None:
    """The Go program writes null for no entries."""
    assert ReferrersIndex.parse(data, what="index").entries == ()


@pytest.mark.parametrize(
    ("applied", "expected"),
    [("artifactType", True), ("x,artifactType", True), ("artifactTypes", False), ("", False)],
)
def test_old_annotation_says_that_a_filter_was_applied(applied: str, expected: bool) -> None:
    """SIG-032: the annotation of earlier registries counts."""
    data = json.dumps({"annotations": {"org.opencontainers.referrers.filtersApplied": applied}}).encode()
    assert ReferrersIndex.parse(data, what="index").filtered == expected


@pytest.mark.parametrize(
    ("algorithm", "lengths"),
    [(HashAlgorithm.SHA256, [71]), (HashAlgorithm.SHA384, [103, 71]), (HashAlgorithm.SHA512, [71, 135])],
)
def test_tags_of_long_digests(algorithm: HashAlgorithm, lengths: list[int]) -> None:
    """A-45, SIG-034: whole hex and 64 characters; what is written first fits into a tag."""
    tags = referrers_tags(Digest.of(b"", algorithm))
    assert [len(tag) for tag in tags] == lengths
    assert len(tags[0]) <= 128
