# SPDX-License-Identifier: Apache-2.0
"""Any bytes, any metadata, any media type: what was signed verifies, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notation_py.digest import Digest, HashAlgorithm
from notation_py.envelope.blob import check_media_type, format_of_file_name, signature_file_name
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import Outcome, UsageError
from notation_py.verification.outcome import VerificationFailedError
from tests.simulator.blobs import BlobScenario, Content

FORMATS = st.sampled_from(list(EnvelopeFormat))
CONTENT = st.binary(max_size=300)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12)
METADATA = st.dictionaries(TEXT.filter(lambda key: not key.startswith("io.cncf.notary")), TEXT, max_size=3)
TOKENS = st.text("abcXYZ019-+._", min_size=1, max_size=8)
MEDIA_TYPES = st.builds("{}/{}".format, TOKENS, TOKENS) | st.builds("{}/{}; {}={}".format, *[TOKENS] * 4)
SCENARIO = BlobScenario()


@given(content=CONTENT, format_=FORMATS, metadata=METADATA, media_type=MEDIA_TYPES)
def test_what_was_signed_verifies(
    content: bytes, format_: EnvelopeFormat, metadata: dict[str, str], media_type: str
) -> None:
    """What comes back has the digest, size, media type and metadata (BLOB-025, PAY-009, PAY-017)."""
    SCENARIO.content = Content(content)
    signed = SCENARIO.sign(format=format_, user_metadata=metadata, media_type=media_type)
    verified = SCENARIO.verify(signed.envelope, media_type=media_type, user_metadata=metadata)
    assert verified.target is not None
    assert verified.target.digest == Digest.of(content, HashAlgorithm.SHA256)
    assert (verified.target.size, verified.target.media_type) == (len(content), media_type)
    assert dict(verified.target.annotations) == metadata


@given(content=CONTENT, other=CONTENT, format_=FORMATS)
def test_no_other_content_verifies(content: bytes, other: bytes, format_: EnvelopeFormat) -> None:
    """Whatever differs, the signature is about something else (PAY-016)."""
    assume(content != other)
    SCENARIO.content = Content(content)
    signed = SCENARIO.sign(format=format_)
    SCENARIO.content = Content(other)
    with pytest.raises(VerificationFailedError) as caught:
        SCENARIO.verify(signed.envelope)
    assert caught.value.outcome is Outcome.INTEGRITY


@given(format_=FORMATS, place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_other_signature_verifies(format_: EnvelopeFormat, place: int, bit: int) -> None:
    """One flipped bit anywhere is refused, or leaves what was signed as it was (BLOB-023).

    The unsigned part of an envelope is nobody's word: the agent's name may change, and letters of base64 that
    carry no bits do not exist in what is accepted.
    """
    SCENARIO.content = Content()
    signed = SCENARIO.sign(format=format_)
    data = bytearray(signed.envelope)
    data[place % len(data)] ^= 1 << bit
    try:
        verified = SCENARIO.verify(bytes(data))
    except VerificationFailedError:
        return
    assert verified.target == signed.target
    assert verified.outcome.envelope is not None
    agent = verified.outcome.envelope.envelope.unsigned.signing_agent
    assert agent != "notation-py/0.1.0" or bytes(data).split() != signed.envelope.split()


@given(name=st.text(max_size=20), format_=FORMATS)
def test_file_name_says_the_format_it_was_made_for(name: str, format_: EnvelopeFormat) -> None:
    """Whatever the blob is called (BLOB-002, BLOB-020)."""
    assert format_of_file_name(signature_file_name(name, format_)) is format_


@given(text=st.text(max_size=20))
def test_media_type_is_accepted_or_refused_by_us(text: str) -> None:
    """Nothing but a `UsageError`, and nothing accepted that would forge a line (PAY-010)."""
    try:
        check_media_type(text)
    except UsageError:
        return
    assert text.isprintable()
