# SPDX-License-Identifier: Apache-2.0
"""An answer held against what its vector expects: every difference, in words for people.

Spec: conformance/PROTOCOL.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .answer import Answer, Kind
from .vector import Vector, Verdict

CHECK, OUTPUT = "other check", "other output"
"""Outcomes of answers with the right verdict, beside the members of `Kind`."""

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """What an answer does otherwise than expected: a word for it, and sentences."""

    outcome: str
    reasons: tuple[str, ...]


def difference(vector: Vector, answer: Answer, *, strict_checks: bool = False) -> Difference | None:
    """Return how *answer* differs from what *vector* expects, or None.

    Args:
        strict_checks: an answer that does not say which check refused differs as well.
    """
    if answer.kind.value != vector.expect.value:
        return Difference(answer.kind.value, (f"expected {vector.expect}: {_got(answer)}",))
    checks = tuple(_checks(vector, answer, "strict" if strict_checks else ""))
    others = tuple(_others(vector, answer))
    if checks or others:
        return Difference(CHECK if checks else OUTPUT, (*checks, *others))
    return None


def _got(answer: Answer) -> str:
    verdict = answer.kind in {Kind.ACCEPT, Kind.REFUSE}
    text = f"the client answers {answer.kind}" if verdict else str(answer.kind)
    return f"{text} ({answer.said})" if answer.said else text


def _checks(vector: Vector, answer: Answer, strictness: str) -> Iterator[str]:
    if vector.expect is Verdict.REFUSE:
        if answer.failed and vector.failed not in answer.failed:
            named = ", ".join(sorted(answer.failed))
            yield f"expected the check {vector.failed} to refuse: it was {named} ({answer.said})"
        elif not answer.failed and strictness:
            yield f"expected the check {vector.failed} to refuse: the client does not say which one did"
        return
    if answer.logged and answer.logged != set(vector.logged):
        wanted = ", ".join(vector.logged) or "none"
        yield f"expected as logged failures {wanted}: they were {', '.join(sorted(answer.logged))}"
    elif vector.logged and not answer.logged and strictness:
        yield f"expected as logged failures {', '.join(vector.logged)}: the client names none"


def _others(vector: Vector, answer: Answer) -> Iterator[str]:
    wanted = vector.expected
    if answer.out is not None:
        yield from (f"standard output lacks {text!r}" for text in wanted.stdout if text not in answer.out)
        yield from (f"standard output has {text!r}" for text in wanted.not_stdout if text in answer.out)
        yield from _json(wanted.json, answer.out) if wanted.json else ()
    for url in wanted.fetched:
        if not any(asked.startswith(url) for asked in answer.asked):
            yield f"{url} was not asked"
    for url in wanted.not_fetched:
        if any(asked.startswith(url) for asked in answer.asked):
            yield f"{url} was asked"
    if wanted.signatures is not None and answer.signatures != wanted.signatures:
        yield f"expected {wanted.signatures} signatures: the artifact has {answer.signatures}"
    yield from answer.faults
    if answer.there is not None:
        yield from (f"{path} was not written" for path in wanted.written if not answer.there.get(path))
        yield from (f"{path} was written" for path in wanted.not_written if answer.there.get(path))


def _json(wanted: Any, text: str) -> Iterator[str]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield "standard output is not JSON"
        return
    for pointer, value in wanted.items():
        found = _at(document, pointer)
        if found is _NOTHING:
            yield f"standard output has nothing at {pointer}"
        elif found != value:
            yield f"standard output at {pointer}: expected {value!r}, found {found!r}"


def _at(document: Any, pointer: str) -> Any:
    """Return the value at a JSON pointer, or `_NOTHING`."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return _NOTHING
    return document
