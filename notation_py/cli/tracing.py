# SPDX-License-Identifier: Apache-2.0
"""Requests, answers and the use of a repository in the debug log, in the Go program's layout.

Spec: contract/cli.md 9. Requirements: CLI-004, R-36.
"""

from __future__ import annotations

from .printable import printable
from .session import DEBUG, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..adapters.traces import Trace, TraceEvent
    from ..descriptor import Descriptor
    from ..registry.repository import Repository


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


class TracedRepository:
    """Implements `Repository` by writing to the debug log how another is used."""

    __slots__ = ("_repository", "_session")

    def __init__(self, repository: Repository, session: Session) -> None:
        self._repository = repository
        self._session = session

    def resolve(self, target: str) -> Descriptor:
        """Return what *target* names; raises as its port says."""
        return self._repository.resolve(target)

    def referrers(self, subject: Descriptor, artifact_type: str) -> Iterator[Descriptor]:
        """Yield what refers to *subject*; raises as its port says."""
        self._session.trace("Fetching signature manifests")
        return self._repository.referrers(subject, artifact_type)

    def fetch(self, content: Descriptor, *, max_bytes: int) -> bytes:
        """Return the bytes of *content*; raises as its port says."""
        if "manifest" in content.media_type:
            self._session.trace(
                f"Processing signature with manifest mediaType: {printable(content.media_type)} and digest: "
                f"{content.digest}"
            )
        return self._repository.fetch(content, max_bytes=max_bytes)

    def push(self, content: Descriptor, data: bytes) -> None:
        """Store a blob; raises as its port says."""
        self._repository.push(content, data)

    def push_manifest(self, content: Descriptor, data: bytes, subject: Descriptor) -> None:
        """Store a manifest; raises as its port says."""
        shown = " ".join(f"{name}:{value}" for name, value in sorted(content.annotations.items()))
        self._session.trace(f"Generated annotations: map[{shown}]")
        self._session.trace(
            f"Pushing signature of artifact descriptor: {{MediaType:{subject.media_type} "
            f"Digest:{subject.digest} Size:{subject.size}}}"
        )
        self._repository.push_manifest(content, data, subject)
