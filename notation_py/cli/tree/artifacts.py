# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that work on artifacts: sign, verify, list, inspect.

Flags and help only; what they do is in the modules of the same names. Beyond the Go program:
`verify` takes several references, `verify` and `inspect` know `--output json`, `inspect` reads layouts.

Spec: contract/cli.md 5, 7.1 to 7.4. Requirements: CLI-003, CLI-004, CLI-006.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ..parser import PROGRAM
from . import options
from .shape import Arguments, Shape, command

app = typer.Typer()

_MISSING = (
    "missing reference to the artifact: use `" + PROGRAM + " {} --help` to see what parameters are required"
)

References = Annotated[list[str] | None, typer.Argument(metavar="<reference>...")]
Reference = Annotated[str | None, typer.Argument(metavar="<reference>")]
MaxSignatures = Annotated[
    int, typer.Option("--max-signatures", help="maximum number of signatures to evaluate or examine")
]
ReferrersApi = Annotated[
    bool,
    typer.Option(
        "--allow-referrers-api",
        hidden=True,
        help="deprecated: the Referrers API is used where the registry has it",
    ),
]


def _one(name: str) -> Arguments:
    return Arguments(least=1, most=1, too_few=_MISSING.format(name))


@command(
    app,
    Shape(
        "sign",
        "[flags] <reference>",
        _one("sign"),
        together=(("id", "plugin"), ("timestamp-url", "timestamp-root-cert")),
        exclusive=(
            ("key", "id"),
            ("key", "plugin"),
            ("oci-layout", "force-referrers-tag"),
            ("oci-layout", "allow-referrers-api"),
            ("force-referrers-tag", "allow-referrers-api"),
        ),
    ),
    "Sign artifacts",
)
def sign(
    context: typer.Context,
    reference: Reference = None,
    key: options.KeyName = "",
    id: options.KeyId = "",  # noqa: A002 - named like its flag
    plugin: options.SigningPlugin = "",
    plugin_config: options.SigningConfig = [],  # noqa: B006 - typer copies it
    signature_format: options.SignatureFormat = "jws",
    expiry: options.Expiry = 0,
    user_metadata: options.SignedMetadata = [],  # noqa: B006 - typer copies it
    timestamp_url: options.TimestampUrl = "",
    timestamp_root_cert: options.TimestampRoot = "",
    recursive: Annotated[
        bool,
        typer.Option("--recursive", "-r", help="sign an index and every image that it lists"),
    ] = False,
    force_referrers_tag: Annotated[
        bool,
        typer.Option(
            "--force-referrers-tag", help="force to store signatures using the referrers tag schema"
        ),
    ] = False,
    oci_layout: Annotated[
        bool, typer.Option("--oci-layout", help="sign the artifact stored as OCI image layout")
    ] = False,
    passphrase_file: options.PassphraseFile = "",
    username: options.Username = "",
    password: options.Password = "",
    insecure_registry: options.Insecure = False,
    tls_ca_file: options.CaFile = "",
    tls_cert_file: options.ClientCert = "",
    tls_key_file: options.ClientKey = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
    allow_referrers_api: ReferrersApi = False,
) -> None:
    """Sign artifacts.

    A signing key is needed: the default key, or one named with --key. "notation-py key" manages keys.
    Prefer a digest to a tag: a tag can be moved to another artifact while you sign.

    Example - Sign with the default signing key, in a JWS envelope:
      notation-py sign <registry>/<repository>@<digest>

    Example - Sign with a named key, in a COSE envelope:
      notation-py sign --key <key_name> --signature-format cose <registry>/<repository>@<digest>

    Example - Sign what a tag points to now, valid for 24 hours:
      notation-py sign --expiry 24h <registry>/<repository>:<tag>

    Example - Sign and record who built it:
      notation-py sign --user-metadata builder=ci <registry>/<repository>@<digest>

    Example - Sign a multi-platform image and the image of each platform:
      notation-py sign --recursive <registry>/<repository>@<digest>

    Example - Sign an artifact in an OCI image layout directory:
      notation-py sign --oci-layout "<path>@<digest>"
    """


