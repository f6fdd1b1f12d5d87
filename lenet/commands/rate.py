"""`lenet rate`: the learning rate over a training, and how to find one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.api import Network
from lenet.commands import Data, Json, Set, Spec, load_network
from lenet.dsl.errors import LenetError
from lenet.terminal.console import note, say_json, say_lines
from lenet.terminal.progress import Bars, Lines
from lenet.terminal.watching import Silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lenet.runtime.training.job import Job
    from lenet.runtime.training.source import InMemory

_LOW, _HIGH, _ITERATIONS, _LEAST = 1e-7, 10.0, 150, 50


def rate(
    spec: Spec,
    output: Annotated[
        Path | None,
        typer.Option("-o", metavar="FILE", help="Where to; NAME.rate.svg or NAME.find.svg."),
    ] = None,
    find: Annotated[
        bool, typer.Option("--find", help="Find a rate: try ever larger ones on the net.")
    ] = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="Find a batch: how fast and how good each size is.")
    ] = False,
    low: Annotated[
        float | None,
        typer.Option("--from", metavar="RATE", help=f"The first rate of --find [{_LOW:g}]."),
    ] = None,
    high: Annotated[
        float | None,
        typer.Option("--to", metavar="RATE", help=f"The last rate of --find [{_HIGH:g}]."),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(min=_LEAST, metavar="N", help=f"Iterations of --find [{_ITERATIONS}]."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Threads of --find and --batch [all cores]."),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="So many to train with: the data are not read."),
    ] = None,
    data: Data = None,
    set_: Set = None,
    as_json: Json = False,
) -> None:
    """Draw the learning rate over the whole training, or find a good one, or a good batch.

    Writes an SVG picture, and prints the rate where it matters. With --find, the net is trained for
    some iterations, in this process and from where its training would begin, while the rate grows
    from --from to --to (the range test of Smith 2017): a picture of the loss over the rates, and a
    line `rate` for the file. With --batch, steps of several sizes are timed, and the noise of the
    gradient tells how many of them it takes (McCandlish et al. 2018). None touches any run.
    """
    _check_usage(output, find, batch, low, high, iterations, threads, images, data)
    network = load_network(spec, set_)
    train = network.graph.train
    if train is None or train.rate is None:
        fix = "add a section `train` with at least a line `rate 0.1`"
        raise LenetError(f"{spec} does not say how to train", "", fix)
    if batch:
        _advise(network, data, threads, as_json)
    elif find:
        path = output or Path(f"{spec.stem}.find.svg")
        chosen = low or _LOW, high or _HIGH, iterations or _ITERATIONS
        _find(network, data, chosen, threads, path, as_json)
    else:
        path = output or Path(f"{spec.stem}.rate.svg")
        _draw(network, data, images, path, as_json)


def _check_usage(
    output: Path | None, find: bool, batch: bool, low: float | None, high: float | None,
    iterations: int | None, threads: int | None, images: int | None, data: Path | None,
) -> None:  # fmt: skip
    given = {"--from": low, "--to": high, "--iterations": iterations, "--threads": threads}
    idle = [name for name, value in given.items() if value is not None]
    if find and batch:
        raise typer.BadParameter("--find and --batch answer two questions: ask one")
    if idle == ["--threads"] and batch:
        idle = []
    if idle and not find:
        raise typer.BadParameter(f"{idle[0]} is for --find")
    if output is not None and batch:
        raise typer.BadParameter("--batch draws nothing, and takes no -o")
    if images is not None and (find or batch or data is not None):
        asked = "--find" if find else "--batch" if batch else "--data"
        raise typer.BadParameter(
            f"--images says how many there are without reading them, and {asked} reads them"
        )
    first, last = low or _LOW, high or _HIGH
    for name, value in (("--from", low), ("--to", high)):
        if value is not None and not 1e-12 <= value <= 1e30:
            raise typer.BadParameter(f"{name} takes a rate, from 1e-12 to 1e+30, not {value:g}")
    if find and not first < last:
        raise typer.BadParameter(f"--from {first:g} must be smaller than --to {last:g}")
    if output is not None and output.suffix.lower() != ".svg":
        named = output.with_suffix(".svg")
        raise typer.BadParameter(f"lenet rate writes SVG, not {output.name}: name it {named}")


def _draw(
    network: Network, data: Path | None, images: int | None, path: Path, as_json: bool
) -> None:
    from lenet.pages.rate import course_svg, drawn
    from lenet.rates import course_facts, course_text
    from lenet.runtime.rates.course import course_of
    from lenet.training_images import training_images

    train, name = network.graph.train, network.path.name
    assert train is not None
    if images is None:
        instead = "say how many images there are to train with: --images 60000"
        images = len(training_images(network, data, _display(as_json).download, instead).train)
    course = course_of(train, images)
    _write(path, course_svg(f"{name}: the learning rate", course))
    if as_json:
        facts = course_facts(course, drawn(course))
        say_json({"spec": str(network.path), "images": images, **facts, "svg": str(path)})
    else:
        say_lines(course_text(name, course))
    note(f"wrote {path}")


def _find(
    network: Network, data: Path | None, chosen: tuple[float, float, int], threads: int | None,
    path: Path, as_json: bool,
) -> None:  # fmt: skip
    from lenet.pages.rate import found_svg
    from lenet.rates import found_facts, found_text, nothing_found, still_falling
    from lenet.runtime.machine.cores import available_cores
    from lenet.runtime.training.range_test import range_test

    name = network.path.name
    with _display(as_json) as watch:
        source, job, weights = _beginning(network, data, watch)
        shard = source.shard(job.slices)
        test = range_test(job, shard, threads or available_cores(), *chosen, watch, weights)
        if test.fell and test.still_falling:
            watch(still_falling(test))
    if test.done:
        _write(path, found_svg(f"{name}: the loss as the learning rate grows", test))
    if not test.fell:
        raise nothing_found(test)
    if as_json:
        say_json({"spec": str(network.path), **found_facts(test), "svg": str(path)})
    else:
        say_lines(found_text(test))
    note(f"wrote {path}")


def _advise(network: Network, data: Path | None, threads: int | None, as_json: bool) -> None:
    from lenet.batch_sizes import batch_facts, batch_text
    from lenet.runtime.machine.cores import available_cores
    from lenet.runtime.training.batch_size import batch_advice

    with _display(as_json) as watch:
        source, job, weights = _beginning(network, data, watch)
        advice = batch_advice(job, source, threads or available_cores(), watch, weights)
    if as_json:
        say_json({"spec": str(network.path), **batch_facts(advice)})
    else:
        say_lines(batch_text(advice))


def _beginning(
    network: Network, data: Path | None, watch: Lines
) -> "tuple[InMemory, Job, NDArray[np.float32] | None]":
    """What a training of the file begins with: its images, its job, and weights from elsewhere."""
    from lenet.runtime.look import odd_things, summary
    from lenet.runtime.make_job import make_job
    from lenet.runtime.start_from import starting_weights
    from lenet.runtime.training.source import InMemory, check_source
    from lenet.training_images import training_images

    graph = network.graph
    watch.say(f"{network.path.name}: {network.parameter_count:,} parameters")
    source = InMemory.of(training_images(network, data, watch.download))
    check_source(graph, source, may_lack_tests=True)
    for event in (summary(graph, source), *odd_things(graph, source)):
        watch(event)
    weights = starting_weights(graph, network.path, watch)
    job, _ = make_job(graph, network.path, source, network.settings)
    return source, job, weights


def _display(as_json: bool) -> Lines:
    """What happens meanwhile, to standard error."""
    if as_json:
        return Silent()
    return Bars(None) if sys.stderr.isatty() else Lines(as_json=False)


def _write(path: Path, svg: str) -> None:
    from lenet.runtime.machine.files import write_atomically

    write_atomically(path, f"{svg}\n".encode())
