# SPDX-License-Identifier: Apache-2.0
"""Long help, as the help screen shows it.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

LONG = {
    "blob": (
        "Sign, verify, inspect signatures of blob. Configure blob trust policy.\n\nA blob is a file, or "
        'standard input if its path is "-". Its signature is a file of its own, beside it.\n\nExample - '
        "Sign a file, which makes app.tar.jws.sig:\n  notation-py blob sign app.tar\n\nExample - Verify it "
        "with the global blob trust policy:\n  notation-py blob verify --signature app.tar.jws.sig app.tar"
    ),
    "blob sign": (
        'Produce a detached signature for a given blob.\n\nBy default the signature file is "{blob file '
        'name}.{signature format}.sig" in the directory of the blob.\nA signing key is needed: the default '
        'key, or one named with --key. "notation-py key" manages keys.\n\nExample - Sign with the default '
        "signing key, in a JWS envelope:\n  notation-py blob sign <blob_path>\n\nExample - Sign with a "
        "named key, in a COSE envelope:\n  notation-py blob sign --key <key_name> --signature-format cose "
        "<blob_path>\n\nExample - Put the signature into another directory, replacing one that is there:\n "
        " notation-py blob sign --signature-directory <directory> --force <blob_path>\n\nExample - Sign, "
        "say what the blob is and who built it, valid for 24 hours:\n  notation-py blob sign --media-type "
        "application/x-tar --user-metadata builder=ci --expiry 24h <blob_path>\n\nExample - Sign with a "
        "key that a plugin has:\n  notation-py blob sign --plugin <plugin_name> --id <key_id> <blob_path>\n"
        "\nExample - Sign with a timestamp:\n  notation-py blob sign --timestamp-url <url> "
        "--timestamp-root-cert <file> <blob_path>\n\nExample - Sign what another program writes:\n  tar -c "
        "<directory> | notation-py blob sign --signature app.tar.jws.sig -"
    ),
    "blob verify": (
        'Verify a signature associated with a blob.\n\nNeeds a trust policy ("notation-py blob policy '
        'init") and trusted certificates ("notation-py cert add").\nThe name of the signature file says '
        "its format: it ends in .jws.sig or .cose.sig.\n\nExample - Verify with the global policy:\n  "
        "notation-py blob verify --signature <signature_path> <blob_path>\n\nExample - Verify with a "
        "policy by name:\n  notation-py blob verify --policy-name <policy_name> --signature "
        "<signature_path> <blob_path>\n\nExample - Require a media type and metadata in the signature:\n  "
        "notation-py blob verify --media-type application/x-tar --user-metadata builder=ci --signature "
        "<signature_path> <blob_path>\n\nExample - Verify for a program to read:\n  notation-py blob "
        "verify --output json --signature <signature_path> <blob_path>\n\nExample - Verify what comes from "
        "another program:\n  cat app.tar | notation-py blob verify --signature app.tar.jws.sig -"
    ),
    "blob inspect": (
        "Inspect a signature associated with a blob.\n\nShows what the signature says. Nothing is "
        'verified: "notation-py blob verify" says whether to trust it.\n\nExample - Inspect a signature:\n '
        " notation-py blob inspect app.tar.cose.sig\n\nExample - Inspect for a program to read:\n  "
        "notation-py blob inspect --output json app.tar.cose.sig"
    ),
    "blob policy": (
        "Manage blob trust policy configuration for arbitrary blob signature verification.\n\nExample - "
        "Trust one identity for every blob that is verified without naming a policy:\n  notation-py blob "
        'policy init --name app --global --trust-store ca:acme-rockets --trusted-identity "x509.subject: '
        'C=US, ST=WA, O=Acme"\n\nExample - Install a blob trust policy from a file:\n  notation-py blob '
        "policy import my_policy.json"
    ),
    "blob policy init": (
        "Initialize blob trust policy configuration: one policy with the verification level strict.\n\n"
        "Example - Trust one identity for every blob that is verified without naming a policy:\n  "
        "notation-py blob policy init --name app --global --trust-store ca:acme-rockets --trusted-identity "
        '"x509.subject: C=US, ST=WA, O=Acme"\n\nExample - Trust it for blobs that are verified with this '
        "policy by name, replacing what is there:\n  notation-py blob policy init --force --name app "
        '--trust-store ca:acme-rockets --trusted-identity "x509.subject: C=US, ST=WA, O=Acme"'
    ),
    "blob policy import": (
        "Import blob trust policy configuration from a JSON file.\n\nExample - Install a blob trust policy "
        "from a file:\n  notation-py blob policy import my_policy.json\n\nExample - Replace the one that "
        "is installed without being asked:\n  notation-py blob policy import --force my_policy.json"
    ),
    "blob policy show": (
        "Show blob trust policy configuration.\n\nExample - Show the blob trust policy:\n  notation-py "
        "blob policy show\n\nExample - Save the blob trust policy to a file:\n  notation-py blob policy "
        "show > my_policy.json"
    ),
}
