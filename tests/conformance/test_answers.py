# SPDX-License-Identifier: Apache-2.0
"""What a program says, read: words of the Go program and of ours, and verdicts that are exit codes alone."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from notation_py.conformance.answer import Answer, Kind
from notation_py.conformance.judging import CHECK, OUTPUT, difference
from notation_py.conformance.loading import load
from notation_py.conformance.places import suite_directory
from notation_py.conformance.processes import MAX_OUTPUT, Ran
from notation_py.conformance.reading import answer_of
from notation_py.conformance.vector import Expected, Verdict

GOOD = load(suite_directory() / "jws/minimal")
GO = "time=2026-01-01T00:00:00Z level={level} msg={text}\n"


def failed(check: str, reason: str) -> str:
    """Return the line of a debug log for a validation that failed."""
    return GO.format(level="error", text=f"{check} validation failed. Failure reason: {reason}")


def all_failed(reason: str = "") -> str:
    """Return what the Go program says when no signature verified, *reason* being that of one of them."""
    text = f"Signature sha256:1 failed verification with error: {reason}"
    one = GO.format(level="warning", text=text) if reason else ""
    return f"{one}Error: signature verification failed for all the signatures associated with a@sha256:1\n"


def error(text: str) -> str:
    return f"Error: {text}\n"


NO_STORE = 'the trust store "x" of type "ca" does not exist'
NO_SIGNATURE = 'signature verification failed: no signature is associated with "a"'
NO_STATEMENT = 'signature verification failed: artifact "a" has no applicable oci trust policy statement.'
NO_VERSION = "failed to validate OCI trust policy configuration: oci trust policy document has empty version"
OTHER_BLOB = "signature verification failed: integrity check failed. signature does not match the given blob"
TWO_LINES = 'signature format "x" not supported\nSupported signature envelope formats are "jws" and "cose"'
DEBUG = GO.format(level="debug", text="Validating expiry, plugin, trust store")

REFUSALS = {
    "validation": (failed("expiry", "x") + all_failed(), {"expiry"}),
    "one signature": (all_failed("content descriptor mismatch"), {"artifact"}),
    "payload": (all_failed("json: cannot unmarshal"), {"integrity"}),
    "trust store": (failed("authenticity", NO_STORE) + error(NO_STORE), {"authenticity", "trust-store"}),
    "no signature": (error(NO_SIGNATURE), {"no-signature"}),
    "no statement": (error(NO_STATEMENT), {"policy"}),
    "policy": (error(NO_VERSION), {"policy"}),
    "blob": (error(OTHER_BLOB), {"artifact"}),
    "reference": (error('"a": invalid reference: missing registry or repository.'), {"reference"}),
    "two lines": (error(TWO_LINES), {"usage"}),
    "nothing known": (error("something else"), set()),
    "debug log only": (DEBUG + error("x"), set()),
}


@pytest.mark.parametrize(("text", "checks"), REFUSALS.values(), ids=list(REFUSALS))
def test_checks_are_read_where_a_program_gives_reasons(text: str, checks: set[str]) -> None:
    """VER-080: reasons count, the rest of a debug log does not."""
    answer = answer_of(Ran(1, "", text, 0.1))
    assert (answer.kind, set(answer.failed)) == (Kind.REFUSE, checks)


@pytest.mark.parametrize(
    "text",
    ["a" * MAX_OUTPUT, "Error: " + "verification time " * 200_000, "Error: trust store x\n" * 200_000],
    ids=["one word", "half of a sentence", "many sentences"],
)
def test_what_a_client_says_is_read_in_little_time(text: str) -> None:
    """R-10: no client keeps the runner busy with what it prints, in the 4 MiB that are kept of it."""
    started = time.process_time()
    assert answer_of(Ran(1, "", text, 0.1)).kind is Kind.REFUSE
    assert time.process_time() - started < 10


def test_logged_checks_are_read_from_warnings_and_log() -> None:
    """VER-081: in both programs' words; other warnings are none."""
    log = 'expiry validation failed with validation action set to "logged". Failure reason: x'
    text = GO.format(level="warning", text=log)
    text += 'Warning: revocation was set to "log" and failed with error: y\nWarning: something\n'
    answer = answer_of(Ran(0, "", text, 0.1))
    assert (answer.kind, set(answer.logged), set(answer.failed)) == (
        Kind.ACCEPT,
        {"expiry", "revocation"},
        set(),
    )


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (0, "", Kind.ACCEPT),
        (1, "", Kind.REFUSE),
        (2, "", Kind.CRASH),
        (-11, "", Kind.CRASH),
        (None, "", Kind.HANG),
        (0, "panic: runtime error", Kind.CRASH),
        (1, "x\nTraceback (most recent call last):\n", Kind.CRASH),
        (1, "Error: the file 'panic: x' is missing", Kind.REFUSE),
    ],
)
def test_kind_of_an_answer(code: int | None, text: str, kind: Kind) -> None:
    """CLI-002: 0 and 1 are verdicts unless the program broke down."""
    assert answer_of(Ran(code, "", text, 0.1)).kind is kind


