# SPDX-License-Identifier: Apache-2.0
"""Authentication challenges, read strictly: what a registry says it wants before it answers.

What two readers could read differently is refused: parameters given twice, values without
quotes that need them, control characters. Work is linear in the length of the field. Knows nothing
about which challenge is acceptable; imported when a registry answers 401.

Spec: RFC 9110 sections 5.6, 11.6.1. Requirements: SIG-056, SEC-003, R-24.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import RegistryError
from .urls import visible

MAX_FIELD_LENGTH = 8192
MAX_CHALLENGES = 8

# Each alternative starts with another character, so that no input is scanned twice.
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a grammar, not a secret
"""A token of RFC 9110 section 5.6.2, as a regular expression."""

_PIECE = re.compile(
    rf'(?P<token>{TOKEN})|(?P<quoted>"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*")|(?P<space>[ \t]+)'
    r"|(?P<mark>[=,;/<>:?()\[\]{}@])"
)

_Piece = tuple[str, str]
"""Kind, as `_PIECE` names it, and text."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One authentication challenge: the scheme and the parameter names in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(fields: Sequence[str]) -> tuple[Challenge, ...]:
    """Return the challenges of the `WWW-Authenticate` *fields*, in order.

    Raises:
        RegistryError: not the grammar of RFC 9110, a parameter given twice, a control character,
            or too much.
    """
    challenges: list[Challenge] = []
    for field in fields:
        challenges.extend(_challenges(_pieces(field, "WWW-Authenticate")))
        if len(challenges) > MAX_CHALLENGES:
            raise RegistryError(f"more than {MAX_CHALLENGES} WWW-Authenticate challenges")
    return tuple(challenges)


def _pieces(field: str, name: str) -> list[_Piece]:
    """Return *field* as (kind, text) pieces; kinds are those of `_PIECE`."""
    if len(field) > MAX_FIELD_LENGTH:
        raise RegistryError(f"{name} header is longer than {MAX_FIELD_LENGTH} characters")
    pieces = []
    place = 0
    while place < len(field):
        found = _PIECE.match(field, place)
        if found is None or found.lastgroup is None:
            raise RegistryError(f"malformed {name} header {visible(field)!r}")
        pieces.append((found.lastgroup, found.group()))
        place = found.end()
    return pieces


def _challenges(pieces: list[_Piece]) -> Iterator[Challenge]:
    """Yield the challenges in a list.

    An element of the list that starts with `token SP` or is a lone token begins a challenge;
    one that starts with `token =` continues it.
    """
    scheme = ""
    parameters: dict[str, str] = {}
    for element in _elements(pieces):
        first_kind, first = element[0]
        begins = len(element) == 1 or (element[1][0] == "space" and not _is_equals(element, 2))
        if first_kind != "token" or not (begins or scheme):
            raise RegistryError("malformed WWW-Authenticate header")
        if begins and scheme:
            yield Challenge(scheme, parameters)
        if begins:
            scheme, parameters = first.lower(), {}
        rest = element[2:] if begins else element
        if rest:
            name, value = _parameter(rest)
            if name in parameters:
                raise RegistryError(f"WWW-Authenticate parameter {visible(name)!r} is given twice")
            parameters[name] = value
    if scheme:
        yield Challenge(scheme, parameters)


def _is_equals(element: list[_Piece], place: int) -> bool:
    return len(element) > place and element[place][1] == "="


def _elements(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Yield the comma-separated elements of a list without surrounding space; empty ones are allowed."""
    element: list[_Piece] = []
    for piece in [*pieces, ("mark", ",")]:
        if piece == ("mark", ","):
            while element and element[-1][0] == "space":
                element.pop()
            if element:
                yield element
            element = []
        elif element or piece[0] != "space":
            element.append(piece)


def _parameter(element: list[_Piece]) -> tuple[str, str]:
    match [piece for piece in element if piece[0] != "space"]:
        case [("token", name), ("mark", "="), ("token", value)]:
            return name.lower(), value
        case [("token", name), ("mark", "="), ("quoted", value)]:
            return name.lower(), re.sub(r"\\(.)", r"\1", value[1:-1])
        case _:
            raise RegistryError("malformed WWW-Authenticate header")
