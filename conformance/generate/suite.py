# SPDX-License-Identifier: Apache-2.0
"""One vector while it is built, how its files look, and how a suite on disk is compared with what is built.

A family is a function whose docstring says what its vectors are about; it yields `accept` and `refuse`, and
the decorator `family` puts the first line of the docstring in front of each title. Every vector that has to
be refused names the one that is accepted and has everything but the fault: `sound`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SUITE = Path(__file__).parents[1] / "suite"
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The moment of vectors that hold at any: a program in process is told it."""

FILE = "vector.toml"
_LICENCE = "# SPDX-License-Identifier: Apache-2.0\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A vector: what goes into `vector.toml`, and its other files.

    Attributes:
        place: area and name. sound: the name, in the same area, of the vector without the fault.
        tables: members of `vector.toml` beside those that every vector has.
        files: by path below the directory of the vector.
    """

    area: str = ""
    name: str
    title: str
    expect: str
    requirements: tuple[str, ...]
    attacks: tuple[int, ...] = ()
    command: str = "verify"
    format: str = ""
    at: datetime = AT
    clock: str = "any"
    failed: str = ""
    logged: tuple[str, ...] = ()
    note: str = ""
    sound: str = ""
    tables: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Area and name."""
        return f"{self.area}/{self.name}"

    def document(self) -> str:
        """Return the text of `vector.toml`."""
        head: dict[str, Any] = {
            "title": self.title,
            "command": self.command,
            "requirements": list(self.requirements),
        }
        optional = {"attacks": list(self.attacks), "format": self.format}
        head |= {key: value for key, value in optional.items() if value}
        head |= {"at": self.at, "clock": self.clock, "expect": self.expect}
        more = {"failed": self.failed, "logged": list(self.logged), "note": self.note}
        head |= {key: value for key, value in more.items() if value}
        return _LICENCE + toml(head | {key: value for key, value in self.tables.items() if value})

    def written(self) -> dict[str, bytes]:
        """Return every file of the vector, by path below its directory."""
        return {FILE: self.document().encode(), **self.files}


def words(*several: str) -> tuple[str, ...]:
    """Return the words of *several* texts, such as requirement ids."""
    return tuple(word for text in several for word in text.split())


Family = Callable[[], Iterator[Built]]


def family(area: str, *requirements: str) -> Callable[[Callable[[], Iterator[Built]]], Family]:
    """Return a decorator that completes what a family of *area* yields; all serve *requirements*."""
    shared = words(*requirements)

    def decorate(function: Callable[[], Iterator[Built]]) -> Family:
        about = (function.__doc__ or "").strip().splitlines()[0].rstrip(".")

        def complete() -> Iterator[Built]:
            for one in function():
                ids = tuple(dict.fromkeys((*shared, *one.requirements)))
                yield replace(one, area=area, title=f"{about}: {one.title}", requirements=ids)

        complete.__doc__ = function.__doc__
        FAMILIES.setdefault(area, []).append(complete)
        return complete

    return decorate


FAMILIES: dict[str, list[Family]] = {}
"""By area, in the order in which they were declared."""


def accept(name: str, title: str, *, requires: str = "", attacks: tuple[int, ...] = (), **rest: Any) -> Built:
    """Return a vector that has to be accepted; *rest* are further members."""
    return Built(
        name=name, title=title, expect="accept", requirements=words(requires), attacks=attacks, **rest
    )


def refuse(
    name: str, title: str, failed: str, *, requires: str = "", attacks: tuple[int, ...] = (), **rest: Any
) -> Built:
    """Return a vector that has to be refused by the check *failed*; *rest* are further members."""
    return Built(
        name=name,
        title=title,
        expect="refuse",
        failed=failed,
        requirements=words(requires),
        attacks=attacks,
        **rest,
    )


# --- TOML ---------------------------------------------------------------------------------------------


def toml(document: Mapping[str, Any]) -> str:
    """Return *document* in TOML: plain members, then tables, then arrays of tables; lines stand as lines."""
    return "".join(_table(document, ()))


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    below = []
    for key, value in table.items():
        if isinstance(value, Mapping) or _is_tables(value):
            below.append((key, value))
        else:
            yield f"{_key(key)} = {_value(value)}\n"
    for key, value in below:
        inner = (*path, key)
        dotted = ".".join(map(_key, inner))
        if not isinstance(value, Mapping):
            for one in value:
                yield f"\n[[{dotted}]]\n"
                yield from _table(one, inner)
            continue
        if not value or any(not (isinstance(one, Mapping) or _is_tables(one)) for one in value.values()):
            yield f"\n[{dotted}]\n"
        yield from _table(value, inner)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _key(key: str) -> str:
    bare = key and all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in key)
    return key if bare else json.dumps(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case str():
            return _text(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            raise TypeError(type(value))


def _text(value: str) -> str:
    is_lines = value.count("\n") > 1 and value.endswith("\n") and value.replace("\n", "").isprintable()
    if is_lines and "'''" not in value:
        return f"'''\n{value}'''"
    if "'" not in value and ('"' in value or "\\" in value) and value.isprintable():
        return f"'{value}'"
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04X}" if ord(letter) < 1 << 16 else f"\\U{ord(letter):08X}"
