# SPDX-License-Identifier: Apache-2.0
"""What to do next about errors whose makers know no command line, and so gave no hint of their own.

Goes by the words of the message, and only ever adds a line to it; imported when something has failed.

Spec: contract/cli.md 2.5. Requirements: CLI-002.
"""

from __future__ import annotations

from .parser import PROGRAM

_ADVICE = (
    (": connection refused", "check name and port, and that something listens there"),
    (": no such host ", "check the spelling of the name, and that this machine can resolve it"),
    (
        "trust policy is not present",
        f"make one: {PROGRAM} policy init, or {PROGRAM} blob policy init for files",
    ),
    (
        "failed to create OCI store: ",
        "what stands before the tag or digest is the directory of an image layout",
    ),
    ("found more than one plugin executable files", "install each with a package of its own"),
    ("at least one signature was skipped", "each warning names a signature and says what is wrong with it"),
    (" artifacts were not verified", "each error names an artifact and says why"),
    (
        "a credentials store is required",
        "install a docker-credential program, and name it as credsStore in config.json",
    ),
    (": invalid config format: ", "mend the file, or move it away"),
    ("signing key with name ", f"use another name, or take the old one off the list: {PROGRAM} key delete"),
    (" is not a regular file", "put the file itself there, in place of a link or a directory"),
    (" is not a regular directory", "put the directory itself there, in place of a link"),
    ("failed to read the trusted certificate ", f"replace the file, or take it out: {PROGRAM} cert delete"),
    ("failed to validate the trusted certificate ", f"take it out: {PROGRAM} cert delete, and add its root"),
    ("is not a root CA certificate", f"take it out: {PROGRAM} cert delete, and add its root"),
    ("docker-credential-", "the program that keeps credentials said so; try it by itself"),
)


def advice(message: str) -> str | None:
    """Return what to do about an error that says *message*, if that is known."""
    return next((text for words, text in _ADVICE if words in message), None)
