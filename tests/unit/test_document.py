# SPDX-License-Identifier: Apache-2.0
"""Strict JSON: what is refused in every document, and what the Go encoder's form is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from notation_py.document import (
    MAX_DEPTH,
    MAX_NON_ASCII_BYTES,
    check_names,
    member,
    of_type,
    parse_json,
    string_map,
    strings,
    write_json,
)
from notation_py.errors import MalformedError, Outcome

MIB = 1 << 20


def parsed(text: str | bytes, **limits: int) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return parse_json(data, what="thing", **({"max_bytes": 4 * MIB} | limits))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        (' \r\n\t{"a" : [1, -1, 0, 1.5, 1e2]} \n', {"a": [1, -1, 0, 1.5, 100.0]}),
        ("[true, false, null]", [True, False, None]),
        ('"\\u00e9\\ud83d\\ude00\\n\\/"', "\u00e9\U0001f600\n/"),
        ('"\u00e9\U0001f600"', "\u00e9\U0001f600"),
        ('{"a":{"a":1},"A":2}', {"a": {"a": 1}, "A": 2}),
        (str(2**53 - 1), 2**53 - 1),
        (str(1 - 2**53), 1 - 2**53),
        ("0.0", 0.0),
        ('"\\\\u0000"', "\\u0000"),
        ('"[[[[' + "{" * 100 + '"', "[[[[" + "{" * 100),
    ],
)  # fmt: skip
def test_document_is_read(text: str, value: Any) -> None:
    """R-01: RFC 8259 within the bounds, white space around it included."""
    assert parsed(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value at line 1 column 1"),
        ("{} {}", "trailing data"),
        ("{}x", "trailing data"),
        ("{}\x0b", "trailing data"),
        ("\ufeff{}", "Expecting value"),
        ("\u00a0{}", "Expecting value"),
        ("{'a':1}", "property name enclosed in double quotes"),
        ("[1,]", "is not strict JSON"),
        ('{"a":1,}', "is not strict JSON"),
        ('{"a":1,"a":1}', "duplicate member 'a'"),
        ('{"a":1,"\\u0061":1}', "duplicate member 'a'"),
        ('[{"b":{"a":1,"a":1}}]', "duplicate member 'a'"),
        ('"\t"', "control character"),
        ("NaN", "NaN is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
        ("-0", "integer out of range"),
        ("-0.0", "number out of range"),
        ("-0e5", "number out of range"),
        ("1e999", "number out of range"),
        ("-1e999", "number out of range"),
        (str(2**53), "integer out of range"),
        (str(-(2**53)), "integer out of range"),
        ("1" * 5000, "integer out of range"),
        ("01", "trailing data"),
        ("+1", "Expecting value"),
        (".5", "Expecting value"),
        ("\u0661", "Expecting value"),
        ('"\\u0000"', "NUL or a lone surrogate"),
        ('{"\\u0000":1}', "NUL or a lone surrogate"),
        ('["\\uDFFF"]', "NUL or a lone surrogate"),
        ('["\\ud83dx\\ude00"]', "NUL or a lone surrogate"),
        (b"\xff", "invalid UTF-8 at byte 0"),
        (b'"\xed\xa0\x80"', "invalid UTF-8"),
        (b'"\xc0\x80"', "invalid UTF-8"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper than 32"),
        ('{"a":' * 33 + "1" + "}" * 33, "nested deeper than 32"),
        ('["\\"]"' + ",[" * 32, "nested deeper than 32"),
    ],
)
def test_document_is_refused(text: str | bytes, reason: str) -> None:
    """Attacks 1, 6 to 10; R-01, SEC-003: anything two readers could read differently."""
    with pytest.raises(MalformedError) as caught:
        parsed(text)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("thing ")
    assert caught.value.outcome is Outcome.INTEGRITY


def test_depth_is_counted_outside_strings_only() -> None:
    """R-01: brackets inside strings are text, however the string is escaped."""
    assert parsed("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert parsed('["' + "[" * 40 + '\\"[\\\\",["\\\\\\"]]]]"]]')[0].startswith("[")


def test_unbalanced_depth_costs_linear_time() -> None:
    """SEC-003: a string that never ends behind brackets, which once took exponential time."""
    start = time.perf_counter()
    for text in ("[" * 40 + '"' + "a" * 500_000, "[" * 40 + '"\\' * 250_000, "[" * 40 + 'a"' * 250_000):
        with pytest.raises(MalformedError):
            parsed(text)
    assert time.perf_counter() - start < 2


def test_recursion_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 6: were the depth not bounded, the decoder's RecursionError would still be caught."""
    monkeypatch.setattr("notation_py.document.MAX_DEPTH", 10**9)
    with pytest.raises(MalformedError, match="nested too deeply"):
        parsed("[" * 50_000)


