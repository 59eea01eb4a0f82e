# SPDX-License-Identifier: Apache-2.0
"""Strict JSON from outside: one document, one meaning.

Whatever two readers could read differently is refused: duplicate members, members
that differ from a known one only in letter case, byte-order marks, lone surrogates,
NaN, huge numbers, trailing data. Size, nesting and item count are bounded before
anything is built. Knows nothing about what the documents mean.

Spec: RFC 8259; security contract 2.6, R-01. Requirements: SEC-001, SEC-003, PAY-018, TP-006, JWS-002.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from .errors import MalformedError

T = TypeVar("T")

MAX_DEPTH = 32
"""Nesting of objects and arrays (R-01); real documents stay below 8."""

MAX_INTEGER = 2**53 - 1
"""Beyond it readers that use doubles disagree with readers that use integers (RFC 8259 section 6)."""

MAX_NON_ASCII_BYTES = 1 << 20
"""A larger document has to be ASCII: one emoji would make the decoded text four times as large."""

SMALL = 1 << 16
"""Bytes of a document whose worst case costs no time worth saving."""

_WHITE_SPACE = " \t\r\n"
# The next bracket outside strings, or the end. Possessive throughout: no byte is looked at twice.
_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?)*+([\[\]{}]|\Z)', re.DOTALL)
_FOREIGN_ESCAPE = re.compile(rb"\\u(?!00)")
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


class _RefusedError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RefusedError(f"duplicate member {name[:64]!r}")
            seen.add(name)
    return result


def _integer(text: str) -> int:
    if len(text) > 17 or text == "-0" or abs(int(text)) > MAX_INTEGER:
        raise _RefusedError("integer out of range")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")} or (value == 0 and text[0] == "-"):
        raise _RefusedError("number out of range")
    return value


def _constant(text: str) -> None:
    raise _RefusedError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
"""Made once: building a decoder costs more than reading a protected header with it."""


def parse_json(data: bytes, *, what: str, max_bytes: int, max_items: int = 65_536) -> Any:
    """Return the JSON value that *data* spells, read strictly.

    Args:
        data: UTF-8 without a byte-order mark.
        what: the name of the document, for errors, such as `trust policy`.
        max_bytes: largest accepted size of *data*.
        max_items: largest accepted number of members and elements together.

    Raises:
        MalformedError: anything RFC 8259 or R-01 does not allow; says why.
    """
    _check_budgets(data, what, max_bytes, max_items)
    try:
        text = data.decode("utf-8").lstrip(_WHITE_SPACE)
        value, end = _DECODER.raw_decode(text)
        if end != len(text) and text[end:].strip(_WHITE_SPACE):
            raise _RefusedError("trailing data after the document")
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"{what} is not strict JSON: {_reason(error)}") from error
    if b"\\" in data and _SUSPECT_ESCAPE.search(data):
        _check_text(value, what)
    return value


def _reason(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return f"invalid UTF-8 at byte {error.start}"
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno} column {error.colno}"
        case RecursionError():
            return "nested too deeply"
        case _:
            return str(error)


def _check_budgets(data: bytes, what: str, max_bytes: int, max_items: int) -> None:
    size = len(data)
    if size > max_bytes:
        raise MalformedError(f"{what} is larger than {max_bytes} bytes")
    if size > MAX_NON_ASCII_BYTES and (not data.isascii() or _FOREIGN_ESCAPE.search(data)):
        raise MalformedError(f"{what} over {MAX_NON_ASCII_BYTES} bytes has characters outside ASCII")
    if size <= SMALL:
        # `bytes.count` looks at every byte, `replace` leaps from hit to hit: text is mostly base64.
        opened = 2 * size - len(data.replace(b"[", b"")) - len(data.replace(b"{", b""))
        items = opened + size - len(data.replace(b",", b"")) if size > max_items else 0
    else:
        opened = data.count(b"[") + data.count(b"{")
        items = opened + data.count(b",")
    if items > max_items:
        raise MalformedError(f"{what} has more than {max_items} members and elements")
    if opened > MAX_DEPTH and _depth(data) > MAX_DEPTH:
        raise MalformedError(f"{what} is nested deeper than {MAX_DEPTH} levels")


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for found in _BRACKET.finditer(data):
        if found[1] in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _check_text(value: Any, what: str) -> None:
    match value:
        case str():
            if "\x00" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
                raise MalformedError(f"{what} has a NUL or a lone surrogate in a string")
        case dict():
            for name, member in value.items():
                _check_text(name, what)
                _check_text(member, what)
        case list():
            for element in value:
                _check_text(element, what)
        case _:
            pass


def check_names(names: Collection[str], known: Collection[str], *, at: str) -> tuple[str, ...]:
    """Return the members among *names* that are not *known*, if none of them resembles a known one.

    The Go reference matches names without regard to case and ignores unknown ones, so a
    look-alike would mean one thing there and nothing here.

    Raises:
        MalformedError: a name equals a known one but for case, or is one slip away from it.
    """
    unknown = [name for name in names if name not in known]
    for name in unknown:
        for candidate in known:
            if name.casefold() == candidate.casefold() or _one_slip(name, candidate):
                raise MalformedError(
                    f"unknown member {name[:64]!r}", at=at, hint=f"did you mean {candidate!r}?"
                )
    return tuple(unknown)


def _one_slip(one: str, other: str) -> bool:
    """Return whether *one* becomes *other* by one letter added, dropped or changed, or two swapped."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 4:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a == b[1:] or a[1:] == b or (a[:2] == b[1::-1] and a[2:] == b[2:])


_TYPE_NAMES = {str: "a string", int: "an integer", list: "an array", dict: "an object", bool: "true or false"}


def member(source: Mapping[str, Any], name: str, kind: type[T], *, at: str = "") -> T:
    """Return the required member *name* of *source*, which must be a *kind*.

    Raises:
        MalformedError: absent or of another type; names the place.
    """
    value = source.get(name)
    if type(value) is kind:
        return value
    if name not in source:
        raise MalformedError(f"missing member {name!r}", at=at)
    return of_type(value, kind, at=f"{at}.{name}" if at else name)


def of_type(value: Any, kind: type[T], *, at: str) -> T:
    """Return *value* if it is a *kind*; true and false are not integers."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise MalformedError(f"must be {_TYPE_NAMES.get(kind, kind.__name__)}", at=at)
    return value


def strings(value: Any, *, at: str) -> tuple[str, ...]:
    """Return *value* as a tuple if it is an array of strings."""
    array: list[Any] = of_type(value, list, at=at)
    for index, element in enumerate(array):
        if type(element) is not str:
            of_type(element, str, at=f"{at}[{index}]")
    return tuple(array)


def string_map(value: Any, *, at: str) -> dict[str, str]:
    """Return *value* if it is an object whose members are all strings."""
    mapping: dict[str, Any] = of_type(value, dict, at=at)
    return {name: of_type(entry, str, at=f"{at}[{name[:64]!r}]") for name, entry in mapping.items()}


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_COMPACT_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_json(value: Any, *, indent: str | None = None, sort: bool = False) -> str:
    """Return *value* as the Go program's encoder writes it: compact, `<`, `>` and `&` escaped.

    Args:
        indent: white space for one level, or None for the compact form.
        sort: order members by name, as Go does for maps.
    """
    if indent is None:
        text = (_COMPACT_SORTED if sort else _COMPACT).encode(value)
    else:
        encode: Callable[..., str] = json.dumps
        text = encode(value, ensure_ascii=False, indent=indent, sort_keys=sort, separators=(",", ": "))
    for character, escape in _GO_ESCAPES.items():
        text = text.replace(character, escape)
    return text
