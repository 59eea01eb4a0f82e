# SPDX-License-Identifier: Apache-2.0
"""Writes COVERAGE.md: which upstream test data this project is held to, by what, and what is still to come.

Reads only what is committed: `upstream.json` with the facts about each upstream file, and the index of each
folder of vectors. Run as `python conformance/coverage.py`; a test fails while the document is out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors"
DOCUMENT = VECTORS / "COVERAGE.md"

LATER: Mapping[str, tuple[str, ...]] = {
    "plugins": ("notation-plugin-framework-go/*",),
}
"""Work to come, and the files that it has verdicts for, beside those that they may have today."""

WITHOUT_VERDICT = ("cose-examples/KeySet.txt", "cose-examples/examples.cddl")
"""Files that describe others: there is nothing to decide about them."""

_INTRODUCTION = """\
# Coverage of the upstream test data

Written by `python conformance/coverage.py`; not to be edited. A file is *exercised* if an index gives it a
verdict that a test holds us to, and *later* if only work to come can. *In part* counts exercised files that
work to come has more verdicts for, *no verdict* files that only describe others, and *deviations* files with
a verdict that is not upstream's; the reasons stand in `specs/deviations.md`.
"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known about one upstream file.

    Attributes:
        folders: the folders of vectors whose index has the file.
        later: the work to come that concerns it.
        deviations: ids of rows of specs/deviations.md.
    """

    file: str
    kind: str
    folders: tuple[str, ...]
    later: tuple[str, ...]
    deviations: tuple[str, ...]

    @property
    def state(self) -> str:
        """One of `exercised`, `later`, `no verdict` and `unclassified`."""
        if self.folders:
            return "exercised"
        if self.later:
            return "later"
        return "no verdict" if self.file in WITHOUT_VERDICT else "unclassified"


@dataclass(slots=True)
class _Mentions:
    folders: set[str] = field(default_factory=set)
    deviations: set[str] = field(default_factory=set)


def coverage() -> tuple[Coverage, ...]:
    """Return what is known about every upstream file, by kind, then by name."""
    mentions: dict[str, _Mentions] = {}
    for index in sorted(VECTORS.glob("*/index.json")):
        for entry in json.loads(index.read_bytes()):
            found = mentions.setdefault(entry["file"], _Mentions())
            found.folders.add(index.parent.name)
            if "deviation" in entry:
                found.deviations.add(entry["deviation"].partition(":")[0])
    files = []
    for fact in json.loads((VECTORS / "upstream.json").read_bytes()):
        found = mentions.get(fact["file"], _Mentions())
        later = [
            work for work, names in LATER.items() if any(fnmatchcase(fact["file"], name) for name in names)
        ]
        files.append(
            Coverage(
                fact["file"],
                fact["kind"],
                tuple(sorted(found.folders)),
                tuple(later),
                tuple(sorted(found.deviations)),
            )
        )
    return tuple(sorted(files, key=lambda one: (one.kind, one.file)))


def document() -> str:
    """Return the text of COVERAGE.md."""
    files = coverage()
    return "\n".join([*_head(files), *_tables(files)])


def _head(files: tuple[Coverage, ...]) -> Iterator[str]:
    yield from _INTRODUCTION.splitlines()
    yield ""
    yield "| kind | files | exercised | in part | later | no verdict | deviations |"
    yield "|---|---|---|---|---|---|---|"
    for kind in sorted({one.kind for one in files}):
        yield _sums(kind, tuple(one for one in files if one.kind == kind))
    yield _sums("all", files)


def _sums(name: str, files: tuple[Coverage, ...]) -> str:
    states = [one.state for one in files]
    numbers = (
        len(files),
        states.count("exercised"),
        sum(bool(one.folders and one.later) for one in files),
        states.count("later"),
        states.count("no verdict"),
        sum(bool(one.deviations) for one in files),
    )
    return f"| {name} | {' | '.join(map(str, numbers))} |"


def _tables(files: tuple[Coverage, ...]) -> Iterator[str]:
    for kind in sorted({one.kind for one in files}):
        yield from ("", f"## {kind}", "", "| file | exercised by | later | deviation |", "|---|---|---|---|")
        for one in files:
            if one.kind == kind:
                cells = (one.folders, one.later, one.deviations)
                yield f"| `{one.file}` | {' | '.join(', '.join(cell) or '-' for cell in cells)} |"
    yield ""


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
