# SPDX-License-Identifier: Apache-2.0
"""What one run of a command works with: streams, environment, directories, strictness, verbosity, clock.

Handlers get it as their second argument and write through it, so that nothing unescaped reaches a
terminal and a result that could not be written is never taken for success. Everything costly is made
when first asked for. Knows no command.

Spec: contract/cli.md 2.1, 2.5, 3, 9; security contract R-33, R-36, R-37. Requirements: CLI-002, CFG-001.
"""

from __future__ import annotations

import os
import sys

from .printable import printable, printable_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any, TextIO

    from ..adapters.configuration import Configuration
    from ..adapters.directories import Directories
    from ..adapters.files import Strictness
    from .parser import Request

QUIET, VERBOSE, DEBUG = 0, 1, 2
MAX_LINE = 64 * 1024
"""Characters of one line of standard input."""

_COLOURS = {"Error": "1;31", "Warning": "33"}
_SECRETS = {
    "username": "NOTATION_USERNAME",
    "password": "NOTATION_PASSWORD",
    "passphrase": "NOTATION_PY_KEY_PASSPHRASE",
}


class Secrets:
    """What the environment said about credentials, taken out of it; never shown."""

    __slots__ = ("passphrase", "password", "username")

    def __init__(self, username: str = "", password: str = "", passphrase: str = "") -> None:
        self.username = username
        self.password = password
        self.passphrase = passphrase

    @classmethod
    def taken_from(cls, environment: dict[str, str] | Any) -> Secrets:
        """Return the secrets in *environment*, which no longer holds them: no child process sees them."""
        return cls(**{name: environment.pop(variable, "") for name, variable in _SECRETS.items()})


