# SPDX-License-Identifier: Apache-2.0
"""Values of flags in the form `{key}={value}`."""

from __future__ import annotations

import pytest

from notation_py.cli.pairs import parse_pairs
from notation_py.errors import UsageError


@pytest.mark.parametrize(
    ("words", "pairs"),
    [
        (["a=b"], {"a": "b"}),
        (["a=b=c", "d==="], {"a": "b=c", "d": "=="}),
        (["a=1", "b=2", "a=3"], {"a": "3", "b": "2"}),
        (["a =  b "], {"a ": "  b "}),
        ([], {}),
    ],
)
def test_pair_is_split_at_the_first_equals_sign(words: list[str], pairs: dict[str, str]) -> None:
    """Whatever follows belongs to the value; a later pair of the same key wins. PLG-075."""
    assert parse_pairs(words, "plugin-config") == pairs


@pytest.mark.parametrize("word", ["", "=", "a", "a=", "=b"])
def test_pair_has_both_sides(word: str) -> None:
    """Neither key nor value is empty. PLG-075."""
    with pytest.raises(UsageError, match="could not parse flag plugin-config"):
        parse_pairs(["a=b", word], "plugin-config")
