# SPDX-License-Identifier: Apache-2.0
"""The words with which a client is told to do a vector's command: those of the Go program.

Spec: CLI contract 5 to 7; conformance/PROTOCOL.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .contents import Contents
from .vector import REPOSITORY, Vector
from .world import LAYOUT, argument_name

_TEXT_FLAGS = {
    "media_type": "--media-type",
    "policy_name": "--policy-name",
    "output": "--output",
    "key": "--key",
    "plugin": "--plugin",
    "id": "--id",
    "expiry": "--expiry",
    "timestamp_url": "--timestamp-url",
    "store_type": "--type",
    "store": "--store",
}
_SWITCHES = {"force_referrers_tag": "--force-referrers-tag", "force": "--force"}
_SIGNING = frozenset({"sign", "blob sign"})


def words_for(vector: Vector, contents: Contents | None, host: str) -> tuple[str, ...]:
    """Return the command of *vector* and everything after it.

    Args:
        contents: of its registry, None if it has none. host: host and port of the registry.
    """
    positional = [one.name for one in vector.inputs]
    positional += vector.arguments.get("names", ())
    if contents is not None:
        positional = [reference(vector, contents, host)]
    mark = ["--"] if any(word.startswith("-") for word in positional) else []
    return (*vector.command.split(), *_flags(vector), *mark, *positional)


def reference(vector: Vector, contents: Contents, host: str) -> str:
    """Return the artifact of *vector* as a client is told it."""
    artifact = vector.artifact
    place = LAYOUT if artifact.place == "layout" else f"{host}/{REPOSITORY}"
    match artifact.reference:
        case "digest":
            return f"{place}@{contents.artifact.digest}"
        case "tag":
            return f"{place}:{artifact.tag}"
        case "none":
            return place
        case text:
            return f"{place}{text}"


def _flags(vector: Vector) -> Iterator[str]:
    given: Mapping[str, Any] = vector.arguments
    for key, flag in (("user_metadata", "--user-metadata"), ("plugin_config", "--plugin-config")):
        for name, value in given.get(key, {}).items():
            yield from (flag, f"{name}={value}")
    if "max_signatures" in given:
        yield f"--max-signatures={given['max_signatures']}"
    for key, flag in _TEXT_FLAGS.items():
        if key in given:
            yield f"{flag}={given[key]}"
    for key, flag in _SWITCHES.items():
        if key in given:
            yield f"{flag}={str(given[key]).lower()}"
    if "signature" in given:
        yield from ("--signature", argument_name(vector, "signature"))
    if "timestamp_root_cert" in given:
        yield from ("--timestamp-root-cert", argument_name(vector, "timestamp_root_cert"))
    chosen = given.get("signature_format", vector.format if vector.command in _SIGNING else "")
    if chosen:
        yield f"--signature-format={chosen}"
    if vector.command not in {"verify", "list", "sign", "inspect"} or vector.artifact.place != "layout":
        return
    yield "--oci-layout"
    if vector.command == "verify":
        yield from ("--scope", vector.artifact.scope)
