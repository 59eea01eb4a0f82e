# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "list": (
        "List all the signatures associated with signed artifact.\n\nExample - List the signatures of the "
        "artifact with this digest:\n  notation-py list <registry>/<repository>@<digest>\n\nExample - List "
        "the signatures of what a tag points to now:\n  notation-py list <registry>/<repository>:<tag>\n\n"
        "Example - List the signatures in an OCI image layout directory:\n  notation-py list --oci-layout "
        '"<path>@<digest>"'
    ),
}
