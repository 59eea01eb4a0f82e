# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: SIM117 - what is set up and what must fail stand apart
"""What a hostile or broken registry gets out of us: nothing but a clear refusal.

Numbers are those of the security contract, section 4.7. Each case checks the outcome word and,
where credentials are at stake, what every server saw.
"""

from __future__ import annotations

import gzip
import json
import os
import time
import tracemalloc
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from notation_py.adapters.credentials import Credential, GivenCredential
from notation_py.adapters.registry_settings import RegistrySettings, Timeouts
from notation_py.adapters.remote import RemoteRegistry, RemoteRepository
from notation_py.descriptor import EMPTY_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from notation_py.digest import Digest
from notation_py.errors import (
    LimitError,
    NotationError,
    NotFoundError,
    Outcome,
    RegistryError,
    UnavailableError,
    UsageError,
)
from notation_py.registry.repository import fetch_all
from tests.simulator.registry import (
    Alter,
    Quirks,
    Reply,
    Request,
    SimulatedRegistry,
    error_document,
    running,
)

SIGNATURE = "application/vnd.cncf.notary.signature"
ENVELOPE = "application/jose+json"
SECRET = "hunter2-secret"
USER = ("someone", SECRET)
IMAGE = b'{"schemaVersion":2}'
QUICK = Timeouts(connect=2, read=1, total=2)


def settings(**changes: object) -> RegistrySettings:
    return RegistrySettings(settle_seconds=0.02, timeouts=QUICK, **changes)  # type: ignore[arg-type]


def with_credential(**changes: object) -> RegistrySettings:
    return settings(credentials=GivenCredential(Credential(*USER)), **changes)


@contextmanager
def opened(
    quirks: Quirks, using: RegistrySettings | None = None
) -> Iterator[tuple[RemoteRepository, SimulatedRegistry, Descriptor]]:
    """Yield a repository that holds one image under the tag `v1`, its registry, and the image."""
    with (
        running(quirks) as registry,
        RemoteRepository(registry.host, "app", using or settings()) as repository,
    ):
        yield repository, registry, registry.put(IMAGE, tag="v1")


def altering(kind: str, change: Alter) -> Quirks:
    """Return quirks that change the answer to requests whose path has `/kind/`."""
    return Quirks(
        alter=lambda request, reply: change(request, reply) if f"/{kind}/" in request.path else reply
    )


def replying(kind: str, reply: Reply) -> Quirks:
    return altering(kind, lambda _request, _reply: reply)


def body(data: bytes) -> Alter:
    return lambda _, reply: Reply(reply.status, data, reply.headers)


def header(name: str, value: str) -> Alter:
    return lambda _, reply: reply.with_header(name, value)


def signature_manifest(subject: Descriptor, number: int = 0, artifact_type: str = SIGNATURE) -> bytes:
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE_MANIFEST,
            "artifactType": artifact_type,
            "config": Descriptor.of(EMPTY_CONFIG, b"{}").to_json(),
            "layers": [],
            "subject": subject.to_json(),
            "annotations": {"number": str(number)},
        }
    ).encode()


def listed(repository: RemoteRepository, subject: Descriptor) -> list[Digest]:
    return [descriptor.digest for descriptor in repository.referrers(subject, SIGNATURE)]


def index(*entries: object) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": list(entries)}).encode()


def page(*entries: object, **headers: str) -> Reply:
    pairs = (("Content-Type", IMAGE_INDEX), *headers.items())
    return Reply(200, index(*entries), pairs)


# -- 110 to 114: content


@pytest.mark.parametrize(
    "change",
    [
        body(b'{"schemaVersion":3}'),
        header("Docker-Content-Digest", f"sha256:{'1' * 64}"),
        lambda _, reply: Reply(200, b'{"schemaVersion":3}', reply.headers).without("Docker-Content-Digest"),
    ],
    ids=["matching-header", "lying-header", "no-header"],
)
def test_attack_110_other_manifest_is_never_returned(change: Alter) -> None:
    """Attack 110; SIG-038, R-23: bytes that are not those of the digest are refused, whatever headers say."""
    with (
        opened(altering("manifests", change)) as (repository, _, image),
        pytest.raises(RegistryError) as caught,
    ):
        fetch_all(repository, image, max_bytes=1000, what="image")
    assert caught.value.outcome is Outcome.REGISTRY


def test_attack_110_resolving_a_digest_takes_no_other() -> None:
    """Attack 110; SIG-051, SIG-052: a header that names another digest is an error."""
    with (
        opened(altering("manifests", header("Docker-Content-Digest", f"sha256:{'1' * 64}"))) as (
            repository,
            _,
            image,
        ),
        pytest.raises(RegistryError, match="asked for"),
    ):
        repository.resolve(str(image.digest))


def test_attack_110_resolving_without_headers_hashes_the_content() -> None:
    """Attack 110: for a digest, a HEAD without the digest header leads to a GET that is hashed."""
    quirks = altering("manifests", lambda _, reply: reply.without("Docker-Content-Digest"))
    with opened(quirks) as (repository, _, image):
        assert repository.resolve(str(image.digest)) == image
        with pytest.raises(RegistryError, match="no Docker-Content-Digest"):
            repository.resolve("v1")


def test_attack_110_resolving_hashes_the_content_though_a_header_names_the_digest() -> None:
    """Attack 110: in the GET that stands for an incomplete HEAD, the body counts and not the header."""

    def change(request: Request, reply: Reply) -> Reply:
        return (
            reply.without("Docker-Content-Digest")
            if request.method == "HEAD"
            else body(b"{}")(request, reply)
        )

    with opened(altering("manifests", change)) as (repository, _, image):
        with pytest.raises(RegistryError, match="does not have the digest"):
            repository.resolve(str(image.digest))


def test_attack_111_other_media_type_is_refused() -> None:
    """Attack 111; SIG-038: the media type asked for is the one that has to come."""
    with opened(altering("manifests", header("Content-Type", IMAGE_INDEX))) as (repository, _, image):
        with pytest.raises(RegistryError, match="expected application/"):
            repository.fetch(image, max_bytes=1000)


