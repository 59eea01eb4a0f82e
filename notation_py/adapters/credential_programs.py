# SPDX-License-Identifier: Apache-2.0
"""Credential helpers: programs that keep secrets for us, run with as little as they need.

A helper is `docker-credential-<suffix>` in an absolute directory of PATH, started without a shell,
with a short list of environment variables, a time limit and a limit on what it may say. What it
says is read as strictly as anything from outside. Knows nothing about configuration files.

Spec: docker-credential-helpers protocol. Requirements: SIG-057, PLG-030, SEC-001, R-30, R-36.
"""

from __future__ import annotations

import os
import string
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..document import parse_json, write_json
from ..errors import MalformedError, Outcome, UnavailableError
from ..reference import go_quote
from .program_environment import program_environment
from .traces import unheard
from .urls import visible

if TYPE_CHECKING:
    from subprocess import Popen

PREFIX = "docker-credential-"
TIMEOUT = 60.0
"""Seconds: a helper may wait for a person who unlocks a key ring."""
MAX_OUTPUT = 64 << 10
MAX_INPUT = 32 << 10
NOT_FOUND = "credentials not found in native keychain"
TOKEN_USERNAME = "<token>"  # noqa: S105 - the word that marks an identity token

_SUFFIX = frozenset(string.ascii_letters + string.digits + "_.-")


@dataclass(frozen=True, slots=True)
class HelperCredential:
    """What a helper keeps for a server: a user name, or `<token>`, and a secret that is never shown."""

    username: str
    secret: str = field(repr=False)

    @property
    def is_identity_token(self) -> bool:
        """Whether the secret is an identity token rather than a password."""
        return self.username == TOKEN_USERNAME


def default_suffix(environ: Mapping[str, str], platform: str) -> str | None:
    """Return the suffix of the system's own helper if it is installed, as the Go program chooses it."""
    if platform == "darwin":
        suffix = "osxkeychain"
    elif platform == "win32":
        suffix = "wincred"
    else:
        suffix = "pass" if find_program("pass", environ) else "secretservice"
    return suffix if find_program(PREFIX + suffix, environ) else None


def find_program(name: str, environ: Mapping[str, str]) -> Path | None:
    """Return the first executable file *name* in an absolute directory of PATH, or None.

    Relative and empty entries, which would mean the working directory, are passed over.
    """
    endings = ("", ".exe") if sys.platform == "win32" else ("",)
    directories = (Path(entry) for entry in environ.get("PATH", "").split(os.pathsep) if entry)
    candidates = (
        directory / f"{name}{ending}"
        for directory in directories
        if directory.is_absolute()
        for ending in endings
    )
    return next((path for path in candidates if path.is_file() and os.access(path, os.X_OK)), None)


