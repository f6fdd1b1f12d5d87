"""Train nets of specs/ whole, and write what came out into docs/results.md.

    python bench/results.py --data DIR [--only lenet1 diamonds] [--seed 1]

DIR holds mnist/ and a folder that begins with cifar, as `lenet train --data` takes it, and tables/.
Each net is trained by `lenet train`, without Spark, in a process of its own, and measured on the
test images, which choose nothing, or on the rows that are held out. What is known is kept in
bench/results/results.json, so that nets can be trained one by one; the page is always written from
all of it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from measure import machine
from report import markdown
from result_nets import NETS, ROOT, TABLES, Net

from lenet.api import load
from lenet.pages.plot import Curve, counted, linear, plot
from lenet.runtime.machine.cores import available_cores

KEPT = ROOT / "bench" / "results" / "results.json"
PAGE = ROOT / "docs" / "results.md"
PLOT = ROOT / "docs" / "results-resnet20.svg"
LENET = str(Path(sys.executable).with_name("lenet"))

ALL = {**NETS, **TABLES}
Results = dict[str, dict[str, dict[str, Any]]]  # runs by net and seed


def trained(net: Net, data: Path, seed: int, threads: int) -> dict[str, Any]:
    """What a training came to, by the model that it kept."""
    with tempfile.TemporaryDirectory() as folder:
        spec, run = Path(folder, "net.lenet"), Path(folder, "run")
        spec.write_text(net.source())
        started = time.monotonic()
        told = lenet("train", spec, "--engine", "local", "--data", data, "--seed", seed,
                     "--threads", threads, "-o", run, "--log", "json").stderr  # fmt: skip
        seconds = time.monotonic() - started
        events = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        epochs = [event for event in events if event["event"] == "epoch"]
        if net.aim:
            guesses = next((event["guesses"] for event in events if event.get("guesses")), {})
            found = {"held": epochs[-1]["validation"], "guesses": guesses}
        else:
            model = run / "model.safetensors"
            found = {
                "test": json.loads(lenet("evaluate", model, "--data", data, "--json").stdout)[
                    "top1"
                ],
                "curves": {
                    "training images, as they are seen": [epoch["top1"] for epoch in epochs],
                    "test images": [epoch["validation"]["top1"] for epoch in epochs],
                },
            }
    facts = {"seed": seed, "seconds": seconds, "epochs": len(epochs), "machine": machine()}
    return {**facts, "parameters": load(net.source()).parameter_count, **found}


def lenet(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command line, which must succeed."""
    done = subprocess.run([LENET, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done


def kept() -> Results:
    """The runs that are known."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def page(results: Results) -> str:
    """docs/results.md."""
    rows = []
    for name, net in NETS.items():
        runs = list(results.get(name, {}).values())
        if runs:
            errors = " ".join(f"{100 * (1 - run['test']):.2f}" for run in runs)
            seconds = median(run["seconds"] for run in runs)
            rows.append([
                net.title, net.task, f"{runs[0]['parameters']:,}", errors, net.published,
                str(runs[0]["epochs"]), f"{seconds / 60:.1f} min", net.where(),
            ])  # fmt: skip
    head = ["net", "task", "parameters", "test error, %", "published", "epochs", "time", "file"]
    every = [run for runs in results.values() for run in runs.values()]
    facts = max((run["machine"] for run in every), key=lambda machine: machine["date"])
    notes = [note for name, net in NETS.items() if name in results for note in net.notes()]
    if "resnet20" in results:
        notes.append(f"![its curves]({PLOT.name})")
    return TEXT.format(
        table=markdown(head, rows, 2), **facts, notes="".join(f"\n{note}\n" for note in notes),
        tables=tables(results),
    )  # fmt: skip


def tables(results: Results) -> str:
    """The nets of tables, and beside them what is simpler."""
    rows = []
    for name, net in TABLES.items():
        runs = list(results.get(name, {}).values())
        for measure, aim in net.aim.items() if runs else ():
            held = " ".join(f"{run['held'][measure]:.3f}" for run in runs)
            guesses = [own[measure] for own in runs[0]["guesses"].values() if measure in own]
            simplest = f"{guesses[-1]:.3f}" if guesses else ""
            minutes = median(run["seconds"] for run in runs) / 60
            rows.append([
                net.title, net.task, f"{runs[0]['parameters']:,}", measure, simplest, held, aim,
                str(runs[0]["epochs"]), f"{minutes:.1f} min", net.where(),
            ])  # fmt: skip
    head = ["net", "task", "parameters", "measure", "simplest", "held out", "aim", "epochs", "time",
            "file"]  # fmt: skip
    return markdown(head, rows, 2) if rows else ""


def curves(run: Mapping[str, Any]) -> str:
    """The SVG of a training: the share of right answers by epoch."""
    lines = [
        Curve(label, [(k + 1, 100 * value) for k, value in enumerate(values)])
        for label, values in run["curves"].items()
    ]
    points = [point for line in lines for point in line.points]
    across = counted("epoch", [x for x, _ in points])
    up = linear("right, %", [y for _, y in points])
    return plot("ResNet-20 on a sixth of CIFAR-10", across, up, lines, size=(560, 300), alone=True)


TEXT = """\
# Results

<!-- Written by `python bench/results.py --data DIR`. -->

What the nets of [specs/](specs.md) come to when they are trained whole, by `lenet train FILE
--engine local`, on {cores} cores of {processor},
which other programs used as well, so that times are upper bounds. No test image chose anything: a
model is that of the last epoch, or the best one for training images that were held out. Several
errors are of several seeds. LeNet's published errors are those of LeCun, Bottou, Bengio and Haffner
1998, figure 9. Whoever always answers the most frequent class errs in 88.65% of MNIST's test images
and in 90% of CIFAR-10's.

{table}
{notes}
## Tables, texts, series, users

Measured on the rows that each file holds out (`validate`), by the model of the last epoch; each
number is of one seed. The simplest answer is what `lenet train` prints beside the data: the most
frequent class, the mean, the last day again, the most popular films. Simple models have no layer
between the columns and the answer. A series' numbers are degrees Fahrenheit; diamonds are measured
by the logarithm of their price.

{tables}

{date}, Python {python}, numba {numba}, numpy {numpy}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Train nets whole, and write docs/results.md.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the datasets")
    parser.add_argument("--only", nargs="*", choices=list(ALL), default=list(ALL))
    parser.add_argument("--seed", type=int, nargs="*", default=[1])
    parser.add_argument("--threads", type=int, default=available_cores(), help="all cores else")
    arguments = parser.parse_args()
    for name in arguments.only:
        for seed in arguments.seed:
            print(f"{name}, seed {seed} ...", end=" ", file=sys.stderr, flush=True)
            data = arguments.data / "tables" if name in TABLES else arguments.data
            run = trained(ALL[name], data, seed, arguments.threads)
            said = run["held"] if name in TABLES else f"{100 * (1 - run['test']):.2f}%"
            print(f"{said}, {run['seconds']:.0f} s", file=sys.stderr)
            results = kept()  # read anew: another training may have ended meanwhile
            results.setdefault(name, {})[str(seed)] = run
            KEPT.write_text(json.dumps(results, indent=1) + "\n")
    results = kept()
    PAGE.write_text(page(results))
    if "resnet20" in results:
        PLOT.write_text(curves(next(iter(results["resnet20"].values()))) + "\n")


if __name__ == "__main__":
    main()
