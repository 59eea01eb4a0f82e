# SPDX-License-Identifier: Apache-2.0
"""What is fuzzed of blobs: media types, names of signature files, signatures without a name, inspection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath

from notation_py.cli.inspection import read_inspection, signature_document, signature_lines
from notation_py.envelope.blob import (
    check_media_type,
    format_by_content,
    format_of_file_name,
    signature_file_name,
)
from notation_py.envelope.model import EnvelopeFormat
from notation_py.errors import NotationError
from notation_py.verification.outcome import VerificationFailedError
from tests.fuzz.targets import CBOR_WORDS, JSON_WORDS, Target
from tests.simulator.blobs import BlobScenario

_SCENARIO = BlobScenario()
_SIGNED = {
    known: _SCENARIO.sign(format=known, user_metadata={"builder": "ci"}).envelope for known in EnvelopeFormat
}


def _media_type(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    check_media_type(text)
    if not text.isprintable() or not text.strip():
        raise AssertionError(f"{text!r} is no media type")


def _file_name(data: bytes) -> None:
    name = data.decode("utf-8", "replace")
    with suppress(NotationError):
        known = format_of_file_name(name)
        if not name.lower().endswith(signature_file_name("", known)):
            raise AssertionError(f"{name!r} is not a name of {known}")
    made = signature_file_name(PurePosixPath(name).name, EnvelopeFormat.JWS)
    if format_of_file_name(made) is not EnvelopeFormat.JWS:
        raise AssertionError(f"{made!r} is not read as it was written")


def _signature(data: bytes) -> None:
    try:
        verified = _SCENARIO.verify(data)
    except VerificationFailedError:
        return
    if verified.target is None or verified.target.annotations != {"builder": "ci"}:
        raise AssertionError("a signature that was not made was accepted")


def _inspected(data: bytes) -> None:
    inspection = read_inspection("fuzz.jws.sig", data, format_by_content(data))
    signature_document(inspection)
    if any("\n" in line for line in signature_lines(inspection)):
        raise AssertionError("a signature forges lines")


def blob_targets() -> Iterator[Target]:
    """Yield what is fuzzed of blobs."""
    signatures = tuple(_SIGNED.values())
    words = (*JSON_WORDS, *CBOR_WORDS)
    yield Target(
        "blob-media-type",
        _media_type,
        (b"application/octet-stream", b'text/plain; charset="utf-8"; a=b', b"other-media-type"),
        (b"/", b";", b"=", b'"', b"\\", b"\0", b"\xc2\xa0", b"*0*=", b" "),
    )
    yield Target(
        "blob-file-name",
        _file_name,
        (b"app.tar.jws.sig", b"A.COSE.SIG", b"sig", b"../.jws.sig"),
        (b".", b".sig", b".jws", b".cose", b"\0", b"/", b"\xc4\xb0", b"\xe2\x84\xaa", b"\n"),
    )
    yield Target("blob-signature", _signature, signatures, words)
    yield Target("blob-inspection", _inspected, signatures, words)
