# SPDX-License-Identifier: Apache-2.0
"""The shape of a document, held against one of the JSON Schemas this package ships.

For a person who writes a document: the deepest difference is named with its place. The typed
readers do not rely on it; they make their own, stricter checks without this import.

Spec: JSON Schema 2020-12. Requirements: TP-006, R-33.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from .errors import MalformedError, Outcome

MAX_MESSAGE = 200
"""Longest message, in characters: the library's messages repeat the value that is wrong."""


def check_schema(value: Any, schema_name: str) -> None:
    """Return if the parsed JSON *value* conforms to the shipped schema *schema_name*.

    Args:
        schema_name: such as `trustpolicy.oci`.

    Raises:
        MalformedError: with outcome CONFIG: it does not; names the place.
    """
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    error = best_match(_validator(schema_name).iter_errors(value))
    if error is not None:
        message = error.message if len(error.message) <= MAX_MESSAGE else f"{error.message[:MAX_MESSAGE]}…"
        raise MalformedError(message, at=place(error.absolute_path), outcome=Outcome.CONFIG)


def place(path: Iterable[str | int]) -> str:
    """Return *path* as errors write it: `trustPolicies[2].registryScopes[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


@cache
def _validator(schema_name: str) -> Any:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

    text = files(__package__).joinpath("schemas", f"{schema_name}.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))
