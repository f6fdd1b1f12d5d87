"""Train nets of specs/ whole, and write what came out into docs/results.md.

    python bench/results.py --data DIR [--only lenet1 resnet20] [--seed 1]

DIR holds mnist/ and a folder that begins with cifar, as `lenet train --data` takes it. Each net is
trained by `lenet train`, without Spark, in a process of its own, and measured on the test images,
which choose nothing. What is known is kept in bench/results/results.json, so that nets can be
trained one by one; the page is always written from all of it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from measure import machine
from report import markdown

from lenet.api import load
from lenet.pages.plot import Curve, counted, linear, plot
from lenet.runtime.machine.cores import available_cores

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "bench" / "results" / "results.json"
PAGE = ROOT / "docs" / "results.md"
PLOT = ROOT / "docs" / "results-resnet20.svg"
LENET = str(Path(sys.executable).with_name("lenet"))

# The simple model beside the nets: what a net without hidden layers reaches.
LINEAR = """\
input {shape}
flatten
linear 10
logsoftmax
data {data}
  normalize
train
  loss nll
  rate 0.1 times 0.7 every epoch
  batch 128
  stop after 20 epochs
  validate top1 every epoch
  seed 1
"""
DISTORTED = """
augment
  shift 1
  scale 0.9 to 1.1
  shear 6 degrees
"""


Results = dict[str, dict[str, dict[str, Any]]]  # runs by net and seed


@dataclass(frozen=True)
class Net:
    """A training: of specs/SPEC.lenet, in which `lines` take the places of others, and with what is
    `added` behind it. `published` is the error of the paper, in percent, `note` a sentence for the
    page."""

    title: str
    task: str
    spec: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    added: str = ""
    text: str = ""
    published: str = ""
    note: str = ""

    def source(self) -> str:
        text = self.text or (ROOT / "specs" / f"{self.spec}.lenet").read_text()
        for old, new in self.lines:
            assert text.count(old) == 1, (self.spec, old)
            text = text.replace(old, new)
        return text + self.added

    def where(self) -> str:
        """The link to its file, or what it is."""
        return f"[{self.spec}](../specs/{self.spec}.lenet)" if self.spec else "softmax regression"

    def notes(self) -> list[str]:
        """What its file has not, and what is to be known."""
        return [text for text in (self._changes(), self.note) if text]

    def _changes(self) -> str:
        lines = [f"`{new}` in place of `{old}`" for old, new in self.lines]
        if self.added:
            lines.append("behind it\n\n```\n" + self.added.strip() + "\n```")
        return f"{self.title}: {', '.join(lines)}" if lines else ""


MNIST, CIFAR = "MNIST, 60,000 digits", "a sixth of CIFAR-10, 10,000 images"
NETS = {
    "linear": Net("no hidden layer", MNIST, text=LINEAR.format(shape="1x28x28", data="mnist"),
                  published="8.4 to 12.0"),
    "lenet1": Net("LeNet-1", MNIST, "lenet1", published="1.7"),
    "lenet4": Net("LeNet-4", MNIST, "lenet4", published="1.1"),
    "lenet5-1998": Net(
        "LeNet-5", MNIST, "lenet5-1998", published="0.95",
        note="The paper's LeNet-5 saw each image alone, with a step for each parameter from its "
        "second derivative; ours takes steps of one size for 16 images.",
    ),
    "lenet5-distorted": Net("LeNet-5, distortions", MNIST, "lenet5-1998",
                            (("stop after 20 epochs", "stop after 30 epochs"),),
                            added=DISTORTED, published="0.8"),
    "lenet5": Net("the tutorial's net", MNIST, "lenet5"),
    "mlp": Net("MLP 784-512-512-10", MNIST, "mlp"),
    "mnist-7k": Net("at most 7,000 parameters", MNIST, "mnist-7k"),
    "lenet5-best": Net("LeNet with what came later", MNIST, "lenet5-best"),
    "linear-cifar": Net("no hidden layer", CIFAR,
                        text=LINEAR.format(shape="3x32x32", data="cifar10")),
    "resnet20": Net(
        "ResNet-20", CIFAR, "resnet20",
        (("rate 0.1 0.01 0.001 at 32000 48000 iterations", "rate 0.1 0.01 0.001 at 14 18 epochs"),
         ("stop after 64000 iterations", "stop after 20 epochs")),
        note="ResNet-20's paper has an error of 8.75% with all 50,000 images.",
    ),
}  # fmt: skip


def trained(net: Net, data: Path, seed: int, threads: int) -> dict[str, Any]:
    """What a training came to, by the model that it kept."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "net.lenet")
        spec.write_text(net.source())
        run = Path(folder, "run")
        command = [LENET, "train", str(spec), "--engine", "local", "--data", str(data),
                   "--seed", str(seed), "--threads", str(threads), "-o", str(run)]  # fmt: skip
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        seconds = time.monotonic() - started
        model = str(run / "model.safetensors")
        tested = subprocess.run(
            [LENET, "evaluate", model, "--data", str(data), "--json"],
            capture_output=True,
            text=True,
        )
        if tested.returncode:
            raise SystemExit(tested.stdout + tested.stderr)
        lines = (run / "history.jsonl").read_text().splitlines()
    epochs = [event for event in map(json.loads, lines) if event["event"] == "epoch"]
    return {
        "seed": seed,
        "parameters": load(net.source()).parameter_count,
        "seconds": seconds,
        "test": json.loads(tested.stdout)["top1"],
        "epochs": len(epochs),
        "curves": {
            "training images, as they are seen": [epoch["top1"] for epoch in epochs],
            "test images": [epoch["validation"]["top1"] for epoch in epochs],
        },
        "machine": machine(),
    }


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
        table=markdown(head, rows, 2), **facts, notes="".join(f"\n{note}\n" for note in notes)
    )  # fmt: skip


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
{date}, Python {python}, numba {numba}, numpy {numpy}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Train nets whole, and write docs/results.md.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the datasets")
    parser.add_argument("--only", nargs="*", choices=list(NETS), default=list(NETS))
    parser.add_argument("--seed", type=int, nargs="*", default=[1])
    parser.add_argument("--threads", type=int, default=available_cores(), help="all cores else")
    arguments = parser.parse_args()
    for name in arguments.only:
        for seed in arguments.seed:
            print(f"{name}, seed {seed} ...", end=" ", file=sys.stderr, flush=True)
            run = trained(NETS[name], arguments.data, seed, arguments.threads)
            print(f"{100 * (1 - run['test']):.2f}%, {run['seconds']:.0f} s", file=sys.stderr)
            results = kept()  # read anew: another training may have ended meanwhile
            results.setdefault(name, {})[str(seed)] = run
            KEPT.write_text(json.dumps(results, indent=1) + "\n")
    results = kept()
    PAGE.write_text(page(results))
    if "resnet20" in results:
        PLOT.write_text(curves(next(iter(results["resnet20"].values()))) + "\n")


if __name__ == "__main__":
    main()
