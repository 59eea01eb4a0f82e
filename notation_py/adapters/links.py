# SPDX-License-Identifier: Apache-2.0
"""The `Link` header field, read strictly: where the next page of a list is.

A malformed field is refused, because taking it for "no further page" would cut a list short. Work is
linear in the length of the field. Imported when a registry sends one.

Spec: RFC 8288 section 3. Requirements: SIG-033, SEC-003, R-25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..errors import RegistryError
from .challenges import TOKEN
from .urls import visible

MAX_FIELD_LENGTH = 8192

_LINK_TARGET = re.compile(r"<(?P<url>[^<>\x00-\x20\x7f]*)>[ \t]*")
_LINK_PARAMETER = re.compile(
    rf";[ \t]*(?P<name>{TOKEN})[ \t]*(?:=[ \t]*(?P<value>{TOKEN}|\"[^\"\x00-\x1f\x7f]*\"))?[ \t]*"
)
_LINK_END = re.compile(r",[ \t,]*|\Z")


def next_link(fields: Sequence[str]) -> str | None:
    """Return the target of the one link with relation `next` in the `Link` *fields*, or None.

    Raises:
        RegistryError: not the grammar of RFC 8288, or two different next pages.
    """
    targets = {target for field in fields for target, relations in _links(field) if "next" in relations}
    if len(targets) > 1:
        raise RegistryError("the Link header names two next pages")
    return targets.pop() if targets else None


def _links(field: str) -> Iterator[tuple[str, frozenset[str]]]:
    if len(field) > MAX_FIELD_LENGTH:
        raise RegistryError(f"Link header is longer than {MAX_FIELD_LENGTH} characters")
    place = len(field) - len(field.lstrip(" \t,"))
    while place < len(field):
        target = _LINK_TARGET.match(field, place)
        if target is None:
            raise RegistryError(f"malformed Link header {visible(field)!r}")
        place = target.end()
        relations: frozenset[str] = frozenset()
        while parameter := _LINK_PARAMETER.match(field, place):
            place = parameter.end()
            if parameter["name"].lower() == "rel" and not relations:
                relations = frozenset((parameter["value"] or "").strip('"').lower().split())
        yield target["url"], relations
        end = _LINK_END.match(field, place)
        if end is None:
            raise RegistryError(f"malformed Link header {visible(field)!r}")
        place = end.end()
