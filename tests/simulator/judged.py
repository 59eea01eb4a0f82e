# SPDX-License-Identifier: Apache-2.0
"""What the package says about envelope bytes, in one word: the view from which attacks are judged."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import formats
from notation_py.envelope.integrity import IntactEnvelope, verify_integrity
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import NotationError
from notation_py.verification.demand import check_critical_attributes

ACCEPT = "ACCEPT"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome word, or ACCEPT, and why."""

    word: str
    message: str
    intact: IntactEnvelope | None = None


def judged(data: bytes, form: EnvelopeFormat) -> Judgement:
    """Return what integrity says about *data*; anything but an error of ours goes through."""
    try:
        intact = verify_integrity(formats.parse(data, form), ChainMemo())
        check_critical_attributes(intact.signed)
    except NotationError as error:
        return Judgement(error.outcome.value, str(error))
    return Judgement(ACCEPT, "", intact)


def assert_judged(data: bytes, form: EnvelopeFormat, word: str, message: str) -> None:
    """Fail unless *data* is judged *word* with a text that has *message* in it."""
    found = judged(data, form)
    if found.word != word or message not in found.message:
        pytest.fail(f"judged {found.word}: {found.message!r}; expected {word} with {message!r}")