@pytest.mark.parametrize("size", [len(IMAGE) - 1, len(IMAGE) + 1], ids=["smaller", "larger"])
def test_attack_111_lying_size_is_refused(size: int) -> None:
    """Attack 111; R-08: a descriptor whose size is not that of the content gets nothing."""
    with opened(Quirks()) as (repository, _, image), pytest.raises(RegistryError):
        fetch_all(repository, Descriptor(image.media_type, image.digest, size), max_bytes=1000, what="image")


def test_attack_112_tag_is_asked_for_once() -> None:
    """Attack 112; SIG-050, R-27: everything after the resolution uses the digest."""
    with opened(Quirks()) as (repository, registry, _):
        image = repository.resolve("v1")
        registry.put(b'{"schemaVersion":9}', tag="v1")
        listed(repository, image)
        assert fetch_all(repository, image, max_bytes=1000, what="image") == IMAGE
        assert [line for line in registry.lines() if line.endswith("/v1")] == ["HEAD /v2/app/manifests/v1"]


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65536


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"x" * (5 << 20), (("Content-Type", IMAGE_MANIFEST),)),
        Reply(200, b"", (("Content-Type", IMAGE_MANIFEST),), chunks=endless(), length=-1),
        Reply(
            200,
            gzip.compress(b"x" * (10 << 20)),
            (("Content-Type", IMAGE_MANIFEST), ("Content-Encoding", "gzip")),
        ),
        Reply(200, IMAGE, (("Content-Type", IMAGE_MANIFEST),), length=len(IMAGE) - 2),
        Reply(200, IMAGE, (("Content-Type", IMAGE_MANIFEST),), length=len(IMAGE) + 2),
    ],
    ids=["five-mebibytes", "endless", "gzip-bomb", "length-too-short", "length-too-long"],
)
def test_attack_113_oversized_and_misframed_content_is_refused(reply: Reply) -> None:
    """Attack 113; SEC-001, R-10: what is larger, encoded or misframed is refused, in little memory."""
    with opened(replying("manifests", reply)) as (repository, _, image):
        tracemalloc.start()
        with pytest.raises((LimitError, RegistryError)) as caught:
            fetch_all(repository, image, max_bytes=4 << 20, what="manifest")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert caught.value.outcome in {Outcome.LIMIT, Outcome.REGISTRY}
    assert peak < 40 << 20


@pytest.mark.parametrize("length", [None, -1], ids=["announced", "until-close"])
def test_attack_113_trailing_bytes_are_refused(length: int | None) -> None:
    """Attack 113; SIG-038: the right bytes with more behind them are not the right bytes."""
    reply = Reply(200, IMAGE + b"x", (("Content-Type", IMAGE_MANIFEST),), length=length)
    with opened(replying("manifests", reply)) as (repository, _, image):
        with pytest.raises(RegistryError, match="more than"):
            repository.fetch(image, max_bytes=image.size)


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
def test_attack_113_encoded_content_is_refused_even_if_its_bytes_fit(encoding: str) -> None:
    """Attack 113: an encoding that was not asked for is refused unread, for content and for lists."""
    for kind in ("manifests", "referrers"):
        with opened(altering(kind, header("Content-Encoding", encoding))) as (repository, _, image):
            with pytest.raises(RegistryError, match="content encoding"):
                listed(repository, image) if kind == "referrers" else repository.fetch(image, max_bytes=100)


@pytest.mark.parametrize("kind", ["body", "headers"])
def test_attack_114_slow_drip_ends_at_the_deadline(kind: str) -> None:
    """Attack 114; SEC-002: a byte now and then does not keep us longer than the deadline, in any part."""
    slow = Reply(
        200, b"", (("Content-Type", IMAGE_MANIFEST),), (b"x" for _ in range(100)), 0.3, len(IMAGE) + 100
    )
    if kind == "headers":
        slow = Reply(200, IMAGE, tuple((f"x-{number}", "y") for number in range(90)))
    with opened(replying("manifests", slow)) as (repository, registry, image):
        if kind == "headers":
            slow_down_headers(registry)
        big = Descriptor(image.media_type, image.digest, len(IMAGE) + 100)
        started = time.monotonic()
        with pytest.raises(UnavailableError):
            repository.fetch(big, max_bytes=1000)
    assert time.monotonic() - started < QUICK.total + 1.5


def slow_down_headers(registry: SimulatedRegistry) -> None:
    """Replace the registry's answer to manifests by one that is written byte by byte by a bare socket."""
    import socket
    import threading

    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            for character in b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"y" * 1000:
                try:
                    connection.sendall(bytes([character]))
                except OSError:
                    return
                time.sleep(0.1)

    threading.Thread(target=serve, daemon=True).start()
    place = f"http://127.0.0.1:{listener.getsockname()[1]}/slow"
    registry.quirks.alter = lambda *_: Reply(307, b"", (("Location", place),))


# -- 115 to 121: referrers


def entry(number: int, **changes: object) -> dict[str, object]:
    digest = str(Digest.of(str(number).encode()))
    described = {"mediaType": IMAGE_MANIFEST, "digest": digest, "size": 10, "artifactType": SIGNATURE}
    return described | changes


@pytest.mark.parametrize(
    "link",
    [
        lambda request: f'<{request.path}?{request.query}>; rel="next"',
        lambda _: f"</v2/app/referrers/x?start={time.monotonic_ns()}>; rel=next",
        lambda _: '<http://localhost:1/elsewhere>; rel="next"',
        lambda _: '<https://other.example.com/v2/app/referrers/x>; rel="next"',
        lambda _: "<no end",
        lambda _: '</v2/a>; rel="next", </v2/b>; rel="next"',
        lambda _: "<file:///etc/passwd>; rel=next",
        lambda _: f"</{'x' * 9000}>; rel=next",
    ],
    ids=["loop", "endless", "other-port", "other-host", "malformed", "two-next", "file", "long"],
)
def test_attack_115_pages_that_lead_nowhere_are_refused_after_what_was_found(link: object) -> None:
    """Attack 115; R-10, R-25: found candidates are handed out, then the listing ends in an error."""

    def change(request: Request, _: Reply) -> Reply:
        return page(entry(1), Link=link(request))  # type: ignore[operator]

    found = []
    with opened(altering("referrers", change), with_credential()) as (repository, registry, image):
        with pytest.raises((LimitError, RegistryError)) as caught:  # noqa: PT012 - an iteration
            for descriptor in repository.referrers(image, SIGNATURE):
                found.append(descriptor.digest)  # noqa: PERF401 - what came before the error counts
        assert len(registry.requests) <= 300
    assert caught.value.outcome in {Outcome.LIMIT, Outcome.REGISTRY}
    assert found == [Digest.of(b"1")]


