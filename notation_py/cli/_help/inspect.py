# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "inspect": (
        "Inspect all signatures associated with the signed artifact.\n\nShows what the signatures say. "
        'Nothing is verified: use "notation-py verify" to know whether to trust it.\n\nExample - Inspect '
        "the signatures of the artifact with this digest:\n  notation-py inspect "
        "<registry>/<repository>@<digest>\n\nExample - Inspect for a program to read:\n  notation-py "
        "inspect --output json <registry>/<repository>@<digest>"
    ),
}
