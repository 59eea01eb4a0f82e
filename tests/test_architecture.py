# SPDX-License-Identifier: Apache-2.0
"""What a linter cannot say about this project: budgets, names, citations, and what may not be committed."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from specs.rows import requirements

ROOT = Path(__file__).parents[1]
SHELL = ("adapters", "cli", "conformance")
MODULES = sorted((ROOT / "notation_py").rglob("*.py"))
CORE = [
    path for path in MODULES if path.relative_to(ROOT).parts[1] not in SHELL and path.name != "__init__.py"
]
BESIDE = sorted(
    path
    for room in ("benchmarks", "conformance", "plugins", "specs")
    for path in (ROOT / room).rglob("*.py")
    if "tests" not in path.parts
)
TESTS = sorted([*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "plugins").rglob("test_*.py")])

MODULE_LINES, BODY_LINES, NESTING, PUBLIC_NAMES = 400, 60, 3, 12
FORBIDDEN_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "base", "misc", "impl", "info"}
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.TryStar, ast.Match, ast.AsyncFor, ast.AsyncWith)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

REQUIREMENT_IDS = set(requirements())
PREFIXES = "|".join(sorted({identifier.partition("-")[0] for identifier in REQUIREMENT_IDS}))
CITED = re.compile(rf"\b(?:{PREFIXES})-\d{{3}}\b")

# The classes keep these expressions from matching their own text.
HOSTS = re.compile(
    r"py[p]i\.or[g]|python[h]osted\.|npm[j]s\.(?:org|com)|(?:proxy|sum)\.[g]olang\."
    r"|deb\.[d]ebian\.|crate[s]\.io|repo1?\.[m]aven"
)
MACHINE_PATHS = re.compile(r"(?:^|[^A-Za-z0-9._/-])/(?:wor[k]|far[m]|tmp/[v]|tmp/go[b])/")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked_files() -> list[Path]:
    """Return the files that git tracks, or every file outside dot directories where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in done.stdout.decode().split("\0") if name]
    if names:
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and "/." not in name_of(path)]


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Return how deep blocks stand in blocks below *node*; an `elif` is no deeper than its `if`."""
    deepest = depth
    for field, value in ast.iter_fields(node):
        children = [
            child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)
        ]
        for child in children:
            is_elif = (
                isinstance(node, ast.If) and field == "orelse" and children[0] is child and len(children) == 1
            )
            counts = isinstance(child, BLOCKS) and not (is_elif and isinstance(child, ast.If))
            if not isinstance(child, FUNCTIONS):
                deepest = max(deepest, nesting(child, depth + counts))
    return deepest


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
    return (function.end_lineno or 0) - first.lineno + 1


def budget_faults(path: Path) -> Iterator[str]:
    source = path.read_text()
    tree = ast.parse(source)
    if source.count("\n") > MODULE_LINES:
        yield f"{source.count(chr(10))} lines"
    defined = (*FUNCTIONS, ast.ClassDef)
    public = [node.name for node in tree.body if isinstance(node, defined) and not node.name.startswith("_")]
    if len(public) > PUBLIC_NAMES:
        yield f"{len(public)} public names"
    for function in (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)):
        if body_lines(function) > BODY_LINES:
            yield f"{function.name}: body of {body_lines(function)} lines"
        if nesting(function) > NESTING:
            yield f"{function.name}: nested {nesting(function)} deep"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_keeps_its_budget(path: Path) -> None:
    """A module has at most 400 lines and 12 public names, a body 60 lines, nesting 3."""
    assert list(budget_faults(path)) == []


@pytest.mark.parametrize("path", BESIDE, ids=name_of)
def test_module_beside_the_package_is_no_longer(path: Path) -> None:
    """What is not the package, and no test, has at most 400 lines a module too."""
    assert path.read_text().count("\n") <= MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_named_after_a_concept(path: Path) -> None:
    """No module is called util, helpers, common, manager, base or misc."""
    assert not FORBIDDEN_WORDS & set(path.stem.lower().strip("_").split("_"))


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_module_says_which_text_it_implements(path: Path) -> None:
    """The docstring of a core module names a specification and the requirements it serves."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert "Spec:" in docstring
    assert "Requirements:" in docstring


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_module_asserts_nothing(path: Path) -> None:
    """`python -O` drops assert statements, so no check is one."""
    assert not [node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)]


def test_every_core_module_is_under_the_import_contract() -> None:
    """The contract "the core performs no I/O" lists every package and module but the shell."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    listed = next(one for one in contracts if one["type"] == "forbidden")["source_modules"]
    packages = {f"notation_py.{path.relative_to(ROOT).parts[1].removesuffix('.py')}" for path in CORE}
    assert packages <= set(listed)


def test_every_source_file_names_its_licence() -> None:
    """The first line of every Python file and script of ours is the licence identifier."""
    ours = [path for path in tracked_files() if path.suffix in {".py", ".sh"}]
    heads = {name_of(path): path.read_text().splitlines()[:2] for path in ours}
    assert [name for name, head in heads.items() if "# SPDX-License-Identifier: Apache-2.0" not in head] == []


def test_every_cited_requirement_exists() -> None:
    """An id in code, tests or documents is a row of specs/requirements."""
    suffixes = {".py", ".md", ".sh"}
    texts = {name_of(path): path.read_text() for path in tracked_files() if path.suffix in suffixes}
    assert len(REQUIREMENT_IDS) == 480
    unknown = {name: set(CITED.findall(text)) - REQUIREMENT_IDS for name, text in texts.items()}
    assert {name: ids for name, ids in unknown.items() if ids} == {}


def test_no_tracked_file_names_a_package_host_or_a_machine() -> None:
    """Locked dependencies have hashes and no addresses; no path of one machine is committed."""
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), 1)
        found += [
            f"{name_of(path)}:{n}" for n, line in lines if HOSTS.search(line) or MACHINE_PATHS.search(line)
        ]
    assert found == []


def can_fail(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the test asserts, expects an exception, or hands over to a function that checks."""
    for node in ast.walk(function):
        if isinstance(node, (ast.Assert, ast.Raise)):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            last = called.rpartition(".")[2]
            if called in {"pytest.raises", "pytest.fail"} or any(
                fnmatchcase(last, checking) for checking in ("assert_*", "verify_with_*")
            ):
                return True
    return False


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_can_fail_and_says_what_for(path: Path) -> None:
    """A test asserts or expects an exception (or calls an `assert_…`), and has a docstring."""
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, FUNCTIONS)]
    tests = [function for function in found if function.name.startswith("test_")]
    assert [test.name for test in tests if not can_fail(test)] == []
    assert [test.name for test in tests if not ast.get_docstring(test)] == []


def test_nesting_counts_blocks_and_not_elif() -> None:
    """The measure itself: if in for in with is 3; an elif chain is 1."""
    deep = "def f():\n with a:\n  for b in c:\n   if d: pass\n"
    flat = "def f():\n if a: pass\n elif b: pass\n elif c: pass\n else: pass\n"
    assert nesting(ast.parse(deep).body[0]) == 3
    assert nesting(ast.parse(flat).body[0]) == 1
