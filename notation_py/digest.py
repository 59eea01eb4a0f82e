# SPDX-License-Identifier: Apache-2.0
"""Content digests: parse, compute over bytes or a stream, compare.

The hash algorithms are a closed table. Nothing here decides whether a digest is
the right one; `Digest.check` only says whether it is the digest of given bytes.

Spec: OCI image-spec descriptor.md, Digests. Requirements: SIG-038, SIG-053, PAY-008, R-23.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from .errors import MalformedError, Outcome, RegistryError

_HEX_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_HEX = "0123456789abcdef"


class HashAlgorithm(StrEnum):
    """The registered algorithms; the value is the prefix of a digest."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


_BY_NAME = {algorithm.value: algorithm for algorithm in HashAlgorithm}


class Digest(NamedTuple):
    """An algorithm and the lower-case hex of a hash value; `str()` gives `sha256:ab…`."""

    algorithm: HashAlgorithm
    hex: str

    def __str__(self) -> str:
        return f"{self.algorithm.value}:{self.hex}"

    @classmethod
    def parse(cls, text: str, *, at: str = "") -> Digest:
        """Return the digest written as *text*, such as `sha256:` and 64 lower-case hex digits.

        Raises:
            MalformedError: unknown algorithm, wrong length, upper case or foreign characters.
        """
        name, colon, value = text.partition(":")
        length = _HEX_LENGTHS.get(name)
        if len(value) == length and not value.strip(_HEX):
            return cls(_BY_NAME[name], value)
        if not colon or not name:
            raise MalformedError("invalid checksum digest format", at=at)
        if length is None:
            raise MalformedError("unsupported digest algorithm", at=at)
        if len(value) != length:
            raise MalformedError("invalid checksum digest length", at=at)
        raise MalformedError("invalid checksum digest format", at=at)

    @classmethod
    def of(cls, data: bytes, algorithm: HashAlgorithm = HashAlgorithm.SHA256) -> Digest:
        """Return the digest of *data*."""
        return cls(algorithm, hashlib.new(algorithm.value, data).hexdigest())

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes], algorithm: HashAlgorithm) -> tuple[Digest, int]:
        """Return the digest of the joined *chunks* and their total size in bytes."""
        state = hashlib.new(algorithm.value)
        size = 0
        for chunk in chunks:
            state.update(chunk)
            size += len(chunk)
        return cls(algorithm, state.hexdigest()), size

    def check(self, data: bytes, *, what: str) -> None:
        """Return if this is the digest of *data*.

        Raises:
            RegistryError: the bytes hash to something else; *what* names them.
        """
        found = Digest.of(data, self.algorithm)
        if found != self:
            raise RegistryError(
                f"{what}: mismatched digest: expected {self}, got {found}",
                hint="the registry, a proxy or the disk changed the content; do not use it",
                outcome=Outcome.REGISTRY,
            )


ContentDigest = Callable[[HashAlgorithm], tuple[Digest, int]]
"""Gives digest and size in bytes of some content, from one reading, for the algorithm it is asked for."""
