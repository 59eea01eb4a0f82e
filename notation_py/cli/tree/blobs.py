# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that sign, verify and inspect blobs.

Flags and help only; `cli/blob.py` does the work. Beyond the Go program: `-` is standard input, `blob sign`
knows `--signature`, `blob verify` knows `--output json`.

Spec: contract/cli.md 5, 7.13 to 7.15. Requirements: CLI-001, CLI-005.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ..parser import PROGRAM
from . import blob_policies, options
from .names import policy_names
from .shape import Arguments, Shape, command

app = typer.Typer(
    name="blob",
    short_help="Sign, verify, inspect signatures of blob. Configure blob trust policy.",
    help="""Sign, verify, inspect signatures of blob. Configure blob trust policy.

A blob is a file, or standard input if its path is "-". Its signature is a file of its own, beside it.

Example - Sign a file, which makes app.tar.jws.sig:
  notation-py blob sign app.tar

Example - Verify it with the global blob trust policy:
  notation-py blob verify --signature app.tar.jws.sig app.tar""",
)
app.add_typer(blob_policies.app)

Blob = Annotated[str | None, typer.Argument(metavar="<blob_path>")]
Passed = ": use `" + PROGRAM + " blob {} --help` to see what parameters are required"


def _one(name: str, missing: str) -> Arguments:
    return Arguments(least=1, most=1, too_few=missing + Passed.format(name))


@command(
    app,
    Shape(
        "blob sign",
        "[flags] <blob_path>",
        _one("sign", "missing file path to the blob artifact"),
        together=(("id", "plugin"), ("timestamp-url", "timestamp-root-cert")),
        exclusive=(("key", "id"), ("key", "plugin"), ("signature", "signature-directory")),
        filled=(
            ("", "blob path cannot be empty"),
            ("signature-directory", "signature directory cannot be empty"),
            ("signature", "filepath of the signature cannot be empty"),
            ("timestamp-url", "timestamping: tsa url cannot be empty"),
            ("timestamp-root-cert", "timestamping: tsa root certificate path cannot be empty"),
        ),
    ),
    "Produce a detached signature for a given blob",
)
def sign(
    context: typer.Context,
    blob: Blob = None,
    key: options.KeyName = "",
    id: options.KeyId = "",  # noqa: A002 - named like its flag
    plugin: options.SigningPlugin = "",
    plugin_config: options.SigningConfig = [],  # noqa: B006 - typer copies it
    signature_format: options.SignatureFormat = "jws",
    expiry: options.Expiry = 0,
    user_metadata: options.SignedMetadata = [],  # noqa: B006 - typer copies it
    timestamp_url: options.TimestampUrl = "",
    timestamp_root_cert: options.TimestampRoot = "",
    media_type: Annotated[
        str, typer.Option("--media-type", help="media type of the blob")
    ] = "application/octet-stream",
    signature_directory: Annotated[
        str,
        typer.Option(
            "--signature-directory",
            help="directory where the signature file is placed (default same directory as the blob)",
        ),
    ] = "",
    signature: Annotated[
        str,
        typer.Option(
            "--signature",
            "-s",
            help="filepath of the signature to be written, ending in .jws.sig or .cose.sig like its format; "
            "needed for standard input",
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="override the existing signature file, never prompt")
    ] = False,
    passphrase_file: options.PassphraseFile = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Produce a detached signature for a given blob.

    By default the signature file is "{blob file name}.{signature format}.sig" in the directory of the blob.
    A signing key is needed: the default key, or one named with --key. "notation-py key" manages keys.

    Example - Sign with the default signing key, in a JWS envelope:
      notation-py blob sign <blob_path>

    Example - Sign with a named key, in a COSE envelope:
      notation-py blob sign --key <key_name> --signature-format cose <blob_path>

    Example - Put the signature into another directory, replacing one that is there:
      notation-py blob sign --signature-directory <directory> --force <blob_path>

    Example - Sign, say what the blob is and who built it, valid for 24 hours:
      notation-py blob sign --media-type application/x-tar --user-metadata builder=ci --expiry 24h <blob_path>

    Example - Sign with a key that a plugin has:
      notation-py blob sign --plugin <plugin_name> --id <key_id> <blob_path>

    Example - Sign with a timestamp:
      notation-py blob sign --timestamp-url <url> --timestamp-root-cert <file> <blob_path>

    Example - Sign what another program writes:
      tar -c <directory> | notation-py blob sign --signature app.tar.jws.sig -
    """


@command(
    app,
    Shape(
        "blob verify",
        "[flags] --signature <signature_path> <blob_path>",
        _one("verify", "missing path to the blob artifact"),
    ),
    "Verify a signature associated with a blob",
)
def verify(
    context: typer.Context,
    blob: Blob = None,
    signature: Annotated[
        str, typer.Option("--signature", "-s", help="filepath of the signature to be verified")
    ] = "",
    plugin_config: options.VerificationConfig = [],  # noqa: B006 - typer copies it
    media_type: Annotated[str, typer.Option("--media-type", help="media type of the blob to verify")] = "",
    policy_name: Annotated[
        str,
        typer.Option(
            "--policy-name",
            help="policy name to verify against. If not provided, the global policy is used if exists",
            autocompletion=policy_names,
        ),
    ] = "",
    min_level: options.MinLevel = "",
    user_metadata: options.DemandedMetadata = [],  # noqa: B006 - typer copies it
    output: options.VerdictFormat = "text",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Verify a signature associated with a blob.

    Needs a trust policy ("notation-py blob policy init") and trusted certificates ("notation-py cert add").
    The name of the signature file says its format: it ends in .jws.sig or .cose.sig.

    Example - Verify with the global policy:
      notation-py blob verify --signature <signature_path> <blob_path>

    Example - Verify with a policy by name:
      notation-py blob verify --policy-name <policy_name> --signature <signature_path> <blob_path>

    Example - Require a media type and metadata in the signature:
      notation-py blob verify --media-type application/x-tar --user-metadata builder=ci \
--signature <signature_path> <blob_path>

    Example - Verify for a program to read:
      notation-py blob verify --output json --signature <signature_path> <blob_path>

    Example - Verify what comes from another program:
      cat app.tar | notation-py blob verify --signature app.tar.jws.sig -
    """


@command(
    app,
    Shape("blob inspect", "[flags] <signature_path>", _one("inspect", "missing signature path")),
    "Inspect a signature associated with a blob",
)
def inspect(
    context: typer.Context,
    signature: Annotated[str | None, typer.Argument(metavar="<signature_path>")] = None,
    output: options.InspectionFormat = "tree",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Inspect a signature associated with a blob.

    Shows what the signature says. Nothing is verified: "notation-py blob verify" says whether to trust it.

    Example - Inspect a signature:
      notation-py blob inspect app.tar.cose.sig

    Example - Inspect for a program to read:
      notation-py blob inspect --output json app.tar.cose.sig
    """
