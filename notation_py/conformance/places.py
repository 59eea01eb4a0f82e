# SPDX-License-Identifier: Apache-2.0
"""Where the suite, the lists of known differences and the words of the requirements are.

An installed package carries them beside this module; in a checkout they are where they are written.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..errors import ConfigurationError

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[1]


class Requirement(NamedTuple):
    """A requirement by its id: how binding it is, and its words."""

    level: str
    words: str


def suite_directory() -> Path:
    """Return the suite that comes with this package.

    Raises:
        ConfigurationError: there is none.
    """
    return _found("suite", _CHECKOUT / "conformance" / "suite")


def clients_directory() -> Path:
    """Return the directory with the lists of known differences; raises as `suite_directory`."""
    return _found("clients", _CHECKOUT / "conformance" / "clients")


def _found(name: str, in_checkout: Path) -> Path:
    for place in (_HERE / name, in_checkout):
        if place.is_dir():
            return place
    raise ConfigurationError(
        f"this installation has no conformance {name}", hint="name a directory with --suite"
    )


def requirements() -> Mapping[str, Requirement]:
    """Return level and words of each requirement by its id; nothing where they are not installed."""
    for place in (_HERE / "requirements", _CHECKOUT / "specs" / "requirements"):
        if place.is_dir():
            return {name: row for file in sorted(place.glob("*.toml")) for name, row in _rows(file)}
    return {}


def _rows(file: Path) -> Iterator[tuple[str, Requirement]]:
    for row in tomllib.loads(file.read_text("utf-8")).get("requirement", ()):
        words = row["text"].strip().partition("\n\n")[0]
        yield row["id"], Requirement(row["level"], " ".join(words.split()))