def test_attack_115_too_many_entries_end_the_listing() -> None:
    """Attack 115; R-10: of 15,000 entries the first 10,000 are judged, then the limit is named."""
    reply = page(
        *(
            {
                "mediaType": IMAGE_MANIFEST,
                "digest": str(Digest.of(bytes([n >> 8, n & 255]))),
                "size": 1,
                "artifactType": SIGNATURE,
            }
            for n in range(15_000)
        )
    )
    found = 0
    with opened(replying("referrers", reply)) as (repository, _, image), pytest.raises(LimitError):  # noqa: PT012
        for _descriptor in repository.referrers(image, SIGNATURE):
            found += 1
    assert found == 10_000


def test_attack_115_duplicates_are_listed_once() -> None:
    """Attack 115: the same digest twice is one candidate."""
    with opened(replying("referrers", page(entry(1), entry(1), entry(2)))) as (repository, _, image):
        assert listed(repository, image) == [Digest.of(b"1"), Digest.of(b"2")]


def test_attack_115_an_entry_of_another_size_hides_nothing() -> None:
    """Attack 115; R-09, VER-008: a lying entry before the right one is a candidate of its own."""
    reply = page(entry(1, size=7), entry(1))
    with opened(replying("referrers", reply)) as (repository, _, image):
        assert [one.size for one in repository.referrers(image, SIGNATURE)] == [7, 10]


def test_attack_116_entries_of_other_kinds_are_passed_over_with_a_note() -> None:
    """Attack 116; SIG-032: other types, malformed descriptors: the good one is still found."""
    notes: list[str] = []
    reply = page(
        entry(1, artifactType="application/x.sbom"),
        {"mediaType": "text/html"},
        "text",
        None,
        entry(2, digest="sha256:../../etc"),
        entry(3, size=-1),
        entry(4),
    )
    with opened(replying("referrers", reply), settings(warn=notes.append)) as (repository, _, image):
        assert listed(repository, image) == [Digest.of(b"4")]
    assert notes == ["passing over 5 listed referrers that are not descriptors"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(401),
        Reply(403),
        Reply(429),
        Reply(200, b"", (("Content-Type", IMAGE_INDEX),)),
        Reply(200, b"<html>", (("Content-Type", "text/html"),)),
        Reply(200, b'{"schemaVersion":2,"manifests":{}}', (("Content-Type", IMAGE_INDEX),)),
        Reply(200, b'{"mediaType":"text/plain","manifests":[]}', (("Content-Type", IMAGE_INDEX),)),
        Reply(404, error_document("NAME_UNKNOWN")),
        Reply(301, b"", (("Location", "/v2/login"),)),
    ],
    ids=[
        "500",
        "401",
        "403",
        "429",
        "empty",
        "html",
        "wrong-manifests",
        "wrong-type",
        "name-unknown",
        "redirect",
    ],
)
def test_attack_117_failure_is_not_absence(reply: Reply) -> None:
    """Attack 117; SIG-031, R-25: nothing but "no such endpoint" is taken for an empty list."""
    quirks = Quirks(
        alter=lambda request, usual: (
            reply if "/referrers/" in request.path or "login" in request.path else usual
        )
    )
    with opened(quirks, with_credential()) as (repository, registry, image):
        with pytest.raises(NotationError) as caught:
            listed(repository, image)
        assert not any("manifests/sha256-" in line for line in registry.lines()) or b"html" in reply.body
    assert caught.value.outcome in {Outcome.UNAVAILABLE, Outcome.AUTH, Outcome.REGISTRY, Outcome.LIMIT}


def test_attack_117_api_that_is_gone_is_not_absence() -> None:
    """Attack 117; SIG-035, R-25: who listed signatures a moment ago has not become a registry that cannot."""
    quirks = Quirks()
    with opened(quirks) as (repository, registry, image):
        signature = registry.put(signature_manifest(image))
        assert listed(repository, image) == [signature.digest]
        quirks.referrers_api = False
        with pytest.raises(UnavailableError, match="listed referrers before and does not now"):
            listed(repository, image)
        assert not any("manifests/sha256-" in line for line in registry.lines())


@pytest.mark.parametrize("style", ["text", "json"])
def test_attack_117_only_404_leads_to_the_tag(style: str) -> None:
    """SIG-031, SIG-034: a registry without the API is asked for the tag, then only for it (SIG-035)."""
    with opened(Quirks(referrers_api=False, missing_api=style)) as (repository, registry, image):
        signature = registry.put(signature_manifest(image))
        registry.put(
            index({**signature.to_json(), "artifactType": SIGNATURE}),
            IMAGE_INDEX,
            f"sha256-{image.digest.hex}",
        )
        assert listed(repository, image) == [signature.digest]
        assert listed(repository, image) == [signature.digest]
        assert len([line for line in registry.lines() if "/referrers/" in line]) == 1


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(b"{}", IMAGE_MANIFEST), (b"[]", IMAGE_INDEX), (b"x" * (5 << 20), IMAGE_INDEX)],
    ids=["manifest", "array", "too-large"],
)
def test_attack_118_planted_tag_index_is_refused(data: bytes, media_type: str) -> None:
    """Attack 118; SIG-026, SIG-034: what stands under the tag and is no index is an error, not an absence."""
    with opened(Quirks(referrers_api=False)) as (repository, registry, image):
        registry.put(data, media_type, f"sha256-{image.digest.hex}")
        with pytest.raises((RegistryError, LimitError)):
            listed(repository, image)


def test_attack_118_junk_in_the_tag_index_is_bounded() -> None:
    """Attack 118; R-10: 12,000 junk entries do not hide the first ones nor take us on for ever."""
    with opened(Quirks(referrers_api=False)) as (repository, registry, image):
        junk = [entry(n, artifactType="x/y") for n in range(12_000)]
        registry.put(index(entry(1), *junk), IMAGE_INDEX, f"sha256-{image.digest.hex}")
        iterator = repository.referrers(image, SIGNATURE)
        assert next(iterator).digest == Digest.of(b"1")
        with pytest.raises(LimitError):
            list(iterator)


