# SPDX-License-Identifier: Apache-2.0
"""Who cites which requirement, rule and attack case: tests, test data, and modules.

A test cites in its docstring; a table of attack cases also by `case(14, …)` and by ids such as
`attack_014_rs256`; a transcript of `tests/scripts` anywhere in its text; a vector of `conformance/suite` in
its members `requirements` and `attacks`; a module in its own docstring.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from specs.rows import ROOT, cited_attacks, cited_ids

NARROW = 4
"""A citation of more ids than these together is a survey. It says what a test touches, not what it shows."""

TESTS = ("tests/**/test_*.py", "plugins/*/tests/**/test_*.py")
_CASE = re.compile(r"attack_(\d{3})_")

MODULES = ("notation_py/**/*.py", "plugins/*/src/**/*.py")


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """A test that cites something: how many ids with it, the file, and the name of the test."""

    width: int
    path: str
    test: str


@dataclass(slots=True)
class Citations:
    """Everything that cites, by what is cited. Attack cases have the key `attack 1`."""

    tests: dict[str, list[Citation]] = field(default_factory=lambda: defaultdict(list))
    modules: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def shown(self, identifier: str) -> list[Citation]:
        """Return the tests that cite *identifier* narrowly, narrowest first."""
        return sorted(one for one in self.tests.get(identifier, ()) if one.width <= NARROW)

    def add_test(self, text: str, path: str, test: str) -> None:
        """Note every id and attack case that *text* cites."""
        widths = {**cited_ids(text), **{f"attack {n}": width for n, width in cited_attacks(text).items()}}
        for identifier, width in widths.items():
            self.tests[identifier].append(Citation(width, path, test))


def collect() -> Citations:
    """Return the citations of the whole project."""
    found = Citations()
    for path in _files(*TESTS):
        tree = ast.parse(path.read_text("utf-8"))
        for name, docstring in _tests_in(tree):
            found.add_test(docstring, _name(path), name)
        for number in sorted(_numbered_cases(tree)):
            found.tests[f"attack {number}"].append(Citation(1, _name(path), f"case {number}"))
    for path in _files("tests/scripts/*.txt"):
        found.add_test(path.read_text("utf-8"), _name(path), path.stem)
    for path in _files("conformance/suite/*/*/vector.toml"):
        vector = tomllib.loads(path.read_text("utf-8"))
        cited = [*vector.get("requirements", ()), *(f"attack {n}" for n in vector.get("attacks", ()))]
        for identifier in cited:
            found.tests[identifier].append(Citation(1, _name(path), path.parent.name))
    for path in _files(*MODULES):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        for identifier in cited_ids(docstring):
            found.modules[identifier].append(_name(path))
    return found


def _tests_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def _numbered_cases(tree: ast.Module) -> set[int]:
    """Return the numbers of the attack cases that stand in tables of this module."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("case"), args=[ast.Constant(int(number)), *_]):
                found.add(number)
            case ast.Constant(str(text)) if numbered := _CASE.match(text):
                found.add(int(numbered[1]))
            case _:
                pass
    return found


def _files(*patterns: str) -> list[Path]:
    return sorted({path for pattern in patterns for path in ROOT.glob(pattern)})


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
