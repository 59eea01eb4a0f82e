# SPDX-License-Identifier: Apache-2.0
"""Puts a mutant into the running interpreter: the code of the living functions is exchanged, no file is.

What has been imported keeps its identity, so every `from … import …` of the package and of the tests sees it.
"""

from __future__ import annotations

import functools
import gc
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.mutants import Change, mutated

Place = tuple[str, str, int]
"""File, qualified name and first line of a code object."""


class _OpenSet(frozenset):  # type: ignore[type-arg]
    """A set of accepted values that has any value in it."""

    def __contains__(self, value: object) -> bool:
        return True

    def __rsub__(self, other: object) -> frozenset[object]:
        return frozenset()

    def issuperset(self, *_others: object) -> bool:
        return True

    def __ge__(self, other: object) -> bool:
        return True

    def __and__(self, other: object) -> frozenset[object]:
        return frozenset(other)  # type: ignore[call-overload, no-any-return]

    __rand__ = __and__


def functions_by_place() -> dict[Place, list[types.FunctionType]]:
    """Return every function there is, by where it was written."""
    found: dict[Place, list[types.FunctionType]] = {}
    for one in gc.get_objects():
        if type(one) is types.FunctionType:
            found.setdefault(_place(one.__code__), []).append(one)
    return found


def install(path: Path, change: Change, functions: dict[Place, list[types.FunctionType]]) -> int:
    """Make *change* in the module at *path*, which is imported; return how many objects were exchanged."""
    tree = mutated(path.read_text(), change)
    forget()
    code = compile(tree, str(path), "exec", dont_inherit=True)
    if change.how == "open":
        return _install_table(path, code)
    old = {
        _place(inner): inner
        for inner in _inner(compile(path.read_text(), str(path), "exec", dont_inherit=True))
    }
    exchanged = 0
    for inner in _inner(code):
        if inner == old.get(_place(inner)):
            continue
        for function in functions.get(_place(inner), ()):
            function.__code__ = inner
            exchanged += 1
    return exchanged


def forget() -> None:
    """Empty the caches of the package: they hold what was found with the check in place."""
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper) and one.__module__.startswith("notation_py"):
            one.cache_clear()


def _install_table(path: Path, code: types.CodeType) -> int:
    module = next(one for one in sys.modules.values() if getattr(one, "__file__", None) == str(path))
    again = dict(vars(module)) | {"__open_set__": _OpenSet}
    exec(code, again)
    exchanged = 0
    for name, value in again.items():
        old = vars(module).get(name)
        if not isinstance(value, _OpenSet) or old is None:
            continue
        for other in list(sys.modules.values()):
            for known, there in list(vars(other).items()) if isinstance(other, types.ModuleType) else ():
                if there is old and other.__name__.partition(".")[0] == module.__name__.partition(".")[0]:
                    setattr(other, known, value)
                    exchanged += 1
    return exchanged


def _inner(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _inner(constant)


def _place(code: types.CodeType) -> Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno
