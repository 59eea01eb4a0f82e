# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that manage the trust policy for OCI artifacts.

Flags and help only; `cli/policy.py` does the work. `policy init` is ours, after the Go program's
`blob policy init`.

Spec: contract/cli.md 7.11, 7.12. Requirements: CLI-001, CLI-012.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ..parser import PROGRAM
from . import options
from .shape import Arguments, Shape, command

app = typer.Typer(
    name="policy",
    short_help="Manage trust policy configuration",
    help="""Manage trust policy configuration for signature verification.

Example - Trust one identity for one repository:
  notation-py policy init --name app --scope registry.example.com/app --trust-store ca:acme-rockets \
--trusted-identity "x509.subject: C=US, ST=WA, O=Acme"

Example - Install a trust policy from a file:
  notation-py policy import my_policy.json""",
)

_NONE = Arguments(least=0, most=0, too_many="accepts 0 arg(s), received {n}")
_ONE = (
    f"requires 1 argument but received {{n}}.\nUsage: {PROGRAM} policy import <path-to-policy.json>\n"
    "Please specify a trust policy file location as the argument"
)
Force = Annotated[
    bool,
    typer.Option("--force", help="override the existing OCI trust policy configuration, never prompt"),
]


@command(
    app,
    Shape(
        "policy init",
        "[flags] --name <policy_name> --scope <registry_scope> --trust-store <store_type>:<store_name> "
        "--trusted-identity <trusted_identity>",
        _NONE,
    ),
    "Initialize OCI trust policy configuration",
)
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option("--name", "-n", help="name of the OCI trust policy")],
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope",
            help='registry scope the policy is for, in the format "<registry>/<repository>", '
            'or "*" for every artifact',
        ),
    ],
    trust_store: options.TrustStores,
    trusted_identity: options.TrustedIdentities,
    force: Force = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Initialize OCI trust policy configuration: one policy with the verification level strict.

    Example - Trust one identity for one repository:
      notation-py policy init --name app --scope registry.example.com/app \
    --trust-store ca:acme-rockets --trusted-identity "x509.subject: C=US, ST=WA, O=Acme"
    """


@command(
    app,
    Shape(
        "policy import",
        "[flags] <file_path>",
        Arguments(least=1, most=1, too_few=_ONE, too_many=_ONE),
    ),
    "Import OCI trust policy configuration from a JSON file",
)
def import_policy(
    context: typer.Context,
    path: Annotated[str | None, typer.Argument(metavar="<file_path>")] = None,
    force: Force = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Import OCI trust policy configuration from a JSON file.

    Example - Install a trust policy from a file:
      notation-py policy import my_policy.json
    """


@command(app, Shape("policy show", "[flags]", _NONE), "Show OCI trust policy configuration")
def show(context: typer.Context, debug: options.Debug = False, verbose: options.Verbose = False) -> None:
    """Show OCI trust policy configuration.

    Example - Show the trust policy:
      notation-py policy show

    Example - Save the trust policy to a file:
      notation-py policy show > my_policy.json
    """
