"""The command line: `lenet check | shapes | compile | train | evaluate | predict`."""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from dsl.check import Checked, check
from dsl.diagnostics import read_source
from dsl.errors import LenetError
from lenet import __version__
from lenet.api import Network, load, read_settings
from lenet.console import errors_as_messages, note, show_diagnostics, show_error

_HELP = """
lenet trains neural networks that are written as plain text, one layer a line.

A file net.lenet may read:

\b
    input 1x28x28
    conv 6x5x5
    tanh
    maxpool 2
    reshape 6*12*12
    linear 10
    logsoftmax
    data mnist
    train
      loss nll
      rate 0.1
      batch 128
      stop after 5 epochs

Then:

\b
    lenet check net.lenet      finds mistakes, all at once
    lenet shapes net.lenet     shows every layer's output and parameters
    lenet train net.lenet      trains it on Spark, here or on a cluster
    lenet predict runs/.../model.safetensors image.png

`lenet train` without a file trains a small net on 8x8 digits in seconds.
"""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Spec = Annotated[Path, typer.Argument(metavar="FILE", help="A .lenet file.")]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model.safetensors.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="A folder with the data's files.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another value for a `let` of the file."),
]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """A subcommand, named like its function, whose errors are messages."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        with errors_as_messages():
            function(*args, **kwargs)

    return app.command(function.__name__.removesuffix("_command"))(run)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for terminals without UTF-8
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"lenet {__version__}")
        raise typer.Exit


@app.callback(help=_HELP)
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options of the program itself."""


@command
def check_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="One or more files.")],
    as_json: Json = False,
    set_: Set = None,
) -> None:
    """Find all mistakes of .lenet files.

    The exit code is 1 if there is one.
    """
    settings = _settings(set_)
    failed = False
    for path in files:
        try:
            source = read_source(path)
            checked = check(source, settings)
        except LenetError as error:
            show_error(error)
            failed = True
            continue
        failed = failed or checked.graph is None
        if as_json:
            for diagnostic in checked.diagnostics:
                print(json.dumps(diagnostic.as_dict(str(path)), ensure_ascii=False))
        else:
            show_diagnostics(str(path), source, checked.diagnostics)
            print(f"{path}: {_verdict(checked)}")
    if failed:
        raise typer.Exit(1)


def _verdict(checked: Checked) -> str:
    counts = {"error": 0, "warning": 0}
    for diagnostic in checked.diagnostics:
        counts[diagnostic.severity] += 1
    words = [f"{n} {what}{'s' if n > 1 else ''}" for what, n in counts.items() if n]
    if checked.graph is None:
        return ", ".join(words)
    return ", ".join(["ok", *words, f"{checked.graph.parameter_count:,} parameters"])


@command
def shapes(spec: Spec, as_json: Json = False, set_: Set = None) -> None:
    """Show every layer's shape and size."""
    from lenet.shapes import shapes, shapes_text

    table = shapes(_load(spec, set_).graph, str(spec))
    print(json.dumps(table) if as_json else shapes_text(table), end="\n" if as_json else "")


@command
def compile_command(
    spec: Spec,
    emit: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help="Print a stage: syntax, graph, a pass's name, or kernels (readable source).",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Write the stage there.")
    ] = None,
    set_: Set = None,
) -> None:
    """Compile the kernels, or show a stage.

    Without --emit the kernels go into the cache, and their place is printed.
    """
    network = _load(spec, set_)
    if emit is None and output is None:
        from compiler.cache import load as load_program
        from compiler.pipeline import compile_graph

        loaded = load_program(compile_graph(network.graph))
        how = "taken from the cache" if loaded.from_cache else "compiled"
        print(f"{spec}: kernels {how} in {loaded.seconds:.1f} s")
        print(loaded.path)
        return
    text = _stage(network, emit or "kernels")
    if output:
        from runtime.model import write_atomically

        write_atomically(output, text.encode())
        note(f"wrote {output}")
    else:
        print(text, end="")


