"""Mutants of everything that the program reads, for as long as you like.

    python bench/mutants.py [--minutes 60] [--seed 0] [--processes 2] [KIND…]

The kinds are the modules of tests/support/fuzz; see there for what each promises. Prints a table of
what became of the mutants, and each broken promise with what is needed to repeat it; ends with exit
code 1 where there was one.
"""

import argparse
import importlib
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
KINDS = ("specs", "models", "data", "protocol")
_BATCH = 200  # mutants, between two looks at the clock


def batch(kind: str, first: int) -> tuple[Counter[str], list[str], int]:
    """What became of some mutants, the promises that were broken, and this process's peak memory in
    MiB."""
    run = importlib.import_module(f"fuzz.{kind}").run
    found: Counter[str] = Counter()
    broken = []
    for seed in range(first, first + _BATCH):
        try:
            found[run(seed)] += 1
        except AssertionError as error:
            found["broken"] += 1
            broken.append(f"{kind} {seed}: {error}")
    return found, broken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10


def fuzz(kind: str, minutes: float, first: int, processes: int) -> Iterator[str]:
    """Lines of the table of one kind; it is over when its time is."""
    end = time.monotonic() + 60 * minutes
    total: Counter[str] = Counter()
    peak = 0
    with ProcessPoolExecutor(processes) as pool:
        waiting = []
        while time.monotonic() < end or waiting:
            while time.monotonic() < end and len(waiting) < processes + 1:
                waiting.append(pool.submit(batch, kind, first))
                first += _BATCH
            found, broken, memory = waiting.pop(0).result()
            total += found
            peak = max(peak, memory)
            for line in broken:
                print(line, file=sys.stderr, flush=True)
    yield f"| {kind} | {total.total():,} | {total['broken']:,} | {peak:,} |"
    for outcome, count in sorted(total.items(), key=lambda item: -item[1]):
        yield f"    {count:>9,}  {outcome}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)} [all]")
    parser.add_argument("--minutes", type=float, default=60, help="for all kinds together [60]")
    parser.add_argument("--seed", type=int, default=0, help="the first one [0]")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    kinds = arguments.kinds or KINDS
    broken = False
    print("| kind | mutants | broken promises | peak MiB |\n| --- | ---: | ---: | ---: |")
    for kind in kinds:
        share = arguments.minutes / len(kinds)
        for line in fuzz(kind, share, arguments.seed, arguments.processes):
            print(line, flush=True)
            broken |= line.startswith("|") and line.split("|")[3].strip() != "0"
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
