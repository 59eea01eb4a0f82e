# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "plugin": (
        "Manage plugins.\n\nExample - Install a plugin:\n  notation-py plugin install --file "
        "<plugin_package>\n\nExample - List all installed plugins:\n  notation-py plugin ls\n\nExample - "
        "Check that a plugin keeps the plugin contract:\n  notation-py plugin check <plugin_name>\n\n"
        "Example - Uninstall a plugin:\n  notation-py plugin uninstall <plugin_name>"
    ),
    "plugin install": (
        "Install a plugin: a zip or tar.gz archive, a single executable, or a directory with its files.\n\n"
        "An installed plugin is replaced by a newer version only, unless --force is given.\n\nExample - "
        "Install a plugin from the file system:\n  notation-py plugin install --file "
        "wabbit-plugin-v1.0.zip\n\nExample - Install a plugin that has to have a SHA256 checksum:\n  "
        "notation-py plugin install --file wabbit-plugin-v1.0.zip --sha256sum <sha256>\n\nExample - "
        "Install a plugin whichever version is installed:\n  notation-py plugin install --file "
        "wabbit-plugin-v1.0.tar.gz --force\n\nExample - Install a single executable:\n  notation-py plugin "
        "install --file notation-wabbit-plugin\n\nExample - Install a plugin from a URL; the SHA256 "
        "checksum is required:\n  notation-py plugin install --url "
        "https://wabbit.example/plugin-v1.0.tar.gz --sha256sum <sha256>"
    ),
    "plugin list": (
        "List installed plugins: programs, which are asked what they are, and those of Python packages.\n\n"
        "Example - List all installed plugins:\n  notation-py plugin ls"
    ),
    "plugin uninstall": (
        "Uninstall a plugin.\n\nExample - Uninstall a plugin:\n  notation-py plugin uninstall wabbit-plugin"
    ),
    "plugin check": (
        "Check that a plugin keeps the plugin contract, whoever made it and whatever it is written in.\n\n"
        "The plugin is asked for everything it claims to do, with requests that are in order and with "
        "requests that\nare not. Each line of the report has the requirements that it is about. The key is "
        "used to sign: give a\nkey for tests. The exit code is 0 only if nothing failed.\n\nExample - "
        "Check a plugin without signing:\n  notation-py plugin check wabbit-plugin\n\nExample - Check "
        "signing with two keys, for a program to read:\n  notation-py plugin check --key-id <rsa_key_id> "
        "--key-id <ec_key_id> --output json wabbit-plugin"
    ),
}
