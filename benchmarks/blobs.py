# SPDX-License-Identifier: Apache-2.0
"""Sign and verify a file of five gigabytes with the whole program, beside `hashlib` over the same file.

The file is sparse, so it needs no room and reading it costs little; where a file system cannot do that, one
row says so. Memory is counted above a bare interpreter.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Runs, processes_in_turn
from benchmarks.report import Row, Table, mebibytes

SIZE, QUICK_SIZE = 5 * 10**9, 64 << 20
ROUNDS, QUICK_ROUNDS = 3, 1
MOST_MEMORY = 64.0
"""MiB above the interpreter."""

MOST_CPU = 1.15
"""Times the CPU time of hashing alone; a start of the program is a tenth of a second."""

BARE, HASH = "python -c pass", "`hashlib`, SHA-256"
_HASHING = "import hashlib, sys; hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256')"


def tables(*, quick: bool) -> list[Table]:
    """Return the table of large blobs."""
    size = QUICK_SIZE if quick else SIZE
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        blob = place / "blob"
        problem = make_sparse(blob, size)
        rows = _rows(place, blob, QUICK_ROUNDS if quick else ROUNDS) if not problem else [_absent(problem)]
    return [
        Table(
            f"A blob of {size / 1e9:.2g} GB, sparse",
            "The whole program, RSA-2048, JWS. Seconds of CPU, user and system, least disturbed run; peak "
            "memory in MiB, and how much of it is above a bare interpreter.",
            ("CPU", "ratio", "peak", "above"),
            tuple(rows),
        )
    ]


def make_sparse(path: Path, size: int) -> str:
    """Make a sparse file of *size* bytes, and return why that cannot be done here, or an empty text."""
    try:
        path.touch()
        os.truncate(path, size)
        status = path.stat()
    except OSError as error:
        return f"no file of that size: {os.strerror(error.errno or 0).lower()}"
    taken = getattr(status, "st_blocks", size) * 512
    return "" if taken < size // 10 else "no sparse files in the temporary directory"


def _absent(problem: str) -> Row:
    return Row(problem, ("", "", "", ""))


def _rows(place: Path, blob: Path, rounds: int) -> list[Row]:
    from tests.simulator.commands import Settings, our_program
    from tests.simulator.pki import make_chain

    settings, chain = Settings(place / "settings"), make_chain("RSA-2048", 3)
    settings.add_key("bench", chain)
    settings.trust("bench", chain)
    settings.blob_policy(
        {
            "name": "bench",
            "globalPolicy": True,
            "signatureVerification": {"level": "strict"},
            "trustStores": ["ca:bench"],
            "trustedIdentities": ["*"],
        }
    )
    ours = our_program(settings)
    ours.done("blob", "sign", str(blob))
    python = [sys.executable, "-c"]
    commands = {
        BARE: ([*python, "pass"], ours.environment),
        HASH: ([*python, _HASHING, str(blob)], ours.environment),
        "`blob sign`": ([*ours.words, "blob", "sign", "--force", str(blob)], ours.environment),
        "`blob verify`": (
            [*ours.words, "blob", "verify", "-s", f"{blob}.jws.sig", str(blob)],
            ours.environment,
        ),
    }
    runs = processes_in_turn(commands, rounds)
    rows = [Row(HASH, _figures(runs, HASH))]
    for name in ("`blob sign`", "`blob verify`"):
        ratio = runs[name].cpu.ratio_to(runs[HASH].cpu)
        rows.append(Row(f"{name}, time", _figures(runs, name), ratio, MOST_CPU))
        above = (runs[name].peak - runs[BARE].peak) / (1 << 20)
        rows.append(Row(f"{name}, memory", ("", "", "", f"{above:.1f}"), above, MOST_MEMORY, " MiB"))
    return rows


def _figures(runs: dict[str, Runs], name: str) -> tuple[str, ...]:
    own = runs[name]
    ratio = own.cpu.ratio_to(runs[HASH].cpu)
    above = own.peak - runs[BARE].peak
    return (f"{own.cpu.least:.2f}", f"{ratio:.2f}", mebibytes(own.peak), mebibytes(above))
