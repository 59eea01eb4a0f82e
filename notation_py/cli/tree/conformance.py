# SPDX-License-Identifier: Apache-2.0
"""Declarations of the commands that hold a program to the conformance suite.

Flags and help only; `cli/conformance.py` does the work.

Spec: conformance/PROTOCOL.md. Requirements: CLI-001.
"""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .shape import Arguments, Shape, command

app = typer.Typer(
    name="conformance",
    short_help="Hold a program to the conformance suite",
    help="""Hold a program to the conformance suite.

Example - Run the suite with a program that has notation's command line:
  notation-py conformance run --client notation

Example - Show what a vector is about:
  notation-py conformance show jws/minimal""",
)

Suite = Annotated[
    str, typer.Option("--suite", help="directory with the vectors, in place of those of this program")
]
Only = Annotated[str, typer.Option("--only", help="only vectors whose name fits this glob, such as 'jws/*'")]
Html = Annotated[str, typer.Option("--html", help="write a report for people to this HTML file")]
_NOTHING = Arguments(least=0, most=0, too_many="accepts 0 arg(s), received {n}")


@command(app, Shape("conformance run", "[flags]", _NOTHING), "Run the vectors with a client")
def run(
    context: typer.Context,
    client: Annotated[
        str,
        typer.Option(
            "--client", help="command that starts the client; words as in a shell (default: this program)"
        ),
    ] = "",
    name: Annotated[str, typer.Option("--name", help="what reports call the client")] = "",
    in_process: Annotated[
        bool, typer.Option("--in-process", help="run the library of this program, at each vector's own time")
    ] = False,
    suite: Suite = "",
    only: Only = "*",
    jobs: Annotated[int, typer.Option("--jobs", help="vectors at a time; 0 is one for each processor")] = 0,
    timeout: Annotated[
        int, typer.Option("--timeout", parser=options.duration, help="time limit for one vector")
    ] = 30_000_000_000,
    keep: Annotated[
        list[str],
        typer.Option(
            "--keep", help="environment variable that the client gets to see; others are kept from it"
        ),
    ] = [],  # noqa: B006 - typer copies it
    known: Annotated[
        str,
        typer.Option("--known", help="file with known differences, or the name of a list that comes along"),
    ] = "",
    strict_checks: Annotated[
        bool,
        typer.Option("--strict-checks", help="a client that does not say which check refused has failed"),
    ] = False,
    json: Annotated[str, typer.Option("--json", help="write the results to this JSON file")] = "",
    junit: Annotated[str, typer.Option("--junit", help="write the results to this JUnit XML file")] = "",
    html: Html = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Run the vectors with a client, each in a world of its own, and compare its answers.

    The client is started offline in a temporary home, with a registry and servers for revocation data and
    time stamps of its own. The exit code is 0 only if nothing unexpected happened. How a client is spoken to
    is written in conformance/PROTOCOL.md.

    Example - Run everything with a program, and write a report:
      notation-py conformance run --client ./my-notation --html report.html

    Example - Run the Go program, whose differences are known:
      notation-py conformance run --client notation --known notation-1.3

    Example - Run one area with the library of this program:
      notation-py conformance run --in-process --only 'jws/*'
    """


@command(app, Shape("conformance list", "[flags]", _NOTHING, aliases=("ls",)), "List the vectors")
def list_vectors(
    context: typer.Context,
    suite: Suite = "",
    only: Only = "*",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """List the vectors with what they expect.

    Example - List the vectors of one area:
      notation-py conformance list --only 'revocation/*'
    """


@command(
    app,
    Shape(
        "conformance show",
        "[flags] <vector>",
        Arguments(
            least=1,
            most=1,
            too_few="missing the name of a vector",
            too_many="only one vector can be shown at a time",
        ),
    ),
    "Show a vector",
)
def show(
    context: typer.Context,
    vector: Annotated[str | None, typer.Argument(metavar="<vector>")] = None,
    suite: Suite = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Show a vector: what it is about, the command that a client gets, and its files.

    Example - Show a vector:
      notation-py conformance show jws/minimal
    """


@command(
    app,
    Shape(
        "conformance report",
        "[flags] <report.json>...",
        Arguments(least=1, most=None, too_few="missing the JSON file of a run"),
    ),
    "Compare runs",
)
def report(
    context: typer.Context,
    reports: Annotated[list[str] | None, typer.Argument(metavar="<report.json>")] = None,
    html: Html = "",
    svg: Annotated[str, typer.Option("--svg", help="write a picture of the results to this SVG file")] = "",
    debug: options.Debug = False,
    verbose: options.Verbose = False,
) -> None:
    """Compare runs of several clients: a table, and a report for people or a picture.

    Example - Lay two runs side by side:
      notation-py conformance report --html both.html mine.json theirs.json
    """
