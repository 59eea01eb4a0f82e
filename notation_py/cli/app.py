# SPDX-License-Identifier: Apache-2.0
"""The command tree, declared in typer: the one source of commands, flags and help.

The installed program does not import this module: it reads the static table generated from it. It is
imported for shell completion, by the generator, and by whoever embeds the commands in a typer
program of their own.

Spec: specs/decisions/0002-static-front.md; contract/cli.md 1. Requirements: CLI-001.
"""

from __future__ import annotations

import typer

from .tree import artifacts, blobs, certificates, conformance, keys, plugins, policies, program, registries

SUMMARY = "Notation - a tool to sign and verify artifacts"

app = typer.Typer(
    help=SUMMARY,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for part in (artifacts.app, registries.app, program.app):
    app.registered_commands += part.registered_commands
for group in (
    blobs.app,
    certificates.app,
    conformance.app,
    keys.app,
    plugins.app,
    policies.app,
    program.completion,
):
    group.info.no_args_is_help = True
    app.add_typer(group)
app.add_typer(certificates.app, name="cert", hidden=True)
