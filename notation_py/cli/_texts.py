# SPDX-License-Identifier: Apache-2.0
"""Summaries, long help and the help of flags, as the help screen shows them.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
COMMANDS = {
    "": ("", "Notation - a tool to sign and verify artifacts"),
    "sign": (
        "Sign artifacts",
        (
            "Sign artifacts.\n\nA signing key is needed: the default key, or one named with --key. "
            '"notation-py key" manages keys.\nPrefer a digest to a tag: a tag can be moved to another '
            "artifact while you sign.\n\nExample - Sign with the default signing key, in a JWS envelope:\n "
            " notation-py sign <registry>/<repository>@<digest>\n\nExample - Sign with a named key, in a "
            "COSE envelope:\n  notation-py sign --key <key_name> --signature-format cose "
            "<registry>/<repository>@<digest>\n\nExample - Sign what a tag points to now, valid for 24 "
            "hours:\n  notation-py sign --expiry 24h <registry>/<repository>:<tag>\n\nExample - Sign and "
            "record who built it:\n  notation-py sign --user-metadata builder=ci "
            "<registry>/<repository>@<digest>\n\nExample - Sign an artifact in an OCI image layout "
            'directory:\n  notation-py sign --oci-layout "<path>@<digest>"'
        ),
    ),
    "verify": (
        "Verify OCI artifacts",
        (
            'Verify OCI artifacts.\n\nNeeds a trust policy ("notation-py policy init") and trusted '
            'certificates ("notation-py cert add").\nWith several references each gets its own verdict; '
            "the exit code is 0 only if every one is verified.\n\nExample - Verify the artifact with this "
            "digest:\n  notation-py verify <registry>/<repository>@<digest>\n\nExample - Verify what a tag "
            "points to now:\n  notation-py verify <registry>/<repository>:<tag>\n\nExample - Verify two "
            "artifacts, for a program to read:\n  notation-py verify --output json "
            "<registry>/<repository>@<digest> <registry>/<other>@<digest>\n\nExample - Require metadata in "
            "the signature:\n  notation-py verify --user-metadata builder=ci "
            "<registry>/<repository>@<digest>\n\nExample - Verify an artifact in an OCI image layout "
            'directory:\n  notation-py verify --oci-layout --scope local/app "<path>@<digest>"'
        ),
    ),
    "list": (
        "List signatures of the signed artifact",
        (
            "List all the signatures associated with signed artifact.\n\nExample - List the signatures of "
            "the artifact with this digest:\n  notation-py list <registry>/<repository>@<digest>\n\n"
            "Example - List the signatures of what a tag points to now:\n  notation-py list "
            "<registry>/<repository>:<tag>\n\nExample - List the signatures in an OCI image layout "
            'directory:\n  notation-py list --oci-layout "<path>@<digest>"'
        ),
    ),
    "inspect": (
        "Inspect all signatures associated with the signed artifact",
        (
            "Inspect all signatures associated with the signed artifact.\n\nShows what the signatures say. "
            'Nothing is verified: use "notation-py verify" to know whether to trust it.\n\nExample - '
            "Inspect the signatures of the artifact with this digest:\n  notation-py inspect "
            "<registry>/<repository>@<digest>\n\nExample - Inspect for a program to read:\n  notation-py "
            "inspect --output json <registry>/<repository>@<digest>"
        ),
    ),
    "login": (
        "Login to registry",
        (
            "Log in to an OCI registry.\n\nThe password is asked for, or taken from standard input or "
            "$NOTATION_PASSWORD; on the command line other\nusers of the machine could read it. It is kept "
            "by a credential helper, never in a plain file.\n\nExample - Log in and be asked for the "
            "password:\n  notation-py login --username <user> registry.example.com\n\nExample - Log in "
            "with a password from a file:\n  notation-py login --username <user> --password-stdin "
            "registry.example.com < password.txt\n\nExample - Log in with $NOTATION_USERNAME and "
            "$NOTATION_PASSWORD:\n  notation-py login registry.example.com"
        ),
    ),
    "logout": (
        "Log out from the logged in registries",
        (
            "Log out from the logged in registries.\n\nExample - Forget the credential of a registry:\n  "
            "notation-py logout registry.example.com"
        ),
    ),
    "version": ("Show the notation version information", "Show the notation version information."),
    "help": (
        "Help about any command",
        'Help about any command.\n\nExample - Show what "key add" takes:\n  notation-py help key add',
    ),
    "blob": (
        "Sign, verify, inspect signatures of blob. Configure blob trust policy.",
        (
            "Sign, verify, inspect signatures of blob. Configure blob trust policy.\n\nA blob is a file, "
            'or standard input if its path is "-". Its signature is a file of its own, beside it.\n\n'
            "Example - Sign a file, which makes app.tar.jws.sig:\n  notation-py blob sign app.tar\n\n"
            "Example - Verify it with the global blob trust policy:\n  notation-py blob verify --signature "
            "app.tar.jws.sig app.tar"
        ),
    ),
    "blob sign": (
        "Produce a detached signature for a given blob",
        (
            'Produce a detached signature for a given blob.\n\nBy default the signature file is "{blob '
            'file name}.{signature format}.sig" in the directory of the blob.\nA signing key is needed: '
            'the default key, or one named with --key. "notation-py key" manages keys.\n\nExample - Sign '
            "with the default signing key, in a JWS envelope:\n  notation-py blob sign <blob_path>\n\n"
            "Example - Sign with a named key, in a COSE envelope:\n  notation-py blob sign --key "
            "<key_name> --signature-format cose <blob_path>\n\nExample - Put the signature into another "
            "directory, replacing one that is there:\n  notation-py blob sign --signature-directory "
            "<directory> --force <blob_path>\n\nExample - Sign, say what the blob is and who built it, "
            "valid for 24 hours:\n  notation-py blob sign --media-type application/x-tar --user-metadata "
            "builder=ci --expiry 24h <blob_path>\n\nExample - Sign with a key that a plugin has:\n  "
            "notation-py blob sign --plugin <plugin_name> --id <key_id> <blob_path>\n\nExample - Sign with "
            "a timestamp:\n  notation-py blob sign --timestamp-url <url> --timestamp-root-cert <file> "
            "<blob_path>\n\nExample - Sign what another program writes:\n  tar -c <directory> | "
            "notation-py blob sign --signature app.tar.jws.sig -"
        ),
    ),
    "blob verify": (
        "Verify a signature associated with a blob",
        (
            'Verify a signature associated with a blob.\n\nNeeds a trust policy ("notation-py blob policy '
            'init") and trusted certificates ("notation-py cert add").\nThe name of the signature file '
            "says its format: it ends in .jws.sig or .cose.sig.\n\nExample - Verify with the global "
            "policy:\n  notation-py blob verify --signature <signature_path> <blob_path>\n\nExample - "
            "Verify with a policy by name:\n  notation-py blob verify --policy-name <policy_name> "
            "--signature <signature_path> <blob_path>\n\nExample - Require a media type and metadata in "
            "the signature:\n  notation-py blob verify --media-type application/x-tar --user-metadata "
            "builder=ci --signature <signature_path> <blob_path>\n\nExample - Verify for a program to "
            "read:\n  notation-py blob verify --output json --signature <signature_path> <blob_path>\n\n"
            "Example - Verify what comes from another program:\n  cat app.tar | notation-py blob verify "
            "--signature app.tar.jws.sig -"
        ),
    ),
    "blob inspect": (
        "Inspect a signature associated with a blob",
        (
            "Inspect a signature associated with a blob.\n\nShows what the signature says. Nothing is "
            'verified: "notation-py blob verify" says whether to trust it.\n\nExample - Inspect a '
            "signature:\n  notation-py blob inspect app.tar.cose.sig\n\nExample - Inspect for a program to "
            "read:\n  notation-py blob inspect --output json app.tar.cose.sig"
        ),
    ),
    "blob policy": (
        "Manage blob trust policy configuration for arbitrary blob signature verification",
        (
            "Manage blob trust policy configuration for arbitrary blob signature verification.\n\nExample "
            "- Trust one identity for every blob that is verified without naming a policy:\n  notation-py "
            "blob policy init --name app --global --trust-store ca:acme-rockets --trusted-identity "
            '"x509.subject: C=US, ST=WA, O=Acme"\n\nExample - Install a blob trust policy from a file:\n  '
            "notation-py blob policy import my_policy.json"
        ),
    ),
    "blob policy init": (
        "Initialize blob trust policy configuration",
        (
            "Initialize blob trust policy configuration: one policy with the verification level strict.\n\n"
            "Example - Trust one identity for every blob that is verified without naming a policy:\n  "
            "notation-py blob policy init --name app --global --trust-store ca:acme-rockets "
            '--trusted-identity "x509.subject: C=US, ST=WA, O=Acme"\n\nExample - Trust it for blobs that '
            "are verified with this policy by name, replacing what is there:\n  notation-py blob policy "
            'init --force --name app --trust-store ca:acme-rockets --trusted-identity "x509.subject: C=US, '
            'ST=WA, O=Acme"'
        ),
    ),
    "blob policy import": (
        "Import blob trust policy configuration from a JSON file",
        (
            "Import blob trust policy configuration from a JSON file.\n\nExample - Install a blob trust "
            "policy from a file:\n  notation-py blob policy import my_policy.json\n\nExample - Replace the "
            "one that is installed without being asked:\n  notation-py blob policy import --force "
            "my_policy.json"
        ),
    ),
    "blob policy show": (
        "Show blob trust policy configuration",
        (
            "Show blob trust policy configuration.\n\nExample - Show the blob trust policy:\n  notation-py "
            "blob policy show\n\nExample - Save the blob trust policy to a file:\n  notation-py blob "
            "policy show > my_policy.json"
        ),
    ),
    "certificate": (
        "Manage certificates in trust store",
        "Manage certificates in trust store for signature verification.",
    ),
    "certificate add": (
        "Add certificates to the trust store.",
        (
            "Add certificates to the trust store.\n\nExample - Trust a certificate authority for "
            "signatures:\n  notation-py cert add --type ca --store acme-rockets acme-rockets.crt\n\n"
            "Example - Trust a signing authority:\n  notation-py cert add --type signingAuthority --store "
            "wabbit-networks wabbit-networks.pem\n\nExample - Trust a timestamping authority:\n  "
            "notation-py cert add --type tsa --store timestamp wabbit-networks-timestamp.pem"
        ),
    ),
    "certificate list": (
        "List certificates in the trust store.",
        (
            "List certificates in the trust store.\n\nExample - List all certificate files:\n  notation-py "
            "cert ls\n\nExample - List the certificate files of one trust store:\n  notation-py cert ls "
            "--type ca --store acme-rockets"
        ),
    ),
    "certificate show": (
        (
            "Show certificate details given trust store type, named store, and certificate file name. If "
            "the certificate file contains multiple certificates, then all certificates are displayed."
        ),
        (
            "Show the details of every certificate in a file of the trust store.\n\nExample - Show the "
            "details of acme-rockets.crt:\n  notation-py cert show --type ca --store acme-rockets "
            "acme-rockets.crt"
        ),
    ),
    "certificate delete": (
        "Delete certificates from the trust store.",
        (
            "Delete certificates from the trust store.\n\nExample - Delete one certificate file:\n  "
            "notation-py cert delete --type ca --store acme-rockets acme-rockets.crt\n\nExample - Delete a "
            "whole named store without being asked:\n  notation-py cert delete --type ca --store "
            "acme-rockets --all --yes"
        ),
    ),
    "certificate generate-test": (
        "Generate a test RSA key and a corresponding self-signed certificate.",
        (
            "Generate a test RSA key and a corresponding self-signed certificate.\n\nFor trying things out "
            "only: the certificate is valid for one day and trusted as soon as it is made.\n\nExample - "
            "Make a test key and use it by default:\n  notation-py cert generate-test --default "
            "wabbit-networks.io"
        ),
    ),
    "certificate cleanup-test": (
        "Clean up a test RSA key and its corresponding certificate.",
        (
            "Remove everything that generate-test made under a name: certificate, key list entry and "
            "files.\n\nExample - Remove a test key:\n  notation-py cert cleanup-test wabbit-networks.io"
        ),
    ),
    "conformance": (
        "Hold a program to the conformance suite",
        (
            "Hold a program to the conformance suite.\n\nExample - Run the suite with a program that has "
            "notation's command line:\n  notation-py conformance run --client notation\n\nExample - Show "
            "what a vector is about:\n  notation-py conformance show jws/minimal"
        ),
    ),
    "conformance run": (
        "Run the vectors with a client",
        (
            "Run the vectors with a client, each in a world of its own, and compare its answers.\n\nThe "
            "client is started offline in a temporary home, with a registry and servers for revocation "
            "data and\ntime stamps of its own. The exit code is 0 only if nothing unexpected happened. How "
            "a client is spoken to\nis written in conformance/PROTOCOL.md.\n\nExample - Run everything "
            "with a program, and write a report:\n  notation-py conformance run --client ./my-notation "
            "--html report.html\n\nExample - Run the Go program, whose differences are known:\n  "
            "notation-py conformance run --client notation --known notation-1.3\n\nExample - Run one area "
            "with the library of this program:\n  notation-py conformance run --in-process --only 'jws/*'"
        ),
    ),
    "conformance list": (
        "List the vectors",
        (
            "List the vectors with what they expect.\n\nExample - List the vectors of one area:\n  "
            "notation-py conformance list --only 'revocation/*'"
        ),
    ),
    "conformance show": (
        "Show a vector",
        (
            "Show a vector: what it is about, the command that a client gets, and its files.\n\nExample - "
            "Show a vector:\n  notation-py conformance show jws/minimal"
        ),
    ),
    "conformance report": (
        "Compare runs",
        (
            "Compare runs of several clients: a table, and a report for people or a picture.\n\nExample - "
            "Lay two runs side by side:\n  notation-py conformance report --html both.html mine.json "
            "theirs.json"
        ),
    ),
    "key": (
        "Manage keys used for signing",
        (
            "Manage keys used for signing.\n\nExample - Add a local key with its certificate chain:\n  "
            "notation-py key add --key-file <key.pem> --cert-file <chain.pem> <key_name>\n\nExample - List "
            "keys used for signing:\n  notation-py key ls\n\nExample - Choose the default signing key:\n  "
            "notation-py key set --default <key_name>\n\nExample - Remove keys from the list:\n  "
            "notation-py key delete <key_name>..."
        ),
    ),
    "key add": (
        "Add key to Notation signing key list",
        (
            "Add key to Notation signing key list.\n\nA local key stays where it is: the list keeps the "
            "paths of the key and its certificates, which must match.\n\nExample - Add a local key with "
            "its certificate chain, and make it the default:\n  notation-py key add --default --key-file "
            "<key.pem> --cert-file <chain.pem> <key_name>\n\nExample - Add a key that a plugin keeps:\n  "
            "notation-py key add --plugin <plugin_name> --id <key_id> <key_name>"
        ),
    ),
    "key update": (
        "Update key in Notation signing key list",
        (
            "Update key in Notation signing key list.\n\nExample - Choose the default signing key:\n  "
            "notation-py key update --default <key_name>"
        ),
    ),
    "key list": (
        "List keys used for signing",
        (
            "List keys used for signing; a star marks the default.\n\nExample - List the keys:\n  "
            "notation-py key list"
        ),
    ),
    "key delete": (
        "Remove key from Notation signing key list",
        (
            "Remove key from Notation signing key list; the key itself is not deleted.\n\nExample - Remove "
            "two keys from the list:\n  notation-py key delete <key_name> <other_key_name>"
        ),
    ),
    "plugin": (
        "Manage plugins",
        (
            "Manage plugins.\n\nExample - Install a plugin:\n  notation-py plugin install --file "
            "<plugin_package>\n\nExample - List all installed plugins:\n  notation-py plugin ls\n\nExample "
            "- Check that a plugin keeps the plugin contract:\n  notation-py plugin check <plugin_name>\n\n"
            "Example - Uninstall a plugin:\n  notation-py plugin uninstall <plugin_name>"
        ),
    ),
    "plugin install": (
        "Install a plugin",
        (
            "Install a plugin: a zip or tar.gz archive, a single executable, or a directory with its "
            "files.\n\nAn installed plugin is replaced by a newer version only, unless --force is given.\n"
            "\nExample - Install a plugin from the file system:\n  notation-py plugin install --file "
            "wabbit-plugin-v1.0.zip\n\nExample - Install a plugin that has to have a SHA256 checksum:\n  "
            "notation-py plugin install --file wabbit-plugin-v1.0.zip --sha256sum <sha256>\n\nExample - "
            "Install a plugin whichever version is installed:\n  notation-py plugin install --file "
            "wabbit-plugin-v1.0.tar.gz --force\n\nExample - Install a single executable:\n  notation-py "
            "plugin install --file notation-wabbit-plugin\n\nExample - Install a plugin from a URL; the "
            "SHA256 checksum is required:\n  notation-py plugin install --url "
            "https://wabbit.example/plugin-v1.0.tar.gz --sha256sum <sha256>"
        ),
    ),
    "plugin list": (
        "List installed plugins",
        (
            "List installed plugins: programs, which are asked what they are, and those of Python "
            "packages.\n\nExample - List all installed plugins:\n  notation-py plugin ls"
        ),
    ),
    "plugin uninstall": (
        "Uninstall a plugin",
        "Uninstall a plugin.\n\nExample - Uninstall a plugin:\n  notation-py plugin uninstall wabbit-plugin",
    ),
    "plugin check": (
        "Check that a plugin keeps the plugin contract",
        (
            "Check that a plugin keeps the plugin contract, whoever made it and whatever it is written "
            "in.\n\nThe plugin is asked for everything it claims to do, with requests that are in order "
            "and with requests that\nare not. Each line of the report has the requirements that it is "
            "about. The key is used to sign: give a\nkey for tests. The exit code is 0 only if nothing "
            "failed.\n\nExample - Check a plugin without signing:\n  notation-py plugin check "
            "wabbit-plugin\n\nExample - Check signing with two keys, for a program to read:\n  notation-py "
            "plugin check --key-id <rsa_key_id> --key-id <ec_key_id> --output json wabbit-plugin"
        ),
    ),
    "policy": (
        "Manage trust policy configuration",
        (
            "Manage trust policy configuration for signature verification.\n\nExample - Trust one identity "
            "for one repository:\n  notation-py policy init --name app --scope registry.example.com/app "
            '--trust-store ca:acme-rockets --trusted-identity "x509.subject: C=US, ST=WA, O=Acme"\n\n'
            "Example - Install a trust policy from a file:\n  notation-py policy import my_policy.json"
        ),
    ),
    "policy init": (
        "Initialize OCI trust policy configuration",
        (
            "Initialize OCI trust policy configuration: one policy with the verification level strict.\n\n"
            "Example - Trust one identity for one repository:\n  notation-py policy init --name app "
            "--scope registry.example.com/app     --trust-store ca:acme-rockets --trusted-identity "
            '"x509.subject: C=US, ST=WA, O=Acme"'
        ),
    ),
    "policy import": (
        "Import OCI trust policy configuration from a JSON file",
        (
            "Import OCI trust policy configuration from a JSON file.\n\nExample - Install a trust policy "
            "from a file:\n  notation-py policy import my_policy.json"
        ),
    ),
    "policy show": (
        "Show OCI trust policy configuration",
        (
            "Show OCI trust policy configuration.\n\nExample - Show the trust policy:\n  notation-py "
            "policy show\n\nExample - Save the trust policy to a file:\n  notation-py policy show > "
            "my_policy.json"
        ),
    ),
    "completion": (
        "Generate the autocompletion script for the specified shell",
        (
            "Generate the autocompletion script for notation-py for the specified shell.\nBesides commands "
            "and flags it completes the names of keys, trust stores and certificates."
        ),
    ),
    "completion bash": (
        "Generate the autocompletion script for bash",
        (
            "Generate the autocompletion script for the bash shell, version 4.4 or newer.\n\nExample - "
            "Load completions in this shell:\n  source <(notation-py completion bash)\n\nExample - Load "
            "completions in every new shell:\n  notation-py completion bash > "
            "~/.local/share/bash-completion/completions/notation-py"
        ),
    ),
    "completion zsh": (
        "Generate the autocompletion script for zsh",
        (
            "Generate the autocompletion script for the zsh shell.\n\nExample - Load completions in this "
            "shell:\n  source <(notation-py completion zsh)\n\nExample - Load completions in every new "
            'shell:\n  notation-py completion zsh > "${fpath[1]}/_notation-py"'
        ),
    ),
    "completion fish": (
        "Generate the autocompletion script for fish",
        (
            "Generate the autocompletion script for the fish shell.\n\nExample - Load completions in this "
            "shell:\n  notation-py completion fish | source\n\nExample - Load completions in every new "
            "shell:\n  notation-py completion fish > ~/.config/fish/completions/notation-py.fish"
        ),
    ),
    "completion powershell": (
        "Generate the autocompletion script for powershell",
        (
            "Generate the autocompletion script for powershell.\n\nExample - Load completions in this "
            "shell:\n  notation-py completion powershell | Out-String | Invoke-Expression"
        ),
    ),
}

FLAGS = {
    "key": (
        "signing key name, for a key previously added to notation-py's key list. This is mutually "
        "exclusive with the --id and --plugin flags"
    ),
    "id": "key id (required if --plugin is set). This is mutually exclusive with the --key flag",
    "key add id": "key id (required if --plugin is set)",
    "plugin": "signing plugin name (required if --id is set). This is mutually exclusive with the --key flag",
    "key add plugin": "signing plugin name",
    "plugin-config": (
        "{key}={value} pairs that are passed as it is to a plugin, refer plugin's documentation to set "
        "appropriate values"
    ),
    "verify plugin-config": (
        "{key}={value} pairs that are passed as it is to a plugin, if the verification is associated with "
        "a verification plugin, refer plugin documentation to set appropriate values"
    ),
    "blob verify plugin-config": (
        "{key}={value} pairs that are passed as it is to a plugin, if the verification is associated with "
        "a verification plugin, refer plugin documentation to set appropriate values"
    ),
    "plugin check plugin-config": "{key}={value} pairs that are passed to the plugin",
    "signature-format": 'signature envelope format, options: "jws", "cose"',
    "expiry": (
        'optional expiry that provides a "best by use" time for the artifact. The duration is specified in '
        "minutes(m) and/or hours(h). For example: 12h, 30m, 3h20m"
    ),
    "user-metadata": "{key}={value} pairs that are added to the signature payload",
    "verify user-metadata": (
        "user defined {key}={value} pairs that must be present in the signature for successful "
        "verification if provided"
    ),
    "blob verify user-metadata": (
        "user defined {key}={value} pairs that must be present in the signature for successful "
        "verification if provided"
    ),
    "timestamp-url": "RFC 3161 Timestamping Authority (TSA) server URL",
    "timestamp-root-cert": "filepath of timestamp authority root certificate",
    "force-referrers-tag": "force to store signatures using the referrers tag schema",
    "oci-layout": "sign the artifact stored as OCI image layout",
    "verify oci-layout": "verify the artifact stored as OCI image layout",
    "list oci-layout": "list signatures stored in OCI image layout",
    "inspect oci-layout": "inspect signatures stored in OCI image layout",
    "passphrase-file": (
        "filepath of the passphrase of an encrypted private key (default to $NOTATION_PY_KEY_PASSPHRASE, "
        "then a prompt)"
    ),
    "username": "username for registry operations (default to $NOTATION_USERNAME if not specified)",
    "password": "password for registry operations (default to $NOTATION_PASSWORD if not specified)",
    "insecure-registry": "use HTTP protocol while connecting to registries. Should be used only for testing",
    "tls-ca-file": "filepath of the CA certificates to trust for TLS, instead of the system's",
    "tls-cert-file": "filepath of the client certificate for TLS, in PEM format",
    "tls-key-file": "filepath of the client certificate's key, in PEM format",
    "debug": "debug mode",
    "verbose": "verbose mode",
    "allow-referrers-api": "deprecated: the Referrers API is used where the registry has it",
    "max-signatures": "maximum number of signatures to evaluate or examine",
    "output": "output format, options: 'json', 'text'",
    "inspect output": "output format, options: 'json', 'tree'",
    "blob inspect output": "output format, options: 'json', 'tree'",
    "scope": (
        "set trust policy scope for artifact verification, required and can only be used when flag "
        '"--oci-layout" is set'
    ),
    "policy init scope": (
        'registry scope the policy is for, in the format "<registry>/<repository>", or "*" for every '
        "artifact"
    ),
    "password-stdin": "take the password from stdin",
    "media-type": "media type of the blob",
    "blob verify media-type": "media type of the blob to verify",
    "signature-directory": (
        "directory where the signature file is placed (default same directory as the blob)"
    ),
    "signature": (
        "filepath of the signature to be written, ending in .jws.sig or .cose.sig like its format; needed "
        "for standard input"
    ),
    "blob verify signature": "filepath of the signature to be verified",
    "force": "override the existing OCI trust policy configuration, never prompt",
    "blob sign force": "override the existing signature file, never prompt",
    "blob policy init force": (
        "override the existing blob trust policy configuration, never prompt (default --force=false)"
    ),
    "blob policy import force": "override the existing blob trust policy configuration without prompt",
    "plugin install force": "force the installation of the plugin",
    "policy-name": "policy name to verify against. If not provided, the global policy is used if exists",
    "name": "name of the blob trust policy",
    "conformance run name": "what reports call the client",
    "policy init name": "name of the OCI trust policy",
    "trust-store": 'trust store in the format "<store_type>:<store_name>"',
    "trusted-identity": (
        'trusted identity, use the format "x509.subject:<subject_of_signing_certificate>" for x509 CA '
        'scheme and "<signing_authority_identity>" for x509 signingAuthority scheme'
    ),
    "global": "set the policy as the global policy (default --global=false)",
    "type": "specify trust store type, options: ca, signingAuthority, tsa",
    "store": "specify named store",
    "all": "delete all certificates in the named store",
    "yes": "do not prompt for confirmation",
    "bits": "RSA key bits",
    "default": "mark as default",
    "certificate generate-test default": "mark as default signing key",
    "client": "command that starts the client; words as in a shell (default: this program)",
    "in-process": "run the library of this program, at each vector's own time",
    "suite": "directory with the vectors, in place of those of this program",
    "only": "only vectors whose name fits this glob, such as 'jws/*'",
    "jobs": "vectors at a time; 0 is one for each processor",
    "timeout": "time limit for one vector",
    "keep": "environment variable that the client gets to see; others are kept from it",
    "known": "file with known differences, or the name of a list that comes along",
    "strict-checks": "a client that does not say which check refused has failed",
    "json": "write the results to this JSON file",
    "junit": "write the results to this JUnit XML file",
    "html": "write a report for people to this HTML file",
    "svg": "write a picture of the results to this SVG file",
    "key-file": "filepath of a private key in PEM format, encrypted or not",
    "cert-file": "filepath of the key's certificate chain in PEM format, leaf first",
    "file": "install plugin from a file on file system",
    "url": "install plugin from an HTTPS URL. The plugin download timeout is 10m0s",
    "sha256sum": 'must match SHA256 of the plugin source, required when "--url" flag is set',
    "key-id": "key id to sign with, once for each type of key; without one signing is not checked",
    "no-descriptions": "disable completion descriptions",
}
