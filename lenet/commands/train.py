"""`lenet train`: a run from a file to a model."""

import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lenet.api import Network
from lenet.commands import Data, Json, Set, load_network
from lenet.console import show_diagnostics


def train(
    spec: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A .lenet file; without one, the 8x8 digits."),
    ] = None,
    data: Data = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="DIR", help="The run's folder [runs/NAME-DATE-TIME]."),
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="spark|local", help="local: the same bits, without Spark.")
    ] = "spark",
    master: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The Spark master [local[*]]; local[N] has N threads."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Stop after N epochs.")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Threads of --engine local, or of executors."),
    ] = None,
    set_: Set = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the run in DIR.")] = False,
    as_json: Json = False,
) -> None:
    """Train a net on Spark.

    The run's folder gets the model, its history and TensorBoard files.
    """
    if engine not in ("spark", "local"):
        raise typer.BadParameter(f"there is no engine {engine!r}; there is spark, local")
    if threads and engine == "spark" and (master or "local").startswith("local"):
        raise typer.BadParameter("with Spark on this machine, write --master local[N]")
    if master and engine == "local":
        raise typer.BadParameter("--master is for Spark; --engine local takes --threads")
    from runtime.run_folder import check_folder

    path = spec or Path(__file__).parents[2] / "specs" / "digits.lenet"
    network = load_network(path, set_)
    folder = output or _new_folder(path)
    check_folder(folder, force)
    model, seconds = _train(network, data, engine, master, epochs, threads, folder, force, as_json)
    file = folder / "model.safetensors"
    last = dict(model.history[-1]["validation"]) if model.history else {}
    if as_json:
        print(
            json.dumps(
                {
                    "event": "done",
                    "model": str(file),
                    "digest": model.digest,
                    "seconds": seconds,
                    "metrics": last,
                }
            )
        )
        return
    best = max((e for e in model.history if "top1" in e["validation"]), default=None,
               key=lambda e: e["validation"]["top1"])  # fmt: skip
    if best:
        print(f"best     top1 {best['validation']['top1']:.2%} in epoch {best['epoch']}")
    if "top1" in last:
        print(f"last     top1 {last['top1']:.2%}")
    print(f"model    {file}")
    print(f"digest   {model.digest[:16]}…, {seconds:.1f} s in all")
    where = f" --data {data}" if data else ""
    if not data and network.graph.data and network.graph.data.path:
        where = f" --data {path.parent / network.graph.data.path}"
    print(f"next     lenet evaluate {file}{where}")
    print(f"         tensorboard --logdir {folder}")


def _train(
    network: Network,
    data: Path | None,
    engine: str,
    master: str | None,
    epochs: int | None,
    threads: int | None,
    folder: Path,
    force: bool,
    as_json: bool,
) -> tuple[Any, float]:
    from dsl.sections.reader import Duration
    from lenet.progress import Bars, Lines
    from runtime.run import Options, resolve_data, train_model

    graph = network.graph
    show_diagnostics(str(network.path), graph.source, network.warnings, graph.imports)
    started = time.perf_counter()
    settings = network.graph.train
    stop = Duration(epochs, "epochs") if epochs else settings.stop if settings else None
    watch = Lines(as_json)
    if sys.stderr.isatty() and not as_json:
        watch = Bars(stop)
    with watch:
        dataset = resolve_data(network.graph, network.path, data, watch.download)
        if not as_json:
            count = len(dataset.train)
            watch.say(
                f"{network.path.name}: {network.parameter_count:,} parameters, "
                f"{count:,} training images of {dataset.name}"
            )
        options = Options(engine, master or "local[*]", None, epochs, threads, folder, force)
        model = train_model(network.graph, network.path, dataset, options, network.settings, watch)
    return model, time.perf_counter() - started


def _new_folder(spec: Path) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = Path("runs") / f"{spec.stem}-{stamp}"
    number = 2
    while folder.exists():
        folder = Path("runs") / f"{spec.stem}-{stamp}-{number}"
        number += 1
    return folder
