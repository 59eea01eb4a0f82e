# SPDX-License-Identifier: Apache-2.0
"""Questions to the person at the keyboard, and secrets read without showing them.

A question needs no terminal: scripts answer it on standard input, as with the Go program. A secret
is never echoed, never shown, and never longer than a line.

Spec: contract/cli.md 7.5, 11; security contract R-37. Requirements: CLI-014, SGN-006.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import UsageError
from .session import MAX_LINE, Session


def confirmed(session: Session, question: str) -> bool:
    """Return whether the next line of standard input says yes to *question*, default no.

    A no is acknowledged; the end of the input is a no without a word.
    """
    session.write(f"{question} [y/N] ")
    answer = session.read_line()
    if answer is None:
        return False
    if answer.strip().lower() in {"y", "yes"}:
        return True
    session.say("Operation cancelled.")
    return False


def read_username(session: Session) -> str:
    """Return the user name asked for on standard output, trimmed; empty if the person wants to give a token.

    Raises:
        UsageError: the input has ended.
    """
    session.write("Username: ")
    answer = session.read_line()
    if answer is None:
        raise UsageError("error reading username: EOF")
    return answer.strip()


def read_secret(session: Session, prompt: str) -> str:
    """Return a secret: typed without echo on a terminal, otherwise the rest of standard input.

    Raises:
        UsageError: the terminal cannot hide what is typed, or the input is too long.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        return _typed(prompt)
    session.write(prompt)
    secret = read_rest()
    session.write("\n")
    return secret


def _typed(prompt: str) -> str:
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)  # shown on the terminal once the echo is off
        except getpass.GetPassWarning as error:
            raise UsageError("the terminal cannot hide what is typed", hint="use --password-stdin") from error
        except EOFError:
            return ""


def read_rest() -> str:
    """Return the rest of standard input without one line end at its end.

    Raises:
        UsageError: it is longer than `MAX_LINE` characters, or not text.
    """
    if sys.stdin is None:
        return ""
    try:
        text = sys.stdin.read(MAX_LINE + 1)
    except UnicodeDecodeError as error:
        raise UsageError("standard input is not UTF-8 text") from error
    if len(text) > MAX_LINE:
        raise UsageError(f"standard input has more than {MAX_LINE} characters")
    return text.removesuffix("\n").removesuffix("\r")


def passphrase_source(session: Session, passphrase_file: str) -> Callable[[], bytes] | None:
    """Return what asks for the passphrase of an encrypted key: the file, the environment or the terminal.

    None if there is none of them, so that nobody waits for an answer that cannot come.
    """
    if passphrase_file:
        return lambda: _from_file(session, passphrase_file)
    if session.secrets.passphrase:
        return session.secrets.passphrase.encode
    if sys.stdin is not None and sys.stdin.isatty():
        return lambda: read_secret(session, "Passphrase of the private key: ").encode()
    return None


def _from_file(session: Session, name: str) -> bytes:
    from ..adapters.key_files import read_passphrase

    return read_passphrase(Path(name), session.strictness, session.warn)