@pytest.mark.parametrize(
    ("text", "limits", "reason"),
    [
        ("[1,2]", {"max_bytes": 4}, "is larger than 4 bytes"),
        ("[1,2,3]", {"max_items": 2}, "more than 2 members"),
        ('"' + "," * 70_000 + '"', {"max_items": 100}, "more than 100 members"),
        ('"' + "a" * MAX_NON_ASCII_BYTES + '\u00e9"', {}, "characters outside ASCII"),
        ('"' + "a" * MAX_NON_ASCII_BYTES + '\\u0100"', {}, "characters outside ASCII"),
    ],
)
def test_document_over_budget_is_refused(text: str, limits: dict[str, int], reason: str) -> None:
    """R-01, R-10, SEC-001: bytes, items and decoded size are bounded before anything is built."""
    with pytest.raises(MalformedError, match=reason):
        parsed(text, **limits)


def test_document_at_its_limits_is_read() -> None:
    """R-01, SEC-001: a limit is the largest that is accepted."""
    assert parsed("[1,2]", max_bytes=5, max_items=2) == [1, 2]
    assert parsed('"' + "a" * (MAX_NON_ASCII_BYTES - 4) + '\u00e9"').endswith("\u00e9")
    deepest = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert len(parsed(f"[{deepest},[],{{}}]")) == 3


def test_large_ascii_document_with_go_escapes_is_read() -> None:
    """R-01: the Go encoder's escapes of ASCII characters do not count as foreign."""
    assert parsed('"' + "a" * MAX_NON_ASCII_BYTES + '\\u003c\\u0026"').endswith("<&")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("TRUSTSTORES", "trustStores"),
        ("trustStore", "trustStores"),
        ("trustStoress", "trustStores"),
        ("trustStoers", "trustStores"),
        ("trustStoreZ", "trustStores"),
        ("xtrustStores", "trustStores"),
        ("Name", "name"),
    ],
)
def test_look_alike_of_a_known_name_is_refused(name: str, hint: str) -> None:
    """R-01, R-33: a slip of one letter, or of case, is a typo and not an extension."""
    with pytest.raises(MalformedError) as caught:
        check_names([name], ["trustStores", "name"], at="place")
    assert hint in (caught.value.hint or "")
    assert str(caught.value).startswith("place: unknown member")


def test_other_unknown_names_are_returned() -> None:
    """R-33: what resembles nothing is the caller's decision; short names resemble nothing."""
    assert check_names(["name", "extra", "trust"], ["name", "trustStores"], at="") == ("extra", "trust")
    assert check_names(["b"], ["a"], at="") == ("b",)


def test_members_have_their_types() -> None:
    """SEC-003: true is no integer, an absent member is no empty one, and the place is named."""
    source: dict[str, Any] = {"n": 1, "t": True, "s": "x", "l": ["a"], "o": {"a": "b"}, "f": 1.0}
    assert (member(source, "n", int), member(source, "s", str), member(source, "t", bool)) == (1, "x", True)
    assert strings(source["l"], at="l") == ("a",)
    assert string_map(source["o"], at="o") == {"a": "b"}
    for act, message in (
        (lambda: member(source, "t", int, at="p"), "p.t: must be an integer"),
        (lambda: member(source, "f", int), "f: must be an integer"),
        (lambda: member(source, "x", str, at="p"), "p: missing member 'x'"),
        (lambda: of_type(1, bool, at="b"), "b: must be true or false"),
        (lambda: of_type(1, bytes, at="b"), "b: must be bytes"),
        (lambda: strings(["a", 1], at="l"), "l[1]: must be a string"),
        (lambda: strings("ab", at="l"), "l: must be an array"),
        (lambda: string_map({"k": 1}, at="o"), "o['k']: must be a string"),
        (lambda: string_map([], at="o"), "o: must be an object"),
    ):
        with pytest.raises(MalformedError) as caught:
            act()
        assert str(caught.value) == message


def test_written_json_is_what_the_go_encoder_writes() -> None:
    """PAY-019: compact, with Go's escapes; sorted and indented on request."""
    value = {"b": '<&>\u2028\u2029\u00e9/"\\\n\x01', "a": [1, True, None]}
    assert write_json(value) == (
        '{"b":"\\u003c\\u0026\\u003e\\u2028\\u2029\u00e9/\\"\\\\\\n\\u0001","a":[1,true,null]}'
    )
    assert write_json(value, sort=True).startswith('{"a":')
    assert write_json({"a": {}}, indent="\t") == '{\n\t"a": {}\n}'
    assert json.loads(write_json(value)) == value
