# SPDX-License-Identifier: Apache-2.0
"""Requests and answers in the debug log, in the Go program's layout.

Spec: contract/cli.md 9. Requirements: CLI-004, R-36.
"""

from __future__ import annotations

from .session import DEBUG, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..adapters.traces import Trace, TraceEvent


def tracer(session: Session) -> Trace | None:
    """Return what writes every request and answer to the debug log, or None without `--debug`."""
    if session.verbosity < DEBUG:
        return None

    def trace(event: TraceEvent) -> None:
        headers = "".join(f'\n   "{name}": "{value}"' for name, value in event.headers)
        if event.status is None:
            request = f'> Request: "{event.method}" "{event.url}"\n> Request headers:{headers}'
            session.trace(f"Request #{event.number}\n{request}")
        else:
            status = _with_phrase(event.status)
            response = f'< Response status: "{status}"\n< Response headers:{headers}'
            session.trace(f"Response #{event.number}\n{response}")

    return trace


def _with_phrase(status: int) -> str:
    """Return *status* with its usual words, such as `200 OK`, whatever the server wrote."""
    from http import HTTPStatus

    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
