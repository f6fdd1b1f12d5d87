"""The results as pictures: docs/performance-*.svg."""

from pathlib import Path
from statistics import median

import matplotlib
from report import Results

from nets import NETS

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "lenet"  # the same numbers give the same file
from matplotlib import pyplot  # noqa: E402

OURS, PEER, GRID = "#1f6f8b", "#c9ced6", "#e5e7eb"


def draw(results: Results, folder: Path) -> None:
    _bars(
        results, folder / "performance-training.svg", "images/s",
        lambda work: NETS[work[1]].images / median(results.epochs[work]), "{:,.0f}",
    )  # fmt: skip
    _bars(
        results, folder / "performance-peak.svg", "% of the multiply-add peak",
        lambda work: 100 * median(results.shares[work]), "{:.0f}",
    )  # fmt: skip
    _scaling(results, folder / "performance-scaling.svg")


def _bars(results: Results, path: Path, unit: str, value, form: str) -> None:  # type: ignore[no-untyped-def]
    """A panel for each net and batch size, a bar for each trainer."""
    work = list(dict.fromkeys((net, batch) for _, net, batch in results.epochs))
    figure, panels = pyplot.subplots(
        1, len(work), figsize=(3.1 * len(work) + 1.2, 2.6), sharey=True, squeeze=False
    )
    names = list(dict.fromkeys(name for name, _, _ in results.epochs))[::-1]
    for panel, (net, batch) in zip(panels[0], work, strict=True):
        values = [value((name, net, batch)) for name in names]
        colours = [OURS if name.startswith("lenet") else PEER for name in names]
        bars = panel.barh(names, values, color=colours, height=0.7)
        panel.bar_label(bars, [form.format(v) for v in values], padding=3, fontsize=8)
        panel.set_title(f"{net}, batch {batch}", fontsize=10, loc="left")
        panel.set_xlim(0, 1.25 * max(values))
        panel.set_xlabel(unit, fontsize=8)
        panel.locator_params(axis="x", nbins=4)
        _tidy(panel)
    _save(figure, path)


def _scaling(results: Results, path: Path) -> None:
    figure, panels = pyplot.subplots(1, 2, figsize=(8, 2.8))
    for panel, key, label in zip(
        panels, ("threads", "batches"), ("threads, batch 2048", "batch size, all threads"),
        strict=True,
    ):  # fmt: skip
        x, y = zip(*results.scaling[key], strict=True)
        panel.plot(x, [v / 1000 for v in y], color=OURS, marker="o")
        panel.set_xlabel(f"{label} (lenet5)", fontsize=9)
        panel.set_ylabel("thousand images/s", fontsize=9)
        if key == "batches":
            panel.set_xscale("log", base=2)
        else:
            panel.plot(x, [n * y[0] / 1000 for n in x], color=PEER, linestyle="--")
        panel.set_ylim(0)  # now that all lines are there
        panel.set_xticks(x, [f"{int(v)}" for v in x])
        panel.grid(axis="y", color=GRID)
        _tidy(panel)
    _save(figure, path)


def _tidy(panel) -> None:  # type: ignore[no-untyped-def]
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)


def _save(figure, path: Path) -> None:  # type: ignore[no-untyped-def]
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
