"""Seconds from Enter to the last line, beside an earlier commit, in pairs.

    make bench-start REF=HEAD~5
    python bench/start.py v0.1 --pairs 7

A short training with Spark, one without, and the answer for one picture, with everything in the
cache: what takes time is to start. Each is run in turns, first the one commit and then the other,
and the next when the one before and its Java are gone. Each comparison is added to
bench/results/start.jsonl.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from compare import ROOT, earlier, git, keep
from PIL import Image

HISTORY = ROOT / "bench" / "results" / "start.jsonl"
SPEC = str(ROOT / "specs" / "digits.lenet")
COMMANDS = {
    "train, Spark": ("train", SPEC, "--force", "-o", "spark"),
    "train, local": ("train", SPEC, "--force", "-o", "local", "--engine", "local"),
    "predict": ("predict", "local/model.safetensors", "digit.png"),
}


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ref", help="a commit, a branch or a tag")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    chosen = parser.parse_args()
    before, now = git("rev-parse", "--short", chosen.ref), git("describe", "--always", "--dirty")
    with earlier(before) as tree, tempfile.TemporaryDirectory() as folder:
        trees = [tree, ROOT]
        for number, one in enumerate(trees):
            work = Path(folder, str(number))
            work.mkdir()
            _warm_up(one, work)
        print(f"seconds to the last line: {before}, {now}, and their ratio", flush=True)
        for name in chosen.only:
            seconds: list[list[float]] = [[], []]
            for pair in range(chosen.pairs):
                for number in (0, 1) if pair % 2 == 0 else (1, 0):
                    work = Path(folder, str(number))
                    seconds[number].append(_seconds(trees[number], work, COMMANDS[name]))
            _show_and_keep(name, seconds, before, now)


def _warm_up(tree: Path, work: Path) -> None:
    """Kernels and Java's archive, which the first run with Spark writes at its end."""
    image = np.zeros((8, 8), np.uint8)
    image[1:7, 3:5] = 255
    Image.fromarray(image).save(work / "digit.png")
    for command in (*COMMANDS.values(), COMMANDS["train, Spark"]):
        _seconds(tree, work, command)


def _seconds(tree: Path, work: Path, command: tuple[str, ...]) -> float:
    """Until the last line of a command, with caches of the tree's own."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "LENET_CACHE": str(work / "cache")}
    began = last = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "lenet", *command], cwd=work, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines = []
    for line in process.stdout:  # which ends when Java is gone, too
        last = time.perf_counter()
        lines.append(line)
    if process.wait():
        raise SystemExit(f"lenet {command[0]} fails in {tree}:\n{''.join(lines)[-2000:]}")
    return last - began


def _show_and_keep(name: str, seconds: list[list[float]], before: str, now: str) -> None:
    first, second = (statistics.median(values) for values in seconds)
    ratios = [new / old for old, new in zip(*seconds, strict=True)]
    ratio = statistics.median(ratios)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"  {name:14} {first:6.2f} {second:6.2f}  {ratio:.2f} ({spread})", flush=True)
    row = {
        "before": before, "now": now, "command": name,
        "seconds": [[round(value, 3) for value in values] for values in seconds],
    }  # fmt: skip
    keep(HISTORY, row)


if __name__ == "__main__":
    main()
