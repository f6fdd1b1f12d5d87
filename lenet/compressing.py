"""`lenet.compress`, and what it has in common with the command."""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.api import Network, Settings, load, read_settings, train
from lenet.dsl.check import check, reader_of
from lenet.dsl.compress import in_turn
from lenet.dsl.errors import LenetError
from lenet.dsl.search.variants import with_constants, without_search
from lenet.dsl.syntax.format import format_text
from lenet.dsl.syntax.section_lines import with_line, without_line
from lenet.dsl.vocabulary import carried_out
from lenet.parameters import takes_options
from lenet.quantizing import images_for, quantized, usual_path
from lenet.runtime.options import Options

if TYPE_CHECKING:
    from lenet.runtime.compressing.measured import Measured
    from lenet.runtime.compressing.net import Net
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.models.model import Model
    from lenet.runtime.spark.session import SparkSession

BEGIN = "begin.safetensors"  # the weights that a smaller net's training begins with


@dataclass(frozen=True)
class Wish:
    """How a net is to become smaller: the share of each way, by its name; whether `each` layer
    loses it; whether the large net is to `teach` the small one; and, where they are not those of
    the model's file, the line `rate` without its word, and how many `epochs`."""

    shares: Mapping[str, float]
    each: bool = False
    teach: bool = False
    rate: str | None = None
    epochs: int | None = None


@dataclass(frozen=True, eq=False)
class Smaller:
    """A net that was made smaller: its `model`, its file as a `text`, sentences on what was `done`,
    and what was measured `before` and `after`."""

    model: "Model"
    text: str
    done: tuple[str, ...]
    before: "Measured"
    after: "Measured"

    def __repr__(self) -> str:
        sizes = f"{self.before.parameters:,} -> {self.after.parameters:,} parameters"
        return f"<Smaller {self.model.name}: {sizes}>"


@takes_options(without=("epochs", "checkpoints"))
def compress(
    model: "Model | str | Path",
    spark: "SparkSession | None" = None,
    engine: str = Options.engine,
    *,
    prune: float | None = None,
    channels: float | None = None,
    rank: float | None = None,
    each: bool = False,
    int8: bool = False,
    teach: bool = False,
    rate: str | float | None = None,
    epochs: int | None = None,
    settings: Settings | None = None,
    data: str | Path | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    progress: bool = True,
    watch: Callable[[dict[str, Any]], None] | None = None,
    **options: Any,
) -> Smaller:
    """Make a trained net smaller, train it on, and compare it with what it was.

    model: a Model, or the path of one; its file says on which data, and how, it is trained on.
    prune: this share of its weights becomes 0, the smallest ones.
    channels: this share of its channels and units leaves.
    rank: this share of the rank of its linear layers is left out.
    each: each layer loses the share of `prune` or `channels`, and not all together.
    int8: at last, its weights become int8, calibrated with some of its training images; alone,
      nothing is trained, and `output` gets the model only.
    teach: the large net teaches the small one.
    rate: the learning rate in place of the file's, as its line has it: "0.01 cosine".
    epochs: how long it is trained on, in place of what the file says.
    spark: a session to train in; without one, the active session is used, or one is started.
    engine: "spark", or "local" for the same bits without Spark and Java.
    data: a folder with local copies of the data.
    output: a folder for the smaller net's file, its weights before and after, and its run.
    OPTIONS
    progress: show the training, in a notebook or where standard error is a terminal.
    watch: is called with each event of the training; docs/events.md has them all.

    The weights do not depend on the engine, nor on the numbers of workers and threads. Raises
    LenetError.
    """
    from lenet.runtime.models.model import Model
    from lenet.runtime.records.run_folder import check_folder

    large = model if isinstance(model, Model) else Model.open(model)
    given = (("prune", prune), ("channels", channels), ("rank", rank))
    shares = {name: share for name, share in given if share is not None}
    wish = Wish(shares, each, teach, None if rate is None else f"{rate}", epochs)
    dataset = images_for(large, _folder(data)) if int8 else None
    if dataset is not None and not shares:
        return _smaller(large, large, dataset, large.source, (), output)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(output) if output is not None else Path(temporary)
        path = None if isinstance(model, Model) else Path(model)
        net = shrunk(large, wish, read_settings(settings or {}))
        check_folder(folder, overwrite)
        network = written(net, large, path, wish, folder)
        small = train(
            network, data_of(network, data), spark, engine, output=folder if output else None,
            overwrite=overwrite, progress=progress, watch=watch, **options,
        )  # fmt: skip
    if dataset is not None:
        return _smaller(large, small, dataset, network.graph.source, net.told, output)
    before, after = compared(large, small, held_out(large, _folder(data))[0])
    return Smaller(small, network.graph.source, net.told, before, after)


