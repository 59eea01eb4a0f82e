# SPDX-License-Identifier: Apache-2.0
"""Values of flags in the form `{key}={value}`.

Split at the first `=`, both sides non-empty, a later pair with the same key wins. Knows nothing about
what the pairs are for.

Spec: contract/cli.md 5. Requirements: CLI-003, CLI-004, PLG-075.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import UsageError


def parse_pairs(words: Iterable[str], flag: str) -> dict[str, str]:
    """Return the pairs that *words*, the values of the flag *flag*, spell.

    Raises:
        UsageError: a word without `=`, or with nothing before or after it, or that is no text.
    """
    result = {}
    for word in words:
        text_of(word, flag)
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise UsageError(f'could not parse flag {flag}: key-value pair requires "=" as separator')
        result[key] = value
    return result


def text_of(word: str, flag: str) -> str:
    """Return *word*, given with *flag*, which goes into a document; raises UsageError if it cannot."""
    if any("\ud800" <= character <= "\udfff" for character in word):  # octets that are no UTF-8
        raise UsageError(f"the value of --{flag} is not UTF-8 text")
    return word
