# SPDX-License-Identifier: Apache-2.0
"""Finds the checks of a module by walking its syntax tree, and makes the module without one of them.

A mutant is known by its module, its function, the normalised text of what is changed and the change, never by
a line number, so that a note about one outlives edits elsewhere.

| Kind | What is changed |
|---|---|
| `removed` | `if …: raise …` is never taken; a call such as `check_…(…)`, or a last `raise`, is left out |
| `always` | `if …: return …` just before a `raise` is always taken |
| `dropped` | one operand of `and` or `or` in such a condition is left out |
| `bound` | `<`, `<=`, `>`, `>=` are one off; `!=` a number refuses only smaller ones, or only larger ones |
| `open` | a set of accepted values has every value in it |

Conditions of a function that returns `bool`, or an error or nothing, are treated alike: somebody raises
for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_CHECKS = re.compile(
    r"_*(?:check|verify|refuse|reject|require|expect|validate|compare|exactly|secure|settle|count|limit|sweep|fail)"
)
_REFUSALS = re.compile(r"_*(?:refuse|reject|fail)")
_ONE_OFF = {ast.Lt: (ast.LtE,), ast.LtE: (ast.Lt,), ast.Gt: (ast.GtE,), ast.GtE: (ast.Gt,)}
_ONE_SIDE = {ast.NotEq: (ast.Lt, ast.Gt)}
_SYMBOLS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.NotEq: "!=",
}  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PREDICATE = re.compile(r"bool|.*\bError \| None|.*Refusal \| None")
_TEXT = 160


@dataclass(frozen=True, slots=True)
class Change:
    """Where in the tree of a module something is changed, and how.

    Attributes:
        node: number of the changed node, or of the one that has the changed statement, as `ast.walk` goes.
        how: `never`, `always`, `drop`, `operator`, `pass` or `open`.
        block: for `pass`, the list of statements.
        index: the operand, the comparison or the statement.
        operator: for `operator`, the new one.
    """

    node: int
    how: str
    block: str = ""
    index: int = 0
    operator: type[ast.cmpop] | None = None


@dataclass(frozen=True, slots=True)
class Mutant:
    """One check, gone or weakened.

    Attributes:
        module: path from the root of the project.
        function: qualified name, or empty for the module's own statements.
        kind: see the table above.
        check: the normalised text of what is changed.
        detail: what the change is, where one text can be changed in several ways.
        nth: which of those with the same text in this function, counted from 1.
        line: of the check, for people and for the choice of tests.
        lines: lines that run when the check is met; for a table, those of the functions that name it.
    """

    module: str
    function: str
    kind: str
    check: str
    detail: str
    nth: int
    line: int
    lines: tuple[int, ...]
    change: Change

    @property
    def name(self) -> str:
        """Unique, and the same after edits elsewhere."""
        nth = f" #{self.nth}" if self.nth > 1 else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.module} {self.function or '-'}: {self.kind}{detail}: {self.check}{nth}"

    def text(self) -> str:
        """Return the check in one line, for a report."""
        shown = self.check if len(self.check) <= _TEXT else self.check[: _TEXT - 1] + "…"
        detail = f" [{self.detail}]" if self.detail else ""
        return f"{self.module}:{self.line}: {self.function or 'module'}: {self.kind}{detail}: {shown}"


def mutants_of(path: Path, root: Path = ROOT) -> list[Mutant]:
    """Return every mutant of the module at *path*, in the order of its lines."""
    finder = _Finder(path.relative_to(root).as_posix(), ast.parse(path.read_text()))
    found = sorted(finder.find(), key=lambda one: (one.line, one.change.node, one.kind, one.detail))
    counts: dict[tuple[str, str, str, str], int] = {}
    numbered = []
    for one in found:
        key = (one.function, one.kind, one.check, one.detail)
        counts[key] = counts.get(key, 0) + 1
        numbered.append(
            Mutant(
                one.module,
                one.function,
                one.kind,
                one.check,
                one.detail,
                counts[key],
                one.line,
                one.lines,
                one.change,
            )
        )
    return numbered


def mutated(source: str, change: Change) -> ast.Module:
    """Return the tree of *source* with *change* made.

    What is taken away stays in the text, where it has no effect: a function must keep the variables it
    closes over.
    """
    tree = ast.parse(source)
    node = next(node for number, node in enumerate(ast.walk(tree)) if number == change.node)
    match change.how, node:
        case "never", ast.If():
            node.test = ast.BoolOp(ast.And(), [ast.Constant(value=False), node.test])
        case "always", ast.If():
            node.test = ast.BoolOp(ast.Or(), [ast.Constant(value=True), node.test])
        case "drop", ast.BoolOp():
            kept, neutral = node.values[change.index], isinstance(node.op, ast.And)
            node.values[change.index] = ast.BoolOp(
                ast.Or() if neutral else ast.And(), [ast.Constant(neutral), kept]
            )
        case "operator", ast.Compare() if change.operator is not None:
            node.ops[change.index] = change.operator()
        case "pass", _:
            block = getattr(node, change.block)
            never = ast.If(ast.Constant(value=False), [block[change.index]], [])
            block[change.index] = ast.copy_location(never, block[change.index])
        case "open", ast.Assign() | ast.AnnAssign():
            value = node.value
            node.value = ast.Call(ast.Name("__open_set__", ast.Load()), [value], [])
        case _:
            raise ValueError(f"cannot make {change}")
    return ast.fix_missing_locations(tree)


class _Finder:
    """Walks one module."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self._module = module
        self._tree = tree
        self._numbers = {id(node): number for number, node in enumerate(ast.walk(tree))}

    def find(self) -> Iterator[Mutant]:
        yield from self._in(self._tree, "", is_predicate=False)
        yield from self._tables()

    def _mutant(
        self,
        function: str,
        kind: str,
        node: ast.AST,
        change: Change,
        detail: str = "",
        lines: tuple[int, ...] = (),
        check: str = "",
    ) -> Mutant:
        line = getattr(node, "lineno", 0)
        return Mutant(
            self._module,
            function,
            kind,
            check or ast.unparse(node),
            detail,
            1,
            line,
            lines or (line,),
            change,
        )

    def _in(self, owner: ast.AST, name: str, *, is_predicate: bool) -> Iterator[Mutant]:
        for field, value in ast.iter_fields(owner):
            if not isinstance(value, list):
                if isinstance(value, ast.AST):
                    yield from self._in(value, name, is_predicate=is_predicate)
                continue
            for index, child in enumerate(value):
                if not isinstance(child, ast.AST):
                    continue
                if isinstance(child, ast.stmt):
                    yield from self._statement(owner, field, value, index, name, is_predicate)
                inner, predicate = name, is_predicate
                if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
                    inner = f"{name}.{child.name}".lstrip(".")
                    predicate = isinstance(child, _FUNCTIONS) and _is_predicate(child)
                yield from self._in(child, inner, is_predicate=predicate)

    def _statement(
        self, owner: ast.AST, field: str, block: list[ast.stmt], index: int, name: str, is_predicate: bool
    ) -> Iterator[Mutant]:
        statement = block[index]
        if isinstance(statement, ast.If):
            yield from self._condition(statement, block, index, name, is_predicate)
        elif isinstance(statement, ast.Return) and is_predicate and statement.value is not None:
            yield from self._inside(statement.value, name)
        elif isinstance(statement, ast.Raise) or _is_call(statement, _CHECKS):
            if (
                isinstance(owner, ast.If)
                and field == "body"
                and _refuses(statement)
                and index == len(block) - 1
            ):
                return  # the same as never taking the `if`
            if isinstance(statement, ast.Raise) and statement.exc is None:
                return  # cleans up and goes on
            change = Change(self._numbers[id(owner)], "pass", field, index)
            shown = ast.unparse(statement)
            if isinstance(owner, ast.ExceptHandler):
                kept = ast.unparse(owner.type) if owner.type else ""
                shown = f"except {kept}: {shown}"
            elif isinstance(owner, ast.match_case):
                shown = f"case {ast.unparse(owner.pattern)}: {shown}"
            yield self._mutant(name, "removed", statement, change, check=shown)

    def _condition(
        self, statement: ast.If, block: list[ast.stmt], index: int, name: str, is_predicate: bool
    ) -> Iterator[Mutant]:
        last = statement.body[-1]
        number = self._numbers[id(statement)]
        shown = f"if {ast.unparse(statement.test)}: {ast.unparse(last)}"
        refused_next = isinstance(last, ast.Return) and index + 1 < len(block) and _refuses(block[index + 1])
        if _refuses(last) or (isinstance(last, ast.Return) and is_predicate):
            yield self._mutant(name, "removed", statement, Change(number, "never"), check=shown)
        elif refused_next:
            yield self._mutant(name, "always", statement, Change(number, "always"), check=shown)
        elif statement.orelse and _refuses(statement.orelse[-1]):
            pass
        else:
            return
        yield from self._inside(statement.test, name)

    def _inside(self, condition: ast.expr, name: str) -> Iterator[Mutant]:
        whole = ast.unparse(condition)
        for node in ast.walk(condition):
            number = self._numbers[id(node)]
            if isinstance(node, ast.BoolOp):
                for operand, value in enumerate(node.values):
                    detail = f"without `{ast.unparse(value)}`"
                    yield self._mutant(
                        name, "dropped", node, Change(number, "drop", index=operand), detail, check=whole
                    )
            elif isinstance(node, ast.Compare):
                yield from self._bounds(node, number, whole, name)

    def _bounds(self, node: ast.Compare, number: int, whole: str, name: str) -> Iterator[Mutant]:
        operands = [node.left, *node.comparators]
        for index, operator in enumerate(node.ops):
            sides = operands[index : index + 2]
            changed = _ONE_OFF.get(type(operator), ())
            if any(_is_number(side) for side in sides) and not all(_is_length(side) for side in sides):
                changed = changed or _ONE_SIDE.get(type(operator), ())
            for new in changed:
                before, after = (ast.unparse(side) for side in sides)
                detail = f"`{before} {_SYMBOLS[new]} {after}`"
                change = Change(number, "operator", index=index, operator=new)
                yield self._mutant(name, "bound", node, change, detail, check=whole)

    def _tables(self) -> Iterator[Mutant]:
        text = ast.unparse(self._tree)
        for node in self._tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if not isinstance(target, ast.Name) or not isinstance(node, (ast.Assign, ast.AnnAssign)):
                continue
            if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "frozenset"):
                continue
            if not re.search(rf"not in {target.id}\b|\b{target.id}\.issuperset|(?:<=|-) {target.id}\b", text):
                continue  # a set of something else than what is accepted
            lines = tuple(
                inner.lineno
                for inner in ast.walk(self._tree)
                if isinstance(inner, ast.Name) and inner.id == target.id and inner is not target
            )
            change = Change(self._numbers[id(node)], "open")
            yield self._mutant("", "open", node, change, lines=lines or (node.lineno,), check=target.id)


def _is_predicate(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    returns = function.returns
    text = returns.value if isinstance(returns, ast.Constant) else ast.unparse(returns) if returns else ""
    return bool(_PREDICATE.fullmatch(str(text)))


def _is_call(statement: ast.stmt, names: re.Pattern[str]) -> bool:
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    function = statement.value.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return bool(names.match(called))


def _refuses(statement: ast.stmt) -> bool:
    return (isinstance(statement, ast.Raise) and statement.exc is not None) or _is_call(statement, _REFUSALS)


def _is_length(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "len"


def _is_number(node: ast.expr) -> bool:
    if _is_length(node):
        return True
    match node:
        case ast.Constant(value=int() as value):
            return not isinstance(value, bool)
        case ast.Name(id=name):
            return name.strip("_").startswith(("MAX", "MIN")) and name.isupper()
    return False
