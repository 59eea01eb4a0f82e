# SPDX-License-Identifier: Apache-2.0
"""The flags that several commands share, with the words of the Go program where it has them.

Knows names, short forms, types and help; defaults stand in the declarations. `--debug` and `--verbose`
are on every command of ours, the flags for TLS on every command that speaks to a registry.

Spec: contract/cli.md 5. Requirements: CLI-003, CLI-004.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ..go_values import parse_duration
from .names import key_names, plugin_names, store_names, store_types


def duration(value: str | int) -> int:
    """Return nanoseconds; typer passes a default through its parser too."""
    return value if isinstance(value, int) else parse_duration(value)


Debug = Annotated[bool, typer.Option("--debug", "-d", help="debug mode")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="verbose mode")]
Username = Annotated[
    str,
    typer.Option(
        "--username",
        "-u",
        help="username for registry operations (default to $NOTATION_USERNAME if not specified)",
    ),
]
Password = Annotated[
    str,
    typer.Option(
        "--password",
        "-p",
        help="password for registry operations (default to $NOTATION_PASSWORD if not specified)",
    ),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure-registry",
        help="use HTTP protocol while connecting to registries. Should be used only for testing",
    ),
]
CaFile = Annotated[
    str,
    typer.Option(
        "--tls-ca-file", help="filepath of the CA certificates to trust for TLS, instead of the system's"
    ),
]
ClientCert = Annotated[
    str, typer.Option("--tls-cert-file", help="filepath of the client certificate for TLS, in PEM format")
]
ClientKey = Annotated[
    str, typer.Option("--tls-key-file", help="filepath of the client certificate's key, in PEM format")
]
KeyName = Annotated[
    str,
    typer.Option(
        "--key",
        "-k",
        help="signing key name, for a key previously added to notation-py's key list. "
        "This is mutually exclusive with the --id and --plugin flags",
        autocompletion=key_names,
    ),
]
Expiry = Annotated[
    int,
    typer.Option(
        "--expiry",
        "-e",
        parser=duration,
        metavar="duration",
        help='optional expiry that provides a "best by use" time for the artifact. '
        "The duration is specified in minutes(m) and/or hours(h). For example: 12h, 30m, 3h20m",
    ),
]
PassphraseFile = Annotated[
    str,
    typer.Option(
        "--passphrase-file",
        help="filepath of the passphrase of an encrypted private key "
        "(default to $NOTATION_PY_KEY_PASSPHRASE, then a prompt)",
    ),
]
StoreType = Annotated[
    str,
    typer.Option(
        "--type",
        "-t",
        help="specify trust store type, options: ca, signingAuthority, tsa",
        autocompletion=store_types,
    ),
]
StoreName = Annotated[
    str, typer.Option("--store", "-s", help="specify named store", autocompletion=store_names)
]
KeyId = Annotated[
    str,
    typer.Option(
        "--id",
        help="key id (required if --plugin is set). This is mutually exclusive with the --key flag",
    ),
]
SigningPlugin = Annotated[
    str,
    typer.Option(
        "--plugin",
        help="signing plugin name (required if --id is set). This is mutually exclusive with the --key flag",
        autocompletion=plugin_names,
    ),
]
SigningConfig = Annotated[
    list[str],
    typer.Option(
        "--plugin-config",
        help="{key}={value} pairs that are passed as it is to a plugin, "
        "refer plugin's documentation to set appropriate values",
    ),
]
VerificationConfig = Annotated[
    list[str],
    typer.Option(
        "--plugin-config",
        help="{key}={value} pairs that are passed as it is to a plugin, if the verification is "
        "associated with a verification plugin, refer plugin documentation to set appropriate values",
    ),
]
SignatureFormat = Annotated[
    str,
    typer.Option("--signature-format", help='signature envelope format, options: "jws", "cose"'),
]
SignedMetadata = Annotated[
    list[str],
    typer.Option("--user-metadata", "-m", help="{key}={value} pairs that are added to the signature payload"),
]
DemandedMetadata = Annotated[
    list[str],
    typer.Option(
        "--user-metadata",
        "-m",
        help="user defined {key}={value} pairs that must be present in the signature "
        "for successful verification if provided",
    ),
]
TimestampUrl = Annotated[
    str, typer.Option("--timestamp-url", help="RFC 3161 Timestamping Authority (TSA) server URL")
]
TimestampRoot = Annotated[
    str, typer.Option("--timestamp-root-cert", help="filepath of timestamp authority root certificate")
]
MinLevel = Annotated[
    str,
    typer.Option(
        "--min-level",
        help="refuse if the trust policy is weaker than this level, options: 'strict', 'permissive', 'audit'",
    ),
]
VerdictFormat = Annotated[str, typer.Option("--output", "-o", help="output format, options: 'json', 'text'")]
InspectionFormat = Annotated[
    str, typer.Option("--output", "-o", help="output format, options: 'json', 'tree'")
]
TrustStores = Annotated[
    list[str],
    typer.Option("--trust-store", help='trust store in the format "<store_type>:<store_name>"'),
]
TrustedIdentities = Annotated[
    list[str],
    typer.Option(
        "--trusted-identity",
        help='trusted identity, use the format "x509.subject:<subject_of_signing_certificate>" for x509 '
        'CA scheme and "<signing_authority_identity>" for x509 signingAuthority scheme',
    ),
]
