"""From what bench/cluster.py has measured on one machine to what many nodes would do.

    python bench/scaling.py bench/results/cluster.json [--write docs/scaling.svg]

An iteration takes as long as the slowest worker's part of the batch, then the all-reduces. The
parts are drawn from the measured steps of one thread; an all-reduce is a fit to those measured
between 2 to 4 processes, with a network's bytes a second. Prints tables in Markdown; see
docs/scaling.md.
"""

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from lenet.runtime.spark.network.ways import way_of  # noqa: E402
from lenet.runtime.training.slices.count import slice_count  # noqa: E402

CORES = 16  # of a node
LATENCY = 50e-6  # seconds, more than over the loopback device
NODES = (1, 2, 4, 8, 16, 32, 64, 96, 128, 256)


@dataclass(frozen=True)
class Net:
    """`seconds` of one thread for an image, and the `steps` of one thread as multiples of their
    median; an iteration sums `parameters` values, and those of `syncs` batch normalizations."""

    name: str
    parameters: int
    seconds: float
    steps: np.ndarray
    syncs: int = 0


@dataclass(frozen=True)
class Fit:
    """Seconds of a round of messages, for each peer in it, and for a byte."""

    round: float
    peer: float
    byte: float

    @classmethod
    def of(cls, measured: dict[str, dict[str, float]], cores: int) -> "Fit":
        """Least squares; `cores` do the work of all processes."""
        rows, seconds = [], []
        for size, times in measured.items():
            n = int(size)
            shared = n / min(n, cores)
            for count, value in times.items():
                rounds, messages, volume = way_of(n, 8 * int(count)).cost(8 * int(count))
                rows.append([rounds, messages * shared, volume * shared])
                seconds.append(value)
        weights = 1 / np.array(seconds)  # relative errors count
        found, *_ = np.linalg.lstsq(np.array(rows) * weights[:, None], np.ones(len(rows)), None)
        return cls(*(float(max(value, 0.0)) for value in found))

    def seconds(self, n: int, size: int, network: bool = True) -> float:
        if n == 1:
            return 0.0
        rounds, messages, volume = way_of(n, size).cost(size)
        wait = self.round + (LATENCY if network else 0.0)
        return rounds * wait + messages * self.peer + volume * self.byte

    def show(self, name: str, measured: dict[str, dict[str, float]]) -> None:
        """What was measured, and what is fitted to it."""
        print(f"{name}: round {self.round * 1e6:.0f} us, peer {self.peer * 1e6:.0f} us, "
              f"byte {self.byte * 1e9:.2f} ns ({1 / self.byte / 1e9:.2f} GB/s)")  # fmt: skip
        for size, times in measured.items():
            cores = int(size) / min(int(size), 2)
            row = []
            for count, value in times.items():
                rounds, messages, volume = way_of(int(size), 8 * int(count)).cost(8 * int(count))
                wait = rounds * self.round + self.peer * messages * cores
                row.append(f"{value * 1e3:.2f} ({(wait + volume * cores * self.byte) * 1e3:.2f})")
            print(f"{size} processes: " + ", ".join(row) + " ms measured (fitted)")


def iteration(net: Net, n: int, batch: int, fit: Fit, random: np.random.Generator) -> float:
    """Mean seconds over many simulated iterations."""
    slices = slice_count(batch)
    rows = batch / slices * math.ceil(slices / (n * CORES))
    slowest = random.choice(net.steps, (400, n)).max(axis=1).mean()
    sums = fit.seconds(n, 8 * net.parameters) + net.syncs * fit.seconds(n, 8 * 200)
    return float(net.seconds * rows * slowest + sums)


