# SPDX-License-Identifier: Apache-2.0
"""Summaries and the help of flags, as the help screen shows them.

Generated from the declarations in `app.py` by `python -m notation_py.cli.generate`: change those.

Spec: specs/decisions/0002-static-front.md. Requirements: CLI-001.
"""

# fmt: off
from __future__ import annotations

SUMMARIES = {
    "": "",
    "sign": "Sign artifacts",
    "verify": "Verify OCI artifacts",
    "list": "List signatures of the signed artifact",
    "inspect": "Inspect all signatures associated with the signed artifact",
    "login": "Login to registry",
    "logout": "Log out from the logged in registries",
    "version": "Show the notation version information",
    "help": "Help about any command",
    "blob": "Sign, verify, inspect signatures of blob. Configure blob trust policy.",
    "blob sign": "Produce a detached signature for a given blob",
    "blob verify": "Verify a signature associated with a blob",
    "blob inspect": "Inspect a signature associated with a blob",
    "blob policy": "Manage blob trust policy configuration for arbitrary blob signature verification",
    "blob policy init": "Initialize blob trust policy configuration",
    "blob policy import": "Import blob trust policy configuration from a JSON file",
    "blob policy show": "Show blob trust policy configuration",
    "certificate": "Manage certificates in trust store",
    "certificate add": "Add certificates to the trust store.",
    "certificate list": "List certificates in the trust store.",
    "certificate show": (
        "Show certificate details given trust store type, named store, and certificate file name. If the "
        "certificate file contains multiple certificates, then all certificates are displayed."
    ),
    "certificate delete": "Delete certificates from the trust store.",
    "certificate generate-test": "Generate a test RSA key and a corresponding self-signed certificate.",
    "certificate cleanup-test": "Clean up a test RSA key and its corresponding certificate.",
    "conformance": "Hold a program to the conformance suite",
    "conformance run": "Run the vectors with a client",
    "conformance list": "List the vectors",
    "conformance show": "Show a vector",
    "conformance report": "Compare runs",
    "key": "Manage keys used for signing",
    "key add": "Add key to Notation signing key list",
    "key update": "Update key in Notation signing key list",
    "key list": "List keys used for signing",
    "key delete": "Remove key from Notation signing key list",
    "plugin": "Manage plugins",
    "plugin install": "Install a plugin",
    "plugin list": "List installed plugins",
    "plugin uninstall": "Uninstall a plugin",
    "plugin check": "Check that a plugin keeps the plugin contract",
    "policy": "Manage trust policy configuration",
    "policy init": "Initialize OCI trust policy configuration",
    "policy import": "Import OCI trust policy configuration from a JSON file",
    "policy show": "Show OCI trust policy configuration",
    "completion": "Generate the autocompletion script for the specified shell",
    "completion bash": "Generate the autocompletion script for bash",
    "completion zsh": "Generate the autocompletion script for zsh",
    "completion fish": "Generate the autocompletion script for fish",
    "completion powershell": "Generate the autocompletion script for powershell",
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
    "recursive": "sign an index and every image that it lists",
    "verify recursive": "verify an index and every image that it lists",
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
    "min-level": (
        "refuse if the trust policy is weaker than this level, options: 'strict', 'permissive', 'audit'"
    ),
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
