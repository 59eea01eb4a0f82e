# SPDX-License-Identifier: Apache-2.0
"""Commands, flags, groups and arguments, as the parser reads them.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# fmt: off
# path: (usage, aliases, sub-commands, flags, groups, arguments)
# flag: (name, short, kind, default, required, hidden)
# group: (together | one | exclusive, names)
#     or (filled, (name, or "" for the first argument, text when empty))
# arguments: (least, most or -1, text when fewer, text when more or "", key of a flag that needs none)
COMMANDS: dict[str, tuple[Any, ...]] = {
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
            ("key", "k", "string", "", False, False), ("id", "", "string", "", False, False),
            ("plugin", "", "string", "", False, False),
            ("plugin-config", "", "stringArray", (), False, False),
            ("signature-format", "", "string", "jws", False, False),
            ("expiry", "e", "duration", 0, False, False),
            ("user-metadata", "m", "stringArray", (), False, False),
            ("timestamp-url", "", "string", "", False, False),
            ("timestamp-root-cert", "", "string", "", False, False),
            ("force-referrers-tag", "", "bool", False, False, False),
            ("oci-layout", "", "bool", False, False, False),
            ("passphrase-file", "", "string", "", False, False),
            ("username", "u", "string", "", False, False), ("password", "p", "string", "", False, False),
            ("insecure-registry", "", "bool", False, False, False),
            ("tls-ca-file", "", "string", "", False, False),
            ("tls-cert-file", "", "string", "", False, False),
            ("tls-key-file", "", "string", "", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
            ("allow-referrers-api", "", "bool", False, False, True),
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
            ("max-signatures", "", "int", 100, False, False), ("output", "o", "string", "text", False, False),
            ("plugin-config", "", "stringArray", (), False, False),
            ("user-metadata", "m", "stringArray", (), False, False),
            ("oci-layout", "", "bool", False, False, False), ("scope", "", "string", "", False, False),
            ("username", "u", "string", "", False, False), ("password", "p", "string", "", False, False),
            ("insecure-registry", "", "bool", False, False, False),
            ("tls-ca-file", "", "string", "", False, False),
            ("tls-cert-file", "", "string", "", False, False),
            ("tls-key-file", "", "string", "", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
            ("allow-referrers-api", "", "bool", False, False, True),
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
            ("max-signatures", "", "int", 100, False, False), ("oci-layout", "", "bool", False, False, False),
            ("username", "u", "string", "", False, False), ("password", "p", "string", "", False, False),
            ("insecure-registry", "", "bool", False, False, False),
            ("tls-ca-file", "", "string", "", False, False),
            ("tls-cert-file", "", "string", "", False, False),
            ("tls-key-file", "", "string", "", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
            ("allow-referrers-api", "", "bool", False, False, True),
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
            ("max-signatures", "", "int", 100, False, False), ("output", "o", "string", "tree", False, False),
            ("oci-layout", "", "bool", False, False, False), ("username", "u", "string", "", False, False),
            ("password", "p", "string", "", False, False),
            ("insecure-registry", "", "bool", False, False, False),
            ("tls-ca-file", "", "string", "", False, False),
            ("tls-cert-file", "", "string", "", False, False),
            ("tls-key-file", "", "string", "", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
            ("allow-referrers-api", "", "bool", False, False, True),
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
            ("username", "u", "string", "", False, False), ("password", "p", "string", "", False, False),
            ("password-stdin", "", "bool", False, False, False),
            ("insecure-registry", "", "bool", False, False, False),
            ("tls-ca-file", "", "string", "", False, False),
            ("tls-cert-file", "", "string", "", False, False),
            ("tls-key-file", "", "string", "", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "no hostname specified", "", ""),
    ),
    "logout": (
        "logout [flags] <server>", (), (),
        (("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False)), (),
        (1, 1, "no hostname specified", "", ""),
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
            ("key", "k", "string", "", False, False), ("id", "", "string", "", False, False),
            ("plugin", "", "string", "", False, False),
            ("plugin-config", "", "stringArray", (), False, False),
            ("signature-format", "", "string", "jws", False, False),
            ("expiry", "e", "duration", 0, False, False),
            ("user-metadata", "m", "stringArray", (), False, False),
            ("timestamp-url", "", "string", "", False, False),
            ("timestamp-root-cert", "", "string", "", False, False),
            ("media-type", "", "string", "application/octet-stream", False, False),
            ("signature-directory", "", "string", "", False, False),
            ("signature", "s", "string", "", False, False), ("force", "", "bool", False, False, False),
            ("passphrase-file", "", "string", "", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
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
            ("signature", "s", "string", "", False, False),
            ("plugin-config", "", "stringArray", (), False, False),
            ("media-type", "", "string", "", False, False), ("policy-name", "", "string", "", False, False),
            ("user-metadata", "m", "stringArray", (), False, False),
            ("output", "o", "string", "text", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
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
        "blob inspect [flags] <signature_path>", (), (),
        (
            ("output", "o", "string", "tree", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (),
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
        (), (),
        (
            ("name", "n", "string", "", True, False), ("trust-store", "", "stringArray", (), True, False),
            ("trusted-identity", "", "stringArray", (), True, False),
            ("global", "", "bool", False, False, False), ("force", "", "bool", False, False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "blob policy import": (
        "blob policy import [flags] <file_path>", (), (),
        (
            ("force", "", "bool", False, False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (),
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
        "blob policy show [flags]", (), (),
        (("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False)), (),
        (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "certificate": (
        "", ("cert",), ("add", "list", "show", "delete", "generate-test", "cleanup-test"), (), (), (),
    ),
    "certificate add": (
        "certificate add --type <type> --store <name> [flags] <cert_path>...", (), (),
        (
            ("type", "t", "string", "", True, False), ("store", "s", "string", "", True, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, -1, "missing certificate path", "", ""),
    ),
    "certificate list": (
        "certificate list [flags]", ("ls",), (),
        (
            ("type", "t", "string", "", False, False), ("store", "s", "string", "", False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (0, 0, "", "", ""),
    ),
    "certificate show": (
        "certificate show --type <type> --store <name> [flags] <cert_fileName>", (), (),
        (
            ("type", "t", "string", "", True, False), ("store", "s", "string", "", True, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "missing certificate file name", "show only supports single certificate file", ""),
    ),
    "certificate delete": (
        "certificate delete --type <type> --store <name> [flags] (--all | <cert_fileName>)", (), (),
        (
            ("type", "t", "string", "", True, False), ("store", "s", "string", "", True, False),
            ("all", "a", "bool", False, False, False), ("yes", "y", "bool", False, False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (),
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
        "certificate generate-test [flags] <common_name>", (), (),
        (
            ("bits", "b", "int", 2048, False, False), ("default", "", "bool", False, False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "missing certificate common_name", "", ""),
    ),
    "certificate cleanup-test": (
        "certificate cleanup-test [flags] <common_name>", (), (),
        (
            ("yes", "y", "bool", False, False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "missing certificate common name", "", ""),
    ),
    "conformance": ("", (), ("run", "list", "show", "report"), (), (), ()),
    "conformance run": (
        "conformance run [flags]", (), (),
        (
            ("client", "", "string", "", False, False), ("name", "", "string", "", False, False),
            ("in-process", "", "bool", False, False, False), ("suite", "", "string", "", False, False),
            ("only", "", "string", "*", False, False), ("jobs", "", "int", 0, False, False),
            ("timeout", "", "duration", 30000000000, False, False),
            ("keep", "", "stringArray", (), False, False), ("known", "", "string", "", False, False),
            ("strict-checks", "", "bool", False, False, False), ("json", "", "string", "", False, False),
            ("junit", "", "string", "", False, False), ("html", "", "string", "", False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (0, 0, "", "accepts 0 arg(s), received {count}", ""),
    ),
    "conformance list": (
        "conformance list [flags]", ("ls",), (),
        (
            ("suite", "", "string", "", False, False), ("only", "", "string", "*", False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (0, 0, "", "accepts 0 arg(s), received {count}", ""),
    ),
    "conformance show": (
        "conformance show [flags] <vector>", (), (),
        (
            ("suite", "", "string", "", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "missing the name of a vector", "only one vector can be shown at a time", ""),
    ),
    "conformance report": (
        "conformance report [flags] <report.json>...", (), (),
        (
            ("html", "", "string", "", False, False), ("svg", "", "string", "", False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, -1, "missing the JSON file of a run", "", ""),
    ),
    "key": ("", (), ("add", "update", "list", "delete"), (), (), ()),
    "key add": (
        "key add [flags] <key_name>", (), (),
        (
            ("plugin", "", "string", "", False, False), ("id", "", "string", "", False, False),
            ("plugin-config", "", "stringArray", (), False, False),
            ("key-file", "", "string", "", False, False), ("cert-file", "", "string", "", False, False),
            ("passphrase-file", "", "string", "", False, False), ("default", "", "bool", False, False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
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
        "key update [flags] <key_name>", ("set",), (),
        (
            ("default", "", "bool", False, False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "missing key name", "", ""),
    ),
    "key list": (
        "key list [flags]", ("ls",), (),
        (("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False)), (),
        (0, 0, "", "", ""),
    ),
    "key delete": (
        "key delete [flags] <key_name>...", (), (),
        (("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False)), (),
        (1, -1, "missing key names", "", ""),
    ),
    "plugin": ("", (), ("install", "list", "uninstall", "check"), (), (), ()),
    "plugin install": (
        "plugin install [flags] <--file|--url> <plugin_source>", ("add",), (),
        (
            ("file", "", "bool", False, False, False), ("url", "", "bool", False, False, False),
            ("sha256sum", "", "string", "", False, False), ("force", "", "bool", False, False, False),
            ("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False),
        ),
        (), (0, -1, "", "", ""),
    ),
    "plugin list": (
        "plugin list [flags]", ("ls",), (),
        (("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False)), (),
        (0, 0, "", "", ""),
    ),
    "plugin uninstall": (
        "plugin uninstall [flags] <plugin_name>", ("remove", "rm"), (),
        (
            ("yes", "y", "bool", False, False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "plugin name is required", "only one plugin can be removed at a time", ""),
    ),
    "plugin check": (
        "plugin check [flags] <plugin_name>", (), (),
        (
            ("key-id", "", "stringArray", (), False, False),
            ("plugin-config", "", "stringArray", (), False, False),
            ("output", "o", "string", "text", False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (), (1, 1, "plugin name is required", "only one plugin can be checked at a time", ""),
    ),
    "policy": ("", (), ("init", "import", "show"), (), (), ()),
    "policy init": (
        (
            "policy init [flags] --name <policy_name> --scope <registry_scope> --trust-store "
            "<store_type>:<store_name> --trusted-identity <trusted_identity>"
        ),
        (), (),
        (
            ("name", "n", "string", "", True, False), ("scope", "", "stringArray", (), True, False),
            ("trust-store", "", "stringArray", (), True, False),
            ("trusted-identity", "", "stringArray", (), True, False),
            ("force", "", "bool", False, False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (), (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "policy import": (
        "policy import [flags] <file_path>", (), (),
        (
            ("force", "", "bool", False, False, False), ("debug", "d", "bool", False, False, False),
            ("verbose", "v", "bool", False, False, False),
        ),
        (),
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
        "policy show [flags]", (), (),
        (("debug", "d", "bool", False, False, False), ("verbose", "v", "bool", False, False, False)), (),
        (0, 0, "", "accepts 0 arg(s), received {n}", ""),
    ),
    "completion": ("", (), ("bash", "zsh", "fish", "powershell"), (), (), ()),
    "completion bash": (
        "completion bash [flags]", (), (), (("no-descriptions", "", "bool", False, False, False),), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion bash"', ""),
    ),
    "completion zsh": (
        "completion zsh [flags]", (), (), (("no-descriptions", "", "bool", False, False, False),), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion zsh"', ""),
    ),
    "completion fish": (
        "completion fish [flags]", (), (), (("no-descriptions", "", "bool", False, False, False),), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion fish"', ""),
    ),
    "completion powershell": (
        "completion powershell [flags]", (), (), (("no-descriptions", "", "bool", False, False, False),), (),
        (0, 0, "", 'unknown command {first} for "notation-py completion powershell"', ""),
    ),
}