def table(
    nets: list[Net], batch_of: Any, fit: Fit, base: int
) -> tuple[str, dict[str, list[float]]]:
    """Images a second as multiples of those of `base` nodes."""
    random = np.random.default_rng(0)
    speeds = {
        net.name: [batch_of(n) / iteration(net, n, batch_of(n), fit, random) for n in NODES]
        for net in nets
    }
    lines = [
        "| nodes | batch | " + " | ".join(net.name for net in nets) + " |",
        "| ---: | ---: |" + " ---: |" * len(nets),
    ]
    at = NODES.index(base)
    for k, n in enumerate(NODES):
        cells = [f"{speeds[net.name][k] / speeds[net.name][at]:.2f}" for net in nets]
        lines.append(f"| {n} | {batch_of(n):,} | " + " | ".join(cells) + " |")
    return "\n".join(lines), speeds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("measured", type=Path)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    measured = json.loads(arguments.measured.read_text())
    near, fit = Fit.of(measured["all_reduce"], 2), Fit.of(measured["network"], 2)
    noise, longer = (
        np.array(steps) / np.median(steps)
        for steps in (measured["training"]["one_thread_steps"], measured["resnet20_steps"])
    )
    one, two, cluster = (
        measured["training"]["step_seconds"][name]
        for name in ("one thread", "two threads", "two executors")
    )
    near.show("loopback", measured["all_reduce"])
    fit.show("network", measured["network"])
    for name, steps in (("lenet5", noise), ("ResNet-20", longer)):
        of = {n: np.random.default_rng(0).choice(steps, (4000, n)).max(1).mean() for n in (8, 96)}
        print(f"steps of {name}: {np.percentile(steps, [5, 50, 95, 99]).round(3)} of the median, "
              f"the slowest of 8 {of[8]:.3f}, of 96 {of[96]:.3f}")  # fmt: skip
    predicted = one / 2 * slowest_of_two(noise) + near.seconds(2, 8 * 22_280, network=False)
    print(f"two executors: {cluster * 1e3:.1f} ms measured, {predicted * 1e3:.1f} predicted; "
          f"two threads {two * 1e3:.1f}")  # fmt: skip
    nets = [
        Net("lenet5", 22_280, one / 2048, noise),
        Net("ResNet-20", 269_724, measured["resnet20_seconds"], longer, 2 * 19),
        Net("Inception v1", 6_998_552, 9.0e9 / measured["flops"], longer),
    ]
    weak, speeds = table(nets, lambda n: 128 * CORES * n, fit, 16)
    strong, _ = table(nets, lambda n: 65_536, fit, 1)
    print(f"\nThe batch grows with the nodes; 1.00 is 16 nodes:\n\n{weak}")
    print(f"\nA batch of 65,536 on all of them; 1.00 is one node:\n\n{strong}")
    if arguments.write:
        plot(speeds, arguments.write)


def slowest_of_two(noise: np.ndarray) -> float:
    return float(np.random.default_rng(1).choice(noise, (4000, 2)).max(axis=1).mean())


def plot(speeds: dict[str, list[float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "lenet"
    from matplotlib import pyplot

    figure, panel = pyplot.subplots(figsize=(5.6, 3.6))
    panel.plot(NODES, NODES, color="#c9ced6", label="ideal")
    colours = ("#1f6f8b", "#b4632f", "#5b7f3a")
    for (name, values), colour in zip(speeds.items(), colours, strict=True):
        panel.plot(NODES, [v / values[0] for v in values], marker="o", ms=3.5, color=colour,
                   label=name)  # fmt: skip
    panel.plot((16, 96), (16, 16 * 5.3), color="#888", ls="--", label="BigDL, 16 to 96 nodes")
    panel.set_xscale("log", base=2)
    panel.set_yscale("log", base=2)
    panel.set_xticks(NODES, [str(n) for n in NODES], fontsize=8)
    panel.set_yticks((1, 4, 16, 64, 256), ("1", "4", "16", "64", "256"), fontsize=8)
    panel.set_xlabel("nodes of 16 cores", fontsize=9)
    panel.set_ylabel("images/s, as multiples of one node's", fontsize=9)
    panel.legend(frameon=False, fontsize=8)
    panel.grid(color="#e5e7eb")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
