# SPDX-License-Identifier: Apache-2.0
"""The members of plugin documents, read one by one: types, presence, base64, times.

Spec: plugin-extensibility. Requirements: PLG-029, PLG-073.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..document import member, of_type, string_map, strings
from ..encoding import decode_base64
from ..errors import MalformedError

Config = Mapping[str, str]
Value = TypeVar("Value")


def with_config(request: dict[str, Any], config: Config) -> dict[str, Any]:
    """Return *request* with *config* as its last member, unless that is empty (PLG-073)."""
    return {**request, "pluginConfig": dict(config)} if config else request


def config_of(source: Mapping[str, Any]) -> dict[str, str]:
    """Return the plugin configuration in *source*; raises MalformedError."""
    config = source.get("pluginConfig")
    return {} if config is None else string_map(config, at="pluginConfig")


def required_text(source: Mapping[str, Any], name: str) -> str:
    """Return the member *name* of *source*, text that is not empty; raises MalformedError."""
    text = member(source, name, str)
    if not text:
        raise MalformedError("is empty", at=name)
    return text


def optional_text(source: Mapping[str, Any], name: str) -> str | None:
    """Return the member *name* of *source*, or None if it is absent or empty; raises MalformedError."""
    value = source.get(name)
    return None if value is None else of_type(value, str, at=name) or None


def binary(source: Mapping[str, Any], name: str) -> bytes:
    """Return the octets of the member *name* of *source*, at least one; raises MalformedError (PLG-029)."""
    data = decode_base64(member(source, name, str), at=name)
    if not data:
        raise MalformedError("is empty", at=name)
    return data


def chain_of_ders(source: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Return the certificates in *source*, DER, leaf first; raises MalformedError."""
    texts = strings(source.get("certificateChain"), at="certificateChain")
    return tuple(decode_base64(text, at=f"certificateChain[{index}]") for index, text in enumerate(texts))


def known(source: Mapping[str, Any], name: str, values: Mapping[str, Value]) -> Value:
    """Return the value that the member *name* of *source* names in *values*; raises MalformedError."""
    text = member(source, name, str)
    if text not in values:
        raise MalformedError(f"{text[:64]!r} is not one of {', '.join(values)}", at=name)
    return values[text]


def moment(source: Mapping[str, Any], name: str) -> datetime | None:
    """Return the moment, or None; the reference writes the year 1 for "none"."""
    text = source.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(of_type(text, str, at=name))
        if at.year > 1 and at.tzinfo is not None:
            at = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the end of the year 9999 may have no UTC
        raise MalformedError("is not an RFC 3339 time", at=name) from error
    if at.tzinfo is None:
        raise MalformedError("is not an RFC 3339 time", at=name)
    return None if at.year == 1 else at


def rfc3339(at: datetime) -> str:
    """Return *at* in UTC as RFC 3339."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
