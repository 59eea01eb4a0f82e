# SPDX-License-Identifier: Apache-2.0
"""`key add|update|list|delete`: the list of signing keys.

Never holds or shows key material; the list keeps names and paths. Beyond the Go program, `add` takes a
local key after checking that it belongs to its certificates and that those may sign.

Spec: contract/cli.md 7.9. Requirements: CFG-006, CFG-008, SGN-006, CLI-001.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..adapters.signing_keys import SigningKey, SigningKeyFile
from ..errors import ConfigurationError, UsageError
from .columns import columns
from .pairs import parse_pairs, text_of
from .session import Session, one_line

_HEADINGS = ("NAME", "KEY PATH", "CERTIFICATE PATH", "ID", "PLUGIN NAME")


def _key_file(session: Session) -> SigningKeyFile:
    return SigningKeyFile(session.directories, session.strictness, session.warn)


def run_add(values: Mapping[str, Any], session: Session) -> None:
    """Put a key on the list, from local files or from a plugin."""
    plugin_config = parse_pairs(values["plugin_config"], "plugin-config")
    (name,) = values["arguments"]
    if "key_file" in session.given:
        key = _local_key(name, values, session)
    elif "plugin" in session.given:
        key = _plugin_key(name, values, plugin_config, session)
    else:
        raise UsageError(
            'required flag(s) "plugin" not set', hint="for a local key use --key-file and --cert-file"
        )
    listed = _key_file(session)
    if values["default"]:
        listed.add_as_default(key)
        session.say(f"{one_line(name)}: marked as default")
    else:
        listed.add(key)
        session.say(one_line(name))


def _local_key(name: str, values: Mapping[str, Any], session: Session) -> SigningKey:
    from ..adapters.key_files import load_key_pair
    from ..certificates.chain import checked_chain
    from ..certificates.requirements import Purpose
    from ..errors import MalformedError
    from .prompt import passphrase_source

    if not name:
        raise UsageError("key name cannot be empty")
    paths = []
    for flag in ("key_file", "cert_file"):
        if not values[flag]:
            raise UsageError(f"--{flag.replace('_', '-')} cannot be empty")
        paths.append(os.path.abspath(values[flag]))  # noqa: PTH100 - the list keeps absolute paths without `..`
    _, certificates = load_key_pair(
        *paths,
        passphrase=passphrase_source(session, values["passphrase_file"]),
        strictness=session.strictness,
        warn=session.warn,
    )
    try:
        checked_chain(certificates, Purpose.CODE_SIGNING)
    except MalformedError as error:
        raise ConfigurationError(f"certificate file {paths[1]}: {error}", hint=error.hint) from error
    return SigningKey(name, *paths)


def _plugin_key(
    name: str, values: Mapping[str, Any], plugin_config: Mapping[str, str], session: Session
) -> SigningKey:
    plugin = values["plugin"]
    if not name:
        raise UsageError("key name cannot be empty")
    if not values["id"]:
        raise UsageError("missing key id")
    if not plugin:
        raise UsageError("plugin name cannot be empty")
    from .plugins import SessionPlugins

    SessionPlugins(session).find(plugin)
    return SigningKey(name, id=text_of(values["id"], "id"), plugin_name=plugin, plugin_config=plugin_config)


def run_update(values: Mapping[str, Any], session: Session) -> None:
    """Make a key the default."""
    name = values["arguments"][0]
    if not values["default"]:
        session.warn("--default flag is not set, command did not take effect")
        return
    _key_file(session).set_default(name)
    session.say(f"{one_line(name)}: marked as default")


def run_list(values: Mapping[str, Any], session: Session) -> None:  # noqa: ARG001 - the signature of every handler
    """Write the list as a table, a star before the default."""
    listed = _key_file(session).read()
    rows = [_HEADINGS]
    for key in listed.keys:
        star = "* " if key.name == listed.default else ""
        rows.append((star + key.name, key.key_path, key.certificate_path, key.id, key.plugin_name))
    session.say("\n".join(columns(rows)))


def run_delete(values: Mapping[str, Any], session: Session) -> None:
    """Take keys off the list, all or none."""
    names = values["arguments"]
    if len(set(names)) != len(names):
        raise UsageError("a key name is given twice")
    default = _key_file(session).delete(names)
    if len(names) == 1:
        kind = "default key " if default else ""
        session.say(
            f"Removed {kind}{one_line(names[0])} from Notation signing key list. The source key still exists."
        )
        return
    session.say("Removed the following keys from Notation signing key list. The source keys still exist.")
    for name in names:
        session.say(f"{one_line(name)}{' (default)' if name == default else ''}")
