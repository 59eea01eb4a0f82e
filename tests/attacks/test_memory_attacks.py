# SPDX-License-Identifier: Apache-2.0
"""Hostile envelopes of ten megabytes: refused, in linear time, within 64 MB of memory.

Attacks 6, 30, 37, 38 of the security contract. One process imports the readers and forks for each
input, so that each starts from the same size; what counts is the growth of its resident memory.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from notation_py.envelope.model import EnvelopeFormat
from tests.simulator.envelopes import PAYLOAD, SCHEME, cbor, cose, head, header, jws, labels

SIZE = 10_000_000
LIMIT_KIB = 64_000_000 // 1024
SECONDS = 5

MEASURE = """
import os, resource, sys, time
from notation_py.certificates.chain import ChainMemo
from notation_py.envelope import cose, formats, jws, payload
from notation_py.envelope.integrity import verify_integrity
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import NotationError

def judge(path, form):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open(path, "rb") as file:
        data = file.read()
    start = time.process_time()
    try:
        verify_integrity(formats.parse(data, EnvelopeFormat[form]), ChainMemo())
        word = "ACCEPT"
    except NotationError as error:
        word = error.outcome.value
    spent = time.process_time() - start
    print(word, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, spent, flush=True)

for line in sys.stdin:
    path, form = line.split()
    child = os.fork()
    if not child:
        judge(path, form)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("CRASH 0 0", flush=True)
