# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "login": (
        "Log in to an OCI registry.\n\nThe password is asked for, or taken from standard input or "
        "$NOTATION_PASSWORD; on the command line other\nusers of the machine could read it. It is kept by "
        "a credential helper, never in a plain file.\n\nExample - Log in and be asked for the password:\n  "
        "notation-py login --username <user> registry.example.com\n\nExample - Log in with a password from "
        "a file:\n  notation-py login --username <user> --password-stdin registry.example.com < "
        "password.txt\n\nExample - Log in with $NOTATION_USERNAME and $NOTATION_PASSWORD:\n  notation-py "
        "login registry.example.com"
    ),
}
