# SPDX-License-Identifier: Apache-2.0
"""Writers of a shared list without a lock, against lists that lose entries on purpose."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

import pytest

from notation_py.adapters.settling import settle
from notation_py.errors import Outcome, RegistryError, UnavailableError


class FakeList:
    """A list in memory; `at_read` happens before each read, with the number of reads so far."""

    def __init__(self, at_read: Callable[[int, dict[str, str]], None] = lambda *_: None) -> None:
        self.entries: dict[str, str] = {}
        self.reads = self.writes = 0
        self._at_read = at_read

    def read(self) -> Mapping[str, str]:
        self._at_read(self.reads, self.entries)
        self.reads += 1
        return dict(self.entries)

    def add(self, found: Mapping[str, str], missing: Mapping[str, str]) -> Collection[str]:
        self.writes += 1
        self.entries = {**found, **{key: text for key, text in missing.items() if text != "gone"}}
        return [key for key, text in missing.items() if text == "gone"]


def run(shared: FakeList, *, seconds: float = 0.05, total: float = 3.0) -> dict[str, str]:
    seen: dict[str, str] = {}
    settle(shared, {"mine": "1"}, seconds=seconds, deadline=time.monotonic() + total, seen=seen)
    return seen


def test_entry_is_written_once_and_looked_at_again() -> None:
    """SIG-024, SIG-028: without other writers there is one change, and a last look after the wait."""
    shared = FakeList()
    started = time.monotonic()
    run(shared)
    assert shared.entries == {"mine": "1"}
    assert shared.writes == 1
    assert shared.reads >= 3
    assert time.monotonic() - started >= 0.05


def test_entry_that_is_there_already_is_not_written() -> None:
    """SIG-026 (3)."""
    shared = FakeList()
    shared.entries = {"mine": "1", "other": "2"}
    run(shared)
    assert shared.writes == 0


def test_lost_entries_of_all_writers_are_put_back() -> None:
    """Attack 131: whatever was seen once comes back, in addition to what came since."""

    def at_read(number: int, entries: dict[str, str]) -> None:
        if number == 1:
            entries["early"] = "2"
        if number == 2:
            entries.clear()
            entries["late"] = "3"

    shared = FakeList(at_read)
    assert set(run(shared)) == {"mine", "early", "late"}
    assert set(shared.entries) == {"mine", "early", "late"}


def test_entry_whose_content_is_gone_is_given_up() -> None:
    """Attack 131: what somebody deleted meanwhile is neither put back nor waited for."""

    def at_read(number: int, entries: dict[str, str]) -> None:
        if number == 1:
            entries["other"] = "gone"
        if number == 2:
            del entries["other"]

    shared = FakeList(at_read)
    assert set(run(shared)) == set(shared.entries) == {"mine"}


def test_writer_stays_longer_among_others() -> None:
    """Attack 131: having seen other writers, one stays for a multiple of the time."""

    def at_read(number: int, entries: dict[str, str]) -> None:
        if number == 1:
            entries["other"] = "2"

    started = time.monotonic()
    run(FakeList(at_read), seconds=0.1)
    assert time.monotonic() - started >= 0.4


def test_list_that_forgets_everything_ends_in_an_error() -> None:
    """SIG-024: what cannot be confirmed is not success."""
    shared = FakeList(lambda _, entries: entries.clear())
    with pytest.raises(RegistryError, match="does not keep it listed"):
        run(shared, total=0.5)


def test_server_that_fails_now_and_then_is_outlasted() -> None:
    """Backends note 3.3: a registry answers 500 while its tag moves."""

    def at_read(number: int, entries: dict[str, str]) -> None:
        if number in {0, 2}:
            shared.reads += 1
            raise UnavailableError("500")

    shared = FakeList(at_read)
    run(shared)
    assert shared.entries == {"mine": "1"}


@pytest.mark.parametrize("outcome", [Outcome.AUTH, Outcome.UNAVAILABLE])
def test_server_that_only_fails_ends_in_its_error(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is final at once, an outage after many attempts."""
    monkeypatch.setattr("time.sleep", lambda _: None)

    def at_read(_number: int, _entries: dict[str, str]) -> None:
        shared.reads += 1
        raise UnavailableError("no", outcome=outcome)

    shared = FakeList(at_read)
    with pytest.raises(UnavailableError, match="no"):
        run(shared)
    assert shared.reads == (1 if outcome is Outcome.AUTH else 20)
