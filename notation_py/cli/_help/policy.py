# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "policy": (
        "Manage trust policy configuration for signature verification.\n\nExample - Trust one identity for "
        "one repository:\n  notation-py policy init --name app --scope registry.example.com/app "
        '--trust-store ca:acme-rockets --trusted-identity "x509.subject: C=US, ST=WA, O=Acme"\n\nExample - '
        "Install a trust policy from a file:\n  notation-py policy import my_policy.json"
    ),
    "policy init": (
        "Initialize OCI trust policy configuration: one policy with the verification level strict.\n\n"
        "Example - Trust one identity for one repository:\n  notation-py policy init --name app --scope "
        'registry.example.com/app     --trust-store ca:acme-rockets --trusted-identity "x509.subject: '
        'C=US, ST=WA, O=Acme"'
    ),
    "policy import": (
        "Import OCI trust policy configuration from a JSON file.\n\nExample - Install a trust policy from "
        "a file:\n  notation-py policy import my_policy.json"
    ),
    "policy show": (
        "Show OCI trust policy configuration.\n\nExample - Show the trust policy:\n  notation-py policy "
        "show\n\nExample - Save the trust policy to a file:\n  notation-py policy show > my_policy.json"
    ),
}
