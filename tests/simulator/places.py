# SPDX-License-Identifier: Apache-2.0
"""The three kinds of place an image can lie in, with what each program has to be told about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from tests.simulator.images import build_image, push_image, write_layout


@dataclass(frozen=True, slots=True)
class Placed:
    """An image that lies somewhere.

    Attributes:
        name: registry and repository, or the path of the layout. digest: of its manifest.
        scope: what a trust policy calls the place.
    """

    name: str
    digest: str
    scope: str

    @property
    def reference(self) -> str:
        """The image by digest, as both programs name it."""
        return f"{self.name}@{self.digest}"


class Place(Protocol):
    """Where images lie. The words are added to every command of the kind they are named after.

    Attributes:
        go_sign: what the Go program needs so that it signs the way the place is made for.
        manifest_form: the form of signature manifests that the Go program 1.3 can read there.
    """

    words: tuple[str, ...]
    go_sign: tuple[str, ...]
    manifest_form: str

    def scope(self, repository: str) -> str:
        """Return what a trust policy calls *repository* here."""

    def verify_words(self, placed: Placed) -> tuple[str, ...]:
        """Return what `verify` has to be told about *placed*."""

    def put(self, repository: str, tag: str, text: str = "hello") -> Placed:
        """Return an image that holds *text*, now tagged *tag* in *repository*."""


@dataclass(frozen=True, slots=True)
class RegistryPlace:
    """Repositories of the registry at *host*, `localhost:PORT`."""

    host: str
    go_sign: tuple[str, ...]
    words: ClassVar[tuple[str, ...]] = ()
    manifest_form: ClassVar[str] = ""

    def scope(self, repository: str) -> str:
        return f"{self.host}/{repository}"

    def verify_words(self, placed: Placed) -> tuple[str, ...]:  # noqa: ARG002 - its protocol's
        return ()

    def put(self, repository: str, tag: str, text: str = "hello") -> Placed:
        image = push_image(self.host, repository, tag, build_image(text))
        return Placed(self.scope(repository), str(image.digest), self.scope(repository))


@dataclass(frozen=True, slots=True)
class LayoutPlace:
    """Layouts below *directory*, one for each repository."""

    directory: Path
    go_sign: ClassVar[tuple[str, ...]] = ("--oci-layout",)
    words: ClassVar[tuple[str, ...]] = ("--oci-layout",)
    manifest_form: ClassVar[str] = "config-type"

    def scope(self, repository: str) -> str:
        return f"local/{repository}"

    def verify_words(self, placed: Placed) -> tuple[str, ...]:
        return ("--oci-layout", "--scope", placed.scope)

    def put(self, repository: str, tag: str, text: str = "hello") -> Placed:
        path = self.directory / repository
        image = write_layout(path, build_image(text), tag)
        return Placed(str(path), str(image.digest), self.scope(repository))