def _smaller(
    large: "Model", small: "Model", dataset: "Dataset", text: str, told: tuple[str, ...],
    output: str | Path | None,
) -> Smaller:  # fmt: skip
    """With int8 weights, of which a folder gets a file."""
    small = quantized(small, dataset)
    if output is not None:
        Path(output).mkdir(parents=True, exist_ok=True)
        small.save(usual_path(Path(output) / "model.safetensors"))
    return Smaller(small, text, told, *compared(large, small, dataset))


def shrunk(model: "Model", wish: Wish, settings: Mapping[str, Fraction]) -> "Net":
    """The smaller net, before it is trained on; LenetError where it cannot be made so."""
    from lenet.runtime.compressing.net import Net

    if not wish.shares:
        ways = "--prune, --channels, --rank or --int8"
        raise LenetError("there is nothing to do", "", f"say how: {ways}")
    if model.quantized:
        fix = "name the model that it was made of; --int8 comes last"
        raise LenetError("the model has int8 weights, which are not trained on", "", fix)
    for name, share in wish.shares.items():
        if not 0 < share < 1:
            raise LenetError(f"{name} takes a share between 0 and 1, not {share:g}")
    values = {**model.settings, **settings}
    checked = check(model.source, values, reader_of(model.imports))
    text = with_constants(model.source, checked.definitions.lets, values)
    text = without_search(text, checked.tree)
    net = Net(text, model.imports, dict(model.tensors))
    if net.graph.train is None:
        net.trained_with("rate 0.1")  # which says what is missing
    for node in net.graph.nodes:
        for parameter in node.parameters:
            there = model.tensors.get(f"{node.name}.{parameter.name}")
            if there is None or there.shape != parameter.shape:
                title = f"the model has no {node.name}.{parameter.name} of this size"
                raise LenetError(title, "The values of --set change its shapes.", "leave them out")
    for way in in_turn():
        if way.name in wish.shares:
            module = carried_out("lenet.runtime.compress", way.name)
            net = module.shrink(net, wish.shares[way.name], wish.each)
    return net


def written(
    net: "Net", model: "Model", path: Path | None, wish: Wish, folder: Path
) -> Network:  # fmt: skip
    """The smaller net's file, NAME.lenet in a folder, with how it is trained on, and beside it the
    weights that this begins with."""
    from lenet.runtime.machine.files import write_atomically

    name = f"{model.name or 'net'}-small"
    folder.mkdir(parents=True, exist_ok=True)
    text = without_line(net.text, "train", "teach")
    text = with_line(text, "train", f'start from "{BEGIN}"')
    if wish.rate is not None:
        text = with_line(text, "train", f"rate {wish.rate}")
    if wish.epochs is not None:
        unit = "epoch" if wish.epochs == 1 else "epochs"
        text = with_line(text, "train", f"stop after {wish.epochs} {unit}")
    if wish.teach:
        teacher = path
        if teacher is None:
            teacher = folder / "teacher.safetensors"
            model.save(teacher)
        text = with_line(text, "train", f'teach "{os.path.relpath(teacher, folder)}"')
    text = format_text(text)
    begin = replace(
        model, source=without_line(text, "train", "prune"), tensors=net.tensors, settings={},
        history=(),
    )  # fmt: skip
    begin.save(folder / BEGIN)
    for place, content in net.imports.items():
        target = folder / place
        if target.resolve().is_relative_to(folder.resolve()):
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, content.encode())
    spec = folder / f"{name}.lenet"
    write_atomically(spec, text.encode())
    return load(spec)


def data_of(network: Network, data: str | Path | None) -> Path | None:
    """The folder with the data, as the working folder sees it: the file lies elsewhere than the one
    that it was made of."""
    if data is not None:
        return Path(data)
    path = (network.graph.data.path if network.graph.data is not None else "") or ""
    return Path(path).absolute() if path and "://" not in path else None


def held_out(model: "Model", data: Path | None) -> tuple["Dataset | None", str]:
    """The test images of a model's data, or why they cannot be read here."""
    from lenet.runtime.resolve import evaluation_images

    try:
        return evaluation_images(model.graph, data, model.classes, model.features), ""
    except LenetError as error:
        return None, error.title


def compared(
    large: "Model", small: "Model", dataset: "Dataset | None"
) -> "tuple[Measured, Measured]":
    """What was measured before and after."""
    from lenet.runtime.compressing.measured import measured

    before, after = measured((large, small), dataset)
    return before, after


def _folder(data: str | Path | None) -> Path | None:
    return Path(data) if data is not None else None
