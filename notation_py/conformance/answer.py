# SPDX-License-Identifier: Apache-2.0
"""What a client answered to a vector, whichever way it was run.

Spec: conformance/PROTOCOL.md, The client's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How it ended. Only the first two are verdicts."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    CRASH = "crash"
    HANG = "hang"
    UNTIDY = "untidy"
    NOT_SUPPORTED = "not supported"
    NOT_RUN = "not run"

    @property
    def is_run(self) -> bool:
        """Whether there is anything to compare."""
        return self not in {Kind.NOT_SUPPORTED, Kind.NOT_RUN}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client answered.

    Attributes:
        failed: checks that it names as the ones that refused; empty if it names none.
        logged: checks that it says failed and were only logged.
        said: the line with which it explains itself, or why there is no verdict.
        out: standard output; None where there is none, as in process. asked: URLs, in order.
        signatures: how many the artifact has now; None where there is no artifact.
        faults: what is wrong with signatures that are new.
        there: of the paths that the vector asks about, which exist; None where nobody looked.
    """

    kind: Kind
    failed: frozenset[str] = frozenset()
    logged: frozenset[str] = frozenset()
    said: str = ""
    out: str | None = None
    asked: tuple[str, ...] = ()
    signatures: int | None = None
    faults: tuple[str, ...] = ()
    there: Mapping[str, bool] | None = None
    seconds: float = 0.0