class CredentialHelper:
    """One helper program.

    Args:
        suffix: the word behind `docker-credential-`; letters, digits, `_`, `.` and `-`.
        environ: where PATH and what may be passed on come from. note: hears of each start and end.

    Raises:
        UnavailableError: with outcome AUTH: a suffix with other characters; nothing is started.
    """

    def __init__(
        self,
        suffix: str,
        environ: Mapping[str, str] = os.environ,
        *,
        timeout: float = TIMEOUT,
        note: Callable[[str], None] = unheard,
    ) -> None:
        if not suffix or not _SUFFIX.issuperset(suffix) or len(suffix) > 128:
            raise _failed(f"invalid credential helper name {visible(suffix, 128)!r}")
        self.name = PREFIX + suffix
        self._environ = environ
        self._timeout = timeout
        self._note = note

    def credential_for(self, server: str) -> HelperCredential | None:
        """Return what the helper keeps for *server*, or None if it says that it keeps nothing."""
        status, output = self._run("get", server.encode("utf-8"))
        if status != 0:
            if output.decode("utf-8", "replace").strip() == NOT_FOUND:
                return None
            raise self._refused("get", status, output)
        return self._read(output, server)

    def store(self, server: str, username: str, secret: str) -> None:
        """Have the helper keep *secret* for *server*, in place of what it had."""
        request = {"ServerURL": server, "Username": username, "Secret": secret}
        status, output = self._run("store", write_json(request).encode("utf-8"))
        if status != 0:
            raise self._refused("store", status, output, hidden=secret)

    def erase(self, server: str) -> None:
        """Have the helper forget *server*; to have known nothing of it is not an error."""
        status, output = self._run("erase", server.encode("utf-8"))
        if status != 0 and output.decode("utf-8", "replace").strip() != NOT_FOUND:
            raise self._refused("erase", status, output)

    def _refused(self, action: str, status: int, output: bytes, hidden: str = "") -> UnavailableError:
        text = output.decode("utf-8", "replace").strip()
        shown = "" if hidden and hidden in text else visible(text)
        return _failed(f"{self.name} {action} ended with status {status}" + (f": {shown}" if shown else ""))

    def _read(self, output: bytes, server: str) -> HelperCredential:
        try:
            document: Any = parse_json(
                output, what=f"answer of {self.name}", max_bytes=MAX_OUTPUT, max_items=64
            )
        except MalformedError as error:
            raise _failed(error.message) from error
        answer = document if isinstance(document, dict) else {}
        username, secret = answer.get("Username"), answer.get("Secret")
        if not isinstance(username, str) or not isinstance(secret, str):
            raise _failed(f"answer of {self.name} has no Username and Secret")
        about = answer.get("ServerURL", "")
        if not isinstance(about, str) or (about and server_host(about) != server_host(server)):
            raise _failed(f"{self.name} answered for another server, {visible(str(about))!r}")
        return HelperCredential(username, secret) if username or secret else _nothing(self.name)

    def _run(self, action: str, request: bytes) -> tuple[int, bytes]:
        """Return exit status and standard output; the helper and what it started are gone afterwards."""
        from subprocess import DEVNULL, PIPE, Popen

        program = find_program(self.name, self._environ)
        if program is None:
            raise _failed(
                f"exec: {go_quote(self.name)}: executable file not found in $PATH",
                f"install {self.name}, or change the credsStore or credHelpers setting",
            )
        if len(request) > MAX_INPUT or b"\n" in request or b"\x00" in request:
            raise _failed(f"{self.name}: the request cannot be sent")
        try:
            process = Popen(  # noqa: S603 - an absolute path found above, no shell
                [str(program), action],
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=program_environment(self._environ),
                start_new_session=True,
            )
        except OSError as error:
            raise _failed(f"cannot start {self.name}: {(error.strerror or 'unknown').lower()}") from error
        self._note(f"started executing credential helper program {self.name} with action {action}")
        with process:
            try:
                status, output = self._converse(process, request)
            finally:
                _end(process)
        how = "failed" if status else "successfully finished"
        self._note(f"{how} executing credential helper program {self.name} with action {action}")
        return status, output

    def _converse(self, process: Popen[bytes], request: bytes) -> tuple[int, bytes]:
        from threading import Thread

        from .exit_codes import awaited_exit_code

        deadline = time.monotonic() + self._timeout
        output: list[bytes] = []
        reader = Thread(target=_read_bounded, args=(process, output), daemon=True)
        reader.start()
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.write(request)
                process.stdin.close()
        reader.join(self._timeout)
        try:
            if reader.is_alive():
                raise _failed(f"{self.name} did not answer within {self._timeout:g} seconds")
            if sum(map(len, output)) > MAX_OUTPUT:
                raise _failed(f"{self.name} printed more than {MAX_OUTPUT} bytes")
            status = awaited_exit_code(process, max(0.1, deadline - time.monotonic()))
        except ChildProcessError as error:
            raise _failed(
                f"{self.name} ended, and its exit code is lost",
                "something in this process ignores SIGCHLD, or waits for children of others",
            ) from error
        finally:
            _end(process)
            reader.join(1.0)
        if status is None:
            raise _failed(f"{self.name} did not end within {self._timeout:g} seconds")
        return status, b"".join(output)


def _read_bounded(process: Popen[bytes], output: list[bytes]) -> None:
    with suppress(OSError, ValueError):
        if process.stdout is not None:
            output.append(process.stdout.read(MAX_OUTPUT + 1))


def _end(process: Popen[bytes]) -> None:
    """Kill what is left of the helper's process group."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            from signal import SIGKILL

            os.killpg(process.pid, SIGKILL)


def _nothing(name: str) -> HelperCredential:
    raise _failed(f"answer of {name} has an empty Username and Secret")


def _failed(message: str, hint: str | None = None) -> UnavailableError:
    return UnavailableError(message, hint=hint, outcome=Outcome.AUTH)


def server_host(server: str) -> str:
    """Return the `host[:port]` of a server key: without scheme and without path, otherwise untouched."""
    return server.removeprefix("https://").removeprefix("http://").partition("/")[0]
