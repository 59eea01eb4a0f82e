# SPDX-License-Identifier: Apache-2.0
"""What a signature demands of its verifier beyond the specification: a plugin, and critical attributes.

Reads the signed attributes and starts nothing; the plugin is found and asked in `extended`.

Spec: signature-specification, Extended attributes; plugin-extensibility, Verification.
Requirements: ATTR-006, ATTR-008, ATTR-015, ATTR-017, COSE-020, PLG-005, PLG-097, PLG-100, VER-034, R-07.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from ..envelope.model import (
    VERIFICATION_PLUGIN,
    VERIFICATION_PLUGIN_MIN_VERSION,
    ExtendedAttribute,
    SignedAttributes,
)
from ..errors import MalformedError, Outcome, PluginError

_PLUGIN_ATTRIBUTES = frozenset({VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION})


class PluginDemand(NamedTuple):
    """The plugin that a signature has to be verified by.

    Attributes:
        least_version: a semantic version, or None.
        attributes: names of the critical attributes that the plugin has to process.
        values: these attributes and the informational ones that JSON can hold, name to value.
    """

    name: str
    least_version: str | None
    attributes: tuple[str, ...]
    values: Mapping[str, Any]


def check_critical_attributes(signed: SignedAttributes) -> None:
    """Return if a verifier without plugins knows every critical attribute of *signed* (ATTR-017).

    Raises:
        MalformedError, PluginError: as `plugin_demand`; also PluginError if a plugin is demanded.
    """
    demand = plugin_demand(signed)
    if demand is not None:
        raise PluginError(
            f"the signature has to be verified by plugin {demand.name!r}, and there are no plugins here",
            hint="verify this signature where verification plugins are installed",
        )


def plugin_demand(signed: SignedAttributes) -> PluginDemand | None:
    """Return what *signed* demands of a plugin; None if it demands nothing that a verifier does not know.

    Raises:
        MalformedError: a plugin attribute that is blank, not text or not critical, a critical attribute
            and no plugin to process it, or one that no plugin can be told.
        PluginError: a name that no plugin can have, or a least version that is none.
    """
    if not signed.extended:
        return None
    named = {str(entry.key): _text(entry) for entry in signed.extended if entry.key in _PLUGIN_ATTRIBUTES}
    others = [entry for entry in signed.extended if entry.key not in _PLUGIN_ATTRIBUTES]
    critical = [entry for entry in others if entry.critical]
    if not named:
        for entry in critical:
            raise MalformedError(
                f"unknown critical attribute {str(entry.key)[:64]!r}",
                hint="the signature demands a check that this verifier does not know",
            )
        return None
    name, least_version = named.get(VERIFICATION_PLUGIN), named.get(VERIFICATION_PLUGIN_MIN_VERSION)
    for entry in critical:
        if not isinstance(entry.key, str) or not _is_primitive(entry.value):
            raise MalformedError(
                f"critical attribute {str(entry.key)[:64]!r} cannot be told to a plugin: its name is not "
                "text, or its value is not a string, number, true, false or null"
            )
    return PluginDemand(
        _plugin_name(name),
        None if least_version is None else _version(least_version),
        tuple(str(entry.key) for entry in critical),
        {
            entry.key: entry.value
            for entry in others
            if isinstance(entry.key, str) and _is_primitive(entry.value)
        },
    )


def _text(entry: ExtendedAttribute) -> str:
    """Return the value of a plugin attribute (ATTR-008)."""
    if not entry.critical or not isinstance(entry.value, str) or not entry.value.strip():
        outcome = Outcome.INTEGRITY if entry.key == VERIFICATION_PLUGIN else Outcome.PLUGIN
        raise MalformedError("is not critical, not text or blank", at=str(entry.key), outcome=outcome)
    return entry.value


def _plugin_name(name: str | None) -> str:
    from ..plugin.contract import is_plugin_name

    if name is None:
        raise PluginError("the signature asks for a version of a verification plugin and names none")
    if not is_plugin_name(name):
        raise PluginError(
            f"the signature names the verification plugin {name[:64]!r}, which is no plugin's name"
        )
    return name


def _version(text: str) -> str:
    from ..plugin.version import Version

    try:
        Version.parse(text)
    except MalformedError as error:
        raise PluginError(
            f"the signature asks for a version of its verification plugin that is none: {error.message}"
        ) from error
    return text


def _is_primitive(value: Any) -> bool:
    """Return whether *value* is one that JSON can hold without an object or array (ATTR-015)."""
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))
