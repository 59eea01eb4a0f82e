# SPDX-License-Identifier: Apache-2.0
"""Names a shell may complete: signing keys, plugins, policies, trust stores and certificates in them.

Reads only names, from the places where the commands keep them; whatever goes wrong, a shell gets no
suggestion and no error. A name with a character that a shell may act on is not suggested. Knows nothing
about flags.

Spec: none (ours). Requirements: TS-001, CFG-006.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import typer

_HARMLESS = re.compile(r"\w[\w.,:@%+=/-]*")
TYPES = ("ca", "signingAuthority", "tsa")


def key_names(incomplete: str) -> list[str]:
    """Return the names of the signing keys that start with *incomplete*."""
    import json

    from ...adapters.directories import Directories
    from ...errors import NotationError

    try:
        place = Directories.from_environment(os.environ, sys.platform).signing_keys_file
        keys = json.loads(place.read_bytes()[: 1 << 20])["keys"]
        names = [key["name"] for key in keys]
    except (NotationError, OSError, ValueError, KeyError, TypeError):
        return []
    return _starting(names, incomplete)


def store_types(incomplete: str) -> list[str]:
    """Return the trust store types that start with *incomplete*."""
    return _starting(TYPES, incomplete)


def store_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the trust stores, of the type on the line if it has one, that start with *incomplete*."""
    chosen = context.params.get("type_")
    found: set[str] = set()
    for kind in (chosen,) if chosen in TYPES else TYPES:
        found.update(_listed(str(kind)))
    return _starting(sorted(found), incomplete)


def store_certificates(context: typer.Context, incomplete: str) -> list[str]:
    """Return the certificate files of the trust store on the line that start with *incomplete*."""
    kind, name = str(context.params.get("type_") or ""), str(context.params.get("store") or "")
    return _starting(_listed(kind, name) if kind in TYPES and name else (), incomplete)


def plugin_names(incomplete: str) -> list[str]:
    """Return the names of the installed plugin programs that start with *incomplete*; nothing is run."""
    from ...adapters.directories import Directories
    from ...adapters.plugin_programs import program_names
    from ...errors import NotationError

    try:
        place = Directories.from_environment(os.environ, sys.platform).plugins
        return _starting(list(program_names(place)), incomplete)
    except (NotationError, OSError, ValueError):
        return []


def policy_names(incomplete: str) -> list[str]:
    """Return the names of the statements of the blob trust policy that start with *incomplete*."""
    import json

    from ...adapters.directories import Directories
    from ...adapters.policy_files import PolicyKind, policy_path
    from ...errors import NotationError

    try:
        directories = Directories.from_environment(os.environ, sys.platform)
        data = policy_path(directories, PolicyKind.BLOB).read_bytes()[: 1 << 20]
        names = [statement["name"] for statement in json.loads(data)["trustPolicies"]]
    except (NotationError, OSError, ValueError, KeyError, TypeError):
        return []
    return _starting(names, incomplete)


def _listed(*parts: str) -> list[str]:
    from ...adapters.directories import Directories
    from ...errors import NotationError

    try:
        root = Directories.from_environment(os.environ, sys.platform).trust_store
        return sorted(entry.name for entry in Path(root, *parts).iterdir())
    except (NotationError, OSError, ValueError):
        return []


def _starting(names: object, incomplete: str) -> list[str]:
    return [
        name
        for name in (names if isinstance(names, (list, tuple)) else ())
        if isinstance(name, str) and name.startswith(incomplete) and _HARMLESS.fullmatch(name)
    ]