def test_attack_119_flood_does_not_hide_the_last_one() -> None:
    """Attack 119: a signature behind 100 self-made ones is listed."""
    with opened(Quirks(page_size=7)) as (repository, registry, image):
        made = [registry.put(signature_manifest(image, number)).digest for number in range(101)]
        assert listed(repository, image) == made


def test_attack_120_missing_blob_is_an_error_of_that_blob() -> None:
    """Attack 120: a blob that is gone says so; other content of the repository is unaffected."""
    with opened(Quirks()) as (repository, _, image):
        with pytest.raises(NotFoundError):
            repository.fetch(Descriptor(ENVELOPE, Digest.of(b"gone"), 4), max_bytes=4)
        assert repository.fetch(image, max_bytes=1000) == IMAGE


# -- 122 to 125: where credentials go


@pytest.fixture
def elsewhere() -> Iterator[SimulatedRegistry]:
    """Another server, which records what it is sent."""
    with running(Quirks(), host="127.0.0.1") as other:
        yield other


def assert_saw_no_secret(server: SimulatedRegistry) -> None:
    for request in server.requests:
        assert not request.authorization
        assert SECRET not in request.query + request.body.decode()


def test_attack_122_redirect_carries_no_authorization(elsewhere: SimulatedRegistry) -> None:
    """Attack 122; R-24: a blob behind a redirect to another origin is fetched without credentials."""
    blob = elsewhere.put_blob(b"envelope", ENVELOPE)
    place = f"{elsewhere.url}/v2/app/blobs/{blob.digest}?signature=query-secret"

    def redirect(request: Request, reply: Reply) -> Reply:
        return (
            Reply(307, b"", (("Location", place),))
            if reply.status != 401 and "/blobs/" in request.path
            else reply
        )

    with opened(Quirks(basic=USER, alter=redirect), with_credential()) as (repository, registry, _):
        assert repository.fetch(blob, max_bytes=100) == b"envelope"
        assert any(request.authorization for request in registry.requests)
    assert elsewhere.requests
    assert_saw_no_secret(elsewhere)


def test_attack_122_challenge_behind_a_redirect_is_not_answered(elsewhere: SimulatedRegistry) -> None:
    """Attack 122; R-24: only the registry's own origin can ask for the registry's credential."""
    blob = Descriptor.of(ENVELOPE, b"envelope")
    place = f"{elsewhere.url}/v2/app/blobs/{blob.digest}"
    elsewhere.quirks.basic = USER
    redirect = replying("blobs", Reply(307, b"", (("Location", place),)))
    with opened(redirect, with_credential()) as (repository, registry, _):
        with pytest.raises(UnavailableError) as caught:
            repository.fetch(blob, max_bytes=100)
        assert_saw_no_secret(registry)
        assert len(elsewhere.requests) == 1
    assert_saw_no_secret(elsewhere)
    assert caught.value.outcome is Outcome.AUTH


def test_attack_124_bearer_after_basic_gets_nothing() -> None:
    """Attack 124; R-24: a registry that took the password and then names a token server is refused."""

    def change(request: Request, reply: Reply) -> Reply:
        if reply.status == 401 or not request.path.endswith("/v2"):
            return reply
        realm = f"http://{request.headers['host']}/token"
        return Reply(401, b"", (("WWW-Authenticate", f'Bearer realm="{realm}"'),))

    with opened(Quirks(basic=USER, alter=change), with_credential()) as (repository, registry, _):
        repository.resolve("v1")
        with pytest.raises(UnavailableError, match="changed from Basic to Bearer") as caught:
            repository.resolve("v2")
        assert not [request for request in registry.requests if request.path == "/token"]
    assert caught.value.outcome is Outcome.AUTH


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("file:///etc/passwd", RegistryError),
        ("ftp://localhost/x", RegistryError),
        ("http://user:pw@localhost:1/x", RegistryError),
        ("", RegistryError),
        ("/v2/app/blobs/a\tb", RegistryError),
        ("http://localhost:99999999/", RegistryError),
    ],
    ids=["file", "ftp", "user-info", "empty", "control-character", "port"],
)
def test_attack_122_redirect_to_an_unusable_place_is_refused(location: str, kind: type[Exception]) -> None:
    """Attack 122; R-24: only http and https, without user information."""
    with opened(replying("blobs", Reply(302, b"", (("Location", location),)))) as (repository, _, _image):
        with pytest.raises(kind):
            repository.fetch(Descriptor(ENVELOPE, Digest.of(b"x"), 1), max_bytes=1)


@pytest.mark.parametrize("kind", ["thirty", "back-and-forth"])
def test_attack_122_redirects_end(kind: str) -> None:
    """Attack 122; SEC-002: 30 redirects, or two places that point to each other, end in LIMIT."""

    def redirect(request: Request, _: Reply) -> Reply:
        number = int(request.query or "0") + 1
        return Reply(
            302, b"", (("Location", f"{request.path}?{number if kind == 'thirty' else number % 2}"),)
        )

    with opened(altering("blobs", redirect)) as (repository, registry, _):
        with pytest.raises((RegistryError, LimitError)) as caught:
            repository.fetch(Descriptor(ENVELOPE, Digest.of(b"x"), 1), max_bytes=1)
        assert len(registry.requests) <= 7
    assert caught.value.outcome in {Outcome.LIMIT, Outcome.REGISTRY}


