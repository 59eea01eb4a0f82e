# SPDX-License-Identifier: Apache-2.0
"""Text that is safe on a terminal: what is not printable is shown as an escape.

A name in a registry or a certificate may hold characters that move the cursor, hide text or reverse
its direction. Everything the program writes as text goes through here; only its own line ends remain.

Spec: security contract R-36. Requirements: CLI-002, R-36.
"""

from __future__ import annotations

_LINE_PARTS = "\n\t"
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """Return *text* on one line: line ends, control and invisible characters are escaped."""
    return text if text.isprintable() else "".join(map(_shown, text))


def printable_lines(text: str) -> str:
    """Return *text* with its line feeds and tabs as they are and everything else like `printable`."""
    if text.isprintable():
        return text
    return "".join(character if character in _LINE_PARTS else _shown(character) for character in text)


def printable_json(text: str) -> str:
    """Return the JSON *text* with the same meaning, what is not printable written as JSON's own escapes."""
    if text.replace("\n", "").isprintable():
        return text
    from json import dumps

    return "".join(
        character if character == "\n" or character.isprintable() else dumps(character)[1:-1]
        for character in text
    )


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of an argument or file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return _ESCAPES.get(character) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
