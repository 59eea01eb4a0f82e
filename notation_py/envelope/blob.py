# SPDX-License-Identifier: Apache-2.0
"""What is particular about the signature of a blob: its target, its media type, its file's name.

The envelope is the same as an artifact's, and is kept in a file of its own beside the blob. Names are
text here; whether there is such a file is not known.

Spec: signature-specification, Blob Signatures; signing-and-verification-workflow, Blob.
Requirements: BLOB-001 to BLOB-003, BLOB-020, BLOB-021, BLOB-024, PAY-008 to PAY-010.
"""

from __future__ import annotations

import re

from ..descriptor import Descriptor
from ..digest import ContentDigest, HashAlgorithm
from ..errors import MalformedError, Outcome, UsageError
from ..reference import go_quote
from .model import EnvelopeFormat

DEFAULT_MEDIA_TYPE = "application/octet-stream"
MAX_MEDIA_TYPE = 1024
"""Characters of a media type that is signed or compared. Real ones have a few dozen."""

EXTENSIONS = {EnvelopeFormat.JWS: "jws", EnvelopeFormat.COSE: "cose"}
"""The part of a signature file's name before `.sig`."""

_FORMATS = {extension: known for known, extension in EXTENSIONS.items()}
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105  of RFC 2045, no secret
_TYPE = re.compile(rf"{_TOKEN}(?:/{_TOKEN})?")
_PARAMETER = re.compile(rf'\s*;\s*({_TOKEN})\s*=\s*({_TOKEN}|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*")')
_END = re.compile(r"[\s;]*")


def blob_descriptor(content: ContentDigest, algorithm: HashAlgorithm, media_type: str) -> Descriptor:
    """Return the descriptor of a blob, read once, by the hash of the key that signs it (PAY-008, PAY-009)."""
    digest, size = content(algorithm)
    return Descriptor(media_type, digest, size)


def check_media_type(text: str) -> None:
    """Return if *text* is a media type, with or without a subtype and parameters (PAY-010, BLOB-024).

    Raises:
        UsageError: it is empty, or none that every reader would take.
    """
    if not text:
        raise UsageError("content media-type cannot be empty", hint="the default is application/octet-stream")
    base = text.partition(";")[0]
    problem = _problem_of_type(base.strip()) or _problem_of_parameters(text[len(base) :])
    if not problem and not text.isprintable():
        problem = "unprintable character"
    if problem or len(text) > MAX_MEDIA_TYPE:
        shown = go_quote(text[:256])
        raise UsageError(f"invalid content media-type {shown}: mime: {problem or 'too long'}")


def _problem_of_type(base: str) -> str:
    if _TYPE.fullmatch(base):
        return ""
    kind, slash, subtype = base.partition("/")
    if not re.match(_TOKEN, kind):
        return "no media type"
    if not slash or not re.fullmatch(_TOKEN, kind):
        return "expected slash after first token"
    return (
        "unexpected content after media subtype"
        if re.match(_TOKEN, subtype)
        else "expected token after slash"
    )


def _problem_of_parameters(text: str) -> str:
    values: dict[str, str] = {}
    position = 0
    while found := _PARAMETER.match(text, position):
        name = found[1].lower()
        if values.setdefault(name, found[2]) != found[2]:
            return "duplicate parameter name"
        position = found.end()
    return "" if _END.fullmatch(text, position) else "invalid media parameter"


def signature_file_name(blob_name: str, format: EnvelopeFormat) -> str:  # noqa: A002  the specification's word
    """Return the name of the file for a signature of the blob called *blob_name*, without directory."""
    return f"{blob_name}.{EXTENSIONS[format]}.sig"


def format_of_file_name(name: str) -> EnvelopeFormat:
    """Return the format that the signature file called *name*, without directory, says it has (BLOB-020).

    Raises:
        UsageError: it does not end in `.jws.sig` or `.cose.sig`.
    """
    parts = name.split(".")
    hint = "a signature file is called like app.tar.jws.sig or app.tar.cose.sig"
    if len(parts) < 2 or parts[-1].lower() != "sig":
        raise UsageError(f"invalid signature filename {name}. The file extension must be .sig", hint=hint)
    if len(parts) < 3:
        raise UsageError(
            f"invalid signature filename {name}. A valid signature file name must contain signature format "
            "and .sig file extension",
            hint=hint,
        )
    extension = parts[-2].lower()
    if extension not in _FORMATS:
        raise UsageError(
            f"signature format {go_quote(extension)} not supported\n"
            'Supported signature envelope formats are "jws" and "cose"',
            hint=hint,
        )
    return _FORMATS[extension]


def format_by_content(data: bytes) -> EnvelopeFormat:
    """Return the only format of which *data* can be an envelope, by its first byte (BLOB-021).

    Raises:
        MalformedError: none of the two.
    """
    if data[:1] == b"\xd2":
        return EnvelopeFormat.COSE
    if data.lstrip(b" \t\r\n")[:1] == b"{":
        return EnvelopeFormat.JWS
    raise MalformedError(
        "the signature is neither a JWS nor a COSE envelope",
        hint="give the signature file, not the blob",
        outcome=Outcome.INTEGRITY,
    )
