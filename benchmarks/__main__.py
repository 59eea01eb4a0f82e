# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks [--quick] [--only PART]`: measure, print, and write README.md.

A quick run shows that everything works; its figures mean little and are not written anywhere.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.report import document, summary, write_between_markers

PARTS = ("library", "revocation", "plugins", "processes", "blobs", "registry", "hostile")


def main(words: list[str]) -> int:
    """Do what *words* ask for; return 0 even if a target is missed, as a busy machine decides nothing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, and compare with targets."
    )
    parser.add_argument("--quick", action="store_true", help="a few rounds of everything; writes nothing")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part; writes nothing")
    given = parser.parse_args(words)
    tables = []
    for part in given.only or PARTS:
        print(f"measuring: {part}", file=sys.stderr)
        tables += import_module(f"benchmarks.{part}").tables(quick=given.quick)
    text = document(
        tables, " ".join(("make bench", *words)) if not words else f"python -m benchmarks {' '.join(words)}"
    )
    print(text)
    print(summary(tables), file=sys.stderr)
    if not words:
        write_between_markers(Path(__file__).with_name("README.md"), text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
