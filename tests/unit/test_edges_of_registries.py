# SPDX-License-Identifier: Apache-2.0
"""What a registry answers when it lists, stores and redirects; each check alone, by its own words.

Found missing by `python -m tests.mutation`: with one of these checks taken away, no other test failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from notation_py.adapters.index_entries import MAX_INDEX_BYTES, IndexEntry
from notation_py.adapters.referrers import (
    MAX_LISTING_BYTES,
    MAX_PAGES,
    MAX_REFERRERS,
    ReferrersReader,
    Support,
)
from notation_py.adapters.referrers_update import TagIndex
from notation_py.adapters.registry_settings import RegistrySettings
from notation_py.adapters.remote import RemoteRepository, _described, _is_incomplete
from notation_py.adapters.remote_content import RemoteContent
from notation_py.adapters.responses import Response
from notation_py.adapters.transport import _redirect_target
from notation_py.adapters.urls import Url
from notation_py.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from notation_py.errors import (
    LimitError,
    NotationError,
    NotFoundError,
    Outcome,
    RegistryError,
    UnavailableError,
    UsageError,
)
from notation_py.registry.signatures import SIGNATURE_TYPE

SUBJECT = Descriptor.of(IMAGE_MANIFEST, b"subject")
URL = Url.parse("https://r.test/v2/app/x")
NO_REPOSITORY = json.dumps({"errors": [{"code": "NAME_UNKNOWN", "message": "no"}]}).encode()


class Scripted:
    """A registry that gives its *answers* in turn, the last one for ever."""

    origin = URL.origin

    def __init__(self, *answers: Response) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def request(self, method: str, url: Url, *_: object, **__: object) -> Response:
        self.asked.append(f"{method} {url}")
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return found._replace(url=url)


def answer(status: int = 200, body: bytes = b"", method: str = "GET", **headers: str) -> Response:
    fields = {name.replace("_", "-"): (value,) for name, value in headers.items()}
    return Response(method, URL, status, "x", fields, body)


def entry(number: int = 0) -> dict[str, Any]:
    described = Descriptor.of(IMAGE_MANIFEST, b"%d" % number)
    return described.to_json() | {"artifactType": SIGNATURE_TYPE}


def index(entries: int = 1, size: int = 0) -> bytes:
    document = {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": [entry()] * entries}
    data = json.dumps(document).encode()
    return data + b" " * (size - len(data))


def page(entries: int = 1, following: str = "", size: int = 0) -> Response:
    link = {"link": f'<{following}>; rel="next"'} if following else {}
    return answer(200, index(entries, size), content_type=IMAGE_INDEX, **link)


def reader(*answers: Response) -> ReferrersReader:
    return ReferrersReader(Scripted(*answers), "app", frozenset(), lambda _: None, 60, SIGNATURE_TYPE)


def listed(*answers: Response) -> list[Descriptor]:
    return list(reader(*answers).listed(SUBJECT, SIGNATURE_TYPE))


def test_as_many_referrers_as_allowed_are_listed() -> None:
    """Attack 115; R-10: ten thousand, over two pages or on one, and not one more."""
    half = MAX_REFERRERS // 2
    assert len(list(reader(page(MAX_REFERRERS)).api_entries(SUBJECT, SIGNATURE_TYPE))) == MAX_REFERRERS
    both = reader(page(half, "/2"), page(half)).api_entries(SUBJECT, SIGNATURE_TYPE)
    assert len(list(both)) == MAX_REFERRERS
    for pages in ((page(MAX_REFERRERS + 1),), (page(half, "/2"), page(half + 1))):
        found: list[Descriptor] = []
        with pytest.raises(LimitError):
            found.extend(reader(*pages).api_entries(SUBJECT, SIGNATURE_TYPE))
        assert len(found) == MAX_REFERRERS


def test_index_under_a_tag_is_bounded() -> None:
    """Attack 118; R-10: the same number there."""
    absent = answer(404)
    assert len(listed(absent, page(MAX_REFERRERS))) == 1  # all are the same
    with pytest.raises(LimitError, match="more than 10000 referrers are listed"):
        listed(absent, page(MAX_REFERRERS + 1))


def test_listing_has_a_size_and_a_number_of_pages() -> None:
    """Attack 115; R-10: as many bytes and pages as allowed, and not one more."""
    quarter = MAX_LISTING_BYTES // 8
    pages = [page(1, f"/{number}", quarter) for number in range(7)]
    assert len(list(reader(*pages, page(1, size=quarter)).api_entries(SUBJECT, SIGNATURE_TYPE))) == 8
    with pytest.raises(LimitError, match="more referrers than can be looked at"):
        list(reader(*pages, page(1, "/8", quarter), page()).api_entries(SUBJECT, SIGNATURE_TYPE))
    most = [page(1, f"/{number}") for number in range(MAX_PAGES - 1)]
    with pytest.raises(LimitError, match="more referrers than can be looked at"):
        list(reader(*most, page(1, "/last"), page()).api_entries(SUBJECT, SIGNATURE_TYPE))
    with pytest.raises(LimitError, match="more referrers than can be looked at"):
        list(reader(*most, page()).api_entries(SUBJECT, SIGNATURE_TYPE))
    assert len(list(reader(*most[:-1], page()).api_entries(SUBJECT, SIGNATURE_TYPE))) == MAX_PAGES - 1


@pytest.mark.parametrize("status", [199, 201, 206, 500])
def test_list_comes_with_status_200(status: int) -> None:
    """Attack 117; SIG-031: any other status is a failure, with whatever content."""
    odd = answer(status, index(), content_type=IMAGE_INDEX)
    with pytest.raises(NotationError, match=f"response status code {status}"):
        list(reader(odd).api_entries(SUBJECT, SIGNATURE_TYPE))
    with pytest.raises(NotationError):
        listed(answer(404), odd)


def test_page_that_is_no_list_is_not_absence() -> None:
    """Attack 117: HTML with status 200, and nothing under the tag, is no verdict."""
    html = answer(200, b"<html>", content_type="text/html")
    with pytest.raises(UnavailableError, match="not a list of referrers"):
        listed(html, answer(404))
    assert len(listed(html, page())) == 1
    assert listed(answer(404), answer(404)) == []
    known = reader(html)
    known.support = Support.API
    with pytest.raises(UnavailableError, match="listed referrers before"):
        list(known.listed(SUBJECT, SIGNATURE_TYPE))


def test_repository_that_is_not_there_is_said() -> None:
    """SIG-031: by the list, and by the tag."""
    gone = answer(404, NO_REPOSITORY)
    for answers in ((gone,), (answer(404), gone)):
        with pytest.raises(NotFoundError, match="does not know the repository"):
            listed(*answers)


class Storing:
    """Takes manifests, answering *status*; knows whether there is one."""

    def __init__(self, status: int = 201, *, holds: bool = False) -> None:
        self.status = status
        self.holds = holds
        self.asked: list[Descriptor] = []

    def client(self) -> Storing:
        return self

    def put_manifest(self, *_: object, **__: object) -> Response:
        return answer(self.status, method="PUT")

    def holds_manifest(self, manifest: Descriptor) -> bool:
        self.asked.append(manifest)
        return self.holds


def tag_index(content: Storing) -> TagIndex:
    return TagIndex(content, reader(answer(404)), SUBJECT, Descriptor.from_json(entry(), at="x"))


def test_index_of_others_is_kept_below_a_size() -> None:
    """Attack 131; R-10: the largest index is written, a larger one is not."""
    tag_index(Storing())._write(index(size=MAX_INDEX_BYTES))
    with pytest.raises(LimitError, match="would be larger than"):
        tag_index(Storing())._write(index(size=MAX_INDEX_BYTES + 1))


@pytest.mark.parametrize("status", [200, 202, 403, 500])
def test_index_that_was_not_stored_is_a_failure(status: int) -> None:
    """Attack 129: stored is 201, and nothing else."""
    with pytest.raises(NotationError):
        tag_index(Storing(status))._write(index())
    tag_index(Storing(412))._write(index())  # somebody else was faster, as the next look shows


def test_entry_of_others_is_looked_for_before_it_is_put_back() -> None:
    """Attack 131; SIG-026: our own is there, what is no descriptor cannot be asked about, the rest can."""
    content = Storing(holds=False)
    mine = tag_index(content)
    assert mine._is_there(IndexEntry.of(Descriptor.from_json(entry(), at="x")))
    assert mine._is_there(IndexEntry(None, '"odd"'))
    assert content.asked == []
    assert not mine._is_there(IndexEntry.of(Descriptor.from_json(entry(1), at="x")))
    assert len(content.asked) == 1


def test_only_what_says_nothing_is_empty() -> None:
    """SIG-026: such entries are dropped; a descriptor never is."""
    assert IndexEntry(None, " { } ").is_empty
    assert IndexEntry(None, "null").is_empty
    assert not IndexEntry(None, "1").is_empty
    assert not IndexEntry(SUBJECT, "{}").is_empty


@pytest.mark.parametrize("status", [200, 202, 500])
def test_manifest_that_is_put_again_has_to_be_stored(status: int) -> None:
    """Attack 131: and has to be what it was."""
    described = {"content_type": IMAGE_MANIFEST}
    content = RemoteContent(Scripted(answer(200, b"subject", **described)), "app")
    content._client = Storing(status)
    with pytest.raises(NotationError):
        content.put_again(SUBJECT)
    content._client = Storing(201)
    assert content.put_again(SUBJECT)
    other = RemoteContent(Scripted(answer(200, b"another", **described)), "app")
    other._client = Storing(201)
    with pytest.raises(RegistryError, match="mismatched digest"):
        other.put_again(SUBJECT)


@pytest.mark.parametrize("missing", ["docker_content_digest", "content_length"])
def test_answer_without_a_header_is_incomplete(missing: str) -> None:
    """Attack 110: then the content itself is asked for."""
    whole = {"docker_content_digest": str(SUBJECT.digest), "content_length": "7"}
    assert not _is_incomplete(answer(**whole))
    assert _is_incomplete(answer(**{name: value for name, value in whole.items() if name != missing}))


def test_digest_of_an_answer_is_one() -> None:
    """Attack 110; R-23: what the header says is only compared, and has to be a digest."""
    headers: Mapping[str, str] = {"content_type": IMAGE_MANIFEST, "content_length": "7"}
    good = answer(method="HEAD", docker_content_digest=str(SUBJECT.digest), **headers)
    assert _described(good, SUBJECT.digest) == SUBJECT
    odd = answer(method="HEAD", docker_content_digest="sha256:12", **headers)
    with pytest.raises(RegistryError, match="Docker-Content-Digest"):
        _described(odd, None)


def test_redirect_leads_somewhere() -> None:
    """Attack 122; R-24: with a place, for reading."""
    assert str(_redirect_target(answer(302, location="/y"))) == "https://r.test/y"
    with pytest.raises(RegistryError, match="redirected without a location"):
        _redirect_target(answer(302))
    with pytest.raises(RegistryError, match="allowed for reading only"):
        _redirect_target(answer(302, method="PUT", location="/y"))
    with pytest.raises(RegistryError, match="from https to http"):
        _redirect_target(answer(302, location="http://r.test/y"))


def test_outcomes_are_words_of_the_list() -> None:
    """R-38: a registry that cannot be had is UNAVAILABLE, one that says nonsense is REGISTRY."""
    assert answer(503).failure().outcome is Outcome.UNAVAILABLE
    assert answer(418).failure().outcome is Outcome.REGISTRY


@pytest.mark.parametrize("length", ["", "x", "1 ", "-1", "+7", "\u0667", "1" * 16])
def test_length_of_an_answer_is_a_number(length: str) -> None:
    """Attack 113; R-23: up to fifteen digits in ASCII; without one, or with another, nothing is described."""
    headers = {"content_type": IMAGE_MANIFEST, "docker_content_digest": str(SUBJECT.digest)}
    assert _described(answer(method="HEAD", content_length="1" * 15, **headers), None).size == int("1" * 15)
    with pytest.raises(RegistryError, match="no usable Content-Length header"):
        _described(answer(method="HEAD", content_length=length, **headers), None)


@pytest.mark.parametrize("target", ["", "-v1", "a b", "v1/x", "a" * 129])
def test_what_is_resolved_is_a_tag_or_a_digest(target: str) -> None:
    """SIG-053: nothing else becomes a part of a URL."""
    repository = RemoteRepository("r.test", "app", RegistrySettings())
    with repository, pytest.raises(UsageError, match="invalid tag"):
        repository.resolve(target)


@pytest.mark.parametrize(
    "second",
    [
        answer(199, index(), content_type=IMAGE_INDEX),
        answer(201, index(), content_type=IMAGE_INDEX),
        answer(404, index(), content_type=IMAGE_INDEX),
        answer(200, index(), content_type="application/json"),
        answer(200, index()),
    ],
    ids=["199", "201", "404", "other type", "no type"],
)
def test_every_page_is_a_list(second: Response) -> None:
    """Attack 117; SIG-031: what was on the first page is given, and then an error instead of an end."""
    found: list[Descriptor] = []
    with pytest.raises(NotationError):
        found.extend(reader(page(1, "/2"), second).api_entries(SUBJECT, SIGNATURE_TYPE))
    assert len(found) == 1
