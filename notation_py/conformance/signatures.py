# SPDX-License-Identifier: Apache-2.0
"""What is wrong with signatures that a client pushed: each has to be intact and about the artifact.

Spec: signature-specification.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..certificates.chain import ChainMemo
from ..envelope.formats import parse
from ..envelope.integrity import verify_integrity
from ..envelope.model import EnvelopeFormat
from ..errors import NotationError
from .contents import Contents


def new_signature_faults(contents: Contents) -> Iterator[str]:
    """Yield a sentence for each signature in *contents* that is new and not right."""
    for digest in contents.signatures():
        if digest in contents.listed:
            continue
        try:
            media_type, data = contents.envelope_of(digest)
            intact = verify_integrity(parse(data, EnvelopeFormat(media_type)), ChainMemo())
        except (NotationError, KeyError, IndexError, TypeError, ValueError) as error:
            yield f"the new signature {digest} is not intact: {error}"
            continue
        if not intact.payload.target.same_content(contents.artifact):
            yield f"the new signature {digest} is about something else than the artifact"
