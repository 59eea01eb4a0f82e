# SPDX-License-Identifier: Apache-2.0
"""A mutation fuzzer guided by outcomes: an input that is refused in a new way is kept and mutated further.

Needs nothing but this project. `python -m tests.fuzz --minutes 10 --target jws`; without `--target` every
target gets that long. Exits 1 if an exception outside the error root was seen, and prints the input.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time

from notation_py.errors import NotationError
from tests.fuzz.targets import Target, targets

_MAX_INPUT = 1 << 16
_VARIABLE = re.compile(r"[0-9]+|'[^']*'" + r'|"(?:\\.|[^"\\])*"')


def mutate(data: bytes, target: Target, corpus: list[bytes], dice: random.Random) -> bytes:
    """Return *data* after one to six random edits."""
    result = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        at = dice.randrange(len(result) + 1)
        end = min(len(result), at + dice.choice((1, 1, 2, 4, 16, 256)))
        match dice.randrange(8):
            case 0 if result:
                result[at % len(result)] ^= 1 << dice.randrange(8)
            case 1:
                del result[at:end]
            case 2:
                result[at:at] = dice.randbytes(dice.choice((1, 2, 8)))
            case 3 if target.words:
                result[at:at] = dice.choice(target.words)
            case 4 if target.words:
                result[at:end] = dice.choice(target.words)
            case 5:
                result[at:at] = result[at:end] * dice.choice((1, 2, 50))
            case 6:
                other = dice.choice(corpus)
                start = dice.randrange(len(other) + 1)
                result[at:end] = other[start : start + dice.choice((4, 64, 1024))]
            case _ if result:
                result[at % len(result)] = dice.choice(b'\x00\x01\x7f\x80\xff"{}[]:,=-0 ')
    return bytes(result[:_MAX_INPUT])


def fuzz(target: Target, seconds: float, seed: int) -> tuple[int, int, list[tuple[bytes, str]]]:
    """Return executions, kinds of outcome and crashes of *target* in *seconds*."""
    dice = random.Random(seed)
    corpus = list(target.seeds)
    seen: set[str] = set()
    crashes: list[tuple[bytes, str]] = []
    executions = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutate(dice.choice(corpus), target, corpus, dice)
        executions += 1
        try:
            target.read(data)
            outcome = "accepted"
        except NotationError as error:
            outcome = f"{type(error).__name__} {_VARIABLE.sub('_', str(error))[:120]}"
        except Exception as error:  # noqa: BLE001  a crash is what is looked for
            outcome = f"CRASH {type(error).__name__} {_VARIABLE.sub('_', str(error))[:80]}"
            if outcome not in seen:
                crashes.append((data, repr(error)))
        if outcome not in seen and len(corpus) < 4096:
            seen.add(outcome)
            corpus.append(data)
    return executions, len(seen), crashes


def main() -> int:
    """Fuzz and print one line a target."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--target", action="append")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = 0
    for target in targets():
        if options.target and target.name not in options.target:
            continue
        executions, kinds, crashes = fuzz(target, options.minutes * 60, options.seed)
        print(
            f"{target.name}: {options.minutes:g} min, {executions} executions, {kinds} kinds of outcome, "
            f"{len(crashes)} crashes",
            flush=True,
        )
        for data, error in crashes:
            print(f"  {error} <- {data[:400]!r}", flush=True)
        failed += len(crashes)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
