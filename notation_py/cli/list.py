# SPDX-License-Identifier: Apache-2.0
"""`list`: the signatures that a repository lists for an artifact.

Shows what is listed and judges nothing; the manifests are not fetched.

Spec: contract/cli.md 7.3. Requirements: SIG-016, SIG-019, SIG-036, CLI-001.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ..errors import UsageError
from ..registry.signatures import MAX_LISTED, SIGNATURE_TYPE, is_of_a_blob, listed_signatures
from .session import Session
from .targets import Opener


def run(values: Mapping[str, Any], session: Session) -> None:
    """List the signatures of the artifact that the first argument names."""
    limit = values["max_signatures"]
    if limit <= 0:
        raise UsageError(f"max-signatures value {limit} must be a positive number")
    target = Opener(values, session).open(values["arguments"][0])
    target.warn_of_tag("list", session)
    found = list(islice(listed_signatures(target.repository, target.descriptor), min(limit, MAX_LISTED) + 1))
    if not found:
        session.say(f"{target.resolved} has no associated signatures")
        return
    session.say(target.resolved)
    session.say(f"└── {SIGNATURE_TYPE}")
    shown = found[:limit]
    for index, signature in enumerate(shown):
        branch = "└──" if index == len(shown) - 1 else "├──"
        remark = " (signature of a blob)" if is_of_a_blob(signature) else ""
        session.say(f"    {branch} {signature.digest}{remark}")
    if len(found) > limit:
        session.warn(f"exceeded configured limit of max signatures {limit} to examine")
