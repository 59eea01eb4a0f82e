# SPDX-License-Identifier: Apache-2.0
"""Commands, flags, groups and arguments, as the parser reads them.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

from ._flags import FLAGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# path: (usage, aliases, sub-commands, names of flags, groups, arguments)
# group: (together | one | exclusive, names)
#     or (filled, (name, or "" for the first argument, text when empty))
# arguments: (least, most or -1, text when fewer, text when more or "", key of a flag that needs none)

_COMMANDS: dict[str, tuple[Any, ...]] = {
    "": (
        "", (),
        (
            "sign", "verify", "list", "inspect", "login", "logout", "version", "help", "blob", "certificate",
            "conformance", "key", "plugin", "policy", "completion",
        ),
        (), (), (),
    ),
    "sign": (
        "sign [flags] <reference>", (), (),
        (
            "key", "id", "plugin", "plugin-config", "signature-format", "expiry", "user-metadata",
            "timestamp-url", "timestamp-root-cert", "recursive", "force-referrers-tag", "oci-layout",
            "passphrase-file", "username", "password", "insecure-registry", "tls-ca-file", "tls-cert-file",
            "tls-key-file", "debug", "verbose", "allow-referrers-api",
        ),
        (
            ("together", ("id", "plugin")), ("together", ("timestamp-url", "timestamp-root-cert")),
            ("exclusive", ("key", "id")), ("exclusive", ("key", "plugin")),
            ("exclusive", ("oci-layout", "force-referrers-tag")),
            ("exclusive", ("oci-layout", "allow-referrers-api")),
            ("exclusive", ("force-referrers-tag", "allow-referrers-api")),
        ),
        (
            1, 1,
            (
                "missing reference to the artifact: use `notation-py sign --help` to see what parameters "
                "are required"
            ),
            "", "",
        ),
    ),
    "verify": (
        "verify [reference]... [flags]", (), (),
        (
            "max-signatures", "min-level", "output", "plugin-config", "user-metadata", "recursive",
            "oci-layout", "scope", "username", "password", "insecure-registry", "tls-ca-file",
            "tls-cert-file", "tls-key-file", "debug", "verbose", "allow-referrers-api",
        ),
        (("together", ("oci-layout", "scope")),),
        (
            1, -1,
            (
                "missing reference to the artifact: use `notation-py verify --help` to see what parameters "
                "are required"
            ),
            "", "",
        ),
    ),
    "list": (
        "list [flags] <reference>", ("ls",), (),
        (
            "max-signatures", "oci-layout", "username", "password", "insecure-registry", "tls-ca-file",
            "tls-cert-file", "tls-key-file", "debug", "verbose", "allow-referrers-api",
        ),
        (),
        (
            1, 1,
            (
                "missing reference to the artifact: use `notation-py list --help` to see what parameters "
                "are required"
            ),
            "", "",
        ),
    ),
    "inspect": (
        "inspect [reference] [flags]", (), (),
        (
            "max-signatures", "inspect output", "oci-layout", "username", "password", "insecure-registry",
            "tls-ca-file", "tls-cert-file", "tls-key-file", "debug", "verbose", "allow-referrers-api",
        ),
        (),
        (
            1, 1,
            (
                "missing reference to the artifact: use `notation-py inspect --help` to see what "
                "parameters are required"
            ),
            "", "",
        ),
    ),
    "login": (
        "login [flags] <server>", (), (),
        (
            "username", "password", "password-stdin", "insecure-registry", "tls-ca-file", "tls-cert-file",
            "tls-key-file", "debug", "verbose",
        ),
        (), (1, 1, "no hostname specified", "", ""),
    ),
    "logout": (
        "logout [flags] <server>", (), (), ("debug", "verbose"), (), (1, 1, "no hostname specified", "", ""),
    ),
    "version": (
        "version [flags]", (), (), (), (),
        (0, 0, "", 'unknown command {first} for "notation-py version"', ""),
    ),
    "help": ("help [command] [flags]", (), (), (), (), (0, -1, "", "", "")),
    "blob": ("", (), ("sign", "verify", "inspect", "policy"), (), (), ()),
    "blob sign": (
        "blob sign [flags] <blob_path>", (), (),
        (
            "key", "id", "plugin", "plugin-config", "signature-format", "expiry", "user-metadata",
            "timestamp-url", "timestamp-root-cert", "media-type", "signature-directory", "signature", "force",
            "passphrase-file", "debug", "verbose",
        ),
        (
            ("together", ("id", "plugin")), ("together", ("timestamp-url", "timestamp-root-cert")),
            ("exclusive", ("key", "id")), ("exclusive", ("key", "plugin")),
            ("exclusive", ("signature", "signature-directory")),
            ("filled", ("", "blob path cannot be empty")),
            ("filled", ("signature-directory", "signature directory cannot be empty")),
            ("filled", ("signature", "filepath of the signature cannot be empty")),
            ("filled", ("timestamp-url", "timestamping: tsa url cannot be empty")),
            ("filled", ("timestamp-root-cert", "timestamping: tsa root certificate path cannot be empty")),
        ),
        (
            1, 1,
            (
                "missing file path to the blob artifact: use `notation-py blob sign --help` to see what "
                "parameters are required"
            ),
            "", "",
        ),
    ),
    "blob verify": (
        "blob verify [flags] --signature <signature_path> <blob_path>", (), (),
        (
            "signature", "plugin-config", "blob verify media-type", "policy-name", "min-level",
            "user-metadata", "output", "debug", "verbose",
        ),
        (),
        (
            1, 1,
            (
                "missing path to the blob artifact: use `notation-py blob verify --help` to see what "
                "parameters are required"
            ),
            "", "",
        ),
    ),
    "blob inspect": (
        "blob inspect [flags] <signature_path>", (), (), ("blob inspect output", "debug", "verbose"), (),
        (
            1, 1,
            (
                "missing signature path: use `notation-py blob inspect --help` to see what parameters are "
                "required"
            ),
            "", "",
        ),
    ),
    "blob policy": ("", (), ("init", "import", "show"), (), (), ()),
    "blob policy init": (
        (
            "blob policy init [flags] --name <policy_name> --trust-store <store_type>:<store_name> "
            "--trusted-identity <trusted_identity>"
        ),
        (), (), ("name", "trust-store", "trusted-identity", "global", "force", "debug", "verbose"), (),
        (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "blob policy import": (
        "blob policy import [flags] <file_path>", (), (), ("force", "debug", "verbose"), (),
        (
            1, 1,
            (
                "requires 1 argument but received {n}.\nUsage: notation-py blob policy import "
                "<path-to-policy.json>\nPlease specify a trust policy configuration location as the "
                "argument"
            ),
            (
                "requires 1 argument but received {n}.\nUsage: notation-py blob policy import "
                "<path-to-policy.json>\nPlease specify a trust policy configuration location as the "
                "argument"
            ),
            "",
        ),
    ),
    "blob policy show": (
        "blob policy show [flags]", (), (), ("debug", "verbose"), (),
        (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "certificate": (
        "", ("cert",), ("add", "list", "show", "delete", "generate-test", "cleanup-test"), (), (), (),
    ),
    "certificate add": (
        "certificate add --type <type> --store <name> [flags] <cert_path>...", (), (),
        ("type", "store", "debug", "verbose"), (), (1, -1, "missing certificate path", "", ""),
    ),
    "certificate list": (
        "certificate list [flags]", ("ls",), (),
        ("certificate list type", "certificate list store", "debug", "verbose"), (), (0, 0, "", "", ""),
    ),
    "certificate show": (
        "certificate show --type <type> --store <name> [flags] <cert_fileName>", (), (),
        ("type", "store", "debug", "verbose"), (),
        (1, 1, "missing certificate file name", "show only supports single certificate file", ""),
    ),
    "certificate delete": (
        "certificate delete --type <type> --store <name> [flags] (--all | <cert_fileName>)", (), (),
        ("type", "store", "all", "yes", "debug", "verbose"), (),
        (
            1, 1,
            (
                "delete requires either the certificate file name that needs to be deleted or --all flag "
                "to delete all certificates in the given named trust store"
            ),
            "", "all",
        ),
    ),
    "certificate generate-test": (
        "certificate generate-test [flags] <common_name>", (), (), ("bits", "default", "debug", "verbose"),
        (), (1, 1, "missing certificate common_name", "", ""),
    ),
    "certificate cleanup-test": (
        "certificate cleanup-test [flags] <common_name>", (), (), ("yes", "debug", "verbose"), (),
        (1, 1, "missing certificate common name", "", ""),
    ),
    "conformance": ("", (), ("run", "list", "show", "report"), (), (), ()),
    "conformance run": (
        "conformance run [flags]", (), (),
        (
            "client", "conformance run name", "in-process", "suite", "only", "jobs", "timeout", "keep",
            "known", "strict-checks", "json", "junit", "html", "debug", "verbose",
        ),
        (), (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "conformance list": (
        "conformance list [flags]", ("ls",), (), ("suite", "only", "debug", "verbose"), (),
        (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "conformance show": (
        "conformance show [flags] <vector>", (), (), ("suite", "debug", "verbose"), (),
        (1, 1, "missing the name of a vector", "only one vector can be shown at a time", ""),
    ),
    "conformance report": (
        "conformance report [flags] <report.json>...", (), (), ("html", "svg", "debug", "verbose"), (),
        (1, -1, "missing the JSON file of a run", "", ""),
    ),
    "key": ("", (), ("add", "update", "list", "delete"), (), (), ()),
    "key add": (
        "key add [flags] <key_name>", (), (),
        (
            "plugin", "id", "plugin-config", "key-file", "cert-file", "passphrase-file", "default", "debug",
            "verbose",
        ),
        (
            ("together", ("key-file", "cert-file")), ("exclusive", ("plugin", "key-file")),
            ("exclusive", ("id", "key-file")),
        ),
        (
            1, 1, "either missing key name or unnecessary parameters passed",
            "either missing key name or unnecessary parameters passed", "",
        ),
    ),
    "key update": (
        "key update [flags] <key_name>", ("set",), (), ("default", "debug", "verbose"), (),
        (1, 1, "missing key name", "", ""),
    ),
    "key list": ("key list [flags]", ("ls",), (), ("debug", "verbose"), (), (0, 0, "", "", "")),
    "key delete": (
        "key delete [flags] <key_name>...", (), (), ("debug", "verbose"), (),
        (1, -1, "missing key names", "", ""),
    ),
    "plugin": ("", (), ("install", "list", "uninstall", "check"), (), (), ()),
    "plugin install": (
        "plugin install [flags] <--file|--url> <plugin_source>", ("add",), (),
        ("file", "url", "sha256sum", "force", "debug", "verbose"),
        (
            ("filled", ("", "plugin source location cannot be empty")),
            ("filled", ("sha256sum", "SHA256 checksum of the plugin source cannot be empty")),
        ),
        (0, -1, "", "", ""),
    ),
    "plugin list": ("plugin list [flags]", ("ls",), (), ("debug", "verbose"), (), (0, 0, "", "", "")),
    "plugin uninstall": (
        "plugin uninstall [flags] <plugin_name>", ("remove", "rm"), (), ("yes", "debug", "verbose"), (),
        (1, 1, "plugin name is required", "only one plugin can be removed at a time", ""),
    ),
    "plugin check": (
        "plugin check [flags] <plugin_name>", (), (),
        ("key-id", "plugin-config", "output", "debug", "verbose"), (),
        (1, 1, "plugin name is required", "only one plugin can be checked at a time", ""),
    ),
    "policy": ("", (), ("init", "import", "show"), (), (), ()),
    "policy init": (
        (
            "policy init [flags] --name <policy_name> --scope <registry_scope> --trust-store "
            "<store_type>:<store_name> --trusted-identity <trusted_identity>"
        ),
        (), (), ("name", "policy init scope", "trust-store", "trusted-identity", "force", "debug", "verbose"),
        (), (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "policy import": (
        "policy import [flags] <file_path>", (), (), ("force", "debug", "verbose"), (),
        (
            1, 1,
            (
                "requires 1 argument but received {n}.\nUsage: notation-py policy import "
                "<path-to-policy.json>\nPlease specify a trust policy file location as the argument"
            ),
            (
                "requires 1 argument but received {n}.\nUsage: notation-py policy import "
                "<path-to-policy.json>\nPlease specify a trust policy file location as the argument"
            ),
            "",
        ),
    ),
    "policy show": (
        "policy show [flags]", (), (), ("debug", "verbose"), (),
        (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "completion": ("", (), ("bash", "zsh", "fish", "powershell"), (), (), ()),
    "completion bash": (
        "completion bash [flags]", (), (), ("no-descriptions",), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion bash"', ""),
    ),
    "completion zsh": (
        "completion zsh [flags]", (), (), ("no-descriptions",), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion zsh"', ""),
    ),
    "completion fish": (
        "completion fish [flags]", (), (), ("no-descriptions",), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion fish"', ""),
    ),
    "completion powershell": (
        "completion powershell [flags]", (), (), ("no-descriptions",), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion powershell"', ""),
    ),
}
COMMANDS = {
    path: (*row[:3], tuple(FLAGS[name] for name in row[3]), *row[4:])
    for path, row in _COMMANDS.items()
}
