# SPDX-License-Identifier: Apache-2.0
"""Whole processes: what a command costs from its start to its exit, in turn with the Go program.

B is the CPU time of `python -c pass`, I that of importing `cryptography.x509`: what no Python program that
verifies can do without. Both programs read the same settings, the same layout and the same registry.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Runs, processes_in_turn
from benchmarks.report import Row, Table, mebibytes, milliseconds

if TYPE_CHECKING:
    from tests.simulator.commands import Command

ROUNDS, QUICK_ROUNDS = 21, 2
B, I = "python -c pass", 'python -c "import cryptography.x509"'  # noqa: E741  the names of the contract
TARGETS = {
    "version": (B, "B", 1.5),
    "--help": (B, "B", 1.5),
    "verify, layout": (I, "I", 1.9),
    "verify, registry": (I, "I", 2.7),
}


def tables(*, quick: bool) -> list[Table]:
    """Return the table of whole processes."""
    with prepared() as place:
        commands = {B: ([sys.executable, "-c", "pass"], place.ours.environment)}
        commands[I] = ([sys.executable, "-c", "import cryptography.x509"], place.ours.environment)
        for name, arguments in place.commands.items():
            commands[name] = ([*place.ours.words, *arguments], place.ours.environment)
            if place.theirs is not None:
                commands[f"Go {name}"] = ([*place.theirs.words, *arguments], place.theirs.environment)
        runs = processes_in_turn(commands, QUICK_ROUNDS if quick else ROUNDS)
    rows = [_row(name, runs) for name in (B, I, *place.commands)]
    return [
        Table(
            "Whole processes",
            "ms of CPU, user and system, least disturbed run; peak memory in MiB; RSA-2048, JWS, three "
            "certificates, Debian's registry on loopback. Go: `notation` v1.3.2.",
            ("CPU", "ratio", "median ratio", "peak", "Go CPU", "Go peak"),
            tuple(rows),
        )
    ]


def _row(name: str, runs: dict[str, Runs]) -> Row:
    own = runs[name]
    figures = [milliseconds(own.cpu.least)]
    value = target = None
    unit = ""
    if name in TARGETS:
        base, letter, target = TARGETS[name]
        value, unit = own.cpu.ratio_to(runs[base].cpu), f" {letter}"
        figures += [f"{value:.2f}{unit}", f"{own.cpu.median_ratio_to(runs[base].cpu):.2f}{unit}"]
    else:
        figures += ["B" if name == B else "I", ""]
    figures.append(mebibytes(own.peak))
    go = runs.get(f"Go {name}")
    figures += [milliseconds(go.cpu.least), mebibytes(go.peak)] if go else ["", ""]
    return Row(f"`{name}`", tuple(figures), value, target, unit)


@dataclass(frozen=True, slots=True)
class Place:
    """Settings, a signed image in a layout and in a registry, and both programs.

    Attributes:
        commands: by name, the arguments that both programs understand. theirs: None without the Go program.
    """

    directory: Path
    ours: Command
    theirs: Command | None
    commands: dict[str, Sequence[str]]


@contextmanager
def prepared() -> Iterator[Place]:
    """Yield a place to measure in; everything in it ends with the block."""
    from tests import programs
    from tests.simulator.commands import Settings, go_program, our_program, statement
    from tests.simulator.images import build_image, push_image, write_layout
    from tests.simulator.pki import make_chain
    from tests.simulator.registries import docker_registry

    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings, chain = Settings(directory), make_chain("RSA-2048", 3)
        settings.add_key("bench", chain)
        settings.trust("bench", chain)
        identity = "x509.subject: C=US, ST=WA, O=Notary"
        settings.policy(statement("bench", stores=["ca:bench"], identities=[identity]))
        ours, theirs = our_program(settings), None
        try:
            theirs = go_program(programs.notation(), settings)
        except programs.ProgramUnavailableError as error:
            print(f"without the Go program: {error}", file=sys.stderr)
        layout, image = directory / "layout", build_image()
        digest = write_layout(layout, image, "v1").digest
        commands: dict[str, Sequence[str]] = {"version": ["version"], "--help": ["--help"]}
        commands["verify, layout"] = [
            "verify",
            "--oci-layout",
            "--scope",
            "local/bench",
            f"{layout}@{digest}",
        ]
        # This Go program sees in a layout only what it writes itself; ours reads both forms.
        (theirs or ours).done("sign", "--oci-layout", f"{layout}@{digest}")
        try:
            registry = stack.enter_context(docker_registry(directory / "registry"))
        except programs.ProgramUnavailableError as error:
            print(f"without a registry: {error}", file=sys.stderr)
        else:
            push_image(registry.host, "bench", "v1", image)
            reference = f"{registry.host}/bench@{digest}"
            ours.done("sign", reference)
            commands["verify, registry"] = ["verify", reference]
        yield Place(directory, ours, theirs, commands)
