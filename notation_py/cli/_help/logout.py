# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "logout": (
        "Log out from the logged in registries.\n\nExample - Forget the credential of a registry:\n  "
        "notation-py logout registry.example.com"
    ),
}