"""


def base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def filled(members: bytes) -> bytes:
    return b'{"payload":"' + members + b'"}'


def framed(**texts: bytes) -> bytes:
    """Return a JWS envelope with the right header and the given texts, whose signature is nonsense."""
    good = {
        "payload": base64url(PAYLOAD),
        "protected": base64url(json.dumps(header()).encode()),
        "header": json.dumps(json.loads(jws())["header"]).encode(),
        "signature": b"A" * 86,
    } | texts
    quoted = {name: text if name == "header" else b'"' + text + b'"' for name, text in good.items()}
    return b"{" + b",".join(b'"' + name.encode() + b'":' + text for name, text in quoted.items()) + b"}"


def message(**items: bytes) -> bytes:
    """Return a COSE envelope with the given encoded items instead of the right ones."""
    good = {"protected": cbor(cbor(labels())), "unprotected": cbor({33: [b"x"]})}
    good |= {"payload": cbor(PAYLOAD), "signature": cbor(b"s")} | items
    return b"\xd2\x84" + b"".join(good.values())


def hidden(text: bytes) -> bytes:
    return b"A" * (SIZE // 4 * 4) + text


INPUTS: dict[str, tuple[EnvelopeFormat, Callable[[], bytes]]] = {
    "jws-nested": (EnvelopeFormat.JWS, lambda: b"[" * SIZE),
    "jws-nested-objects": (EnvelopeFormat.JWS, lambda: b'{"a":' * (SIZE // 5)),
    "jws-empty-arrays": (EnvelopeFormat.JWS, lambda: b"[" + b"[]," * (SIZE // 3) + b"0]"),
    "jws-strings-behind-brackets": (EnvelopeFormat.JWS, lambda: b"[" * 40 + b'"a\\"' * (SIZE // 4)),
    "jws-open-string-behind-brackets": (EnvelopeFormat.JWS, lambda: b"[" * 40 + b'"' + b"a" * SIZE),
    "jws-backslashes-behind-brackets": (EnvelopeFormat.JWS, lambda: b"[" * 40 + b'"\\' * (SIZE // 2)),
    "jws-emoji": (EnvelopeFormat.JWS, lambda: filled(b"a" * SIZE + "\U0001f600".encode())),
    "jws-escaped-emoji": (EnvelopeFormat.JWS, lambda: filled(b"a" * SIZE + b"\\ud83d\\ude00")),
    "jws-escaped-letter": (EnvelopeFormat.JWS, lambda: filled(b"a" * SIZE + b"\\u0100")),
    "jws-escapes": (EnvelopeFormat.JWS, lambda: filled(b"\\n" * (SIZE // 2))),
    "jws-unicode-escapes": (EnvelopeFormat.JWS, lambda: filled(b"\\u0041" * (SIZE // 6))),
    "jws-integer": (EnvelopeFormat.JWS, lambda: b"[" + b"1" * SIZE + b"]"),
    "jws-float": (EnvelopeFormat.JWS, lambda: b"[1." + b"1" * SIZE + b"]"),
    "jws-white-space": (EnvelopeFormat.JWS, lambda: b" " * SIZE + jws() + b"x"),
    "jws-member-name": (EnvelopeFormat.JWS, lambda: b'{"' + b"a" * SIZE + b'":1}'),
    "jws-payload": (EnvelopeFormat.JWS, lambda: framed(payload=hidden(b""))),
    "jws-payload-nested": (EnvelopeFormat.JWS, lambda: framed(payload=base64url(b"[" * (SIZE * 3 // 4)))),
    "jws-protected": (EnvelopeFormat.JWS, lambda: framed(protected=hidden(b""))),
    "jws-signature": (EnvelopeFormat.JWS, lambda: framed(signature=hidden(b""))),
    "jws-certificate": (EnvelopeFormat.JWS, lambda: framed(header=b'{"x5c":["' + hidden(b'"]}'))),
    "jws-certificates": (
        EnvelopeFormat.JWS,
        lambda: framed(header=b'{"x5c":[' + b'"AAAA",' * (SIZE // 7) + b'""]}'),
    ),
    "jws-signed-payload": (
        EnvelopeFormat.JWS,
        lambda: jws(payload=b'{"targetArtifact":"' + b"a" * (SIZE * 3 // 4) + b'"}'),
    ),
    "jws-signed-deep-payload": (EnvelopeFormat.JWS, lambda: jws(payload=b"[" * (SIZE * 3 // 4))),
    "jws-signed-emoji-payload": (
        EnvelopeFormat.JWS,
        lambda: jws(payload=b'{"targetArtifact":"' + b"a" * (SIZE * 3 // 4) + b'\\ud83d\\ude00"}'),
    ),
    "cose-empty-arrays": (EnvelopeFormat.COSE, lambda: b"\xd2\x84" + head(4, SIZE) + b"\x80" * SIZE),
    "cose-nested": (EnvelopeFormat.COSE, lambda: b"\xd2\x84" + b"\x81" * SIZE),
    "cose-nested-maps": (EnvelopeFormat.COSE, lambda: b"\xd2\x84" + b"\xa1\x00" * (SIZE // 2)),
    "cose-huge-array": (EnvelopeFormat.COSE, lambda: b"\xd2\x84" + head(4, 1 << 40) + b"\x00" * SIZE),
    "cose-huge-bytes": (EnvelopeFormat.COSE, lambda: b"\xd2\x84" + head(2, 1 << 40) + b"\x00" * 20),
    "cose-payload": (EnvelopeFormat.COSE, lambda: message(payload=cbor(b"a" * SIZE))),
    "cose-signature": (EnvelopeFormat.COSE, lambda: message(signature=cbor(b"a" * SIZE))),
    "cose-protected": (EnvelopeFormat.COSE, lambda: message(protected=cbor(b"\x81" * SIZE))),
    "cose-certificate": (EnvelopeFormat.COSE, lambda: message(unprotected=cbor({33: [b"x" * SIZE]}))),
    "cose-text": (EnvelopeFormat.COSE, lambda: message(unprotected=cbor({"a": "a" * SIZE}))),
    "cose-emoji": (EnvelopeFormat.COSE, lambda: message(unprotected=cbor({"a": "a" * SIZE + "\U0001f600"}))),
    "cose-label": (EnvelopeFormat.COSE, lambda: message(unprotected=cbor({"a" * SIZE: 1}))),
    "cose-trailing": (EnvelopeFormat.COSE, lambda: cose() + b"\x00" * SIZE),
    "cose-signed-payload": (EnvelopeFormat.COSE, lambda: cose(payload=b"a" * SIZE)),
    "cose-signed-deep-payload": (EnvelopeFormat.COSE, lambda: cose(payload=b"[" * SIZE)),
    "cose-signed-text-payload": (
        EnvelopeFormat.COSE,
        lambda: cose(payload=b'{"targetArtifact":"' + b"a" * SIZE + b'"}'),
    ),
    "cose-signed-header": (
        EnvelopeFormat.COSE,
        lambda: cose(protected=labels("EC-256", {2: [SCHEME], "a": ["a"] * 500_000})),
    ),
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, int, float]]:
    """Word, growth in KiB and seconds for each input."""
    directory = tmp_path_factory.mktemp("hostile")
    found: dict[str, tuple[str, int, float]] = {}
    process = subprocess.Popen(
        [sys.executable, "-c", MEASURE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for name, (form, build) in INPUTS.items():
            path = directory / name
            path.write_bytes(build())
            process.stdin.write(f"{path} {form.name}\n")
            process.stdin.flush()
            word, growth, seconds = process.stdout.readline().split()
            found[name] = word, int(growth), float(seconds)
            path.unlink()
        process.stdin.close()
    return found


@pytest.mark.parametrize("name", INPUTS)
def test_hostile_envelope_is_refused_within_its_budgets(
    name: str, measured: dict[str, tuple[str, int, float]]
) -> None:
    """Attacks 6, 30, 37, 38; SEC-001, R-01, R-03, R-10: 10 MB in at most 64 MB and five seconds."""
    word, growth, seconds = measured[name]
    assert word in {"INTEGRITY", "AUTHENTICITY", "LIMIT"}
    assert growth <= LIMIT_KIB, f"grew by {growth} KiB"
    assert seconds < SECONDS
