# SPDX-License-Identifier: Apache-2.0
"""Versions of plugins in the order of Semantic Versioning."""

from __future__ import annotations

from itertools import pairwise

import pytest

from notation_py.errors import MalformedError
from notation_py.plugin.version import MAX_VERSION_LENGTH, Version

# Section 11 of the specification, with our own at either end.
ASCENDING = [
    "0.0.0-0",
    "0.0.0",
    "0.10.0",
    "1.0.0-1",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-1a",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "2.0.0-rc.1",
    "10.0.0",
]


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(ASCENDING)))
def test_version_precedes_the_next(lower, higher):
    """Numbers count as numbers, pre-releases come first, more identifiers come later. PLG-091, PLG-012."""
    assert Version.parse(lower) < Version.parse(higher)
    assert not Version.parse(higher) < Version.parse(lower)


def test_build_metadata_does_not_count():
    """Two versions that differ in build metadata alone are equal. PLG-091."""
    assert Version.parse("1.2.3+a") == Version.parse("1.2.3+b.7") == Version.parse("1.2.3")


@pytest.mark.parametrize(
    "text",
    ["", "v1.0.0", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0-a..b", "1.0.0+", "1.0.0 ",
     " 1.0.0", "1.0.0\n", "1.0.0-é", "١.0.0", "1.0.0_1", "-1.0.0", "1" * (MAX_VERSION_LENGTH - 3) + ".0.0"],
)  # fmt: skip
def test_text_that_is_no_version_is_refused(text):
    """No leading v, no leading zeros, three numbers, nothing endless. Attack 160; ATTR-008, PLG-037."""
    with pytest.raises(MalformedError, match="is not a valid semantic version"):
        Version.parse(text)
