# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "key": (
        "Manage keys used for signing.\n\nExample - Add a local key with its certificate chain:\n  "
        "notation-py key add --key-file <key.pem> --cert-file <chain.pem> <key_name>\n\nExample - List "
        "keys used for signing:\n  notation-py key ls\n\nExample - Choose the default signing key:\n  "
        "notation-py key set --default <key_name>\n\nExample - Remove keys from the list:\n  notation-py "
        "key delete <key_name>..."
    ),
    "key add": (
        "Add key to Notation signing key list.\n\nA local key stays where it is: the list keeps the paths "
        "of the key and its certificates, which must match.\n\nExample - Add a local key with its "
        "certificate chain, and make it the default:\n  notation-py key add --default --key-file <key.pem> "
        "--cert-file <chain.pem> <key_name>\n\nExample - Add a key that a plugin keeps:\n  notation-py key "
        "add --plugin <plugin_name> --id <key_id> <key_name>"
    ),
    "key update": (
        "Update key in Notation signing key list.\n\nExample - Choose the default signing key:\n  "
        "notation-py key update --default <key_name>"
    ),
    "key list": (
        "List keys used for signing; a star marks the default.\n\nExample - List the keys:\n  notation-py "
        "key list"
    ),
    "key delete": (
        "Remove key from Notation signing key list; the key itself is not deleted.\n\nExample - Remove two "
        "keys from the list:\n  notation-py key delete <key_name> <other_key_name>"
    ),
}