class Session:
    """The surroundings of one command.

    Attributes:
        path: the command, such as `key add`.
        given: keys of the flags that stand on the line, even with their default value.
        surplus: positional words that the command does not use.
        environment: the variables, without those that held secrets.
        secrets: what those held.
        verbosity: QUIET, VERBOSE or DEBUG.
        platform: a `sys.platform` word.
    """

    __slots__ = (
        "_at",
        "_configuration",
        "_directories",
        "_said",
        "environment",
        "given",
        "path",
        "platform",
        "secrets",
        "surplus",
        "verbosity",
    )

    def __init__(
        self,
        path: str,
        *,
        given: frozenset[str] = frozenset(),
        environment: Mapping[str, str],
        secrets: Secrets,
        verbosity: int = QUIET,
        surplus: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.given = given
        self.environment = environment
        self.secrets = secrets
        self.verbosity = verbosity
        self.surplus = surplus
        self.platform = sys.platform
        self._at: datetime | None = None
        self._directories: Directories | None = None
        self._configuration: Configuration | None = None
        self._said: set[str] = set()

    @classmethod
    def of(cls, request: Request, secrets: Secrets) -> Session:
        """Return the surroundings in which *request* is done, in this process."""
        values = request.values
        return cls(
            request.command.path,
            given=frozenset(request.given),
            environment=os.environ,
            secrets=secrets,
            verbosity=DEBUG if values.get("debug") else VERBOSE if values.get("verbose") else QUIET,
            surplus=request.surplus,
        )

    @property
    def at(self) -> datetime:
        """The moment this run counts as now: read once, UTC."""
        if self._at is None:
            from datetime import UTC, datetime

            self._at = datetime.now(UTC)
        return self._at

    @property
    def directories(self) -> Directories:
        """Where the files are; the configuration directory has been checked."""
        if self._directories is None:
            from ..adapters.configuration import strictness_from
            from ..adapters.directories import Directories, check_directories

            found = Directories.from_environment(self.environment, self.platform)
            check_directories(found, strictness_from(self.environment), self.warn)
            self._directories = found
        return self._directories

    @property
    def configuration(self) -> Configuration:
        """The settings of `config.json`."""
        if self._configuration is None:
            from ..adapters.configuration import read_configuration, strictness_from
            from ..adapters.directories import check_directories

            asked = strictness_from(self.environment)
            self._configuration = read_configuration(self.directories, asked, self.warn)
            if self._configuration.strictness is not asked:
                check_directories(self.directories, self._configuration.strictness, self.warn)
        return self._configuration

    @property
    def strictness(self) -> Strictness:
        """HARDENED if the environment or `config.json` asks for it."""
        return self.configuration.strictness

    def say(self, text: str = "") -> None:
        """Write *text* and a line end to standard output; line feeds in it stay, other controls are escaped.

        Raises:
            OutputError: standard output does not take it.
        """
        self.write(printable_lines(text) + "\n")

    def write(self, text: str) -> None:
        """Write *text* to standard output as it is, and flush it.

        Raises:
            OutputError: standard output does not take it.
        """
        _make_room()
        try:
            stream = _open(sys.stdout)
            stream.write(text)
            stream.flush()
        except (OSError, ValueError) as error:
            raise lost(error) from error

    def write_bytes(self, data: bytes) -> None:
        """Write *data* to standard output: byte for byte, but escaped on a terminal.

        Raises:
            OutputError: standard output does not take it.
        """
        if sys.stdout is not None and sys.stdout.isatty():
            self.write(printable_lines(data.decode("utf-8", "backslashreplace")))
            return
        _make_room()
        try:
            stream = _open(sys.stdout)
            stream.flush()
            stream.buffer.write(data)
            stream.buffer.flush()
        except (OSError, ValueError) as error:
            raise lost(error) from error

    def warn(self, message: str) -> None:
        """Write `Warning: ` and *message* to standard error, once however often it comes."""
        if message not in self._said:
            self._said.add(message)
            complain(f"Warning: {printable(message)}")

    def warn_or_refuse(self, message: str, hint: str) -> None:
        """Warn of something unsafe that scripts of the Go program rely on.

        Raises:
            UsageError: with the strictness HARDENED, instead of the warning.
        """
        if self.strictness.value == "hardened":
            from ..errors import UsageError

            raise UsageError(message, hint=hint)
        self.warn(f"{message}; {hint}")

    def tell(self, message: str) -> None:
        """Explain a step on standard error, with `--verbose` or `--debug`."""
        self._log(VERBOSE, "info", printable(message))

    @property
    def is_debugging(self) -> bool:
        """Whether anybody reads what `trace` writes."""
        return self.verbosity >= DEBUG

    def trace(self, message: str, *, level: str = "debug") -> None:
        """Explain a detail on standard error, with `--debug`. *message* must hold no secret."""
        self._log(DEBUG, level, message)

    def _log(self, least: int, level: str, message: str) -> None:
        if self.verbosity >= least:
            from datetime import UTC, datetime

            moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            complain(f"time={moment}000Z level={level} msg={printable_lines(message)}")

    def read_line(self) -> str | None:
        """Return the next line of standard input without its end, or None at the end of the input.

        Raises:
            UsageError: the line is longer than `MAX_LINE`, or not text.
        """
        if sys.stdin is None:
            return None
        try:
            line = sys.stdin.readline(MAX_LINE + 1)
        except (OSError, ValueError):
            return None
        if len(line) > MAX_LINE:
            from ..errors import UsageError

            raise UsageError(f"a line of standard input is longer than {MAX_LINE} characters")
        return line.removesuffix("\n").removesuffix("\r") if line else None


def _open(stream: TextIO | Any) -> TextIO:
    if stream is None:
        raise OSError(9, "bad file descriptor")
    return stream


_occupant: Callable[[], None] | None = None


def before_writing(occupant: Callable[[], None] | None) -> None:
    """Call *occupant* before anything is written, so that it can take away what it has on the terminal."""
    global _occupant  # noqa: PLW0603 - there is one terminal
    _occupant = occupant


def _make_room() -> None:
    if _occupant is not None:
        _occupant()


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether *stream* is a terminal on which a line can be written anew, and words coloured."""
    return stream is not None and stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}


def _coloured(text: str) -> str:
    """Return *text* with its first word in colour, if that says how bad it is (https://no-color.org)."""
    word, colon, rest = text.partition(":")
    colour = _COLOURS.get(word)
    if not colon or colour is None or os.environ.get("NO_COLOR") or not is_terminal(sys.stderr):
        return text
    return f"\x1b[{colour}m{word}:\x1b[0m{rest}"


def complain(text: str) -> None:
    """Write *text*, already printable, and a line end to standard error, if there is somebody to read it."""
    _make_room()
    try:
        if sys.stderr is not None:
            sys.stderr.write(_coloured(text) + "\n")
            sys.stderr.flush()
    except (OSError, ValueError):
        return


def lost(error: Exception) -> Exception:
    """Return the error for a result that standard output did not take."""
    from .output import OutputError

    return OutputError.because(error)


def one_line(text: str) -> str:
    """Return *text* safe for a place inside a line of output."""
    return printable(text)
