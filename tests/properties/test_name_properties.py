# SPDX-License-Identifier: Apache-2.0
"""Whatever is fed to the readers of names: a name, a refusal of ours, and nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notation_py.certificates.name import DistinguishedName, find_overlap, name_text
from notation_py.errors import MalformedError
from tests.simulator.names import BMP, IA5, NUMERIC, OIDS, PRINTABLE, TELETEX, UNIVERSAL, US, UTF8, der_name

PIECES = st.sampled_from(
    [
        "C=US",
        "ST=WA",
        "S=x",
        "O=a",
        "CN=",
        "CN",
        "=",
        "#",
        ",",
        ";",
        "+",
        "\\",
        "\\2C",
        "\\,",
        " ",
        "é",
        "\0",
        "x",
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60)
GOOD_TEXTS = st.builds("C=US,ST=WA,O=a,{}={}".format, st.sampled_from(["CN", "OU", "X"]), TEXTS) | TEXTS

TAGS = st.sampled_from([UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP, 0x02, 0x30])
ATTRIBUTES = st.tuples(st.sampled_from(sorted(OIDS)), st.binary(max_size=12), TAGS)
NAMES = st.lists(ATTRIBUTES | st.lists(ATTRIBUTES, max_size=3), max_size=8).map(
    lambda parts: der_name(*parts)
)
VALUES = st.text(min_size=1, max_size=20).filter(lambda text: "=#" not in text)
SUBJECTS = st.dictionaries(st.sampled_from(sorted(set(OIDS) - {"GN", "EMAIL", "DC"})), VALUES, max_size=9)


@given(GOOD_TEXTS)
@example("C=US,ST=WA,O=a,CN=a\\=\\#b")
@example("C=US,ST=WA,O=a,\\ x\\ =\\ ")
def test_parse_gives_a_name_or_refuses(text: str) -> None:
    """An accepted name survives being written and read again (TP-065, SEC-003)."""
    try:
        name = DistinguishedName.parse(text)
    except MalformedError:
        return
    assert {"C", "ST", "O"} <= set(name.attributes)
    assert all(name.attributes.values())
    assert DistinguishedName.parse(str(name)) == name
    assert name.is_subset_of(name)


@given(NAMES | st.binary(max_size=80))
def test_from_subject_gives_a_name_or_refuses(raw: bytes) -> None:
    """No octets make a reader of DER names fail otherwise (TP-068, SEC-003)."""
    for reader in (DistinguishedName.from_subject, name_text):
        try:
            value = reader(raw)
        except MalformedError:
            continue
        assert isinstance(value, (DistinguishedName, str))


@given(st.data(), NAMES)
def test_damaged_subject_is_read_or_refused(data: st.DataObject, raw: bytes) -> None:
    """One octet changed, removed or added (TP-068, SEC-003)."""
    place = data.draw(st.integers(0, len(raw)))
    damaged = raw[:place] + data.draw(st.binary(max_size=2)) + raw[place + data.draw(st.integers(0, 2)) :]
    try:
        name = DistinguishedName.from_subject(damaged)
    except MalformedError:
        return
    assert {"C", "ST", "O"} <= set(name.attributes)


@given(SUBJECTS)
def test_subject_and_policy_agree_on_one_name(more: dict[str, str]) -> None:
    """A subject in DER equals the policy text written for it, or both are refused (TP-067)."""
    attributes = dict(US) | more
    raw = der_name(*((kind, value.encode("utf-8", "surrogatepass")) for kind, value in attributes.items()))
    written = str(DistinguishedName(attributes))
    try:
        subject = DistinguishedName.from_subject(raw)
    except MalformedError:
        with pytest.raises(MalformedError):
            DistinguishedName.parse(written)
    else:
        assert subject == DistinguishedName.parse(written)
        assert DistinguishedName.parse(name_text(raw)) == subject


@given(st.lists(st.dictionaries(st.sampled_from("ABX"), st.sampled_from("12"), max_size=3), max_size=6))
def test_find_overlap_is_the_pairwise_subset_test(more: list[dict[str, str]]) -> None:
    """The first pair of the plain double loop (TP-069)."""
    names = [DistinguishedName(dict(US) | attributes) for attributes in more]
    pairs = [
        (i, j)
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if i != j and one.is_subset_of(other)
    ]
    assert find_overlap(names) == min(pairs, default=None)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(der_name(*[("CN", "x")] * 80_000), id="many-parts"),
        pytest.param(der_name([("OU", "x")] * 80_000), id="one-wide-part"),
        pytest.param(der_name(("CN", '"' * (1 << 20))), id="escaped-value"),
        pytest.param(der_name(("EMAIL", "@" * (1 << 20), IA5)), id="unknown-type"),
        pytest.param(der_name(*US, *[("OU", "x")] * 80_000), id="joined"),
    ],
)
def test_a_mebibyte_of_subject_takes_linear_time(raw: bytes) -> None:
    """Attack 188; text for people whatever the size, and a refusal at once (SEC-003)."""
    begun = time.perf_counter()
    assert name_text(raw)
    between = time.perf_counter()
    with pytest.raises(MalformedError, match="longer than"):
        DistinguishedName.from_subject(raw)
    assert time.perf_counter() - between < 0.1
    assert between - begun < 4
