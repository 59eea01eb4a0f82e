# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "sign": (
        "Sign artifacts.\n\nA signing key is needed: the default key, or one named with --key. "
        '"notation-py key" manages keys.\nPrefer a digest to a tag: a tag can be moved to another artifact '
        "while you sign.\n\nExample - Sign with the default signing key, in a JWS envelope:\n  notation-py "
        "sign <registry>/<repository>@<digest>\n\nExample - Sign with a named key, in a COSE envelope:\n  "
        "notation-py sign --key <key_name> --signature-format cose <registry>/<repository>@<digest>\n\n"
        "Example - Sign what a tag points to now, valid for 24 hours:\n  notation-py sign --expiry 24h "
        "<registry>/<repository>:<tag>\n\nExample - Sign and record who built it:\n  notation-py sign "
        "--user-metadata builder=ci <registry>/<repository>@<digest>\n\nExample - Sign a multi-platform "
        "image and the image of each platform:\n  notation-py sign --recursive "
        "<registry>/<repository>@<digest>\n\nExample - Sign an artifact in an OCI image layout directory:\n"
        '  notation-py sign --oci-layout "<path>@<digest>"'
    ),
}
