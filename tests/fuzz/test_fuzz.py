# SPDX-License-Identifier: Apache-2.0
"""Every fuzz target runs briefly in the ordinary tests, and long under `make fuzz`."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import targets

TARGETS = targets()
EACH = pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])


@EACH
def test_reader_raises_nothing_outside_the_error_root_in_a_second(target):
    """A reader accepts or raises an error of ours. Attack 9; SEC-003, R-46."""
    executions, _, crashes = fuzz(target, 0.7, seed=7)
    assert executions > 0
    assert not crashes


@pytest.mark.fuzz
@EACH
def test_reader_survives_long_fuzzing(target):
    """The same, for as long as `NOTATION_PY_FUZZ_SECONDS` says. R-46."""
    executions, _, crashes = fuzz(target, float(os.environ.get("NOTATION_PY_FUZZ_SECONDS", "600")), seed=1)
    assert executions > 0
    assert not crashes