@pytest.mark.parametrize(
    "place", ["{other}/v2/app/blobs/uploads/1", "http://u:p@{host}/v2/x", "//{bare}/v2/x"]
)
def test_attack_123_upload_place_elsewhere_gets_nothing(elsewhere: SimulatedRegistry, place: str) -> None:
    """Attack 123; R-24: an upload place of another origin, or with user information, is refused unasked."""

    def change(request: Request, reply: Reply) -> Reply:
        text = place.format(other=elsewhere.url, host=request.headers["host"], bare=elsewhere.host)
        return reply.with_header("Location", text) if reply.status == 202 else reply

    with opened(Quirks(basic=USER, alter=change), with_credential()) as (repository, registry, _):
        with pytest.raises(RegistryError):
            repository.push(Descriptor.of(ENVELOPE, b"envelope"), b"envelope")
        assert not registry.blobs
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_attack_123_redirected_upload_goes_nowhere(
    elsewhere: SimulatedRegistry, method: str, status: int
) -> None:
    """Attack 123; R-24: a redirect is followed for reading only, so no content is sent to where one leads."""
    moved = Reply(status, b"", (("Location", f"{elsewhere.url}/v2/app/blobs/uploads/1"),))
    quirks = Quirks(alter=lambda request, reply: moved if request.method == method else reply)
    with opened(quirks) as (repository, registry, _):
        with pytest.raises(RegistryError):
            repository.push(Descriptor.of(ENVELOPE, b"envelope"), b"envelope")
        assert method in {request.method for request in registry.requests}
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_attack_124_redirected_token_request_takes_no_identity_token_along(
    elsewhere: SimulatedRegistry, status: int
) -> None:
    """Attack 124; R-24: an identity token stands in the body, which no redirect may carry elsewhere."""
    moved = Reply(status, b"", (("Location", f"{elsewhere.url}/token"),))
    quirks = Quirks(token=USER, alter=lambda request, reply: moved if request.method == "POST" else reply)
    using = settings(credentials=GivenCredential(Credential(refresh_token=SECRET)))
    with opened(quirks, using) as (repository, registry, _):
        with pytest.raises(UnavailableError) as caught:
            repository.resolve("v1")
        assert "POST" in {request.method for request in registry.requests}
    assert caught.value.outcome is Outcome.AUTH
    assert elsewhere.requests == []


@pytest.mark.parametrize("identity", ["password", "identity-token"])
def test_attack_124_credential_stays_away_from_a_foreign_realm(
    elsewhere: SimulatedRegistry, identity: str
) -> None:
    """Attack 124; R-24: a realm on another host, here over http as well, never sees the credential."""
    credential = Credential(*USER) if identity == "password" else Credential(refresh_token=SECRET)
    quirks = Quirks(token=USER, realm=f"{elsewhere.url.replace('127.0.0.1', 'foreign.example.com')}/token")
    with opened(quirks, settings(credentials=GivenCredential(credential))) as (repository, registry, _):
        with pytest.raises(UnavailableError) as caught:
            repository.resolve("v1")
        assert_saw_no_secret(registry)
    assert caught.value.outcome is Outcome.AUTH
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "challenge",
    [
        ('Bearer realm="https://foreign.example.com/token"',),
        ('Bearer realm="https://foreign.example.com/token"', 'Basic realm="x"'),
        ('Basic realm="x", Bearer realm="https://foreign.example.com/token"',),
        ('Bearer realm="http://localhost.evil.example.com/token"',),
        ('Bearer realm="ftp://localhost/token"',),
        ('Bearer realm="https://user@localhost/token"',),
        ('Bearer realm="a\\"b"',),
        ("Bearer",),
        ('Bearer realm="x',),
        ('Bearer realm="/a", realm="/b"',),
        ("Negotiate abc",),
        ("",),
        ("=",),
        ("Basic " * 3000,),
    ],
    ids=[
        "foreign",
        "two-headers",
        "basic-first",
        "look-alike",
        "ftp",
        "user-info",
        "quotes",
        "no-realm",
        "unterminated",
        "twice",
        "unknown",
        "empty",
        "mark",
        "long",
    ],
)
def test_attack_124_hostile_challenges_get_nothing(challenge: tuple[str, ...]) -> None:
    """Attack 124; R-24: an unacceptable realm is AUTH; Basic beside it is not a way out."""
    with opened(Quirks(token=USER, challenge=challenge), with_credential()) as (repository, registry, _):
        with pytest.raises(UnavailableError) as caught:
            repository.resolve("v1")
        assert_saw_no_secret(registry)
    assert caught.value.outcome is Outcome.AUTH


def test_attack_124_basic_after_bearer_is_not_answered() -> None:
    """Attack 124: a registry that took a token and then asks for the password does not get it."""
    quirks = Quirks(token=USER, token_seconds=300)
    with opened(quirks, with_credential()) as (repository, registry, _):
        repository.resolve("v1")
        quirks.challenge = ('Basic realm="x"',)
        registry.tokens.clear()
        before = len(registry.requests)
        with pytest.raises(UnavailableError) as caught:
            repository.resolve("v1")
        assert not any(request.authorization.startswith("Basic") for request in registry.requests[before:])
    assert caught.value.outcome is Outcome.AUTH


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"token":"' + b"x" * (1 << 20) + b'"}'),
        Reply(200, b"", chunks=endless(), length=-1),
        Reply(200, b"[" * 5000),
        Reply(200, json.dumps({"token": "a\r\nX-Injected: b"}).encode()),
        Reply(200, json.dumps({"token": "a b"}).encode()),
        Reply(200, json.dumps({"token": {"token": "x"}}).encode()),
        Reply(200, json.dumps({"token": ""}).encode()),
        Reply(200, b"{}"),
        Reply(200, b"not json"),
        Reply(200, b'{"token":"a","token":"b"}'),
        Reply(401, error_document("DENIED", "\x1b[2J no")),
        Reply(302, b"", (("Location", "file:///etc/passwd"),)),
    ],
    ids=[
        "a-mebibyte",
        "endless",
        "nested",
        "line-break",
        "space",
        "object",
        "empty",
        "no-token",
        "text",
        "duplicate",
        "denied",
        "redirect",
    ],
)
def test_attack_125_unusable_token_replies_are_auth(reply: Reply) -> None:
    """Attack 125; SEC-001, SEC-003: no token but a sound one reaches a header."""
    with opened(Quirks(token=USER, token_reply=reply), with_credential()) as (repository, _, _image):
        with pytest.raises(NotationError) as caught:
            repository.resolve("v1")
    assert caught.value.outcome is Outcome.AUTH
    assert "\x1b" not in str(caught.value)


