# SPDX-License-Identifier: Apache-2.0
"""Values of flags in Go's spellings: booleans, integers and durations.

Each function takes the text after a flag and returns the value, or raises `ValueError` with the
words the Go program's standard library uses. Knows nothing about flags; imports nothing, because
every command pays for it.

Spec: contract/cli.md 2.3, 2.4. Requirements: CLI-003.
"""

from __future__ import annotations

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_BASES = {"0x": (16, 2), "0b": (2, 2), "0o": (8, 2)}
_LARGEST = (1 << 63) - 1
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


def quoted(text: str) -> str:
    """Return *text* in double quotes with Go's escapes; imported only when something is refused."""
    from ..reference import go_quote

    return go_quote(text)


def parse_bool(text: str) -> bool:
    """Return the boolean that *text* spells in one of Go's twelve ways.

    Raises:
        ValueError: any other text.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"strconv.ParseBool: parsing {quoted(text)}: invalid syntax")


def parse_int(text: str) -> int:
    """Return the integer that *text* spells: decimal, `0x`, `0o`, `0b` or a leading `0` for octal.

    Raises:
        ValueError: not an integer, or outside 64 bits.
    """
    digits = text[1:] if text[:1] in {"+", "-"} else text
    base, skip = _BASES.get(digits[:2].lower(), (8, 1) if digits[:1] == "0" and len(digits) > 1 else (10, 0))
    digits = digits[skip:]
    if skip and digits.startswith("_"):
        digits = digits[1:]
    try:
        # int() would also take white space, a second sign and digits of other scripts
        if not digits.isascii() or not digits.replace("_", "").isalnum():
            raise ValueError
        number = int(digits, base)
    except ValueError:
        raise ValueError(f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax") from None
    if text.startswith("-"):
        number = -number
    if not -_LARGEST - 1 <= number <= _LARGEST:
        raise ValueError(f"strconv.ParseInt: parsing {quoted(text)}: value out of range")
    return number


def parse_duration(text: str) -> int:
    """Return the nanoseconds that *text* spells, such as `24h`, `1h30m`, `1.5h`, `-2s` or a bare `0`.

    Raises:
        ValueError: not a Go duration, or longer than 64 bits of nanoseconds.
    """
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest == "0":
        return 0
    total = 0
    invalid = ValueError(f"time: invalid duration {quoted(text)}") if not rest else None
    while rest and invalid is None:
        number, rest = _take(rest, "0123456789.")
        whole, _, fraction = number.partition(".")
        if not whole + fraction or "." in fraction or len(number) > 32:
            invalid = ValueError(f"time: invalid duration {quoted(text)}")
            break
        unit, rest = _take_unit(rest)
        if not unit:
            raise ValueError(f"time: missing unit in duration {quoted(text)}")
        if unit not in _UNITS:
            raise ValueError(f"time: unknown unit {quoted(unit)} in duration {quoted(text)}")
        total += int(whole or "0") * _UNITS[unit]
        total += int(fraction or "0") * _UNITS[unit] // 10 ** len(fraction)
    if invalid is None and total > _LARGEST:
        invalid = ValueError(f"time: invalid duration {quoted(text)}")
    if invalid is not None:
        raise invalid
    return -total if text.startswith("-") else total


def _take(text: str, characters: str) -> tuple[str, str]:
    end = 0
    while end < len(text) and text[end] in characters:
        end += 1
    return text[:end], text[end:]


def _take_unit(text: str) -> tuple[str, str]:
    end = 0
    while end < len(text) and text[end] not in "0123456789.":
        end += 1
    return text[:end], text[end:]
