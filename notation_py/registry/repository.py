# SPDX-License-Identifier: Apache-2.0
"""The port to a repository, and the checks every answer of one has to pass.

A `Repository` is five verbs over bytes. `resolve_target` and `fetch_all` stand over the port: a
digest that was asked for is compared with the one resolved, sizes before anything is fetched, lengths
and digests after, whatever adapter answered. Knows nothing about signatures.

Spec: OCI distribution-spec 1.1; signing-and-verification-workflow. Requirements: SIG-038, SIG-052, SEC-001,
R-08, R-10, R-23.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..descriptor import Descriptor
from ..errors import LimitError, RegistryError


class Repository(Protocol):
    """One repository of one registry, or one OCI image layout."""

    def resolve(self, target: str) -> Descriptor:
        """Return the descriptor of the manifest that the tag or digest *target* names.

        Raises:
            NotFoundError: there is none. RegistryError, UnavailableError: no usable answer.
        """

    def referrers(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        """Yield descriptors of manifests that refer to *subject*, in the repository's order, page by page.

        The descriptors are unauthenticated hints. "There are none" is an empty iteration;
        a repository that cannot say is an error (R-25).
        """

    def fetch(self, content: Descriptor, *, max_bytes: int) -> bytes:
        """Return the bytes of *content*, at most *max_bytes*; callers use `fetch_all`."""

    def push(self, content: Descriptor, data: bytes) -> None:
        """Store the blob *data*, unless it is there already."""

    def push_manifest(self, content: Descriptor, data: bytes, subject: Descriptor) -> None:
        """Store the manifest *data* and make it findable through `referrers(subject, …)`.

        Returns only when a later `referrers` call lists it.

        Raises:
            RegistryError: stored, but not listed; the message names the manifest's digest.
        """


def resolve_target(repository: Repository, target: str | Descriptor) -> Descriptor:
    """Return the descriptor of *target*: a tag or digest, resolved now, or what was resolved before.

    Raises:
        NotFoundError, UnavailableError: see `Repository.resolve`.
        RegistryError: no usable answer, or another digest than the one asked for (SIG-052).
    """
    if isinstance(target, Descriptor):
        return target
    resolved = repository.resolve(target)
    if ":" in target and str(resolved.digest) != target:
        raise RegistryError(
            f"user input digest {target} does not match the resolved digest {resolved.digest}",
            hint="the registry answered with another artifact; do not use it",
        )
    return resolved


def fetch_all(repository: Repository, content: Descriptor, *, max_bytes: int, what: str) -> bytes:
    """Return exactly the bytes that *content* describes.

    Args:
        max_bytes: the descriptor's size must not exceed it; nothing is fetched otherwise.
        what: names the content in errors, such as `signature manifest`.

    Raises:
        LimitError: the descriptor claims more than *max_bytes*.
        RegistryError: the bytes have another length or another digest.
    """
    if content.size > max_bytes:
        raise LimitError(f"{what} too large: {content.size} bytes", hint=f"the limit is {max_bytes} bytes")
    data = repository.fetch(content, max_bytes=content.size)
    if len(data) != content.size:
        raise RegistryError(f"{what} {content.digest}: expected {content.size} bytes, got {len(data)}")
    content.digest.check(data, what=what)
    return data
