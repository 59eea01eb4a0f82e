# SPDX-License-Identifier: Apache-2.0
"""`inspect`: what the signatures of an artifact say, read but not verified.

Reads each signature strictly, checks its chain rules, and shows it; nothing shown here is vouched for. A
signature that cannot be read is passed over with a warning, and the command then fails.

Spec: contract/cli.md 7.4. Requirements: CLI-009, CLI-010, PAY-012, SIG-016.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ..envelope.formats import format_named
from ..errors import NotationError, UsageError
from ..reference import go_quote
from ..registry.signatures import MAX_LISTED, fetch_envelope, listed_signatures, read_manifest
from .inspection import Inspection, json_document, read_inspection, tree_lines
from .session import Session
from .targets import Opener, Target


def run(values: Mapping[str, Any], session: Session) -> None:
    """Show the signatures of the artifact that the first argument names.

    Raises:
        NotationError: the artifact cannot be had, or a signature was passed over.
    """
    output = values["output"]
    if output not in {"tree", "text", "json"}:
        raise UsageError(f"invalid format: {go_quote(output)}", hint="use --output tree or --output json")
    limit = values["max_signatures"]
    if limit <= 0:
        raise UsageError(f"max-signatures value {limit} must be a positive number")
    target = Opener(values, session).open(values["arguments"][0])
    target.warn_of_tag("inspect", session)
    listed = list(islice(listed_signatures(target.repository, target.descriptor), min(limit, MAX_LISTED) + 1))
    found = [_inspected(target, manifest, session) for manifest in listed[:limit]]
    inspections = [inspection for inspection in found if inspection is not None]
    if output == "json":
        session.write(json_document(target.descriptor.media_type, inspections))
    elif not listed:
        session.say(f"{target.resolved} has no associated signature")
    else:
        session.say("Inspecting all signatures for signed artifact")
        for line in tree_lines(target.resolved, inspections):
            session.say(line)
    if len(listed) > limit:
        session.warn(f"exceeded configured limit of max signatures {limit} to examine")
    if len(inspections) < len(found):
        raise NotationError("at least one signature was skipped and not displayed")


def _inspected(target: Target, listed: Any, session: Session) -> Inspection | None:
    try:
        signature = read_manifest(target.repository, listed, target.descriptor)
        data = fetch_envelope(target.repository, signature)
    except NotationError as error:
        session.warn(f"unable to fetch signature {listed.digest} due to error: {error}")
        return None
    try:
        return read_inspection(str(listed.digest), data, format_named(signature.envelope.media_type))
    except NotationError as error:
        session.warn(f"Skipping signature {listed.digest} because of error: {error}")
        return None
