# SPDX-License-Identifier: Apache-2.0
"""Verification levels: the table of the specification, and what may be changed in it."""

from __future__ import annotations

import itertools

import pytest

from notation_py.errors import MalformedError, Outcome
from notation_py.trust.level import (
    AUDIT,
    LEVELS,
    OVERRIDES,
    PERMISSIVE,
    SKIP,
    STRICT,
    Action,
    Validation,
    VerificationLevel,
    level_named,
)

CHANGEABLE = [STRICT, PERMISSIVE, AUDIT]


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("strict", "enforce enforce enforce enforce enforce"),
        ("permissive", "enforce enforce log log log"),
        ("audit", "enforce log log log log"),
        ("skip", "skip skip skip skip skip"),
    ],
)
def test_level_has_the_actions_of_the_specification(name: str, actions: str) -> None:
    """Integrity, authenticity, authentic timestamp, expiry, revocation (TP-031, VER-020)."""
    level = level_named(name)
    assert level.name == name
    assert [level.actions[validation].value for validation in Validation] == actions.split()


@pytest.mark.parametrize("name", ["", "Strict", "strict ", "custom", "none"])
def test_unknown_level_is_refused(name: str) -> None:
    """Names are case-sensitive, and `custom` cannot be asked for (TP-030)."""
    with pytest.raises(MalformedError) as caught:
        level_named(name)
    assert caught.value.outcome is Outcome.CONFIG
    wanted = f'invalid signature verification level "{name}"' if name else "level is empty or missing"
    assert wanted in caught.value.message


@pytest.mark.parametrize("base", CHANGEABLE, ids=lambda level: level.name)
@pytest.mark.parametrize(("validation", "action"), list(itertools.product(Validation, Action)))
def test_override_changes_what_the_table_allows(
    base: VerificationLevel, validation: Validation, action: Action
) -> None:
    """Attack 98; every validation with every action (TP-034)."""
    if action in OVERRIDES.get(validation, ()):
        level = base.overridden({validation.value: action.value})
        assert level.name == "custom"
        assert level.actions == dict(base.actions) | {validation: action}
    else:
        with pytest.raises(MalformedError, match=f'^"{validation.value}" verification can not be '):
            base.overridden({validation.value: action.value})


def test_override_table_is_that_of_the_specification() -> None:
    """Only revocation may be skipped, and integrity may not be touched (TP-034)."""
    skippable = [validation for validation, actions in OVERRIDES.items() if Action.SKIP in actions]
    assert skippable == [Validation.REVOCATION]
    assert set(Validation) - set(OVERRIDES) == {Validation.INTEGRITY}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        pytest.param(
            {"Expiry": "log"},
            'verification type "Expiry" in custom signature verification is not supported, '
            'supported values are ["integrity" "authenticity" "authenticTimestamp" "expiry" "revocation"]',
            id="unknown-type",
        ),
        pytest.param(
            {"expiry": "warn"},
            'verification action "warn" in custom signature verification is not supported, '
            'supported values are ["enforce" "log" "skip"]',
            id="unknown-action",
        ),
        pytest.param(
            {"integrity": "enforce"},
            '"integrity" verification can not be overridden in custom signature verification',
            id="integrity",
        ),
        pytest.param(
            {"authenticity": "skip"},
            '"authenticity" verification can not be skipped in custom signature verification',
            id="skip-authenticity",
        ),
    ],
)
def test_override_is_refused_in_the_words_of_the_go_program(override: dict[str, str], message: str) -> None:
    """Attack 98; TP-034."""
    with pytest.raises(MalformedError) as caught:
        STRICT.overridden(override)
    assert caught.value.message == message


def test_skip_cannot_be_customised() -> None:
    """Attack 98; an empty override is none (TP-032, TP-033)."""
    assert SKIP.overridden({}) is SKIP
    with pytest.raises(MalformedError) as caught:
        SKIP.overridden({"revocation": "skip"})
    assert caught.value.message == (
        'signature verification level "skip" can\'t be used to customize signature verification'
    )


def test_override_leaves_the_level_it_came_from() -> None:
    """The shared tables cannot be changed through a customised level (TP-031)."""
    before = dict(STRICT.actions)
    STRICT.overridden({"expiry": "log"})
    assert STRICT.actions == before
    with pytest.raises(TypeError):
        STRICT.actions[Validation.EXPIRY] = Action.SKIP  # type: ignore[index]


@pytest.mark.parametrize(
    ("level", "minimum", "expected"),
    [
        pytest.param(STRICT, STRICT, True, id="strict-strict"),
        pytest.param(PERMISSIVE, STRICT, False, id="permissive-strict"),
        pytest.param(STRICT, PERMISSIVE, True, id="strict-permissive"),
        pytest.param(AUDIT, PERMISSIVE, False, id="audit-permissive"),
        pytest.param(SKIP, AUDIT, False, id="skip-audit"),
        pytest.param(STRICT.overridden({"revocation": "skip"}), STRICT, False, id="weakened-strict"),
        pytest.param(STRICT.overridden({"revocation": "skip"}), PERMISSIVE, False, id="weaker-in-one-place"),
        pytest.param(AUDIT.overridden({"authenticity": "enforce"}), PERMISSIVE, True, id="raised-audit"),
    ],
)
def test_level_is_compared_with_a_minimum(
    level: VerificationLevel, minimum: VerificationLevel, expected: bool
) -> None:
    """Attack 109, the comparison that `--min-level` needs (R-40)."""
    assert level.is_at_least(minimum) is expected


def test_weaker_than_names_what_is_weaker() -> None:
    """What a pipeline that asks for a minimum has to be told (R-40)."""
    weakened = STRICT.overridden({"revocation": "skip", "expiry": "log"})
    assert weakened.weaker_than(STRICT) == (Validation.EXPIRY, Validation.REVOCATION)
    assert STRICT.weaker_than(PERMISSIVE) == ()


def test_only_skip_skips_everything() -> None:
    """The one level at which nothing is examined (VER-003)."""
    assert [level.name for level in LEVELS.values() if level.skips_everything] == ["skip"]
    assert not AUDIT.overridden({"revocation": "skip"}).skips_everything
