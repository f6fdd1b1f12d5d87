"""This working tree beside an earlier commit: each function's time, and each net's speed, in pairs.

    make bench-compare REF=HEAD~5
    python bench/compare.py v0.1 --nets lenet5 resnet20 --pairs 7

Both measure the same nets by `lenet bench`, in turns, first the one and then the other. A ratio is
the time now, divided by that before: below 1 is faster. Beside its median stands the noise, half of
the range in which the middle half of the pairs lies; a function is shown where its ratio differs
from 1 by more than the noise and 2%. Each comparison is added to bench/results/compare.jsonl.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HISTORY = ROOT / "bench" / "results" / "compare.jsonl"
NETS = {
    "lenet5": "specs/lenet5.lenet",
    "mlp": "bench/mlp.lenet",
    "resnet20": "specs/resnet20.lenet",
}
SHOWN = 0.02  # from 1, and beyond the noise
Times = dict[str, float]


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ref", help="a commit, a branch or a tag")
    parser.add_argument("--nets", nargs="+", default=["lenet5", "mlp"], help=" ".join(NETS))
    parser.add_argument("--pairs", type=int, default=5)
    chosen = parser.parse_args()
    if unknown := set(chosen.nets) - NETS.keys():
        raise SystemExit(f"no net is called {sorted(unknown)[0]}; there are {', '.join(NETS)}")
    before, now = git("rev-parse", "--short", chosen.ref), git("describe", "--always", "--dirty")
    with earlier(before) as tree:
        for name in chosen.nets:
            ratios = _compare(name, tree, tree.parent, chosen.pairs)
            print(*_shown(name, ratios, before, now), sep="\n", flush=True)
            _keep(name, ratios, before, now)


@contextmanager
def earlier(ref: str) -> Iterator[Path]:
    """A working tree of an earlier commit, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "before")
        git("worktree", "add", "--quiet", "--detach", str(tree), ref)
        try:
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def git(*arguments: str) -> str:
    """What git prints in the repository."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return done.stdout.strip()


def _compare(name: str, before: Path, folder: Path, pairs: int) -> dict[str, list[float]]:
    """For each thing that both know, time now / time before, of each pair."""
    trees = [before, ROOT]
    ratios: dict[str, list[float]] = {}
    for number in range(pairs):
        found: dict[Path, Times] = {}
        for tree in trees if number % 2 == 0 else reversed(trees):
            found[tree] = _measured(tree, ROOT / NETS[name], folder)
        for what, seconds in found[ROOT].items():
            if found[before].get(what):
                ratios.setdefault(what, []).append(seconds / found[before][what])
    return ratios


def _measured(tree: Path, spec: Path, folder: Path) -> Times:
    """Seconds of an image, and of each function; caches of their own."""
    environment = {
        **os.environ, "PYTHONPATH": str(tree), "LENET_CACHE": str(folder / f"cache {tree.name}"),
    }  # fmt: skip
    command = [sys.executable, "-P", "-m", "lenet", "bench", str(spec), "--json"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"lenet bench {spec.name} fails in {tree}:\n{done.stderr.strip()[-2000:]}")
    return dict(_times(json.loads(done.stdout)))


def _times(found: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for work in ("train", "predict"):
        if (own := found.get(work)) is None:
            continue
        yield work, 1 / own["images_per_second"]
        if "one_image_microseconds" in own:
            yield "one image", own["one_image_microseconds"] / 1e6
        for kernel in own["kernels"]:
            yield f"{work}: {kernel['name']}", kernel["seconds"]


def _noise(values: list[float]) -> float:
    if len(values) < 2:
        return float("nan")
    first, _, third = statistics.quantiles(values, n=4)
    return (third - first) / 2


def _shown(name: str, ratios: dict[str, list[float]], before: str, now: str) -> Iterator[str]:
    yield f"{name}: time of {now} / time of {before}"
    yield f"  {'':40} {'ratio':>6} {'noise':>6}"
    same = 0
    for what, values in ratios.items():
        median, noise = statistics.median(values), _noise(values)
        if ":" in what and not abs(median - 1) > max(noise, SHOWN):
            same += 1
            continue
        yield f"  {what:40} {median:6.3f} {noise:6.3f}"
    yield f"  {same} functions take as long as before"


def _keep(name: str, ratios: dict[str, list[float]], before: str, now: str) -> None:
    row = {
        "before": before, "now": now, "net": name,
        "ratios": {
            what: [round(statistics.median(values), 4), round(_noise(values), 4)]
            for what, values in ratios.items()
        },
    }  # fmt: skip
    keep(HISTORY, row)


def keep(history: Path, row: Mapping[str, Any]) -> None:
    """Add what a comparison came to, and today's date."""
    history.parent.mkdir(exist_ok=True)
    with history.open("a") as file:
        file.write(json.dumps({"date": str(date.today()), **row}) + "\n")


if __name__ == "__main__":
    main()
