# SPDX-License-Identifier: Apache-2.0
"""Strict base64 and base64url: one text for one byte string.

The library decoders skip foreign characters, accept both alphabets and ignore
the unused bits of the last character, so that many texts give the same bytes.
Here re-encoding always equals the input.

Spec: RFC 4648 sections 3.2, 3.5, 4, 5; RFC 7515 section 2. Requirements: JWS-003, JWS-005, R-02.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from .errors import MalformedError

MAX_CHARACTERS = 4 << 20
"""Longest text that is decoded, so that copies made on the way stay small; real ones have thousands."""

_FROM_URL = bytes.maketrans(b"-_+/=", b"+/***")  # an asterisk belongs to neither alphabet
_TO_URL = bytes.maketrans(b"+/", b"-_")
_PADDING = (b"", None, b"==", b"=")  # by length modulo 4; 1 cannot occur
_LAST = {1: "AEIMQUYcgkosw048", 2: "AQgw"}
"""By number of padding characters: those before them whose unused bits, two or four, are zero."""


def decode_base64(text: str, *, at: str, max_characters: int = MAX_CHARACTERS) -> bytes:
    """Return the bytes of padded standard base64 *text*.

    Args:
        at: where the text stands, for the error.
        max_characters: longest text that is decoded.

    Raises:
        MalformedError: a foreign character, white space, wrong padding or non-zero tail bits.
    """
    try:
        if len(text) % 4 or len(text) > max_characters:
            raise ValueError("no whole groups of four characters, or too many")
        data = a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise MalformedError("not valid padded base64", at=at) from error
    # Only the unused bits of the last character are left, and they exist only before padding.
    if text[-1:] == "=":
        padding = 2 if text[-2] == "=" else 1
        if text[-1 - padding] not in _LAST[padding]:
            raise MalformedError("base64 with non-zero tail bits", at=at)
    return data


def decode_base64url(text: str, *, at: str) -> bytes:
    """Return the bytes of unpadded base64url *text*.

    Raises:
        MalformedError: padding, a character outside the URL alphabet, white space or
            non-zero tail bits.
    """
    padding = _PADDING[len(text) % 4]
    try:
        if padding is None or len(text) > MAX_CHARACTERS:
            raise ValueError("a length that no byte string has, or too long")
        data = a2b_base64(text.encode("ascii").translate(_FROM_URL) + padding, strict_mode=True)
    except ValueError as error:
        raise MalformedError("not valid unpadded base64url", at=at) from error
    if padding and text[-1] not in _LAST[len(padding)]:
        raise MalformedError("base64 with non-zero tail bits", at=at)
    return data


def encode_base64(data: bytes) -> str:
    """Return *data* as padded standard base64."""
    return b2a_base64(data, newline=False).decode("ascii")


def encode_base64url(data: bytes) -> str:
    """Return *data* as unpadded base64url."""
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")
