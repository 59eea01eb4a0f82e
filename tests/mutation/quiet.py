# SPDX-License-Identifier: Apache-2.0
"""Which tests can be run again and again in a process of their own, and how they behave there."""

from __future__ import annotations

import hypothesis
import pytest

PROGRAMS = frozenset(
    {
        "any_registry",
        "docker_registry",
        "go_library",
        "go_main_line",
        "go_notation",
        "go_referrers",
        "olareg_registry",
        "openssl",
    }
)
"""Fixtures that start a program which is not ours."""


def leave_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return *items* without those that need a program, or long."""
    return [
        item
        for item in items
        if not PROGRAMS & set(getattr(item, "fixturenames", ()))
        and not any(item.get_closest_marker(name) for name in ("interop", "slow", "fuzz"))
    ]


def quiet_settings() -> None:
    """Let property tests try the same examples each time, keep no record, and stop at the first fault."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutation", deadline=None, derandomize=True, database=None, phases=phases, report_multiple_bugs=False
    )
    hypothesis.settings.load_profile("mutation")
