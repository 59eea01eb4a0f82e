# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "verify": (
        'Verify OCI artifacts.\n\nNeeds a trust policy ("notation-py policy init") and trusted '
        'certificates ("notation-py cert add").\nWith several references each gets its own verdict; the '
        "exit code is 0 only if every one is verified.\n\nExample - Verify the artifact with this digest:\n"
        "  notation-py verify <registry>/<repository>@<digest>\n\nExample - Verify what a tag points to "
        "now:\n  notation-py verify <registry>/<repository>:<tag>\n\nExample - Verify two artifacts, for a "
        "program to read:\n  notation-py verify --output json <registry>/<repository>@<digest> "
        "<registry>/<other>@<digest>\n\nExample - Require metadata in the signature:\n  notation-py verify "
        "--user-metadata builder=ci <registry>/<repository>@<digest>\n\nExample - Refuse if somebody "
        "weakened the trust policy:\n  notation-py verify --min-level strict "
        "<registry>/<repository>@<digest>\n\nExample - Verify a multi-platform image with the image of "
        "each platform:\n  notation-py verify --recursive <registry>/<repository>@<digest>\n\nExample - "
        "Verify an artifact in an OCI image layout directory:\n  notation-py verify --oci-layout --scope "
        'local/app "<path>@<digest>"'
    ),
}
