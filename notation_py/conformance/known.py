# SPDX-License-Identifier: Apache-2.0
"""The known differences of one client: each with its outcome and a reason, and all of them still true.

A listed difference that is none, or another one, is a failure: a list cannot grow old unnoticed.

Spec: conformance/PROTOCOL.md, Known differences.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..document import check_names, member, of_type, strings
from ..errors import MalformedError, Outcome
from .answer import Kind
from .judging import CHECK, OUTPUT

_OUTCOMES = frozenset({kind.value for kind in Kind if kind.is_run} | {CHECK, OUTPUT})
_MEMBERS = ("vectors", "outcome", "reason", "deviation")


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """What a client is known to do with the vectors whose name fits one of `patterns`, and why.

    Attributes:
        deviation: the row of specs/deviations.md that says why we do otherwise, or empty.
    """

    patterns: tuple[str, ...]
    outcome: str
    reason: str
    deviation: str = ""


@dataclass(frozen=True, slots=True)
class KnownDifferences:
    """The list of one client. Empty for a client without one."""

    client: str = ""
    differences: tuple[KnownDifference, ...] = ()

    @classmethod
    def load(cls, path: Path) -> KnownDifferences:
        """Return the list in the file *path*.

        Raises:
            MalformedError: it is not one; names the place.
        """
        try:
            return _list(tomllib.loads(path.read_text("utf-8")))
        except OSError as error:
            raise MalformedError(
                f"{path.name} cannot be read: {error.strerror}", outcome=Outcome.CONFIG
            ) from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise MalformedError(f"{path.name} is not TOML: {error}", outcome=Outcome.CONFIG) from error
        except MalformedError as error:
            raise MalformedError(f"{path.name}: {error.message}", outcome=Outcome.CONFIG) from error

    def of(self, name: str) -> KnownDifference | None:
        """Return what is known about the vector *name*: the first row that fits."""
        return next((one for one in self.differences if _fits(name, one.patterns)), None)

    def unused(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the patterns that fit none of *names*: they are about vectors that are not in the suite."""
        there = tuple(names)
        patterns = (pattern for one in self.differences for pattern in one.patterns)
        return tuple(one for one in patterns if not any(fnmatchcase(name, one) for name in there))


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _list(source: dict[str, Any]) -> KnownDifferences:
    unknown = check_names(source, ("client", "differences"), at="")
    if unknown:
        raise MalformedError("is not a member of such a list", at=next(iter(unknown)))
    rows = source.get("differences", [])
    entries = [_row(row, f"differences[{n}]") for n, row in enumerate(of_type(rows, list, at="differences"))]
    return KnownDifferences(member(source, "client", str), tuple(entries))


def _row(value: Any, at: str) -> KnownDifference:
    source: dict[str, Any] = of_type(value, dict, at=at)
    unknown = check_names(source, _MEMBERS, at=at)
    if unknown:
        raise MalformedError("is not a member of a difference", at=f"{at}.{next(iter(unknown))}")
    row = KnownDifference(
        strings(source.get("vectors"), at=f"{at}.vectors"),
        member(source, "outcome", str, at=at),
        member(source, "reason", str, at=at),
        of_type(source.get("deviation", ""), str, at=f"{at}.deviation"),
    )
    if row.outcome not in _OUTCOMES:
        raise MalformedError(f"must be one of {', '.join(sorted(_OUTCOMES))}", at=f"{at}.outcome")
    if not row.patterns:
        raise MalformedError("names no vector", at=f"{at}.vectors")
    if len(row.reason) < 20:
        raise MalformedError("must be a sentence", at=f"{at}.reason")
    return row
