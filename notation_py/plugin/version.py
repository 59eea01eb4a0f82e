# SPDX-License-Identifier: Apache-2.0
"""Versions of plugins: read and ordered as Semantic Versioning 2.0 says, without a leading `v`.

Pre-releases come before the release, build metadata does not count, and a major version is nothing special.

Spec: Semantic Versioning 2.0.0, sections 2 and 9 to 11. Requirements: ATTR-008, PLG-012, PLG-037, PLG-091.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from ..errors import MalformedError

MAX_VERSION_LENGTH = 256
"""Characters; no plugin has more, and comparing numbers of any length is not free."""

_NUMBER = r"(0|[1-9][0-9]*)"
_PRE_RELEASE = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_FORM = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PRE_RELEASE}(?:\.{_PRE_RELEASE})*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)


class Version(NamedTuple):
    """A version as what decides its precedence: compare two with `<` and `==`.

    Attributes:
        release: major, minor, patch. is_release: whether it has no pre-release part.
        pre_release: its identifiers, each so that numbers come before words.
    """

    release: tuple[int, int, int]
    is_release: bool
    pre_release: tuple[tuple[bool, int, str], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the version that *text* spells.

        Raises:
            MalformedError: not of the form `1.2.3`, `1.2.3-rc.1` or `1.2.3+build`.
        """
        found = _FORM.fullmatch(text) if len(text) <= MAX_VERSION_LENGTH else None
        if found is None:
            raise MalformedError(
                f"{text[:64]} is not a valid semantic version", hint="a version is like 1.2.3"
            )
        major, minor, patch, pre_release = found.groups()
        identifiers = tuple(map(_identifier, pre_release.split("."))) if pre_release else ()
        return cls((int(major), int(minor), int(patch)), not identifiers, identifiers)


def _identifier(text: str) -> tuple[bool, int, str]:
    return (False, int(text), "") if text.isdecimal() else (True, 0, text)
