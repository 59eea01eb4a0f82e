# SPDX-License-Identifier: Apache-2.0
"""A module with checks that `tiny_cases.py` notices and checks that it does not: the tool is tried on it."""

from __future__ import annotations

KINDS = frozenset({"a", "b"})
LARGEST = 8


def check_size(text: str) -> None:
    """Raise ValueError unless *text* is short enough; the cases try the edge."""
    if len(text) > LARGEST:
        raise ValueError("too long")


def check_kind(text: str) -> None:
    """Raise ValueError unless *text* is a kind; no case notices."""
    if text not in KINDS:
        raise ValueError("no kind")


def check_word(text: str) -> None:
    """Raise ValueError unless *text* is a word of one kind; the cases forget the empty one."""
    check_size(text)
    if not text or not text.isalpha():
        raise ValueError("no word")


def number_of(text: str) -> int:
    """Return the number that *text* says, or raise ValueError; both are tried."""
    for number, word in enumerate(("zero", "one")):
        if word == text:
            return number
    raise ValueError("no number")
