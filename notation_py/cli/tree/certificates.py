# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that manage the trust store.

Flags and help only; `cli/certificate.py` does the work. Knows no certificate.

Spec: contract/cli.md 7.8. Requirements: CLI-001, CLI-011, TS-001.
"""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .names import store_certificates
from .shape import Arguments, Shape, command

app = typer.Typer(
    name="certificate",
    short_help="Manage certificates in trust store",
    help="Manage certificates in trust store for signature verification.",
)

CommonName = Annotated[str | None, typer.Argument(metavar="<common_name>")]
FileName = Annotated[str | None, typer.Argument(metavar="<cert_fileName>", autocompletion=store_certificates)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not prompt for confirmation")]


@command(
    app,
    Shape(
        "certificate add",
        "--type <type> --store <name> [flags] <cert_path>...",
        Arguments(least=1, most=None, too_few="missing certificate path"),
    ),
    "Add certificates to the trust store.",
)
def add(
    context: typer.Context,
    type_: options.StoreType,
    store: options.StoreName,
    paths: Annotated[list[str] | None, typer.Argument(metavar="<cert_path>...")] = None,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Add certificates to the trust store.

    Example - Trust a certificate authority for signatures:
      notation-py cert add --type ca --store acme-rockets acme-rockets.crt

    Example - Trust a signing authority:
      notation-py cert add --type signingAuthority --store wabbit-networks wabbit-networks.pem

    Example - Trust a timestamping authority:
      notation-py cert add --type tsa --store timestamp wabbit-networks-timestamp.pem
    """


@command(
    app,
    Shape("certificate list", "[flags]", Arguments(least=0, most=0), aliases=("ls",)),
    "List certificates in the trust store.",
)
def list_certificates(
    context: typer.Context,
    type_: options.StoreType = "",
    store: options.StoreName = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """List certificates in the trust store.

    Example - List all certificate files:
      notation-py cert ls

    Example - List the certificate files of one trust store:
      notation-py cert ls --type ca --store acme-rockets
    """


@command(
    app,
    Shape(
        "certificate show",
        "--type <type> --store <name> [flags] <cert_fileName>",
        Arguments(
            least=1,
            most=1,
            too_few="missing certificate file name",
            too_many="show only supports single certificate file",
        ),
    ),
    "Show certificate details given trust store type, named store, and certificate file name. "
    "If the certificate file contains multiple certificates, then all certificates are displayed.",
)
def show(
    context: typer.Context,
    type_: options.StoreType,
    store: options.StoreName,
    name: FileName = None,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Show the details of every certificate in a file of the trust store.

    Example - Show the details of acme-rockets.crt:
      notation-py cert show --type ca --store acme-rockets acme-rockets.crt
    """


@command(
    app,
    Shape(
        "certificate delete",
        "--type <type> --store <name> [flags] (--all | <cert_fileName>)",
        Arguments(
            least=1,
            most=1,
            too_few="delete requires either the certificate file name that needs to be deleted or --all flag "
            "to delete all certificates in the given named trust store",
            unless="all",
        ),
    ),
    "Delete certificates from the trust store.",
)
def delete(
    context: typer.Context,
    type_: options.StoreType,
    store: options.StoreName,
    name: FileName = None,
    all: Annotated[  # noqa: A002 - named like its flag
        bool, typer.Option("--all", "-a", help="delete all certificates in the named store")
    ] = False,
    yes: Yes = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Delete certificates from the trust store.

    Example - Delete one certificate file:
      notation-py cert delete --type ca --store acme-rockets acme-rockets.crt

    Example - Delete a whole named store without being asked:
      notation-py cert delete --type ca --store acme-rockets --all --yes
    """


@command(
    app,
    Shape(
        "certificate generate-test",
        "[flags] <common_name>",
        Arguments(least=1, most=1, too_few="missing certificate common_name"),
    ),
    "Generate a test RSA key and a corresponding self-signed certificate.",
)
def generate_test(
    context: typer.Context,
    name: CommonName = None,
    bits: Annotated[int, typer.Option("--bits", "-b", help="RSA key bits")] = 2048,
    default: Annotated[bool, typer.Option("--default", help="mark as default signing key")] = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Generate a test RSA key and a corresponding self-signed certificate.

    For trying things out only: the certificate is valid for one day and trusted as soon as it is made.

    Example - Make a test key and use it by default:
      notation-py cert generate-test --default wabbit-networks.io
    """


@command(
    app,
    Shape(
        "certificate cleanup-test",
        "[flags] <common_name>",
        Arguments(least=1, most=1, too_few="missing certificate common name"),
    ),
    "Clean up a test RSA key and its corresponding certificate.",
)
def cleanup_test(
    context: typer.Context,
    name: CommonName = None,
    yes: Yes = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Remove everything that generate-test made under a name: certificate, key list entry and files.

    Example - Remove a test key:
      notation-py cert cleanup-test wabbit-networks.io
    """