def test_attack_125_token_that_was_revoked_is_renewed_once() -> None:
    """Attack 125; SIG-056: a refused token is fetched anew; refused again, it is AUTH."""
    quirks = Quirks(token=USER)
    with opened(quirks, with_credential()) as (repository, registry, image):
        repository.resolve("v1")
        registry.tokens.clear()
        assert repository.resolve("v1").digest == image.digest
        quirks.token_seconds = -10
        registry.tokens.clear()
        before = len(registry.requests)
        with pytest.raises(UnavailableError) as caught:
            repository.resolve("v1")
        assert len(registry.requests) - before == 3
    assert caught.value.outcome is Outcome.AUTH


def test_tokens_are_kept_by_scope_and_repository() -> None:
    """SIG-056: one token serves all reading of one repository, and is not sent for another."""
    quirks = Quirks(token=USER)
    with opened(quirks, with_credential()) as (repository, registry, image):
        for _ in range(3):
            repository.resolve("v1")
        repository.fetch(image, max_bytes=1000)
        assert [line for line in registry.lines() if "token" in line] == ["GET /token"]
        with RemoteRepository(registry.host, "other", with_credential()) as other:
            other.resolve("v1")
    assert len(registry.tokens) == 2


def test_expired_token_is_not_sent_again() -> None:
    """SIG-056: a token is used until it expires, less a margin, and then asked for again."""
    with opened(Quirks(token=USER, token_seconds=4), with_credential()) as (repository, registry, _):
        repository.resolve("v1")
        repository.resolve("v1")
        assert registry.lines().count("GET /token") == 2


def test_identity_token_is_exchanged_by_post() -> None:
    """SIG-056, SIG-057: an identity token goes to the token server in a form, never into a header."""
    credential = GivenCredential(Credential(refresh_token=SECRET))
    with opened(Quirks(identity_token=SECRET), settings(credentials=credential)) as (repository, registry, _):
        repository.resolve("v1")
        assert "POST /token" in registry.lines()
        assert all(SECRET not in request.authorization for request in registry.requests)


def test_anonymous_token_is_asked_for_without_a_credential() -> None:
    """SIG-056: without a credential a token is asked for anonymously."""
    with opened(Quirks(anonymous=True)) as (repository, registry, _):
        repository.resolve("v1")
        assert [request.authorization for request in registry.requests if request.path == "/token"] == [""]


def test_basic_credentials_are_sent_only_after_a_challenge() -> None:
    """SIG-056, R-24: nothing is volunteered; what worked is remembered for this origin."""
    with opened(Quirks(basic=USER), with_credential()) as (repository, registry, _):
        repository.resolve("v1")
        repository.resolve("v1")
        assert [bool(request.authorization) for request in registry.requests] == [False, True, True]


def test_missing_credential_is_said_with_the_way_out() -> None:
    """CLI contract 6.1: the message of the Go program, and a hint at login."""
    with opened(Quirks(basic=USER)) as (repository, _, _image):
        with pytest.raises(UnavailableError, match="basic credential not found") as caught:
            repository.resolve("v1")
    assert caught.value.hint
    assert "login" in caught.value.hint


# -- 127 to 131


def test_attack_127_loopback_addresses_are_plain_and_said_so() -> None:
    """Attack 127; R-26: plain HTTP for a literal loopback address comes with a warning."""
    notes: list[str] = []
    with running(Quirks(), host="127.0.0.1") as registry:
        registry.put(IMAGE, tag="v1")
        with RemoteRepository(registry.host, "app", settings(warn=notes.append)) as repository:
            repository.resolve("v1")
    assert len(notes) == 1
    assert "plain HTTP" in notes[0]


@pytest.mark.parametrize("message", ["\x1b]0;owned\x07\r\nError: fine", "x" * (1 << 20), "\u202egnp.exe"])
def test_attack_128_server_messages_are_escaped_and_cut(message: str) -> None:
    """Attack 128; R-36: what a registry says is shown on one short line, without control characters."""
    reply = Reply(418, error_document("DENIED", message))
    with opened(replying("blobs", reply)) as (repository, _, _image):
        with pytest.raises(RegistryError) as caught:
            repository.fetch(Descriptor(ENVELOPE, Digest.of(b"x"), 1), max_bytes=1)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 800


def test_attack_129_other_digest_after_a_push_is_refused() -> None:
    """Attack 129; SIG-023: a registry that says it stored something else is not believed."""
    quirks = altering(
        "manifests",
        lambda request, reply: (
            reply
            if request.method != "PUT"
            else reply.with_header("Docker-Content-Digest", f"sha256:{'2' * 64}")
        ),
    )
    with (
        opened(quirks) as (repository, _, image),
        pytest.raises(RegistryError, match="stored something else"),
    ):
        push_signature(repository, image)


def push_signature(repository: RemoteRepository, image: Descriptor, number: int = 0) -> Descriptor:
    data = signature_manifest(image, number)
    manifest = Descriptor.of(IMAGE_MANIFEST, data)
    repository.push_manifest(manifest, data, image)
    return manifest


