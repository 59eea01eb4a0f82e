# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "certificate": "Manage certificates in trust store for signature verification.",
    "certificate add": (
        "Add certificates to the trust store.\n\nExample - Trust a certificate authority for signatures:\n "
        " notation-py cert add --type ca --store acme-rockets acme-rockets.crt\n\nExample - Trust a "
        "signing authority:\n  notation-py cert add --type signingAuthority --store wabbit-networks "
        "wabbit-networks.pem\n\nExample - Trust a timestamping authority:\n  notation-py cert add --type "
        "tsa --store timestamp wabbit-networks-timestamp.pem"
    ),
    "certificate list": (
        "List certificates in the trust store.\n\nExample - List all certificate files:\n  notation-py "
        "cert ls\n\nExample - List the certificate files of one trust store:\n  notation-py cert ls --type "
        "ca --store acme-rockets"
    ),
    "certificate show": (
        "Show the details of every certificate in a file of the trust store.\n\nExample - Show the details "
        "of acme-rockets.crt:\n  notation-py cert show --type ca --store acme-rockets acme-rockets.crt"
    ),
    "certificate delete": (
        "Delete certificates from the trust store.\n\nExample - Delete one certificate file:\n  "
        "notation-py cert delete --type ca --store acme-rockets acme-rockets.crt\n\nExample - Delete a "
        "whole named store without being asked:\n  notation-py cert delete --type ca --store acme-rockets "
        "--all --yes"
    ),
    "certificate generate-test": (
        "Generate a test RSA key and a corresponding self-signed certificate.\n\nFor trying things out "
        "only: the certificate is valid for one day and trusted as soon as it is made.\n\nExample - Make a "
        "test key and use it by default:\n  notation-py cert generate-test --default wabbit-networks.io"
    ),
    "certificate cleanup-test": (
        "Remove everything that generate-test made under a name: certificate, key list entry and files.\n\n"
        "Example - Remove a test key:\n  notation-py cert cleanup-test wabbit-networks.io"
    ),
}
