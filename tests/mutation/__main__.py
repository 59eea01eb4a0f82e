# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.mutation`: removes each security check in turn; some test must fail.

Exits 1 if a mutant that `accepted.toml` does not list goes unnoticed, or an entry there is wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.mutation.accepted import read_accepted
from tests.mutation.run import BUDGET, Report, mutants_in, run


def main(arguments: list[str] | None = None) -> int:
    """Run the check and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="MODULE",
        action="append",
        help="part of a path, such as trust/policy; again for more",
    )
    parser.add_argument("--sample", metavar="N", type=int, help="try N of them, chosen at random")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="of the sample (0)")
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="mutants at a time (1)")
    parser.add_argument(
        "--budget",
        metavar="SECONDS",
        type=float,
        default=BUDGET,
        help=f"of tests for one mutant ({BUDGET:.0f})",
    )
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    parser.add_argument(
        "--survivors", action="store_true", help="try only those that went unnoticed last time"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results there as well")
    options = parser.parse_args(arguments)
    mutants = mutants_in(options.only or [], options.sample, options.seed, only_survivors=options.survivors)
    if options.list:
        for mutant in mutants:
            print(mutant.text())
        print(f"{len(mutants)} mutants")
        return 0
    is_whole = options.sample is None and not options.survivors
    report = run(mutants, read_accepted(), jobs=options.jobs, budget=options.budget, is_whole=is_whole)
    if options.json:
        options.json.write_text(report.as_json())
    return show(report)


def show(report: Report) -> int:
    """Print *report* and return the exit code."""
    for trouble in report.troubles:
        print(f"TROUBLE   {trouble}")
    for mutant in report.survivors:
        print(f"UNNOTICED {mutant.text()}")
    print(report.summary())
    return int(bool(report.survivors or report.troubles))


if __name__ == "__main__":
    sys.exit(main())
