"""What is said at the end of a training."""

import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.dsl.datasets import DATASETS
from lenet.dsl.metrics import metric_called
from lenet.terminal.console import say, say_json

if TYPE_CHECKING:
    from lenet.api import Network


def conclude_run(
    model: Any, seconds: float, network: "Network", data: Path | None, folder: Path,
    page: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Of one training: its best and last values, its model and report, and what to do next."""
    from lenet.runtime.records.records import epochs_of

    file = folder / "model.safetensors"
    last = dict(model.history[-1]["validation"]) if model.history else {}
    if as_json:
        say_json(
            {
                "event": "done",
                "model": str(file),
                "digest": model.digest,
                "seconds": seconds,
                "metrics": last,
                "report": None if page is None else str(page),
            }
        )
        return
    train = network.graph.train
    judge = train.judged_by if train is not None else ""
    measured = [epoch for epoch in epochs_of(folder) if judge in epoch["validation"]]
    keeps = train is not None and bool(train.keep)
    if measured:
        metric, values = metric_called(judge), [epoch["validation"][judge] for epoch in measured]
        best = max(range(len(values)), key=lambda k: metric.score(values[k]))
        say(f"best     {judge} {metric.shown(values[best])} in epoch {measured[best]['epoch']}")
        say(f"last     {judge} {metric.shown(values[-1])}")
    say(f"model    {file}" + (", the best one" if keeps and measured else ""))
    if measured and not keeps and metric.score(values[best]) > metric.score(values[-1]):
        say(f"         {folder / 'best.safetensors'} is the best one")
    if page is not None:
        say(f"report   {page}")
    say(f"digest   {model.digest[:16]}…, {seconds:.1f} s in all")
    say_next([evaluation(network, data, file)], folder)


def evaluation(network: "Network", data: Path | None, file: Path) -> str:
    """The command that tries a model with held-out images; "" where a program gave them, or only
    executors can read them."""
    section = network.graph.data
    if section is not None and DATASETS[section.kind].given:
        return ""
    if not data and section is not None and "://" in (section.path or ""):
        return ""
    where = ["--data", str(data)] if data else []
    if not data and section is not None and section.path:
        where = ["--data", str(network.path.parent / section.path)]
    return shlex.join(["lenet", "evaluate", str(file), *where])


def say_next(commands: list[str], folder: Path) -> None:
    """What to do next, TensorBoard last."""
    if find_spec("tensorboard") is not None:
        commands = [*commands, shlex.join(["tensorboard", "--logdir", str(folder)])]
    for number, command in enumerate(filter(None, commands)):
        say(f"{'' if number else 'next':<9}{command}")
