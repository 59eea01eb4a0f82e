# SPDX-License-Identifier: Apache-2.0
"""The Python packages that are installed here and what they bring for one group of entry points.

Reads what installers write next to the code, in the directories of the path of imports, and imports nothing.
`importlib.metadata` finds the same, and is not used because importing it costs a third of a `sign`; packages
inside of zip files and those of other finders are not seen.

Spec: packaging: Recording installed projects, Core metadata, Entry points; docs/plugins.md.
Requirements: R-28.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_PLACES = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}
"""How directories about packages end, and the file in them that says what the package is."""

_MAX_BYTES = 1 << 20
_NAME = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.ASCII | re.IGNORECASE)
_VALUE = re.compile(r"([\w.]+)\s*(?::\s*([\w.]+)\s*)?(?:\[.*\]\s*)?", re.ASCII)


class InstalledPackage(NamedTuple):
    """What a package says it is."""

    name: str
    version: str
    summary: str


class Entry(NamedTuple):
    """One entry point: the object *attribute* of *module*, or the module itself if that is empty."""

    name: str
    module: str
    attribute: str

    @property
    def value(self) -> str:
        """Module and object, as a package declares them."""
        return f"{self.module}:{self.attribute}" if self.attribute else self.module

    def load(self) -> object:
        """Return the object; runs the code of the package, which may raise anything."""
        __import__(self.module)
        found: object = sys.modules[self.module]
        for part in filter(None, self.attribute.split(".")):
            found = getattr(found, part)
        return found


def normal_name(distribution: str) -> str:
    """Return the name by which two spellings of *distribution* are the same: `My.Package` is `my-package`."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def packages_with_entries(group: str) -> Iterator[tuple[InstalledPackage, list[Entry]]]:
    """Yield each package that has entry points of *group*, with them, in the order of the path of imports.

    A package hides those of the same name in later places, as its modules do; two of one name in one place
    are both there, as nobody can say which of them counts.
    """
    places: dict[str, str] = {}
    for place in dict.fromkeys(entry or os.curdir for entry in sys.path):
        for directory, description in _directories(place):
            entries = _entries(_text(directory / "entry_points.txt"), group)
            if not entries:  # most have none
                continue
            package = _package(_text(directory / description))
            if _NAME.fullmatch(package.name) and places.setdefault(normal_name(package.name), place) == place:
                yield package, entries


def _directories(place: str) -> Iterator[tuple[Path, str]]:
    try:
        names = sorted(os.listdir(place))  # noqa: PTH208 - hundreds of names, of which few become a path
    except OSError:  # not a directory: a zip file, or nothing
        return
    for name in names:
        description = _PLACES.get(os.path.splitext(name)[1].lower())  # noqa: PTH122 - as above
        if description is not None:
            yield Path(place, name), description


def _text(path: Path) -> str:
    try:
        with open(path, "rb", buffering=0, opener=_without_waiting) as stream:
            return (stream.read(_MAX_BYTES) or b"").decode("utf-8", "replace")
    except OSError:
        return ""


def _without_waiting(path: str, flags: int) -> int:
    """Return the open file *path*: a FIFO has no writer that one would wait for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _package(text: str) -> InstalledPackage:
    """Return what the fields before the first empty line of *text* say."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            break
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), value.strip())
    return InstalledPackage(*(fields.get(name, "") for name in ("name", "version", "summary")))


def _entries(text: str, group: str) -> list[Entry]:
    found: list[Entry] = []
    section = ""
    for line in map(str.strip, text.splitlines() if group in text else ()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            continue
        name, equals, value = line.partition("=")
        parts = _VALUE.fullmatch(value.strip())
        if section == group and equals and parts and not line.startswith("#"):
            found.append(Entry(name.strip(), parts[1], parts[2] or ""))
    return found