@command(
    app,
    Shape(
        "verify",
        "[reference]... [flags]",
        Arguments(least=1, most=None, too_few=_MISSING.format("verify")),
        together=(("oci-layout", "scope"),),
    ),
    "Verify OCI artifacts",
)
def verify(
    context: typer.Context,
    reference: References = None,
    max_signatures: MaxSignatures = 100,
    min_level: options.MinLevel = "",
    output: options.VerdictFormat = "text",
    plugin_config: options.VerificationConfig = [],  # noqa: B006 - typer copies it
    user_metadata: options.DemandedMetadata = [],  # noqa: B006 - typer copies it
    recursive: Annotated[
        bool,
        typer.Option("--recursive", "-r", help="verify an index and every image that it lists"),
    ] = False,
    oci_layout: Annotated[
        bool, typer.Option("--oci-layout", help="verify the artifact stored as OCI image layout")
    ] = False,
    scope: Annotated[
        str,
        typer.Option(
            "--scope",
            help="set trust policy scope for artifact verification, "
            'required and can only be used when flag "--oci-layout" is set',
        ),
    ] = "",
    username: options.Username = "",
    password: options.Password = "",
    insecure_registry: options.Insecure = False,
    tls_ca_file: options.CaFile = "",
    tls_cert_file: options.ClientCert = "",
    tls_key_file: options.ClientKey = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
    allow_referrers_api: ReferrersApi = False,
) -> None:
    """Verify OCI artifacts.

    Needs a trust policy ("notation-py policy init") and trusted certificates ("notation-py cert add").
    With several references each gets its own verdict; the exit code is 0 only if every one is verified.

    Example - Verify the artifact with this digest:
      notation-py verify <registry>/<repository>@<digest>

    Example - Verify what a tag points to now:
      notation-py verify <registry>/<repository>:<tag>

    Example - Verify two artifacts, for a program to read:
      notation-py verify --output json <registry>/<repository>@<digest> <registry>/<other>@<digest>

    Example - Require metadata in the signature:
      notation-py verify --user-metadata builder=ci <registry>/<repository>@<digest>

    Example - Refuse if somebody weakened the trust policy:
      notation-py verify --min-level strict <registry>/<repository>@<digest>

    Example - Verify a multi-platform image with the image of each platform:
      notation-py verify --recursive <registry>/<repository>@<digest>

    Example - Verify an artifact in an OCI image layout directory:
      notation-py verify --oci-layout --scope local/app "<path>@<digest>"
    """


@command(
    app,
    Shape("list", "[flags] <reference>", _one("list"), aliases=("ls",)),
    "List signatures of the signed artifact",
)
def list_signatures(
    context: typer.Context,
    reference: Reference = None,
    max_signatures: MaxSignatures = 100,
    oci_layout: Annotated[
        bool, typer.Option("--oci-layout", help="list signatures stored in OCI image layout")
    ] = False,
    username: options.Username = "",
    password: options.Password = "",
    insecure_registry: options.Insecure = False,
    tls_ca_file: options.CaFile = "",
    tls_cert_file: options.ClientCert = "",
    tls_key_file: options.ClientKey = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
    allow_referrers_api: ReferrersApi = False,
) -> None:
    """List all the signatures associated with signed artifact.

    Example - List the signatures of the artifact with this digest:
      notation-py list <registry>/<repository>@<digest>

    Example - List the signatures of what a tag points to now:
      notation-py list <registry>/<repository>:<tag>

    Example - List the signatures in an OCI image layout directory:
      notation-py list --oci-layout "<path>@<digest>"
    """


@command(
    app,
    Shape("inspect", "[reference] [flags]", _one("inspect")),
    "Inspect all signatures associated with the signed artifact",
)
def inspect(
    context: typer.Context,
    reference: Reference = None,
    max_signatures: MaxSignatures = 100,
    output: options.InspectionFormat = "tree",
    oci_layout: Annotated[
        bool, typer.Option("--oci-layout", help="inspect signatures stored in OCI image layout")
    ] = False,
    username: options.Username = "",
    password: options.Password = "",
    insecure_registry: options.Insecure = False,
    tls_ca_file: options.CaFile = "",
    tls_cert_file: options.ClientCert = "",
    tls_key_file: options.ClientKey = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
    allow_referrers_api: ReferrersApi = False,
) -> None:
    """Inspect all signatures associated with the signed artifact.

    Shows what the signatures say. Nothing is verified: use "notation-py verify" to know whether to trust it.

    Example - Inspect the signatures of the artifact with this digest:
      notation-py inspect <registry>/<repository>@<digest>

    Example - Inspect for a program to read:
      notation-py inspect --output json <registry>/<repository>@<digest>
    """
