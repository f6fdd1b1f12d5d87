"""`lenet import` of a whole net: a spec, and its weights as a model."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.shapes import show
from lenet.terminal.console import note, say

if TYPE_CHECKING:
    from lenet.runtime.imports.onnx.imported import ImportedNet, Wanted
    from lenet.runtime.models.model import Model

_LONGEST = 40  # characters of a class's name


def free(path: Path, force: bool) -> None:
    """LenetError where something is there already, unless it may be overwritten."""
    if path.exists() and not force:
        fix = "write elsewhere with -o, or overwrite it with --force"
        raise LenetError(f"{path} is there already", "", fix)


def write_net(path: Path, source: str, imports: Mapping[str, str], force: bool) -> None:
    """The spec, and the files that it imports where they are not there yet."""
    from lenet.runtime.machine.files import write_atomically

    for name, text in imports.items():
        other = path.parent / name
        if not other.resolve().is_relative_to(path.parent.resolve()):
            raise LenetError(f"the net imports {name}, which is no file beside it",
                             "", "import it with -o in a folder of its own")  # fmt: skip
        if not other.exists() or read_file(other) != text.encode():
            free(other, force)
            write_atomically(other, text.encode())
    write_atomically(path, source.encode())


def import_onnx_net(file: Path, net: Path, wanted: "Wanted", force: bool) -> None:
    """Of an ONNX file."""
    from lenet.runtime.imports.onnx.imported import import_onnx

    path = net.with_suffix(".safetensors")
    free(net, force)
    free(path, force)
    found = import_onnx(file, wanted)
    write_net(net, found.model.source, found.model.imports, force)
    found.model.save(path)
    note(f"{file.name}: {found.operations:,} operations")
    for line in _lines(found, net, path):
        say(line)


def _lines(found: "ImportedNet", net: Path, path: Path) -> Iterator[str]:
    """What has become of the file."""
    model, graph = found.model, found.model.graph
    yield f"net      {net}: {graph.parameter_count:,} parameters, {len(graph.nodes) - 1:,} layers"
    if found.own:
        yield "         as lenet wrote the file: its spec and its sections are those of the model"
    if len(graph.input) == 3:
        yield f"images   {show(model.image_shape)}, in which white is {found.white:g} there"
        yield f"         {_normalized(model)}"
    if found.ended:
        yield f"answers  {graph.answers}; the {found.ended} at the end is what predictions do"
    elif graph.answers != "class":
        yield f"answers  {graph.answers}"
    else:
        first, last = (name[:_LONGEST] for name in (model.classes[0], model.classes[-1]))
        yield f"classes  {first} to {last}" if len(model.classes) > 1 else f"classes  {first}"
    yield f"model    {path}"
    yield f"digest   {model.digest[:16]}…"
    what = "photo.jpg" if len(graph.input) == 3 else "rows.csv"
    yield f"next     lenet predict {shlex.quote(str(path))} {what}"


def _normalized(model: "Model") -> str:
    """How images are normalized."""
    if (set(model.mean), set(model.deviation)) == ({0.0}, {1.0}):
        return "nothing says how they were normalized: --mean, --deviation"
    mean, deviation = (
        " ".join(f"{value:.4g}" for value in values) for values in (model.mean, model.deviation)
    )
    return f"normalized by mean {mean} deviation {deviation}"
