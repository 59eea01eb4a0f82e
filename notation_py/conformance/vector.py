# SPDX-License-Identifier: Apache-2.0
"""One conformance vector: a command, everything it meets, and the verdict it must come to.

A vector is data. What is in it was read and checked by `loading`; whoever holds one may rely on its
members being complete and consistent. Runs nothing and opens nothing but the vector's own files.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

REGISTRY = "registry.conformance.test"
"""What files of a vector call the registry; the runner puts the true name there."""

REPOSITORY = "conformance/app"
DEFAULT_MANIFEST = "shared/artifact.json"


class Verdict(StrEnum):
    """What a client says by its exit code."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class Clock(StrEnum):
    """Whether the verdict holds at every moment from 2026 to 2099, or only at the vector's own."""

    ANY = "any"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Input:
    """A file that the command is about, and the name it has in the working directory."""

    file: str
    name: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """The image that is signed, verified or looked at.

    Attributes:
        reference: `digest`, `tag`, or the text to put behind the repository, such as `:v2`.
        place: `registry` or `layout`. scope: the trust policy scope of a layout.
    """

    manifest: str = DEFAULT_MANIFEST
    media_type: str = "application/vnd.oci.image.manifest.v1+json"
    tag: str = "v1"
    reference: str = "digest"
    place: str = "registry"
    scope: str = "local/app"


@dataclass(frozen=True, slots=True)
class AttachedSignature:
    """A signature that the registry lists for the artifact.

    Attributes:
        envelope: file of the blob, or None where the manifest refers to one that is not there.
        manifest: file of a complete manifest; None has one made of the other members.
    """

    envelope: str | None
    media_type: str
    form: str
    annotations: Mapping[str, str]
    manifest: str | None
    manifest_media_type: str


@dataclass(frozen=True, slots=True)
class RegistryAnswer:
    """An answer of the registry that differs from the usual one.

    Attributes:
        request: method and path with `*`, such as `GET /v2/*/referrers/*`.
        skip: how many such requests are answered as usual before. times: how many are not, None is all.
        status, body: in place of the usual; None keeps it. close: end the connection without an answer.
    """

    request: str
    skip: int = 0
    times: int | None = None
    status: int | None = None
    body: str | None = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    close: bool = False


@dataclass(frozen=True, slots=True)
class RegistryScript:
    """How the registry behaves. `blobs` are files it has besides the artifact and its signatures."""

    kind: str = "referrers-api"
    page_size: int = 0
    filters: bool = True
    blobs: tuple[str, ...] = ()
    answers: tuple[RegistryAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """A file of the configuration directory: one of `file`, `text`, `link`, or a directory."""

    file: str | None = None
    text: str | None = None
    link: str | None = None
    mode: int = 0o600


@dataclass(frozen=True, slots=True)
class Fetch:
    """What a URL that a certificate names answers; `made` is for a responder that answers at run time."""

    url: str
    body: str | None
    media_type: str
    status: int
    headers: Mapping[str, str]
    made: tuple[str, Mapping[str, Any]] | None

    def answers(self, url: str) -> bool:
        """Return whether a request for *url* is one for this: OCSP puts its question behind the path."""
        return url == self.url or url.startswith(self.url.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to be true afterwards besides the verdict.

    Attributes:
        json: JSON pointers into standard output, with the value there.
        fetched, not_fetched: beginnings of URLs that must, or must not, have been asked for.
        signatures: how many signatures the artifact has in the registry in the end.
        written, not_written: paths below the configuration or working directory.
    """

    stdout: tuple[str, ...] = ()
    not_stdout: tuple[str, ...] = ()
    json: Mapping[str, Any] = field(default_factory=dict)
    fetched: tuple[str, ...] = ()
    not_fetched: tuple[str, ...] = ()
    signatures: int | None = None
    written: tuple[str, ...] = ()
    not_written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A vector, complete and consistent.

    Attributes:
        name: `area/name`. directory: where its files are. suite: the directory above all areas.
        failed: the check that has to refuse, in the words of the protocol; empty if it accepts.
        logged: checks that fail and, by the policy, are only logged.
        arguments: as in the file; `loading` has checked names and types.
    """

    name: str
    directory: Path
    suite: Path
    title: str
    command: str
    requirements: tuple[str, ...]
    attacks: tuple[int, ...]
    format: str
    at: datetime
    clock: Clock
    expect: Verdict
    failed: str
    logged: tuple[str, ...]
    note: str
    inputs: tuple[Input, ...]
    artifact: Artifact
    signatures: tuple[AttachedSignature, ...]
    registry: RegistryScript
    config: Mapping[str, ConfigEntry]
    plugins: Mapping[str, Mapping[str, Any]]
    arguments: Mapping[str, Any]
    fetches: tuple[Fetch, ...]
    expected: Expected

    @property
    def area(self) -> str:
        """The first part of the name."""
        return self.name.partition("/")[0]

    def path(self, file: str) -> Path:
        """Return where the vector's *file* is: its own, or one that all vectors share."""
        return (self.suite if file.startswith("shared/") else self.directory) / file

    def read(self, file: str) -> bytes:
        """Return the content of the vector's *file*."""
        return self.path(file).read_bytes()
