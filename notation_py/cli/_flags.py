# SPDX-License-Identifier: Apache-2.0
"""Flags, as the parser reads them: by name, or by command and name where one differs.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# (name, short, kind, default, required, hidden)

FLAGS: dict[str, tuple[Any, ...]] = {
    "key": ("key", "k", "string", "", False, False),
    "id": ("id", "", "string", "", False, False),
    "plugin": ("plugin", "", "string", "", False, False),
    "plugin-config": ("plugin-config", "", "stringArray", (), False, False),
    "signature-format": ("signature-format", "", "string", "jws", False, False),
    "expiry": ("expiry", "e", "duration", 0, False, False),
    "user-metadata": ("user-metadata", "m", "stringArray", (), False, False),
    "timestamp-url": ("timestamp-url", "", "string", "", False, False),
    "timestamp-root-cert": ("timestamp-root-cert", "", "string", "", False, False),
    "recursive": ("recursive", "r", "bool", False, False, False),
    "force-referrers-tag": ("force-referrers-tag", "", "bool", False, False, False),
    "oci-layout": ("oci-layout", "", "bool", False, False, False),
    "passphrase-file": ("passphrase-file", "", "string", "", False, False),
    "username": ("username", "u", "string", "", False, False),
    "password": ("password", "p", "string", "", False, False),
    "insecure-registry": ("insecure-registry", "", "bool", False, False, False),
    "tls-ca-file": ("tls-ca-file", "", "string", "", False, False),
    "tls-cert-file": ("tls-cert-file", "", "string", "", False, False),
    "tls-key-file": ("tls-key-file", "", "string", "", False, False),
    "debug": ("debug", "d", "bool", False, False, False),
    "verbose": ("verbose", "v", "bool", False, False, False),
    "allow-referrers-api": ("allow-referrers-api", "", "bool", False, False, True),
    "max-signatures": ("max-signatures", "", "int", 100, False, False),
    "min-level": ("min-level", "", "string", "", False, False),
    "output": ("output", "o", "string", "text", False, False),
    "scope": ("scope", "", "string", "", False, False),
    "password-stdin": ("password-stdin", "", "bool", False, False, False),
    "media-type": ("media-type", "", "string", "application/octet-stream", False, False),
    "signature-directory": ("signature-directory", "", "string", "", False, False),
    "signature": ("signature", "s", "string", "", False, False),
    "force": ("force", "", "bool", False, False, False),
    "policy-name": ("policy-name", "", "string", "", False, False),
    "name": ("name", "n", "string", "", True, False),
    "trust-store": ("trust-store", "", "stringArray", (), True, False),
    "trusted-identity": ("trusted-identity", "", "stringArray", (), True, False),
    "global": ("global", "", "bool", False, False, False),
    "type": ("type", "t", "string", "", True, False),
    "store": ("store", "s", "string", "", True, False),
    "all": ("all", "a", "bool", False, False, False),
    "yes": ("yes", "y", "bool", False, False, False),
    "bits": ("bits", "b", "int", 2048, False, False),
    "default": ("default", "", "bool", False, False, False),
    "client": ("client", "", "string", "", False, False),
    "in-process": ("in-process", "", "bool", False, False, False),
    "suite": ("suite", "", "string", "", False, False),
    "only": ("only", "", "string", "*", False, False),
    "jobs": ("jobs", "", "int", 0, False, False),
    "timeout": ("timeout", "", "duration", 30000000000, False, False),
    "keep": ("keep", "", "stringArray", (), False, False),
    "known": ("known", "", "string", "", False, False),
    "strict-checks": ("strict-checks", "", "bool", False, False, False),
    "json": ("json", "", "string", "", False, False),
    "junit": ("junit", "", "string", "", False, False),
    "html": ("html", "", "string", "", False, False),
    "svg": ("svg", "", "string", "", False, False),
    "key-file": ("key-file", "", "string", "", False, False),
    "cert-file": ("cert-file", "", "string", "", False, False),
    "file": ("file", "", "bool", False, False, False),
    "url": ("url", "", "bool", False, False, False),
    "sha256sum": ("sha256sum", "", "string", "", False, False),
    "key-id": ("key-id", "", "stringArray", (), False, False),
    "no-descriptions": ("no-descriptions", "", "bool", False, False, False),
    "inspect output": ("output", "o", "string", "tree", False, False),
    "blob verify media-type": ("media-type", "", "string", "", False, False),
    "blob inspect output": ("output", "o", "string", "tree", False, False),
    "certificate list type": ("type", "t", "string", "", False, False),
    "certificate list store": ("store", "s", "string", "", False, False),
    "conformance run name": ("name", "", "string", "", False, False),
    "policy init scope": ("scope", "", "stringArray", (), True, False),
}
