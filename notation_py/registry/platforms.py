# SPDX-License-Identifier: Apache-2.0
"""The artifacts of a multi-platform image: its index, and every manifest that the index lists.

Each is reached through the index alone, by the digest that stands there; its size, its digest and its own
media type are compared before anything is believed about it. What an index lists besides images and indexes
is refused: nobody could say that all of it was signed. Knows nothing about signatures.

Spec: OCI image-spec image-index.md, manifest.md. Requirements: SIG-052, SEC-001, R-01, R-08, R-10.
"""

from __future__ import annotations

from typing import Any

from ..descriptor import DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from ..document import check_names, member, of_type, parse_json
from ..errors import LimitError, MalformedError, NotationError, NotFoundError, Outcome, RegistryError
from .repository import Repository, fetch_all

MAX_DEPTH = 4
"""Indexes within indexes, the first one included."""
MAX_ARTIFACTS = 256
MAX_MANIFEST_BYTES = 4 << 20

_INDEXES = frozenset({IMAGE_INDEX, DOCKER_MANIFEST_LIST})
_IMAGES = frozenset({IMAGE_MANIFEST, DOCKER_MANIFEST})

_NAMES = frozenset(
    ("schemaVersion", "mediaType", "artifactType", "manifests", "config", "layers", "subject", "annotations")
)
_ENTRY_NAMES = frozenset(
    ("mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform")
)
"""Members that readers give a meaning; some of these do so in any case of letters."""


def is_index(artifact: Descriptor) -> bool:
    """Return whether *artifact* lists other manifests."""
    return artifact.media_type in _INDEXES


def artifacts_of(repository: Repository, root: Descriptor) -> tuple[Descriptor, ...]:
    """Return *root* and, if it is an index, everything it lists, each once, an index before what it lists.

    Args:
        root: resolved before.

    Raises:
        MalformedError, RegistryError: an index or a manifest is not what its descriptor says, with outcome
            INTEGRITY, or lists what is neither. NotFoundError: one is not there.
        LimitError: indexes are nested too deeply, or list too many manifests.
    """
    if not is_index(root):
        return (root,)
    found: dict[str, Descriptor] = {}
    _collect(repository, root.plain(), found, depth=1)
    return tuple(found.values())


def _collect(repository: Repository, artifact: Descriptor, found: dict[str, Descriptor], depth: int) -> None:
    known = found.get(str(artifact.digest))
    if known is not None:
        if not known.same_content(artifact):
            raise _contradiction(f"{artifact.digest} is listed with two sizes or media types")
        return
    if depth > MAX_DEPTH:
        raise LimitError(f"index {artifact.digest} is nested more than {MAX_DEPTH} deep")
    if len(found) >= MAX_ARTIFACTS:
        raise LimitError(f"the index lists more than {MAX_ARTIFACTS - 1} manifests")
    found[str(artifact.digest)] = artifact
    for child in _children(artifact, _document(repository, artifact)):
        _collect(repository, child, found, depth + is_index(child))


def _document(repository: Repository, artifact: Descriptor) -> dict[str, Any]:
    """Return the JSON object that *artifact* describes, once it is what is described."""
    what = "image index" if is_index(artifact) else "image manifest"
    try:
        data = fetch_all(repository, artifact, max_bytes=MAX_MANIFEST_BYTES, what=what)
        document: dict[str, Any] = of_type(
            parse_json(data, what=f"{what} {artifact.digest}", max_bytes=MAX_MANIFEST_BYTES), dict, at=""
        )
        check_names(document, _NAMES, at=str(artifact.digest))
    except NotFoundError as error:
        raise NotFoundError(
            f"{what} {artifact.digest} is listed and not there",
            hint="copy the index with everything that it lists, or leave --recursive out",
        ) from error
    except (RegistryError, MalformedError) as error:
        raise _as_broken(error) from error
    said = document.get("mediaType", artifact.media_type)
    strange = {"config", "layers"} if is_index(artifact) else {"manifests"}
    if said != artifact.media_type or not strange.isdisjoint(document):
        raise _contradiction(f"{what} {artifact.digest} says that it is something else")
    return document


def _children(index: Descriptor, document: dict[str, Any]) -> list[Descriptor]:
    if not is_index(index):
        return []
    entries = member(document, "manifests", list)
    if len(entries) > MAX_ARTIFACTS:
        raise LimitError(f"image index {index.digest} lists more than {MAX_ARTIFACTS} manifests")
    children = [_child(entry, f"manifests[{number}]") for number, entry in enumerate(entries)]
    for child in children:
        if child.media_type not in _INDEXES | _IMAGES:
            raise RegistryError(
                f"image index {index.digest} lists {child.digest}, which is neither an image nor an index "
                f"but {child.media_type[:128]!r}",
                hint="leave --recursive out, and name each artifact by its digest",
            )
    return children


def _child(entry: Any, at: str) -> Descriptor:
    child = Descriptor.from_json(entry, at=at).plain()
    check_names(entry, _ENTRY_NAMES, at=at)
    return child


def _as_broken(error: NotationError) -> NotationError:
    error.outcome = Outcome.INTEGRITY
    return error


def _contradiction(message: str) -> RegistryError:
    return RegistryError(message, hint="do not use this index", outcome=Outcome.INTEGRITY)
