# SPDX-License-Identifier: Apache-2.0
"""Declarations of login and logout.

Flags and help only; `cli/login.py` does the work. Knows no registry.

Spec: contract/cli.md 7.5, 7.6. Requirements: CLI-001, R-37.
"""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .shape import Arguments, Shape, command

app = typer.Typer()

Server = Annotated[str | None, typer.Argument(metavar="<server>")]
_SERVER = Arguments(least=1, most=1, too_few="no hostname specified")


@command(
    app,
    Shape("login", "[flags] <server>", _SERVER),
    "Login to registry",
)
def login(
    context: typer.Context,
    server: Server = None,
    username: options.Username = "",
    password: options.Password = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="take the password from stdin")
    ] = False,
    insecure_registry: options.Insecure = False,
    tls_ca_file: options.CaFile = "",
    tls_cert_file: options.ClientCert = "",
    tls_key_file: options.ClientKey = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Log in to an OCI registry.

    The password is asked for, or taken from standard input or $NOTATION_PASSWORD; on the command line other
    users of the machine could read it. It is kept by a credential helper, never in a plain file.

    Example - Log in and be asked for the password:
      notation-py login --username <user> registry.example.com

    Example - Log in with a password from a file:
      notation-py login --username <user> --password-stdin registry.example.com < password.txt

    Example - Log in with $NOTATION_USERNAME and $NOTATION_PASSWORD:
      notation-py login registry.example.com
    """


@command(app, Shape("logout", "[flags] <server>", _SERVER), "Log out from the logged in registries")
def logout(
    context: typer.Context,
    server: Server = None,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Log out from the logged in registries.

    Example - Forget the credential of a registry:
      notation-py logout registry.example.com
    """
