# SPDX-License-Identifier: Apache-2.0
"""All areas together: what the suite consists of, how it is written, and how it is compared."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from .readme import text
from .suite import FAMILIES, FILE, SUITE, Built

MODULES = (
    "jws",
    "cose",
    "payload",
    "attributes",
    "algorithms",
    "certificates",
    "trust",
    "policies",
    "levels",
    "timestamps",
    "revocation",
    "revocation_files",
    "listing",
    "images",
    "blobs",
    "inspection",
    "plugins",
    "signing",
    "signing_plugins",
)
"""One for each area, or a few areas."""

README = SUITE / "README.md"


@cache
def built() -> dict[str, Built]:
    """Return every vector by area and name.

    Raises:
        ValueError: two have one name, or one refers to a sound sibling that is not there or not accepted.
    """
    for module in MODULES:
        import_module(f"conformance.generate.{module}")
    found: dict[str, Built] = {}
    for families in FAMILIES.values():
        for family in families:
            for one in family():
                if one.place in found:
                    raise ValueError(f"two vectors are called {one.place}")
                found[one.place] = one
    for one in found.values():
        _check_sibling(one, found)
    return found


def _check_sibling(one: Built, found: dict[str, Built]) -> None:
    if one.expect == "accept":
        return
    sibling = found.get(one.sound if "/" in one.sound else f"{one.area}/{one.sound}")
    if sibling is None or sibling.expect != "accept":
        raise ValueError(f"{one.place} has no sibling that is accepted, but {one.sound!r}")


def _selected(areas: Iterable[str]) -> list[Built]:
    wanted = set(areas)
    return [one for one in built().values() if not wanted or one.area in wanted]


def differences(one: Built, suite: Path = SUITE) -> Iterator[str]:
    """Yield in what the directory of *one* is not what was built."""
    directory, files = suite / one.place, one.written()
    for name, data in files.items():
        path = directory / name
        if not path.is_file():
            yield f"{one.place}/{name} is missing"
        elif path.read_bytes() != data:
            yield f"{one.place}/{name} is another"
    if directory.is_dir():
        there = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
        yield from (f"{one.place}/{name} is not of the builders" for name in sorted(there - set(files)))


def write(one: Built, suite: Path = SUITE) -> None:
    """Write the directory of *one*, and nothing else into it."""
    if not any(True for _ in differences(one, suite)):
        return
    directory = suite / one.place
    shutil.rmtree(directory, ignore_errors=True)
    for name, data in one.written().items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def readme(suite: Path = SUITE) -> str:
    """Return the text of the suite's README, which also names the vectors that are not built."""
    there = {f"{path.parent.parent.name}/{path.parent.name}" for path in suite.glob(f"*/*/{FILE}")}
    return text(built().values(), sorted(there - set(built())))


def main(arguments: list[str]) -> int:
    """Write the areas that are named, or all; with `--check` only compare. Return the exit code."""
    check = "--check" in arguments
    selected = _selected(word for word in arguments if word != "--check")
    found = [line for one in selected for line in differences(one)]
    if not check:
        for one in selected:
            write(one)
    if not check:
        README.write_text(readme(), encoding="utf-8")
    elif README.read_text(encoding="utf-8") != readme():
        found.append("README.md is another")
    for line in found if check else ():
        print(line, file=sys.stderr)
    print(f"{len(selected)} vectors, {len(found)} files {'differ' if check else 'written'}")
    return 1 if check and found else 0
