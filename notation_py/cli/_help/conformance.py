# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "conformance": (
        "Hold a program to the conformance suite.\n\nExample - Run the suite with a program that has "
        "notation's command line:\n  notation-py conformance run --client notation\n\nExample - Show what "
        "a vector is about:\n  notation-py conformance show jws/minimal"
    ),
    "conformance run": (
        "Run the vectors with a client, each in a world of its own, and compare its answers.\n\nThe client "
        "is started offline in a temporary home, with a registry and servers for revocation data and\ntime "
        "stamps of its own. The exit code is 0 only if nothing unexpected happened. How a client is spoken "
        "to\nis written in conformance/PROTOCOL.md.\n\nExample - Run everything with a program, and write "
        "a report:\n  notation-py conformance run --client ./my-notation --html report.html\n\nExample - "
        "Run the Go program, whose differences are known:\n  notation-py conformance run --client notation "
        "--known notation-1.3\n\nExample - Run one area with the library of this program:\n  notation-py "
        "conformance run --in-process --only 'jws/*'"
    ),
    "conformance list": (
        "List the vectors with what they expect.\n\nExample - List the vectors of one area:\n  notation-py "
        "conformance list --only 'revocation/*'"
    ),
    "conformance show": (
        "Show a vector: what it is about, the command that a client gets, and its files.\n\nExample - Show "
        "a vector:\n  notation-py conformance show jws/minimal"
    ),
    "conformance report": (
        "Compare runs of several clients: a table, and a report for people or a picture.\n\nExample - Lay "
        "two runs side by side:\n  notation-py conformance report --html both.html mine.json theirs.json"
    ),
}
