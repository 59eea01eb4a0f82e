# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that manage the trust policy for blobs.

Flags and help only; `cli/blob_policy.py` does the work.

Spec: contract/cli.md 7.12. Requirements: CLI-001, CLI-012, CLI-013.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ..parser import PROGRAM
from . import options
from .shape import Arguments, Shape, command

app = typer.Typer(
    name="policy",
    short_help="Manage blob trust policy configuration for arbitrary blob signature verification",
    help="""Manage blob trust policy configuration for arbitrary blob signature verification.

Example - Trust one identity for every blob that is verified without naming a policy:
  notation-py blob policy init --name app --global --trust-store ca:acme-rockets \
--trusted-identity "x509.subject: C=US, ST=WA, O=Acme"

Example - Install a blob trust policy from a file:
  notation-py blob policy import my_policy.json""",
    no_args_is_help=True,
)

_NONE = Arguments(least=0, most=0, too_many="accepts 0 arg(s), received {n}")
_ONE = (
    f"requires 1 argument but received {{n}}.\nUsage: {PROGRAM} blob policy import <path-to-policy.json>\n"
    "Please specify a trust policy configuration location as the argument"
)


@command(
    app,
    Shape(
        "blob policy init",
        "[flags] --name <policy_name> --trust-store <store_type>:<store_name> "
        "--trusted-identity <trusted_identity>",
        _NONE,
    ),
    "Initialize blob trust policy configuration",
)
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option("--name", "-n", help="name of the blob trust policy")],
    trust_store: options.TrustStores,
    trusted_identity: options.TrustedIdentities,
    global_: Annotated[
        bool,
        typer.Option("--global", help="set the policy as the global policy (default --global=false)"),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="override the existing blob trust policy configuration, never prompt "
            "(default --force=false)",
        ),
    ] = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Initialize blob trust policy configuration: one policy with the verification level strict.

    Example - Trust one identity for every blob that is verified without naming a policy:
      notation-py blob policy init --name app --global --trust-store ca:acme-rockets \
--trusted-identity "x509.subject: C=US, ST=WA, O=Acme"

    Example - Trust it for blobs that are verified with this policy by name, replacing what is there:
      notation-py blob policy init --force --name app --trust-store ca:acme-rockets \
--trusted-identity "x509.subject: C=US, ST=WA, O=Acme"
    """


@command(
    app,
    Shape(
        "blob policy import",
        "[flags] <file_path>",
        Arguments(least=1, most=1, too_few=_ONE, too_many=_ONE),
    ),
    "Import blob trust policy configuration from a JSON file",
)
def import_policy(
    context: typer.Context,
    path: Annotated[str | None, typer.Argument(metavar="<file_path>")] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="override the existing blob trust policy configuration without prompt"),
    ] = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Import blob trust policy configuration from a JSON file.

    Example - Install a blob trust policy from a file:
      notation-py blob policy import my_policy.json

    Example - Replace the one that is installed without being asked:
      notation-py blob policy import --force my_policy.json
    """


@command(app, Shape("blob policy show", "[flags]", _NONE), "Show blob trust policy configuration")
def show(context: typer.Context, debug: options.Debug = False, verbose: options.Verbose = False) -> None:
    """Show blob trust policy configuration.

    Example - Show the blob trust policy:
      notation-py blob policy show

    Example - Save the blob trust policy to a file:
      notation-py blob policy show > my_policy.json
    """