def _stage(network: Network, emit: str) -> str:
    """The text of one of the compiler's stages."""
    from compiler.passes import PASSES
    from compiler.pipeline import compile_graph, run_passes
    from dsl import graph, syntax

    passes = [function.__name__ for function in PASSES]
    stages = ["syntax", "graph", *passes, "kernels"]
    if emit not in stages:
        raise typer.BadParameter(f"there is no stage {emit!r}; there is {', '.join(stages)}")
    if emit == "syntax":
        return syntax.draw(check(network.graph.source, network.settings).tree)
    if emit == "graph":
        return graph.draw(network.graph)
    if emit == "kernels":
        return compile_graph(network.graph).source
    return graph.draw(run_passes(network.graph, stop_after=emit))


@command
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

    path = spec or Path(__file__).parents[1] / "specs" / "digits.lenet"
    network = _load(path, set_)
    folder = output or _new_folder(path)
    check_folder(folder, force)
    model, seconds = _train(network, data, engine, master, epochs, threads, folder, as_json)
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
    as_json: bool,
) -> tuple[Any, float]:
    from dsl.sections.reader import Duration
    from lenet.progress import Bars, Lines
    from runtime.run import Options, resolve_data, train_model

    show_diagnostics(str(network.path), network.graph.source, network.warnings)
    started = time.perf_counter()
    settings = network.graph.train
    stop = Duration(epochs, "epochs") if epochs else settings.stop if settings else Duration(1, "")
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
        options = Options(
            engine, master or "local[*]", None, epochs, threads, folder, overwrite=True
        )
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


@command
def evaluate(model: Model, data: Data = None, as_json: Json = False) -> None:
    """Measure a model on test images.

    They are those of the data it was trained on, or of --data.
    """
    from runtime.model import Model as Trained
    from runtime.run import check_data, evaluation_images

    trained = Trained.open(model)
    dataset = evaluation_images(trained.graph, data)
    check_data(trained.graph, dataset)
    assert dataset.test is not None
    metrics = trained.evaluate(dataset.test.pixels, dataset.test.labels)
    if as_json:
        print(json.dumps(metrics))
        return
    print(f"{metrics.pop('count'):,} images of {dataset.name}")
    for name, value in metrics.items():
        print(f"{name:<6} {value:.4f}" if name == "loss" else f"{name:<6} {value:.2%}")


@command
def predict(
    model: Model,
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT", help="PNG or JPEG files, an IDX file, or a folder."),
    ],
    resize: Annotated[bool, typer.Option("--resize", help="Fit pictures to the model.")] = False,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Print each image's class and probability.

    In pictures black is 0 and white is 1; an IDX file has bytes as the training data had.
    """
    from csv import writer

    from lenet.inputs import read_inputs
    from runtime.model import Model as Trained

    if as_json and csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    trained = Trained.open(model)
    table = writer(sys.stdout, lineterminator="\n")
    if csv:
        table.writerow(["input", "class", "label", "probability"])
    for names, images in read_inputs(inputs, trained.graph.input, resize):
        prediction = trained.predict(images)
        for k, name in enumerate(names):
            number, label = int(prediction.classes[k]), prediction.label(k)
            probabilities = [float(p) for p in prediction.probabilities[k]]
            probability = probabilities[number]
            if as_json:
                row = {
                    "input": name,
                    "class": number,
                    "label": label,
                    "probability": probability,
                    "probabilities": probabilities,
                }
                print(json.dumps(row, ensure_ascii=False))
            elif csv:
                table.writerow([name, number, label, f"{probability:.6g}"])
            else:
                print(f"{name}  {label}  {probability:.2%}")


def _load(spec: Path, settings: list[str] | None) -> Network:
    return load(spec, _settings(settings))


def _settings(pairs: list[str] | None) -> dict[str, Any]:
    values = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"--set takes NAME=VALUE, not {pair!r}")
        values[name.strip()] = value.strip()
    return read_settings(values)
