# SPDX-License-Identifier: Apache-2.0
"""Holds what our programs write against the JSON Schema of the document.

Every command that a test runs is looked at, whatever the test is about: what was asked for as JSON has to
conform, in success and in failure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Any

from notation_py.schema import check_schema

OUTPUTS = {
    ("verify",): "output.verify",
    ("blob", "verify"): "output.verify",
    ("inspect",): "output.inspect",
    ("blob", "inspect"): "output.blob-inspect",
    ("plugin", "check"): "output.plugin-check",
}
"""The commands that can print JSON, and the schema of what they print."""

_FLAGS = ("--output", "-o")


def schema_names() -> list[str]:
    """Return the names of the schemas in the package."""
    folder = files("notation_py").joinpath("schemas")
    return sorted(path.name.removesuffix(".schema.json") for path in folder.iterdir())


def schema(name: str) -> dict[str, Any]:
    """Return the schema *name* as JSON."""
    text = files("notation_py").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def schema_of_output(arguments: Sequence[str]) -> str | None:
    """Return the schema of what the command *arguments* prints, or None if it was not asked for JSON."""
    asked = any(flag in _FLAGS and value == "json" for flag, value in pairwise(arguments))
    if not asked and not {"--output=json", "-o=json", "-ojson"} & set(arguments):
        return None
    return OUTPUTS.get(tuple(arguments[:2]), OUTPUTS.get(tuple(arguments[:1])))


def assert_output_conforms(arguments: Sequence[str], output: str) -> None:
    """Raise if *output* is JSON that the command *arguments* was asked for, and of another form."""
    name = schema_of_output(arguments)
    if name is not None and output.startswith("{"):
        check_schema(json.loads(output), name)
