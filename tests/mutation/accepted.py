# SPDX-License-Identifier: Apache-2.0
"""Mutants that no test has to notice, each with the reason: `accepted.toml`.

```toml
[[accepted]]
module = "notation_py/envelope/jws.py"
function = "parse"
check = "if not data: raise MalformedError('is empty')"
detail = "without `x`"   # where one check is changed in several ways; without it all are meant
nth = 2                  # where the same text stands in the function more than once
reason = "repeated by …"
```
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant

ACCEPTED = Path(__file__).with_name("accepted.toml")
_LEAST_REASON = 20


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry of the list."""

    module: str
    function: str
    check: str
    reason: str
    kind: str = ""
    detail: str = ""
    nth: int = 0

    def covers(self, mutant: Mutant) -> bool:
        """Return whether the entry is about *mutant*."""
        return (
            (self.module, self.function, self.check) == (mutant.module, mutant.function, mutant.check)
            and self.kind in {"", mutant.kind}
            and self.detail in {"", mutant.detail}
            and self.nth in {0, mutant.nth}
        )

    def __str__(self) -> str:
        """Return the entry in one line."""
        return f"{self.module}: {self.function or 'module'}: {self.check} {self.detail}".rstrip()


def read_accepted(path: Path = ACCEPTED) -> list[Accepted]:
    """Return the entries of the file at *path*; an entry without a reason is an error."""
    entries = [Accepted(**one) for one in tomllib.loads(path.read_text()).get("accepted", [])]
    for entry in entries:
        if len(entry.reason) < _LEAST_REASON:
            raise SystemExit(f"error: {path.name}: no reason is given for {entry}")
    return entries


def faults_of(entries: Iterable[Accepted], tried: Iterable[Mutant], noticed: set[str]) -> list[str]:
    """Return what is wrong with *entries* about modules of which every mutant was *tried*."""
    faults = []
    mutants = list(tried)
    modules = {mutant.module for mutant in mutants}
    for entry in entries:
        about = [mutant for mutant in mutants if entry.covers(mutant)]
        if entry.module not in modules:
            continue
        if not about:
            faults.append(f"there is no such check any more: {entry}")
        faults += [f"accepted, but a test notices it: {one.text()}" for one in about if one.name in noticed]
    return faults