@pytest.mark.parametrize("claim", ["lists-nothing", "other-subject"])
def test_attack_129_accepted_but_not_listed_is_a_failure(claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 129; SIG-024: not listed is not pushed; the message names the manifest that was stored."""

    def change(request: Request, reply: Reply) -> Reply:
        if claim == "lists-nothing":
            return page() if "/referrers/" in request.path else reply
        return reply.with_header("OCI-Subject", f"sha256:{'3' * 64}") if request.method == "PUT" else reply

    monkeypatch.setattr("notation_py.adapters.referrers_update.LEAST_SECONDS", 2.0)
    with opened(Quirks(alter=change)) as (repository, _, image), pytest.raises(RegistryError) as caught:
        push_signature(repository, image)
    assert str(Digest.of(signature_manifest(image))) in caught.value.message


def test_attack_129_missing_subject_header_leads_to_the_tag_index() -> None:
    """Attack 129; SIG-024, SIG-026: without OCI-Subject the index under the tag is maintained."""
    with opened(Quirks(oci_subject=False)) as (repository, registry, image):
        manifest = push_signature(repository, image)
        tagged = json.loads(registry.manifests[registry.tags[f"sha256-{image.digest.hex}"]][1])
    assert tagged["manifests"][0] == {
        "mediaType": IMAGE_MANIFEST,
        "digest": str(manifest.digest),
        "size": manifest.size,
        "annotations": {"number": "0"},
        "artifactType": SIGNATURE,
    }


def test_attack_129_rewritten_artifact_type_is_a_failure() -> None:
    """Backends note 3.2: a registry that lists signatures under another type does not list signatures."""
    with opened(Quirks(oci_subject=False, filters=False, config_as_type=True)) as (repository, _, image):
        with pytest.raises(RegistryError, match="not listed among the referrers"):
            push_signature(repository, image)


def test_attack_131_entries_of_others_are_kept_byte_for_byte() -> None:
    """Attack 131; SIG-026: what others wrote stays as they wrote it, unknown members and spacing included."""
    other = (
        b'{ "size" : 10, "x-unknown": [1.50, "\\u00e9"], "mediaType":"a/b", "digest":"sha256:'
        + b"4" * 64
        + b'" }'
    )
    start = (
        b'{"annotations":{"a":"b"} , "manifests" : [ '
        + other
        + b" , {} , "
        + other
        + b' ], "schemaVersion":2}'
    )
    with opened(Quirks(referrers_api=False)) as (repository, registry, image):
        tag = f"sha256-{image.digest.hex}"
        registry.put(start, IMAGE_INDEX, tag)
        push_signature(repository, image)
        written = registry.manifests[registry.tags[tag]][1]
    assert written.count(other) == 1
    assert len(json.loads(written)["manifests"]) == 2


def test_attack_131_writer_that_loses_the_race_writes_again() -> None:
    """Attack 131; SIG-028: an entry that another writer overwrote is put back, with the other's."""
    state = {"overwritten": False}

    def overwrite(request: Request, reply: Reply) -> Reply:
        if request.method == "PUT" and "sha256-" in request.path and not state["overwritten"]:
            state["overwritten"] = True
            registry.put(index({**entry(7)}), IMAGE_INDEX, request.path.rpartition("/")[2])
        return reply

    with opened(Quirks(referrers_api=False, alter=overwrite)) as (repository, registry, image):
        mine = push_signature(repository, image)
        assert set(listed(repository, image)) == {mine.digest, Digest.of(b"7")}


@pytest.mark.parametrize("api", [True, False], ids=["api", "tag"])
def test_attack_131_signature_that_vanished_is_put_back_only_if_it_exists(api: bool) -> None:
    """Attack 131: entries of others that fall out come back; a manifest that was deleted does not."""
    state = {"looks": 0}

    def change(request: Request, reply: Reply) -> Reply:
        if request.method == "GET" and ("/referrers/" in request.path or "sha256-" in request.path):
            state["looks"] += 1
            if state["looks"] == (2 if api else 3):
                return page() if api else Reply(200, index(), (("Content-Type", IMAGE_INDEX),))
        return reply

    with opened(Quirks(referrers_api=api, alter=change)) as (repository, registry, image):
        other = registry.put(signature_manifest(image, 1))
        dangling = entry(9)
        if not api:
            present = {**other.to_json(), "artifactType": SIGNATURE}
            registry.put(index(dangling, present), IMAGE_INDEX, f"sha256-{image.digest.hex}")
        mine = push_signature(repository, image, 2)
        assert set(listed(repository, image)) >= {mine.digest, other.digest}
        assert state["looks"] > 4


def test_attack_131_conditional_put_notices_another_writer() -> None:
    """SIG-028: with entity tags the index is replaced only if it is the one that was read."""
    with opened(Quirks(referrers_api=False, entity_tags=True)) as (repository, registry, image):
        push_signature(repository, image, 1)
        push_signature(repository, image, 2)
        puts = [
            request for request in registry.requests if request.method == "PUT" and "sha256-" in request.path
        ]
        assert "if-match" not in puts[0].headers
        assert puts[1].headers["if-match"] == f'"{Digest.of(puts[0].body)}"'


@pytest.mark.parametrize(
    "etag", ['"constant"', 'W/"weak"', '"a\u00e9"', '"' + "x" * 500 + '"', "bare", '"a', ""], ids=repr
)
def test_unusable_entity_tags_do_no_harm(etag: str) -> None:
    """SIG-028: a weak, malformed or useless entity tag neither stops the push nor reaches a request."""

    def change(request: Request, reply: Reply) -> Reply:
        if "if-match" in request.headers:
            seen.append(request.headers["if-match"])
            return Reply(412)
        return reply.with_header("ETag", etag) if "sha256-" in request.path else reply

    seen: list[str] = []
    with opened(Quirks(referrers_api=False, alter=change)) as (repository, _, image):
        made = [push_signature(repository, image, number).digest for number in range(2)]
        assert listed(repository, image) == made
    assert seen == (['"constant"'] if "constant" in etag else [])


def test_outdated_index_is_deleted_and_failure_to_is_a_warning() -> None:
    """SIG-027: the replaced index goes; where deletion is not allowed, one warning says so."""
    notes: list[str] = []
    quirks = Quirks(referrers_api=False)
    with opened(quirks, settings(warn=notes.append)) as (repository, registry, image):
        push_signature(repository, image, 1)
        first = registry.tags[f"sha256-{image.digest.hex}"]
        push_signature(repository, image, 2)
        assert first not in registry.manifests
        assert notes == []
        quirks.deletion = False
        push_signature(repository, image, 3)
    assert notes == [
        "Removal of outdated referrers index from remote registry failed. Garbage collection may be required."
    ]


# -- availability


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_busy_registry_is_asked_again(status: int) -> None:
    """CLI contract 6.3: a registry that is busy for a moment is asked again."""
    with opened(Quirks(failures=deque([Reply(status)] * 2))) as (repository, registry, image):
        assert repository.resolve("v1").digest == image.digest
        assert len(registry.requests) == 3


def test_retry_after_is_honoured_within_the_deadline() -> None:
    """CLI contract 6.3: the registry says when to come back; later than the deadline is a failure now."""
    one = Reply(429, b"", (("Retry-After", "1"),))
    with opened(Quirks(failures=deque([one]))) as (repository, _, image):
        started = time.monotonic()
        assert repository.resolve("v1").digest == image.digest
        assert time.monotonic() - started >= 1
    late = Reply(429, b"", (("Retry-After", "3600"),))
    with opened(Quirks(failures=deque([late]))) as (repository, registry, _):
        with pytest.raises(UnavailableError):
            repository.resolve("v1")
        assert len(registry.requests) == 1


def test_refused_connection_is_reported_at_once() -> None:
    """SEC-002: nobody waits for a port where nobody listens (backends note 4.2, fault 10)."""
    started = time.monotonic()
    with RemoteRepository("localhost:1", "app", settings()) as repository:
        with pytest.raises(UnavailableError, match="connection refused"):
            repository.resolve("v1")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"", (("X", "a\r\n folded"), ("Location", "x\r\n y"), ("Content-Type", "a/b\r\n c"))),
        Reply(200, b"", tuple((f"x-{number}", "y") for number in range(200))),
        Reply(200, b"", (("X", "y" * 70_000),)),
        Reply(200, b"", (("Content-Type", IMAGE_MANIFEST), ("Content-Type", "text/html"))),
        Reply(200, IMAGE, (("Content-Type", IMAGE_MANIFEST), ("Transfer-Encoding", "chunked"))),
        Reply(999),
        Reply(204),
    ],
    ids=["folded", "many-headers", "long-header", "two-types", "two-framings", "odd-status", "no-content"],
)
def test_answers_outside_http_are_our_own_errors(reply: Reply) -> None:
    """Attack 113, R-38: whatever the server says, the failure is one of ours."""
    with opened(replying("manifests", reply)) as (repository, _, image):
        for ask in (lambda: repository.resolve("v1"), lambda: repository.fetch(image, max_bytes=100)):
            with pytest.raises(NotationError):
                ask()


@pytest.mark.parametrize("host", [f"{'a' * 64}.example.com", "no-such-host.invalid", "[::2]:1"])
def test_unreachable_hosts_are_unavailable(host: str) -> None:
    """R-38: a name that cannot be looked up or reached is no verdict."""
    with RemoteRepository(host, "app", settings()) as repository:
        with pytest.raises(UnavailableError):
            repository.resolve("v1")


def test_registry_shares_one_connection_and_one_token() -> None:
    """Issue 2: many images of one registry in one process; SIG-056."""
    with running(Quirks(basic=USER)) as registry, RemoteRegistry(registry.host, with_credential()) as shared:
        registry.put(IMAGE, tag="v1")
        for number in range(5):
            shared.repository(f"app{number}").resolve("v1")
        assert registry.connections == 1
        assert len(registry.requests) == 6
        with pytest.raises(UsageError):
            shared.repository("Not/A/Repository")
    with pytest.raises(UsageError):
        RemoteRegistry("user@host", settings())


def test_slow_pages_end_the_listing() -> None:
    """Attacks 114, 115: pages that each come in time do not add up to for ever."""

    def change(_: Request, reply: Reply) -> Reply:
        time.sleep(0.7)
        return reply

    with opened(Quirks(page_size=1, alter=change)) as (repository, registry, image):
        for number in range(50):
            registry.put(signature_manifest(image, number))
        with pytest.raises(LimitError, match="too long"):
            listed(repository, image)


def test_uploads_are_not_repeated_blindly() -> None:
    """RFC 9110 section 9.2.2: a POST that failed is not sent again by us."""
    quirks = Quirks(alter=lambda request, reply: Reply(503) if request.method == "POST" else reply)
    with opened(quirks) as (repository, registry, _):
        with pytest.raises(UnavailableError):
            repository.push(Descriptor.of(ENVELOPE, b"e"), b"e")
        assert registry.lines("POST") == ["POST /v2/app/blobs/uploads/"]


def test_verification_takes_four_requests_on_one_connection() -> None:
    """Issue 2: a tag costs four requests: resolve, referrers, manifest, envelope; one connection."""
    with opened(Quirks()) as (repository, registry, image):
        signature = registry.put(signature_manifest(image))
        envelope = registry.put_blob(b"envelope", ENVELOPE)
        target = repository.resolve("v1")
        found = next(iter(repository.referrers(target, SIGNATURE)))
        assert found.digest == signature.digest
        fetch_all(repository, found, max_bytes=1 << 20, what="manifest")
        fetch_all(repository, envelope, max_bytes=1 << 20, what="envelope")
        assert len(registry.requests) == 4
        assert registry.connections == 1


def test_attack_134_proxy_never_sees_credentials_in_clear(
    elsewhere: SimulatedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 134; R-24: plain HTTP through a proxy carries no credential; loopback uses no proxy at all."""
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    monkeypatch.setenv("NO_PROXY", "")
    with opened(Quirks(basic=USER), with_credential()) as (repository, _, image):
        assert repository.resolve("v1").digest == image.digest
    assert elsewhere.requests == []
    elsewhere.quirks.basic = USER
    using = with_credential(insecure_registries=("registry.example.com",))
    with RemoteRepository("registry.example.com", "app", using) as repository:
        with pytest.raises(UnavailableError, match="in clear through proxy"):
            repository.resolve("v1")
    assert elsewhere.requests
    assert_saw_no_secret(elsewhere)


def test_attack_180_trace_shows_no_secret(elsewhere: SimulatedRegistry) -> None:
    """Attack 180; SEC-006, R-36: login, token exchange, redirects with signed queries, uploads with state."""
    blob = elsewhere.put_blob(b"envelope", ENVELOPE)
    place = f"{elsewhere.url}/v2/app/blobs/{blob.digest}?signature=query-secret"

    def redirect(request: Request, reply: Reply) -> Reply:
        if request.method == "GET" and "/blobs/" in request.path and reply.status != 401:
            return Reply(307, b"", (("Location", place), ("Set-Cookie", "cookie-secret")))
        return reply

    events = []
    with opened(Quirks(token=USER, alter=redirect), with_credential(trace=events.append)) as (
        repository,
        _,
        _image,
    ):
        repository.fetch(blob, max_bytes=100)
        repository.push(Descriptor.of(ENVELOPE, b"e"), b"e")
    shown = repr(events)
    assert "secret" not in shown.replace("'*****'", "")
    assert "('Authorization', '*****')" in shown
    assert events[0].number == events[1].number == 1
    assert events[1].status == 401
    assert os.linesep not in shown
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(NotationError))
        raise NotationError(repr(GivenCredential(Credential(*USER))))
    assert SECRET not in repr(GivenCredential(Credential(*USER)))
