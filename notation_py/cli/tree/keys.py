# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that manage the list of signing keys.

Flags and help only; `cli/key.py` does the work. Beyond the Go program, `key add` takes a local key.

Spec: contract/cli.md 7.9. Requirements: CLI-001, CFG-006.
"""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .names import key_names, plugin_names
from .shape import Arguments, Shape, command

app = typer.Typer(
    name="key",
    short_help="Manage keys used for signing",
    help="""Manage keys used for signing.

Example - Add a local key with its certificate chain:
  notation-py key add --key-file <key.pem> --cert-file <chain.pem> <key_name>

Example - List keys used for signing:
  notation-py key ls

Example - Choose the default signing key:
  notation-py key set --default <key_name>

Example - Remove keys from the list:
  notation-py key delete <key_name>...""",
)

_MISPLACED = "either missing key name or unnecessary parameters passed"


@command(
    app,
    Shape(
        "key add",
        "[flags] <key_name>",
        Arguments(least=1, most=1, too_few=_MISPLACED, too_many=_MISPLACED),
        together=(("key-file", "cert-file"),),
        exclusive=(("plugin", "key-file"), ("id", "key-file")),
    ),
    "Add key to Notation signing key list",
)
def add(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="<key_name>")] = None,
    plugin: Annotated[
        str, typer.Option("--plugin", help="signing plugin name", autocompletion=plugin_names)
    ] = "",
    id: Annotated[str, typer.Option("--id", help="key id (required if --plugin is set)")] = "",  # noqa: A002 - named like its flag
    plugin_config: Annotated[
        list[str],
        typer.Option(
            "--plugin-config",
            help="{key}={value} pairs that are passed as it is to a plugin, "
            "refer plugin's documentation to set appropriate values",
        ),
    ] = [],  # noqa: B006 - typer copies it
    key_file: Annotated[
        str, typer.Option("--key-file", help="filepath of a private key in PEM format, encrypted or not")
    ] = "",
    cert_file: Annotated[
        str,
        typer.Option("--cert-file", help="filepath of the key's certificate chain in PEM format, leaf first"),
    ] = "",
    passphrase_file: options.PassphraseFile = "",
    default: Annotated[bool, typer.Option("--default", help="mark as default")] = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Add key to Notation signing key list.

    A local key stays where it is: the list keeps the paths of the key and its certificates, which must match.

    Example - Add a local key with its certificate chain, and make it the default:
      notation-py key add --default --key-file <key.pem> --cert-file <chain.pem> <key_name>

    Example - Add a key that a plugin keeps:
      notation-py key add --plugin <plugin_name> --id <key_id> <key_name>
    """


@command(
    app,
    Shape(
        "key update",
        "[flags] <key_name>",
        Arguments(least=1, most=1, too_few="missing key name"),
        aliases=("set",),
    ),
    "Update key in Notation signing key list",
)
def update(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="<key_name>", autocompletion=key_names)] = None,
    default: Annotated[bool, typer.Option("--default", help="mark as default")] = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Update key in Notation signing key list.

    Example - Choose the default signing key:
      notation-py key update --default <key_name>
    """


@command(
    app,
    Shape("key list", "[flags]", Arguments(least=0, most=0), aliases=("ls",)),
    "List keys used for signing",
)
def list_keys(context: typer.Context, debug: options.Debug = False, verbose: options.Verbose = False) -> None:
    """List keys used for signing; a star marks the default.

    Example - List the keys:
      notation-py key list
    """


@command(
    app,
    Shape("key delete", "[flags] <key_name>...", Arguments(least=1, most=None, too_few="missing key names")),
    "Remove key from Notation signing key list",
)
def delete(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="<key_name>...", autocompletion=key_names)
    ] = None,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Remove key from Notation signing key list; the key itself is not deleted.

    Example - Remove two keys from the list:
      notation-py key delete <key_name> <other_key_name>
    """
