# SPDX-License-Identifier: Apache-2.0
"""Properties of the readers of plugins: archives give back what was put in, messages what was said."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notation_py.adapters.plugin_tar import unpack_tar
from notation_py.adapters.plugin_zip import unpack_zip
from notation_py.algorithms import BY_KEY_SPEC, KeySpec
from notation_py.errors import MalformedError, NotationError
from notation_py.plugin.members import moment, rfc3339
from notation_py.plugin.messages import (
    DescribeKeyRequest,
    GeneratedEnvelope,
    GeneratedSignature,
    GenerateEnvelopeRequest,
    GenerateSignatureRequest,
    KeyDescription,
    PluginMetadata,
)
from notation_py.plugin.verification_messages import (
    CapabilityResult,
    VerifySignatureAnswer,
    VerifySignatureRequest,
)
from notation_py.plugin.version import Version
from tests.fuzz.plugin_targets import unpacked
from tests.simulator.archives import named, tar_bytes, tar_gz, zip_archive

NAME = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True).filter(lambda name: name not in DEVICES)
DEVICES = {"con", "prn", "aux", "nul", *(port + digit for port in ("com", "lpt") for digit in "0123456789")}
FILES = st.dictionaries(NAME, st.binary(max_size=300), min_size=1, max_size=5)


@given(FILES, st.booleans())
def test_zip_gives_back_what_was_put_in(files: dict[str, bytes], described: bool) -> None:
    """PLG-006: every file at the root, whole, with either form of sizes and either method."""
    members = [
        named(name, data=data, described=described, method=8 if len(data) % 2 else 0)
        for name, data in files.items()
    ]
    assert unpacked(unpack_zip, zip_archive(*members)) == files


@given(FILES, st.integers(0, 2**16), st.integers(1, 255))
def test_zip_with_one_other_byte_is_refused_or_the_same_files(
    files: dict[str, bytes], place: int, change: int
) -> None:
    """R-31: no byte can be changed so that other content comes out under a name that was there."""
    whole = zip_archive(*(named(name, data=data) for name, data in files.items()))
    data = bytearray(whole)
    data[place % len(data)] ^= change
    try:
        found = unpacked(unpack_zip, bytes(data))
    except NotationError:
        return
    assert found.items() <= files.items()


@given(FILES)
def test_tar_gives_back_what_was_put_in(files: dict[str, bytes]) -> None:
    """PLG-006: every file, whole."""
    members = [named(name, data=data) for name, data in files.items()]
    assert unpacked(unpack_tar, tar_gz(*members)) == files


@given(FILES, st.integers(0, 2**16))
def test_tar_that_is_cut_off_is_refused(files: dict[str, bytes], place: int) -> None:
    """R-31: at any byte, of what is packed and of what is unpacked; the end mark included."""
    whole = tar_bytes(*(named(name, data=data) for name, data in files.items()))
    packed = gzip.compress(whole, mtime=0)
    for data in (gzip.compress(whole[: place % len(whole)]), packed[: place % len(packed)]):
        with pytest.raises(NotationError):
            unpacked(unpack_tar, data)


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
WORD = TEXT.filter(bool)
DATA = st.binary(min_size=1, max_size=40)
CONFIG = st.dictionaries(TEXT, TEXT, max_size=3)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
CHAIN = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=3).map(tuple)
SPEC = st.sampled_from(KeySpec)
TIMES = st.none() | st.datetimes(datetime(2, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
PRIMITIVE = TEXT | st.integers(-(2**53), 2**53) | st.booleans()
MESSAGES = st.one_of(
    st.builds(PluginMetadata, TEXT, TEXT, TEXT, TEXT, TEXTS, TEXTS),
    st.builds(DescribeKeyRequest, WORD, CONFIG),
    st.builds(KeyDescription, TEXT, SPEC),
    st.builds(
        lambda key_id, spec, data, config: GenerateSignatureRequest(
            key_id, spec, BY_KEY_SPEC[spec].hash, data, config
        ),
        WORD,
        SPEC,
        DATA,
        CONFIG,
    ),
    st.builds(GeneratedSignature, TEXT, DATA, st.sampled_from(list(BY_KEY_SPEC.values())), CHAIN),
    st.builds(GenerateEnvelopeRequest, WORD, WORD, WORD, DATA, st.none() | st.integers(1, 2**40), CONFIG),
    st.builds(GeneratedEnvelope, DATA, TEXT, CONFIG),
    st.builds(
        VerifySignatureRequest,
        WORD,
        WORD,
        CHAIN,
        TEXTS,
        TEXTS.filter(bool),
        TIMES,
        TIMES,
        st.none() | WORD,
        st.none() | WORD,
        st.dictionaries(TEXT, PRIMITIVE, max_size=3),
        TEXTS,
        CONFIG,
    ),
    st.builds(
        VerifySignatureAnswer,
        st.dictionaries(TEXT, st.builds(CapabilityResult, st.booleans(), TEXT), max_size=3),
        TEXTS,
    ),
)


@given(MESSAGES)
def test_message_is_read_as_it_was_written(message: object) -> None:
    """PLG-023, PLG-024, PLG-029: nothing is lost or added on the way, in either direction."""
    assert type(message).from_json(message.to_json()) == message  # type: ignore[attr-defined]


@given(st.datetimes(timezones=st.timedeltas(-timedelta(hours=23), timedelta(hours=23)).map(timezone)))
@example(datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=10))))
@example(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=10))))
def test_time_is_that_moment_or_refused(at: datetime) -> None:
    """PLG-100: whatever place it was written in; what has no UTC is malformed, and the year 1 is none."""
    try:
        found = moment({"at": at.isoformat()}, "at")
    except MalformedError:
        assert at.year == 9999
        return
    assert found == (None if at.year == 1 else at)
    assert found is None or moment({"at": rfc3339(found)}, "at") == found


NUMBER = st.integers(0, 10**20)
IDENTIFIER = NUMBER.map(str) | st.from_regex(r"[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*", fullmatch=True).filter(
    lambda text: len(text) < 20
)
VERSION = st.builds(
    lambda release, pre, build: (
        ".".join(map(str, release)) + (f"-{'.'.join(pre)}" if pre else "") + (f"+{build}" if build else "")
    ),
    st.tuples(NUMBER, NUMBER, NUMBER),
    st.lists(IDENTIFIER, max_size=3),
    st.sampled_from(["", "1", "build.2", "-"]),
)


@given(VERSION, VERSION, VERSION)
def test_versions_have_one_order(one: str, two: str, three: str) -> None:
    """PLG-012, PLG-091: of two versions one is lower or they are equal; and that holds through a third."""
    a, b, c = map(Version.parse, (one, two, three))
    assert (a < b) + (a == b) + (b < a) == 1
    assert not (a < b < c) or a < c
    assert Version.parse(one.partition("+")[0]) == a
