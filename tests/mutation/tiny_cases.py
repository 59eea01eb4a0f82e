# SPDX-License-Identifier: Apache-2.0
"""Tests of `tiny.py`, with gaps on purpose; collected by `test_mutation.py` alone."""

from __future__ import annotations

import pytest

from tests.mutation import tiny


def test_size() -> None:
    """The edge is tried on both sides."""
    tiny.check_size("12345678")
    with pytest.raises(ValueError, match="too long"):
        tiny.check_size("123456789")


def test_kind() -> None:
    """Only what is right is tried."""
    tiny.check_kind("a")


def test_word() -> None:
    """One operand is tried."""
    tiny.check_word("word")
    with pytest.raises(ValueError, match="no word"):
        tiny.check_word("2")
    with pytest.raises(ValueError, match="too long"):
        tiny.check_word("x" * 9)


def test_number() -> None:
    """Both ends are tried."""
    assert tiny.number_of("one") == 1
    with pytest.raises(ValueError, match="no number"):
        tiny.number_of("two")
