# SPDX-License-Identifier: Apache-2.0
"""Header fields that a registry sends, read strictly: media types, lists, delays.

Each reader takes the field as it came and returns a value or refuses; work is linear in the
length of the field. Knows nothing about which answer is acceptable where. `challenges` and `links`
read the fields that need a grammar.

Spec: RFC 9110 sections 5.6, 8.3, 10.2.3. Requirements: SIG-031, SIG-032, SIG-051, SEC-003.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

from ..errors import RegistryError

_TOKEN_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+.^_`|~-")


def media_type(field: str | None) -> str:
    """Return the media type of a `Content-Type` *field* without parameters, in lower case.

    Raises:
        RegistryError: missing or not a media type.
    """
    name = (field or "").partition(";")[0].strip(" \t")
    kind, _, subtype = name.partition("/")
    if not (kind and subtype and _TOKEN_CHARACTERS.issuperset(kind + subtype)) or len(name) > 255:
        raise RegistryError("missing or malformed Content-Type header")
    return name.lower()


def comma_tokens(fields: Sequence[str]) -> frozenset[str]:
    """Return the elements of a comma-separated list of tokens, as written."""
    return frozenset(token.strip(" \t") for field in fields for token in field.split(",")) - {""}


def retry_after_seconds(field: str | None) -> float | None:
    """Return the delay of a `Retry-After` *field* in seconds; None if absent, a date or malformed."""
    text = (field or "").strip(" \t")
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