EXPECTATIONS = {
    "text": (Expected(stdout=("right",)), Answer(Kind.ACCEPT, out="wrong"), "lacks 'right'"),
    "other text": (Expected(not_stdout=("wrong",)), Answer(Kind.ACCEPT, out="wrong"), "has 'wrong'"),
    "JSON": (Expected(json={"/a/0": 1}), Answer(Kind.ACCEPT, out='{"a": [2]}'), "expected 1, found 2"),
    "no place": (Expected(json={"/a/1": 1}), Answer(Kind.ACCEPT, out='{"a": [2]}'), "nothing at /a/1"),
    "no JSON": (Expected(json={"/a": 1}), Answer(Kind.ACCEPT, out="{"), "not JSON"),
    "fetched": (Expected(fetched=("http://a.test/",)), Answer(Kind.ACCEPT), "was not asked"),
    "not fetched": (
        Expected(not_fetched=("http://a.test/",)),
        Answer(Kind.ACCEPT, asked=("http://a.test/x",)),
        "was asked",
    ),
    "signatures": (Expected(signatures=2), Answer(Kind.ACCEPT, signatures=1), "the artifact has 1"),
    "written": (Expected(written=("a",)), Answer(Kind.ACCEPT, there={"a": False}), "a was not written"),
    "not written": (Expected(not_written=("a",)), Answer(Kind.ACCEPT, there={"a": True}), "a was written"),
    "new signature": (Expected(), Answer(Kind.ACCEPT, faults=("it is not intact",)), "it is not intact"),
}


@pytest.mark.parametrize(("expected", "answer", "reason"), EXPECTATIONS.values(), ids=list(EXPECTATIONS))
def test_expectation_that_is_not_met_is_a_difference(expected: Expected, answer: Answer, reason: str) -> None:
    """Each expectation besides the verdict fails by itself, and holds where it is met."""
    found = difference(replace(GOOD, expected=expected), answer)
    assert found is not None
    assert (found.outcome, reason in found.reasons[0]) == (OUTPUT, True)
    met = Answer(
        Kind.ACCEPT,
        out='{"right": 1, "a": [1, 1]}',
        asked=("http://a.test/",) if expected.fetched else (),
        signatures=expected.signatures,
        there={"a": bool(expected.written)},
    )
    wanted = replace(expected, json={"/a/0": 1} if expected.json else {})
    assert difference(replace(GOOD, expected=wanted), met) is None


def test_logged_failures_have_to_be_the_ones_of_the_vector() -> None:
    """VER-081: others, or fewer where the client names any, are another check."""
    vector = replace(GOOD, logged=("expiry",))
    assert difference(vector, Answer(Kind.ACCEPT, logged=frozenset({"expiry"}))) is None
    assert difference(vector, Answer(Kind.ACCEPT)) is None
    found = difference(vector, Answer(Kind.ACCEPT, logged=frozenset({"revocation"})))
    assert (found and found.outcome) == CHECK
    found = difference(GOOD, Answer(Kind.ACCEPT, logged=frozenset({"expiry"})))
    assert (found and found.outcome) == CHECK
    assert difference(vector, Answer(Kind.ACCEPT), strict_checks=True) is not None
    assert GOOD.expect is Verdict.ACCEPT
