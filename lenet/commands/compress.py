"""`lenet compress`: a smaller net that is nearly as good."""

import inspect
import shlex
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet.api import Network
from lenet.commands import Data, Json, Model, Set, read_pairs
from lenet.commands.train import check_options, train_shown
from lenet.compressing import Wish, compared, data_of, held_out, shrunk, written
from lenet.dsl.compress import WAYS, in_turn
from lenet.dsl.errors import LenetError
from lenet.parameters import command_takes_options
from lenet.quantizing import images_for, quantized, quantized_lines, usual_path
from lenet.runtime.options import Options
from lenet.terminal.console import note, say, say_json

if TYPE_CHECKING:
    from lenet.runtime.compressing.measured import Measured
    from lenet.runtime.compressing.net import Net
    from lenet.runtime.data.dataset import Dataset


def _takes_ways(function: Callable[..., None]) -> Callable[..., None]:
    """With an option for each way, behind the model."""
    own = list(inspect.signature(function).parameters.values())
    ways = [
        inspect.Parameter(
            way.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                float | None,
                typer.Option(metavar="SHARE", help=f"{way.summary[0].upper()}{way.summary[1:]}."),
            ],
        )
        for way in in_turn()
    ]
    every = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    parameters = [every[0], *ways, *every[1:]]
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return function


@_takes_ways
@command_takes_options(before="set_", without=("checkpoints",))
def compress(
    model: Model,
    each: Annotated[
        bool, typer.Option("--each", help="Each layer loses the share, not all together.")
    ] = False,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Weights of one byte, last of all; alone, nothing is trained."),
    ] = False,
    teach: Annotated[
        bool, typer.Option("--teach", help="The large net teaches the small one (distillation).")
    ] = False,
    rate: Annotated[
        str | None,
        typer.Option(metavar="RATE", help="The file's line rate, such as 0.01 or '0.01 cosine'."),
    ] = None,
    data: Data = None,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="DIR", help="A folder [runs/NAME-small-DATE-TIME].")
    ] = None,
    set_: Set = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the run in DIR.")] = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Make a trained net smaller.

    It is trained on as its own file says, unless --rate and --epochs say otherwise. The folder gets
    the smaller net's file, which `lenet train` trains to the same weights, and its model, which is
    one like any other. With --int8 alone it is not trained, and the new model is called
    MODEL-int8.safetensors, in the folder or beside MODEL.
    """
    from lenet.runtime.models.model import Model as Trained

    shares = {name: options.pop(name) for name in WAYS}
    shares = {name: share for name, share in shares.items() if share is not None}
    given = {name: value for name, value in options.items() if value is not None}
    if not shares and int8:
        trains = {"each": each, "teach": teach, "rate": rate, "set": set_, **given}
        return _to_int8(model, data, output, as_json, [name for name in trains if trains[name]])
    if not shares:
        raise typer.BadParameter(f"say how: {', '.join(f'--{name}' for name in (*WAYS, 'int8'))}")
    check_options(given, False)
    large = Trained.open(model)
    wish = Wish(shares, each, teach, rate, given.pop("epochs", None))
    net = shrunk(large, wish, read_pairs(set_))
    folder = _folder(f"{large.name or 'net'}-small", output, force)
    dataset, reason = (images_for(large, data), "") if int8 else held_out(large, data)
    network = written(net, large, model, wish, folder)
    if not as_json:
        for sentence in net.told:
            say(sentence)
    chosen = Options(**given, data=data_of(network, data), folder=folder, overwrite=force)
    small, page = _trained_on(network, chosen, as_json)
    file = folder / "model.safetensors"
    if int8 and dataset is not None:
        small, file = _saved(small, dataset, usual_path(file), as_json), usual_path(file)
    if dataset is None:
        note(f"what it answers was not compared: {reason}")
    _conclude(net, network, small, compared(large, small, dataset), file, page, as_json)


def _folder(name: str, output: Path | None, force: bool) -> Path:
    """Where the run goes; LenetError where another one is there already."""
    from lenet.runtime.records.run_folder import check_folder, new_folder

    if output is not None:
        check_folder(output, force)
        return output
    folder, elsewhere = new_folder(name)
    if elsewhere:
        note(f"{elsewhere}: the run goes to {folder}")
    return folder


def _to_int8(
    path: Path, data: Path | None, output: Path | None, as_json: bool, idle: list[str]
) -> None:
    """Nothing but int8 weights; `idle` are options of a training."""
    from lenet.runtime.compressing.measured import as_facts
    from lenet.runtime.models.model import Model as Trained
    from lenet.terminal.compressing import compared_lines

    if idle:
        raise typer.BadParameter(f"--{idle[0]} is for a training: --int8 alone has none")
    large = Trained.open(path)
    dataset = images_for(large, data)
    to = usual_path(output / path.name if output is not None else path)
    small = _saved(large, dataset, to, as_json)
    both = compared(large, small, dataset)
    if as_json:
        told = {"event": "done", "model": str(to), "digest": small.digest}
        return say_json({**told, "told": [], **as_facts(*both)})
    for line in compared_lines(small, *both):
        say(line)
    say(f"model    {to}")
    say(f"next     {shlex.join(['lenet', 'evaluate', str(to)])}")
    return None


def _saved(model: Any, dataset: "Dataset", to: Path, as_json: bool) -> Any:
    """A model with int8 weights, in a file; it is said what has become of its layers."""
    small = quantized(model, dataset)
    to.parent.mkdir(parents=True, exist_ok=True)
    small.save(to)
    if not as_json:
        for line in quantized_lines(small, dataset):
            say(line)
    return small


def _trained_on(network: Network, options: Options, as_json: bool) -> tuple[Any, Path | None]:
    """The smaller net's model, and its report; whoever ends this is told how it goes on."""
    folder = options.folder
    assert folder is not None
    try:
        with ExitStack() as last:
            return train_shown(network, options, as_json, None, [], True, last)
    except (KeyboardInterrupt, LenetError) as error:
        again = f"go on with: {shlex.join(['lenet', 'train', '--resume', str(folder)])}"
        if any((folder / "checkpoints").glob("iteration-*")):
            if isinstance(error, LenetError):
                error.fix = error.fix or f"then {again}"
            else:
                note(again)
        raise


def _conclude(
    net: "Net", network: Network, small: Any, both: "tuple[Measured, Measured]", file: Path,
    page: Path | None, as_json: bool,
) -> None:  # fmt: skip
    from lenet.runtime.compressing.measured import as_facts
    from lenet.terminal.compressing import compared_lines

    if as_json:
        done = {"event": "done", "model": str(file), "file": str(network.path)}
        told = {"digest": small.digest, "report": None if page is None else str(page)}
        say_json({**done, **told, "told": list(net.told), **as_facts(*both)})
        return
    for line in compared_lines(small, *both):
        say(line)
    say(f"file     {network.path}")
    say(f"model    {file}")
    if page is not None:
        say(f"report   {page}")
    say(f"next     {shlex.join(['lenet', 'evaluate', str(file)])}")
