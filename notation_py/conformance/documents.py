# SPDX-License-Identifier: Apache-2.0
"""A run as a JSON document, and back: what other reports are made from.

The shape is `conformance.report.schema.json`. Nothing in it names a place on the machine that ran it.

Spec: conformance/PROTOCOL.md, Reports.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..adapters.files import FileError, Links, read_file
from ..document import of_type, parse_json
from ..errors import ConfigurationError, MalformedError, Outcome
from ..schema import check_schema
from .results import Result, Run, Status, Summary

SCHEMA = "conformance.report"
MAX_BYTES = 64 << 20
_MAX_ITEMS = 1 << 20


def document_of(run: Run) -> dict[str, Any]:
    """Return *run* as a JSON value."""
    return {
        "client": {"name": run.client, "version": run.version, "mode": run.mode},
        "started": run.started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": run.seconds,
        "passed": run.has_passed,
        "counts": _counts(run, None),
        "areas": {area: _counts(run, area) for area in run.areas()},
        "problems": list(run.problems),
        "vectors": [_vector(one) for one in run.results],
    }


def text_of(run: Run) -> str:
    """Return *run* as the text of a JSON document."""
    return json.dumps(document_of(run), indent=2, ensure_ascii=False) + "\n"


def read_run(path: Path) -> Run:
    """Return the run whose JSON document is in the file *path*.

    Raises:
        ConfigurationError: it cannot be read. MalformedError: it is not such a document.
    """
    try:
        data, _ = read_file(path, max_bytes=MAX_BYTES, links=Links.FOLLOWED)
    except FileError as error:
        raise ConfigurationError(
            f"report {str(path)!r} cannot be read: {error.message}", outcome=error.outcome
        ) from error
    try:
        value = parse_json(data, what="report", max_bytes=MAX_BYTES, max_items=_MAX_ITEMS)
        check_schema(value, SCHEMA)
        source: dict[str, Any] = of_type(value, dict, at="")
        started = _moment(source["started"])
    except MalformedError as error:
        raise MalformedError(f"{path.name}: {error.message}", outcome=Outcome.CONFIG) from error
    client = source["client"]
    return Run(
        client["name"],
        client["version"],
        client["mode"],
        started,
        source["seconds"],
        tuple(_result(one) for one in source["vectors"]),
        tuple(source["problems"]),
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedError("is no time", at="started") from error


def summary_of(run: Run) -> dict[str, Any]:
    """Return the numbers of *run* as a JSON value: the document without what is said about each vector."""
    document = document_of(run)
    return {name: document[name] for name in ("client", "started", "areas")}


def read_summary(source: Mapping[str, Any]) -> Summary:
    """Return the numbers in the JSON object *source*, as `summary_of` made it."""
    client = source["client"]
    areas = {
        area: Counter({Status(status): count for status, count in counts.items() if count})
        for area, counts in source["areas"].items()
    }
    started = datetime.fromisoformat(source["started"])
    return Summary(client["name"], client["version"], client["mode"], started, areas)


def _counts(run: Run, area: str | None) -> dict[str, int]:
    found = run.counts(area)
    return {status.value: found[status] for status in Status}


def _vector(one: Result) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "requirements": list(one.requirements),
        "attacks": list(one.attacks),
        "expect": one.expect,
        **({"failed": one.failed} if one.failed else {}),
        "status": one.status.value,
        "outcome": one.outcome,
        "reasons": list(one.reasons),
        **({"deviation": one.deviation} if one.deviation else {}),
        "seconds": one.seconds,
    }


def _result(source: Mapping[str, Any]) -> Result:
    return Result(
        source["name"],
        source["title"],
        tuple(source["requirements"]),
        tuple(source["attacks"]),
        source["expect"],
        source.get("failed", ""),
        Status(source["status"]),
        source["outcome"],
        tuple(source["reasons"]),
        source.get("deviation", ""),
        source["seconds"],
    )
