# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that manage plugins.

Flags and help only; `cli/plugin.py` and `cli/plugin_check.py` do the work. Which arguments are missing
depends on the flags of `install`, so its handler says so.

Spec: contract/cli.md 7.10. Requirements: CLI-001, PLG-006, PLG-008, PLG-012.
"""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .names import plugin_names
from .shape import Arguments, Shape, command

app = typer.Typer(
    name="plugin",
    short_help="Manage plugins",
    help="""Manage plugins.

Example - Install a plugin:
  notation-py plugin install --file <plugin_package>

Example - List all installed plugins:
  notation-py plugin ls

Example - Check that a plugin keeps the plugin contract:
  notation-py plugin check <plugin_name>

Example - Uninstall a plugin:
  notation-py plugin uninstall <plugin_name>""",
)


@command(
    app,
    Shape(
        "plugin install",
        "[flags] <--file|--url> <plugin_source>",
        Arguments(least=0, most=None),
        aliases=("add",),
        filled=(  # as a path, nothing would be the current directory
            ("", "plugin source location cannot be empty"),
            ("sha256sum", "SHA256 checksum of the plugin source cannot be empty"),
        ),
    ),
    "Install a plugin",
)
def install(
    context: typer.Context,
    sources: Annotated[list[str] | None, typer.Argument(metavar="<plugin_source>")] = None,
    file: Annotated[bool, typer.Option("--file", help="install plugin from a file on file system")] = False,
    url: Annotated[
        bool,
        typer.Option(
            "--url",
            help="install plugin from an HTTPS URL. The plugin download timeout is 10m0s",
        ),
    ] = False,
    sha256sum: Annotated[
        str,
        typer.Option(
            "--sha256sum",
            help='must match SHA256 of the plugin source, required when "--url" flag is set',
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="force the installation of the plugin")] = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Install a plugin: a zip or tar.gz archive, a single executable, or a directory with its files.

    An installed plugin is replaced by a newer version only, unless --force is given.

    Example - Install a plugin from the file system:
      notation-py plugin install --file wabbit-plugin-v1.0.zip

    Example - Install a plugin that has to have a SHA256 checksum:
      notation-py plugin install --file wabbit-plugin-v1.0.zip --sha256sum <sha256>

    Example - Install a plugin whichever version is installed:
      notation-py plugin install --file wabbit-plugin-v1.0.tar.gz --force

    Example - Install a single executable:
      notation-py plugin install --file notation-wabbit-plugin

    Example - Install a plugin from a URL; the SHA256 checksum is required:
      notation-py plugin install --url https://wabbit.example/plugin-v1.0.tar.gz --sha256sum <sha256>
    """


@command(
    app,
    Shape("plugin list", "[flags]", Arguments(least=0, most=0), aliases=("ls",)),
    "List installed plugins",
)
def list_plugins(
    context: typer.Context, debug: options.Debug = False, verbose: options.Verbose = False
) -> None:
    """List installed plugins: programs, which are asked what they are, and those of Python packages.

    Example - List all installed plugins:
      notation-py plugin ls
    """


@command(
    app,
    Shape(
        "plugin uninstall",
        "[flags] <plugin_name>",
        Arguments(
            least=1,
            most=1,
            too_few="plugin name is required",
            too_many="only one plugin can be removed at a time",
        ),
        aliases=("remove", "rm"),
    ),
    "Uninstall a plugin",
)
def uninstall(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="<plugin_name>", autocompletion=plugin_names)] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not prompt for confirmation")] = False,
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Uninstall a plugin.

    Example - Uninstall a plugin:
      notation-py plugin uninstall wabbit-plugin
    """


@command(
    app,
    Shape(
        "plugin check",
        "[flags] <plugin_name>",
        Arguments(
            least=1,
            most=1,
            too_few="plugin name is required",
            too_many="only one plugin can be checked at a time",
        ),
    ),
    "Check that a plugin keeps the plugin contract",
)
def check(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="<plugin_name>", autocompletion=plugin_names)] = None,
    key_id: Annotated[
        list[str],
        typer.Option(
            "--key-id",
            help="key id to sign with, once for each type of key; without one signing is not checked",
        ),
    ] = [],  # noqa: B006 - typer copies it
    plugin_config: Annotated[
        list[str],
        typer.Option("--plugin-config", help="{key}={value} pairs that are passed to the plugin"),
    ] = [],  # noqa: B006 - typer copies it
    output: Annotated[
        str, typer.Option("--output", "-o", help="output format, options: 'json', 'text'")
    ] = "text",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Check that a plugin keeps the plugin contract, whoever made it and whatever it is written in.

    The plugin is asked for everything it claims to do, with requests that are in order and with requests that
    are not. Each line of the report has the requirements that it is about. The key is used to sign: give a
    key for tests. The exit code is 0 only if nothing failed.

    Example - Check a plugin without signing:
      notation-py plugin check wabbit-plugin

    Example - Check signing with two keys, for a program to read:
      notation-py plugin check --key-id <rsa_key_id> --key-id <ec_key_id> --output json wabbit-plugin
    """
